# SPDX-License-Identifier: GPL-2.0-or-later
"""Each CPU: what ran on it, for how long, and what waits to run there."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel import cpus
from pykd.report.blocks import Block, lines, picture, table
from pykd.report.sections import Section
from pykd.report.wording import chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

FRAMES = 8
MAX_CPUS = 64
"""Whose stacks are shown"""


def make(facts: Facts) -> Iterator[Block]:
    rows = []
    for cpu, rq in cpus.run_queues(facts.dump).items():
        thread = facts.running.get(cpu)
        try:
            behind, running = round((facts.clock - int(rq.clock)) / 1e9, 2), int(rq.nr_running)
        except Error:
            behind, running = None, None
        if thread is None:
            rows.append([cpu, None, "(unreadable)", None, None, running, behind])
        else:
            rows.append([cpu, thread.pid, thread.comm if thread.pid else "(idle)", thread.prio, round(facts.seconds(thread.address), 2), running, behind])
    yield table(("CPU", "PID", "command", "prio", "runs for (s)", "runnable", "clock behind (s)"), rows)
    yield picture("cpus", [{"cpu": row[0], "name": row[2], "seconds": row[4], "runnable": row[5], "behind": row[6]} for row in rows], "CPUs")
    stacks = [f"CPU {cpu}: {chain(facts.functions_on(cpu), FRAMES)}" for cpu in list(facts.running)[:MAX_CPUS] if facts.functions_on(cpu)]
    yield lines(stacks, "Functions, innermost first")


SECTION = Section("CPUs", make)
