# SPDX-License-Identifier: GPL-2.0-or-later
"""``runq``: run queues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Error
from pykd.core.rows import Row, fault, mark
from pykd.kernel import cpus
from pykd.kernel.lists import rbtree
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session

MAX_GROUPS = 64
"""Depth of task groups"""
MAX_QUEUED = 100000


def _entry(session: Session, task: int) -> Row:
    row = context.brief(session, task)
    row["prio"] = session.dump.object("struct task_struct", task).prio
    return row


def fair(session: Session, queue: Any, problem: Any, depth: int = 0) -> Iterator[tuple[int, Any]]:
    """(depth, ``struct sched_entity``) of what is queued in a ``struct cfs_rq``; below a group what is queued in it."""
    entity: Any = session.dump.struct_class("struct sched_entity")
    root = int(queue) + queue.fieldOffset("tasks_timeline")
    for node, _ in rbtree.nodes(session.dump, root, problem):
        found = entity(node - entity.member_offset("run_node"))
        yield depth, found
        try:
            if entity.has_member("my_q") and found.my_q and depth < MAX_GROUPS:
                yield from fair(session, found.my_q, problem, depth + 1)
        except Error as error:
            problem(error)


def real_time(session: Session, queue: Any, problem: Any) -> Iterator[int]:
    """Tasks in a ``struct rt_rq`` by priority; of a group its tasks."""
    dump = session.dump
    entity: Any = dump.struct_class("struct sched_rt_entity")
    link = entity.member_offset("run_list")
    task_offset = dump.struct_class("struct task_struct").member_offset("rt") or 0
    heads = int(queue.active) + queue.active.fieldOffset("queue")
    for level in range(len(queue.active.queue)):
        try:
            links, why = dump.follow(heads + 16 * level, limit=MAX_QUEUED)
            for node in links[1:]:
                found = entity(node - link)
                if entity.has_member("my_q") and found.my_q:
                    yield from real_time(session, found.my_q, problem)
                else:
                    yield int(found) - task_offset
            if isinstance(why, Error):
                problem(why)
        except Error as error:
            problem(error)


def _fill(session: Session, row: Row, rq: Any, problem: Any) -> None:
    dump = session.dump
    task_offset = dump.struct_class("struct task_struct").member_offset("se") or 0
    row["clock"] = rq.clock
    current = int(rq.curr)
    row["current"] = _entry(session, current)
    row["last_run"] = _last_run(dump, current)
    row["real_time_array"] = int(rq.rt.active)
    row["fair_root"] = int(rq.cfs) + rq.cfs.fieldOffset("tasks_timeline")
    row["fair_queue"], row["real_time_queue"] = int(rq.cfs), int(rq.rt)
    row["real_time"] = [_entry(session, task) for task in real_time(session, rq.rt, problem)]
    row["fair"] = []
    for depth, entity in fair(session, rq.cfs, problem):
        try:
            if entity.hasField("my_q") and entity.my_q:
                group = {"depth": depth, "cfs_rq": int(entity.my_q), "group": int(entity.my_q.tg)}
                row["fair"].append(group | {"name": _group_name(entity.my_q.tg)})
            else:
                row["fair"].append(_entry(session, int(entity) - task_offset) | {"depth": depth})
        except Error as error:
            problem(error)


def _group_name(group: Any) -> str:
    try:
        return str(group.css.cgroup.kn.name)
    except Error:
        return ""


def _last_run(dump: Any, task: int) -> int:
    found = dump.object("struct task_struct", task)
    return found.sched_info.last_arrival if found.hasField("sched_info") else found.se.exec_start  # type: ignore[no-any-return]


def _runnable(session: Session) -> Iterator[Row]:
    """CPUs with the tasks that say of themselves that they are on a run queue."""
    threads = context.table(session)
    on_queue = session.dump.read_columns([thread.address for thread in threads], "struct task_struct", ("on_rq",))
    found: dict[int, list[Row]] = {cpu: [] for cpu in cpus.run_queues(session.dump)}
    for thread, (queued,) in zip(threads, on_queue, strict=True):
        if isinstance(queued, int) and queued:
            found.setdefault(thread.cpu, []).append(context.identity(thread) | {"prio": thread.prio})
    yield from ({"cpu": cpu, "runnable": entries} for cpu, entries in found.items())


def rows(session: Session, options: Any) -> Iterator[Row]:
    if options.d:
        yield from _runnable(session)
        return
    wanted = context.cpu_list(session, options.c) if options.c else None
    for cpu, rq in cpus.run_queues(session.dump).items():
        if wanted is not None and cpu not in wanted:
            continue
        row: Row = {"cpu": cpu, "runqueue": int(rq), "root_group": session.dump.address_of("root_task_group", default=0)}
        problems: list[Error] = []
        try:
            _fill(session, row, rq, problems.append)
        except Error as error:
            problems.append(error)
        if problems:
            row["error"] = fault(problems[0], partial=True)
        yield row


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
    yield f"CPU {row['cpu']} RUNQUEUE: {row['runqueue']:x}"
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
    real_time = list(row.get("real_time", ()))
    fair = list(row.get("fair", ()))
    if current["prio"] < 100:
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
