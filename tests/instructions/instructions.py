#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Counts the instructions that the operations of operations.cpp execute and compares them with budget.txt.

callgrind counts what is executed between the entry of a function and its return, whatever it calls. The program runs
twice, with N and with 2N of each operation; the difference by N is what one costs, without what only the first one does
(binding symbols, registering fork handlers). No clock is read: on one system the numbers are the same in every run.
Exit code: 0 within budget, 1 beyond, 77 skipped.

  instructions.py --include DIR --valgrind valgrind -- g++              what a test runs
  instructions.py --include DIR --valgrind valgrind --measure -- g++    prints the numbers as they are
"""

import argparse
import collections
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import budgets  # noqa: E402  (it lies one folder above)

TIMES = 50
KNOWN = {"known": 5}


def fail(text):
    print(text)
    sys.exit(1)


def inclusive_costs(path):
    """{operation: instructions of all its calls, with all that they call}, from a file of callgrind's."""
    costs, operation = collections.Counter(), None
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("fn="):
                # g++ keeps the unlikely part of a function under a name of its own, and counts it as a call.
                match = re.fullmatch(r"counted_(\w+)", line[3:].strip())
                operation = match and match.group(1)
            elif operation:
                cost = re.fullmatch(r"[-+*\d]+ (\d+)", line.strip())
                if cost:
                    costs[operation] += int(cost.group(1))
    return costs


def count(valgrind, program, times, folder):
    out = os.path.join(folder, f"callgrind.{times}")
    # All symbols are bound at the start: the first use of each must cost what the others do.
    run = subprocess.run([valgrind, "-q", "--tool=callgrind", f"--callgrind-out-file={out}", "--compress-strings=no",
                          "--compress-pos=no", program, str(times)], env={**os.environ, "LD_BIND_NOW": "1"},
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if run.returncode != 0:
        fail(f"callgrind ended with {run.returncode}:\n{run.stdout}")
    return inclusive_costs(out)


def measure(valgrind, compiler, include):
    """{operation: instructions of one}."""
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "operations")
        compiled = subprocess.run(compiler + ["-std=c++20", "-O2", "-pthread", "-I", include, "-o", program,
                                              os.path.join(HERE, "operations.cpp")], check=False)
        if compiled.returncode != 0:
            fail("operations.cpp does not compile")
        once, twice = (count(valgrind, program, times, folder) for times in (TIMES, 2 * TIMES))
    costs = {}
    for name in twice:
        cost, rest = divmod(twice[name] - once[name], TIMES)
        if rest != 0:
            fail(f"{name}: {TIMES} more of it cost {twice[name] - once[name]} instructions: not all cost the same")
        costs[name] = cost
    bare = costs.pop("throw_bare", 0)
    for name in costs:
        if name.startswith("throw_"):
            costs[name] -= bare
    return costs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--include", required=True, help="the folder that holds first_use/")
    parser.add_argument("--valgrind", required=True)
    parser.add_argument("--measure", action="store_true", help="print numbers, compare nothing")
    parser.add_argument("compiler", nargs="+", help="a compiler and its flags, after --")
    arguments = parser.parse_args()

    column = budgets.column_of(arguments.compiler)
    if column is None or not column.startswith("x86_64-"):
        print("[skipped] budget.txt is about x86-64")
        return 77
    allowed = None
    if not arguments.measure:
        fitting, rows = budgets.read(os.path.join(HERE, "budget.txt"), column)
        allowed = rows and {name: row[fitting] for name, row in rows.items()}
    if allowed is None and not arguments.measure:
        print("[skipped] budget.txt knows no compiler as old as this one")
        return 77
    costs = measure(arguments.valgrind, arguments.compiler, arguments.include)

    # What is known beforehand is counted right, or nothing of this means anything.
    for name, known in KNOWN.items():
        if costs.pop(name, None) != known:
            fail(f"counted_{name} executes {known} instructions, and another number was counted")
    if arguments.measure:
        for name, cost in costs.items():
            print(f"{column} {name}: {cost}")
        return 0
    mistakes = 0
    for name in sorted(set(costs) | set(allowed)):
        is_now, limit = costs.get(name), allowed.get(name)
        if is_now is None:
            verdict = ": budgeted, but operations.cpp has no such operation"
        elif limit is None:
            verdict = ": no budget"
        else:
            verdict = f": {limit} allowed" if is_now > limit else ""
        mistakes += bool(verdict)
        print(f"{column} {name}: {is_now} instructions{verdict}")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
