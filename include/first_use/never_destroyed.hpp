// SPDX-License-Identifier: MIT OR Apache-2.0
//
// NeverDestroyed<T>: a T whose destructor never runs.
//
// Use it for statics that other statics, or threads that outlive main(), still use at exit; inside a lazy for objects
// without start-up and exit code. Not for objects that must flush, unlock or delete something when the program ends.
//
//     constinit first_use::LazyLock<first_use::NeverDestroyed<std::string>> name{[] { return std::string{"x"}; }};
//     std::size_t length() { return name->size(); }
//
// `*` and `->` of such a lazy reach the T. It composes with every lazy and lock of the library.
#ifndef FIRST_USE_NEVER_DESTROYED_HPP
#define FIRST_USE_NEVER_DESTROYED_HPP

#include <concepts>
#include <new>
#include <type_traits>

#include <first_use/detail/slot.hpp>

FIRST_USE_BEGIN
namespace detail {

// Only bytes have a trivial destructor whatever T's is; where T's is trivial it lies there as itself, and constant
// initialisation works.
template <class T, bool Trivial = std::is_trivially_destructible_v<T>>
struct Undying {
  template <class... Args>
  constexpr explicit Undying(ByArguments, Args&&... the_args) : object(static_cast<Args&&>(the_args)...) {}
  template <class F>
  constexpr Undying(ByCall, F&& the_call) : object(static_cast<F&&>(the_call)()) {}
  constexpr T& value() noexcept { return object; }
  constexpr T const& value() const noexcept { return object; }
  T object;
};
template <class T>
struct Undying<T, false> {
  template <class... Args>
  explicit Undying(ByArguments, Args&&... the_args) {
    ::new (static_cast<void*>(bytes)) T(static_cast<Args&&>(the_args)...);
  }
  template <class F>
  Undying(ByCall, F&& the_call) {
    ::new (static_cast<void*>(bytes)) T(static_cast<F&&>(the_call)());
  }
  T& value() noexcept { return *std::launder(static_cast<T*>(static_cast<void*>(bytes))); }
  T const& value() const noexcept { return *std::launder(static_cast<T const*>(static_cast<void const*>(bytes))); }
  alignas(T) unsigned char bytes[sizeof(T)];
};

/// A T that cannot be moved converts to nothing, and is made in place.
template <class F, class T>
concept makes = std::is_convertible_v<std::invoke_result_t<F>, T> ||
    std::is_same_v<std::remove_cv_t<std::invoke_result_t<F>>, std::remove_cv_t<T>>;

}  // namespace detail

/// See the top of the file. As large as T; neither copied nor moved; trivially destructible.
template <class T>
class NeverDestroyed {
 public:
  template <class... Args>
    requires std::constructible_from<T, Args...>
  constexpr explicit NeverDestroyed(Args&&... the_args)
      : value_{detail::ByArguments{}, static_cast<Args&&>(the_args)...} {}
  NeverDestroyed(NeverDestroyed const&) = delete;
  NeverDestroyed& operator=(NeverDestroyed const&) = delete;

  /// Made in place from what `make` returns; for the library's own types.
  template <class F>
    requires detail::makes<F, T>
  constexpr NeverDestroyed(detail::ByCall, F&& the_call) : value_{detail::ByCall{}, static_cast<F&&>(the_call)} {}

  [[nodiscard]] constexpr T& operator*() noexcept FIRST_USE_LIFETIMEBOUND { return value_.value(); }
  [[nodiscard]] constexpr T const& operator*() const noexcept FIRST_USE_LIFETIMEBOUND { return value_.value(); }
  [[nodiscard]] constexpr T* operator->() noexcept FIRST_USE_LIFETIMEBOUND { return &value_.value(); }
  [[nodiscard]] constexpr T const* operator->() const noexcept FIRST_USE_LIFETIMEBOUND { return &value_.value(); }

 private:
  detail::Undying<T> value_;
};

template <class T>
NeverDestroyed(T) -> NeverDestroyed<T>;

namespace detail {

template <class T>
inline constexpr bool takes_call<NeverDestroyed<T>> = true;

template <class T>
struct Reach<NeverDestroyed<T>> {
  using type = T;
  static constexpr T& through(NeverDestroyed<T>& value) noexcept { return *value; }
};

}  // namespace detail
FIRST_USE_END

#endif
