// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Waiting without claiming, with and without a deadline; exclusive access in between; and objects that die in the hands
// of whoever was told "complete", while their maker is still to wake the sleepers.
#include "scenario.hpp"

#ifndef FIRST_USE_MODEL_SKIPS
#include <chrono>
#include <optional>

#include <first_use/lazy_lock.hpp>
#include <first_use/once.hpp>
#include <first_use/once_lock.hpp>

namespace first_use_model {
namespace {

using first_use::BasicLazyLock;
using first_use::BasicOnce;
using first_use::BasicOnceLock;

constexpr std::chrono::seconds one_second{1};

template <std::size_t count>
struct Awaited : Prepared {
  static constexpr std::size_t threads = count;
  BasicOnce<ModelSync, Kept> once;
  Plain effect;
  void run(std::size_t i) {
    if (i == 1) {
      once.call_once([this] { effect.set(7); });
    } else {
      once.wait();
      check(effect.get() == 7, "the effect of the call that was waited for");
    }
  }
};
TEST(Waiting, TheCallIsSeen) {
  EXPECT_TRUE(explore<Awaited<2>>("wait", {.spurious = 2}));
  EXPECT_TRUE(explore<Awaited<3>>("wait, two", {.preemptions = 3}));
}

// The deadline may pass at any moment; it may also leave the mark of a sleeper behind.
struct TimedAgainstCall : Prepared {
  static constexpr std::size_t threads = 2;
  BasicOnceLock<Plain, ModelSync, Kept> lock;
  void run(std::size_t i) {
    if (i == 1) {
      check(lock.get_or_init([] { return Plain{7}; }).get() == 7, "the value");
    } else if (Plain const* const value = lock.wait_for(one_second)) {
      check(value->get() == 7, "the value that came in time");
    } else {
      check(lock.wait().get() == 7, "the value that came later");
    }
  }
};
TEST(Waiting, ATimeLimitEndsOneWaitAndNoOther) { EXPECT_TRUE(explore<TimedAgainstCall>("timed", {.spurious = 1})); }

struct TimedAndUntimed : Prepared {
  static constexpr std::size_t threads = 3;
  BasicOnceLock<Plain, ModelSync, Ignored> lock;
  void run(std::size_t i) {
    if (i == 1) {
      lock.set(Plain{7});
    } else if (i == 2) {
      Plain const* const value = lock.wait_for(one_second);
      check(value == nullptr || value->get() == 7, "the value, if it came in time");
    } else {
      check(lock.wait().get() == 7, "the value that was waited for");
    }
  }
};
TEST(Waiting, ATimeoutTakesNobodyElsesWake) {
  EXPECT_TRUE(explore<TimedAndUntimed>("timed and untimed", {.preemptions = 3}));
}

// Exclusive access: after the threads are joined the value is taken, and a second crew begins anew.
struct TakenBetween : Prepared {
  static constexpr std::size_t threads = 2;
  BasicOnceLock<Mortal, ModelSync, Kept> lock;
  int round = 1;
  void run(std::size_t) {
    check(lock.get_or_init([this] { return Mortal{round}; }).get() == round, "the value");
  }
  void after() {
    auto const taken = lock.take();
    check(taken.has_value() && taken->get() == 1 && lock.get() == nullptr, "the value is taken, and gone");
    round = 2;
    Engine::running()->spawn_and_join(2, [this](std::size_t i) { run(i); });
    lock.reset();
    check(!lock.is_initialized(), "empty");
    lock.set(Mortal{3});
  }
};
TEST(Exclusive, TakenAndMadeAgain) { EXPECT_TRUE(explore<TakenBetween>("taken between", {})); }

// Who sees "complete" may end the object at once: reset it, or destroy it and its memory.
struct ResetOnSight : Prepared {
  static constexpr std::size_t threads = 2;
  BasicOnceLock<Mortal, ModelSync, Kept> lock;
  void run(std::size_t i) {
    if (i == 1) {
      lock.set(Mortal{7});
    } else {
      lock.wait();
      check(lock.take()->get() == 7, "the value moved out");
      lock.set(Mortal{8});
    }
  }
  void after() { check(lock.get()->get() == 8, "the second value"); }
};
TEST(Exclusive, TakenOnSight) { EXPECT_TRUE(explore<ResetOnSight>("taken on sight", {})); }

// Against the rules: an assignment needs the lock alone. Who looks all the same finds nothing, or a whole value.
struct AssignedWhileAnotherLooks : Prepared {
  static constexpr std::size_t threads = 2;
  using Lock = BasicOnceLock<Mortal, ModelSync, Kept>;
  Lock lock;
  void run(std::size_t i) {
    if (i == 1) {
      lock = Lock{std::in_place, 7};
    } else if (Mortal const* const value = lock.get()) {
      check(value->get() == 7, "the value");
    }
  }
};
TEST(Exclusive, AssignedWhileAnotherLooks) { EXPECT_TRUE(explore<AssignedWhileAnotherLooks>("assigned", {})); }

template <class Fork, bool timed>
struct LockDiesOnSight : Prepared {
  static constexpr std::size_t threads = 2;
  union Place {
    BasicOnceLock<Mortal, ModelSync, Fork> lock;
    Place() : lock{} {}
    ~Place() {}
  } place;
  void run(std::size_t i) {
    if (i == 1) {
      place.lock.set(Mortal{7});
      return;
    }
    if (!timed) place.lock.wait();
    if (timed && place.lock.wait_for(one_second) == nullptr) return;
    check(place.lock.get()->get() == 7, "the value");
    place.lock.~BasicOnceLock();
    bury(place);
  }
};
TEST(Lifetime, ALockDiesBeforeItsMakerWakesTheSleepers) {
  EXPECT_TRUE((explore<LockDiesOnSight<Kept, false>>("lock dies on sight", {})));
  EXPECT_TRUE((explore<LockDiesOnSight<Wiped, false>>("wiped lock dies on sight", {})));
  EXPECT_TRUE((explore<LockDiesOnSight<Kept, true>>("lock dies after a timed wait", {})));
}

struct OnceDiesOnSight : Prepared {
  static constexpr std::size_t threads = 2;
  BasicOnce<ModelSync, Ignored> once;
  Plain effect;
  void run(std::size_t i) {
    if (i == 1) {
      once.call_once([this] { effect.set(7); });
    } else {
      once.wait();
      check(effect.get() == 7, "the effect");
      bury(once);
    }
  }
};
TEST(Lifetime, AOnceDiesBeforeItsCallerWakesTheSleepers) {
  EXPECT_TRUE(explore<OnceDiesOnSight>("once dies on sight", {}));
}

struct Seven {
  Mortal captured{7};
  Mortal operator()() && { return Mortal{captured.get()}; }
};
// The call dies in the bytes of the value, the value dies with the lazy, and neither dies twice.
struct LazyDies : Prepared {
  static constexpr std::size_t threads = 2;
  std::optional<BasicLazyLock<Mortal, Seven, ModelSync, Kept>> lazy{std::in_place, Seven{}};
  int done = 0;
  void run(std::size_t) {
    check((*lazy)->get() == 7, "the value");
    ++done;
  }
  void after() {
    check(done == 2, "both");
    lazy.reset();
    bury(lazy);
  }
};
TEST(Lifetime, ALazyAndItsCall) { EXPECT_TRUE(explore<LazyDies>("lazy dies", {.spurious = 1})); }

}  // namespace
}  // namespace first_use_model
#endif
