// SPDX-License-Identifier: MIT OR Apache-2.0
//
// LazyLock as a type: sizes, triviality, constness, what is deduced, statics. What it does: lazy_lock_values_test.cpp and its
// neighbours, which run over LazyCell's policy too; what only a LazyCell can do is in lazy_cell_test.cpp.
#include <first_use/lazy_lock.hpp>

#include <array>
#include <string>
#include <type_traits>
#include <utility>

#include <first_use/never_destroyed.hpp>
#include <first_use/once_lock.hpp>
#include <first_use/wiped.hpp>

#include "policies.hpp"

namespace {

using first_use::BasicLazyLock;
using first_use::LazyLock;
using first_use::NeverDestroyed;
using first_use::retry_on_throw;
using first_use::RetryOnThrow;

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
#if FIRST_USE_HAS_THREADS
static_assert(sizeof(LazyLock<int>) == 8 + sizeof(void*));
static_assert(sizeof(LazyLock<int, TwoInts>) == 8 + sizeof(TwoInts));
static_assert(sizeof(LazyLock<std::string>) == sizeof(first_use::OnceLock<std::string>) + sizeof(void*));
#endif
// Any other shares T's bytes, and is paid for only where it is larger.
static_assert(sizeof(LazyLock<std::string, OwnsAString>) == sizeof(first_use::OnceLock<std::string>));
static_assert(sizeof(LazyLock<std::string, OwnsTwoStrings>) ==
              rounded(4 + sizeof(OwnsTwoStrings), alignof(std::string)));
static_assert(sizeof(LazyLock<std::string, OwnsTwoStrings>) <
              sizeof(first_use::OnceLock<std::string>) + sizeof(OwnsTwoStrings));
// Wiped ones and those that try again keep it.
#if FIRST_USE_HAS_FORK
static_assert(sizeof(first_use::WipeOnForkLazyLock<int, MakeInt>) == 16);
static_assert(sizeof(first_use::WipeOnForkLazyLock<int>) == rounded(12 + sizeof(void*), 8));
#else
static_assert(sizeof(first_use::WipeOnForkLazyLock<int, MakeInt>) == sizeof(LazyLock<int, MakeInt>));
#endif
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

}  // namespace
