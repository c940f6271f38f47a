// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The way into the state machine and out of it again: what happens around one run of an initialiser.
#ifndef FIRST_USE_DETAIL_ATTEMPT_HPP
#define FIRST_USE_DETAIL_ATTEMPT_HPP

#include <cstdint>
#include <type_traits>

#include <first_use/detail/machine.hpp>

FIRST_USE_BEGIN
namespace detail {

/// One try at initialising: its frame, the way in and the ways out. After enter() has said yes the caller has the place to
/// itself, and makes a Run at once, which leaves.
template <class Sync, class Fork>
class Attempt : protected Frame {
  using Once = Machine<Sync, Fork>;
  using Bits = typename Once::Bits;
  using Process = typename Once::Process;
  using Value = typename Once::Value;
  using Number = typename Once::Number;
  using Place = Inner<typename Once::Word, Sync::can_wait>;

 public:
  constexpr Attempt() noexcept {}  // enter() writes it
  Attempt(Attempt const&) = delete;
  Attempt& operator=(Attempt const&) = delete;

  /// This, or null where there is nothing to do: progress() says why. (Who uses what was returned need not keep the
  /// address of its own.)
  template <Manner manner = Manner{}>
  FIRST_USE_SLOW constexpr Attempt* enter(Once const& machine, Label const& called) {
    Number stamp{};
    // No calls on the usual way but last ones: nothing is saved, and it costs half.
    if (std::is_constant_evaluated() || !start(machine, called, manner.leaves_poison, stamp)) {
      return search(machine, called, manner);
    }
    if (!undisturbed(stamp)) [[unlikely]]
      return begin(stamp);
    return this;
  }

  /// One run of the initialiser: it has failed until told otherwise. Apart from the rest, so that compilers know on which
  /// way they are.
  class Run {
   public:
    constexpr explicit Run(Attempt* the_attempt) noexcept : attempt_{*the_attempt} {}
    Run(Run const&) = delete;
    Run& operator=(Run const&) = delete;
    constexpr ~Run() {
      if (!done_) attempt_.fail();
    }
    constexpr void succeed() noexcept {
      done_ = true;
      attempt_.complete();
    }
    /// For who was told on the way in that nobody observes: whoever does since hears of a whole run or of none.
    FIRST_USE_INLINE void succeed_unheard() noexcept {
      done_ = true;
      attempt_.leave();
    }

   private:
    Attempt& attempt_;
    bool done_ = false;
  };

  constexpr Progress progress() const noexcept { return progress_; }
  /// What lay there: incomplete, poisoned, abandoned (half an object of a lost thread) or stale (the parent's object).
  constexpr State found() const noexcept { return found_; }

  /// An error leaves the initialiser: a knot says nothing about the value, so that the next may try as if for the first
  /// time.
  constexpr void mind(InitError const& error) noexcept {
    if (error.is_knot()) spare();
  }
  constexpr void leave_nothing() noexcept { failure_ = State::incomplete; }
  constexpr void spare() noexcept {
    // FORK: a fork inside has cleared the poison of a wiped type.
    bool const still = found_ == State::poisoned && (!Bits::wipes || std::is_constant_evaluated() || !this->carried);
    failure_ = still ? State::poisoned : State::incomplete;
  }

  /// Whether the process has forked since the claim (or since this last said so) and the value made in between belongs
  /// to another process. Only wiped types ask.
  constexpr bool straddled() noexcept {
    if constexpr (Bits::wipes) {
      if (std::is_constant_evaluated()) return false;
      generation_ = Once::generation();
      bool const forked = this->carried;
      this->carried = false;
      return forked;
    } else {
      return false;
    }
  }

  /// Restamps the word; what the labels of such objects hold.
  static constexpr auto carry_over() noexcept -> void (*)(Frame const&, std::uint64_t) {
    return Bits::tracks ? &restamp : nullptr;
  }

 protected:
  // The usual way in, without a call.
  FIRST_USE_INLINE bool start(Once const& machine, Label const& called, bool leaves_poison, Number& stamp) noexcept {
    if constexpr (!Bits::tracks) {
      if (Once::Observed::somebody()) [[unlikely]]
        return false;
    }
    if (!Bits::settled(stamp) || !machine.claim_untouched(stamp)) return false;
    link_frame(machine, called, State::incomplete, leaves_poison);
    return true;
  }

  // Whether nobody has forked since, and nobody observes.
  FIRST_USE_INLINE static bool undisturbed(Number stamp) noexcept {
    if constexpr (Bits::tracks) {
      return Bits::is_settled(stamp);
    } else {
      return true;  // start() has asked
    }
  }

  // With the loop.
  FIRST_USE_SLOW constexpr Attempt* search(Once const& machine, Label const& called, Manner manner) {
    Value seen{};
    Number g{};
    progress_ = machine.advance(called, manner, nullptr, seen, g);
    if (progress_ != Progress::claimed) return nullptr;
    State const found = Bits::decode(seen, g);
    if (std::is_constant_evaluated()) {
      found_ = found;
      failure_ = manner.leaves_poison ? State::poisoned : State::incomplete;
      generation_ = g;
      machine_ = &machine;
      return this;
    }
    link_frame(machine, called, found, manner.leaves_poison);
    if constexpr (Bits::tracks) Once::Observed::settle(g);
    return begin(Process::stamp_of(g));
  }

  FIRST_USE_SLOW Attempt* begin(Number stamp) noexcept {
    // FORK: a signal handler may have forked between the claim and the linking. The frame that it did not see is carried
    // over now.
    if (!Bits::is_still(Process::generation_of(stamp))) {
      Bits::generation();
      if (!this->carried) {
        restamp(*this, static_cast<Number>(Once::Self::self().stamp));
        this->carried = true;
      }
    }
    if (found_ == State::stale) Once::Observed::tell(Observation::What::wipe, this->once, *this->label);
    Once::Observed::tell(Observation::What::begin, this->once, *this->label);
    return this;
  }

  FIRST_USE_INLINE void leave() noexcept {
    unlink(Once::Self::self(), *this);
    publish(word_for(State::complete));
  }

 private:
  FIRST_USE_SLOW constexpr void complete() noexcept {
    if (std::is_constant_evaluated() || Once::Observed::somebody()) {
      end(Observation::What::end, State::complete);
    } else {
      leave();
    }
  }

  FIRST_USE_SLOW constexpr void fail() noexcept {
    if constexpr (Bits::wipes) {
      if (!std::is_constant_evaluated()) generation_ = Process::generation_of(Once::Self::self().stamp);
    }
    end(Observation::What::failure, failure_);
  }

  FIRST_USE_SLOW constexpr void end(Observation::What what, State outcome) noexcept {
    if (!std::is_constant_evaluated()) {
      // While the frame is linked: an observer that asks for this very object is told so, instead of hanging.
      Once::Observed::tell(what, this->once, *this->label);
      unlink(Once::Self::self(), *this);
    }
    publish(word_for(outcome));
  }

  FIRST_USE_INLINE constexpr Value word_for(State outcome) const noexcept {
    if constexpr (Bits::wipes) {
      return Bits::template encode<Value>(outcome, generation_);
    } else {
      return Bits::template encode<Value>(outcome, Number{});
    }
  }

  FIRST_USE_INLINE constexpr void publish(Value outcome) noexcept {
    auto& word = place();
    // ORDERING: release pairs with every acquire load of the word: the value, or what a failed attempt did, is seen.
    Value const old = word.exchange(outcome, Order::release);
    // From here on the object may be gone: a thread that saw "complete" may have destroyed it.
    if constexpr (Sync::can_wait) {
      if ((old & queued) != 0) word.notify_all();
    }
  }

  FIRST_USE_INLINE void link_frame(Once const& machine, Label const& called, State found, bool leaves_poison) noexcept {
    this->once = &machine.word_;
    this->label = &called;
    this->carried = false;
    progress_ = Progress::claimed;
    found_ = found;
    failure_ = leaves_poison ? State::poisoned : State::incomplete;
    link(Once::Self::self(), *this);
  }

  static void restamp(Frame const& frame, std::uint64_t stamp) noexcept {
    auto& word = **static_cast<Place const*>(frame.once);
    // ORDERING: relaxed: written in a child before any other thread of it can know the word.
    word.store(Bits::template running<Value>(static_cast<Number>(stamp)), Order::relaxed);
  }

  FIRST_USE_INLINE constexpr typename Once::Word& place() const noexcept {
    if (std::is_constant_evaluated()) return *machine_->word_;
    return **static_cast<Place const*>(this->once);
  }

  Progress progress_;
  State found_;
  State failure_;
  Number generation_;    // of a wiped type's value; straddled() knows it
  Once const* machine_;  // in constant evaluation, which cannot go by an address
};

}  // namespace detail
FIRST_USE_END

#endif
