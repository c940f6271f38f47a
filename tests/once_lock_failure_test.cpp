// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What failures and wrong use leave behind in a OnceLock: nothing, and it may be filled as before.
#include <first_use/once_lock.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "locks.hpp"

#if FIRST_USE_HAS_EXCEPTIONS

namespace {

using namespace first_use_test;
using namespace std::chrono_literals;

TYPED_TEST_SUITE(OnceLockAll, AllPoliciesAndInterrupts, PolicyNames);

TYPED_TEST(OnceLockAll, value_of_an_empty_lock_is_an_error) {
  Lock<int, TypeParam> lock;
  auto const text = text_of<first_use::InitError>([&] { (void)lock.value(); });
  EXPECT_TRUE(contains(text, "is empty")) << text;
  EXPECT_TRUE(contains(text, "<int>")) << text;
  EXPECT_THROW((void)std::as_const(lock).value(), first_use::InitError);
  EXPECT_TRUE(lock.set(2));
  lock.reset();
  EXPECT_THROW((void)lock.value(), first_use::InitError);
}

TYPED_TEST(OnceLockAll, a_throwing_initialiser_leaves_it_empty) {
  Lock<std::string, TypeParam> lock;
  for (int attempt = 0; attempt != 3; ++attempt) {
    try {
      lock.get_or_init([&]() -> std::string { throw Failure{attempt}; });
      ADD_FAILURE();
    } catch (Failure const& failure) { EXPECT_EQ(failure.number, attempt); }
    EXPECT_EQ(lock.get(), nullptr);
    EXPECT_FALSE(lock.has_value());
    EXPECT_EQ(lock.take(), std::nullopt);
  }
  EXPECT_THROW((void)lock.get_or_try_init([]() -> std::optional<std::string> { throw Failure{4}; }), Failure);
  EXPECT_EQ(lock.get(), nullptr);
  EXPECT_EQ(lock.get_or_init([] { return "made"; }), "made");
}

TYPED_TEST(OnceLockAll, what_is_thrown_need_not_be_an_exception) {
  Lock<int, TypeParam> lock;
  EXPECT_THROW(lock.get_or_init([]() -> int { throw 5; }), int);
  EXPECT_EQ(lock.get(), nullptr);
  EXPECT_TRUE(lock.set(1));
}

// The outcome must not be guessed from whether an exception is in flight.
TYPED_TEST(OnceLockAll, initialisation_during_unwinding_succeeds) {
  Lock<int, TypeParam> lock;
  struct InDestructor {
    Lock<int, TypeParam>& lock;
    ~InDestructor() {
      lock.get_or_init([] { return 6; });
    }
  };
  try {
    InDestructor const guard{lock};
    throw Failure{1};
  } catch (Failure const&) {}
  EXPECT_EQ(lock.value(), 6);
}

// Re-entrance ---------------------------------------------------------------------------------------------------------

/// Calls `inner` inside the initialiser of `lock` and expects it to be refused there, and nothing to come of it.
template <class T, class Sync, class Inner>
void expect_reentrance(Lock<T, Sync>& lock, Inner inner) {
  int runs = 0;
  auto const text = text_of<first_use::ReentrantInitError>([&] {
    lock.get_or_init([&] {
      ++runs;
      inner();
      ADD_FAILURE() << "the inner call must not return";
      return T{};
    });
  });
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(contains(text, Sync::can_wait ? "OnceLock<" : "OnceCell<")) << text;
  EXPECT_EQ(lock.get(), nullptr);
  T const made = lock.get_or_init([&] {
    try {
      inner();
      ADD_FAILURE() << "the inner call must not return";
    } catch (first_use::ReentrantInitError const&) {}
    EXPECT_EQ(lock.get(), nullptr);
    return T{17};
  });
  EXPECT_EQ(made, T{17}) << "who catches the inner error may finish";
  lock.reset();
}

TYPED_TEST(OnceLockAll, reentrant_init) {
  Lock<int, TypeParam> lock;
  expect_reentrance(lock, [&] { lock.get_or_init([] { return 1; }); });
  expect_reentrance(lock, [&] { lock.set(1); });
  expect_reentrance(lock, [&] { (void)lock.try_set(1); });
  expect_reentrance(lock, [&] { lock.try_insert(1); });
  expect_reentrance(lock, [&] { lock.try_emplace(1); });
  expect_reentrance(lock, [&] { (void)lock.get_or_try_init([] { return std::optional<int>{1}; }); });
  if constexpr (TypeParam::can_wait) {
    expect_reentrance(lock, [&] { lock.wait(); });
    expect_reentrance(lock, [&] { (void)lock.wait_for(1h); });
    expect_reentrance(lock, [&] { (void)lock.wait_until(std::chrono::steady_clock::now() + 1h); });
  }
}

TYPED_TEST(OnceLockAll, reentrance_through_another_lock) {
  Lock<int, TypeParam> outer;
  Lock<char, TypeParam> middle;
  auto const text = text_of<first_use::ReentrantInitError>([&] {
    outer.get_or_init(
        [&] { return int{middle.get_or_init([&] { return static_cast<char>(outer.get_or_init(must_not_run)); })}; });
  });
  std::string const kind = TypeParam::can_wait ? "OnceLock" : "OnceCell";
  EXPECT_TRUE(contains(text, kind + "<int> -> " + kind + "<char> -> " + kind + "<int>")) << text;
  EXPECT_FALSE(outer);
  EXPECT_FALSE(middle);
}

TYPED_TEST(OnceLockAll, nested_initialisers_of_other_locks_are_no_reentrance) {
  Lock<int, TypeParam> a, b, c;
  EXPECT_EQ(a.get_or_init([&] { return 1 + b.get_or_init([&] { return 1 + c.get_or_init([] { return 1; }); }); }), 3);
  EXPECT_EQ(b.value(), 2);
  EXPECT_EQ(c.value(), 1);
}

TYPED_TEST(OnceLockAll, try_set_refused_by_reentrance_leaves_its_argument_whole) {
  Lock<std::unique_ptr<int>, TypeParam> lock;
  auto argument = std::make_unique<int>(3);
  lock.get_or_init([&] {
    EXPECT_THROW(lock.set(std::move(argument)), first_use::ReentrantInitError);
    EXPECT_THROW((void)lock.try_set(std::move(argument)), first_use::ReentrantInitError);
    EXPECT_THROW(lock.try_insert(std::move(argument)), first_use::ReentrantInitError);
    return std::make_unique<int>(4);
  });
  ASSERT_NE(argument, nullptr);
  EXPECT_EQ(*argument, 3);
  EXPECT_EQ(*lock.value(), 4);
}

// What needs exclusive access has none inside the initialiser of that very object; it must do no harm there.
TYPED_TEST(OnceLockAll, take_and_reset_inside_the_initialiser_do_nothing) {
  Lock<std::string, TypeParam> lock;
  EXPECT_EQ(lock.get_or_init([&] {
    EXPECT_EQ(lock.take(), std::nullopt);
    lock.reset();
    Lock<std::string, TypeParam> const copy{lock};
    EXPECT_FALSE(copy);
    EXPECT_THROW(lock.set("x"), first_use::ReentrantInitError) << "it is still running";
    return "made";
  }),
            "made");
}

}  // namespace

#endif
