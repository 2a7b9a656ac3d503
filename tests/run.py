# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the tests; pykd itself runs this: ./pykd --run tests/run.py [-v] [PATTERN...]

PATTERN is a part of a test's name (test_importer, Oracle, c.test_xlat). Without any, all are run, each module in a process of its own and
JOBS at a time (default: the processors). The last line is "N passed, N failed, N skipped".
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PYTHON_TESTS = os.path.join(ROOT, "tests", "python")
TOOLS = os.path.join(ROOT, "tools")
"""Whose modules the tests import"""
C_TESTS = os.path.join(ROOT, "build", "sanitized", "obj")
C_TIMEOUT = 300
"""Seconds; against hanging, not a measurement."""


class CTest(unittest.TestCase):
    """A program made of tests/c/test_NAME.c: passes if it ends with status 0."""

    def __init__(self, path):
        super().__init__("run_program")
        self.path = path

    def id(self):
        return f"c.{os.path.basename(self.path)}"

    __str__ = id

    def run_program(self):
        result = subprocess.run(
            [self.path], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=C_TIMEOUT, check=False
        )
        if result.returncode:
            self.fail(f"status {result.returncode}\n{result.stdout.decode(errors='replace')[-4000:]}")


def names_in(language, suffix):
    """Names of the files with tests, without their suffix."""
    names = sorted(os.listdir(os.path.join(ROOT, "tests", language)))
    return [name.removesuffix(suffix) for name in names if name.startswith("test_") and name.endswith(suffix)]


def c_tests():
    return unittest.TestSuite(CTest(os.path.join(C_TESTS, name)) for name in names_in("c", ".c"))


def each(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from each(test)
        else:
            yield test


def whole(test):
    """The test that a subtest is part of."""
    return getattr(test, "test_case", test)


def tree():
    """What the working tree holds beside what is built there: name, and what changes with the content."""
    found = {}
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in (".git", "__pycache__") and (folder, name) not in ((ROOT, "build"), (ROOT, "dist"))]
        for name in files:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            found[os.path.relpath(path, ROOT)] = status.st_mtime_ns, status.st_size
    return found


def counted(passed, failed, skipped):
    return f"{passed} passed, {failed} failed, {skipped} skipped"


COUNTED = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.MULTILINE)
PART = "--part"
"""Before the name of a module: its tests and no other's."""


def run_here(tests, verbosity):
    """Run them in this process, and print what became of them; how many passed, failed and were skipped."""
    result = unittest.TextTestRunner(sys.stdout, verbosity=verbosity).run(unittest.TestSuite(tests))
    skipped = len(result.skipped)
    failed = len({whole(test).id() for test, _ in result.failures + result.errors} | {*map(id, result.unexpectedSuccesses)})
    for test, reason in result.skipped:
        print(f"skipped {test}: {reason}")
    return max(result.testsRun - failed - skipped, 0), failed, skipped


LONG = ("test_sanitized", "test_reproducible", "test_style", "test_fuzz", "test_portability", "test_arm64")
"""Begun first, so that none of them is left alone at the end."""


def parts():
    names = [*names_in("python", ".py"), *(f"c.{name}" for name in names_in("c", ".c"))]
    return sorted(names, key=lambda name: LONG.index(name) if name in LONG else len(LONG))


def finished(names, jobs):
    """Run each of them in a process, *jobs* at a time: (name, seconds, what it printed) as they end."""
    waiting, running = list(reversed(names)), {}
    with tempfile.TemporaryDirectory() as folder:
        while waiting or running:
            while waiting and len(running) < jobs:
                name = waiting.pop()
                command = [sys.executable, "--trust-cwd", "--run", os.path.abspath(__file__), PART, name]
                with open(os.path.join(folder, name), "wb") as output:
                    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
                running[process.pid] = process, name, time.monotonic()
            process, name, begun = running.pop(os.wait()[0])
            process.returncode = 0  # it has been waited for
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as output:
                yield name, time.monotonic() - begun, output.read()


def run_all(jobs):
    """Run all modules, and print what became of them; how many tests passed, failed and were skipped."""
    total, lines = [0, 0, 0], []
    for name, seconds, output in finished(parts(), jobs):
        found = COUNTED.findall(output)
        counts = [int(number) for number in found[-1]] if found else [0, 1, 0]
        total = [sum(pair) for pair in zip(total, counts, strict=True)]
        lines += [line for line in output.splitlines() if line.startswith("skipped ")]
        if counts[1]:
            print(output)
        print(f"{name}: {counted(*counts) if found else 'it came to no end'}, {seconds:.0f} s", flush=True)
    print(*lines, sep="\n")
    return total


def matching(patterns):
    """The tests that have one of them in their name; without any, all."""
    found = unittest.TestSuite([unittest.defaultTestLoader.discover(PYTHON_TESTS), c_tests()])
    return [test for test in each(found) if not patterns or any(pattern in test.id() for pattern in patterns)]


def part(name):
    if name.startswith("c."):
        return [test for test in each(c_tests()) if test.id() == name]
    return list(each(unittest.defaultTestLoader.loadTestsFromName(name)))


def main(words):
    if words[:1] == [PART]:
        print(counted(*run_here(part(words[1]), 1)))
        return 0
    patterns = [word for word in words if not word.startswith("-")]
    tests = matching(patterns) if words else []
    before = tree()
    if words:
        passed, failed, skipped = run_here(tests, 2 if "-v" in words else 1)
    else:
        passed, failed, skipped = run_all(int(os.environ.get("JOBS") or os.cpu_count() or 1))
    changed = {name for name, _ in before.items() ^ tree().items()}
    failed += bool(changed)
    for name in sorted(changed):
        print(f"the tests have written, changed or removed {name}")
    print(counted(passed, failed, skipped))
    if words and not tests:
        print(f"no test is named like {' or '.join(patterns)}")
    return 1 if failed or (words and not tests) else 0


if __name__ == "__main__":
    sys.path[:0] = (PYTHON_TESTS, TOOLS)
    sys.exit(main(sys.argv[1:]))
