// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Printing: operator<<, and std::formatter where the library has <format>. Nothing is ever initialised by being printed.
//
//     OnceLock(3)   OnceLock(<uninit>)   LazyLock(<uninit>)   Once(complete)
//
// Not part of first_use.hpp, because <ostream> costs several times the rest of the library.
#ifndef FIRST_USE_FORMAT_HPP
#define FIRST_USE_FORMAT_HPP

#include <concepts>
#include <ostream>
#include <version>
#if defined(__cpp_lib_format)
#include <cstddef>
#include <format>
#include <string_view>
#include <type_traits>
#endif

#include <first_use/lazy_lock.hpp>
#include <first_use/once.hpp>
#include <first_use/once_lock.hpp>

FIRST_USE_BEGIN
namespace detail {

template <class T>
concept Printable = requires(std::ostream& out, T const& value) {
  out << value;
};

/// The kind in a cell's own name, "OnceLock" for OnceLock<int>.
template <class Sync, class Fork>
constexpr char const* lock_name() noexcept {
  if (Fork::wipes) return Sync::can_wait ? "WipeOnForkOnceLock" : "WipeOnForkOnceCell";
  return Sync::can_wait ? "OnceLock" : "OnceCell";
}
template <class Sync, class Fork>
constexpr char const* lazy_name() noexcept {
  if (Fork::wipes) return Sync::can_wait ? "WipeOnForkLazyLock" : "WipeOnForkLazyCell";
  return Sync::can_wait ? "LazyLock" : "LazyCell";
}
constexpr char const* status_name(OnceStatus status) noexcept {
  switch (status) {
    case OnceStatus::incomplete: return "incomplete";
    case OnceStatus::running: return "running";
    case OnceStatus::poisoned: return "poisoned";
    case OnceStatus::complete: break;
  }
  return "complete";
}

template <class T>
std::ostream& print(std::ostream& out, char const* name, T const* value) {
  out << name << '(';
  if (value != nullptr) {
    out << *value;
  } else {
    out << "<uninit>";
  }
  return out << ')';
}

}  // namespace detail

template <detail::Printable T, class Sync, class Fork>
std::ostream& operator<<(std::ostream& out, BasicOnceLock<T, Sync, Fork> const& lock) {
  return detail::print(out, detail::lock_name<Sync, Fork>(), lock.get());
}

template <class T, class F, class Sync, class Fork, class OnThrow>
requires detail::Printable<typename detail::Reach<T>::type> std::ostream& operator<<(
    std::ostream& out, BasicLazyLock<T, F, Sync, Fork, OnThrow> const& lazy) {
  return detail::print(out, detail::lazy_name<Sync, Fork>(), lazy.get());
}

template <class Sync, class Fork>
std::ostream& operator<<(std::ostream& out, BasicOnce<Sync, Fork> const& once) {
  return out << (Fork::wipes ? "WipeOnForkOnce(" : "Once(") << detail::status_name(once.status()) << ')';
}

#if defined(__cpp_lib_format)
namespace detail {

/// A formatter that nobody wrote cannot even be made.
template <class T>
concept Formattable = std::is_default_constructible_v<std::formatter<std::remove_const_t<T>>>;

/// Formats the value by its own formatter, whose format specification this one takes.
template <class Value>
struct Formatter : std::formatter<Value> {
  template <class Context>
  auto print(char const* name, Value const* value, Context& context) const {
    if (value == nullptr) return std::format_to(context.out(), "{}(<uninit>)", name);
    context.advance_to(std::format_to(context.out(), "{}(", name));
    context.advance_to(std::formatter<Value>::format(*value, context));
    return std::format_to(context.out(), ")");
  }
};

// The public lazies derive from BasicLazyLock; a formatter must name the exact type.
template <class Lazy>
struct LazyOf {
  template <class T, class F, class Sync, class Fork, class OnThrow>
  static auto base(BasicLazyLock<T, F, Sync, Fork, OnThrow> const&) -> BasicLazyLock<T, F, Sync, Fork, OnThrow>*;
  template <class T, class F, class Sync, class Fork, class OnThrow>
  static constexpr char const* name(BasicLazyLock<T, F, Sync, Fork, OnThrow> const*) {
    return lazy_name<Sync, Fork>();
  }
};
template <class Lazy>
concept IsLazy = requires(Lazy const& lazy) {
  LazyOf<Lazy>::base(lazy);
};

}  // namespace detail
#endif

FIRST_USE_END

#if defined(__cpp_lib_format)
template <first_use::detail::Formattable T, class Sync, class Fork>
struct std::formatter<first_use::BasicOnceLock<T, Sync, Fork>> : first_use::detail::Formatter<std::remove_const_t<T>> {
  template <class Context>
  auto format(first_use::BasicOnceLock<T, Sync, Fork> const& lock, Context& context) const {
    return this->print(first_use::detail::lock_name<Sync, Fork>(), lock.get(), context);
  }
};

template <first_use::detail::IsLazy Lazy>
  requires first_use::detail::Formattable<typename Lazy::value_type>
struct std::formatter<Lazy> : first_use::detail::Formatter<std::remove_const_t<typename Lazy::value_type>> {
  template <class Context>
  auto format(Lazy const& lazy, Context& context) const {
    auto const* const none = static_cast<decltype(first_use::detail::LazyOf<Lazy>::base(lazy))>(nullptr);
    return this->print(first_use::detail::LazyOf<Lazy>::name(none), lazy.get(), context);
  }
};

/// Takes the format specification of a string.
template <class Sync, class Fork>
struct std::formatter<first_use::BasicOnce<Sync, Fork>> : std::formatter<std::string_view> {
  template <class Context>
  auto format(first_use::BasicOnce<Sync, Fork> const& once, Context& context) const {
    char text[32];
    char* const end = std::format_to(text, "{}Once({})", Fork::wipes ? "WipeOnFork" : "",
                                     first_use::detail::status_name(once.status()));
    return std::formatter<std::string_view>::format({text, static_cast<std::size_t>(end - text)}, context);
  }
};
#endif

#endif
