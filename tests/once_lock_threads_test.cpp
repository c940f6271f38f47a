// SPDX-License-Identifier: MIT OR Apache-2.0
//
// OnceLock between threads: one fills it, and nothing blocks that does not say so. Names that Rust's suites have are kept.
#include <first_use/once_lock.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "locks.hpp"

namespace {

using namespace first_use_test;
using first_use::TrySetResult;
using namespace std::chrono_literals;

TYPED_TEST_SUITE(OnceLockThreads, BlockingPolicies, PolicyNames);

// The cells may not be defined const.
TYPED_TEST(OnceLockThreads, a_lock_defined_const_fills_itself) {
  static constinit Lock<std::pair<int, int>, TypeParam> const in_static_storage;
  EXPECT_EQ(in_static_storage.get_or_init([] { return std::pair{1, 2}; }).second, 2);
  EXPECT_EQ(in_static_storage.wait().first, 1);
  Lock<std::string, TypeParam> const local;
  EXPECT_EQ(local.get(), nullptr);
  EXPECT_EQ(local.get_or_init([] { return "made"; }), "made");
  EXPECT_EQ(local.value(), "made");
}

TYPED_TEST(OnceLockThreads, stampede) {
  constexpr int threads = 8;
  for (int round = 0; round != 50; ++round) {
    Lock<std::string, TypeParam> lock;
    StartLine line{threads};
    std::atomic<int> runs{0};
    int side_effect = 0;  // not atomic: the lock must order it
    std::array<std::string*, threads> seen{};
    {
      Crew crew;
      for (int i = 0; i != threads; ++i) {
        crew.add([&, i] {
          line.wait();
          seen[static_cast<std::size_t>(i)] = &lock.get_or_init([&] {
            ++runs;
            side_effect = round + 1;
            return std::string(100, 'x');
          });
          EXPECT_EQ(side_effect, round + 1);
        });
      }
    }
    EXPECT_EQ(runs, 1);
    for (auto* const one : seen) EXPECT_EQ(one, lock.get());
  }
}

TYPED_TEST(OnceLockThreads, get_or_init_stress) {
  constexpr int threads = 4;
  constexpr std::size_t cells = 300;
  std::vector<Lock<std::size_t, TypeParam>> many(cells);
  std::atomic<std::size_t> runs{0};
  StartLine line{threads};
  Crew crew;
  crew.add(threads, [&] {
    line.wait();
    for (std::size_t i = 0; i != cells; ++i) {
      EXPECT_EQ(many[i].get_or_init([&, i] {
        ++runs;
        return i;
      }),
                i);
    }
  });
  crew.join();
  EXPECT_EQ(runs, cells);
}

// Rust's: readers must never see a value that is not finished.
TYPED_TEST(OnceLockThreads, sync_once_cell_does_not_leak_partially_constructed_boxes) {
  constexpr int readers = 3, writers = 2;
  std::string const message = "Hello, World, and enough of it to live on the heap";
  for (int round = 0; round != first_use_test::rounds(100); ++round) {
    Lock<std::unique_ptr<std::string>, TypeParam> cell;
    StartLine line{readers + writers};
    Crew crew;
    crew.add(readers, [&] {
      line.wait();
      std::unique_ptr<std::string> const* found = nullptr;
      wait_until_holds("a reader to see the value", [&] { return (found = std::as_const(cell).get()) != nullptr; });
      EXPECT_EQ(**found, message);
    });
    crew.add(writers, [&] {
      line.wait();
      cell.set(std::make_unique<std::string>(message));
    });
  }
}

TYPED_TEST(OnceLockThreads, a_reader_sees_what_the_initialiser_wrote_elsewhere) {
  for (int round = 0; round != first_use_test::rounds(100); ++round) {
    Lock<int, TypeParam> lock;
    int elsewhere = 0;
    Crew crew;
    crew.add([&] {
      wait_until_holds("get() to see the value", [&] { return lock.get() != nullptr; });
      EXPECT_EQ(elsewhere, 5);
    });
    crew.add([&] {
      wait_until_holds("has_value()", [&] { return lock.has_value(); });
      EXPECT_EQ(elsewhere, 5);
    });
    crew.add([&] {
      lock.wait();
      EXPECT_EQ(elsewhere, 5);
    });
    crew.add([&] {
      EXPECT_NE(lock.wait_for(1h), nullptr);
      EXPECT_EQ(elsewhere, 5);
    });
    lock.get_or_init([&] {
      elsewhere = 5;
      return 1;
    });
  }
}

TYPED_TEST(OnceLockThreads, nothing_blocks_on_a_running_initialiser_but_what_says_so) {
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
  EXPECT_EQ(lock.get(), nullptr);
  EXPECT_FALSE(lock.has_value());
  EXPECT_FALSE(lock);
  auto argument = std::make_unique<int>(2);
  EXPECT_EQ(lock.try_set(std::move(argument)), TrySetResult::busy);
  ASSERT_NE(argument, nullptr);
  EXPECT_EQ(*argument, 2);
  EXPECT_EQ(lock.wait_for(0s), nullptr);
#if FIRST_USE_HAS_EXCEPTIONS
  EXPECT_THROW((void)lock.value(), first_use::InitError);
#endif
  go_on.open();
  EXPECT_EQ(*lock.wait(), 1);
  EXPECT_EQ(lock.try_set(std::move(argument)), TrySetResult::occupied);
  EXPECT_NE(argument, nullptr);
}

TYPED_TEST(OnceLockThreads, copies_and_comparisons_take_a_snapshot_without_blocking) {
  Lock<int, TypeParam> lock;
  Gate running{"the initialiser to run"}, go_on{"the initialiser to go on"};
  Crew crew;
  crew.add([&] {
    lock.get_or_init([&] {
      running.open();
      go_on.wait();
      return 1;
    });
  });
  running.wait();
  Lock<int, TypeParam> const copy{lock};
  EXPECT_FALSE(copy);
  EXPECT_TRUE(copy == lock);
  Lock<int, TypeParam> assigned{std::in_place, 3};
  EXPECT_FALSE(assigned == lock);
  assigned = std::as_const(lock);
  EXPECT_FALSE(assigned);
  EXPECT_TRUE(assigned.set(4)) << "a copy of a running lock is a lock of its own";
  go_on.open();
  EXPECT_EQ(lock.wait(), 1);
}

TYPED_TEST(OnceLockThreads, locks_that_share_nothing_do_not_wait_for_each_other) {
  Lock<int, TypeParam> slow;
  std::array<Lock<int, TypeParam>, 100> others;
  Gate running{"the slow one to run"}, go_on{"the slow one to go on"};
  Crew crew;
  crew.add([&] {
    slow.get_or_init([&] {
      running.open();
      go_on.wait();
      return 1;
    });
  });
  running.wait();
  crew.add([&] { slow.wait(); });
  wait_until_queued(slow);
  for (auto& other : others) EXPECT_EQ(other.get_or_init([] { return 2; }), 2);
  go_on.open();
}

}  // namespace
