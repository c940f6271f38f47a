// SPDX-License-Identifier: MIT OR Apache-2.0
//
// race::OnceRef: who is referred to, and that it stays so.
#include <first_use/race/once_ref.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include "race/races.hpp"

namespace first_use_test {
namespace {

using first_use::race::OnceRef;

// Promises that need no run -------------------------------------------------------------------------------------------

using Ref = OnceRef<int>;
static_assert(sizeof(Ref) == sizeof(void*) && std::is_trivially_destructible_v<Ref>);
static_assert(std::is_nothrow_default_constructible_v<Ref> && !std::is_copy_constructible_v<Ref> &&
              !std::is_copy_assignable_v<Ref>);
static_assert(noexcept(std::declval<Ref const&>().get()) && noexcept(std::declval<Ref&>().set(std::declval<int&>())));
static_assert(std::is_same_v<decltype(std::declval<Ref const&>().get()), int*>);
static_assert(std::is_same_v<decltype(std::declval<OnceRef<int const>&>().get()), int const*>);

template <class R, class Argument>
concept sets = requires(R ref, Argument&& argument) {
  { ref.set(static_cast<Argument&&>(argument)) } -> std::same_as<bool>;
};
static_assert(sets<Ref&, int&> && !sets<Ref&, int> && !sets<Ref const&, int&>);
static_assert(sets<OnceRef<int const>&, int&> && !sets<OnceRef<int const>&, int> && !sets<Ref&, int const&>);
static_assert(!std::is_constructible_v<OnceRef<int const>, int> && std::is_constructible_v<OnceRef<int const>, int&>);

// Only declared where the reference is.
struct Declared;
[[maybe_unused]] constinit OnceRef<Declared> of_declared;

[[maybe_unused]] constinit OnceRef<int> constant;

TYPED_TEST_SUITE(RaceRef, AllPoliciesAndInterrupts, PolicyNames);

TYPED_TEST(RaceRef, smoke_test) {
  int a = 1, b = 2;
  OnceRef<int, TypeParam> ref;
  EXPECT_EQ(ref.get(), nullptr);
  int runs = 0;
  for (int round = 0; round != 3; ++round) {
    int& got = ref.get_or_init([&]() -> int& { return ++runs == 1 ? a : b; });
    EXPECT_EQ(&got, &a);
  }
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(ref.get(), &a);
}

TYPED_TEST(RaceRef, set) {
  int a = 1, b = 2;
  OnceRef<int, TypeParam> ref;
  EXPECT_TRUE(ref.set(a));
  EXPECT_FALSE(ref.set(b));
  EXPECT_FALSE(ref.set(a)) << "also what is there already is refused";
  EXPECT_EQ(ref.get(), &a);
  EXPECT_EQ(&ref.get_or_init([&]() -> int& { return b; }), &a);
}

TYPED_TEST(RaceRef, from_the_start) {
  int a = 1;
  OnceRef<int const, TypeParam> const ref{a};
  EXPECT_EQ(ref.get(), &a);
}

TYPED_TEST(RaceRef, a_const_one_chooses_too) {
  int a = 1;
  // On the heap: the policy of one thread must not lie in read-only memory.
  auto const ref = std::make_unique<OnceRef<int, TypeParam> const>();
  EXPECT_EQ(&ref->get_or_init([&]() -> int& { return a; }), &a);
  EXPECT_EQ(ref->get(), &a);
}

TYPED_TEST(RaceRef, reentrant) {
  int inner = 1, outer = 2;
  OnceRef<int, TypeParam> ref;
  int& got = ref.get_or_init([&]() -> int& {
    EXPECT_EQ(ref.get(), nullptr);
    EXPECT_EQ(&ref.get_or_init([&]() -> int& { return inner; }), &inner);
    EXPECT_EQ(ref.get(), &inner);
    return outer;
  });
  EXPECT_EQ(&got, &inner);
  EXPECT_EQ(ref.get(), &inner);
}

TYPED_TEST(RaceRef, tries_by_pointer) {
  struct Base {
    int number = 0;
  };
  struct Derived : Base {};
  Derived one, other;
  OnceRef<Base, TypeParam> ref;
  int runs = 0;
  EXPECT_EQ(ref.get_or_try_init([&]() -> Derived* { return ++runs, nullptr; }), nullptr);
  EXPECT_EQ(ref.get(), nullptr);
  EXPECT_EQ(ref.get_or_try_init([&] { return ++runs, &one; }), &one);
  EXPECT_EQ(ref.get_or_try_init([&] { return ++runs, &other; }), &one);
  EXPECT_EQ(runs, 2);
}

TYPED_TEST(RaceRef, tries_by_expected) {
  int a = 1;
  OnceRef<int, TypeParam> ref;
  using Result = Expected<int*, int>;
  auto const failed = ref.get_or_try_init([] { return Result{Unexpected<int>{7}}; });
  static_assert(std::is_same_v<decltype(failed), Result const>);
  EXPECT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error(), 7);
  EXPECT_EQ(ref.get(), nullptr);
  EXPECT_EQ(*ref.get_or_try_init([&] { return Result{&a}; }), &a);
  EXPECT_EQ(*ref.get_or_try_init([&] { return Result{Unexpected<int>{8}}; }), &a);
}

TYPED_TEST(RaceRef, calls_what_can_be_called) {
  static int a = 1;
  struct Large {
    long many[8]{};
    int& operator()() {
      many[3] = 5;
      return a;
    }
  } large;
  OnceRef<int, TypeParam> by_large, by_pointer, by_name;
  EXPECT_EQ(&by_large.get_or_init(large), &a);
  EXPECT_EQ(large.many[3], 5) << "an lvalue is called itself, not a copy of it";
  int& (*const pointer)() = []() -> int& { return a; };
  EXPECT_EQ(&by_pointer.get_or_init(pointer), &a);
  EXPECT_EQ(&by_name.get_or_init(first_use::named<"a">([]() -> int& { return a; })), &a);
}

#if FIRST_USE_HAS_EXCEPTIONS

TYPED_TEST(RaceRef, an_initialiser_that_throws_leaves_nothing) {
  int a = 1;
  OnceRef<int, TypeParam> ref;
  EXPECT_THROW(ref.get_or_init([]() -> int& { throw Failure{}; }), Failure);
  EXPECT_THROW((void)ref.get_or_try_init([]() -> int* { throw Failure{}; }), Failure);
  EXPECT_EQ(ref.get(), nullptr);
  EXPECT_EQ(&ref.get_or_init([&]() -> int& { return a; }), &a);
}

TYPED_TEST(RaceRef, refuses_null_functions_and_null_results) {
  OnceRef<int, TypeParam> ref;
  int& (*const none)() = nullptr;
  EXPECT_PRED2(contains, text_of<first_use::InitError>([&] { ref.get_or_init(none); }),
               "race::OnceRef<int> has no initialiser");
  EXPECT_PRED2(contains, text_of<first_use::InitError>([&] {
                 (void)ref.get_or_try_init([] { return Expected<int*, int>{nullptr}; });
               }),
               "race::OnceRef<int> was offered zero (or null)");
  EXPECT_EQ(ref.get(), nullptr);
}

#endif

}  // namespace
}  // namespace first_use_test
