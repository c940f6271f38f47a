// SPDX-License-Identifier: MIT OR Apache-2.0
//
// One thread: words work in constant evaluation, and a run by somebody else is told as wrong use.
#include <first_use/sync/single_thread_sync.hpp>

#include "policies.hpp"

namespace {

using namespace first_use_test;
using first_use::Order;
using O = first_use::BasicOnce<first_use::SingleThreadSync>;

constexpr bool words_work() {
  first_use::PlainWord<std::uint8_t> word{1};
  std::uint8_t seen = 2;
  if (word.compare_exchange_weak(seen, 9, Order::acquire, Order::relaxed) || seen != 1) return false;
  if (!word.compare_exchange_weak(seen, 9, Order::acquire, Order::relaxed) || seen != 1) return false;
  if (word.exchange(4, Order::release) != 9) return false;
  word.store(5, Order::release);
  return word.load(Order::acquire) == 5;
}
static_assert(words_work());

TEST(SingleThreadSync, a_word_at_run_time) { EXPECT_TRUE(words_work()); }

static_assert(sizeof(O) == 1 && alignof(O) == 1);
static_assert(sizeof(first_use::BasicOnce<first_use::SingleThreadSync, first_use::IgnoreFork>) == 1);

#if FIRST_USE_HAS_THREADS
TEST(SingleThreadSync, one_thread_after_another_may_use_it) {
  O once;
  int runs = 0;
  Crew crew;
  crew.add([&] { once.call_once([&] { ++runs; }); });
  crew.join();
  once.call_once([&] { ++runs; });
  EXPECT_EQ(runs, 1);
}

#if FIRST_USE_HAS_EXCEPTIONS
TEST(SingleThreadSync, a_run_of_another_thread_is_told_as_wrong_use_and_not_as_reentrance) {
  O once;
  once.call_once([&] {
    // Joined inside: never two threads at a time.
    Crew crew;
    crew.add([&] {
      try {
        once.call_once([] { ADD_FAILURE(); });
        ADD_FAILURE();
      } catch (first_use::ReentrantInitError const& error) {
        ADD_FAILURE() << error.what();
      } catch (first_use::InitError const& error) {
        EXPECT_NE(std::strstr(error.what(), "Once is being initialised, but not by this thread"), nullptr)
            << error.what();
      }
    });
  });
  EXPECT_TRUE(once.is_completed());
}
#endif
#endif  // FIRST_USE_HAS_THREADS

}  // namespace
