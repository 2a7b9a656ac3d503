# SPDX-License-Identifier: GPL-2.0-or-later
"""A file system that is frozen, and who waits for that to end."""

from __future__ import annotations

import shlex

from _pykd import Error
from pykd.kernel.fs.sbnames import sb_name, sb_place
from pykd.kernel.fs.superblocks import how_frozen, sb_frozen
from pykd.report.finding import EXACT, NO_ANSWER, SERIOUS, STOPS, Finding, Found
from pykd.report.wording import members, threads, times

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

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
    for block in facts.superblocks():
        try:
            if state := sb_frozen(block):
                yield _found(facts, block, state, waiting, draining)
        except Error as error:
            facts.note(error)


def _found(facts: Facts, block: Any, state: int, waiting: dict[str, tuple[int, ...]], draining: dict[str, int]) -> Found:
    name = sb_name(facts.dump, block)
    how = how_frozen(state)
    victims = next((tasks for held, tasks in waiting.items() if held.startswith(f"the freeze of {name} (")), ())
    waits = facts.graph.waits
    direct = [task for task in victims if task in waits and (thing := waits[task].thing) is not None and thing.outside] or list(victims)
    seconds = max((facts.seconds(task) for task in direct), default=0.0)
    evidence = [f"super_block {int(block):#x}: s_writers.frozen is {state} (frozen {how})"]
    writers = block.s_writers
    if any(writers.hasField(member) for member, _ in _COUNTS):
        evidence += [f"frozen {text}, {times(count)}" for member, text in _COUNTS if writers.hasField(member) and (count := int(getattr(writers, member)))]
    else:
        evidence.append("this kernel does not record who froze it")
    evidence += members([f"{facts.who(task)} has waited {facts.seconds(task):.1f} s, in {facts.graph.waits[task].function}" for task in victims if task in facts.graph.waits])
    if name in draining:
        # It is on the way to be frozen and waits for a writer: that writer is the cause.
        evidence.append(f"{facts.who(draining[name])} freezes it, and waits for those who write")
        return Found(f"The file system {name} is being frozen ({how} so far), and the freezer waits for writers", SERIOUS, EXACT, tuple(evidence), "fs", len(victims), seconds)
    directory = sb_place(facts.dump, block).directory
    advice = f"find the backup or snapshot that froze it and did not thaw it; on a system that still runs: fsfreeze -u {shlex.quote(directory)}" if directory else ""
    text = f"The file system {name} is frozen" + (f", and {threads(len(direct))} to write to it" if victims else "")
    text += f" (and {len(victims) - len(direct)} more because of that)" if len(victims) > len(direct) else ""
    return Found(text, STOPS if victims else SERIOUS, EXACT, tuple(evidence), "fs", len(victims), seconds, advice=advice)


FINDING = Finding(
    key="I1",
    title="frozen file system",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="it has been frozen for seconds only, by a backup or a snapshot that is still at work and will thaw it",
    advice="find the backup or snapshot that froze it and did not thaw it; while it runs: fsfreeze -u DIRECTORY",
    excluded="no file system is frozen",
)
