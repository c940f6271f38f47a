// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a Once calls, with what, where it stands, and what it leaves alone.
#include <first_use/once.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "onces.hpp"

namespace {

using namespace first_use_test;
using first_use::BasicOnce;
using first_use::OnceState;

TYPED_TEST_SUITE(OnceOver, AllPoliciesAndInterrupts, PolicyNames);

TYPED_TEST(OnceOver, arguments_are_forwarded) {
  auto owned = std::make_unique<int>(7);
  int const* const address = owned.get();
  int seen = 0;
  this->once_.call_once(
      [&](std::unique_ptr<int> taken, int& by_reference, int by_value) {
        EXPECT_EQ(taken.get(), address);
        by_reference = *taken + by_value;
      },
      std::move(owned), seen, 3);
  EXPECT_EQ(seen, 10);
  EXPECT_EQ(owned, nullptr);
}

TYPED_TEST(OnceOver, a_complete_one_leaves_callable_and_arguments_alone) {
  this->once_.call_once([] {});
  auto argument = std::make_unique<int>(1);
  this->once_.call_once([](std::unique_ptr<int>) { ADD_FAILURE(); }, std::move(argument));
  EXPECT_NE(argument, nullptr);
  auto callable = [owned = std::make_unique<int>(2)] { ADD_FAILURE() << *owned; };
  this->once_.call_once(std::move(callable));
  std::function<void()> function = [] { ADD_FAILURE(); };
  this->once_.call_once(std::move(function));
  EXPECT_TRUE(function);
}

TYPED_TEST(OnceOver, what_the_callable_returns_is_ignored) {
  this->once_.call_once([]() -> int { return 5; });
  BasicOnce<TypeParam>{}.call_once([](int n) { return std::make_unique<int>(n); }, 5);
  BasicOnce<TypeParam>{}.call_once_force([](OnceState const&) { return 7; });
}

struct Target {
  int value = 0;
  std::array<char, 40> big{};
  void set(int to) { value = to; }
  void set_const(int* to) const { *to = value + 1; }
  void set_lvalue(int to) & { value = to; }
  void set_rvalue(int to) && { value = to; }
  void set_noexcept(int to) noexcept { value = to; }
};
struct DerivedTarget : Target {};

TYPED_TEST(OnceOver, member_functions_are_called_on_all_that_invoke_knows) {
  using O = BasicOnce<TypeParam>;
  Target target;
  O{}.call_once(&Target::set, target, 1);
  EXPECT_EQ(target.value, 1);
  O{}.call_once(&Target::set, &target, 2);
  EXPECT_EQ(target.value, 2);
  O{}.call_once(&Target::set_lvalue, target, 4);
  EXPECT_EQ(target.value, 4);
  O{}.call_once(&Target::set_rvalue, std::move(target), 5);
  EXPECT_EQ(target.value, 5);
  O{}.call_once(&Target::set_noexcept, target, 6);
  EXPECT_EQ(target.value, 6);
  int seen = 0;
  O{}.call_once(&Target::set_const, std::as_const(target), &seen);
  EXPECT_EQ(seen, 7);

  DerivedTarget derived;
  O{}.call_once(&Target::set, derived, 1);
  EXPECT_EQ(derived.value, 1);
  O{}.call_once(&Target::set, &derived, 2);
  EXPECT_EQ(derived.value, 2);

  auto const unique = std::make_unique<Target>();
  O{}.call_once(&Target::set, unique, 1);
  EXPECT_EQ(unique->value, 1);
  auto const shared = std::make_shared<DerivedTarget>();
  O{}.call_once(&Target::set, shared, 2);
  EXPECT_EQ(shared->value, 2);
  O{}.call_once(&Target::set, std::ref(target), 11);
  EXPECT_EQ(target.value, 11);
  O{}.call_once(&Target::set, std::ref(derived), 12);
  EXPECT_EQ(derived.value, 12);
  O{}.call_once(&Target::set_const, std::cref(target), &seen);
  EXPECT_EQ(seen, 12);
  std::optional<Target> optional{Target{}};
  O{}.call_once(&Target::set, optional, 3);
  EXPECT_EQ(optional->value, 3);
}

TYPED_TEST(OnceOver, member_data_is_looked_at_on_all_that_invoke_knows) {
  using O = BasicOnce<TypeParam>;
  Target target;
  auto const is_called = [](O const& once) { EXPECT_TRUE(once.is_completed()); };
  O by_object, by_pointer, by_reference, by_const_reference, by_owner;
  by_object.call_once(&Target::value, target);
  by_pointer.call_once(&Target::value, &target);
  by_reference.call_once(&Target::value, std::ref(target));
  by_const_reference.call_once(&Target::value, std::cref(target));
  by_owner.call_once(&Target::value, std::make_unique<Target>());
  for (O const* const once : {&by_object, &by_pointer, &by_reference, &by_const_reference, &by_owner}) is_called(*once);
}

TYPED_TEST(OnceOver, member_function_of_the_state_itself) {
  this->once_.call_once_force(&OnceState::is_poisoned);
  EXPECT_TRUE(this->once_.is_completed());
}

int function_runs = 0;
void plain_function() { ++function_runs; }
void plain_function_with_state(OnceState const&) { ++function_runs; }

TYPED_TEST(OnceOver, functions_and_pointers_to_them) {
  function_runs = 0;
  using O = BasicOnce<TypeParam>;
  O{}.call_once(plain_function);
  O{}.call_once(&plain_function);
  void (*const pointer)() = plain_function;
  O{}.call_once(pointer);
  O{}.call_once(std::function<void()>{plain_function});
  O{}.call_once_force(plain_function_with_state);
  O{}.call_once_force(&plain_function_with_state);
  O{}.call_once(std::ref(plain_function));
  EXPECT_EQ(function_runs, 7);
}

TYPED_TEST(OnceOver, callables_that_can_only_be_moved) {
  int seen = 0;
  this->once_.call_once([&seen, owned = std::make_unique<int>(4)] { seen = *owned; });
  EXPECT_EQ(seen, 4);
  auto named = [&seen, owned = std::make_unique<int>(5)]() mutable { seen = *std::exchange(owned, nullptr); };
  BasicOnce<TypeParam>{}.call_once(named);
  EXPECT_EQ(seen, 5);
  auto forced = [&seen, owned = std::make_unique<int>(6)](OnceState const&) { seen = *owned; };
  BasicOnce<TypeParam>{}.call_once_force(std::move(forced));
  EXPECT_EQ(seen, 6);
}

struct RvalueOnly {
  int* runs;
  void operator()() && { ++*runs; }
  void operator()(OnceState const&) && { ++*runs; }
  void operator()(int) && { ++*runs; }
};

TYPED_TEST(OnceOver, callables_that_can_only_be_called_as_rvalues) {
  int runs = 0;
  BasicOnce<TypeParam>{}.call_once(RvalueOnly{&runs});
  BasicOnce<TypeParam>{}.call_once_force(RvalueOnly{&runs});
  BasicOnce<TypeParam>{}.call_once(RvalueOnly{&runs}, 1);
  EXPECT_EQ(runs, 3);
}

TYPED_TEST(OnceOver, a_lvalue_functor_keeps_the_state_its_call_changed) {
  int calls = 0;
  auto counter = [calls]() mutable { return ++calls; };  // small and trivially copyable
  this->once_.call_once(counter);
  EXPECT_EQ(counter(), 2) << "a copy was called";

  struct Counter {
    int runs = 0;
    void operator()() { ++runs; }
  } functor;
  BasicOnce<TypeParam>{}.call_once(functor);
  EXPECT_EQ(functor.runs, 1) << "a copy was called";

  struct WithState {
    int runs = 0;
    void operator()(OnceState const&) { ++runs; }
    void operator()(int by) { runs += by; }
  } with_state;
  BasicOnce<TypeParam>{}.call_once_force(with_state);
  EXPECT_EQ(with_state.runs, 1) << "a copy was called";
  BasicOnce<TypeParam>{}.call_once(with_state, 5);
  EXPECT_EQ(with_state.runs, 6) << "a copy was called";
}

// Immovable, too large to travel by value, and changes where it is.
struct Immovable {
  Immovable() = default;
  Immovable(Immovable const&) = delete;
  Immovable& operator=(Immovable const&) = delete;
  mutable std::array<int, 10> runs{};
  void operator()() const { ++runs[0]; }
  void operator()(OnceState const&) const { ++runs[0]; }
};

TYPED_TEST(OnceOver, a_functor_that_cannot_be_copied_is_not) {
  Immovable functor;
  BasicOnce<TypeParam>{}.call_once(functor);
  BasicOnce<TypeParam>{}.call_once(std::as_const(functor));
  BasicOnce<TypeParam>{}.call_once_force(functor);
  EXPECT_EQ(functor.runs[0], 3);
}

// As small and as trivial as what goes to the cold path by value, and still not to be copied.
struct SmallMoveOnly {
  SmallMoveOnly() = default;
  SmallMoveOnly(SmallMoveOnly&&) = default;
  SmallMoveOnly& operator=(SmallMoveOnly&&) = default;
  void operator()() { ++runs; }
  void operator()(OnceState const&) { ++runs; }
  int runs = 0;
};
struct SmallImmovable {
  SmallImmovable() = default;
  SmallImmovable(SmallImmovable const&) = delete;
  SmallImmovable& operator=(SmallImmovable const&) = delete;
  void operator()() { ++runs; }
  void operator()(OnceState const&) { ++runs; }
  int runs = 0;
};

template <class Sync, class Small>
void expect_called_where_it_stands() {
  using O = BasicOnce<Sync>;
  Small functor;
  O{}.call_once(functor);
  O{}.call_once_force(functor);
  EXPECT_EQ(functor.runs, 2) << "a copy was called";
  O by_rvalue, forced_by_rvalue;
  by_rvalue.call_once(Small{});
  forced_by_rvalue.call_once_force(Small{});
  EXPECT_TRUE(by_rvalue.is_completed() && forced_by_rvalue.is_completed());
}

TYPED_TEST(OnceOver, small_functors_that_cannot_be_copied) {
  expect_called_where_it_stands<TypeParam, SmallMoveOnly>();
  expect_called_where_it_stands<TypeParam, SmallImmovable>();
}

}  // namespace
