// SPDX-License-Identifier: MIT OR Apache-2.0
//
// OnceLock's behaviour within one thread: who fills it, what is called, what failure and wrong use leave behind. Names
// that Rust's suites have are kept. Several threads: once_lock_threads_test.cpp; what T may be, copying and moving:
// once_lock_values_test.cpp.
#include <first_use/once_lock.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <version>
#if defined(__cpp_lib_expected)
#include <expected>
#endif
#if defined(__cpp_rtti)
#include <typeinfo>
#endif

#include "examples_of_expected.hpp"
#include "policies.hpp"

namespace {

using first_use::BasicOnceLock;
using first_use::OnceLock;
using first_use::TrySetResult;
using first_use_test::AllPolicies;
using first_use_test::Expected;
using first_use_test::Outcome;
using first_use_test::PolicyNames;
using first_use_test::Unexpected;
using namespace std::chrono_literals;

template <class Sync>
struct OnceLockAll : ::testing::Test {};
TYPED_TEST_SUITE(OnceLockAll, AllPolicies, PolicyNames);

template <class T, class Sync>
using Lock = BasicOnceLock<T, Sync>;

int must_not_run() {
  ADD_FAILURE() << "this initialiser must not run";
  return -1;
}

#if FIRST_USE_HAS_EXCEPTIONS
/// What the error of this very type says; fails the test where there is none.
template <class Error, class F>
std::string text_of(F f) {
  try {
    f();
  } catch (Error const& error) {
#if defined(__cpp_rtti)
    EXPECT_EQ(typeid(error), typeid(Error)) << error.what();
#endif
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

struct Failure : std::runtime_error {
  explicit Failure(int the_number) : std::runtime_error{"failure"}, number{the_number} {}
  int number;
};
#endif

[[maybe_unused]] bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

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

// What is called ------------------------------------------------------------------------------------------------------

int forty() { return 40; }

TYPED_TEST(OnceLockAll, functions_and_function_objects_are_called) {
  Lock<int, TypeParam> by_function;
  EXPECT_EQ(by_function.get_or_init(forty), 40);
  Lock<int, TypeParam> by_pointer;
  EXPECT_EQ(by_pointer.get_or_init(&forty), 40);
  Lock<int, TypeParam> by_lvalue_pointer;
  int (*const pointer)() = forty;
  EXPECT_EQ(by_lvalue_pointer.get_or_init(pointer), 40);
  Lock<int, TypeParam> by_wrapper;
  EXPECT_EQ(by_wrapper.get_or_init(std::function<int()>{forty}), 40);
  Lock<int, TypeParam> by_closure;  // in a register
  int base = 38;
  ++base;
  EXPECT_EQ(by_closure.get_or_init([&base] { return base + 1; }), 40);
  Lock<int, TypeParam> by_large_closure;
  std::array<int, 16> many{};
  many[7] = 40;
  EXPECT_EQ(by_large_closure.get_or_init([many] { return many[7]; }), 40);
  Lock<int, TypeParam> by_move_only;
  EXPECT_EQ(by_move_only.get_or_init([p = std::make_unique<int>(40)] { return *p; }), 40);
  Lock<int, TypeParam> by_mutable;
  EXPECT_EQ(by_mutable.get_or_init([n = 39]() mutable { return ++n; }), 40);
  Lock<int, TypeParam> by_try;
  EXPECT_EQ(*by_try.get_or_try_init(+[] { return std::optional<int>{40}; }), 40);
}

TYPED_TEST(OnceLockAll, an_lvalue_functor_keeps_its_state) {
  struct Small {
    int calls = 0;
    int operator()() { return ++calls; }
  } small;
  Lock<int, TypeParam> first;
  EXPECT_EQ(first.get_or_init(small), 1);
  EXPECT_EQ(small.calls, 1);
  struct Large {
    std::array<long, 8> filler{};
    int calls = 0;
    int operator()() { return ++calls; }
  } large;
  Lock<int, TypeParam> second;
  EXPECT_EQ(second.get_or_init(large), 1);
  EXPECT_EQ(large.calls, 1);
  struct Immovable {
    Immovable() = default;
    Immovable(Immovable const&) = delete;
    Immovable& operator=(Immovable const&) = delete;
    int calls = 0;
    std::optional<int> operator()() { return ++calls; }
  } immovable;
  Lock<int, TypeParam> third;
  EXPECT_EQ(*third.get_or_try_init(immovable), 1);
  EXPECT_EQ(immovable.calls, 1);
}

// Small enough for a register, and callable as const: still the caller's own object is what is called.
TYPED_TEST(OnceLockAll, an_lvalue_functor_is_not_copied) {
  struct Twofold {
    int calls = 0;
    int operator()() { return ++calls; }
    int operator()() const { return 100; }
  } twofold;
  Lock<int, TypeParam> first, by_const;
  EXPECT_EQ(first.get_or_init(twofold), 1);
  EXPECT_EQ(twofold.calls, 1);
  EXPECT_EQ(by_const.get_or_init(std::as_const(twofold)), 100);
  struct Mutable {
    mutable int calls = 0;
    int operator()() const { return ++calls; }
  } const counts;
  Lock<int, TypeParam> second;
  EXPECT_EQ(second.get_or_init(counts), 1);
  EXPECT_EQ(counts.calls, 1);
  struct MoveOnly {
    MoveOnly() = default;
    MoveOnly(MoveOnly&&) = default;
    MoveOnly& operator=(MoveOnly&&) = default;
    int operator()() const { return 3; }
  } move_only;
  Lock<int, TypeParam> third, fourth;
  EXPECT_EQ(third.get_or_init(move_only), 3);
  EXPECT_EQ(fourth.get_or_init(std::move(move_only)), 3);
}

TYPED_TEST(OnceLockAll, value_category_of_the_functor_is_kept) {
  struct Functor {
    int operator()() & { return 1; }
    int operator()() const& { return 2; }
    int operator()() && { return 3; }
    std::array<long, 8> large{};
  } functor;
  Lock<int, TypeParam> by_lvalue, by_const, by_rvalue;
  EXPECT_EQ(by_lvalue.get_or_init(functor), 1);
  EXPECT_EQ(by_const.get_or_init(std::as_const(functor)), 2);
  EXPECT_EQ(by_rvalue.get_or_init(std::move(functor)), 3);
}

TYPED_TEST(OnceLockAll, what_the_initialiser_returns_may_convert) {
  Lock<std::string, TypeParam> text;
  EXPECT_EQ(text.get_or_init([] { return "literal"; }), "literal");
  Lock<double, TypeParam> number;
  EXPECT_EQ(number.get_or_init([] { return 2.5f; }), 2.5);
  Lock<std::shared_ptr<int const>, TypeParam> shared;
  EXPECT_EQ(*shared.get_or_init([] { return std::make_shared<int>(5); }), 5);
  Lock<std::function<int()>, TypeParam> function;
  EXPECT_EQ(function.get_or_init([] { return forty; })(), 40);
  Lock<std::optional<int>, TypeParam> optional;
  EXPECT_EQ(optional.get_or_init([] { return std::nullopt; }), std::nullopt);
  EXPECT_TRUE(optional.has_value());
  Lock<int*, TypeParam> null;
  EXPECT_EQ(null.get_or_init([] { return nullptr; }), nullptr);
  EXPECT_TRUE(null.has_value());
}

#if FIRST_USE_HAS_EXCEPTIONS
TYPED_TEST(OnceLockAll, a_null_initialiser_is_an_error_and_changes_nothing) {
  Lock<int, TypeParam> lock;
  int (*const null)() = nullptr;
  EXPECT_TRUE(contains(text_of<first_use::InitError>([&] { lock.get_or_init(null); }), "no initialiser"));
  EXPECT_EQ(lock.get(), nullptr);
  std::function<int()> const empty;
  EXPECT_TRUE(contains(text_of<first_use::InitError>([&] { lock.get_or_init(empty); }), "no initialiser"));
  std::optional<int> (*const no_try)() = nullptr;
  EXPECT_TRUE(contains(text_of<first_use::InitError>([&] { (void)lock.get_or_try_init(no_try); }), "no initialiser"));
  EXPECT_EQ(lock.get(), nullptr);
  EXPECT_EQ(lock.get_or_init([] { return 3; }), 3);
  EXPECT_EQ(lock.get_or_init(null), 3) << "a full lock calls nobody";
}
#endif

// Failure -------------------------------------------------------------------------------------------------------------

#if FIRST_USE_HAS_EXCEPTIONS

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

#endif  // FIRST_USE_HAS_EXCEPTIONS

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
  EXPECT_TRUE(contains(text, "OnceLock<")) << text;
  EXPECT_TRUE(contains(text, "Config>")) << text;
#endif
}

}  // namespace
