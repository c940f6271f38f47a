// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Kept types: an initialiser that itself forks goes on in both processes, and both complete.
#include <atomic>
#include <functional>
#include <thread>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>
#include <signal.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using children::child_waits_for;
using children::every_way;
using children::in_child;
using children::InFlight;
using children::is_noticed;
using children::until;
using children::Way;

template <class Sync>
class KeptInside : public testing::Test {};
TYPED_TEST_SUITE(KeptInside, first_use_test::BlockingPolicies, first_use_test::PolicyNames);

// What the lazies run; an empty F, so that nothing of it lies in the object.
std::function<int()> script;
struct Scripted {
  int operator()() const { return script(); }
};

/// One object of each kind, behind one shape: init(f) lets it run f as its initialiser.
template <class Sync>
struct Objects {
  template <class F>
  void init_once(F f) {
    once.call_once(f);
  }
  template <class F>
  void init_lock(F f) {
    lock.get_or_init([&] {
      f();
      return 1;
    });
  }
  template <class F>
  void init_lazy(F f) {
    script = [f] {
      f();
      return 1;
    };
    lazy.force();
  }
  BasicOnce<Sync> once;
  BasicOnceLock<int, Sync> lock;
  BasicLazyLock<int, Scripted, Sync> lazy{Scripted{}};
};

TYPED_TEST(KeptInside, CompletesInBothProcesses) {
  for (Way const* const way : every_way) {
    in_child([&] {
      Objects<TypeParam> all;
      pid_t pids[3] = {-1, -1, -1};
      int runs[3] = {};
      all.init_once([&] {
        ++runs[0];
        pids[0] = way->make();
        CHILD_CHECK(all.once.status() == OnceStatus::running);
      });
      all.init_lock([&] {
        ++runs[1];
        pids[1] = way->make();
        CHILD_CHECK(all.lock.get() == nullptr);
      });
      all.init_lazy([&] {
        ++runs[2];
        pids[2] = way->make();
        CHILD_CHECK(all.lazy.get() == nullptr);
      });
      CHILD_CHECK(all.once.is_completed() && *all.lock.get() == 1 && *all.lazy.get() == 1);
      all.once.call_once([&] { ++runs[0]; });
      CHILD_CHECK(all.lock.get_or_init([] { return 2; }) == 1);
      CHILD_CHECK(*all.lazy == 1);
      for (int const count : runs) CHILD_CHECK(count == 1);
      // Backwards, until the fork that this process came from.
      for (int i = 2; i >= 0 && pids[i] != 0; --i) child_waits_for(pids[i]);
    });
  }
}

#if FIRST_USE_HAS_EXCEPTIONS

// Between the fork and the end of the initialiser the child knows that it is the one who runs it.
TYPED_TEST(KeptInside, ReentranceIsSeenInBothProcesses) {
  for (Way const* const way : every_way) {
    in_child([&] {
      Objects<TypeParam> all;
      pid_t pid = -1;
      all.init_once([&] {
        pid = way->make();
        children::error_in_child<ReentrantInitError>([&] { all.once.call_once([] {}); });
      });
      if (pid != 0) child_waits_for(pid);
      all.init_lock([&] {
        pid = way->make();
        children::error_in_child<ReentrantInitError>([&] { all.lock.wait(); });
        children::error_in_child<ReentrantInitError>([&] { static_cast<void>(all.lock.try_set(1)); });
      });
      if (pid != 0) child_waits_for(pid);
      CHILD_CHECK(all.once.is_completed() && *all.lock.get() == 1);
    });
  }
}

TYPED_TEST(KeptInside, FailureInOneProcessIsNoneInTheOther) {
  for (Way const* const way : every_way) {
    in_child([&] {
      Objects<TypeParam> all;
      pid_t pid = -1;
      auto const fails_in_the_child = [&] {
        pid = way->make();
        if (pid == 0) throw 1;
      };
      bool failed = false;
      try {
        all.init_once(fails_in_the_child);
      } catch (int) { failed = true; }
      CHILD_CHECK(failed == (pid == 0));
      CHILD_CHECK(all.once.status() == (failed ? OnceStatus::poisoned : OnceStatus::complete));
      if (failed) {
        children::error_in_child<PoisonedError>([&] { all.once.call_once([] {}); });
        return;
      }
      child_waits_for(pid);
      try {
        all.init_lock(fails_in_the_child);
      } catch (int) { failed = true; }
      CHILD_CHECK(failed == (pid == 0));
      CHILD_CHECK((all.lock.get() == nullptr) == failed);
      CHILD_CHECK(all.lock.get_or_init([] { return 5; }) == (failed ? 5 : 1));
      if (failed) return;
      child_waits_for(pid);
      try {
        all.init_lazy(fails_in_the_child);
      } catch (int) { failed = true; }
      CHILD_CHECK(failed == (pid == 0));
      CHILD_CHECK(all.lazy.is_poisoned() == failed);
      if (!failed) child_waits_for(pid);
    });
  }
}

#endif

// Starts 4 threads in the child, from within the initialiser: they neither run it a second time nor hang.
template <class Sync>
class Others {
 public:
  template <class Use>
  void start_in_child(Use use) {
    Sync::sleeps = 0;
    for (int i = 0; i != 4; ++i) {
      threads_.emplace_back([this, use] {
        use();
        ++through_;
      });
    }
    until([this] { return Sync::sleeps + through_ >= 4; });
    CHILD_CHECK(through_ == 0);
  }
  void join() {
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::vector<std::thread> threads_;
  std::atomic<int> through_{0};
};

TYPED_TEST(KeptInside, OtherThreadsOfTheChildWait) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  using Sync = children::Watched<TypeParam>;
  auto const no_second_run = [] { children::fail_in_child("run a second time", __FILE__, __LINE__); };
  in_child([&] {
    Objects<Sync> all;
    Others<Sync> others;
    pid_t pid = -1;
    all.init_once([&] {
      pid = ::fork();
      if (pid == 0) others.start_in_child([&] { all.once.call_once(no_second_run); });
    });
    others.join();
    CHILD_CHECK(all.once.is_completed());
    if (pid != 0) child_waits_for(pid);
  });
  in_child([&] {
    Objects<Sync> all;
    Others<Sync> others;
    pid_t pid = -1;
    all.init_lock([&] {
      pid = ::fork();
      if (pid == 0) others.start_in_child([&] { all.init_lock(no_second_run); });
    });
    others.join();
    CHILD_CHECK(all.lock.value() == 1);
    if (pid != 0) child_waits_for(pid);
  });
  in_child([&] {
    Objects<Sync> all;
    Others<Sync> others;
    pid_t pid = -1;
    int runs = 0;
    all.init_lazy([&] {
      ++runs;
      pid = ::fork();
      if (pid == 0) others.start_in_child([&] { CHILD_CHECK(*all.lazy == 1); });
    });
    others.join();
    CHILD_CHECK(runs == 1);
    if (pid != 0) child_waits_for(pid);
  });
}

// All frames of the forking thread are carried over, not only the innermost; one of a cell in between has no stamp.
TYPED_TEST(KeptInside, AllOfANestIsCarriedOver) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  using Sync = children::Watched<TypeParam>;
  auto const no_second_run = [] { children::fail_in_child("run a second time", __FILE__, __LINE__); };
  in_child([&] {
    Objects<Sync> all;
    OnceCell<int> cell;
    Others<Sync> of_once;
    Others<Sync> of_lock;
    Others<Sync> of_lazy;
    pid_t pid = -1;
    int runs = 0;
    all.init_once([&] {
      all.init_lock([&] {
        cell.get_or_init([&] {
          all.init_lazy([&] {
            ++runs;
            pid = ::fork();
            if (pid != 0) return;
            of_once.start_in_child([&] { all.once.call_once(no_second_run); });
            of_lock.start_in_child([&] { all.init_lock(no_second_run); });
            of_lazy.start_in_child([&] { CHILD_CHECK(*all.lazy == 1); });
          });
          return 1;
        });
      });
    });
    of_once.join();
    of_lock.join();
    of_lazy.join();
    CHILD_CHECK(runs == 1);
    CHILD_CHECK(all.once.is_completed() && *all.lock.get() == 1 && *all.lazy.get() == 1 && *cell.get() == 1);
    if (pid != 0) child_waits_for(pid);
  });
}

TYPED_TEST(KeptInside, ForkInAForkInTheInitialiser) {
  for (Way const* const way : every_way) {
    in_child([&] {
      Objects<TypeParam> all;
      pid_t child = -1;
      pid_t grandchild = -1;
      int runs = 0;
      all.init_lock([&] {
        all.init_once([&] {
          ++runs;
          child = way->make();
          if (child == 0) grandchild = way->make();
        });
        CHILD_CHECK(all.once.is_completed());
        if (grandchild == 0) {
          pid_t const great_grandchild = way->make();
          if (great_grandchild != 0) child_waits_for(great_grandchild);
        }
      });
      CHILD_CHECK(runs == 1 && all.once.is_completed() && all.lock.value() == 1);
      all.once.call_once([&] { ++runs; });
      CHILD_CHECK(runs == 1);
      if (child != 0) child_waits_for(child);
      if (child == 0 && grandchild != 0) child_waits_for(grandchild);
    });
  }
}

// The child's generation is that of the child for what it begins: another fork makes that stale again.
TEST(KeptInsideOrder, LostThreadsOfEveryGenerationAreTold) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  OnceLock<int> locks[4];
  InFlight const first{[&](auto const& hold) {
    locks[0].get_or_init([&] {
      hold();
      return 0;
    });
  }};
  in_child([&] {
    InFlight const second{[&](auto const& hold) {
      locks[1].get_or_init([&] {
        hold();
        return 0;
      });
    }};
    CHILD_CHECK(locks[1].try_set(1) == TrySetResult::busy);
    pid_t pid = -1;
    locks[2].get_or_init([&] {
      pid = ::fork();
      if (pid == 0) {
        CHILD_CHECK(locks[0].try_set(10) == TrySetResult::stored);
        CHILD_CHECK(locks[1].try_set(11) == TrySetResult::stored);
      } else {
        CHILD_CHECK(locks[1].try_set(12) == TrySetResult::busy);
      }
      return 12;
    });
    CHILD_CHECK(locks[2].value() == 12);
    if (pid == 0) ::_exit(0);
    child_waits_for(pid);
    CHILD_CHECK(locks[0].try_set(20) == TrySetResult::stored);
    CHILD_CHECK(locks[1].try_set(21) == TrySetResult::busy);
    ::_exit(0);  // `second` is still inside, on purpose
  });
}

// ---- A signal handler that forks -------------------------------------------------------------------------------------

std::atomic<pid_t> forked{-1};

// MutexSync says that it cannot do this; so does, silently, any policy that sleeps on something else than the word.
using SleepOnTheWord = testing::Types<FutexSync, AtomicSync>;
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

#if CHILDREN_UNDER_TSAN
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
