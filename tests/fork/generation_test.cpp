// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The number of a process: it grows with every fork that is noticed, and no two processes on one line of descent share
// one.
#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "fork/interrupted.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using children::child_waits_for;
using children::every_way;
using children::in_child;
using children::in_every_child;
using children::is_noticed;
using children::Way;

using Process = process::Generation<PlatformSync>;
using Number = Process::Number;

/// Another process-wide set of variables.
struct Apart : PlatformSync {};

TEST(Generation, GrowsByOneInEveryChildAndStaysInTheParent) {
  ASSERT_TRUE(prepare_for_fork());
  Number const mine = Process::current();
  EXPECT_GE(mine, 1U);
  EXPECT_EQ(Process::current(), mine);
  for (Way const* const way : every_way) {
    in_child(
        [&] {
          Number const own = Process::current();
          CHILD_CHECK(own == (is_noticed(*way) ? mine + 1 : mine));
          CHILD_CHECK(Process::current() == own);
          CHILD_CHECK(Process::published() == Process::published_in(own));
          pid_t const pid = ::fork();
          CHILD_CHECK(Process::current() == (pid == 0 ? own + 1 : own));
          if (pid != 0) child_waits_for(pid);
        },
        *way);
    EXPECT_EQ(Process::current(), mine);
  }
}

// The short way into an initialisation is open in a child too, as soon as somebody has gone the long one.
TEST(Generation, SettledInAChildByItsOwnFirstUse) {
  ASSERT_TRUE(prepare_for_fork());
  Once{}.call_once([] {});
  for (Way const* const way : every_way) {
    if (!is_noticed(*way)) continue;
    in_child(
        [] {
          Number stamp = 0;
          CHILD_CHECK(!Process::settled(stamp));
          Once{}.call_once([] {});
          CHILD_CHECK(Process::settled(stamp) && stamp == Process::stamp_of(Process::current()));
        },
        *way);
  }
}

// A child that never asks hands its missing number down.
TEST(Generation, GrandchildOfAChildThatNeverAsked) {
  ASSERT_TRUE(prepare_for_fork());
  Number const mine = Process::current();
  for (Way const* const way : every_way) {
    if (!is_noticed(*way)) continue;
    in_child(
        [&] {
          pid_t const pid = way->make();
          CHILD_CHECK(Process::current() > mine);
          if (pid != 0) child_waits_for(pid);
        },
        *way);
  }
}

TEST(Generation, ThreadsOfAChildAgree) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  ASSERT_TRUE(prepare_for_fork());
  Number const mine = Process::current();
  in_every_child([&] {
    std::atomic<int> started{0};
    std::array<Number, 4> seen{};
    std::vector<std::thread> threads;
    for (Number& number : seen) {
      threads.emplace_back([&started, &number] {
        ++started;
        children::until([&] { return started == 4; });
        number = Process::current();
      });
    }
    for (std::thread& thread : threads) thread.join();
    // Not always the next one: of two that take a number one is first to publish it.
    for (Number const number : seen) CHILD_CHECK(number > mine && number == Process::current());
  });
}

// As for a library that has variables of its own and is used for the first time after some forks: it counts as the others
// do. Only glibc tells; and ThreadSanitizer has a pthread_once() of its own.
TEST(Generation, WhoComesLaterCountsAlike) {
#if !defined(__GLIBC__)
  GTEST_SKIP() << "this libc does not say how many forks there were";
#endif
  if (FIRST_USE_TESTS_UNDER_TSAN)
    GTEST_SKIP() << "ThreadSanitizer's pthread_once does not say how many forks there were";
  ASSERT_TRUE(prepare_for_fork());
  Number const mine = Process::current();
  in_child([&] {
    pid_t const pid = ::fork();
    if (pid != 0) return child_waits_for(pid);
    using Late = process::Generation<Apart>;
    CHILD_CHECK(Process::current() == mine + 2);
    // Who only looks publishes nothing, because nothing would move it on in a child.
    CHILD_CHECK(Late::current() == mine + 2 && Late::published() == 0);
    CHILD_CHECK(Late::prepare());
    CHILD_CHECK(Late::current() == mine + 2 && Late::published() == Late::published_in(mine + 2));
    pid_t const next = ::fork();
    CHILD_CHECK(Late::current() == Process::current());
    if (next != 0) child_waits_for(next);
  });
}

/// The platform's words, counted.
struct Counted : PlatformSync {
  static inline int touches = 0;

  template <class U>
  struct word : PlatformSync::word<U> {
    using Base = PlatformSync::word<U>;
    using Base::Base;
    U load(Order order) const noexcept {
      ++touches;
      return Base::load(order);
    }
    void store(U to, Order order) noexcept {
      ++touches;
      Base::store(to, order);
    }
    U exchange(U to, Order order) noexcept {
      ++touches;
      return Base::exchange(to, order);
    }
    bool compare_exchange_weak(U& expected, U to, Order success, Order failure) noexcept {
      ++touches;
      return Base::compare_exchange_weak(expected, to, success, failure);
    }
  };
};

// A fork costs the same, however many objects there are: nobody keeps a list of them.
TEST(Generation, HandlersDoTheSameForNoObjectsAndForMany) {
  using Its = process::Generation<Counted>;
  using Lock = BasicOnceLock<int, Counted, WipeOnFork<Abandon, Its>>;
  static std::array<Lock, 1000> locks;
  in_child([&] {
    CHILD_CHECK(Its::prepare() && Its::current() != 0);
    auto const touches_of_a_fork = [] {
      Counted::touches = 0;
      pid_t const pid = ::fork();
      int touched = Counted::touches;
      if (pid == 0) ::_exit(touched);
      int status = 0;
      CHILD_CHECK(::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) < 200);
      return std::array<int, 2>{touched, WEXITSTATUS(status)};
    };
    auto const of_none = touches_of_a_fork();
    CHILD_CHECK(of_none[0] > 0 && of_none[1] > of_none[0]);  // before the fork; and then in the child
    for (Lock& lock : locks) lock.set(1);
    CHILD_CHECK(touches_of_a_fork() == of_none);
    Counted::touches = 0;
    for (Lock const& lock : locks) CHILD_CHECK(lock.has_value());
    CHILD_CHECK(Counted::touches >= 1000);  // the words of the objects are counted, too
  });
}

// ---- Moments in which another thread forks ---------------------------------------------------------------------------

template <int tag>
using Interrupted = children::Interrupted<PlatformSync, tag>;

/// What stops a thread until the test has looked.
struct Stop {
  children::Flag reached;
  children::Flag go_on;
  void here() {
    reached.raise();
    go_on.wait();
  }
};

// The first number of the process has been taken, and not been published (or the other way round, which would be wrong):
// a child that is made right then must not come to the same number.
TEST(GenerationMoments, NumberIsTakenBeforeItIsPublished) {
  using Here = Interrupted<0>;
  using Its = process::Generation<Here>;
  static bool done = false;
  if (done) GTEST_SKIP() << "a process takes its first number once";
  done = true;
  ASSERT_TRUE(Its::prepare());
  Stop stop;
  Number mine = 0;
  std::thread takes{[&] {
    Here::after_exchange = [&] { stop.here(); };
    mine = Its::current();
  }};
  stop.reached.wait();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  int children_made = 0;
  in_every_child([&] {
    Number const own = Its::current();
    CHILD_CHECK(own != 0 && own == Its::current());
    CHILD_CHECK(::write(ends[1], &own, sizeof own) == static_cast<ssize_t>(sizeof own));
  });
  ::close(ends[1]);
  stop.go_on.raise();
  takes.join();
  EXPECT_EQ(mine, Its::current());
  Number theirs = 0;
  while (::read(ends[0], &theirs, sizeof theirs) == static_cast<ssize_t>(sizeof theirs)) {
    ++children_made;
    EXPECT_GT(theirs, mine);
  }
  ::close(ends[0]);
  EXPECT_GE(children_made, 1);
}

// The handlers are registered, but this is not yet written down: a child made then registers once more, which must do no
// harm, and detects its own forks.
TEST(GenerationMoments, ForkWhileTheHandlersAreBeingRegistered) {
  using Here = Interrupted<1>;
  using Its = process::Generation<Here>;
  static bool done = false;
  if (done) GTEST_SKIP() << "a process registers once";
  done = true;
  Stop stop;
  std::thread registers{[&] {
    Here::before_store = [&] { stop.here(); };
    EXPECT_TRUE(Its::prepare());
  }};
  stop.reached.wait();
  BasicOnceLock<int, DefaultSync, WipeOnFork<Abandon, Its>> lock;
  in_every_child([&] {
    lock.set(1);
    Number const own = Its::current();
    pid_t const pid = ::fork();
    CHILD_CHECK(lock.has_value() == (pid != 0));
    CHILD_CHECK(Its::current() == (pid == 0 ? own + 1 : own));
    if (pid != 0) child_waits_for(pid);
  });
  stop.go_on.raise();
  registers.join();
  lock.set(1);
  in_every_child([&] { CHILD_CHECK(!lock.has_value()); });
}

}  // namespace
