// SPDX-License-Identifier: MIT OR Apache-2.0
//
// named: gives an initialiser a name, which errors and observers then tell beside the type.
//
// Use it where a program has several objects of one type, or where an error's reader should recognise the object at once.
// The name is part of the initialiser's type: it takes no room in the object, and no instruction on the way to the value.
//
//     constinit first_use::LazyLock config{first_use::named<"config">([] { return load(); })};
//     Cache& cache_of(int size) {
//       return cache.get_or_init(first_use::named<"session cache">([size] { return Cache{size}; }));
//     }
//
// A call that brings no initialiser (wait(), value()) has no name to tell; an error about who waits for whom takes it from
// whoever runs the object. A type that is spelled out carries a name as part of its second argument; `LazyLock<Config>`
// stores a plain function pointer and has none.
#ifndef FIRST_USE_NAMED_HPP
#define FIRST_USE_NAMED_HPP

#include <cstddef>
#include <type_traits>

#include <first_use/detail/callable.hpp>

FIRST_USE_BEGIN
namespace detail {

/// A string literal, as a template argument.
template <std::size_t size>
struct Name {
  char text[size]{};
  constexpr Name(char const (&the_text)[size]) noexcept {
    for (std::size_t i = 0; i != size; ++i) text[i] = the_text[i];
  }
};
template <std::size_t size>
Name(char const (&)[size]) -> Name<size>;

/// A pointer to a function or a member, as a class.
template <class P>
struct Pointed {
  P pointer;
  constexpr explicit Pointed(P the_pointer) noexcept : pointer{the_pointer} {}
  constexpr explicit operator bool() const noexcept { return pointer != nullptr; }
  template <class... Args>
    requires std::is_invocable_v<P, Args...>
  constexpr decltype(auto) operator()(Args&&... args) const {
    return detail::invoke(pointer, static_cast<Args&&>(args)...);
  }
};

/// F itself, but for its type: empty where F is, trivially copyable where F is, callable as F is.
template <Name name, class F>
struct Named : F {
  static_assert(sizeof(name.text) > 1, "first_use: named<\"\">: the name is empty");
  constexpr explicit Named(F&& the_call) : F(static_cast<F&&>(the_call)) {}
};
template <Name name, class F>
inline constexpr char const* name_of<Named<name, F>> = name.text;
template <Name name, class F>
inline constexpr bool has_name<Named<name, F>> = true;

template <class F>
using Nameable = std::conditional_t<std::is_class_v<F>, F, Pointed<F>>;

}  // namespace detail

/// See the top of the file. Takes what can be called by value: an lvalue is copied (or moved from, or wrapped in std::ref,
/// if the call is to change it). Blocks: never. Throws: what moving F throws. On fork: nothing.
template <detail::Name name, class F>
[[nodiscard]] constexpr detail::Named<name, detail::Nameable<F>> named(F f) {
  static_assert(!std::is_final_v<F>, "first_use: named() cannot take a final class: wrap it in a lambda");
  return detail::Named<name, detail::Nameable<F>>{detail::Nameable<F>(static_cast<F&&>(f))};
}

FIRST_USE_END

#endif
