# SPDX-License-Identifier: MIT OR Apache-2.0
"""Interpreters that have a GIL each (3.12 and later) run at the same time, and share what belongs to the process."""
import faulthandler
import sys
import threading
import unittest

import cells

try:
    import _interpreters as interpreters  # 3.13

    def create():
        return interpreters.create("isolated")
except ImportError:
    import _xxsubinterpreters as interpreters

    def create():
        return interpreters.create(isolated=True)

SOURCE = f"""
import sys
sys.path[:] = {sys.path!r}
import cells
values = set()
for i in range(2000):
    value = cells.interpreter(i % 50, object)
    assert cells.interpreter_get(i % 50) is value
    values.add(id(value))
assert len(values) == 50
assert cells.number(7) == 7
"""


class OwnGil(unittest.TestCase):
    def test_eight_at_once(self):
        faulthandler.dump_traceback_later(60, exit=True)
        failures = []

        def run():
            interpreter = create()
            try:
                failure = interpreters.run_string(interpreter, SOURCE)
                if failure is not None:
                    failures.append(failure)
            except Exception as error:
                failures.append(error)
            finally:
                interpreters.destroy(interpreter)

        for _ in range(3):  # the addresses of the first eight are used again
            threads = [threading.Thread(target=run) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(failures, [])
        self.assertIsNone(cells.interpreter_get(0))
        faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    unittest.main()
