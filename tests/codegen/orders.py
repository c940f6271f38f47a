#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compiles orders.cpp and looks for the instructions that keep memory in order: the hot path has one acquiring load and no
other barrier, the claim acquires, the publication releases, and neither does more than that. On x86-64 a lost order changes
nothing; on the machines below it takes an instruction away.

  orders.py --include DIR -- aarch64-linux-gnu-g++

Exit code: 0 all as promised, 1 not, 77 skipped.
"""

import argparse
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import budgets  # noqa: E402  (it lies one folder above)
import hot_path  # noqa: E402


class Machine:
    """Patterns over a function's instructions, which stand in one line, separated by "; "."""

    def __init__(self, comment, barrier, acquiring_load, swap, released, exchange, acquired):
        self.comment = comment                # hot_path.parse() asks for it
        self.barrier = barrier                # all that orders memory, in a function that only reads
        self.acquiring_load = acquiring_load  # the one that is wanted
        self.swap, self.released = swap, released
        self.exchange, self.acquired = exchange, acquired


REST = r" [^;]*; "
MACHINES = {
    "__aarch64__": Machine(
        "//", r"\b(ldap?r|stlr|dmb|dsb|isb|\w*xr|swp\w*|cas\w*|__aarch64_\w+)\b", r"\bldap?r\b",
        r"\b(__aarch64_swp\d\w*|swp\w*|stl?xr)\b", rf"(\b__aarch64_swp4_rel\b|\bswpl\b|\bldxr{REST}stlxr\b)",
        r"\b(__aarch64_cas\d\w*|cas\w*|stl?xr)\b",
        rf"(\b__aarch64_cas4_acq\b|\bcasa\b|\bldaxr{REST}(cmp|cbn?z){REST}(b\S*{REST})?(mov{REST})?stxr\b)"),
    "__arm__": Machine(
        "@", r"\b(dmb|dsb|isb|strex)\b", r"\bldr(exd)? [^;]*; dmb ish\b",
        r"\bldrex\b", rf"\bdmb ish; ldrex{REST}strex{REST}cmp{REST}bne{REST}(?!([^;]*; ){{0,2}}dmb)",
        r"\bldrex\b", rf"(?<!dmb ish; )\bldrex{REST}cmp{REST}bne{REST}(movs?{REST})?strex{REST}cmp{REST}dmb ish\b"),
    "__riscv": Machine(
        "#", r"\b(fence|amo\w+|sc)\b", r"\bl[wd] [^;]*; fence\b",
        r"\bamoswap\.w\S*", r"(\bfence\s[^;]*; ?amoswap\.w |\bamoswap\.w\.rl )(?!fence)",
        r"\bsc\.w", r"(\blr\.w\.aq [^;]*;[^;]*; ?sc\.w |\blr\.w [^;]*;[^;]*; ?sc\.w\.aq )"),
    "__powerpc64__": Machine(
        "#", r"\b(sync|lwsync|isync|stwcx)\b", r"\bl[wd]z? [^;]*; (cmp[wd] [^;]*; bne-? [^;]*; isync|lwsync)\b",
        r"\blwarx\b", rf"\blwsync; lwarx{REST}stwcx\.{REST}bne\S*{REST}(?!isync|lwsync|sync)",
        r"\blwarx\b", rf"(?<!sync; )\blwarx{REST}cmpw\S*{REST}bne\S*{REST}(li{REST})?stwcx\.{REST}(bne\S*{REST})?(isync|lwsync)\b"),
}


def functions(machine, assembly):
    """{name: its instructions in one line}."""
    code, labels = hot_path.parse(machine, assembly)
    starts = sorted((at, name) for name, at in labels.items() if not name.startswith("."))
    ends = [at for at, _ in starts[1:]] + [len(code)]
    return {name: "; ".join(" ".join(" ".join(words).split()) for words in code[start:end])
            for (start, name), end in zip(starts, ends)}


def count(pattern, text):
    return len(list(re.finditer(pattern, text)))


def look(machine, bodies):
    """Yields a sentence for each mistake."""
    for name in ("reads_once", "reads_lock", "fills_lock", "reads_wiped_lock"):
        body = bodies[name]
        if count(machine.acquiring_load, body) != 1:
            yield f"{name}: no acquiring load: {body}"
        if count(machine.barrier, body) != 1:
            yield f"{name}: not one barrier alone, the acquiring load's: {body}"
    # The release; and the exchange itself, where that is among the barriers and its name is (arm has a strexeq).
    body = bodies["releases_by_comparing"]
    parts = 1 if machine in (MACHINES["__aarch64__"], MACHINES["__arm__"]) else 2
    if count(machine.barrier, body) != parts:
        yield f"releases_by_comparing: not by a release alone: {body}"
    # The ways out of the state machine; and the usual way in, which ends in a usual way out.
    either = f"{machine.swap}|{machine.exchange}"
    for what, pattern, each, right in (
            ("publication", r"7AttemptI.*15BasicIgnoreFork.*(8complete|3end|4fail)", machine.swap, (machine.released,)),
            ("claim and publication", r"12WholeAttemptI.*15BasicIgnoreFork.*13perform_apartI", either,
             (machine.acquired, machine.released))):
        found = {name: body for name, body in bodies.items() if re.search(pattern, name) and re.search(each, body)}
        if not found:
            yield f"the {what} was not found; where is it now?"
        for name, body in found.items():
            counts = [count(wanted, body) for wanted in right]
            if 0 in counts or count(each, body) != sum(counts):
                yield f"{what}: not by the one order that it needs, in {name}: {body}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--include", required=True, help="the folder that holds first_use/")
    parser.add_argument("compiler", nargs="+", help="a compiler and its flags, after --")
    arguments = parser.parse_args()
    defined = budgets.macros_of(arguments.compiler)
    machine = next((machine for macro, machine in MACHINES.items() if macro in defined), None)
    if machine is None:
        print("[skipped] not a machine whose orders can be seen")
        return 77
    compiled = subprocess.run(arguments.compiler + ["-std=c++20", "-O2", "-S", "-o", "-", "-I", arguments.include,
                                                    os.path.join(HERE, "orders.cpp")],
                              stdout=subprocess.PIPE, text=True, check=False)
    if compiled.returncode != 0:
        print("orders.cpp does not compile")
        return 1
    mistakes = list(look(machine, functions(machine, compiled.stdout)))
    print("\n".join(mistakes) or "ok: one acquiring load on each hot path, the claim acquires, the publication releases")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
