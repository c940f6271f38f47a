// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What users hand in to be called: the sentences a wrong one is refused with, and how it travels to the cold path.
#ifndef FIRST_USE_DETAIL_CALLABLE_HPP
#define FIRST_USE_DETAIL_CALLABLE_HPP

#include <type_traits>

#include <first_use/detail/config.hpp>
#include <first_use/detail/raise.hpp>
#include <first_use/detail/slot.hpp>

FIRST_USE_BEGIN
namespace detail {

#if defined(FIRST_USE_NEEDS_NO_TABLE)
/// What FIRST_USE_COLD_CALL_IS_VOID compares addresses with; a library has it to itself, if at all.
struct FIRST_USE_PER_LIBRARY Anchor {
  static inline constinit char here = 0;
};
#endif

/// A closure must not be built on the stack before the hot check only to be passed on by address. Small ones go to the
/// cold path by value. An lvalue stands somewhere already and goes by reference, or what its call changes would be lost;
/// but for empty ones and pointers, which have nothing to lose.
template <class F, class Bare = std::remove_cvref_t<F>>
inline constexpr bool by_value = false;
template <class F, class Bare>
  requires(std::is_object_v<Bare>&& std::is_trivially_copyable_v<Bare>&& std::is_constructible_v<Bare, F> &&
           sizeof(Bare) <= 16)
inline constexpr bool by_value<F, Bare> = !std::is_lvalue_reference_v<F> || std::is_pointer_v<Bare> ||
                                          (std::is_empty_v<Bare> && std::is_const_v<std::remove_reference_t<F>>);

template <class F>
using Passed = std::conditional_t<by_value<F>, std::remove_cvref_t<F>, F&&>;

/// Whether a call travels as the bits of the one pointer that the function for all initialisers passes on: then no frame is
/// there only to keep it, which a throw would have to pass. Compilers differ in their answers, and link each other's
/// functions: what depends on the answer has it in its name.
template <class F, class Bare = std::remove_cvref_t<F>>
inline constexpr bool as_bits = false;
template <class F, class Bare>
  requires by_value<F>
inline constexpr bool as_bits<F, Bare> = FIRST_USE_TRAVELS_IN_A_POINTER(Bare);

template <decltype(sizeof(0)) size>
struct Bytes {
  unsigned char bytes[size];
};

/// The pointer for a call of any type, whatever that is, and what it stands for: a reference, or the call itself.
template <class F, bool bits>
void* pack(std::remove_reference_t<Passed<F>>& f) noexcept {
  if constexpr (bits) {
    void* packed = nullptr;
    if constexpr (!__is_empty(std::remove_cvref_t<F>)) FIRST_USE_COPY_BYTES(&packed, std::addressof(f), sizeof f);
    return packed;
  } else if constexpr (std::is_function_v<std::remove_reference_t<F>>) {
    return reinterpret_cast<void*>(&f);
  } else {
    return const_cast<void*>(static_cast<void const volatile*>(std::addressof(f)));
  }
}
template <class F, bool bits>
decltype(auto) unpack(void* packed) noexcept {
  using Bare = std::remove_reference_t<F>;
  if constexpr (bits) {
    Bytes<sizeof(Bare)> bytes;
    FIRST_USE_COPY_BYTES(&bytes, &packed, sizeof bytes);
    return FIRST_USE_BIT_CAST(std::remove_cv_t<Bare>, bytes);
  } else if constexpr (std::is_function_v<Bare>) {
    return (*reinterpret_cast<Bare*>(packed));
  } else {
    return (*static_cast<Bare*>(packed));
  }
}

/// What named() calls an F; null for all others. Whether it has a name is asked apart: with -fsanitize=undefined g++ does
/// not compare a pointer with null in constant evaluation.
template <class F>
inline constexpr char const* name_of = nullptr;
template <class F>
inline constexpr bool has_name = false;

/// A temporary of a type that says all there is to know, and brings no name along: it is made again where it is called.
/// (Here and below the compiler's own words, where a trait of std would be a class more to instantiate at each site.)
template <class F>
inline constexpr bool stateless = __is_empty(F) && __is_trivially_copyable(F) && __is_trivially_constructible(F) &&
                                  !has_name<F>;

/// `plain` with the name that F brings along. One object for each pair: what says "config" has another type, and thus
/// other functions, than what does not.
template <Label const& plain, class F>
inline constexpr Label label_with_name{plain.kind, plain.signature, name_of<F>, plain.carry};
template <Label const& plain, class F>
constexpr Label const& label_for() noexcept {
  if constexpr (has_name<std::remove_cvref_t<F>>) {
    return label_with_name<plain, std::remove_cvref_t<F>>;
  } else {
    return plain;
  }
}

/// Closures cannot: asking them would be one function more for the compiler at each site.
template <class F>
inline constexpr bool can_be_null = std::is_pointer_v<F> || std::is_member_pointer_v<F> || requires(F const& f) {
  f.operator bool();
};

/// A null function pointer, or a wrapper (std::function and its like) that holds nothing.
template <class F>
constexpr bool is_null(F const& f) noexcept {
  if constexpr (std::is_pointer_v<F> || std::is_member_pointer_v<F>) {
    return f == nullptr;
  } else if constexpr (requires { f.operator bool(); }) {
    return !f.operator bool();
  } else {
    return false;
  }
}

template <class F>
constexpr void refuse_null(F const& f, Label const& label) {
  if (is_null(f)) raise_no_initialiser(label);
}

/// INVOKE(f, args...), without <functional>.
template <class F, class... Args>
constexpr decltype(auto) invoke(F&& f, Args&&... args) {
  return static_cast<F&&>(f)(static_cast<Args&&>(args)...);
}
template <class M, class C, class Object, class... Args>
constexpr decltype(auto) invoke(M C::*member, Object&& object, Args&&... args) {
  using Bare = std::remove_cvref_t<Object>;
  if constexpr (std::is_function_v<M>) {
    if constexpr (std::is_base_of_v<C, Bare>) {
      return (static_cast<Object&&>(object).*member)(static_cast<Args&&>(args)...);
    } else if constexpr (requires { (object.get().*member)(static_cast<Args&&>(args)...); }) {
      return (object.get().*member)(static_cast<Args&&>(args)...);
    } else {
      return ((*static_cast<Object&&>(object)).*member)(static_cast<Args&&>(args)...);
    }
  } else if constexpr (std::is_base_of_v<C, Bare>) {
    return static_cast<Object&&>(object).*member;
  } else if constexpr (requires { object.get().*member; }) {
    return object.get().*member;
  } else {
    return (*static_cast<Object&&>(object)).*member;
  }
}

/// What a lazily initialised T may be made from, and the sentence for each thing it may not.
template <class T, class R>
constexpr void check_result() noexcept {
  static_assert(!std::is_void_v<R>,
                "first_use: the initialiser returns nothing; it must return the value (did its body forget 'return'?)");
  static_assert(
      !std::is_reference_v<R>,
      "first_use: the initialiser returns a reference; it must return the value itself: copy it on purpose, or "
      "let the type be a pointer or std::reference_wrapper");
  if constexpr (!std::is_void_v<R> && !std::is_reference_v<R>) {
    static_assert(std::is_same_v<std::remove_cv_t<R>, std::remove_cv_t<T>> || std::is_convertible_v<R, T> ||
                      std::is_constructible_v<T, ByCall, R (*)()>,
                  "first_use: the initialiser returns the wrong type: it does not convert to the type of the value");
  }
}

template <class F>
using ResultOf = decltype((static_cast<F && (*)()>(nullptr))()());
template <class F>
concept Callable = requires {
  typename ResultOf<F>;
};

template <class T, class F>
inline constexpr bool can_make = true;  // what cannot be called has been told
template <class T, Callable F>
inline constexpr bool can_make<T, F> = (check_result<T, ResultOf<F>>(), true);

/// A macro, because a function would be compiled at each site.
#define FIRST_USE_CHECK_INITIALISER(T, F)                                                                          \
  static_assert(detail::Callable<F>,                                                                               \
                "first_use: the initialiser cannot be called: it must be callable without arguments (a lazy that " \
                "keeps its initialiser calls it as const)");                                                       \
  static_assert(detail::can_make<T, F>)

/// What a T may be.
template <class T>
constexpr void check_value_type() noexcept {
  static_assert(!std::is_reference_v<T>,
                "first_use: T is a reference; hold a pointer or std::reference_wrapper instead");
  static_assert(!std::is_array_v<T>, "first_use: T is an array; use std::array");
  static_assert(!std::is_void_v<T>, "first_use: T is void; for code that runs once without a value use Once");
  static_assert(!std::is_function_v<T>, "first_use: T is a function; hold a pointer to it instead");
}

}  // namespace detail
FIRST_USE_END

#endif
