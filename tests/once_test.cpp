// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Once: the type, how often it runs, its status. What is called: once_callables_test.cpp; what a failure leaves behind:
// once_failure_test.cpp. Waiting threads are in sync/waiting_test.cpp and its neighbours, re-entrance and rings in
// sync/reentrance_test.cpp and sync/rings_test.cpp, errors without exceptions in once_noexcept_test.cpp.
#include <first_use/once.hpp>

#include <array>
#include <chrono>
#include <cstring>
#include <type_traits>
#include <utility>

#include <first_use/wiped.hpp>

#include "onces.hpp"

namespace {

using namespace first_use_test;
using first_use::BasicOnce;
using first_use::Once;
using first_use::OnceState;
using first_use::OnceStatus;

// What the type is ----------------------------------------------------------------------------------------------------

#if FIRST_USE_HAS_THREADS
static_assert(sizeof(Once) == 4 && alignof(Once) == 4);
static_assert(sizeof(BasicOnce<first_use::PlatformSync>) == 4);
static_assert(sizeof(BasicOnce<first_use::AtomicSync>) == 4);
static_assert(sizeof(BasicOnce<first_use::MutexSync>) == 4);
static_assert(sizeof(BasicOnce<CountingSync>) == 4);
static_assert(sizeof(BasicOnce<first_use::PlatformSync, first_use::IgnoreFork>) == 4);
#else
static_assert(sizeof(Once) == 1);
#endif
static_assert(sizeof(BasicOnce<first_use::SingleThreadSync>) == 1);
#if FIRST_USE_HAS_FORK
static_assert(sizeof(first_use::WipeOnForkOnce) == 8 && alignof(first_use::WipeOnForkOnce) == 8);
#else
static_assert(sizeof(first_use::WipeOnForkOnce) == sizeof(Once));
#endif

static_assert(std::is_trivially_destructible_v<Once>);
static_assert(std::is_nothrow_default_constructible_v<Once>);
static_assert(!std::is_copy_constructible_v<Once> && !std::is_move_constructible_v<Once>);
static_assert(!std::is_copy_assignable_v<Once> && !std::is_move_assignable_v<Once>);

static_assert(noexcept(std::declval<Once const&>().is_completed()));
static_assert(noexcept(std::declval<Once const&>().status()));

static_assert(!OnceState{false}.is_poisoned() && OnceState{true}.is_poisoned());

// One thread has nobody to wait for: its type does not offer to. Where there are no threads at all, programs written for
// threads compile all the same.
template <class O>
concept Waits = requires(O const& once) {
  once.wait();
  once.wait_force();
};
template <class O>
concept WaitsForATime = requires(O const& once) {
  once.wait_for(std::chrono::seconds{1});
  once.wait_until(std::chrono::steady_clock::now());
};
static_assert(Waits<Once>);
#if FIRST_USE_HAS_THREADS
static_assert(WaitsForATime<Once>);
static_assert(Waits<BasicOnce<CountingSync>> && WaitsForATime<BasicOnce<CountingSync>>);
static_assert(!Waits<BasicOnce<first_use::SingleThreadSync>> && !WaitsForATime<BasicOnce<first_use::SingleThreadSync>>);
#endif

TEST(Once, an_unused_one_is_all_zero_bits) {
  Once const once;
  first_use::WipeOnForkOnce const wiped;
  std::array<unsigned char, 8> zeros{};
  EXPECT_EQ(std::memcmp(&once, zeros.data(), sizeof(once)), 0);
  EXPECT_EQ(std::memcmp(&wiped, zeros.data(), sizeof(wiped)), 0);
}

constinit Once a_static;
constinit Once const a_constant;

TEST(Once, statics_are_constant_initialised_and_stay_complete) {
  // No matter how often the tests of this program are repeated.
  a_static.call_once([] {});
  a_constant.call_once([] {});
  EXPECT_TRUE(a_static.is_completed());
  EXPECT_TRUE(a_constant.is_completed());
  a_constant.wait();
}

// Constant evaluation -------------------------------------------------------------------------------------------------

constexpr int runs_in_constant_evaluation() {
  BasicOnce<first_use::SingleThreadSync> once;
  int runs = 0;
  if (once.is_completed() || once.status() != OnceStatus::incomplete) return -1;
  once.call_once([&] {
    ++runs;
    if (once.is_completed() || once.status() != OnceStatus::running) runs += 100;
  });
  once.call_once([&] { ++runs; });
  once.call_once_force([&](OnceState const&) { ++runs; });
  if (!once.is_completed() || once.status() != OnceStatus::complete) return -2;
  return runs;
}
static_assert(runs_in_constant_evaluation() == 1);

struct Adder {
  int sum = 0;
  constexpr void add(int a, int b) { sum += a + b; }
};

constexpr int arguments_in_constant_evaluation() {
  Adder adder;
  BasicOnce<first_use::SingleThreadSync>{}.call_once([](Adder& it, int n) { it.add(n, n); }, adder, 1);
  BasicOnce<first_use::SingleThreadSync>{}.call_once(&Adder::add, adder, 10, 20);
  BasicOnce<first_use::SingleThreadSync>{}.call_once(&Adder::add, &adder, 100, 200);
  BasicOnce<first_use::SingleThreadSync>{}.call_once_force(
      [&](OnceState const& state) { adder.sum += state.is_poisoned() ? 5000 : 1000; });
  return adder.sum;
}
static_assert(arguments_in_constant_evaluation() == 1332);

// How often it runs ---------------------------------------------------------------------------------------------------

TYPED_TEST_SUITE(OnceOver, AllPoliciesAndInterrupts, PolicyNames);

TYPED_TEST(OnceOver, smoke_once) {
  int a = 0;
  this->once_.call_once([&] { ++a; });
  EXPECT_EQ(a, 1);
  this->once_.call_once([&] { ++a; });
  EXPECT_EQ(a, 1);
}

TYPED_TEST(OnceOver, status_follows_a_run_that_succeeds) {
  EXPECT_EQ(this->once_.status(), OnceStatus::incomplete);
  EXPECT_FALSE(this->once_.is_completed());
  this->once_.call_once([&] {
    EXPECT_EQ(this->once_.status(), OnceStatus::running);
    EXPECT_FALSE(this->once_.is_completed());
  });
  EXPECT_EQ(this->once_.status(), OnceStatus::complete);
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(OnceOver, call_once_force_on_a_fresh_one_is_call_once) {
  int runs = 0;
  this->once_.call_once_force([&](OnceState const& state) {
    ++runs;
    EXPECT_FALSE(state.is_poisoned());
  });
  this->once_.call_once_force([&](OnceState const&) { ++runs; });
  this->once_.call_once([&] { ++runs; });
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(OnceOver, a_const_one_works) {
  BasicOnce<TypeParam> const once;
  int runs = 0;
  once.call_once([&] { ++runs; });
  once.call_once_force([&](OnceState const&) { ++runs; });
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(once.status(), OnceStatus::complete);
}

TYPED_TEST(OnceOver, one_may_be_initialised_inside_another) {
  BasicOnce<TypeParam> inner, innermost;
  int order = 0;
  this->once_.call_once([&] {
    inner.call_once([&] {
      innermost.call_once([&] { order = 1; });
      order = order * 10 + 2;
    });
    order = order * 10 + 3;
  });
  EXPECT_EQ(order, 123);
  EXPECT_TRUE(this->once_.is_completed() && inner.is_completed() && innermost.is_completed());
}

#if FIRST_USE_HAS_THREADS

// Among threads -------------------------------------------------------------------------------------------------------

TYPED_TEST_SUITE(OnceAmongThreads, BlockingPolicies, PolicyNames);

TYPED_TEST(OnceAmongThreads, stampede_once) {
  for (int round = 0; round != 20; ++round) {
    BasicOnce<TypeParam> once;
    bool ran = false;  // no atomic: the Once is what makes it safe to read
    int runs = 0;
    StartLine line{11};
    auto const one = [&] {
      line.wait();
      once.call_once([&] {
        EXPECT_FALSE(ran);
        ran = true;
        ++runs;
      });
      EXPECT_TRUE(ran);
    };
    Crew crew;
    crew.add(10, one);
    one();
    crew.join();
    EXPECT_EQ(runs, 1);
  }
}

TYPED_TEST(OnceAmongThreads, is_completed_and_status_never_block_while_another_thread_runs) {
  Gate running, leave;
  Crew crew;
  crew.add([&] {
    this->once_.call_once([&] {
      running.open();
      leave.wait();
    });
  });
  running.wait();
  EXPECT_FALSE(this->once_.is_completed());
  EXPECT_EQ(this->once_.status(), OnceStatus::running);
  leave.open();
  crew.join();
  EXPECT_TRUE(this->once_.is_completed());
}

TEST(Once, one_of_every_policy_may_be_initialised_inside_another) {
  BasicOnce<first_use::PlatformSync> a;
  BasicOnce<first_use::AtomicSync> b;
  BasicOnce<first_use::MutexSync> c;
  BasicOnce<CountingSync> d;
  BasicOnce<first_use::SingleThreadSync> e;
  first_use::WipeOnForkOnce f;
  int runs = 0;
  a.call_once([&] {
    b.call_once(
        [&] { c.call_once([&] { d.call_once([&] { e.call_once([&] { f.call_once([&] { ++runs; }); }); }); }); });
  });
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(a.is_completed() && b.is_completed() && c.is_completed() && d.is_completed() && e.is_completed() &&
              f.is_completed());
}

TYPED_TEST(OnceAmongThreads, many_threads_and_many_objects) {
  constexpr int objects = 200;
  constexpr int threads = 4;
  std::array<BasicOnce<TypeParam>, objects> onces;
  std::array<int, objects> runs{};
  StartLine line{threads};
  Crew crew;
  crew.add(threads, [&] {
    line.wait();
    for (std::size_t i = 0; i != objects; ++i) {
      onces[i].call_once([&] { ++runs[i]; });
      EXPECT_EQ(runs[i], 1);
    }
  });
}

#endif  // FIRST_USE_HAS_THREADS

}  // namespace
