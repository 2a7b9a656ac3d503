# SPDX-License-Identifier: GPL-2.0-or-later
"""Stacks and works as older kernels kept them: values for the table in compat.py that take more than a path."""

from __future__ import annotations

from _pykd import Error, FaultError, NotFoundError
from pykd.compat.parts import Elements
from pykd.core.members import offset_of
from pykd.core.memo import per_dump
from pykd.core.walk import caught
from pykd.kernel import cpus, workqueues
from pykd.kernel.task import threads as tasks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump, Struct

def _dump_of(obj: Struct) -> Dump:
    return type(obj).PYT_dump


def stack_top(thread: Struct) -> int:
    """``thread_struct.sp0``: the end of the stack, where x86_64 lets the kernel begin when it is entered.

    A thread that has exited has none any more; its stack pointer tells where it was, as sp0 did.
    """
    dump = _dump_of(thread)
    task = dump.struct_class("struct task_struct")
    address = int(thread) - offset_of(task, "thread")
    if task(address).stack:
        return dump.stack_of_task(address)[1]
    start, end = dump.stack_of_task(dump.symbol("init_task", "").address)
    size = end - start
    return int(thread.sp) // size * size + size


@per_dump
def _tasks_by_stack(dump: Dump) -> dict[int, int]:
    addresses = [*map(int, tasks.threads(dump)), *map(int, tasks.idle(dump))]
    rows = dump.read_columns(addresses, "struct task_struct", ("stack",))
    return {stack: address for address, (stack,) in zip(addresses, rows, strict=True) if not isinstance(stack, FaultError)}


def restart_block(info: Struct) -> Any:
    """``thread_info.restart_block``. Programs take the start of a stack for a thread_info; today it is the start of a task."""
    dump = _dump_of(info)
    task = dump.struct_class("struct task_struct")
    if tasks.is_task(int(info), dump):
        return task(int(info)).restart_block
    owner = _tasks_by_stack(dump).get(int(info))
    if owner is None:
        raise NotFoundError(f"{int(info):#x} is neither a task nor the stack of one")
    return task(owner).restart_block


def cpu_workqueues(queue: Struct) -> list[Any]:
    """``workqueue_struct.cpu_wq``: by CPU where its works go; for an unbound queue the same for all."""
    dump = _dump_of(queue)
    by_cpu: dict[int, Any] = {}
    for pool_workqueue in caught(workqueues.for_each_pwq(dump, queue)):
        if not isinstance(pool_workqueue, Error):
            by_cpu.setdefault(pool_workqueue.pool.cpu, pool_workqueue)
    unbound = by_cpu.get(-1) or dump.struct_class("struct pool_workqueue")(0)
    return [by_cpu.get(cpu, unbound) for cpu in range(max(cpus.run_queues(dump), default=-1) + 1)]


def works(pool_workqueue: Struct) -> Elements:
    """``worklist`` of what was a ``struct cpu_workqueue_struct``: those works of its pool that came through it, and those it holds
    back."""
    dump = _dump_of(pool_workqueue)
    work: Any = dump.struct_class("struct work_struct")
    link = offset_of(work, "entry")
    found: list[int] = []
    if pool_workqueue:
        for head in (pool_workqueue.pool.worklist, pool_workqueue.delayed_works):
            nodes, _ = dump.follow(int(head), limit=workqueues.MAX_WORKS)
            found += [node for node in nodes[1:] if workqueues.pwq_of_work(work(node - link)) == int(pool_workqueue)]
    return Elements(found)


_CLASSES = tuple(f"{name}_sched_class" for name in ("stop", "dl", "rt", "fair", "ext", "idle"))
"""The highest first."""


def next_class(sched_class: Struct) -> Struct:
    """``sched_class.next``: the class below, NULL below that of idle tasks. The kernel goes by the order of their addresses."""
    dump = _dump_of(sched_class)
    classes = [address for name in _CLASSES if (address := dump.address_of(name, "", 0))]
    below = classes[classes.index(int(sched_class)) + 1 :] if int(sched_class) in classes else []
    return type(sched_class)(below[0] if below else 0)
