// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What the bits of a word say in its own generation and in others.
#include <cstdint>

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>

#include "policies.hpp"

namespace {

using namespace first_use;
using process::State;

using Process = process::Generation<PlatformSync>;

/// A process that is whatever the test says.
struct Told {
  using Number = std::uint64_t;
  using Policy = PlatformSync;
  using Self = process::Threads<PlatformSync>;
  static constexpr unsigned shift = Process::shift;
  [[maybe_unused]] static constexpr Number running = Process::running;
  static constexpr Number complete = Process::complete;
  static constexpr Number stamp_of(Number g) noexcept { return Process::stamp_of(g); }
  static inline Number page = 0;
  static Number published() noexcept { return page; }
  static Number current() noexcept { return 1; }
  static bool prepare() noexcept { return true; }
};

static_assert(ForkPolicy<KeepOnFork> && ForkPolicy<IgnoreFork> && ForkPolicy<WipeOnFork<>>);

constexpr std::uint64_t generations[] = {
    1, 2, 3, 15, 16, 17, 1U << 27, (1U << 27) + 1, 1ULL << 32, (1ULL << 60) - 2, (1ULL << 60) - 1};

TEST(WipedWord, IsCompleteInItsOwnGenerationOnly) {
  using Fork = WipeOnFork<Abandon, Told>;
  for (std::uint64_t const now : generations) {
    for (std::uint64_t const then : generations) {
      if (then > now) continue;  // a later generation's words do not exist
      for (State const state :
           {State::incomplete, State::running, State::poisoned, State::destroyed, State::complete}) {
        for (std::uint64_t const queued : {std::uint64_t{0}, std::uint64_t{1}}) {
          if (queued != 0 && state == State::complete) continue;  // nobody sleeps on a complete word
          std::uint64_t const word = Fork::encode<std::uint64_t>(state, then) | queued;
          Told::page = std::uint64_t{0} - (now << Told::shift | Told::complete);
          EXPECT_EQ(Fork::complete(word), state == State::complete && then == now) << word << " in " << now;
          // A wiped page, and one that was never written.
          Told::page = 0;
          EXPECT_FALSE(Fork::complete(word)) << word;

          State expected = state;
          if (then != now) {
            if (state == State::running) expected = State::abandoned;
            if (state == State::complete) expected = State::stale;
            if (state == State::poisoned) expected = State::incomplete;
          }
          EXPECT_EQ(Fork::decode(word, now), expected);
        }
      }
    }
  }
  EXPECT_EQ(Process::published_in(7), std::uint64_t{0} - (std::uint64_t{7} << Process::shift | Process::complete));
  EXPECT_EQ(Fork::encode<std::uint64_t>(State::incomplete, 5), 0U);
}

TEST(KeptWord, OnlyARunningOneCarriesTheGeneration) {
  using Fork = BasicKeepOnFork<Told>;
  using Word = std::uint32_t;
  for (std::uint64_t const now : generations) {
    for (std::uint64_t const then : generations) {
      for (State const state :
           {State::incomplete, State::running, State::poisoned, State::destroyed, State::complete}) {
        Word const word = Fork::encode<Word>(state, then);
        EXPECT_EQ(Fork::complete(word), state == State::complete);
        // 27 bits of it: that many nested forks apart, two generations look alike.
        bool const alike = ((now ^ then) & ((1U << 27) - 1)) == 0;
        bool const lost = state == State::running && !alike;
        EXPECT_EQ(Fork::decode(word, now), lost ? State::abandoned : state);
        if (state == State::complete) continue;
        EXPECT_FALSE(Fork::complete(word | 1));
        EXPECT_EQ(Fork::decode(word | 1, now), lost ? State::abandoned : state);
      }
    }
  }
  EXPECT_EQ(Fork::encode<Word>(State::incomplete, 5), 0U);
}

}  // namespace
