// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A program for wasm32-wasi that has CPython inside, with one extension module built in (module.cpp), and runs the tests
// in tests.py. It sees two folders: /lib is Python's library, /demo has tests.py.
#include <Python.h>

#include <cstdio>

PyMODINIT_FUNC PyInit_lazy_demo();

namespace {

PyStatus start_python() {
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  config.site_import = 0;
  config.write_bytecode = 0;
  config.pathconfig_warnings = 0;
  config.buffered_stdio = 0;           // a trap loses no line
  config.install_signal_handlers = 0;  // WASI has no signals
  config.module_search_paths_set = 1;
  PyStatus status = PyWideStringList_Append(&config.module_search_paths, L"/lib");
  if (!PyStatus_Exception(status)) status = PyWideStringList_Append(&config.module_search_paths, L"/demo");
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  return status;
}

// How many tests failed; -1 if they could not be run at all.
long run_tests() {
  long failed = -1;
  if (PyObject* const tests = PyImport_ImportModule("tests")) {
    if (PyObject* const result = PyObject_CallMethod(tests, "main", nullptr)) {
      failed = PyLong_AsLong(result);
      Py_DECREF(result);
    }
    Py_DECREF(tests);
  }
  if (PyErr_Occurred() != nullptr) {
    PyErr_Print();
    return -1;
  }
  return failed;
}

}  // namespace

int main() {
  if (PyImport_AppendInittab("lazy_demo", PyInit_lazy_demo) != 0) return 1;
  PyStatus const status = start_python();
  if (PyStatus_Exception(status)) Py_ExitStatusException(status);

  long const failed = run_tests();
  bool const ended = Py_FinalizeEx() == 0;
  if (failed == 0 && ended) {
    std::puts("[C++] ALL TESTS PASSED");
    return 0;
  }
  if (failed > 0) {
    std::printf("[C++] %ld TESTS FAILED\n", failed);
  } else {
    std::puts(ended ? "[C++] THE TESTS DID NOT RUN" : "[C++] PYTHON DID NOT END WELL");
  }
  return 1;
}
