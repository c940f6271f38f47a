// SPDX-License-Identifier: MIT OR Apache-2.0
//
// THE state machine: one word, one loop, one way in and one way out (attempt.hpp). Once, OnceLock and LazyLock and all
// their kin are this with different room beside it. It knows neither T nor the closure; its slow path is one cold function
// per pair of policies.
//
// incomplete -> running -> complete, poisoned or incomplete again. "queued" may stand beside every state but complete: a
// thread sets it before it sleeps, the claim keeps it, and whoever leaves "running" with it set wakes all.
#ifndef FIRST_USE_DETAIL_MACHINE_HPP
#define FIRST_USE_DETAIL_MACHINE_HPP

#include <cstdint>
#include <type_traits>

#include <first_use/detail/raise.hpp>
#include <first_use/detail/running.hpp>
#include <first_use/detail/slot.hpp>
#include <first_use/fork/wipe_on_fork.hpp>
#include <first_use/observer.hpp>
#include <first_use/sync/default_sync.hpp>

FIRST_USE_BEGIN
namespace detail {

/// What a caller wants of the loop.
struct Manner {
  bool claims = true;          // runs the initialiser if nobody does; else only waits
  bool minds_poison = false;   // a failure of an earlier attempt is an error
  bool blocks = true;          // sleeps while another thread runs
  bool leaves_poison = false;  // a failed attempt of its own poisons
};

/// Whether who meets a running initialiser may have interrupted it (sync/critical_section_sync.hpp); the policy says so.
template <class Sync>
concept Interrupts = requires(Text& text) {
  text << Sync::interrupted << Sync::perhaps_interrupted;
};

enum class Progress : std::uint8_t { complete, claimed, busy, expired };

/// A policy whose threads belong to a host language with errors of its own. refuse(text): the host has been told, and the
/// caller leaves with Progress::expired; false: the host cannot be told, raise. gives_up(), after each sleep: the host has
/// an error that ends the wait.
template <class S>
concept Hosted = requires(Text const& text) {
  { S::refuse(text) } -> std::same_as<bool>;
  { S::gives_up() } -> std::same_as<bool>;
};

template <class Sync, class Fork>
class Attempt;  // attempt.hpp

template <class Sync, class Fork>
class Machine {
  static_assert(SyncPolicy<Sync>, "first_use: Sync must model first_use::SyncPolicy (sync/sync_policy.hpp)");

 public:
  constexpr Machine() noexcept = default;
  /// Kept words only: what a wiped one says depends on the process.
  constexpr explicit Machine(State state) noexcept : word_{Bits::template encode<Value>(state, 0)} {}

  // One thread cannot be caught by a fork in somebody else's initialiser.
  using Bits = std::conditional_t<!Sync::can_wait && !Fork::wipes, BasicIgnoreFork<typename Fork::generations>, Fork>;
  using Process = typename Bits::generations;
  using Number = typename Process::Number;
  using Value =
      std::conditional_t<Bits::wipes, Number, std::conditional_t<Sync::can_wait, std::uint32_t, std::uint8_t>>;
  using Word = WordOf<Sync, Value>;
  using Self = typename Process::Self;
  using Waiting = Registry<typename Process::Policy>;
  using Observed = Observing<typename Process::Policy>;

  /// The hot check.
  constexpr bool is_complete() const noexcept {
    // ORDERING: acquire pairs with the release in Attempt::publish: who is told "complete" sees all the initialiser did.
    return Bits::complete((*word_).load(Order::acquire));
  }

  constexpr State state() const noexcept {
    // First the generation, which restamps this very word where the caller runs it in a child, then the word. Not const:
    // the initialiser of a const integer is tried in constant evaluation first, where there is no generation.
    Number g = generation();
    // ORDERING: acquire as in is_complete(), for the answer "complete".
    return Bits::decode((*word_).load(Order::acquire), g);
  }

  /// Exclusive access only (construction, take, reset, destruction): what follows `to` is up to the caller. A mark that
  /// a timed-out waiter left behind goes away.
  constexpr void settle(State to) const noexcept {
    // ORDERING: release: the user's own synchronisation publishes it; a reader that races against the rules still finds
    // "complete" only with the object it stands for.
    (*word_).store(Bits::template encode<Value>(to, generation()), Order::release);
  }

  static constexpr Number generation() noexcept { return std::is_constant_evaluated() ? 0 : Bits::generation(); }

  /// For an object made with its value. False: fork detection could not be set up.
  static constexpr bool ready() noexcept { return std::is_constant_evaluated() || Bits::ready(); }

  /// The usual way in, without the loop: nobody has touched the word since it was made, reset or failed, and nobody
  /// sleeps on it. False: something else, perhaps nothing; the loop finds out.
  bool claim_untouched(Number stamp) const noexcept {
    Value untouched = 0;
    // ORDERING: acquire as in the loop: the attempt before this one may have failed. relaxed: the loop loads anew.
    return (*word_).compare_exchange_weak(untouched, Bits::template running<Value>(stamp), Order::acquire,
                                          Order::relaxed);
  }

  /// The loop: until the word is complete, or claimed by the caller, or (not blocking) somebody else runs, or the
  /// deadline passed. Raises every error there is. `seen` returns the word that was found last.
  FIRST_USE_SLOW constexpr Progress advance(Label const& label, Manner manner, Deadline const* deadline, Value& seen,
                                            Number& g) const {
    bool expired = false;
    Wait wait{*this, label};
    if (manner.claims && !ready()) raise_not_ready(label);
    // ORDERING: acquire as in is_complete(); also, a claim must see what a failed attempt before it left behind.
    seen = (*word_).load(Order::acquire);
    for (;;) {
      g = generation();
      State const state = Bits::decode(seen, g);
      if (state == State::complete) return Progress::complete;
      if (state == State::destroyed) raise_destroyed(label);
      if (state == State::poisoned && manner.minds_poison) raise_poisoned(label);
      if (state == State::running) {
        if (!std::is_constant_evaluated() && !runs(Self::self().top, &word_)) {
          if constexpr (Interrupts<Sync>) raise_interrupted(label);
          if constexpr (!Sync::can_wait) raise_foreign(label);
        } else {
          if constexpr (Hosted<Sync>) {
            if (refuse_reentrance(label)) return Progress::expired;
          }
          raise_reentrant(label);
        }
        if (!manner.blocks) return Progress::busy;
      } else if (manner.claims) {
        Value const running = Bits::template encode<Value>(State::running, g);
        // ORDERING: acquire on both ways: attempt n+1 sees all of failed attempt n, and "complete" means what it says.
        if ((*word_).compare_exchange_weak(seen, static_cast<Value>(running | (seen & queued)), Order::acquire,
                                           Order::acquire)) {
          return Progress::claimed;
        }
        continue;
      }
      if (expired) return Progress::expired;
      if constexpr (Sync::can_wait) {
        wait.begin();
        expired = !sleep(label, seen, g, deadline);
        if constexpr (Hosted<Sync>) {
          if (Sync::gives_up()) return Progress::expired;
        }
        // ORDERING: acquire as at the top of the loop.
        seen = (*word_).load(Order::acquire);
      } else {
        raise_unwakeable(label);
      }
    }
  }

  /// Waits for "complete" and starts nothing. False when the deadline has passed.
  constexpr bool wait(Label const& label, bool minds_poison, Deadline const* deadline) const {
    if (is_complete()) return true;
    Value seen{};
    Number g{};
    return advance(label, {.claims = false, .minds_poison = minds_poison}, deadline, seen, g) == Progress::complete;
  }

 private:
  friend class Attempt<Sync, Fork>;

  // What the observer is told of a wait: once, however often the thread sleeps in it.
  struct Wait {
    FIRST_USE_INLINE constexpr Wait(Machine const& the_machine, Label const& the_label) noexcept
        : machine{the_machine}, label{the_label} {}
    Wait(Wait const&) = delete;
    Wait& operator=(Wait const&) = delete;
    FIRST_USE_INLINE constexpr ~Wait() {
      if (told) Observed::tell(Observation::What::wake, &machine.word_, label);
    }
    void begin() noexcept {
      if (!told) Observed::tell(Observation::What::wait, &machine.word_, label);
      told = true;
    }
    Machine const& machine;
    Label const& label;
    bool told = false;
  };

  // FORK: nobody in the child will wake this thread; a changed word does not let it sleep on.
  static void stir(void* place) noexcept {
    auto& word = **static_cast<Inner<Word, Sync::can_wait>*>(place);
    Value const old = word.load(Order::relaxed);                           // ORDERING: relaxed: one thread in a child
    word.store(static_cast<Value>(old & ~Value{queued}), Order::relaxed);  // ORDERING: relaxed: as above
  }

  // False when the deadline has passed.
  bool sleep(Label const& label, Value seen, Number g, Deadline const* deadline) const {
    Value const marked = static_cast<Value>(seen | queued);
    // ORDERING: relaxed: a mark for whoever leaves "running"; the caller loads the word anew.
    if (seen != marked && !(*word_).compare_exchange_weak(seen, marked, Order::relaxed, Order::relaxed)) return true;
    Thread& self = Self::self();
    struct Asleep {
      Asleep(Machine const& the_machine, Thread& the_thread) noexcept : self{the_thread} {
        self.stir = &stir;
        FIRST_USE_SIGNAL_FENCE();
        self.sleeping = &const_cast<Inner<Word, true>&>(the_machine.word_);
      }
      ~Asleep() {
        self.sleeping = nullptr;
        if (waiter.once != nullptr) Waiting::leave(waiter);
      }
      Asleep(Asleep const&) = delete;
      Asleep& operator=(Asleep const&) = delete;
      Thread& self;
      Waiter waiter{};
    } asleep{*this, self};
    if (deadline == nullptr && self.top != nullptr) {
      asleep.waiter.label = &label;
      asleep.waiter.frames = self.top;
      enter(asleep.waiter, g);
      if constexpr (Hosted<Sync>) {
        if (asleep.waiter.once == nullptr) return true;
      }
    }
    // FORK: a signal handler may have forked when this thread was not yet known to sleep on the word.
    if (generation() != g) return true;
    if (deadline != nullptr) return (*word_).wait_until(marked, *deadline);
    (*word_).wait(marked);
    return true;
  }

  // Apart, because of the text's size.
  FIRST_USE_COLD void enter(Waiter& me, Number g) const {
    me.thread = ThreadNumber<typename Process::Policy>::mine();
    me.once = &word_;
    Text ring;
    if (Waiting::enter(me, ring)) return;
    me.once = nullptr;
    // FORK: a signal handler may have forked in the middle of it. Then that was a ring of the parent's.
    if (generation() != g) return;
    if constexpr (Hosted<Sync>) {
      if (Sync::refuse(ring)) return;
    }
    raise<DeadlockError>(ring);
  }

  [[noreturn]] FIRST_USE_COLD static void raise_interrupted(Label const& label) {
    Text text;
    raise<ReentrantInitError>(text << "first_use: " << label << Sync::interrupted);
  }

  [[noreturn]] FIRST_USE_COLD constexpr void raise_reentrant(Label const& label) const {
    Text text;
    write_reentrance(text, label);
    raise<ReentrantInitError>(text);
  }

  FIRST_USE_COLD bool refuse_reentrance(Label const& label) const {
    Text text;
    write_reentrance(text, label);
    return Sync::refuse(text);
  }

  constexpr void write_reentrance(Text& text, Label const& label) const {
    text << "first_use: the initialiser of ";
    if (std::is_constant_evaluated()) {
      text << label << " asked for the value it is making";
    } else {
      Frame const* const frames = Self::self().top;
      Label const& named = called(label, frames, &word_);
      text << named << " asked for the value it is making, in thread " << ThreadNumber<typename Process::Policy>::mine()
           << ": ";
      write_nest(text, frames, &word_);
      text << " -> " << named;
    }
    text << "; let it make the value from something else";
    if constexpr (Interrupts<Sync>) text << Sync::perhaps_interrupted;
  }

  Inner<Word, Sync::can_wait> word_{};
};

}  // namespace detail
FIRST_USE_END

#endif
