// SPDX-License-Identifier: MIT OR Apache-2.0
//
// AttachAwareSync<Sync>: any waiting policy, for threads that Python knows: it is detached (holds no GIL, and stops nobody
// who wants to stop the world) for as long as it sleeps, and no longer.
#ifndef FIRST_USE_PYTHON_ATTACH_AWARE_SYNC_HPP
#define FIRST_USE_PYTHON_ATTACH_AWARE_SYNC_HPP

#include <Python.h>

#include <concepts>
#include <cstdint>

#include <first_use/detail/errors.hpp>
#include <first_use/sync/default_sync.hpp>

FIRST_USE_BEGIN

/// Changes how a thread sleeps and nothing else: who need not wait asks Python nothing, and an initialiser is claimed and
/// run attached. `BasicOnceLock<T, AttachAwareSync<>>`, `BasicLazyLock<T, F, AttachAwareSync<>>` and so on are the ordinary
/// types, to be used by attached threads alone. They cannot return a Python error, so that a signal has to wait until
/// they have done; PyOnceLock lets it in.
///
/// Not noexcept on the way back: a Python that ends may end the thread there, which unwinds its stack (3.13 and before).
template <class Sync = DefaultSync, bool = Sync::can_wait>
struct AttachAwareSync : Sync {
  template <class U>
  struct word : Sync::template word<U> {
    using Base = typename Sync::template word<U>;
    constexpr word() noexcept = default;
    constexpr explicit word(U the_value) noexcept : Base{the_value} {}

    void wait(U old) {
      PyThreadState* const thread = PyEval_SaveThread();
      Base::wait(old);
      PyEval_RestoreThread(thread);
    }
    bool wait_until(U old, Deadline deadline) {
      PyThreadState* const thread = PyEval_SaveThread();
      bool const in_time = Base::wait_until(old, deadline);
      PyEval_RestoreThread(thread);
      return in_time;
    }
  };
};
/// One thread has nobody to wait for, and Python is not asked anything.
template <class Sync>
struct AttachAwareSync<Sync, false> : Sync {};

static_assert(SyncPolicy<AttachAwareSync<>>);

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
    PyErr_SetString(PyExc_RuntimeError, text.c_str());
    return true;
  }

  /// Runs the handlers of signals, which only Python's main thread has to do.
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

/// The policy of PyOnceLock: sleeps in slices, and looks for signals in between.
template <class Sync, bool = Sync::can_wait>
struct PythonSync : AttachAwareSync<Sync>, PythonErrors {
  template <class U>
  struct word : AttachAwareSync<Sync>::template word<U> {
    using Base = typename AttachAwareSync<Sync>::template word<U>;
    constexpr word() noexcept = default;
    constexpr explicit word(U the_value) noexcept : Base{the_value} {}

    void wait(U old) {
      if (Detached::here()) return Base::Base::wait(old);
      constexpr std::int64_t slice = 50'000'000;
      Base::wait_until(old, Deadline{Sync::now() + slice});
    }
  };
};
template <class Sync>
struct PythonSync<Sync, false> : AttachAwareSync<Sync>, PythonErrors {};

}  // namespace detail
FIRST_USE_END

#endif
