// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A value that minds being destroyed half-built.
#ifndef FIRST_USE_TESTS_FORK_CAREFUL_HPP
#define FIRST_USE_TESTS_FORK_CAREFUL_HPP

#include <atomic>

namespace children {

/// Knows whether it was ever whole. What a dead thread left half-built must never be destroyed.
class Careful {
 public:
  static inline std::atomic<int> ended{0};
  static inline std::atomic<int> ended_half{0};

  explicit Careful(int value) : Careful{value, [] {}} {}
  template <class Hold>
  Careful(int value, Hold const& hold) : head_{value} {
    hold();
    tail_ = ~value;
  }
  Careful(Careful&& other) noexcept : head_{other.head_}, tail_{other.tail_} {}
  Careful& operator=(Careful&&) = delete;
  ~Careful() {
    ++ended;
    if (tail_ != ~head_) ++ended_half;
  }
  int value() const { return tail_ == ~head_ ? head_ : -1; }

 private:
  int head_;
  int tail_ = 0;
};

}  // namespace children

#endif
