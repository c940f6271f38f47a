// SPDX-License-Identifier: MIT OR Apache-2.0
//
// OnceLock between threads: an initialiser that fails hands its turn on, and those that wait in a ring are told.
#include <first_use/once_lock.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "examples_of_expected.hpp"
#include "locks.hpp"

namespace {

using namespace first_use_test;
using namespace std::chrono_literals;

TYPED_TEST_SUITE(OnceLockThreads, BlockingPolicies, PolicyNames);

/// Holds `lock` running in a thread; the calls given to it sleep on the lock meanwhile; then that initialiser fails.
template <class T, class Sync>
class FailingFirst {
 public:
  explicit FailingFirst(Lock<T, Sync>& the_lock) {
    crew_.add([this, &the_lock] {
      auto const failed = the_lock.get_or_try_init([this]() -> Expected<T, std::string> {
        running_.open();
        fail_.wait();
        return Unexpected<std::string>{"the first fails"};
      });
      ASSERT_FALSE(failed.has_value());
      EXPECT_EQ(failed.error(), "the first fails");
    });
    running_.wait();
  }
  template <class F>
  void add(F f) {
    crew_.add(std::move(f));
  }
  void fail_and_join() {
    fail_.open();
    crew_.join();
  }

 private:
  Gate running_{"the first initialiser to run"}, fail_{"the first initialiser to fail"};
  Crew crew_;
};

TYPED_TEST(OnceLockThreads, set_blocks_and_wins_if_the_running_initialiser_fails) {
  Lock<std::unique_ptr<int>, TypeParam> lock;
  FailingFirst first{lock};
  first.add([&] { EXPECT_TRUE(lock.set(std::make_unique<int>(2))); });
  wait_until_queued(lock);
  EXPECT_EQ(lock.get(), nullptr);
  first.fail_and_join();
  EXPECT_EQ(*lock.value(), 2);
}

TYPED_TEST(OnceLockThreads, set_blocks_and_loses_if_the_running_initialiser_succeeds) {
  Lock<std::unique_ptr<int>, TypeParam> lock;
  Gate running{"the initialiser to run"}, go_on{"the initialiser to go on"};
  Crew crew;
  crew.add([&] {
    lock.get_or_init([&] {
      running.open();
      go_on.wait();
      return std::make_unique<int>(1);
    });
  });
  running.wait();
  auto refused = std::make_unique<int>(2);
  auto also = std::make_unique<int>(3);
  crew.add([&] { EXPECT_FALSE(lock.set(std::move(refused))); });
  crew.add([&] {
    auto [value, mine] = lock.try_insert(std::move(also));
    EXPECT_FALSE(mine);
    EXPECT_EQ(*value, 1);
  });
  wait_until_queued(lock);
  go_on.open();
  crew.join();
  ASSERT_NE(refused, nullptr);
  ASSERT_NE(also, nullptr);
  EXPECT_EQ(*refused + *also, 5);
  EXPECT_EQ(*lock.value(), 1);
}

TYPED_TEST(OnceLockThreads, an_error_goes_to_its_caller_alone_and_a_waiter_takes_over) {
  Lock<int, TypeParam> lock;
  std::atomic<int> runs{0};
  FailingFirst first{lock};
  constexpr int waiters = 3;
  for (int i = 0; i != waiters; ++i) {
    first.add([&, i] {
      auto const mine = lock.get_or_try_init([&, i]() -> Expected<int, std::string> {
        ++runs;
        return 10 + i;
      });
      ASSERT_TRUE(mine.has_value());
      EXPECT_EQ(*mine, lock.get());
    });
  }
  wait_until_queued(lock);
  first.fail_and_join();
  EXPECT_EQ(runs, 1) << "of the waiters";
  EXPECT_GE(lock.value(), 10);
  EXPECT_LT(lock.value(), 10 + waiters);
}

// Attempt n+1 must see all that failed attempt n wrote: `attempts` is a plain int.
TYPED_TEST(OnceLockThreads, four_threads_race_an_initialiser_that_fails_twice) {
  for (int round = 0; round != 50; ++round) {
    Lock<int, TypeParam> lock;
    StartLine line{4};
    int attempts = 0;
    std::atomic<int> errors{0}, values{0};
    Crew crew;
    crew.add(4, [&] {
      line.wait();
      auto const result = lock.get_or_try_init([&]() -> Expected<int, int> {
        if (++attempts <= 2) return Unexpected<int>{attempts};
        return 100 + attempts;
      });
      ++(result.has_value() ? values : errors);
      EXPECT_EQ(result.has_value() ? **result : 103, 103);
    });
    crew.join();
    EXPECT_EQ(attempts, 3);
    EXPECT_EQ(errors, 2);
    EXPECT_EQ(values, 2);
  }
}

#if FIRST_USE_HAS_EXCEPTIONS

TYPED_TEST(OnceLockThreads, one_waiter_takes_over_from_a_throwing_initialiser) {
  Lock<int, TypeParam> lock;
  Gate running{"the initialiser to run"}, fail{"the initialiser to fail"};
  std::atomic<int> runs{0};
  Crew crew;
  crew.add([&] {
    EXPECT_THROW(lock.get_or_init([&]() -> int {
      running.open();
      fail.wait();
      throw Failure{0};
    }),
                 Failure);
  });
  running.wait();
  crew.add(3, [&] {
    EXPECT_EQ(lock.get_or_init([&] {
      ++runs;
      return 7;
    }),
              7);
  });
  wait_until_queued(lock);
  fail.open();
  crew.join();
  EXPECT_EQ(runs, 1);
}

TYPED_TEST(OnceLockThreads, all_fail_in_turn) {
  constexpr int threads = 6;
  Lock<int, TypeParam> lock;
  StartLine line{threads};
  int inside = 0, runs = 0;  // plain: only one runs at a time
  std::atomic<int> own{0};
  Crew crew;
  for (int i = 0; i != threads; ++i) {
    crew.add([&, i] {
      line.wait();
      try {
        lock.get_or_init([&, i]() -> int {
          EXPECT_EQ(++inside, 1);
          ++runs;
          std::this_thread::yield();
          --inside;
          throw Failure{i};
        });
        ADD_FAILURE();
      } catch (Failure const& failure) {
        if (failure.number == i) ++own;
      }
    });
  }
  crew.join();
  EXPECT_EQ(runs, threads);
  EXPECT_EQ(own, threads) << "each its own failure";
  EXPECT_EQ(lock.get(), nullptr);
  EXPECT_EQ(lock.get_or_init([] { return 1; }), 1);
}

// Deadlock ------------------------------------------------------------------------------------------------------------

/// `locks` threads, each inside one lock, each asks for the next: a ring. Returns the texts of all DeadlockErrors.
template <class Sync, std::size_t locks>
std::vector<std::string> close_a_ring(std::array<Lock<int, Sync>, locks>& ring) {
  StartLine line{locks};
  std::vector<std::string> texts(locks);
  Crew crew;
  for (std::size_t i = 0; i != locks; ++i) {
    crew.add([&, i] {
      try {
        ring[i].get_or_init([&, i] {
          line.wait();
          return 1 + ring[(i + 1) % locks].get_or_init([] { return 100; });
        });
      } catch (first_use::DeadlockError const& error) { texts[i] = error.what(); }
    });
  }
  crew.join();
  std::erase(texts, "");
  return texts;
}

TYPED_TEST(OnceLockThreads, two_locks_that_wait_for_each_other) {
  for (int round = 0; round != 20; ++round) {
    std::array<Lock<int, TypeParam>, 2> ring;
    auto const texts = close_a_ring<TypeParam>(ring);
    ASSERT_EQ(texts.size(), 1U);
    EXPECT_TRUE(contains(texts[0], "deadlock")) << texts[0];
    EXPECT_TRUE(contains(texts[0], "OnceLock<int>")) << texts[0];
    // The other thread went on with the lock that the error left empty, and finished its own.
    EXPECT_EQ(ring[0].value() + ring[1].value(), 201);
  }
}

TYPED_TEST(OnceLockThreads, a_ring_of_four) {
  std::array<Lock<int, TypeParam>, 4> ring;
  EXPECT_EQ((close_a_ring<TypeParam>(ring).size()), 1U);
  for (auto& lock : ring) EXPECT_TRUE(lock);
}

TYPED_TEST(OnceLockThreads, a_wait_closes_a_ring_and_a_timed_wait_does_not) {
  Lock<int, TypeParam> outer;
  Lock<char, TypeParam> inner;
  Gate running{"the outer initialiser to run"};
  std::atomic<int> deadlocks{0};
  Crew crew;
  inner.get_or_init([&] {
    crew.add([&] {
      try {
        outer.get_or_init([&] {
          running.open();
          return int{inner.wait()};
        });
      } catch (first_use::DeadlockError const&) {
        ++deadlocks;
        outer.set(9);
      }
    });
    running.wait();
    wait_until_queued(inner);
    EXPECT_EQ(outer.wait_for(1ms), nullptr) << "ends by itself";
    // Whichever of the two registers last sees the ring.
    try {
      outer.wait();
    } catch (first_use::DeadlockError const& error) {
      ++deadlocks;
      EXPECT_TRUE(contains(error.what(), "OnceLock<int>") && contains(error.what(), "OnceLock<char>")) << error.what();
    }
    return '\x09';
  });
  crew.join();
  EXPECT_EQ(deadlocks, 1);
  EXPECT_EQ(outer.value(), 9);
}

#endif

}  // namespace
