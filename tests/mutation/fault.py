# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a fault is, and how it gets into a copy of the headers."""

import dataclasses
import hashlib
import pathlib
import re
import shutil

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
INCLUDE = ROOT / "include"

# The kinds of which none may survive, and all others.
ORDERING, FORK = "ordering", "fork"
KINDS = (ORDERING, FORK, "wake", "claim", "ring", "lifetime", "failure", "cost", "policy", "api", "text")


class Stale(Exception):
    """The headers do not say any more what the fault replaces."""


@dataclasses.dataclass
class Fault:
    """One mistake that somebody could make.

    old is found exactly once in the file, whatever its line breaks and indents, and replaced by new. `by` names what
    should notice, the quickest first; the first that does ends the search. Each is

        [WITH] PROGRAM[:FILTER]    a test program below tests/, without .cpp, and which of its cases (default: all);
                                   WITH is a way of compiling from compilers.py: tsan, asan, noexcept, atfork
        refuses PROGRAM            the same program, which must not even compile: a promise that the compiler checks
        refused compile_fail/NAME  a file that must not compile, and now does, or for another reason
        python NAME[:CASE]         a script below python/, which drives the module cells.cpp
        shared_objects WHICH MODE  shared_objects/share.cmake, which says what they are
        codegen NAME COMPILER...   the script codegen/NAME.py, which looks at what a compiler makes of the headers

    lives: why nothing can notice; then everything in `by` must stay silent.
    """

    name: str
    kind: str
    file: str
    old: str
    new: str
    by: tuple
    lives: str = ""
    more: tuple = ()  # further (old, new) of the same fault
    every: bool = False  # each of `by` must notice, not only one
    short: bool = False  # is in the short form, which every run of the suite includes

    def edits(self):
        return ((self.old, self.new), *self.more)

    def places(self, text):
        """[(begin, end, new)], or Stale."""
        found = []
        for old, new in self.edits():
            # Line breaks and indents are the formatter's business.
            pattern = r"\s+".join(re.escape(word) for word in old.split())
            matches = list(re.finditer(pattern, text))
            if len(matches) != 1:
                raise Stale(f"{self.file} has this {len(matches)} times: {old}")
            found.append((*matches[0].span(), new))
        return sorted(found, reverse=True)

    def header(self):
        """The header as it is, whatever its comments and line breaks, in eight letters."""
        text = re.sub(r"//.*", "", (INCLUDE / "first_use" / self.file).read_text())
        return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:8]

    def check(self):
        self.places((INCLUDE / "first_use" / self.file).read_text())

    def apply(self, folder):
        """Copies the headers below `folder` and breaks them there."""
        shutil.copytree(INCLUDE, folder)
        path = folder / "first_use" / self.file
        text = path.read_text()
        for begin, end, new in self.places(text):
            text = text[:begin] + new + text[end:]
        path.write_text(text)
        return folder
