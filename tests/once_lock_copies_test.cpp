// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Copying, moving, swapping, comparing and emptying a OnceLock, for every pair of states, also where T throws. Names that
// Rust's suites have are kept.
#include <first_use/once_lock.hpp>

#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "locks.hpp"
#include "traced.hpp"

namespace {

using namespace first_use_test;

TYPED_TEST_SUITE(OnceLockValues, AllPolicies, PolicyNames);

/// Calls `check(a, number in a, b, number in b)` with two fresh locks for each pair of states; 0 stands for empty.
template <class Sync, class Check>
void for_all_pairs(Check check) {
  for (int left : {0, 1, 2}) {
    for (int right : {0, 1, 2}) {
      SCOPED_TRACE("left " + std::to_string(left) + ", right " + std::to_string(right));
      Traced::reset();
      {
        Lock<Traced, Sync> a, b;
        if (left != 0) a.try_emplace(left);
        if (right != 0) b.try_emplace(right);
        check(a, left, b, right);
      }
      EXPECT_EQ(Traced::alive, 0);
    }
  }
}

template <class Sync>
void expect_holds(Lock<Traced, Sync> const& lock, int number) {
  EXPECT_EQ(lock.has_value(), number != 0);
  Traced const* const value = lock.get();
  EXPECT_EQ(value != nullptr ? value->number : 0, number);
  if (value != nullptr) value->check();
}

int count_of(int left, int right) { return (left != 0 ? 1 : 0) + (right != 0 ? 1 : 0); }

TYPED_TEST(OnceLockValues, clone) {
  for_all_pairs<TypeParam>([](auto& a, int left, auto& b, int right) {
    Lock<Traced, TypeParam> const copy{a};
    expect_holds<TypeParam>(copy, left);
    expect_holds<TypeParam>(a, left);
    EXPECT_EQ(Traced::alive, count_of(left, right) + count_of(left, 0));
    b = std::as_const(a);
    expect_holds<TypeParam>(b, left);
    expect_holds<TypeParam>(a, left);
    EXPECT_EQ(Traced::alive, 3 * count_of(left, 0));
    EXPECT_EQ(Traced::moves, 0);
    EXPECT_EQ(a.get() == b.get(), left == 0);
  });
}

TYPED_TEST(OnceLockValues, a_copy_is_a_lock_of_its_own) {
  Lock<std::string, TypeParam> original;
  Lock<std::string, TypeParam> copy{original};
  EXPECT_TRUE(copy.set("copy"));
  EXPECT_EQ(original.get(), nullptr);
  EXPECT_TRUE(original.set("original"));
  Lock<std::string, TypeParam> second{original};
  *second.get() += "'s copy";
  EXPECT_EQ(original.value(), "original");
  original.reset();
  EXPECT_EQ(second.value(), "original's copy");
  EXPECT_FALSE(second.set("refused"));
}

TYPED_TEST(OnceLockValues, moving_leaves_the_source_empty_and_usable) {
  for_all_pairs<TypeParam>([](auto& a, int left, auto& b, int right) {
    Lock<Traced, TypeParam> moved{std::move(a)};
    expect_holds<TypeParam>(moved, left);
    expect_holds<TypeParam>(a, 0);
    EXPECT_EQ(Traced::alive, count_of(left, right)) << "the moved-from value is destroyed";
    EXPECT_TRUE(a.try_emplace(8).second);
    b = std::move(moved);
    expect_holds<TypeParam>(b, left);
    expect_holds<TypeParam>(moved, 0);
    EXPECT_EQ(Traced::alive, 1 + count_of(left, 0));
    EXPECT_TRUE(moved.try_emplace(9).second);
    EXPECT_EQ(Traced::copies, 0);
  });
}

TYPED_TEST(OnceLockValues, swap) {
  for_all_pairs<TypeParam>([](auto& a, int left, auto& b, int right) {
    a.swap(b);
    expect_holds<TypeParam>(a, right);
    expect_holds<TypeParam>(b, left);
    swap(a, b);
    expect_holds<TypeParam>(a, left);
    expect_holds<TypeParam>(b, right);
    std::swap(a, b);
    expect_holds<TypeParam>(a, right);
    expect_holds<TypeParam>(b, left);
    EXPECT_EQ(Traced::alive, count_of(left, right));
    EXPECT_EQ(Traced::copies, 0);
  });
}

TYPED_TEST(OnceLockValues, with_itself) {
  for_all_pairs<TypeParam>([](auto& a, int left, auto&, int) {
    auto& same = a;
    Traced const* const place = a.get();
    a = std::as_const(same);
    expect_holds<TypeParam>(a, left);
    a = std::move(same);
    expect_holds<TypeParam>(a, left);
    EXPECT_EQ(a.get(), place);
    EXPECT_EQ(Traced::copies + Traced::moves, 0) << "assignments to itself do nothing";
    a.swap(same);
    expect_holds<TypeParam>(a, left);
    EXPECT_TRUE(a == same);
  });
}

TYPED_TEST(OnceLockValues, partialeq_impl) {
  for_all_pairs<TypeParam>([](auto& a, int left, auto& b, int right) {
    EXPECT_EQ(a == b, left == right);
    EXPECT_EQ(a != b, left != right);
    EXPECT_EQ(std::as_const(b) == a, left == right);
    EXPECT_EQ(std::as_const(b) != std::as_const(a), left != right);
  });
}

TYPED_TEST(OnceLockValues, from_impl) {
  using One = Lock<std::string, TypeParam>;
  One const full{std::in_place, "xx"};
  EXPECT_EQ(full.value(), "xx");
  EXPECT_TRUE(full == (One{std::in_place, std::size_t{2}, 'x'}));
  EXPECT_EQ(One{std::in_place}.take(), "") << "a T{} is a value";
}

TYPED_TEST(OnceLockValues, into_inner) {
  for_all_pairs<TypeParam>([](auto& a, int left, auto& b, int right) {
    auto const inner = std::move(a).into_inner();
    static_assert(std::is_same_v<decltype(inner), std::optional<Traced> const>);
    EXPECT_EQ(inner.has_value() ? inner->number : 0, left);
    auto const taken = b.take();
    static_assert(std::is_same_v<decltype(taken), std::optional<Traced> const>);
    EXPECT_EQ(taken.has_value() ? taken->number : 0, right);
    expect_holds<TypeParam>(a, 0);
    expect_holds<TypeParam>(b, 0);
    EXPECT_EQ(Traced::alive, count_of(left, right));
    EXPECT_EQ(Traced::copies, 0);
    EXPECT_TRUE(b.try_emplace(5).second);
  });
}

/// Also where the word tells more, or less, than of a kept lock.
template <class L>
void expect_values_travel() {
  Traced::reset();
  {
    L empty, full;
    EXPECT_TRUE(full.try_emplace(1).second);
    L const copy{full};
    EXPECT_TRUE(copy == full);
    EXPECT_FALSE(copy == empty);
    EXPECT_TRUE(L{empty} == empty);
    L moved{std::move(full)};
    EXPECT_TRUE(moved == copy);
    EXPECT_TRUE(full == empty);
    swap(moved, empty);
    EXPECT_TRUE(empty == copy);
    EXPECT_TRUE(moved == full);
    moved = copy;
    EXPECT_TRUE(moved == copy);
    moved = std::move(empty);
    EXPECT_FALSE(empty);
    EXPECT_EQ(moved.take()->number, 1);
    EXPECT_FALSE(moved);
    moved = full;
    EXPECT_FALSE(moved);
    EXPECT_EQ((L{std::in_place, 7}.take()->number), 7);
    EXPECT_TRUE(moved.try_emplace(8).second);
    EXPECT_EQ(std::move(moved).into_inner()->number, 8);
    EXPECT_EQ(Traced::alive, 1) << "the copy alone";
  }
  EXPECT_EQ(Traced::alive, 0);
}

TYPED_TEST(OnceLockValues, values_travel_under_every_fork_policy) {
  expect_values_travel<first_use::BasicOnceLock<Traced, TypeParam, first_use::WipeOnFork<>>>();
  expect_values_travel<first_use::BasicOnceLock<Traced, TypeParam, first_use::WipeOnFork<first_use::Destroy>>>();
  expect_values_travel<first_use::BasicOnceLock<Traced, TypeParam, first_use::IgnoreFork>>();
}

#if FIRST_USE_HAS_EXCEPTIONS

TYPED_TEST(OnceLockValues, a_copy_that_throws) {
  for_all_pairs<TypeParam>([](auto& a, int left, auto& b, int right) {
    if (left == 0) return;
    Traced::throws = Step::copy;
    EXPECT_THROW((Lock<Traced, TypeParam>{a}), Thrown);
    expect_holds<TypeParam>(a, left);
    EXPECT_EQ(Traced::alive, count_of(left, right));
    Traced::throws = Step::copy;
    EXPECT_THROW(b = std::as_const(a), Thrown);
    expect_holds<TypeParam>(a, left);
    expect_holds<TypeParam>(b, 0);  // as its page says: the value there was is gone
    EXPECT_EQ(Traced::alive, 1);
    b = std::as_const(a);
    expect_holds<TypeParam>(b, left);
  });
}

TYPED_TEST(OnceLockValues, a_move_that_throws) {
  for_all_pairs<TypeParam>([](auto& a, int left, auto& b, int right) {
    if (left == 0) return;
    Traced::throws = Step::move;
    EXPECT_THROW((Lock<Traced, TypeParam>{std::move(a)}), Thrown);
    expect_holds<TypeParam>(a, left);
    EXPECT_EQ(Traced::alive, count_of(left, right));
    Traced::throws = Step::move;
    EXPECT_THROW((void)a.take(), Thrown);
    expect_holds<TypeParam>(a, left);
    Traced::throws = Step::move;
    EXPECT_THROW((void)std::move(a).into_inner(), Thrown);
    expect_holds<TypeParam>(a, left);
    Traced::throws = Step::move;
    EXPECT_THROW(a.swap(b), Thrown);
    expect_holds<TypeParam>(a, left);
    expect_holds<TypeParam>(b, right);
    Traced::throws = Step::move;
    EXPECT_THROW(b = std::move(a), Thrown);
    expect_holds<TypeParam>(a, left);
    expect_holds<TypeParam>(b, 0);
    EXPECT_EQ(Traced::alive, 1);
    b = std::move(a);
    expect_holds<TypeParam>(b, left);
    expect_holds<TypeParam>(a, 0);
  });
}

TYPED_TEST(OnceLockValues, a_comparison_that_throws_changes_nothing) {
  struct Incomparable {
    bool operator==(Incomparable const&) const { throw Thrown{}; }
  };
  Lock<Incomparable, TypeParam> a{std::in_place}, b{std::in_place}, empty;
  EXPECT_THROW((void)(a == b), Thrown);
  EXPECT_FALSE(a == empty) << "no value, no call";
  EXPECT_TRUE(a.has_value() && b.has_value());
}

#endif

}  // namespace
