// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The fork axis: what does a word remember of the process it was written in? The concept, KeepOnFork and IgnoreFork.
#ifndef FIRST_USE_FORK_FORK_POLICY_HPP
#define FIRST_USE_FORK_FORK_POLICY_HPP

#include <concepts>
#include <cstdint>

#include <first_use/detail/config.hpp>
#include <first_use/fork/generation.hpp>
#if FIRST_USE_NAMES_GDB_SCRIPT
#include <first_use/gdb.hpp>  // which reads the words that are described here
#endif

FIRST_USE_BEGIN_PLAIN
namespace process {

/// What a word says to the process that reads it. The first five are written; the last two are what a running or a
/// complete word of another generation turns into.
enum class State : std::uint8_t {
  incomplete = 0,
  running = 1,
  poisoned = 2,
  destroyed = 3,
  complete = 4,
  abandoned,  // was running in a thread that a fork did not copy; half an object may lie there
  stale,      // the parent's object lies there, which is not ours to use
};

// Every word: bit 0 "queued" (somebody may sleep on it), bits 1 to 3 the state, above them the generation.
inline constexpr unsigned queued = 1;

template <class U>
constexpr State written_state(U word) noexcept {
  return static_cast<State>(word >> 1 & 7U);
}

}  // namespace process

/// What BasicOnce and its like take as `Fork`: the bits of a word. Not meant to be written by users.
///
/// complete(word): the hot check. decode(word, g): what the word says in generation g. encode(state, g): the word for a
/// state; running(stamp): the one for "running", where the generation is known by its stamp. `tracks`: the generation is
/// looked up, frames are carried over; `wipes`: a complete word is valid in its own generation only. ready() sets up what
/// noticing a fork needs; false: refused. Incomplete is all zero bits.
template <class P>
concept ForkPolicy = requires(std::uint64_t word, process::State state, typename P::generations::Number& g) {
  { P::tracks } -> std::convertible_to<bool>;
  { P::wipes } -> std::convertible_to<bool>;
  { P::complete(word) } -> std::same_as<bool>;
  { P::decode(word, g) } -> std::same_as<process::State>;
  { P::template encode<std::uint64_t>(state, g) } -> std::same_as<std::uint64_t>;
  { P::template running<std::uint64_t>(g) } -> std::same_as<std::uint64_t>;
  { P::ready() } -> std::same_as<bool>;
  { P::settled(g) } -> std::same_as<bool>;
  { P::is_settled(g) } -> std::same_as<bool>;
  { P::is_still(g) } -> std::same_as<bool>;
  { P::generation() } -> std::same_as<typename P::generations::Number>;
};

/// For platforms without fork, for one thread, and for those who want no fork handler: a fork changes nothing, and one
/// in the middle of another thread's initialisation leaves the child's copy running for ever.
template <class Process = process::Generation<PlatformSync>>
struct BasicIgnoreFork {
  using generations = Process;
  using Number = typename Process::Number;
  static constexpr bool tracks = false;
  static constexpr bool wipes = false;

  // `complete` is the sign bit: one test on every machine, and zero stays free for "incomplete".
  template <class U>
  static constexpr U complete_word = static_cast<U>(U{1} << (sizeof(U) * 8 - 1));

  template <class U>
  static constexpr bool complete(U word) noexcept {
    return (word & complete_word<U>) != 0;
  }
  template <class U>
  static constexpr process::State decode(U word, Number) noexcept {
    return complete(word) ? process::State::complete : process::written_state(word);
  }
  template <class U>
  static constexpr U encode(process::State state, Number) noexcept {
    return state == process::State::complete ? complete_word<U> : static_cast<U>(static_cast<unsigned>(state) << 1);
  }
  template <class U>
  static constexpr U running(Number) noexcept {
    return static_cast<U>(Process::running);
  }
  static constexpr bool ready() noexcept { return true; }
  static constexpr bool settled(Number&) noexcept { return true; }
  static constexpr bool is_settled(Number) noexcept { return true; }
  static constexpr bool is_still(Number) noexcept { return true; }
  static constexpr Number generation() noexcept { return 0; }
};

#if FIRST_USE_HAS_FORK

/// The default: a child keeps what was complete, and an initialiser that was running in a thread which the fork did not
/// copy is started afresh. Only a running word carries the generation (27 bits of it, in a 32-bit word).
template <class Process = process::Generation<PlatformSync>>
struct BasicKeepOnFork : BasicIgnoreFork<Process> {
  using Base = BasicIgnoreFork<Process>;
  using Number = typename Process::Number;
  static constexpr bool tracks = true;

  template <class U>
  static constexpr process::State decode(U word, Number g) noexcept {
    process::State const state = Base::decode(word, g);
    bool const ours = static_cast<U>(word & ~U{1}) == encode<U>(process::State::running, g);
    return state == process::State::running && !ours ? process::State::abandoned : state;
  }
  template <class U>
  static constexpr U encode(process::State state, Number g) noexcept {
    return state == process::State::running ? running<U>(Process::stamp_of(g)) : Base::template encode<U>(state, g);
  }
  template <class U>
  static constexpr U running(Number stamp) noexcept {
    constexpr U below_sign = static_cast<U>(Base::template complete_word<U> - 1);
    return static_cast<U>(static_cast<U>(stamp) & below_sign);
  }
  static bool ready() noexcept { return Process::prepare(); }
  static bool settled(Number& stamp) noexcept { return Process::settled(stamp); }
  static bool is_settled(Number stamp) noexcept { return Process::is_settled(stamp); }
  static bool is_still(Number g) noexcept { return Process::is_still(g); }
  static Number generation() noexcept { return Process::current(); }
};

using KeepOnFork = BasicKeepOnFork<>;
using IgnoreFork = BasicIgnoreFork<>;

#else

using IgnoreFork = BasicIgnoreFork<>;
using KeepOnFork = IgnoreFork;

#endif

FIRST_USE_END_PLAIN

#endif
