# SPDX-License-Identifier: MIT OR Apache-2.0
"""The tests of the module that is built into the host program. main() is called by the host."""
import sys
import traceback

import lazy_demo


def plain_function():
    assert lazy_demo.add(2, 3) == 5


def string():
    text, made = lazy_demo.greeting()
    assert text == "Hello from a text that is made at its first use"
    assert made == 1
    assert lazy_demo.greeting() == (text, 1)


def type_object():
    point_type, made = lazy_demo.point_type()
    assert made == 1
    point = point_type((3, 4))
    assert (point.x, point.y) == (3, 4)
    again, made = lazy_demo.point_type()
    assert again is point_type
    assert made == 1


def import_inside():
    assert "graphlib" not in sys.modules
    sorter_type = lazy_demo.sorter_type()
    assert sorter_type is sys.modules["graphlib"].TopologicalSorter
    del sys.modules["graphlib"]
    assert lazy_demo.sorter_type() is sorter_type
    assert "graphlib" not in sys.modules


def failure_and_retry():
    calls = []

    def failing():
        calls.append("failing")
        raise LookupError("not there yet")

    def working():
        calls.append("working")
        return {"workers": 4}

    for _ in range(2):
        try:
            lazy_demo.settings(failing)
            assert False, "the error did not arrive"
        except LookupError as error:
            assert str(error) == "not there yet"
    settings = lazy_demo.settings(working)
    assert settings == {"workers": 4}
    assert lazy_demo.settings(failing) is settings
    assert calls == ["failing", "failing", "working"]


def reentrance():
    told = []

    def asks_for_itself():
        assert not told, "the initialiser runs inside itself"
        told.append("asked")
        lazy_demo.knot(asks_for_itself)

    try:
        lazy_demo.knot(asks_for_itself)
        assert False, "nobody was told of the re-entrance"
    except RuntimeError as error:
        told.append(str(error))
    print("[Python] re-entrance is told:", told[1])
    assert "knot" in told[1]
    # The value can still be made.
    assert lazy_demo.knot(lambda: "untied") == "untied"


TESTS = [
    (plain_function, "a plain function"),
    (string, "OnceLock<std::string>"),
    (type_object, "PyOnceLock with a type object"),
    (import_inside, "an import inside an initialiser"),
    (failure_and_retry, "an initialiser that fails, and its retry"),
    (reentrance, "re-entrance is a RuntimeError"),
]


def main():
    """Runs all tests, and returns how many failed."""
    print("[Python]", sys.version.split()[0], sys.platform)
    failed = 0
    for number, (test, name) in enumerate(TESTS, start=1):
        try:
            test()
            verdict = "PASSED"
        except Exception:
            print(traceback.format_exc(), end="")
            verdict = "FAILED"
            failed += 1
        print(f"[Python] TEST {number} {verdict}: {name}")
    return failed
