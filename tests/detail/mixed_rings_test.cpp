// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Rings of two, three and eight threads over any mixture of types, policies and answers to fork: told link by link, and
// everything is usable afterwards. Rings and what is none, over forks.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "fork/interrupted.hpp"
#include "nodes.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using namespace std::chrono_literals;
using children::in_child;
using children::InFlight;
using children::until;
using first_use_test::any_node;
using first_use_test::Crew;
using first_use_test::Node;
using first_use_test::node_kinds;
using first_use_test::StartLine;
using first_use_test::thread_number;

#if FIRST_USE_HAS_EXCEPTIONS

using Ring = std::vector<std::unique_ptr<Node>>;
using ThreadNumber = decltype(thread_number());

template <std::size_t... numbers>
Ring ring_of(std::vector<unsigned> const& kinds, std::index_sequence<numbers...>) {
  Ring ring;
  (ring.push_back(any_node<static_cast<int>(numbers)>(kinds[numbers])), ...);
  return ring;
}

/// Every kind there is comes into some ring of `size`, in another neighbourhood each time.
std::vector<Ring> mixed_rings(std::size_t size) {
  std::minstd_rand random{static_cast<unsigned>(size)};
  std::vector<Ring> rings;
  for (int shuffle = 0; shuffle != 3; ++shuffle) {
    std::vector<unsigned> kinds(node_kinds);
    std::iota(kinds.begin(), kinds.end(), 0U);
    std::shuffle(kinds.begin(), kinds.end(), random);
    for (std::size_t from = 0; from + size <= kinds.size(); from += size) {
      std::vector<unsigned> some(8);
      std::copy_n(kinds.begin() + static_cast<std::ptrdiff_t>(from), size, some.begin());
      rings.push_back(ring_of(some, std::make_index_sequence<8>{}));
      rings.back().resize(size);
    }
  }
  return rings;
}

// The text that thread `first` was told: all links in the order of the ring, each with its own thread, and back.
void expect_whole_ring(std::string const& text, Ring const& ring, std::vector<ThreadNumber> const& threads,
                       std::size_t first) {
  std::string const head = "first_use: deadlock: this thread (" + std::to_string(threads[first]) + ") initialises ";
  ASSERT_EQ(text.substr(0, head.size()), head);
  std::size_t at = 0;
  auto const expect_next = [&](std::string const& words) {
    std::size_t const found = text.find(words, at);
    EXPECT_NE(found, std::string::npos) << words << " after the " << at << "th character of: " << text;
    if (found != std::string::npos) at = found + words.size();
  };
  for (std::size_t i = 0; i != ring.size(); ++i) {
    std::size_t const link = (first + i) % ring.size();
    std::size_t const next = (link + 1) % ring.size();
    if (i != 0) expect_next("; thread " + std::to_string(threads[link]) + " initialises ");
    expect_next(ring[link]->kind());
    if (ring[link]->part() != ring[link]->kind()) expect_next(ring[link]->part());
    expect_next(" and needs " + ring[next]->kind());
    if (ring[next]->part() != ring[next]->kind()) expect_next(ring[next]->part());
  }
  expect_next("; none of them can ever finish.");
}

class MixedRings : public testing::TestWithParam<std::tuple<std::size_t, bool>> {};

TEST_P(MixedRings, AreToldWithAllTheirLinksAndLeaveEverythingUsable) {
  auto const [size, by_waiting] = GetParam();
  for (Ring const& ring : mixed_rings(size)) {
    StartLine all_inside{static_cast<int>(size)};
    std::vector<std::string> told(size);
    std::vector<ThreadNumber> threads(size);
    Crew crew;
    for (std::size_t i = 0; i != size; ++i) {
      Node& mine = *ring[i];
      Node& next = *ring[(i + 1) % size];
      mine.body = [&, waits = by_waiting && i % 2 == 0] {
        if (mine.runs > 1) return;  // again, after the ring was told: does without
        all_inside.wait();
        waits ? next.wait() : next.ask();
      };
    }
    for (std::size_t i = 0; i != size; ++i) {
      crew.add([&, i] {
        threads[i] = thread_number();
        try {
          ring[i]->ask();
        } catch (DeadlockError const& error) {
          told[i] = error.what();
          ring[i]->ask();
        }
      });
    }
    crew.join();
    EXPECT_EQ(std::count_if(told.begin(), told.end(), [](std::string const& text) { return !text.empty(); }), 1);
    for (std::size_t i = 0; i != size; ++i) {
      if (!told[i].empty()) expect_whole_ring(told[i], ring, threads, i);
      EXPECT_TRUE(ring[i]->is_complete());
      ring[i]->ask();
    }
    if (HasFailure()) return;
  }
}
INSTANTIATE_TEST_SUITE_P(OfThreads, MixedRings, testing::Combine(testing::Values(2U, 3U, 8U), testing::Bool()),
                         [](auto const& test) {
                           return std::to_string(std::get<0>(test.param)) +
                                  (std::get<1>(test.param) ? "SomeOfWhichOnlyWait" : "");
                         });

// What a consumed F leaves behind: poison, which is what those who waited for it are told.
TEST(MixedRingsOfConsumed, PoisonWhatTheErrorEscapesFromAndNothingElse) {
  for (int round = 0; round != 50; ++round) {
    StartLine both_inside{2};
    BasicOnceLock<int, MutexSync> lock;
    BasicLazyLock<int, std::function<int()>, AtomicSync> consumed{[&] {
      both_inside.wait();
      return lock.get_or_init([] { return 1; }) + 1;
    }};
    std::atomic<int> lazy_told{0}, lock_told{0}, lock_met_poison{0};
    Crew crew;
    crew.add([&] {
      try {
        consumed.force();
      } catch (DeadlockError const&) { ++lazy_told; }
    });
    crew.add([&] {
      bool first = true;
      auto const make = [&] {
        if (!std::exchange(first, false)) return 5;
        both_inside.wait();
        return *consumed;
      };
      try {
        lock.get_or_init(make);
      } catch (DeadlockError const&) { ++lock_told; } catch (PoisonedError const&) {
        ++lock_met_poison;
      }
      lock.get_or_init(make);
    });
    crew.join();
    EXPECT_EQ(lazy_told + lock_told, 1);
    EXPECT_EQ(lock_met_poison, lazy_told);
    EXPECT_EQ(consumed.is_poisoned(), lazy_told == 1);
    if (lazy_told == 1) {
      EXPECT_THROW(consumed.force(), PoisonedError);
    } else {
      EXPECT_EQ(*consumed, lock.value() + 1);
    }
    EXPECT_TRUE(lock.has_value());
  }
}

#endif  // FIRST_USE_HAS_EXCEPTIONS

// Over forks -----------------------------------------------------------------------------------------------------------

using WatchedSync = children::Watched<PlatformSync>;

/// Runs body(a, b) in a child of a process in which one thread initialises b, and another a, which needs b.
template <class Body>
void in_child_while_a_waits_for_b(Body body) {
  BasicOnceLock<int, WatchedSync> a;
  BasicOnceLock<int, WatchedSync> b;
  WatchedSync::sleeps = 0;
  std::thread waits;
  {
    InFlight const running_b{[&](auto const& hold) {
      b.get_or_init([&] {
        hold();
        return 1;
      });
    }};
    waits = std::thread{[&] { a.get_or_init([&] { return b.wait() + 1; }); }};
    until([] { return WatchedSync::sleeps >= 1; });
    in_child([&] { body(a, b); });
  }
  waits.join();
  EXPECT_EQ(a.value(), 2);
}

// The parent's thread ran A and waited for B. In the child another one runs A afresh, waiting for nobody, while this one
// runs B and waits for A: who still believed the parent's entry would see a ring.
TEST(NoRing, OfThreadsThatTheForkLeftBehind) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  in_child_while_a_waits_for_b([](auto& a, auto& b) {
    WatchedSync::sleeps = 0;
    children::Flag inside;
    std::thread runs_a{[&] {
      a.get_or_init([&] {
        inside.raise();
        until([] { return WatchedSync::sleeps >= 1; });
        return 10;
      });
    }};
    inside.wait();
    CHILD_CHECK(b.get_or_init([&] { return a.get_or_init([] { return 20; }) + 1; }) == 11);
    runs_a.join();
  });
}

#if FIRST_USE_HAS_EXCEPTIONS
// A ring of the child's own threads is told there, whatever the parent's registry held.
TEST(RingsOverFork, OfTheChildAreTold) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  in_child_while_a_waits_for_b([](auto& a, auto& b) {
    std::atomic<int> rings{0};
    std::atomic<int> inside{0};
    auto const make = [&](auto& mine, auto& other) {
      bool first = true;
      auto const body = [&] {
        if (!first) return 5;
        first = false;
        ++inside;
        until([&] { return inside == 2; });
        return other.get_or_init([] { return 5; }) + 1;
      };
      try {
        mine.get_or_init(body);
      } catch (DeadlockError const& error) {
        CHILD_CHECK(children::says(error.what(), "OnceLock<int>"));
        ++rings;
        mine.get_or_init(body);
      }
    };
    std::thread one{[&] { make(a, b); }};
    make(b, a);
    one.join();
    CHILD_CHECK(rings == 1);
    CHILD_CHECK(a.has_value() && b.has_value());
  });
}

// An initialiser that forks while a thread of the parent waits for it: the child's copy of the wait is gone.
TEST(RingsOverFork, InitialiserThatIsWaitedForForks) {
  using Sync = children::Watched<PlatformSync>;
  BasicOnceLock<int, Sync> a;
  BasicOnceLock<int, Sync> b;
  Sync::sleeps = 0;
  children::Flag inside;
  std::thread waits{[&] {
    inside.wait();
    a.get_or_init([&] { return b.get_or_init([] { return 7; }) + 1; });
  }};
  b.get_or_init([&] {
    inside.raise();
    until([] { return Sync::sleeps >= 1; });
    in_child([&] {
      // a is run by a lost thread, which waited for b: no ring here, and not in the grandchild.
      CHILD_CHECK(a.get_or_init([] { return 3; }) == 3);
      children::error_in_child<ReentrantInitError>([&] { b.get_or_init([] { return 4; }); });
    });
    return 1;
  });
  waits.join();
  EXPECT_EQ(a.value(), 2);
}

#if FIRST_USE_HAS_FORK
// A handler forks while its thread looks for a ring, which there is in the parent. It is told there; the child has one
// thread, which nobody waits for.
TEST(RingsOverFork, OfTheParentIsNotToldInAChildThatComesInBetween) {
  using Sync = children::Watched<PlatformSync>;
  using Interrupted = children::Interrupted<>;  // the words of what a process has once
  using Lock = BasicOnceLock<int, Sync, BasicKeepOnFork<process::Generation<Interrupted>>>;
  Lock a;
  Lock b;
  Sync::sleeps = 0;
  children::Flag inside;
  pid_t pid = -1;
  bool told = false;
  std::thread waits;
  b.get_or_init([&] {
    waits = std::thread{[&] {
      a.get_or_init([&] {
        inside.raise();
        return b.wait() + 1;
      });
    }};
    inside.wait();
    until([] { return Sync::sleeps >= 1; });
    Interrupted::after_exchange = [&] { pid = ::fork(); };  // after the one that takes the registry's lock
    try {
      return a.get_or_init([] { return 3; });
    } catch (DeadlockError const&) { told = true; }
    return 5;
  });
  if (pid == 0) {
    CHILD_CHECK(!told);
    CHILD_CHECK(a.value() == 3 && b.value() == 3);
    ::_exit(0);
  }
  waits.join();
  ASSERT_GT(pid, 0);
  children::parent_waits_for(pid);
  EXPECT_TRUE(told);
  EXPECT_EQ(a.value(), 6);
}
#endif  // FIRST_USE_HAS_FORK
#endif

}  // namespace
