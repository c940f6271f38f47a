// SPDX-License-Identifier: MIT OR Apache-2.0
//
// race::OnceNonZero<U>: an integer that is not zero, from the moment when somebody first says which.
//
// Use it for what the system is asked once and is answered in one number: a page size, a mask of features, a key. It
// allocates nothing, and all of it may be called in a signal handler. See race.hpp for what the family promises.
//
//     constinit first_use::race::OnceNonZero<unsigned> seed;
//     unsigned the_seed() {
//       return seed.get_or_init([] { return draw_a_number() | 1; });
//     }
//
// Zero stands for "nothing there": whoever offers it gets an InitError.
#ifndef FIRST_USE_RACE_ONCE_NON_ZERO_HPP
#define FIRST_USE_RACE_ONCE_NON_ZERO_HPP

#include <concepts>
#include <optional>
#include <type_traits>

#include <first_use/detail/race_word.hpp>
#include <first_use/detail/try_result.hpp>
#include <first_use/sync/platform_sync.hpp>

FIRST_USE_BEGIN
namespace race {

/// See the top of the file. 32 bits, or 64 for a U that needs them; all zero while empty. Any thread, any signal handler,
/// any time: everything but the destruction.
///
/// Where nothing else is said:
/// Blocks: never.
/// Throws: what the initialiser throws (nothing is stored); InitError where zero is offered.
/// On fork: a child keeps the number.
template <class U, class Sync = PlatformSync>
class OnceNonZero {
  static_assert(std::integral<U> && !std::is_same_v<std::remove_cv_t<U>, bool> && !std::is_const_v<U>,
                "first_use: OnceNonZero<U> holds an integer; for a truth value take race::OnceBool, for an address "
                "race::OnceRef");
  static_assert(sizeof(U) <= 4 || sizeof(void*) >= 8 || FIRST_USE_HAS_64_BIT_ATOMICS || !Sync::can_wait,
                "first_use: this machine cannot exchange 64 bits in one step; let OnceNonZero hold 32");
  static_assert(sizeof(U) <= 8, "first_use: OnceNonZero holds 64 bits at the most");
  using Bits = detail::RaceBits<sizeof(U)>;

 public:
  using value_type = U;

  constexpr OnceNonZero() noexcept = default;
  /// One that has its number from the start.
  constexpr explicit OnceNonZero(U the_number) : word_{bits(the_number)} {
    if (the_number == 0) detail::raise_zero(label);
  }
  OnceNonZero(OnceNonZero const&) = delete;
  OnceNonZero& operator=(OnceNonZero const&) = delete;

  /// The number, or zero while there is none. Throws: nothing.
  [[nodiscard]] constexpr U get() const noexcept { return number(word_.look()); }

  /// Stores `value` if there is none yet. False: there was one.
  constexpr bool set(U value) {
    if (value == 0) detail::raise_zero(label);
    Bits mine = bits(value);
    return word_.offer(mine);
  }

  /// The number; f() says which, if nobody has. Of several that run their f at once the first one wins, and all get its.
  template <class F>
  constexpr U get_or_init(F&& f) const {
    FIRST_USE_CHECK_INITIALISER(U, F);
    if (Bits const there = word_.look(); there != 0) [[likely]]
      return number(there);
    return init<F>(*this, static_cast<F&&>(f));
  }

  /// As get_or_init() for an f that can fail: f returns std::optional<U> (the result is then a U, zero on failure) or an
  /// expected-like E<U, Error> (also the result). After a failure nothing is stored.
  template <class F>
  [[nodiscard]] constexpr auto get_or_try_init(F&& f) const {
    detail::check_race_call<F>();
    using Result = detail::TryResult<std::remove_cvref_t<std::invoke_result_t<F>>, U>;
    if (Bits const there = word_.look(); there != 0) [[likely]]
      return Result(number(there));
    return try_init<Result, F>(*this, static_cast<F&&>(f));
  }

  // ------------------------------------------------------------------------------------------------------------------
 private:
  static constexpr detail::Label label{"race::OnceNonZero", detail::signature<U>()};

  // By way of the unsigned type of the same width: no sign is spread over the bits of a smaller U.
  static constexpr Bits bits(U number) noexcept { return static_cast<std::make_unsigned_t<U>>(number); }
  static constexpr U number(Bits bits) noexcept { return static_cast<U>(static_cast<std::make_unsigned_t<U>>(bits)); }

  static constexpr U offer(OnceNonZero const& self, U value, detail::Label const& called) {
    if (value == 0) detail::raise_zero(called);
    Bits mine = bits(value);
    self.word_.offer(mine);
    return number(mine);
  }

  template <class F>
  FIRST_USE_COLD static constexpr U init(OnceNonZero const& self, detail::Passed<F> f) {
    constexpr detail::Label const& called = detail::label_for<label, F>();
    if constexpr (detail::can_be_null<std::remove_cvref_t<F>>) detail::refuse_null(f, called);
    U const made(static_cast<F&&>(f)());
    return offer(self, made, called);
  }
  template <class Result, class F>
  FIRST_USE_COLD static constexpr Result try_init(OnceNonZero const& self, detail::Passed<F> f) {
    constexpr detail::Label const& called = detail::label_for<label, F>();
    detail::refuse_null(f, called);
    auto result = static_cast<F&&>(f)();
    if (!result.has_value()) return detail::failure_of<Result>(static_cast<decltype(result)&&>(result));
    return Result(offer(self, *result, called));
  }

  detail::RaceWord<Sync, Bits> word_{};
};

}  // namespace race
FIRST_USE_END

#endif
