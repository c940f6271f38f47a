// SPDX-License-Identifier: MIT OR Apache-2.0
//
// CriticalSectionSync, where an interrupt is a signal: sections are short and whole, initialisers run outside of them, and
// a handler that comes in the middle of an initialiser is told so at once. (What all policies have in common is tested
// over all of them.)
#include <first_use/sync/critical_section_sync.hpp>

#include <gtest/gtest.h>

#if !FIRST_USE_HAS_FUTEX
TEST(Signals, Skipped) { GTEST_SKIP() << "written for Linux, whose threads can be sent signals"; }
#else

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include <pthread.h>
#include <signal.h>

#include <first_use/first_use.hpp>

#include "failures.hpp"
#include "policies.hpp"

#if FIRST_USE_TESTS_UNDER_TSAN
// The handlers here throw and allocate. What they interrupt is raise(), which does neither.
extern "C" char const* __tsan_default_options() { return "report_signal_unsafe=0"; }
#endif

namespace first_use_test {
namespace {

using first_use::BasicLazyLock;
using first_use::BasicOnce;
using first_use::BasicOnceLock;

template <class T>
using Lock = BasicOnceLock<T, MaskingSync, first_use::IgnoreFork>;

static_assert(sizeof(BasicOnce<MaskingSync>) == 1 && sizeof(Lock<int>) == 8);
struct HalfOfHooks {
  static int enter();
};
static_assert(!first_use::CriticalSectionHooks<HalfOfHooks> && first_use::CriticalSectionHooks<Masking>);

[[maybe_unused]] constinit Lock<int> constant;
constinit first_use::race::OnceRef<int, MaskingSync> constant_ref;

class CriticalSectionSync : public ::testing::Test {
 protected:
  void SetUp() override {
    struct sigaction action {};
    action.sa_handler = [](int) { handler(); };
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGUSR1, &action, &before_);
  }
  void TearDown() override {
    ::sigaction(SIGUSR1, &before_, nullptr);
    EXPECT_FALSE(Masking::masked());
  }
  static inline void (*handler)() = nullptr;

 private:
  struct sigaction before_ {};
};

TEST_F(CriticalSectionSync, initialisers_run_with_interrupts_on) {
  Lock<int> lock;
  EXPECT_EQ(lock.get_or_init([] { return Masking::masked() ? 1 : 2; }), 2);
  BasicLazyLock<int, int (*)(), MaskingSync> lazy{[] { return Masking::masked() ? 1 : 2; }};
  EXPECT_EQ(*lazy, 2);
  BasicOnce<MaskingSync> once;
  once.call_once([] { EXPECT_FALSE(Masking::masked()); });
}

TEST_F(CriticalSectionSync, they_run_masked_where_the_caller_has_masked) {
  Lock<int> lock;
  bool const before = Masking::enter();
  EXPECT_EQ(lock.get_or_init([] { return Masking::masked() ? 1 : 2; }), 1);
  EXPECT_TRUE(Masking::masked()) << "a section inside another leaves the outer one as it is";
  Masking::leave(before);
}

TEST_F(CriticalSectionSync, every_change_is_a_section_and_a_look_is_none) {
  Lock<int> lock;
  Masking::sections = 0;
  lock.get_or_init([] { return 1; });
  EXPECT_EQ(Masking::sections, 2) << "in and out";
  EXPECT_EQ(lock.get_or_init([] { return 2; }), 1);
  EXPECT_NE(lock.get(), nullptr);
  EXPECT_EQ(Masking::sections, 2);

  MaskingSync::word<std::uint64_t> word;
  std::uint64_t expected = 0;
  EXPECT_TRUE(word.compare_exchange_weak(expected, 5, first_use::Order::acquire, first_use::Order::relaxed));
  EXPECT_FALSE(word.compare_exchange_weak(expected, 6, first_use::Order::acquire, first_use::Order::relaxed));
  EXPECT_EQ(expected, 5U);
  EXPECT_EQ(word.exchange(7, first_use::Order::release), 5U);
  word.store(8, first_use::Order::release);
  EXPECT_EQ(word.load(first_use::Order::acquire), 8U);
  EXPECT_EQ(Masking::sections, sizeof(void*) >= 8 ? 6 : 7);
}

Lock<int>* interrupted_lock = nullptr;

TEST_F(CriticalSectionSync, a_handler_may_look_and_finds_nothing_half_made) {
  Lock<int> lock;
  interrupted_lock = &lock;
  static int const* seen;
  seen = &constant_ref.get_or_init([]() -> int& {
    static int elsewhere = 1;
    return elsewhere;
  });
  handler = [] { seen = interrupted_lock->get(); };
  EXPECT_EQ(lock.get_or_init([] { return ::raise(SIGUSR1), 3; }), 3);
  EXPECT_EQ(seen, nullptr);
  ::raise(SIGUSR1);
  EXPECT_EQ(seen, lock.get());
}

TEST_F(CriticalSectionSync, a_handler_may_be_the_first) {
  Lock<int> lock;
  interrupted_lock = &lock;
  handler = [] { interrupted_lock->get_or_init([] { return 4; }); };
  ::raise(SIGUSR1);
  EXPECT_EQ(lock.get_or_init([] { return 5; }), 4);
}

#if FIRST_USE_HAS_EXCEPTIONS

TEST_F(CriticalSectionSync, a_handler_that_asks_in_the_middle_is_told_at_once) {
  Lock<int> lock;
  interrupted_lock = &lock;
  static std::string told;
  handler = [] {
    told = text_of<first_use::ReentrantInitError>([] { interrupted_lock->get_or_init([] { return 4; }); });
  };
  EXPECT_EQ(lock.get_or_init([] { return ::raise(SIGUSR1), 3; }), 3) << "the initialiser itself goes on";
  EXPECT_PRED2(contains, told, "OnceCell<int> -> OnceCell<int>");
  EXPECT_PRED2(contains, told, "an interrupt handler that came meanwhile");
}

// Also one whose initialiser has been claimed and is not on the list yet, or that belongs to another task of the core.
TEST_F(CriticalSectionSync, what_another_task_was_making_is_told_as_interrupted) {
  Lock<int> lock;
  EXPECT_EQ(lock.get_or_init([&] {
    std::thread{[&] {
      EXPECT_EQ(lock.get(), nullptr);
      std::string const text = text_of<first_use::ReentrantInitError>([&] { lock.get_or_init([] { return 4; }); });
      EXPECT_PRED2(contains, text, "OnceCell<int> is in the middle of an initialiser that was interrupted");
    }}.join();
    return 3;
  }),
            3);
}

// A handler's own object is not poisoned by what it met.
TEST_F(CriticalSectionSync, what_a_handler_met_poisons_nothing) {
  Lock<int> lock;
  interrupted_lock = &lock;
  static BasicOnce<MaskingSync> of_handler;
  handler = [] {
    EXPECT_THROW(of_handler.call_once([] { interrupted_lock->get_or_init([] { return 4; }); }),
                 first_use::ReentrantInitError);
  };
  lock.get_or_init([] { return ::raise(SIGUSR1), 3; });
  EXPECT_EQ(of_handler.status(), first_use::OnceStatus::incomplete);
  handler = [] { of_handler.call_once([] { interrupted_lock->get_or_init([] { return 4; }); }); };
  ::raise(SIGUSR1);
  EXPECT_TRUE(of_handler.is_completed());
}

#endif

// Signals without pause, at whatever instruction: every object is made once, by the one or the other.
TEST_F(CriticalSectionSync, a_storm_of_interrupts) {
#if FIRST_USE_TESTS_UNDER_TSAN
  GTEST_SKIP() << "ThreadSanitizer keeps signals back until its thread calls something";
#endif
  constexpr int enough = rounds(2000);
  struct Objects {
    Lock<int> lock;
    first_use::race::OnceNonZero<unsigned, MaskingSync> number;
    int runs = 0;
  };
  static std::atomic<Objects*> objects;
  static std::atomic<int> handled, refused;
  handled = refused = 0;
  handler = [] {
    if (Objects* const now = objects.load()) {
      now->number.get_or_init([] { return 2U; });
      static_cast<void>(now->lock.get());
#if FIRST_USE_HAS_EXCEPTIONS
      try {
        now->lock.get_or_init([now] { return ++now->runs, 2; });
      } catch (first_use::ReentrantInitError const&) { ++refused; }
#endif
    }
    ++handled;
  };
  std::atomic<bool> over{false};
  ::pthread_t const me = ::pthread_self();
  std::thread storm{[&] {
    while (!over) ::pthread_kill(me, SIGUSR1);
  }};
  int wrong = 0;
  while (handled < enough && wrong == 0) {
    Objects fresh;
    objects = &fresh;
    unsigned const number = fresh.number.get_or_init([] { return 1U; });
    int const value = fresh.lock.get_or_init([&] { return ++fresh.runs, 1; });
    objects = nullptr;
    wrong += fresh.runs != 1 || value != fresh.lock.value() || number != fresh.number.get();
  }
  over = true;
  storm.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace first_use_test
#endif
