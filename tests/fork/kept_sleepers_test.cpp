// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Kept types: threads of the parent that slept on a word, and threads of the child that may look like them.
#include <atomic>
#include <chrono>
#include <thread>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using namespace std::chrono_literals;
using children::in_child;
using children::in_every_child;
using children::InFlight;
using children::until;

template <class Sync>
class KeptSleepers : public testing::Test {};
TYPED_TEST_SUITE(KeptSleepers, first_use_test::BlockingPolicies, first_use_test::PolicyNames);

// Threads of the parent sleep on the words at the fork: the marks they left behind make nobody hang in the child.
TYPED_TEST(KeptSleepers, SleepersOfTheParentDoNoHarm) {
  if (FIRST_USE_TESTS_UNDER_TSAN && std::is_same_v<TypeParam, MutexSync>) {
    GTEST_SKIP() << "ThreadSanitizer holds the mutex of a lost thread against the child that makes it anew";
  }
  using Sync = children::Watched<TypeParam>;
  BasicOnce<Sync> once;
  BasicOnceLock<int, Sync> lock;
  std::vector<std::thread> sleepers;
  Sync::sleeps = 0;
  {
    InFlight const running_once{[&](auto const& hold) { once.call_once(hold); }};
    InFlight const running_lock{[&](auto const& hold) {
      lock.get_or_init([&] {
        hold();
        return 1;
      });
    }};
    sleepers.emplace_back([&] { once.call_once([] {}); });
    sleepers.emplace_back([&] { once.wait(); });
    sleepers.emplace_back([&] { lock.get_or_init([] { return 2; }); });
    sleepers.emplace_back([&] { lock.wait(); });
    until([] { return Sync::sleeps >= 4; });
    in_every_child([&] {
      CHILD_CHECK(!once.wait_for(1ms));
      CHILD_CHECK(lock.wait_for(1ms) == nullptr);
      int runs = 0;
      once.call_once([&] { ++runs; });
      CHILD_CHECK(lock.get_or_init([] { return 3; }) == 3);
      CHILD_CHECK(runs == 1);
      CHILD_CHECK(once.wait_for(0s) && *lock.wait_for(0s) == 3);
      once.wait();
      lock.reset();
      CHILD_CHECK(lock.wait_for(1ms) == nullptr);
      CHILD_CHECK(lock.set(4));
    });
  }
  for (std::thread& sleeper : sleepers) sleeper.join();
  EXPECT_EQ(lock.value(), 1);
}

// A new thread of the child may have the stack, the pthread_self() and the thread_locals of the lost one.
TYPED_TEST(KeptSleepers, NewThreadsOfTheChildAreNotTakenForTheLostOnes) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  using Sync = children::Watched<TypeParam>;
  BasicOnce<Sync> once;
  BasicOnceLock<int, Sync> lock;
  std::vector<std::thread> sleepers;
  {
    Sync::sleeps = 0;
    InFlight const running_once{[&](auto const& hold) { once.call_once(hold); }};
    InFlight const running_lock{[&](auto const& hold) {
      lock.get_or_init([&] {
        hold();
        return 1;
      });
    }};
    sleepers.emplace_back([&] { once.wait(); });
    sleepers.emplace_back([&] { lock.wait(); });
    until([] { return Sync::sleeps >= 2; });
    in_child([&] {
      Sync::sleeps = 0;
      std::atomic<int> once_runs{0};
      std::atomic<int> lock_runs{0};
      // The first to come holds the others up until all of them sleep: they must be woken by it.
      auto const until_the_others_sleep = [&](int others) { until([&] { return Sync::sleeps >= others; }); };
      std::vector<std::thread> threads;
      for (int i = 0; i != 4; ++i) {
        threads.emplace_back([&] {
          once.call_once([&] {
            ++once_runs;
            until_the_others_sleep(3);
          });
        });
      }
      for (std::thread& thread : threads) thread.join();
      threads.clear();
      CHILD_CHECK(once_runs == 1 && once.is_completed());
      Sync::sleeps = 0;
      for (int i = 0; i != 4; ++i) {
        threads.emplace_back([&] {
          int const value = lock.get_or_init([&] {
            ++lock_runs;
            until_the_others_sleep(3);
            return 2;
          });
          CHILD_CHECK(value == 2);
        });
      }
      for (std::thread& thread : threads) thread.join();
      CHILD_CHECK(lock_runs == 1);
    });
  }
  for (std::thread& sleeper : sleepers) sleeper.join();
}

}  // namespace
