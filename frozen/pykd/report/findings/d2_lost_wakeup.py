# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads that wait for what nobody holds."""

from __future__ import annotations

from pykd.report.finding import FOUND, LOCKS, SERIOUS, STOPS, Finding, Found
from pykd.report.wording import threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.kernel.waits.things import Thing
    from pykd.report.facts import Facts

LEAST = 1.0
"""Seconds of waiting; less may be the time from the wake-up to the running"""
LONG = 10.0


def rule(facts: Facts) -> Iterator[Found]:
    for thing in facts.graph.things:
        if thing.free and thing.waiters and (found := _found(facts, thing)):
            yield found


def _found(facts: Facts, thing: Thing) -> Found | None:
    asleep = [task for task in thing.waiters if (wait := facts.graph.waits.get(task)) and wait.proof == "exact"]
    states = [facts.threads[task].state for task in thing.waiters if task in facts.threads]
    if not asleep or any(state == "RU" for state in states):
        return None  # the first one has been woken and is about to take it
    seconds = min(facts.seconds(task) for task in asleep)
    if seconds < LEAST:
        return None
    evidence = [f"{thing.text()}: {thing.held}"]
    evidence += [facts.waited(task, facts.graph.waits[task].function) for task in asleep[:5]]
    text = f"{threads(len(asleep))} for {thing.text()}, which nobody holds: a wake-up was lost, or the lock was overwritten"
    return Found(text, STOPS if seconds >= LONG else SERIOUS, FOUND, tuple(evidence), "locks", len(asleep), seconds)


FINDING = Finding(
    key="D2",
    title="lost wake-up",
    level=LOCKS,
    rule=rule,
    false_alarm="the first waiter has been woken and is waiting for a CPU; or a page that would name the holder is missing",
    advice="look for a fix of the kernel's or module's wake-up of that object; read its two words raw (struct) before anything else",
    excluded="no thread waits for a lock that is free",
)
