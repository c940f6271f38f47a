// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Durations and time points by their shape: what becomes of them on the steady clock.
#include <first_use/detail/timing.hpp>

#include <chrono>
#include <functional>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using first_use::detail::deadline_after;
using first_use::detail::Duration;
using first_use::detail::TimePoint;

static_assert(Duration<std::chrono::nanoseconds> && Duration<std::chrono::hours>);
static_assert(Duration<std::chrono::duration<double>> && Duration<std::chrono::duration<float, std::ratio<1, 3>>>);
static_assert(Duration<std::chrono::duration<unsigned char>>);
static_assert(!Duration<int> && !Duration<double> && !Duration<std::chrono::steady_clock::time_point>);
static_assert(TimePoint<std::chrono::steady_clock::time_point> && TimePoint<std::chrono::system_clock::time_point>);
static_assert(TimePoint<std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds>>);
static_assert(!TimePoint<std::chrono::seconds> && !TimePoint<int>);

constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t now = 1'000'000'000'000;

template <class D>
constexpr std::int64_t after(D const& duration, std::int64_t from = now) {
  return deadline_after(from, duration).nanoseconds;
}

// Whole units
static_assert(after(0s) == now);
static_assert(after(1ns) == now + 1);
static_assert(after(1us) == now + 1'000);
static_assert(after(3ms) == now + 3'000'000);
static_assert(after(2s) == now + 2'000'000'000);
static_assert(after(24h) == now + 86'400'000'000'000);
static_assert(after(std::chrono::duration<unsigned char>{200}) == now + 200'000'000'000);
static_assert(after(std::chrono::duration<unsigned long long, std::nano>{5}) == now + 5);

// Nothing, less than nothing: now
static_assert(after(-1ns) == now);
static_assert(after(std::chrono::nanoseconds::min()) == now);
static_assert(after(std::chrono::hours::min()) == now);
static_assert(after(std::chrono::duration<double>{-0.0}) == now);
static_assert(after(std::chrono::duration<double>{-std::numeric_limits<double>::infinity()}) == now);

// More than there is: never
static_assert(after(std::chrono::nanoseconds::max()) == last);
static_assert(after(std::chrono::hours::max()) == last);
static_assert(after(std::chrono::duration<double>{std::numeric_limits<double>::infinity()}) == last);
static_assert(after(std::chrono::nanoseconds::max(), 0) == last);
static_assert(after(std::chrono::nanoseconds{last - now}) == last);
static_assert(after(1ns, last) == last);
static_assert(after(1ns, last - 1) == last);
static_assert(after(0s, last) == last);

// The following not at compile time, where compilers refuse what a long double cannot hold exactly (ppc64le's is two
// doubles, armhf's is one).

TEST(DeadlineAfter, what_is_finer_than_the_clock_is_rounded_up) {  // so that a wait is never over too early
  EXPECT_EQ((after(std::chrono::duration<long, std::pico>{1})), now + 1);
  EXPECT_EQ((after(std::chrono::duration<long, std::pico>{1000})), now + 1);
  EXPECT_EQ((after(std::chrono::duration<long, std::pico>{1001})), now + 2);
  EXPECT_EQ((after(std::chrono::duration<double, std::nano>{0.25})), now + 1);
  EXPECT_EQ((after(std::chrono::duration<double, std::nano>{2.5})), now + 3);
  EXPECT_EQ(after(std::chrono::duration<double>{0.5}), now + 500'000'000);
  EXPECT_EQ((after(std::chrono::duration<long, std::ratio<1, 3>>{1})), now + 333'333'334);
  EXPECT_EQ((after(std::chrono::duration<long, std::ratio<1, 3>>{3})), now + 1'000'000'000);
}

TEST(DeadlineAfter, the_largest_numbers_are_never) {
  EXPECT_EQ(after(std::chrono::duration<double>{1e300}), last);
  EXPECT_EQ(after(std::chrono::duration<double>{std::numeric_limits<double>::max()}), last);
}

TEST(DeadlineAfter, what_is_no_number_is_now) {
  // Not at compile time: there clang refuses to compute with it.
  EXPECT_EQ(after(std::chrono::duration<double>{std::numeric_limits<double>::quiet_NaN()}), now);
  EXPECT_EQ(after(std::chrono::duration<float, std::milli>{std::numeric_limits<float>::quiet_NaN()}), now);
}

// wait_until_by -------------------------------------------------------------------------------------------------------

/// A clock that stands where it is put.
struct Wall {
  using duration = std::chrono::seconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Wall>;
  static inline std::int64_t at = 0;
  static time_point now() noexcept { return time_point{duration{at}}; }
};
static_assert(TimePoint<Wall::time_point>);

constexpr Wall::time_point point(std::int64_t seconds) { return Wall::time_point{std::chrono::seconds{seconds}}; }

struct Asked {
  std::vector<std::int64_t> durations;
  std::vector<std::int64_t> clock_after;  // where the clock is put by each wait
  std::size_t succeeds_at = 99;
  bool operator()(auto const& left) {
    static_assert(Duration<std::remove_cvref_t<decltype(left)>>);
    std::size_t const i = durations.size();
    durations.push_back(static_cast<std::int64_t>(left.count() / 1e9L));
    if (i < clock_after.size()) Wall::at = clock_after[i];
    return i == succeeds_at;
  }
};

TEST(WaitUntil, asks_for_what_is_left) {
  Wall::at = 100;
  Asked asked{.durations = {}, .clock_after = {110}};
  EXPECT_FALSE(first_use::detail::wait_until_by(point(110), std::ref(asked)));
  EXPECT_EQ(asked.durations, (std::vector<std::int64_t>{10}));
}

TEST(WaitUntil, stops_at_success) {
  Wall::at = 100;
  Asked asked{.durations = {}, .clock_after = {}, .succeeds_at = 0};
  EXPECT_TRUE(first_use::detail::wait_until_by(point(110), std::ref(asked)));
  EXPECT_EQ(asked.durations.size(), 1U);
}

TEST(WaitUntil, a_clock_that_is_put_back_makes_it_wait_on) {
  Wall::at = 100;
  Asked asked{.durations = {}, .clock_after = {50, 109, 111}};
  EXPECT_FALSE(first_use::detail::wait_until_by(point(110), std::ref(asked)));
  EXPECT_EQ(asked.durations, (std::vector<std::int64_t>{10, 60, 1}));
}

TEST(WaitUntil, a_point_in_the_past_is_looked_at_once) {
  Wall::at = 100;
  Asked asked;
  EXPECT_FALSE(first_use::detail::wait_until_by(point(90), std::ref(asked)));
  EXPECT_EQ(asked.durations.size(), 1U) << "the object may be complete: it must be looked at";
  EXPECT_LE(asked.durations.front(), 0);
}

}  // namespace
