// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A program that starts Python and ends it, again and again: the main interpreter comes back at the same address. Exit
// code 0, or a line on stderr.
#include <first_use/python.hpp>

#include <cstdio>
#include <cstring>
#include <string>

#include <first_use/named.hpp>

namespace {

constinit first_use::PyInterpreterOnceLock<PyObject*> type_of_decimals;
constinit first_use::PyInterpreterOnceLock<std::string> text;
constinit first_use::PyOnceLock<std::string> version;

static_assert(std::is_trivially_destructible_v<decltype(text)> && std::is_trivially_destructible_v<decltype(version)>);

int calls = 0;
int drops = 0;

struct Dropped {
  Dropped() = default;
  Dropped(Dropped const&) = delete;  // made in place
  Dropped& operator=(Dropped const&) = delete;
  ~Dropped() { ++drops; }
};
constinit first_use::PyInterpreterOnceLock<Dropped> dropped;

void check(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "not so: %s\n", what);
  if (Py_IsInitialized() != 0 && PyErr_Occurred() != nullptr) PyErr_Print();
  std::exit(1);
}

PyObject* import_decimal() {
  ++calls;
  PyObject* const decimal = PyImport_ImportModule("decimal");
  if (decimal == nullptr) return nullptr;
  PyObject* const wanted = PyObject_GetAttrString(decimal, "Decimal");
  Py_DECREF(decimal);
  return wanted;
}

void use(int round) {
  PyObject* const type = type_of_decimals.get_or_init(first_use::named<"Decimal">(&import_decimal));
  check(type != nullptr && calls == round, "the type is imported once in each life of Python");
  check(type == first_use::imported<"decimal", "Decimal">(), "and is this Python's");
  PyObject* const number = PyObject_CallFunction(type, "s", "1.5");
  check(number != nullptr, "it makes numbers");
  Py_DECREF(number);
  std::string const expected = "round " + std::to_string(round);
  check(*text.get_or_init([&] { return expected; }) == expected, "a value of any type is made anew");
  check(*version.get_or_init([] { return std::string{Py_GetVersion()}; }) == Py_GetVersion(),
        "one for the process stays");
  check(dropped.get_or_init([] { return Dropped{}; }) != nullptr, "a type that cannot be moved");
  check(dropped.get() == dropped.get_or_init([] { return Dropped{}; }), "is made once");
  check(first_use::interned<"embedded">() == first_use::interned<"embedded">(), "an interned string");
}

}  // namespace

int main() {
  for (int round = 1; round <= 4; ++round) {
    Py_InitializeEx(0);
    check(type_of_decimals.get() == nullptr && text.get() == nullptr && dropped.get() == nullptr,
          "Python starts empty");
    use(round);
    use(round);
    check(drops == round - 1, "nothing is dropped before the end");
    check(Py_FinalizeEx() == 0, "Python ends");
    check(drops == round, "the value is dropped at the end");
    check(version.get() != nullptr && *version.get() == Py_GetVersion(), "it can be read without Python");
  }
  std::puts("four times Python");
}
