// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Initialisers that fail: attempt n+1 sees all that failed attempt n left behind, and whoever slept meanwhile goes on.
#include "scenario.hpp"

#ifndef FIRST_USE_MODEL_SKIPS
#include <optional>

#include <first_use/lazy_lock.hpp>
#include <first_use/once.hpp>
#include <first_use/once_lock.hpp>

namespace first_use_model {
namespace {

using first_use::BasicLazyLock;
using first_use::BasicOnce;
using first_use::BasicOnceLock;
using first_use::PoisonedError;

struct Fault {};

// Every attempt writes to the trail, without any order but that of the attempts; the first fails.
template <std::size_t count, class Fork>
struct Retried : Prepared {
  static constexpr std::size_t threads = count;
  BasicOnceLock<Plain, ModelSync, Fork> lock;
  Plain trail;
  int faults = 0;
  void run(std::size_t) {
    auto const attempt = [this] {
      trail.set(trail.get() + 1);
      if (trail.get() == 1) throw Fault{};
      return Plain{trail.get()};
    };
    try {
      check(lock.get_or_init(attempt).get() == 2, "the value of the second attempt");
      check(trail.get() == 2, "the trail of both attempts");
    } catch (Fault const&) { ++faults; }
  }
  void after() { check(faults == 1 && lock.get()->get() == 2, "one failure, then a value"); }
};
TEST(Failing, TheNextAttemptSeesAllOfTheFailedOne) {
  EXPECT_TRUE((explore<Retried<2, Ignored>>("retried", {.spurious = 2})));
  EXPECT_TRUE((explore<Retried<2, Kept>>("retried, kept", {.spurious = 1})));
  EXPECT_TRUE((explore<Retried<2, Wiped>>("retried, wiped", {.spurious = 1})));
}
TEST(Failing, ThreeTakeTurns) { EXPECT_TRUE((explore<Retried<3, Ignored>>("retried, three", {.preemptions = 3}))); }
TEST(Failing, FourTakeTurnsAtRandom) {
  EXPECT_TRUE((explore<Retried<4, Kept>>("retried, four", {.spurious = 1, .random = 20000, .seed = 5})));
}

// Without exceptions, and the waiter claims nothing itself.
struct TriedAndAwaited : Prepared {
  static constexpr std::size_t threads = 2;
  BasicOnceLock<Plain, ModelSync, Kept> lock;
  void run(std::size_t i) {
    if (i == 1) {
      check(lock.get_or_try_init([] { return std::optional<Plain>{}; }) == nullptr, "a failure is handed back");
      auto const* const second = lock.get_or_try_init([] { return std::optional<Plain>{Plain{7}}; });
      check(second->get() == 7, "the second try");
    } else {
      check(lock.wait().get() == 7, "the value that was waited for");
    }
  }
};
TEST(Failing, AWaiterSleepsThroughAFailure) { EXPECT_TRUE(explore<TriedAndAwaited>("tried and awaited", {})); }

// A failing call poisons; what it left behind is seen by whoever is told so.
struct Poisoned : Prepared {
  static constexpr std::size_t threads = 2;
  BasicOnce<ModelSync, Kept> once;
  Plain trail;
  int faults = 0;
  int refusals = 0;
  void run(std::size_t) {
    try {
      once.call_once([this] {
        trail.set(trail.get() + 1);
        throw Fault{};
      });
      check(false, "nobody completes it");
    } catch (Fault const&) { ++faults; } catch (PoisonedError const&) {
      ++refusals;
      check(trail.get() == 1, "the trail of the failed call");
    }
  }
  void after() {
    check(faults == 1 && refusals == 1, "one call fails, the other is refused");
    check(once.status() == first_use::OnceStatus::poisoned, "poisoned for good");
  }
};
TEST(Failing, PoisonIsSeenWithAllThatCausedIt) { EXPECT_TRUE(explore<Poisoned>("poison", {.spurious = 1})); }

struct Forced : Prepared {
  static constexpr std::size_t threads = 2;
  BasicOnce<ModelSync, Kept> once;
  Plain trail;
  void run(std::size_t i) {
    if (i == 1) {
      try {
        once.call_once([this] {
          trail.set(trail.get() + 1);
          throw Fault{};
        });
      } catch (Fault const&) {}
    } else {
      once.call_once_force([this](first_use::OnceState const& state) {
        check(state.is_poisoned() == (trail.get() == 1), "told of the failure if there was one");
        trail.set(10);
      });
      check(trail.get() == 10, "all that the forced call wrote");
    }
  }
  void after() { check(once.is_completed() && trail.get() == 10, "complete in the end"); }
};
TEST(Failing, AForcedCallTriesAgain) { EXPECT_TRUE(explore<Forced>("force", {.spurious = 1})); }

// Who waits for a call is told of a failure; who waits by force sleeps on until one succeeds.
template <bool by_force>
struct PoisonedWhileAwaited : Prepared {
  static constexpr std::size_t threads = 2;
  BasicOnce<ModelSync, Ignored> once;
  Plain trail;
  void run(std::size_t i) {
    if (i == 2) return wait();
    try {
      once.call_once([this] {
        trail.set(1);
        throw Fault{};
      });
    } catch (Fault const&) {}
    once.call_once_force([this](auto const&) { trail.set(2); });
  }
  void wait() {
    try {
      if (by_force) {
        once.wait_force();
      } else {
        once.wait();
      }
      check(trail.get() == 2, "the trail of the call that succeeded");
    } catch (PoisonedError const&) { check(!by_force, "wait_force() minds no poison"); }
  }
};
TEST(Failing, WaitersAreToldOfPoison) { EXPECT_TRUE(explore<PoisonedWhileAwaited<false>>("wait", {})); }
TEST(Failing, ForcedWaitersSleepOn) { EXPECT_TRUE(explore<PoisonedWhileAwaited<true>>("wait_force", {})); }

struct Throws {
  Plain* trail;
  Plain operator()() const {
    trail->set(trail->get() + 1);
    if (trail->get() == 1) throw Fault{};
    return Plain{trail->get()};
  }
};
template <class OnThrow>
struct Lazy : Prepared {
  static constexpr std::size_t threads = 2;
  Plain trail;
  BasicLazyLock<Plain, Throws, ModelSync, Kept, OnThrow> lazy{Throws{&trail}};
  int faults = 0;
  int refusals = 0;
  void run(std::size_t) {
    try {
      check(lazy->get() == 2 && OnThrow::retries, "the value of the second attempt");
    } catch (Fault const&) { ++faults; } catch (PoisonedError const&) {
      ++refusals;
      check(trail.get() == 1, "the trail of the failed call");
    }
  }
  void after() { check(faults == 1 && refusals == (OnThrow::retries ? 0 : 1), "one fails; the other as OnThrow says"); }
};
TEST(Failing, ALazyIsPoisoned) { EXPECT_TRUE(explore<Lazy<first_use::PoisonOnThrow>>("lazy, poisoned", {})); }
TEST(Failing, ALazyTriesAgain) { EXPECT_TRUE(explore<Lazy<first_use::RetryOnThrow>>("lazy, retried", {})); }

}  // namespace
}  // namespace first_use_model
#endif
