// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Threads that sleep on a Once, under every policy that can sleep: who is woken, by what; the end of the object; what the
// sleep leaves alone. Failures: waiting_failures_test.cpp; limits: timed_waits_test.cpp; how often anybody sleeps:
// counted_waits_test.cpp. The words themselves are in sync_policy_test.cpp.
#include <first_use/once.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>

#include <pthread.h>

#include "sync/waits.hpp"

namespace {

using namespace first_use_test;
using first_use::BasicOnce;
using first_use::OnceState;
using first_use::OnceStatus;
using namespace std::chrono_literals;

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
  crew.add([&] {
    errno = 1006;
    EXPECT_TRUE(this->once_.wait_for(1h));
    EXPECT_EQ(errno, 1006) << "after a timed wait that succeeded";
  });
  crew.add([&] {
    errno = 1007;
    EXPECT_TRUE(this->once_.wait_until(std::chrono::system_clock::now() + 1h));
    EXPECT_EQ(errno, 1007) << "after one for a point in time";
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
  // Often, since the mark that one can wait for comes a moment before the sleep.
  for (int i = 0; i != 100; ++i) {
    O once;
    pthread_t thread{};
    ASSERT_EQ(::pthread_create(&thread, nullptr, waits_for_it<O>, &once), 0);
    wait_until_queued(once);
    ASSERT_EQ(::pthread_cancel(thread), 0);
    once.call_once([] {});
    void* result = nullptr;
    ASSERT_EQ(::pthread_join(thread, &result), 0);
    EXPECT_EQ(result, &once);
  }
}

#endif

}  // namespace
