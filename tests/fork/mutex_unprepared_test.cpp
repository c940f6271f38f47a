// SPDX-License-Identifier: MIT OR Apache-2.0
//
// MutexSync in a process where threads wait, but nobody has initialised anything yet: the fork is noticed all the same.
// A program of its own: the first initialisation in a process sets up what notices forks.
#include <new>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <first_use/once.hpp>
#include <first_use/sync/mutex_sync.hpp>

#include "fork/children.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;

TEST(MutexUnprepared, SleepersOfTheParent) {
#if FIRST_USE_TESTS_UNDER_TSAN
  GTEST_SKIP() << "ThreadSanitizer holds the mutex of a lost thread against the child that makes it anew";
#endif
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  using Sync = children::Watched<MutexSync>;
  BasicOnce<Sync> once;
  Sync::sleeps = 0;
  std::vector<std::thread> sleepers;
  for (int i = 0; i != 3; ++i) sleepers.emplace_back([&] { once.wait(); });
  children::until([] { return Sync::sleeps >= 3; });
  // A condition that still counted the lost sleepers would hang when it is used for the second or third time.
  children::in_every_child([&] {
    for (int round = 0; round != 5; ++round) {
      if (round != 0) new (&once) BasicOnce<Sync>;  // the same bucket again
      Sync::sleeps = 0;
      std::vector<std::thread> threads;
      for (int i = 0; i != 3; ++i) threads.emplace_back([&] { once.wait(); });
      children::until([] { return Sync::sleeps >= 3; });
      once.call_once([] {});
      for (std::thread& thread : threads) thread.join();
    }
  });
  once.call_once([] {});
  for (std::thread& sleeper : sleepers) sleeper.join();
}

}  // namespace
