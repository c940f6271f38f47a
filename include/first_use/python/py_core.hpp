// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What the two locks for Python share: one word, room for one T that is never destroyed, and an initialiser that may fail
// with a Python error.
#ifndef FIRST_USE_PYTHON_PY_CORE_HPP
#define FIRST_USE_PYTHON_PY_CORE_HPP

#include <Python.h>

#include <concepts>
#include <type_traits>

#include <first_use/detail/callable.hpp>
#include <first_use/detail/lock_store.hpp>
#include <first_use/detail/try_result.hpp>
#include <first_use/never_destroyed.hpp>
#include <first_use/python/attach_aware_sync.hpp>

FIRST_USE_BEGIN
namespace detail {

/// py::object, nb::object and their like: a class around a PyObject*, which may be null.
template <class T>
concept Handle = std::is_class_v<T> && requires(T const& handle) {
  { handle.ptr() } -> std::convertible_to<PyObject const*>;
};

template <class T>
bool is_null_value(T const& value) noexcept {
  if constexpr (std::is_pointer_v<T>) {
    return value == nullptr;
  } else {
    return value.ptr() == nullptr;
  }
}

/// INVARIANT: a T lies in the room exactly while the word says "complete" or somebody between claim and release makes it.
template <class T>
struct PyCore : LockParts<NeverDestroyed<T>, PythonSync<DefaultSync>, KeepOnFork> {
  static_assert((check_value_type<T>(), true));
  using Sync = PythonSync<DefaultSync>;
  using Parts = LockParts<NeverDestroyed<T>, Sync, KeepOnFork>;
  using Parts::machine;

  /// What the locks and the estates say their label is.
  static constexpr Label label_of(char const* kind, char const* signature) noexcept {
    return {kind, signature, nullptr, Attempt<Sync, KeepOnFork>::carry_over()};
  }

  /// A pointer is handed out as it is, since a null one is no value; anything else by address.
  using Pointer = std::conditional_t<std::is_pointer_v<T>, T, T*>;

  Pointer pointer() const noexcept {
    T& value = *this->value();
    if constexpr (std::is_pointer_v<T>) {
      return value;
    } else {
      return &value;
    }
  }
  Pointer peek() const noexcept { return machine.is_complete() ? pointer() : nullptr; }

  /// False: there is no value, and (for an attached thread) a Python error. `done` is called right after the value was
  /// made, before anybody can see it.
  template <Label const& plain, class F, class Done>
  FIRST_USE_COLD static bool init(PyCore const& self, bool detached, Passed<F> f, Done done) {
    constexpr Label const& called = label_for<plain, F>();
    if constexpr (can_be_null<std::remove_cvref_t<F>>) {
      if (is_null(f)) {
        if (detached) raise_no_initialiser(called);
        return fail(PyExc_SystemError, called, " has no initialiser: it was given a null function");
      }
    }
    if (!detached && !self.machine.ready()) return PyErr_NoMemory() != nullptr;
    Attempt<Sync, KeepOnFork> attempt;
    auto* const claimed = [&] {
      Detached::Saying const saying{detached};
      return attempt.enter(self.machine, called);
    }();
    if (claimed == nullptr) return attempt.progress() == Progress::complete;
    typename Attempt<Sync, KeepOnFork>::Run run{claimed};
    if (!self.template make_by<F>(static_cast<F&&>(f))) {
      if (!detached && PyErr_Occurred() == nullptr) {
        return fail(PyExc_SystemError, called, ": the initialiser returned nothing and set no Python error");
      }
      return false;
    }
    done();
    run.succeed();
    return true;
  }

 private:
  // False: f had no value to give.
  template <class F>
  bool make_by(F&& f) const {
    static_assert(std::is_invocable_v<F>, "first_use: the initialiser cannot be called without arguments");
    using R = std::remove_cvref_t<std::invoke_result_t<F>>;
    if constexpr (is_optional<R> && !std::is_same_v<R, T>) {
      auto value = static_cast<F&&>(f)();
      if (!value.has_value()) return false;
      this->make(ByArguments{}, *static_cast<decltype(value)&&>(value));
    } else if constexpr (std::is_pointer_v<T> || Handle<T>) {
      FIRST_USE_CHECK_INITIALISER(T, F);
      T value = static_cast<F&&>(f)();
      if (is_null_value(value)) return false;
      this->make(ByArguments{}, static_cast<T&&>(value));
    } else {
      FIRST_USE_CHECK_INITIALISER(T, F);
      this->make(ByCall{}, static_cast<F&&>(f));
    }
    return true;
  }

  FIRST_USE_COLD static bool fail(PyObject* type, Label const& label, char const* what) {
    set_python_error(type, (Text{} << "first_use: " << label << what).c_str());
    return false;
  }
};

}  // namespace detail
FIRST_USE_END

#endif
