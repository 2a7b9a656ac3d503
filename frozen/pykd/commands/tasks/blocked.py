# SPDX-License-Identifier: GPL-2.0-or-later
"""``blocked``: threads in uninterruptible sleep, by what they wait for."""

from __future__ import annotations

import textwrap

from pykd.core.errors import UsageError
from pykd.core.rows import Row, fault
from pykd.kernel.waits.graph import graph
from pykd.kernel.waits.sites import story
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

SHOWN = 10
"""Threads of a group that are shown without -v"""
FRAMES = 6
"""The same of functions of its stack"""


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    try:
        least = float(options.t or 0)
    except ValueError:
        raise UsageError(f"no number of seconds: {options.t}") from None
    found = graph(dump)
    for task in found.blocked:
        seconds = found.seconds(task)
        if seconds < least:
            continue
        thread = found.threads[task]
        row: Row = {**context.identity(thread), "seconds": round(seconds, 3)}
        wait = found.waits.get(task)
        if wait is None:
            yield row | {"error": fault(f"not looked at: there are more than {len(found.waits)}")}
            continue
        row |= {"function": wait.function, "stack": list(wait.functions), "proof": wait.proof}
        if wait.thing is not None:
            thing = wait.thing
            pids = [found.threads[one].pid for one in thing.holders if one in found.threads]
            row |= {"kind": thing.kind, "object": thing.address or None, "name": thing.name, "held": thing.held, "holders": pids, "holder_proof": thing.proof}
        yield row
    if found.unsure is not None:
        yield {"error": fault(found.unsure)}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    groups: dict[Any, list[Row]] = {}
    unsure = []
    for row in rows:
        if "task" not in row:
            unsure.append(f"blocked: {row['error']['message']}")
            continue
        key = (row.get("kind"), row.get("object")) if "kind" in row else (None, row.get("function"))
        groups.setdefault(key, []).append(row)
    if not groups and not unsure:
        yield "no thread is in uninterruptible sleep" + (f" for {options.t} seconds" if options.t else "")
    ordered = sorted(groups.values(), key=lambda group: -max(row["seconds"] for row in group))
    for number, group in enumerate(ordered):
        if number:
            yield ""
        yield from _group(group, options)
    yield from unsure


def _group(group: list[Row], options: Any) -> Iterator[str]:
    first = group[0]
    count = f"{len(group)} threads wait" if len(group) > 1 else "1 thread waits"
    if "kind" in first:
        where = f"{first['kind']} {first['object']:x}" if first["object"] else ""
        name = f"{where} ({first['name']})" if where and first["name"] else where or first["name"]
        yield f"{count} for {name}  [{first['proof']}]"
        if first["held"]:
            yield f"    held by: {first['held']}  [{first['holder_proof']}]"
    else:
        yield f"{count} in {first.get('function') or 'a place that is not known'}"
    stack = first.get("stack") or []
    shown = stack if options.v else story(stack)[:FRAMES]
    yield from textwrap.wrap(" < ".join(shown), 76, initial_indent="    ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    limit = len(group) if options.v else SHOWN
    for row in group[:limit]:
        yield f"    {row['seconds']:>10.2f} s  PID {row['pid']} ({row['comm']})  task {row['task']:x}"
    if len(group) > limit:
        yield f"    … and {len(group) - limit} more; -v shows all"


COMMAND = Command(
    name="blocked",
    summary="threads in uninterruptible sleep, by what they wait for",
    topic="tasks",
    options=(
        Option("-t", "SECONDS", help="only those that have not run for so long"),
        Option("-v", help="all threads, and whole stacks"),
    ),
    description="Workers that have nothing to do sleep uninterruptibly too; they are left out.\n"
    "What a thread waits for is read from its stack and its task_struct. The proof of that stands behind it: exact (the\n"
    "list of waiters leads back to the thread), found (nothing contradicts it), guess (by the functions on its stack).\n"
    "Seconds are those since a thread last ran.",
    fields={
        "pid": "", "task": "struct task_struct", "cpu": "it last ran on", "comm": "", "seconds": "since it last ran",
        "function": "in which it waits", "stack": "functions, innermost first", "proof": "exact, found or guess",
        "kind": "mutex, rwsem, percpu_rwsem, semaphore, rt_mutex, completion, queue, folio, bit, or what else it waits for",
        "object": "its address", "name": "what it is", "held": "who holds it, in words", "holders": "PIDs", "holder_proof": "as proof, that it is they",
    },
    examples=(("blocked", "who waits for what"), ("blocked -t 120", "what the kernel would call hung")),
    may_be_empty=True,
    rows=rows,
    text=text,
)  # fmt: skip
