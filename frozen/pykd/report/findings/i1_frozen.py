# SPDX-License-Identifier: GPL-2.0-or-later
"""A file system that is frozen, and who waits for that to end."""

from __future__ import annotations

import re
import shlex

from _pykd import Error
from pykd.kernel.fs.sbnames import sb_name, sb_place
from pykd.kernel.fs.superblocks import how_frozen, sb_frozen
from pykd.kernel.waits.filesystems import Queued, writers_queued
from pykd.report.finding import EXACT, GUESS, NO_ANSWER, SERIOUS, STOPS, Finding, Found
from pykd.report.wording import members, threads, times

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.kernel.waits.things import Thing
    from pykd.report.facts import Facts

WRITERS = re.compile(r"^(__)?(sb_start_|mnt_want_write|vfs_(write|iter|fallocate|copy)|do_iter_|ksys_|do_sendfile|\w+_(page_mkwrite|filemap_fault|evict_inode|dirty_inode))")
"""Functions that write to a file system"""
_COUNTS = (("freeze_kcount", "by the kernel"), ("freeze_ucount", "by user space"))
"""Members of ``struct sb_writers`` since 880b9577855e ("fs: distinguish between user initiated freeze and kernel initiated freeze") (in v6.6)"""


def rule(facts: Facts) -> Iterator[Found]:
    waiting: dict[str, tuple[int, ...]] = {}
    draining: dict[str, int] = {}
    for root in facts.graph.roots():
        if root.thing is not None and root.thing.outside == "frozen file system":
            waiting[root.thing.held] = root.victims
    for thing in facts.graph.things:
        if thing.kind == "percpu_rwsem" and "s_writers" in thing.name and thing.holders:
            draining[thing.name.partition(" of the ")[2]] = thing.holders[0]
    told = False
    for block in facts.superblocks():
        try:
            if state := sb_frozen(block):
                yield _found(facts, block, state, waiting, draining)
                told = True
        except Error as error:
            facts.note(error)
    if not told:
        yield from _lost(facts)


def _lost(facts: Facts) -> Iterator[Found]:
    """Threads that wait where only a freeze lets writers wait, for a lock of which nothing can be read."""
    stuck = [task for task, wait in facts.graph.waits.items() if wait.thing and _is_unknown(wait.thing) and _is_writer(wait.functions)]
    if not stuck:
        return
    seconds = max(map(facts.seconds, stuck))
    text = f"{threads(len(stuck))} to write to a file system, which most likely is frozen; its super_block is not in the dump"
    yield Found(text, SERIOUS, GUESS, tuple(members([_waiter(facts, task) for task in stuck])), "blocked", len(stuck), seconds)


def _is_unknown(thing: Thing) -> bool:
    """Whether it is a per-CPU rwsem of which it is not known where it lies."""
    return thing.kind == "percpu_rwsem" and not (thing.address and thing.name)


def _is_writer(functions: tuple[str, ...]) -> bool:
    """Whether what called ``percpu_down_read()`` is about to write: ``sb_start_write()`` and its like are part of their callers."""
    caller = next((name for name in functions[functions.index("__percpu_down_read") + 1 :]), "") if "__percpu_down_read" in functions else ""
    return bool(WRITERS.match(caller))


def _found(facts: Facts, block: Any, state: int, waiting: dict[str, tuple[int, ...]], draining: dict[str, int]) -> Found:
    name = sb_name(facts.dump, block)
    how = how_frozen(state)
    victims = next((tasks for held, tasks in waiting.items() if held.startswith(f"the freeze of {name} (")), ())
    waits = facts.graph.waits
    queued = _queued(facts, block)
    # Those whose stacks are lost, or who are in no list of threads, are in the queues all the same.
    victims = tuple(dict.fromkeys((*victims, *queued.tasks)))
    direct = [task for task in victims if task in waits and (thing := waits[task].thing) is not None and thing.outside]
    direct = list(dict.fromkeys((*direct, *queued.tasks))) or list(victims)
    hidden = not victims and queued.lost is not None
    seconds = max((facts.seconds(task) for task in direct), default=0.0)
    evidence = [f"super_block {int(block):#x}: s_writers.frozen is {state} (frozen {how})"]
    writers = block.s_writers
    if any(writers.hasField(member) for member, _ in _COUNTS):
        evidence += [f"frozen {text}, {times(count)}" for member, text in _COUNTS if writers.hasField(member) and (count := int(getattr(writers, member)))]
    else:
        evidence.append("this kernel does not record who froze it")
    evidence += members([_waiter(facts, task) for task in victims])
    if queued.lost is not None:
        evidence.append(f"the queue of its writers cannot be followed to its end: {queued.lost}")
    if name in draining:
        # It is on the way to be frozen and waits for a writer: that writer is the cause.
        evidence.append(f"{facts.who(draining[name])} freezes it, and waits for those who write")
        return Found(f"The file system {name} is being frozen ({how} so far), and the freezer waits for writers", SERIOUS, EXACT, tuple(evidence), "fs", len(victims), seconds)
    directory = sb_place(facts.dump, block).directory
    advice = f"find the backup or snapshot that froze it and did not thaw it; on a system that still runs: fsfreeze -u {shlex.quote(directory)}" if directory else ""
    text = f"The file system {name} is frozen" + (f", and {threads(len(direct))} to write to it" if victims else "")
    text += ", and at least one thread waits to write to it, which is lost" if hidden else ""
    text += f" (and {len(victims) - len(direct)} more because of that)" if len(victims) > len(direct) else ""
    return Found(text, STOPS if victims or hidden else SERIOUS, EXACT, tuple(evidence), "fs", len(victims) or hidden, seconds, advice=advice)


def _queued(facts: Facts, block: Any) -> Queued:
    try:
        return writers_queued(facts.dump, block)
    except Error as error:
        facts.note(error)
        return Queued((), None)


def _waiter(facts: Facts, task: int) -> str:
    """``PID 12 (dd) has waited 3.0 s, in percpu_rwsem_wait``, or what is left of that."""
    if task not in facts.threads:
        return f"a thread that is in no list (task_struct {task:#x}) is in its queue of writers"
    return facts.waited(task, wait.function if (wait := facts.graph.waits.get(task)) else "")


FINDING = Finding(
    key="I1",
    title="frozen file system",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="it has been frozen for seconds only, by a backup or a snapshot that is still at work and will thaw it",
    advice="find the backup or snapshot that froze it and did not thaw it; while it runs: fsfreeze -u DIRECTORY",
    excluded="no file system is frozen",
)
