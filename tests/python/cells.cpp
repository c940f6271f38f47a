// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A Python module, in C's interface alone, whose functions are the locks: what an initialiser does is written in Python,
// by the tests. Compiled for the limited API of 3.9 and for the full one, with and without exceptions.
#include <first_use/python.hpp>

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>

#include <first_use/named.hpp>
#include <first_use/observer.hpp>
#include <first_use/once_lock.hpp>

namespace {

using namespace std::chrono_literals;

constexpr long many = 100;
constinit first_use::PyOnceLock<PyObject*> process_cells[many];
constinit first_use::PyInterpreterOnceLock<PyObject*> interpreter_cells[many];
constinit first_use::BasicOnceLock<PyObject*, first_use::AttachAwareSync<>> aware_cells[many];

std::atomic<long> waits{0};
void watch(first_use::Observation const& seen) noexcept {
  if (seen.what == first_use::Observation::What::wait) ++waits;
}

PyObject* counted(std::atomic<long> const& counter) { return PyLong_FromLong(counter.load()); }

PyObject* new_reference(PyObject* borrowed) {
  if (borrowed != nullptr) Py_IncRef(borrowed);
  return borrowed;
}

/// (number, f): the cell's value, made by f(); f None: an initialiser that returns null and sets no error.
template <class Cell>
PyObject* obtain(Cell (&cells)[many], PyObject* arguments) {
  long number = 0;
  PyObject* f = nullptr;
  if (PyArg_ParseTuple(arguments, "lO", &number, &f) == 0) return nullptr;
  return new_reference(cells[number].get_or_init(first_use::named<"cell">(
      [f]() -> PyObject* { return f == Py_None ? nullptr : PyObject_CallFunctionObjArgs(f, nullptr); })));
}
template <class Cell>
PyObject* look(Cell (&cells)[many], PyObject* number) {
  PyObject* const value = cells[PyLong_AsLong(number)].get();
  return new_reference(value != nullptr ? value : Py_None);
}

PyObject* process(PyObject*, PyObject* arguments) { return obtain(process_cells, arguments); }
PyObject* process_get(PyObject*, PyObject* number) { return look(process_cells, number); }
PyObject* interpreter(PyObject*, PyObject* arguments) { return obtain(interpreter_cells, arguments); }
PyObject* interpreter_get(PyObject*, PyObject* number) { return look(interpreter_cells, number); }

/// The same with an ordinary type: (number, f).
PyObject* aware(PyObject*, PyObject* arguments) {
  long number = 0;
  PyObject* f = nullptr;
  if (PyArg_ParseTuple(arguments, "lO", &number, &f) == 0) return nullptr;
  PyObject* const* const value = aware_cells[number].get_or_try_init([f]() -> std::optional<PyObject*> {
    PyObject* const made = PyObject_CallFunctionObjArgs(f, nullptr);
    return made != nullptr ? std::optional{made} : std::nullopt;
  });
  return value != nullptr ? new_reference(*value) : nullptr;
}
PyObject* aware_get(PyObject*, PyObject* number) {
  PyObject* const* const value = aware_cells[PyLong_AsLong(number)].get();
  return new_reference(value != nullptr ? *value : Py_None);
}
/// (number): waits for it, ten minutes at the most; whether it is there then.
PyObject* aware_wait_for(PyObject*, PyObject* number) {
  return PyBool_FromLong(aware_cells[PyLong_AsLong(number)].wait_for(10min) != nullptr ? 1 : 0);
}

PyObject* how_many_waits(PyObject*, PyObject*) { return counted(waits); }

// ---- a thread that Python does not know, in the middle of an initialisation that needs Python

std::thread native_thread;
std::atomic<bool> native_runs{false};

/// (number, f): a thread begins to initialise process_cells[number], waits until somebody waits for it, and then calls f.
PyObject* native(PyObject*, PyObject* arguments) {
  long number = 0;
  PyObject* f = nullptr;
  if (PyArg_ParseTuple(arguments, "lO", &number, &f) == 0) return nullptr;
  Py_IncRef(f);
  native_runs = false;
  native_thread = std::thread{[number, f, before = waits.load()] {
    static_cast<void>(process_cells[number].get_or_init(first_use::detached, [&]() -> PyObject* {
      native_runs = true;
      while (waits == before) std::this_thread::sleep_for(1ms);
      PyGILState_STATE const state = PyGILState_Ensure();
      PyObject* const value = PyObject_CallFunctionObjArgs(f, nullptr);
      PyErr_Clear();
      Py_DecRef(f);
      PyGILState_Release(state);
      return value;
    }));
  }};
  while (!native_runs) std::this_thread::sleep_for(1ms);
  Py_RETURN_NONE;
}

/// (number): a thread that Python does not know waits for what a Python thread makes; returns when it waits.
PyObject* native_waiter(PyObject*, PyObject* argument) {
  long const number = PyLong_AsLong(argument);
  long const before = waits;
  native_thread = std::thread{[number] {
    static_cast<void>(process_cells[number].get_or_init(first_use::detached, []() -> PyObject* { return nullptr; }));
  }};
  while (waits == before) std::this_thread::sleep_for(1ms);
  Py_RETURN_NONE;
}

PyObject* join(PyObject*, PyObject*) {
  PyThreadState* const thread = PyEval_SaveThread();
  native_thread.join();
  PyEval_RestoreThread(thread);
  Py_RETURN_NONE;
}

// ---- the same initialiser in four kinds of static

std::atomic<long> arrivals{0};

/// Lets Python go until two threads are here, of which the second waits by then, or will before it does anything else.
PyObject* needs_python() {
  PyThreadState* const thread = PyEval_SaveThread();
  while (arrivals < 2) std::this_thread::sleep_for(1ms);
  PyEval_RestoreThread(thread);
  // Free-threaded Python stops the world for this, where the other has to wait for its lock.
  PyObject* const collector = PyImport_ImportModule("gc");
  PyObject* const collected = collector != nullptr ? PyObject_CallMethod(collector, "collect", nullptr) : nullptr;
  Py_DecRef(collector);
  return collected;
}

constinit first_use::PyOnceLock<PyObject*> first_cell;
constinit first_use::BasicOnceLock<PyObject*, first_use::AttachAwareSync<>> aware_cell;
std::once_flag flag;
PyObject* guarded = nullptr;

PyObject* twin_cell(PyObject*, PyObject*) {
  ++arrivals;
  return new_reference(first_cell.get_or_init(&needs_python));
}
PyObject* twin_attach_aware(PyObject*, PyObject*) {
  ++arrivals;
  return new_reference(aware_cell.get_or_init(&needs_python));
}
PyObject* twin_call_once(PyObject*, PyObject*) {
  ++arrivals;
  std::call_once(flag, [] { guarded = needs_python(); });
  return new_reference(guarded);
}
PyObject* twin_static(PyObject*, PyObject*) {
  ++arrivals;
  static PyObject* const value = needs_python();
  return new_reference(value);
}

// ---- values that are no Python objects, and what is dropped when

std::atomic<long> drops{0};

struct Counted {
  explicit Counted(PyObject* the_object) : object{the_object} {}
  Counted(Counted&& the_other) noexcept : object{the_other.object} { the_other.object = nullptr; }
  Counted& operator=(Counted&&) = delete;
  ~Counted() {
    if (object == nullptr) return;
    ++drops;
    Py_DecRef(object);
  }
  PyObject* object;
};
constinit first_use::PyInterpreterOnceLock<Counted> counted_cell;
constinit first_use::PyOnceLock<long> number_cell;

PyObject* counted_value(PyObject*, PyObject* f) {
  Counted* const value = counted_cell.get_or_init([f]() -> std::optional<Counted> {
    PyObject* const object = PyObject_CallFunctionObjArgs(f, nullptr);
    if (object == nullptr) return std::nullopt;
    return Counted{object};
  });
  return value != nullptr ? new_reference(value->object) : nullptr;
}
PyObject* how_many_drops(PyObject*, PyObject*) { return counted(drops); }

PyObject* number(PyObject*, PyObject* argument) {
  long const* const value = number_cell.get_or_init([argument]() -> std::optional<long> {
    long const given = PyLong_AsLong(argument);
    if (PyErr_Occurred() != nullptr) return std::nullopt;
    return given;
  });
  return value != nullptr ? PyLong_FromLong(*value) : nullptr;
}

std::atomic<long> notes{0};
PyObject* note(PyObject*, PyObject*) {
  ++notes;
  Py_RETURN_NONE;
}
PyObject* how_many_notes(PyObject*, PyObject*) { return counted(notes); }

PyObject* ordered_dict(PyObject*, PyObject*) {
  return new_reference(first_use::imported<"collections", "OrderedDict">());
}
PyObject* missing_attribute(PyObject*, PyObject*) {
  return new_reference(first_use::imported<"collections", "no_such_thing">());
}

/// Asks for itself; its name is in no encoding that Python takes.
constinit first_use::PyOnceLock<long> latin_cell;
PyObject* latin_knot(PyObject*, PyObject*) {
  long const* const value = latin_cell.get_or_init(first_use::named<"gr\xF6\xDFt">([]() -> std::optional<long> {
    return latin_cell.get_or_init([] { return 1L; }) != nullptr ? std::optional{2L} : std::nullopt;
  }));
  return value != nullptr ? PyLong_FromLong(*value) : nullptr;
}

PyObject* word(PyObject*, PyObject*) { return new_reference(first_use::interned<"first_use_word">()); }

#if FIRST_USE_HAS_EXCEPTIONS
constinit first_use::PyOnceLock<PyObject*> throwing_cell;
constinit first_use::PyInterpreterOnceLock<PyObject*> throwing_interpreter_cell;
/// How many of two calls threw what their initialiser throws.
PyObject* throwing(PyObject*, PyObject*) {
  long caught = 0;
  try {
    static_cast<void>(throwing_cell.get_or_init([]() -> PyObject* { throw 1; }));
  } catch (int) { ++caught; }
  try {
    static_cast<void>(throwing_interpreter_cell.get_or_init([]() -> PyObject* { throw 2; }));
  } catch (int) { ++caught; }
  if (throwing_cell.get() != nullptr || throwing_interpreter_cell.get() != nullptr) caught = -1;
  return PyLong_FromLong(caught);
}
#endif

/// Runs source code in a new interpreter, which ends right after; returns whether it ran through.
PyObject* in_interpreter(PyObject*, PyObject* source) {
  PyObject* const bytes = PyUnicode_AsUTF8String(source);
  char* text = nullptr;
  if (bytes == nullptr || PyBytes_AsStringAndSize(bytes, &text, nullptr) != 0) return nullptr;
  PyThreadState* const here = PyThreadState_Get();
  PyThreadState* const there = Py_NewInterpreter();
  bool done = false;
  if (there != nullptr) {
    PyObject* const names = PyModule_GetDict(PyImport_AddModule("__main__"));
    PyObject* const code = Py_CompileString(text, "in_interpreter", Py_file_input);
    PyObject* const result = code != nullptr ? PyEval_EvalCode(code, names, names) : nullptr;
    done = result != nullptr;
    if (!done) PyErr_Print();
    Py_DecRef(result);
    Py_DecRef(code);
    Py_EndInterpreter(there);
    PyThreadState_Swap(here);
  }
  Py_DecRef(bytes);
  return PyBool_FromLong(done ? 1 : 0);
}

PyMethodDef methods[] = {
    {"process", &process, METH_VARARGS, nullptr},
    {"process_get", &process_get, METH_O, nullptr},
    {"interpreter", &interpreter, METH_VARARGS, nullptr},
    {"interpreter_get", &interpreter_get, METH_O, nullptr},
    {"aware", &aware, METH_VARARGS, nullptr},
    {"aware_get", &aware_get, METH_O, nullptr},
    {"aware_wait_for", &aware_wait_for, METH_O, nullptr},
    {"waits", &how_many_waits, METH_NOARGS, nullptr},
    {"native", &native, METH_VARARGS, nullptr},
    {"native_waiter", &native_waiter, METH_O, nullptr},
    {"join", &join, METH_NOARGS, nullptr},
    {"twin_cell", &twin_cell, METH_NOARGS, nullptr},
    {"twin_attach_aware", &twin_attach_aware, METH_NOARGS, nullptr},
    {"twin_call_once", &twin_call_once, METH_NOARGS, nullptr},
    {"twin_static", &twin_static, METH_NOARGS, nullptr},
    {"counted", &counted_value, METH_O, nullptr},
    {"drops", &how_many_drops, METH_NOARGS, nullptr},
    {"number", &number, METH_O, nullptr},
    {"note", &note, METH_NOARGS, nullptr},
    {"notes", &how_many_notes, METH_NOARGS, nullptr},
    {"ordered_dict", &ordered_dict, METH_NOARGS, nullptr},
    {"missing_attribute", &missing_attribute, METH_NOARGS, nullptr},
    {"latin_knot", &latin_knot, METH_NOARGS, nullptr},
    {"word", &word, METH_NOARGS, nullptr},
#if FIRST_USE_HAS_EXCEPTIONS
    {"throwing", &throwing, METH_NOARGS, nullptr},
#endif
    {"in_interpreter", &in_interpreter, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

int run_module(PyObject*) {
  first_use::set_observer(&watch);
  return 0;
}

PyModuleDef_Slot slots[] = {
    {Py_mod_exec, reinterpret_cast<void*>(&run_module)},
#if defined(Py_mod_multiple_interpreters)
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#if defined(Py_mod_gil)
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, nullptr},
};

PyModuleDef definition{PyModuleDef_HEAD_INIT, "cells", nullptr, 0, methods, slots, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit_cells() { return PyModuleDef_Init(&definition); }
