// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A lazy among threads: one makes it, the others wait; failures reach all of them; use after its end is told.
#include <first_use/lazy_lock.hpp>

#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <type_traits>

#include "lazies.hpp"

namespace {

using namespace first_use_test;
using first_use::BasicLazyLock;
using first_use::RetryOnThrow;

TYPED_TEST_SUITE(LazyThreads, TwoThatWait, PolicyNames);
TYPED_TEST_SUITE(LazyBlocking, BlockingPolicies, PolicyNames);

TYPED_TEST(LazyThreads, sync_lazy_new) {
  std::atomic<int> called = 0;
  auto x = make_lazy<TypeParam>([&] {
    ++called;
    return 92;
  });
  EXPECT_EQ(called, 0);
  Crew crew;
  crew.add([&] {
    EXPECT_EQ(*x - 30, 62);
    EXPECT_EQ(called, 1);
  });
  crew.join();
  EXPECT_EQ(*x - 30, 62);
  EXPECT_EQ(called, 1);
}

TYPED_TEST(LazyThreads, sync_lazy_default) {
  Foo::made = 0;
  BasicLazyLock<Foo, Foo (*)(), TypeParam> lazy;
  EXPECT_EQ(Foo::made, 0);
  Crew crew;
  crew.add([&] { EXPECT_EQ(lazy->n, 1); });
  crew.join();
  EXPECT_EQ(lazy->n, 1);
  EXPECT_EQ(Foo::made, 1);
}

TYPED_TEST(LazyBlocking, stampede) {
  constexpr int threads = 8;
  constexpr int rounds = 50;
  for (int round = 0; round != rounds; ++round) {
    std::atomic<int> called = 0;
    // Plain: told "complete" means told of these too.
    int first_effect = 0;
    int second_effect = 0;
    auto copied = make_lazy<TypeParam>([&] {
      first_effect = ++called;
      return std::string(40, 'x');
    });
    auto consumed = make_lazy<TypeParam>(owning([&] {
      second_effect = ++called;
      return std::string(40, 'y');
    }));
    StartLine line{threads};
    std::array<std::string const*, threads> seen{};
    std::atomic<int> next = 0;
    Crew crew;
    crew.add(threads, [&] {
      auto const me = static_cast<std::size_t>(next++);
      line.wait();
      seen[me] = &*copied;
      EXPECT_NE(first_effect, 0);
      EXPECT_EQ(copied->size() + consumed->size(), 80U);
      EXPECT_NE(second_effect, 0);
    });
    crew.join();
    EXPECT_EQ(called, 2);
    for (auto const* value : seen) EXPECT_EQ(value, &*copied);
  }
}

TYPED_TEST(LazyThreads, others_wait_for_the_one_that_makes_it) {
  Gate made{"the initialiser's gate"};
  std::atomic<int> called = 0;
  auto lazy = make_lazy<TypeParam>([&] {
    ++called;
    made.wait();
    return 3;
  });
  std::atomic<int> done = 0;
  Crew crew;
  crew.add(4, [&] {
    EXPECT_EQ(*lazy, 3);
    ++done;
  });
  wait_until_queued(lazy);
  EXPECT_EQ(lazy.get(), nullptr);
  EXPECT_FALSE(lazy.is_poisoned());
  EXPECT_EQ(done, 0);
  made.open();
  crew.join();
  EXPECT_EQ(done, 4);
  EXPECT_EQ(called, 1);
}

TYPED_TEST(LazyThreads, who_only_looks_sees_what_the_initialiser_wrote_elsewhere) {
  for (int round = 0; round != 50; ++round) {
    int elsewhere = 0;  // plain: the lazy must order it
    auto lazy = make_lazy<TypeParam>([&elsewhere] {
      elsewhere = 5;
      return 1;
    });
    Crew crew;
    crew.add(2, [&] {
      wait_until_holds("get() to see the value", [&] { return lazy.get() != nullptr; });
      EXPECT_EQ(elsewhere, 5);
    });
    lazy.force();
  }
}

// Whoever was told "complete" may destroy the lazy while the one that made the value still wakes others.
TYPED_TEST(LazyBlocking, destroyed_right_after_completion) {
  Gate* running = nullptr;
  void const* place = nullptr;
  auto const make = [&running, &place] {
    running->open();
    wait_until_holds("a thread to sleep on the lazy",
                     [&] { return (word_of(*static_cast<int const*>(place)) & 1) != 0; });
    return 3;
  };
  using L = BasicLazyLock<int, std::remove_const_t<decltype(make)>, TypeParam>;
  for (int round = 0; round != 200; ++round) {
    auto lazy = std::make_unique<L>(make);
    Gate claimed{"the lazy to be claimed"};
    running = &claimed;
    place = lazy.get();
    Crew crew;
    crew.add([there = lazy.get()] { there->force(); });
    claimed.wait();
    EXPECT_EQ(**lazy, 3);
    lazy->~L();
    std::memset(static_cast<void*>(lazy.get()), 0x5a, sizeof(L));
    ::operator delete(lazy.release());
  }
}

#if FIRST_USE_HAS_EXCEPTIONS

template <class Sync, class F>
void expect_all_told(F f, Gate& fail) {
  constexpr int threads = 4;
  auto lazy = make_lazy<Sync>(f);
  std::atomic<int> own = 0;
  std::atomic<int> poisoned = 0;
  Crew crew;
  crew.add(threads, [&] {
    Kind const kind = thrown_by([&] { lazy.force(); }).kind;
    ++(kind == Kind::own ? own : poisoned);
    EXPECT_TRUE(kind == Kind::own || kind == Kind::poisoned);
  });
  wait_until_queued(lazy);
  fail.open();
  crew.join();
  EXPECT_EQ(own, 1);
  EXPECT_EQ(poisoned, threads - 1);
  EXPECT_TRUE(lazy.is_poisoned());
}

TYPED_TEST(LazyBlocking, sync_lazy_poisoning) {
  Gate fail{"the initialiser's gate"};
  expect_all_told<TypeParam>(
      [&]() -> int {
        fail.wait();
        throw Failure{};
      },
      fail);
  Gate fail_consumed{"the consumed initialiser's gate"};
  expect_all_told<TypeParam>(owning([&]() -> int {
                               fail_consumed.wait();
                               throw Failure{};
                             }),
                             fail_consumed);
}

TYPED_TEST(LazyThreads, of_those_that_wait_for_one_that_retries_one_takes_over) {
  constexpr int threads = 4;
  Gate fail{"the initialiser's gate"};
  std::atomic<int> called = 0;
  auto lazy = make_lazy<TypeParam, RetryOnThrow>([&] {
    fail.wait();
    if (++called < 3) throw Failure{};
    return 3;
  });
  std::atomic<int> own = 0;
  std::atomic<int> values = 0;
  Crew crew;
  crew.add(threads, [&] {
    Kind const kind = thrown_by([&] { values += *lazy == 3 ? 1 : 0; }).kind;
    EXPECT_TRUE(kind == Kind::own || kind == Kind::nothing);
    own += kind == Kind::own ? 1 : 0;
  });
  wait_until_queued(lazy);
  fail.open();
  crew.join();
  EXPECT_EQ(called, 3);
  EXPECT_EQ(own, 2);
  EXPECT_EQ(values, 2);
  EXPECT_FALSE(lazy.is_poisoned());
}

// Each of them runs it in turn, and each gets its own failure.
TYPED_TEST(LazyThreads, where_all_that_retry_fail_each_is_told_and_the_next_may_try) {
  constexpr int threads = 5;
  int called = 0;  // plain: attempts are ordered by the lazy alone
  auto lazy = make_lazy<TypeParam, RetryOnThrow>([&called]() -> int {
    if (++called <= threads) throw Failure{called};
    return called;
  });
  StartLine line{threads};
  std::array<int, threads + 1> told{};
  Crew crew;
  crew.add(threads, [&] {
    line.wait();
    try {
      lazy.force();
      ADD_FAILURE() << "nothing was thrown";
    } catch (Failure const& failure) { ++told[static_cast<std::size_t>(failure.number)]; }
  });
  crew.join();
  for (std::size_t i = 1; i != told.size(); ++i) EXPECT_EQ(told[i], 1) << i;
  EXPECT_EQ(lazy.get(), nullptr);
  EXPECT_EQ(*lazy, threads + 1);
}

// After the end -------------------------------------------------------------------------------------------------------

/// Destroys the lazy where it lies, and asks it for its value.
template <class L, class F>
Thrown use_after_destruction(F f, bool force_first) {
  alignas(L) static unsigned char place[sizeof(L)];
  auto* const lazy = ::new (static_cast<void*>(place)) L{f};
  if (force_first) lazy->force();
  lazy->~L();
  // As at exit, where a static's bytes are still there; the compiler must not know better.
  auto* volatile again = reinterpret_cast<L*>(place);
  EXPECT_EQ(again->get(), nullptr);
  EXPECT_FALSE(again->is_poisoned());
  return thrown_by([&] { again->force(); });
}

TYPED_TEST(LazyThreads, use_after_destruction_is_told) {
  auto const make = [] { return std::string{"made"}; };
  using Empty = BasicLazyLock<std::string, decltype(make), TypeParam>;
  using Consuming = BasicLazyLock<std::string, std::function<std::string()>, TypeParam>;
  for (bool const forced : {true, false}) {
    for (Thrown const& thrown :
         {use_after_destruction<Empty>(make, forced), use_after_destruction<Consuming>(make, forced)}) {
      EXPECT_EQ(thrown.kind, Kind::init);
      EXPECT_TRUE(contains(thrown.text, "after its destruction")) << thrown.text;
      EXPECT_TRUE(contains(thrown.text, "LazyLock<")) << thrown.text;
    }
  }
}

#endif

}  // namespace
