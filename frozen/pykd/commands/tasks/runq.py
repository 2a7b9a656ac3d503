# SPDX-License-Identifier: GPL-2.0-or-later
"""``runq``: run queues."""

from __future__ import annotations

from functools import partial

from _pykd import Error
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel import cpus, sched
from pykd.kernel.task import members
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


def _entry(session: Session, task: int) -> Row:
    row = context.brief(session, task)
    row["prio"] = session.dump.object("struct task_struct", task).prio
    return row


def _fair_entry(session: Session, one: sched.Queued) -> Row:
    if one.group is None:
        return _entry(session, one.task) | {"depth": one.depth}
    group = one.group.tg
    return {"depth": one.depth, "cfs_rq": int(one.group), "group": int(group), "name": sched.group_name(group)}


def _fill(session: Session, row: Row, rq: Any, problem: Callable[[Error], None]) -> None:
    dump = session.dump
    row["clock"] = rq.clock
    current: Any = rq.curr
    row["current"] = _entry(session, int(current))
    row["last_run"] = current.Eval(members.path("last_run", dump))
    row["real_time_array"] = int(rq.rt.active)
    row["fair_root"] = int(rq.cfs) + rq.cfs.fieldOffset("tasks_timeline")
    row["fair_queue"], row["real_time_queue"] = int(rq.cfs), int(rq.rt)
    row["real_time"] = list(_entries(sched.real_time(dump, rq.rt), partial(_entry, session), problem))
    row["fair"] = list(_entries(sched.fair(dump, rq.cfs), partial(_fair_entry, session), problem))


def _entries[T](walk: Iterable[T | Error], make: Callable[[T], Row], problem: Callable[[Error], None]) -> Iterator[Row]:
    for one in caught(walk):
        try:
            if isinstance(one, Error):
                raise one
            yield make(one)
        except Error as error:
            problem(error)


def _runnable(session: Session) -> Iterator[Row]:
    """CPUs with the tasks that say of themselves that they are on a run queue."""
    threads = context.table(session)
    on_queue = session.dump.read_columns([thread.address for thread in threads], "struct task_struct", ("on_rq",))
    found: dict[int, list[Row]] = {cpu: [] for cpu in cpus.possible(session.dump)}
    for thread, (queued,) in zip(threads, on_queue, strict=True):
        if isinstance(queued, int) and queued:
            found.setdefault(thread.cpu, []).append(context.identity(thread) | {"prio": thread.prio})
    yield from ({"cpu": cpu, "runnable": entries} for cpu, entries in found.items())


def rows(session: Session, options: Any) -> Iterator[Row]:
    if options.d:
        yield from _runnable(session)
        return
    dump = session.dump
    wanted = context.cpu_list(session, options.c) if options.c else None
    queues: dict[int, Any] = {}
    lost: Error | None = None
    try:
        queues = cpus.run_queues(dump)
    except Error as error:
        lost = error  # what a run queue is; what ran is known otherwise
    for cpu in cpus.possible(dump):
        if wanted is not None and cpu not in wanted:
            continue
        row: Row = {"cpu": cpu, "root_group": dump.address_of("root_task_group", default=0)}
        problems: list[Error] = []
        try:
            if lost is not None:
                _fill_without_queue(session, row)
                raise lost
            row["runqueue"] = int(queues[cpu])
            _fill(session, row, queues[cpu], problems.append)
        except Error as error:
            problems.append(error)
        if problems:
            row["error"] = fault(problems[0], partial=True)
        yield row


def _fill_without_queue(session: Session, row: Row) -> None:
    """What is known of a run queue without its type."""
    dump = session.dump
    if symbol := dump.address_of("runqueues", default=0):
        row["runqueue"] = cpus.address_on(symbol, row["cpu"], dump)
    if current := cpus.active_tasks(dump).get(row["cpu"]):
        row["current"] = _entry(session, current)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.d:
        yield from context.separated([f"CPU {row['cpu']}", *map(_task, row["runnable"])] for row in rows)
        return
    if options.t or options.T or options.m:
        yield from _clocks(list(rows), options)
        return
    yield from context.separated((_groups if options.g else _queues)(row) for row in rows)


def _clocks(found: list[Row], options: Any) -> Iterator[str]:
    latest = max((row.get("clock", 0) for row in found), default=0)
    if options.T:
        found.sort(key=lambda row: -row.get("clock", 0))
    for row in found:
        label = f" CPU {row['cpu']}:"
        if "clock" not in row or "current" not in row:
            yield f"{label} {mark(row)}"
        elif options.T:
            yield f" {label} {(latest - row['clock']) / 1e9:.2f} secs"
        elif options.m and not options.t:
            ago = max(row["clock"] - row["last_run"], 0) // 1_000_000
            seconds, milliseconds = divmod(ago, 1000)
            days, seconds = divmod(seconds, 86400)
            clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"
            yield f"{label} [{days} {clock}]  {context.short_header(row['current'])}"
        else:
            yield f"{label} {row['clock']}"
            yield f"{'':{len(label)}} {row['last_run']:0>{len(str(row['clock']))}}  {context.short_header(row['current'])}"


def _task(entry: Row, indent: int = 5) -> str:
    return f"{'':{indent}}[{entry['prio']:>3}] {context.short_header(entry)}"


def _queues(row: Row) -> Iterator[str]:
    yield f"CPU {row['cpu']} RUNQUEUE: " + (f"{row['runqueue']:x}" if "runqueue" in row else mark(row))
    if "current" in row:
        yield f"  CURRENT: {context.short_header(row['current'])}"
    if "fair_root" in row:
        yield f"  RT PRIO_ARRAY: {row['real_time_array']:x}"
        yield from map(_task, row.get("real_time", ()))
        if not row.get("real_time"):
            yield "     [no tasks queued]"
        yield f"  CFS RB_ROOT: {row['fair_root']:x}"
        tasks = [entry for entry in row.get("fair", ()) if "task" in entry]
        yield from map(_task, tasks)
        if not tasks:
            yield "     [no tasks queued]"
    if "error" in row:
        yield f"     {mark(row)}"


def _groups(row: Row) -> Iterator[str]:
    yield f"CPU {row['cpu']}"
    if "current" not in row:
        yield f"  {mark(row)}"
        return
    root = row["root_group"]
    current = row["current"]
    yield f"  CURRENT: {context.short_header(current)}"
    if "fair_queue" not in row:
        yield f"  {mark(row)}"
        return
    real_time = list(row.get("real_time", ()))
    fair = list(row.get("fair", ()))
    if current["prio"] < sched.MAX_RT_PRIO:
        real_time.insert(0, current)
    elif current["pid"]:
        # the one that runs is in no tree
        fair.insert(0, current | {"depth": 0})
    if real_time:
        yield f"  ROOT_TASK_GROUP: {root:x}  RT_RQ: {row['real_time_queue']:x}"
        yield from (_task(entry) + (" [CURRENT]" if entry is current else "") for entry in real_time)
    yield f"  ROOT_TASK_GROUP: {root:x}  CFS_RQ: {row['fair_queue']:x}"
    for entry in fair:
        indent = 5 + 3 * entry["depth"]
        if "group" in entry:
            name = f"  <{entry['name']}>" if entry["name"] else ""
            yield f"{'':{indent}}TASK_GROUP: {entry['group']:x}  CFS_RQ: {entry['cfs_rq']:x}{name}"
        else:
            yield _task(entry, indent) + (" [CURRENT]" if entry["task"] == current["task"] else "")
    if not fair:
        yield "     [no tasks queued]"
    if "error" in row:
        yield f"     {mark(row)}"


COMMAND = Command(
    name="runq",
    summary="run queues",
    topic="tasks",
    options=(
        Option("-t", help="the clock of each run queue, and when its task began to run (ns)"),
        Option("-T", help="how far each clock is behind the latest"),
        Option("-m", help="how long each task had been running: [DAYS HOURS:MINUTES:SECONDS]"),
        Option("-g", help="by task group"),
        Option("-d", help="tasks that are marked as queued, found in the list of all tasks"),
        Option("-c", "CPUS", help="these CPUs only"),
    ),
    fields={
        "cpu": "", "runqueue": "struct rq", "root_group": "struct task_group of all", "clock": "ns",
        "current": "task", "last_run": "ns", "real_time": "tasks", "fair": "tasks and groups",
        "runnable": "-d: tasks",
    },
    rows=rows,
    text=text,
)
