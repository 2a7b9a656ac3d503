# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads that wait for each other in a circle."""

from __future__ import annotations

from pykd.report.finding import EXACT, LOCKS, STOPS, Finding, Found
from pykd.report.wording import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts


def rule(facts: Facts) -> Iterator[Found]:
    graph = facts.graph
    for root in graph.roots():
        if root.kind != "cycle":
            continue
        lines = []
        for task, following in zip(root.tasks, [*root.tasks[1:], root.tasks[0]], strict=True):
            wait = graph.waits[task]
            what = wait.thing.text() if wait.thing else "?"
            lines.append(f"{facts.waited(task, wait.function)} for {what}, which {facts.who(following)} holds")
        names = ", ".join(facts.who(task) for task in root.tasks)
        text = f"Deadlock: {names} wait for each other" if len(root.tasks) > 1 else f"Deadlock: {names} waits for a lock that it holds itself"
        others = len(root.victims) - len(root.tasks)
        if others:
            text += f"; {number(others, 'other')} for them"
        yield Found(text, STOPS, EXACT, tuple(lines), "locks -g", len(root.victims), max(facts.seconds(task) for task in root.victims))


FINDING = Finding(
    key="D3",
    title="deadlock",
    level=LOCKS,
    rule=rule,
    false_alarm="one of the waits ends by itself after a time, or by a signal that is pending",
    advice="compare the order in which the two places take these locks; whichever differs from the rest of the source is wrong",
    excluded="no threads wait for each other in a circle",
)
