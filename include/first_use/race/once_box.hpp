// SPDX-License-Identifier: MIT OR Apache-2.0
//
// race::OnceBox<T>: owns a T on the heap, from the moment when somebody first has made one.
//
// Use it where a value must be made at first use and nobody may wait, at the price that several threads may make one at
// once: the first one wins, the others' are destroyed. T may be an interface, immovable, or only declared where the box is.
// Where waiting is allowed take OnceLock, which makes one value and allocates nothing. See race.hpp for what the family
// promises.
//
//     constinit first_use::race::OnceBox<Table> table;
//     Table const& the_table() {
//       return table.get_or_init([] { return Table{1000}; });
//     }
//
// It allocates by `new` and frees by `delete`: in a signal handler call get() and nothing else. A static box frees its T at
// exit, and is empty from then on.
#ifndef FIRST_USE_RACE_ONCE_BOX_HPP
#define FIRST_USE_RACE_ONCE_BOX_HPP

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

#include <first_use/detail/race_word.hpp>
#include <first_use/detail/try_result.hpp>
#include <first_use/sync/platform_sync.hpp>

FIRST_USE_BEGIN
namespace detail {

/// Whether P is a smart pointer to one object, whose deleter nobody chose: what it lets go of may be deleted. (By its
/// shape, because std::unique_ptr's header costs several times this library.)
template <class P, class T>
inline constexpr bool owns = false;
template <template <class...> class P, class U, class Deleter, class T>
  requires requires(P<U, Deleter> owner) {
    { owner.get() } -> std::convertible_to<T*>;
    { owner.release() } -> std::convertible_to<T*>;
  }
inline constexpr bool owns<P<U, Deleter>, T> = !std::is_array_v<U> && std::is_same_v<P<U, Deleter>, P<U>>;

}  // namespace detail

namespace race {

/// See the top of the file. One pointer; all zero bits while empty.
///
/// Any thread, any time: get, set, get_or_init, get_or_try_init. Exclusive access: into_inner, assignment, being moved
/// from, destruction. Copying takes a snapshot by get(). Async-signal-safe: get() alone.
///
/// Where nothing else is said:
/// Blocks: never (but for what `new` does).
/// Throws: what the initialiser, T's constructor or `new` throws (nothing is stored).
/// On fork: a child keeps the value; one that another thread was making is lost, and its bytes with it.
template <class T, class Sync = PlatformSync>
class OnceBox {
  static_assert((detail::check_value_type<T>(), true));
  using Word = detail::RacePointer<Sync, T>;
  using Bits = typename Word::Bits;

 public:
  using value_type = T;

  constexpr OnceBox() noexcept = default;
  /// A box that is full from the start.
  template <class... Args>
    requires std::constructible_from<T, Args...>
  explicit OnceBox(std::in_place_t, Args&&... the_args) : word_{Word::bits(new T(static_cast<Args&&>(the_args)...))} {}
  /// Takes what a std::unique_ptr<T> owns.
  template <class Owner>
    requires detail::owns<Owner, T>
  explicit OnceBox(Owner the_owner) noexcept : word_{Word::bits(the_owner.release())} {}

  OnceBox(OnceBox const& the_other) requires std::copy_constructible<T> : word_{Word::bits(copy_of(the_other.get()))} {}
  OnceBox(OnceBox&& the_other) noexcept : word_{the_other.word_.settle(0)} {}
  OnceBox& operator=(OnceBox const& other) requires std::copy_constructible<T> {
    if (this != &other) put(copy_of(other.get()));
    return *this;
  }
  OnceBox& operator=(OnceBox&& other) noexcept {
    if (this != &other) put(Word::pointer(other.word_.settle(0)));
    return *this;
  }
  ~OnceBox() { put(nullptr); }

  /// The value, or null while there is none. Throws: nothing. Async-signal-safe.
  [[nodiscard]] T* get() & noexcept FIRST_USE_LIFETIMEBOUND { return Word::pointer(word_.look()); }
  [[nodiscard]] T const* get() const& noexcept FIRST_USE_LIFETIMEBOUND { return Word::pointer(word_.look()); }
  void get() const&& = delete;  // the pointer would dangle at once

  /// Takes what `owner` (a std::unique_ptr<T>, not null) owns, if there is no value yet. False: there was one, and `owner`
  /// has kept its own. Throws: InitError where `owner` is null.
  template <class Owner>
  bool set(Owner&& owner) {
    static_assert(!std::is_lvalue_reference_v<Owner>,
                  "first_use: move the std::unique_ptr into set(); it keeps what is "
                  "refused");
    static_assert(detail::owns<Owner, T>,
                  "first_use: set() takes a std::unique_ptr<T> that deletes as usual; a value by itself would be lost "
                  "where it is refused");
    Bits mine = Word::bits(owner.get());
    if (mine == 0) detail::raise_zero(label);
    if (!word_.offer(mine)) return false;
    static_cast<void>(owner.release());
    return true;
  }

  /// The value; made by f() if there is none. f returns what a T is built from, in place, or a std::unique_ptr<T>. Of
  /// several that run their f at once the first one wins, all get its value, and the others' are destroyed.
  template <class F>
      T& get_or_init(F&& f) & FIRST_USE_LIFETIMEBOUND {
    return obtain<F>(static_cast<F&&>(f));
  }
  template <class F>
  T const& get_or_init(F&& f) const& FIRST_USE_LIFETIMEBOUND {
    return obtain<F>(static_cast<F&&>(f));
  }
  template <class F>
  void get_or_init(F&&) const&& = delete;

  /// As get_or_init() for an f that can fail: f returns std::optional<T> or std::unique_ptr<T> (the result is then T*,
  /// null on failure) or an expected-like E<T, Error> (the result is E<T*, Error>). After a failure nothing is stored.
  template <class F>
  [[nodiscard]] auto get_or_try_init(F&& f) & {
    return try_obtain<T*, F>(static_cast<F&&>(f));
  }
  template <class F>
  [[nodiscard]] auto get_or_try_init(F&& f) const& {
    return try_obtain<T const*, F>(static_cast<F&&>(f));
  }
  template <class F>
  void get_or_try_init(F&&) const&& = delete;

  /// Moves the value out, if there is one, and leaves the box empty.
  [[nodiscard]] std::optional<T> into_inner() && requires std::move_constructible<T> {
    std::optional<T> taken;
    if (T* const from = Word::pointer(word_.look())) taken.emplace(static_cast<T&&>(*from));
    put(nullptr);
    return taken;
  }

  // ------------------------------------------------------------------------------------------------------------------
 private:
  static constexpr detail::Label label{"race::OnceBox", detail::signature<T>()};

  static T* copy_of(T const* from) { return from != nullptr ? new T(*from) : nullptr; }

  // SAFETY: exclusive access; what an address in the word leads to came from `new` and is nobody else's.
  void put(T* to) noexcept { delete Word::pointer(word_.settle(Word::bits(to))); }

  template <class F>
  static constexpr void check() noexcept {
    detail::check_race_call<F>();
    if constexpr (std::is_invocable_v<F>) {
      using R = std::invoke_result_t<F>;
      if constexpr (!detail::owns<std::remove_cvref_t<R>, T>) detail::check_result<T, R>();
    }
  }

  template <class F>
  T& obtain(F&& f) const {
    check<F>();
    if (Bits const there = word_.look(); there != 0) [[likely]]
      return *Word::pointer(there);
    return init<F>(*this, static_cast<F&&>(f));
  }
  template <class Pointer, class F>
  auto try_obtain(F&& f) const {
    detail::check_race_call<F>();
    using R = std::remove_cvref_t<std::invoke_result_t<F>>;
    using Result = typename TryResult<R, Pointer, detail::owns<R, T>>::type;
    if (Bits const there = word_.look(); there != 0) [[likely]]
      return Result(Word::pointer(there));
    return try_init<Result, F>(*this, static_cast<F&&>(f));
  }

  template <class R, class Pointer, bool owner>
  struct TryResult {
    using type = detail::TryResult<R, Pointer>;
  };
  template <class R, class Pointer>
  struct TryResult<R, Pointer, true> {
    using type = Pointer;
  };

  static T& offer(OnceBox const& self, T* made) noexcept {
    Bits mine = Word::bits(made);
    // SAFETY: a refused one was never seen by anybody else.
    if (!self.word_.offer(mine)) delete made;
    return *Word::pointer(mine);
  }

  template <class F>
  FIRST_USE_COLD static T& init(OnceBox const& self, detail::Passed<F> f) {
    constexpr detail::Label const& called = detail::label_for<label, F>();
    if constexpr (detail::can_be_null<std::remove_cvref_t<F>>) detail::refuse_null(f, called);
    if constexpr (detail::owns<std::remove_cvref_t<std::invoke_result_t<F>>, T>) {
      auto owner = static_cast<F&&>(f)();
      if (owner.get() == nullptr) detail::raise_zero(called);
      return offer(self, owner.release());
    } else {
      return offer(self, new T(static_cast<F&&>(f)()));
    }
  }
  template <class Result, class F>
  FIRST_USE_COLD static Result try_init(OnceBox const& self, detail::Passed<F> f) {
    constexpr detail::Label const& called = detail::label_for<label, F>();
    detail::refuse_null(f, called);
    auto result = static_cast<F&&>(f)();
    if constexpr (detail::owns<decltype(result), T>) {
      return result.get() != nullptr ? &offer(self, result.release()) : nullptr;
    } else {
      if (!result.has_value()) return detail::failure_of<Result>(static_cast<decltype(result)&&>(result));
      return Result(&offer(self, new T(*static_cast<decltype(result)&&>(result))));
    }
  }

  Word word_{};
};

}  // namespace race
FIRST_USE_END

#endif
