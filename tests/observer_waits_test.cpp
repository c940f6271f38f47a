// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What an observer is told of threads that wait: by whom, once for each wait, and before what.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <thread>

#include <first_use/first_use.hpp>

#include "observed.hpp"
#include "policies.hpp"

namespace {

using namespace first_use_test;
using namespace std::chrono_literals;
using first_use::BasicOnce;
using first_use::named;
using first_use::OnceLock;

template <class Sync>
class ObservedThreads : public ::testing::Test {
 protected:
  BasicOnce<Sync> once_;
};
TYPED_TEST_SUITE(ObservedThreads, BlockingPolicies, PolicyNames);

TYPED_TEST(ObservedThreads, who_waits_is_told_once_by_the_waiting_thread) {
  Listening const listening;
  Gate running{"the initialiser to run"}, leave{"the initialiser to be let go"};
  Crew crew;
  std::thread::id runs, waits;
  crew.add([&] {
    runs = std::this_thread::get_id();
    this->once_.call_once([&] {
      running.open();
      leave.wait();
    });
  });
  running.wait();
  crew.add([&] {
    waits = std::this_thread::get_id();
    this->once_.call_once(named<"late">([] { ADD_FAILURE(); }));
  });
  wait_until_queued(this->once_);
  leave.open();
  crew.join();
  EXPECT_EQ(story_of(&this->once_, runs), "begin end");
  EXPECT_EQ(story_of(&this->once_, waits), "wait wake");
  std::int64_t end = 0, wake = 0;
  for (Heard const& one : heard) {
    if (one.what == What::end) end = one.nanoseconds;
    if (one.what == What::wake) wake = one.nanoseconds;
    if (one.thread == waits) { EXPECT_EQ(one.name, "late"); }
  }
  EXPECT_LE(end, wake);
}

TYPED_TEST(ObservedThreads, a_wait_that_expires_wakes) {
  Listening const listening;
  Gate running{"the initialiser to run"}, leave{"the initialiser to be let go"};
  Crew crew;
  crew.add([&] {
    this->once_.call_once([&] {
      running.open();
      leave.wait();
    });
  });
  running.wait();
  EXPECT_FALSE(this->once_.wait_for(1ms));
  leave.open();
  crew.join();
  EXPECT_EQ(story_of(&this->once_, std::this_thread::get_id()), "wait wake");
}

TEST(ObserverWaits, one_wait_that_sleeps_twice_is_one_wait) {
  OnceLock<int> lock;
  Listening const listening;
  Gate running{"the initialiser to run"}, leave{"the initialiser to be let go"};
  std::thread::id waits;
  Crew crew;
  crew.add([&] {
    EXPECT_EQ(lock.get_or_try_init([&]() -> std::optional<int> {
      running.open();
      leave.wait();
      return std::nullopt;
    }),
              nullptr);
  });
  running.wait();
  crew.add([&] {
    waits = std::this_thread::get_id();
    EXPECT_EQ(lock.wait(), 2);
  });
  wait_until_queued(lock);
  leave.open();
  wait_until_holds("the waiting thread to sleep again", [&] { return word_of(lock) == 1; });
  EXPECT_TRUE(lock.set(2));
  crew.join();
  EXPECT_EQ(story_of(&lock, waits), "wait wake");
}

#if FIRST_USE_HAS_EXCEPTIONS

TEST(ObserverWaits, who_takes_over_begins_after_its_wake) {
  OnceLock<int> lock;
  Listening const listening;
  Gate running{"the initialiser to run"}, leave{"the initialiser to be let go"};
  Crew crew;
  std::thread::id waits;
  crew.add([&] {
    EXPECT_THROW(lock.get_or_init([&]() -> int {
      running.open();
      leave.wait();
      throw std::runtime_error{"failure"};
    }),
                 std::runtime_error);
  });
  running.wait();
  crew.add([&] {
    waits = std::this_thread::get_id();
    EXPECT_EQ(lock.get_or_init([] { return 2; }), 2);
  });
  wait_until_queued(lock);
  leave.open();
  crew.join();
  EXPECT_EQ(story_of(&lock, waits), "wait wake begin end");
}

TYPED_TEST(ObservedThreads, who_is_told_of_a_ring_has_waited_and_woken) {
  BasicOnce<TypeParam> other;
  Listening const listening;
  StartLine both{2};
  std::atomic<int> told{0};
  auto const run = [&](auto const& mine, auto const& wanted) {
    try {
      mine.call_once([&] {
        both.wait();
        wanted.wait();
      });
    } catch (first_use::DeadlockError const&) {
      ++told;
      EXPECT_EQ(story_of(&mine, std::this_thread::get_id()), "begin failure");
      EXPECT_EQ(story_of(&wanted, std::this_thread::get_id()), "wait wake");
      mine.call_once([] {});
    }
  };
  Crew crew;
  crew.add([&] { run(this->once_, other); });
  crew.add([&] { run(other, this->once_); });
  crew.join();
  EXPECT_EQ(told, 1);
}

#endif  // FIRST_USE_HAS_EXCEPTIONS

}  // namespace
