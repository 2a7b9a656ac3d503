# SPDX-License-Identifier: GPL-2.0-or-later
"""The scheduler: policies, and what is queued on a CPU. Which run queue a CPU has is in :mod:`pykd.kernel.cpus`."""

from __future__ import annotations

from _pykd import Error, LimitError
from pykd.core.members import offset_of
from pykd.core.record import NamedTuple
from pykd.core.walk import caught
from pykd.kernel.lists import rbtree
from pykd.kernel.lists.linked import list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

POLICIES = {"NORMAL": 0, "FIFO": 1, "RR": 2, "BATCH": 3, "ISO": 4, "IDLE": 5, "DEADLINE": 6, "EXT": 7}
"""``task_struct.policy`` (``unsigned int``) by the name after ``SCHED_``: include/uapi/linux/sched.h. ISO was never used; EXT since
f0e1a0643a59 ("sched_ext: Implement BPF extensible scheduler class") (in v6.12)"""
MAX_RT_PRIO = 100
"""``task_struct.prio`` (``int``) of a task below it is that of a real-time or deadline task; the lower, the sooner it runs"""
MAX_GROUPS = 64
"""Depth of task groups, and of those with real-time tasks all"""
MAX_QUEUED = 100_000
"""Tasks of one priority"""


class Queued(NamedTuple):
    """What is queued in a ``struct cfs_rq``: a task, or a group of tasks."""

    depth: int
    """0 in the CPU's own queue, 1 in that of a group in it, and so on"""
    task: int
    """Address of the ``struct task_struct``; 0 of a group"""
    group: Any
    """The group's own ``struct cfs_rq``, of the ``struct task_group`` ``tg``; None of a task"""


def fair(dump: Dump, queue: Any) -> Iterator[Queued | Error]:
    """What waits in a ``struct cfs_rq``, by the order of its tree, each group followed by what is queued in it; and the errors of parts that
    cannot be read. The task that runs is in no tree.

    Groups are there with CONFIG_FAIR_GROUP_SCHED.
    """
    return _fair(dump, queue, 0, set())


def _fair(dump: Dump, queue: Any, depth: int, seen: set[int]) -> Iterator[Queued | Error]:
    if int(queue) in seen or depth > MAX_GROUPS:
        yield LimitError(f"the tree of task groups runs in a circle at {int(queue):#x}")
        return
    seen.add(int(queue))
    entity: Any = dump.struct_class("struct sched_entity")
    back = offset_of(entity, "run_node")
    in_task = offset_of(dump.struct_class("struct task_struct"), "se")
    has_groups = entity.has_member("my_q")
    problems: list[Error] = []
    for found in caught(rbtree.nodes(dump, int(queue) + queue.fieldOffset("tasks_timeline"), problems.append)):
        try:
            if isinstance(found, Error):
                raise found
            one = entity(found[0] - back)
            group = one.my_q if has_groups else None
        except Error as error:
            yield error
            continue
        yield Queued(depth, 0 if group else int(one) - in_task, group or None)
        if group:
            yield from _fair(dump, group, depth + 1, seen)
    yield from problems


def real_time(dump: Dump, queue: Any) -> Iterator[int | Error]:
    """Addresses of the tasks (``struct task_struct``) in a ``struct rt_rq`` by priority, of a group (CONFIG_RT_GROUP_SCHED) its tasks; and the
    errors of parts that cannot be read. The task that runs is among them.

    :raises FaultError: the queue itself cannot be read.
    """
    return _real_time(dump, queue, set())


def _real_time(dump: Dump, queue: Any, seen: set[int]) -> Iterator[int | Error]:
    if int(queue) in seen or len(seen) > MAX_GROUPS:
        raise LimitError(f"the tree of task groups runs in a circle at {int(queue):#x}")
    seen.add(int(queue))
    in_task = offset_of(dump.struct_class("struct task_struct"), "rt")
    levels = queue.active.queue
    first = int(queue.active) + queue.active.fieldOffset("queue")
    for level in range(len(levels)):
        for one in caught(list_for_each_entry(dump, first + 16 * level, "struct sched_rt_entity", "run_list", limit=MAX_QUEUED, what="a list of tasks")):
            try:
                if isinstance(one, Error):
                    raise one
                group = one.my_q if one.hasField("my_q") else None
            except Error as error:
                yield error
                continue
            if group:
                yield from caught(_real_time(dump, group, seen))
            else:
                yield int(one) - in_task


def group_name(group: Any) -> str:
    """The name of the cgroup of a ``struct task_group``, without its path; empty of the topmost, and where it cannot be read."""
    try:
        return str(group.css.cgroup.kn.name)
    except Error:
        return ""
