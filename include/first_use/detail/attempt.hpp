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

/// One try at initialising: claims in the constructor, and leaves in the destructor, which assumes failure until told
/// otherwise. Between the two the caller has the place to itself. Converts to false where there is nothing to do.
template <class Sync, class Fork>
class Attempt {
  using Once = Machine<Sync, Fork>;
  using Bits = typename Once::Bits;
  using Value = typename Once::Value;
  using Number = typename Once::Number;

 public:
  FIRST_USE_SLOW constexpr Attempt(Once const& the_machine, Label const& the_label, Manner the_manner)
      : once_{the_machine}, failure_{the_manner.leaves_poison ? State::poisoned : State::incomplete} {
    Number g{};
    // No calls on the usual way but last ones: nothing is saved, and it costs half.
    if (std::is_constant_evaluated() || !Bits::settled(g) || !the_machine.claim_untouched(g)) {
      enter(the_label, the_manner);
      return;
    }
    link_frame(the_label, g);
    if (!Bits::is_still(g) || Once::Observed::somebody()) [[unlikely]]
      begin(g);
  }

  Attempt(Attempt const&) = delete;
  Attempt& operator=(Attempt const&) = delete;

  FIRST_USE_SLOW constexpr ~Attempt() {
    if (progress_ != Progress::claimed) return;
    if (std::is_constant_evaluated() || !done_ || Once::Observed::somebody()) {
      leave();
      return;
    }
    unlink(Once::Self::self(), frame_);
    publish(Bits::template encode<Value>(State::complete, generation_));
  }

  constexpr explicit operator bool() const noexcept { return progress_ == Progress::claimed; }
  constexpr Progress progress() const noexcept { return progress_; }
  /// What lay there: incomplete, poisoned, abandoned (half an object of a lost thread) or stale (the parent's object).
  constexpr State found() const noexcept { return found_; }

  constexpr void succeed() noexcept { done_ = true; }
  /// An error leaves the initialiser: a knot says nothing about the value, so that the next may try as if for the first
  /// time.
  constexpr void fail(InitError const& error) noexcept {
    if (error.is_knot()) spare();
  }
  constexpr void leave_nothing() noexcept { failure_ = State::incomplete; }
  constexpr void spare() noexcept { failure_ = found_ == State::poisoned ? State::poisoned : State::incomplete; }

  /// Whether the process has forked since the claim (or since this last said so) and the value made in between belongs
  /// to another process. Only wiped types ask.
  constexpr bool straddled() noexcept {
    if constexpr (Bits::wipes) {
      if (std::is_constant_evaluated()) return false;
      generation_ = Once::generation();
      bool const forked = frame_.carried;
      frame_.carried = false;
      return forked;
    } else {
      return false;
    }
  }

 private:
  FIRST_USE_SLOW constexpr void enter(Label const& label, Manner manner) {
    Value seen{};
    Number g{};
    progress_ = once_.advance(label, manner, nullptr, seen, g);
    if (progress_ != Progress::claimed) return;
    found_ = Bits::decode(seen, g);
    if (std::is_constant_evaluated()) return;
    link_frame(label, g);
    begin(g);
  }

  FIRST_USE_SLOW constexpr void leave() noexcept {
    if (!std::is_constant_evaluated()) {
      // While the frame is linked: an observer that asks for this very object is told so, instead of hanging.
      tell(done_ ? Observation::What::end : Observation::What::failure);
      unlink(Once::Self::self(), frame_);
      if constexpr (Bits::tracks) {
        if (!done_) generation_ = static_cast<Number>(frame_.generation);
      }
    }
    publish(Bits::template encode<Value>(done_ ? State::complete : failure_, generation_));
  }

  FIRST_USE_INLINE constexpr void publish(Value outcome) noexcept {
    auto& word = *once_.word_;
    // ORDERING: release pairs with every acquire load of the word: the value, or what a failed attempt did, is seen.
    Value const old = word.exchange(outcome, Order::release);
    // From here on the object may be gone: a thread that saw "complete" may have destroyed it.
    if constexpr (Sync::can_wait) {
      if ((old & queued) != 0) word.notify_all();
    }
  }

  void link_frame(Label const& label, Number g) noexcept {
    Thread& self = Once::Self::self();
    frame_.once = &once_.word_;
    frame_.label = &label;
    frame_.carried = false;
    frame_.carry = nullptr;
    if constexpr (Bits::tracks) {
      frame_.generation = g;
      frame_.carry = &restamp;
      self.generation = g;
    }
    link(self, frame_);
  }

  FIRST_USE_SLOW void begin(Number g) noexcept {
    // FORK: a signal handler may have forked between the claim and the linking. The frame that it did not see is carried
    // over now.
    if (!Bits::is_still(g)) {
      Once::Self::self().generation = g;
      Bits::generation();
    }
    if (found_ == State::stale) tell(Observation::What::wipe);
    tell(Observation::What::begin);
  }

  FIRST_USE_INLINE void tell(Observation::What what) const noexcept {
    Once::Observed::tell(what, frame_.once, *frame_.label);
  }

  static void restamp(Frame const& frame, std::uint64_t generation) noexcept {
    // ORDERING: relaxed: written in a child before any other thread of it can know the word.
    auto& word = **static_cast<Inner<typename Once::Word, Sync::can_wait> const*>(frame.once);
    word.store(Bits::template encode<Value>(State::running, static_cast<Number>(generation)), Order::relaxed);
  }

  Once const& once_;
  Frame frame_;          // written when it is linked
  Number generation_{};  // of a wiped type's value; straddled() knows it
  Progress progress_ = Progress::claimed;
  State found_ = State::incomplete;
  bool done_ = false;
  State failure_;
};

}  // namespace detail
FIRST_USE_END

#endif
