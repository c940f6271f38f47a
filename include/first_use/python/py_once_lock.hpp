// SPDX-License-Identifier: MIT OR Apache-2.0
//
// PyOnceLock<T>: one value for the whole process, made by code that may use Python. See python.hpp.
#ifndef FIRST_USE_PYTHON_PY_ONCE_LOCK_HPP
#define FIRST_USE_PYTHON_PY_ONCE_LOCK_HPP

#include <Python.h>

#include <first_use/python/py_core.hpp>

FIRST_USE_BEGIN

/// Says that the calling thread is not attached to Python: it holds no GIL, and has no place for a Python error.
struct DetachedThread {
  explicit DetachedThread() = default;
};
inline constexpr DetachedThread detached{};

/// For what belongs to no interpreter: a table, another module's C interface, an immortal object. T plus 4 bytes, rounded
/// up; all zero bits while empty; never destroyed, so that nothing happens at exit. For Python objects take
/// PyInterpreterOnceLock: one that is kept here outlives its interpreter.
template <class T>
class PyOnceLock {
  using Core = detail::PyCore<T>;

 public:
  /// T where T is a pointer, since a null one is no value; else T*.
  using Pointer = typename Core::Pointer;

  constexpr PyOnceLock() noexcept = default;
  PyOnceLock(PyOnceLock const&) = delete;
  PyOnceLock& operator=(PyOnceLock const&) = delete;

  /// The value, or null while there is none. Any thread; asks Python nothing. Blocks: never.
  [[nodiscard]] Pointer get() const noexcept { return core_.peek(); }

  /// The value; made by f() if there is none. Null: there is a Python error instead. For attached threads.
  ///
  /// f returns a T. It may fail: by throwing, or by setting a Python error and returning a null pointer, an empty handle
  /// (a class with ptr(), as py::object), or an empty std::optional<T>. Then nothing is stored, and the next caller tries.
  ///
  /// Blocks: while another thread runs its f; detached, so that the other one gets on, and interrupted by signals.
  /// Throws: what f throws. Errors of the library are Python's: RuntimeError inside its own initialiser, or where waiting
  ///   would close a ring of initialisers; MemoryError.
  /// On fork: a child keeps a value; an initialiser that another thread was in the middle of is started afresh.
  template <class F>
  [[nodiscard]] Pointer get_or_init(F&& f) const {
    if (core_.machine.is_complete()) [[likely]]
      return core_.pointer();
    return init(false, static_cast<F&&>(f));
  }

  /// The same for a thread that is not attached; f attaches itself for as long as it needs Python. Null: f had no value
  /// to give. Errors of the library are those of OnceLock.
  template <class F>
  [[nodiscard]] Pointer get_or_init(DetachedThread, F&& f) const {
    if (core_.machine.is_complete()) [[likely]]
      return core_.pointer();
    return init(true, static_cast<F&&>(f));
  }

  // ------------------------------------------------------------------------------------------------------------------
 private:
  template <class F>
  Pointer init(bool is_detached, F&& f) const {
    return Core::template init<label_, F>(core_, is_detached, static_cast<F&&>(f), [] {}) ? core_.pointer() : nullptr;
  }

  static constexpr detail::Label label_ = detail::PyCore<T>::label_of("PyOnceLock", detail::signature<T>());

  Core core_{};
};

FIRST_USE_END

#endif
