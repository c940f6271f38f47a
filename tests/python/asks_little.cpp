// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A Python that only counts what it is asked: the functions of C's interface that the locks call are defined here, and
// nothing is linked. Exit code 0, or a line on stderr.
#define Py_LIMITED_API 0x03090000
#include <first_use/python.hpp>

#include <cstdio>
#include <cstdlib>

#include <first_use/once_lock.hpp>
#include <first_use/sync/single_thread_sync.hpp>

namespace {

int asked = 0;               // calls of any kind
int interpreters_asked = 0;  // and of them PyInterpreterState_Get
long places[2] = {};         // what is returned for anything but null
PyObject* some() { return reinterpret_cast<PyObject*>(&places[0]); }

template <class T>
T answer(T value) {
  ++asked;
  return value;
}
[[noreturn]] void never(char const* what) {
  std::fprintf(stderr, "Python was asked for %s\n", what);
  std::exit(1);
}

}  // namespace

extern "C" {
PyObject* PyExc_MemoryError = nullptr;
PyObject* PyExc_RuntimeError = nullptr;
PyObject* PyExc_SystemError = nullptr;
PyObject _Py_NoneStruct{};

// What an initialisation for an interpreter asks for: the interpreter, and a place in its dictionary.
PyInterpreterState* PyInterpreterState_Get() {
  ++interpreters_asked;
  return answer(reinterpret_cast<PyInterpreterState*>(&places[1]));
}
PyObject* PySys_GetObject(char const*) { return answer(some()); }
PyObject* PyInterpreterState_GetDict(PyInterpreterState*) { return answer(some()); }
PyObject* PyUnicode_FromFormat(char const*, ...) { return answer(some()); }
PyObject* PyCapsule_New(void*, char const*, PyCapsule_Destructor) { return answer(some()); }
int PyDict_SetItem(PyObject*, PyObject*, PyObject*) { return answer(0); }
void Py_DecRef(PyObject*) { ++asked; }

// What is for those who must wait, fail, or end.
PyThreadState* PyEval_SaveThread() { never("leave to wait"); }
void PyEval_RestoreThread(PyThreadState*) { never("leave to go on"); }
int PyErr_CheckSignals() { never("signals"); }
int Py_IsInitialized() { never("its state"); }
int Py_AddPendingCall(int (*)(void*), void*) { never("a call later"); }
PyObject* PyErr_Occurred() { never("its error"); }
void PyErr_SetString(PyObject*, char const*) { never("an error"); }
void PyErr_SetObject(PyObject*, PyObject*) { never("an error"); }
PyObject* PyErr_NoMemory() { never("an error"); }
void PyErr_Fetch(PyObject**, PyObject**, PyObject**) { never("its error"); }
void PyErr_NormalizeException(PyObject**, PyObject**, PyObject**) { never("its error"); }
void PyErr_WriteUnraisable(PyObject*) { never("its error"); }
int PyException_SetTraceback(PyObject*, PyObject*) { never("its error"); }
PyObject* PyUnicode_DecodeUTF8(char const*, Py_ssize_t, char const*) { never("a text"); }
void* PyCapsule_GetPointer(PyObject*, char const*) { never("what a capsule holds"); }
}

namespace {

void check(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "not so: %s (asked %d times, %d of them for the interpreter)\n", what, asked,
               interpreters_asked);
  std::exit(1);
}

constinit first_use::PyOnceLock<PyObject*> for_the_process;
constinit first_use::PyOnceLock<long> number;
constinit first_use::PyInterpreterOnceLock<PyObject*> for_the_interpreter;
constinit first_use::BasicOnceLock<int, first_use::AttachAwareSync<>> aware;
constinit first_use::BasicOnceLock<int, first_use::AttachAwareSync<first_use::SingleThreadSync>> alone;
static_assert(sizeof(alone) == sizeof(first_use::BasicOnceLock<int, first_use::SingleThreadSync>));

}  // namespace

int main() {
  constexpr int times = 100;
  for (int i = 0; i != times; ++i) {
    check(for_the_process.get_or_init([] { return some(); }) == some() && for_the_process.get() == some(), "a value");
    check(*number.get_or_init([] { return 7L; }) == 7, "a number");
    check(aware.get_or_init([] { return 1; }) == 1, "a number in an ordinary type");
    check(alone.get_or_init([] { return 2; }) == 2, "a number where there is one thread");
  }
  check(asked == 0, "who need not wait asks nothing, not even for an initialisation");

  check(for_the_interpreter.get_or_init([] { return some(); }) == some(), "a value of an interpreter");
  asked = interpreters_asked = 0;
  for (int i = 0; i != times; ++i) {
    check(for_the_interpreter.get_or_init([] { return some(); }) == some(), "the value of an interpreter, again");
  }
  check(asked == times && interpreters_asked == times, "one question for each access");
  for (int i = 0; i != times; ++i) check(for_the_interpreter.get() == some(), "a look");
  check(asked == 2 * times && interpreters_asked == 2 * times, "and for each look");
}
