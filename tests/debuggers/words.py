#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Are the words read by gdb's file and by the natvis file as by the headers? Neither gdb nor Visual Studio is needed.

  words.py --program PATH_OF_WORDS --script gdb.hpp.py --natvis first_use.natvis

Exit code: 0 yes, 1 no.
"""

import argparse
import re
import subprocess
import sys
import types
import xml.etree.ElementTree

NAMESPACE = "{http://schemas.microsoft.com/vstudio/debugger/natvis/2010}"
PUBLISHED = re.compile(r"\*\(unsigned __int64\*\)&first_use::abi_1::process::Generation<[\w:]+>::page_\.published")
CAST = re.compile(r"sizeof\(([\w.]+)\) == 1 \? \*\(unsigned char\*\)&\1 : sizeof\(\1\) == 4 \? "
                  r"\*\(unsigned int\*\)&\1 : \*\(unsigned __int64\*\)&\1")
MASK = (1 << 64) - 1


def load(path):
    """gdb's file, under a gdb that knows nothing."""
    class Anything(type):
        def __getattr__(cls, name):
            return cls
    nothing = Anything("nothing", (), {"__init__": lambda self, *_, **__: None})
    for name in ("gdb", "gdb.printing", "gdb.xmethod"):
        module = types.ModuleType(name)
        module.__getattr__ = lambda _: nothing
        sys.modules[name] = module
    sys.modules["gdb"].printing, sys.modules["gdb"].xmethod = sys.modules["gdb.printing"], sys.modules["gdb.xmethod"]
    sys.modules["gdb.printing"].register_pretty_printer = lambda *_, **__: None
    sys.modules["gdb.xmethod"].register_xmethod_matcher = lambda *_, **__: None
    script = types.ModuleType("script")
    with open(path, encoding="utf-8") as file:
        exec(compile(file.read(), path, "exec"), script.__dict__)
    return script


def read_by_gdb(script, kind, width, word, published):
    cell = script.Cell.__new__(script.Cell)
    cell.bits, cell.width, cell.wipes, cell.can_wait, cell.fork = word, width, kind == "wiped", kind != "cell", None
    script.bare_name = lambda _: "WipeOnFork" if kind == "wiped" else "BasicKeepOnFork"
    script.generation_by = lambda _: -published % (1 << 64) >> script.GENERATION_SHIFT if published else None
    return cell.state


class Natvis:
    """The conditions of one type, in Python."""

    def __init__(self, type_):
        self.name = type_.get("Name")
        self.functions = {}
        for intrinsic in type_.iter(NAMESPACE + "Intrinsic"):
            expression = intrinsic.get("Expression")
            if intrinsic.get("Name") == "word":
                assert CAST.fullmatch(expression), expression
                expression = "WORD"
            elif intrinsic.get("Name") == "width":
                assert re.fullmatch(r"sizeof\([\w.]+\) \* 8", expression), expression
                expression = "WIDTH"
            self.functions[intrinsic.get("Name")] = self.translated(expression)
        self.shown = [(self.translated(string.get("Condition")), string.text)
                      for string in type_.iter(NAMESPACE + "DisplayString")]

    @staticmethod
    def translated(expression):
        expression = PUBLISHED.sub("PUBLISHED", expression)
        expression = re.sub(r"\(0 - (PUBLISHED|published\(\))\)", rf"(-\1 & {MASK})", expression)
        return expression.replace("&&", " and ").replace("||", " or ").replace("!=", " != ")

    def show(self, width, word, published):
        names = {"WORD": word, "WIDTH": width, "PUBLISHED": published}
        for name, expression in self.functions.items():
            names[name] = lambda expression=expression: eval(expression, {}, names)
        for condition, text in self.shown:
            if eval(condition, {}, names):
                return text
        return "nothing"


def state_shown(text):
    """`complete` for a text with a value in it."""
    found = re.fullmatch(r"\w*\((?:<(\w+)>|\{[\w.]+\})\)", text)
    return (found[1] or "complete") if found else text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--script", required=True)
    parser.add_argument("--natvis", required=True)
    options = parser.parse_args()
    script = load(options.script)
    root = xml.etree.ElementTree.parse(options.natvis).getroot()
    assert root.tag == NAMESPACE + "AutoVisualizer", root.tag
    natvis = [Natvis(type_) for type_ in root.iter(NAMESPACE + "Type") if type_.find(NAMESPACE + "Intrinsic") is not None]
    wiped = [type_ for type_ in natvis if "WipeOnFork<" in type_.name]
    kept = [type_ for type_ in natvis if "WipeOnFork<" not in type_.name]
    assert len(wiped) == 2 and len(kept) == 3, "Once, what lies in a lock; kept also what lies in a lazy"

    lines = subprocess.run([options.program], capture_output=True, text=True, check=True).stdout.splitlines()
    mistakes, asked = 0, 0
    for line in lines:
        kind, width, word, published, state = line.split()
        width, word, published = int(width), int(word), int(published)
        wanted = {state, "uninit"} if state == "incomplete" else {state}
        readings = {"gdb.hpp.py": read_by_gdb(script, kind, width, word, published)}
        for type_ in wiped if kind == "wiped" else kept:
            readings[type_.name] = state_shown(type_.show(width, word, published))
        for who, reading in readings.items():
            asked += 1
            if reading not in wanted:
                print(f"FAIL {kind} {word:#x}, published {published:#x}: {who} reads {reading}, the headers {state}")
                mistakes += 1
    # Nothing published, in a child that no handler saw: no number is this process's.
    for state, reading in ((1, "abandoned"), (2, "uninit"), (4, "stale")):
        asked += 1
        word = 1 << 4 | state << 1
        readings = {read_by_gdb(script, "wiped", 64, word, 0)} | {state_shown(type_.show(64, word, 0)) for type_ in wiped}
        if not readings <= {reading, "incomplete" if reading == "uninit" else reading}:
            print(f"FAIL wiped {word:#x}, nothing published: {readings}, not {reading}")
            mistakes += 1
    print(f"{asked} readings of {len(lines)} words, {mistakes} wrong")
    return 0 if mistakes == 0 and lines else 1


if __name__ == "__main__":
    sys.exit(main())
