// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Kept types: what a child finds that its parent completed, failed, or was in the middle of.
#include <chrono>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>

#include "fork/careful.hpp"
#include "fork/children.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using namespace std::chrono_literals;
using children::Careful;
using children::every_way;
using children::in_child;
using children::in_every_child;
using children::InFlight;
using children::is_noticed;
using children::Way;

template <class Sync>
class KeptOverFork : public testing::Test {
 protected:
  void SetUp() override {
    Careful::ended = 0;
    Careful::ended_half = 0;
  }
};
TYPED_TEST_SUITE(KeptOverFork, first_use_test::BlockingPolicies, first_use_test::PolicyNames);

TYPED_TEST(KeptOverFork, CompleteStaysComplete) {
  BasicOnce<TypeParam> once;
  once.call_once([] {});
  BasicOnceLock<Careful, TypeParam> lock;
  Careful const* const at = &lock.get_or_init([] { return Careful{1}; });
  auto const make = [] { return std::string(100, 'x'); };
  BasicLazyLock<std::string, decltype(make), TypeParam> lazy{make};
  std::string const* const text = &*lazy;

  for (Way const* const way : every_way) {
    in_child(
        [&] {
          CHILD_CHECK(once.is_completed());
          CHILD_CHECK(once.status() == OnceStatus::complete);
          once.call_once([] { children::fail_in_child("called twice", __FILE__, __LINE__); });
          once.wait();
          CHILD_CHECK(lock.get() == at);
          CHILD_CHECK(lock.get_or_init([]() -> Careful { ::_exit(3); }).value() == 1);
          CHILD_CHECK(lock.wait_for(0s) == at);
          CHILD_CHECK(lazy.get() == text);
          CHILD_CHECK(*lazy == std::string(100, 'x'));
          CHILD_CHECK(Careful::ended == 0);
          lock.reset();
          CHILD_CHECK(Careful::ended == 1 && Careful::ended_half == 0);
        },
        *way);
  }
  EXPECT_EQ(lock.get(), at);
  EXPECT_EQ(Careful::ended, 0);
}

TYPED_TEST(KeptOverFork, OnceRunningElsewhereStartsAfresh) {
  BasicOnce<TypeParam> once;
  {
    InFlight const running{[&](auto const& hold) { once.call_once(hold); }};
    EXPECT_EQ(once.status(), OnceStatus::running);
    in_every_child([&] {
      CHILD_CHECK(!once.is_completed());
      CHILD_CHECK(once.status() == OnceStatus::incomplete);
      CHILD_CHECK(!once.wait_for(1ms));
      CHILD_CHECK(!once.wait_until(std::chrono::steady_clock::now() + 1ms));
      int runs = 0;
      once.call_once([&] {
        ++runs;
        CHILD_CHECK(once.status() == OnceStatus::running);
      });
      CHILD_CHECK(runs == 1);
      CHILD_CHECK(once.is_completed());
      once.call_once([&] { ++runs; });
      once.wait();
      once.wait_force();
      CHILD_CHECK(once.wait_for(0s));
      CHILD_CHECK(runs == 1);
    });
    in_every_child([&] {
      int runs = 0;
      once.call_once_force([&](OnceState const& state) {
        ++runs;
        CHILD_CHECK(!state.is_poisoned());
      });
      CHILD_CHECK(runs == 1 && once.is_completed());
    });
  }
  EXPECT_TRUE(once.is_completed());
}

// Where the wiped page cannot be had, a child that ran no handlers takes the lost thread for a living one: documented.
TYPED_TEST(KeptOverFork, UnnoticedChildStillSeesItRun) {
  BasicOnce<TypeParam> once;
  InFlight const running{[&](auto const& hold) { once.call_once(hold); }};
  int unnoticed = 0;
  for (Way const* const way : every_way) {
    if (is_noticed(*way)) continue;
    ++unnoticed;
    in_child(
        [&] {
          CHILD_CHECK(once.status() == OnceStatus::running);
          CHILD_CHECK(!once.wait_for(1ms));
        },
        *way);
  }
  if (unnoticed == 0) GTEST_SKIP() << "every kind of child is noticed here";
}

TYPED_TEST(KeptOverFork, OnceLockRunningElsewhereStartsAfresh) {
  BasicOnceLock<Careful, TypeParam> lock;
  {
    InFlight const running{[&](auto const& hold) { lock.get_or_init([&] { return Careful{1, hold}; }); }};
    EXPECT_EQ(lock.try_set(7), TrySetResult::busy);
    in_every_child([&] {
      CHILD_CHECK(lock.get() == nullptr);
      CHILD_CHECK(lock.wait_for(1ms) == nullptr);
      CHILD_CHECK(lock.get_or_init([] { return Careful{2}; }).value() == 2);
      CHILD_CHECK(lock.wait().value() == 2);
      CHILD_CHECK(Careful::ended == 0);
      lock.reset();
      CHILD_CHECK(Careful::ended == 1 && Careful::ended_half == 0);
    });
    in_every_child([&] {
      CHILD_CHECK(lock.try_set(3) == TrySetResult::stored);
      CHILD_CHECK(lock.value().value() == 3);
    });
    in_every_child([&] {
      CHILD_CHECK(lock.get_or_try_init([]() -> std::optional<Careful> { return std::nullopt; }) == nullptr);
      CHILD_CHECK(lock.try_emplace(4).second);
      CHILD_CHECK(lock.value().value() == 4);
    });
    EXPECT_EQ(lock.get(), nullptr);
  }
  ASSERT_NE(lock.get(), nullptr);
  EXPECT_EQ(lock.get()->value(), 1);
}

TYPED_TEST(KeptOverFork, HalfBuiltValueIsNeverDestroyed) {
  using Lock = BasicOnceLock<Careful, TypeParam>;
  alignas(Lock) unsigned char room[sizeof(Lock)];
  Lock& lock = *new (room) Lock;
  {
    InFlight const running{[&](auto const& hold) { lock.get_or_init([&] { return Careful{1, hold}; }); }};
    in_every_child([&] {
      CHILD_CHECK(!lock.take().has_value());
      CHILD_CHECK(Careful::ended == 0);
      CHILD_CHECK(lock.set(5));
      CHILD_CHECK(lock.value().value() == 5);
    });
    in_every_child([&] {
      lock.reset();
      CHILD_CHECK(Careful::ended == 0);
      Lock other{std::move(lock)};
      CHILD_CHECK(other.get() == nullptr && lock.get() == nullptr);
    });
    in_every_child([&] {
      lock = Lock{std::in_place, 6};
      CHILD_CHECK(Careful::ended_half == 0);
      CHILD_CHECK(lock.value().value() == 6);
    });
    in_every_child([&] {
      lock.~Lock();
      CHILD_CHECK(Careful::ended == 0);
    });
  }
  EXPECT_EQ(Careful::ended, 0);
  lock.~Lock();
  EXPECT_EQ(Careful::ended, 1);
  EXPECT_EQ(Careful::ended_half, 0);
}

#if FIRST_USE_HAS_EXCEPTIONS

// The parent's run fails after the fork: its failure is its own.
TYPED_TEST(KeptOverFork, FailureAfterTheForkStaysInTheParent) {
  BasicOnce<TypeParam> once;
  children::Flag failed;
  {
    InFlight const running{[&](auto const& hold) {
      try {
        once.call_once([&] {
          hold();
          throw 1;
        });
      } catch (int) { failed.raise(); }
    }};
    in_every_child([&] {
      once.call_once([] {});
      CHILD_CHECK(once.is_completed());
    });
  }
  EXPECT_TRUE(failed.raised());
  EXPECT_EQ(once.status(), OnceStatus::poisoned);
}

// The child's own attempt fails where a lost thread's was: an ordinary failure.
TYPED_TEST(KeptOverFork, FailureInTheChildIsAnOrdinaryOne) {
  BasicOnce<TypeParam> once;
  BasicOnceLock<Careful, TypeParam> lock;
  InFlight const running_once{[&](auto const& hold) { once.call_once(hold); }};
  InFlight const running_lock{[&](auto const& hold) { lock.get_or_init([&] { return Careful{1, hold}; }); }};
  in_every_child([&] {
    int caught = 0;
    try {
      once.call_once([] { throw 1; });
    } catch (int) { ++caught; }
    CHILD_CHECK(once.status() == OnceStatus::poisoned);
    try {
      lock.get_or_init([]() -> Careful { throw 1; });
    } catch (int) { ++caught; }
    CHILD_CHECK(caught == 2);
    CHILD_CHECK(lock.get() == nullptr);
    CHILD_CHECK(lock.get_or_init([] { return Careful{2}; }).value() == 2);
    CHILD_CHECK(Careful::ended == 0);
  });
}

#endif  // FIRST_USE_HAS_EXCEPTIONS

}  // namespace
