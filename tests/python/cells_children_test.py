# SPDX-License-Identifier: MIT OR Apache-2.0
"""What takes an interpreter down with it: deadlocks of the types that we are not, and the end of Python."""
import os
import queue
import subprocess
import sys
import threading
import time
import unittest

HANG = int(os.environ.get("FIRST_USE_TEST_PATIENCE", "60"))    # seconds until a child that should end is given up
SILENCE = 1  # seconds of it, with all threads asleep, are a deadlock: a child that runs says so a hundred times

CHILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "child.py")


def start(name):
    return subprocess.Popen([sys.executable, "-B", CHILD, name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def all_asleep(pid):
    """Whether no thread of the process runs, in some looks at it."""
    for _ in range(5):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/stat", encoding="ascii") as file:
                if file.read().rpartition(")")[2].split()[0] not in "SI":
                    return False
        time.sleep(0.01)
    return True


def unwinds_its_threads():
    """Whether pthread_exit(), by which Python stops daemon threads at its end, finds destructors. Debian's libc++abi brings
    an unwinder of its own along, and glibc calls another one's: whatever has a destructor dies."""
    import cells  # noqa: F401  which loads what it is linked with
    with open("/proc/self/maps", encoding="utf-8") as file:
        return "/libunwind.so" not in file.read()


def outcome(name):
    """"done", "deadlock", or what went wrong."""
    child = start(name)
    lines = queue.Queue()
    reader = threading.Thread(target=lambda: [lines.put(line) for line in child.stdout])
    reader.start()
    begun = time.monotonic()
    last, seen = begun, ""
    try:
        while time.monotonic() - begun < HANG:
            try:
                seen = lines.get(timeout=0.1).strip()
                last = time.monotonic()
                continue
            except queue.Empty:
                pass
            if child.poll() is not None:
                return seen if child.returncode == 0 else f"exit code {child.returncode}"
            if seen == "alive" and time.monotonic() - last > SILENCE and all_asleep(child.pid):
                return "deadlock"
        return "still running"
    finally:
        child.kill()
        child.wait()
        reader.join()
        child.stdout.close()
        child.stderr.close()


class Twins(unittest.TestCase):
    """The same initialiser, in four kinds of static."""

    def test_cell(self):
        self.assertEqual(outcome("twin_cell"), "done")

    def test_attach_aware_once_lock(self):
        self.assertEqual(outcome("twin_attach_aware"), "done")

    def test_call_once_deadlocks(self):
        self.assertEqual(outcome("twin_call_once"), "deadlock")

    def test_function_local_static_deadlocks(self):
        self.assertEqual(outcome("twin_static"), "deadlock")


class End(unittest.TestCase):
    def run_child(self, name):
        child = start(name)
        try:
            out, err = child.communicate(timeout=HANG)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            self.fail(f"{name} hangs")
        self.assertEqual((child.returncode, err), (0, ""))
        return out

    def test_daemon_threads_in_initialiser_and_wait(self):
        if not unwinds_its_threads():
            self.skipTest("pthread_exit() does not unwind the stack here")
        for kind in ("process", "interpreter"):
            self.assertEqual(self.run_child(f"daemons:{kind}"), "ending\nalone\n")

    def test_main_thread_does_not_wait_for_a_thread_that_stopped_for_good(self):
        for kind in ("process", "interpreter"):
            self.assertIn("Python is ending", self.run_child(f"daemon_that_never_goes_on:{kind}"))

    def test_main_interpreter_drops_its_value(self):
        self.assertEqual(self.run_child("drop_at_end"), "dropped\n")


if __name__ == "__main__":
    unittest.main()
