// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Two small result types of the kinds that users bring along: one in the shape of std::expected and tl::expected, whose
// errors travel in a wrapper, and one that is made from the bare error.
#ifndef FIRST_USE_TESTS_EXAMPLES_OF_EXPECTED_HPP
#define FIRST_USE_TESTS_EXAMPLES_OF_EXPECTED_HPP

#include <optional>
#include <utility>

namespace first_use_test {

template <class E>
class Unexpected {
 public:
  constexpr explicit Unexpected(E the_error) : error_(std::move(the_error)) {}
  constexpr E const& error() const& noexcept { return error_; }
  constexpr E&& error() && noexcept { return std::move(error_); }

 private:
  E error_;
};
template <class E>
Unexpected(E) -> Unexpected<E>;

template <class T, class E>
class Expected {
 public:
  using value_type = T;
  using error_type = E;
  using unexpected_type = Unexpected<E>;

  constexpr Expected(T the_value) : value_{std::in_place, std::move(the_value)} {}
  template <class... Args>
  constexpr explicit Expected(std::in_place_t, Args&&... args) : value_{std::in_place, std::forward<Args>(args)...} {}
  constexpr Expected(Unexpected<E> the_error) : error_{std::in_place, std::move(the_error).error()} {}

  constexpr bool has_value() const noexcept { return value_.has_value(); }
  constexpr explicit operator bool() const noexcept { return has_value(); }
  constexpr T const& operator*() const& noexcept { return *value_; }
  constexpr T& operator*() & noexcept { return *value_; }
  constexpr T&& operator*() && noexcept { return std::move(*value_); }
  constexpr E const& error() const& noexcept { return *error_; }
  constexpr E&& error() && noexcept { return std::move(*error_); }

 private:
  std::optional<T> value_;
  std::optional<E> error_;
};

/// A third parameter, no unexpected_type.
template <class T, class E, class Policy = void>
class Outcome {
 public:
  using value_type = T;
  using error_type = E;

  constexpr explicit Outcome(T the_value) : value_{std::in_place, std::move(the_value)} {}
  constexpr explicit Outcome(E the_error) : error_{std::in_place, std::move(the_error)} {}

  constexpr bool has_value() const noexcept { return value_.has_value(); }
  constexpr T operator*() const { return *value_; }
  constexpr E error() const { return *error_; }

 private:
  std::optional<T> value_;
  std::optional<E> error_;
};

}  // namespace first_use_test

#endif
