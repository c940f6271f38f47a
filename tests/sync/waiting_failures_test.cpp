// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Threads that sleep on a Once whose function fails: who is told, who tries again, who sleeps on.
#include <first_use/once.hpp>

#include <array>
#include <atomic>
#include <chrono>

#include "sync/waits.hpp"

#if FIRST_USE_HAS_EXCEPTIONS

namespace {

using namespace first_use_test;
using first_use::BasicOnce;
using first_use::OnceState;
using first_use::OnceStatus;
using namespace std::chrono_literals;

TYPED_TEST_SUITE(Waiting, BlockingPolicies, PolicyNames);

TYPED_TEST(Waiting, wait_on_poisoned) {
  EXPECT_THROW(this->once_.call_once([] { throw Failure{}; }), Failure);
  EXPECT_THROW(this->once_.wait(), first_use::PoisonedError);
  EXPECT_THROW(static_cast<void>(this->once_.wait_for(1h)), first_use::PoisonedError);
  EXPECT_THROW(static_cast<void>(this->once_.wait_for(0s)), first_use::PoisonedError);
  EXPECT_THROW(static_cast<void>(this->once_.wait_until(std::chrono::steady_clock::now() + 1h)),
               first_use::PoisonedError);
}

TYPED_TEST(Waiting, wait_force_on_poisoned) {
  EXPECT_THROW(this->once_.call_once([] { throw Failure{}; }), Failure);
  Crew crew;
  crew.add([&] {
    wait_until_queued(this->once_);
    this->once_.call_once_force([](OnceState const&) {});
  });
  this->once_.wait_force();
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(Waiting, wait_for_force_to_finish) {
  // poison the once
  poison(this->once_);

  // make sure someone's waiting inside the once via a force
  Gate running{"the force to run"}, leave{"the force to be let go"};
  Crew crew;
  crew.add([&] {
    this->once_.call_once_force([&](OnceState const& state) {
      EXPECT_TRUE(state.is_poisoned());
      running.open();
      leave.wait();
    });
  });
  running.wait();

  // put another waiter on the once
  crew.add([&] {
    bool called = false;
    this->once_.call_once([&] { called = true; });
    EXPECT_FALSE(called);
  });
  wait_until_queued(this->once_);
  leave.open();
  crew.join();
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(Waiting, when_the_call_throws_those_who_wait_for_it_get_the_poison) {
  Gate running{"the initialiser to run"}, fail{"the initialiser to be let go"};
  Crew crew;
  crew.add([&] {
    EXPECT_THROW(this->once_.call_once([&] {
      running.open();
      fail.wait();
      throw Failure{};
    }),
                 Failure);
  });
  running.wait();
  std::atomic<int> poisoned{0};
  auto const expect_poison = [&](auto call) {
    crew.add([&, call] {
      try {
        call();
        ADD_FAILURE() << "waited, and was told nothing";
      } catch (first_use::PoisonedError const&) { ++poisoned; }
    });
  };
  expect_poison([&] { this->once_.call_once([] { ADD_FAILURE(); }); });
  expect_poison([&] { this->once_.call_once([] { ADD_FAILURE(); }); });
  expect_poison([&] { this->once_.wait(); });
  expect_poison([&] { static_cast<void>(this->once_.wait_for(1h)); });
  expect_poison([&] { static_cast<void>(this->once_.wait_until(std::chrono::system_clock::now() + 1h)); });
  wait_until_queued(this->once_);
  fail.open();
  crew.join();
  EXPECT_EQ(poisoned, 5);
  EXPECT_EQ(this->once_.status(), OnceStatus::poisoned);
}

TYPED_TEST(Waiting, when_the_call_throws_a_force_that_waits_for_it_tries_again) {
  Gate running{"the initialiser to run"}, fail{"the initialiser to be let go"};
  Crew crew;
  crew.add([&] {
    EXPECT_THROW(this->once_.call_once([&] {
      running.open();
      fail.wait();
      throw Failure{};
    }),
                 Failure);
  });
  running.wait();
  int runs = 0;
  crew.add(3, [&] {
    this->once_.call_once_force([&](OnceState const& state) {
      ++runs;
      EXPECT_TRUE(state.is_poisoned());
    });
    EXPECT_EQ(runs, 1);
  });
  wait_until_queued(this->once_);
  fail.open();
  crew.join();
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(Waiting, wait_force_sleeps_on_through_several_failures) {
  std::atomic<int> returned{0};
  Crew crew;
  crew.add(2, [&] {
    this->once_.wait_force();
    EXPECT_TRUE(this->once_.is_completed());
    ++returned;
  });
  for (int failures = 0; failures != 6; ++failures) {
    // Leaving the failed run took the mark away: here somebody was woken, looked, and went to sleep again.
    wait_until_queued(this->once_);
    poison(this->once_);
    EXPECT_EQ(returned, 0);
  }
  wait_until_queued(this->once_);
  this->once_.call_once_force([](OnceState const&) {});
  crew.join();
  EXPECT_EQ(returned, 2);
}

TYPED_TEST(Waiting, waiters_that_all_fail_each_see_their_own_failure) {
  for (int round = 0; round != 10; ++round) {
    BasicOnce<TypeParam> once;
    constexpr int threads = 6;
    std::array<int, threads> seen{};
    int runs = 0;
    StartLine line{threads};
    Crew crew;
    for (int i = 0; i != threads; ++i) {
      crew.add([&, i] {
        line.wait();
        try {
          once.call_once_force([&](OnceState const& state) {
            EXPECT_EQ(state.is_poisoned(), runs != 0);
            ++runs;
            throw i;
          });
          ADD_FAILURE();
        } catch (int thrown) { seen[static_cast<std::size_t>(i)] = thrown + 1; }
      });
    }
    crew.join();
    EXPECT_EQ(runs, threads);
    for (int i = 0; i != threads; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i + 1);
    EXPECT_EQ(once.status(), OnceStatus::poisoned);
    once.call_once_force([](OnceState const&) {});
    EXPECT_TRUE(once.is_completed());
  }
}

}  // namespace

#endif
