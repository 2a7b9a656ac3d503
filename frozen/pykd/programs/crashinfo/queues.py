# SPDX-License-Identifier: GPL-2.0-or-later
"""What waits for CPUs and for locks: run queues, workqueues, locks and wait queues that are variables, one lock."""

from __future__ import annotations

import re

import _pykd_files as files
from _pykd import Error
from pykd.core.errors import CommandError
from pykd.core.rows import fault, mark
from pykd.core.walk import caught
from pykd.kernel import cpus, locks, waitqueues, workqueues
from pykd.programs.crashinfo.notes import problem, warning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row
    from pykd.session.session import Session


def _symbol(dump: Dump, address: int) -> str:
    symbol = dump.symbol_at(address) if address else None
    return symbol.name if symbol and symbol.address == address else f"{address:#x}"


# ---- run queues


def runqueues(session: Session) -> Iterator[Row]:
    """What runs on each CPU, and what waits for it."""
    dump = session.dump
    real_time, locked = [], []
    for row in session.rows("runq"):
        queue: Row = {"kind": "runqueue", "cpu": row["cpu"], "runqueue": row.get("runqueue"), "fair": [], "real_time": []}
        if "error" in row:
            queue["error"] = row["error"]
            yield problem(f"CFS runqueue on CPU #{row['cpu']} is corrupted or not in the dump: {row['error']['message']}")
        if "current" in row:
            queue["current"] = {"task": row["current"]["task"], "pid": row["current"]["pid"], "comm": row["current"]["comm"]}
        for entry in row.get("fair", ()):
            if "task" in entry:
                queue["fair"].append({"pid": entry["pid"], "comm": entry["comm"], "runtime": _runtime(dump, entry["task"])})
        levels: dict[int, int] = {}
        for entry in row.get("real_time", ()):
            levels[entry["prio"]] = levels.get(entry["prio"], 0) + 1
        queue["real_time"] = [{"prio": level, "tasks": number} for level, number in sorted(levels.items())]
        try:
            rq: Any = cpus.cpu_rq(row["cpu"], dump)
            # 5cb9eaa3d274 ("sched: Wrap rq::lock access") (in v5.14)
            queue["locked"] = locks.spin_is_locked(rq.Eval("__lock") if rq.hasField("__lock") else rq.lock, dump)
        except Error as error:
            queue.setdefault("error", fault(error, partial=True))
        yield queue
        real_time.append(bool(levels))
        locked += [row["cpu"]] if queue.get("locked") else []
    if real_time and all(real_time):
        yield warning("all CPUs are busy running Real-Time processes")
    if locked:
        yield warning(f"Runqueues on cpus {', '.join(map(str, locked))} are locked")


def _runtime(dump: Dump, task: int) -> int | None:
    try:
        return int(dump.object("struct task_struct", task).se.sum_exec_runtime)
    except Error:
        return None


def runqueue_text(row: Row) -> Iterator[str]:
    yield f"  ---+ CPU={row['cpu']} <struct rq {'?' if row['runqueue'] is None else f"{row['runqueue']:#x}"}> ----"
    if "current" in row:
        yield f"     | CURRENT TASK <struct task_struct {row['current']['task']:#x}>, CMD={row['current']['comm']}"
    if "error" in row:
        yield f"     | {mark(row)}"
    if row.get("locked"):
        yield "         This runqueue is locked"
    for one in row["fair"]:
        runtime = "(excluded)" if one["runtime"] is None else f"{one['runtime'] * 1e-9:6.5f}"
        yield f"    {one['pid']} {one['comm']} {runtime} "
    if row["real_time"]:
        yield "  -- RT Queues ---"
        yield from (f"    prio={one['prio']:<3d} len={one['tasks']}" for one in row["real_time"])
        yield ""
        yield f"    {sum(one['tasks'] for one in row['real_time'])} Real-Time processes on this CPU"


# ---- workqueues


def _work(dump: Dump, work: Any) -> Row:
    return {"work": int(work), "function": _symbol(dump, int(work.func))}


def _pwq(dump: Dump, pwq: Any) -> Row:
    """What a ``struct pool_workqueue`` has to do."""
    pool = pwq.pool
    row: Row = {
        "pwq": int(pwq), "active": int(pwq.nr_active), "pool": int(pool), "cpu": int(pool.cpu), "workers": int(pool.nr_workers),
        "idle": int(pool.nr_idle), "running": [], "pending": [], "delayed": [],
    }  # fmt: skip
    try:
        for worker in workqueues.for_each_busy_worker(dump, pool):
            if int(worker.current_pwq) == int(pwq):
                task = worker.task
                row["running"].append(
                    {"worker": int(worker), "comm": str(task.comm), "pid": int(task.pid), "function": _symbol(dump, int(worker.current_func))}
                )
        row["pending"] = [_work(dump, work) for work in workqueues.for_each_pending(dump, pool) if workqueues.pwq_of_work(work) == int(pwq)]
        row["delayed"] = [_work(dump, work) for work in workqueues.inactive_works(dump, pwq)]
    except Error as error:
        row["error"] = fault(error)
    return row


def _is_busy(pwq: Row) -> bool:
    return bool(pwq["active"] or pwq["running"] or pwq["pending"] or pwq["delayed"] or "error" in pwq)


def all_workqueues(dump: Dump, verbose: int) -> Iterator[Row]:
    """The workqueues that have works; with *verbose* all."""
    for queue in caught(workqueues.for_each_workqueue(dump)):
        row: Row = {"kind": "workqueue"}
        try:
            if isinstance(queue, Error):
                raise queue
            row |= {"name": str(queue.name), "workqueue": int(queue), "flusher": int(queue.first_flusher)}
            row["pwqs"] = [_pwq(dump, pwq) for pwq in workqueues.for_each_pwq(dump, queue)]
        except Error as error:
            row["error"] = fault(error)
        if not verbose and "pwqs" in row:
            row["pwqs"] = [pwq for pwq in row["pwqs"] if _is_busy(pwq)]
        if verbose or "error" in row or row["pwqs"]:
            yield row


def one_workqueue(dump: Dump, *names: str) -> Iterator[Row]:
    """What a workqueue that is a variable has to do on each CPU; of several names the first that the kernel has."""
    address = next((found for name in names if (found := dump.address_of(name, "", default=0))), 0)
    if not address:
        raise CommandError(f"the kernel has no workqueue {names[0]}")
    queue: Any = dump.object("struct workqueue_struct", dump.read_unsigned(address))
    for cpu in cpus.online(dump):
        row: Row = {"kind": "cpu_works", "name": str(queue.name), "cpu": cpu}
        try:
            row |= _pwq(dump, workqueues.pwq_of(dump, queue, cpu)) | {"cpu": cpu}
        except Error as error:
            row["error"] = fault(error)
        yield row
    for task in caught(workqueues.flushers(dump, queue)):
        try:
            if isinstance(task, Error):
                raise task
            one: Any = dump.object("struct task_struct", task)
            yield {"kind": "flusher", "pid": int(one.pid), "comm": str(one.comm)}
        except Error as error:
            yield {"kind": "flusher", "error": fault(error)}


def workqueues_text(rows: Iterable[Row], verbose: int) -> Iterator[str]:
    yield f" {'All WorkQueues' if verbose else 'WorkQueues - Active only':-^70}"
    for row in rows:
        if "error" in row:
            yield f"   {row.get('name', '')} {mark(row)}"
            continue
        yield f"   {row['name']:-^25}   <struct workqueue_struct {row['workqueue']:#x}>"
        if row["flusher"]:
            yield f"        First flusher: <struct wq_flusher {row['flusher']:#x}>"
        for pwq in row["pwqs"]:
            yield f"  <struct pool_workqueue {pwq['pwq']:#x}> active={pwq['active']} delayed={len(pwq['delayed'])}"
            where = f"CPU {pwq['cpu']}" if pwq["cpu"] >= 0 else "unbound"
            yield f"   <struct worker_pool {pwq['pool']:#x}> ({where}) nr_workers={pwq['workers']} nr_idle={pwq['idle']}"
            yield from (f"      <struct worker {one['worker']:#x}>  {one['comm']} {one['function']}" for one in pwq["running"])
            for title in ("pending", "delayed"):
                if pwq[title]:
                    yield f"     {title}:"
                    yield from (f"      <struct work_struct {one['work']:#x}>  {one['function']}" for one in pwq[title])
            if "error" in pwq:
                yield f"      {mark(pwq)}"


def cpu_works_text(row: Row) -> Iterator[str]:
    if "pwq" not in row:
        yield f" ----- CPU  {row['cpu']} {mark(row)}"
        return
    yield f" ----- CPU  {row['cpu']} <struct pool_workqueue {row['pwq']:#x}>"
    yield from (f"\trunning:    {one['comm']} (PID {one['pid']}) func=<{one['function']}>" for one in row["running"])
    yield "\tworklist:"
    yield from (f"\t    <struct work_struct {one['work']:#x}> func=<{one['function']}>" for one in (*row["pending"], *row["delayed"]))
    if "error" in row:
        yield f"\t    {mark(row)}"


def flushers_text(rows: Iterable[Row]) -> Iterator[str]:
    yield "   .... tasks waiting for this workqueue to be flushed:"
    for row in rows:
        yield f"     pid={row['pid']:7d}   CMD={row['comm']}" if "pid" in row else f"     {mark(row)}"


# ---- variables


_DECLARED = re.compile(r"^(?:\[\[.*?\]\] )?(struct \w+|wait_queue_head_t) (\w+);", re.MULTILINE)
_LOCKS = {"struct semaphore": "semaphore", "struct rw_semaphore": "rwsem", "struct mutex": "mutex", "struct percpu_rw_semaphore": "percpu_rwsem"}


def _variables(dump: Dump) -> Iterator[tuple[str, str, int]]:
    """(type, name, address) of each lock, wait queue and work that is a variable of this kernel, by address."""
    found = set()
    for name in files.listdir("decls"):
        for _, variable in _DECLARED.findall(files.read(f"decls/{name}").decode()):
            try:
                kind = str(dump.symbol_type(variable))
                if kind in _LOCKS or kind in ("wait_queue_head_t", "struct work_struct"):
                    found.add((dump.symbol(variable).address, kind, variable))
            except Error:
                continue
    for address, kind, variable in sorted(found):
        yield kind, variable, address


def in_use(session: Session) -> Iterator[Row]:
    """Locks that are held or waited for, wait queues with waiters, works that are queued, of those that are variables."""
    dump = session.dump
    for kind, name, address in _variables(dump):
        row: Row = {"kind": "in_use", "type": kind, "name": name, "address": address}
        try:
            if lock := _LOCKS.get(kind):
                held = locks.held_by(dump, lock, address)
                waiters = [_person(dump, task) for task in locks.waiters_of(dump, lock, address)]
                if _is_held(dump, lock, address) or waiters:
                    yield row | {"held": held, "waiters": waiters}
            elif kind == "wait_queue_head_t":
                tasks = [waitqueues.waiting_task(dump, entry) for entry in waitqueues.for_each_waiter(dump, address)]
                if tasks:
                    yield row | {"waiters": [_person(dump, task) for task in tasks if task]}
            elif dump.object("struct work_struct", address).data.counter & 1:
                work: Any = dump.object("struct work_struct", address)
                yield row | {"function": _symbol(dump, int(work.func))}
        except Error as error:
            yield row | {"error": fault(error)}


def _person(dump: Dump, task: int) -> Row:
    one: Any = dump.object("struct task_struct", task)
    return {"task": task, "pid": int(one.pid), "comm": str(one.comm)}


def _is_held(dump: Dump, lock: str, address: int) -> bool:
    if lock == "rwsem":
        state = locks.rwsem_state(dump, address)
        return state.writer or state.readers > 0
    if lock == "percpu_rwsem":
        found = locks.percpu_rwsem_state(dump, address)
        return found.writer or found.readers > 0
    if lock == "mutex":
        return bool(locks.mutex_owner(dump, address))
    return int(dump.object("struct semaphore", address).count) <= 0


TITLES = {
    "struct semaphore": "semaphores with count <= 0",
    "struct rw_semaphore": "rw_semaphores that are held",
    "struct percpu_rw_semaphore": "percpu_rw_semaphores that are held",
    "struct mutex": "mutexes that are held",
    "wait_queue_head_t": "Non-empty wait_queue_head",
    "struct work_struct": "Non-empty struct work_struct",
}


def in_use_text(rows: Iterable[Row]) -> Iterator[str]:
    found = list(rows)
    for kind, title in TITLES.items():
        yield f" -- {title} --"
        for row in found:
            if row["type"] == kind:
                yield f"     {row['name']} <{kind} {row['address']:#x}> {row.get('held', row.get('function', ''))}{mark(row)}".rstrip()
                yield from (f"\tPID: {one['pid']:<7d} TASK: {one['task']:x}  COMMAND: \"{one['comm']}\"" for one in row.get("waiters", ()))


# ---- one lock


def lock(dump: Dump, kind: str, address: int) -> Iterator[Row]:
    """Who holds and who waits for the lock of that kind (of :data:`pykd.kernel.locks.KINDS`) at an address."""
    row: Row = {"kind": "lock", "type": locks.KINDS[kind][0], "address": address}
    if kind == "semaphore":
        row["count"] = int(dump.object("struct semaphore", address).count)
    row["waiters"] = [_person(dump, task) for task in locks.waiters_of(dump, kind, address)]
    row["held"] = locks.held_by(dump, kind, address)
    yield row


def lock_text(row: Row) -> Iterator[str]:
    yield f"  <{row['type']} {row['address']:#x}>{f' count={row["count"]}' if 'count' in row else ''}"
    yield f"    {len(row['waiters'])} waiting:"
    yield from (f"\t{one['pid']:7d} {one['comm']}" for one in sorted(row["waiters"], key=lambda one: (one["pid"], one["comm"])))
    yield f"    Owner: {row['held']}"
