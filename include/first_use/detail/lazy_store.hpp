// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A word, an initialiser and room for the T it makes: what a LazyLock is made of. Where F lies and how it is called:
//
//   beside T, called as F const&   kept: RetryOnThrow, and wiped types, where each generation calls it
//   beside T, a copy called        trivially copyable F of a blocking type; an empty one costs nothing anywhere
//   in T's bytes, moved out, called once, destroyed: any other
#ifndef FIRST_USE_DETAIL_LAZY_STORE_HPP
#define FIRST_USE_DETAIL_LAZY_STORE_HPP

#include <type_traits>

#include <first_use/detail/callable.hpp>
#include <first_use/detail/lock_store.hpp>

FIRST_USE_BEGIN

/// A failed initialiser of a lazy is final: every later use is a PoisonedError. Rust's choice, and the default.
struct PoisonOnThrow {
  static constexpr bool retries = false;
};
/// The initialiser is kept, and the next use calls it again: what a function-local static does.
struct RetryOnThrow {
  static constexpr bool retries = true;
};
inline constexpr RetryOnThrow retry_on_throw{};

namespace detail {

/// Not a member of the lazy, which is another type for each F: one for all lazies of a T is enough.
template <class T, class Sync, class Fork>
inline constexpr Label lazy_label{Fork::wipes ? (Sync::can_wait ? "WipeOnForkLazyLock" : "WipeOnForkLazyCell")
                                              : (Sync::can_wait ? "LazyLock" : "LazyCell"),
                                  signature<T>(), nullptr, Attempt<Sync, Fork>::carry_over()};
template <class OnThrow>
inline constexpr Manner lazy_manner{.minds_poison = !OnThrow::retries, .leaves_poison = !OnThrow::retries};

template <class Fork, class OnThrow>
inline constexpr bool calls_as_const = OnThrow::retries || Fork::wipes;

template <class F, class Sync>
inline constexpr bool calls_a_copy = std::is_trivially_copyable_v<F>&& std::is_copy_constructible_v<F> &&
                                     (std::is_empty_v<F> || Sync::can_wait);

/// F beside the room.
template <class T, class F, class Sync, class Fork, class OnThrow>
struct LazyBeside : LockParts<T, Sync, Fork> {
  constexpr explicit LazyBeside(F&& the_call) : make_{static_cast<F&&>(the_call)} {}

  constexpr void produce(Attempt<Sync, Fork>& attempt, Label const& label) const {
    if (is_null(make_)) {
      attempt.spare();
      raise_no_initialiser(label);
    }
    FIRST_USE_TRY {
      this->clean(attempt.found());
      // FORK: a value made across a fork is not this process's; nobody has seen it, and it is left alone.
      do {
        if constexpr (calls_as_const<Fork, OnThrow>) {
          this->make(ByCall{}, make_);
        } else {
          // A copy: the lazy can start afresh after a fork or a knot, whatever the call did to it.
          this->make(ByCall{}, F(make_));
        }
      } while (attempt.straddled());
    }
    FIRST_USE_CATCH_AND_RETHROW(InitError const& error, attempt.mind(error))
  }

 private:
  FIRST_USE_NO_UNIQUE_ADDRESS F make_;
};

/// INVARIANT: `make` is active until an attempt took it out; then nothing, or `room` with a value.
template <class T, class F, bool Trivial = std::is_trivially_destructible_v<T>&& std::is_trivially_destructible_v<F>>
union Cargo {
  F make;
  Room<T> room;
  constexpr explicit Cargo(F&& the_call) : make(static_cast<F&&>(the_call)) {}
};
template <class T, class F>
union Cargo<T, F, false> {
  F make;
  Room<T> room;
  constexpr explicit Cargo(F&& the_call) : make(static_cast<F&&>(the_call)) {}
  constexpr ~Cargo() {}
};

/// F in the bytes of T.
template <class T, class F, class Sync, class Fork>
struct LazyShared {
  constexpr explicit LazyShared(F&& the_call) : cargo{static_cast<F&&>(the_call)} {}

  constexpr T& value() const noexcept { return (*cargo).room.value; }

  constexpr void produce(Attempt<Sync, Fork>& attempt, Label const& label) const {
    // FORK: a thread of the parent took F out; what lies here are halves of a T.
    if (attempt.found() == State::abandoned) raise_lost_initialiser(label);
    if (is_null((*cargo).make)) {
      attempt.spare();
      raise_no_initialiser(label);
    }
    F make = take_out((*cargo).make);
    build((*cargo).room, ByCall{}, static_cast<F&&>(make));
  }

  constexpr void clear(State to) const noexcept {
    // SAFETY: "incomplete" stands for an F nobody took, "complete" for a finished T; anything else for neither.
    State const state = machine.state();
    if (state == State::complete) destroy(value());
    if (state == State::incomplete) destroy((*cargo).make);
    machine.settle(to);
  }

  Machine<Sync, Fork> machine{};
  Inner<Cargo<T, F>, Sync::can_wait> cargo;

 private:
  // Out of the bytes that T needs, and ended there, also where its move throws.
  static constexpr F take_out(F& make) {
    struct End {
      constexpr explicit End(F& the_ended) noexcept : ended{the_ended} {}
      End(End const&) = delete;
      End& operator=(End const&) = delete;
      constexpr ~End() { destroy(ended); }
      F& ended;
    } const end{make};
    return F(static_cast<F&&>(make));
  }
};

template <class T, class F, class Sync, class Fork, class OnThrow>
using LazyKind = std::conditional_t<calls_as_const<Fork, OnThrow> || calls_a_copy<F, Sync>,
                                    LazyBeside<T, F, Sync, Fork, OnThrow>, LazyShared<T, F, Sync, Fork>>;

/// With a destructor only where one is needed.
template <class T, class F, class Sync, class Fork, class OnThrow,
          bool Trivial = trivial_to_end<Fork, T>() && std::is_trivially_destructible_v<F>>
struct LazyStore : LazyKind<T, F, Sync, Fork, OnThrow> {
  constexpr explicit LazyStore(F&& the_call) : LazyKind<T, F, Sync, Fork, OnThrow>{static_cast<F&&>(the_call)} {}
};
template <class T, class F, class Sync, class Fork, class OnThrow>
struct LazyStore<T, F, Sync, Fork, OnThrow, false> : LazyKind<T, F, Sync, Fork, OnThrow> {
  constexpr explicit LazyStore(F&& the_call) : LazyKind<T, F, Sync, Fork, OnThrow>{static_cast<F&&>(the_call)} {}
  LazyStore(LazyStore const&) = delete;
  LazyStore& operator=(LazyStore const&) = delete;
  constexpr ~LazyStore() { this->clear(State::destroyed); }
};

}  // namespace detail
FIRST_USE_END

#endif
