// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Kept types: what a child finds that its parent completed, failed, or was in the middle of.
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using namespace std::chrono_literals;
using children::every_way;
using children::in_child;
using children::in_every_child;
using children::InFlight;
using children::is_noticed;
using children::until;
using children::Way;

/// Knows whether it was ever whole. What a dead thread left half-built must never be destroyed.
class Careful {
 public:
  static inline std::atomic<int> ended{0};
  static inline std::atomic<int> ended_half{0};

  explicit Careful(int value) : Careful{value, [] {}} {}
  template <class Hold>
  Careful(int value, Hold const& hold) : head_{value} {
    hold();
    tail_ = ~value;
  }
  Careful(Careful&& other) noexcept : head_{other.head_}, tail_{other.tail_} {}
  Careful& operator=(Careful&&) = delete;
  ~Careful() {
    ++ended;
    if (tail_ != ~head_) ++ended_half;
  }
  int value() const { return tail_ == ~head_ ? head_ : -1; }

 private:
  int head_;
  int tail_ = 0;
};

template <class Sync>
class KeptOverFork : public testing::Test {
 protected:
  void SetUp() override {
    Careful::ended = 0;
    Careful::ended_half = 0;
  }
};
TYPED_TEST_SUITE(KeptOverFork, first_use_test::BlockingPolicies, first_use_test::PolicyNames);

TYPED_TEST(KeptOverFork, CompleteStaysComplete) {
  BasicOnce<TypeParam> once;
  once.call_once([] {});
  BasicOnceLock<Careful, TypeParam> lock;
  Careful const* const at = &lock.get_or_init([] { return Careful{1}; });
  auto const make = [] { return std::string(100, 'x'); };
  BasicLazyLock<std::string, decltype(make), TypeParam> lazy{make};
  std::string const* const text = &*lazy;

  for (Way const* const way : every_way) {
    in_child(
        [&] {
          CHILD_CHECK(once.is_completed());
          CHILD_CHECK(once.status() == OnceStatus::complete);
          once.call_once([] { children::fail_in_child("called twice", __FILE__, __LINE__); });
          once.wait();
          CHILD_CHECK(lock.get() == at);
          CHILD_CHECK(lock.get_or_init([]() -> Careful { ::_exit(3); }).value() == 1);
          CHILD_CHECK(lock.wait_for(0s) == at);
          CHILD_CHECK(lazy.get() == text);
          CHILD_CHECK(*lazy == std::string(100, 'x'));
          CHILD_CHECK(Careful::ended == 0);
          lock.reset();
          CHILD_CHECK(Careful::ended == 1 && Careful::ended_half == 0);
        },
        *way);
  }
  EXPECT_EQ(lock.get(), at);
  EXPECT_EQ(Careful::ended, 0);
}

TYPED_TEST(KeptOverFork, OnceRunningElsewhereStartsAfresh) {
  BasicOnce<TypeParam> once;
  {
    InFlight const running{[&](auto const& hold) { once.call_once(hold); }};
    EXPECT_EQ(once.status(), OnceStatus::running);
    in_every_child([&] {
      CHILD_CHECK(!once.is_completed());
      CHILD_CHECK(once.status() == OnceStatus::incomplete);
      CHILD_CHECK(!once.wait_for(1ms));
      CHILD_CHECK(!once.wait_until(std::chrono::steady_clock::now() + 1ms));
      int runs = 0;
      once.call_once([&] {
        ++runs;
        CHILD_CHECK(once.status() == OnceStatus::running);
      });
      CHILD_CHECK(runs == 1);
      CHILD_CHECK(once.is_completed());
      once.call_once([&] { ++runs; });
      once.wait();
      once.wait_force();
      CHILD_CHECK(once.wait_for(0s));
      CHILD_CHECK(runs == 1);
    });
    in_every_child([&] {
      int runs = 0;
      once.call_once_force([&](OnceState const& state) {
        ++runs;
        CHILD_CHECK(!state.is_poisoned());
      });
      CHILD_CHECK(runs == 1 && once.is_completed());
    });
  }
  EXPECT_TRUE(once.is_completed());
}

// Where the wiped page cannot be had, a child that ran no handlers takes the lost thread for a living one: documented.
TYPED_TEST(KeptOverFork, UnnoticedChildStillSeesItRun) {
  BasicOnce<TypeParam> once;
  InFlight const running{[&](auto const& hold) { once.call_once(hold); }};
  int unnoticed = 0;
  for (Way const* const way : every_way) {
    if (is_noticed(*way)) continue;
    ++unnoticed;
    in_child(
        [&] {
          CHILD_CHECK(once.status() == OnceStatus::running);
          CHILD_CHECK(!once.wait_for(1ms));
        },
        *way);
  }
  if (unnoticed == 0) GTEST_SKIP() << "every kind of child is noticed here";
}

TYPED_TEST(KeptOverFork, OnceLockRunningElsewhereStartsAfresh) {
  BasicOnceLock<Careful, TypeParam> lock;
  {
    InFlight const running{[&](auto const& hold) { lock.get_or_init([&] { return Careful{1, hold}; }); }};
    EXPECT_EQ(lock.try_set(7), TrySetResult::busy);
    in_every_child([&] {
      CHILD_CHECK(lock.get() == nullptr);
      CHILD_CHECK(lock.wait_for(1ms) == nullptr);
      CHILD_CHECK(lock.get_or_init([] { return Careful{2}; }).value() == 2);
      CHILD_CHECK(lock.wait().value() == 2);
      CHILD_CHECK(Careful::ended == 0);
      lock.reset();
      CHILD_CHECK(Careful::ended == 1 && Careful::ended_half == 0);
    });
    in_every_child([&] {
      CHILD_CHECK(lock.try_set(3) == TrySetResult::stored);
      CHILD_CHECK(lock.value().value() == 3);
    });
    in_every_child([&] {
      CHILD_CHECK(lock.get_or_try_init([]() -> std::optional<Careful> { return std::nullopt; }) == nullptr);
      CHILD_CHECK(lock.try_emplace(4).second);
      CHILD_CHECK(lock.value().value() == 4);
    });
    EXPECT_EQ(lock.get(), nullptr);
  }
  ASSERT_NE(lock.get(), nullptr);
  EXPECT_EQ(lock.get()->value(), 1);
}

TYPED_TEST(KeptOverFork, HalfBuiltValueIsNeverDestroyed) {
  using Lock = BasicOnceLock<Careful, TypeParam>;
  alignas(Lock) unsigned char room[sizeof(Lock)];
  Lock& lock = *new (room) Lock;
  {
    InFlight const running{[&](auto const& hold) { lock.get_or_init([&] { return Careful{1, hold}; }); }};
    in_every_child([&] {
      CHILD_CHECK(!lock.take().has_value());
      CHILD_CHECK(Careful::ended == 0);
      CHILD_CHECK(lock.set(5));
      CHILD_CHECK(lock.value().value() == 5);
    });
    in_every_child([&] {
      lock.reset();
      CHILD_CHECK(Careful::ended == 0);
      Lock other{std::move(lock)};
      CHILD_CHECK(other.get() == nullptr && lock.get() == nullptr);
    });
    in_every_child([&] {
      lock = Lock{std::in_place, 6};
      CHILD_CHECK(Careful::ended_half == 0);
      CHILD_CHECK(lock.value().value() == 6);
    });
    in_every_child([&] {
      lock.~Lock();
      CHILD_CHECK(Careful::ended == 0);
    });
  }
  EXPECT_EQ(Careful::ended, 0);
  lock.~Lock();
  EXPECT_EQ(Careful::ended, 1);
  EXPECT_EQ(Careful::ended_half, 0);
}

// What every lazy below runs. The child's lies apart: ThreadSanitizer does not know that a lost thread reads no more.
std::function<int()> scripts[2];
std::atomic<int> scene{0};
int script() { return scripts[scene](); }

struct Empty {
  int operator()() const { return script(); }
};
using Pointer = int (*)();
struct Small {
  int calls;
  // A copy is called: what the lost thread's call did to it is not seen.
  int operator()() {
    calls += 10;
    return script() + calls;
  }
};
struct Kept {
  std::string text;
  int operator()() const { return text == std::string(100, 'k') ? script() : -1; }
};

template <class Lazy>
void expect_afresh(Lazy&& lazy, int in_parent, int in_child) {
  {
    InFlight const running{[&](auto const& hold) {
      scripts[0] = [hold] {
        hold();
        return 1;
      };
      lazy.force();
    }};
    in_every_child([&] {
      CHILD_CHECK(lazy.get() == nullptr);
      CHILD_CHECK(!lazy.is_poisoned());
      int runs = 0;
      scene = 1;
      scripts[1] = [&] {
        ++runs;
        return 2;
      };
      CHILD_CHECK(*lazy == in_child);
      CHILD_CHECK(lazy.force() == in_child);
      CHILD_CHECK(runs == 1);
    });
  }
  EXPECT_EQ(*lazy, in_parent);
}

TYPED_TEST(KeptOverFork, LazyWithAnEmptyInitialiserStartsAfresh) {
  expect_afresh(BasicLazyLock<int, Empty, TypeParam>{Empty{}}, 1, 2);
}
TYPED_TEST(KeptOverFork, LazyWithAFunctionPointerStartsAfresh) {
  expect_afresh(BasicLazyLock<int, Pointer, TypeParam>{[] { return script(); }}, 1, 2);
}
TYPED_TEST(KeptOverFork, LazyWithASmallInitialiserStartsAfresh) {
  expect_afresh(BasicLazyLock<int, Small, TypeParam>{Small{0}}, 11, 12);
}
TYPED_TEST(KeptOverFork, LazyThatRetriesStartsAfresh) {
  expect_afresh(BasicLazyLock<int, Kept, TypeParam, KeepOnFork, RetryOnThrow>{Kept{std::string(100, 'k')}}, 1, 2);
}

#if FIRST_USE_HAS_EXCEPTIONS

struct Consumed {
  std::unique_ptr<int> number;
  int operator()() const { return script() + *number; }
};

TYPED_TEST(KeptOverFork, LazyWhoseInitialiserWasConsumedSaysThatAForkInterruptedIt) {
  using Lazy = BasicLazyLock<int, Consumed, TypeParam>;
  alignas(Lazy) unsigned char room[sizeof(Lazy)];
  Lazy& lazy = *new (room) Lazy{Consumed{std::make_unique<int>(40)}};
  {
    InFlight const running{[&](auto const& hold) {
      scripts[0] = [hold] {
        hold();
        return 1;
      };
      lazy.force();
    }};
    in_every_child([&] {
      scene = 1;
      scripts[1] = [] { return 2; };
      CHILD_CHECK(lazy.get() == nullptr);
      std::string const text = children::error_in_child<PoisonedError>([&] { lazy.force(); });
      CHILD_CHECK(children::says(text, "fork interrupted its initialiser"));
      CHILD_CHECK(children::says(text, "LazyLock<int>"));
      CHILD_CHECK(lazy.is_poisoned());
      children::error_in_child<PoisonedError>([&] { lazy.force(); });
      CHILD_CHECK(lazy.get() == nullptr);
      children::error_in_child<PoisonedError>([&] { static_cast<void>(std::move(lazy).into_inner()); });
      lazy.~Lazy();  // and no second destruction of what the lost thread took
    });
    in_every_child([&] { lazy.~Lazy(); });
  }
  EXPECT_EQ(*lazy, 41);
  lazy.~Lazy();
}

TYPED_TEST(KeptOverFork, PoisonIsKept) {
  BasicOnce<TypeParam> once;
  EXPECT_THROW(once.call_once([] { throw 1; }), int);
  auto const make = []() -> int { throw 2; };
  BasicLazyLock<int, decltype(make), TypeParam> lazy{make};
  EXPECT_THROW(lazy.force(), int);
  for (Way const* const way : every_way) {
    in_child(
        [&] {
          CHILD_CHECK(once.status() == OnceStatus::poisoned);
          children::error_in_child<PoisonedError>([&] { once.call_once([] {}); });
          children::error_in_child<PoisonedError>([&] { once.wait(); });
          CHILD_CHECK(lazy.is_poisoned());
          children::error_in_child<PoisonedError>([&] { lazy.force(); });
          once.call_once_force([](OnceState const& state) { CHILD_CHECK(state.is_poisoned()); });
          CHILD_CHECK(once.is_completed());
        },
        *way);
  }
  EXPECT_EQ(once.status(), OnceStatus::poisoned);
}

// The parent's run fails after the fork: its failure is its own.
TYPED_TEST(KeptOverFork, FailureAfterTheForkStaysInTheParent) {
  BasicOnce<TypeParam> once;
  children::Flag failed;
  {
    InFlight const running{[&](auto const& hold) {
      try {
        once.call_once([&] {
          hold();
          throw 1;
        });
      } catch (int) { failed.raise(); }
    }};
    in_every_child([&] {
      once.call_once([] {});
      CHILD_CHECK(once.is_completed());
    });
  }
  EXPECT_TRUE(failed.raised());
  EXPECT_EQ(once.status(), OnceStatus::poisoned);
}

// The child's own attempt fails where a lost thread's was: an ordinary failure.
TYPED_TEST(KeptOverFork, FailureInTheChildIsAnOrdinaryOne) {
  BasicOnce<TypeParam> once;
  BasicOnceLock<Careful, TypeParam> lock;
  InFlight const running_once{[&](auto const& hold) { once.call_once(hold); }};
  InFlight const running_lock{[&](auto const& hold) { lock.get_or_init([&] { return Careful{1, hold}; }); }};
  in_every_child([&] {
    int caught = 0;
    try {
      once.call_once([] { throw 1; });
    } catch (int) { ++caught; }
    CHILD_CHECK(once.status() == OnceStatus::poisoned);
    try {
      lock.get_or_init([]() -> Careful { throw 1; });
    } catch (int) { ++caught; }
    CHILD_CHECK(caught == 2);
    CHILD_CHECK(lock.get() == nullptr);
    CHILD_CHECK(lock.get_or_init([] { return Careful{2}; }).value() == 2);
    CHILD_CHECK(Careful::ended == 0);
  });
}

#endif  // FIRST_USE_HAS_EXCEPTIONS

// Threads of the parent sleep on the words at the fork: the marks they left behind make nobody hang in the child.
TYPED_TEST(KeptOverFork, SleepersOfTheParentDoNoHarm) {
  if (CHILDREN_UNDER_TSAN && std::is_same_v<TypeParam, MutexSync>) {
    GTEST_SKIP() << "ThreadSanitizer holds the mutex of a lost thread against the child that makes it anew";
  }
  using Sync = children::Watched<TypeParam>;
  BasicOnce<Sync> once;
  BasicOnceLock<int, Sync> lock;
  std::vector<std::thread> sleepers;
  Sync::sleeps = 0;
  {
    InFlight const running_once{[&](auto const& hold) { once.call_once(hold); }};
    InFlight const running_lock{[&](auto const& hold) {
      lock.get_or_init([&] {
        hold();
        return 1;
      });
    }};
    sleepers.emplace_back([&] { once.call_once([] {}); });
    sleepers.emplace_back([&] { once.wait(); });
    sleepers.emplace_back([&] { lock.get_or_init([] { return 2; }); });
    sleepers.emplace_back([&] { lock.wait(); });
    until([] { return Sync::sleeps >= 4; });
    in_every_child([&] {
      CHILD_CHECK(!once.wait_for(1ms));
      CHILD_CHECK(lock.wait_for(1ms) == nullptr);
      int runs = 0;
      once.call_once([&] { ++runs; });
      CHILD_CHECK(lock.get_or_init([] { return 3; }) == 3);
      CHILD_CHECK(runs == 1);
      CHILD_CHECK(once.wait_for(0s) && *lock.wait_for(0s) == 3);
      once.wait();
      lock.reset();
      CHILD_CHECK(lock.wait_for(1ms) == nullptr);
      CHILD_CHECK(lock.set(4));
    });
  }
  for (std::thread& sleeper : sleepers) sleeper.join();
  EXPECT_EQ(lock.value(), 1);
}

// A new thread of the child may have the stack, the pthread_self() and the thread_locals of the lost one.
TYPED_TEST(KeptOverFork, NewThreadsOfTheChildAreNotTakenForTheLostOnes) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  using Sync = children::Watched<TypeParam>;
  BasicOnce<Sync> once;
  BasicOnceLock<int, Sync> lock;
  std::vector<std::thread> sleepers;
  {
    Sync::sleeps = 0;
    InFlight const running_once{[&](auto const& hold) { once.call_once(hold); }};
    InFlight const running_lock{[&](auto const& hold) {
      lock.get_or_init([&] {
        hold();
        return 1;
      });
    }};
    sleepers.emplace_back([&] { once.wait(); });
    sleepers.emplace_back([&] { lock.wait(); });
    until([] { return Sync::sleeps >= 2; });
    in_child([&] {
      Sync::sleeps = 0;
      std::atomic<int> once_runs{0};
      std::atomic<int> lock_runs{0};
      // The first to come holds the others up until all of them sleep: they must be woken by it.
      auto const until_the_others_sleep = [&](int others) { until([&] { return Sync::sleeps >= others; }); };
      std::vector<std::thread> threads;
      for (int i = 0; i != 4; ++i) {
        threads.emplace_back([&] {
          once.call_once([&] {
            ++once_runs;
            until_the_others_sleep(3);
          });
        });
      }
      for (std::thread& thread : threads) thread.join();
      threads.clear();
      CHILD_CHECK(once_runs == 1 && once.is_completed());
      Sync::sleeps = 0;
      for (int i = 0; i != 4; ++i) {
        threads.emplace_back([&] {
          int const value = lock.get_or_init([&] {
            ++lock_runs;
            until_the_others_sleep(3);
            return 2;
          });
          CHILD_CHECK(value == 2);
        });
      }
      for (std::thread& thread : threads) thread.join();
      CHILD_CHECK(lock_runs == 1);
    });
  }
  for (std::thread& sleeper : sleepers) sleeper.join();
}

// ---- Types whose answer does not depend on a policy ------------------------------------------------------------------

TEST(CellsOverFork, CompleteStaysComplete) {
  OnceCell<int> cell;
  cell.set(1);
  LazyCell lazy{[] { return 2; }};
  lazy.force();
  for (Way const* const way : every_way) {
    in_child(
        [&] {
          CHILD_CHECK(*cell.get() == 1 && *lazy.get() == 2);
          CHILD_CHECK(cell.take() == 1 && cell.set(3));
        },
        *way);
  }
}

#if FIRST_USE_HAS_EXCEPTIONS
TEST(CellsOverFork, FilledByAnotherThreadAnswersInitError) {
  OnceCell<Careful> cell;
  LazyCell<int, std::function<int()>> lazy{[] { return script(); }};
  Careful::ended = 0;
  {
    InFlight const running_cell{[&](auto const& hold) { cell.get_or_init([&] { return Careful{1, hold}; }); }};
    InFlight const running_lazy{[&](auto const& hold) {
      scripts[0] = [hold] {
        hold();
        return 1;
      };
      lazy.force();
    }};
    for (Way const* const way : every_way) {
      in_child(
          [&] {
            CHILD_CHECK(cell.get() == nullptr && lazy.get() == nullptr);
            auto const use_cell = [&] { cell.get_or_init([] { return Careful{2}; }); };
            std::string const text = children::error_in_child<InitError>(use_cell);
            CHILD_CHECK(children::says(text, "fork"));
            CHILD_CHECK(children::says(children::error_in_child<InitError>([&] { lazy.force(); }), "fork"));
            cell.~BasicOnceLock();
            CHILD_CHECK(Careful::ended == 0);
          },
          *way);
    }
  }
  EXPECT_EQ(cell.value().value(), 1);
}
#endif

TEST(CellsOverFork, FilledByTheForkingThreadGoesOnInBothProcesses) {
  in_child([] {
    OnceCell<int> cell;
    LazyCell<int, std::function<int()>> lazy{[&] { return cell.value() + 1; }};
    pid_t grandchild = -1;
    cell.get_or_init([&] {
      grandchild = ::fork();
      return grandchild == 0 ? 10 : 20;
    });
    CHILD_CHECK(cell.value() == (grandchild == 0 ? 10 : 20));
    CHILD_CHECK(*lazy == cell.value() + 1);
    if (grandchild != 0) children::child_waits_for(grandchild);
  });
}

}  // namespace
