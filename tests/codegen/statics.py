#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compiles the probes of this folder and looks at the objects: where statics lie, and what code they need.

  statics.py --include DIR -- g++

Exit code: 0 all as promised, 1 not, 77 skipped.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

import elf

HERE = os.path.dirname(os.path.abspath(__file__))
MEBIBYTE = 1 << 20


class Checker:
    def __init__(self, compiler, include, folder):
        self.compiler, self.include, self.folder = compiler, include, folder
        self.mistakes = 0
        macros = self.run("-dM", "-E", "-x", "c++", "-include", "first_use/detail/config.hpp", os.devnull).stdout
        self.macros = dict(line.split(None, 2)[1:3] for line in macros.splitlines() if len(line.split(None, 2)) == 3)

    def run(self, *flags):
        command = self.compiler + ["-std=c++20", "-I", self.include, *flags]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            sys.stdout.write(result.stderr)
            print(f"failed: {' '.join(command)}")
            sys.exit(1)
        return result

    def compile(self, source, *flags):
        path = os.path.join(self.folder, "probe.o")
        self.run("-c", os.path.join(HERE, source), "-o", path, *flags)
        return elf.Object(path)

    def compile_text(self, text, *flags):
        path = os.path.join(self.folder, "text.cpp")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return self.compile(path, *flags)

    def expect(self, what, holds, found=""):
        print(f"{'ok  ' if holds else 'FAIL'} {what}{'' if holds else f': {found}'}")
        self.mistakes += not holds

    @property
    def is_clang(self):
        return "__clang__" in self.macros


def start_and_exit_code(thing):
    """The traces of code that runs before or after main()."""
    sections = {s.name for s in thing.sections if re.match(r"\.(init_array|fini_array|ctors|dtors|CRT)", s.name)}
    symbols = {n for n in thing.names() if re.match(r"__cxa_atexit|_GLOBAL__|__cxa_guard|_ZGV|atexit$", n)}
    return sorted(sections | symbols)


def thread_local_code(thing):
    pattern = r"_ZTW|_ZTH|_ZGV|__tls_guard|__tls_init|__cxa_thread_atexit|__cxa_guard"
    return sorted(n for n in thing.referenced if re.match(pattern, n))


def check_big(check, level):
    big = check.compile("big_statics.cpp", level)
    statics = 11
    check.expect(f"{level}: {statics} statics of 1 MiB lie in .bss", statics * MEBIBYTE <= big.bss, f"{big.bss} bytes")
    check.expect(f"{level}: and nothing of them in .data", big.data <= 32, f"{big.data} bytes")
    check.expect(f"{level}: and nothing of them in the object file", big.file_size < MEBIBYTE // 2,
                 f"{big.file_size} bytes")


def check_quiet(check, level):
    flags = [level]
    if check.is_clang:
        flags += ["-Werror=global-constructors", "-Werror=exit-time-destructors"]
    found = start_and_exit_code(check.compile("quiet_statics.cpp", *flags))
    check.expect(f"{level}: statics without a destructor need no code at start-up or exit", not found, found)


def check_thread_locals(check, level):
    thing = check.compile("thread_locals.cpp", level)
    found = thread_local_code(thing)
    check.expect(f"{level}: thread-local cells need neither guard nor wrapper", not found, found)
    check.expect(f"{level}: they do lie in thread-local storage", thing.tls > 0, f"{thing.tls} bytes")


def check_growth(check, level):
    page = int(check.macros["FIRST_USE_LARGEST_PAGE"])
    unused = check.compile_text("#include <first_use/first_use.hpp>\n", level)
    sizes = (unused.bss, unused.data, unused.text, unused.tls)
    check.expect(f"{level}: a file that includes first_use.hpp and uses nothing holds nothing", not any(sizes),
                 f".bss, .data, .text, .tls: {sizes}")

    reading = check.compile_text(
        "#include <first_use/first_use.hpp>\n"
        "constinit first_use::OnceLock<int> lock;\n"
        "int const* use() { return lock.get(); }\n", level)
    check.expect(f"{level}: a file that only looks holds its own lock", reading.bss <= 16, f"{reading.bss} bytes of .bss")

    using = check.compile_text(
        "#include <first_use/first_use.hpp>\n"
        "int make();\n"
        "constinit first_use::OnceLock<int> lock;\n"
        "constinit first_use::WipeOnForkOnceLock<int> wiped;\n"
        "constinit first_use::LazyLock lazy{[] { return make(); }};\n"
        "int use() { return lock.get_or_init(make) + wiped.get_or_init(make) + *lazy; }\n", level)
    check.expect(f"{level}: using all of it costs two pages of .bss and little more", using.bss <= 2 * page + 256,
                 f"{using.bss} bytes, the page may have {page}")
    check.expect(f"{level}: and next to nothing of .data", using.data <= 32, f"{using.data} bytes")
    check.expect(f"{level}: and a few words per thread", using.tls <= 64, f"{using.tls} bytes")


def check_checks(check):
    """What must be found is found."""
    thing = check.compile_text(
        "#include <string>\n#include <first_use/lazy_lock.hpp>\n"
        "std::string make();\n"
        "first_use::LazyLock lazy{[] { return make(); }};\n"
        "extern thread_local int each;\n"
        "int use() { return each + static_cast<int>(lazy->size()); }\n"
        "int big[1 << 18] = {1};\n", "-O2")
    check.expect("a static with a destructor is seen", start_and_exit_code(thing), sorted(thing.names()))
    check.expect("a wrapped thread-local is seen", thread_local_code(thing), sorted(thing.referenced))
    check.expect("initialised data is seen", thing.data >= MEBIBYTE, thing.data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--include", required=True, help="the folder that holds first_use/")
    parser.add_argument("compiler", nargs="+", help="a compiler and its flags, after --")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        check = Checker(arguments.compiler, arguments.include, folder)
        if "__ELF__" not in check.macros or "__LP64__" not in check.macros:
            print("[skipped] the objects are not of 64-bit ELF")
            return 77
        check_checks(check)
        for level in ("-O0", "-O2"):
            check_big(check, level)
            check_quiet(check, level)
            check_thread_locals(check, level)
            check_growth(check, level)
    return 1 if check.mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
