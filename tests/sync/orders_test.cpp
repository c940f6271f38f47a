// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The state machine chooses the orders and every policy's word hands them on: a word that drops one is seen here by
// ThreadSanitizer. (Which orders the machine chooses is the business of model/.)
#include <atomic>
#include <cstdint>

#include <gtest/gtest.h>

#if defined(__GLIBC__)
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "policies.hpp"

namespace {

using first_use::Order;
using namespace first_use_test;

static_assert(first_use::process::standard(Order::relaxed) == std::memory_order_relaxed);
static_assert(first_use::process::standard(Order::acquire) == std::memory_order_acquire);
static_assert(first_use::process::standard(Order::release) == std::memory_order_release);
static_assert(first_use::process::standard(Order::acq_rel) == std::memory_order_acq_rel);
static_assert(first_use::process::standard(Order::seq_cst) == std::memory_order_seq_cst);

template <class>
class Orders : public ::testing::Test {};
TYPED_TEST_SUITE(Orders, BlockingPolicies, PolicyNames);

/// One thread writes and publishes, the other looks until it finds that, and reads.
template <class Sync, class Publish, class Find>
void hand_over(Publish publish, Find find) {
  for (int i = 0; i != rounds(20); ++i) {
    typename Sync::template word<std::uint32_t> word{};
    int data = 0;
    Crew crew;
    crew.add([&] {
      data = 7;
      publish(word);
    });
    crew.add([&] {
      wait_until_holds("the word", [&] { return find(word); });
      EXPECT_EQ(data, 7);
    });
  }
}

auto const by_load = [](auto& word) { return word.load(Order::acquire) == 1; };
auto const by_store = [](auto& word) { word.store(1, Order::release); };

TYPED_TEST(Orders, a_store_that_releases) { hand_over<TypeParam>(by_store, by_load); }
TYPED_TEST(Orders, an_exchange_that_releases) {
  hand_over<TypeParam>([](auto& word) { word.exchange(1, Order::release); }, by_load);
}
TYPED_TEST(Orders, a_comparing_exchange_that_releases) {
  hand_over<TypeParam>(
      [](auto& word) {
        std::uint32_t expected = 0;
        while (!word.compare_exchange_weak(expected, 1, Order::release, Order::relaxed)) {}
      },
      by_load);
}
TYPED_TEST(Orders, an_exchange_that_acquires) {
  hand_over<TypeParam>(by_store, [](auto& word) { return word.exchange(0, Order::acquire) == 1; });
}
TYPED_TEST(Orders, a_comparing_exchange_that_acquires) {
  hand_over<TypeParam>(by_store, [](auto& word) {
    std::uint32_t expected = 1;
    return word.compare_exchange_weak(expected, 2, Order::acquire, Order::relaxed);
  });
}
TYPED_TEST(Orders, a_comparing_exchange_that_fails_and_acquires) {
  hand_over<TypeParam>(by_store, [](auto& word) {
    std::uint32_t expected = 5;
    return !word.compare_exchange_weak(expected, 6, Order::acquire, Order::acquire) && expected == 1;
  });
}

// Whoever comes first makes a place of the table; whoever comes then must find it made.
TEST(MutexTableOrders, a_place_is_seen_whole) {
  struct alignas(8) Word {
    first_use::MutexSync::word<std::uint32_t> word{};
  };
  Word words[64];
  for (auto& each : words) {
    std::atomic<bool> gone_first{false};
    Crew crew;
    crew.add([&] {
      each.word.notify_all();
      gone_first.store(true, std::memory_order_relaxed);
    });
    crew.add([&] {
      wait_until_holds("the first", [&] { return gone_first.load(std::memory_order_relaxed); });
      each.word.notify_all();
    });
  }
}

#if defined(__GLIBC__)

// Who comes while a place is made has to look again, and see it whole then: the maker goes on when somebody has looked.
std::atomic<bool> in_the_making{false}, looked{false};
thread_local bool looks = false;
thread_local bool makes = false;

TEST(MutexTableOrders, a_place_that_is_being_made_is_seen_whole_afterwards) {
  for (int i = 0; i != rounds(20); ++i) {
    first_use::process::Bucket<false> place;
    in_the_making = looked = false;
    Crew crew;
    crew.add([&] {
      makes = true;
      place.wake_all();
    });
    crew.add([&] {
      wait_until_holds("the maker", [] { return in_the_making.load(std::memory_order_relaxed); });
      looks = true;
      place.wake_all();
    });
  }
}

#endif

}  // namespace

#if defined(__GLIBC__)

// Called in the middle of the making.
extern "C" int pthread_condattr_setclock(pthread_condattr_t* how, clockid_t clock) noexcept {
  static auto const real =
      reinterpret_cast<int (*)(pthread_condattr_t*, clockid_t)>(::dlsym(RTLD_NEXT, "pthread_condattr_setclock"));
  if (makes) {
    in_the_making.store(true, std::memory_order_relaxed);
    wait_until_holds("somebody to look", [] { return looked.load(std::memory_order_relaxed); });
  }
  return real(how, clock);
}

// Called by who has looked in vain.
extern "C" int sched_yield() noexcept {
  if (looks) looked.store(true, std::memory_order_relaxed);
  return static_cast<int>(::syscall(SYS_sched_yield));
}

#endif
