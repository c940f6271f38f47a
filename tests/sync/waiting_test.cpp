// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Threads that sleep on a Once, under every policy that can sleep: who is woken, by what, and with which answer; time
// limits; what the sleep leaves behind. The words themselves are in sync/sync_policy_test.cpp.
#include <array>
#include <cerrno>
#include <limits>
#include <memory>
#include <stdexcept>

#include <pthread.h>
#include <first_use/once.hpp>

#include "policies.hpp"

namespace {

using namespace first_use_test;
using namespace std::chrono_literals;
using first_use::BasicOnce;
using first_use::OnceState;
using first_use::OnceStatus;

struct Failure : std::runtime_error {
  Failure() : std::runtime_error{"failure"} {}
};

template <class Sync>
class Waiting : public ::testing::Test {
 protected:
  BasicOnce<Sync> once_;
};
TYPED_TEST_SUITE(Waiting, BlockingPolicies, PolicyNames);

// wait() --------------------------------------------------------------------------------------------------------------

TYPED_TEST(Waiting, wait) {
  for (int round = 0; round != 50; ++round) {
    int value = 0;  // no atomic: wait() is what makes it safe to read
    BasicOnce<TypeParam> once;
    Crew crew;
    crew.add(4, [&] {
      once.wait();
      EXPECT_EQ(value, 1);
    });
    once.call_once([&] { value = 1; });
  }
}

TYPED_TEST(Waiting, wait_on_a_complete_one_returns_at_once) {
  this->once_.call_once([] {});
  this->once_.wait();
  this->once_.wait_force();
  EXPECT_TRUE(this->once_.wait_for(0s));
  EXPECT_TRUE(this->once_.wait_until(std::chrono::steady_clock::now()));
}

TYPED_TEST(Waiting, wait_sleeps_on_one_that_nobody_has_begun) {
  std::atomic<int> returned{0};
  Crew crew;
  crew.add(3, [&] {
    this->once_.wait();
    EXPECT_TRUE(this->once_.is_completed());
    ++returned;
  });
  wait_until_queued(this->once_);
  EXPECT_EQ(returned, 0);
  EXPECT_EQ(this->once_.status(), OnceStatus::incomplete) << "the mark of a sleeper must not change the state";
  EXPECT_FALSE(this->once_.is_completed());
  this->once_.call_once([] {});
  crew.join();
  EXPECT_EQ(returned, 3);
}

TYPED_TEST(Waiting, wait_sleeps_on_one_that_runs) {
  Gate running{"the initialiser to run"}, leave{"the initialiser to be let go"};
  std::atomic<int> returned{0};
  Crew crew;
  crew.add([&] {
    this->once_.call_once([&] {
      running.open();
      leave.wait();
    });
  });
  running.wait();
  EXPECT_FALSE(is_queued(this->once_));
  crew.add(2, [&] {
    this->once_.wait();
    ++returned;
  });
  crew.add(2, [&] {
    this->once_.call_once([] { ADD_FAILURE(); });
    ++returned;
  });
  crew.add([&] {
    this->once_.call_once_force([](OnceState const&) { ADD_FAILURE(); });
    ++returned;
  });
  wait_until_queued(this->once_);
  EXPECT_EQ(returned, 0);
  EXPECT_EQ(this->once_.status(), OnceStatus::running);
  leave.open();
  crew.join();
  EXPECT_EQ(returned, 5);
}

TYPED_TEST(Waiting, a_waiter_that_slept_before_the_claim_is_woken_after_it) {
  Gate running{"the initialiser to run"}, leave{"the initialiser to be let go"};
  Crew crew;
  crew.add([&] { this->once_.wait(); });
  wait_until_queued(this->once_);
  crew.add([&] {
    this->once_.call_once([&] {
      running.open();
      leave.wait();
    });
  });
  running.wait();
  EXPECT_TRUE(is_queued(this->once_)) << "the claim lost the mark of a sleeper";
  leave.open();
  crew.join();
}

TYPED_TEST(Waiting, many_rounds_of_one_waiter_and_one_initialiser) {
  for (int round = 0; round != first_use_test::rounds(300); ++round) {
    BasicOnce<TypeParam> once;
    StartLine line{2};
    int value = 0;
    Crew crew;
    crew.add([&] {
      line.wait();
      once.wait();
      EXPECT_EQ(value, round);
    });
    line.wait();
    once.call_once([&] { value = round; });
  }
}

#if FIRST_USE_HAS_EXCEPTIONS

// wait() and failure --------------------------------------------------------------------------------------------------

template <class O>
void poison(O const& once) {
  EXPECT_THROW(once.call_once_force([](OnceState const&) { throw Failure{}; }), Failure);
}

TYPED_TEST(Waiting, wait_on_poisoned) {
  EXPECT_THROW(this->once_.call_once([] { throw Failure{}; }), Failure);
  EXPECT_THROW(this->once_.wait(), first_use::PoisonedError);
  EXPECT_THROW(static_cast<void>(this->once_.wait_for(1h)), first_use::PoisonedError);
  EXPECT_THROW(static_cast<void>(this->once_.wait_for(0s)), first_use::PoisonedError);
  EXPECT_THROW(static_cast<void>(this->once_.wait_until(std::chrono::steady_clock::now() + 1h)),
               first_use::PoisonedError);
}

TYPED_TEST(Waiting, wait_force_on_poisoned) {
  EXPECT_THROW(this->once_.call_once([] { throw Failure{}; }), Failure);
  Crew crew;
  crew.add([&] {
    wait_until_queued(this->once_);
    this->once_.call_once_force([](OnceState const&) {});
  });
  this->once_.wait_force();
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(Waiting, wait_for_force_to_finish) {
  // poison the once
  poison(this->once_);

  // make sure someone's waiting inside the once via a force
  Gate running{"the force to run"}, leave{"the force to be let go"};
  Crew crew;
  crew.add([&] {
    this->once_.call_once_force([&](OnceState const& state) {
      EXPECT_TRUE(state.is_poisoned());
      running.open();
      leave.wait();
    });
  });
  running.wait();

  // put another waiter on the once
  crew.add([&] {
    bool called = false;
    this->once_.call_once([&] { called = true; });
    EXPECT_FALSE(called);
  });
  wait_until_queued(this->once_);
  leave.open();
  crew.join();
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(Waiting, when_the_call_throws_those_who_wait_for_it_get_the_poison) {
  Gate running{"the initialiser to run"}, fail{"the initialiser to be let go"};
  Crew crew;
  crew.add([&] {
    EXPECT_THROW(this->once_.call_once([&] {
      running.open();
      fail.wait();
      throw Failure{};
    }),
                 Failure);
  });
  running.wait();
  std::atomic<int> poisoned{0};
  auto const expect_poison = [&](auto call) {
    crew.add([&, call] {
      try {
        call();
        ADD_FAILURE() << "waited, and was told nothing";
      } catch (first_use::PoisonedError const&) { ++poisoned; }
    });
  };
  expect_poison([&] { this->once_.call_once([] { ADD_FAILURE(); }); });
  expect_poison([&] { this->once_.call_once([] { ADD_FAILURE(); }); });
  expect_poison([&] { this->once_.wait(); });
  expect_poison([&] { static_cast<void>(this->once_.wait_for(1h)); });
  expect_poison([&] { static_cast<void>(this->once_.wait_until(std::chrono::system_clock::now() + 1h)); });
  wait_until_queued(this->once_);
  fail.open();
  crew.join();
  EXPECT_EQ(poisoned, 5);
  EXPECT_EQ(this->once_.status(), OnceStatus::poisoned);
}

TYPED_TEST(Waiting, when_the_call_throws_a_force_that_waits_for_it_tries_again) {
  Gate running{"the initialiser to run"}, fail{"the initialiser to be let go"};
  Crew crew;
  crew.add([&] {
    EXPECT_THROW(this->once_.call_once([&] {
      running.open();
      fail.wait();
      throw Failure{};
    }),
                 Failure);
  });
  running.wait();
  int runs = 0;
  crew.add(3, [&] {
    this->once_.call_once_force([&](OnceState const& state) {
      ++runs;
      EXPECT_TRUE(state.is_poisoned());
    });
    EXPECT_EQ(runs, 1);
  });
  wait_until_queued(this->once_);
  fail.open();
  crew.join();
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(Waiting, wait_force_sleeps_on_through_several_failures) {
  std::atomic<int> returned{0};
  Crew crew;
  crew.add(2, [&] {
    this->once_.wait_force();
    EXPECT_TRUE(this->once_.is_completed());
    ++returned;
  });
  for (int failures = 0; failures != 6; ++failures) {
    // Leaving the failed run took the mark away: here somebody was woken, looked, and went to sleep again.
    wait_until_queued(this->once_);
    poison(this->once_);
    EXPECT_EQ(returned, 0);
  }
  wait_until_queued(this->once_);
  this->once_.call_once_force([](OnceState const&) {});
  crew.join();
  EXPECT_EQ(returned, 2);
}

TYPED_TEST(Waiting, waiters_that_all_fail_each_see_their_own_failure) {
  for (int round = 0; round != 10; ++round) {
    BasicOnce<TypeParam> once;
    constexpr int threads = 6;
    std::array<int, threads> seen{};
    int runs = 0;
    StartLine line{threads};
    Crew crew;
    for (int i = 0; i != threads; ++i) {
      crew.add([&, i] {
        line.wait();
        try {
          once.call_once_force([&](OnceState const& state) {
            EXPECT_EQ(state.is_poisoned(), runs != 0);
            ++runs;
            throw i;
          });
          ADD_FAILURE();
        } catch (int thrown) { seen[static_cast<std::size_t>(i)] = thrown + 1; }
      });
    }
    crew.join();
    EXPECT_EQ(runs, threads);
    for (int i = 0; i != threads; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i + 1);
    EXPECT_EQ(once.status(), OnceStatus::poisoned);
    once.call_once_force([](OnceState const&) {});
    EXPECT_TRUE(once.is_completed());
  }
}

#endif  // FIRST_USE_HAS_EXCEPTIONS

// Time limits ---------------------------------------------------------------------------------------------------------

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

// The end of the object -----------------------------------------------------------------------------------------------

TYPED_TEST(Waiting, whoever_was_told_complete_may_destroy_it_while_the_waker_still_wakes) {
  using O = BasicOnce<TypeParam>;
  for (int round = 0; round != first_use_test::rounds(500); ++round) {
    auto* const once = new O;
    StartLine line{2};
    Crew crew;
    crew.add([&] {
      if (round % 2 == 0) line.wait();
      once->call_once([&] {
        if (round % 2 != 0) line.wait();
      });
    });
    line.wait();
    once->wait();
    // Over the bytes first, so that a waker that looks at them is led astray even without a sanitizer.
    once->~O();
    std::memset(static_cast<void*>(once), 0x5a, sizeof(O));
    ::operator delete(once);
  }
}

// What a caller keeps -------------------------------------------------------------------------------------------------

TYPED_TEST(Waiting, errno_is_kept_over_sleeping_and_waking) {
  Gate running{"the initialiser to run"}, leave{"the initialiser to be let go"};
  Crew crew;
  crew.add([&] {
    errno = 1001;
    this->once_.call_once([&] {
      running.open();
      leave.wait();
      errno = 1002;
    });
    EXPECT_EQ(errno, 1002) << "after a wake";
  });
  running.wait();
  crew.add([&] {
    errno = 1003;
    this->once_.wait();
    EXPECT_EQ(errno, 1003) << "after wait()";
  });
  crew.add([&] {
    errno = 1004;
    this->once_.call_once([] {});
    EXPECT_EQ(errno, 1004) << "after call_once()";
  });
  wait_until_queued(this->once_);
  errno = 1005;
  EXPECT_FALSE(this->once_.wait_for(1ms));
  EXPECT_EQ(errno, 1005) << "after a timed wait";
  leave.open();
  crew.join();
}

#if defined(__linux__) && FIRST_USE_HAS_EXCEPTIONS

template <class O>
void* waits_for_it(void* argument) {
  static_cast<O const*>(argument)->wait();
  return argument;
}

TYPED_TEST(Waiting, waiting_is_no_cancellation_point) {
  using O = BasicOnce<TypeParam>;
  pthread_t thread{};
  ASSERT_EQ(::pthread_create(&thread, nullptr, waits_for_it<O>, &this->once_), 0);
  wait_until_queued(this->once_);
  ASSERT_EQ(::pthread_cancel(thread), 0);
  this->once_.call_once([] {});
  void* result = nullptr;
  ASSERT_EQ(::pthread_join(thread, &result), 0);
  EXPECT_EQ(result, &this->once_);
}

#endif

// Counted -------------------------------------------------------------------------------------------------------------

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
