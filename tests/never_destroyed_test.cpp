// SPDX-License-Identifier: MIT OR Apache-2.0
//
// NeverDestroyed: alone, and in every lazy and lock of the library; that it outlives the end of the program.
#include <first_use/never_destroyed.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "policies.hpp"

namespace {

using namespace first_use_test;
using first_use::BasicLazyLock;
using first_use::BasicOnceLock;
using first_use::KeepOnFork;
using first_use::NeverDestroyed;

// As a T, and without its destructor.
static_assert(sizeof(NeverDestroyed<std::string>) == sizeof(std::string));
static_assert(alignof(NeverDestroyed<std::string>) == alignof(std::string));
static_assert(sizeof(NeverDestroyed<char>) == 1 && sizeof(NeverDestroyed<int>) == sizeof(int));
struct alignas(64) Wide {
  ~Wide() {}
  char c;
};
static_assert(alignof(NeverDestroyed<Wide>) == 64 && sizeof(NeverDestroyed<Wide>) == 64);
static_assert(std::is_trivially_destructible_v<NeverDestroyed<std::string>>);
static_assert(std::is_trivially_destructible_v<NeverDestroyed<int>>);
static_assert(std::is_trivially_destructible_v<NeverDestroyed<std::unique_ptr<int>>>);

static_assert(!std::is_copy_constructible_v<NeverDestroyed<int>> && !std::is_move_constructible_v<NeverDestroyed<int>>);
static_assert(!std::is_copy_assignable_v<NeverDestroyed<int>> && !std::is_move_assignable_v<NeverDestroyed<int>>);
static_assert(!std::is_convertible_v<int, NeverDestroyed<int>> && std::is_constructible_v<NeverDestroyed<int>, int>);
static_assert(!std::is_constructible_v<NeverDestroyed<int>, std::string>);
static_assert(std::is_constructible_v<NeverDestroyed<std::string>, std::size_t, char>);
struct NoDefault {
  explicit NoDefault(int) {}
};
static_assert(!std::is_default_constructible_v<NeverDestroyed<NoDefault>>);
static_assert(std::is_default_constructible_v<NeverDestroyed<std::string>>);

// const is deep.
static_assert(std::is_same_v<decltype(*std::declval<NeverDestroyed<int>&>()), int&>);
static_assert(std::is_same_v<decltype(*std::declval<NeverDestroyed<int> const&>()), int const&>);
static_assert(std::is_same_v<decltype(std::declval<NeverDestroyed<int>&>().operator->()), int*>);
static_assert(std::is_same_v<decltype(std::declval<NeverDestroyed<int> const&>().operator->()), int const*>);
static_assert(noexcept(*std::declval<NeverDestroyed<std::string>&>()));

// What cannot be moved is made where it lies.
struct Immovable {
  explicit Immovable(int the_value) : value{the_value} {}
  Immovable(Immovable&&) = delete;
  ~Immovable() { std::abort(); }
  int value;
};
struct MakeImmovable {
  Immovable operator()() const { return Immovable{7}; }
};
TEST(NeverDestroyed, immovable) {
  first_use::LazyLock<NeverDestroyed<Immovable>, MakeImmovable> const lazy{MakeImmovable{}};
  EXPECT_EQ(lazy->value, 7);
  first_use::LazyCell<NeverDestroyed<Immovable>, MakeImmovable> const cell{MakeImmovable{}};
  EXPECT_EQ(cell->value, 7);
  first_use::OnceLock<NeverDestroyed<Immovable>> lock;
  EXPECT_EQ(lock.get_or_init(MakeImmovable{})->value, 7);
}

static_assert(std::is_same_v<decltype(NeverDestroyed{3}), NeverDestroyed<int>>);
static_assert(std::is_same_v<decltype(NeverDestroyed{std::string{}}), NeverDestroyed<std::string>>);

// What lies there as itself works in constant evaluation.
struct Pair {
  constexpr Pair(int the_a, int the_b) : a{the_a}, b{the_b} {}
  int a, b;
};
constexpr int in_constant_evaluation() {
  NeverDestroyed<Pair> pair{1, 2};
  pair->a += 10;
  NeverDestroyed<Pair> const& constant = pair;
  return constant->a + (*constant).b;
}
static_assert(in_constant_evaluation() == 13);
constinit NeverDestroyed<Pair> a_static_pair{1, 2};
constexpr NeverDestroyed<int> a_constant{3};
static_assert(*a_constant == 3);

/// Counts what is alive, and knows where it is.
class Counted {
 public:
  explicit Counted(int& the_count) noexcept : count_{&the_count}, self_{this} { ++*count_; }
  Counted(Counted const&) = delete;
  Counted& operator=(Counted const&) = delete;
  ~Counted() { --*count_; }
  [[nodiscard]] bool is_where_it_was_made() const { return self_ == this; }

 private:
  int* count_;
  Counted* self_;
};
struct MovableCounted {
  explicit MovableCounted(int& the_count) noexcept : count{&the_count} { ++*count; }
  MovableCounted(MovableCounted const& other) noexcept : count{other.count} { ++*count; }
  MovableCounted& operator=(MovableCounted const&) = delete;
  ~MovableCounted() { --*count; }
  int* count;
};

TEST(NeverDestroyed, alone) {
  int alive = 0;
  {
    NeverDestroyed<Counted> const value{alive};
    EXPECT_EQ(alive, 1);
    EXPECT_TRUE(value->is_where_it_was_made());
    EXPECT_TRUE((*value).is_where_it_was_made());
  }
  EXPECT_EQ(alive, 1);
}

TEST(NeverDestroyed, arguments_are_handed_on) {
  NeverDestroyed<std::string> repeated{3U, 'x'};
  EXPECT_EQ(*repeated, "xxx");
  EXPECT_EQ(repeated->size(), 3U);
  NeverDestroyed<std::string> empty;
  EXPECT_TRUE(empty->empty());
  auto number = std::make_unique<int>(3);
  int* const raw = number.get();
  NeverDestroyed<std::unique_ptr<int>> moved{std::move(number)};
  EXPECT_EQ(moved->get(), raw);
  EXPECT_EQ(number, nullptr);
  moved->reset();
  NeverDestroyed deduced{std::string{"short"}};
  EXPECT_EQ(*deduced, "short");
  EXPECT_EQ(a_static_pair->b, 2);
}

// A reference is handed on as one.
struct Refers {
  explicit Refers(int& the_target) : target{&the_target} {}
  int* target;
};

// Also where T's destructor is trivial, and T lies there as itself.
struct TakesRvalue {
  constexpr explicit TakesRvalue(int&& the_number) : number{the_number} {}
  int number;
};
constexpr NeverDestroyed<TakesRvalue> of_an_rvalue{5};
static_assert(of_an_rvalue->number == 5);

TEST(NeverDestroyed, references_are_not_copied) {
  int target = 0;
  NeverDestroyed<Refers> const refers{target};
  EXPECT_EQ(refers->target, &target);
}

// In the library's own types ------------------------------------------------------------------------------------------

template <class Sync>
class Undying : public ::testing::Test {};
TYPED_TEST_SUITE(Undying, AllPolicies, PolicyNames);

TYPED_TEST(Undying, in_a_lazy) {
  int alive = 0;
  {
    auto const make = [&alive] { return MovableCounted{alive}; };
    BasicLazyLock<NeverDestroyed<MovableCounted>, decltype(make), TypeParam> lazy{make};
    EXPECT_EQ(lazy.get(), nullptr);
    EXPECT_EQ(lazy->count, &alive);
    EXPECT_EQ((*lazy).count, &alive);
    EXPECT_EQ(lazy.get(), &*lazy);
    static_assert(std::is_same_v<decltype(*lazy), MovableCounted&>);
    EXPECT_EQ(alive, 1) << "made in place";
  }
  EXPECT_EQ(alive, 1);
}

TYPED_TEST(Undying, in_a_lock) {
  int alive = 0;
  {
    BasicOnceLock<NeverDestroyed<MovableCounted>, TypeParam> lock;
    NeverDestroyed<MovableCounted>& made = lock.get_or_init([&alive] { return MovableCounted{alive}; });
    EXPECT_EQ(made->count, &alive);
    EXPECT_EQ(&made, lock.get());
    EXPECT_EQ(alive, 1) << "made in place";
    BasicOnceLock<NeverDestroyed<MovableCounted>, TypeParam> emplaced;
    EXPECT_TRUE(emplaced.try_emplace(alive).second);
    BasicOnceLock<NeverDestroyed<MovableCounted>, TypeParam> full{std::in_place, alive};
    EXPECT_EQ(alive, 3);
    full.reset();
    EXPECT_EQ(full.get(), nullptr);
    EXPECT_EQ(alive, 3) << "reset leaves it alone, too";
  }
  EXPECT_EQ(alive, 3);
}

TYPED_TEST(Undying, wiped) {
  int alive = 0;
  {
    auto const make = [&alive] { return MovableCounted{alive}; };
    BasicLazyLock<NeverDestroyed<MovableCounted>, decltype(make), TypeParam, first_use::WipeOnFork<>> lazy{make};
    BasicOnceLock<NeverDestroyed<MovableCounted>, TypeParam, first_use::WipeOnFork<>> lock;
    EXPECT_EQ(lazy->count, &alive);
    EXPECT_EQ(lock.get_or_init(make)->count, &alive);
    EXPECT_EQ(alive, 2);
  }
  EXPECT_EQ(alive, 2);
}

// It converts where its T does.
TYPED_TEST(Undying, from_what_converts) {
  auto const make = [] { return "made"; };
  BasicLazyLock<NeverDestroyed<std::string>, decltype(make), TypeParam> lazy{make};
  EXPECT_EQ(*lazy, "made");
}

#if FIRST_USE_HAS_EXCEPTIONS

TYPED_TEST(Undying, a_failure_leaves_nothing) {
  struct Failure {};
  int called = 0;
  auto const make = [&called]() -> std::string {
    if (++called == 1) throw Failure{};
    return "made";
  };
  BasicOnceLock<NeverDestroyed<std::string>, TypeParam> lock;
  EXPECT_THROW(lock.get_or_init(make), Failure);
  EXPECT_EQ(lock.get(), nullptr);
  EXPECT_EQ(*lock.get_or_init(make), "made");
}

#endif

#if GTEST_HAS_DEATH_TEST

// At exit -------------------------------------------------------------------------------------------------------------

constinit first_use::LazyLock<NeverDestroyed<std::string>> undying_name{[] { return std::string{"still here"}; }};

/// Writes down, when it is destroyed, what `speak` says then.
template <class Speak>
struct LastWords {
  explicit LastWords(Speak the_speech) : speak{the_speech} {}
  LastWords(LastWords const&) = delete;
  LastWords& operator=(LastWords const&) = delete;
  ~LastWords() { speak(); }
  Speak speak;
};

TEST(NeverDestroyedDeathTest, is_there_for_the_last_static) {
  EXPECT_EXIT(
      {
        static LastWords const words{[] { std::fprintf(stderr, "at exit: %s\n", undying_name->c_str()); }};
        static_cast<void>(undying_name->size());
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "at exit: still here");
}

TEST(NeverDestroyedDeathTest, can_be_made_as_late_as_that) {
  EXPECT_EXIT(
      {
        static constinit first_use::LazyLock<NeverDestroyed<std::string>> late{[] { return std::string{"in time"}; }};
        static LastWords const words{[] { std::fprintf(stderr, "at exit: %s\n", late->c_str()); }};
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "at exit: in time");
}

#if FIRST_USE_HAS_EXCEPTIONS

// The other one dies, and says so.
TEST(NeverDestroyedDeathTest, without_it_late_use_is_told) {
  EXPECT_EXIT(
      {
        static first_use::LazyLock<std::string> const* mortal_is = nullptr;
        static LastWords const words{[] {
          try {
            std::fprintf(stderr, "at exit: %s\n", (*mortal_is)->c_str());
          } catch (first_use::InitError const& error) { std::fprintf(stderr, "at exit: %s\n", error.what()); }
        }};
        static first_use::LazyLock<std::string> mortal{[] { return std::string{"gone"}; }};
        mortal_is = &mortal;
        mortal.force();
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "at exit: first_use: LazyLock<.*> is used after its destruction");
}

#endif

#endif  // GTEST_HAS_DEATH_TEST

}  // namespace
