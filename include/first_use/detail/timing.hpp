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
  { point.time_since_epoch() } -> Duration;
  { P::clock::now().time_since_epoch() } -> Duration;
};

/// Whatever the unit, this overflows for none: std::chrono's own arithmetic does for hours beyond 292 years.
template <Duration D>
constexpr long double nanoseconds_of(D const& duration) noexcept {
  return static_cast<long double>(duration.count()) * static_cast<long double>(D::period::num) * 1e9L /
         static_cast<long double>(D::period::den);
}

/// The steady moment that is `duration` from `now` (nanoseconds), rounded up; beyond 292 years it means "never".
template <Duration D>
constexpr Deadline deadline_after(std::int64_t now, D const& duration) noexcept {
  constexpr std::int64_t last = 0x7fffffffffffffff;
  long double const wanted = nanoseconds_of(duration);
  if (!(wanted > 0)) return {now};
  if (wanted >= static_cast<long double>(last - now)) return {last};
  auto const whole = static_cast<std::int64_t>(wanted);
  return {now + whole + (static_cast<long double>(whole) < wanted ? 1 : 0)};
}

/// What is left until `point` on its own clock: a duration by its shape, negative when the point has passed.
template <TimePoint P>
struct LeftUntil {
  struct period {
    static constexpr long num = 1, den = 1'000'000'000;
  };
  explicit LeftUntil(P const& the_point)
      : nanoseconds_{nanoseconds_of(the_point.time_since_epoch()) -
                     nanoseconds_of(P::clock::now().time_since_epoch())} {}
  long double count() const noexcept { return nanoseconds_; }

 private:
  long double nanoseconds_;
};

/// Calls wait_for(left) until it succeeds or the point has passed on its own clock, which may jump.
template <TimePoint P, class WaitFor>
auto wait_until_by(P const& point, WaitFor wait_for) {
  for (;;) {
    auto result = wait_for(LeftUntil<P>{point});
    if (result || !(LeftUntil<P>{point}.count() > 0)) return result;
  }
}

}  // namespace process
FIRST_USE_END_PLAIN

#endif
