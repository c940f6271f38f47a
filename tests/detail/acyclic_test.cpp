// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What is no ring is never told as one: many threads initialise random acyclic graphs, in which they often wait for each
// other while they initialise, for three seconds each (FIRST_USE_LONG=1: thirty). Also with initialisers that fail and
// are tried again, with timed waits against the order, and with forks in between.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "long_run.hpp"
#include "nodes.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using namespace std::chrono_literals;
using first_use_test::any_node;
using first_use_test::Crew;
using first_use_test::is_long_run;
using first_use_test::Node;
using first_use_test::node_kinds;
using first_use_test::StartLine;

constexpr std::size_t size = 200;
constexpr unsigned threads = 8;

struct Failure {};

/// 200 objects, each of which needs up to three random later ones.
class Graph {
 public:
  explicit Graph(std::minstd_rand& random) : random_{random} {
    for (std::size_t i = 0; i != size; ++i) nodes_.push_back(any_node<0>(static_cast<unsigned>(random()) % node_kinds));
    fails_.resize(size, 0);
    for (std::size_t i = 0; i != size; ++i) {
      nodes_[i]->body = [this, i, needed = later_than(i), yields = random() % 4 == 0] {
        if (before_) before_(i);
        for (Node* const node : needed) {
          if (yields) std::this_thread::yield();
          ask(*node);
        }
#if FIRST_USE_HAS_EXCEPTIONS
        if (nodes_[i]->runs <= fails_[i]) throw Failure{};
#endif
      };
    }
  }

  /// One object in four fails once or twice before it succeeds. (A lazy that poisons cannot be tried again.)
  void let_some_fail() {
    for (std::size_t i = 0; i != size; ++i) {
      if (!nodes_[i]->fails_for_good() && random_() % 4 == 0) fails_[i] = 1 + static_cast<int>(random_() % 2);
    }
  }

  /// What each initialiser does first.
  void before_each(std::function<void(std::size_t)> what) { before_ = std::move(what); }

  Node& node(std::size_t i) { return *nodes_[i]; }

  void ask_for_all(unsigned seed) {
    std::minstd_rand mine{seed};
    for (std::size_t i = 0; i != size; ++i) ask(*nodes_[mine() % size]);
    for (auto const& node : nodes_) ask(*node);
  }

  /// All threads at once; `meanwhile` in this one.
  template <class Meanwhile>
  void initialise(Meanwhile const& meanwhile) {
    StartLine start{static_cast<int>(threads)};
    Crew crew;
    for (unsigned id = 0; id != threads; ++id) {
      crew.add([&, id] {
        start.wait();
        ask_for_all(id + 1);
      });
    }
    meanwhile();
    crew.join();
    for (std::size_t i = 0; i != size; ++i) {
      EXPECT_TRUE(nodes_[i]->is_complete());
      EXPECT_EQ(nodes_[i]->runs, fails_[i] + 1) << nodes_[i]->kind();
    }
  }

 private:
  // A report of a ring would be false; nobody catches it, and the program ends.
  static void ask(Node& node) {
#if FIRST_USE_HAS_EXCEPTIONS
    for (;;) {
      try {
        return node.ask();
      } catch (Failure const&) {}
    }
#else
    node.ask();
#endif
  }

  std::vector<Node*> later_than(std::size_t i) {
    std::vector<Node*> needed;
    for (int edge = 0; edge != 3 && i + 1 != size; ++edge) {
      // Near ones mostly: long chains.
      std::size_t const left = size - i - 1;
      std::size_t const reach = edge == 0 || left < 8 ? left : 8;
      needed.push_back(nodes_[i + 1 + random_() % reach].get());
    }
    return needed;
  }

  std::minstd_rand& random_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<int> fails_;
  std::function<void(std::size_t)> before_;
};

std::atomic<long> waits{0};
void count_waits(Observation const& seen) noexcept {
  if (seen.what == Observation::What::wait) ++waits;
}

/// Round after round until the time is up.
template <class Round>
void rounds(Round const& round) {
  std::minstd_rand random{20};
  waits = 0;
  set_observer(&count_waits);
  auto const end = std::chrono::steady_clock::now() + (is_long_run() ? 30s : 3s);
  int count = 0;
  do {
    round(random);
    ++count;
  } while (std::chrono::steady_clock::now() < end && !testing::Test::HasFailure());
  set_observer(nullptr);
  std::printf("%d rounds, %ld waits\n", count, waits.load());
  EXPECT_GT(waits, 0) << "it shows nothing if nobody waits";
}

TEST(NoRing, InRandomAcyclicGraphs) {
  rounds([](std::minstd_rand& random) { Graph{random}.initialise([] {}); });
}

#if FIRST_USE_HAS_EXCEPTIONS

TEST(NoRing, WhereInitialisersFailAndAreTriedAgain) {
  rounds([](std::minstd_rand& random) {
    Graph graph{random};
    graph.let_some_fail();
    graph.initialise([] {});
  });
}

// A timed wait for what may need us: a ring, if it did not end by itself.
TEST(NoRing, WithTimedWaitsAgainstTheOrder) {
  std::atomic<int> expired{0};
  rounds([&](std::minstd_rand& random) {
    Graph graph{random};
    graph.before_each([&](std::size_t i) {
      if (i % 5 != 0 || i == 0) return;
      try {
        if (!graph.node(i * 7 % i).wait_briefly(20us)) ++expired;
      } catch (ReentrantInitError const&) {}  // this very thread runs it
    });
    graph.initialise([] {});
  });
  EXPECT_GT(expired, 0);
}

#endif

// The child of this thread, which initialises nothing, and now and then of one that is in the middle of an initialiser.
TEST(NoRing, WithForksInBetween) {
  SKIP_WHERE_A_CHILD_OF_BUSY_THREADS_CANNOT_ALLOCATE();
  rounds([](std::minstd_rand& random) {
    Graph graph{random};
    std::atomic<int> forks_inside{0};
    graph.before_each([&](std::size_t i) {
      if (i % 100 != 50 || forks_inside.fetch_add(1) > 1) return;
      children::in_child([&] {
        for (std::size_t later = i + 1; later != size; ++later) graph.node(later).ask();
        for (std::size_t later = i + 1; later != size; ++later) CHILD_CHECK(graph.node(later).is_complete());
      });
    });
    graph.initialise([&] {
      for (int fork = 0; fork != 3; ++fork) {
        children::in_child([&] {
          forks_inside = 100;
#if FIRST_USE_TESTS_UNDER_TSAN
          graph.ask_for_all(1);
#else
          std::thread other{[&] { graph.ask_for_all(2); }};
          graph.ask_for_all(1);
          other.join();
#endif
          for (std::size_t i = 0; i != size; ++i) CHILD_CHECK(graph.node(i).is_complete());
        });
      }
    });
  });
}

// One link of the ring ends by itself.
TEST(NoRing, WithATimedWaitInIt) {
  for (int round = 0; round != 20; ++round) {
    Once first;
    BasicOnceLock<int, MutexSync> second;
    StartLine both_inside{2};
    Crew crew;
    crew.add([&] {
      first.call_once([&] {
        both_inside.wait();
        EXPECT_EQ(second.wait_for(1ms), nullptr);
      });
    });
    crew.add([&] {
      second.get_or_init([&] {
        both_inside.wait();
        first.wait();
        return 1;
      });
    });
    crew.join();
    EXPECT_TRUE(first.is_completed());
    EXPECT_EQ(second.value(), 1);
  }
}

}  // namespace
