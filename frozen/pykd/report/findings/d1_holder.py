# SPDX-License-Identifier: GPL-2.0-or-later
"""A lock whose holder is gone, or sleeps, runs or is not let run."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel import locks
from pykd.report.finding import CPU_STUCK, EXACT, FOUND, GUESS, LOCKS, NOTE, SERIOUS, STOPS, Finding, Found
from pykd.report.quota import throttled_in
from pykd.report.wording import chain, members, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.kernel.waits.graph import Root
    from pykd.kernel.waits.things import Thing
    from pykd.report.facts import Facts

LEAST = 1.0
"""Seconds of waiting below which a holder that runs is at its work"""
LONG = 10.0
"""Seconds from which on it explains a hang"""


def rule(facts: Facts) -> Iterator[Found]:
    for root in facts.graph.roots():
        if root.kind == "task" and root.thing is not None and _counts(root.thing) and (found := _found(facts, root)):
            yield found
        elif root.kind == "thing" and root.thing is not None and root.thing.ended:
            yield _ended(facts, root)
    for thing in facts.graph.things:
        if not thing.waiters and thing.holders and (found := _unseen(facts, thing)):
            yield found


def _unseen(facts: Facts, thing: Thing) -> Found | None:
    """A lock whose own word says that somebody waits, where who does is lost."""
    holder = thing.holders[0]
    thread, seconds = facts.threads.get(holder), facts.seconds(holder)
    if thing.kind not in ("mutex", "rwsem") or thing.proof != EXACT or thread is None or thread.active or thread.state == "RU" or seconds < LONG:
        return None
    try:
        if not locks.has_waiters(facts.dump, thing.kind, thing.address):
            return None
    except Error as error:
        facts.note(error)
        return None
    wait = facts.graph.waits.get(holder)
    evidence = ["its list of waiters cannot be followed", *([f"{facts.who(holder)}: {chain(wait.functions)}"] if wait and wait.functions else [])]
    text = f"At least one thread, which is lost, waits for {thing.text()}, which {facts.who(holder)} holds; it has slept for {seconds:.1f} s"
    return Found(text, STOPS, FOUND, tuple(evidence), "locks", 1, seconds, LOCKS)


def _counts(thing: Thing) -> bool:
    """A lock, or a work or a thread whose end is waited for; a child's is not told here."""
    return thing.kind in locks.KINDS or thing.kind == "rt_mutex" or (thing.kind == "completion" and not thing.held.startswith("child "))


def _ended(facts: Facts, root: Root) -> Found:
    """A lock whose owner's memory is another thread's."""
    thing = root.thing
    assert thing is not None
    seconds = max(facts.seconds(victim) for victim in root.victims)
    evidence = [f"the owner's task_struct {thing.ended:#x} is that of {facts.who(thing.ended)}, which began after they waited: the owner ended with the lock held"]
    evidence += members([facts.waited(victim) for victim in root.victims])
    text = f"{threads(len(root.victims))} for {thing.text()}, whose owner exists no more"
    return Found(text, STOPS if seconds >= LONG else SERIOUS, FOUND, tuple(evidence), "locks", len(root.victims), seconds)


def _found(facts: Facts, root: Root) -> Found | None:
    thing, task = root.thing, root.tasks[0]
    assert thing is not None
    seconds = max(facts.seconds(victim) for victim in root.victims)
    thread = facts.threads.get(task)
    if seconds < LEAST and thread is not None:
        return None
    what, waits = thing.text(), threads(len(root.victims))
    evidence = members([facts.waited(victim) for victim in root.victims])
    if thread is None:
        if root.proof != EXACT:
            return None
        evidence.insert(0, f"the owner's task_struct {task:#x} is in no list of threads: it ended with the lock held, or the lock is overwritten")
        return Found(f"{waits} for {what}, whose owner exists no more", STOPS, FOUND, tuple(evidence), "locks", len(root.victims), seconds)
    wait = facts.graph.waits.get(task)
    if thread.active:
        state, level = f"runs on CPU {thread.cpu}", CPU_STUCK
    elif thread.state == "RU":
        state, level = f"is to run but has not for {facts.seconds(task):.1f} s", CPU_STUCK
        if group := throttled_in(facts, task):
            state = f"may not run, since its cgroup {group} has used up its quota of CPU time"
    else:
        state, level = f"sleeps in {(wait.function if wait else '') or 'a place that is not known'} since {facts.seconds(task):.1f} s", LOCKS
        if wait and wait.purpose:
            state += f", waiting for {wait.purpose.text}"
    if wait and wait.functions:
        evidence.insert(0, f"{facts.who(task)}: {chain(wait.functions)}")
    proven = root.proof != GUESS and seconds >= LONG
    severity = STOPS if proven else SERIOUS if root.proof != GUESS else NOTE
    return Found(f"{waits} for {what}, which {facts.who(task)} holds; it {state}", severity, root.proof, tuple(evidence), "locks -g", len(root.victims), seconds, level)


FINDING = Finding(
    key="D1",
    title="holder of a lock",
    level=LOCKS,
    rule=rule,
    false_alarm="the holder runs and the waiters have waited for less than a second; the owner's address is no task_struct because the lock was overwritten",
    advice="follow the holder: what it sleeps in or computes is the cause behind this one",
    excluded="no wait for a lock ends at a thread that holds it and waits for nothing more, or is gone",
)
