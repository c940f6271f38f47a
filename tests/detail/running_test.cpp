// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Who is running what, and who waits for whom: rings over mixtures of types and policies are told link by link, what is
// no ring is never told, and a child starts with an empty registry.
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using namespace std::chrono_literals;
using children::in_child;
using children::in_every_child;
using children::InFlight;
using children::until;
using first_use_test::Crew;
using first_use_test::StartLine;

// ---- The registry itself -----------------------------------------------------------------------------------------

/// The platform's words, which stop a thread right after its next successful exchange, if it asks for that.
template <int tag>
struct Stopping : FutexSync {
  static inline thread_local children::Flag* reached = nullptr;
  static inline thread_local children::Flag* go_on = nullptr;

  template <class U>
  struct word : FutexSync::word<U> {
    using Base = FutexSync::word<U>;
    constexpr word() noexcept = default;
    constexpr explicit word(U value) noexcept : Base{value} {}
    bool compare_exchange_weak(U& expected, U to, Order success, Order failure) noexcept {
      bool const done = Base::compare_exchange_weak(expected, to, success, failure);
      if (done && reached != nullptr) {
        children::Flag* const told = reached;
        reached = nullptr;
        told->raise();
        go_on->wait();
      }
      return done;
    }
  };
};

constexpr process::Label label_a{"A", nullptr};
constexpr process::Label label_b{"B", nullptr};
constexpr process::Label label_c{"C", nullptr};

/// Somebody who initialises `runs` and waits for `wants`.
struct Waits {
  Waits(int const& runs, process::Label const& runs_label, int const& wants, process::Label const& wants_label)
      : frame{.once = &runs, .label = &runs_label},
        waiter{
            .once = &wants, .label = &wants_label, .frames = &frame, .thread = static_cast<std::uint64_t>(++threads)} {}
  static inline int threads = 0;
  process::Frame frame;
  process::Waiter waiter;
};

TEST(Registry, TheLastLinkOfARingIsRefusedAndTheTextNamesAll) {
  using Registry = process::Registry<Stopping<0>>;
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
  using Registry = process::Registry<Stopping<0>>;
  int const a = 0, b = 0, c = 0, d = 0;
  Waits first{a, label_a, b, label_b};
  process::Frame const outer{.once = &d, .label = &label_a};
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
  using Registry = process::Registry<Stopping<0>>;
  ASSERT_TRUE(process::Generation<Stopping<0>>::prepare());
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
  using Atoms = Stopping<1>;
  using Registry = process::Registry<Atoms>;
  ASSERT_TRUE(process::Generation<Atoms>::prepare());
  process::Generation<Atoms>::current();
  int const a = 0, b = 0;
  Waits holder{a, label_a, b, label_b};
  Waits sleeper{a, label_a, b, label_b};
  children::Flag reached;
  children::Flag go_on;
  std::thread holds{[&] {
    Atoms::reached = &reached;
    Atoms::go_on = &go_on;
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

// ---- Objects of any type and policy, behind one shape ----------------------------------------------------------------

template <int number>
struct Part {};

/// Something that is initialised by `body`.
class Node {
 public:
  std::function<void()> body;
  std::atomic<int> runs{0};

  virtual ~Node() = default;
  virtual void ask() = 0;
  virtual void wait() { ask(); }
  virtual bool is_complete() const = 0;
  virtual int expected_runs() const { return 1; }

 protected:
  void run() {
    ++runs;
    body();
  }
};

template <class Sync>
class OnceNode : public Node {
 public:
  void ask() override {
    once_.call_once([this] { run(); });
  }
  void wait() override { once_.wait(); }
  bool is_complete() const override { return once_.is_completed(); }

 private:
  BasicOnce<Sync> once_;
};

template <class Sync, int number>
class LockNode : public Node {
 public:
  void ask() override {
    lock_.get_or_init([this] {
      run();
      return Part<number>{};
    });
  }
  void wait() override { lock_.wait(); }
  bool is_complete() const override { return lock_.has_value(); }

 private:
  BasicOnceLock<Part<number>, Sync> lock_;
};

template <class Sync, int number>
class LazyNode : public Node {
  struct Make {
    LazyNode* self;
    Part<number> operator()() const {
      self->run();
      return {};
    }
  };

 public:
  void ask() override { lazy_.force(); }
  bool is_complete() const override { return lazy_.get() != nullptr; }

 private:
  BasicLazyLock<Part<number>, Make, Sync> lazy_{Make{this}};
};

#if FIRST_USE_HAS_EXCEPTIONS

// Every type, every policy; the names that a text must show for them.
using Ring = std::vector<std::unique_ptr<Node>>;
std::array<char const*, 8> const names{"OnceLock<", "LazyLock<", "Once",      "LazyLock<",
                                       "OnceLock<", "Once",      "LazyLock<", "OnceLock<"};
std::array<char const*, 8> const parts{"Part<0>", "Part<1>", "Once",    "Part<3>",
                                       "Part<4>", "Once",    "Part<6>", "Part<7>"};

Ring mixed_ring(std::size_t size) {
  Ring ring;
  ring.push_back(std::make_unique<LockNode<FutexSync, 0>>());
  ring.push_back(std::make_unique<LazyNode<MutexSync, 1>>());
  ring.push_back(std::make_unique<OnceNode<AtomicSync>>());
  ring.push_back(std::make_unique<LazyNode<FutexSync, 3>>());
  ring.push_back(std::make_unique<LockNode<MutexSync, 4>>());
  ring.push_back(std::make_unique<OnceNode<FutexSync>>());
  ring.push_back(std::make_unique<LazyNode<AtomicSync, 6>>());
  ring.push_back(std::make_unique<LockNode<AtomicSync, 7>>());
  ring.resize(size);
  return ring;
}

// The text that thread `first` was told must name all links in the order of the ring, from its own back to its own.
void expect_whole_ring(std::string const& text, pid_t thread, std::size_t first, std::size_t size) {
  std::size_t at = text.find("this thread (" + std::to_string(thread) + ") initialises ");
  ASSERT_NE(at, std::string::npos) << text;
  for (std::size_t i = 0; i != size; ++i) {
    std::size_t const link = (first + i) % size;
    at = text.find(names[link], at);
    ASSERT_NE(at, std::string::npos) << "link " << link << " of: " << text;
    at = text.find(parts[link], at);
    ASSERT_NE(at, std::string::npos) << "link " << link << " of: " << text;
    ++at;
  }
  at = text.find("and needs ", at);
  ASSERT_NE(at, std::string::npos) << text;
  EXPECT_NE(text.find(parts[first], at), std::string::npos) << text;
  EXPECT_NE(text.find("; none of them can ever finish", at), std::string::npos) << text;
}

class MixedRings : public testing::TestWithParam<std::tuple<std::size_t, bool>> {};

TEST_P(MixedRings, AreToldWithAllTheirLinksAndLeaveEverythingUsable) {
  auto const [size, by_waiting] = GetParam();
  for (int round = 0; round != 20; ++round) {
    Ring const ring = mixed_ring(size);
    StartLine all_inside{static_cast<int>(size)};
    std::vector<std::string> told(size);
    std::vector<pid_t> threads(size);
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
        try {
          ring[i]->ask();
        } catch (DeadlockError const& error) {
          told[i] = error.what();
          threads[i] = ::gettid();
          ring[i]->ask();
        }
      });
    }
    crew.join();
    std::size_t rings = 0;
    for (std::size_t i = 0; i != size; ++i) {
      if (told[i].empty()) continue;
      ++rings;
      expect_whole_ring(told[i], threads[i], i, size);
    }
    EXPECT_GE(rings, 1U);
    for (auto const& node : ring) {
      EXPECT_TRUE(node->is_complete());
      node->ask();
    }
    if (HasFailure()) return;
  }
}
INSTANTIATE_TEST_SUITE_P(OfThreads, MixedRings, testing::Combine(testing::Values(2U, 3U, 8U), testing::Bool()),
                         [](auto const& test) {
                           return std::to_string(std::get<0>(test.param)) +
                                  (std::get<1>(test.param) ? "SomeOfWhichOnlyWait" : "");
                         });

#endif  // FIRST_USE_HAS_EXCEPTIONS

// ---- What is no ring -------------------------------------------------------------------------------------------------

std::unique_ptr<Node> any_node(unsigned kind) {
  switch (kind % 9) {
    case 0: return std::make_unique<OnceNode<FutexSync>>();
    case 1: return std::make_unique<OnceNode<AtomicSync>>();
    case 2: return std::make_unique<OnceNode<MutexSync>>();
    case 3: return std::make_unique<LockNode<FutexSync, 0>>();
    case 4: return std::make_unique<LockNode<AtomicSync, 0>>();
    case 5: return std::make_unique<LockNode<MutexSync, 0>>();
    case 6: return std::make_unique<LazyNode<FutexSync, 0>>();
    case 7: return std::make_unique<LazyNode<AtomicSync, 0>>();
    default: return std::make_unique<LazyNode<MutexSync, 0>>();
  }
}

/// Fails twice before it succeeds, so that waiting threads find it empty again and take over.
class ShakyNode : public Node {
 public:
  void ask() override {
    while (lock_.get_or_try_init([this] {
      run();
      return runs % 3 == 0 ? std::optional<int>{1} : std::nullopt;
    }) == nullptr) {}
  }
  bool is_complete() const override { return lock_.has_value(); }
  int expected_runs() const override { return 3; }

 private:
  OnceLock<int> lock_;
};

// 200 objects that need random later ones; a report of any ring would be false, and fails the test as an exception.
TEST(NoRing, RandomAcyclicGraphs) {
  constexpr std::size_t size = 200;
  constexpr int rounds = CHILDREN_UNDER_TSAN ? 20 : 400;
  std::minstd_rand random{20};
  for (int round = 0; round != rounds; ++round) {
    std::vector<std::unique_ptr<Node>> nodes;
    for (std::size_t i = 0; i != size; ++i) {
      bool const is_shaky = random() % 10 == 0;
      nodes.push_back(is_shaky ? std::make_unique<ShakyNode>() : any_node(static_cast<unsigned>(random())));
    }
    for (std::size_t i = 0; i != size; ++i) {
      std::vector<Node*> needed;
      for (int edge = 0; edge != 3 && i + 1 != size; ++edge) {
        // Near ones mostly: long chains.
        std::size_t const reach = edge == 0 ? size - i - 1 : (size - i - 1 < 8 ? size - i - 1 : 8);
        needed.push_back(nodes[i + 1 + random() % reach].get());
      }
      nodes[i]->body = [needed, yields = random() % 4 == 0] {
        for (Node* const node : needed) {
          if (yields) std::this_thread::yield();
          node->ask();
        }
      };
    }
    StartLine start{8};
    Crew crew;
    for (unsigned id = 0; id != 8; ++id) {
      crew.add([&, id] {
        std::minstd_rand mine{id + 1};
        start.wait();
        for (std::size_t i = 0; i != size; ++i) nodes[mine() % size]->ask();
        for (auto const& node : nodes) node->ask();
      });
    }
    crew.join();
    for (auto const& node : nodes) {
      EXPECT_TRUE(node->is_complete());
      EXPECT_EQ(node->runs, node->expected_runs());
    }
    if (HasFailure()) return;
  }
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

// The parent's thread ran A and waited for B. In the child another one runs A afresh, waiting for nobody, while this one
// runs B and waits for A: who still believed the parent's entry would see a ring.
TEST(NoRing, OfThreadsThatTheForkLeftBehind) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  using Sync = children::Watched<FutexSync>;
  BasicOnceLock<int, Sync> a;
  BasicOnceLock<int, Sync> b;
  Sync::sleeps = 0;
  std::thread waits;
  {
    InFlight const running_b{[&](auto const& hold) {
      b.get_or_init([&] {
        hold();
        return 1;
      });
    }};
    waits = std::thread{[&] { a.get_or_init([&] { return b.wait() + 1; }); }};
    until([] { return Sync::sleeps >= 1; });
    in_child([&] {
      Sync::sleeps = 0;
      children::Flag inside;
      std::thread runs_a{[&] {
        a.get_or_init([&] {
          inside.raise();
          until([] { return Sync::sleeps >= 1; });
          return 10;
        });
      }};
      inside.wait();
      CHILD_CHECK(b.get_or_init([&] { return a.get_or_init([] { return 20; }) + 1; }) == 11);
      runs_a.join();
    });
  }
  waits.join();
  EXPECT_EQ(a.value(), 2);
}

#if FIRST_USE_HAS_EXCEPTIONS
// A ring of the child's own threads is told there, whatever the parent's registry held.
TEST(RingsOverFork, OfTheChildAreTold) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  using Sync = children::Watched<FutexSync>;
  BasicOnceLock<int, Sync> a;
  BasicOnceLock<int, Sync> b;
  Sync::sleeps = 0;
  std::thread waits;
  {
    InFlight const running_b{[&](auto const& hold) {
      b.get_or_init([&] {
        hold();
        return 1;
      });
    }};
    waits = std::thread{[&] { a.get_or_init([&] { return b.wait() + 1; }); }};
    until([] { return Sync::sleeps >= 1; });
    in_child([&] {
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
  waits.join();
}

// An initialiser that forks while a thread of the parent waits for it: the child's copy of the wait is gone.
TEST(RingsOverFork, InitialiserThatIsWaitedForForks) {
  using Sync = children::Watched<FutexSync>;
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
#endif

}  // namespace
