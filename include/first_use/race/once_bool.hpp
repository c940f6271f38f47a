// SPDX-License-Identifier: MIT OR Apache-2.0
//
// race::OnceBool: a truth value, from the moment when somebody first says which.
//
// Use it for a question that is asked often and answered once. It allocates nothing, and all of it may be called in a
// signal handler. See race.hpp for what the family promises.
//
//     constinit first_use::race::OnceBool verbose;
//     bool is_verbose() {
//       return verbose.get_or_init([] { return std::getenv("SHOP_VERBOSE") != nullptr; });
//     }
#ifndef FIRST_USE_RACE_ONCE_BOOL_HPP
#define FIRST_USE_RACE_ONCE_BOOL_HPP

#include <cstdint>
#include <optional>
#include <type_traits>

#include <first_use/detail/race_word.hpp>
#include <first_use/detail/try_result.hpp>
#include <first_use/sync/platform_sync.hpp>

FIRST_USE_BEGIN
namespace race {

/// OnceBool, over a policy of one's own. 32 bits; all zero while empty. Any thread, any signal handler, any time:
/// everything but the destruction.
///
/// Where nothing else is said:
/// Blocks: never.
/// Throws: what the initialiser throws (nothing is stored).
/// On fork: a child keeps the value.
template <class Sync = PlatformSync>
class BasicOnceBool {
  using Bits = std::uint32_t;

 public:
  using value_type = bool;

  constexpr BasicOnceBool() noexcept = default;
  /// One that has its value from the start.
  constexpr explicit BasicOnceBool(bool the_value) noexcept : word_{bits(the_value)} {}
  BasicOnceBool(BasicOnceBool const&) = delete;
  BasicOnceBool& operator=(BasicOnceBool const&) = delete;

  /// The value, or nothing while there is none. Throws: nothing.
  [[nodiscard]] constexpr std::optional<bool> get() const noexcept {
    Bits const there = word_.look();
    if (there == 0) return std::nullopt;
    return truth(there);
  }

  /// Stores `value` if there is none yet. False: there was one (perhaps the same). Throws: nothing.
  constexpr bool set(bool value) noexcept {
    Bits mine = bits(value);
    return word_.offer(mine);
  }

  /// The value; f() says which, if nobody has. Of several that run their f at once the first one wins, and all get its.
  template <class F>
  constexpr bool get_or_init(F&& f) const {
    FIRST_USE_CHECK_INITIALISER(bool, F);
    if (Bits const there = word_.look(); there != 0) [[likely]]
      return truth(there);
    return init<F>(*this, static_cast<F&&>(f));
  }

  /// As get_or_init() for an f that can fail: f returns std::optional<bool> or an expected-like E<bool, Error>, and of the
  /// same type is the result. After a failure nothing is stored.
  template <class F>
  [[nodiscard]] constexpr auto get_or_try_init(F&& f) const {
    detail::check_race_call<F>();
    using Returned = std::remove_cvref_t<std::invoke_result_t<F>>;
    using Result = detail::TryResult<Returned, bool>;
    using Either = std::conditional_t<detail::is_optional<Returned>, std::optional<bool>, Result>;
    if (Bits const there = word_.look(); there != 0) [[likely]]
      return Either(truth(there));
    return try_init<Either, F>(*this, static_cast<F&&>(f));
  }

  // ------------------------------------------------------------------------------------------------------------------
 private:
  static constexpr detail::Label label{"race::OnceBool", nullptr};

  static constexpr Bits bits(bool value) noexcept { return value ? 1 : 2; }
  static constexpr bool truth(Bits bits) noexcept { return bits == 1; }

  static constexpr bool offer(BasicOnceBool const& self, bool value) noexcept {
    Bits mine = bits(value);
    self.word_.offer(mine);
    return truth(mine);
  }

  template <class F>
  FIRST_USE_COLD static constexpr bool init(BasicOnceBool const& self, detail::Passed<F> f) {
    if constexpr (detail::can_be_null<std::remove_cvref_t<F>>) {
      detail::refuse_null(f, detail::label_for<label, F>());
    }
    bool const made(static_cast<F&&>(f)());
    return offer(self, made);
  }
  template <class Either, class F>
  FIRST_USE_COLD static constexpr Either try_init(BasicOnceBool const& self, detail::Passed<F> f) {
    detail::refuse_null(f, detail::label_for<label, F>());
    auto result = static_cast<F&&>(f)();
    if (!result.has_value()) return detail::failure_of<Either>(static_cast<decltype(result)&&>(result));
    return Either(offer(self, *result));
  }

  detail::RaceWord<Sync, Bits> word_{};
};

/// Set once, by whoever comes first.
using OnceBool = BasicOnceBool<>;

}  // namespace race
FIRST_USE_END

#endif
