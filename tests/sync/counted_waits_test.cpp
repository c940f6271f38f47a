// SPDX-License-Identifier: MIT OR Apache-2.0
//
// How often anybody sleeps and is woken, counted: never without contention, and no more than needed with it.
#include <first_use/once.hpp>

#include <chrono>

#include "counting_sync.hpp"
#include "sync/waits.hpp"

namespace {

using namespace first_use_test;
using first_use::BasicOnce;
using first_use::OnceState;
using namespace std::chrono_literals;

class Counted : public ::testing::Test {
 protected:
  Tally since() const { return CountingSync::tally() - before_; }
  BasicOnce<CountingSync> once_;

 private:
  Tally before_ = CountingSync::tally();
};

TEST_F(Counted, nobody_sleeps_and_nobody_is_woken_without_contention) {
  once_.call_once([] {});
  once_.call_once([] {});
  once_.call_once_force([](OnceState const&) {});
  once_.wait();
  once_.wait_force();
  EXPECT_TRUE(once_.wait_for(1h));
#if FIRST_USE_HAS_EXCEPTIONS
  BasicOnce<CountingSync> failing;
  EXPECT_THROW(failing.call_once([] { throw Failure{}; }), Failure);
  EXPECT_THROW(failing.call_once([] {}), first_use::PoisonedError);
  EXPECT_THROW(failing.wait(), first_use::PoisonedError);
  failing.call_once_force([](OnceState const&) {});
#endif
  EXPECT_EQ(since().waits, 0U);
  EXPECT_EQ(since().timed_waits, 0U);
  EXPECT_EQ(since().wakes, 0U);
}

TEST_F(Counted, each_waiter_sleeps_once_and_one_wake_serves_all) {
  constexpr int waiters = 5;
  Gate running{"the initialiser to run"}, leave{"the initialiser to be let go"};
  Crew crew;
  crew.add([&] {
    once_.call_once([&] {
      running.open();
      leave.wait();
    });
  });
  running.wait();
  crew.add(waiters - 2, [&] { once_.wait(); });
  crew.add(2, [&] { once_.call_once([] { ADD_FAILURE(); }); });
  wait_until_holds("all waiters to sleep", [&] { return since().waits == waiters; });
  EXPECT_EQ(since().returns, 0U);
  EXPECT_EQ(since().wakes, 0U);
  leave.open();
  crew.join();
  EXPECT_EQ(since().waits, static_cast<unsigned>(waiters));
  EXPECT_EQ(since().returns, static_cast<unsigned>(waiters));
  EXPECT_EQ(since().wakes, 1U);
}

TEST_F(Counted, the_claim_wakes_nobody) {
  Gate running{"the initialiser to run"}, leave{"the initialiser to be let go"};
  Crew crew;
  crew.add(3, [&] { once_.wait(); });
  wait_until_holds("all waiters to sleep", [&] { return since().waits == 3; });
  crew.add([&] {
    once_.call_once([&] {
      running.open();
      leave.wait();
    });
  });
  running.wait();
  EXPECT_EQ(since().wakes, 0U);
  leave.open();
  crew.join();
  EXPECT_EQ(since().wakes, 1U);
}

TEST_F(Counted, a_timed_wait_sleeps_with_a_limit) {
  EXPECT_FALSE(once_.wait_for(0s));
  EXPECT_EQ(since().waits, 0U);
  EXPECT_EQ(since().timed_waits, 1U);
  once_.call_once([] {});
  EXPECT_EQ(since().wakes, 1U);  // the mark of who is gone costs one
  EXPECT_EQ(since().returns, 1U);
}

#if FIRST_USE_HAS_EXCEPTIONS
TEST_F(Counted, a_failure_wakes_all_and_those_who_sleep_on_sleep_again) {
  auto const all_asleep = [&] {
    Tally const now = since();
    return now.waits - now.returns == 3 && is_queued(once_);
  };
  Crew crew;
  crew.add(3, [&] { once_.wait_force(); });
  for (unsigned failures = 0; failures != 4; ++failures) {
    wait_until_holds("all waiters to sleep", all_asleep);
    EXPECT_EQ(since().wakes, failures);
    poison(once_);
  }
  wait_until_holds("all waiters to sleep", all_asleep);
  once_.call_once_force([](OnceState const&) {});
  crew.join();
  EXPECT_EQ(since().wakes, 5U);
  EXPECT_LE(since().waits, 15U);
}
#endif

}  // namespace
