# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads that the freezer stopped while they hold what others wait for."""

from __future__ import annotations

from pykd.report.finding import EXACT, GUESS, NO_ANSWER, SERIOUS, STOPS, Finding, Found
from pykd.report.wording import chain, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts


def rule(facts: Facts) -> Iterator[Found]:
    for root in facts.graph.roots():
        if root.kind != "task" or root.proof == GUESS:
            continue
        wait = facts.graph.waits.get(root.tasks[0])
        if wait is None or "__refrigerator" not in wait.functions:
            continue
        seconds = max(facts.seconds(task) for task in root.victims)
        what = root.thing.text() if root.thing else "?"
        text = f"{facts.who(root.tasks[0])} was stopped by the freezer, and {threads(len(root.victims))} for {what}, which it holds"
        yield Found(text, STOPS if seconds >= 10 else SERIOUS, EXACT, (chain(wait.functions),), "locks -g", len(root.victims), seconds)


FINDING = Finding(
    key="E3",
    title="frozen thread",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="a suspend or a checkpoint is under way and young",
    advice="thaw the cgroup, or look at why resume does not come",
    excluded="no holder of a lock was stopped by the freezer",
)
