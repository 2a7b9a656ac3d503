# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads that may not run since their cgroup has used up its quota of CPU time."""

from __future__ import annotations

from _pykd import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pykd.report.facts import Facts

MAX_DEPTH = 64
"""Of cgroups"""


def throttled_in(facts: Facts, task: int) -> str:
    """Name of the cgroup whose quota keeps a thread from running, "" if none does. :raises Error:"""
    dump = facts.dump
    thread = facts.threads.get(task)
    one: Any = dump.object("struct task_struct", task)
    if thread is None or not one.hasField("sched_task_group"):
        return ""
    group: Any = one.sched_task_group
    for _ in range(MAX_DEPTH):
        if not group or not group.hasField("cfs_bandwidth"):
            break
        queue: Any = dump.object("struct cfs_rq", dump.read_unsigned(int(group.Eval("cfs_rq")) + 8 * thread.cpu)) if int(group.Eval("cfs_rq")) else None
        if queue and queue.throttled:
            return name_of(group)
        group = group.parent
    return ""


def name_of(group: Any) -> str:
    """Of the cgroup of a ``struct task_group``."""
    try:
        return str(group.css.cgroup.kn.name) if group.css.cgroup else "?"
    except Error:
        return "?"
