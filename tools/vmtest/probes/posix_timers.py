# SPDX-License-Identifier: GPL-2.0-or-later
"""[id, signal, clock] of the POSIX timers of every process."""

from members import entries

import pykd
from pykd.kernel.task import threads as tasks


def ask(dump: pykd.Dump) -> dict:
    """By pid."""
    found = {}
    for task in tasks.processes(dump):
        timers = task.signal.posix_timers
        rows = entries(dump, timers, "struct k_itimer", "list")
        if rows:
            found[int(task.pid)] = [[int(t.it_id), int(t.sigq.info.si_signo) if t.hasField("sigq") and t.sigq else 0,
                                     int(t.it_clock)] for t in rows]
    return found

