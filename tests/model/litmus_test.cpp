// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The checker checked: the classic shapes, and for each the set of outcomes that C++20 allows, no more and no less.
#include "scenario.hpp"

#ifndef FIRST_USE_MODEL_SKIPS
#include <set>
#include <vector>

namespace first_use_model {
namespace {

using Word = ModelSync::word<std::uint32_t>;
using Results = std::set<std::vector<unsigned>>;

struct Shape {
  Word x{}, y{};
  std::vector<unsigned> r = std::vector<unsigned>(4);
};

template <class Scenario>
Results outcomes(char const* name) {
  Results all;
  auto const result =
      explore<Scenario>(name, {}, [&](Scenario& scenario) { all.insert(std::vector<unsigned>(scenario.r)); });
  EXPECT_TRUE(result);
  // What the search leaves out must not be missed: once more, with nothing left out, and at random.
  Results twins, some;
  EXPECT_TRUE(explore<Scenario>(std::string{name} + ", with twins", {.preemptions = 1000},
                                [&](Scenario& scenario) { twins.insert(std::vector<unsigned>(scenario.r)); }));
  EXPECT_EQ(twins, all);
  EXPECT_TRUE(explore<Scenario>(std::string{name} + ", at random", {.random = 3000, .seed = 7},
                                [&](Scenario& scenario) { some.insert(std::vector<unsigned>(scenario.r)); }));
  EXPECT_EQ(some, all);
  return all;
}

struct StoreBuffering : Shape {
  static constexpr std::size_t threads = 2;
  void run(std::size_t i) {
    (i == 1 ? x : y).store(1, Order::release);
    r[i - 1] = (i == 1 ? y : x).load(Order::acquire);
  }
};
TEST(Litmus, StoreBuffering) {
  EXPECT_EQ(outcomes<StoreBuffering>("SB"), (Results{{0, 0, 0, 0}, {0, 1, 0, 0}, {1, 0, 0, 0}, {1, 1, 0, 0}}));
}

template <Order publish, Order look>
struct MessagePassing : Shape {
  static constexpr std::size_t threads = 2;
  void run(std::size_t i) {
    if (i == 1) {
      x.store(1, Order::relaxed);
      y.store(1, publish);
    } else {
      r[0] = y.load(look);
      r[1] = x.load(Order::relaxed);
    }
  }
};
Results const no_message_lost{{0, 0, 0, 0}, {0, 1, 0, 0}, {1, 1, 0, 0}};
Results const message_lost{{0, 0, 0, 0}, {0, 1, 0, 0}, {1, 0, 0, 0}, {1, 1, 0, 0}};
TEST(Litmus, MessagePassing) {
  EXPECT_EQ((outcomes<MessagePassing<Order::release, Order::acquire>>("MP")), no_message_lost);
  EXPECT_EQ((outcomes<MessagePassing<Order::relaxed, Order::acquire>>("MP, relaxed store")), message_lost);
  EXPECT_EQ((outcomes<MessagePassing<Order::release, Order::relaxed>>("MP, relaxed load")), message_lost);
}

// No load sees a store that comes later in its own thread's order: what the model does not have.
struct LoadBuffering : Shape {
  static constexpr std::size_t threads = 2;
  void run(std::size_t i) {
    r[i - 1] = (i == 1 ? x : y).load(Order::relaxed);
    (i == 1 ? y : x).store(1, Order::relaxed);
  }
};
TEST(Litmus, LoadBufferingIsNotModelled) {
  EXPECT_EQ(outcomes<LoadBuffering>("LB"), (Results{{0, 0, 0, 0}, {0, 1, 0, 0}, {1, 0, 0, 0}}));
}

struct IndependentReads : Shape {
  static constexpr std::size_t threads = 4;
  void run(std::size_t i) {
    if (i == 1) x.store(1, Order::release);
    if (i == 2) y.store(1, Order::release);
    if (i == 3) {
      r[0] = x.load(Order::acquire);
      r[1] = y.load(Order::acquire);
    }
    if (i == 4) {
      r[2] = y.load(Order::acquire);
      r[3] = x.load(Order::acquire);
    }
  }
};
TEST(Litmus, IndependentReadsMayDisagree) {
  auto const all = outcomes<IndependentReads>("IRIW");
  EXPECT_EQ(all.size(), 16U);
  EXPECT_TRUE(all.count({1, 0, 1, 0}));
}

struct ReadRead : Shape {
  static constexpr std::size_t threads = 2;
  void run(std::size_t i) {
    if (i == 1) {
      x.store(1, Order::relaxed);
      x.store(2, Order::relaxed);
    } else {
      r[0] = x.load(Order::relaxed);
      r[1] = x.load(Order::relaxed);
    }
  }
};
TEST(Litmus, ReadsOfOneWordDoNotGoBack) {
  EXPECT_EQ(outcomes<ReadRead>("CoRR"),
            (Results{{0, 0, 0, 0}, {0, 1, 0, 0}, {0, 2, 0, 0}, {1, 1, 0, 0}, {1, 2, 0, 0}, {2, 2, 0, 0}}));
}

// Both orders of the two stores, and in each only what is not older than one's own.
struct WriteRead : Shape {
  static constexpr std::size_t threads = 2;
  void run(std::size_t i) {
    x.store(static_cast<unsigned>(i), Order::relaxed);
    r[i - 1] = x.load(Order::relaxed);
  }
  void after() { r[2] = x.load(Order::relaxed); }
};
TEST(Litmus, OwnWritesAreSeen) {
  EXPECT_EQ(outcomes<WriteRead>("CoWR"), (Results{{1, 2, 1, 0}, {1, 2, 2, 0}, {1, 1, 1, 0}, {2, 2, 2, 0}}));
}

// x = 1, y = 2 against y = 1, x = 2: both words may end with the first thing stored.
struct TwoAndTwoWrites : Shape {
  static constexpr std::size_t threads = 2;
  void run(std::size_t i) {
    (i == 1 ? x : y).store(1, Order::relaxed);
    (i == 1 ? y : x).store(2, Order::relaxed);
  }
  void after() {
    r[0] = x.load(Order::relaxed);
    r[1] = y.load(Order::relaxed);
  }
};
TEST(Litmus, ModificationOrderIsNotTheOrderOfExecution) {
  EXPECT_EQ(outcomes<TwoAndTwoWrites>("2+2W"), (Results{{1, 1, 0, 0}, {1, 2, 0, 0}, {2, 1, 0, 0}, {2, 2, 0, 0}}));
}

template <bool exchanges>
struct ReleaseSequence : Shape {
  static constexpr std::size_t threads = 3;
  void run(std::size_t i) {
    if (i == 1) {
      x.store(1, Order::relaxed);
      y.store(1, Order::release);
    } else if (i == 2) {
      std::uint32_t one = 1;
      if (exchanges) {
        r[2] = y.compare_exchange_weak(one, 2, Order::relaxed, Order::relaxed) ? 1 : 0;
      } else if (y.load(Order::relaxed) == 1) {
        y.store(2, Order::relaxed);
        r[2] = 1;
      }
    } else {
      r[0] = y.load(Order::acquire);
      r[1] = x.load(Order::relaxed);
    }
  }
};
TEST(Litmus, ExchangesContinueAReleaseSequence) {
  auto const through = outcomes<ReleaseSequence<true>>("release sequence");
  EXPECT_TRUE(through.count({2, 1, 1, 0}));
  EXPECT_FALSE(through.count({2, 0, 1, 0}));
  EXPECT_FALSE(through.count({1, 0, 1, 0}));
  auto const broken = outcomes<ReleaseSequence<false>>("release sequence broken by a store");
  EXPECT_TRUE(broken.count({2, 1, 1, 0}));
  EXPECT_TRUE(broken.count({2, 0, 1, 0}));
  EXPECT_FALSE(broken.count({1, 0, 1, 0}));
}

struct Exchanges : Shape {
  static constexpr std::size_t threads = 3;
  void run(std::size_t i) { r[i - 1] = x.exchange(static_cast<unsigned>(i), Order::relaxed); }
  void after() { r[3] = x.load(Order::relaxed); }
};
TEST(Litmus, ExchangesFormOneChain) {
  EXPECT_EQ(outcomes<Exchanges>("atomicity"),
            (Results{{0, 1, 2, 3}, {0, 3, 1, 2}, {2, 0, 1, 3}, {3, 0, 2, 1}, {2, 3, 0, 1}, {3, 1, 0, 2}}));
}

// A failed exchange is a load: it may read an old value, and acquires only if told to.
template <Order failure>
struct FailedExchange : Shape {
  static constexpr std::size_t threads = 2;
  void run(std::size_t i) {
    if (i == 1) {
      x.store(1, Order::relaxed);
      y.store(1, Order::release);
    } else {
      std::uint32_t expected = 5;
      y.compare_exchange_weak(expected, 6, Order::acquire, failure);
      r[0] = expected;
      r[1] = x.load(Order::relaxed);
    }
  }
};
TEST(Litmus, AFailedExchangeIsALoad) {
  EXPECT_EQ(outcomes<FailedExchange<Order::acquire>>("failed exchange"), no_message_lost);
  EXPECT_EQ(outcomes<FailedExchange<Order::relaxed>>("failed exchange, relaxed"), message_lost);
}

}  // namespace
}  // namespace first_use_model
#endif
