// SPDX-License-Identifier: MIT OR Apache-2.0
//
// get_or_try_init() with std::expected, which C++20 does not have: once_lock_test.cpp does the same with types of its shape.
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <version>

#include "policies.hpp"

#if defined(__cpp_lib_expected)
#include <expected>

namespace {

using namespace first_use_test;

template <class T, class Sync>
using Lock = first_use::BasicOnceLock<T, Sync>;

template <class Sync>
class StdExpected : public testing::Test {};
TYPED_TEST_SUITE(StdExpected, AllPolicies, PolicyNames);

TYPED_TEST(StdExpected, an_error_goes_to_the_caller_and_leaves_the_lock_empty) {
  Lock<int, TypeParam> lock;
  auto const failed = lock.get_or_try_init([] { return std::expected<int, std::string>{std::unexpected{"why"}}; });
  static_assert(std::is_same_v<decltype(failed), std::expected<int*, std::string> const>);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error(), "why");
  EXPECT_FALSE(lock.has_value());
}

TYPED_TEST(StdExpected, a_value_is_stored_and_pointed_to) {
  Lock<int, TypeParam> lock;
  auto const made = lock.get_or_try_init([] { return std::expected<int, std::string>{6}; });
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(*made, lock.get());
  EXPECT_EQ(lock.value(), 6);
  auto const there = lock.get_or_try_init([]() -> std::expected<int, std::string> {
    ADD_FAILURE() << "a full lock calls nobody";
    return 7;
  });
  EXPECT_EQ(there.value(), lock.get());
}

TYPED_TEST(StdExpected, a_const_lock_points_to_const) {
  Lock<int, TypeParam> const lock;
  auto const made = lock.get_or_try_init([] { return std::expected<int, int>{6}; });
  static_assert(std::is_same_v<decltype(made), std::expected<int const*, int> const>);
  EXPECT_EQ(**made, 6);
}

TYPED_TEST(StdExpected, value_and_error_are_moved) {
  Lock<std::unique_ptr<int>, TypeParam> lock;
  using Result = std::expected<std::unique_ptr<int>, std::unique_ptr<std::string>>;
  auto failed = lock.get_or_try_init([] { return Result{std::unexpect, std::make_unique<std::string>("own")}; });
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(*std::move(failed).error(), "own");
  EXPECT_EQ(***lock.get_or_try_init([] { return Result{std::make_unique<int>(8)}; }), 8);
}

}  // namespace

#else

TEST(StdExpected, Skipped) { GTEST_SKIP() << "this standard library has no <expected>"; }

#endif
