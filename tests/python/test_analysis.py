# SPDX-License-Identifier: GPL-2.0-or-later
"""LinuxDump.Analysis: what it says of threads that are somewhere."""

import contextlib
import io
import types
import unittest
from unittest import mock

import dumps

dumps.have_one_open()

from LinuxDump import Analysis  # noqa: E402


class Pressure(unittest.TestCase):
    def said(self, *states):
        tasks = [types.SimpleNamespace(state=state) for state in states]
        output = io.StringIO()
        with (
            mock.patch.object(Analysis, "verifyFastSet", lambda pids, _: pids),
            mock.patch.object(Analysis, "_tasks_of", lambda _: tasks),
            contextlib.redirect_stdout(output),
        ):
            found = Analysis.check_memory_pressure(lambda _: range(len(tasks)))
        return found, [line for line in output.getvalue().splitlines() if " in TASK" in line]

    def test_threads_by_state(self):
        self.assertEqual(
            self.said("TASK_UNINTERRUPTIBLE", "TASK_RUNNING", "TASK_UNINTERRUPTIBLE"),
            (True, ["      2 in TASK_UNINTERRUPTIBLE state", "      1 in TASK_RUNNING state"]),
        )

    def test_few_that_run_are_no_pressure(self):
        self.assertEqual(self.said("TASK_RUNNING"), (False, []))


if __name__ == "__main__":
    unittest.main()
