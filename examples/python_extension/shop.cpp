// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A Python module that keeps two things: a type that it imports, and a table that Python has no part in. Any number of
// threads and interpreters may use it, and Python may end and start again.
#include <first_use/python.hpp>

#include <array>

namespace {

constinit first_use::PyInterpreterOnceLock<PyObject*> decimal_type;

PyObject* to_decimal(PyObject*, PyObject* number) {
  PyObject* const type = decimal_type.get_or_init([]() -> PyObject* {
    PyObject* const decimal = PyImport_ImportModule("decimal");
    if (decimal == nullptr) return nullptr;  // the ImportError goes to the caller, and the next call tries again
    PyObject* const wanted = PyObject_GetAttrString(decimal, "Decimal");
    Py_DECREF(decimal);
    return wanted;
  });
  return type != nullptr ? PyObject_CallFunctionObjArgs(type, number, nullptr) : nullptr;
}

// One for the process: nothing in it belongs to an interpreter.
constinit first_use::PyOnceLock<std::array<long long, 32>> powers_of_three;

PyObject* power_of_three(PyObject*, PyObject* exponent) {
  long const n = PyLong_AsLong(exponent);
  if (n == -1 && PyErr_Occurred() != nullptr) return nullptr;
  std::array<long long, 32> const* const table = powers_of_three.get_or_init([] {
    std::array<long long, 32> powers{1};
    for (std::size_t i = 1; i != powers.size(); ++i) powers[i] = powers[i - 1] * 3;
    return powers;
  });
  if (table == nullptr) return nullptr;
  if (n < 0 || n >= 32) return PyErr_Format(PyExc_ValueError, "no power %ld in the table", n);
  return PyLong_FromLongLong((*table)[static_cast<std::size_t>(n)]);
}

PyMethodDef methods[] = {{"to_decimal", &to_decimal, METH_O, "The number as a decimal.Decimal."},
                         {"power_of_three", &power_of_three, METH_O, "3 ** n, from a table."},
                         {nullptr, nullptr, 0, nullptr}};
PyModuleDef_Slot slots[] = {{0, nullptr}};
PyModuleDef definition{PyModuleDef_HEAD_INIT, "shop", nullptr, 0, methods, slots, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit_shop() { return PyModuleDef_Init(&definition); }
