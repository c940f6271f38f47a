// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A fork at any moment: the child has one thread and the words as they were, and its first use must end with a whole
// value. What a lost thread left half-way may be overwritten and must not be looked at.
#include "scenario.hpp"

#if !defined(FIRST_USE_MODEL_SKIPS) && FIRST_USE_HAS_FORK
#include <first_use/lazy_lock.hpp>
#include <first_use/once.hpp>
#include <first_use/once_lock.hpp>

namespace first_use_model {
namespace {

using first_use::BasicLazyLock;
using first_use::BasicOnce;
using first_use::BasicOnceLock;

/// How a fork is noticed: by the handlers, by the page, by both. Where only handlers are, they must stand before.
struct ByBoth {
  static constexpr bool handlers = true, page = true, early = false;
};
struct ByHandlers {
  static constexpr bool handlers = true, page = false, early = true;
};
struct ByPage {
  static constexpr bool handlers = false, page = true, early = true;
};
template <class By>
struct Late : By {
  static constexpr bool early = false;
};
template <class By>
struct Noticed {
  Noticed() {
    if (By::early) Prepared{};
  }
  static Forked fork() { return first_use_model::fork(By::handlers, By::page); }
  static Forked fork_early() { return first_use_model::fork(By::handlers, By::page, true); }
};

template <class By, class Fork>
struct ForkedWhileAnotherMakes : Noticed<By> {
  static constexpr std::size_t threads = 2;
  BasicOnceLock<Plain, ModelSync, Fork> lock;
  bool forked_inside = false;
  int get(int number) {
    return lock
        .get_or_init([number] {
          Plain half{number};
          pause();
          return half;
        })
        .get();
  }
  void run(std::size_t i) {
    if (i == 1) {
      get(1);
    } else if (this->fork() == Forked::child) {
      if (Fork::wipes) check(lock.get() == nullptr, "the child has nothing yet");
      check(get(2) == 2 || !Fork::wipes, "the child's value is its own");
      check(get(3) == lock.get()->get(), "and stays");
    } else {
      get(2);
    }
  }
};
template <class By>
class Forking : public ::testing::Test {};
struct Names {
  template <class By>
  static std::string GetName(int) {
    return By::handlers && By::page ? "ByBoth" : By::page ? "ByPage" : "ByHandlers";
  }
};
using Ways = ::testing::Types<ByBoth, ByHandlers, ByPage>;
TYPED_TEST_SUITE(Forking, Ways, Names);

TYPED_TEST(Forking, WhileAnotherThreadMakes) {
  EXPECT_TRUE((explore<ForkedWhileAnotherMakes<TypeParam, Kept>>("forked, kept", {})));
  EXPECT_TRUE((explore<ForkedWhileAnotherMakes<TypeParam, Wiped>>("forked, wiped", {.at_most = 3'000'000})));
}

// A failure is kept or forgotten; a call in flight in a lost thread is begun afresh.
template <class By, class Fork>
struct ForkedWhileAnotherFails : Noticed<By> {
  static constexpr std::size_t threads = 2;
  struct Fault {};
  BasicOnce<ModelSync, Fork> once;
  void run(std::size_t i) {
    try {
      if (i == 1) {
        once.call_once([] { throw Fault{}; });
      } else if (this->fork() == Forked::child) {
        if (Fork::wipes) check(once.status() == first_use::OnceStatus::incomplete, "a child begins with nothing");
        once.call_once([] {});
        check(once.is_completed(), "the child's own call");
      }
    } catch (Fault const&) {
    } catch (first_use::PoisonedError const&) {
      check(i == 2 && !Fork::wipes, "poison is kept, and wiped with the rest");
    }
  }
};
TYPED_TEST(Forking, WhileAnotherThreadFails) {
  EXPECT_TRUE((explore<ForkedWhileAnotherFails<TypeParam, Kept>>("forked, failing, kept", {})));
  EXPECT_TRUE((explore<ForkedWhileAnotherFails<TypeParam, Wiped>>("forked, failing, wiped", {})));
}

// The fork happens inside of an initialiser, while another thread waits for it or makes what it needs.
template <class By, class Fork>
struct ForkedInside : Noticed<By> {
  static constexpr std::size_t threads = 2;
  BasicOnceLock<Plain, ModelSync, Fork> outer, inner;
  void run(std::size_t i) {
    if (i == 1) {
      inner.get_or_init([this] { return Plain{outer.get_or_init([] { return Plain{1}; }).get()}; });
      return;
    }
    auto where = Forked::parent;
    try {
      outer.get_or_init([&] {
        where = this->fork();
        return Plain{where == Forked::child ? 2 : 1};
      });
      check(where == Forked::parent || !Fork::wipes, "a wiped value is not made across a fork");
    } catch (first_use::InitError const&) {
      check(where == Forked::child && Fork::wipes, "a straddled call is told so, and no other");
    }
    if (where == Forked::child) {
      check(outer.get_or_init([] { return Plain{3}; }).get() == (Fork::wipes ? 3 : outer.get()->get()), "the value");
      check(inner.get_or_init([] { return Plain{4}; }).get() > 0, "what the lost thread was making");
    }
  }
};
TYPED_TEST(Forking, InsideOfAnInitialiser) {
  EXPECT_TRUE((explore<ForkedInside<TypeParam, Kept>>("forked inside, kept", {.preemptions = 2})));
  EXPECT_TRUE((explore<ForkedInside<TypeParam, Wiped>>("forked inside, wiped", {.preemptions = 2})));
}

// The lost threads stood in the registry, or held its lock; the child asks it too.
template <class By>
struct ForkedInTheRegistry : Noticed<By> {
  static constexpr std::size_t threads = 2;
  BasicOnceLock<Plain, ModelSync, Kept> a, b;
  void run(std::size_t i) {
    auto const simple = [] { return Plain{1}; };
    auto const look = [] { check(registry.is_empty(), "nobody of the parent waits in the child"); };
    if (i == 1) {
      a.get_or_init([&] { return Plain{b.get_or_init(simple).get()}; });
    } else {
      b.get_or_init([&] {
        pause();
        if (this->fork() == Forked::child) registry.with_lock_held(look);
        return Plain{1};
      });
      check(a.get_or_init(simple).get() == 1 && b.get()->get() == 1, "both values, here as there");
    }
  }
};
TYPED_TEST(Forking, WithWaitersRegistered) {
  EXPECT_TRUE(explore<ForkedInTheRegistry<TypeParam>>("forked in the registry", {.preemptions = 2, .stale = 1}));
}

// A signal handler forks while its thread sleeps, or is about to: on what another thread makes, and on the way there on the
// lock of the registry, or with it held. The child comes back into that very wait, and must neither sleep on nor hear of the
// parent's rings. (By handlers: without, nobody tells a thread that sleeps.)
template <class By, class Fork>
struct ForkedInASleep : Prepared, Noticed<By> {
  static constexpr std::size_t threads = 2;
  BasicOnceLock<Plain, ModelSync, Fork> lock;
  void run(std::size_t i) {
    if (i == 2) Engine::running()->self().on_signal = [this] { this->fork(); };
    auto const make = [i] { return Plain{static_cast<int>(i)}; };
    try {
      lock.get_or_init(make);
    } catch (first_use::InitError const&) {
      check(Fork::wipes && i == 2, "the handler may come in its own initialiser, and no other error");
    }
    check(lock.get_or_init(make).get() > 0, "a value");
  }
};
TYPED_TEST(Forking, InASleep) {
  if (!TypeParam::handlers) GTEST_SKIP() << "nobody tells a sleeping thread";
  EXPECT_TRUE((explore<ForkedInASleep<TypeParam, Kept>>("forked in a sleep, kept", {.preemptions = 2})));
  EXPECT_TRUE((explore<ForkedInASleep<TypeParam, Wiped>>("forked in a sleep, wiped", {.preemptions = 2})));
}

template <class By>
struct ForkedOnTheWayToASleep : Prepared, Noticed<By> {
  static constexpr std::size_t threads = 2;
  BasicOnceLock<Plain, ModelSync, Kept> a, b;
  bool ring_is_false = false;
  void run(std::size_t i) {
    auto const simple = [] { return Plain{1}; };
    auto& mine = i == 1 ? a : b;
    auto& other = i == 1 ? b : a;
    if (i == 2) Engine::running()->self().on_signal = [this] { interrupted(); };
    try {
      mine.get_or_init([&] { return Plain{other.get_or_init(simple).get()}; });
    } catch (first_use::DeadlockError const&) {
      check(!ring_is_false, "a ring with a thread that the fork has lost");
      mine.get_or_init(simple);
    }
  }
  void interrupted() {
    // Until the error leaves the wait: what the registry says was looked up before the fork.
    bool const on_the_way = Engine::running()->self().process_thread.sleeping != nullptr;
    if (this->fork() == Forked::child) ring_is_false = on_the_way;
  }
};
TYPED_TEST(Forking, OnTheWayToASleep) {
  if (!TypeParam::handlers) GTEST_SKIP() << "nobody tells a sleeping thread";
  EXPECT_TRUE(explore<ForkedOnTheWayToASleep<TypeParam>>("forked before a sleep", {.preemptions = 2, .stale = 1}));
}

// Asleep on the registry alone, as a thread is that leaves it: it sleeps on no object any more.
template <class By>
struct ForkedInASleepOnTheRegistry : Prepared, Noticed<By> {
  static constexpr std::size_t threads = 2;
  void run(std::size_t i) {
    if (i == 2) Engine::running()->self().on_signal = [this] { this->fork(); };
    registry.with_lock_held([] { pause(); });
  }
};
TYPED_TEST(Forking, InASleepOnTheRegistry) {
  if (!TypeParam::handlers) GTEST_SKIP() << "nobody tells a sleeping thread";
  EXPECT_TRUE(explore<ForkedInASleepOnTheRegistry<TypeParam>>("forked in a sleep on the registry", {}));
}

// Another thread takes this process's number meanwhile, and its stores arrive in the child's copy or not: whoever has seen
// that number must not take it once more.
template <class By>
struct ForkedWhileTheNumberIsTaken : Noticed<Late<By>> {
  static constexpr std::size_t threads = 2;
  void run(std::size_t i) {
    if (i == 1) {
      if (Kept::ready()) Kept::generation();
      return;
    }
    if (Process::published() == 0) return;
    auto const mine = Kept::generation();
    if (this->fork_early() == Forked::child) check(Kept::generation() != mine, "a number of its own");
  }
};
TYPED_TEST(Forking, WhileTheNumberIsTaken) {
  EXPECT_TRUE(explore<ForkedWhileTheNumberIsTaken<TypeParam>>("forked, number taken", {}));
}

// A thread that looked before anything was set up has the first number too, and no part in setting up: it goes the short
// way as soon as another has settled that number.
template <class By>
struct ForkedAfterAnEarlyLook : Noticed<Late<By>> {
  static constexpr std::size_t threads = 2;
  BasicOnceLock<Plain, ModelSync, Kept> theirs;
  BasicOnceLock<Plain, ModelSync, Wiped> mine;
  void run(std::size_t i) {
    if (i == 1) {
      theirs.get_or_init([] { return Plain{1}; });
      return;
    }
    auto const before = Kept::generation();
    auto where = Forked::parent;
    try {
      mine.get_or_init([&] {
        where = this->fork_early();
        return Plain{2};
      });
      check(where == Forked::parent, "a wiped value is not made across a fork");
    } catch (first_use::InitError const&) {
      check(where == Forked::child, "a straddled call is told so, and no other");
    }
    if (where == Forked::child) check(Kept::generation() != before, "a number of its own");
  }
};
TYPED_TEST(Forking, AfterAnEarlyLook) {
  EXPECT_TRUE(explore<ForkedAfterAnEarlyLook<TypeParam>>("forked after an early look", {.preemptions = 3, .stale = 2}));
}

// Two numbers in a row: a child of a child.
template <class By, class Fork>
struct ForkedTwice : Noticed<By> {
  static constexpr std::size_t threads = 2;
  BasicOnceLock<Plain, ModelSync, Fork> lock;
  void run(std::size_t i) {
    auto const get = [this](int number) { return lock.get_or_init([number] { return Plain{number}; }).get(); };
    if (i == 1) {
      get(1);
      return;
    }
    if (this->fork() == Forked::parent) return;
    if (this->fork() == Forked::child && Fork::wipes) check(lock.get() == nullptr, "nothing yet");
    check(get(2) == 2 || !Fork::wipes, "its own");
    bool const again = this->fork() == Forked::child;
    check(get(3) == (again && Fork::wipes ? 3 : lock.get()->get()), "its own, again");
  }
};
TYPED_TEST(Forking, TwiceAndThrice) {
  EXPECT_TRUE((explore<ForkedTwice<TypeParam, Kept>>("forked twice, kept", {})));
  EXPECT_TRUE((explore<ForkedTwice<TypeParam, Wiped>>("forked twice, wiped", {})));
}

// Whoever finds the short way closed, because there is an observer now, sees all that was done before it was closed.
struct ClosedByAnObserver : Prepared {
  static constexpr std::size_t threads = 2;
  Plain observer{0};
  void run(std::size_t i) {
    if (i == 1) {
      observer.set(1);
      Process::unsettle();
      return;
    }
    Process::settle(Process::current());
    Process::Number stamp = 0;
    if (!Process::settled(stamp) && stamp != 0) check(observer.get() == 1, "what the observer is");
  }
};
TEST(ShortWay, ClosedByAnObserver) { EXPECT_TRUE(explore<ClosedByAnObserver>("closed by an observer", {})); }

}  // namespace
}  // namespace first_use_model
#elif !defined(FIRST_USE_MODEL_SKIPS)
TEST(Forking, Skipped) { GTEST_SKIP() << "a platform without fork"; }
#endif
