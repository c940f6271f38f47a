// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Other people's fork handlers that use the library: registered before ours (they run first in the child, and see what
// only the wiped page can tell them), and after it. A program of its own: handlers are for ever.
#include <cstdlib>

#include <gtest/gtest.h>
#include <pthread.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using children::in_child;
using children::page_is_wiped;

enum class Does { nothing, looks, fills };
Does early_does = Does::nothing;
Does before_does = Does::nothing;

WipeOnForkOnceLock<int> wiped;
WipeOnForkLazyLock lazy{[] { return ::getpid(); }};
WipeOnForkOnceLock<int> made_early;
Once in_flight;

bool early_saw_wiped = false;
bool early_saw_lazy = false;

void early_child() {
  if (early_does == Does::nothing) return;
  early_saw_wiped = wiped.get() != nullptr;
  early_saw_lazy = lazy.get() != nullptr;
  if (early_does != Does::fills) return;
  made_early.try_emplace(7);
  lazy.force();
}

void early_prepare() {
  if (before_does == Does::fills) wiped.try_emplace(1);
}

// Registered before anything of ours: statics of this file come before the first use of the library.
bool const early_is_registered = [] {
  if (::pthread_atfork(&early_prepare, nullptr, &early_child) != 0) std::abort();
  return true;
}();

TEST(HandlerOrder, ChildHandlerRegisteredBeforeOursSeesTheWipe) {
  ASSERT_TRUE(early_is_registered);
  wiped.try_emplace(1);
  lazy.force();
  early_does = Does::looks;
  in_child([] {
    // Without the page it looks before our handler has run: documented; prepare_for_fork() early in main() is the cure.
    CHILD_CHECK(early_saw_wiped == !page_is_wiped());
    CHILD_CHECK(early_saw_lazy == !page_is_wiped());
    CHILD_CHECK(wiped.get() == nullptr && lazy.get() == nullptr);
    CHILD_CHECK(*lazy == ::getpid());
  });
  early_does = Does::nothing;
  EXPECT_EQ(*lazy, ::getpid());
}

// It took the child's number; our handler, which runs next, must not move on once more.
TEST(HandlerOrder, WhatAHandlerBeforeOursMadeStays) {
  if (!page_is_wiped()) GTEST_SKIP() << "without the page it fills the parent's place, which our handler then wipes";
  wiped.try_emplace(1);
  lazy.force();
  made_early.reset();
  early_does = Does::fills;
  in_child([] {
    CHILD_CHECK(made_early.get() != nullptr && *made_early.get() == 7);
    CHILD_CHECK(lazy.get() != nullptr && *lazy.get() == ::getpid());
    CHILD_CHECK(wiped.get() == nullptr);
    pid_t const pid = ::fork();
    if (pid != 0) {
      children::child_waits_for(pid);
      CHILD_CHECK(made_early.get() != nullptr);
      return;
    }
    CHILD_CHECK(made_early.get() != nullptr && *lazy.get() == ::getpid());
  });
  early_does = Does::nothing;
  EXPECT_EQ(made_early.get(), nullptr);
  EXPECT_EQ(*lazy, ::getpid());
}

// A prepare handler that was registered before ours runs after ours: what it makes is the parent's.
TEST(HandlerOrder, WhatAPrepareHandlerMadeIsTheParents) {
  prepare_for_fork();
  wiped.reset();
  before_does = Does::fills;
  in_child([] { CHILD_CHECK(wiped.get() == nullptr); });
  before_does = Does::nothing;
  ASSERT_NE(wiped.get(), nullptr);
  EXPECT_EQ(*wiped.get(), 1);
}

// The same in the middle of an initialiser: the frames are carried over by whoever comes first.
TEST(HandlerOrder, InitialiserThatForksWithSuchHandlers) {
  if (!page_is_wiped()) GTEST_SKIP() << "without the page an early handler still lives in the parent's generation";
  wiped.try_emplace(1);
  early_does = Does::fills;
  in_child([] {
    pid_t pid = -1;
    OnceLock<int> outer;
    outer.get_or_init([&] {
      in_flight.call_once([&] { pid = ::fork(); });
      return 1;
    });
    CHILD_CHECK(outer.value() == 1 && in_flight.is_completed());
    if (pid != 0) children::child_waits_for(pid);
  });
  early_does = Does::nothing;
}

bool late_saw_wiped = true;
bool late_saw_lazy = true;
bool late_sees = false;

TEST(HandlerOrder, ChildHandlerRegisteredAfterOursSeesTheWipe) {
  ASSERT_TRUE(prepare_for_fork());
  static bool const registered = ::pthread_atfork(nullptr, nullptr, [] {
                                   if (!late_sees) return;
                                   late_saw_wiped = wiped.get() != nullptr;
                                   late_saw_lazy = lazy.get() != nullptr;
                                   lazy.force();
                                 }) == 0;
  ASSERT_TRUE(registered);
  wiped.try_emplace(1);
  lazy.force();
  late_sees = true;
  in_child([] {
    CHILD_CHECK(!late_saw_wiped && !late_saw_lazy);
    CHILD_CHECK(lazy.get() != nullptr && *lazy.get() == ::getpid());
  });
  late_sees = false;
}

}  // namespace
