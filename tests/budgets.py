# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tables of budgets, one column for each compiler: which column speaks for a compiler, and what it allows."""

import os
import subprocess


def macros_of(command):
    """What a compiler, with its flags, says of itself: {macro: value}."""
    macros = subprocess.run(command + ["-std=c++20", "-dM", "-E", "-x", "c++", os.devnull], check=True,
                            capture_output=True, text=True).stdout
    return dict(line.split(None, 2)[1:3] for line in macros.splitlines() if len(line.split(None, 2)) == 3)


def column_of(command):
    """For instance x86_64-g++-12; None for a machine that no table knows."""
    defined = macros_of(command)
    machine = "x86_64" if "__x86_64__" in defined else "aarch64" if "__aarch64__" in defined else None
    if machine is None:
        return None
    if "__clang_major__" in defined:
        return f"{machine}-clang++-{defined['__clang_major__']}"
    return f"{machine}-g++-{defined['__GNUC__']}"


def read(path, column):
    """The column of this compiler with the highest version that is not above `column`'s, and {row: {heading: number}};
    None, None: there is no such column."""
    with open(path, encoding="utf-8") as file:
        lines = [words for words in (line.split("#")[0].split() for line in file) if words]
    headings = lines[0][1:]
    family, version = column.rsplit("-", 1)
    fitting = sorted((int(heading.rsplit("-", 1)[1]), heading) for heading in headings
                     if heading.rsplit("-", 1)[0] == family and int(heading.rsplit("-", 1)[1]) <= int(version))
    if not fitting:
        return None, None
    return fitting[-1][1], {words[0]: dict(zip(headings, map(int, words[1:]))) for words in lines[1:]}
