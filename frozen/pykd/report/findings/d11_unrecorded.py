# SPDX-License-Identifier: GPL-2.0-or-later
"""Locks that are held though the kernel does not record by whom: semaphores, and readers of per-CPU rwsems."""

from __future__ import annotations

from pykd.kernel.waits.sites import story
from pykd.report.finding import GUESS, LOCKS, NOTE, SERIOUS, Finding, Found
from pykd.report.wording import members, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.kernel.waits.graph import Root
    from pykd.report.facts import Facts

KINDS = ("semaphore", "readers")
LONG = 10.0
"""Seconds from which on nobody comes to let go"""


def rule(facts: Facts) -> Iterator[Found]:
    for root in facts.graph.roots():
        thing = root.thing
        if root.kind != "thing" or thing is None or thing.kind not in KINDS or not thing.address or thing.free:
            continue
        seconds = max(facts.seconds(task) for task in root.victims)
        if seconds < LONG:
            continue
        near = _in_the_same_code(facts, root)
        evidence = members([facts.waited(task) for task in root.victims])
        evidence += members([f"in the same code sleeps {facts.who(task)}, since {facts.seconds(task):.1f} s" for task in near])
        text = f"{threads(len(root.victims))} for {thing.text()}, and who holds it is not recorded"
        text += f"; perhaps {facts.who(near[0])}, which sleeps in the same code" if len(near) == 1 else ""
        yield Found(text, SERIOUS if root.proof != GUESS else NOTE, root.proof, tuple(evidence), "blocked", len(root.victims), seconds)


def _in_the_same_code(facts: Facts, root: Root) -> list[int]:
    """task_structs of other blocked threads that what takes the lock has called too: the function that calls the one that waits."""
    waits = facts.graph.waits
    callers = {functions[1] for task in root.victims if task in waits and len(functions := story(waits[task].functions)) > 1 and waits[task].thing is root.thing}
    others = (task for task in facts.graph.blocked if task in waits and task not in root.victims)
    return [task for task in others if callers.intersection(waits[task].functions)]


FINDING = Finding(
    key="D11",
    title="holder that is not recorded",
    level=LOCKS,
    rule=rule,
    false_alarm="the semaphore is used to wait for an event, on purpose",
    advice="look at the threads that are, or were, in the code that takes it; kernels since 6.16 record the last holder of a semaphore",
    excluded="no thread waits long for a lock that records no holder",
)
