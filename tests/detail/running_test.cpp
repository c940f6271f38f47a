// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The registry of threads that wait while they initialise: rings are found, told link by link, and forgotten by a child;
// and the numbers of threads.
#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "fork/interrupted.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using children::in_every_child;
using first_use_test::Crew;

template <int tag>
using Interrupted = children::Interrupted<PlatformSync, tag>;

constexpr process::Label label_a{"A", nullptr};
constexpr process::Label label_b{"B", nullptr};
constexpr process::Label label_c{"C", nullptr};

process::Frame frame_of(int const& once, process::Label const& label) {
  process::Frame frame{};
  frame.once = &once;
  frame.label = &label;
  frame.below = nullptr;
  return frame;
}

/// Somebody who initialises `runs` and waits for `wants`.
struct Waits {
  Waits(int const& runs, process::Label const& runs_label, int const& wants, process::Label const& wants_label)
      : frame{frame_of(runs, runs_label)},
        waiter{
            .once = &wants, .label = &wants_label, .frames = &frame, .thread = static_cast<std::uint64_t>(++threads)} {}
  static inline int threads = 0;
  process::Frame frame;
  process::Waiter waiter;
};

TEST(Registry, TheLastLinkOfARingIsRefusedAndTheTextNamesAll) {
  using Registry = process::Registry<Interrupted<0>>;
  int const a = 0, b = 0, c = 0;
  Waits::threads = 0;
  Waits first{a, label_a, b, label_b};
  Waits second{b, label_b, c, label_c};
  Waits third{c, label_c, a, label_a};
  process::Text text;
  ASSERT_TRUE(Registry::enter(first.waiter, text));
  ASSERT_TRUE(Registry::enter(second.waiter, text));
  EXPECT_STREQ(text.c_str(), "");
  EXPECT_FALSE(Registry::enter(third.waiter, text));
  EXPECT_STREQ(
      text.c_str(),
      "first_use: deadlock: this thread (3) initialises C and needs A; thread 1 initialises A and needs B; thread "
      "2 initialises B and needs C; none of them can ever finish. Break the ring: initialise one of them before, "
      "or let one initialiser do without the other's value");
  // One leaves: no ring any more.
  Registry::leave(second.waiter);
  process::Text none;
  EXPECT_TRUE(Registry::enter(third.waiter, none));
  EXPECT_STREQ(none.c_str(), "");
  process::Text again;
  EXPECT_FALSE(Registry::enter(second.waiter, again));
  Registry::leave(third.waiter);
  Registry::leave(first.waiter);
  process::Text empty;
  EXPECT_TRUE(Registry::enter(third.waiter, empty));
  Registry::leave(third.waiter);
}

TEST(Registry, OuterFramesCountToo) {
  using Registry = process::Registry<Interrupted<0>>;
  int const a = 0, b = 0, c = 0, d = 0;
  Waits first{a, label_a, b, label_b};
  process::Frame const outer = frame_of(d, label_a);
  first.frame.below = const_cast<process::Frame*>(&outer);
  Waits second{b, label_b, d, label_a};
  Waits third{c, label_c, d, label_a};
  process::Text text;
  ASSERT_TRUE(Registry::enter(first.waiter, text));
  EXPECT_TRUE(Registry::enter(third.waiter, text));
  EXPECT_FALSE(Registry::enter(second.waiter, text));
  Registry::leave(third.waiter);
  Registry::leave(first.waiter);
}

// Entries of the parent mean nothing in a child; and one that leaves there must not touch the child's list.
TEST(Registry, IsEmptyInEveryChild) {
  using Registry = process::Registry<Interrupted<0>>;
  ASSERT_TRUE(process::Generation<Interrupted<0>>::prepare());
  int const a = 0, b = 0, c = 0;
  Waits first{a, label_a, b, label_b};
  Waits between{c, label_c, c, label_c};
  process::Text text;
  ASSERT_TRUE(Registry::enter(first.waiter, text));
  ASSERT_TRUE(Registry::enter(between.waiter, text));
  in_every_child([&] {
    Waits second{b, label_b, a, label_a};
    Waits new_first{a, label_a, b, label_b};
    process::Text child_text;
    CHILD_CHECK(Registry::enter(second.waiter, child_text));
    Registry::leave(first.waiter);
    Registry::leave(between.waiter);
    CHILD_CHECK(!Registry::enter(new_first.waiter, child_text));
    Registry::leave(second.waiter);
    CHILD_CHECK(Registry::enter(new_first.waiter, child_text));
    Registry::leave(new_first.waiter);
  });
  Waits second{b, label_b, a, label_a};
  EXPECT_FALSE(Registry::enter(second.waiter, text));
  Registry::leave(between.waiter);
  Registry::leave(first.waiter);
}

TEST(Registry, LockHeldByALostThreadReadsAsFree) {
  using Atoms = Interrupted<1>;
  using Registry = process::Registry<Atoms>;
  ASSERT_TRUE(process::Generation<Atoms>::prepare());
  process::Generation<Atoms>::current();
  int const a = 0, b = 0;
  Waits holder{a, label_a, b, label_b};
  Waits sleeper{a, label_a, b, label_b};
  children::Flag reached;
  children::Flag go_on;
  std::thread holds{[&] {
    Atoms::after_exchange = [&] {
      reached.raise();
      go_on.wait();
    };
    process::Text text;
    Registry::enter(holder.waiter, text);
    Registry::leave(holder.waiter);
  }};
  reached.wait();
  in_every_child([&] {
    Waits mine{b, label_b, a, label_a};
    process::Text text;
    CHILD_CHECK(Registry::enter(mine.waiter, text));
    Registry::leave(mine.waiter);
  });
  std::thread waits{[&] {
    process::Text text;
    Registry::enter(sleeper.waiter, text);
    Registry::leave(sleeper.waiter);
  }};
  in_every_child([&] {
    Waits mine{b, label_b, a, label_a};
    process::Text text;
    CHILD_CHECK(Registry::enter(mine.waiter, text));
    Registry::leave(mine.waiter);
  });
  go_on.raise();
  holds.join();
  waits.join();
}

// What messages call a thread where the kernel's number is not to be had.
TEST(ThreadNumber, OfOurOwnIsNewInEachThreadAndStays) {
  using Numbers = process::ThreadNumber<Interrupted<2>>;
  std::uint64_t const mine = Numbers::own();
  EXPECT_NE(mine, 0U);
  EXPECT_EQ(Numbers::own(), mine);
  std::array<std::uint64_t, 4> others{};
  Crew crew;
  for (std::uint64_t& other : others) {
    crew.add([&other] {
      other = Numbers::own();
      if (Numbers::own() != other) other = 0;
    });
  }
  crew.join();
  for (std::size_t i = 0; i != others.size(); ++i) {
    EXPECT_NE(others[i], 0U);
    EXPECT_NE(others[i], mine);
    for (std::size_t j = 0; j != i; ++j) EXPECT_NE(others[i], others[j]);
  }
}

#if defined(__linux__)
TEST(ThreadNumber, IsTheKernelsWhereThereIsOne) {
  using Numbers = process::ThreadNumber<PlatformSync>;
  errno = 7;
  EXPECT_EQ(Numbers::mine(), static_cast<std::uint64_t>(::gettid()));
  EXPECT_EQ(errno, 7);
  children::in_child([] { CHILD_CHECK(Numbers::mine() == static_cast<std::uint64_t>(::getpid())); });
}
#endif

}  // namespace
