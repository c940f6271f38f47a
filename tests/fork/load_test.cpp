// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Many forks of a process whose threads read, initialise and fail to initialise objects of all types all the while. Each
// child looks at everything, initialises everything with eight threads, and leaves by exit(). FIRST_USE_TEST_FORKS says
// how many forks instead of 50.
#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>

#include "fork/bank.hpp"
#include "fork/children.hpp"
#include "policies.hpp"

#if FIRST_USE_TESTS_UNDER_ASAN
// A child that exits has the parent's leaks: threads that do not exist here, abandoned objects.
extern "C" int __lsan_is_turned_off() { return 1; }
#endif
#if FIRST_USE_TESTS_UNDER_TSAN
extern "C" void AnnotateIgnoreReadsBegin(char const*, int);
extern "C" void AnnotateIgnoreWritesBegin(char const*, int);
#endif

namespace {

using namespace first_use;
using namespace bank;
using children::until;

int forks_wanted() {
  char const* const wanted = std::getenv("FIRST_USE_TEST_FORKS");
  return wanted != nullptr ? std::atoi(wanted) : 50;
}

/// The cells of one thread, all there.
struct Cells {
  OnceCell<pid_t> once;
  LazyCell<pid_t, pid_t (*)()> lazy{&::getpid};
  WipeOnForkOnceCell<pid_t> wiped;
  WipeOnForkLazyCell<pid_t, pid_t (*)()> wiped_lazy{&::getpid};

  void use() {
    once.get_or_init(&::getpid);
    wiped.get_or_init(&::getpid);
    lazy.force();
    wiped_lazy.force();
  }
  bool are_of(pid_t kept_maker, pid_t wiped_maker) const {
    auto const is = [](auto const* value, pid_t maker) { return value != nullptr ? *value == maker : maker == 0; };
    return is(once.get(), kept_maker) && is(lazy.get(), kept_maker) && is(wiped.get(), wiped_maker) &&
           is(wiped_lazy.get(), wiped_maker);
  }
};

// A static: exit() in a child destroys it.
template <class Sync>
std::unique_ptr<Bank<Sync>> static_bank;

template <class Sync>
class ForkUnderLoad : public testing::Test {};
TYPED_TEST_SUITE(ForkUnderLoad, first_use_test::BlockingPolicies, first_use_test::PolicyNames);

TYPED_TEST(ForkUnderLoad, ChildrenOfABusyProcess) {
  SKIP_WHERE_A_CHILD_OF_BUSY_THREADS_CANNOT_ALLOCATE();
  if (FIRST_USE_TESTS_UNDER_TSAN && std::is_same_v<TypeParam, MutexSync>) {
    GTEST_SKIP() << "ThreadSanitizer holds the mutex of a lost thread against the child that makes it anew";
  }
  std::unique_ptr<Bank<TypeParam>>& its = static_bank<TypeParam>;
  int const forks = forks_wanted();
  pid_t const parent = ::getpid();
  Item<TypeParam, KeepOnFork>::parent = parent;
  std::atomic<int> turn{0};
  std::atomic<int> progress{0};
  std::atomic<int> finished{0};
  std::vector<std::thread> threads;
  for (int id = 0; id <= workers; ++id) {
    threads.emplace_back([&, id] {
      for (int mine = 1;; ++mine) {
        for (int seen = turn; seen < mine; seen = turn) turn.wait(seen);
        if (mine > forks) return;
        if (id == workers) {  // reads only, until the others are done
          while (finished < workers) {
            for (int at = 0; at != items; ++at) its->look(at);
            std::this_thread::yield();
          }
        } else {
          for (int i = 0; i != items; ++i) {
            Cells cells;
            cells.use();
            if (!cells.are_of(parent, parent)) std::abort();
            its->use((i + id * 7) % items);
            ++progress;
          }
        }
        ++finished;
        finished.notify_all();
      }
    });
  }
  Cells cells;
  cells.use();
  int lost = 0;
  for (int round = 1; round <= forks && lost == 0; ++round) {
    its = std::make_unique<Bank<TypeParam>>();
    progress = 0;
    finished = 0;
    stage.doing = "nothing yet";
    turn = round;
    turn.notify_all();
    int const moment = (round - 1) % 25 * workers * items / 25;
    until([&] { return progress >= moment; });
    int const before = testing::Test::HasFailure() ? 1 : 0;
    children::in_child(
        [&] {
#if FIRST_USE_TESTS_UNDER_TSAN
          // It would hold the bytes that a lost thread wrote against whoever writes them afresh.
          AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
          AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
#endif
          CHILD_CHECK(cells.are_of(parent, 0));
          cells.use();
          CHILD_CHECK(cells.are_of(parent, ::getpid()));
          its->child_checks_all(parent);
          std::exit(0);
        },
        children::by_fork, "child " + std::to_string(round) + " of " + std::to_string(forks));
    if (testing::Test::HasFailure() && before == 0) {
      ADD_FAILURE() << "child " << round << " was last seen " << stage.doing << ": " << stage.type << ", item "
                    << stage.item << ", " << stage.threads_through << " of " << threads_of_child
                    << " threads were through";
      lost = 1;
    }
    for (int seen = finished; seen <= workers; seen = finished) finished.wait(seen);
    its->finish_and_check(parent);
    EXPECT_TRUE(cells.are_of(parent, parent));
  }
  turn = forks + 1;
  turn.notify_all();
  for (std::thread& thread : threads) thread.join();
  its.reset();
}

// One thread that reads in a loop is enough to catch a fork handler that takes a lock.
TEST(ForkUnderLoadOfReaders, ChildrenReadNothingAndMakeTheirOwn) {
  WipeOnForkOnceLock<int> wiped;
  OnceLock<int> kept;
  wiped.set(1);
  kept.set(1);
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  std::atomic<int> started{0};
  for (int i = 0; i != 2; ++i) {
    readers.emplace_back([&] {
      ++started;
      while (!stop) {
        if (*wiped.get() != 1 || *kept.get() != 1) std::abort();
      }
    });
  }
  until([&] { return started == 2; });
  for (int i = 0; i != 100; ++i) {
    children::in_child(
        [&] {
          CHILD_CHECK(wiped.get() == nullptr);
          CHILD_CHECK(wiped.try_emplace(2).second);
          CHILD_CHECK(*wiped.get() == 2 && *kept.get() == 1);
        },
        children::by_fork, "child " + std::to_string(i));
    if (testing::Test::HasFailure()) break;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
