#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compiles program.cpp and asks gdb what it sees of it.

  gdb_shows.py --gdb gdb --include DIR --how sourced|asked -- g++ -O0

`sourced`: the printers are sourced; every line `// at STOP: EXPRESSION => TEXT` of program.cpp must come true.
`asked`: gdb finds the printers by itself. Without the one line it says which one it wants; with it (and nothing else) the
printers are there.

Exit code: 0 all as promised, 1 not, 77 skipped.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "program.cpp")
EXPECTATION = re.compile(r"// at (\w+): (.+) => (.+)")


def expectations():
    """STOP -> [(EXPRESSION, TEXT)]"""
    found = {}
    with open(SOURCE, encoding="utf-8") as file:
        for line in file:
            match = EXPECTATION.match(line)
            if match:
                found.setdefault(match[1], []).append((match[2], match[3]))
    return found


def compile_program(compiler, include, folder):
    program = os.path.join(folder, "program")
    command = [*compiler, "-std=c++20", "-g", "-pthread", "-I", include, SOURCE, "-o", program]
    subprocess.run(command, check=True)
    return program


class Gdb:
    def __init__(self, gdb):
        self.gdb = gdb
        # Nothing of the caller's: no init file, no debug servers, and output as wide as it comes.
        self.environment = {**os.environ, "HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"}
        self.environment.pop("DEBUGINFOD_URLS", None)

    def run(self, commands, early=(), arguments=()):
        line = [self.gdb, "-nx", "-batch"]
        for command in ("set width 0", "set debuginfod enabled off", *early):
            line += ["-iex", command]
        for command in commands:
            line += ["-ex", command]
        result = subprocess.run([*line, "--args", *arguments] if arguments else line, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                timeout=100, check=False, env=self.environment)
        return result.stdout

    def why_not(self):
        if "python works" not in self.run(["python print('python ' + 'works')"]):
            return f"{self.gdb} has no Python"
        said = self.run(["run", "info program", "print 40 + 2"], arguments=["/bin/true"])
        if re.search(r"ptrace: (Operation not permitted|Function not implemented)|Cannot (trace|create) process", said):
            return "ptrace is forbidden here"
        return None


def check(stop, expression, wanted, output):
    """The text between the marks of this question, without gdb's `$1 = `."""
    found = re.search(rf"^@{stop}: {re.escape(expression)}\n(.*?)\n?^@end", output, flags=re.M | re.S)
    text = re.sub(r"^\$\d+ = ", "", found[1].strip()) if found else "(gdb did not get there)"
    if wanted.startswith("/"):
        holds = re.fullmatch(wanted.strip("/"), text, flags=re.S) is not None
    else:
        holds = text == wanted
    if not holds:
        print(f"FAIL at {stop}: {expression}: {text}\n     wanted: {wanted}")
    return holds


def walk(gdb, program, stops, arguments, commands):
    """Runs to one stop after the other and asks all questions there."""
    every = expectations()
    commands = list(commands)
    for stop in stops:
        commands.append(f"break {stop}")
    for number, stop in enumerate(stops):
        commands.append("continue" if number else "run")
        commands.append("set follow-fork-mode child")
        for expression, _ in every[stop]:
            commands += [f"echo @{stop}: {expression}\\n", f"print {expression}", "echo @end\\n"]
    commands.append("kill")
    output = gdb.run(commands, arguments=[program, *arguments])
    results = [check(stop, expression, wanted, output) for stop in stops for expression, wanted in every[stop]]
    if not all(results):
        print(output)
    return results


def check_sourced(gdb, program, script):
    source = [f"source {script}"]
    results = walk(gdb, program, ["stop_at_start", "stop_in_parent", "stop_in_child", "stop_in_child_later"], [], source)
    results += walk(gdb, program, ["stop_at_start", "stop_in_fresh_child"], ["fresh"], source)
    core = program + ".core"
    gdb.run(["break stop_in_parent", "run", f"generate-core-file {core}", "kill"], arguments=[program])
    output = gdb.run([*source, f"core-file {core}", "list main", "print lock", "print wiped_lazy", "print running_once"],
                     arguments=[program])
    results.append(all(text in output for text in ("OnceLock(3)", "WipeOnForkLazyLock(7)", "Once(<running>)")))
    if not results[-1]:
        print("FAIL from a core file:", output)
    # A program that does not run, and printing without the printers.
    output = gdb.run([*source, "list main", "print lock", "print full", "print/r lock"], arguments=[program])
    results.append("= OnceLock(<uninit>)" in output and "= OnceLock(9)" in output and "machine = {" in output)
    if not results[-1]:
        print("FAIL before the start:", output)
    return results


def names_the_script(compiler, include, script, folder, *flags):
    """How often an object that includes the library names gdb's script."""
    path = os.path.join(folder, "object.o")
    command = [*compiler, "-std=c++20", "-g", "-I", include, *flags, "-x", "c++", "-c", "-", "-o", path]
    subprocess.run(command, input="#include <first_use/once.hpp>\nfirst_use::Once once;\n", text=True, check=True)
    with open(path, "rb") as file:
        return file.read().count(b"\x01" + script.encode() + b"\0")


def check_naming(compiler, include, script, folder):
    """Unasked only where nothing is optimised; once however many objects there are."""
    results = []
    for wanted, *flags in ((1, "-O0"), (0, "-O0", "-DFIRST_USE_NO_GDB"), (0, "-O1"), (0, "-Os"),
                           (1, "-O2", "-include", "first_use/gdb.hpp")):
        found = names_the_script(compiler, include, script, folder, *flags)
        results.append(found == wanted)
        if found != wanted:
            print(f"FAIL {' '.join(flags)}: the script is named {found} times, not {wanted}")
    path = os.path.join(folder, "two")
    sources = [os.path.join(folder, name) for name in ("one.cpp", "main.cpp")]
    for source, text in zip(sources, ("first_use::Once one;\n", "int main() {}\n")):
        with open(source, "w", encoding="utf-8") as file:
            file.write("#include <first_use/once.hpp>\n" + text)
    subprocess.run([*compiler, "-std=c++20", "-O0", "-I", include, *sources, "-o", path, "-pthread"], check=True)
    with open(path, "rb") as file:
        found = file.read().count(b"\x01" + script.encode() + b"\0")
    results.append(found == 1)
    subprocess.run(["strip", path], check=False)
    with open(path, "rb") as file:
        stripped = script.encode() in file.read()
    results.append(not stripped)
    print(f"{results}: names the script when it should; once in a program ({found}); never in a stripped one")
    return results


def check_asked(gdb, program, script):
    question = ["break stop_in_parent", "run", "print lock", "kill"]
    raw = gdb.run(question, arguments=[program])
    asked = re.search(r"^\s*(add-auto-load-safe-path \S+)$", raw, flags=re.M)
    results = [asked is not None and os.path.realpath(asked[1].split()[1]) == os.path.realpath(script)]
    results.append("OnceLock(3)" not in raw)
    # What gdb asks for; the folder, as the README has it.
    folder = os.path.dirname(os.path.realpath(script))
    for line in (asked[1] if asked else "", f"add-auto-load-safe-path {folder}"):
        output = gdb.run(question, [line], [program])
        results.append("= OnceLock(3)" in output and "warning" not in output.replace("Error disabling address", ""))
        if not results[-1]:
            print(output)
    print(f"{results}: asks; raw without the line; with the line gdb asks for; with its folder")
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gdb", required=True)
    parser.add_argument("--include", required=True)
    parser.add_argument("--how", choices=["sourced", "asked"], required=True)
    parser.add_argument("compiler", nargs="+")
    options = parser.parse_args()
    gdb = Gdb(options.gdb)
    reason = gdb.why_not()
    if reason:
        print(f"[skipped] {reason}")
        return 77
    script = os.path.join(options.include, "first_use", "gdb.hpp.py")
    with tempfile.TemporaryDirectory() as folder:
        program = compile_program(options.compiler, options.include, folder)
        if options.how == "sourced":
            results = check_sourced(gdb, program, script)
        else:
            results = check_asked(gdb, program, script)
            results += check_naming(options.compiler, options.include, script, folder)
    print(f"{sum(results)} of {len(results)} as promised")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
