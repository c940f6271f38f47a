// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What it costs to get at a Python object that an extension keeps: a module whose functions read one a number of times and
// return the nanoseconds of each. run_python_access.py runs it. Each read is a call of a function, as in an extension.
#include <first_use/python.hpp>

#if __has_include(<pybind11/gil_safe_call_once.h>)
#include <pybind11/gil_safe_call_once.h>
#include <pybind11/pybind11.h>  // defines what the first declares
#define HAS_PYBIND11 1
#else
#define HAS_PYBIND11 0
#endif

#include <ctime>

#define APART __attribute__((noinline))

namespace {

PyObject* make() { return PyImport_ImportModule("os"); }

PyObject* volatile bare = nullptr;
APART PyObject* read_bare() { return bare; }

APART PyObject* read_static() {
  static PyObject* const value = make();
  return value;
}

constinit first_use::PyOnceLock<PyObject*> process_wide;
APART PyObject* read_process() { return process_wide.get_or_init(&make); }

constinit first_use::PyInterpreterOnceLock<PyObject*> per_interpreter;
APART PyObject* read_interpreter() { return per_interpreter.get_or_init(&make); }

APART PyObject* read_imported() { return first_use::imported<"os", "path">(); }

#if HAS_PYBIND11
PYBIND11_CONSTINIT pybind11::gil_safe_call_once_and_store<pybind11::object> stored;
APART PyObject* read_pybind11() {
  return stored.call_once_and_store_result([] { return pybind11::reinterpret_steal<pybind11::object>(make()); })
      .get_stored()
      .ptr();
}
#endif

double cpu_nanoseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

template <PyObject* (*read)()>
PyObject* measure(PyObject*, PyObject* argument) {
  long const times = PyLong_AsLong(argument);
  if (read() == nullptr && PyErr_Occurred() != nullptr) return nullptr;
  double const begin = cpu_nanoseconds();
  for (long i = 0; i != times; ++i) {
    PyObject* const value = read();
    asm volatile("" : : "r"(value) : "memory");
  }
  return PyFloat_FromDouble((cpu_nanoseconds() - begin) / static_cast<double>(times));
}

/// Another interpreter that has loaded this module and used what it keeps, and stays.
PyObject* start_another(PyObject*, PyObject*) {
  PyThreadState* const here = PyThreadState_Get();
  PyThreadState* const there = Py_NewInterpreter();
  bool done = false;
  if (there != nullptr) {
    PyObject* const module = PyImport_ImportModule("python_access");
    done = module != nullptr && read_interpreter() != nullptr && read_imported() != nullptr;
    if (!done) PyErr_Print();
    Py_XDECREF(module);
  }
  PyThreadState_Swap(here);
  return PyBool_FromLong(done ? 1 : 0);
}

PyMethodDef methods[] = {{"bare_static", &measure<&read_bare>, METH_O, nullptr},
                         {"function_local_static", &measure<&read_static>, METH_O, nullptr},
                         {"PyOnceLock", &measure<&read_process>, METH_O, nullptr},
                         {"PyInterpreterOnceLock", &measure<&read_interpreter>, METH_O, nullptr},
                         {"imported", &measure<&read_imported>, METH_O, nullptr},
#if HAS_PYBIND11
                         {"gil_safe_call_once_and_store", &measure<&read_pybind11>, METH_O, nullptr},
#endif
                         {"start_another", &start_another, METH_NOARGS, nullptr},
                         {nullptr, nullptr, 0, nullptr}};
PyModuleDef_Slot slots[] = {{0, nullptr}};
PyModuleDef definition{PyModuleDef_HEAD_INIT, "python_access", nullptr, 0, methods, slots, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit_python_access() { return PyModuleDef_Init(&definition); }
