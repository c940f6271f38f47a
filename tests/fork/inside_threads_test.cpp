// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Other threads of the child while an initialiser that forked goes on: they neither run it a second time nor hang.
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "fork/objects.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using children::child_waits_for;
using children::in_child;
using children::InFlight;
using children::Objects;
using children::until;

template <class Sync>
class InsideThreads : public testing::Test {};
TYPED_TEST_SUITE(InsideThreads, first_use_test::BlockingPolicies, first_use_test::PolicyNames);

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

TYPED_TEST(InsideThreads, OthersWaitForAKeptOne) {
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
TYPED_TEST(InsideThreads, AllOfANestIsCarriedOver) {
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

// While the straddling run goes on, and while it is repeated, other threads of the child wait for it.
TYPED_TEST(InsideThreads, OthersWaitForAWipedOne) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  using Sync = children::Watched<TypeParam>;
  in_child([] {
    static BasicLazyLock<pid_t, pid_t (*)(), Sync, WipeOnFork<>>* here;
    static pid_t pid;
    static int calls;
    static std::atomic<int> through;
    static std::vector<std::thread> threads;
    pid = -1;
    BasicLazyLock<pid_t, pid_t (*)(), Sync, WipeOnFork<>> lazy{+[] {
      ++calls;
      if (pid == -1) {
        pid = ::fork();
        if (pid == 0) {
          Sync::sleeps = 0;
          for (int i = 0; i != 4; ++i) {
            threads.emplace_back([] {
              CHILD_CHECK(here->force() == ::getpid());
              ++through;
            });
          }
          until([] { return Sync::sleeps + through >= 4; });
        }
      }
      CHILD_CHECK(through == 0);
      return ::getpid();
    }};
    here = &lazy;
    CHILD_CHECK(*lazy == ::getpid());
    for (std::thread& thread : threads) thread.join();
    CHILD_CHECK(calls == (pid == 0 ? 2 : 1));
    if (pid != 0) child_waits_for(pid);
  });
}

// The child's generation is that of the child for what it begins: another fork makes that stale again.
TEST(InsideThreadsOrder, LostThreadsOfEveryGenerationAreTold) {
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

}  // namespace
