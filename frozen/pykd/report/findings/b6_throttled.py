# SPDX-License-Identifier: GPL-2.0-or-later
"""Groups of threads whose quota of CPU time is used up."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel import cpus
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.report.finding import CPU_STUCK, EXACT, NOTE, SERIOUS, Finding, Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

MAX_GROUPS = 100_000


def rule(facts: Facts) -> Iterator[Found]:
    dump = facts.dump
    waiting = {holder for root in facts.graph.roots() if root.kind == "task" for holder in root.tasks}
    for group in list_for_each_entry(dump, dump.symbol("task_groups", "").address, "struct task_group", "list", limit=MAX_GROUPS, what="the list of task groups"):
        if not group.hasField("cfs_bandwidth"):
            return
        try:
            found = _found(facts, group, waiting)
        except Error:
            continue
        if found:
            yield found


def _found(facts: Facts, group: Any, waiting: set[int]) -> Found | None:
    band = group.cfs_bandwidth
    quota = int(band.quota)
    if quota >= 1 << 63 or quota <= 0 or not band.nr_throttled:
        return None
    throttled = [cpu for cpu in cpus.online(facts.dump) if _is_throttled(facts, group, cpu)]
    name = str(group.css.cgroup.kn.name) if group.css.cgroup else "?"
    share = int(band.nr_throttled) / max(int(band.nr_periods), 1)
    evidence = (f"quota {quota / 1e6:.1f} ms of each {int(band.period) / 1e6:.1f} ms; throttled in {band.nr_throttled} of {band.nr_periods} periods",)
    holders = [task for task in waiting if (thread := facts.threads.get(task)) and thread.state == "RU" and _group_of(facts, task) == int(group)]
    if throttled and holders:
        who = ", ".join(facts.who(task) for task in holders[:3])
        return Found(f"{who} holds what others wait for, and its cgroup {name} has used up its CPU quota", SERIOUS, EXACT, evidence, "locks -g", len(holders))
    if share > 0.5:
        return Found(f"The cgroup {name} ran out of its CPU quota in {share:.0%} of its periods", NOTE, EXACT, evidence)
    return None


def _is_throttled(facts: Facts, group: Any, cpu: int) -> bool:
    table = facts.dump.read_unsigned(int(group) + group.fieldOffset("cfs_rq"))
    queue: Any = facts.dump.object("struct cfs_rq", facts.dump.read_unsigned(table + 8 * cpu))
    return bool(queue.throttled or queue.throttle_count)


def _group_of(facts: Facts, task: int) -> int:
    try:
        return int(facts.dump.object("struct task_struct", task).sched_task_group)
    except Error:
        return 0


FINDING = Finding(
    key="B6",
    title="CPU quota",
    level=CPU_STUCK,
    rule=rule,
    false_alarm="the quota is meant, and nobody outside the group waits for one of its threads",
    excluded="no holder of a lock is kept from running by a CPU quota",
)
