# SPDX-License-Identifier: MIT OR Apache-2.0
"""The two tables that speak of faults: result.md, which `run --record` writes, and the map in tests/README.md, which
people write: a promise, its tests, and the faults that show these tests to be sharp."""

import re
import subprocess

import compilers
from fault import HERE, KINDS, ROOT

RESULT = HERE / "result.md"
MAP = ROOT / "tests" / "README.md"
ROW = re.compile(r"^\| `([\w-]+)` \| (\w+) \| `([^`]+)` \| (`[^`]+`|lives): (.*) \| ([\d.]+) \| (\w{8}) \|$", re.MULTILINE)


def recorded():
    """{name: (kind, file, killer, text, seconds, header)} of the last runs."""
    text = RESULT.read_text() if RESULT.exists() else ""
    return {row[0]: (row[1], row[2], row[3].strip("`"), row[4], row[5], row[6]) for row in ROW.findall(text)}


def record(results):
    import faults
    rows = recorded()
    for fault, fine, killer, said, took in results:
        if fine:
            text = said.replace("|", "/").replace("\n", " ")
            rows[fault.name] = (fault.kind, fault.file, killer, text, f"{took:.1f}", fault.header())
        else:
            rows.pop(fault.name, None)
    rows = [(fault.name, *rows[fault.name]) for fault in faults.ALL if fault.name in rows]
    version = subprocess.run([compilers.CXX, "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    noticed = [row for row in rows if row[3] != "lives"]
    lines = ["<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->", "# What became of each fault", "",
             "Written by `tests/mutation/run --record`; the faults themselves are in `faults_*.py`. Noticed by: the test, and",
             "what it said. Seconds: to build and run the tests up to that one, on a machine that may have had more to do. Each line",
             "is of its own run; `run --check` says which of them were before the header of the last column changed.", "",
             f"{len(noticed)} of {len(rows)} noticed, {len(rows) - len(noticed)} live with a reason, "
             f"{len(faults.ALL) - len(rows)} not tried yet; {version}.", "",
             "| kind | noticed | of |", "|---|---|---|"]
    for kind in KINDS:
        of_kind = [row for row in rows if row[1] == kind]
        lines.append(f"| {kind} | {sum(row[3] != 'lives' for row in of_kind)} | {len(of_kind)} |")
    lines += ["", "| fault | kind | file | noticed by | seconds | header |", "|---|---|---|---|---|---|"]
    for name, kind, file, killer, text, took, header in rows:
        by = killer if killer == "lives" else f"`{killer}`"
        lines.append(f"| `{name}` | {kind} | `{file}` | {by}: {text} | {took} | {header} |")
    RESULT.write_text("\n".join(lines) + "\n")


def map_rows():
    """[(promise, [test], [fault])] of the table in tests/README.md whose heading has the three columns."""
    table = MAP.read_text().split("| guarantee | file | faults |")
    if len(table) != 2:
        return None
    rows = []
    for line in table[1].split("\n\n")[0].splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) == 3:
            rows.append((cells[0], re.findall(r"`([^`]+)`", cells[1]), re.findall(r"`([^`]+)`", cells[2])))
        else:
            rows.append((line, [], []))
    return rows


def untried(every):
    last = recorded()
    return [fault.name for fault in every if fault.name not in last]


def outdated(every):
    last = recorded()
    return [fault.name for fault in every if fault.name in last and last[fault.name][5] != fault.header()]


def mistakes(every):
    """What does not agree: faults, their last results, and the map."""
    found = []
    last = recorded()
    for fault in every:
        if fault.name not in last:
            continue
        if last[fault.name][:2] != (fault.kind, fault.file):
            found.append(f"{fault.name}: its line in result.md is of another kind or file")
        elif last[fault.name][2] not in (*fault.by, "lives"):
            found.append(f"{fault.name}: result.md says that `{last[fault.name][2]}` noticed it, which is not asked any more")
    names = {fault.name for fault in every}
    found += [f"{name}: in result.md, and no fault is called so" for name in last if name not in names]

    rows = map_rows()
    if rows is None:
        return found + ["tests/README.md has no table with the columns guarantee, file and faults"]
    mapped = set()
    for promise, tests, faults in rows:
        if not tests:
            found.append(f"tests/README.md: no test in this line, or not three columns: {promise}")
        for test in tests:
            if re.search(r"\.\w+$|/$", test) and not exists_below_tests(test, tests):
                found.append(f"tests/README.md: there is no {test}, which is said to show: {promise}")
        for name in faults:
            mapped.add(name)
            if name not in names:
                found.append(f"tests/README.md: no fault is called {name}")
            elif name in last and not any(shows(test, last[name][2]) for test in tests):
                found.append(f"tests/README.md: {name} is noticed by `{last[name][2]}`, which is not a test of: {promise}")
    return found + [f"{name}: the map in tests/README.md does not name it" for name in sorted(names - mapped)]


def exists_below_tests(test, tests):
    folders = [other for other in tests if other.endswith("/")]
    return any((ROOT / "tests" / folder / test).exists() for folder in ["", *folders])


def shows(test, killer):
    """Whether the test of a line of the map, a file or a folder, is the one that noticed."""
    program = compilers.Catcher(killer).program if killer != "lives" else ""
    path = re.sub(r"\.(cpp|py)$", "", test)
    return killer == "lives" or program == path or (test.endswith("/") and program.startswith(test))
