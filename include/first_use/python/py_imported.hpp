// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The two values that nearly every extension keeps: something imported, and an interned string. See python.hpp.
#ifndef FIRST_USE_PYTHON_PY_IMPORTED_HPP
#define FIRST_USE_PYTHON_PY_IMPORTED_HPP

#include <Python.h>

#include <cstddef>

#include <first_use/named.hpp>
#include <first_use/python/py_interpreter_once_lock.hpp>

FIRST_USE_BEGIN
namespace detail {

template <Name module_name, Name attribute>
struct Import {
  PyObject* operator()() const {
    PyObject* const from = PyImport_ImportModule(module_name.text);
    if (from == nullptr) return nullptr;
    PyObject* const wanted = PyObject_GetAttrString(from, attribute.text);
    Py_DecRef(from);
    return wanted;
  }

  static constexpr auto joined = [] {
    struct {
      char text[sizeof(module_name.text) + sizeof(attribute.text)]{};
    } both{};
    std::size_t at = 0;
    for (char const c : module_name.text) both.text[at++] = c != '\0' ? c : '.';
    for (char const c : attribute.text) both.text[at++] = c;
    return both;
  }();
};
template <Name module_name, Name attribute>
inline constexpr char const* name_of<Import<module_name, attribute>> = Import<module_name, attribute>::joined.text;
template <Name module_name, Name attribute>
inline constexpr bool has_name<Import<module_name, attribute>> = true;

template <Name text>
struct Intern {
  PyObject* operator()() const { return PyUnicode_InternFromString(text.text); }
};
template <Name text>
inline constexpr char const* name_of<Intern<text>> = text.text;
template <Name text>
inline constexpr bool has_name<Intern<text>> = true;

template <class F>
inline constinit PyInterpreterOnceLock<PyObject*> kept_for_all{};

}  // namespace detail

/// `imported<"collections", "OrderedDict">()`: the attribute of the module, imported and looked up once for each
/// interpreter. A borrowed reference, valid as long as the interpreter; null: there is a Python error, and the next call
/// tries again. For attached threads. Blocks, Throws, On fork: as PyInterpreterOnceLock::get_or_init.
template <detail::Name module_name, detail::Name attribute>
[[nodiscard]] PyObject* imported() {
  using F = detail::Import<module_name, attribute>;
  return detail::kept_for_all<F>.get_or_init(F{});
}

/// `interned<"name">()`: the str, made and interned once for each interpreter. As imported().
template <detail::Name text>
[[nodiscard]] PyObject* interned() {
  using F = detail::Intern<text>;
  return detail::kept_for_all<F>.get_or_init(F{});
}

FIRST_USE_END

#endif
