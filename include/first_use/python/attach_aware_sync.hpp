// SPDX-License-Identifier: MIT OR Apache-2.0
//
// AttachAwareSync<Sync>: any waiting policy, for threads that Python knows: it is detached (holds no GIL, and stops nobody
// who wants to stop the world) for as long as it sleeps, and no longer.
#ifndef FIRST_USE_PYTHON_ATTACH_AWARE_SYNC_HPP
#define FIRST_USE_PYTHON_ATTACH_AWARE_SYNC_HPP

#include <Python.h>

#include <cstring>

#include <first_use/detail/errors.hpp>
#include <first_use/sync/default_sync.hpp>

FIRST_USE_BEGIN

namespace detail {

/// The text is ours but for names, which may be in any encoding, or cut in the middle of a character.
inline void set_python_error(PyObject* type, char const* text) {
  PyObject* const message = PyUnicode_DecodeUTF8(text, static_cast<Py_ssize_t>(std::strlen(text)), "replace");
  if (message == nullptr) return;  // MemoryError
  PyErr_SetObject(type, message);
  Py_DecRef(message);
}

/// Runs the handlers of signals, which Python's main thread alone has to do. What a handler raises cannot be returned
/// here: the main thread raises it when it runs Python code again.
inline void let_signals_in() {
  if (PyErr_Occurred() != nullptr || PyErr_CheckSignals() == 0) return;
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback != nullptr) PyException_SetTraceback(value, traceback);
  Py_DecRef(traceback);
  Py_DecRef(type);
  auto const raise = [](void* error) {
    auto* const raised = static_cast<PyObject*>(error);
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(raised)), raised);
    Py_DecRef(raised);
    return -1;
  };
  if (Py_AddPendingCall(raise, value) == 0) return;
  raise(value);  // too many such calls wait already: at least it is seen
  PyErr_WriteUnraisable(nullptr);
}

}  // namespace detail

/// Changes how a thread sleeps and nothing else: who need not wait asks Python nothing, and an initialiser is claimed and
/// run attached. Who has to wait detaches, sleeps for a slice of 50 ms, attaches again and runs the handlers of signals.
///
/// `BasicOnceLock<T, AttachAwareSync<>>`, `BasicLazyLock<T, F, AttachAwareSync<>>` and so on are the ordinary types, to be
/// used by attached threads alone. They cannot return a Python error: what a handler raises (KeyboardInterrupt, say) comes
/// after the wait. In PyOnceLock it ends the wait.
///
/// Not noexcept on the way back: a Python that ends may end the thread there, which unwinds its stack (3.13 and before).
template <class Sync = DefaultSync, bool = Sync::can_wait>
struct AttachAwareSync : Sync {
  template <class U>
  struct word : Sync::template word<U> {
    using Base = typename Sync::template word<U>;
    constexpr word() noexcept = default;
    constexpr explicit word(U the_value) noexcept : Base{the_value} {}

    void wait(U old) { sleep(old, end_of_slice()); }
    bool wait_until(U old, Deadline deadline) {
      Deadline const slice = end_of_slice();
      if (deadline.nanoseconds <= slice.nanoseconds) return sleep(old, deadline);
      sleep(old, slice);
      return true;
    }

   private:
    static Deadline end_of_slice() noexcept { return {Sync::now() + 50'000'000}; }

    bool sleep(U old, Deadline deadline) {
      PyThreadState* const thread = PyEval_SaveThread();
      bool const in_time = Base::wait_until(old, deadline);
      PyEval_RestoreThread(thread);
      return in_time;
    }
  };

  /// For the machine (Hosted in machine.hpp), as is the next: errors are C++'s.
  static bool refuse(process::Text const&) noexcept { return false; }
  /// Between two slices, when the thread is in no list: a handler may initialise something.
  static bool gives_up() {
    detail::let_signals_in();
    return false;
  }
};
/// One thread has nobody to wait for, and Python is not asked anything.
template <class Sync>
struct AttachAwareSync<Sync, false> : Sync {};

namespace detail {

/// Whether the calling thread is detached while it asks (PyOnceLock's `detached`). Nobody asks for it but who must wait.
struct Detached {
  static bool here() noexcept { return here_; }

  /// Says so for as long as it lives.
  class Saying {
   public:
    explicit Saying(bool the_answer) noexcept : before_{here_} { here_ = the_answer; }
    ~Saying() { here_ = before_; }
    Saying(Saying const&) = delete;
    Saying& operator=(Saying const&) = delete;

   private:
    bool before_;
  };

 private:
  static inline thread_local constinit bool here_ = false;
};

/// What the machine asks of a policy whose errors are Python's (Hosted in machine.hpp).
struct PythonErrors {
  static bool refuse(Text const& text) {
    if (Detached::here()) return false;
    set_python_error(PyExc_RuntimeError, text.c_str());
    return true;
  }

  /// Runs the handlers of signals; what one raises ends the wait.
  static bool gives_up() {
    if (Detached::here()) return false;
    if (PyErr_Occurred() != nullptr || PyErr_CheckSignals() != 0) return true;
    if (Py_IsInitialized() != 0) return false;
    // Only the thread that ends Python can be here. Others never come back to Python, so that whoever runs the
    // initialiser may have stopped for good.
    PyErr_SetString(PyExc_RuntimeError,
                    "first_use: Python is ending, and the thread that initialises this value may not be able to go on");
    return true;
  }
};

/// The policy of PyOnceLock, for threads that are attached and threads that say they are not.
template <class Sync, bool = Sync::can_wait>
struct PythonSync : AttachAwareSync<Sync>, PythonErrors {
  using PythonErrors::gives_up;
  using PythonErrors::refuse;

  template <class U>
  struct word : AttachAwareSync<Sync>::template word<U> {
    using Base = typename AttachAwareSync<Sync>::template word<U>;
    constexpr word() noexcept = default;
    constexpr explicit word(U the_value) noexcept : Base{the_value} {}

    void wait(U old) {
      if (Detached::here()) return Base::Base::wait(old);
      Base::wait(old);
    }
  };
};
template <class Sync>
struct PythonSync<Sync, false> : AttachAwareSync<Sync>, PythonErrors {};

}  // namespace detail
FIRST_USE_END

#endif
