// SPDX-License-Identifier: MIT OR Apache-2.0
//
// MutexSync's table of mutexes and conditions: whatever threads of the parent did with a bucket, a child can use it.
#include <chrono>
#include <thread>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>
#include <first_use/sync/mutex_sync.hpp>

#include "fork/children.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using namespace std::chrono_literals;
using children::every_way;
using children::in_child;
using children::InFlight;
using children::is_noticed;
using children::until;
using children::Way;

template <bool Inherits>
using Sync = children::Watched<BasicMutexSync<Inherits>>;

template <class Inherits>
class MutexTable : public testing::Test {
 protected:
  static constexpr bool inherits = Inherits::value;

  // In every child where the table is said to work, and where the fork is noticed.
  template <class Body>
  static void in_children(Body body) {
    for (Way const* const way : every_way) {
      if (is_noticed(*way) && (way->libc_knows || !inherits)) in_child(body, *way);
    }
  }
};
using Kinds = testing::Types<std::false_type, std::true_type>;
TYPED_TEST_SUITE(MutexTable, Kinds);

#if FIRST_USE_TESTS_UNDER_TSAN
#define SKIP_WHERE_LOST_THREADS_COUNT() \
  GTEST_SKIP() << "ThreadSanitizer holds the mutex of a lost thread against the child that makes it anew"
#else
#define SKIP_WHERE_LOST_THREADS_COUNT() static_cast<void>(0)
#endif

// Several rounds of sleeping and waking; a condition that still counts lost sleepers hangs in the second or third.
template <class Once>
void use_bucket_in_child(Once const& once) {
  CHILD_CHECK(!once.wait_for(1ms));
  for (int round = 0; round != 5; ++round) {
    auto& bucket = process::Buckets<std::is_same_v<Once, BasicOnce<Sync<true>>>>::of(&once);
    bucket.wake_all();
    CHILD_CHECK(!once.wait_for(1ms));
    bucket.wake_all();
  }
  once.call_once([] {});
  CHILD_CHECK(once.wait_for(0s));
}

TYPED_TEST(MutexTable, SleepersOfTheParent) {
  SKIP_WHERE_LOST_THREADS_COUNT();
  using Slept = Sync<TestFixture::inherits>;
  BasicOnce<Slept> once;
  Slept::sleeps = 0;
  std::vector<std::thread> sleepers;
  for (int i = 0; i != 3; ++i) sleepers.emplace_back([&] { once.wait(); });
  until([] { return Slept::sleeps >= 3; });
  prepare_for_fork();
  this->in_children([&] { use_bucket_in_child(once); });
  once.call_once([] {});
  for (std::thread& sleeper : sleepers) sleeper.join();
}

TYPED_TEST(MutexTable, MutexHeldByALostThread) {
  SKIP_WHERE_LOST_THREADS_COUNT();
  BasicOnce<Sync<TestFixture::inherits>> once;
  ASSERT_TRUE(prepare_for_fork());
  InFlight const holder{[&](auto const& hold) {
    process::Buckets<TestFixture::inherits>::of(&once).sleep_unless(
        [&] {
          hold();  // with the mutex locked
          return true;
        },
        nullptr);
  }};
  this->in_children([&] { use_bucket_in_child(once); });
}

// Threads of the child sleep in a bucket that threads of the parent slept in, and wake one another.
TYPED_TEST(MutexTable, ThreadsOfTheChildSleepAndWake) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  using Slept = Sync<TestFixture::inherits>;
  BasicOnce<Slept> once;
  std::vector<std::thread> sleepers;
  {
    Slept::sleeps = 0;
    InFlight const running{[&](auto const& hold) { once.call_once(hold); }};
    for (int i = 0; i != 3; ++i) sleepers.emplace_back([&] { once.wait(); });
    until([] { return Slept::sleeps >= 3; });
    in_child([&] {
      BasicOnce<Slept>* const here = &once;
      for (int round = 0; round != 5; ++round) {
        if (round != 0) new (here) BasicOnce<Slept>;  // the same bucket again
        Slept::sleeps = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i != 3; ++i) threads.emplace_back([&] { here->wait(); });
        until([] { return Slept::sleeps >= 3; });
        here->call_once([] {});
        for (std::thread& thread : threads) thread.join();
      }
    });
  }
  for (std::thread& sleeper : sleepers) sleeper.join();
}

// A child of a child that slept and woke in between.
TYPED_TEST(MutexTable, ForkInAFork) {
  SKIP_WHERE_LOST_THREADS_COUNT();
  BasicOnce<Sync<TestFixture::inherits>> once;
  ASSERT_TRUE(prepare_for_fork());
  InFlight const running{[&](auto const& hold) { once.call_once(hold); }};
  in_child([&] {
    for (int depth = 0; depth != 4; ++depth) {
      CHILD_CHECK(!once.wait_for(1ms));
      pid_t const pid = ::fork();
      if (pid != 0) {
        children::child_waits_for(pid);
        return;
      }
    }
    use_bucket_in_child(once);
  });
}

}  // namespace
