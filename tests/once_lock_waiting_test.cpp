// SPDX-License-Identifier: MIT OR Apache-2.0
//
// OnceLock between threads: waiting for a value, also for a time; take() and the end of the object while others wake.
#include <first_use/once_lock.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "locks.hpp"

namespace {

using namespace first_use_test;
using namespace std::chrono_literals;

TYPED_TEST_SUITE(OnceLockThreads, BlockingPolicies, PolicyNames);

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
    EXPECT_EQ(lock.wait_until(std::chrono::steady_clock::time_point::min()), nullptr);
    EXPECT_EQ(std::as_const(lock).wait_until(std::chrono::system_clock::time_point::min()), nullptr);
    EXPECT_EQ(lock.wait_for(-1h), nullptr);
    EXPECT_EQ(lock.wait_for(std::chrono::nanoseconds::min()), nullptr);
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
  crew.add([&] { EXPECT_EQ(*lock.wait_until(std::chrono::steady_clock::time_point::max()), 3); });
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
    using Inner = first_use::PlatformSync::word<U>;
    Inner& used() const noexcept {
      if (gone != nullptr && gone->is_open()) ++uses_when_gone;
      return inner_;
    }
    mutable Inner inner_{};
  };
  static std::int64_t now() noexcept { return first_use::PlatformSync::now(); }
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
