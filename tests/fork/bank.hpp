// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Objects of all lock types that many threads use while the process forks, and what a child must find and can do.
#ifndef FIRST_USE_TESTS_FORK_BANK_HPP
#define FIRST_USE_TESTS_FORK_BANK_HPP

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>
#include <vector>

#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>

#include "fork/bank_item.hpp"
#include "fork/children.hpp"

namespace bank {

using namespace first_use;
using children::until;

constexpr int workers = 3;
constexpr int items = 40;
constexpr int threads_of_child = FIRST_USE_TESTS_UNDER_TSAN ? 1 : 8;  // ThreadSanitizer supports no threads there

/// Where the child is, told to the parent in memory that they share.
struct Stage {
  std::atomic<char const*> doing{"nothing yet"};
  std::atomic<char const*> type{""};
  std::atomic<int> item{0};
  std::atomic<int> threads_through{0};
};
inline Stage& stage = *[] {
  void* const at = ::mmap(nullptr, sizeof(Stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) std::abort();
  return new (at) Stage;
}();

template <class Sync>
class Bank {
 public:
  void use(int at) {
    for (std::size_t kind = 0; kind != kinds; ++kind) {
      look(at);
      kept_[index(at)].use(static_cast<Kind>(kind));
      wiped_[index(at)].use(static_cast<Kind>(kind));
    }
  }
  void look(int at) {
    for (std::size_t kind = 0; kind != kinds; ++kind) {
      pid_t const kept = kept_[index(at)].maker_of(static_cast<Kind>(kind));
      pid_t const wiped = wiped_[index(at)].maker_of(static_cast<Kind>(kind));
      if (kept < 0 || wiped < 0) std::abort();
    }
  }

  /// Everything is there, made once.
  void finish_and_check(pid_t me) {
    for (int at = 0; at != items; ++at) {
      for (std::size_t kind = 0; kind != kinds; ++kind) {
        finish(kept_[index(at)], static_cast<Kind>(kind));
        finish(wiped_[index(at)], static_cast<Kind>(kind));
        EXPECT_EQ(kept_[index(at)].tallies[kind].made, 1) << names[kind];
        EXPECT_EQ(wiped_[index(at)].tallies[kind].made, 1) << "wiped " << names[kind];
        pid_t const maker = kind == a_once || kind == a_poisoned ? 1 : me;
        EXPECT_EQ(kept_[index(at)].maker_of(static_cast<Kind>(kind)), maker) << names[kind];
        EXPECT_EQ(wiped_[index(at)].maker_of(static_cast<Kind>(kind)), maker) << "wiped " << names[kind];
      }
    }
  }

  void child_checks_all(pid_t parent) {
    stage.doing = "looking";
    for (int at = 0; at != items; ++at) {
      stage.item = at;
      for (std::size_t kind = 0; kind != kinds; ++kind) {
        stage.type = names[kind];
        pid_t const found = kept_[index(at)].maker_of(static_cast<Kind>(kind));
        CHILD_CHECK(found == 0 || found == 1 || found == parent);
        found_[index(at)][kind] = found != 0;
        CHILD_CHECK(wiped_[index(at)].maker_of(static_cast<Kind>(kind)) == 0);
        kept_[index(at)].tallies[kind].made = 0;
        wiped_[index(at)].tallies[kind].made = 0;
      }
    }
    stage.doing = "initialising again";
    stage.threads_through = 0;
    std::atomic<int> started{0};
    auto const initialise_all = [&](int id) {
      ++started;
      until([&] { return started == threads_of_child; });
      for (int i = 0; i != items; ++i) {
        int const at = (i + id) % items;
        stage.item = at;
        for (std::size_t kind = 0; kind != kinds; ++kind) {
          stage.type = names[kind];
          finish(kept_[index(at)], static_cast<Kind>(kind));
          finish(wiped_[index(at)], static_cast<Kind>(kind));
        }
      }
      ++stage.threads_through;
    };
    std::vector<std::thread> threads;
    for (int id = 1; id < threads_of_child; ++id) threads.emplace_back(initialise_all, id);
    initialise_all(0);
    for (std::thread& thread : threads) thread.join();

    stage.doing = "looking again";
    for (int at = 0; at != items; ++at) {
      stage.item = at;
      for (std::size_t kind = 0; kind != kinds; ++kind) {
        stage.type = names[kind];
        child_checks_made(at, static_cast<Kind>(kind), parent);
      }
    }
    stage.doing = "leaving by exit()";
  }

 private:
  static std::size_t index(int at) { return static_cast<std::size_t>(at); }

  /// Until it is there, or cannot be: what a lost thread consumed.
  template <class Some>
  static void finish(Some& item, Kind kind) {
    do item.use(kind);
    while (item.maker_of(kind) == 0 && kind != a_consuming);
  }

  void child_checks_made(int at, Kind kind, pid_t parent) {
    bool const has_no_value = kind == a_once || kind == a_poisoned;
    auto& kept = kept_[index(at)];
    auto& wiped = wiped_[index(at)];
    pid_t const me = ::getpid();
    CHILD_CHECK(wiped.maker_of(kind) == (has_no_value ? 1 : me));
    CHILD_CHECK(wiped.tallies[kind].made == 1);
    // Kept what was there, made once what was not.
    bool const was_there = found_[index(at)][kind];
    if (kind == a_consuming && kept.maker_of(kind) == 0) {
      CHILD_CHECK(!was_there && kept.tallies[kind].made == 0);
      return;
    }
    CHILD_CHECK(kept.maker_of(kind) == (has_no_value ? 1 : was_there ? parent : me));
    CHILD_CHECK(kept.tallies[kind].made == (was_there ? 0 : 1));
  }

  std::array<Item<Sync, KeepOnFork>, items> kept_;
  std::array<Item<Sync, WipeOnFork<>>, items> wiped_;
  std::array<std::array<bool, kinds>, items> found_{};
};

}  // namespace bank

#endif
