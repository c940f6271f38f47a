# SPDX-License-Identifier: MIT OR Apache-2.0
"""Faults in the locks for Python (python/)."""

from fault import ORDERING, Fault

SYNC = "python/attach_aware_sync.hpp"
CORE = "python/py_core.hpp"
LIST = "python/py_interpreters.hpp"
LOCK = "python/py_once_lock.hpp"
EACH = "python/py_interpreter_once_lock.hpp"

CELLS = "python cells_test:"
PROCESS, INTERPRETER = CELLS + "ProcessTest.", CELLS + "InterpreterTest."
CHILDREN = "python cells_children_test"

FAULTS = [
    Fault("python-held-in-a-wait", "wake", SYNC,
          "PyThreadState* const thread = PyEval_SaveThread(); bool const in_time = Base::wait_until(old, deadline); "
          "PyEval_RestoreThread(thread); return in_time;", "return Base::wait_until(old, deadline);",
          (PROCESS + "test_eight_threads_and_an_initialiser_that_lets_python_go", CHILDREN), every=True),
    Fault("signals-wait-for-an-ordinary-lock", "wake", SYNC, "detail::let_signals_in(); return false;", "return false;",
          (CELLS + "AttachAwareTest.test_what_a_handler_raises_comes_after_the_wait",)),
    Fault("thread-unknown-to-python-lets-it-go", "wake", SYNC, "if (Detached::here()) return Base::Base::wait(old);", "",
          (PROCESS + "test_native_thread_waits_for_a_python_thread",)),
    Fault("signals-wait-too", "wake", SYNC, "|| PyErr_CheckSignals() != 0", "",
          (PROCESS + "test_interrupt_reaches_a_waiter",)),
    Fault("waits-for-who-stopped-for-good", "wake", SYNC, "if (Py_IsInitialized() != 0) return false;", "return false;",
          (CHILDREN,)),
    Fault("ring-told-without-a-python-error", "ring", SYNC, "set_python_error(PyExc_RuntimeError, text.c_str()); return true;",
          "return true;", (PROCESS + "test_a_ring_of_two_threads_is_told",)),

    Fault("null-object-kept", "failure", CORE, "if (is_null_value(value)) return false;", "",
          (PROCESS + "test_failing_import_and_retry",)),
    Fault("empty-optional-kept", "failure", CORE, "if (!value.has_value()) return false;", "",
          (PROCESS + "test_a_number_that_cannot_be_made_and_then_can",)),
    Fault("nothing-without-an-error-not-told", "failure", CORE,
          'return fail(PyExc_SystemError, called, ": the initialiser returned nothing and set no Python error");',
          "return false;", (PROCESS + "test_null_without_an_error",)),
    Fault("attached-thread-taken-for-another", "failure", LOCK, "return init(false, static_cast<F&&>(f));",
          "return init(true, static_cast<F&&>(f));", (PROCESS + "test_reentrance_is_an_error_that_names_the_cell",)),
    Fault("interned-is-only-a-string", "api", "python/py_imported.hpp", "PyUnicode_InternFromString(text.text)",
          "PyUnicode_FromString(text.text)", (INTERPRETER + "test_imported_and_interned",)),

    Fault("values-not-left-to-the-end", "lifetime", EACH, "estate->add(*mine);", "static_cast<void>(estate);",
          (INTERPRETER + "test_twenty_interpreters_have_one_each_and_drop_it",)),
    Fault("dropped-value-still-given", "lifetime", EACH, "self.core.machine.settle(State::incomplete);", "",
          (INTERPRETER + "test_twenty_interpreters_have_one_each_and_drop_it",)),
    Fault("ending-interpreter-makes-values", "lifetime", LIST, "if (modules == nullptr || modules == Py_None) {",
          "if (modules == reinterpret_cast<PyObject*>(8)) {", (INTERPRETER + "test_twenty_interpreters_have_one_each_and_drop_it",)),
    Fault("node-of-another-taken", "claim", LIST, "if (owner == 0 || owner == wanted) break;", "if (owner != 1) break;",
          ("python/interpreters_test",)),

    Fault("node-passed-by-a-look-relaxed", ORDERING, LIST, "std::uintptr_t const next = next_.load(Order::acquire);",
          "std::uintptr_t const next = next_.load(Order::relaxed);", ("tsan python/interpreters_test",)),
    Fault("node-passed-relaxed", ORDERING, LIST, "std::uintptr_t next = at->next_.load(Order::acquire);",
          "std::uintptr_t next = at->next_.load(Order::relaxed);", ("tsan python/interpreters_test",)),
    Fault("node-of-the-quicker-relaxed", ORDERING, LIST, "mine, Order::acq_rel, Order::acquire)",
          "mine, Order::acq_rel, Order::relaxed)", ("tsan python/interpreters_test",)),
    Fault("node-added-relaxed", ORDERING, LIST, "mine, Order::acq_rel, Order::acquire)",
          "mine, Order::acquire, Order::acquire)", ("tsan python/interpreters_test",)),
    Fault("bequest-added-relaxed", ORDERING, LIST, "reinterpret_cast<std::uintptr_t>(&bequest), Order::release,",
          "reinterpret_cast<std::uintptr_t>(&bequest), Order::relaxed,", ("tsan python/interpreters_test",)),
    Fault("bequests-taken-relaxed", ORDERING, LIST, "self->first_.exchange(0, Order::acquire);",
          "self->first_.exchange(0, Order::relaxed);", ("tsan python/interpreters_test",)),
]
