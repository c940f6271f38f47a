// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The list of interpreters and what one drops at its end, without Python: what they ask of it is written below. Under a GIL
// threads take turns, and no order could be missed; here nothing but the orders stands between them (ThreadSanitizer).
#include <first_use/python/py_interpreters.hpp>

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "policies.hpp"

namespace {

using namespace first_use_test;
using first_use::detail::Bequest;
using first_use::detail::Estate;
using first_use::detail::PerInterpreter;

std::array<int, 4> places;
PyInterpreterState* interpreter(std::size_t i) { return reinterpret_cast<PyInterpreterState*>(&places[i]); }

PyCapsule_Destructor at_the_end = nullptr;

/// `first`, then, as far as these two know of each other, `second`.
template <class First, class Second>
void one_after_the_other(First first, Second second) {
  std::atomic<bool> done{false};
  Crew crew;
  crew.add([&] {
    first();
    done.store(true, std::memory_order_relaxed);
  });
  crew.add([&] {
    wait_until_holds("the other", [&] { return done.load(std::memory_order_relaxed); });
    second();
  });
}

TEST(Interpreters, WhoLooksPassesNodesOfOthersThatAreWhole) {
  for (int i = 0; i != rounds(20); ++i) {
    auto* const list = new PerInterpreter<int>;  // stays, as its nodes do
    list->find_or_add(interpreter(0));
    one_after_the_other([&] { EXPECT_NE(list->find_or_add(interpreter(1)), nullptr); },
                        [&] { EXPECT_EQ(list->find(interpreter(2)), nullptr); });
  }
}

TEST(Interpreters, WhoAddsPassesNodesOfOthersThatAreWhole) {
  for (int i = 0; i != rounds(20); ++i) {
    auto* const list = new PerInterpreter<int>;
    list->find_or_add(interpreter(0));
    int* mine[2]{};
    one_after_the_other([&] { mine[0] = list->find_or_add(interpreter(1)); },
                        [&] { mine[1] = list->find_or_add(interpreter(2)); });
    EXPECT_NE(mine[0], mine[1]);
    EXPECT_EQ(mine[0], list->find(interpreter(1)));
    EXPECT_EQ(mine[1], list->find(interpreter(2)));
    EXPECT_EQ(list->find_or_add(interpreter(2)), mine[1]);
  }
}

// Who wants to add finds that another was quicker, between its look and its exchange.
std::atomic<bool> about_to_add{false}, other_has_added{false};
thread_local bool is_slow = false;

TEST(Interpreters, WhoComesTooLateSeesTheNodeOfTheQuickerWhole) {
  for (int i = 0; i != rounds(20); ++i) {
    auto* const list = new PerInterpreter<int>;
    list->find_or_add(interpreter(0));
    about_to_add = other_has_added = false;
    Crew crew;
    crew.add([&] {
      is_slow = true;
      EXPECT_NE(list->find_or_add(interpreter(1)), nullptr);
    });
    crew.add([&] {
      wait_until_holds("the slow one", [] { return about_to_add.load(std::memory_order_relaxed); });
      list->find_or_add(interpreter(2));
      other_has_added.store(true, std::memory_order_relaxed);
    });
  }
}

TEST(Interpreters, WhatAnotherThreadAddedIsDroppedWhole) {
  Estate* const estate = Estate::of(interpreter(0));
  ASSERT_NE(estate, nullptr);
  ASSERT_EQ(Estate::of(interpreter(0)), estate);
  struct Counted : Bequest {
    int drops = 0;
  } added[2];
  one_after_the_other(
      [&] {
        for (Counted& each : added) {
          each.drop = [](Bequest& bequest) { ++static_cast<Counted&>(bequest).drops; };
          estate->add(each);
        }
      },
      [] { at_the_end(nullptr); });
  for (Counted const& each : added) EXPECT_EQ(each.drops, 1);
}

}  // namespace

// A new node is asked for between the look and the exchange.
void* operator new(std::size_t size, std::nothrow_t const&) noexcept {
  if (is_slow) {
    about_to_add.store(true, std::memory_order_relaxed);
    wait_until_holds("the quick one", [] { return other_has_added.load(std::memory_order_relaxed); });
  }
  return std::malloc(size);
}

// What Python would answer -------------------------------------------------------------------------------------------------

extern "C" {

PyObject _Py_NoneStruct{};
PyObject* PyExc_RuntimeError = nullptr;
PyObject* PyExc_SystemError = nullptr;
void PyErr_SetString(PyObject*, char const* text) { ADD_FAILURE() << text; }
PyObject* PyErr_Occurred() { return nullptr; }
PyObject* PyErr_NoMemory() { return nullptr; }
int PyErr_CheckSignals() { return 0; }
void PyErr_SetObject(PyObject*, PyObject*) {}
void PyErr_Fetch(PyObject**, PyObject**, PyObject**) {}
void PyErr_NormalizeException(PyObject**, PyObject**, PyObject**) {}
void PyErr_WriteUnraisable(PyObject*) {}
int PyException_SetTraceback(PyObject*, PyObject*) { return 0; }
int Py_AddPendingCall(int (*)(void*), void*) { return 0; }
PyObject* PySys_GetObject(char const*) { return reinterpret_cast<PyObject*>(&places); }
PyObject* PyUnicode_DecodeUTF8(char const* text, Py_ssize_t, char const*) {
  ADD_FAILURE() << text;
  return nullptr;
}
int Py_IsInitialized() { return 1; }
PyThreadState* PyEval_SaveThread() { return nullptr; }
void PyEval_RestoreThread(PyThreadState*) {}

PyObject* PyInterpreterState_GetDict(PyInterpreterState* self) { return reinterpret_cast<PyObject*>(self); }
PyObject* PyUnicode_FromFormat(char const*, ...) { return reinterpret_cast<PyObject*>(&places); }
void Py_DecRef(PyObject*) {}
int PyDict_SetItem(PyObject*, PyObject*, PyObject*) { return 0; }

static void* in_the_capsule = nullptr;
PyObject* PyCapsule_New(void* self, char const*, PyCapsule_Destructor end) {
  in_the_capsule = self;
  at_the_end = end;
  return static_cast<PyObject*>(self);
}
void* PyCapsule_GetPointer(PyObject*, char const*) { return in_the_capsule; }

}  // extern "C"
