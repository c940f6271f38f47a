// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Wiped types in a child: a stale value is no value, every way of filling fills again, a lazy's initialiser is kept and
// called once per process, poison is cleared, and threads of the child race as in any process.
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "policies.hpp"

namespace {

// The five names are these, with what they are given.
using MakesInt = int (*)();
using Wiped = first_use::WipeOnFork<first_use::Destroy>;
static_assert(
    std::is_same_v<first_use::WipeOnForkOnce, first_use::BasicOnce<first_use::DefaultSync, first_use::WipeOnFork<>>>);
static_assert(std::is_same_v<first_use::WipeOnForkOnceCell<int, first_use::Destroy>,
                             first_use::BasicOnceLock<int, first_use::SingleThreadSync, Wiped>>);
static_assert(std::is_same_v<first_use::WipeOnForkOnceLock<int, first_use::Destroy>,
                             first_use::BasicOnceLock<int, first_use::DefaultSync, Wiped>>);
static_assert(std::is_base_of_v<
              first_use::BasicLazyLock<int, MakesInt, first_use::SingleThreadSync, Wiped, first_use::RetryOnThrow>,
              first_use::WipeOnForkLazyCell<int, MakesInt, first_use::RetryOnThrow, first_use::Destroy>>);
static_assert(
    std::is_base_of_v<first_use::BasicLazyLock<int, MakesInt, first_use::DefaultSync, Wiped, first_use::RetryOnThrow>,
                      first_use::WipeOnForkLazyLock<int, MakesInt, first_use::RetryOnThrow, first_use::Destroy>>);

using namespace first_use;
using namespace std::chrono_literals;
using children::child_waits_for;
using children::in_child;
using children::in_every_child;
using children::InFlight;
using children::until;

/// What each process makes for itself.
std::string own_text() { return std::string(50, 'x') + std::to_string(::getpid()); }

template <class Sync>
class WipedValues : public testing::Test {};
TYPED_TEST_SUITE(WipedValues, first_use_test::AllPolicies, first_use_test::PolicyNames);

TYPED_TEST(WipedValues, EveryWayOfFillingFillsAgain) {
  BasicOnceLock<int, TypeParam, WipeOnFork<>> lock;
  lock.set(1);
  auto const refilled = [&](auto fill) {
    in_every_child([&] {
      CHILD_CHECK(lock.get() == nullptr);
      fill();
      CHILD_CHECK(lock.value() == 2);
      CHILD_CHECK(lock.take() == 2 && lock.get() == nullptr);
    });
  };
  refilled([&] { CHILD_CHECK(lock.get_or_init([] { return 2; }) == 2); });
  refilled([&] { CHILD_CHECK(*lock.get_or_try_init([] { return std::optional<int>{2}; }) == 2); });
  refilled([&] { CHILD_CHECK(lock.set(2)); });
  refilled([&] { CHILD_CHECK(lock.try_set(2) == TrySetResult::stored); });
  refilled([&] { CHILD_CHECK(lock.try_insert(2).second); });
  refilled([&] { CHILD_CHECK(lock.try_emplace(2).second); });
  refilled([&] { lock = BasicOnceLock<int, TypeParam, WipeOnFork<>>{std::in_place, 2}; });
  refilled([&] {
    BasicOnceLock<int, TypeParam, WipeOnFork<>> other{std::in_place, 2};
    lock.swap(other);
    CHILD_CHECK(other.get() == nullptr);
  });
  EXPECT_EQ(lock.value(), 1);
}

TYPED_TEST(WipedValues, StaleValueIsNoValue) {
  using Lock = BasicOnceLock<std::string, TypeParam, WipeOnFork<>>;
  using Lazy = BasicLazyLock<std::string, std::string (*)(), TypeParam, WipeOnFork<>>;
  auto const none = std::make_unique<Lock>();
  Lock const& empty = *none;
  Lock lock;
  lock.set(own_text());
  Lazy lazy{&own_text};
  lazy.force();
  in_every_child([&] {
    CHILD_CHECK(lock == empty);
    Lock const copied{lock};
    CHILD_CHECK(copied.get() == nullptr);
    CHILD_CHECK(!lock.take().has_value());
    Lock moved{std::move(lock)};
    CHILD_CHECK(moved.get() == nullptr);
    CHILD_CHECK(!std::move(lazy).into_inner().has_value());
  });
#if FIRST_USE_HAS_EXCEPTIONS
  in_every_child([&] { children::error_in_child<InitError>([&] { static_cast<void>(lock.value()); }); });
#endif
  EXPECT_EQ(lock.value(), own_text());
}

// ---- The initialiser of a lazy -----------------------------------------------------------------------------------

/// Owns memory, counts its lives, and can only be called as const.
class Owner {
 public:
  static inline int ended = 0;
  static inline int calls = 0;

  explicit Owner(std::string word) : word_{std::make_unique<std::string>(std::move(word))} {}
  Owner(Owner&&) = default;
  Owner& operator=(Owner&&) = delete;
  ~Owner() {
    if (word_ != nullptr) ++ended;
  }
  std::string operator()() const {
    ++calls;
    return *word_ + std::to_string(::getpid());
  }
  std::string operator()() = delete;

 private:
  std::unique_ptr<std::string> word_;
};

TYPED_TEST(WipedValues, InitialiserIsKeptAndCalledOncePerProcess) {
  using Lazy = BasicLazyLock<std::string, Owner, TypeParam, WipeOnFork<>>;
  Owner::ended = 0;
  Owner::calls = 0;
  {
    std::string const word(60, 'w');
    Lazy lazy{Owner{word}};
    EXPECT_EQ(*lazy, word + std::to_string(::getpid()));
    EXPECT_EQ(*lazy, word + std::to_string(::getpid()));
    EXPECT_EQ(Owner::calls, 1);
    in_every_child([&] {
      CHILD_CHECK(*lazy == word + std::to_string(::getpid()));
      CHILD_CHECK(*lazy == word + std::to_string(::getpid()));
      CHILD_CHECK(Owner::calls == 2);
      pid_t const pid = ::fork();
      if (pid == 0) {
        CHILD_CHECK(*lazy == word + std::to_string(::getpid()));
        CHILD_CHECK(Owner::calls == 3);
      } else {
        child_waits_for(pid);
        CHILD_CHECK(Owner::calls == 2);
      }
      CHILD_CHECK(Owner::ended == 0);
      lazy.~Lazy();
      CHILD_CHECK(Owner::ended == 1);
    });
    in_every_child([&] {
      lazy.~Lazy();  // untouched in this child
      CHILD_CHECK(Owner::ended == 1);
    });
    EXPECT_EQ(Owner::ended, 0);
  }
  EXPECT_EQ(Owner::ended, 1);
  EXPECT_EQ(Owner::calls, 1);
}

#if FIRST_USE_HAS_EXCEPTIONS

TYPED_TEST(WipedValues, PoisonIsClearedByAFork) {
  BasicOnce<TypeParam, WipeOnFork<>> once;
  EXPECT_THROW(once.call_once([] { throw 1; }), int);
  EXPECT_THROW(once.call_once([] {}), PoisonedError);
  static bool fails;
  fails = true;
  auto const make = [] {
    if (fails) throw 1;
    return 2;
  };
  BasicLazyLock<int, decltype(make), TypeParam, WipeOnFork<>> lazy{make};
  EXPECT_THROW(lazy.force(), int);
  EXPECT_TRUE(lazy.is_poisoned());
  in_every_child([&] {
    CHILD_CHECK(once.status() == OnceStatus::incomplete);
    once.call_once_force([](OnceState const& state) { CHILD_CHECK(!state.is_poisoned()); });
    CHILD_CHECK(once.is_completed());
    CHILD_CHECK(!lazy.is_poisoned());
    fails = false;
    CHILD_CHECK(*lazy == 2);
  });
  in_every_child([&] {
    int caught = 0;
    try {
      lazy.force();
    } catch (int) { ++caught; }
    try {
      once.call_once([] { throw 1; });
    } catch (int) { ++caught; }
    CHILD_CHECK(caught == 2 && lazy.is_poisoned() && once.status() == OnceStatus::poisoned);
    children::error_in_child<PoisonedError>([&] { lazy.force(); });
    children::error_in_child<PoisonedError>([&] { once.call_once([] {}); });
  });
  EXPECT_EQ(once.status(), OnceStatus::poisoned);
  EXPECT_TRUE(lazy.is_poisoned());
}

#endif

// ---- Threads ---------------------------------------------------------------------------------------------------------

template <class Sync>
class WipedThreads : public testing::Test {};
TYPED_TEST_SUITE(WipedThreads, first_use_test::BlockingPolicies, first_use_test::PolicyNames);

// Unlike a kept lazy, this one has its initialiser still, whatever it is.
TYPED_TEST(WipedThreads, RunningElsewhereStartsAfresh) {
  static void (*hold_here)();
  struct Make {
    std::unique_ptr<int> number;
    int operator()() const {
      if (*number == 1) hold_here();
      return *number;
    }
  };
  BasicOnce<TypeParam, WipeOnFork<>> once;
  BasicOnceLock<int, TypeParam, WipeOnFork<>> lock;
  auto number = std::make_unique<int>(1);
  int* const number_of_lazy = number.get();
  BasicLazyLock<int, Make, TypeParam, WipeOnFork<>> lazy{Make{std::move(number)}};
  static children::Flag* reached;
  static children::Flag* end;
  children::Flag flags[2];
  reached = &flags[0];
  end = &flags[1];
  hold_here = [] {
    reached->raise();
    end->wait();
  };
  {
    InFlight const running_once{[&](auto const& hold) { once.call_once(hold); }};
    InFlight const running_lock{[&](auto const& hold) {
      lock.get_or_init([&] {
        hold();
        return 1;
      });
    }};
    std::thread running_lazy{[&] { lazy.force(); }};
    reached->wait();
    in_every_child([&] {
      *number_of_lazy = 2;
      CHILD_CHECK(once.status() == OnceStatus::incomplete && lock.get() == nullptr && lazy.get() == nullptr);
      CHILD_CHECK(!once.wait_for(1ms) && lock.wait_for(1ms) == nullptr);
      int runs = 0;
      once.call_once([&] { ++runs; });
      CHILD_CHECK(runs == 1 && once.wait_for(0s));
      CHILD_CHECK(lock.try_set(2) == TrySetResult::stored);
      CHILD_CHECK(*lazy == 2);
    });
    end->raise();
    running_lazy.join();
  }
  EXPECT_EQ(*lazy, 1);
  EXPECT_EQ(lock.value(), 1);
}

TYPED_TEST(WipedThreads, EightThreadsOfTheChildRaceToInitialiseAgain) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  static std::atomic<int> runs;
  runs = 0;
  struct Make {
    pid_t operator()() const {
      ++runs;
      std::this_thread::yield();
      return ::getpid();
    }
  };
  constexpr std::size_t places = 50;
  std::vector<std::unique_ptr<BasicLazyLock<pid_t, Make, TypeParam, WipeOnFork<>>>> lazies;
  for (std::size_t i = 0; i != places; ++i) {
    lazies.push_back(std::make_unique<BasicLazyLock<pid_t, Make, TypeParam, WipeOnFork<>>>(Make{}));
    lazies.back()->force();
  }
  in_child([&] {
    runs = 0;
    std::atomic<int> started{0};
    std::vector<std::thread> threads;
    for (int i = 0; i != 8; ++i) {
      threads.emplace_back([&] {
        ++started;
        until([&] { return started == 8; });
        for (auto const& lazy : lazies) CHILD_CHECK(lazy->force() == ::getpid());
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHILD_CHECK(runs == static_cast<int>(places));
  });
}

}  // namespace
