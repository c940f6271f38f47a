// SPDX-License-Identifier: MIT OR Apache-2.0
//
// WipeOnFork: a word is valid in the process that wrote it and reads "incomplete" in every child.
#ifndef FIRST_USE_FORK_WIPE_ON_FORK_HPP
#define FIRST_USE_FORK_WIPE_ON_FORK_HPP

#include <cstddef>
#include <type_traits>

#include <first_use/fork/fork_policy.hpp>

FIRST_USE_BEGIN_PLAIN

/// What becomes of the parent's object in a child, at the child's first claim of its place (an initialisation, `take`,
/// `reset`, an assignment, destruction): nothing. Its destructor may talk to a device, a socket or a lock that belongs
/// to the parent, and the object may be half-way through a change by a thread that does not exist here. The default.
struct Abandon {
  template <class T>
  static constexpr bool trivial = true;
  template <class T>
  static constexpr void wipe(T&) noexcept {}
};

/// The parent's object is destroyed in the child: for values known to be private to the process, whose destructor
/// frees memory and does nothing else.
struct Destroy {
  template <class T>
  static constexpr bool trivial = std::is_trivially_destructible_v<T>;
  template <class T>
  static constexpr void wipe(T& value) noexcept {
    value.~T();
  }
};

/// The parent's bytes are overwritten with zeros, so that a secret does not survive the child's first claim. A child
/// that never claims keeps the bytes: for a guarantee, keep the secret in memory that the kernel wipes.
struct Erase {
  template <class T>
  static constexpr bool trivial = false;
  template <class T>
  static void wipe(T& value) noexcept {
    static_assert(std::is_trivially_destructible_v<T>,
                  "first_use: Erase overwrites the parent's object and needs a trivially destructible T; "
                  "use Destroy or Abandon for this type");
    auto* const bytes = reinterpret_cast<unsigned char volatile*>(&const_cast<std::remove_cv_t<T>&>(value));
    for (std::size_t i = 0; i != sizeof(T); ++i) bytes[i] = 0;
  }
};

#if FIRST_USE_HAS_FORK

/// "Wipe" means forget: the child makes a value of its own. `OnWipe` says what becomes of the parent's.
template <class OnWipe = Abandon, class Process = process::Generation<PlatformSync>>
struct WipeOnFork {
  using generations = Process;
  using on_wipe = OnWipe;
  using Number = typename Process::Number;
  static constexpr bool tracks = true;
  static constexpr bool wipes = true;

  /// One load and one addition more than of a kept word.
  static constexpr bool complete(Number word) noexcept {
    if (std::is_constant_evaluated()) return word == Process::complete;
    Number const published = Process::published();
    return static_cast<Number>(word + published) < published;
  }
  static constexpr process::State decode(Number word, Number g) noexcept {
    process::State const state = process::written_state(word);
    if (state == process::State::incomplete || state == process::State::destroyed || word >> Process::shift == g) {
      return state;
    }
    if (state == process::State::running) return process::State::abandoned;
    // A failure speaks of a run in another process.
    return state == process::State::poisoned ? process::State::incomplete : process::State::stale;
  }
  template <class U>
  static constexpr U encode(process::State state, Number g) noexcept {
    if (state == process::State::incomplete) return 0;
    return static_cast<U>(g << Process::shift | static_cast<Number>(state) << 1);
  }
  template <class U>
  static constexpr U running(Number stamp) noexcept {
    return static_cast<U>(stamp);
  }
  static bool ready() noexcept { return Process::prepare(); }
  static bool settled(Number& stamp) noexcept { return Process::settled(stamp); }
  static bool is_settled(Number stamp) noexcept { return Process::is_settled(stamp); }
  static bool is_still(Number g) noexcept { return Process::is_still(g); }
  static Number generation() noexcept { return Process::current(); }
};

#else

/// No fork here: nothing to forget. The names exist and behave as their ordinary twins.
template <class OnWipe = Abandon, class Process = process::Generation<PlatformSync>>
struct WipeOnFork : BasicIgnoreFork<Process> {};

#endif

FIRST_USE_END_PLAIN

#endif
