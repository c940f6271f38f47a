// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Forks while other threads are anywhere at all: reading, initialising, failing, waiting. The child finds every object
// either complete or free, and never hangs.
#include <array>
#include <atomic>
#include <memory>
#include <optional>
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
using children::until;

constexpr int forks = 20;
constexpr int workers = 3;
constexpr int objects = 300;

/// All of its numbers are the same, or it is half-built.
class Block {
 public:
  explicit Block(int value) {
    for (int& number : numbers_) {
      number = value;
      if (value % 8 == 0 && &number == &numbers_[8]) std::this_thread::yield();  // a good moment for a fork
    }
  }
  Block(Block const&) = default;
  Block& operator=(Block const&) = delete;
  ~Block() {
    if (!is_whole(numbers_[0])) std::abort();
  }
  bool is_whole(int value) const {
    for (int const number : numbers_) {
      if (number != value) return false;
    }
    return true;
  }

 private:
  std::array<int, 16> numbers_;
};

struct MakesBlock {
  int value;
  Block operator()() const { return Block{value}; }
};

/// A few hundred fresh objects of each kind; every thread uses all of them, each from another start.
template <class Sync, class Fork>
struct Bank {
  using Lazy = BasicLazyLock<Block, MakesBlock, Sync, Fork>;

  void use(int i) {
    auto const at = static_cast<std::size_t>(i);
    onces[at].call_once([&] { ++runs[at]; });
    locks[at].get_or_init([&] { return Block{i}; });
    // Fails twice out of three times.
    static_cast<void>(shaky[at].get_or_try_init([&] {
      if (i % 8 == 1) std::this_thread::yield();
      return ++tries % 3 == 0 ? std::optional<Block>{i} : std::nullopt;
    }));
#if FIRST_USE_HAS_EXCEPTIONS
    try {
      throwing[at].get_or_init([&]() -> Block {
        if (++tries % 3 != 0) throw 1;
        return Block{i};
      });
    } catch (int) {}
#endif
    lazies[at % lazies.size()]->force();
  }

  void check_in_child(bool may_write) {
    for (int i = 0; i != objects; ++i) {
      auto const at = static_cast<std::size_t>(i);
      if (may_write) {
        onces[at].call_once([&] { ++runs[at]; });
        CHILD_CHECK(locks[at].get_or_init([&] { return Block{i}; }).is_whole(i));
        while (shaky[at].get_or_try_init([&] { return ++tries % 3 == 0 ? std::optional<Block>{i} : std::nullopt; }) ==
               nullptr) {}
        throwing[at].set(Block{i});
        lazies[at % lazies.size()]->force();
        CHILD_CHECK(onces[at].is_completed());
        CHILD_CHECK(runs[at] >= 1);
      }
      if (Block const* const block = locks[at].get()) CHILD_CHECK(block->is_whole(i));
      if (Block const* const block = shaky[at].get()) CHILD_CHECK(block->is_whole(i));
      if (Block const* const block = throwing[at].get()) CHILD_CHECK(block->is_whole(i));
      if (Block const* const block = lazies[at % lazies.size()]->get()) {
        CHILD_CHECK(block->is_whole(static_cast<int>(at % lazies.size())));
      }
    }
  }

  std::array<BasicOnce<Sync, Fork>, objects> onces;
  std::array<BasicOnceLock<Block, Sync, Fork>, objects> locks;
  std::array<BasicOnceLock<Block, Sync, Fork>, objects> shaky;
  std::array<BasicOnceLock<Block, Sync, Fork>, objects> throwing;
  std::vector<std::unique_ptr<Lazy>> lazies = [] {
    std::vector<std::unique_ptr<Lazy>> all;
    for (int i = 0; i != objects / 4; ++i) all.push_back(std::make_unique<Lazy>(MakesBlock{i}));
    return all;
  }();
  std::array<std::atomic<int>, objects> runs{};
  std::atomic<int> tries{0};
};

template <class Sync, class Fork>
void fork_in_the_noise() {
  using Banked = Bank<Sync, Fork>;
  std::unique_ptr<Banked> bank;
  std::atomic<int> turn{0};
  std::atomic<int> progress{0};
  std::atomic<int> finished{0};
  std::vector<std::thread> threads;
  for (int id = 0; id != workers; ++id) {
    threads.emplace_back([&, id] {
      for (int mine = 1; mine <= forks; ++mine) {
        until([&] { return turn >= mine; });
        for (int i = 0; i != objects; ++i) {
          bank->use((i + id * 7) % objects);
          ++progress;
        }
        ++finished;
      }
    });
  }
  for (int round = 1; round <= forks; ++round) {
    bank = std::make_unique<Banked>();
    progress = 0;
    finished = 0;
    turn = round;
    // From before the first object to shortly before the last.
    int const moment = (round - 1) * workers * objects / forks;
    until([&] { return progress >= moment; });
    children::in_child(
        [&] {
          // ThreadSanitizer would hold the bytes that a lost thread wrote against whoever writes them afresh.
          bank->check_in_child(!CHILDREN_UNDER_TSAN);
          bank->check_in_child(!CHILDREN_UNDER_TSAN);
        },
        children::by_fork, "child " + std::to_string(round));
    until([&] { return finished == workers; });
    for (auto const& count : bank->runs) EXPECT_EQ(count, 1);
    for (auto const& once : bank->onces) EXPECT_TRUE(once.is_completed());
  }
  for (std::thread& thread : threads) thread.join();
}

template <class Sync>
class ForkInTheNoise : public testing::Test {};
TYPED_TEST_SUITE(ForkInTheNoise, first_use_test::BlockingPolicies, first_use_test::PolicyNames);

TYPED_TEST(ForkInTheNoise, KeptTypesAreCompleteOrFree) { fork_in_the_noise<TypeParam, KeepOnFork>(); }
TYPED_TEST(ForkInTheNoise, WipedTypesAreFree) { fork_in_the_noise<TypeParam, WipeOnFork<>>(); }

// One thread that reads in a loop is enough to catch a fork handler that takes a lock.
TEST(ForkInTheNoiseOfReaders, ManyForks) {
  WipeOnForkOnceLock<int> wiped;
  OnceLock<int> kept;
  wiped.set(1);
  kept.set(1);
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  std::atomic<int> started{0};
  for (int i = 0; i != 2; ++i) {
    readers.emplace_back([&] {
      ++started;
      while (!stop) {
        if (*wiped.get() != 1 || *kept.get() != 1) std::abort();
      }
    });
  }
  until([&] { return started == 2; });
  for (int i = 0; i != 100; ++i) {
    children::in_child(
        [&] {
          CHILD_CHECK(wiped.get() == nullptr);
          CHILD_CHECK(wiped.try_emplace(2).second);
          CHILD_CHECK(*wiped.get() == 2 && *kept.get() == 1);
        },
        children::by_fork, "child " + std::to_string(i));
    if (testing::Test::HasFailure()) break;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
