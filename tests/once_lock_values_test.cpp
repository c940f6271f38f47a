// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The T in a OnceLock<T>: that it is built and destroyed exactly once, and what it may be. One thread.
#include <first_use/once_lock.hpp>

#include <any>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "locks.hpp"
#include "traced.hpp"

namespace {

using namespace first_use_test;
using first_use::TrySetResult;

TYPED_TEST_SUITE(OnceLockValues, AllPolicies, PolicyNames);

// Built once, destroyed once ------------------------------------------------------------------------------------------

TYPED_TEST(OnceLockValues, once_cell_drop) {
  Traced::reset();
  {
    Lock<Traced, TypeParam> lock;
    lock.get_or_init([] { return Traced{1}; });
    EXPECT_EQ(Traced::alive, 1);
    EXPECT_EQ(Traced::copies + Traced::moves, 0) << "made in place";
  }
  EXPECT_EQ(Traced::alive, 0);
  { Lock<Traced, TypeParam> const full{std::in_place, 2}; }
  EXPECT_EQ(Traced::alive, 0);
}

TYPED_TEST(OnceLockValues, once_cell_drop_empty) {
  Traced::reset();
  {
    Lock<Traced, TypeParam> const lock;
    EXPECT_EQ(Traced::alive, 0);
  }
  EXPECT_EQ(Traced::alive, 0);
}

TYPED_TEST(OnceLockValues, reset_destroys_and_the_next_value_is_a_new_one) {
  Traced::reset();
  Lock<Traced, TypeParam> lock;
  for (int round = 1; round != 4; ++round) {
    EXPECT_TRUE(lock.try_emplace(round).second);
    EXPECT_EQ(Traced::alive, 1);
    EXPECT_EQ(lock.value().number, round);
    lock.reset();
    EXPECT_EQ(Traced::alive, 0);
    EXPECT_EQ(lock.get(), nullptr);
    lock.reset();
  }
  EXPECT_EQ(Traced::copies + Traced::moves, 0);
}

TYPED_TEST(OnceLockValues, a_refused_argument_is_not_used) {
  Traced::reset();
  Lock<Traced, TypeParam> lock{std::in_place, 1};
  Traced other{2};
  EXPECT_FALSE(lock.set(other));
  EXPECT_FALSE(lock.set(std::move(other)));
  EXPECT_FALSE(lock.try_insert(std::move(other)).second);
  EXPECT_EQ(lock.try_set(std::move(other)), TrySetResult::occupied);
  EXPECT_FALSE(lock.try_emplace(std::move(other)).second);
  EXPECT_EQ(other.number, 2);
  EXPECT_EQ(Traced::copies + Traced::moves, 0);
}

TYPED_TEST(OnceLockValues, one_copy_or_one_move_brings_a_value_in) {
  Traced::reset();
  Traced value{1};
  Lock<Traced, TypeParam> by_copy, by_move, by_try;
  EXPECT_TRUE(by_copy.set(value));
  EXPECT_EQ(Traced::copies, 1);
  EXPECT_EQ(Traced::moves, 0);
  EXPECT_TRUE(by_move.set(std::move(value)));
  EXPECT_EQ(Traced::copies, 1);
  EXPECT_EQ(Traced::moves, 1);
  EXPECT_NE(by_try.get_or_try_init([] { return std::optional<Traced>{std::in_place, 3}; }), nullptr);
  EXPECT_EQ(Traced::copies, 1);
  EXPECT_EQ(Traced::moves, 2);
  EXPECT_EQ(Traced::alive, 4);
}

#if FIRST_USE_HAS_EXCEPTIONS
TYPED_TEST(OnceLockValues, a_throwing_constructor_leaves_nothing_behind) {
  Traced::reset();
  Traced const source{7};
  {
    Lock<Traced, TypeParam> lock;
    auto const throws_at = [&](Step step, auto fill) {
      Traced::throws = step;
      EXPECT_THROW(fill(), Thrown);
      EXPECT_EQ(Traced::alive, 1) << "the source alone";
      EXPECT_EQ(lock.get(), nullptr);
    };
    throws_at(Step::construct, [&] { lock.get_or_init([] { return Traced{1}; }); });
    throws_at(Step::construct, [&] { lock.try_emplace(1); });
    throws_at(Step::copy, [&] { lock.set(source); });
    throws_at(Step::copy, [&] { (void)lock.try_set(source); });
    throws_at(Step::copy, [&] { lock.try_insert(source); });
    throws_at(Step::move, [&] { lock.set(Traced{1}); });
    throws_at(Step::move, [&] { (void)lock.get_or_try_init([] { return std::optional<Traced>{std::in_place, 1}; }); });
    throws_at(Step::construct, [&] { Lock<Traced, TypeParam> const full(std::in_place, 1); });
    EXPECT_TRUE(lock.set(source));
    EXPECT_EQ(lock.value().number, 7);
  }
  EXPECT_EQ(Traced::alive, 1);
}
#endif

// Kinds of T ----------------------------------------------------------------------------------------------------------

struct Immovable {
  explicit Immovable(int the_number) : number{the_number} {}
  Immovable(Immovable const&) = delete;
  Immovable& operator=(Immovable const&) = delete;
  int number;
  Immovable const* self = this;
};

template <class L>
concept Takes = requires(L lock) {
  lock.take();
}
|| requires(L lock) { std::move(lock).into_inner(); }
|| requires(L lock) { lock.swap(lock); };

TYPED_TEST(OnceLockValues, immovable) {
  using One = Lock<Immovable, TypeParam>;
  One lock;
  Immovable& made = lock.get_or_init([] { return Immovable{3}; });
  EXPECT_EQ(made.number, 3);
  EXPECT_EQ(made.self, &made) << "built where it stays";
  One emplaced;
  EXPECT_EQ(emplaced.try_emplace(4).first.number, 4);
  One inserted;
  EXPECT_EQ(inserted.try_insert(5).first.number, 5);
  EXPECT_TRUE(One{}.set(6)) << "from what it is constructible from";
  One tried;
  EXPECT_EQ(tried.get_or_try_init([] { return std::optional{7}; })->number, 7);
  One const full{std::in_place, 8};
  EXPECT_EQ(full.value().number, 8);
  lock.reset();
  EXPECT_FALSE(lock);
  static_assert(!std::is_copy_constructible_v<One> && !std::is_move_constructible_v<One>);
  static_assert(!std::is_copy_assignable_v<One> && !std::is_move_assignable_v<One>);
  static_assert(!std::is_swappable_v<One> && !Takes<One>);
}

TYPED_TEST(OnceLockValues, move_only) {
  using One = Lock<std::unique_ptr<int>, TypeParam>;
  static_assert(!std::is_copy_constructible_v<One> && !std::is_copy_assignable_v<One>);
  static_assert(std::is_nothrow_move_constructible_v<One> && std::is_nothrow_move_assignable_v<One>);
  One lock;
  EXPECT_EQ(*lock.get_or_init([] { return std::make_unique<int>(3); }), 3);
  One moved{std::move(lock)};
  EXPECT_FALSE(lock);
  lock = std::move(moved);
  EXPECT_EQ(**lock.take(), 3);
}

TYPED_TEST(OnceLockValues, over_aligned) {
  struct alignas(64) Wide {
    std::array<char, 64> bytes{};
  };
  struct Host {
    char before = 1;
    Lock<Wide, TypeParam> lock;
    char after = 2;
  } host;
  Wide const& wide = host.lock.get_or_init([] { return Wide{}; });
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&wide) % 64, 0U);
  auto const heap = std::make_unique<Lock<Wide, TypeParam>>(std::in_place);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(heap->get()) % 64, 0U);
}

TYPED_TEST(OnceLockValues, const_value) {
  Lock<std::string const, TypeParam> lock;
  static_assert(std::is_same_v<decltype(lock.get()), std::string const*>);
  EXPECT_EQ(lock.get_or_init([] { return std::string{"const"}; }), "const");
  Lock<std::string const, TypeParam> copy{lock};
  EXPECT_TRUE(copy == lock);
  copy.reset();
  EXPECT_TRUE(copy.set("other"));
  copy = lock;
  EXPECT_EQ(*copy.take(), "const");
  lock.swap(copy);
  EXPECT_EQ(copy.value(), "const");
}

TYPED_TEST(OnceLockValues, reference_holder) {
  struct Holder {
    int& number;
  };
  int mine = 1, other = 2;
  Lock<Holder, TypeParam> lock;
  lock.get_or_init([&] { return Holder{mine}; }).number = 5;
  EXPECT_EQ(mine, 5);
  Lock<Holder, TypeParam> second;
  second.get_or_init([&] { return Holder{other}; });
  lock = second;  // Holder has no assignment
  lock.value().number = 6;
  EXPECT_EQ(other, 6);
  Lock<std::reference_wrapper<int>, TypeParam> wrapper;
  EXPECT_EQ(&wrapper.get_or_init([&] { return std::ref(mine); }).get(), &mine);
}

TYPED_TEST(OnceLockValues, any) {
  Lock<std::any, TypeParam> lock;
  lock.get_or_init([] { return std::any{1}; });
  EXPECT_EQ(std::any_cast<int>(lock.value()), 1);
  Lock<std::any, TypeParam> copy{lock};
  EXPECT_EQ(std::any_cast<int>(copy.value()), 1) << "the value, not a lock inside an any";
  Lock<std::any, TypeParam> const of_const{std::as_const(lock)};
  EXPECT_EQ(std::any_cast<int>(of_const.value()), 1);
  Lock<std::any, TypeParam> moved{std::move(copy)};
  EXPECT_EQ(std::any_cast<int>(moved.value()), 1);
  lock = moved;
  lock = std::move(moved);
  EXPECT_EQ(std::any_cast<int>(*lock.take()), 1);
  EXPECT_TRUE(lock.set(2));
  EXPECT_FALSE(lock.set(3));
  EXPECT_EQ(std::any_cast<int>(lock.value()), 2);
  lock.reset();
  EXPECT_EQ(std::any_cast<std::string>(lock.try_emplace(std::string{"text"}).first), "text");
  lock.reset();
  lock.get_or_init([] { return 4; });  // converts
  EXPECT_EQ(std::any_cast<int>(lock.value()), 4);
}

/// Swallows whatever it is made from.
struct Greedy {
  Greedy() = default;
  template <class U>
  Greedy(U const&) : swallowed{true} {}
  Greedy(Greedy const&) = default;
  bool swallowed = false;
};

TYPED_TEST(OnceLockValues, greedy_constructor) {
  Lock<Greedy, TypeParam> lock;
  EXPECT_FALSE(lock.get_or_init([] { return Greedy{}; }).swallowed);
  Lock<Greedy, TypeParam> const copy{lock}, moved{std::move(lock)};
  EXPECT_FALSE(copy.value().swallowed);
  EXPECT_FALSE(moved.value().swallowed);
  EXPECT_TRUE(lock.set(5));
  EXPECT_TRUE(lock.value().swallowed);
}

TYPED_TEST(OnceLockValues, a_lock_in_a_lock) {
  using Inner = Lock<int, TypeParam>;
  Lock<Inner, TypeParam> lock;
  EXPECT_EQ(lock.get_or_init([] { return Inner{std::in_place, 3}; }).value(), 3);
  Lock<Inner, TypeParam> copy{lock};
  EXPECT_TRUE(copy == lock);
  lock.value().reset();
  EXPECT_TRUE(lock.has_value());
  EXPECT_FALSE(copy == lock);
  EXPECT_TRUE(lock.value().set(4));
}

TYPED_TEST(OnceLockValues, deleted_operator_new) {
  struct Odd {
    explicit Odd(int the_number) : number{the_number} {}
    Odd(Odd const&) = default;
    static void* operator new(std::size_t) = delete;
    static void* operator new(std::size_t, void*) = delete;
    int number;
  };
  Lock<Odd, TypeParam> lock;
  EXPECT_EQ(lock.get_or_init([] { return Odd{3}; }).number, 3);
  EXPECT_EQ(lock.take()->number, 3);
  EXPECT_TRUE(lock.set(Odd{4}));
}

TYPED_TEST(OnceLockValues, aggregate) {
  struct Pair {
    int first;
    std::string second;
  };
  Lock<Pair, TypeParam> lock;
  auto const& [first, second] = lock.get_or_init([] { return Pair{1, "two"}; });
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, "two");
  auto const copy = lock;
  EXPECT_EQ(copy.value().second, lock.take()->second);
}

}  // namespace
