#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs all benchmarks and writes what they said, and on which machine, into one JSON file for report.py.

Within a program the repetitions of all benchmarks are shuffled (Google Benchmark's random interleaving), so that whatever
else the machine does hits all alike; the medians are kept, and the quartiles, which say how quiet the machine was.

  run.py --programs DIR --compiler g++ --output results.json
  run.py --programs DIR --compiler g++ --output results.json --quick    a look, no measurement
"""

import argparse
import collections
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import compile_cost

# Program: (repetitions, seconds each, which time). CPU time does not see other programs; what waits needs the wall's.
PROGRAMS = {
    "hot_read_bench": (25, 0.02, "cpu_time"),
    "first_init_bench": (25, 0.02, "real_time"),  # takes its own
    "throwing_bench": (15, 0.02, "cpu_time"),
    "growth_bench": (7, 0.02, "cpu_time"),
    "contended_bench": (7, 0.02, "real_time"),
}
TO_NANOSECONDS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
PACKAGES = {"Google Benchmark": "libbenchmark-dev", "Abseil": "libabsl-dev", "Boost": "libboost-thread-dev",
            "TBB": "libtbb-dev", "glibc": "libc6", "libstdc++": "libstdc++6", "once_cell crate": "librust-once-cell-dev"}


def first_line(command):
    try:
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return text.splitlines()[0].strip() if text else None


def named_compiler(command):
    """As it calls itself; but `c++` is a link to somebody."""
    text = first_line([command, "--version"])
    return re.sub(r"^c\+\+ \(", "g++ (", text) if text and "g++" in os.path.realpath(command) else text


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        match = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.MULTILINE)
    return match.group(1) if match else platform.machine()


def cpu_ticks():
    """(all, idle, stolen by the host) since the machine started."""
    with open("/proc/stat", encoding="utf-8") as file:
        ticks = [int(word) for word in file.readline().split()[1:]]
    return sum(ticks[:8]), ticks[3] + ticks[4], ticks[7]


def summary(values):
    quarters = statistics.quantiles(values, n=4) if len(values) > 1 else [values[0]] * 3
    return {"median": statistics.median(values), "low": quarters[0], "high": quarters[2]}


def times(folder, quick):
    """[{theme, peer, argument, median, low, high (ns)[, cpu: {...}][, bytes]}]"""
    rows = []
    for program, (repetitions, seconds, kind) in PROGRAMS.items():
        print(f"{program} ...", flush=True)
        with tempfile.NamedTemporaryFile(suffix=".json") as out:
            subprocess.run([os.path.join(folder, program), f"--benchmark_out={out.name}", "--benchmark_out_format=json",
                            f"--benchmark_min_time={seconds / 10 if quick else seconds}",
                            f"--benchmark_repetitions={3 if quick else repetitions}",
                            "--benchmark_enable_random_interleaving=true"],
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            said = json.load(out)["benchmarks"]
        found = collections.defaultdict(lambda: collections.defaultdict(list))
        for run in said:
            if run["run_type"] != "iteration":
                continue
            if run.get("error_occurred"):
                sys.exit(f"{run['name']}: {run['error_message']}")
            theme, peer, *rest = run["run_name"].split("/")
            argument = int(rest[0]) if rest and rest[0].isdigit() else None
            by_wall = kind == "real_time" or "waiters" in theme or "fork" in theme
            nanoseconds = TO_NANOSECONDS[run["time_unit"]] * run["real_time" if by_wall else kind]
            row = found[theme, peer, argument]
            row["time"].append(nanoseconds / argument if theme.startswith("cells") else nanoseconds)
            if "cpu_us" in run:
                row["cpu"].append(1e3 * run["cpu_us"])
            if "bytes_each" in run:
                row["bytes"].append(run["bytes_each"])
        for (theme, peer, argument), row in found.items():
            rows.append({"theme": theme, "peer": peer, "argument": argument, **summary(row["time"])})
            if "cpu" in row:
                rows[-1]["cpu"] = summary(row["cpu"])
            if "bytes" in row:
                rows[-1]["bytes"] = row["bytes"][0]
    return rows


def system_calls(folder):
    """[{peer, threads, futex, yields}]: calls of one contended initialisation on the object itself; the most of five runs."""
    if not shutil.which("strace"):
        print("[skipped] no strace: system calls are not counted")
        return []
    rows = []
    for peer in ("OnceLock", "WipeOnForkOnceLock", "OnceLock, AtomicSync", "function-local static", "std::call_once",
                 "absl::call_once"):
        for threads in (1, 2, 16, 64):
            most = {"futex": 0, "yields": 0}
            for _ in range(5):
                with tempfile.NamedTemporaryFile("r") as out:
                    run = subprocess.run(["strace", "-f", "-e", "trace=futex,sched_yield", "-o", out.name,
                                          os.path.join(folder, "syscalls"), peer, str(threads)],
                                         capture_output=True, text=True, check=False)
                    if run.returncode != 0:
                        break
                    begin, size = run.stdout.split()
                    own = range(int(begin, 16), int(begin, 16) + int(size))
                    text = out.read()
                addresses = re.findall(r"futex\((0x[0-9a-f]+), FUTEX_W", text)
                most["futex"] = max(most["futex"], sum(int(address, 16) in own for address in addresses))
                most["yields"] = max(most["yields"], text.count("sched_yield("))
            else:
                rows.append({"peer": peer, "threads": threads, **most})
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, help="the folder with the built benchmarks")
    parser.add_argument("--compiler", required=True, help="what they were built with")
    parser.add_argument("--rustc", default="", help="what the Rust peers were built with")
    parser.add_argument("--absent", default="", help="peers that were not found; commas between them")
    parser.add_argument("--output", required=True)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()

    begin, ticks = time.monotonic(), cpu_ticks()
    rows = times(arguments.programs, arguments.quick)
    sizes = subprocess.run([os.path.join(arguments.programs, "sizes")], check=True, capture_output=True, text=True).stdout
    compiling = []
    for compiler in [c for c in compile_cost.COMPILERS if shutil.which(c[0])]:
        print(f"compiling with {compiler[0]} ...", flush=True)
        compiling.append({"compiler": first_line(compiler + ["--version"]),
                          "headers": compile_cost.headers(compiler, 1 if arguments.quick else 9),
                          "statics": compile_cost.statics(compiler, 1 if arguments.quick else 3)})
    all_ticks, idle, stolen = (after - before for before, after in zip(ticks, cpu_ticks()))
    versions = {name: first_line(["dpkg-query", "-W", "-f", "${Version}\n", package])
                for name, package in PACKAGES.items()}
    results = {
        "machine": {"cpu": cpu_model(), "cores": os.cpu_count(), "kernel": f"{platform.system()} {platform.release()}",
                    "architecture": platform.machine()},
        "compiler": named_compiler(arguments.compiler), "flags": "-std=c++20 -O2",
        "rustc": first_line([arguments.rustc, "--version"]) if arguments.rustc else None,
        "packages": {name: version for name, version in versions.items() if version},
        "absent": [name for name in arguments.absent.split(", ") if name],
        "quick": arguments.quick,
        "run": {"seconds": round(time.monotonic() - begin), "busy": round(1 - idle / all_ticks, 3),
                "stolen": round(stolen / all_ticks, 3)},
        "times": rows,
        "system_calls": system_calls(arguments.programs),
        "sizes": [json.loads(line) for line in sizes.splitlines()],
        "compiling": compiling,
    }
    os.makedirs(os.path.dirname(os.path.abspath(arguments.output)), exist_ok=True)
    with open(arguments.output, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
