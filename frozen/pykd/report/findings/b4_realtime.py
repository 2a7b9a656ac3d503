# SPDX-License-Identifier: GPL-2.0-or-later
"""Real-time threads that do not let others run."""

from __future__ import annotations

from pykd.kernel import cpus
from pykd.report.finding import CPU_STUCK, FOUND, SERIOUS, STOPS, Finding, Found
from pykd.report.wording import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

MAX_RT_PRIO = 100
LEAST, LONG = 1.0, 10.0
"""Seconds that others have waited: from which on it is told, and from which on it explains a hang"""


def rule(facts: Facts) -> Iterator[Found]:
    for cpu in cpus.run_queues(facts.dump):
        running = facts.running.get(cpu)
        if running is None or not running.pid or not 0 <= running.prio < MAX_RT_PRIO or running.comm.startswith(("migration/", "watchdog/", "cpuhp/")):
            continue
        # A clock that stood still says nothing about those who wait.
        waiting = [thread for thread in facts.threads.values() if thread.cpu == cpu and thread.state == "RU" and thread.pid and not thread.active and thread.prio >= MAX_RT_PRIO]
        longest = max((facts.seconds(thread.address) for thread in waiting), default=0.0)
        if longest < LEAST or facts.seconds(running.address) < LEAST:
            continue
        worst = max(waiting, key=lambda thread: facts.seconds(thread.address))
        evidence = (
            f"priority {running.prio}, on CPU {cpu} since {facts.seconds(running.address):.1f} s",
            f"{number(len(waiting), 'thread')} to run there, {facts.who(worst.address)} not for {longest:.1f} s",
        )
        text = f"The real-time thread {facts.who(running.address)} has run on CPU {cpu} for {facts.seconds(running.address):.0f} s and lets nobody else run"
        yield Found(text, STOPS if longest >= LONG else SERIOUS, FOUND, evidence, f"runq -c {cpu}", len(waiting), longest)


FINDING = Finding(
    key="B4",
    title="real-time thread",
    level=CPU_STUCK,
    rule=rule,
    false_alarm="a short burst; the threads of the kernel's own that are made for it (migration, watchdog)",
    advice="take the thread's priority or its loop back, or let sched_rt_runtime_us be below sched_rt_period_us",
    excluded="no real-time thread keeps a CPU from others",
)
