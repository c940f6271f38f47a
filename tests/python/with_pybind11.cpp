// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The locks with pybind11: T is py::object, initialisers throw its errors.
#include <pybind11/pybind11.h>

#include <first_use/python.hpp>

namespace py = pybind11;

namespace {

constinit first_use::PyInterpreterOnceLock<py::object> fraction_type;
constinit first_use::PyInterpreterOnceLock<py::object> made;
constinit first_use::PyInterpreterOnceLock<py::dict> table;
constinit first_use::PyOnceLock<py::object> never_there;

py::object fraction(int numerator, int denominator) {
  py::object* const type = fraction_type.get_or_init([] { return py::module_::import("fractions").attr("Fraction"); });
  if (type == nullptr) throw py::error_already_set{};
  return (*type)(numerator, denominator);
}

}  // namespace

PYBIND11_MODULE(with_pybind11, m) {
  m.def("fraction", &fraction);
  m.def("make", [](py::function const& f) {
    py::object* const value = made.get_or_init([&f] { return f(); });
    if (value == nullptr) throw py::error_already_set{};
    return *value;
  });
  m.def("entry", [](py::object const& key) {
    py::dict* const entries = table.get_or_init([] { return py::dict{}; });
    if (entries == nullptr) throw py::error_already_set{};
    if (!entries->contains(key)) (*entries)[key] = py::len(*entries);
    return py::object{(*entries)[key]};
  });
  // An empty handle is a failure, with the error that is set.
  m.def("empty", [] {
    py::object* const value = never_there.get_or_init(
        [] { return py::reinterpret_steal<py::object>(PyImport_ImportModule("no_such_module_of_ours")); });
    if (value == nullptr) throw py::error_already_set{};
    return *value;
  });
}
