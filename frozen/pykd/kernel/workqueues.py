# SPDX-License-Identifier: GPL-2.0-or-later
"""Workqueues: queues of works, the pools of kernel threads that run them, and which of these threads have nothing to do.

Since e904e6c2668b ("workqueue: use std_ prefix for the standard per-cpu pools") and its series (in v3.8) pools are apart from queues; a
``struct pool_workqueue`` joins one of each.
"""

from __future__ import annotations

from _pykd import Error
from pykd.core.walk import caught
from pykd.kernel import cpus, timekeeping
from pykd.kernel.lists.linked import hlist_for_each_entry, list_for_each_entry
from pykd.kernel.lists.xarray import xa_entries

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_WORKS = 1 << 20
"""A longer list of queues, pools, workers or works is damaged."""

WORK_STRUCT_PWQ = 4
"""Bit of ``work_struct.data``: the rest is the address of a ``struct pool_workqueue``, aligned to 256; without it, of no queue."""
WORK_STRUCT_FLAGS = 0xFF
WQ_UNBOUND = 1 << 1
"""Bit of ``workqueue_struct.flags``: its works are not for the CPU that queued them."""
WORKER_IDLE = 1 << 2
"""Bit of ``worker.flags``: on the list of idle ones of its pool."""


def for_each_workqueue(dump: Dump) -> Iterator[Any]:
    """Each ``struct workqueue_struct``. :raises FaultError, LimitError: the list cannot be followed to its end."""
    head = dump.symbol("workqueues", "").address
    yield from list_for_each_entry(dump, head, "struct workqueue_struct", "list", limit=MAX_WORKS, what="the list of workqueues")


def for_each_pwq(dump: Dump, queue: Any) -> Iterator[Any]:
    """Each ``struct pool_workqueue`` of a ``struct workqueue_struct``: one a CPU, or one a node or group of CPUs of an unbound queue.

    :raises FaultError, LimitError:
    """
    yield from list_for_each_entry(dump, int(queue.pwqs), "struct pool_workqueue", "pwqs_node", limit=MAX_WORKS)


def for_each_pool(dump: Dump) -> Iterator[Any]:
    """Each ``struct worker_pool``, by its id: those of CPUs (``cpu`` says which), and unbound ones (``cpu`` is -1).

    :raises Error: parts of ``worker_pool_idr`` cannot be read; after all others.
    """
    tree = dump.symbol("worker_pool_idr", "").address + dump.type("struct idr").offset_of("idr_rt")
    pool = dump.struct_class("struct worker_pool")
    problems: list[str] = []
    for _, address in xa_entries(dump, tree, problems.append):
        yield pool(address)
    if problems:
        raise Error(problems[0])


def for_each_worker(dump: Dump, pool: Any) -> Iterator[Any]:
    """Each ``struct worker`` of a ``struct worker_pool``: its kernel thread is ``task``. :raises FaultError, LimitError:"""
    yield from list_for_each_entry(dump, int(pool.workers), "struct worker", "node", limit=MAX_WORKS, what=f"the list of workers of {int(pool):#x}")


def for_each_busy_worker(dump: Dump, pool: Any) -> Iterator[Any]:
    """Each ``struct worker`` of a ``struct worker_pool`` that is running a work, a rescuer that helps the pool too.

    It runs ``current_work`` (``struct work_struct *``, which may be freed meanwhile) by calling ``current_func``, for ``current_pwq``.

    :raises FaultError, LimitError:
    """
    hashes: Any = dump.type("struct worker_pool").member("busy_hash")
    heads = int(pool) + hashes.offset
    for number in range(hashes.type.length):
        yield from hlist_for_each_entry(dump, heads + 8 * number, "struct worker", "hentry", limit=MAX_WORKS)


def for_each_rescuer(dump: Dump) -> Iterator[Any | Error]:
    """The ``struct worker`` of each queue with WQ_MEM_RECLAIM that works for it when no other can be made; the error of a queue that
    cannot be read.

    :raises FaultError, LimitError:
    """
    for queue in for_each_workqueue(dump):
        try:
            if rescuer := queue.rescuer:
                yield rescuer
        except Error as error:
            yield error


def for_each_pending(dump: Dump, pool: Any) -> Iterator[Any]:
    """Each ``struct work_struct`` that waits in a ``struct worker_pool`` for a worker, the first to run first. :raises FaultError, LimitError:"""
    yield from list_for_each_entry(dump, int(pool.worklist), "struct work_struct", "entry", limit=MAX_WORKS)


def progress_age(dump: Dump, pool: Any) -> float | None:
    """Seconds since a ``struct worker_pool`` last took a work from its list, or got one when that was empty; None where the kernel notes none.

    82607adcf9cd ("workqueue: implement lockup detector") (in v4.5): ``watchdog_ts``; called ``last_progress_ts`` since v7.

    :raises FaultError:
    """
    member = next((name for name in ("last_progress_ts", "watchdog_ts") if pool.hasField(name)), "")
    if not member:
        return None
    # a time of jiffies, as an unsigned long
    passed = (timekeeping.jiffies(dump) - int(getattr(pool, member))) & (1 << 64) - 1
    return passed / timekeeping.hz(dump) if passed < 1 << 63 else 0.0


def pwq_of_work(work: Any) -> int:
    """Address of the ``struct pool_workqueue`` that a ``struct work_struct`` is queued by; 0 of one that is not queued. :raises FaultError:"""
    data: int = work.data.counter
    return data & ~WORK_STRUCT_FLAGS & (1 << 64) - 1 if data & WORK_STRUCT_PWQ else 0


def idle_workers(dump: Dump) -> set[int]:
    """Address of the ``struct task_struct`` of each worker and rescuer that has nothing to do.

    They sleep in TASK_IDLE, which is an uninterruptible sleep, and wait for nothing. What cannot be read is left out.
    """
    found: set[int] = set()
    for pool in caught(for_each_pool(dump)):
        if isinstance(pool, Error):
            continue
        try:
            for worker in for_each_worker(dump, pool):
                if worker.flags & WORKER_IDLE and not worker.current_work and (task := int(worker.task)):
                    found.add(task)
        except Error:
            continue
    for rescuer in caught(for_each_rescuer(dump)):
        try:
            if not isinstance(rescuer, Error) and not rescuer.current_work and not rescuer.pool and (task := int(rescuer.task)):
                found.add(task)
        except Error:
            continue
    return found


def pwq_of(dump: Dump, queue: Any, cpu: int) -> Any:
    """The ``struct pool_workqueue`` to which a work goes that is queued to a ``struct workqueue_struct`` on a CPU.

    687a9aa56f81 ("workqueue: Make per-cpu pool_workqueues allocated and released like unbound ones") (in v6.6): a per-CPU pointer for all;
    636b927eba5b (in v6.6) for unbound ones, too; before that a per-CPU struct, and a table by node.

    :raises FaultError, MemberError:
    """
    if queue.hasField("cpu_pwq"):
        return dump.object("struct pool_workqueue", dump.read_unsigned(cpus.address_on(int(queue.cpu_pwq), cpu, dump)))
    if not int(queue.flags) & WQ_UNBOUND:
        return dump.object("struct pool_workqueue", cpus.address_on(int(queue.cpu_pwqs), cpu, dump))
    node = dump.read_signed(cpus.address_on(dump.symbol("numa_node", "").address, cpu, dump), 4)
    table = int(queue) + queue.fieldOffset("numa_pwq_tbl")
    return dump.object("struct pool_workqueue", dump.read_unsigned(table + 8 * max(node, 0)))


def inactive_works(dump: Dump, pwq: Any) -> Iterator[Any]:
    """Each ``struct work_struct`` that a ``struct pool_workqueue`` holds back, since as many as it may are under way.

    f97a4a1a3f87 ("workqueue: Rename "delayed" (delayed by active management) to "inactive"") (in v5.15)

    :raises FaultError, LimitError:
    """
    member = "inactive_works" if pwq.hasField("inactive_works") else "delayed_works"
    yield from list_for_each_entry(dump, int(pwq) + pwq.fieldOffset(member), "struct work_struct", "entry", limit=MAX_WORKS)


def flushers(dump: Dump, queue: Any) -> Iterator[int]:
    """Address of the ``struct task_struct`` of each thread that waits in flush_workqueue() for a ``struct workqueue_struct``.

    :raises FaultError, LimitError:
    """
    completion: Any = dump.struct_class("struct completion")
    for address in flush_completions(dump, queue):
        yield from _completion_waiters(dump, completion(address))


def flush_completions(dump: Dump, queue: Any) -> Iterator[int]:
    """Address of the ``struct completion`` on the stack of each of :func:`flushers`. :raises FaultError, LimitError:"""
    offset = dump.type("struct wq_flusher").offset_of("done")
    if first := int(queue.first_flusher):
        yield first + offset
    for member in ("flusher_queue", "flusher_overflow"):
        head = int(queue) + queue.fieldOffset(member)
        for flusher in list_for_each_entry(dump, head, "struct wq_flusher", "list", limit=MAX_WORKS):
            yield int(flusher) + offset


def _completion_waiters(dump: Dump, completion: Any) -> Iterator[int]:
    # a5c6234e1028 ("completion: Use simple wait queues") (in v5.7)
    head = int(completion) + completion.fieldOffset("wait.task_list")
    for waiter in list_for_each_entry(dump, head, "struct swait_queue", "task_list", limit=MAX_WORKS):
        yield int(waiter.task)
