// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A word and room for one T beside it: what a OnceLock is made of, with what needs exclusive access.
#ifndef FIRST_USE_DETAIL_LOCK_STORE_HPP
#define FIRST_USE_DETAIL_LOCK_STORE_HPP

#include <type_traits>

#include <first_use/detail/slot.hpp>
#include <first_use/detail/whole_attempt.hpp>

FIRST_USE_BEGIN
namespace detail {

/// Applies OnWipe to the parent's object; nothing in types that do not wipe.
template <class Fork, class T>
constexpr void wipe_stale(State found, T& value) noexcept {
  if constexpr (Fork::wipes) {
    if (found == State::stale) Fork::on_wipe::wipe(value);
  }
}

template <class Fork, class T>
constexpr bool trivial_to_end() noexcept {
  if constexpr (Fork::wipes) {
    return std::is_trivially_destructible_v<T> && Fork::on_wipe::template trivial<T>;
  } else {
    return std::is_trivially_destructible_v<T>;
  }
}

/// INVARIANT: a T lies in `room` exactly while the word says "complete" (of this process, in wiped types) or somebody
/// between claim and release is making it.
template <class T, class Sync, class Fork>
struct LockParts : Guarded<Sync, Fork> {
  using Guarded<Sync, Fork>::machine;

  constexpr LockParts() noexcept = default;
  template <class... Args>
  constexpr explicit LockParts(ByArguments the_how, Args&&... the_args)
      : Guarded<Sync, Fork>{Machine<Sync, Fork>{State::complete}}, room{the_how, static_cast<Args&&>(the_args)...} {}

  constexpr T& value() const noexcept { return (*room).value; }

  /// What a claim begins with: OnWipe for the parent's object, which the word does not tell of any more.
  constexpr void clean(State found) const noexcept { wipe_stale<Fork>(found, value()); }

  /// SAFETY: the caller has claimed the word, and cleaned.
  template <class... How>
  constexpr void make(How&&... how) const {
    if constexpr (Sync::can_wait) {
      // Never in constant evaluation, where words that can wait cannot be claimed.
      ::new (static_cast<void*>(&*room)) Room<std::remove_const_t<T>>(static_cast<How&&>(how)...);
    } else {
      build(*room, static_cast<How&&>(how)...);
    }
  }

  /// All there is to do for an initialiser without state, in types that do not wipe: what each site of them compiles.
  /// SAFETY: as make().
  template <class F>
  static void make_stateless(Guarded<Sync, Fork> const& object, void*, Attempt<Sync, Fork>&) {
    auto& self = static_cast<LockParts const&>(object);
    if constexpr (takes_call<std::remove_const_t<T>>) {
      self.make(ByCall{}, F{});
    } else {
      ::new (static_cast<void*>(&*self.room)) std::remove_const_t<T>(F{}());
    }
  }

  /// Exclusive access: makes the value where there was none, and says so.
  template <class... How>
  constexpr void make_alone(Label const& label, How&&... how) const {
    if (!machine.ready()) raise_not_ready(label);
    clean(machine.state());
    make(static_cast<How&&>(how)...);
    machine.settle(State::complete);
  }

  /// Exclusive access: leaves nothing alive in the room and the word at `to`. Within an initialiser of this very object
  /// access is not exclusive; then nothing happens.
  constexpr void clear(State to) const noexcept {
    State const state = machine.state();
    if (state == State::running) return;
    // SAFETY: "complete" stands for a finished T; half-built bytes (abandoned) and the parent's (stale) are left alone.
    if (state == State::complete) destroy(value());
    clean(state);
    machine.settle(to);
  }

  Inner<Room<std::remove_const_t<T>>, Sync::can_wait> room{};
};

/// With a destructor only where one is needed (clang 14 does not know conditionally trivial ones).
template <class T, class Sync, class Fork, bool Trivial = trivial_to_end<Fork, T>()>
struct LockStore : LockParts<T, Sync, Fork> {
  using LockParts<T, Sync, Fork>::LockParts;
};
template <class T, class Sync, class Fork>
struct LockStore<T, Sync, Fork, false> : LockParts<T, Sync, Fork> {
  using LockParts<T, Sync, Fork>::LockParts;
  LockStore(LockStore const&) = delete;
  LockStore& operator=(LockStore const&) = delete;
  constexpr ~LockStore() { this->clear(State::destroyed); }
};

}  // namespace detail
FIRST_USE_END

#endif
