# SPDX-License-Identifier: GPL-2.0-or-later
"""``workqueues``: pools of workers, what they run and what waits for them; queues, with works they hold back and who flushes them."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.members import has_member
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.task import table as tasktable
from pykd.kernel.task.ages import seconds_since
from pykd.kernel.workqueues import (
    WQ_UNBOUND,
    flushers,
    for_each_busy_worker,
    for_each_pending,
    for_each_pool,
    for_each_pwq,
    for_each_worker,
    for_each_workqueue,
    inactive_works,
    progress_age,
    pwq_of_work,
)
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from pykd.kernel.task.table import Thread

STUCK = 30.0
"""Seconds without progress though works are pending: ``workqueue.watchdog_thresh``"""
SHOWN = 5
"""Pending works of a pool that are shown without -v"""
FLAGS = ((1 << 1, "unbound"), (1 << 2, "freezable"), (1 << 3, "mem_reclaim"), (1 << 4, "highpri"), (1 << 5, "cpu_intensive"), (1 << 6, "sysfs"), (1 << 17, "ordered"))
"""Bits of ``workqueue_struct.flags``: WQ_* of include/linux/workqueue.h, and ``__WQ_ORDERED``"""


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    threads = {thread.address: thread for thread in tasktable.threads(dump)}
    if options.q:
        yield from _queues(dump, threads, options)
        return
    for pool in caught(for_each_pool(dump)):
        if isinstance(pool, Error):
            yield {"error": fault(pool)}
            continue
        row = _pool(dump, pool, threads)
        if options.a or row.get("pending") or row.get("busy") or "error" in row:
            yield row


def _pool(dump: Dump, pool: Any, threads: dict[int, Thread]) -> Row:
    row: Row = {"pool": int(pool)}
    try:
        row |= {"id": int(pool.id), "cpu": int(pool.cpu), "nice": int(pool.attrs.nice) if pool.attrs else None}
        row |= {"workers": sum(1 for _ in for_each_worker(dump, pool)), "idle": int(pool.nr_idle)}
        age = progress_age(dump, pool)
        row["busy"] = [_worker(dump, worker, threads) for worker in for_each_busy_worker(dump, pool)]
        row["pending"] = [_work(dump, work) for work in for_each_pending(dump, pool)]
        row |= {"progress": age, "stuck": bool(row["pending"]) and age is not None and age > STUCK}
    except Error as error:
        row["error"] = fault(error, partial="idle" in row)
    return row


def _worker(dump: Dump, worker: Any, threads: dict[int, Thread]) -> Row:
    row: Row = {"worker": int(worker)}
    try:
        row |= {"work": int(worker.current_work), "function": _symbol(dump, int(worker.current_func))}
        row["queue"] = str(worker.current_pwq.wq.name) if worker.current_pwq else ""
        if thread := threads.get(int(worker.task)):
            row |= {"pid": thread.pid, "comm": thread.comm, "task": thread.address, "state": thread.state, "seconds": round(seconds_since(dump, thread.last_run), 3)}
    except Error as error:
        row["error"] = fault(error, partial=True)
    return row


def _work(dump: Dump, work: Any) -> Row:
    row: Row = {"work": int(work)}
    try:
        row["function"] = _symbol(dump, int(work.func))
        queue = pwq_of_work(work)
        row["queue"] = str(dump.object("struct pool_workqueue", queue).wq.name) if queue else ""
    except Error as error:
        row["error"] = fault(error, partial=True)
    return row


def _symbol(dump: Dump, address: int) -> str:
    symbol = dump.symbol_at(address) if address else None
    return symbol.name if symbol else f"{address:#x}"


def _queues(dump: Dump, threads: dict[int, Thread], options: Any) -> Iterator[Row]:
    for queue in caught(for_each_workqueue(dump)):
        if isinstance(queue, Error):
            yield {"error": fault(queue)}
            continue
        row: Row = {"queue": int(queue)}
        try:
            flags = int(queue.flags)
            row |= {"name": str(queue.name), "flags": [name for bit, name in FLAGS if flags & bit], "unbound": bool(flags & WQ_UNBOUND)}
            active = 0
            inactive: list[Row] = []
            limit = int(queue.max_active) if has_member(queue, "max_active") else 0
            for pwq in for_each_pwq(dump, queue):
                active += int(pwq.nr_active)
                # 5797b1c18919 ("workqueue: Implement system-wide nr_active enforcement for unbound workqueues") (in v6.9) took it out of the pwq
                limit = max(limit, int(pwq.max_active)) if has_member(pwq, "max_active") else limit
                inactive += [_work(dump, work) for work in inactive_works(dump, pwq)]
            row |= {"active": active, "max_active": limit, "inactive": inactive}
            row["flushers"] = [threads[task].pid for task in flushers(dump, queue) if task in threads]
        except Error as error:
            row["error"] = fault(error, partial="name" in row)
        if options.a or row.get("active") or row.get("inactive") or row.get("flushers") or "error" in row:
            yield row


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    empty = True
    for row in rows:
        if empty and options.q:
            yield f"{'QUEUE':<16} {'NAME':<24} {'ACTIVE':>6} {'MAX':>5} {'HELD BACK':>9}  FLAGS"
        empty = False
        if "pool" in row:
            yield from _pool_text(row, options)
        elif "queue" in row:
            yield from _queue_text(row, options)
        else:
            yield mark(row)
    if empty:
        yield "no queue has anything to do" if options.q else "no pool of workers has anything to do"


def _pool_text(row: Row, options: Any) -> Iterator[str]:
    cpu = row.get("cpu", -1)
    line = f"pool {row.get('id', '?')} {row['pool']:x}: " + (f"CPU {cpu}" if cpu >= 0 else "any CPU")
    line += f", {row['workers']} workers, {row['idle']} of them idle" if "idle" in row else ""
    if row.get("pending"):
        line += f", {len(row['pending'])} pending" + ("" if row.get("progress") is None else f", last progress {row['progress']:.1f} s ago")
    yield f"{line}{' STUCK' if row.get('stuck') else ''} {mark(row)}".rstrip()
    for one in row.get("busy", ()):
        who = f"PID {one['pid']} ({one['comm']}) {one['state']} {one['seconds']:.2f} s" if "pid" in one else ""
        yield f"    runs {one.get('function', '?')} for {one.get('queue') or '?'}  {who} {mark(one)}".rstrip()
    yield from _works(row.get("pending", ()), "pending", options)


def _works(works: list[Row], title: str, options: Any) -> Iterator[str]:
    limit = len(works) if options.v else SHOWN
    for one in works[:limit]:
        yield f"    {title} {one.get('function', '?')} for {one.get('queue') or '?'}  work {one['work']:x} {mark(one)}".rstrip()
    if len(works) > limit:
        yield f"    … and {len(works) - limit} more; -v shows all"


def _queue_text(row: Row, options: Any) -> Iterator[str]:
    line = f"{row['queue']:016x} {row.get('name', ''):<24} {row.get('active', ''):>6} {row.get('max_active', ''):>5} {len(row.get('inactive', ())):>9}"
    yield f"{line}  {' '.join(row.get('flags', ()))} {mark(row)}".rstrip()
    yield from _works(row.get("inactive", ()), "held back", options)
    if row.get("flushers"):
        yield "    flushed by PID " + ", ".join(map(str, row["flushers"]))


COMMAND = Command(
    name="workqueues",
    summary="pools of workers: what they run, what waits for them, which are stuck",
    topic="kernel",
    options=(
        Option("-q", help="queues instead: works that they hold back, and who waits for them to be empty"),
        Option("-a", help="those too that have nothing to do"),
        Option("-v", help="all works that wait"),
    ),
    description="Kernel threads called kworker are the workers of pools: two of each CPU (normal and with nice -20), and some for works that may\n"
    "run anywhere. A pool is STUCK when works are pending and it has made no progress for 30 s.\n"
    "Seconds of a worker are those since it last ran.",
    fields={
        "pool": "struct worker_pool", "id": "", "cpu": "-1: any", "nice": "", "workers": "", "idle": "of the workers",
        "busy": "worker (struct worker), work, function, queue, pid, comm, task, state, seconds of each that runs a work",
        "pending": "work (struct work_struct), function, queue of each that waits for a worker", "progress": "s since the pool last began a work; null: not known", "stuck": "",
        "queue": "struct workqueue_struct (-q)", "name": "", "flags": "", "unbound": "", "active": "works that run or wait in a pool",
        "max_active": "as many may be, on each CPU", "inactive": "work, function, queue of each that is held back", "flushers": "PIDs that wait for the queue to be empty",
    },
    examples=(("workqueues", "what works run, and what waits"), ("workqueues -q", "queues with something to do")),
    may_be_empty=True,
    rows=rows,
    text=text,
)  # fmt: skip
