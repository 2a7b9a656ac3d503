# SPDX-License-Identifier: GPL-2.0-or-later
"""``rcu``: the grace period, what it waits for, and what waits for it."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import Row, fault, mark
from pykd.kernel import cpus, rcu
from pykd.kernel.task import table as tasktable
from pykd.kernel.task.ages import seconds_since
from pykd.kernel.waits.graph import graph
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

SHOWN = 10
"""Threads of a kind that are shown"""


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    threads = {thread.address: thread for thread in tasktable.threads(dump)}

    def person(task: int) -> Row:
        thread = threads.get(task)
        if thread is None:
            return {"task": task}
        return {"pid": thread.pid, "comm": thread.comm, "task": task, "state": thread.state, "seconds": round(seconds_since(dump, thread.last_run), 3)}

    period = rcu.grace_period(dump)
    row: Row = {"kind": "state", "name": period.name, "sequence": period.sequence, "in_progress": period.in_progress, "age": period.age, "activity": period.activity}
    yield row | {"limit": period.limit, "stalled": period.is_stalled, "state": period.state, "thread": person(period.thread)}
    blocking, readers, errors = rcu.blockers(dump)
    yield from ({"kind": "error", "error": fault(error)} for error in errors)
    running = cpus.active_tasks(dump)
    for cpu in cpus.online(dump):
        row = {"kind": "cpu", "cpu": cpu, "waited_for": cpu in blocking, "runs": person(running.get(cpu, 0))}
        try:
            data = rcu.data_of(dump, cpu)
            row |= {"sequence": int(data.gp_seq), "ticks": int(data.ticks_this_gp), "callbacks": rcu.callbacks(data)}
        except Error as error:
            row["error"] = fault(error, partial=True)
        yield row
    for task in readers:
        yield {"kind": "reader", **person(task)}
    found = graph(dump)
    for task, wait in found.waits.items():
        if wait.purpose is not None and wait.purpose.key == "rcu":
            yield {"kind": "waiter", **person(task), "function": wait.function}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["kind"]] = counts.get(row["kind"], 0) + 1
        if row["kind"] == "state":
            yield from _state(row)
        elif row["kind"] == "cpu":
            line = f"CPU {row['cpu']}: " + ("NOT REPORTED" if row["waited_for"] else "not waited for")
            line += f", {row['callbacks']} callbacks, {row['ticks']} ticks in this grace period" if "callbacks" in row else ""
            yield f"{line}, runs {_who(row['runs'])} {mark(row)}".rstrip()
        elif row["kind"] == "error":
            yield mark(row)
        elif counts[row["kind"]] <= SHOWN:
            title = "blocked reader" if row["kind"] == "reader" else "waits for a grace period:"
            yield f"{title} {_who(row)}" + (f" in {row['function']}" if row.get("function") else "")
    for kind, count in counts.items():
        if kind in ("reader", "waiter") and count > SHOWN:
            yield f"… and {count - SHOWN} more {kind}s"


def _state(row: Row) -> Iterator[str]:
    yield f"{row['name']}: grace period {row['sequence']:#x} " + ("in progress" if row["in_progress"] else "over") + (" and STALLED" if row["stalled"] else "")
    yield f"    begun {row['age']:.2f} s ago (a stall from {row['limit']} s on), last activity {row['activity']:.2f} s ago"
    yield f"    {_who(row['thread'])} {row['state']}"


def _who(row: Row) -> str:
    return f"PID {row['pid']} ({row['comm']}) {row['state']} {row['seconds']:.2f} s" if "pid" in row else "?"


COMMAND = Command(
    name="rcu",
    summary="RCU's grace period, which CPUs and readers it waits for, and who waits for it",
    topic="kernel",
    description="A grace period ends when all CPUs, and all readers that were preempted, have been seen outside of readers. synchronize_rcu() and\n"
    "callbacks (call_rcu(), kfree_rcu()) wait for that. Seconds of a thread are those since it last ran.",
    fields={
        "kind": "state, cpu, reader (a blocked one that is waited for), waiter, error", "name": "rcu_preempt or rcu_sched", "sequence": "gp_seq: of RCU, of the CPU",
        "in_progress": "", "age": "s since it began", "activity": "s since its thread did something", "limit": "s", "stalled": "", "state": "of its thread, in words; of a task",
        "thread": "pid, comm, task, state, seconds", "cpu": "", "waited_for": "it has not reported", "runs": "as thread", "ticks": "of the timer in this grace period",
        "callbacks": "that wait on this CPU", "pid": "", "comm": "", "task": "struct task_struct", "seconds": "", "function": "in which it waits",
    },
    examples=(("rcu", "whether a grace period is stalled, and who keeps it from ending"),),
    rows=rows,
    text=text,
)  # fmt: skip
