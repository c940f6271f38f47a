# SPDX-License-Identifier: MIT OR Apache-2.0
"""`PYTHONPATH=<folder of python_access.so> python run_python_access.py`: nanoseconds to get at a kept Python object, before and
after a second interpreter has loaded the module. Kinds take turns; medians of CPU
time."""
import os
import statistics
import sys

import python_access

KINDS = ["bare_static", "function_local_static", "PyOnceLock", "PyInterpreterOnceLock", "imported",
         "gil_safe_call_once_and_store"]
TIMES, ROUNDS = 200_000, 51


def measure():
    results = {kind: [] for kind in KINDS if hasattr(python_access, kind)}
    for _ in range(ROUNDS):
        for kind, values in results.items():
            values.append(getattr(python_access, kind)(TIMES))
    return {kind: statistics.median(values) for kind, values in results.items()}


alone = measure()
if not python_access.start_another():
    sys.exit("no second interpreter")
both = measure()
print(f"Python {sys.version.split()[0]}: ns for each access (times the bare static), with one interpreter and with two")
for kind in KINDS:
    if kind not in alone:
        print(f"{kind:30} this pybind11 has none, or there is no pybind11")
        continue
    cells = [f"{of[kind]:6.2f} ({of[kind] / of['bare_static']:4.2f})" for of in (alone, both)]
    print(f"{kind:30}", *cells)
sys.stdout.flush()
os._exit(0)  # the second interpreter is still there
