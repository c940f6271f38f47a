// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A lazy makes its value at first use: who makes it, who only looks, what the value may be, and moving it out.
#include <first_use/lazy_lock.hpp>

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <optional>

#include <first_use/never_destroyed.hpp>

#include "lazies.hpp"

namespace {

using namespace first_use_test;
using first_use::BasicLazyLock;
using first_use::NeverDestroyed;
using first_use::RetryOnThrow;

TYPED_TEST_SUITE(Lazy, WaitingAndNot, PolicyNames);
TYPED_TEST_SUITE(LazyPolicies, AllPolicies, PolicyNames);

// Making and looking --------------------------------------------------------------------------------------------------

TYPED_TEST(LazyPolicies, lazy_new) {
  int called = 0;
  auto x = make_lazy<TypeParam>([&] {
    ++called;
    return 92;
  });
  EXPECT_EQ(called, 0);
  EXPECT_EQ(*x - 30, 62);
  EXPECT_EQ(called, 1);
  EXPECT_EQ(*x - 30, 62);
  EXPECT_EQ(called, 1);
}

TYPED_TEST(Lazy, force_deref_arrow_and_get_reach_one_object) {
  auto lazy = make_lazy<TypeParam>([] { return std::string{"made"}; });
  auto const& constant = lazy;
  std::string& forced = lazy.force();
  EXPECT_EQ(&forced, &*lazy);
  EXPECT_EQ(&forced, lazy.operator->());
  EXPECT_EQ(&forced, lazy.get());
  EXPECT_EQ(&forced, &constant.force());
  EXPECT_EQ(&forced, &*constant);
  EXPECT_EQ(&forced, constant.operator->());
  EXPECT_EQ(&forced, constant.get());
  lazy->append(" and changed");
  EXPECT_EQ(*constant, "made and changed");
}

TYPED_TEST(Lazy, arrow_makes_the_value) {
  auto lazy = make_lazy<TypeParam>([] { return std::string{"made"}; });
  EXPECT_EQ(lazy->size(), 4U);
}

TYPED_TEST(Lazy, a_constant_one_makes_its_value) {
  int called = 0;
  auto const lazy = make_lazy<TypeParam>([&] { return ++called; });
  EXPECT_EQ(*lazy, 1);
  EXPECT_EQ(lazy.force(), 1);
  EXPECT_EQ(called, 1);
}

TYPED_TEST(Lazy, looking_makes_nothing) {
  int called = 0;
  auto lazy = make_lazy<TypeParam>([&] { return ++called; });
  EXPECT_EQ(lazy.get(), nullptr);
  EXPECT_FALSE(lazy.is_poisoned());
  EXPECT_EQ(called, 0);
  lazy.force();
  ASSERT_NE(lazy.get(), nullptr);
  EXPECT_EQ(*lazy.get(), 1);
  EXPECT_FALSE(lazy.is_poisoned());
}

TYPED_TEST(Lazy, get_is_null_while_the_value_is_being_made) {
  void const* self = nullptr;
  bool was_null = false;
  auto make = [&] {
    using Self = BasicLazyLock<int, std::function<int()>, TypeParam>;
    auto const& lazy = *static_cast<Self const*>(self);
    was_null = lazy.get() == nullptr && !lazy.is_poisoned();
    return 3;
  };
  BasicLazyLock<int, std::function<int()>, TypeParam> lazy{make};
  self = &lazy;
  EXPECT_EQ(*lazy, 3);
  EXPECT_TRUE(was_null);
}

TYPED_TEST(Lazy, lazy_default) {
  Foo::made = 0;
  BasicLazyLock<std::optional<Foo>, std::optional<Foo> (*)(), TypeParam> empty;
  BasicLazyLock<Foo, Foo (*)(), TypeParam> lazy;
  EXPECT_EQ(Foo::made, 0);
  EXPECT_EQ(lazy->n, 1);
  EXPECT_EQ(lazy->n, 1);
  EXPECT_EQ(Foo::made, 1);
  EXPECT_FALSE(empty->has_value());
}

TYPED_TEST(Lazy, a_default_value_is_initialised) {
  alignas(int) unsigned char dirt[sizeof(BasicLazyLock<int, int (*)(), TypeParam>) + alignof(void*)];
  std::memset(dirt, 0xff, sizeof(dirt));
  void* place = dirt;
  std::size_t room = sizeof(dirt);
  using Default = BasicLazyLock<int, int (*)(), TypeParam>;
  ASSERT_NE(std::align(alignof(Default), sizeof(Default), place, room), nullptr);
  auto* const lazy = ::new (place) Default;
  EXPECT_EQ(**lazy, 0);
  lazy->~Default();
}

TYPED_TEST(Lazy, a_default_one_reaches_through_never_destroyed) {
  BasicLazyLock<NeverDestroyed<std::string>, std::string (*)(), TypeParam> lazy;
  EXPECT_EQ(lazy->size(), 0U);
  EXPECT_EQ(lazy.get(), &*lazy);
}

// Immovable, and it knows where it was made.
struct Pinned {
  Pinned() : self{this} {}
  Pinned(Pinned const&) = delete;
  Pinned& operator=(Pinned const&) = delete;
  Pinned* self;
};

TYPED_TEST(Lazy, an_immovable_value_is_made_in_place) {
  auto lazy = make_lazy<TypeParam>([] { return Pinned{}; });
  auto kept = make_lazy<TypeParam, RetryOnThrow>([] { return Pinned{}; });
  auto consumed_one = make_lazy<TypeParam>(owning([] { return Pinned{}; }));
  BasicLazyLock<Pinned, Pinned (*)(), TypeParam> by_default;
  EXPECT_EQ(lazy->self, &*lazy);
  EXPECT_EQ(kept->self, &*kept);
  EXPECT_EQ(consumed_one->self, &*consumed_one);
  EXPECT_EQ(by_default->self, &*by_default);
}

TYPED_TEST(Lazy, over_aligned_values_and_initialisers) {
  struct alignas(128) Wide {
    int n;
  };
  struct alignas(128) WideMake {
    std::shared_ptr<int> number;
    char operator()() const {
      return static_cast<char>(reinterpret_cast<std::uintptr_t>(this) % 128 == 0 ? *number : 0);
    }
  };
  auto lazy = make_lazy<TypeParam>([] { return Wide{3}; });
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&*lazy) % 128, 0U);
  EXPECT_EQ(lazy->n, 3);
  auto made_by_wide = make_lazy<TypeParam>(WideMake{std::make_shared<int>(4)});
  EXPECT_EQ(*made_by_wide, 4);
}

TYPED_TEST(Lazy, the_result_may_convert) {
  auto const make = [] { return "made"; };
  BasicLazyLock<std::string, decltype(make), TypeParam> lazy{make};
  EXPECT_EQ(*lazy, "made");
}

TYPED_TEST(Lazy, a_constant_value) {
  auto const make = [] { return std::string{"made"}; };
  BasicLazyLock<std::string const, decltype(make), TypeParam> lazy{make};
  EXPECT_EQ(*lazy, "made");
}

TYPED_TEST(Lazy, a_failure_in_the_value_is_a_value) {
  int called = 0;
  auto lazy = make_lazy<TypeParam>([&]() -> std::optional<int> {
    ++called;
    return std::nullopt;
  });
  EXPECT_FALSE(lazy->has_value());
  EXPECT_FALSE(lazy->has_value());
  EXPECT_FALSE(lazy.is_poisoned());
  EXPECT_EQ(called, 1);
}

TYPED_TEST(Lazy, one_may_use_another) {
  auto inner = make_lazy<TypeParam>([] { return 3; });
  auto outer = make_lazy<TypeParam>([&] { return *inner + 1; });
  EXPECT_EQ(*outer, 4);
  EXPECT_NE(inner.get(), nullptr);
}

// into_inner ----------------------------------------------------------------------------------------------------------

TYPED_TEST(Lazy, into_inner_of_one_never_forced_is_empty) {
  int called = 0;
  auto lazy = make_lazy<TypeParam>([&] { return ++called; });
  EXPECT_EQ(std::move(lazy).into_inner(), std::nullopt);
  EXPECT_EQ(called, 0);
}

TYPED_TEST(Lazy, into_inner_moves_the_value_out) {
  auto lazy = make_lazy<TypeParam>([] { return std::make_unique<int>(3); });
  lazy.force();
  std::optional<std::unique_ptr<int>> const inner = std::move(lazy).into_inner();
  ASSERT_TRUE(inner.has_value());
  ASSERT_NE(*inner, nullptr);
  EXPECT_EQ(**inner, 3);
}

TYPED_TEST(Lazy, into_inner_reaches_through_never_destroyed) {
  auto const make = [] { return std::string{"made"}; };
  BasicLazyLock<NeverDestroyed<std::string>, decltype(make), TypeParam> lazy{make};
  lazy.force();
  EXPECT_EQ(std::move(lazy).into_inner(), std::optional<std::string>{"made"});
}

}  // namespace
