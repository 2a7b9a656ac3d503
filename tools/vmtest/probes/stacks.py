# SPDX-License-Identifier: GPL-2.0-or-later
"""The functions on the kernel stack of every thread, innermost first."""

import pykd
from pykd.kernel.task import threads as tasks


def ask(dump: pykd.Dump) -> dict:
    """By tid."""
    found = {}
    for task in tasks.threads(dump):
        trace = dump.unwind(int(task), scan=False)
        found[int(task.pid)] = {"ran": int(task.se.exec_start), "frames": [f.name for f in trace.frames if f.sure and f.name]}
    return found
