# SPDX-License-Identifier: MIT OR Apache-2.0
"""What cells_children_test.py runs in a child, each in an interpreter of its own: `python child.py NAME`."""
import os
import sys
import threading
import time

import cells


def twin(function):
    """Two threads want the same value, whose initialiser lets Python go; this thread says that Python still runs."""
    print("alive", flush=True)
    threads = [threading.Thread(target=function, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        print("alive", flush=True)
        time.sleep(0.01)
    print("done", flush=True)


def daemons(get_or_init):
    """Ends while one daemon thread is in an initialiser and five wait for it, and lets all six come back to Python."""
    inside = threading.Event()

    class Late:
        def __del__(self, listdir=os.listdir, sleep=time.sleep, write=os.write, unwound=sys.version_info < (3, 14)):
            if unwound:
                while len(listdir("/proc/self/task")) > 1:
                    sleep(0.001)
            else:
                sleep(0.3)  # they stop where they are, for good
            write(1, b"alone\n")

    def make():
        inside.set()
        time.sleep(0.1)  # Python is ending by then
        return object()

    def ask():
        get_or_init(0, make)

    before = cells.waits()
    for _ in range(6):
        threading.Thread(target=ask, daemon=True).start()
    while not inside.is_set() or cells.waits() < before + 5:
        time.sleep(0.001)
    sys.late = Late()
    print("ending", flush=True)


def daemon_that_never_goes_on(get_or_init):
    """Ends while a daemon thread is in an initialiser for ever, and asks for its value on the way down."""
    inside = threading.Event()

    def make():
        inside.set()
        threading.Event().wait()

    class Late:
        def __del__(self, get_or_init=get_or_init, RuntimeError=RuntimeError, write=sys.stdout.write,
                    flush=sys.stdout.flush, str=str):
            try:
                get_or_init(0, object)
            except RuntimeError as error:
                write(str(error))
                flush()

    threading.Thread(target=lambda: get_or_init(0, make), daemon=True).start()
    inside.wait()
    sys.late = Late()
    print("ending", flush=True)


def drop_at_end():
    """The main interpreter's value is dropped at its end, while Python code can run."""

    class Loud:
        def __del__(self, write=os.write):
            write(1, b"dropped\n")

    cells.counted(Loud)


if __name__ == "__main__":
    name = sys.argv[1]
    if name.startswith("twin_"):
        twin(getattr(cells, name))
    elif name == "drop_at_end":
        drop_at_end()
    else:
        what, kind = name.split(":")
        {"daemons": daemons, "daemon_that_never_goes_on": daemon_that_never_goes_on}[what](getattr(cells, kind))
