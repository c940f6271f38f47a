#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What lazily initialised values cost the compiler and the program that holds them, beside what one would use instead.

Two questions: what does including a header cost (as parse_cost.py asks it), and what does one more lazily initialised
static cost, in milliseconds of compiling and bytes of code? For the second, files with one and with many such statics are
compiled, and the difference divided.

  compile_cost.py                        every compiler that is installed
  compile_cost.py --runs 11 -- g++ -m32  one, with flags
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import parse_cost

COMPILERS = (["g++"], ["clang++-19"])

HEADERS = {
    "first_use/once.hpp": "#include <first_use/once.hpp>\n",
    "first_use/once_lock.hpp": "#include <first_use/once_lock.hpp>\n",
    "first_use/lazy_lock.hpp": "#include <first_use/lazy_lock.hpp>\n",
    "first_use/first_use.hpp": "#include <first_use/first_use.hpp>\n",
    "<optional>": "#include <optional>\n",
    "<atomic>": "#include <atomic>\n",
    "<mutex>": "#include <mutex>\n",
    "<mutex> and <optional>": "#include <mutex>\n#include <optional>\n",
    "absl/base/call_once.h": "#include <absl/base/call_once.h>\n",
    "boost/thread/once.hpp": "#include <boost/thread/once.hpp>\n",
    "tbb/collaborative_call_once.h": "#include <tbb/collaborative_call_once.h>\n",
}

# One static and the function that asks for it; # is its number.
STATICS = {
    "global, made at start": ("", "int v# = make(#);\nint f#() { return v#; }\n"),
    "function-local static": ("", "int f#() { static int v = make(#); return v; }\n"),
    "OnceLock": ("#include <first_use/once_lock.hpp>\n", "constinit first_use::OnceLock<int> v#;\n"
                 "int f#() { return v#.get_or_init([] { return make(#); }); }\n"),
    "LazyLock": ("#include <first_use/lazy_lock.hpp>\n", "constinit first_use::LazyLock v#{[] { return make(#); }};\n"
                 "int f#() { return *v#; }\n"),
    "std::call_once": ("#include <mutex>\n", "std::once_flag o#; int v#;\n"
                       "int f#() { std::call_once(o#, [] { v# = make(#); }); return v#; }\n"),
    "absl::call_once": ("#include <absl/base/call_once.h>\n", "absl::once_flag o#; int v#;\n"
                        "int f#() { absl::call_once(o#, [] { v# = make(#); }); return v#; }\n"),
    "boost::call_once": ("#include <boost/thread/once.hpp>\n", "boost::once_flag o# = BOOST_ONCE_INIT; int v#;\n"
                         "int f#() { boost::call_once(o#, [] { v# = make(#); }); return v#; }\n"),
}
MANY = 200


def compiles(compiler, include, folder, text):
    """Whether the headers are there at all."""
    path = os.path.join(folder, "try.cpp")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return subprocess.run(compiler + ["-std=c++20", "-fsyntax-only", "-I", include, path], check=False,
                          stderr=subprocess.DEVNULL).returncode == 0


def headers(compiler, runs):
    """[{name, ms}]: CPU time beyond that of an empty file."""
    with tempfile.TemporaryDirectory() as folder:
        texts = {"empty": "", **{name: text for name, text in HEADERS.items()
                                 if compiles(compiler, parse_cost.INCLUDE, folder, text)}}
        files = {}
        for number, (name, text) in enumerate(texts.items()):
            files[name] = os.path.join(folder, f"{number}.cpp")
            with open(files[name], "w", encoding="utf-8") as file:
                file.write(text)
        median = parse_cost.measure(compiler, files, runs)
    return [{"name": name, "ms": median[name] - median["empty"]} for name in texts if name != "empty"]


def sections(path):
    """(hot, cold, tables, data) in bytes."""
    hot = cold = tables = data = 0
    listing = subprocess.run(["size", "-A", "-d", path], check=True, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        words = line.split()
        if len(words) != 3 or not words[1].isdigit():
            continue
        name, size = words[0], int(words[1])
        if name.startswith((".text.unlikely", ".text.startup")):
            cold += size
        elif name.startswith(".text"):
            hot += size
        elif name.startswith((".eh_frame", ".gcc_except_table")):
            tables += size
        elif name.startswith((".data", ".bss", ".init_array")):
            data += size
    return hot, cold, tables, data


def statics(compiler, runs):
    """[{name, ms, hot, cold, tables, data}], each for one static more."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        kinds = {name: kind for name, kind in STATICS.items()
                 if compiles(compiler, parse_cost.INCLUDE, folder, kind[0])}
        times, bytes_of = {}, {}
        for run in range(runs):
            for name, (include, site) in kinds.items():
                for count in (1, MANY):
                    source = os.path.join(folder, "statics.cpp")
                    thing = os.path.join(folder, "statics.o")
                    with open(source, "w", encoding="utf-8") as file:
                        file.write(include + "int make(int);\n")
                        file.writelines(site.replace("#", str(i)) for i in range(count))
                    spent = parse_cost.cpu_milliseconds(compiler + ["-std=c++20", "-O2", "-c", "-I", parse_cost.INCLUDE,
                                                                    source, "-o", thing])
                    times.setdefault((name, count), []).append(spent)
                    if run == 0:
                        bytes_of[name, count] = sections(thing)
        for name in kinds:
            one, many = (statistics.median(times[name, count]) for count in (1, MANY))
            each = [(m - o) / (MANY - 1) for o, m in zip(bytes_of[name, 1], bytes_of[name, MANY])]
            found.append({"name": name, "ms": (many - one) / (MANY - 1), "hot": each[0], "cold": each[1],
                          "tables": each[2], "data": each[3]})
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("compiler", nargs="*", help="a compiler and its flags, after --")
    arguments = parser.parse_args()
    for compiler in [arguments.compiler] if arguments.compiler else [c for c in COMPILERS if shutil.which(c[0])]:
        for row in headers(compiler, arguments.runs):
            print(f"{' '.join(compiler)}: {row['name']}: {row['ms']:.0f} ms")
        for row in statics(compiler, max(1, arguments.runs // 2)):
            print(f"{' '.join(compiler)}: one more {row['name']}: {row['ms']:.2f} ms, {row['hot']:.0f} bytes of hot and "
                  f"{row['cold']:.0f} of cold code, {row['tables']:.0f} of tables, {row['data']:.0f} of data")
    return 0


if __name__ == "__main__":
    sys.exit(main())
