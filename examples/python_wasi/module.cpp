// SPDX-License-Identifier: MIT OR Apache-2.0
//
// An extension module whose statics come into being at first use. tests.py calls each function.
#include <first_use/named.hpp>
#include <first_use/once_lock.hpp>
#include <first_use/python.hpp>
#include <string>

namespace {

// 1. A plain function.
PyObject* add(PyObject*, PyObject* arguments) {
  long a = 0;
  long b = 0;
  if (PyArg_ParseTuple(arguments, "ll", &a, &b) == 0) return nullptr;
  return PyLong_FromLong(a + b);
}

// 2. A C++ value.
constinit first_use::OnceLock<std::string> greeting_text;
int greetings_made = 0;

PyObject* greeting(PyObject*, PyObject*) {
  std::string const& text = greeting_text.get_or_init([] {
    ++greetings_made;
    return std::string{"Hello from a text that is made at its first use"};
  });
  return Py_BuildValue("si", text.c_str(), greetings_made);
}

// 3. A type object. One for the process will do here, since the program starts one interpreter, once; an extension that
// others load keeps it in a PyInterpreterOnceLock, as below.
constinit first_use::PyOnceLock<PyTypeObject*> point_type_made;
int point_types_made = 0;

PyTypeObject* make_point_type() {
  ++point_types_made;
  static PyStructSequence_Field fields[] = {{"x", "to the right"}, {"y", "up"}, {nullptr, nullptr}};
  static PyStructSequence_Desc description{"lazy_demo.Point", "A point in the plane.", fields, 2};
  return PyStructSequence_NewType(&description);
}

PyObject* point_type(PyObject*, PyObject*) {
  PyTypeObject* const type = point_type_made.get_or_init(make_point_type);
  return type != nullptr ? Py_BuildValue("Oi", type, point_types_made) : nullptr;
}

// 4. Something imported.
PyObject* sorter_type(PyObject*, PyObject*) {
  PyObject* const type = first_use::imported<"graphlib", "TopologicalSorter">();
  return Py_XNewRef(type);
}

// 5. and 6. What a Python function returns: it may fail, and it may ask for the very value it is making. Nullptr means that
// Python has an error, and goes on to the caller like any other.
constinit first_use::PyInterpreterOnceLock<PyObject*> settings_made;
constinit first_use::PyInterpreterOnceLock<PyObject*> knot_made;

PyObject* settings(PyObject*, PyObject* make) {
  return Py_XNewRef(
      settings_made.get_or_init(first_use::named<"settings">([make] { return PyObject_CallNoArgs(make); })));
}

PyObject* knot(PyObject*, PyObject* make) {
  return Py_XNewRef(knot_made.get_or_init(first_use::named<"knot">([make] { return PyObject_CallNoArgs(make); })));
}

PyMethodDef functions[] = {{"add", add, METH_VARARGS, "The sum of two numbers."},
                           {"greeting", greeting, METH_NOARGS, "A text, and how often it was made."},
                           {"point_type", point_type, METH_NOARGS, "A type, and how often it was made."},
                           {"sorter_type", sorter_type, METH_NOARGS, "graphlib.TopologicalSorter."},
                           {"settings", settings, METH_O, "What the first call of `make` returned that did not fail."},
                           {"knot", knot, METH_O, "The same, kept in another place."},
                           {nullptr, nullptr, 0, nullptr}};

PyModuleDef definition{PyModuleDef_HEAD_INIT,
                       "lazy_demo",
                       "Statics that come into being at first use.",
                       0,
                       functions,
                       nullptr,
                       nullptr,
                       nullptr,
                       nullptr};

}  // namespace

PyMODINIT_FUNC PyInit_lazy_demo() { return PyModule_Create(&definition); }
