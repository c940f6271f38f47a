// SPDX-License-Identifier: MIT OR Apache-2.0
//
// One thread: a word is a plain integer, and there is nobody to wait for. The cells' policy.
#ifndef FIRST_USE_SYNC_SINGLE_THREAD_SYNC_HPP
#define FIRST_USE_SYNC_SINGLE_THREAD_SYNC_HPP

#include <first_use/sync/sync_policy.hpp>

FIRST_USE_BEGIN_PLAIN

/// The word of SingleThreadSync; works in constant evaluation.
template <class U>
class PlainWord {
 public:
  constexpr PlainWord() noexcept = default;
  constexpr explicit PlainWord(U the_value) noexcept : value_{the_value} {}
  PlainWord(PlainWord const&) = delete;
  PlainWord& operator=(PlainWord const&) = delete;

  // ORDERING: none is needed by one thread; the orders are there so that one state machine serves all policies.
  constexpr U load(Order) const noexcept { return value_; }
  constexpr void store(U to, Order) noexcept { value_ = to; }
  constexpr U exchange(U to, Order) noexcept {
    U const old = value_;
    value_ = to;
    return old;
  }
  constexpr bool compare_exchange_weak(U& expected, U to, Order, Order) noexcept {
    if (value_ != expected) {
      expected = value_;
      return false;
    }
    value_ = to;
    return true;
  }

 private:
  U value_ = 0;
};

/// For objects that one thread uses at a time. Meeting a running initialiser is re-entrance, and told so.
struct SingleThreadSync {
  static constexpr bool can_wait = false;
  template <class U>
  using word = PlainWord<U>;
};

FIRST_USE_END_PLAIN

#endif
