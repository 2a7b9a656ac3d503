# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads that wait for the readers of an SRCU, of which the kernel keeps only a count."""

from __future__ import annotations

from pykd.report.finding import FOUND, LOCKS, SERIOUS, Finding, Found
from pykd.report.wording import members, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

LONG = 10.0
"""Seconds of waiting: a grace period takes far less"""


def rule(facts: Facts) -> Iterator[Found]:
    tasks = [task for task, wait in facts.graph.waits.items() if wait.purpose and wait.purpose.key == "srcu"]
    seconds = max((facts.seconds(task) for task in tasks), default=0.0)
    if seconds >= LONG:
        evidence = members([facts.waited(task, facts.graph.waits[task].function) for task in tasks])
        text = f"{threads(len(tasks))} for the readers of an SRCU to end, up to {seconds:.0f} s; the kernel does not record who reads"
        yield Found(text, SERIOUS, FOUND, tuple(evidence), "blocked", len(tasks), seconds)


FINDING = Finding(
    key="C5",
    title="readers of an SRCU",
    level=LOCKS,
    rule=rule,
    false_alarm="a listener of fanotify that does not answer is such a reader, and is told by itself",
    advice="look at blocked threads in the code that uses it: the stack of who waits names it (fsnotify, kvm, a driver)",
    excluded="no thread waits long for the readers of an SRCU",
)
