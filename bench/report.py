#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Makes tables (report.md) and pictures (*.svg) of what run.py wrote.

  report.py results.json FOLDER

The tables need nothing but Python; the pictures need matplotlib (Debian package python3-matplotlib). The same results give
the same bytes with the same matplotlib.
"""

import json
import os
import sys

LICENCE = "SPDX-License-Identifier: MIT OR Apache-2.0"
OURS = {"OnceLock", "LazyLock", "Once", "OnceCell", "LazyCell", "WipeOnForkOnceLock", "OnceLock, AtomicSync",
        "OnceLock, MutexSync", "OnceLock, in a library", "OnceCell, in a library"}
FLOORS = {"plain global", "acquire check by hand", "no initialisation", "exchanges by hand", "bare throw",
          "Rust bare panic", "barriers alone", "global, made at start", "plain"}
# What each theme is compared with.
FLOOR_OF = {"hot read": "plain global", "two readers": "plain global", "first init": "exchanges by hand",
            "throwing first call": "bare throw", "cells initialised": "plain", "cells read": "plain"}


def label(peer):
    return f"first_use {peer}" if peer in OURS else peer


def duration(nanoseconds):
    for limit, unit, factor in ((1e3, "ns", 1), (1e6, "µs", 1e3), (1e9, "ms", 1e6)):
        if nanoseconds < limit:
            break
    value = nanoseconds / factor
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} {unit}"


class Results:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.all = json.load(file)

    def theme(self, theme, argument=None):
        """{peer: row} in the order of the run's program."""
        return {row["peer"]: row for row in self.all["times"] if row["theme"] == theme and row["argument"] == argument}

    def arguments(self, theme):
        return sorted({row["argument"] for row in self.all["times"] if row["theme"] == theme})

    def machine(self):
        machine = self.all["machine"]
        return f"{machine['cpu']}, {machine['cores']} cores, {machine['architecture']}, {machine['kernel']}"

    def built_with(self):
        return ", ".join(filter(None, [self.all["compiler"] + " " + self.all["flags"], self.all["rustc"]]))

    def noise(self):
        floor = self.theme("hot read")["plain global"]
        text = (f"The machine's cores were busy {100 * self.all['run']['busy']:.0f} % of the time, its host took away "
                f"{100 * self.all['run']['stolen']:.0f} %; half of the repetitions of the floor lay between "
                f"{duration(floor['low'])} and {duration(floor['high'])}.")
        return text + (" **A quick look, no measurement.**" if self.all["quick"] else "")


# ---- tables ----------------------------------------------------------------------------------------------------------


def table(out, head, rows):
    out.append("| " + " | ".join(head) + " |")
    out.append("|---" + "|---:" * (len(head) - 1) + "|")
    out.extend("| " + " | ".join(row) + " |" for row in rows)
    out.append("")


def ratios(results, theme, argument=None, extra=None):
    rows = results.theme(theme, argument)
    floor = rows[FLOOR_OF[theme]]["median"]
    for peer, row in sorted(rows.items(), key=lambda item: item[1]["median"]):
        more = row["median"] - floor
        yield [label(peer), duration(row["median"]), f"{duration(row['low'])} – {duration(row['high'])}",
               f"{row['median'] / floor:.2f}"] + ([("+" if more >= 0 else "-") + duration(abs(more))] if extra else [])


# Whose bytes are whose; and the order of the short table.
SHORT = {"OnceLock": "Once, OnceLock", "LazyLock": "LazyLock of an empty closure", "OnceCell": "OnceCell",
         "WipeOnForkOnceLock": "WipeOnForkOnce, WipeOnForkOnceLock", "function-local static": None, "std::call_once": None,
         "absl::call_once": None, "boost::call_once": None, "Rust OnceLock": "Rust Once, OnceLock"}


def short(results):
    sizes = {row["name"]: row for row in results.all["sizes"]}
    throwing = results.theme("throwing first call")
    for peer, size in SHORT.items():
        if peer not in results.theme("hot read"):
            continue
        bare = throwing["Rust bare panic" if peer.startswith("Rust") else "bare throw"]["median"]
        yield ["`" + label(peer) + "`" if "::" in peer or peer in OURS else label(peer),
               duration(results.theme("hot read")[peer]["median"]), duration(results.theme("first init")[peer]["median"]),
               duration(throwing[peer]["median"] - bare) if peer in throwing else "(the next call hangs)",
               str(sizes[size or peer]["int"])]


def write_tables(results, path, pictures):
    """`pictures`: whether they lie beside it."""
    def picture(name, text):
        return [f"![{text}]({name}.svg)", ""] if pictures else []

    out = [f"<!-- {LICENCE} -->", "# What first_use costs, beside what one would use instead", "",
           "Written by `cmake --workflow --preset bench`; `bench/README.md` says how to read it.", "",
           f"Machine: {results.machine()}. Built with {results.built_with()}. "
           + ", ".join(f"{name} {version}" for name, version in results.all["packages"].items()) + ".",
           "Absent: " + ("; ".join(results.all["absent"]) if results.all["absent"] else "no peer") + ".", "",
           results.noise(), "",
           "Medians; beside them the range of the middle half of the repetitions, and the ratio to the floor of the table.",
           ""]
    out += ["## In short", ""]
    table(out, ["", "reading", "first initialisation", "throwing one, beyond the bare throw", "bytes with an int"],
          short(results))
    out += ["## Reading a global that has its value", "", "CPU time per read, eight in a row. The floor checks nothing.",
            ""] + picture("hot_read", "Reading a value that is there")
    table(out, ["", "median", "middle half", "ratio"], ratios(results, "hot read"))
    out += ["## The same by two threads at once", "", "CPU time per read and thread.", ""]
    alone = results.theme("hot read")
    table(out, ["", "two threads", "to one thread"],
          [[label(peer), duration(row["median"]), f"{row['median'] / alone[peer]['median']:.2f}"]
           for peer, row in sorted(results.theme("two readers").items(), key=lambda item: item[1]["median"])])
    out += ["## First initialisation, nobody else near", "",
            "Wall time of 512 in a row, their clock read once. The floor is a compare-and-exchange before and an exchange after, by hand.",
            ""] + picture("first_init", "The first initialisation, nobody else near")
    table(out, ["", "median", "middle half", "ratio"], ratios(results, "first init"))
    out += ["## A first call whose initialiser throws", "", "CPU time, with the catch. The floor is the bare throw.", ""]
    table(out, ["", "median", "middle half", "ratio", "beyond the bare throw"],
          ratios(results, "throwing first call", extra=True))
    out += ["## Contention", ""] + picture("contention", "Many threads want one value at once")
    for initialiser in ("0", "10 us", "1 ms"):
        theme = f"contended {initialiser}"
        out += [f"### Threads that want the value at once, initialiser of {initialiser.replace('us', 'µs')}", "",
                "Wall time and, after the stroke, CPU time of all threads, for one round. "
                + ("The initialiser works." if initialiser == "10 us" else "The initialiser sleeps."
                   if initialiser == "1 ms" else "The initialiser returns at once."), ""]
        arguments = results.arguments(theme)
        columns = [results.theme(theme, argument) for argument in arguments]
        table(out, [""] + [f"{argument} threads" for argument in arguments],
              [[label(peer)] + [f"{duration(column[peer]['median'])} / {duration(column[peer]['cpu']['median'])}"
                                for column in columns]
               for peer in sorted(columns[0], key=lambda peer: columns[-1][peer]["cpu"]["median"])])
    if results.all["system_calls"]:
        out += ["## System calls of one contended initialisation of 1 ms", "",
                "futex calls on the object itself, and sched_yield calls; the most of five runs under strace.", ""]
        threads = sorted({row["threads"] for row in results.all["system_calls"]})
        calls = {(row["peer"], row["threads"]): row for row in results.all["system_calls"]}
        table(out, [""] + [f"{count} threads" if count > 1 else "1 thread" for count in threads],
              [[label(peer)] + [f"{calls[peer, count]['futex']} + {calls[peer, count]['yields']}" for count in threads]
               for peer in dict.fromkeys(row["peer"] for row in results.all["system_calls"])])
    out += ["## Growth", "", "Each of so many objects in an array, initialised and then read: CPU time and bytes.", ""]
    arguments = results.arguments("cells read")
    for theme in ("cells initialised", "cells read"):
        columns = [results.theme(theme, argument) for argument in arguments]
        table(out, [theme] + [f"{argument:,}" for argument in arguments] + (["bytes"] if "initialised" in theme else []),
              [[label(peer)] + [duration(column[peer]["median"]) for column in columns]
               + ([f"{columns[0][peer]['bytes']:.0f}"] if "initialised" in theme else []) for peer in sorted(columns[0])])
    table(out, ["fork() of a process with so many wiped cells", "median", "middle half"],
          [[f"{argument:,}", duration(row["median"]), f"{duration(row['low'])} – {duration(row['high'])}"]
           for argument in results.arguments("fork with wiped cells")
           for row in results.theme("fork with wiped cells", argument).values()])
    arguments = results.arguments("waiters")
    rows = [[text] + [duration(results.theme(theme, argument)["OnceLock"]["median"]) for argument in arguments]
            for text, theme in (("from the value until the last of so many sleepers has it and its thread has ended",
                                 "waiters"),
                                ("the same, each in the middle of an initialisation", "waiters in an initialiser"),
                                ("a deadlock told, with so many nested waiters to look through", "deadlock told"))]
    table(out, ["threads"] + [f"{argument:,}" for argument in arguments], rows)
    out += ["## Compile cost", ""] + picture("compile_cost", "What including it costs")
    for compiling in results.all["compiling"]:
        out += [f"### {compiling['compiler']}", ""]
        table(out, ["including", "CPU time beyond an empty file"],
              [[row["name"], f"{row['ms']:.0f} ms"] for row in compiling["headers"]])
        table(out, ["one static more", "CPU time", "hot code", "cold code", "unwinding tables", "data"],
              [[label(row["name"]), f"{row['ms']:.1f} ms"] + [f"{row[part]:.0f} B" for part in
                                                             ("hot", "cold", "tables", "data")]
               for row in compiling["statics"]])
    out += ["## Bytes", ""] + picture("size", "Bytes of a lazily initialised int")
    table(out, ["", "flag", "with an int", "with a std::string (32)", "with a pointer"],
          [[row["name"]] + [str(row[part]) for part in ("flag", "int", "string", "pointer")]
           for row in results.all["sizes"]])
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out).rstrip("\n") + "\n")


# ---- pictures --------------------------------------------------------------------------------------------------------

ACCENT, OTHER, FLOOR, INK, PALE = "#c2410c", "#7c8da3", "#c8ccd2", "#1f2933", "#e6e9ed"


def colour(peer):
    return ACCENT if peer in OURS else FLOOR if peer in FLOORS else OTHER


def prepare():
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams.update({
        "svg.hashsalt": "first_use", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 9.5,
        "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": PALE, "xtick.color": INK, "ytick.color": INK,
        "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True, "figure.facecolor": "white",
    })
    import matplotlib.pyplot
    return matplotlib.pyplot


def title(figure, axes, heading, below, foot):
    height = figure.get_figheight()
    figure.text(0.015, 1 - 0.12 / height, heading, fontsize=12.5, fontweight="bold", va="top")
    figure.text(0.015, 1 - 0.37 / height, below, fontsize=9, va="top", color="#52606d")
    figure.text(0.015, 0.08 / height, foot, fontsize=7, va="bottom", color="#7b8794")


def save(figure, path):
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    with open(path, encoding="utf-8") as file:
        text = file.read()
    head, rest = text.split("\n", 1)
    lines = [line.rstrip() for line in rest.splitlines()]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join([head, f"<!-- {LICENCE} -->"] + lines) + "\n")


def bars(pyplot, path, heading, below, foot, rows, logarithmic=False, names=None):
    """rows: [(peer, value, text)], the best first; `names` in place of the peers' own."""
    names = names or [label(peer) for peer, _, _ in rows]
    figure, axes = pyplot.subplots(figsize=(7.6, 1.15 + 0.235 * len(rows)))
    height = figure.get_figheight()
    longest = max(len(name) for name in names)
    figure.subplots_adjust(left=min(0.5, 0.03 + 0.0119 * longest), right=0.965, top=1 - 0.68 / height, bottom=0.36 / height)
    places = range(len(rows))
    values = [value for _, value, _ in rows]
    axes.barh(places, values, height=0.68, color=[colour(peer) for peer, _, _ in rows])
    axes.set_yticks(places, names)
    for tick, (peer, _, _) in zip(axes.get_yticklabels(), rows):
        if peer in OURS:
            tick.set_color(ACCENT)
    if logarithmic:
        axes.set_xscale("log")
        left = min(values) / 1.6
        axes.set_xlim(left, max(values) * (max(values) / left) ** 0.27)  # room for the longest bar's figures
    else:
        axes.set_xlim(0, max(values) * 1.27)
    for place, (_, value, text) in zip(places, rows):
        axes.annotate(text, (value, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8.5)
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.set_xticks([])
    axes.minorticks_off()
    axes.spines["bottom"].set_visible(False)
    title(figure, axes, heading, below, foot)
    save(figure, path)
    pyplot.close(figure)


def timed_bars(pyplot, results, path, theme, heading, below, logarithmic=False):
    rows = results.theme(theme)
    floor = rows[FLOOR_OF[theme]]["median"]
    rows = sorted(rows.items(), key=lambda item: item[1]["median"])
    bars(pyplot, path, heading, below, foot_of(results),
         [(peer, row["median"], f"{duration(row['median'])}  ({row['median'] / floor:.1f}×)") for peer, row in rows],
         logarithmic)


def foot_of(results):
    return f"{results.machine()}; {results.all['compiler']}" + (f"; {results.all['rustc']}" if results.all["rustc"] else "")


def contention(pyplot, results, path):
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
    theme = "contended 1 ms"
    threads = results.arguments(theme)
    columns = [results.theme(theme, argument) for argument in threads]
    shown = [peer for peer in sorted(columns[0], key=lambda peer: (peer not in OURS, peer)) if peer not in ("OnceLock, AtomicSync", "OnceLock, MutexSync")]
    figure, panels = pyplot.subplots(1, 2, figsize=(7.6, 4.1))
    figure.subplots_adjust(left=0.085, right=0.98, top=0.79, bottom=0.27, wspace=0.22)
    styles = {"function-local static": ("#1d4ed8", "s"), "std::call_once": ("#0f766e", "^"), "pthread_once": ("#65a30d", "v"),
              "absl::call_once": ("#7c3aed", "D"), "boost::call_once": ("#be185d", "P"),
              "tbb::collaborative_call_once": ("#a16207", "X"), "Rust OnceLock": ("#334155", "*"),
              "barriers alone": ("#9aa5b1", "")}
    for panel, what, text in zip(panels, ("wall", "cpu"), ("wall time until all have it", "CPU time of all threads")):
        for peer in shown:
            values = [(column[peer] if what == "wall" else column[peer]["cpu"])["median"] / 1e6 for column in columns]
            ours = peer in OURS
            tint, mark = (ACCENT, "o") if ours else styles.get(peer, (OTHER, "."))
            panel.plot(threads, values, color=tint, marker=mark, markersize=5.5 if ours else 4,
                       linewidth=2.4 if ours else 1.1, linestyle="--" if peer in FLOORS else "-", zorder=3 if ours else 2,
                       label=label(peer))
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
        panel.xaxis.set_major_locator(FixedLocator(threads))
        panel.xaxis.set_minor_locator(NullLocator())
        panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
        ticks = [0.03, 0.1, 0.3, 1, 2, 3, 5, 10, 30] if what == "wall" else [0.03, 0.1, 0.3, 1, 3, 10, 30]
        panel.yaxis.set_major_locator(FixedLocator(ticks))
        panel.yaxis.set_minor_locator(NullLocator())
        panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        panel.grid(color=PALE, linewidth=0.8)
        panel.tick_params(length=0)
        panel.set_title(f"{text}, ms", fontsize=9.5, loc="left")
        panel.set_xlabel("threads", fontsize=9)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", bbox_to_anchor=(0.5, 0.045), ncol=4, frameon=False, fontsize=8,
                  columnspacing=1.4, handlelength=2.2)
    title(figure, None, "Many threads want one value at once",
          "The initialiser sleeps for 1 ms; the others wait for it. Lower is better.", foot_of(results))
    save(figure, path)
    pyplot.close(figure)


def write_pictures(results, folder):
    pyplot = prepare()
    timed_bars(pyplot, results, os.path.join(folder, "hot_read.svg"), "hot read", "Reading a value that is there",
               "Time per read, eight in a row, and how many times that of a plain global.")
    timed_bars(pyplot, results, os.path.join(folder, "first_init.svg"), "first init",
               "The first initialisation, nobody else near",
               "Time, and how many times two atomic exchanges written by hand. Logarithmic.", logarithmic=True)
    contention(pyplot, results, os.path.join(folder, "contention.svg"))
    compiling = results.all["compiling"]
    if compiling:
        first = compiling[0]
        rows = sorted(first["headers"], key=lambda row: row["ms"])
        bars(pyplot, os.path.join(folder, "compile_cost.svg"), "What including it costs",
             "CPU time of -fsyntax-only beyond that of an empty file.", f"{results.machine()}; {first['compiler']}",
             [("OnceLock" if "first_use" in row["name"] else row["name"], row["ms"], f"{row['ms']:.0f} ms")
              for row in rows], names=[row["name"] for row in rows])
    sizes = [row for row in results.all["sizes"]]
    ours = ("Once,", "OnceCell", "LazyLock", "WipeOnFork")
    rows = sorted(sizes, key=lambda row: (row["int"], row["flag"]))
    bars(pyplot, os.path.join(folder, "size.svg"), "Bytes of a lazily initialised int",
         "The object with its value; in brackets the flag alone.", foot_of(results),
         [("OnceLock" if row["name"].startswith(ours) else row["name"], row["int"], f"{row['int']}  ({row['flag']})")
          for row in rows], names=[row["name"] for row in rows])


def main():
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    results, folder = Results(sys.argv[1]), sys.argv[2]
    os.makedirs(folder, exist_ok=True)
    try:
        write_pictures(results, folder)
        pictures = True
        print(f"pictures: {os.path.join(folder, '*.svg')}")
    except ImportError:
        pictures = False
        print("[skipped] no pictures: no matplotlib (Debian package python3-matplotlib)")
    write_tables(results, os.path.join(folder, "report.md"), pictures)
    print(f"tables: {os.path.join(folder, 'report.md')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
