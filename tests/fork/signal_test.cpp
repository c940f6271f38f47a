// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A signal handler that forks while its thread sleeps on an object: the child comes back into that very wait.
#include <atomic>
#include <thread>

#include <gtest/gtest.h>
#include <signal.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using children::InFlight;
using children::until;

std::atomic<pid_t> forked{-1};

// MutexSync says that it cannot do this; so does, silently, any policy that sleeps on something else than the word.
#if FIRST_USE_HAS_FUTEX
using SleepOnTheWord = testing::Types<PlatformSync, AtomicSync>;
#else
using SleepOnTheWord = testing::Types<AtomicSync>;
#endif
template <class Sync>
class SignalWhileAsleep : public testing::Test {};
TYPED_TEST_SUITE(SignalWhileAsleep, SleepOnTheWord, first_use_test::PolicyNames);

template <class Sync, class Use>
void fork_while_asleep(BasicOnce<Sync> const& once, Use use) {
  struct sigaction action {};
  action.sa_handler = [](int) { forked = ::fork(); };
  action.sa_flags = SA_RESTART;
  struct sigaction before {};
  ::sigaction(SIGUSR1, &action, &before);
  std::thread sleeper;
  {
    InFlight const running{[&](auto const& hold) { once.call_once(hold); }};
    Sync::sleeps = 0;
    forked = -1;
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    sleeper = std::thread{[&] {
      bool mine = false;
      use([&] { mine = true; });
      // Nobody else lives in the child: it must have come back from its sleep, and have started afresh.
      if (forked == 0) ::_exit(mine ? 0 : 1);
    }};
    until([] { return Sync::sleeps >= 1; });
    ::pthread_kill(sleeper.native_handle(), SIGUSR1);
    until([] { return forked != -1; });
    ::close(ends[1]);
    EXPECT_EQ(children::wait_for_child(forked, ends[0]), "") << "(the child of a handler that forked)";
  }
  sleeper.join();
  ::sigaction(SIGUSR1, &before, nullptr);
}

#if FIRST_USE_TESTS_UNDER_TSAN
#define SKIP_WHERE_SIGNALS_COME_LATE() GTEST_SKIP() << "ThreadSanitizer delivers a signal when the sleep is over"
#else
#define SKIP_WHERE_SIGNALS_COME_LATE() static_cast<void>(0)
#endif

TYPED_TEST(SignalWhileAsleep, ChildComesBackFromTheSleep) {
  SKIP_WHERE_SIGNALS_COME_LATE();
  using Sync = children::Watched<TypeParam>;
  for (int round = 0; round != 5; ++round) {
    BasicOnce<Sync> const once;
    fork_while_asleep(once, [&](auto const& mine) { once.call_once(mine); });
  }
}

// Then the sleeper also stands in the registry of waiting threads, of which the child's copy is void.
TYPED_TEST(SignalWhileAsleep, ChildComesBackIntoItsOwnInitialiser) {
  SKIP_WHERE_SIGNALS_COME_LATE();
  using Sync = children::Watched<TypeParam>;
  for (int round = 0; round != 5; ++round) {
    BasicOnce<Sync> const once;
    BasicOnceLock<int, Sync> outer;
    fork_while_asleep(once, [&](auto const& mine) {
      outer.get_or_init([&] {
        once.call_once(mine);
        return 1;
      });
      if (outer.value() != 1) ::_exit(3);
    });
    EXPECT_EQ(outer.value(), 1);
  }
}

}  // namespace
