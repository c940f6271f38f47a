// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Initialisers that need one another: a ring is told in every interleaving, by whoever closes it, and nobody hangs; where
// there is none, none is told.
#include "scenario.hpp"

#ifndef FIRST_USE_MODEL_SKIPS
#include <chrono>

#include <first_use/once.hpp>
#include <first_use/once_lock.hpp>

namespace first_use_model {
namespace {

using first_use::BasicOnce;
using first_use::BasicOnceLock;
using first_use::DeadlockError;
using first_use::ReentrantInitError;

// Thread i uses lock i, whose initialiser uses lock i + 1; that of the last uses the first, or nobody.
template <std::size_t count, class Fork, bool closed>
struct Ring : Prepared {
  static constexpr std::size_t threads = count;
  static constexpr std::size_t none = count;
  BasicOnceLock<Plain, ModelSync, Fork> locks[count];
  std::size_t maker[count];  // the thread in the initialiser of this lock
  std::size_t wanted[count];
  bool proven[count]{};
  int told = 0;

  Ring() {
    for (std::size_t i = 0; i != count; ++i) maker[i] = wanted[i] = none;
  }

  int use(std::size_t me, std::size_t i) {
    wanted[me] = i;
    try {
      return locks[i].get_or_init([this, me, i] { return make(me, i); }).get();
    } catch (DeadlockError const&) {
      if (!proven[me]) prove(me);
      proven[me] = true;
      throw;
    }
  }
  Plain make(std::size_t me, std::size_t i) {
    struct Making {
      std::size_t& maker;
      ~Making() { maker = none; }
    } const making{maker[i] = me};
    bool const last = !closed && i + 1 == count;
    return Plain{last ? 1 : use(me, (i + 1) % count) + 1};
  }
  // From the one that cannot wait back to itself, over threads that do.
  void prove(std::size_t me) {
    std::size_t thread = me;
    for (std::size_t links = 0; links <= count; ++links) {
      thread = maker[wanted[thread]];
      if (thread == me && links > 0) return;
      check(thread != none && thread != me, "a ring is told that is none");
    }
    check(false, "a ring is told that does not come back");
  }

  void run(std::size_t thread) {
    try {
      check(use(thread - 1, thread - 1) > 0, "the value");
      check(!closed, "a ring is made");
    } catch (DeadlockError const&) { ++told; } catch (ReentrantInitError const&) {
      check(closed, "re-entrance is told where there is none");
    }
  }
  void after() { check(closed || told == 0, "a ring is told where there is none"); }
};

// In a closed ring somebody is told, always: of the ring, or, where one thread walks all of it, of re-entrance.
template <class Scenario>
int rings_told(char const* name, Effort const& effort) {
  int told = 0;
  EXPECT_TRUE(explore<Scenario>(name, effort, [&](Scenario& ring) { told += ring.told; }));
  return told;
}

TEST(Rings, TwoThreads) {
  EXPECT_GT((rings_told<Ring<2, Ignored, true>>("ring of two", {.preemptions = 4, .stale = 1})), 0);
  EXPECT_GT((rings_told<Ring<2, Kept, true>>("ring of two, kept", {.preemptions = 2, .stale = 1, .spurious = 1})), 0);
}
TEST(Rings, TwoThreadsWithoutARing) {
  EXPECT_EQ((rings_told<Ring<2, Kept, false>>("no ring of two", {.spurious = 1})), 0);
}
TEST(Rings, ThreeThreads) {
  EXPECT_GT((rings_told<Ring<3, Ignored, true>>("ring of three", {.preemptions = 2, .stale = 1})), 0);
  EXPECT_GT((rings_told<Ring<3, Kept, true>>("ring of three, kept", {.random = 30000, .seed = 6})), 0);
}
TEST(Rings, ThreeThreadsWithoutARing) {
  EXPECT_EQ((rings_told<Ring<3, Kept, false>>("no ring of three", {.preemptions = 2, .stale = 1})), 0);
}

// Two that need each other, and no way round: exactly one is told if both were in the middle of it, and the other ends.
struct Crossed : Prepared {
  static constexpr std::size_t threads = 2;
  BasicOnceLock<Plain, ModelSync, Ignored> a, b;
  int told = 0;
  int made = 0;
  void run(std::size_t i) {
    auto& mine = i == 1 ? a : b;
    auto& needed = i == 1 ? b : a;
    auto const simple = [] { return Plain{1}; };
    try {
      check(mine.get_or_init([&] { return Plain{needed.get_or_init(simple).get() + 1}; }).get() > 0, "the value");
      ++made;
    } catch (DeadlockError const& error) {
      ++told;
      check(std::string{error.what()}.find("deadlock") != std::string::npos, "the text");
    }
  }
  void after() {
    check(told + made == 2 && told <= 1, "at most one is told, and the other ends");
    check(a.get() != nullptr && b.get() != nullptr, "both are made");
  }
};
TEST(Rings, OneIsToldAndTheOtherEnds) {
  EXPECT_GT(rings_told<Crossed>("crossed", {}), 0);
  EXPECT_GT(rings_told<Crossed>("crossed, spurious", {.preemptions = 3, .stale = 1, .spurious = 1}), 0);
}

// A wait with a deadline ends by itself: no ring is told, whoever comes first.
struct TimedRing : Prepared {
  static constexpr std::size_t threads = 2;
  BasicOnceLock<Plain, ModelSync, Ignored> a, b;
  void run(std::size_t i) {
    if (i == 1) {
      a.get_or_init([this] { return Plain{b.wait_for(std::chrono::seconds{1}) != nullptr ? 2 : 1}; });
    } else {
      b.get_or_init([this] { return Plain{a.get_or_init([] { return Plain{1}; }).get()}; });
    }
  }
  void after() { check(a.get()->get() > 0 && b.get()->get() > 0, "both are made"); }
};
TEST(Rings, ATimedWaitClosesNone) { EXPECT_TRUE(explore<TimedRing>("timed ring", {})); }

// A ring does not poison.
struct CrossedOnces : Prepared {
  static constexpr std::size_t threads = 2;
  BasicOnce<ModelSync, Ignored> a, b;
  void run(std::size_t i) {
    auto& mine = i == 1 ? a : b;
    auto& needed = i == 1 ? b : a;
    try {
      mine.call_once([&] { needed.call_once([] {}); });
    } catch (DeadlockError const&) {
      mine.call_once([] {});
    }
  }
  void after() { check(a.is_completed() && b.is_completed(), "both complete, after all"); }
};
TEST(Rings, ARingDoesNotPoison) { EXPECT_TRUE(explore<CrossedOnces>("crossed onces", {.preemptions = 4, .stale = 1})); }

// One thread asks its own initialiser for the value; the other must not be told so.
struct Reentrant : Prepared {
  static constexpr std::size_t threads = 2;
  BasicOnceLock<Plain, ModelSync, Kept> lock;
  int told = 0;
  void run(std::size_t i) {
    try {
      lock.get_or_init([this, i] {
        if (i == 1) static_cast<void>(lock.wait());
        return Plain{7};
      });
    } catch (ReentrantInitError const&) {
      check(i == 1, "re-entrance is told to another thread");
      ++told;
    }
    check(i == 1 || lock.get()->get() == 7, "the value");
  }
  void after() { check(lock.get()->get() == 7, "made by the one or, after all, by the other"); }
};
TEST(Rings, ReentranceIsToldToItsThreadAlone) { EXPECT_GT(rings_told<Reentrant>("re-entrant", {.spurious = 1}), 0); }

// The registry's lock is a lock.
template <std::size_t count>
struct Locked : Prepared {
  static constexpr std::size_t threads = count;
  Plain data;
  void run(std::size_t) {
    registry.with_lock_held([this] { data.set(data.get() + 1); });
  }
  void after() { check(data.get() == static_cast<int>(count), "everybody had the lock"); }
};
TEST(Rings, TheRegistryIsLocked) {
  EXPECT_TRUE(explore<Locked<2>>("registry lock", {.spurious = 2}));
  EXPECT_TRUE(explore<Locked<3>>("registry lock, three", {.preemptions = 2}));
}

}  // namespace
}  // namespace first_use_model
#endif
