// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Waiting with a limit: it ends, not too early, and leaves nothing behind; every duration and time point there is.
#include <first_use/once.hpp>

#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <ratio>

#include "sync/waits.hpp"

namespace {

using namespace first_use_test;
using first_use::BasicOnce;
using first_use::OnceState;
using first_use::OnceStatus;
using namespace std::chrono_literals;

TYPED_TEST_SUITE(Waiting, BlockingPolicies, PolicyNames);

// Time points whose unit is not the clock's own.
using Coarse = std::chrono::time_point<std::chrono::system_clock, std::chrono::duration<int, std::ratio<3600>>>;
using Floating = std::chrono::time_point<std::chrono::steady_clock, std::chrono::duration<double>>;

TYPED_TEST(Waiting, timed_waits_end_and_leave_nothing_behind) {
  using O = BasicOnce<TypeParam>;
  auto const times_out = [](auto const& wait) {
    auto once = std::make_unique<O>();
    EXPECT_FALSE(wait(*once));
    EXPECT_EQ(once->status(), OnceStatus::incomplete);
    EXPECT_FALSE(wait(*once)) << "a second time";
    int runs = 0;
    once->call_once([&] { ++runs; });
    EXPECT_EQ(runs, 1);
    EXPECT_TRUE(once->is_completed());
    EXPECT_TRUE(wait(*once));
    once->wait();

    auto const unused = std::make_unique<O>();
    EXPECT_FALSE(wait(*unused)) << "and may be destroyed at once";
  };
  times_out([](O const& once) { return once.wait_for(0s); });
  times_out([](O const& once) { return once.wait_for(1ns); });
  times_out([](O const& once) { return once.wait_for(1ms); });
  times_out([](O const& once) { return once.wait_for(-1s); });
  times_out([](O const& once) { return once.wait_for(std::chrono::nanoseconds::min()); });
  times_out([](O const& once) { return once.wait_for(std::chrono::hours::min()); });
  times_out([](O const& once) { return once.wait_for(std::chrono::duration<double>{0.001}); });
  times_out([](O const& once) { return once.wait_for(std::chrono::duration<double>{-1e300}); });
  times_out([](O const& once) { return once.wait_for(std::chrono::duration<float, std::micro>{0.5F}); });
  times_out([](O const& once) {
    return once.wait_for(std::chrono::duration<double>{std::numeric_limits<double>::quiet_NaN()});
  });
  times_out([](O const& once) { return once.wait_for(std::chrono::duration<unsigned, std::milli>{1U}); });
  times_out([](O const& once) { return once.wait_until(std::chrono::steady_clock::now()); });
  times_out([](O const& once) { return once.wait_until(std::chrono::steady_clock::now() - 1h); });
  times_out([](O const& once) { return once.wait_until(std::chrono::steady_clock::now() + 1ms); });
  times_out([](O const& once) { return once.wait_until(std::chrono::steady_clock::time_point{}); });
  times_out([](O const& once) { return once.wait_until(std::chrono::steady_clock::time_point::min()); });
  times_out([](O const& once) { return once.wait_until(std::chrono::system_clock::time_point::min()); });
  times_out([](O const& once) { return once.wait_until(Coarse::min()); });
  times_out([](O const& once) { return once.wait_until(Floating{std::chrono::duration<double>{-1e300}}); });
  times_out([](O const& once) { return once.wait_until(std::chrono::system_clock::now()); });
  times_out([](O const& once) { return once.wait_until(std::chrono::system_clock::now() + 1ms); });
  times_out([](O const& once) { return once.wait_until(std::chrono::system_clock::time_point{}); });
  times_out([](O const& once) {
    return once.wait_until(std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now()));
  });
}

TYPED_TEST(Waiting, a_timed_wait_is_never_over_too_early) {
  auto const end = std::chrono::steady_clock::now() + 2ms;
  EXPECT_FALSE(this->once_.wait_for(2ms));
  EXPECT_GE(std::chrono::steady_clock::now(), end);
  auto const wall_end = std::chrono::system_clock::now() + 2ms;
  EXPECT_FALSE(this->once_.wait_until(wall_end));
  EXPECT_GE(std::chrono::system_clock::now(), wall_end);
}

TYPED_TEST(Waiting, a_timed_wait_ends_while_the_initialiser_runs_on) {
  Gate running{"the initialiser to run"}, leave{"the initialiser to be let go"};
  Crew crew;
  crew.add([&] {
    this->once_.call_once([&] {
      running.open();
      leave.wait();
    });
  });
  running.wait();
  EXPECT_FALSE(this->once_.wait_for(1ms));
  EXPECT_FALSE(this->once_.wait_until(std::chrono::steady_clock::now()));
  EXPECT_EQ(this->once_.status(), OnceStatus::running);
  leave.open();
  crew.join();
  EXPECT_TRUE(this->once_.wait_for(0s));
}

TYPED_TEST(Waiting, timed_waits_that_succeed) {
  using O = BasicOnce<TypeParam>;
  auto const succeeds = [](auto const& wait) {
    O once;
    int value = 0;
    Crew crew;
    crew.add([&] {
      EXPECT_TRUE(wait(once));
      EXPECT_EQ(value, 1);
    });
    wait_until_queued(once);
    once.call_once([&] { value = 1; });
  };
  succeeds([](O const& once) { return once.wait_for(1h); });
  succeeds([](O const& once) { return once.wait_for(std::chrono::hours::max()); });
  succeeds([](O const& once) { return once.wait_for(std::chrono::nanoseconds::max()); });
  succeeds([](O const& once) { return once.wait_for(std::chrono::duration<double>{3600.5}); });
  succeeds([](O const& once) { return once.wait_for(std::chrono::duration<double>{1e300}); });
  succeeds([](O const& once) {
    return once.wait_for(std::chrono::duration<double>{std::numeric_limits<double>::infinity()});
  });
  succeeds([](O const& once) { return once.wait_until(std::chrono::steady_clock::now() + 1h); });
  succeeds([](O const& once) { return once.wait_until(std::chrono::steady_clock::time_point::max()); });
  succeeds([](O const& once) { return once.wait_until(std::chrono::system_clock::now() + 1h); });
  succeeds([](O const& once) { return once.wait_until(std::chrono::system_clock::time_point::max()); });
  succeeds([](O const& once) { return once.wait_until(Coarse::max()); });
  succeeds([](O const& once) { return once.wait_until(Floating{std::chrono::duration<double>{1e300}}); });
}

TYPED_TEST(Waiting, the_mark_that_a_timed_out_waiter_leaves_does_no_harm) {
  ASSERT_FALSE(this->once_.wait_for(0s));
  ASSERT_TRUE(is_queued(this->once_));  // what this test is about
  EXPECT_EQ(this->once_.status(), OnceStatus::incomplete);
  EXPECT_FALSE(this->once_.is_completed());

  // Others sleep and are woken, although the mark was there before they came.
  Gate running{"the initialiser to run"}, leave{"the initialiser to be let go"};
  Crew crew;
  crew.add([&] {
    this->once_.call_once([&] {
      EXPECT_EQ(this->once_.status(), OnceStatus::running);
      running.open();
      leave.wait();
    });
  });
  running.wait();
  crew.add([&] { this->once_.wait(); });
  crew.add([&] { this->once_.call_once([] { ADD_FAILURE(); }); });
  leave.open();
  crew.join();
  EXPECT_TRUE(this->once_.is_completed());
}

#if FIRST_USE_HAS_EXCEPTIONS
TYPED_TEST(Waiting, the_mark_that_a_timed_out_waiter_leaves_survives_no_failure) {
  ASSERT_FALSE(this->once_.wait_for(0s));
  poison(this->once_);
  EXPECT_FALSE(is_queued(this->once_));
  EXPECT_THROW(this->once_.wait(), first_use::PoisonedError);
  this->once_.call_once_force([](OnceState const& state) { EXPECT_TRUE(state.is_poisoned()); });
  EXPECT_TRUE(this->once_.is_completed());
}
#endif

TYPED_TEST(Waiting, timed_and_untimed_waiters_side_by_side) {
  std::atomic<int> timed_out{0};
  Crew crew;
  crew.add(2, [&] { this->once_.wait(); });
  crew.add(2, [&] { EXPECT_TRUE(this->once_.wait_for(1h)); });
  crew.add(2, [&] { timed_out += this->once_.wait_for(1ms) ? 0 : 1; });
  wait_until_holds("the short waits to end", [&] { return timed_out == 2; });
  this->once_.call_once([] {});
  crew.join();
}

}  // namespace
