// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Which way to go at every fork in the road of an execution: all ways in turn (depth first), random ones, or the one way
// that a schedule spells out.
#ifndef FIRST_USE_TESTS_MODEL_SEARCH_HPP
#define FIRST_USE_TESTS_MODEL_SEARCH_HPP

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace first_use_model {

/// How much to look at.
struct Effort {
  // Switches away from a thread that could go on; below zero: as many as there are, which is exhaustive.
  int preemptions = -1;
  // Reads of anything but the newest value; below zero: as many as there are.
  int stale = -1;
  // Wakes and failed exchanges for no reason, per execution.
  int spurious = 0;
  // Not zero: so many executions at random, and from which seed.
  std::uint64_t random = 0;
  std::uint64_t seed = 1;
  // A model of the library must end; more executions than this are a mistake in the scenario.
  std::uint64_t at_most = 1'500'000;
};

class Search {
 public:
  explicit Search(Effort const& the_effort) : effort_{the_effort}, random_{the_effort.seed} {}

  /// One execution, spelt out by an earlier schedule().
  void replay(std::string const& schedule) {
    replaying_ = true;
    taken_.clear();
    for (char const c : schedule) taken_.push_back({c <= '9' ? c - '0' : c - 'a' + 10, 0});
  }

  void begin() {
    depth_ = 0;
    if (effort_.random != 0 && !replaying_) taken_.clear();
  }

  /// 0 .. of - 1.
  int choose(int of) {
    if (of <= 1) return 0;
    if (of > most) give_up("a choice of more than 36");
    if (depth_ == taken_.size()) {
      int const first =
          effort_.random != 0 && !replaying_ ? static_cast<int>(random_() % static_cast<unsigned>(of)) : 0;
      taken_.push_back({first, of});
    }
    Choice& choice = taken_[depth_++];
    if (choice.of == 0) choice.of = of;
    if (choice.of != of || choice.taken >= of)
      give_up("the scenario is not deterministic, or the schedule not its own");
    return choice.taken;
  }

  /// On to the next execution; false when all were seen.
  bool next() {
    ++executions_;
    if (replaying_) return false;
    if (effort_.random != 0) return executions_ < effort_.random;
    while (!taken_.empty() && taken_.back().taken + 1 == taken_.back().of) taken_.pop_back();
    if (taken_.empty()) return false;
    ++taken_.back().taken;
    return true;
  }

  [[nodiscard]] std::string schedule() const {
    std::string text;
    for (std::size_t i = 0; i != depth_; ++i) {
      int const taken = taken_[i].taken;
      text += static_cast<char>(taken < 10 ? '0' + taken : 'a' + taken - 10);
    }
    return text;
  }

  [[nodiscard]] Effort const& effort() const noexcept { return effort_; }
  [[nodiscard]] std::uint64_t executions() const noexcept { return executions_; }

  /// Leaving out what only swaps independent steps is sound for a search of all executions only.
  [[nodiscard]] bool leaves_out_twins() const noexcept {
    return effort_.random == 0 && effort_.preemptions < 0 && effort_.stale < 0;
  }

 private:
  struct Choice {
    int taken;
    int of;  // zero: read from a schedule, not known yet
  };
  static constexpr int most = 36;

  [[noreturn]] static void give_up(char const* why) {
    std::fprintf(stderr, "model: %s\n", why);
    std::abort();
  }

  Effort effort_;
  std::mt19937_64 random_;
  std::vector<Choice> taken_;
  std::size_t depth_ = 0;
  std::uint64_t executions_ = 0;
  bool replaying_ = false;
};

}  // namespace first_use_model

#endif
