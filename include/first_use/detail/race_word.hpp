// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What the types of race/ have in common: one word that leaves zero once, and nobody who waits. No state "running", no
// frame, no fork handler: whoever asks runs its initialiser, and the first to offer a result decides.
#ifndef FIRST_USE_DETAIL_RACE_WORD_HPP
#define FIRST_USE_DETAIL_RACE_WORD_HPP

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <first_use/detail/callable.hpp>
#include <first_use/detail/raise.hpp>
#include <first_use/detail/slot.hpp>
#include <first_use/sync/sync_policy.hpp>

FIRST_USE_BEGIN
namespace detail {

/// INVARIANT: zero while nothing is there; after that the first value that was offered, for good.
template <class Sync, class Bits>
class RaceWord {
  static_assert(SyncWord<typename Sync::template word<Bits>, Bits>,
                "first_use: Sync must have words of this width (sync/sync_policy.hpp)");

 public:
  constexpr RaceWord() noexcept = default;
  constexpr explicit RaceWord(Bits the_value) noexcept : word_{the_value} {}

  /// The hot check: what is there, or zero.
  constexpr Bits look() const noexcept {
    // ORDERING: acquire pairs with the release in offer(): who finds a value sees all that its maker did before.
    return (*word_).load(Order::acquire);
  }

  /// Stores `mine` (not zero) where nothing is yet, and says so. False: `mine` has become what is there.
  constexpr bool offer(Bits& mine) const noexcept {
    Bits seen = 0;
    // ORDERING: release publishes what lies behind `mine`. Nothing was ever released at zero, so there is nothing to
    // acquire. relaxed: look() acquires what the winner released. (Not acquire here: some compilers forget the order of a
    // failure where that of success does not include it.)
    while (!(*word_).compare_exchange_weak(seen, mine, Order::release, Order::relaxed)) {
      if (seen == 0) continue;
      mine = look();
      return false;
    }
    return true;
  }

  /// Exclusive access: what was there, for `to`.
  constexpr Bits settle(Bits to) noexcept {
    Bits const old = look();
    // ORDERING: release: the user's own synchronisation publishes it; a reader that races against the rules still finds
    // an address only with the object that lies there.
    (*word_).store(to, Order::release);
    return old;
  }

 private:
  Inner<WordOf<Sync, Bits>, Sync::can_wait> word_{};
};

/// Of the widths that every policy has, the one that holds so many bytes.
template <std::size_t size>
using RaceBits = std::conditional_t<(size <= 4), std::uint32_t, std::uint64_t>;

/// A word that holds the address of an X.
template <class Sync, class X>
struct RacePointer : RaceWord<Sync, RaceBits<sizeof(void*)>> {
  using Bits = RaceBits<sizeof(void*)>;
  using RaceWord<Sync, Bits>::RaceWord;

  static Bits bits(X* pointer) noexcept { return reinterpret_cast<Bits>(pointer); }
  static X* pointer(Bits bits) noexcept { return reinterpret_cast<X*>(bits); }
};

[[noreturn]] FIRST_USE_COLD inline void raise_zero(Label const& label) {
  raise<InitError>(
      Text{} << "first_use: " << label
             << " was offered zero (or null), which stands for 'nothing there'; let the initialiser return "
                "something else, or say through get_or_try_init that there is nothing");
}

template <class F>
constexpr void check_race_call() noexcept {
  static_assert(std::is_invocable_v<F>,
                "first_use: the initialiser cannot be called: it must be callable without arguments");
}

}  // namespace detail
FIRST_USE_END

#endif
