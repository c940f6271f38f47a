#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What including first_use/once_lock.hpp costs, as a part of what <mutex> plus <optional> cost.

The cost of a header is the CPU time (user + system) of `-fsyntax-only` of a file that includes it, less that of an empty
file. The files are measured by turns and the medians compared, so that a busy machine disturbs all of them alike.

  parse_cost.py                          every compiler that is installed
  parse_cost.py --runs 51 -- g++ -m32    one, with flags
  parse_cost.py --header first_use/first_use.hpp

Exit code: 0 where no ratio is above --limit, 1 where one is, 77 where there is no compiler.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

INCLUDE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "include")
COMPILERS = (["g++"], ["clang++"], ["clang++-19"], ["aarch64-linux-gnu-g++"],
             ["clang++-19", "--target=aarch64-linux-gnu"])


def cpu_milliseconds(command):
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"failed: {' '.join(command)}")
    return 1000 * (usage.ru_utime + usage.ru_stime)


def measure(compiler, files, runs):
    """The median of each file in milliseconds."""
    times = {name: [] for name in files}
    for run in range(runs + 1):
        for name, path in files.items():
            spent = cpu_milliseconds(compiler + ["-std=c++20", "-fsyntax-only", "-I", INCLUDE, path])
            if run > 0:  # the first finds the files not yet in memory
                times[name].append(spent)
    return {name: statistics.median(spent) for name, spent in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--header", default="first_use/once_lock.hpp")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--limit", type=float, default=1 / 3)
    parser.add_argument("compiler", nargs="*", help="a compiler and its flags, after --")
    arguments = parser.parse_args()
    compilers = [arguments.compiler] if arguments.compiler else [c for c in COMPILERS if shutil.which(c[0])]
    if not compilers:
        print("[skipped] no compiler is installed")
        return 77

    too_dear = False
    with tempfile.TemporaryDirectory() as folder:
        texts = {
            "empty": "",
            "header": f"#include <{arguments.header}>\n",
            "peers": "#include <mutex>\n#include <optional>\n",
        }
        files = {name: os.path.join(folder, name + ".cpp") for name in texts}
        for name, text in texts.items():
            with open(files[name], "w", encoding="utf-8") as file:
                file.write(text)
        for compiler in compilers:
            median = measure(compiler, files, arguments.runs)
            header, peers = median["header"] - median["empty"], median["peers"] - median["empty"]
            ratio = header / peers
            too_dear = too_dear or ratio > arguments.limit
            print(f"{' '.join(compiler)}: {arguments.header} {header:.0f} ms, <mutex> + <optional> {peers:.0f} ms: ratio "
                  f"{ratio:.2f}, limit {arguments.limit:.2f}{': TOO DEAR' if ratio > arguments.limit else ''}")
    return 1 if too_dear else 0


if __name__ == "__main__":
    sys.exit(main())
