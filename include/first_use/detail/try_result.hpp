// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a fallible initialiser may return, by its shape: std::optional<U>, or E<U, Error> that walks like std::expected.
#ifndef FIRST_USE_DETAIL_TRY_RESULT_HPP
#define FIRST_USE_DETAIL_TRY_RESULT_HPP

#include <optional>
#include <type_traits>

#include <first_use/detail/config.hpp>

FIRST_USE_BEGIN
namespace detail {

template <class R>
inline constexpr bool is_optional = false;
template <class U>
inline constexpr bool is_optional<std::optional<U>> = true;

template <class R>
concept ExpectedLike = requires(R result) {
  typename R::value_type;
  typename R::error_type;
  static_cast<bool>(result.has_value());
  *result;
  result.error();
};

template <class R>
concept Fallible = is_optional<R> || ExpectedLike<R>;

// E<U, Error> with a pointer in place of the U.
template <class R, class Pointer>
struct Rebound {
  static_assert(is_optional<R> || ExpectedLike<R>,
                "first_use: the initialiser of get_or_try_init must return std::optional<T> or an expected-like E<T, "
                "Error> (has_value, operator*, error)");
  using type = Pointer;
};
template <template <class...> class E, class U, class Error, class... Rest, class Pointer>
  requires ExpectedLike<E<U, Error, Rest...>>
struct Rebound<E<U, Error, Rest...>, Pointer> {
  using type = E<Pointer, Error, Rest...>;
};

/// What get_or_try_init() returns for an initialiser that returns R: `Pointer`, or E<Pointer, Error>.
template <class R, class Pointer>
using TryResult = typename Rebound<R, Pointer>::type;

/// Hands the error on, which stays with the caller; of an optional, which has none, the empty Result.
template <class Result, class R>
constexpr Result failure_of(R&& result) {
  if constexpr (is_optional<std::remove_cvref_t<R>>) {
    return Result{};
  } else if constexpr (requires { typename Result::unexpected_type; }) {
    return Result(typename Result::unexpected_type(static_cast<R&&>(result).error()));
  } else {
    return Result(static_cast<R&&>(result).error());
  }
}

}  // namespace detail
FIRST_USE_END

#endif
