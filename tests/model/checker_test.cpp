// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The checker checked: does it see the mistakes it is there for, and can a failing schedule be played again?
#include "scenario.hpp"

#ifndef FIRST_USE_MODEL_SKIPS
#include <stdexcept>

namespace first_use_model {
namespace {

using Word = ModelSync::word<std::uint32_t>;

template <Order publish, Order look>
struct Publication {
  static constexpr std::size_t threads = 2;
  Plain data;
  Word flag{};
  void run(std::size_t i) {
    if (i == 1) {
      data.set(1);
      flag.store(1, publish);
    } else if (flag.load(look) == 1) {
      check(data.get() == 1, "the data");
    }
  }
};
TEST(Checker, ARaceIsSeen) {
  EXPECT_TRUE((explore<Publication<Order::release, Order::acquire>>("published", {})));
  EXPECT_TRUE((explore<Publication<Order::relaxed, Order::acquire>>("relaxed store", {}).found("race")));
  EXPECT_TRUE((explore<Publication<Order::release, Order::relaxed>>("relaxed load", {}).found("race")));
}

struct WrittenAfterwards {
  static constexpr std::size_t threads = 2;
  Plain data;
  Word flag{};
  void run(std::size_t i) {
    if (i == 1) {
      flag.store(1, Order::release);
      data.set(1);
    } else if (flag.load(Order::acquire) == 1) {
      static_cast<void>(data.get());
    }
  }
};
TEST(Checker, WhatFollowsAReleaseIsNotPublished) {
  EXPECT_TRUE(explore<WrittenAfterwards>("written afterwards", {}).found("race"));
}

struct LostWake {
  static constexpr std::size_t threads = 2;
  Word word{};
  bool wakes = true;
  void run(std::size_t i) {
    if (i == 1) {
      word.store(1, Order::release);
      if (wakes) word.notify_all();
    } else {
      while (word.load(Order::acquire) == 0) word.wait(0);
    }
  }
};
struct NoWake : LostWake {
  NoWake() { wakes = false; }
};
// Wakes first and changes the word then.
struct EarlyWake {
  static constexpr std::size_t threads = 2;
  Word word{};
  void run(std::size_t i) {
    if (i == 1) {
      word.notify_all();
      word.store(1, Order::release);
    } else {
      while (word.load(Order::acquire) == 0) word.wait(0);
    }
  }
};
TEST(Checker, ASleeperThatNobodyWakesIsADeadlock) {
  EXPECT_TRUE(explore<LostWake>("woken", {.spurious = 2}));
  EXPECT_TRUE(explore<NoWake>("not woken", {}).found("deadlock"));
  EXPECT_TRUE(explore<EarlyWake>("woken too early", {}).found("deadlock"));
  EXPECT_TRUE(explore<NoWake>("not woken, one preemption", {.preemptions = 1}).found("deadlock"));
  EXPECT_TRUE(explore<NoWake>("not woken, at random", {.random = 1000, .seed = 3}).found("deadlock"));
}

struct TimedSleep {
  static constexpr std::size_t threads = 2;
  Word word{};
  bool in_time = false;
  void run(std::size_t i) {
    if (i == 1) {
      word.store(1, Order::release);
      word.notify_all();
    } else {
      in_time = word.wait_until(0, {0});
    }
  }
};
TEST(Checker, ADeadlineMayPassAtAnyMoment) {
  int in_time = 0;
  int too_late = 0;
  EXPECT_TRUE(explore<TimedSleep>("timed", {}, [&](TimedSleep& sleep) { ++(sleep.in_time ? in_time : too_late); }));
  EXPECT_GT(in_time, 0);
  EXPECT_GT(too_late, 0);
}

template <bool by_address>
struct Buried {
  static constexpr std::size_t threads = 2;
  Word word{};
  void run(std::size_t i) {
    if (i == 2) return bury(word);
    if (by_address) {
      word.notify_all();
    } else {
      word.load(Order::relaxed);
    }
  }
};
TEST(Checker, DeadWordsAreOutOfBoundsButCanBeWoken) {
  EXPECT_TRUE(explore<Buried<true>>("wake of a dead word", {}));
  EXPECT_TRUE(explore<Buried<false>>("load of a dead word", {}).found("which is no more"));
}

struct Endless {
  static constexpr std::size_t threads = 1;
  Word word{};
  void run(std::size_t) {
    while (word.load(Order::relaxed) == 0) {}
  }
};
TEST(Checker, AnEndlessLoopIsSeen) { EXPECT_TRUE(explore<Endless>("endless", {}).found("livelock")); }

// One exception in flight on each stack, and a switch while they unwind.
struct Unwinding {
  static constexpr std::size_t threads = 2;
  Word word{};
  struct Touches {
    Word& word;
    ~Touches() { word.exchange(1, Order::relaxed); }
  };
  void run(std::size_t i) {
    try {
      Touches const touches{word};
      throw std::runtime_error{i == 1 ? "one" : "two"};
    } catch (std::runtime_error const& error) {
      word.load(Order::relaxed);
      check(std::string{error.what()} == (i == 1 ? "one" : "two"), "one's own exception");
      try {
        throw;
      } catch (std::runtime_error const& again) { check(&again == &error, "one's own exception, again"); }
    }
    check(std::uncaught_exceptions() == 0, "no exception is left over");
  }
};
TEST(Checker, EachStackHasItsOwnExceptions) { EXPECT_TRUE(explore<Unwinding>("unwinding", {})); }

TEST(Checker, AFailureCanBePlayedAgain) {
  auto const first = explore<Publication<Order::release, Order::relaxed>>("replayed", {});
  ASSERT_FALSE(first);
  EXPECT_NE(first.story.find("race"), std::string::npos);
  ASSERT_EQ(::setenv("FIRST_USE_MODEL_REPLAY", ("replayed:" + first.schedule).c_str(), 1), 0);
  auto const again = explore<Publication<Order::release, Order::relaxed>>("replayed", {});
  ::unsetenv("FIRST_USE_MODEL_REPLAY");
  EXPECT_EQ(again.executions, 1U);
  EXPECT_EQ(again.failure, first.failure);
  EXPECT_EQ(again.story, first.story);
}

}  // namespace
}  // namespace first_use_model
#endif
