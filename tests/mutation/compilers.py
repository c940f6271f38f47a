# SPDX-License-Identifier: MIT OR Apache-2.0
"""Builds one test against a copy of the headers, runs it, and says what it found."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

from fault import HERE, ROOT

TESTS = HERE.parent
CXX = os.environ.get("CXX", "g++")

# A test that hangs ends itself after PATIENCE seconds with a line that says where it hung (tests/policies.hpp). What does
# not even do that is ended after LIMIT seconds. Both count as noticed, and the table says which it was.
PATIENCE, LIMIT = 8, 120

WAYS = {
    "": ["-O0"],
    "tsan": ["-O1", "-g1", "-fsanitize=thread"],
    "asan": ["-O1", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
    "noexcept": ["-O0", "-fno-exceptions", "-fno-rtti"],
    "atfork": ["-O0", "-DFIRST_USE_ATFORK_ONLY"],
    "drd": ["-O1", "-g1", "-DFIRST_USE_VALGRIND"],  # and runs under valgrind
}


def python_with_headers():
    """(interpreter, where its Python.h is), or None."""
    for interpreter in (sys.executable, "/usr/bin/python3"):
        asked = subprocess.run([interpreter, "-c", "import sysconfig; print(sysconfig.get_path('include'))"],
                               capture_output=True, text=True, check=False)
        if pathlib.Path(asked.stdout.strip(), "Python.h").exists():
            return interpreter, asked.stdout.strip()
    return None


PYTHON = python_with_headers()


class DoesNotCompile(Exception):
    pass


class Catcher:
    """One of a fault's `by`."""

    def __init__(self, text):
        self.text = text
        words = text.split()
        self.how = words[0] if words[0] in ("refuses", "refused", "codegen", "python", "shared_objects") else "runs"
        self.way = words[0] if words[0] in WAYS else ""
        self.arguments = words[2:] if self.how == "codegen" else []
        self.program, _, self.filter = words[1 if self.how == "codegen" else -1].partition(":")
        if self.how == "codegen":
            self.program = "codegen/" + self.program
        if self.how == "python":
            self.program = "python/" + self.program
        if self.how == "shared_objects":
            self.program, (self.which, self.mode) = "shared_objects/share", words[1:]

    @property
    def source(self):
        kinds = {"codegen": ".py", "python": ".py", "shared_objects": ".cmake"}
        return TESTS / (self.program + kinds.get(self.how, ".cpp"))

    def is_missing(self):
        if self.program.startswith("python/") and PYTHON is None:
            return True
        if self.how == "shared_objects" and self.which != "gxx" and shutil.which("clang++") is None:
            return True
        needed = self.arguments[0] if self.arguments else "valgrind" if self.way == "drd" else CXX
        return shutil.which(needed) is None

    def check(self):
        """A test that is not there would never notice anything. Returns what is wrong."""
        if not self.source.exists():
            return f"{self.text}: there is no {self.source.relative_to(ROOT)}"
        name = self.filter.split(".")[-1].strip("*")
        if name and name not in self.source.read_text():
            return f"{self.text}: {self.program} has no test called {name}"
        return None

    def notices(self, include, work):
        """What failed, as a line of text; None where all is well."""
        if self.how == "refused":
            return self.is_refused(include)
        if self.how == "codegen":
            return self.asks_script(include)
        if self.how == "python":
            return self.runs(self.build_module(include, work))
        if self.how == "shared_objects":
            return self.shares(include, work)
        try:
            program = self.build(include, work)
        except DoesNotCompile as error:
            if self.how == "refuses":
                return f"does not compile: {error}"
            raise
        return None if self.how == "refuses" else self.runs(program)

    def build(self, include, work):
        program = work / re.sub(r"\W", "_", self.text)
        flags = list(WAYS[self.way])
        if self.program.startswith("model/"):
            flags = ["-O1"]
        standard = "-std=c++23" if self.program.endswith("_cxx23_test") else "-std=c++20"
        command = [CXX, standard, "-w", *flags, "-I", str(include), "-I", str(TESTS), str(self.source)]
        if self.program.startswith("python/"):
            command += ["-isystem", PYTHON[1]]
        if self.how == "refuses":
            command += ["-fsyntax-only"]
        else:
            command += ["-o", str(program), "-lgmock", "-lgtest", "-lgtest_main", "-pthread"]
        compile_with(command)
        return program

    def build_module(self, include, work):
        """What the scripts below python/ drive; the folder that it lies in."""
        compile_with([CXX, "-std=c++20", "-w", "-O0", "-shared", "-fPIC", "-I", str(include), "-isystem", PYTHON[1],
                      str(TESTS / "python" / "cells.cpp"), "-o", str(work / "cells.so"), "-pthread"])
        return work

    def shares(self, include, work):
        """Libraries and their host."""
        run = subprocess.run(["cmake", f"-DWHICH={self.which}", f"-DMODE={self.mode}", f"-DGXX={shutil.which(CXX)}",
                              f"-DCLANGXX={shutil.which('clang++')}", f"-DSOURCE={self.source.parent}", f"-DINCLUDE={include}", f"-DWORK={work / 'shared'}",
                              "-P", str(self.source)], capture_output=True, text=True, check=False)
        if run.returncode == 0:
            return None
        said = re.search(r"[^\n]*\w+ failed \(status", run.stderr)
        if said is None:
            raise DoesNotCompile(run.stderr)
        return said[0].strip() + "...)"

    def runs(self, program):
        environment = {**os.environ, "FIRST_USE_TEST_PATIENCE": str(PATIENCE), "TSAN_OPTIONS": "die_after_fork=0 halt_on_error=1"}
        arguments = ["--gtest_fail_fast", "--gtest_color=no"] if self.program.endswith("_test") else []
        if self.filter:
            arguments.append("--gtest_filter=" + self.filter)
        # Whatever forks on its own and never ends: it has so much of a processor and no more, even where this script is killed.
        bounded = ["sh", "-c", f'ulimit -t {LIMIT}; exec "$@"', "sh"]
        tool = ["valgrind", "--tool=drd", "--error-exitcode=9", "-q"] if self.way == "drd" else []
        if self.how == "python":
            environment["PYTHONPATH"] = str(program)
            tool, arguments = [PYTHON[0], "-B"], ["-v", "-f", *([self.filter] if self.filter else [])]
            program = self.source
        with subprocess.Popen([*bounded, *tool, str(program), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              errors="replace", env=environment, start_new_session=True, cwd=program.parent) as run:
            try:
                out, err = run.communicate(timeout=LIMIT)
            except subprocess.TimeoutExpired:
                if self.program.startswith("model/"):  # which sees every hang itself: the machine was too busy
                    raise DoesNotCompile(f"{self.text} took more than {LIMIT} s")
                return f"no end after {LIMIT} s, the limit of this script"
            finally:
                # Children of a test that has failed may still be there, and hold its pipes.
                end_group(run)
        if self.how == "python":
            return None if run.returncode == 0 else reason_of_unittest(err, run.returncode)
        if run.returncode == 77 and not arguments:
            return None
        if run.returncode == 0:
            if arguments and not re.search(r"\[  PASSED  \] [1-9]", out):
                raise DoesNotCompile(f"{self.text} ran no test")
            return None
        return reason_of(out, err, run.returncode)

    def is_refused(self, include):
        ran = subprocess.run(["cmake", f"-DCOMPILER={CXX}", "-DCOMPILER_ID=GNU", "-DFLAGS=", f"-DSOURCE={self.source}",
                              f"-DINCLUDE={include}", "-P", str(TESTS / "expect_compile_error.cmake")],
                             capture_output=True, text=True, check=False)
        if ran.returncode == 0:
            return None
        return "it compiles" if "compiles, but must not" in ran.stderr else "it is refused for another reason"

    def asks_script(self, include):
        ran = subprocess.run([sys.executable, "-B", str(self.source), "--include", str(include), "--", *self.arguments],
                             capture_output=True, text=True, check=False)
        if ran.returncode == 77:
            raise DoesNotCompile(ran.stdout.strip())
        if ran.returncode == 0:
            return None
        lines = ran.stdout.splitlines()
        # hot_path.py prints a line for each probe, and what is wrong with it behind a second colon.
        wrong = [line for line in lines if line.startswith("FAIL") or re.search(r"^\S+ \S+: .*: |^\w+: ", line)]
        return shorten((wrong or lines or ["no word"])[0])


def compile_with(command):
    made = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    if made.returncode != 0:
        reason = re.search(r"error: (?:static assertion failed(?:: )?)?(.*)", made.stderr)
        raise DoesNotCompile(reason.group(1) if reason else made.stderr[-300:])


def end_group(run):
    try:
        os.killpg(run.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def reason_of(out, err, code):
    """One line: which test, and what it said."""
    failed = re.search(r"\[  FAILED  \] ([^\s,]+)", out)
    begun = re.findall(r"\[ RUN      \] (\S+)", out)
    test = failed.group(1) if failed else begun[-1] if begun else "main"
    test = re.sub(r"/\d+\.", ".", test)
    for pattern, text in ((r"Actual: (?:false|true) \((.*)", out), (r"HANG: (.*)", err),
                          (r"SUMMARY: (\w+Sanitizer: [\w-]+(?: [\w-]+)*)", err),
                          (r"runtime error: (.*)", err), (r"(first_use: .*)", err)):
        found = re.search(pattern, text)
        if found:
            return f"{test}: {shorten(found.group(1))}"
    if code < 0:
        return f"{test}: {signal.Signals(-code).name}"
    said = re.search(r"Failure\n(.*(?:\n  .*)*)", out)
    return f"{test}: {shorten(' '.join(said.group(1).split()))}" if said else f"{test}: exit code {code}"


def reason_of_unittest(err, code):
    begun = re.findall(r"^(test_\w+) \(", err, re.MULTILINE)
    said = re.search(r"Timeout \([\d:]+\)!|^(?:Fatal Python error|\w*(?:Error|Exception|Interrupt)\b).*", err, re.MULTILINE)
    text = shorten(said.group(0)) if said else signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return f"{begun[-1] if begun else 'main'}: {text}"


def shorten(text, room=90):
    return text if len(text) <= room else text[:room - 3].rstrip() + "..."
