// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Lazies that ask for themselves, or for each other in a ring: told, with names, and not taken for a failure of the value.
#include <first_use/lazy_lock.hpp>

#include <array>
#include <functional>
#include <string>

#include "lazies.hpp"

namespace {

using namespace first_use_test;
using first_use::BasicLazyLock;

#if FIRST_USE_HAS_EXCEPTIONS

TYPED_TEST_SUITE(Lazy, WaitingAndNot, PolicyNames);
TYPED_TEST_SUITE(LazyPolicies, AllPolicies, PolicyNames);

TYPED_TEST(LazyPolicies, reentrance_is_told_and_poisons_nothing) {
  using Script = Scripted<TypeParam, int>;
  ScriptedLazy<TypeParam, int> lazy{Script{}};
  Script::body = [&] { return *lazy; };
  for (int i = 0; i != 2; ++i) {
    Thrown const thrown = thrown_by([&] { lazy.force(); });
    EXPECT_EQ(thrown.kind, Kind::reentrant);
    EXPECT_TRUE(contains(thrown.text, name_of<TypeParam>("int"))) << thrown.text;
    EXPECT_FALSE(lazy.is_poisoned());
    EXPECT_EQ(lazy.get(), nullptr);
  }
  Script::body = [] { return 3; };
  EXPECT_EQ(*lazy, 3);
}

TYPED_TEST(Lazy, reentrance_caught_inside_does_no_harm) {
  using Script = Scripted<TypeParam, int>;
  ScriptedLazy<TypeParam, int> lazy{Script{}};
  Kind told = Kind::nothing;
  Script::body = [&] {
    told = thrown_by([&] { lazy.force(); }).kind;
    return 3;
  };
  EXPECT_EQ(*lazy, 3);
  EXPECT_EQ(told, Kind::reentrant);
}

TYPED_TEST(Lazy, reentrance_poisons_where_the_initialiser_was_consumed) {
  using Consuming = BasicLazyLock<int, std::function<int()>, TypeParam>;
  Consuming* self = nullptr;
  Consuming lazy{[&] { return **self; }};
  self = &lazy;
  EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::reentrant);
  EXPECT_TRUE(lazy.is_poisoned());
  EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::poisoned);
}

TYPED_TEST(Lazy, reentrance_by_way_of_another_names_both) {
  using First = Scripted<TypeParam, int>;
  using Second = Scripted<TypeParam, double>;
  ScriptedLazy<TypeParam, int> first{First{}};
  ScriptedLazy<TypeParam, double> second{Second{}};
  First::body = [&] { return static_cast<int>(*second); };
  Second::body = [&] { return double(*first); };
  Thrown const thrown = thrown_by([&] { first.force(); });
  EXPECT_EQ(thrown.kind, Kind::reentrant);
  std::string const nest =
      name_of<TypeParam>("int") + " -> " + name_of<TypeParam>("double") + " -> " + name_of<TypeParam>("int");
  EXPECT_TRUE(contains(thrown.text, nest)) << thrown.text;
  EXPECT_FALSE(first.is_poisoned());
  EXPECT_FALSE(second.is_poisoned());
}

TYPED_TEST(Lazy, a_knot_that_turns_into_another_error_poisons) {
  using Script = Scripted<TypeParam, int>;
  ScriptedLazy<TypeParam, int> lazy{Script{}};
  Script::body = [&]() -> int {
    thrown_by([&] { lazy.force(); });
    throw Failure{};
  };
  EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::own);
  EXPECT_TRUE(lazy.is_poisoned());
}

TYPED_TEST(Lazy, a_poisoned_one_poisons_what_is_made_from_it) {
  auto inner = make_lazy<TypeParam>([]() -> int { throw Failure{}; });
  EXPECT_EQ(thrown_by([&] { inner.force(); }).kind, Kind::own);
  auto outer = make_lazy<TypeParam>([&] { return *inner + 1; });
  EXPECT_EQ(thrown_by([&] { outer.force(); }).kind, Kind::poisoned);
  EXPECT_TRUE(outer.is_poisoned());
}

#if FIRST_USE_HAS_THREADS

TYPED_TEST_SUITE(LazyThreads, TwoThatWait, PolicyNames);

// A cell consumes an initialiser that is not empty; these copy it where they can.
TYPED_TEST(LazyThreads, after_a_knot_a_copied_initialiser_starts_afresh) {
  using Script = Scripted<TypeParam, int, 1>;
  auto lazy = make_lazy<TypeParam>([n = 0]() mutable {
    ++n;
    return Script::body() + n;
  });
  Script::body = [&] { return *lazy; };
  EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::reentrant);
  Script::body = [] { return 10; };
  EXPECT_EQ(*lazy, 11);
}

/// Two lazies whose initialisers, in two threads, need each other. What each thread met, in no order.
template <class Sync, class First, class Second>
std::array<Thrown, 2> close_ring(First& first, Second& second) {
  std::array<Thrown, 2> met;
  Crew crew;
  crew.add([&] { met[0] = thrown_by([&] { first.force(); }); });
  crew.add([&] { met[1] = thrown_by([&] { second.force(); }); });
  crew.join();
  return met;
}

TYPED_TEST(LazyThreads, a_ring_of_two_is_told_once_and_both_can_finish) {
  using First = Scripted<TypeParam, int>;
  using Second = Scripted<TypeParam, double>;
  ScriptedLazy<TypeParam, int> first{First{}};
  ScriptedLazy<TypeParam, double> second{Second{}};
  StartLine both_run{2};
  std::atomic<int> told = 0;
  std::string text;
  auto const ask_for = [&](auto& other) -> int {
    both_run.wait();
    try {
      return static_cast<int>(*other) + 1;
    } catch (first_use::DeadlockError const& error) {
      if (++told == 1) text = error.what();
      return 10;
    }
  };
  First::body = [&] { return ask_for(second); };
  Second::body = [&] { return double(ask_for(first)); };
  auto const met = close_ring<TypeParam>(first, second);
  EXPECT_EQ(met[0].kind, Kind::nothing) << met[0].text;
  EXPECT_EQ(met[1].kind, Kind::nothing) << met[1].text;
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(contains(text, "deadlock") && contains(text, "LazyLock<int>") && contains(text, "LazyLock<double>"))
      << text;
  EXPECT_EQ(*first + *second, 21);
}

TYPED_TEST(LazyThreads, a_ring_poisons_nothing) {
  using First = Scripted<TypeParam, int>;
  using Second = Scripted<TypeParam, double>;
  ScriptedLazy<TypeParam, int> first{First{}};
  ScriptedLazy<TypeParam, double> second{Second{}};
  StartLine both_run{2};
  First::body = [&] {
    both_run.wait();
    return static_cast<int>(*second);
  };
  Second::body = [&] {
    both_run.wait();
    return double(*first);
  };
  auto const met = close_ring<TypeParam>(first, second);
  // One is told of the ring. The other then finds its neighbour empty, makes it, and is asked for itself.
  EXPECT_EQ((met[0].kind == Kind::deadlock) + (met[1].kind == Kind::deadlock), 1) << met[0].text << '\n' << met[1].text;
  EXPECT_EQ((met[0].kind == Kind::reentrant) + (met[1].kind == Kind::reentrant), 1);
  EXPECT_FALSE(first.is_poisoned());
  EXPECT_FALSE(second.is_poisoned());
  Second::body = [] { return 3.0; };
  EXPECT_EQ(*first, 3);
  EXPECT_EQ(*second, 3);
}

TYPED_TEST(LazyThreads, a_ring_poisons_consumed_ones) {
  using Consuming = BasicLazyLock<int, std::function<int()>, TypeParam>;
  StartLine both_run{2};
  Consuming* there = nullptr;
  Consuming first{[&] {
    both_run.wait();
    return **there;
  }};
  Consuming second{[&] {
    both_run.wait();
    return *first;
  }};
  there = &second;
  auto const met = close_ring<TypeParam>(first, second);
  EXPECT_EQ((met[0].kind == Kind::deadlock) + (met[1].kind == Kind::deadlock), 1) << met[0].text << '\n' << met[1].text;
  EXPECT_EQ((met[0].kind == Kind::poisoned) + (met[1].kind == Kind::poisoned), 1);
  EXPECT_TRUE(first.is_poisoned());
  EXPECT_TRUE(second.is_poisoned());
}

#endif  // FIRST_USE_HAS_THREADS

#elif GTEST_HAS_DEATH_TEST  // without exceptions an error is a line and an abort

template <class Sync>
class LazyDeathTest : public ::testing::Test {};
TYPED_TEST_SUITE(LazyDeathTest, AllPolicies, PolicyNames);

TYPED_TEST(LazyDeathTest, reentrance) {
  using Reentrant = BasicLazyLock<int, std::function<int()>, TypeParam>;
  Reentrant* self = nullptr;
  Reentrant lazy{[&] { return **self; }};
  self = &lazy;
  EXPECT_DEATH(lazy.force(), "first_use: the initialiser of Lazy.*<int> asked for the value it is making");
}

#endif

}  // namespace
