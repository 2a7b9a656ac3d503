# SPDX-License-Identifier: GPL-2.0-or-later
"""Cgroups whose memory is at its limit, and cgroups that are removed but not gone."""

from __future__ import annotations

from _pykd import Error
from pykd.core.members import offset_of
from pykd.core.walk import caught
from pykd.kernel.cgroups import charged
from pykd.kernel.cgroups import limit as limit_of
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.report.facts import size
from pykd.report.finding import EXACT, MEMORY, NOTE, SERIOUS, STOPS, Finding, Found
from pykd.report.quota import name_of
from pykd.report.wording import threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

MAX_GROUPS = 100_000
NEAR = 0.98
"""Of its limit"""
UNLIMITED = 1 << 50
"""Pages; more are no limit."""
MANY = 1000
"""Of cgroups that are dying"""
LONG = 10.0
_THROTTLED = ("mem_cgroup_handle_over_high", "__mem_cgroup_handle_over_high", "try_charge_memcg", "try_charge", "mem_cgroup_oom_synchronize")


def rule(facts: Facts) -> Iterator[Found]:
    dump = facts.dump
    waiting = [task for task, wait in facts.graph.waits.items() if any(function in wait.functions for function in _THROTTLED)]
    seconds = max((facts.seconds(task) for task in waiting), default=0.0)
    for group in groups(facts):
        try:
            counter = group.memory
            usage = charged(counter)
            limit = min(limit_of(group, name) for name in ("max", "high"))
            if not 0 < limit < UNLIMITED or usage < NEAR * limit:
                continue
            text = f"The cgroup {name_of(group)} is at its limit of memory, {size(limit, dump.page_size)}"
            text += f", and {threads(len(waiting))} for memory of cgroups" if waiting else ""
            evidence = (f"mem_cgroup {int(group):#x}: usage {usage}, max {limit_of(group, "max")}, high {limit_of(group, "high")} pages; reached {int(counter.failcnt)} times",)
            severity = STOPS if waiting and seconds >= LONG else SERIOUS if waiting else NOTE
            yield Found(text, severity, EXACT, evidence, "cgroups", len(waiting), seconds)
        except Error as error:
            facts.note(error)
            continue
    root = dump.address_of("cgrp_dfl_root", "", default=0)
    if root:
        dying = int(dump.object("struct cgroup_root", root).cgrp.nr_dying_descendants)
        if dying > MANY:
            yield Found(f"{dying} cgroups are removed but not gone: their memory is still in use", SERIOUS, EXACT, (), "cgroups")


def groups(facts: Facts) -> Iterator[Any]:
    """Each ``struct mem_cgroup`` below the root."""
    dump = facts.dump
    root = dump.address_of("root_mem_cgroup", "", default=0)
    kind: Any = dump.struct_class("struct mem_cgroup")
    css = offset_of(kind, "css")
    todo = [dump.read_unsigned(root)] if root else []
    seen = set(todo)
    while todo:
        one = kind(todo.pop())
        for child in caught(list_for_each_entry(dump, int(one.css) + one.css.fieldOffset("children"), "struct cgroup_subsys_state", "sibling", limit=MAX_GROUPS)):
            if isinstance(child, Error) or int(child) - css in seen or len(seen) >= MAX_GROUPS:
                continue
            found = kind(int(child) - css)
            seen.add(int(found))
            todo.append(int(found))
            yield found


FINDING = Finding(
    key="G2",
    title="memory of cgroups",
    level=MEMORY,
    rule=rule,
    false_alarm="the limit is meant, page cache fills it, and nobody waits",
    advice="raise the limit (memory.max, memory.high), or look at what in the cgroup grew",
    excluded="no cgroup's limit of memory makes threads wait",
)
