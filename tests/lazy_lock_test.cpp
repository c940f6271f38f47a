// SPDX-License-Identifier: MIT OR Apache-2.0
//
// LazyLock: when its initialiser is called, how, how often, and what becomes of it. Most tests run over every waiting
// policy, LazyCell's among them; what only a LazyCell can do is in lazy_cell_test.cpp.
#include <first_use/lazy_lock.hpp>

#include <array>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "policies.hpp"

namespace {

using namespace first_use_test;
using first_use::BasicLazyLock;
using first_use::KeepOnFork;
using first_use::LazyLock;
using first_use::NeverDestroyed;
using first_use::PoisonOnThrow;
using first_use::retry_on_throw;
using first_use::RetryOnThrow;
using first_use::SingleThreadSync;
using first_use::WipeOnFork;

// What the type is ----------------------------------------------------------------------------------------------------

// A captureless lambda of one file in another's type is a trap for unity builds; these have names.
struct MakeInt {
  int operator()() const { return 3; }
};
struct MakeString {
  std::string operator()() const { return "made"; }
};
struct TwoInts {
  int a, b;
  int operator()() const { return a + b; }
};
struct OwnsAString {
  std::string owned;
  std::string operator()() && { return std::move(owned); }
};
struct OwnsTwoStrings {
  std::string one, two;
  std::string operator()() && { return one + two; }
};
// Nothing in it, and still not to be copied bit by bit.
struct EmptyButNotTrivial {
  EmptyButNotTrivial() = default;
  EmptyButNotTrivial(EmptyButNotTrivial const&) {}
  std::string operator()() const { return "made"; }
};
struct MakePointer {
  void* operator()() const { return nullptr; }
};

constexpr std::size_t rounded(std::size_t size, std::size_t to) { return (size + to - 1) / to * to; }

// An empty initialiser adds nothing to a OnceLock, whether it is kept or not.
static_assert(sizeof(LazyLock<int, MakeInt>) == 8 && alignof(LazyLock<int, MakeInt>) == 4);
static_assert(sizeof(LazyLock<int, MakeInt>) == sizeof(first_use::OnceLock<int>));
static_assert(sizeof(LazyLock<void*, MakePointer>) == 2 * sizeof(void*));
static_assert(sizeof(LazyLock<std::string, MakeString>) == sizeof(first_use::OnceLock<std::string>));
static_assert(sizeof(LazyLock<std::string, MakeString, RetryOnThrow>) == sizeof(first_use::OnceLock<std::string>));
static_assert(sizeof(LazyLock<std::string, EmptyButNotTrivial>) == sizeof(first_use::OnceLock<std::string>));
static_assert(sizeof(LazyLock<NeverDestroyed<std::string>, MakeString>) == sizeof(first_use::OnceLock<std::string>));
// A trivially copyable one lies beside T.
static_assert(sizeof(LazyLock<int>) == 8 + sizeof(void*));
static_assert(sizeof(LazyLock<int, TwoInts>) == 8 + sizeof(TwoInts));
static_assert(sizeof(LazyLock<std::string>) == sizeof(first_use::OnceLock<std::string>) + sizeof(void*));
// Any other shares T's bytes, and is paid for only where it is larger.
static_assert(sizeof(LazyLock<std::string, OwnsAString>) == sizeof(first_use::OnceLock<std::string>));
static_assert(sizeof(LazyLock<std::string, OwnsTwoStrings>) ==
              rounded(4 + sizeof(OwnsTwoStrings), alignof(std::string)));
static_assert(sizeof(LazyLock<std::string, OwnsTwoStrings>) <
              sizeof(first_use::OnceLock<std::string>) + sizeof(OwnsTwoStrings));
// Wiped ones and those that try again keep it.
static_assert(sizeof(first_use::WipeOnForkLazyLock<int, MakeInt>) == 16);
static_assert(sizeof(first_use::WipeOnForkLazyLock<int>) == 16 + sizeof(void*));
static_assert(sizeof(LazyLock<int, MakeInt>) == sizeof(BasicLazyLock<int, MakeInt>));

// No destructor where there is nothing to destroy: no code at exit.
static_assert(std::is_trivially_destructible_v<LazyLock<int>>);
static_assert(std::is_trivially_destructible_v<LazyLock<int, MakeInt>>);
static_assert(std::is_trivially_destructible_v<LazyLock<int, TwoInts>>);
static_assert(std::is_trivially_destructible_v<LazyLock<int, TwoInts, RetryOnThrow>>);
static_assert(std::is_trivially_destructible_v<LazyLock<NeverDestroyed<std::string>>>);
static_assert(std::is_trivially_destructible_v<LazyLock<NeverDestroyed<std::string>, MakeString>>);
static_assert(std::is_trivially_destructible_v<first_use::WipeOnForkLazyLock<int, MakeInt>>);
static_assert(std::is_trivially_destructible_v<first_use::WipeOnForkLazyLock<NeverDestroyed<std::string>, MakeString>>);
static_assert(!std::is_trivially_destructible_v<LazyLock<std::string, MakeString>>);
static_assert(!std::is_trivially_destructible_v<LazyLock<NeverDestroyed<std::string>, OwnsAString>>);

// Neither copied nor moved.
static_assert(!std::is_copy_constructible_v<LazyLock<int>> && !std::is_move_constructible_v<LazyLock<int>>);
static_assert(!std::is_copy_assignable_v<LazyLock<int>> && !std::is_move_assignable_v<LazyLock<int>>);
// Never by accident from a function, and by default only where a T{} can be made.
static_assert(!std::is_convertible_v<int (*)(), LazyLock<int>> && std::is_constructible_v<LazyLock<int>, int (*)()>);
struct NoDefault {
  explicit NoDefault(int) {}
};
static_assert(std::is_default_constructible_v<LazyLock<int>>);
static_assert(std::is_default_constructible_v<LazyLock<std::string>>);
static_assert(std::is_default_constructible_v<LazyLock<NeverDestroyed<std::string>>>);
static_assert(!std::is_default_constructible_v<LazyLock<NoDefault>>);
static_assert(!std::is_default_constructible_v<LazyLock<NeverDestroyed<NoDefault>>>);
static_assert(!std::is_default_constructible_v<LazyLock<int, MakeInt>>);

// const is deep, and what would dangle is refused.
template <class L>
concept Forces = requires(L&& lazy) {
  static_cast<L&&>(lazy).force();
};
template <class L>
concept Dereferences = requires(L&& lazy) {
  *static_cast<L&&>(lazy);
};
template <class L>
concept PointsOn = requires(L&& lazy) {
  static_cast<L&&>(lazy).operator->();
};
template <class L>
concept Gets = requires(L&& lazy) {
  static_cast<L&&>(lazy).get();
};
template <class L, class T>
constexpr bool reaches = std::is_same_v<decltype(std::declval<L&>().force()), T&>&&
    std::is_same_v<decltype(*std::declval<L&>()), T&>&& std::is_same_v<decltype(std::declval<L&>().operator->()), T*>&&
        std::is_same_v<decltype(std::declval<L&>().get()), T*>;
static_assert(reaches<LazyLock<int>, int> && reaches<LazyLock<int> const, int const>);
static_assert(reaches<LazyLock<int const, MakeInt>, int const> &&
              reaches<LazyLock<int const, MakeInt> const, int const>);
static_assert(reaches<LazyLock<NeverDestroyed<std::string>>, std::string>);
static_assert(reaches<LazyLock<NeverDestroyed<std::string>> const, std::string const>);
static_assert(!Forces<LazyLock<int>> && !Dereferences<LazyLock<int>> && !PointsOn<LazyLock<int>> &&
              !Gets<LazyLock<int>>);
static_assert(!Forces<LazyLock<int> const> && !Dereferences<LazyLock<int> const> && !PointsOn<LazyLock<int> const>);
static_assert(Forces<LazyLock<int>&> && Forces<LazyLock<int> const&> && Gets<LazyLock<int> const&>);
static_assert(noexcept(std::declval<LazyLock<int> const&>().get()));
static_assert(noexcept(std::declval<LazyLock<int> const&>().is_poisoned()));

static_assert(std::is_same_v<LazyLock<int>::value_type, int>);
static_assert(std::is_same_v<LazyLock<NeverDestroyed<std::string>>::value_type, std::string>);

// Deduction -----------------------------------------------------------------------------------------------------------

static_assert(std::is_same_v<decltype(LazyLock{MakeInt{}}), LazyLock<int, MakeInt>>);
static_assert(std::is_same_v<decltype(LazyLock{retry_on_throw, MakeInt{}}), LazyLock<int, MakeInt, RetryOnThrow>>);
static_assert(std::is_same_v<decltype(LazyLock{std::declval<int (*)()>()}), LazyLock<int>>);
struct MakeConst {
  std::string const operator()() const { return "made"; }  // NOLINT(readability-const-return-type): the point
};
static_assert(std::is_same_v<decltype(LazyLock{MakeConst{}}), LazyLock<std::string, MakeConst>>);
static_assert(
    std::is_same_v<decltype(first_use::WipeOnForkLazyLock{MakeInt{}}), first_use::WipeOnForkLazyLock<int, MakeInt>>);
static_assert(std::is_same_v<decltype(first_use::WipeOnForkLazyLock{retry_on_throw, MakeInt{}}),
                             first_use::WipeOnForkLazyLock<int, MakeInt, RetryOnThrow>>);

TEST(LazyLock, lazy_type_inference) {
  LazyLock lazy{[] { return "a pointer"; }};
  static_assert(std::is_same_v<decltype(lazy)::value_type, char const*>);
  EXPECT_STREQ(*lazy, "a pointer");
}

int seven() { return 7; }

TEST(LazyLock, a_function_is_deduced_as_a_pointer) {
  LazyLock lazy{seven};
  static_assert(std::is_same_v<decltype(lazy), LazyLock<int>>);
  EXPECT_EQ(*lazy, 7);
}

class Greeter {
 public:
  std::string const& greeting() const { return *greeting_; }
  static std::size_t shared_length() { return shared_->size(); }

 private:
  static constexpr auto greet_ = [] { return std::string{"hello"}; };
  decltype(LazyLock{greet_}) greeting_{greet_};
  static inline constinit LazyLock shared_{[] { return std::string{"one for all"}; }};
};
static_assert(sizeof(Greeter) == sizeof(first_use::OnceLock<std::string>));

TEST(LazyLock, members_are_deduced_by_decltype) {
  Greeter const greeter;
  EXPECT_EQ(greeter.greeting(), "hello");
  EXPECT_EQ(Greeter::shared_length(), 11U);
}

// Statics -------------------------------------------------------------------------------------------------------------

constinit LazyLock a_static{[] { return std::string{"made"}; }};
constinit LazyLock<std::string> a_static_pointer{[] { return std::string{"made"}; }};
constinit LazyLock<int> a_static_default;
constinit LazyLock const a_constant{[] { return 92; }};
constinit int captured = 1;
constinit LazyLock a_static_capture{[p = &captured] { return *p + 1; }};

TEST(LazyLock, static_sync_lazy) {
  static constinit LazyLock xs{[] {
    std::array<int, 3> numbers{1, 2, 3};
    return numbers;
  }};
  EXPECT_EQ(xs->size(), 3U);
  EXPECT_EQ((*xs)[1], 2);
  EXPECT_EQ(*a_static, "made");
  EXPECT_EQ(*a_static_pointer, "made");
  EXPECT_EQ(*a_static_default, 0);
  EXPECT_EQ(*a_constant, 92);
  EXPECT_EQ(*a_static_capture, 2);
}

LazyLock<std::array<int, 3>> const& xs() {
  static constinit LazyLock<std::array<int, 3>> numbers{[] { return std::array<int, 3>{1, 2, 3}; }};
  return numbers;
}

TEST(LazyLock, static_sync_lazy_via_fn) { EXPECT_EQ(xs()->size(), 3U); }

// Helpers -------------------------------------------------------------------------------------------------------------

/// A lazy over the policy `Sync`, with T deduced.
template <class Sync, class OnThrow = PoisonOnThrow, class Fork = KeepOnFork, class F>
auto make_lazy(F f) {
  return BasicLazyLock<std::invoke_result_t<F>, F, Sync, Fork, OnThrow>{std::move(f)};
}

/// Makes a closure one that is not trivially copyable: a lazy consumes it.
template <class F>
auto owning(F f) {
  return [f = std::move(f), owner = std::make_shared<int>(0)] { return f(); };
}

#if FIRST_USE_HAS_EXCEPTIONS

struct Failure : std::runtime_error {
  Failure() : std::runtime_error{"the initialiser's own"} {}
};

/// The type of what `f` throws, and its text.
struct Thrown {
  enum class Kind { nothing, own, poisoned, reentrant, deadlock, init } kind = Kind::nothing;
  std::string text;
};
// Apart from the template below: it is used often, and a try block takes its time to compile.
Thrown thrown_by_call(void (*call)(void*), void* f) {
  using Kind = Thrown::Kind;
  try {
    call(f);
  } catch (first_use::PoisonedError const& error) {
    return {Kind::poisoned, error.what()};
  } catch (first_use::ReentrantInitError const& error) {
    return {Kind::reentrant, error.what()};
  } catch (first_use::DeadlockError const& error) {
    return {Kind::deadlock, error.what()};
  } catch (first_use::InitError const& error) { return {Kind::init, error.what()}; } catch (Failure const& error) {
    return {Kind::own, error.what()};
  }
  return {};
}
template <class F>
Thrown thrown_by(F f) {
  return thrown_by_call([](void* erased) { (*static_cast<F*>(erased))(); }, &f);
}
using Kind = Thrown::Kind;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

#endif

// Few tests run over every policy: what a policy adds is waiting, and the state machine has tests of its own. But a policy
// that can wait and one that cannot keep their initialisers differently.
template <class Sync>
class Lazy : public ::testing::Test {};
using WaitingAndNot = ::testing::Types<first_use::FutexSync, SingleThreadSync>;
TYPED_TEST_SUITE(Lazy, WaitingAndNot, PolicyNames);

template <class Sync>
class LazyPolicies : public ::testing::Test {};
TYPED_TEST_SUITE(LazyPolicies, AllPolicies, PolicyNames);

// Making and looking --------------------------------------------------------------------------------------------------

TYPED_TEST(LazyPolicies, lazy_new) {
  int called = 0;
  auto x = make_lazy<TypeParam>([&] {
    ++called;
    return 92;
  });
  EXPECT_EQ(called, 0);
  EXPECT_EQ(*x - 30, 62);
  EXPECT_EQ(called, 1);
  EXPECT_EQ(*x - 30, 62);
  EXPECT_EQ(called, 1);
}

TYPED_TEST(Lazy, force_deref_arrow_and_get_reach_one_object) {
  auto lazy = make_lazy<TypeParam>([] { return std::string{"made"}; });
  auto const& constant = lazy;
  std::string& forced = lazy.force();
  EXPECT_EQ(&forced, &*lazy);
  EXPECT_EQ(&forced, lazy.operator->());
  EXPECT_EQ(&forced, lazy.get());
  EXPECT_EQ(&forced, &constant.force());
  EXPECT_EQ(&forced, &*constant);
  EXPECT_EQ(&forced, constant.operator->());
  EXPECT_EQ(&forced, constant.get());
  lazy->append(" and changed");
  EXPECT_EQ(*constant, "made and changed");
}

TYPED_TEST(Lazy, arrow_makes_the_value) {
  auto lazy = make_lazy<TypeParam>([] { return std::string{"made"}; });
  EXPECT_EQ(lazy->size(), 4U);
}

TYPED_TEST(Lazy, a_constant_one_makes_its_value) {
  int called = 0;
  auto const lazy = make_lazy<TypeParam>([&] { return ++called; });
  EXPECT_EQ(*lazy, 1);
  EXPECT_EQ(lazy.force(), 1);
  EXPECT_EQ(called, 1);
}

TYPED_TEST(Lazy, looking_makes_nothing) {
  int called = 0;
  auto lazy = make_lazy<TypeParam>([&] { return ++called; });
  EXPECT_EQ(lazy.get(), nullptr);
  EXPECT_FALSE(lazy.is_poisoned());
  EXPECT_EQ(called, 0);
  lazy.force();
  ASSERT_NE(lazy.get(), nullptr);
  EXPECT_EQ(*lazy.get(), 1);
  EXPECT_FALSE(lazy.is_poisoned());
}

TYPED_TEST(Lazy, get_is_null_while_the_value_is_being_made) {
  void const* self = nullptr;
  bool was_null = false;
  auto make = [&] {
    using Self = BasicLazyLock<int, std::function<int()>, TypeParam>;
    auto const& lazy = *static_cast<Self const*>(self);
    was_null = lazy.get() == nullptr && !lazy.is_poisoned();
    return 3;
  };
  BasicLazyLock<int, std::function<int()>, TypeParam> lazy{make};
  self = &lazy;
  EXPECT_EQ(*lazy, 3);
  EXPECT_TRUE(was_null);
}

struct Foo {
  static inline std::atomic<int> made;
  int n = ++made;
};

TYPED_TEST(Lazy, lazy_default) {
  Foo::made = 0;
  BasicLazyLock<std::optional<Foo>, std::optional<Foo> (*)(), TypeParam> empty;
  BasicLazyLock<Foo, Foo (*)(), TypeParam> lazy;
  EXPECT_EQ(Foo::made, 0);
  EXPECT_EQ(lazy->n, 1);
  EXPECT_EQ(lazy->n, 1);
  EXPECT_EQ(Foo::made, 1);
  EXPECT_FALSE(empty->has_value());
}

TYPED_TEST(Lazy, a_default_value_is_initialised) {
  alignas(int) unsigned char dirt[sizeof(BasicLazyLock<int, int (*)(), TypeParam>) + alignof(void*)];
  std::memset(dirt, 0xff, sizeof(dirt));
  void* place = dirt;
  std::size_t room = sizeof(dirt);
  using Default = BasicLazyLock<int, int (*)(), TypeParam>;
  ASSERT_NE(std::align(alignof(Default), sizeof(Default), place, room), nullptr);
  auto* const lazy = ::new (place) Default;
  EXPECT_EQ(**lazy, 0);
  lazy->~Default();
}

TYPED_TEST(Lazy, a_default_one_reaches_through_never_destroyed) {
  BasicLazyLock<NeverDestroyed<std::string>, std::string (*)(), TypeParam> lazy;
  EXPECT_EQ(lazy->size(), 0U);
  EXPECT_EQ(lazy.get(), &*lazy);
}

// Immovable, and it knows where it was made.
struct Pinned {
  Pinned() : self{this} {}
  Pinned(Pinned const&) = delete;
  Pinned& operator=(Pinned const&) = delete;
  Pinned* self;
};

TYPED_TEST(Lazy, an_immovable_value_is_made_in_place) {
  auto lazy = make_lazy<TypeParam>([] { return Pinned{}; });
  auto kept = make_lazy<TypeParam, RetryOnThrow>([] { return Pinned{}; });
  auto consumed_one = make_lazy<TypeParam>(owning([] { return Pinned{}; }));
  BasicLazyLock<Pinned, Pinned (*)(), TypeParam> by_default;
  EXPECT_EQ(lazy->self, &*lazy);
  EXPECT_EQ(kept->self, &*kept);
  EXPECT_EQ(consumed_one->self, &*consumed_one);
  EXPECT_EQ(by_default->self, &*by_default);
}

TYPED_TEST(Lazy, over_aligned_values_and_initialisers) {
  struct alignas(128) Wide {
    int n;
  };
  struct alignas(128) WideMake {
    std::shared_ptr<int> number;
    char operator()() const {
      return static_cast<char>(reinterpret_cast<std::uintptr_t>(this) % 128 == 0 ? *number : 0);
    }
  };
  auto lazy = make_lazy<TypeParam>([] { return Wide{3}; });
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&*lazy) % 128, 0U);
  EXPECT_EQ(lazy->n, 3);
  auto made_by_wide = make_lazy<TypeParam>(WideMake{std::make_shared<int>(4)});
  EXPECT_EQ(*made_by_wide, 4);
}

TYPED_TEST(Lazy, the_result_may_convert) {
  auto const make = [] { return "made"; };
  BasicLazyLock<std::string, decltype(make), TypeParam> lazy{make};
  EXPECT_EQ(*lazy, "made");
}

TYPED_TEST(Lazy, a_constant_value) {
  auto const make = [] { return std::string{"made"}; };
  BasicLazyLock<std::string const, decltype(make), TypeParam> lazy{make};
  EXPECT_EQ(*lazy, "made");
}

TYPED_TEST(Lazy, a_failure_in_the_value_is_a_value) {
  int called = 0;
  auto lazy = make_lazy<TypeParam>([&]() -> std::optional<int> {
    ++called;
    return std::nullopt;
  });
  EXPECT_FALSE(lazy->has_value());
  EXPECT_FALSE(lazy->has_value());
  EXPECT_FALSE(lazy.is_poisoned());
  EXPECT_EQ(called, 1);
}

TYPED_TEST(Lazy, one_may_use_another) {
  auto inner = make_lazy<TypeParam>([] { return 3; });
  auto outer = make_lazy<TypeParam>([&] { return *inner + 1; });
  EXPECT_EQ(*outer, 4);
  EXPECT_NE(inner.get(), nullptr);
}

// into_inner ----------------------------------------------------------------------------------------------------------

TYPED_TEST(Lazy, into_inner_of_one_never_forced_is_empty) {
  int called = 0;
  auto lazy = make_lazy<TypeParam>([&] { return ++called; });
  EXPECT_EQ(std::move(lazy).into_inner(), std::nullopt);
  EXPECT_EQ(called, 0);
}

TYPED_TEST(Lazy, into_inner_moves_the_value_out) {
  auto lazy = make_lazy<TypeParam>([] { return std::make_unique<int>(3); });
  lazy.force();
  std::optional<std::unique_ptr<int>> const inner = std::move(lazy).into_inner();
  ASSERT_TRUE(inner.has_value());
  ASSERT_NE(*inner, nullptr);
  EXPECT_EQ(**inner, 3);
}

TYPED_TEST(Lazy, into_inner_reaches_through_never_destroyed) {
  auto const make = [] { return std::string{"made"}; };
  BasicLazyLock<NeverDestroyed<std::string>, decltype(make), TypeParam> lazy{make};
  lazy.force();
  EXPECT_EQ(std::move(lazy).into_inner(), std::optional<std::string>{"made"});
}

// How the initialiser is called, and what becomes of it ---------------------------------------------------------------

enum class Calling { as_lvalue, as_const_lvalue, as_rvalue, as_const_rvalue };

struct SaysHow {
  Calling operator()() & { return Calling::as_lvalue; }
  Calling operator()() const& { return Calling::as_const_lvalue; }
  Calling operator()() && { return Calling::as_rvalue; }
  Calling operator()() const&& { return Calling::as_const_rvalue; }
};
struct SaysHowAndOwns : SaysHow {
  std::shared_ptr<int> owned = std::make_shared<int>(0);
};
struct SaysHowAndHolds : SaysHow {
  int held = 0;
};

TYPED_TEST(Lazy, it_is_called_as_an_rvalue) {
  auto empty = make_lazy<TypeParam>(SaysHow{});
  auto holding = make_lazy<TypeParam>(SaysHowAndHolds{});
  auto owning_one = make_lazy<TypeParam>(SaysHowAndOwns{});
  EXPECT_EQ(*empty, Calling::as_rvalue);
  EXPECT_EQ(*holding, Calling::as_rvalue);
  EXPECT_EQ(*owning_one, Calling::as_rvalue);
}

TYPED_TEST(Lazy, a_kept_one_is_called_as_const) {
  auto empty = make_lazy<TypeParam, RetryOnThrow>(SaysHow{});
  auto holding = make_lazy<TypeParam, RetryOnThrow>(SaysHowAndHolds{});
  auto owning_one = make_lazy<TypeParam, RetryOnThrow>(SaysHowAndOwns{});
  EXPECT_EQ(*empty, Calling::as_const_lvalue);
  EXPECT_EQ(*holding, Calling::as_const_lvalue);
  EXPECT_EQ(*owning_one, Calling::as_const_lvalue);
}

TYPED_TEST(Lazy, mutable_initialisers) {
  auto counting = make_lazy<TypeParam>([n = 0]() mutable { return ++n; });
  auto giving = make_lazy<TypeParam>([p = std::make_unique<int>(3)]() mutable { return std::move(p); });
  EXPECT_EQ(*counting, 1);
  EXPECT_EQ(*counting, 1);
  ASSERT_NE(*giving, nullptr);
  EXPECT_EQ(**giving, 3);
}

TYPED_TEST(Lazy, captures_die_right_after_the_call) {
  auto const owned = std::make_shared<int>(5);
  long during = 0;
  auto lazy = make_lazy<TypeParam>([owned, &during] {
    during = owned.use_count();
    return *owned;
  });
  EXPECT_EQ(owned.use_count(), 2);
  EXPECT_EQ(*lazy, 5);
  EXPECT_EQ(during, 2);
  EXPECT_EQ(owned.use_count(), 1);
}

TYPED_TEST(Lazy, captures_die_with_a_lazy_that_is_never_forced) {
  auto const owned = std::make_shared<int>(5);
  {
    auto lazy = make_lazy<TypeParam>([owned] { return *owned; });
    EXPECT_EQ(lazy.get(), nullptr);
    EXPECT_EQ(owned.use_count(), 2);
  }
  EXPECT_EQ(owned.use_count(), 1);
}

TYPED_TEST(Lazy, kept_captures_die_with_the_lazy) {
  auto const owned = std::make_shared<int>(5);
  {
    auto lazy = make_lazy<TypeParam, RetryOnThrow>([owned] { return *owned; });
    EXPECT_EQ(*lazy, 5);
    EXPECT_EQ(owned.use_count(), 2);
  }
  EXPECT_EQ(owned.use_count(), 1);
}

/// Something that counts how many of it are alive.
class Counted {
 public:
  explicit Counted(int& the_count) noexcept : count_{&the_count} { ++*count_; }
  Counted(Counted const& other) noexcept : count_{other.count_} { ++*count_; }
  Counted& operator=(Counted const&) = delete;
  ~Counted() { --*count_; }

 private:
  int* count_;
};

TYPED_TEST(Lazy, initialiser_and_value_are_destroyed_once_each) {
  int values = 0;
  int captures = 0;
  {
    auto lazy = make_lazy<TypeParam>([&values, capture = Counted{captures}] { return Counted{values}; });
    EXPECT_EQ(values, 0);
    EXPECT_EQ(captures, 1);
    lazy.force();
    lazy.force();
    EXPECT_EQ(values, 1);
    EXPECT_EQ(captures, 0);
  }
  EXPECT_EQ(values, 0);
  EXPECT_EQ(captures, 0);
}

TYPED_TEST(Lazy, what_a_kept_initialiser_made_is_destroyed_once) {
  int values = 0;
  int captures = 0;
  {
    auto lazy = make_lazy<TypeParam, RetryOnThrow>([&values, capture = Counted{captures}] { return Counted{values}; });
    lazy.force();
    EXPECT_EQ(values, 1);
    EXPECT_EQ(captures, 1);
  }
  EXPECT_EQ(values, 0);
  EXPECT_EQ(captures, 0);
}

TYPED_TEST(Lazy, never_destroyed_leaves_the_value_and_not_the_captures) {
  int values = 0;
  int captures = 0;
  {
    auto const make = [&values, capture = Counted{captures}] { return Counted{values}; };
    BasicLazyLock<NeverDestroyed<Counted>, std::remove_const_t<decltype(make)>, TypeParam> lazy{make};
    EXPECT_EQ(captures, 2);
    lazy.force();
    EXPECT_EQ(values, 1);
    EXPECT_EQ(captures, 1);
  }
  EXPECT_EQ(values, 1);
  EXPECT_EQ(captures, 0);
}

// Failure -------------------------------------------------------------------------------------------------------------

#if FIRST_USE_HAS_EXCEPTIONS

/// The kind in messages: LazyCell is what a LazyLock is called whose policy cannot wait.
template <class Sync>
std::string name_of(char const* value) {
  return std::string{Sync::can_wait ? "LazyLock<" : "LazyCell<"} + value + ">";
}

template <class Sync, class F>
void expect_poisoning(F f, int& called) {
  auto lazy = make_lazy<Sync>(f);
  called = 0;
  EXPECT_FALSE(lazy.is_poisoned());
  EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::own);
  EXPECT_TRUE(lazy.is_poisoned());
  EXPECT_EQ(lazy.get(), nullptr);
  for (int i = 0; i != 2; ++i) {
    Thrown const thrown = thrown_by([&] { lazy.force(); });
    EXPECT_EQ(thrown.kind, Kind::poisoned);
    EXPECT_TRUE(contains(thrown.text, name_of<Sync>("int") + " is poisoned")) << thrown.text;
  }
  EXPECT_EQ(thrown_by([&] { static_cast<void>(*lazy); }).kind, Kind::poisoned);
  EXPECT_EQ(thrown_by([&] { static_cast<void>(lazy.operator->()); }).kind, Kind::poisoned);
  EXPECT_EQ(thrown_by([&] { static_cast<void>(std::move(lazy).into_inner()); }).kind, Kind::poisoned);
  EXPECT_EQ(called, 1);
}

TYPED_TEST(LazyPolicies, lazy_poisoning) {
  int called = 0;
  auto const fail = [&called]() -> int {
    ++called;
    throw Failure{};
  };
  expect_poisoning<TypeParam>(fail, called);
  expect_poisoning<TypeParam>(owning(fail), called);
}

TYPED_TEST(Lazy, a_failing_initialiser_is_destroyed_once) {
  int captures = 0;
  auto const owned = std::make_shared<int>(5);
  {
    auto lazy = make_lazy<TypeParam>([owned, capture = Counted{captures}]() -> std::string { throw Failure{}; });
    EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::own);
    EXPECT_EQ(captures, 0);
    EXPECT_EQ(owned.use_count(), 1);
    EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::poisoned);
  }
  EXPECT_EQ(captures, 0);
  EXPECT_EQ(owned.use_count(), 1);
}

TYPED_TEST(Lazy, a_value_half_made_is_not_destroyed) {
  struct Half {
    explicit Half(int& count) : part{count} { throw Failure{}; }
    Counted part;
  };
  int alive = 0;
  {
    auto lazy = make_lazy<TypeParam>([&alive] { return Half{alive}; });
    EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::own);
    EXPECT_EQ(alive, 0);
  }
  EXPECT_EQ(alive, 0);
}

/// Throws when it is moved, once it is armed.
struct ThrowsWhenMoved {
  ThrowsWhenMoved(bool& is_armed, int& alive) : armed{&is_armed}, counted{alive} {}
  ThrowsWhenMoved(ThrowsWhenMoved&& other) : armed{other.armed}, counted{other.counted} {
    if (*armed) throw Failure{};
  }
  int operator()() const { return 3; }
  bool* armed;
  Counted counted;
};

TYPED_TEST(Lazy, an_initialiser_that_throws_when_moved_has_failed) {
  bool armed = false;
  int alive = 0;
  {
    BasicLazyLock<int, ThrowsWhenMoved, TypeParam> lazy{ThrowsWhenMoved{armed, alive}};
    EXPECT_EQ(alive, 1);
    armed = true;
    EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::own);
    EXPECT_EQ(alive, 0);
    armed = false;
    EXPECT_TRUE(lazy.is_poisoned());
    EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::poisoned);
  }
  EXPECT_EQ(alive, 0);
  {
    BasicLazyLock<int, ThrowsWhenMoved, TypeParam> lazy{ThrowsWhenMoved{armed, alive}};
    EXPECT_EQ(*lazy, 3);
    EXPECT_EQ(alive, 0);
  }
  EXPECT_EQ(alive, 0);
}

template <class Sync, class F>
void expect_retrying(F f, int& called) {
  auto lazy = make_lazy<Sync, RetryOnThrow>(f);
  called = 0;
  EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::own);
  EXPECT_FALSE(lazy.is_poisoned());
  EXPECT_EQ(lazy.get(), nullptr);
  EXPECT_EQ(thrown_by([&] { static_cast<void>(*lazy); }).kind, Kind::own);
  EXPECT_EQ(*lazy, 3);
  EXPECT_EQ(*lazy, 3);
  EXPECT_EQ(called, 3);
}

TYPED_TEST(LazyPolicies, retry_on_throw_tries_again_at_the_next_use) {
  int called = 0;
  auto const fail_twice = [&called] { return ++called < 3 ? throw Failure{} : called; };
  expect_retrying<TypeParam>(fail_twice, called);
  expect_retrying<TypeParam>(owning(fail_twice), called);
}

TYPED_TEST(Lazy, retry_on_throw_never_forced_after_a_failure_dies_well) {
  int captures = 0;
  {
    auto lazy = make_lazy<TypeParam, RetryOnThrow>([capture = Counted{captures}]() -> std::string { throw Failure{}; });
    EXPECT_EQ(thrown_by([&] { lazy.force(); }).kind, Kind::own);
    EXPECT_EQ(captures, 1);
    EXPECT_EQ(std::move(lazy).into_inner(), std::nullopt);
  }
  EXPECT_EQ(captures, 0);
}

TYPED_TEST(Lazy, making_a_value_while_unwinding_succeeds) {
  auto lazy = make_lazy<TypeParam>([] { return 3; });
  struct Forces {
    decltype(lazy)& to_force;
    ~Forces() { to_force.force(); }
  };
  Thrown const thrown = thrown_by([&] {
    Forces const forces{lazy};
    throw Failure{};
  });
  EXPECT_EQ(thrown.kind, Kind::own);
  EXPECT_FALSE(lazy.is_poisoned());
  ASSERT_NE(lazy.get(), nullptr);
  EXPECT_EQ(*lazy, 3);
}

template <class L>
void expect_no_initialiser(L&& lazy) {
  for (int i = 0; i != 2; ++i) {
    Thrown const thrown = thrown_by([&] { lazy.force(); });
    EXPECT_EQ(thrown.kind, Kind::init);
    EXPECT_TRUE(contains(thrown.text, "has no initialiser")) << thrown.text;
    EXPECT_FALSE(lazy.is_poisoned());
    EXPECT_EQ(lazy.get(), nullptr);
  }
  EXPECT_EQ(std::move(lazy).into_inner(), std::nullopt);
}

TYPED_TEST(Lazy, a_null_function_is_an_error_each_time_and_poisons_nothing) {
  expect_no_initialiser(BasicLazyLock<int, int (*)(), TypeParam>{nullptr});
  expect_no_initialiser(BasicLazyLock<int, int (*)(), TypeParam, KeepOnFork, RetryOnThrow>{nullptr});
  expect_no_initialiser(BasicLazyLock<int, std::function<int()>, TypeParam>{nullptr});
  expect_no_initialiser(BasicLazyLock<int, std::function<int()>, TypeParam, KeepOnFork, RetryOnThrow>{nullptr});
  expect_no_initialiser(BasicLazyLock<int, int (*)(), TypeParam, WipeOnFork<>>{nullptr});
  expect_no_initialiser(BasicLazyLock<std::string, std::function<std::string()>, TypeParam>{nullptr});
}

// Knots ---------------------------------------------------------------------------------------------------------------

/// An initialiser without a byte, whose body a test chooses; Number tells several apart.
template <class Sync, class T, int Number = 0>
struct Scripted {
  T operator()() const { return body(); }
  static inline std::function<T()> body;
};
template <class Sync, class T, int Number = 0>
using ScriptedLazy = BasicLazyLock<T, Scripted<Sync, T, Number>, Sync>;

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

#else  // without exceptions an error is a line and an abort

template <class Sync>
class LazyDeathTest : public ::testing::Test {};
TYPED_TEST_SUITE(LazyDeathTest, AllPolicies, PolicyNames);

TYPED_TEST(LazyDeathTest, a_null_function) {
  BasicLazyLock<int, int (*)(), TypeParam> lazy{nullptr};
  EXPECT_DEATH(lazy.force(), "first_use: Lazy.*<int> has no initialiser");
}

TYPED_TEST(LazyDeathTest, reentrance) {
  using Reentrant = BasicLazyLock<int, std::function<int()>, TypeParam>;
  Reentrant* self = nullptr;
  Reentrant lazy{[&] { return **self; }};
  self = &lazy;
  EXPECT_DEATH(lazy.force(), "first_use: the initialiser of Lazy.*<int> asked for the value it is making");
}

#endif

// Threads -------------------------------------------------------------------------------------------------------------

template <class Sync>
class LazyThreads : public ::testing::Test {};
using TwoThatWait = ::testing::Types<first_use::FutexSync, CountingSync>;
TYPED_TEST_SUITE(LazyThreads, TwoThatWait, PolicyNames);

template <class Sync>
class LazyBlocking : public ::testing::Test {};
TYPED_TEST_SUITE(LazyBlocking, BlockingPolicies, PolicyNames);

TYPED_TEST(LazyThreads, sync_lazy_new) {
  std::atomic<int> called = 0;
  auto x = make_lazy<TypeParam>([&] {
    ++called;
    return 92;
  });
  EXPECT_EQ(called, 0);
  Crew crew;
  crew.add([&] {
    EXPECT_EQ(*x - 30, 62);
    EXPECT_EQ(called, 1);
  });
  crew.join();
  EXPECT_EQ(*x - 30, 62);
  EXPECT_EQ(called, 1);
}

TYPED_TEST(LazyThreads, sync_lazy_default) {
  Foo::made = 0;
  BasicLazyLock<Foo, Foo (*)(), TypeParam> lazy;
  EXPECT_EQ(Foo::made, 0);
  Crew crew;
  crew.add([&] { EXPECT_EQ(lazy->n, 1); });
  crew.join();
  EXPECT_EQ(lazy->n, 1);
  EXPECT_EQ(Foo::made, 1);
}

TYPED_TEST(LazyBlocking, stampede) {
  constexpr int threads = 8;
  constexpr int rounds = 50;
  for (int round = 0; round != rounds; ++round) {
    std::atomic<int> called = 0;
    // Plain: told "complete" means told of these too.
    int first_effect = 0;
    int second_effect = 0;
    auto copied = make_lazy<TypeParam>([&] {
      first_effect = ++called;
      return std::string(40, 'x');
    });
    auto consumed = make_lazy<TypeParam>(owning([&] {
      second_effect = ++called;
      return std::string(40, 'y');
    }));
    StartLine line{threads};
    std::array<std::string const*, threads> seen{};
    std::atomic<int> next = 0;
    Crew crew;
    crew.add(threads, [&] {
      auto const me = static_cast<std::size_t>(next++);
      line.wait();
      seen[me] = &*copied;
      EXPECT_NE(first_effect, 0);
      EXPECT_EQ(copied->size() + consumed->size(), 80U);
      EXPECT_NE(second_effect, 0);
    });
    crew.join();
    EXPECT_EQ(called, 2);
    for (auto const* value : seen) EXPECT_EQ(value, &*copied);
  }
}

TYPED_TEST(LazyThreads, others_wait_for_the_one_that_makes_it) {
  Gate made{"the initialiser's gate"};
  std::atomic<int> called = 0;
  auto lazy = make_lazy<TypeParam>([&] {
    ++called;
    made.wait();
    return 3;
  });
  std::atomic<int> done = 0;
  Crew crew;
  crew.add(4, [&] {
    EXPECT_EQ(*lazy, 3);
    ++done;
  });
  wait_until_queued(lazy);
  EXPECT_EQ(lazy.get(), nullptr);
  EXPECT_FALSE(lazy.is_poisoned());
  EXPECT_EQ(done, 0);
  made.open();
  crew.join();
  EXPECT_EQ(done, 4);
  EXPECT_EQ(called, 1);
}

#if FIRST_USE_HAS_EXCEPTIONS

template <class Sync, class F>
void expect_all_told(F f, Gate& fail) {
  constexpr int threads = 4;
  auto lazy = make_lazy<Sync>(f);
  std::atomic<int> own = 0;
  std::atomic<int> poisoned = 0;
  Crew crew;
  crew.add(threads, [&] {
    Kind const kind = thrown_by([&] { lazy.force(); }).kind;
    ++(kind == Kind::own ? own : poisoned);
    EXPECT_TRUE(kind == Kind::own || kind == Kind::poisoned);
  });
  wait_until_queued(lazy);
  fail.open();
  crew.join();
  EXPECT_EQ(own, 1);
  EXPECT_EQ(poisoned, threads - 1);
  EXPECT_TRUE(lazy.is_poisoned());
}

TYPED_TEST(LazyBlocking, sync_lazy_poisoning) {
  Gate fail{"the initialiser's gate"};
  expect_all_told<TypeParam>(
      [&]() -> int {
        fail.wait();
        throw Failure{};
      },
      fail);
  Gate fail_consumed{"the consumed initialiser's gate"};
  expect_all_told<TypeParam>(owning([&]() -> int {
                               fail_consumed.wait();
                               throw Failure{};
                             }),
                             fail_consumed);
}

TYPED_TEST(LazyThreads, of_those_that_wait_for_one_that_retries_one_takes_over) {
  constexpr int threads = 4;
  Gate fail{"the initialiser's gate"};
  std::atomic<int> called = 0;
  auto lazy = make_lazy<TypeParam, RetryOnThrow>([&] {
    fail.wait();
    if (++called < 3) throw Failure{};
    return 3;
  });
  std::atomic<int> own = 0;
  std::atomic<int> values = 0;
  Crew crew;
  crew.add(threads, [&] {
    Kind const kind = thrown_by([&] { values += *lazy == 3 ? 1 : 0; }).kind;
    EXPECT_TRUE(kind == Kind::own || kind == Kind::nothing);
    own += kind == Kind::own ? 1 : 0;
  });
  wait_until_queued(lazy);
  fail.open();
  crew.join();
  EXPECT_EQ(called, 3);
  EXPECT_EQ(own, 2);
  EXPECT_EQ(values, 2);
  EXPECT_FALSE(lazy.is_poisoned());
}

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

// After the end -------------------------------------------------------------------------------------------------------

/// Destroys the lazy where it lies, and asks it for its value.
template <class L, class F>
Thrown use_after_destruction(F f, bool force_first) {
  alignas(L) static unsigned char place[sizeof(L)];
  auto* const lazy = ::new (static_cast<void*>(place)) L{f};
  if (force_first) lazy->force();
  lazy->~L();
  // As at exit, where a static's bytes are still there; the compiler must not know better.
  auto* volatile again = reinterpret_cast<L*>(place);
  EXPECT_EQ(again->get(), nullptr);
  EXPECT_FALSE(again->is_poisoned());
  return thrown_by([&] { again->force(); });
}

TYPED_TEST(LazyThreads, use_after_destruction_is_told) {
  using Empty = BasicLazyLock<std::string, MakeString, TypeParam>;
  using Consuming = BasicLazyLock<std::string, std::function<std::string()>, TypeParam>;
  for (bool const forced : {true, false}) {
    for (Thrown const& thrown :
         {use_after_destruction<Empty>(MakeString{}, forced), use_after_destruction<Consuming>(MakeString{}, forced)}) {
      EXPECT_EQ(thrown.kind, Kind::init);
      EXPECT_TRUE(contains(thrown.text, "after its destruction")) << thrown.text;
      EXPECT_TRUE(contains(thrown.text, "LazyLock<")) << thrown.text;
    }
  }
}

#endif

// The other axis: what the word remembers of the process --------------------------------------------------------------

template <class S, class K>
struct Flavour {
  using Sync = S;
  using Fork = K;
};
struct FlavourNames {
  template <class F>
  static std::string GetName(int index) {
    char const* const fork = F::Fork::wipes ? "Wipe" : std::is_same_v<typename F::Fork, KeepOnFork> ? "Keep" : "Ignore";
    return PolicyNames::GetName<typename F::Sync>(index) + fork;
  }
};
// Kept ones are what all tests above are about.
using Flavours = ::testing::Types<Flavour<first_use::FutexSync, first_use::IgnoreFork>,
                                  Flavour<first_use::FutexSync, WipeOnFork<>>, Flavour<SingleThreadSync, WipeOnFork<>>>;

template <class Which>
class LazyFork : public ::testing::Test {
 public:
  template <class OnThrow = PoisonOnThrow, class F>
  static auto make(F f) {
    return make_lazy<typename Which::Sync, OnThrow, typename Which::Fork>(f);
  }
  static constexpr bool keeps = Which::Fork::wipes;  // the initialiser, for every process
};
TYPED_TEST_SUITE(LazyFork, Flavours, FlavourNames);

TYPED_TEST(LazyFork, lazy_new) {
  int called = 0;
  auto lazy = TestFixture::make([&called] { return ++called; });
  EXPECT_EQ(lazy.get(), nullptr);
  EXPECT_EQ(called, 0);
  EXPECT_EQ(*lazy, 1);
  EXPECT_EQ(*lazy, 1);
  EXPECT_EQ(lazy.get(), &*lazy);
  EXPECT_EQ(std::move(lazy).into_inner(), std::optional<int>{1});
  EXPECT_EQ(called, 1);
}

TYPED_TEST(LazyFork, how_it_is_called) {
  Calling const wanted = TestFixture::keeps ? Calling::as_const_lvalue : Calling::as_rvalue;
  auto empty = TestFixture::make(SaysHow{});
  auto owning_one = TestFixture::make(SaysHowAndOwns{});
  EXPECT_EQ(*empty, wanted);
  EXPECT_EQ(*owning_one, wanted);
}

TYPED_TEST(LazyFork, captures_live_as_long_as_they_are_needed) {
  int values = 0;
  int captures = 0;
  {
    auto lazy = TestFixture::make([&values, capture = Counted{captures}] { return Counted{values}; });
    lazy.force();
    EXPECT_EQ(values, 1);
    EXPECT_EQ(captures, TestFixture::keeps ? 1 : 0);
  }
  EXPECT_EQ(values, 0);
  EXPECT_EQ(captures, 0);
}

#if FIRST_USE_HAS_EXCEPTIONS

TYPED_TEST(LazyFork, failing) {
  int called = 0;
  auto const fail_once = [&called] { return ++called == 1 ? throw Failure{} : called; };
  auto poisoning = TestFixture::make(fail_once);
  EXPECT_EQ(thrown_by([&] { poisoning.force(); }).kind, Kind::own);
  EXPECT_TRUE(poisoning.is_poisoned());
  EXPECT_EQ(thrown_by([&] { poisoning.force(); }).kind, Kind::poisoned);
  EXPECT_EQ(called, 1);
  called = 0;
  auto retrying = TestFixture::template make<RetryOnThrow>(owning(fail_once));
  EXPECT_EQ(thrown_by([&] { retrying.force(); }).kind, Kind::own);
  EXPECT_FALSE(retrying.is_poisoned());
  EXPECT_EQ(*retrying, 2);
}

TYPED_TEST(LazyFork, reentrance_says_what_it_is_called) {
  using Script = Scripted<TypeParam, int>;
  auto lazy = TestFixture::make(Script{});
  Script::body = [&] { return *lazy; };
  Thrown const thrown = thrown_by([&] { lazy.force(); });
  EXPECT_EQ(thrown.kind, Kind::reentrant);
  std::string const name = std::string{TestFixture::keeps ? "of WipeOnFork" : "of "} +
                           (TypeParam::Sync::can_wait ? "LazyLock<int>" : "LazyCell<int>");
  EXPECT_TRUE(contains(thrown.text, name)) << thrown.text;
  EXPECT_FALSE(lazy.is_poisoned());
  Script::body = [] { return 3; };
  EXPECT_EQ(*lazy, 3);
}

#endif

}  // namespace
