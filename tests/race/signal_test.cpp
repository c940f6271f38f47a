// SPDX-License-Identifier: MIT OR Apache-2.0
//
// race/ in a signal handler that interrupts the very call: inside its initialiser, and at whatever instruction it likes.
#include <first_use/race.hpp>

#include <gtest/gtest.h>

#if !FIRST_USE_HAS_FUTEX
TEST(Signals, Skipped) { GTEST_SKIP() << "written for Linux, whose threads can be sent signals"; }
#else

#include <atomic>
#include <cstdlib>
#include <thread>

#include <pthread.h>
#include <signal.h>

#include "race/races.hpp"

namespace first_use_test {
namespace {

using first_use::race::OnceBool;
using first_use::race::OnceBox;
using first_use::race::OnceNonZero;
using first_use::race::OnceRef;

// What the handler finds and leaves. Only plain functions and these may be used in it.
struct Objects {
  OnceNonZero<int> number;
  OnceBool truth;
  OnceRef<int> ref;
  OnceBox<int> box;
};
int of_main = 1, of_handler = 2;
std::atomic<Objects*> objects{nullptr};
std::atomic<int> handled{0};
std::atomic<bool> box_was_there{false};

void use_in_handler(int) {
  if (Objects* const now = objects.load()) {
    box_was_there = now->box.get() != nullptr && *now->box.get() != 3;
    int const number = now->number.get_or_init([] { return of_handler; });
    if (now->number.get() != number) std::abort();
    bool const truth = now->truth.get_or_init([] { return true; });
    if (now->truth.get() != truth) std::abort();
    int& object = now->ref.get_or_init([]() -> int& { return of_handler; });
    if (now->ref.get() != &object) std::abort();
  }
  ++handled;
}

class RaceSignal : public ::testing::Test {
 protected:
  void SetUp() override {
    struct sigaction action {};
    action.sa_handler = use_in_handler;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGUSR1, &action, &before_);
    objects = nullptr;
    handled = 0;
  }
  void TearDown() override { ::sigaction(SIGUSR1, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

TEST_F(RaceSignal, a_handler_inside_the_initialiser_wins) {
  Objects fresh;
  objects = &fresh;
  EXPECT_EQ(fresh.number.get_or_init([] { return ::raise(SIGUSR1), of_main; }), of_handler);
  EXPECT_EQ(handled, 1);
  EXPECT_TRUE(fresh.truth.get_or_init([] { return ::raise(SIGUSR1), false; }));
  EXPECT_EQ(&fresh.ref.get_or_init([]() -> int& { return ::raise(SIGUSR1), of_main; }), &of_handler);

  Objects another;
  objects = &another;
  EXPECT_EQ(&another.ref.get_or_init([]() -> int& { return ::raise(SIGUSR1), of_main; }), &of_handler);
  EXPECT_EQ(another.box.get_or_init([] { return ::raise(SIGUSR1), 3; }), 3);
  EXPECT_FALSE(box_was_there);
  EXPECT_EQ(handled, 3);
}

// Signals without pause; each object is used by the thread and by the handlers that interrupt it.
TEST_F(RaceSignal, a_storm_changes_nothing_that_was_there) {
#if FIRST_USE_TESTS_UNDER_TSAN
  GTEST_SKIP() << "ThreadSanitizer keeps signals back until its thread calls something";
#endif
  constexpr int enough = rounds(2000);
  std::atomic<bool> over{false};
  ::pthread_t const me = ::pthread_self();
  std::thread storm{[&] {
    while (!over) ::pthread_kill(me, SIGUSR1);
  }};
  int by_main = 0, by_handler = 0;
  while (handled < enough) {
    Objects fresh;
    objects = &fresh;
    int const number = fresh.number.get_or_init([] { return of_main; });
    bool const truth = fresh.truth.get_or_init([] { return false; });
    int& object = fresh.ref.get_or_init([]() -> int& { return of_main; });
    fresh.box.get_or_init([] { return 3; });
    if (number != fresh.number.get() || truth != fresh.truth.get() || &object != fresh.ref.get()) {
      ADD_FAILURE() << "a value that was told is not the one that is there";
      break;
    }
    ++(number == of_main ? by_main : by_handler);
    objects = nullptr;
  }
  over = true;
  storm.join();
  EXPECT_FALSE(box_was_there);
  EXPECT_GT(by_main, 0);
  ::testing::Test::RecordProperty("by_handler", by_handler);
}

}  // namespace
}  // namespace first_use_test
#endif
