// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Values that come into being at first use, inside CPython extensions and programs that embed Python (3.9 and later).
//
// A static whose initialiser touches Python deadlocks: one thread initialises and waits for the GIL, another holds the GIL
// and waits for the static. In free-threaded builds it is the same with whoever stops the world. Here nobody waits while
// attached to Python, and nobody detaches who need not wait.
//
//     constinit first_use::PyInterpreterOnceLock<PyObject*> decimal_type;
//
//     PyObject* to_decimal(PyObject*, PyObject* number) {
//       PyObject* const type = decimal_type.get_or_init([]() -> PyObject* {
//         PyObject* const decimal = PyImport_ImportModule("decimal");
//         if (decimal == nullptr) return nullptr;  // the ImportError goes to the caller, and the next call tries again
//         PyObject* const wanted = PyObject_GetAttrString(decimal, "Decimal");
//         Py_DECREF(decimal);
//         return wanted;
//       });
//       return type != nullptr ? PyObject_CallFunctionObjArgs(type, number, nullptr) : nullptr;
//     }
//
// (`first_use::imported<"decimal", "Decimal">()` says the same.)
//
// Which one? PyInterpreterOnceLock<T> for everything that is or holds a Python object: one value for each interpreter,
// dropped at that interpreter's end. PyOnceLock<T> for what belongs to no interpreter: one for the process, never
// destroyed, and read without asking Python. AttachAwareSync is the way of waiting alone, for the library's other types.
// Not for data that the initialiser makes without Python and that no initialiser with Python waits for: a OnceLock does.
//
// For C++ and Python alike: what get_or_init returns is null where there is a Python error. Re-entrance, and initialisers
// that wait for each other in a ring, are a RuntimeError that names the objects. Ctrl-C reaches a thread that waits. There
// is no poison: imports fail for a while only. Needs neither exceptions nor pybind11 or nanobind (with which it goes
// together: T may be py::object, f may throw py::error_already_set), and compiles for the limited API from 3.9 on.
//
// A thread that Python ends (a daemon thread, at exit) is unwound out of initialisers and waits; let no frame around them
// be noexcept or swallow what it catches by catch (...). A switch of greenlets inside an initialiser ends the program.
#ifndef FIRST_USE_PYTHON_HPP
#define FIRST_USE_PYTHON_HPP

#include <first_use/python/attach_aware_sync.hpp>
#include <first_use/python/py_imported.hpp>
#include <first_use/python/py_interpreter_once_lock.hpp>
#include <first_use/python/py_once_lock.hpp>

#endif
