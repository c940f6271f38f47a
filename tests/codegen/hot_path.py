#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Counts the instructions of the hot paths in hot_path.cpp and hot_path_pic.cpp and compares them with budget.txt.

The hot path of a function is the one way from its entry to a return that calls nothing. It is read off the compiler's
assembly, so that nothing is run and a cross compiler will do. Exit code: 0 within budget, 1 beyond, 77 skipped.

  hot_path.py --include DIR -- g++                what a test runs
  hot_path.py --include DIR --show NAME -- g++    prints one hot path
  hot_path.py --include DIR --measure -- g++      prints the numbers as they are
"""

import argparse
import collections
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import budgets  # noqa: E402  (it lies one folder above)

# The flags each file of probes needs.
FILES = {"hot_path.cpp": [], "hot_path_pic.cpp": ["-fPIC"]}
Path = collections.namedtuple("Path", "instructions branches loads sins")


class Machine:
    """How an instruction set spells what is of interest here."""

    def __init__(self, name, conditional, jump, call, end, comment):
        self.name = name
        self.conditional = re.compile(conditional)
        self.jump = re.compile(jump)
        self.call = re.compile(call)
        self.end = re.compile(end)
        self.comment = comment


X86 = Machine("x86_64", r"j(?!mp)[a-z]+$", r"jmpq?$", r"callq?$", r"(rep;? ?)?retq?$", "#")
ARM = Machine("aarch64", r"(b\.?(eq|ne|cs|cc|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)|cbn?z|tbn?z)$", r"b$", r"(bl|blr|br)$",
              r"ret$", "//")


def loads(machine, mnemonic, operands):
    """Whether it reads memory that is not its own stack frame."""
    if machine is X86:
        if mnemonic.startswith(("lea", "push", "pop", "nop", "j")) or not re.search(r"\(|^[A-Za-z_.]|,\s*[A-Za-z_.]", operands):
            return False
        if re.search(r"\(%[re]sp\)", operands):
            return False
        # A plain store has its memory last.
        return not (mnemonic.startswith("mov") and re.search(r"\)$|,\s*[A-Za-z_.][^%]*$", operands))
    return mnemonic.startswith("ld") and not re.search(r"\[sp\b", operands)


def sins(machine, mnemonic, operands):
    """What no hot path may do."""
    if machine is X86:
        if mnemonic.startswith("lock") or (mnemonic.startswith("xchg") and "(" in operands):
            yield "locked instruction"
        if "%fs:" in operands or "%gs:" in operands:
            yield "thread-local access"
        if "fence" in mnemonic:
            yield "fence"
    else:
        if re.match(r"(st|ld)a?l?xr|cas|swp|ld(add|clr|set)", mnemonic):
            yield "read-modify-write"
        if "tpidr" in operands or "tlsdesc" in operands:
            yield "thread-local access"
        if mnemonic == "dmb":
            yield "fence"


def parse(machine, assembly):
    """[(label or None, mnemonic, operands)] and where each label stands."""
    code, labels = [], {}
    for line in assembly.splitlines():
        line = line.split(machine.comment)[0].rstrip()
        label = re.match(r"([A-Za-z_.$][\w.$]*):", line)
        if label:
            labels[label.group(1)] = len(code)
            continue
        words = line.split(None, 1)
        if not words or words[0].startswith(".") or not line[0].isspace():
            continue
        code.append((words[0], words[1] if len(words) == 2 else ""))
    return code, labels


def ways(machine, code, labels, at, seen=()):
    """Every way from `at` to a return that calls nothing, as lists of indices."""
    way = []
    while True:
        if at in seen or at in way or at >= len(code):
            return
        way.append(at)
        mnemonic, operands = code[at]
        target = operands.split(",")[-1].strip()
        if machine.end.match(mnemonic):
            yield way
            return
        if machine.call.match(mnemonic):
            return
        if machine.jump.match(mnemonic):
            # To another function is a call in all but name.
            if not target.startswith(".L") or target not in labels:
                return
            at = labels[target]
            continue
        if machine.conditional.match(mnemonic):
            if target in labels and target.startswith(".L"):
                for rest in ways(machine, code, labels, labels[target], tuple(seen) + tuple(way)):
                    yield way + rest
        at += 1


def measure(machine, code, way):
    text = [code[at] for at in way]
    return Path(len(text), sum(bool(machine.conditional.match(m)) for m, _ in text),
                sum(loads(machine, m, o) for m, o in text), sorted({s for m, o in text for s in sins(machine, m, o)}))


def probe_names(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return re.findall(r"^[\w:* ]+?[ *](\w+)\(.*\) \{", file.read().split('extern "C" {')[1], re.MULTILINE)


def allowances(column):
    """The column that speaks for this compiler, and {probe: (instructions, branches, loads)}."""
    fitting, rows = budgets.read(os.path.join(HERE, "budget.txt"), column)
    return fitting, rows and {name: (row[fitting], row["branches"], row["loads"]) for name, row in rows.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--include", required=True, help="the folder that holds first_use/")
    parser.add_argument("--show", metavar="NAME", help="print the hot path of one probe")
    parser.add_argument("--measure", action="store_true", help="print numbers, compare nothing")
    parser.add_argument("compiler", nargs="+", help="a compiler and its flags, after --")
    arguments = parser.parse_args()

    flags = ["-std=c++20", "-O2"]
    column = budgets.column_of(arguments.compiler)
    if column is None:
        print("[skipped] neither x86-64 nor aarch64")
        return 77
    machine = next(known for known in (X86, ARM) if column.startswith(known.name + "-"))
    if column.startswith("aarch64-g++"):
        # Else the cost of a global's address depends on which other globals the file holds.
        flags.append("-fno-section-anchors")
    probes = {}
    for file, more in FILES.items():
        compiled = subprocess.run(arguments.compiler + flags + more + ["-S", "-o", "-", "-I", arguments.include,
                                                                       os.path.join(HERE, file)],
                                  stdout=subprocess.PIPE, text=True, check=False)
        if compiled.returncode != 0:
            print(f"{file} does not compile")
            return 1
        probes.update(dict.fromkeys(probe_names(file), parse(machine, compiled.stdout)))
    column, allowed = (column, {}) if arguments.measure else allowances(column)
    if allowed is None:
        print("[skipped] budget.txt knows no compiler as old as this one")
        return 77

    mistakes = 0
    for name in sorted(set(allowed) - set(probes)):
        print(f"{name}: budgeted, but there is no such probe")
        mistakes += 1
    for name, (code, labels) in probes.items():
        found = [(measure(machine, code, way), way) for way in ways(machine, code, labels, labels[name])]
        if len(found) != 1:
            print(f"{name}: {len(found)} ways to a return without a call; there must be one")
            mistakes += 1
            continue
        path, way = found[0]
        if arguments.show == name:
            print("\n".join("  " + " ".join(code[at]) for at in way))
        wrong = list(path.sins)
        if not arguments.measure:
            if name not in allowed:
                wrong.append("no budget")
            else:
                for what, is_now, limit in zip(("instructions", "branches", "loads"), path, allowed[name]):
                    if is_now > limit:
                        wrong.append(f"{is_now} {what}, {limit} allowed")
        print(f"{column} {name}: {path.instructions} instructions, {path.branches} branches, {path.loads} loads"
              + (": " + "; ".join(wrong) if wrong else ""))
        if wrong:
            mistakes += 1
            print("\n".join("    " + " ".join(code[at]) for at in way))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
