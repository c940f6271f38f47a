// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Moments in the middle of the library's own steps, where a signal handler may run, or another thread fork.
#ifndef FIRST_USE_TESTS_FORK_INTERRUPTED_HPP
#define FIRST_USE_TESTS_FORK_INTERRUPTED_HPP

#include <functional>
#include <utility>

#include <first_use/first_use.hpp>

namespace children {

/// The words of a policy, and what the calling thread wants done once: right after its next exchange that succeeds, or
/// right before its next store. Each tag has process-wide objects of its own.
template <class Sync = first_use::PlatformSync, int tag = 0>
struct Interrupted : Sync {
  static inline thread_local std::function<void()> after_exchange;
  static inline thread_local std::function<void()> before_store;

  template <class U>
  struct word : Sync::template word<U> {
    using Base = typename Sync::template word<U>;
    constexpr word() noexcept = default;
    constexpr explicit word(U value) noexcept : Base{value} {}
    bool compare_exchange_weak(U& expected, U to, first_use::Order success, first_use::Order failure) {
      if (!Base::compare_exchange_weak(expected, to, success, failure)) return false;
      do_once(after_exchange);
      return true;
    }
    void store(U to, first_use::Order order) {
      do_once(before_store);
      Base::store(to, order);
    }
  };

 private:
  static void do_once(std::function<void()>& what) {
    if (what) std::exchange(what, nullptr)();
  }
};

}  // namespace children

#endif
