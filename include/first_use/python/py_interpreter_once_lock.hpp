// SPDX-License-Identifier: MIT OR Apache-2.0
//
// PyInterpreterOnceLock<T>: one value for each Python interpreter, dropped when that interpreter ends. See python.hpp.
#ifndef FIRST_USE_PYTHON_PY_INTERPRETER_ONCE_LOCK_HPP
#define FIRST_USE_PYTHON_PY_INTERPRETER_ONCE_LOCK_HPP

#include <Python.h>

#include <type_traits>

#include <first_use/python/py_interpreters.hpp>

FIRST_USE_BEGIN
namespace detail {

/// The value of one interpreter.
template <class T>
struct Possession : Bequest {
  PyCore<T> core{};

  static void give_up(Bequest& bequest) {
    auto& self = static_cast<Possession&>(bequest);
    typename PyCore<T>::Pointer const value = self.core.pointer();
    // First the word: what is destroyed may run Python code that asks for it.
    self.core.machine.settle(State::incomplete);
    if constexpr (std::is_same_v<T, PyObject*> || std::is_same_v<T, PyTypeObject*>) {
      Py_DecRef(reinterpret_cast<PyObject*>(value));
    } else if constexpr (!std::is_pointer_v<T>) {
      destroy(*value);
    }
  }
};

}  // namespace detail

/// For Python objects: imported functions, types, strings, anything made of them. T may be PyObject* or PyTypeObject*
/// (f returns a new reference, which is kept), a class that holds one (py::object), or any other type. Its values are
/// dropped by their destructors, a PyObject* by giving up the reference, when their interpreter ends; Python code can
/// still run then. After Py_Finalize and Py_Initialize a value is made anew.
///
/// The object itself is never destroyed, and a static one has no start-up or exit code. An interpreter beyond the first
/// costs an allocation, which later ones use again.
template <class T>
class PyInterpreterOnceLock {
  using Core = detail::PyCore<T>;
  using Possession = detail::Possession<T>;

 public:
  /// T where T is a pointer, since a null one is no value; else T*.
  using Pointer = typename Core::Pointer;

  constexpr PyInterpreterOnceLock() noexcept = default;
  PyInterpreterOnceLock(PyInterpreterOnceLock const&) = delete;
  PyInterpreterOnceLock& operator=(PyInterpreterOnceLock const&) = delete;

  /// This interpreter's value (a PyObject*: a borrowed reference), or null while there is none. For attached threads.
  /// Blocks: never.
  [[nodiscard]] Pointer get() const noexcept {
    Possession* const mine = values_.find(PyInterpreterState_Get());
    return mine != nullptr ? mine->core.peek() : nullptr;
  }

  /// This interpreter's value; made by f() if there is none. Null: there is a Python error instead. For attached threads.
  ///
  /// f, failures, Blocks, Throws: as PyOnceLock::get_or_init. And RuntimeError where the interpreter has ended so far that
  ///   nobody would drop the value.
  /// On fork: as PyOnceLock.
  template <class F>
  [[nodiscard]] Pointer get_or_init(F&& f) const {
    PyInterpreterState* const here = PyInterpreterState_Get();
    Possession* const mine = values_.find(here);
    if (mine != nullptr && mine->core.machine.is_complete()) [[likely]]
      return mine->core.pointer();
    return init<F>(here, static_cast<F&&>(f));
  }

  // ------------------------------------------------------------------------------------------------------------------
 private:
  template <class F>
  FIRST_USE_COLD Pointer init(PyInterpreterState* here, F&& f) const {
    Possession* const mine = values_.find_or_add(here);
    if (mine == nullptr) {
      PyErr_NoMemory();
      return nullptr;
    }
    detail::Estate* const estate = detail::Estate::of(here);
    if (estate == nullptr) return nullptr;
    auto const bequeath = [mine, estate] {
      mine->drop = &Possession::give_up;
      estate->add(*mine);
    };
    return Core::template init<label_, F>(mine->core, false, static_cast<F&&>(f), bequeath) ? mine->core.pointer()
                                                                                            : nullptr;
  }

  static constexpr detail::Label label_ = Core::label_of("PyInterpreterOnceLock", detail::signature<T>());

  mutable detail::PerInterpreter<Possession> values_{};
};

FIRST_USE_END

#endif
