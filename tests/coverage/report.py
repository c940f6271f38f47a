# SPDX-License-Identifier: MIT OR Apache-2.0
"""report.py PROFDATA COV BUILD INCLUDE PROGRAM...: runs the suite of a build with coverage and tells what it ran of the
headers: a table, and what never ran. A piece of code is what runs as a whole, a line or less. One of a template counts as
run where one of its instantiations ran it; of a branch that ran, the side that was never taken is told."""
import collections
import glob
import json
import os
import shutil
import subprocess
import sys


def run_suite(build):
    """Runs all tests; the folder with their profiles, and whether they passed."""
    raw = os.path.join(build, "profiles")
    shutil.rmtree(raw, ignore_errors=True)
    os.makedirs(raw)
    # %c: the counters lie in the mapped file itself. So nothing is lost of a child that ends by _exit(), of a process
    # that aborts, and of a copy that libc knows nothing of.
    passed = subprocess.run(
        ["ctest", "--test-dir", build, "-j2", "-LE", "^(source|compile_fail)$", "--no-tests=error", "--output-on-failure",
         "--quiet"], env={**os.environ, "LLVM_PROFILE_FILE": os.path.join(raw, "%m%c.profraw")}).returncode == 0
    return raw, passed


def counts_of(function, include):
    """(file, line, column) -> count of each piece of code, and -> [true, false] of each branch, of one instantiation."""
    files = function["filenames"]
    ours = [name.startswith(include) for name in files]
    for line, column, last, _, count, file, _, kind in function["regions"]:
        if ours[file] and kind == 0:
            yield "code", files[file], line, column, last, count
    for line, column, _, _, true, false, file, _, _ in function.get("branches", []):
        if ours[file]:
            yield "branch", files[file], line, column, true, false


def main(profdata, cov, build, include, *programs):
    raw, passed = run_suite(build)
    merged = os.path.join(build, "suite.profdata")
    subprocess.run([profdata, "merge", "-sparse", *glob.glob(raw + "/*.profraw"), "-o", merged], check=True)
    code = collections.Counter()
    ends = {}
    sides = collections.defaultdict(lambda: [0, 0])
    # One program at a time: of one inline function, two programs can have two bodies (exceptions, forced modes).
    for program in filter(os.path.exists, programs):
        text = subprocess.run([cov, "export", program, "-instr-profile", merged, "-skip-expansions"], check=True,
                              capture_output=True).stdout
        for function in json.loads(text)["data"][0]["functions"]:
            for kind, file, line, column, a, b in counts_of(function, include):
                where = os.path.relpath(file, include), line, column
                if kind == "code":
                    code[where] += b
                    ends[where] = a
                else:
                    sides[where][0] += a
                    sides[where][1] += b

    files = sorted({where[0] for where in code})
    print(f"{'':34} {'pieces of code':>16} {'sides of branches':>18}")
    never = []
    sums = [0, 0, 0, 0]
    for file in files:
        pieces = {where: count for where, count in code.items() if where[0] == file}
        both = {where: counts for where, counts in sides.items() if where[0] == file}
        row = [sum(count != 0 for count in pieces.values()), len(pieces),
               sum(count != 0 for counts in both.values() for count in counts), 2 * len(both)]
        sums = [a + b for a, b in zip(sums, row)]
        print(f"{file:34} {row[0]:>8}/{row[1]:<7} {row[2]:>9}/{row[3]:<8}")
        with open(os.path.join(include, file), encoding="utf-8") as source:
            lines = source.read().splitlines()
        for where, count in sorted(pieces.items()):
            if count == 0:
                never.append(f"{file}:{where[1]}: never run: {lines[where[1] - 1].strip()}")
        for where, counts in sorted(both.items()):
            if counts[0] == 0 and counts[1] != 0:
                never.append(f"{file}:{where[1]}:{where[2]}: never true: {lines[where[1] - 1].strip()}")
            if counts[1] == 0 and counts[0] != 0:
                never.append(f"{file}:{where[1]}:{where[2]}: never false: {lines[where[1] - 1].strip()}")
    print(f"{'all':34} {sums[0]:>8}/{sums[1]:<7} {sums[2]:>9}/{sums[3]:<8}"
          f" ({100 * sums[0] / sums[1]:.1f} %, {100 * sums[2] / sums[3]:.1f} %)\n")
    print("\n".join(dict.fromkeys(never)))  # once for each line
    return 0 if passed else "the suite failed: the numbers are of a broken build"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
