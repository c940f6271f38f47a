// SPDX-License-Identifier: MIT OR Apache-2.0
//
// race::OnceRef<T>: refers to a T that lives elsewhere, from the moment when somebody first says to which one.
//
// Use it where one of several objects that exist anyway is to be chosen once: the implementation for this machine, a
// static that was filled early. It allocates nothing, and all of it may be called in a signal handler. Where the object is
// to be made, take race::OnceBox, or OnceLock where one may wait. See race.hpp for what the family promises.
//
//     constinit first_use::race::OnceRef<Codec const> codec;
//     Codec const& the_codec() {
//       return codec.get_or_init([]() -> Codec const& { return machine_is_fast() ? fast_codec : plain_codec; });
//     }
//
// As with a T&, what is referred to must outlive its users, and constness of the OnceRef says nothing about the T.
#ifndef FIRST_USE_RACE_ONCE_REF_HPP
#define FIRST_USE_RACE_ONCE_REF_HPP

#include <type_traits>

#include <first_use/detail/race_word.hpp>
#include <first_use/detail/try_result.hpp>
#include <first_use/sync/platform_sync.hpp>

FIRST_USE_BEGIN
namespace race {

/// See the top of the file. One pointer; all zero bits while empty. Any thread, any signal handler, any time: everything
/// but the destruction.
///
/// Where nothing else is said:
/// Blocks: never.
/// Throws: what the initialiser throws (nothing is stored).
/// On fork: a child keeps the reference.
template <class T, class Sync = PlatformSync>
class OnceRef {
  static_assert(std::is_object_v<T>, "first_use: a OnceRef<T> refers to a T; T itself is no reference and not void");
  using Word = detail::RacePointer<Sync, T>;
  using Bits = typename Word::Bits;

 public:
  using value_type = T;

  constexpr OnceRef() noexcept = default;
  /// One that refers from the start.
  explicit OnceRef(T& the_object) noexcept : word_{Word::bits(&the_object)} {}
  explicit OnceRef(T const&&) = delete;
  OnceRef(OnceRef const&) = delete;
  OnceRef& operator=(OnceRef const&) = delete;

  /// The object, or null while nobody has chosen. Throws: nothing.
  [[nodiscard]] T* get() const noexcept { return Word::pointer(word_.look()); }

  /// Refers to `object` from now on, if to nothing yet. Throws: nothing.
  bool set(T& object) noexcept {
    Bits mine = Word::bits(&object);
    return word_.offer(mine);
  }
  void set(T const&&) = delete;  // it would dangle at once

  /// The object; f() says which, if nobody has. Of several that run their f at once the first one wins, and all get its.
  template <class F>
  T& get_or_init(F&& f) const {
    check<F>();
    if (Bits const there = word_.look(); there != 0) [[likely]]
      return *Word::pointer(there);
    return init<F>(*this, static_cast<F&&>(f));
  }

  /// As get_or_init() for an f that can fail: f returns a T* (null: it failed, and so is the result) or an expected-like
  /// E<T*, Error>, which is also the result. After a failure nothing is stored.
  template <class F>
  [[nodiscard]] auto get_or_try_init(F&& f) const {
    detail::check_race_call<F>();
    using Result = typename TryResult<std::remove_cvref_t<std::invoke_result_t<F>>>::type;
    if (Bits const there = word_.look(); there != 0) [[likely]]
      return Result(Word::pointer(there));
    return try_init<Result, F>(*this, static_cast<F&&>(f));
  }

  // ------------------------------------------------------------------------------------------------------------------
 private:
  static constexpr detail::Label label{"race::OnceRef", detail::signature<T>()};

  template <class F>
  static constexpr void check() noexcept {
    detail::check_race_call<F>();
    if constexpr (std::is_invocable_v<F>) {
      using R = std::invoke_result_t<F>;
      static_assert(
          std::is_lvalue_reference_v<R> && std::is_convertible_v<R, T&>,
          "first_use: the initialiser of a OnceRef must return a reference to a T that exists already and goes "
          "on existing (write `-> T&` after the lambda's parameters)");
    }
  }

  template <class R>
  struct TryResult {
    static_assert(
        detail::ExpectedLike<R>,
        "first_use: the initialiser that may fail of a OnceRef must return T*, or an expected-like E<T*, Error>");
    using type = detail::TryResult<R, T*>;
    static_assert(
        std::is_convertible_v<typename R::value_type, T*>,
        "first_use: the initialiser that may fail of a OnceRef must return T*, or an expected-like E<T*, Error>");
  };
  template <class U>
  struct TryResult<U*> {
    static_assert(std::is_convertible_v<U*, T*>, "first_use: the initialiser returns a pointer to the wrong type");
    using type = T*;
  };

  static T* offer(OnceRef const& self, T* object) noexcept {
    Bits mine = Word::bits(object);
    self.word_.offer(mine);
    return Word::pointer(mine);
  }

  template <class F>
  FIRST_USE_COLD static T& init(OnceRef const& self, detail::Passed<F> f) {
    if constexpr (detail::can_be_null<std::remove_cvref_t<F>>) {
      detail::refuse_null(f, detail::label_for<label, F>());
    }
    T& object = static_cast<F&&>(f)();
    return *offer(self, &object);
  }
  template <class Result, class F>
  FIRST_USE_COLD static Result try_init(OnceRef const& self, detail::Passed<F> f) {
    constexpr detail::Label const& called = detail::label_for<label, F>();
    detail::refuse_null(f, called);
    auto result = static_cast<F&&>(f)();
    if constexpr (std::is_pointer_v<decltype(result)>) {
      return result != nullptr ? offer(self, result) : nullptr;
    } else {
      if (!result.has_value()) return detail::failure_of<Result>(static_cast<decltype(result)&&>(result));
      T* const object = *result;
      if (object == nullptr) detail::raise_zero(called);
      return Result(offer(self, object));
    }
  }

  Word word_{};
};

}  // namespace race
FIRST_USE_END

#endif
