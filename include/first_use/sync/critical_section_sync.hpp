// SPDX-License-Identifier: MIT OR Apache-2.0
//
// One core whose interrupts can be masked: a word changes only while they are, and nobody ever waits.
//
// Use it for firmware and small kernels, where an interrupt handler (or, on a host, the handler of a signal) uses what the
// code below it may be in the middle of initialising. Not for several cores: masking stops only the own one. Hooks says how
// to mask, as the acquire() and release() of Rust's critical-section crate do:
//
//   struct Hooks {
//     static Token enter() noexcept;       // masks; what was before
//     static void leave(Token) noexcept;   // puts that back
//   };
#ifndef FIRST_USE_SYNC_CRITICAL_SECTION_SYNC_HPP
#define FIRST_USE_SYNC_CRITICAL_SECTION_SYNC_HPP

#include <cstdint>

#include <first_use/sync/sync_policy.hpp>

FIRST_USE_BEGIN_PLAIN

/// See the top of the file. enter() may be called with interrupts masked already, so sections may lie in one another.
template <class H>
concept CriticalSectionHooks = requires {
  H::leave(H::enter());
};

/// The word of CriticalSectionSync.
template <class U, CriticalSectionHooks Hooks>
class CriticalSectionWord {
 public:
  constexpr CriticalSectionWord() noexcept = default;
  constexpr explicit CriticalSectionWord(U the_value) noexcept : value_{the_value} {}
  CriticalSectionWord(CriticalSectionWord const&) = delete;
  CriticalSectionWord& operator=(CriticalSectionWord const&) = delete;

  // ORDERING: one core sees its own accesses in program order, whatever order is asked for; the fences keep the compiler
  // from moving what a handler may look at to the other side.
  U load(Order) const noexcept {
    if constexpr (sizeof(U) <= sizeof(void*)) {
      U const seen = peek();  // one load, which an interrupt cannot tear
      FIRST_USE_SIGNAL_FENCE();
      return seen;
    } else {
      Section const section;
      return peek();
    }
  }
  void store(U to, Order) noexcept {
    Section const section;
    value_ = to;
  }
  U exchange(U to, Order) noexcept {
    Section const section;
    U const old = value_;
    value_ = to;
    return old;
  }
  bool compare_exchange_weak(U& expected, U to, Order, Order) noexcept {
    Section const section;
    U const seen = value_;
    if (seen != expected) {
      expected = seen;
      return false;
    }
    value_ = to;
    return true;
  }

 private:
  class Section {
   public:
    Section() noexcept : before_{Hooks::enter()} { FIRST_USE_SIGNAL_FENCE(); }
    Section(Section const&) = delete;
    Section& operator=(Section const&) = delete;
    ~Section() {
      FIRST_USE_SIGNAL_FENCE();
      Hooks::leave(before_);
    }

   private:
    decltype(Hooks::enter()) before_;
  };

  // Volatile, so that the compiler neither keeps it nor reads it in pieces.
  U peek() const noexcept { return static_cast<U const volatile&>(value_); }

  U value_ = 0;
};

/// See the top of the file. Initialisers run with interrupts as they were; a section lasts a few instructions, and the hot
/// path has none (but for words wider than a pointer).
///
/// Who meets a running initialiser has interrupted it: waiting would never end, so that is an error at once
/// (ReentrantInitError), as re-entrance is. A handler that only looks (get()) gets null. Objects must not be *defined* const
/// with static storage, as with SingleThreadSync.
template <CriticalSectionHooks Hooks>
struct CriticalSectionSync {
  static constexpr bool can_wait = false;
  // What the errors say, after the name of the object and after the chain of a re-entrance.
  static constexpr char const* interrupted =
      " is in the middle of an initialiser that was interrupted, and whoever interrupted it cannot wait; look with "
      "get() there, or initialise it before interrupts come";
  static constexpr char const* perhaps_interrupted = ", and an interrupt handler that came meanwhile look with get()";
  template <class U>
  using word = CriticalSectionWord<U, Hooks>;
};

FIRST_USE_END_PLAIN

#endif
