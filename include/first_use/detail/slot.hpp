// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Room for one T. Knows no state: whether an object lies in it is the business of whoever owns the word beside it.
#ifndef FIRST_USE_DETAIL_SLOT_HPP
#define FIRST_USE_DETAIL_SLOT_HPP

// construct_at is what constant evaluation needs; the standard puts it into <memory>, at seven times the cost. The
// three libraries named here declare it for <optional>, which take() needs anyway.
#include <new>
#include <optional>
#include <type_traits>
#if !defined(__GLIBCXX__) && !defined(_LIBCPP_VERSION) && !defined(_MSVC_STL_VERSION)
#include <memory>
#endif

#include <first_use/detail/config.hpp>

FIRST_USE_BEGIN
namespace detail {

struct ByCall {};  // build from what a callable returns, without a copy in between
struct ByArguments {};

/// Whether T wraps another object and takes the call that makes it (NeverDestroyed).
template <class T>
inline constexpr bool takes_call = false;

/// INVARIANT: `none` is the active member until a T was built; destroying leaves neither, building makes `value`.
/// Two specialisations, because clang 14 does not know conditionally trivial destructors.
template <class T, bool Trivial = std::is_trivially_destructible_v<T>>
union Room {
  char none;
  T value;

  constexpr Room() noexcept : none{} {}
  template <class F>
  constexpr Room(ByCall, F&& the_call) : value(static_cast<F&&>(the_call)()) {}
  template <class F>
    requires takes_call<T>
  constexpr Room(ByCall the_how, F&& the_call) : value(the_how, static_cast<F&&>(the_call)) {}
  template <class... Args>
  constexpr explicit Room(ByArguments, Args&&... the_args) : value(static_cast<Args&&>(the_args)...) {}
};

template <class T>
union Room<T, false> {
  char none;
  T value;

  constexpr Room() noexcept : none{} {}
  template <class F>
  constexpr Room(ByCall, F&& the_call) : value(static_cast<F&&>(the_call)()) {}
  template <class F>
    requires takes_call<T>
  constexpr Room(ByCall the_how, F&& the_call) : value(the_how, static_cast<F&&>(the_call)) {}
  template <class... Args>
  constexpr explicit Room(ByArguments, Args&&... the_args) : value(static_cast<Args&&>(the_args)...) {}
  constexpr ~Room() {}
};

/// What users reach through a T: itself, but for wrappers that stand for another object (NeverDestroyed).
template <class T>
struct Reach {
  using type = T;
  static constexpr T& through(T& value) noexcept { return value; }
};

/// Builds X where `place` is. SAFETY: nothing alive lies there; the caller has claimed the word that guards it. Inside a
/// union or a union itself, so that nothing outlives its lifetime by it.
template <class X, class... Args>
constexpr void build(X& place, Args&&... args) {
  if (std::is_constant_evaluated()) {
    std::construct_at(&place, static_cast<Args&&>(args)...);
  } else {
    ::new (static_cast<void*>(&place)) X(static_cast<Args&&>(args)...);
  }
}

/// SAFETY: the caller knows that a finished T lies there and that nobody else can see it.
template <class T>
constexpr void destroy(T& value) noexcept {
  value.~T();
}

/// A member that a const object may still change: the locks' are mutable, so that a const one never lies in read-only
/// memory. g++ refuses mutable members in constant evaluation, where the cells must work: theirs are cast. Where there are
/// no threads the locks are the cells.
template <class X, bool Mutable>
struct Inner {
  template <class... Args>
  constexpr explicit Inner(Args&&... the_args) : inner(static_cast<Args&&>(the_args)...) {}
  constexpr X& operator*() const noexcept { return inner; }
  mutable X inner;
};
#if FIRST_USE_HAS_THREADS
template <class X>
struct Inner<X, false> {
  template <class... Args>
  constexpr explicit Inner(Args&&... the_args) : inner(static_cast<Args&&>(the_args)...) {}
  constexpr X& operator*() const noexcept { return const_cast<X&>(inner); }
  X inner;
};
#endif

}  // namespace detail
FIRST_USE_END

#endif
