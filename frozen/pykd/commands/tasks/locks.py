# SPDX-License-Identifier: GPL-2.0-or-later
"""``locks``: locks that are waited for, who holds them, and what the waiting comes down to."""

from __future__ import annotations

from pykd.core.rows import Row, fault
from pykd.kernel import locks
from pykd.kernel.waits.graph import Graph, graph
from pykd.kernel.waits.things import Thing, who
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

SHOWN = 10
"""Waiters of a lock that are named without -v"""


def _is_lock(thing: Thing) -> bool:
    return thing.kind in locks.KINDS or thing.kind == "rt_mutex"


def _people(found: Graph, tasks: Iterable[int]) -> list[Row]:
    people = []
    for task in tasks:
        if thread := found.threads.get(task):
            people.append({"pid": thread.pid, "task": task, "comm": thread.comm, "seconds": round(found.seconds(task), 3)})
    return people


def rows(session: Session, options: Any) -> Iterator[Row]:
    found = graph(session.dump)
    yield from _roots(session, found) if options.g else _locks(found, options)
    if found.unsure is not None:
        yield {"error": fault(found.unsure)}


def _locks(found: Graph, options: Any) -> Iterator[Row]:
    cycles = {task for cycle in found.cycles() for task in cycle}
    chosen = [thing for thing in found.things if thing.address and (_is_lock(thing) or (options.a and thing.waiters))]
    for thing in sorted(chosen, key=lambda thing: -len(thing.waiters)):
        yield {
            "kind": thing.kind, "address": thing.address, "name": thing.name, "held": thing.held, "free": thing.free,
            "holders": _people(found, thing.holders), "proof": thing.proof, "waiters": _people(found, thing.waiters),
            "cycle": any(task in cycles for task in thing.waiters),
        }  # fmt: skip


def _roots(session: Session, found: Graph) -> Iterator[Row]:
    for root in found.roots():
        thing = root.thing
        yield {
            "root": root.kind,
            "kind": thing.kind if thing else "", "address": thing.address if thing else 0, "name": thing.name if thing else "",
            "held": thing.held if thing else "", "proof": root.proof,
            "holders": [row | {"does": _does(found, row["task"])} for row in _people(found, root.tasks)],
            "gone": [who(session.dump, task) for task in root.tasks if task not in found.threads],
            "waiters": _people(found, root.victims),
        }  # fmt: skip


def _does(found: Graph, task: int) -> str:
    thread, wait = found.threads[task], found.waits.get(task)
    if thread.active:
        return "runs"
    if wait is None:
        return "is to run" if thread.state == "RU" else f"state {thread.state}"
    return f"sleeps in {wait.function or '?'}"


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    empty = True
    for row in rows:
        empty = False
        if "error" in row:
            yield f"locks: {row['error']['message']}"
            continue
        yield from _root_text(row, options) if "root" in row else _lock_text(row, options)
    if empty:
        yield "no thread waits for another" if options.g else "no lock is waited for, and none of the kernel's own is held"


def _lock_text(row: Row, options: Any) -> Iterator[str]:
    name = f" ({row['name']})" if row["name"] else ""
    yield f"{row['kind']} {row['address']:x}{name}" + (" is part of a DEADLOCK" if row["cycle"] else "")
    yield f"    held by: {row['held'] or 'not known'}  [{row['proof']}]" + ("; it is free" if row["free"] and row["waiters"] else "")
    yield from _waiters(row, options)


def _root_text(row: Row, options: Any) -> Iterator[str]:
    where = f"{row['kind']} {row['address']:x}" if row["address"] else ""
    name = f"{where} ({row['name']})" if where and row["name"] else where or row["name"]
    if row["root"] == "cycle":
        yield "DEADLOCK: each of these waits for the next, and the last for the first"
        for holder in row["holders"]:
            yield f"    PID {holder['pid']} ({holder['comm']})  {holder['seconds']:.2f} s, {holder['does']}"
    elif row["root"] == "task":
        for holder in row["holders"]:
            yield f"PID {holder['pid']} ({holder['comm']}), which {holder['does']} since {holder['seconds']:.2f} s, is waited for: {name}  [{row['proof']}]"
        for gone in row["gone"]:
            yield f"{gone} is waited for: {name}  [{row['proof']}]"
    else:
        yield f"{name}: {row['held'] or 'who can end the wait is not known'}  [{row['proof']}]"
    yield from _waiters(row, options)


def _waiters(row: Row, options: Any) -> Iterator[str]:
    waiters = row["waiters"]
    limit = len(waiters) if options.v else SHOWN
    for waiter in waiters[:limit]:
        yield f"    {waiter['seconds']:>10.2f} s  PID {waiter['pid']} ({waiter['comm']})"
    if len(waiters) > limit:
        yield f"    … and {len(waiters) - limit} more; -v shows all"


COMMAND = Command(
    name="locks",
    summary="locks that are waited for, and who holds them",
    topic="tasks",
    options=(
        Option("-g", help="what all waiting comes down to, with all who wait for it through others"),
        Option("-a", help="what else is waited for, too: completions, wait queues, pages, bits"),
        Option("-v", help="all who wait"),
    ),
    description="Locks are found by those who wait for them; locks of the whole kernel (rtnl_mutex, cpu_hotplug_lock, s_umount of every\n"
    "superblock…) also where they are only held. The proof of who holds a lock stands behind it: exact (the lock says so),\n"
    "found (nothing contradicts it), guess (one of several readers, or the last who took it).",
    fields={
        "kind": "mutex, rwsem, percpu_rwsem, semaphore, rt_mutex; with -a others", "address": "of the lock", "name": "what it is",
        "held": "by whom, in words", "free": "nobody holds it", "holders": "pid, task, comm, seconds (and does, -g) of each", "proof": "exact, found or guess",
        "waiters": "pid, task, comm, seconds of each", "cycle": "it is part of a deadlock", "root": "cycle, thing or task (-g)",
        "gone": "holders that exist no more (-g)",
    },
    examples=(("locks", "all locks that are waited for"), ("locks -g", "the end of each chain of waiting")),
    may_be_empty=True,
    rows=rows,
    text=text,
)  # fmt: skip
