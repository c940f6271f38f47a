#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Breaks a copy of the headers, one line at a time, and asks the model tests whether they notice.

    tests/model/mutants.py [WORD...]       all mutants, or those whose name contains a WORD; about ten seconds each

Needs g++ (or $CXX) and GoogleTest. Exits with 1 if a mutant survives, or a line to break is not there any more.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MACHINE = "detail/machine.hpp"
ATTEMPT = "detail/attempt.hpp"
RUNNING = "detail/running.hpp"
GENERATION = "fork/generation.hpp"
RACE = "detail/race_word.hpp"

# Two that nothing can notice are not in the list: settle() with a relaxed store (whoever looks without the user's own
# synchronisation breaks the rules), and a registry lock that is taken without the mark of other sleepers (a wake is for
# all of them, and each sets the mark again).
#
# name, file, what to break, what to put in its place, the tests that should notice (the first that does ends the search)
MUTANTS = [
    ("hot load relaxed", MACHINE, "Bits::complete((*word_).load(Order::acquire))",
     "Bits::complete((*word_).load(Order::relaxed))", "racing"),
    ("first load relaxed", MACHINE, "seen = (*word_).load(Order::acquire);\n    for (;;)",
     "seen = (*word_).load(Order::relaxed);\n    for (;;)", "racing"),
    ("claim relaxed", MACHINE, "Order::acquire,\n                                           Order::acquire))",
     "Order::relaxed,\n                                           Order::acquire))", "failing"),
    ("usual claim relaxed", MACHINE, "Order::acquire,\n                                          Order::relaxed);",
     "Order::relaxed,\n                                          Order::relaxed);", "failing"),
    ("refused claim relaxed", MACHINE, "Order::acquire,\n                                           Order::acquire))",
     "Order::acquire,\n                                           Order::relaxed))", "racing"),
    ("load after sleep relaxed", MACHINE,
     "// ORDERING: acquire as at the top of the loop.\n        seen = (*word_).load(Order::acquire)",
     "seen = (*word_).load(Order::relaxed)", "racing waiting"),
    ("publication relaxed", ATTEMPT, "word.exchange(outcome, Order::release)", "word.exchange(outcome, Order::relaxed)", "racing"),
    ("race: look relaxed", RACE, "return (*word_).load(Order::acquire)", "return (*word_).load(Order::relaxed)", "race"),
    ("race: offer relaxed", RACE, "mine, Order::release, Order::relaxed)", "mine, Order::relaxed, Order::relaxed)", "race"),
    ("race: what refused is not acquired", RACE, "mine = look();", "mine = seen;", "race"),
    ("race: the last one wins", RACE, "if (seen == 0) continue;", "if (seen != 7) continue;", "race"),
    ("race: a failure for no reason is a defeat", RACE, "if (seen == 0) continue;", "", "race"),
    ("race: a loser is kept", "race/once_box.hpp", "if (!self.word_.offer(mine)) delete made;", "self.word_.offer(mine);", "race"),
    ("wake skipped", ATTEMPT, "if ((old & queued) != 0) word.notify_all();", "if ((old & queued) == 2) word.notify_all();",
     "racing"),
    ("wake looks at the word", ATTEMPT, "if ((old & queued) != 0) word.notify_all();",
     "if ((old & queued) != 0 && word.load(Order::relaxed) != 1) word.notify_all();", "waiting"),
    ("mark not set", MACHINE, "static_cast<Value>(seen | queued);", "seen;", "racing"),
    ("mark dropped by the claim", MACHINE, "running | (seen & queued)", "running", "waiting"),
    ("starts as complete", ATTEMPT, "if (!done_) attempt_.fail();", "if (!done_) attempt_.complete();", "failing"),
    ("sleep not followed by a look", MACHINE, "expired = !sleep(label, seen, deadline);",
     "expired = !sleep(label, seen, deadline);\n        if (!expired) return Progress::complete;", "failing racing"),
    ("timed waits register", MACHINE,
     "if (deadline != nullptr) return (*word_).wait_until(marked, *deadline);\n    if (self.top",
     "if (deadline != nullptr && self.top == nullptr) return (*word_).wait_until(marked, *deadline);\n    if (self.top",
     "rings"),
    ("re-entrance not seen", MACHINE, "!runs(Self::self().top, &word_)", "true", "rings"),
    ("rings not looked for", RUNNING, "mine = closes_ring(me)) {", "mine = me.once == nullptr ? closes_ring(me) : nullptr) {", "rings"),
    ("ring looked for, then registered", RUNNING, "    me.generation = lock.generation;",
     "    const_cast<Lock&>(lock).~Lock();\n    ::new (const_cast<Lock*>(&lock)) Lock;\n    me.generation = lock.generation;",
     "rings"),
    ("any chain is a ring", RUNNING, "if (runs(me.frames, wanted)) return wanted;", "return wanted;", "rings"),
    ("waiter never leaves", MACHINE, "if (waiter.once != nullptr) Waiting::leave(waiter);", "", "rings"),
    ("registry lock relaxed", RUNNING, "taken, Order::acquire, Order::relaxed)", "taken, Order::relaxed, Order::relaxed)",
     "rings"),
    ("registry unlock relaxed", RUNNING, "Order::release, Order::relaxed)", "Order::relaxed, Order::relaxed)", "rings"),
    ("registry wake skipped", RUNNING, "if ((seen & 2) != 0) word_.notify_all();", "if ((seen & 8) == 8) {\n }", "rings"),
    ("registry lock of the parent is held", RUNNING, "seen >> 2 != generation || (seen & 1) == 0", "(seen & 1) == 0",
     "forking"),
    ("registry list of the parent is kept", RUNNING, "first_ = nullptr;", "", "forking"),
    ("abandoned reads as running", "fork/fork_policy.hpp", "process::State::running && !ours", "process::State::running && false && !ours",
     "forking"),
    ("wiped value kept", "fork/wipe_on_fork.hpp", "return static_cast<Number>(word + published) < published;",
     "return published != 0 && (word >> 1 & 7) == 4;", "forking"),
    ("frames not carried", GENERATION, "self.stamp != stamp_of(g)) carry(self, stamp_of(g));",
     "self.stamp == stamp_of(g) + 9) carry(self, stamp_of(g));",
     "forking"),
    ("sleeper not stirred", GENERATION, "if (self.sleeping != nullptr) self.stir(self.sleeping);", "", "forking"),
    ("sleeper on the registry not stirred", RUNNING, "self.sleeping = &word_;", "", "forking"),
    ("waiter leaves another process's list", RUNNING, "if (me.generation != lock.generation) return;", "", "forking"),
    ("child keeps its number", GENERATION, "page_.published.store(0, Order::relaxed);", "", "forking"),
]


def caught_by(include, test, work):
    program = work / test
    command = [os.environ.get("CXX", "g++"), "-std=c++20", "-O1", "-w", f"-I{include}", f"{HERE}/{test}_test.cpp", "-o",
               str(program), "-lgtest", "-lgtest_main", "-pthread"]
    subprocess.run(command, check=True)
    try:
        run = subprocess.run([str(program), "--gtest_fail_fast"], capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return "time-out"
    if run.returncode == 0:
        return None
    failed = re.search(r"\[  FAILED  \] (\S+)", run.stdout)
    why = re.search(r"Actual: (?:false|true) \((.*)", run.stdout) or re.search(r"^(model: .*)$", run.stderr, re.M)
    return f"{failed.group(1) if failed else test}: {why.group(1) if why else 'exit code %d' % run.returncode}"


def main():
    words = sys.argv[1:]
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        for name, file, old, new, tests in MUTANTS:
            if words and not any(word in name for word in words):
                continue
            include = work / "include"
            shutil.rmtree(include, ignore_errors=True)
            shutil.copytree(ROOT / "include", include)
            text = (include / "first_use" / file).read_text()
            verdict = None
            if text.count(old) != 1:
                verdict, survivors = f"STALE: {file} has this line {text.count(old)} times", survivors + 1
            else:
                (include / "first_use" / file).write_text(text.replace(old, new))
                for test in tests.split():
                    verdict = verdict or caught_by(include, test, work)
                if verdict is None:
                    verdict, survivors = "SURVIVES", survivors + 1
            print(f"{name:40} {verdict}", flush=True)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
