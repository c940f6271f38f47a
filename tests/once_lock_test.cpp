// SPDX-License-Identifier: MIT OR Apache-2.0
//
// OnceLock's behaviour within one thread: every way of filling it. Names that Rust's suites have are kept. What is called:
// once_lock_callables_test.cpp; failure and wrong use: once_lock_failure_test.cpp; several threads: once_lock_threads_test.cpp;
// what T may be, copying and moving: once_lock_values_test.cpp, once_lock_copies_test.cpp.
#include <first_use/once_lock.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <version>
#if defined(__cpp_lib_expected)
#include <expected>
#endif

#include "examples_of_expected.hpp"
#include "locks.hpp"

namespace {

using namespace first_use_test;
using first_use::BasicOnceLock;
using first_use::OnceLock;
using first_use::TrySetResult;

TYPED_TEST_SUITE(OnceLockAll, AllPoliciesAndInterrupts, PolicyNames);

// Filling it, by one thread -------------------------------------------------------------------------------------------

TYPED_TEST(OnceLockAll, once_cell) {
  Lock<int, TypeParam> cell;
  EXPECT_EQ(cell.get(), nullptr);
  EXPECT_EQ(cell.get_or_init([] { return 92; }), 92);
  ASSERT_NE(cell.get(), nullptr);
  EXPECT_EQ(*cell.get(), 92);
  EXPECT_EQ(cell.get_or_init(must_not_run), 92);
  EXPECT_EQ(&cell.get_or_init(must_not_run), cell.get());
  EXPECT_EQ(&cell.value(), cell.get());
  EXPECT_EQ(&std::as_const(cell).get_or_init(must_not_run), cell.get());
}

TYPED_TEST(OnceLockAll, once_cell_get_mut) {
  Lock<int, TypeParam> cell;
  EXPECT_EQ(cell.get(), nullptr);
  EXPECT_TRUE(cell.set(90));
  *cell.get() += 1;
  cell.value() += 1;
  EXPECT_EQ(cell.get_or_init(must_not_run), 92);
}

TYPED_TEST(OnceLockAll, is_filled_through_const) {
  Lock<int, TypeParam> lock, other;
  auto const& looked_at = lock;
  EXPECT_EQ(looked_at.get(), nullptr);
  EXPECT_EQ(looked_at.get_or_init([] { return 3; }), 3);
  EXPECT_EQ(looked_at.value(), 3);
  EXPECT_EQ(*std::as_const(other).get_or_try_init([] { return std::optional<int>{4}; }), 4);
}

TYPED_TEST(OnceLockAll, state_queries_agree) {
  Lock<int, TypeParam> lock;
  EXPECT_FALSE(lock.has_value());
  EXPECT_FALSE(lock.is_initialized());
  EXPECT_FALSE(lock);
  lock.get_or_init([&] {
    EXPECT_FALSE(lock.has_value());
    EXPECT_FALSE(lock.is_initialized());
    EXPECT_FALSE(lock);
    EXPECT_EQ(lock.get(), nullptr);
    return 1;
  });
  EXPECT_TRUE(lock.has_value());
  EXPECT_TRUE(lock.is_initialized());
  EXPECT_TRUE(lock);
}

TYPED_TEST(OnceLockAll, set_stores_once) {
  Lock<int, TypeParam> lock;
  EXPECT_TRUE(lock.set(1));
  EXPECT_FALSE(lock.set(2));
  EXPECT_EQ(lock.value(), 1);
}

TYPED_TEST(OnceLockAll, a_refused_argument_is_left_whole) {
  Lock<std::unique_ptr<int>, TypeParam> lock;
  auto first = std::make_unique<int>(1);
  EXPECT_TRUE(lock.set(std::move(first)));
  EXPECT_EQ(first, nullptr);

  auto refused = std::make_unique<int>(2);
  int const* const place = refused.get();
  EXPECT_FALSE(lock.set(std::move(refused)));
  EXPECT_EQ(refused.get(), place);
  EXPECT_EQ(lock.try_set(std::move(refused)), TrySetResult::occupied);
  EXPECT_EQ(refused.get(), place);
  EXPECT_FALSE(lock.try_insert(std::move(refused)).second);
  EXPECT_EQ(refused.get(), place);
  EXPECT_FALSE(lock.try_emplace(std::move(refused)).second);
  EXPECT_EQ(refused.get(), place);
  EXPECT_EQ(*lock.value(), 1);
}

TYPED_TEST(OnceLockAll, try_set) {
  Lock<int, TypeParam> lock;
  EXPECT_EQ(lock.try_set(1), TrySetResult::stored);
  EXPECT_EQ(lock.try_set(2), TrySetResult::occupied);
  EXPECT_EQ(lock.value(), 1);
}

TYPED_TEST(OnceLockAll, try_insert) {
  Lock<std::string, TypeParam> lock;
  auto [mine, stored] = lock.try_insert("mine");
  EXPECT_TRUE(stored);
  EXPECT_EQ(&mine, lock.get());
  mine += "!";
  auto [there, again] = lock.try_insert(std::string{"yours"});
  EXPECT_FALSE(again);
  EXPECT_EQ(&there, lock.get());
  EXPECT_EQ(there, "mine!");
}

TYPED_TEST(OnceLockAll, try_emplace) {
  Lock<std::string, TypeParam> lock;
  auto [mine, stored] = lock.try_emplace(std::size_t{3}, 'x');
  EXPECT_TRUE(stored);
  EXPECT_EQ(mine, "xxx");
  EXPECT_EQ(&mine, lock.get());
  EXPECT_FALSE(lock.try_emplace(std::size_t{2}, 'y').second);
  Lock<std::string, TypeParam> other;
  EXPECT_EQ(other.try_emplace().first, "");
  EXPECT_TRUE(other.has_value());
}

TYPED_TEST(OnceLockAll, get_or_try_init) {
  Lock<std::string, TypeParam> cell;
  EXPECT_EQ(cell.get_or_try_init([] { return std::optional<std::string>{}; }), nullptr);
  EXPECT_EQ(cell.get(), nullptr);

  auto const failed = cell.get_or_try_init([] { return Expected<std::string, int>{Unexpected{7}}; });
  static_assert(std::is_same_v<decltype(failed), Expected<std::string*, int> const>);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error(), 7);
  EXPECT_EQ(cell.get(), nullptr);

  auto const made = cell.get_or_try_init([] { return Expected<std::string, int>{"hello world"}; });
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(*made, cell.get());
  EXPECT_EQ(cell.value(), "hello world");

  auto const there = cell.get_or_try_init([] { return Expected<std::string, int>{"not called"}; });
  ASSERT_TRUE(there.has_value());
  EXPECT_EQ(*there, cell.get());
  EXPECT_EQ(cell.value(), "hello world");
  EXPECT_EQ(cell.get_or_try_init([] { return std::optional<std::string>{}; }), cell.get());
}

TYPED_TEST(OnceLockAll, get_or_try_init_takes_any_expected_like) {
  Lock<long, TypeParam> lock;
  auto const& cell = lock;
  auto const failed = cell.get_or_try_init([] { return Outcome<int, std::string>{std::string{"no"}}; });
  static_assert(std::is_same_v<decltype(failed), Outcome<long const*, std::string> const>);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error(), "no");
  EXPECT_EQ(**cell.get_or_try_init([] { return Outcome<int, std::string>{5}; }), 5L);
#if defined(__cpp_lib_expected)
  Lock<int, TypeParam> other;
  auto const why = other.get_or_try_init([] { return std::expected<int, std::string>{std::unexpected{"why"}}; });
  static_assert(std::is_same_v<decltype(why), std::expected<int*, std::string> const>);
  EXPECT_EQ(why.error(), "why");
  EXPECT_EQ(*other.get_or_try_init([] { return std::expected<int, std::string>{6}; }).value(), 6);
#endif
}

TYPED_TEST(OnceLockAll, get_or_try_init_moves_value_and_error) {
  Lock<std::unique_ptr<int>, TypeParam> cell;
  using Result = Expected<std::unique_ptr<int>, std::unique_ptr<std::string>>;
  auto const failed = cell.get_or_try_init([] { return Result{Unexpected{std::make_unique<std::string>("own")}}; });
  EXPECT_EQ(*failed.error(), "own");
  EXPECT_EQ(**cell.get_or_try_init([] { return std::make_optional(std::make_unique<int>(8)); }), 8);
}

TYPED_TEST(OnceLockAll, take_then_init_again) {
  Lock<std::string, TypeParam> lock;
  EXPECT_EQ(lock.take(), std::nullopt);
  for (int round = 0; round != 3; ++round) {
    std::string const text = "round " + std::to_string(round);
    EXPECT_EQ(lock.get_or_init([&] { return text; }), text);
    EXPECT_EQ(lock.take(), text);
    EXPECT_EQ(lock.get(), nullptr);
    EXPECT_EQ(lock.take(), std::nullopt);
  }
  EXPECT_TRUE(lock.set("set"));
  lock.reset();
  EXPECT_FALSE(lock);
  lock.reset();
  EXPECT_EQ(lock.try_set("again"), TrySetResult::stored);
  lock.reset();
  EXPECT_TRUE(lock.try_emplace("and again").second);
}

template <class Sync>
int eval_once(int& runs) {
  static constinit Lock<int, Sync> once;
  return once.get_or_init([&] {
    ++runs;
    return 42;
  });
}
TYPED_TEST(OnceLockAll, eval_once_macro) {
  static int runs = 0;
  EXPECT_EQ(eval_once<TypeParam>(runs), 42);
  EXPECT_EQ(eval_once<TypeParam>(runs), 42);
  EXPECT_EQ(runs, 1);
}

// The name that users see ---------------------------------------------------------------------------------------------

struct Config {
  int number = 3;
};

TEST(OnceLock, is_the_everyday_name) {
  static constinit OnceLock<Config> config;
  static_assert(std::is_same_v<OnceLock<Config>, BasicOnceLock<Config, first_use::DefaultSync, first_use::KeepOnFork>>);
  EXPECT_EQ(config.get_or_init([] { return Config{}; }).number, 3);
#if FIRST_USE_HAS_EXCEPTIONS
  OnceLock<Config> empty;
  auto const text = text_of<first_use::InitError>([&] { (void)empty.value(); });
  EXPECT_TRUE(contains(text, as_called_here("OnceLock<"))) << text;
  EXPECT_TRUE(contains(text, "Config>")) << text;
#endif
}

}  // namespace
