// SPDX-License-Identifier: MIT OR Apache-2.0
//
// OnceLock between threads: one fills it, the others wait; failures pass the turn on; rings are told; objects end while
// others are still waking. Names that Rust's suites have are kept.
#include <first_use/once_lock.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "examples_of_expected.hpp"
#include "policies.hpp"

namespace {

using first_use::BasicOnceLock;
using first_use::TrySetResult;
using first_use_test::BlockingPolicies;
using first_use_test::Crew;
using first_use_test::Expected;
using first_use_test::Gate;
using first_use_test::PolicyNames;
using first_use_test::StartLine;
using first_use_test::tell_after;
using first_use_test::tell_before;
using first_use_test::Unexpected;
using first_use_test::wait_until_holds;
using first_use_test::wait_until_queued;
using first_use_test::word_of;
using namespace std::chrono_literals;

template <class Sync>
struct OnceLockThreads : ::testing::Test {};
TYPED_TEST_SUITE(OnceLockThreads, BlockingPolicies, PolicyNames);

template <class T, class Sync>
using Lock = BasicOnceLock<T, Sync>;

#if FIRST_USE_HAS_EXCEPTIONS
struct Failure {
  int number;
};
#endif

[[maybe_unused]] bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// One fills it --------------------------------------------------------------------------------------------------------

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

#endif  // FIRST_USE_HAS_EXCEPTIONS

// Waiting -------------------------------------------------------------------------------------------------------------

TYPED_TEST(OnceLockThreads, wait_starts_nothing_and_sees_the_value) {
  Lock<std::string, TypeParam> lock;
  std::atomic<std::string const*> seen{nullptr};
  Crew crew;
  crew.add([&] { seen = &std::as_const(lock).wait(); });
  wait_until_queued(lock);
  EXPECT_EQ(lock.get(), nullptr);
  EXPECT_EQ(seen, nullptr);
  EXPECT_TRUE(lock.set("there"));
  crew.join();
  EXPECT_EQ(seen, lock.get());
  EXPECT_EQ(&lock.wait(), lock.get()) << "at once";
}

TYPED_TEST(OnceLockThreads, wait_sleeps_on_through_failures) {
  Lock<int, TypeParam> lock;
  Crew crew;
  std::atomic<int> ended{0};
  crew.add(2, [&] {
    EXPECT_EQ(lock.wait(), 4);
    ++ended;
  });
  crew.add([&] {
    EXPECT_EQ(*lock.wait_for(1h), 4);
    ++ended;
  });
  for (int failure = 0; failure != 4; ++failure) {
    wait_until_queued(lock);
    EXPECT_EQ(lock.get_or_try_init([] { return std::optional<int>{}; }), nullptr);
#if FIRST_USE_HAS_EXCEPTIONS
    EXPECT_THROW(lock.get_or_init([]() -> int { throw Failure{1}; }), Failure);
#endif
    EXPECT_EQ(ended, 0);
  }
  lock.get_or_init([] { return 4; });
  crew.join();
  EXPECT_EQ(ended, 3);
}

TYPED_TEST(OnceLockThreads, a_timed_out_wait_gives_null_and_leaves_nothing_behind) {
  auto const time_out = [](Lock<std::string, TypeParam>& lock) {
    EXPECT_EQ(lock.wait_for(1ms), nullptr);
    EXPECT_EQ(std::as_const(lock).wait_for(std::chrono::duration<double>{1e-4}), nullptr);
    EXPECT_EQ(lock.wait_until(std::chrono::steady_clock::now() + 1ms), nullptr);
    EXPECT_EQ(std::as_const(lock).wait_until(std::chrono::system_clock::now() + 1ms), nullptr);
    EXPECT_EQ(lock.wait_until(std::chrono::steady_clock::now() - 1h), nullptr);
    EXPECT_EQ(lock.wait_for(-1h), nullptr);
    EXPECT_EQ(lock.get(), nullptr);
    EXPECT_FALSE(lock);
  };
  Lock<std::string, TypeParam> lock;
  time_out(lock);
  EXPECT_EQ(lock.take(), std::nullopt);
  EXPECT_EQ(word_of(lock), 0U) << "no mark of a waiter that is gone";
  time_out(lock);
  lock.reset();
  EXPECT_EQ(word_of(lock), 0U);
  time_out(lock);
  EXPECT_FALSE((Lock<std::string, TypeParam>{lock}));
  EXPECT_FALSE((Lock<std::string, TypeParam>{std::move(lock)}));
  time_out(lock);
  EXPECT_EQ(lock.get_or_init([] { return "made"; }), "made");
  EXPECT_EQ(*lock.wait_for(0s), "made");
  EXPECT_EQ(*lock.wait_until(std::chrono::steady_clock::now() - 1h), "made");
  lock = Lock<std::string, TypeParam>{};
  time_out(lock);
  lock = Lock<std::string, TypeParam>{std::in_place, "assigned"};
  EXPECT_EQ(lock.wait(), "assigned");
}

TYPED_TEST(OnceLockThreads, a_timed_wait_ends_with_the_value) {
  Lock<int, TypeParam> lock;
  Crew crew;
  crew.add([&] { EXPECT_EQ(*lock.wait_for(1h), 3); });
  crew.add([&] { EXPECT_EQ(*lock.wait_for(std::chrono::hours::max()), 3); });
  crew.add([&] { EXPECT_EQ(*lock.wait_until(std::chrono::steady_clock::now() + 1h), 3); });
  crew.add([&] { EXPECT_EQ(*std::as_const(lock).wait_until(std::chrono::system_clock::now() + 1h), 3); });
  wait_until_queued(lock);
  lock.set(3);
}

// take(), and the end of the object -----------------------------------------------------------------------------------

// Rounds in which threads fill one lock together, and one of them empties it between the rounds.
TYPED_TEST(OnceLockThreads, take_and_fill_in_rounds) {
  constexpr int threads = 3, rounds = first_use_test::rounds(100);
  Lock<std::unique_ptr<int>, TypeParam> lock;
  std::atomic<int> arrived{0}, finished_rounds{0};
  std::atomic<int> runs{0};
  Crew crew;
  crew.add(threads, [&] {
    for (int round = 0; round != rounds; ++round) {
      EXPECT_EQ(*lock.get_or_init([&] {
        ++runs;
        return std::make_unique<int>(round);
      }),
                round);
      tell_before(&arrived);
      if (arrived.fetch_add(1) + 1 == threads * (round + 1)) {
        tell_after(&arrived);
        auto const taken = lock.take();
        EXPECT_EQ(taken.has_value() ? **taken : -1, round);
        tell_before(&finished_rounds);
        ++finished_rounds;
      } else {
        wait_until_holds("the round to end", [&] { return finished_rounds > round; });
        tell_after(&finished_rounds);
      }
    }
  });
  crew.join();
  EXPECT_EQ(runs, rounds);
  EXPECT_FALSE(lock);
}

// The thread that completes a lock wakes the others, one of whom destroys the lock meanwhile: the waker may use its
// address and must not touch its bytes.
TYPED_TEST(OnceLockThreads, destroyed_right_after_completion) {
  for (int round = 0; round != first_use_test::rounds(300); ++round) {
    auto lock = std::make_unique<Lock<std::string, TypeParam>>();
    Gate running{"the lock to be claimed"};
    Crew crew;
    crew.add([&running, there = lock.get()] {
      there->get_or_init([&] {
        running.open();
        wait_until_queued(*there);
        return "made";
      });
    });
    running.wait();
    EXPECT_EQ(lock->wait(), "made");
    lock.reset();
  }
}

/// A policy that holds the completing thread back between its last write to the word and what it does next.
struct HoldingSync {
  static constexpr bool can_wait = true;
  static inline Gate* published = nullptr;
  static inline Gate* gone = nullptr;
  static inline std::atomic<int> uses_when_gone{0}, wakes{0};

  template <class U>
  class word {
   public:
    constexpr word() noexcept = default;
    constexpr explicit word(U the_value) noexcept : inner_{the_value} {}
    U load(first_use::Order order) const noexcept { return used().load(order); }
    void store(U to, first_use::Order order) noexcept { used().store(to, order); }
    U exchange(U to, first_use::Order order) noexcept {
      U const old = used().exchange(to, order);
      if (published != nullptr) {
        published->open();
        gone->wait();
      }
      return old;
    }
    bool compare_exchange_weak(U& seen, U to, first_use::Order success, first_use::Order failure) noexcept {
      return used().compare_exchange_weak(seen, to, success, failure);
    }
    void wait(U old) const noexcept { used().wait(old); }
    bool wait_until(U old, first_use::Deadline deadline) const noexcept { return used().wait_until(old, deadline); }
    void notify_all() const noexcept { ++wakes; }

   private:
    using Inner = first_use::FutexSync::word<U>;
    Inner& used() const noexcept {
      if (gone != nullptr && gone->is_open()) ++uses_when_gone;
      return inner_;
    }
    mutable Inner inner_{};
  };
  static std::int64_t now() noexcept { return first_use::FutexSync::now(); }
};

TEST(OnceLockHeld, nothing_of_a_lock_is_touched_after_it_was_published) {
  Gate published{"the value to be published"}, gone{"the lock to be destroyed"};
  HoldingSync::uses_when_gone = HoldingSync::wakes = 0;
  auto lock = std::make_unique<Lock<int, HoldingSync>>();
  EXPECT_EQ(lock->wait_for(0s), nullptr) << "leaves a mark, so that there is somebody to wake";
  HoldingSync::published = &published;
  HoldingSync::gone = &gone;
  Crew crew;
  crew.add([there = lock.get()] { there->get_or_init([] { return 1; }); });
  published.wait();
  EXPECT_EQ(lock->value(), 1);
  lock.reset();
  gone.open();
  crew.join();
  HoldingSync::published = HoldingSync::gone = nullptr;
  EXPECT_EQ(HoldingSync::uses_when_gone, 0);
  EXPECT_EQ(HoldingSync::wakes, 1) << "by its address alone";
}

TYPED_TEST(OnceLockThreads, taken_and_filled_again_right_after_completion) {
  for (int round = 0; round != first_use_test::rounds(300); ++round) {
    Lock<std::string, TypeParam> lock;
    Gate running{"the lock to be claimed"};
    Crew crew;
    crew.add([&] {
      lock.get_or_init([&] {
        running.open();
        wait_until_queued(lock);
        return "first";
      });
    });
    running.wait();
    EXPECT_EQ(lock.wait(), "first");
    EXPECT_EQ(lock.take(), "first");
    EXPECT_EQ(lock.get_or_init([] { return "second"; }), "second");
  }
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

#if FIRST_USE_HAS_EXCEPTIONS
TYPED_TEST(OnceLockThreads, use_after_destruction_is_an_error) {
  using Full = Lock<std::string, TypeParam>;
  alignas(Full) unsigned char room[sizeof(Full)];
  auto* const lock = ::new (static_cast<void*>(room)) Full;
  lock->set("a value whose destructor runs, on the heap");
  lock->~Full();
  auto* const ghost = std::launder(reinterpret_cast<Full*>(room));
  try {
    ghost->get_or_init([] { return "zombie"; });
    ADD_FAILURE();
  } catch (first_use::InitError const& error) {
    EXPECT_TRUE(contains(error.what(), "after its destruction")) << error.what();
  }
  EXPECT_EQ(ghost->get(), nullptr);
  EXPECT_THROW(ghost->set("zombie"), first_use::InitError);
  EXPECT_THROW(ghost->wait(), first_use::InitError);
}
#endif

}  // namespace
