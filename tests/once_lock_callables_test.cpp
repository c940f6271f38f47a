// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a OnceLock calls to get its value, and where it stands.
#include <first_use/once_lock.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "locks.hpp"

namespace {

using namespace first_use_test;

TYPED_TEST_SUITE(OnceLockAll, AllPoliciesAndInterrupts, PolicyNames);

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

/// A closure of `size` bytes, none of which may be lost on its way to where it is called.
template <std::size_t size>
auto sum_of_bytes() {
  std::array<unsigned char, size> bytes{};
  for (std::size_t i = 0; i != size; ++i) bytes[i] = static_cast<unsigned char>(0xF0 - i);
  return [bytes] {
    int sum = 0;
    for (std::size_t i = 0; i != size; ++i) sum += bytes[i] == static_cast<unsigned char>(0xF0 - i) ? 1 : 1000;
    return sum;
  };
}

template <std::size_t size, class Sync>
void expect_whole() {
  Lock<int, Sync> lock;
  EXPECT_EQ(lock.get_or_init(sum_of_bytes<size>()), static_cast<int>(size));
}

TYPED_TEST(OnceLockAll, closures_of_all_sizes_arrive_whole) {
  []<std::size_t... less>(std::index_sequence<less...>) { (expect_whole<less + 1, TypeParam>(), ...); }
  (std::make_index_sequence<2 * sizeof(void*) + 1>{});
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

TYPED_TEST(OnceLockAll, small_functors_that_cannot_be_moved) {
  struct Immovable {
    Immovable() = default;
    Immovable(Immovable const&) = delete;
    Immovable& operator=(Immovable const&) = delete;
    int calls = 0;
    int operator()() { return ++calls; }
  } immovable;
  Lock<int, TypeParam> by_lvalue, by_rvalue;
  EXPECT_EQ(by_lvalue.get_or_init(immovable), 1);
  EXPECT_EQ(immovable.calls, 1);
  EXPECT_EQ(by_rvalue.get_or_init(Immovable{}), 1);
}

TYPED_TEST(OnceLockAll, a_full_lock_leaves_its_callable_alone) {
  Lock<int, TypeParam> lock{std::in_place, 1};
  auto callable = [owned = std::make_unique<int>(2)]() mutable { return *std::exchange(owned, nullptr); };
  EXPECT_EQ(lock.get_or_init(std::move(callable)), 1);
  EXPECT_EQ(callable(), 2) << "moved from, or called";
  std::function<std::optional<int>()> function = [] { return std::optional<int>{3}; };
  EXPECT_EQ(*lock.get_or_try_init(std::move(function)), 1);
  EXPECT_TRUE(function);
}

template <class State>
struct ByCategory {
  int operator()() & { return 1; }
  int operator()() const& { return 2; }
  int operator()() && { return 3; }
  int operator()() const&& { return 4; }
  State state{};
};

TYPED_TEST(OnceLockAll, value_category_of_the_functor_is_kept) {
  auto const each = [](auto functor) {
    Lock<int, TypeParam> by_lvalue, by_const, by_rvalue, by_const_rvalue;
    EXPECT_EQ(by_lvalue.get_or_init(functor), 1);
    EXPECT_EQ(by_const.get_or_init(std::as_const(functor)), 2);
    EXPECT_EQ(by_rvalue.get_or_init(std::move(functor)), 3);
    EXPECT_EQ(by_const_rvalue.get_or_init(std::move(std::as_const(functor))), 4);
  };
  each(ByCategory<std::array<long, 8>>{});
  each(ByCategory<char>{});
  each(ByCategory<void*>{});
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

}  // namespace
