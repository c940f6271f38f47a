// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a failing initialiser leaves behind in a lazy: poison, or another try; nothing half-made is destroyed.
#include <first_use/lazy_lock.hpp>

#include <functional>
#include <memory>
#include <optional>

#include "lazies.hpp"

namespace {

using namespace first_use_test;
using first_use::BasicLazyLock;
using first_use::KeepOnFork;
using first_use::RetryOnThrow;
using first_use::WipeOnFork;

#if FIRST_USE_HAS_EXCEPTIONS

TYPED_TEST_SUITE(Lazy, WaitingAndNot, PolicyNames);
TYPED_TEST_SUITE(LazyPolicies, AllPoliciesAndInterrupts, PolicyNames);

template <class Sync, class F>
void expect_poisoning(F f, int& called) {
  auto lazy = make_lazy<Sync>(f);
  called = 0;
  EXPECT_FALSE(lazy.is_poisoned());
  EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::own);
  EXPECT_TRUE(lazy.is_poisoned());
  EXPECT_EQ(lazy.get(), nullptr);
  for (int i = 0; i != 2; ++i) {
    Thrown const thrown = thrown_by([&] { lazy.force(); });
    EXPECT_EQ(thrown.kind, Kind::poisoned);
    EXPECT_TRUE(contains(thrown.text, name_of<Sync>("int") + " is poisoned")) << thrown.text;
  }
  EXPECT_EQ(thrown_by([&] { static_cast<void>(*lazy); }).kind, Kind::poisoned);
  EXPECT_EQ(thrown_by([&] { static_cast<void>(lazy.operator->()); }).kind, Kind::poisoned);
  EXPECT_EQ(thrown_by([&] { static_cast<void>(std::move(lazy).into_inner()); }).kind, Kind::poisoned);
  EXPECT_EQ(called, 1);
}

TYPED_TEST(LazyPolicies, lazy_poisoning) {
  int called = 0;
  auto const fail = [&called]() -> int {
    ++called;
    throw Failure{};
  };
  expect_poisoning<TypeParam>(fail, called);
  expect_poisoning<TypeParam>(owning(fail), called);
}

TYPED_TEST(Lazy, a_failing_initialiser_is_destroyed_once) {
  int captures = 0;
  auto const owned = std::make_shared<int>(5);
  {
    auto lazy = make_lazy<TypeParam>([owned, capture = Counted{captures}]() -> std::string { throw Failure{}; });
    EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::own);
    EXPECT_EQ(captures, 0);
    EXPECT_EQ(owned.use_count(), 1);
    EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::poisoned);
  }
  EXPECT_EQ(captures, 0);
  EXPECT_EQ(owned.use_count(), 1);
}

TYPED_TEST(Lazy, a_value_half_made_is_not_destroyed) {
  struct Half {
    explicit Half(int& count) : part{count} { throw Failure{}; }
    Counted part;
  };
  int alive = 0;
  {
    auto lazy = make_lazy<TypeParam>([&alive] { return Half{alive}; });
    EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::own);
    EXPECT_EQ(alive, 0);
  }
  EXPECT_EQ(alive, 0);
}

/// Throws when it is moved, once it is armed.
struct ThrowsWhenMoved {
  ThrowsWhenMoved(bool& is_armed, int& alive) : armed{&is_armed}, counted{alive} {}
  ThrowsWhenMoved(ThrowsWhenMoved&& other) : armed{other.armed}, counted{other.counted} {
    if (*armed) throw Failure{};
  }
  int operator()() const { return 3; }
  bool* armed;
  Counted counted;
};

TYPED_TEST(Lazy, an_initialiser_that_throws_when_moved_has_failed) {
  bool armed = false;
  int alive = 0;
  {
    BasicLazyLock<int, ThrowsWhenMoved, TypeParam> lazy{ThrowsWhenMoved{armed, alive}};
    EXPECT_EQ(alive, 1);
    armed = true;
    EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::own);
    EXPECT_EQ(alive, 0);
    armed = false;
    EXPECT_TRUE(lazy.is_poisoned());
    EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::poisoned);
  }
  EXPECT_EQ(alive, 0);
  {
    BasicLazyLock<int, ThrowsWhenMoved, TypeParam> lazy{ThrowsWhenMoved{armed, alive}};
    EXPECT_EQ(*lazy, 3);
    EXPECT_EQ(alive, 0);
  }
  EXPECT_EQ(alive, 0);
}

template <class Sync, class F>
void expect_retrying(F f, int& called) {
  auto lazy = make_lazy<Sync, RetryOnThrow>(f);
  called = 0;
  EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::own);
  EXPECT_FALSE(lazy.is_poisoned());
  EXPECT_EQ(lazy.get(), nullptr);
  EXPECT_EQ(thrown_by([&] { static_cast<void>(*lazy); }).kind, Kind::own);
  EXPECT_EQ(*lazy, 3);
  EXPECT_EQ(*lazy, 3);
  EXPECT_EQ(called, 3);
}

TYPED_TEST(LazyPolicies, retry_on_throw_tries_again_at_the_next_use) {
  int called = 0;
  auto const fail_twice = [&called] { return ++called < 3 ? throw Failure{} : called; };
  expect_retrying<TypeParam>(fail_twice, called);
  expect_retrying<TypeParam>(owning(fail_twice), called);
}

TYPED_TEST(Lazy, retry_on_throw_never_forced_after_a_failure_dies_well) {
  int captures = 0;
  {
    auto lazy = make_lazy<TypeParam, RetryOnThrow>([capture = Counted{captures}]() -> std::string { throw Failure{}; });
    EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::own);
    EXPECT_EQ(captures, 1);
    EXPECT_EQ(std::move(lazy).into_inner(), std::nullopt);
  }
  EXPECT_EQ(captures, 0);
}

TYPED_TEST(Lazy, making_a_value_while_unwinding_succeeds) {
  auto lazy = make_lazy<TypeParam>([] { return 3; });
  struct Forces {
    decltype(lazy)& to_force;
    ~Forces() { to_force.force(); }
  };
  Thrown const thrown = thrown_by([&] {
    Forces const forces{lazy};
    throw Failure{};
  });
  EXPECT_EQ(thrown.kind, Kind::own);
  EXPECT_FALSE(lazy.is_poisoned());
  ASSERT_NE(lazy.get(), nullptr);
  EXPECT_EQ(*lazy, 3);
}

template <class L>
void expect_no_initialiser(L&& lazy) {
  for (int i = 0; i != 2; ++i) {
    Thrown const thrown = thrown_by([&] { lazy.force(); });
    EXPECT_EQ(thrown.kind, Kind::init);
    EXPECT_TRUE(contains(thrown.text, "has no initialiser")) << thrown.text;
    EXPECT_FALSE(lazy.is_poisoned());
    EXPECT_EQ(lazy.get(), nullptr);
  }
  EXPECT_EQ(std::move(lazy).into_inner(), std::nullopt);
}

TYPED_TEST(Lazy, a_null_function_is_an_error_each_time_and_poisons_nothing) {
  expect_no_initialiser(BasicLazyLock<int, int (*)(), TypeParam>{nullptr});
  expect_no_initialiser(BasicLazyLock<int, int (*)(), TypeParam, KeepOnFork, RetryOnThrow>{nullptr});
  expect_no_initialiser(BasicLazyLock<int, std::function<int()>, TypeParam>{nullptr});
  expect_no_initialiser(BasicLazyLock<int, std::function<int()>, TypeParam, KeepOnFork, RetryOnThrow>{nullptr});
  expect_no_initialiser(BasicLazyLock<int, int (*)(), TypeParam, WipeOnFork<>>{nullptr});
  expect_no_initialiser(BasicLazyLock<std::string, std::function<std::string()>, TypeParam>{nullptr});
}

#elif GTEST_HAS_DEATH_TEST  // without exceptions an error is a line and an abort

template <class Sync>
class LazyDeathTest : public ::testing::Test {};
TYPED_TEST_SUITE(LazyDeathTest, AllPolicies, PolicyNames);

TYPED_TEST(LazyDeathTest, a_null_function) {
  BasicLazyLock<int, int (*)(), TypeParam> lazy{nullptr};
  EXPECT_DEATH(lazy.force(), "first_use: Lazy.*<int> has no initialiser");
}

#endif

}  // namespace
