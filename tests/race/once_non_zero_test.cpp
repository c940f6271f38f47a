// SPDX-License-Identifier: MIT OR Apache-2.0
//
// race::OnceNonZero and race::OnceBool: numbers of every width, zero, and truth.
#include <first_use/race/once_non_zero.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <first_use/race/once_bool.hpp>

#include "race/races.hpp"

namespace first_use_test {
namespace {

using first_use::SingleThreadSync;
using first_use::race::BasicOnceBool;
using first_use::race::OnceBool;
using first_use::race::OnceNonZero;

// Promises that need no run -------------------------------------------------------------------------------------------

using Number = OnceNonZero<unsigned>;
static_assert(sizeof(Number) == 4 && sizeof(OnceNonZero<std::uint64_t>) == 8 && sizeof(OnceNonZero<char>) == 4);
static_assert(sizeof(OnceBool) == 4);
static_assert(std::is_trivially_destructible_v<Number> && std::is_trivially_destructible_v<OnceBool>);
static_assert(std::is_nothrow_default_constructible_v<Number> && !std::is_copy_constructible_v<Number>);
static_assert(std::is_nothrow_default_constructible_v<OnceBool> && !std::is_copy_constructible_v<OnceBool>);
static_assert(noexcept(std::declval<Number const&>().get()) && noexcept(std::declval<OnceBool const&>().get()));
static_assert(noexcept(std::declval<OnceBool&>().set(true)) && !noexcept(std::declval<Number&>().set(1)));

[[maybe_unused]] constinit Number constant;
[[maybe_unused]] constinit Number full{5};
[[maybe_unused]] constinit OnceBool constant_truth;
[[maybe_unused]] constinit OnceBool full_truth{false};

constexpr bool numbers_in_constant_evaluation() {
  OnceNonZero<short, SingleThreadSync> number;
  bool const empty = number.get() == 0 && number.get_or_try_init([] { return std::optional<short>{}; }) == 0;
  return empty && number.get_or_init([] { return short{-3}; }) == -3 && !number.set(4) && number.get() == -3;
}
static_assert(numbers_in_constant_evaluation());

constexpr bool truth_in_constant_evaluation() {
  BasicOnceBool<SingleThreadSync> truth;
  return !truth.get().has_value() && !truth.get_or_init([] { return false; }) && !truth.set(true) && !*truth.get();
}
static_assert(truth_in_constant_evaluation());

TYPED_TEST_SUITE(RaceNonZero, AllPoliciesAndInterrupts, PolicyNames);
TYPED_TEST_SUITE(RaceBool, AllPoliciesAndInterrupts, PolicyNames);

TYPED_TEST(RaceNonZero, smoke_test) {
  OnceNonZero<std::size_t, TypeParam> number;
  EXPECT_EQ(number.get(), 0U);
  int runs = 0;
  for (std::size_t round = 0; round != 3; ++round) {
    EXPECT_EQ(number.get_or_init([&] { return ++runs, 92 + round; }), 92U);
  }
  EXPECT_EQ(number.get(), 92U);
  EXPECT_EQ(runs, 1);
}

TYPED_TEST(RaceNonZero, set) {
  OnceNonZero<int, TypeParam> number;
  EXPECT_TRUE(number.set(92));
  EXPECT_FALSE(number.set(62));
  EXPECT_FALSE(number.set(92)) << "also what is there already is refused";
  EXPECT_EQ(number.get(), 92);
  OnceNonZero<int, TypeParam> const from_the_start{7};
  EXPECT_EQ(from_the_start.get(), 7);
}

TYPED_TEST(RaceNonZero, reentrant) {
  OnceNonZero<int, TypeParam> number;
  EXPECT_EQ(number.get_or_init([&] {
    EXPECT_EQ(number.get(), 0);
    EXPECT_EQ(number.get_or_init([] { return 1; }), 1);
    return 2;
  }),
            1);
  EXPECT_EQ(number.get(), 1);
}

template <class U, class Sync>
void goes_there_and_back() {
  for (U const value : {U{1}, std::numeric_limits<U>::min(), std::numeric_limits<U>::max(), static_cast<U>(-1)}) {
    if (value == 0) continue;
    OnceNonZero<U, Sync> number, by_set, by_try;
    EXPECT_EQ(number.get_or_init([&] { return value; }), value);
    EXPECT_EQ(number.get(), value);
    EXPECT_TRUE(by_set.set(value));
    EXPECT_EQ(by_set.get(), value);
    EXPECT_EQ(by_try.get_or_try_init([&] { return std::optional<U>{value}; }), value);
  }
}

TYPED_TEST(RaceNonZero, every_width_and_sign) {
  goes_there_and_back<char, TypeParam>();
  goes_there_and_back<signed char, TypeParam>();
  goes_there_and_back<std::uint8_t, TypeParam>();
  goes_there_and_back<std::int16_t, TypeParam>();
  goes_there_and_back<std::int32_t, TypeParam>();
  goes_there_and_back<std::uint32_t, TypeParam>();
  goes_there_and_back<char32_t, TypeParam>();
  goes_there_and_back<std::uintptr_t, TypeParam>();
#if FIRST_USE_HAS_64_BIT_ATOMICS
  goes_there_and_back<std::int64_t, TypeParam>();
  goes_there_and_back<std::uint64_t, TypeParam>();
#endif
}

TYPED_TEST(RaceNonZero, tries) {
  OnceNonZero<int, TypeParam> number;
  using Result = Expected<int, char>;
  EXPECT_EQ(number.get_or_try_init([] { return std::optional<int>{}; }), 0);
  auto const failed = number.get_or_try_init([] { return Result{Unexpected<char>{'x'}}; });
  static_assert(std::is_same_v<decltype(failed), Result const>);
  EXPECT_EQ(failed.error(), 'x');
  EXPECT_EQ(number.get(), 0);
  EXPECT_EQ(*number.get_or_try_init([] { return Result{3}; }), 3);
  EXPECT_EQ(*number.get_or_try_init([] { return Result{Unexpected<char>{'y'}}; }), 3);
}

TYPED_TEST(RaceBool, smoke_test) {
  for (bool const value : {true, false}) {
    BasicOnceBool<TypeParam> truth;
    EXPECT_EQ(truth.get(), std::nullopt);
    int runs = 0;
    for (int round = 0; round != 3; ++round) {
      EXPECT_EQ(truth.get_or_init([&] { return ++runs == 1 ? value : !value; }), value);
    }
    EXPECT_EQ(truth.get(), value);
    EXPECT_EQ(runs, 1);
  }
}

TYPED_TEST(RaceBool, set) {
  BasicOnceBool<TypeParam> truth;
  EXPECT_TRUE(truth.set(false));
  EXPECT_FALSE(truth.set(true));
  EXPECT_EQ(truth.get(), false);
  BasicOnceBool<TypeParam> const from_the_start{true};
  EXPECT_EQ(from_the_start.get(), true);
}

TYPED_TEST(RaceBool, reentrant) {
  BasicOnceBool<TypeParam> truth;
  EXPECT_FALSE(truth.get_or_init([&] { return !truth.get_or_init([] { return false; }); }));
  EXPECT_EQ(truth.get(), false);
}

TYPED_TEST(RaceBool, tries) {
  BasicOnceBool<TypeParam> truth;
  using Result = Expected<bool, int>;
  EXPECT_EQ(truth.get_or_try_init([] { return std::optional<bool>{}; }), std::nullopt);
  EXPECT_EQ(truth.get_or_try_init([] { return Result{Unexpected<int>{7}}; }).error(), 7);
  EXPECT_EQ(truth.get(), std::nullopt);
  EXPECT_EQ(*truth.get_or_try_init([] { return Result{false}; }), false);
  EXPECT_EQ(truth.get_or_try_init([] { return std::optional<bool>{true}; }), false);
}

#if FIRST_USE_HAS_EXCEPTIONS

TYPED_TEST(RaceNonZero, zero_is_an_error_and_stores_nothing) {
  OnceNonZero<int, TypeParam> number;
  char const* const says = "race::OnceNonZero<int> was offered zero";
  using first_use::InitError;
  EXPECT_PRED2(contains, text_of<InitError>([&] { number.get_or_init([] { return 0; }); }), says);
  EXPECT_PRED2(contains, text_of<InitError>([&] { number.set(0); }), says);
  EXPECT_PRED2(contains,
               text_of<InitError>([&] { (void)number.get_or_try_init([] { return std::optional<int>{0}; }); }), says);
  EXPECT_PRED2(contains, text_of<InitError>([&] { OnceNonZero<int, TypeParam>{0}; }), says);
  EXPECT_PRED2(contains, text_of<InitError>([&] { number.get_or_init(first_use::named<"port">([] { return 0; })); }),
               "\"port\"");
  EXPECT_EQ(number.get(), 0);
  EXPECT_EQ(number.get_or_init([] { return 8; }), 8);
  // Also where there is a number: it is the call that is wrong.
  EXPECT_THROW(number.set(0), InitError);
}

TYPED_TEST(RaceNonZero, an_initialiser_that_throws_leaves_nothing) {
  OnceNonZero<int, TypeParam> number;
  EXPECT_THROW(number.get_or_init([]() -> int { throw Failure{}; }), Failure);
  EXPECT_THROW((void)number.get_or_try_init([]() -> std::optional<int> { throw Failure{}; }), Failure);
  EXPECT_EQ(number.get(), 0);
  EXPECT_EQ(number.get_or_init([] { return 8; }), 8);
}

TYPED_TEST(RaceBool, an_initialiser_that_throws_leaves_nothing) {
  BasicOnceBool<TypeParam> truth;
  EXPECT_THROW(truth.get_or_init([]() -> bool { throw Failure{}; }), Failure);
  EXPECT_EQ(truth.get(), std::nullopt);
  EXPECT_TRUE(truth.get_or_init([] { return true; }));
}

TYPED_TEST(RaceNonZero, refuses_null_functions) {
  OnceNonZero<int, TypeParam> number;
  int (*const none)() = nullptr;
  EXPECT_PRED2(contains, text_of<first_use::InitError>([&] { number.get_or_init(none); }),
               "race::OnceNonZero<int> has no initialiser");
  BasicOnceBool<TypeParam> truth;
  bool (*const neither)() = nullptr;
  EXPECT_PRED2(contains, text_of<first_use::InitError>([&] { truth.get_or_init(neither); }),
               "race::OnceBool has no initialiser");
}

#endif

}  // namespace
}  // namespace first_use_test
