# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the tests; pykd itself runs this: ./pykd --run tests/run.py [-v] [PATTERN...]

PATTERN is a part of a test's name (test_importer, Oracle, c.test_xlat). The last line is "N passed, N failed, N skipped".
"""

import os
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
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


def c_tests():
    sources = sorted(os.listdir(os.path.join(ROOT, "tests", "c")))
    names = [name[:-2] for name in sources if name.startswith("test_") and name.endswith(".c")]
    return unittest.TestSuite(CTest(os.path.join(C_TESTS, name)) for name in names)


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


def main(words):
    verbosity = 2 if "-v" in words else 1
    patterns = [word for word in words if not word.startswith("-")]
    found = unittest.TestSuite(
        [unittest.defaultTestLoader.discover(os.path.join(ROOT, "tests", "python")), c_tests()]
    )
    tests = [test for test in each(found) if not patterns or any(pattern in test.id() for pattern in patterns)]
    before = tree()
    result = unittest.TextTestRunner(sys.stdout, verbosity=verbosity).run(unittest.TestSuite(tests))
    skipped = len(result.skipped)
    failed = len({whole(test).id() for test, _ in result.failures + result.errors} | {*map(id, result.unexpectedSuccesses)})
    passed = max(result.testsRun - failed - skipped, 0)
    changed = {name for name, _ in before.items() ^ tree().items()}
    failed += bool(changed)
    for name in sorted(changed):
        print(f"the tests have written, changed or removed {name}")
    for test, reason in result.skipped:
        print(f"skipped {test}: {reason}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    if not tests:
        print(f"no test is named like {' or '.join(patterns)}")
    return 0 if tests and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
