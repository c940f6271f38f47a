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

constinit first_use::PyInterpreterOnceLock<PyObject*> type_of_sorters;
constinit first_use::PyInterpreterOnceLock<std::string> text;
constinit first_use::PyOnceLock<std::string> version;

static_assert(std::is_trivially_destructible_v<decltype(text)> && std::is_trivially_destructible_v<decltype(version)>);

constexpr int lives = 8;
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

PyObject* import_sorter() {
  ++calls;
  // Not what is written in C: Python 3.12.1 itself crashes when decimal is imported in a second life.
  PyObject* const graphlib = PyImport_ImportModule("graphlib");
  if (graphlib == nullptr) return nullptr;
  PyObject* const wanted = PyObject_GetAttrString(graphlib, "TopologicalSorter");
  Py_DECREF(graphlib);
  return wanted;
}

void use(int round) {
  PyObject* const type = type_of_sorters.get_or_init(first_use::named<"TopologicalSorter">(&import_sorter));
  check(type != nullptr && calls == round, "the type is imported once in each life of Python");
  check(type == first_use::imported<"graphlib", "TopologicalSorter">(), "and is this Python's");
  PyObject* const sorter = PyObject_CallFunction(type, nullptr);
  check(sorter != nullptr, "it makes objects");
  Py_DECREF(sorter);
  std::string const expected = "round " + std::to_string(round);
  check(*text.get_or_init([&] { return expected; }) == expected, "a value of any type is made anew");
  check(*version.get_or_init([] { return std::string{Py_GetVersion()}; }) == Py_GetVersion(),
        "one for the process stays");
  check(dropped.get_or_init([] { return Dropped{}; }) != nullptr, "a type that cannot be moved");
  check(dropped.get() == dropped.get_or_init([] { return Dropped{}; }), "is made once");
  check(first_use::interned<"embedded">() == first_use::interned<"embedded">(), "an interned string");
}

/// An interpreter beside the main one. It has the same number in each life of Python, and often an old one's address.
void use_another(int round) {
  PyThreadState* const main = PyThreadState_Get();
  PyThreadState* const other = Py_NewInterpreter();
  check(other != nullptr && text.get() == nullptr, "another interpreter starts empty");
  std::string const expected = "beside, round " + std::to_string(round);
  std::string const* const made = text.get_or_init([&] { return expected; });
  check(made != nullptr && *made == expected, "a value is made for it");
  Py_EndInterpreter(other);
  PyThreadState_Swap(main);
}

}  // namespace

int main() {
  for (int round = 1; round <= lives; ++round) {
    Py_InitializeEx(0);
    check(type_of_sorters.get() == nullptr && text.get() == nullptr && dropped.get() == nullptr, "Python starts empty");
    use_another(round);
    use(round);
    use(round);
    check(drops == round - 1, "nothing is dropped before the end");
    check(Py_FinalizeEx() == 0, "Python ends");
    check(drops == round, "the value is dropped at the end");
    check(version.get() != nullptr && *version.get() == Py_GetVersion(), "it can be read without Python");
    check(version.get_or_init([] { return std::string{}; }) == version.get(), "and asked for");
  }
  std::printf("%d times Python\n", lives);
}
