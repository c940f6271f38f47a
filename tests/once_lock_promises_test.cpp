// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What the compiler can say of a OnceLock: sizes, triviality, constness, constant initialisation.
#include <first_use/once_lock.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "locks.hpp"
#include "traced.hpp"

namespace {

using namespace first_use_test;
using first_use::BasicOnceLock;
using first_use::OnceLock;

TYPED_TEST_SUITE(OnceLockValues, AllPolicies, PolicyNames);

struct Immovable {
  explicit Immovable(int the_number) : number{the_number} {}
  Immovable(Immovable const&) = delete;
  Immovable& operator=(Immovable const&) = delete;
  int number;
  Immovable const* self = this;
};

constexpr std::size_t rounded_up(std::size_t size, std::size_t to) { return (size + to - 1) / to * to; }

struct Megabyte {
  char bytes[1024 * 1024];
};
struct alignas(64) Aligned {
  char byte;
};
struct NotTrivial {
  ~NotTrivial() {}
};

/// T plus `word` bytes, rounded up to what both need.
template <class L, std::size_t word>
constexpr bool size_is_as_promised =
    sizeof(L) == rounded_up(sizeof(typename L::value_type) + word,
                            alignof(typename L::value_type) > word ? alignof(typename L::value_type) : word) &&
    alignof(L) == (alignof(typename L::value_type) > word ? alignof(typename L::value_type) : word);

template <class T, class Sync>
constexpr bool promises_of() {
  using L = Lock<T, Sync>;
  static_assert(size_is_as_promised < L, Sync::can_wait ? 4 : 1 >);
  static_assert(std::is_trivially_destructible_v<L> == std::is_trivially_destructible_v<T>);
  static_assert(std::is_nothrow_destructible_v<L> && std::is_nothrow_default_constructible_v<L>);
  static_assert(std::is_copy_constructible_v<L> == std::is_copy_constructible_v<T>);
  static_assert(std::is_copy_assignable_v<L> == std::is_copy_constructible_v<T>);
  static_assert(std::is_move_constructible_v<L> == std::is_move_constructible_v<T>);
  static_assert(std::is_move_assignable_v<L> == std::is_move_constructible_v<T>);
  static_assert(std::is_nothrow_move_constructible_v<L> == std::is_nothrow_move_constructible_v<T>);
  static_assert(std::is_nothrow_move_assignable_v<L> == std::is_nothrow_move_constructible_v<T>);
  static_assert(!std::is_convertible_v<T, L> && !std::is_convertible_v<L, bool>);
  static_assert(noexcept(std::declval<L&>().get())&& noexcept(std::declval<L const&>().get()));
  static_assert(noexcept(std::declval<L const&>().has_value())&& noexcept(std::declval<L const&>().is_initialized()));
  static_assert(noexcept(static_cast<bool>(std::declval<L const&>()))&& noexcept(std::declval<L&>().reset()));
  return true;
}

/// A const lock gives T const, another one T; a temporary gives nothing that could dangle.
template <class T, class Sync>
constexpr bool is_deep_const() {
  using L = Lock<T, Sync>;
  using F = T (*)();
  using O = std::optional<T> (*)();
  static_assert(std::is_same_v<decltype(std::declval<L&>().get()), T*>);
  static_assert(std::is_same_v<decltype(std::declval<L const&>().get()), T const*>);
  static_assert(std::is_same_v<decltype(std::declval<L&>().value()), T&>);
  static_assert(std::is_same_v<decltype(std::declval<L const&>().value()), T const&>);
  static_assert(std::is_same_v<decltype(std::declval<L&>().get_or_init(std::declval<F>())), T&>);
  static_assert(std::is_same_v<decltype(std::declval<L const&>().get_or_init(std::declval<F>())), T const&>);
  static_assert(std::is_same_v<decltype(std::declval<L&>().get_or_try_init(std::declval<O>())), T*>);
  static_assert(std::is_same_v<decltype(std::declval<L const&>().get_or_try_init(std::declval<O>())), T const*>);
  static_assert(std::is_same_v<decltype(std::declval<L&>().try_emplace()), std::pair<T&, bool>>);
  static_assert(std::is_same_v<decltype(std::declval<L&>().try_insert(std::declval<T>())), std::pair<T&, bool>>);
  static_assert(std::is_same_v<decltype(std::declval<L&>().take()), std::optional<T>>);
  static_assert(std::is_same_v<typename L::value_type, T>);
  return true;
}

template <class L>
concept BorrowsFromTemporary = requires(L&& lock) {
  std::move(lock).get();
}
||  //
    requires(L&& lock) {
  std::move(lock).value();
}
||  //
    requires(L&& lock) {
  std::move(lock).get_or_init([] { return 1; });
}
||  //
    requires(L&& lock) {
  std::move(lock).get_or_try_init([] { return std::optional{1}; });
}
|| requires(L&& lock) { std::move(lock).try_insert(1); }
||  //
    requires(L&& lock) {
  std::move(lock).try_emplace(1);
}
||  //
    requires(L&& lock) {
  std::move(lock).wait();
};

template <class L>
concept ConstIsFilled = requires(L const& lock) {
  lock.set(1);
}
|| requires(L const& lock) { lock.try_set(1); }
|| requires(L const& lock) { lock.try_insert(1); }
|| requires(L const& lock) { lock.try_emplace(1); }
|| requires(L const& lock) { lock.take(); }
|| requires(L const& lock) { lock.reset(); };

TYPED_TEST(OnceLockValues, promises_to_the_compiler) {
  static_assert(promises_of<char, TypeParam>() && promises_of<bool, TypeParam>() && promises_of<short, TypeParam>());
  static_assert(promises_of<int, TypeParam>() && promises_of<long long, TypeParam>() &&
                promises_of<long double, TypeParam>());
  static_assert(promises_of<void*, TypeParam>() && promises_of<std::string, TypeParam>());
  static_assert(promises_of<Megabyte, TypeParam>() && promises_of<Aligned, TypeParam>());
  static_assert(promises_of<NotTrivial, TypeParam>() && promises_of<Immovable, TypeParam>());
  static_assert(promises_of<Traced, TypeParam>() && promises_of<std::unique_ptr<int>, TypeParam>());
  static_assert(is_deep_const<int, TypeParam>() && is_deep_const<std::string, TypeParam>());
  using L = Lock<int, TypeParam>;
  static_assert(!BorrowsFromTemporary<L> && !BorrowsFromTemporary<L const>);
  static_assert(!ConstIsFilled<L>);
  static_assert(requires(L & lock) {
    lock.set(1);
    lock.try_emplace(1);
    lock.reset();
  });
  static_assert(requires(L a, L const b) { a == b; });
  static_assert(!requires(Lock<NotTrivial, TypeParam> a) { a == a; });
  static_assert(!requires(L lock) { lock.set(std::string{}); });
  static_assert(!requires(L lock) { lock.try_emplace(1, 2); });
  static_assert(!std::is_constructible_v<L, std::in_place_t, std::string>);
}

#if FIRST_USE_HAS_THREADS
TEST(OnceLock, sizes_are_the_ones_of_the_front_page) {
  static_assert(sizeof(OnceLock<char>) == 8 && sizeof(OnceLock<int>) == 8);
  static_assert(sizeof(OnceLock<double>) == sizeof(double) + alignof(OnceLock<double>));
  static_assert(sizeof(OnceLock<Megabyte>) == sizeof(Megabyte) + 4);
  static_assert(sizeof(OnceLock<Aligned>) == 128 && alignof(OnceLock<Aligned>) == 64);
  static constinit OnceLock<Megabyte> megabyte;
  EXPECT_EQ(megabyte.get_or_init([] { return Megabyte{}; }).bytes[77], 0);
}
#endif

TYPED_TEST(OnceLockValues, constant_initialised) {
  static constinit Lock<std::string, TypeParam> empty;
  static constinit Lock<int, TypeParam> full{std::in_place, 42};
  static constinit Lock<int, TypeParam> const const_full{std::in_place, 43};
  static constinit Lock<std::pair<int, char const*>, TypeParam> pair{std::in_place, 1, "one"};
  static constinit Lock<std::unique_ptr<int>, TypeParam> null{std::in_place, nullptr};
  static constinit BasicOnceLock<int, TypeParam, first_use::IgnoreFork> ignores{std::in_place, 44};
  EXPECT_FALSE(empty);
  EXPECT_EQ(full.value(), 42);
  EXPECT_FALSE(full.set(1));
  EXPECT_EQ(const_full.get_or_init([] { return 1; }), 43);
  EXPECT_STREQ(pair.value().second, "one");
  EXPECT_TRUE(null.has_value());
  EXPECT_EQ(ignores.value(), 44);
}

}  // namespace
