// SPDX-License-Identifier: MIT OR Apache-2.0
//
// MutexSync in a process where threads wait, but nobody has initialised anything yet: the fork is noticed all the same.
// A program of its own: the first initialisation in a process sets up what notices forks.
#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <first_use/once.hpp>
#include <first_use/sync/mutex_sync.hpp>

#include "fork/children.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using namespace std::chrono_literals;

TEST(MutexUnprepared, SleepersOfTheParent) {
#if CHILDREN_UNDER_TSAN
  GTEST_SKIP() << "ThreadSanitizer holds the mutex of a lost thread against the child that makes it anew";
#endif
  using Sync = children::Watched<MutexSync>;
  BasicOnce<Sync> once;
  Sync::sleeps = 0;
  std::vector<std::thread> sleepers;
  for (int i = 0; i != 3; ++i) sleepers.emplace_back([&] { once.wait(); });
  children::until([] { return Sync::sleeps >= 3; });
  children::in_child([&] {
    auto& bucket = process::Buckets<false>::of(&once);
    for (int round = 0; round != 5; ++round) {
      CHILD_CHECK(!once.wait_for(1ms));
      bucket.wake_all();
    }
    once.call_once([] {});
    once.wait();
  });
  once.call_once([] {});
  for (std::thread& sleeper : sleepers) sleeper.join();
}

}  // namespace
