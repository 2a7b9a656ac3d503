# SPDX-License-Identifier: GPL-2.0-or-later
"""src/py and all below it under the sanitizers for addresses and for undefined behaviour: the tests that use it, once more, in the pykd that
tools/tests.mk makes for it. What the sanitizers find ends that process with a report."""

import os
import subprocess
import unittest

from dumps import ROOT

SANITIZED = os.path.join(ROOT, "build", "sanitized", "obj", "pykd")
TESTS = (
    "test_api.", "test_api_data.", "test_api_kernel.",
    "test_contract.", "test_clones.", "test_cpus.", "test_damage.", "test_dumptext.", "test_namesakes.", "test_old_locks.", "test_old_names.OldNames",
    "test_paths.", "test_taskstate.", "test_bpf.", "test_btstack.Text",
)  # fmt: skip
"""Those that work in the process that they run in."""
OPTIONS = {
    # What CPython allocates once is not freed, and a length that a dump made up is refused by malloc().
    "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:detect_odr_violation=0:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}
TIMEOUT = 900
"""Seconds; against hanging, not a measurement."""


class Sanitized(unittest.TestCase):
    def test_nothing_is_found(self):
        environment = {name: value for name, value in os.environ.items() if name not in ("PYKDUMPPATH", "PYKD_DUMP")}
        result = subprocess.run(
            [SANITIZED, "--trust-cwd", "--run", "tests/run.py", *TESTS], cwd=ROOT, env={**environment, **OPTIONS, "PYKD": SANITIZED},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT, check=False,
        )  # fmt: skip
        output = result.stdout.decode(errors="replace")
        self.assertEqual(0, result.returncode, output[-8000:])
        self.assertNotRegex(output, "ERROR: AddressSanitizer|runtime error:")

    def test_it_could_be(self):
        """The sanitizers look at src/py: its objects call them."""
        for source in ("dump", "dump_memory"):
            with open(os.path.join(os.path.dirname(SANITIZED), "src", "py", source + ".o"), "rb") as file:
                code = file.read()
            for name in (b"__asan_report_load8", b"__ubsan_handle_"):
                self.assertIn(name, code)


if __name__ == "__main__":
    unittest.main()
