// SPDX-License-Identifier: MIT OR Apache-2.0
//
// OnceLock's behaviour: who fills it, who waits, what failure and wrong use leave behind. Names that Rust's suites have
// are kept. What T may be, and copying and moving, stand in once_lock_values_test.cpp.
#include <first_use/once_lock.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
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
using first_use_test::BlockingPolicies;
using first_use_test::Crew;
using first_use_test::Expected;
using first_use_test::Gate;
using first_use_test::Outcome;
using first_use_test::PolicyNames;
using first_use_test::StartLine;
using first_use_test::Unexpected;
using first_use_test::wait_until_holds;
using first_use_test::wait_until_queued;
using first_use_test::word_of;
using namespace std::chrono_literals;

template <class Sync>
struct OnceLockAll : ::testing::Test {};
TYPED_TEST_SUITE(OnceLockAll, AllPolicies, PolicyNames);

template <class Sync>
struct OnceLockThreads : ::testing::Test {};
TYPED_TEST_SUITE(OnceLockThreads, BlockingPolicies, PolicyNames);

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

// The cells may not be defined const.
TYPED_TEST(OnceLockThreads, a_lock_defined_const_fills_itself) {
  static constinit Lock<std::pair<int, int>, TypeParam> const in_static_storage;
  EXPECT_EQ(in_static_storage.get_or_init([] { return std::pair{1, 2}; }).second, 2);
  EXPECT_EQ(in_static_storage.wait().first, 1);
  Lock<std::string, TypeParam> const local;
  EXPECT_EQ(local.get(), nullptr);
  EXPECT_EQ(local.get_or_init([] { return "made"; }), "made");
  EXPECT_EQ(local.value(), "made");
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

// Use after the end ---------------------------------------------------------------------------------------------------

TYPED_TEST(OnceLockThreads, use_after_destruction_is_an_error) {
  using Full = Lock<std::string, TypeParam>;
  alignas(Full) unsigned char room[sizeof(Full)];
  auto* const lock = ::new (static_cast<void*>(room)) Full;
  lock->set("a value whose destructor runs, on the heap");
  lock->~Full();
  auto* const ghost = std::launder(reinterpret_cast<Full*>(room));
  auto const text = text_of<first_use::InitError>([&] { ghost->get_or_init([] { return "zombie"; }); });
  EXPECT_TRUE(contains(text, "after its destruction")) << text;
  EXPECT_EQ(ghost->get(), nullptr);
  EXPECT_THROW(ghost->set("zombie"), first_use::InitError);
  EXPECT_THROW(ghost->wait(), first_use::InitError);
}

#endif  // FIRST_USE_HAS_EXCEPTIONS

// Several threads -----------------------------------------------------------------------------------------------------

TYPED_TEST(OnceLockThreads, stampede) {
  constexpr int threads = 8;
  for (int round = 0; round != 50; ++round) {
    Lock<std::string, TypeParam> lock;
    StartLine line{threads};
    std::atomic<int> runs{0};
    int side_effect = 0;  // not atomic: the lock must order it
    std::array<std::string*, threads> seen{};
    {
      Crew crew;
      for (int i = 0; i != threads; ++i) {
        crew.add([&, i] {
          line.wait();
          seen[static_cast<std::size_t>(i)] = &lock.get_or_init([&] {
            ++runs;
            side_effect = round + 1;
            return std::string(100, 'x');
          });
          EXPECT_EQ(side_effect, round + 1);
        });
      }
    }
    EXPECT_EQ(runs, 1);
    for (auto* const one : seen) EXPECT_EQ(one, lock.get());
  }
}

TYPED_TEST(OnceLockThreads, get_or_init_stress) {
  constexpr int threads = 4;
  constexpr std::size_t cells = 300;
  std::vector<Lock<std::size_t, TypeParam>> many(cells);
  std::atomic<std::size_t> runs{0};
  StartLine line{threads};
  Crew crew;
  crew.add(threads, [&] {
    line.wait();
    for (std::size_t i = 0; i != cells; ++i) {
      EXPECT_EQ(many[i].get_or_init([&, i] {
        ++runs;
        return i;
      }),
                i);
    }
  });
  crew.join();
  EXPECT_EQ(runs, cells);
}

// Rust's: readers must never see a value that is not finished.
TYPED_TEST(OnceLockThreads, sync_once_cell_does_not_leak_partially_constructed_boxes) {
  constexpr int readers = 3, writers = 2;
  std::string const message = "Hello, World, and enough of it to live on the heap";
  for (int round = 0; round != 100; ++round) {
    Lock<std::unique_ptr<std::string>, TypeParam> cell;
    StartLine line{readers + writers};
    Crew crew;
    crew.add(readers, [&] {
      line.wait();
      std::unique_ptr<std::string> const* found = nullptr;
      wait_until_holds("a reader to see the value", [&] { return (found = std::as_const(cell).get()) != nullptr; });
      EXPECT_EQ(**found, message);
    });
    crew.add(writers, [&] {
      line.wait();
      cell.set(std::make_unique<std::string>(message));
    });
  }
}

TYPED_TEST(OnceLockThreads, a_reader_sees_what_the_initialiser_wrote_elsewhere) {
  for (int round = 0; round != 100; ++round) {
    Lock<int, TypeParam> lock;
    int elsewhere = 0;
    Crew crew;
    crew.add([&] {
      wait_until_holds("get() to see the value", [&] { return lock.get() != nullptr; });
      EXPECT_EQ(elsewhere, 5);
    });
    crew.add([&] {
      wait_until_holds("has_value()", [&] { return lock.has_value(); });
      EXPECT_EQ(elsewhere, 5);
    });
    crew.add([&] {
      lock.wait();
      EXPECT_EQ(elsewhere, 5);
    });
    crew.add([&] {
      EXPECT_NE(lock.wait_for(1h), nullptr);
      EXPECT_EQ(elsewhere, 5);
    });
    lock.get_or_init([&] {
      elsewhere = 5;
      return 1;
    });
  }
}

TYPED_TEST(OnceLockThreads, nothing_blocks_on_a_running_initialiser_but_what_says_so) {
  Lock<std::unique_ptr<int>, TypeParam> lock;
  Gate running{"the initialiser to run"}, go_on{"the initialiser to go on"};
  Crew crew;
  crew.add([&] {
    lock.get_or_init([&] {
      running.open();
      go_on.wait();
      return std::make_unique<int>(1);
    });
  });
  running.wait();
  EXPECT_EQ(lock.get(), nullptr);
  EXPECT_FALSE(lock.has_value());
  EXPECT_FALSE(lock);
  auto argument = std::make_unique<int>(2);
  EXPECT_EQ(lock.try_set(std::move(argument)), TrySetResult::busy);
  ASSERT_NE(argument, nullptr);
  EXPECT_EQ(*argument, 2);
  EXPECT_EQ(lock.wait_for(0s), nullptr);
#if FIRST_USE_HAS_EXCEPTIONS
  EXPECT_THROW((void)lock.value(), first_use::InitError);
#endif
  go_on.open();
  EXPECT_EQ(*lock.wait(), 1);
  EXPECT_EQ(lock.try_set(std::move(argument)), TrySetResult::occupied);
  EXPECT_NE(argument, nullptr);
}

TYPED_TEST(OnceLockThreads, copies_and_comparisons_take_a_snapshot_without_blocking) {
  Lock<int, TypeParam> lock;
  Gate running{"the initialiser to run"}, go_on{"the initialiser to go on"};
  Crew crew;
  crew.add([&] {
    lock.get_or_init([&] {
      running.open();
      go_on.wait();
      return 1;
    });
  });
  running.wait();
  Lock<int, TypeParam> const copy{lock};
  EXPECT_FALSE(copy);
  EXPECT_TRUE(copy == lock);
  Lock<int, TypeParam> assigned{std::in_place, 3};
  EXPECT_FALSE(assigned == lock);
  assigned = std::as_const(lock);
  EXPECT_FALSE(assigned);
  EXPECT_TRUE(assigned.set(4)) << "a copy of a running lock is a lock of its own";
  go_on.open();
  EXPECT_EQ(lock.wait(), 1);
}

/// Holds `lock` running in a thread; the calls given to it sleep on the lock meanwhile; then that initialiser fails.
template <class T, class Sync>
class FailingFirst {
 public:
  explicit FailingFirst(Lock<T, Sync>& the_lock) {
    crew_.add([this, &the_lock] {
      auto const failed = the_lock.get_or_try_init([this]() -> Expected<T, std::string> {
        running_.open();
        fail_.wait();
        return Unexpected<std::string>{"the first fails"};
      });
      ASSERT_FALSE(failed.has_value());
      EXPECT_EQ(failed.error(), "the first fails");
    });
    running_.wait();
  }
  template <class F>
  void add(F f) {
    crew_.add(std::move(f));
  }
  void fail_and_join() {
    fail_.open();
    crew_.join();
  }

 private:
  Gate running_{"the first initialiser to run"}, fail_{"the first initialiser to fail"};
  Crew crew_;
};

TYPED_TEST(OnceLockThreads, set_blocks_and_wins_if_the_running_initialiser_fails) {
  Lock<std::unique_ptr<int>, TypeParam> lock;
  FailingFirst first{lock};
  first.add([&] { EXPECT_TRUE(lock.set(std::make_unique<int>(2))); });
  wait_until_queued(lock);
  EXPECT_EQ(lock.get(), nullptr);
  first.fail_and_join();
  EXPECT_EQ(*lock.value(), 2);
}

TYPED_TEST(OnceLockThreads, set_blocks_and_loses_if_the_running_initialiser_succeeds) {
  Lock<std::unique_ptr<int>, TypeParam> lock;
  Gate running{"the initialiser to run"}, go_on{"the initialiser to go on"};
  Crew crew;
  crew.add([&] {
    lock.get_or_init([&] {
      running.open();
      go_on.wait();
      return std::make_unique<int>(1);
    });
  });
  running.wait();
  auto refused = std::make_unique<int>(2);
  auto also = std::make_unique<int>(3);
  crew.add([&] { EXPECT_FALSE(lock.set(std::move(refused))); });
  crew.add([&] {
    auto [value, mine] = lock.try_insert(std::move(also));
    EXPECT_FALSE(mine);
    EXPECT_EQ(*value, 1);
  });
  wait_until_queued(lock);
  go_on.open();
  crew.join();
  ASSERT_NE(refused, nullptr);
  ASSERT_NE(also, nullptr);
  EXPECT_EQ(*refused + *also, 5);
  EXPECT_EQ(*lock.value(), 1);
}

TYPED_TEST(OnceLockThreads, an_error_goes_to_its_caller_alone_and_a_waiter_takes_over) {
  Lock<int, TypeParam> lock;
  std::atomic<int> runs{0};
  FailingFirst first{lock};
  constexpr int waiters = 3;
  for (int i = 0; i != waiters; ++i) {
    first.add([&, i] {
      auto const mine = lock.get_or_try_init([&, i]() -> Expected<int, std::string> {
        ++runs;
        return 10 + i;
      });
      ASSERT_TRUE(mine.has_value());
      EXPECT_EQ(*mine, lock.get());
    });
  }
  wait_until_queued(lock);
  first.fail_and_join();
  EXPECT_EQ(runs, 1) << "of the waiters";
  EXPECT_GE(lock.value(), 10);
  EXPECT_LT(lock.value(), 10 + waiters);
}

// Attempt n+1 must see all that failed attempt n wrote: `attempts` is a plain int.
TYPED_TEST(OnceLockThreads, four_threads_race_an_initialiser_that_fails_twice) {
  for (int round = 0; round != 50; ++round) {
    Lock<int, TypeParam> lock;
    StartLine line{4};
    int attempts = 0;
    std::atomic<int> errors{0}, values{0};
    Crew crew;
    crew.add(4, [&] {
      line.wait();
      auto const result = lock.get_or_try_init([&]() -> Expected<int, int> {
        if (++attempts <= 2) return Unexpected<int>{attempts};
        return 100 + attempts;
      });
      ++(result.has_value() ? values : errors);
      EXPECT_EQ(result.has_value() ? **result : 103, 103);
    });
    crew.join();
    EXPECT_EQ(attempts, 3);
    EXPECT_EQ(errors, 2);
    EXPECT_EQ(values, 2);
  }
}

#if FIRST_USE_HAS_EXCEPTIONS

TYPED_TEST(OnceLockThreads, one_waiter_takes_over_from_a_throwing_initialiser) {
  Lock<int, TypeParam> lock;
  Gate running{"the initialiser to run"}, fail{"the initialiser to fail"};
  std::atomic<int> runs{0};
  Crew crew;
  crew.add([&] {
    EXPECT_THROW(lock.get_or_init([&]() -> int {
      running.open();
      fail.wait();
      throw Failure{0};
    }),
                 Failure);
  });
  running.wait();
  crew.add(3, [&] {
    EXPECT_EQ(lock.get_or_init([&] {
      ++runs;
      return 7;
    }),
              7);
  });
  wait_until_queued(lock);
  fail.open();
  crew.join();
  EXPECT_EQ(runs, 1);
}

TYPED_TEST(OnceLockThreads, all_fail_in_turn) {
  constexpr int threads = 6;
  Lock<int, TypeParam> lock;
  StartLine line{threads};
  int inside = 0, runs = 0;  // plain: only one runs at a time
  std::atomic<int> own{0};
  Crew crew;
  for (int i = 0; i != threads; ++i) {
    crew.add([&, i] {
      line.wait();
      try {
        lock.get_or_init([&, i]() -> int {
          EXPECT_EQ(++inside, 1);
          ++runs;
          std::this_thread::yield();
          --inside;
          throw Failure{i};
        });
        ADD_FAILURE();
      } catch (Failure const& failure) {
        if (failure.number == i) ++own;
      }
    });
  }
  crew.join();
  EXPECT_EQ(runs, threads);
  EXPECT_EQ(own, threads) << "each its own failure";
  EXPECT_EQ(lock.get(), nullptr);
  EXPECT_EQ(lock.get_or_init([] { return 1; }), 1);
}

// Deadlock ------------------------------------------------------------------------------------------------------------

/// `locks` threads, each inside one lock, each asks for the next: a ring. Returns the texts of all DeadlockErrors.
template <class Sync, std::size_t locks>
std::vector<std::string> close_a_ring(std::array<Lock<int, Sync>, locks>& ring) {
  StartLine line{locks};
  std::vector<std::string> texts(locks);
  Crew crew;
  for (std::size_t i = 0; i != locks; ++i) {
    crew.add([&, i] {
      try {
        ring[i].get_or_init([&, i] {
          line.wait();
          return 1 + ring[(i + 1) % locks].get_or_init([] { return 100; });
        });
      } catch (first_use::DeadlockError const& error) { texts[i] = error.what(); }
    });
  }
  crew.join();
  std::erase(texts, "");
  return texts;
}

TYPED_TEST(OnceLockThreads, two_locks_that_wait_for_each_other) {
  for (int round = 0; round != 20; ++round) {
    std::array<Lock<int, TypeParam>, 2> ring;
    auto const texts = close_a_ring<TypeParam>(ring);
    ASSERT_EQ(texts.size(), 1U);
    EXPECT_TRUE(contains(texts[0], "deadlock")) << texts[0];
    EXPECT_TRUE(contains(texts[0], "OnceLock<int>")) << texts[0];
    // The other thread went on with the lock that the error left empty, and finished its own.
    EXPECT_EQ(ring[0].get_or_init(must_not_run) + ring[1].get_or_init(must_not_run), 201);
  }
}

TYPED_TEST(OnceLockThreads, a_ring_of_four) {
  std::array<Lock<int, TypeParam>, 4> ring;
  EXPECT_EQ((close_a_ring<TypeParam>(ring).size()), 1U);
  for (auto& lock : ring) EXPECT_TRUE(lock);
}

TYPED_TEST(OnceLockThreads, a_wait_closes_a_ring_and_a_timed_wait_does_not) {
  Lock<int, TypeParam> outer;
  Lock<char, TypeParam> inner;
  Gate running{"the outer initialiser to run"};
  std::atomic<int> deadlocks{0};
  Crew crew;
  inner.get_or_init([&] {
    crew.add([&] {
      try {
        outer.get_or_init([&] {
          running.open();
          return int{inner.wait()};
        });
      } catch (first_use::DeadlockError const&) {
        ++deadlocks;
        outer.set(9);
      }
    });
    running.wait();
    wait_until_queued(inner);
    EXPECT_EQ(outer.wait_for(1ms), nullptr) << "ends by itself";
    // Whichever of the two registers last sees the ring.
    try {
      outer.wait();
    } catch (first_use::DeadlockError const& error) {
      ++deadlocks;
      EXPECT_TRUE(contains(error.what(), "OnceLock<int>") && contains(error.what(), "OnceLock<char>")) << error.what();
    }
    return '\x09';
  });
  crew.join();
  EXPECT_EQ(deadlocks, 1);
  EXPECT_EQ(outer.value(), 9);
}

#endif  // FIRST_USE_HAS_EXCEPTIONS

// Waiting -------------------------------------------------------------------------------------------------------------

TYPED_TEST(OnceLockThreads, wait_starts_nothing_and_sees_the_value) {
  Lock<std::string, TypeParam> lock;
  std::atomic<std::string const*> seen{nullptr};
  Crew crew;
  crew.add([&] { seen = &std::as_const(lock).wait(); });
  wait_until_queued(lock);
  EXPECT_EQ(lock.get(), nullptr);
  EXPECT_EQ(seen, nullptr);
  EXPECT_TRUE(lock.set("there"));
  crew.join();
  EXPECT_EQ(seen, lock.get());
  EXPECT_EQ(&lock.wait(), lock.get()) << "at once";
}

TYPED_TEST(OnceLockThreads, wait_sleeps_on_through_failures) {
  Lock<int, TypeParam> lock;
  Crew crew;
  std::atomic<int> ended{0};
  crew.add(2, [&] {
    EXPECT_EQ(lock.wait(), 4);
    ++ended;
  });
  crew.add([&] {
    EXPECT_EQ(*lock.wait_for(1h), 4);
    ++ended;
  });
  for (int failure = 0; failure != 4; ++failure) {
    wait_until_queued(lock);
    EXPECT_EQ(lock.get_or_try_init([] { return std::optional<int>{}; }), nullptr);
#if FIRST_USE_HAS_EXCEPTIONS
    EXPECT_THROW(lock.get_or_init([]() -> int { throw Failure{1}; }), Failure);
#endif
    EXPECT_EQ(ended, 0);
  }
  lock.get_or_init([] { return 4; });
  crew.join();
  EXPECT_EQ(ended, 3);
}

TYPED_TEST(OnceLockThreads, a_timed_out_wait_gives_null_and_leaves_nothing_behind) {
  auto const time_out = [](Lock<std::string, TypeParam>& lock) {
    EXPECT_EQ(lock.wait_for(1ms), nullptr);
    EXPECT_EQ(std::as_const(lock).wait_for(std::chrono::duration<double>{1e-4}), nullptr);
    EXPECT_EQ(lock.wait_until(std::chrono::steady_clock::now() + 1ms), nullptr);
    EXPECT_EQ(std::as_const(lock).wait_until(std::chrono::system_clock::now() + 1ms), nullptr);
    EXPECT_EQ(lock.wait_until(std::chrono::steady_clock::now() - 1h), nullptr);
    EXPECT_EQ(lock.wait_for(-1h), nullptr);
    EXPECT_EQ(lock.get(), nullptr);
    EXPECT_FALSE(lock);
  };
  Lock<std::string, TypeParam> lock;
  time_out(lock);
  EXPECT_EQ(lock.take(), std::nullopt);
  EXPECT_EQ(word_of(lock), 0U) << "no mark of a waiter that is gone";
  time_out(lock);
  lock.reset();
  EXPECT_EQ(word_of(lock), 0U);
  time_out(lock);
  EXPECT_FALSE((Lock<std::string, TypeParam>{lock}));
  EXPECT_FALSE((Lock<std::string, TypeParam>{std::move(lock)}));
  time_out(lock);
  EXPECT_EQ(lock.get_or_init([] { return "made"; }), "made");
  EXPECT_EQ(*lock.wait_for(0s), "made");
  EXPECT_EQ(*lock.wait_until(std::chrono::steady_clock::now() - 1h), "made");
  lock = Lock<std::string, TypeParam>{};
  time_out(lock);
  lock = Lock<std::string, TypeParam>{std::in_place, "assigned"};
  EXPECT_EQ(lock.wait(), "assigned");
}

TYPED_TEST(OnceLockThreads, a_timed_wait_ends_with_the_value) {
  Lock<int, TypeParam> lock;
  Crew crew;
  crew.add([&] { EXPECT_EQ(*lock.wait_for(1h), 3); });
  crew.add([&] { EXPECT_EQ(*lock.wait_for(std::chrono::hours::max()), 3); });
  crew.add([&] { EXPECT_EQ(*lock.wait_until(std::chrono::steady_clock::now() + 1h), 3); });
  crew.add([&] { EXPECT_EQ(*std::as_const(lock).wait_until(std::chrono::system_clock::now() + 1h), 3); });
  wait_until_queued(lock);
  lock.set(3);
}

// take(), and the end of the object -----------------------------------------------------------------------------------

// Rounds in which threads fill one lock together, and one of them empties it between the rounds.
TYPED_TEST(OnceLockThreads, take_and_fill_in_rounds) {
  constexpr int threads = 3, rounds = 100;
  Lock<std::unique_ptr<int>, TypeParam> lock;
  std::atomic<int> arrived{0}, finished_rounds{0};
  std::atomic<int> runs{0};
  Crew crew;
  crew.add(threads, [&] {
    for (int round = 0; round != rounds; ++round) {
      EXPECT_EQ(*lock.get_or_init([&] {
        ++runs;
        return std::make_unique<int>(round);
      }),
                round);
      if (arrived.fetch_add(1) + 1 == threads * (round + 1)) {
        auto const taken = lock.take();
        EXPECT_EQ(taken.has_value() ? **taken : -1, round);
        ++finished_rounds;
      } else {
        wait_until_holds("the round to end", [&] { return finished_rounds > round; });
      }
    }
  });
  crew.join();
  EXPECT_EQ(runs, rounds);
  EXPECT_FALSE(lock);
}

// The thread that completes a lock wakes the others, one of whom destroys the lock meanwhile: the waker may use its
// address and must not touch its bytes.
TYPED_TEST(OnceLockThreads, destroyed_right_after_completion) {
  for (int round = 0; round != 300; ++round) {
    auto lock = std::make_unique<Lock<std::string, TypeParam>>();
    Gate running{"the lock to be claimed"};
    Crew crew;
    crew.add([&running, there = lock.get()] {
      there->get_or_init([&] {
        running.open();
        wait_until_queued(*there);
        return "made";
      });
    });
    running.wait();
    EXPECT_EQ(lock->wait(), "made");
    lock.reset();
  }
}

TYPED_TEST(OnceLockThreads, taken_and_filled_again_right_after_completion) {
  for (int round = 0; round != 300; ++round) {
    Lock<std::string, TypeParam> lock;
    Gate running{"the lock to be claimed"};
    Crew crew;
    crew.add([&] {
      lock.get_or_init([&] {
        running.open();
        wait_until_queued(lock);
        return "first";
      });
    });
    running.wait();
    EXPECT_EQ(lock.wait(), "first");
    EXPECT_EQ(lock.take(), "first");
    EXPECT_EQ(lock.get_or_init([] { return "second"; }), "second");
  }
}

TYPED_TEST(OnceLockThreads, locks_that_share_nothing_do_not_wait_for_each_other) {
  Lock<int, TypeParam> slow;
  std::array<Lock<int, TypeParam>, 100> others;
  Gate running{"the slow one to run"}, go_on{"the slow one to go on"};
  Crew crew;
  crew.add([&] {
    slow.get_or_init([&] {
      running.open();
      go_on.wait();
      return 1;
    });
  });
  running.wait();
  crew.add([&] { slow.wait(); });
  wait_until_queued(slow);
  for (auto& other : others) EXPECT_EQ(other.get_or_init([] { return 2; }), 2);
  go_on.open();
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
  EXPECT_TRUE(contains(text, "OnceLock<")) << text;
  EXPECT_TRUE(contains(text, "Config>")) << text;
#endif
}

}  // namespace
