# SPDX-License-Identifier: MIT OR Apache-2.0
"""The module of with_pybind11.cpp, from eight threads."""
import faulthandler
import fractions
import threading
import time
import unittest

import with_pybind11


class WithPybind11(unittest.TestCase):
    def setUp(self):
        faulthandler.dump_traceback_later(60, exit=True)

    def tearDown(self):
        faulthandler.cancel_dump_traceback_later()

    def test_imported_type(self):
        self.assertEqual(with_pybind11.fraction(1, 2), fractions.Fraction(1, 2))

    def test_error_goes_through_and_the_next_call_tries_again(self):
        def fail():
            raise LookupError("not yet")

        with self.assertRaisesRegex(LookupError, "not yet"):
            with_pybind11.make(fail)
        calls, values = [], []

        def make():
            calls.append(1)
            time.sleep(0.01)  # lets the others come
            return object()

        threads = [threading.Thread(target=lambda: values.append(with_pybind11.make(make))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((len(calls), len(values), len(set(map(id, values)))), (1, 8, 1))

    def test_dict(self):
        self.assertEqual([with_pybind11.entry(key) for key in "abca"], [0, 1, 2, 0])

    def test_empty_handle_is_a_failure(self):
        for _ in range(2):
            with self.assertRaises(ImportError):
                with_pybind11.empty()


if __name__ == "__main__":
    unittest.main()
