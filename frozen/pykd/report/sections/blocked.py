# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads in uninterruptible sleep by what they wait for, the states of all threads, and where they all sleep."""

from __future__ import annotations

from pykd.kernel.waits.sites import story
from pykd.report.blocks import Block, lines, picture, table
from pykd.report.sections import Section
from pykd.report.wording import number, state_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

SHOWN = 20
"""Groups"""
MEMBERS = 5
MAX_EDGES = 200


def make(facts: Facts) -> Iterator[Block]:
    graph = facts.graph
    groups: dict[Any, list[int]] = {}
    for task in graph.blocked:
        wait = graph.waits.get(task)
        key = (wait.thing.key if wait.thing else None, story(wait.functions)[:4]) if wait else (None, ())
        groups.setdefault(key, []).append(task)
    text = []
    for (_, functions), tasks in sorted(groups.items(), key=lambda item: -graph.seconds(item[1][0]))[:SHOWN]:
        wait = graph.waits.get(tasks[0])
        thing = wait.thing if wait else None
        text.append(f"{len(tasks)} for up to {graph.seconds(tasks[0]):.1f} s: {thing.text() if thing else '(not known)'}" + (f" [{wait.proof}]" if wait else ""))
        if thing and thing.held:
            text.append(f"    {'will be completed by' if thing.kind == 'completion' and not thing.free else 'held by'} {thing.held} [{thing.proof}]")
        text.append(f"    {' < '.join(functions)}")
        text.append("    " + ", ".join(facts.who(task) for task in tasks[:MEMBERS]) + (f" and {len(tasks) - MEMBERS} more" if len(tasks) > MEMBERS else ""))
    if graph.unsure is not None:
        text.append(str(graph.unsure))
    yield lines(text or ["no thread is in uninterruptible sleep"])
    if edges := list(_edges(facts)):
        yield picture("waits", edges, "Who waits for whom")
    states: dict[str, int] = {}
    for thread in facts.threads.values():
        if thread.pid:
            states[thread.state] = states.get(thread.state, 0) + 1
    whose = f"States of {number(sum(states.values()), 'thread')}, without the idle ones of the CPUs"
    yield table(("state", "threads"), [(state_name(state), count) for state, count in sorted(states.items(), key=lambda item: -item[1])], whose)
    yield picture("states", states, whose)
    yield picture("flame", folded(facts), "Where threads sleep and run: the outermost functions at the bottom, the wider the more threads")


def _edges(facts: Facts) -> Iterator[dict[str, Any]]:
    """{from, what, to, threads, seconds, proof, held} of waits: ``threads`` is whether those in ``to`` are, ``held`` the proof that they hold it.
    Of many that wait for one thing some are named, the longest first, and the others are one."""
    by_thing: dict[Any, list[int]] = {}
    for task, wait in facts.graph.waits.items():
        if wait.thing is not None:
            by_thing.setdefault(wait.thing.key, []).append(task)
    edges = 0
    for tasks in by_thing.values():
        thing = facts.graph.waits[tasks[0]].thing
        assert thing is not None
        to = [facts.who(holder) for holder in thing.holders] or ([thing.held] if thing.held else [])
        alone = tasks if len(tasks) <= MEMBERS + 1 else tasks[:MEMBERS]
        shown = [(facts.who(task), task) for task in alone]
        if more := tasks[len(alone) :]:
            shown.append((f"{len(more)} more threads", more[0]))
        for name, task in shown:
            yield {
                "from": name, "what": thing.text(), "to": to, "threads": bool(thing.holders), "seconds": round(facts.seconds(task), 1),
                "proof": facts.graph.waits[task].proof, "held": thing.proof,
            }  # fmt: skip
        edges += len(shown)
        if edges >= MAX_EDGES:
            return


def folded(facts: Facts) -> dict[str, int]:
    """How many threads have a stack: functions outermost first, joined by ``;``."""
    found: dict[str, int] = {}
    for functions in facts.stacks.values():
        key = ";".join(reversed(functions))
        found[key] = found.get(key, 0) + 1
    return found


SECTION = Section("Blocked threads", make)
