// SPDX-License-Identifier: MIT OR Apache-2.0
//
// OnceLock<T>: room for one T that any thread may fill, once, and all threads then read.
//
// Use it where the initialiser is known only at the call: a value set by main(), a member filled by a const method, an
// initialiser that can fail. Where it is known at the definition, LazyLock is shorter. For one thread, OnceCell.
//
//     constinit first_use::OnceLock<Config> config;
//     Config const& the_config(char const* path) {
//       return config.get_or_init([path] { return Config::load(path); });
//     }
//
// An initialiser that throws leaves it empty: the next caller tries again. References stay valid until the object is
// destroyed, reset or taken from. `const` is deep: a const lock gives T const&, and still fills itself.
#ifndef FIRST_USE_ONCE_LOCK_HPP
#define FIRST_USE_ONCE_LOCK_HPP

#include <concepts>
#include <optional>
#include <utility>

#include <first_use/detail/lock_core.hpp>
#include <first_use/detail/timing.hpp>

FIRST_USE_BEGIN

/// What try_set() did with the value: `stored` it; found the place `occupied`; or found it `busy`, being filled by
/// another thread just now.
enum class TrySetResult : unsigned char { stored, occupied, busy };

/// See the top of the file. T plus 4 bytes, rounded up; all zero bits in the word while empty.
///
/// Any thread, any time: get, get_or_init, get_or_try_init, set, try_set, try_insert, try_emplace, value, has_value,
/// wait*. Exclusive access: take, reset, into_inner, assignment, swap, being moved from, destruction.
///
/// Where nothing else is said:
/// Blocks: while another thread initialises this object.
/// Throws: what the initialiser or T's constructor throws (the object stays empty); ReentrantInitError inside its own
///   initialiser; DeadlockError where waiting would close a ring of initialisers; InitError after its destruction.
/// On fork: a child keeps a value; an initialiser that another thread was in the middle of is started afresh.
template <class T, class Sync = DefaultSync, class Fork = KeepOnFork>
class BasicOnceLock {
  static_assert((detail::check_value_type<T>(), true));
  using Core = detail::LockCore<T, Sync, Fork>;

 public:
  using value_type = T;

  constexpr BasicOnceLock() noexcept = default;

  /// A lock that is full from the start; constant-initialised where T is. (A wiped one belongs to the process that makes
  /// it, so it cannot be constant-initialised.)
  template <class... Args>
    requires(std::constructible_from<T, Args...> && !Fork::wipes)
  constexpr explicit BasicOnceLock(std::in_place_t, Args&&... the_args)
      : core_{detail::ByArguments{}, static_cast<Args&&>(the_args)...} {}
  template <class... Args>
    requires(std::constructible_from<T, Args...>&& Fork::wipes)
  explicit BasicOnceLock(std::in_place_t, Args&&... the_args) {
    core_.make_alone(Core::label, detail::ByArguments{}, static_cast<Args&&>(the_args)...);
  }

  /// Copies take a snapshot of `other`, by get(). Blocks: never.
  constexpr BasicOnceLock(BasicOnceLock const& the_other) requires std::copy_constructible<T> {
    if (T const* const from = the_other.get()) core_.make_alone(Core::label, detail::ByArguments{}, *from);
  }
  /// Moves leave `other` empty. Blocks: never.
  constexpr BasicOnceLock(BasicOnceLock&& the_other) noexcept(std::is_nothrow_move_constructible_v<T> &&
                                                              !Fork::wipes) requires std::move_constructible<T> {
    core_.take_from(the_other.core_);
  }
  /// Destroys the value there was, then copies or moves; if that throws, the lock is empty.
  constexpr BasicOnceLock& operator=(BasicOnceLock const& other) requires std::copy_constructible<T> {
    if (this == &other) return *this;
    reset();
    if (T const* const from = other.get()) core_.make_alone(Core::label, detail::ByArguments{}, *from);
    return *this;
  }
  constexpr BasicOnceLock& operator=(BasicOnceLock&& other) noexcept(std::is_nothrow_move_constructible_v<T> &&
                                                                     !Fork::wipes) requires std::move_constructible<T> {
    if (this == &other) return *this;
    reset();
    core_.take_from(other.core_);
    return *this;
  }
  constexpr void swap(BasicOnceLock& other) requires std::move_constructible<T> {
    BasicOnceLock mine{std::move(*this)};
    *this = std::move(other);
    other = std::move(mine);
  }
  friend constexpr void swap(BasicOnceLock& a, BasicOnceLock& b) requires std::move_constructible<T> { a.swap(b); }

  /// The value, or null while there is none (also while it is being made). Blocks: never. Async-signal-safe.
  [[nodiscard]] constexpr T* get() & noexcept FIRST_USE_LIFETIMEBOUND { return core_.peek(); }
  [[nodiscard]] constexpr T const* get() const& noexcept FIRST_USE_LIFETIMEBOUND { return core_.peek(); }
  void get() const&& = delete;  // the pointer would dangle at once

  [[nodiscard]] constexpr bool is_initialized() const noexcept { return core_.machine.is_complete(); }
  [[nodiscard]] constexpr bool has_value() const noexcept { return is_initialized(); }
  constexpr explicit operator bool() const noexcept { return is_initialized(); }

  /// The value; Throws: InitError where there is none. Blocks: never.
  [[nodiscard]] constexpr T& value() & FIRST_USE_LIFETIMEBOUND { return core_.checked(); }
  [[nodiscard]] constexpr T const& value() const& FIRST_USE_LIFETIMEBOUND { return core_.checked(); }
  void value() const&& = delete;

  /// The value; made by f() if there is none. Of many callers one runs its f, the others wait; if it throws, one of them
  /// runs its own. What f returns becomes the value in place: T may be immovable.
  template <class F>
      constexpr T& get_or_init(F&& f) & FIRST_USE_LIFETIMEBOUND {
    return core_.obtain(static_cast<F&&>(f));
  }
  template <class F>
  constexpr T const& get_or_init(F&& f) const& FIRST_USE_LIFETIMEBOUND {
    return core_.obtain(static_cast<F&&>(f));
  }
  template <class F>
  void get_or_init(F&&) const&& = delete;

  /// As get_or_init() for an f that can fail without exceptions: f returns std::optional<T> (the result is then T*, null
  /// on failure) or an expected-like E<T, Error> (the result is E<T*, Error>). Only the caller that ran f gets its error;
  /// the lock stays empty.
  template <class F>
  [[nodiscard]] constexpr auto get_or_try_init(F&& f) & {
    return core_.template try_obtain<T*>(static_cast<F&&>(f));
  }
  template <class F>
  [[nodiscard]] constexpr auto get_or_try_init(F&& f) const& {
    return core_.template try_obtain<T const*>(static_cast<F&&>(f));
  }
  template <class F>
  void get_or_try_init(F&&) const&& = delete;

  /// Stores `value` if there is none. False: there was one, and `value` was not touched. On return the lock is full.
  template <class U = T>
    requires std::constructible_from<T, U>
  constexpr bool set(U&& value) {
    return !is_initialized() && core_.template fill<detail::Manner{}>(detail::ByArguments{}, static_cast<U&&>(value)) ==
                                    detail::Progress::claimed;
  }
  /// As set(), but never blocks: while another thread initialises, the answer is `busy`.
  template <class U = T>
    requires std::constructible_from<T, U>
  [[nodiscard]] constexpr TrySetResult try_set(U&& value) {
    if (is_initialized()) return TrySetResult::occupied;
    detail::Progress const progress =
        core_.template fill<detail::Manner{.blocks = false}>(detail::ByArguments{}, static_cast<U&&>(value));
    if (progress == detail::Progress::claimed) return TrySetResult::stored;
    return progress == detail::Progress::busy ? TrySetResult::busy : TrySetResult::occupied;
  }
  /// The value there is now, and whether it is the one given here. A refused argument is not touched.
  template <class U = T>
    requires std::constructible_from<T, U>
  constexpr std::pair<T&, bool> try_insert(U&& value) & FIRST_USE_LIFETIMEBOUND {
    return try_emplace(static_cast<U&&>(value));
  }
  template <class... Args>
    requires std::constructible_from<T, Args...>
  constexpr std::pair<T&, bool> try_emplace(Args&&... args) & FIRST_USE_LIFETIMEBOUND {
    bool const mine = !is_initialized() &&
                      core_.template fill<detail::Manner{}>(detail::ByArguments{}, static_cast<Args&&>(args)...) ==
                          detail::Progress::claimed;
    return {core_.value(), mine};
  }

  /// Sleeps until there is a value, through failed initialisations; starts none. Blocks: for ever if nobody does.
  constexpr T& wait() & FIRST_USE_LIFETIMEBOUND requires(Sync::can_wait || !FIRST_USE_HAS_THREADS) {
    core_.machine.wait(Core::label, false, nullptr);
    return core_.value();
  }
  constexpr T const& wait() const& FIRST_USE_LIFETIMEBOUND requires(Sync::can_wait || !FIRST_USE_HAS_THREADS) {
    core_.machine.wait(Core::label, false, nullptr);
    return core_.value();
  }
  void wait() const&& = delete;

  /// As wait(), at most for a duration (of std::chrono's shape) or until a time point; null when the time was up. Since
  /// it ends by itself it closes no ring: throws no DeadlockError.
  template <detail::Duration D>
  requires Sync::can_wait [[nodiscard]] T* wait_for(D const& duration) & FIRST_USE_LIFETIMEBOUND {
    return core_.peek_within(duration);
  }
  template <detail::Duration D>
  requires Sync::can_wait [[nodiscard]] T const* wait_for(D const& duration) const& FIRST_USE_LIFETIMEBOUND {
    return core_.peek_within(duration);
  }
  template <detail::TimePoint P>
  requires Sync::can_wait [[nodiscard]] T* wait_until(P const& point) & FIRST_USE_LIFETIMEBOUND {
    return detail::wait_until_by(point, [this](auto const& left) { return core_.peek_within(left); });
  }
  template <detail::TimePoint P>
  requires Sync::can_wait [[nodiscard]] T const* wait_until(P const& point) const& FIRST_USE_LIFETIMEBOUND {
    return detail::wait_until_by(point, [this](auto const& left) { return core_.peek_within(left); });
  }

  /// Moves the value out and leaves the lock empty, ready to be filled again. Blocks: never.
  [[nodiscard]] constexpr std::optional<T> take() requires std::move_constructible<T> {
    std::optional<T> taken;
    if (T* const from = core_.peek()) taken.emplace(static_cast<T&&>(*from));
    reset();
    return taken;
  }
  [[nodiscard]] constexpr std::optional<T> into_inner() && requires std::move_constructible<T> { return take(); }
  /// Destroys the value, if any, and leaves the lock empty. Blocks: never.
  constexpr void reset() noexcept { core_.clear(detail::State::incomplete); }

  /// Compares what get() sees: empty equals empty. Blocks: never.
  friend constexpr bool operator==(BasicOnceLock const& a,
                                   BasicOnceLock const& b) requires std::equality_comparable<T> {
    T const* left = a.get();
    T const* right = b.get();
    FIRST_USE_FORGET_ORIGIN(left);
    FIRST_USE_FORGET_ORIGIN(right);
    if (left == nullptr || right == nullptr) return left == right;
    return *left == *right;
  }

  // ------------------------------------------------------------------------------------------------------------------
 private:
  Core core_{};
};

/// Set once by any thread, read by all; kept across forks.
template <class T>
using OnceLock = BasicOnceLock<T>;

FIRST_USE_END

#endif
