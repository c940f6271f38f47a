// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Forks where nobody looks for them: between the claim of a word and the linking of its frame (a signal handler may), and
// after which another thread of the child was the first to enter the library.
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "fork/interrupted.hpp"
#include "policies.hpp"

#if FIRST_USE_HAS_EXCEPTIONS

namespace {

using namespace first_use;
using children::every_way;
using children::is_noticed;
using children::parent_waits_for;
using children::Way;

using Interrupted = children::Interrupted<DefaultSync>;

/// Whether asking for a lock inside of its own initialiser is told as that.
template <class Lock>
bool tells_reentrance(Lock& lock) {
  try {
    lock.get_or_init([] { return -1; });
  } catch (ReentrantInitError const&) { return true; }
  return false;
}

/// Whether another thread finds it being initialised.
template <class Lock>
bool is_run_for_others(Lock& lock) {
  TrySetResult found{};
  std::thread{[&] { found = lock.try_set(-2); }}.join();
  return found == TrySetResult::busy;
}

TEST(AtTheClaim, KeptInitialiserIsTheChildsOwn) {
  for (Way const* const way : every_way) {
    if (!is_noticed(*way)) continue;
    BasicOnceLock<int, Interrupted> lock;
    pid_t pid = -1;
    Interrupted::after_exchange = [&] { pid = way->make(); };
    bool told = false;
    int const value = lock.get_or_init([&] {
      // Before this thread comes to the library again, which would notice what it missed.
      if (pid == 0 && way->libc_knows && !FIRST_USE_TESTS_UNDER_TSAN) CHILD_CHECK(is_run_for_others(lock));
      told = tells_reentrance(lock);
      return 1;
    });
    if (pid == 0) {
      CHILD_CHECK(told);
      CHILD_CHECK(value == 1 && lock.get() != nullptr && *lock.get() == 1);
      ::_exit(0);
    }
    ASSERT_GT(pid, 0) << way->name;
    parent_waits_for(pid);
    EXPECT_TRUE(told && value == 1) << way->name;
  }
}

TEST(AtTheClaim, WipedInitialiserSaysThatTheProcessForkedInside) {
  for (Way const* const way : every_way) {
    if (!is_noticed(*way)) continue;
    BasicOnceLock<int, Interrupted, WipeOnFork<>> lock;
    pid_t pid = -1;
    Interrupted::after_exchange = [&] { pid = way->make(); };
    bool told = false;
    auto const make = [&] {
      return lock.get_or_init([&] {
        told = tells_reentrance(lock);
        return 1;
      });
    };
    std::string error;
    try {
      make();
    } catch (InitError const& said) { error = said.what(); }
    if (pid == 0) {
      CHILD_CHECK(told);
      CHILD_CHECK(children::says(error, "forked inside"));
      CHILD_CHECK(!lock.has_value());
      CHILD_CHECK(make() == 1 && lock.has_value());
      ::_exit(0);
    }
    ASSERT_GT(pid, 0) << way->name;
    parent_waits_for(pid);
    EXPECT_TRUE(told && error.empty() && lock.has_value()) << way->name << ": " << error;
  }
}

#if CHILDREN_HAVE_PLAIN_FORK

// No handler runs, and it is not the forking thread that takes the child's number: its frames are still to be carried
// over when it comes to initialise the next object.
TEST(AtTheClaim, AnotherThreadOfTheChildWasThereFirst) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  if (!is_noticed(children::by_plain_fork)) GTEST_SKIP() << "without a wiped page _Fork() is not noticed";
  OnceLock<int> outer;
  OnceLock<int> elsewhere;
  OnceLock<int> inner;
  pid_t pid = -1;
  outer.get_or_init([&] {
    pid = children::by_plain_fork.make();
    if (pid != 0) return 1;
    std::thread{[&] { elsewhere.set(1); }}.join();
    CHILD_CHECK(inner.get_or_init([] { return 2; }) == 2);
    CHILD_CHECK(tells_reentrance(outer));
    CHILD_CHECK(is_run_for_others(outer));
    return 1;
  });
  if (pid == 0) {
    CHILD_CHECK(outer.get() != nullptr && *outer.get() == 1);
    ::_exit(0);
  }
  ASSERT_GT(pid, 0);
  parent_waits_for(pid);
}

#endif

}  // namespace

#else

TEST(AtTheClaim, Skipped) { GTEST_SKIP() << "tells by what is thrown"; }

#endif
