// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Racing first uses: one initialiser runs, everybody sees its value, in every interleaving.
#include "scenario.hpp"

#ifndef FIRST_USE_MODEL_SKIPS
#include <first_use/lazy_lock.hpp>
#include <first_use/once.hpp>
#include <first_use/once_lock.hpp>

namespace first_use_model {
namespace {

using first_use::BasicLazyLock;
using first_use::BasicOnce;
using first_use::BasicOnceLock;

template <std::size_t count, class Fork, bool prepared>
struct RacingLock {
  static constexpr std::size_t threads = count;
  BasicOnceLock<Plain, ModelSync, Fork> lock;
  int runs = 0;

  RacingLock() {
    // Otherwise the threads race for the generation and its handlers as well.
    if (prepared && Fork::ready()) Fork::generation();
  }
  void run(std::size_t) {
    Plain const& value = lock.get_or_init([this] {
      ++runs;
      return Plain{7};
    });
    check(value.get() == 7, "the value");
  }
  void after() {
    check(runs == 1, "the initialiser must run once");
    check(lock.value().get() == 7, "the value, at last");
  }
};

TEST(Racing, TwoUseALock) { EXPECT_TRUE((explore<RacingLock<2, Ignored, true>>("lock", {.spurious = 2}))); }
TEST(Racing, TwoUseAKeptLock) { EXPECT_TRUE((explore<RacingLock<2, Kept, false>>("kept lock", {}))); }
TEST(Racing, TwoUseAKeptLockWithSpuriousFailures) {
  EXPECT_TRUE((explore<RacingLock<2, Kept, true>>("kept lock, spurious", {.spurious = 1})));
}
TEST(Racing, TwoUseAWipedLock) { EXPECT_TRUE((explore<RacingLock<2, Wiped, false>>("wiped lock", {}))); }
TEST(Racing, ThreeUseALock) { EXPECT_TRUE((explore<RacingLock<3, Ignored, true>>("lock, three", {}))); }
TEST(Racing, ThreeUseAKeptLock) {
  EXPECT_TRUE((explore<RacingLock<3, Kept, true>>("kept lock, three", {.preemptions = 2, .spurious = 1})));
  EXPECT_TRUE((explore<RacingLock<3, Kept, false>>("kept lock, three, from nothing", {.random = 30000, .seed = 3})));
}
TEST(Racing, FourUseAKeptLockAtRandom) {
  EXPECT_TRUE((explore<RacingLock<4, Kept, false>>("kept lock, four", {.spurious = 1, .random = 20000, .seed = 4})));
}

template <bool by_status>
struct RacingOnce : Prepared {
  static constexpr std::size_t threads = 2;
  BasicOnce<ModelSync, Kept> once;
  Plain effect;
  void run(std::size_t i) {
    if (i == 2 && told_complete()) check(effect.get() == 7, "the effect, as it was told");
    once.call_once([this] { effect.set(effect.get() + 7); });
    check(effect.get() == 7, "the effect");
  }
  [[nodiscard]] bool told_complete() const {
    return by_status ? once.status() == first_use::OnceStatus::complete : once.is_completed();
  }
};
TEST(Racing, TwoCallAOnce) {
  EXPECT_TRUE(explore<RacingOnce<false>>("once", {.spurious = 1}));
  EXPECT_TRUE(explore<RacingOnce<true>>("once, by its status", {.spurious = 1}));
}

struct Seven {
  Plain* effect;
  Plain operator()() const {
    effect->set(effect->get() + 7);
    return Plain{effect->get()};
  }
};
template <class OnThrow>
struct RacingLazy : Prepared {
  static constexpr std::size_t threads = 2;
  Plain effect;
  BasicLazyLock<Plain, Seven, ModelSync, Kept, OnThrow> lazy{Seven{&effect}};
  void run(std::size_t i) {
    if (i == 2) {
      if (Plain const* const early = lazy.get()) check(early->get() == 7, "the value, as get() gave it");
    }
    check(lazy->get() == 7, "the value");
    check(effect.get() == 7, "the effect");
  }
};
TEST(Racing, TwoForceALazy) { EXPECT_TRUE(explore<RacingLazy<first_use::PoisonOnThrow>>("lazy", {.spurious = 1})); }
TEST(Racing, TwoForceALazyThatKeepsItsCall) {
  EXPECT_TRUE(explore<RacingLazy<first_use::RetryOnThrow>>("lazy, kept call", {.spurious = 1}));
}

// A call that lies in the bytes of the value, and dies there before the value is born.
struct Taken {
  Mortal captured{3};
  Plain operator()() && { return Plain{captured.get() + 4}; }
};
struct RacingLazyInOnePlace : Prepared {
  static constexpr std::size_t threads = 2;
  BasicLazyLock<Plain, Taken, ModelSync, Kept> lazy{Taken{}};
  void run(std::size_t) { check(lazy->get() == 7, "the value"); }
};
TEST(Racing, TwoForceALazyThatIsUsedUp) {
  EXPECT_TRUE(explore<RacingLazyInOnePlace>("lazy, used up", {.spurious = 1}));
}

// Several ways in; who loses keeps what it brought.
struct Setting : Prepared {
  static constexpr std::size_t threads = 2;
  BasicOnceLock<Plain, ModelSync, Kept> lock;
  int stored = 0;
  void run(std::size_t i) {
    if (i == 1) {
      if (lock.set(Plain{1})) ++stored;
      check(lock.get() != nullptr, "set() returns with a value there");
    } else {
      auto const result = lock.try_set(Plain{2});
      if (result == first_use::TrySetResult::stored) ++stored;
      if (result != first_use::TrySetResult::busy)
        check(lock.get()->get() != 0, "stored or occupied: a value is there");
    }
  }
  void after() { check(stored == 1, "one value is stored"); }
};
TEST(Racing, SetAgainstTrySet) { EXPECT_TRUE(explore<Setting>("set", {.spurious = 1})); }

}  // namespace
}  // namespace first_use_model
#endif
