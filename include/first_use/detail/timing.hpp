// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Durations and time points by their shape, so that waiting with a time limit does not cost <chrono> everybody.
#ifndef FIRST_USE_DETAIL_TIMING_HPP
#define FIRST_USE_DETAIL_TIMING_HPP

#include <cstdint>

#include <first_use/sync/sync_policy.hpp>

FIRST_USE_BEGIN_PLAIN
namespace process {

/// std::chrono::duration, by what is used of it.
template <class D>
concept Duration = requires(D const& duration) {
  D::period::num;
  D::period::den;
  static_cast<long double>(duration.count());
};

/// std::chrono::time_point of any clock.
template <class P>
concept TimePoint = requires(P const& point) {
  { point - P::clock::now() } -> Duration;
  { P::clock::now() >= point } -> std::convertible_to<bool>;
};

/// The steady moment that is `duration` from `now` (nanoseconds), rounded up; beyond 292 years it means "never".
template <Duration D>
constexpr Deadline deadline_after(std::int64_t now, D const& duration) noexcept {
  constexpr std::int64_t last = 0x7fffffffffffffff;
  long double const wanted = static_cast<long double>(duration.count()) * static_cast<long double>(D::period::num) *
                             1e9L / static_cast<long double>(D::period::den);
  if (!(wanted > 0)) return {now};
  if (wanted >= static_cast<long double>(last - now)) return {last};
  auto const whole = static_cast<std::int64_t>(wanted);
  return {now + whole + (static_cast<long double>(whole) < wanted ? 1 : 0)};
}

/// Calls wait_for(left) until it succeeds or the point has passed on its own clock, which may jump.
template <TimePoint P, class WaitFor>
auto wait_until_by(P const& point, WaitFor wait_for) {
  using Left = decltype(point - P::clock::now());
  for (;;) {
    // A point that has passed is not subtracted from: the difference to a very old one overflows.
    auto const now = P::clock::now();
    auto result = wait_for(now >= point ? Left{} : point - now);
    if (result || P::clock::now() >= point) return result;
  }
}

}  // namespace process
FIRST_USE_END_PLAIN

#endif
