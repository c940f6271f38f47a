// SPDX-License-Identifier: MIT OR Apache-2.0
//
// LazyCell in constant evaluation.
#include <first_use/lazy_cell.hpp>

#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <first_use/never_destroyed.hpp>

namespace {

using first_use::LazyCell;
using first_use::NeverDestroyed;
using first_use::retry_on_throw;

struct MakeInt {
  constexpr int operator()() const { return 3; }
};

// Has a destructor, and tells how many of it there are.
class Counted {
 public:
  constexpr Counted(int& the_count, int the_number) : number{the_number}, count_{&the_count} { ++*count_; }
  constexpr Counted(Counted const& other) : number{other.number}, count_{other.count_} { ++*count_; }
  Counted& operator=(Counted const&) = delete;
  constexpr ~Counted() { --*count_; }
  int number;

 private:
  int* count_;
};

constexpr int with_an_empty_initialiser() {
  LazyCell cell{[] { return 3; }};
  if (cell.get() != nullptr || cell.is_poisoned()) return -1;
  if (*cell != 3 || cell.force() != 3 || *cell.get() != 3) return -2;
  *cell += 4;
  auto const& constant = cell;
  return *constant;
}
static_assert(with_an_empty_initialiser() == 7);

constexpr int three() { return 3; }
constexpr int with_a_function() {
  LazyCell<int> cell{three};
  return *cell * 10;
}
static_assert(with_a_function() == 30);

constexpr int with_captures() {
  int called = 0;
  int factor = 5;
  LazyCell cell{[&called, factor] {
    ++called;
    return factor * 10;
  }};
  int const unforced = called;
  int const value = *cell + *cell;
  return unforced == 0 && called == 1 ? value : -1;
}
static_assert(with_captures() == 100);

constexpr int with_destructors() {
  int values = 0;
  int captures = 0;
  int seen = 0;
  {
    LazyCell forced{[&values, capture = Counted{captures, 4}] { return Counted{values, capture.number}; }};
    LazyCell unforced{[&values, capture = Counted{captures, 5}] { return Counted{values, capture.number}; }};
    if (values != 0 || captures != 2) return -1;
    seen = forced->number;
    if (values != 1 || captures != 1) return -2;
  }
  return values == 0 && captures == 0 ? seen : -3;
}
static_assert(with_destructors() == 4);

constexpr int that_tries_again() {
  int called = 0;
  LazyCell cell{retry_on_throw, [&called] { return ++called; }};
  return *cell + *cell;
}
static_assert(that_tries_again() == 2);

constexpr int moved_out() {
  LazyCell unforced{[] { return 3; }};
  if (std::move(unforced).into_inner()) return -1;
  LazyCell cell{[] { return 3; }};
  cell.force();
  return std::move(cell).into_inner().value_or(-2);
}
static_assert(moved_out() == 3);

constexpr int one_from_another() {
  LazyCell inner{[] { return 3; }};
  LazyCell outer{[&inner] { return *inner * 2; }};
  return *outer + *inner;
}
static_assert(one_from_another() == 9);

constexpr int undying() {
  LazyCell<NeverDestroyed<int>, MakeInt> cell{MakeInt{}};
  return *cell;
}
static_assert(undying() == 3);

// What is an error at run time is no constant there.
template <auto F>
concept IsConstant = requires {
  typename std::integral_constant<int, F()>;
};
struct Knot {
  LazyCell<int, Knot> const** self;
  constexpr int operator()() const;
};
constexpr int Knot::operator()() const { return self != nullptr ? ***self : 3; }
constexpr int knotted(bool tie) {
  LazyCell<int, Knot> const* self = nullptr;
  LazyCell<int, Knot> cell{Knot{tie ? &self : nullptr}};
  self = &cell;
  return *cell;
}
static_assert(IsConstant<[] { return knotted(false); }>);
static_assert(!IsConstant<[] { return knotted(true); }>);
constexpr int null_function(bool null) {
  LazyCell<int> cell{null ? nullptr : three};
  return *cell;
}
static_assert(IsConstant<[] { return null_function(false); }>);
static_assert(!IsConstant<[] { return null_function(true); }>);

TEST(LazyCell, does_at_run_time_what_it_does_in_constant_evaluation) {
  EXPECT_EQ(with_an_empty_initialiser(), 7);
  EXPECT_EQ(with_a_function(), 30);
  EXPECT_EQ(with_captures(), 100);
  EXPECT_EQ(with_destructors(), 4);
  EXPECT_EQ(that_tries_again(), 2);
  EXPECT_EQ(moved_out(), 3);
  EXPECT_EQ(one_from_another(), 9);
  EXPECT_EQ(undying(), 3);
}

}  // namespace
