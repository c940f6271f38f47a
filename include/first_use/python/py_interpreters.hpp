// SPDX-License-Identifier: MIT OR Apache-2.0
//
// One of something for each Python interpreter of the process, and what an interpreter drops at its end.
//
// Interpreters are told apart by their address. A new one may get the address of one that has ended (the main one, after
// finalize and initialize, always does), so that whatever is kept for an address has to be given up when the interpreter
// there ends: by a capsule in the interpreter's own dictionary, which dies while Python code can still run.
#ifndef FIRST_USE_PYTHON_PY_INTERPRETERS_HPP
#define FIRST_USE_PYTHON_PY_INTERPRETERS_HPP

#include <Python.h>

#include <cstdint>
#include <new>

#include <first_use/python/py_core.hpp>

FIRST_USE_BEGIN
namespace detail {

/// A list of Ts, one for each address at which an interpreter has lived; the first lies inside the list. What is in the
/// list stays in it, so that it can be read while others add to it.
template <class T>
class PerInterpreter {
  using Word = WordOf<PlatformSync, std::uintptr_t>;

 public:
  constexpr PerInterpreter() noexcept = default;
  PerInterpreter(PerInterpreter const&) = delete;
  PerInterpreter& operator=(PerInterpreter const&) = delete;

  /// Null: there is none yet.
  T* find(PyInterpreterState* who) noexcept {
    auto const wanted = reinterpret_cast<std::uintptr_t>(who);
    for (PerInterpreter* at = this; at != nullptr; at = at->next()) {
      // ORDERING: relaxed: only threads of an interpreter look for it, and the word of what lies there orders the rest.
      if (at->owner_.load(Order::relaxed) == wanted) [[likely]]
        return &at->inner_;
    }
    return nullptr;
  }

  /// Null: there is no memory for one more.
  FIRST_USE_COLD T* find_or_add(PyInterpreterState* who) noexcept {
    auto const wanted = reinterpret_cast<std::uintptr_t>(who);
    PerInterpreter* fresh = nullptr;
    PerInterpreter* at = this;
    for (;;) {
      // ORDERING: relaxed: as in find(); the exchange only decides whose it is.
      std::uintptr_t owner = at->owner_.load(Order::relaxed);
      while (owner == 0 && !at->owner_.compare_exchange_weak(owner, wanted, Order::relaxed, Order::relaxed)) {}
      if (owner == 0 || owner == wanted) break;
      // ORDERING: acquire pairs with the release below: the node has been made.
      std::uintptr_t next = at->next_.load(Order::acquire);
      if (next == 0) {
        if (fresh == nullptr) fresh = new (std::nothrow) PerInterpreter{wanted};
        if (fresh == nullptr) return nullptr;
        auto const mine = reinterpret_cast<std::uintptr_t>(fresh);
        // ORDERING: release pairs with the acquires here and in next(); acquire, where somebody else was first.
        while (next == 0 && !at->next_.compare_exchange_weak(next, mine, Order::acq_rel, Order::acquire)) {}
        if (next == 0) return &fresh->inner_;
      }
      at = reinterpret_cast<PerInterpreter*>(next);  // NOLINT(performance-no-int-to-ptr): words hold integers
    }
    delete fresh;
    return &at->inner_;
  }

 private:
  constexpr explicit PerInterpreter(std::uintptr_t the_owner) noexcept : owner_{the_owner} {}

  PerInterpreter* next() const noexcept {
    // ORDERING: acquire pairs with the release in find_or_add(): the node has been made.
    std::uintptr_t const next = next_.load(Order::acquire);
    return reinterpret_cast<PerInterpreter*>(next);  // NOLINT(performance-no-int-to-ptr): as above
  }

  Word owner_{};
  Word next_{};
  T inner_{};
};

/// What is given up when an interpreter ends. INVARIANT: of an interpreter that has not ended, and in one list only.
struct Bequest {
  void (*drop)(Bequest&) = nullptr;
  std::uintptr_t next = 0;
};

/// The bequests of one interpreter, as far as this shared library knows: one list for each library, so that what an
/// interpreter calls at its end is there as long as what it drops.
class Estate {
 public:
  /// The one of `who`, in which the calling thread is; null: there is a Python error.
  FIRST_USE_PER_LIBRARY static Estate* of(PyInterpreterState* who);

  void add(Bequest& bequest) noexcept {
    // ORDERING: relaxed: the exchange below decides.
    std::uintptr_t first = first_.load(Order::relaxed);
    do {
      bequest.next = first;
      // ORDERING: release pairs with the acquire in end().
    } while (!first_.compare_exchange_weak(first, reinterpret_cast<std::uintptr_t>(&bequest), Order::release,
                                           Order::relaxed));
  }

 private:
  static constexpr Label label_ =
      PyCore<PyInterpreterState*>::label_of("what a Python interpreter drops at its end", nullptr);
  static constexpr char const* capsule_name_ = "first_use.interpreter_end";

  // `who`, or null and a Python error.
  FIRST_USE_PER_LIBRARY PyInterpreterState* open(PyInterpreterState* who) {
    // Its dictionary may be gone: nobody would drop what is made now, and the next one at this address would see it. An
    // interpreter that ends loses its modules before. (Its number tells nothing: the next Python counts from 0 again.)
    PyObject* const modules = PySys_GetObject("modules");
    if (modules == nullptr || modules == Py_None) {
      PyErr_SetString(PyExc_RuntimeError, "first_use: this Python interpreter is ending: it makes no new values");
      return nullptr;
    }
    PyObject* const dictionary = PyInterpreterState_GetDict(who);
    if (dictionary == nullptr) {
      if (PyErr_Occurred() == nullptr) PyErr_NoMemory();
      return nullptr;
    }
    PyObject* const key = PyUnicode_FromFormat("first_use %p", static_cast<void*>(this));
    PyObject* const capsule = key != nullptr ? PyCapsule_New(this, capsule_name_, &end) : nullptr;
    bool const done = capsule != nullptr && PyDict_SetItem(dictionary, key, capsule) == 0;
    Py_DecRef(capsule);
    Py_DecRef(key);
    return done ? who : nullptr;
  }

  FIRST_USE_PER_LIBRARY static void end(PyObject* capsule) {
    auto* const self = static_cast<Estate*>(PyCapsule_GetPointer(capsule, capsule_name_));
    // A capsule that found no place in the dictionary ends an estate that has not begun.
    if (self == nullptr || !self->opened_.machine.is_complete()) return;
    self->opened_.machine.settle(State::incomplete);
    // ORDERING: acquire pairs with the release in add().
    std::uintptr_t first = self->first_.exchange(0, Order::acquire);
    while (first != 0) {
      auto& bequest = *reinterpret_cast<Bequest*>(first);  // NOLINT(performance-no-int-to-ptr): as above
      first = bequest.next;
      bequest.drop(bequest);
    }
  }

  PyCore<PyInterpreterState*> opened_{};  // by the interpreter that lives at this address
  WordOf<PlatformSync, std::uintptr_t> first_{};
};

struct FIRST_USE_PER_LIBRARY Estates {
  static inline constinit PerInterpreter<Estate> all{};
};

inline Estate* Estate::of(PyInterpreterState* who) {
  Estate* const estate = Estates::all.find_or_add(who);
  if (estate == nullptr) {
    PyErr_NoMemory();
    return nullptr;
  }
  if (estate->opened_.machine.is_complete()) return estate;
  auto const open = [estate, who] { return estate->open(who); };
  return PyCore<PyInterpreterState*>::init<label_, decltype(open)>(estate->opened_, false, open, [] {}) ? estate
                                                                                                        : nullptr;
}

}  // namespace detail
FIRST_USE_END

#endif
