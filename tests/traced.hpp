// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A value that counts its lives, whatever thread they begin and end in, and knows when it is used before or after them.
#ifndef FIRST_USE_TESTS_TRACED_HPP
#define FIRST_USE_TESTS_TRACED_HPP

#include <atomic>
#include <optional>

#include <first_use/detail/config.hpp>

// Programs without GoogleTest say what a broken life means to them before they include this.
#if !defined(TRACED_CHECK)
#include <gtest/gtest.h>
#define TRACED_CHECK(condition, text) EXPECT_TRUE(condition) << (text)
#endif

namespace first_use_test {

/// What a Traced does next: throws once when this counts down to zero.
enum class Step { construct, copy, move };

struct Thrown {};

/// Counts, and knows when a destructor runs on something that was never built (`self` is wrong) or twice (null).
struct Traced {
  static inline std::atomic<int> alive{0}, copies{0}, moves{0};
  static inline std::optional<Step> throws;

  static void reset() {
    TRACED_CHECK(alive == 0, "left over from before");
    alive = copies = moves = 0;
    throws.reset();
  }

  explicit Traced(int the_number) : number{the_number} { came(Step::construct); }
  Traced(Traced const& other) : number{other.number} {
    other.check();
    came(Step::copy);
    ++copies;
  }
  Traced(Traced&& other) noexcept(false) : number{other.number} {
    other.check();
    came(Step::move);
    ++moves;
    other.number = -other.number;
  }
  Traced& operator=(Traced const&) = delete;  // a lock needs none
  ~Traced() {
    check();
    self = nullptr;
    --alive;
  }
  friend bool operator==(Traced const& a, Traced const& b) {
    a.check();
    b.check();
    return a.number == b.number;
  }

  void check() const { TRACED_CHECK(self == this, "no finished object lies here"); }

  int number;

 private:
  void came(Step step) {
    if (throws == step) {
      throws.reset();
      self = nullptr;
#if FIRST_USE_HAS_EXCEPTIONS
      throw Thrown{};
#endif
    }
    ++alive;
  }
  Traced const* volatile self = this;
};

}  // namespace first_use_test

#endif
