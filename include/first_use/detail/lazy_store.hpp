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
template <class Fork, class OnThrow>
inline constexpr bool calls_as_const = OnThrow::retries || Fork::wipes;

// Concepts, and the compiler's own words, because all this is asked at each site: what the first half of a sentence decides
// costs nothing more.
template <class F, class Sync>
concept CallsACopy = __is_trivially_copyable(F) && __is_constructible(F, F const&) && (__is_empty(F) || Sync::can_wait);
template <class F>
concept EndsTrivially = __is_trivially_copyable(F) || std::is_trivially_destructible_v<F>;

/// F beside the room.
template <class T, class F, class Sync, class Fork, class OnThrow>
struct LazyBeside : LockParts<T, Sync, Fork> {
  static constexpr bool keeps_call = true;  // after a knot the next use can try again
  static constexpr bool is_stateless = stateless<F> && !calls_as_const<Fork, OnThrow>;

  constexpr explicit LazyBeside(F&& the_call) : make_{static_cast<F&&>(the_call)} {}

  template <Label const& called>
  constexpr void produce(Attempt<Sync, Fork>& attempt) const {
    if (is_null(make_)) {
      attempt.spare();
      raise_no_initialiser(called);
    }
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
struct LazyShared : Guarded<Sync, Fork> {
  using Guarded<Sync, Fork>::machine;
  static constexpr bool keeps_call = false;
  static constexpr bool is_stateless = false;

  constexpr explicit LazyShared(F&& the_call) : cargo{static_cast<F&&>(the_call)} {}

  constexpr T& value() const noexcept { return (*cargo).room.value; }

  template <Label const& called>
  constexpr void produce(Attempt<Sync, Fork>& attempt) const {
    // FORK: a thread of the parent took F out; what lies here are halves of a T.
    if (attempt.found() == State::abandoned) raise_lost_initialiser(called);
    if (is_null((*cargo).make)) {
      attempt.spare();
      raise_no_initialiser(called);
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

/// std::conditional_t without a class for each pair.
template <bool>
struct Either {
  template <class A, class>
  using of = A;
};
template <>
struct Either<false> {
  template <class, class B>
  using of = B;
};

/// With a destructor, where one is needed.
template <class Kind>
struct LazyToEnd : Kind {
  using Kind::Kind;
  LazyToEnd(LazyToEnd const&) = delete;
  LazyToEnd& operator=(LazyToEnd const&) = delete;
  constexpr ~LazyToEnd() { this->clear(State::destroyed); }
};

template <class T, class F, class Sync, class Fork, class OnThrow>
using LazyKind = typename Either<calls_as_const<Fork, OnThrow> || CallsACopy<F, Sync>>::template of<
    LazyBeside<T, F, Sync, Fork, OnThrow>, LazyShared<T, F, Sync, Fork>>;
template <class T, class F, class Sync, class Fork, class OnThrow, class Kind = LazyKind<T, F, Sync, Fork, OnThrow>>
using LazyStore = typename Either<trivial_to_end<Fork, T>() && EndsTrivially<F>>::template of<Kind, LazyToEnd<Kind>>;

}  // namespace detail
FIRST_USE_END

#endif
