# SPDX-License-Identifier: MIT OR Apache-2.0
"""PyOnceLock and PyInterpreterOnceLock in an interpreter: `python cells_test.py [UNITTEST ARGUMENTS]`, with the compiled
module `cells` on PYTHONPATH. What takes an interpreter down with it runs in children (child.py)."""
import faulthandler
import itertools
import os
import signal
import sys
import threading
import time
import unittest
import warnings

import cells

HANG = int(os.environ.get("FIRST_USE_TEST_PATIENCE", "60"))  # seconds; nothing here takes one
numbers = itertools.count()


def until(condition):
    """Waits for a state, not for a time: the watch over all of this ends a hang."""
    while not condition():
        time.sleep(0.001)


class Thread(threading.Thread):
    """Keeps what its function returned or raised."""

    def __init__(self, function, *arguments):
        super().__init__(daemon=True)
        self.function, self.arguments, self.value, self.error = function, arguments, None, None
        self.start()

    def run(self):
        try:
            self.value = self.function(*self.arguments)
        except BaseException as error:
            self.error = error

    def result(self):
        self.join()
        if self.error is not None:
            raise self.error
        return self.value


class Slow:
    """An initialiser that is `inside` until it may `go`."""

    def __init__(self, value="slow"):
        self.inside, self.go, self.value, self.calls = threading.Event(), threading.Event(), value, 0

    def __call__(self):
        self.calls += 1
        self.inside.set()
        self.go.wait()
        if isinstance(self.value, BaseException):
            raise self.value
        return self.value


class Waiting:
    """What all types promise whose threads know how to wait; `get_or_init` and `get` are theirs."""

    def setUp(self):
        faulthandler.dump_traceback_later(HANG, exit=True)
        self.number = next(numbers)

    def tearDown(self):
        faulthandler.cancel_dump_traceback_later()

    def init(self, f):
        return type(self).get_or_init(self.number, f)

    def look(self):
        return type(self).get(self.number)

    def test_once(self):
        self.assertIsNone(self.look())
        value = self.init(object)
        self.assertIs(self.init(object), value)
        self.assertIs(self.look(), value)

    def test_eight_threads_and_an_initialiser_that_lets_python_go(self):
        before = cells.waits()
        calls = []

        def make():
            calls.append(1)
            until(lambda: cells.waits() == before + 7)
            return object()

        threads = [Thread(self.init, make) for _ in range(8)]
        values = {id(thread.result()) for thread in threads}
        self.assertEqual((len(values), len(calls)), (1, 1))

    def test_nobody_is_seen_half_way(self):
        slow = Slow()
        owner = Thread(self.init, slow)
        slow.inside.wait()
        self.assertIsNone(self.look())
        slow.go.set()
        self.assertEqual(owner.result(), "slow")

    def test_a_waiter_takes_over_from_one_that_failed(self):
        slow = Slow(ValueError("failed"))
        before = cells.waits()
        owner = Thread(self.init, slow)
        slow.inside.wait()
        waiters = [Thread(self.init, lambda: "taken over") for _ in range(3)]
        until(lambda: cells.waits() == before + 3)
        slow.go.set()
        with self.assertRaises(ValueError):
            owner.result()
        self.assertEqual([waiter.result() for waiter in waiters], ["taken over"] * 3)

    def wait_for(self, slow, while_waiting):
        """This thread waits for a slow initialiser; `while_waiting` is called by another as soon as it does."""
        before = cells.waits()
        owner = Thread(self.init, slow)
        slow.inside.wait()

        def disturb():
            until(lambda: cells.waits() > before)
            while_waiting()

        disturber = Thread(disturb)
        try:
            return self.init(object)
        finally:
            slow.go.set()
            disturber.result()
            owner.result()

    def test_a_signal_that_raises_nothing_lets_the_wait_go_on(self):
        slow = Slow()
        seen = []

        def handle(*_):
            seen.append(1)
            slow.go.set()

        before = signal.signal(signal.SIGUSR1, handle)
        try:
            value = self.wait_for(slow, lambda: os.kill(os.getpid(), signal.SIGUSR1))
        finally:
            signal.signal(signal.SIGUSR1, before)
        self.assertEqual((value, seen), ("slow", [1]))

    def test_fork_in_the_middle_of_another_threads_initialisation(self):
        slow = Slow()
        owner = Thread(self.init, slow)
        slow.inside.wait()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of 3.12 and later, of threads at a fork
            child = os.fork()
        if child == 0:
            signal.alarm(HANG)  # faulthandler would wait for the watchdog thread, which was not copied
            os._exit(0 if self.init(lambda: "child") == "child" and self.look() == "child" else 1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        slow.go.set()
        self.assertEqual(owner.result(), "slow")


class Lock(Waiting):
    """What the types promise whose errors are Python's."""

    def test_reentrance_is_an_error_that_names_the_cell(self):
        with self.assertRaises(RuntimeError) as caught:
            self.init(lambda: self.init(object))
        text = str(caught.exception)
        self.assertIn(type(self).name + "<", text)
        self.assertIn('"cell" asked for the value it is making', text)
        self.assertEqual(self.init(lambda: "again"), "again")

    def test_failing_import_and_retry(self):
        def make():
            import no_such_module_of_ours
            return no_such_module_of_ours

        for _ in range(3):
            with self.assertRaises(ImportError):
                self.init(make)
            self.assertIsNone(self.look())
        self.assertEqual(self.init(lambda: "there"), "there")

    def test_null_without_an_error(self):
        with self.assertRaises(SystemError) as caught:
            self.init(None)
        self.assertIn(type(self).name + "<", str(caught.exception))
        self.assertEqual(self.init(lambda: 1), 1)

    def test_interrupt_reaches_a_waiter(self):
        slow = Slow()
        with self.assertRaises(KeyboardInterrupt):
            self.wait_for(slow, lambda: os.kill(os.getpid(), signal.SIGINT))
        self.assertEqual((self.look(), slow.calls), ("slow", 1))

    def test_a_ring_of_two_threads_is_told(self):
        other = next(numbers)
        get_or_init = type(self).get_or_init
        both = threading.Barrier(2)

        def ring(mine, its):
            def make():
                both.wait()
                return get_or_init(its, object)

            return get_or_init(mine, make)

        threads = [Thread(ring, self.number, other), Thread(ring, other, self.number)]
        for thread in threads:
            thread.join()
        errors = [str(thread.error) for thread in threads if thread.error is not None]
        self.assertEqual(len(errors), 1, errors)
        self.assertIn("first_use: deadlock: this thread", errors[0])
        self.assertIsInstance([thread.error for thread in threads if thread.error is not None][0], RuntimeError)


class ProcessTest(Lock, unittest.TestCase):
    get_or_init, get, name = cells.process, cells.process_get, "PyOnceLock"

    def test_native_thread_owns_what_a_python_thread_waits_for(self):
        cells.native(self.number, lambda: "native")
        self.assertEqual(self.init(object), "native")
        cells.join()

    def test_native_thread_waits_for_a_python_thread(self):
        slow = Slow()
        owner = Thread(self.init, slow)
        slow.inside.wait()
        cells.native_waiter(self.number)
        slow.go.set()
        cells.join()
        self.assertEqual(owner.result(), "slow")

    def test_native_initialiser_that_fails(self):
        def fail():
            raise ValueError

        cells.native(self.number, fail)
        self.assertEqual(self.init(lambda: "mine"), "mine")
        cells.join()

    def test_a_name_that_is_no_utf8_is_no_error_of_its_own(self):
        with self.assertRaisesRegex(RuntimeError, '"gr\ufffd+t" asked for the value it is making'):
            cells.latin_knot()

    def test_a_number_that_cannot_be_made_and_then_can(self):
        with self.assertRaises(TypeError):
            cells.number("seven")
        self.assertEqual(cells.number(7), 7)
        self.assertEqual(cells.number("seven"), 7)


class InterpreterTest(Lock, unittest.TestCase):
    get_or_init, get, name = cells.interpreter, cells.interpreter_get, "PyInterpreterOnceLock"

    def test_twenty_interpreters_have_one_each_and_drop_it(self):
        mine = self.init(object)
        cells.counted(lambda: "of this interpreter")
        drops, notes = cells.drops(), cells.notes()
        for number in range(20):
            self.assertTrue(cells.in_interpreter(f"""
import cells
assert cells.interpreter_get({self.number}) is None
value = cells.interpreter({self.number}, object)
assert cells.interpreter({self.number}, object) is value
class Loud:
    # Modules have been emptied by then; what the function holds itself is there.
    def __del__(self, note=cells.note, counted=cells.counted, str=str, RuntimeError=RuntimeError):
        note()
        try:
            counted(list)
        except RuntimeError as error:
            if 'this Python interpreter is ending' in str(error): note()
assert type(cells.counted(Loud)) is Loud
"""))
            self.assertEqual(cells.drops(), drops + number + 1)
            self.assertEqual(cells.notes(), notes + 2 * (number + 1), "Python code runs while values are dropped")
            self.assertIs(self.look(), mine)
        self.assertEqual(cells.counted(object), "of this interpreter")

    def test_twenty_interpreters_at_a_time(self):
        mine = self.init(object)
        for _ in range(2):  # the second time at addresses where others have lived
            # Each starts the next, which finds the text where all of the process do.
            os.environ["FIRST_USE_NEST"] = f"""
import cells, os
assert cells.interpreter_get({self.number}) is None
value = cells.interpreter({self.number}, object)
cells.note()
if cells.notes() < {cells.notes() + 20}: assert cells.in_interpreter(os.environ["FIRST_USE_NEST"])
assert cells.interpreter({self.number}, object) is value
"""
            self.assertTrue(cells.in_interpreter(os.environ["FIRST_USE_NEST"]))
            self.assertIs(self.look(), mine)

    def test_imported_and_interned(self):
        import collections
        self.assertIs(cells.ordered_dict(), collections.OrderedDict)
        self.assertIs(cells.ordered_dict(), collections.OrderedDict)
        with self.assertRaisesRegex(AttributeError, "no_such_thing"):
            cells.missing_attribute()
        collections.no_such_thing = "there now"
        self.assertEqual(cells.missing_attribute(), "there now")
        self.assertIs(cells.word(), sys.intern("first_use_" + "word"))

    @unittest.skipUnless(hasattr(cells, "throwing"), "compiled without exceptions")
    def test_what_an_initialiser_throws_goes_through(self):
        self.assertEqual(cells.throwing(), 2)
        self.assertEqual(cells.throwing(), 2)


class AttachAwareTest(Waiting, unittest.TestCase):
    """An ordinary type that waits as threads of Python must."""
    get_or_init, get = cells.aware, cells.aware_get

    def test_what_a_handler_raises_comes_after_the_wait(self):
        slow = Slow()
        handled = threading.Event()

        class Interrupted(Exception):
            pass

        def handle(*_):
            handled.set()
            raise Interrupted

        def disturb():
            os.kill(os.getpid(), signal.SIGUSR1)
            handled.wait()
            slow.go.set()

        before = signal.signal(signal.SIGUSR1, handle)
        try:
            with self.assertRaises(Interrupted):
                self.wait_for(slow, disturb)
                until(lambda: False)
        finally:
            signal.signal(signal.SIGUSR1, before)
        until(lambda: self.look() == "slow")
        self.assertEqual(slow.calls, 1)

    def test_a_timed_wait_lets_signals_in(self):
        slow = Slow()
        before = cells.waits()
        owner = Thread(self.init, slow)
        slow.inside.wait()

        def disturb():
            until(lambda: cells.waits() > before)
            os.kill(os.getpid(), signal.SIGUSR1)

        handler = signal.signal(signal.SIGUSR1, lambda *_: slow.go.set())
        try:
            disturber = Thread(disturb)
            self.assertTrue(cells.aware_wait_for(self.number))
        finally:
            signal.signal(signal.SIGUSR1, handler)
        disturber.result()
        self.assertEqual(owner.result(), "slow")


if __name__ == "__main__":
    unittest.main()
