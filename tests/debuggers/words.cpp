// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Every word that the headers can write, and what they read in it in this and in another process: the truth that the
// debuggers' files are compared with (words.py). One line each:
//
//   kept|cell|wiped WIDTH WORD PUBLISHED STATE    PUBLISHED is the published word of the reading process
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <initializer_list>

#include <first_use/first_use.hpp>

namespace {

using Process = first_use::process::Generation<first_use::PlatformSync>;
using Number = Process::Number;
using State = first_use::process::State;

char const* name_of(State state) {
  switch (state) {
    case State::incomplete: return "incomplete";
    case State::running: return "running";
    case State::poisoned: return "poisoned";
    case State::destroyed: return "destroyed";
    case State::complete: return "complete";
    case State::abandoned: return "abandoned";
    case State::stale: return "stale";
  }
  return "?";
}

template <class U, class Fork>
void tell(char const* kind) {
  for (State const written : {State::incomplete, State::running, State::poisoned, State::destroyed, State::complete}) {
    for (Number const mine : {Number{1}, Number{2}, Number{3}, Number{0x1234567}}) {
      for (U const queued : {U{0}, static_cast<U>(written == State::complete ? 0 : first_use::process::queued)}) {
        U const word = static_cast<U>(Fork::template encode<U>(written, mine) | queued);
        for (Number const theirs : {Number{1}, Number{2}, Number{3}, Number{0x1234567}}) {
          std::printf("%s %u %" PRIu64 " %" PRIu64 " %s\n", kind, static_cast<unsigned>(sizeof(U) * 8),
                      std::uint64_t{word}, std::uint64_t{Process::published_in(theirs)},
                      name_of(Fork::decode(word, theirs)));
        }
      }
    }
  }
}

}  // namespace

int main() {
  tell<std::uint32_t, first_use::KeepOnFork>("kept");
  tell<std::uint8_t, first_use::IgnoreFork>("cell");
  tell<Number, first_use::WipeOnFork<>>("wiped");
}
