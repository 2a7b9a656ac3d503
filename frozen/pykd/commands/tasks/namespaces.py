# SPDX-License-Identifier: GPL-2.0-or-later
"""``namespaces``: the namespaces of all tasks, as lsns."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import Row, fault, mark
from pykd.kernel.task import nslist
from pykd.session import context
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    problems: list[Error] = []
    wanted = {thread.tgid for thread in context.chosen(session, options.arguments)} if options.arguments else None
    names = {thread.pid: thread.comm for thread in context.table(session)}
    for found in nslist.for_each_namespace(session.dump, problems):
        if wanted is not None and wanted.isdisjoint(found.processes):
            continue
        pid = found.processes[0]
        row: Row = {"kind": found.kind, "namespace": int(found.namespace)}
        row |= {"processes": len(found.processes), "pid": pid, "comm": names.get(pid, ""), "pids": found.processes}
        try:
            row["inode"] = nslist.inode_of(found.namespace)
            owner = nslist.owner_of(found.namespace)
            row["owner"] = nslist.inode_of(owner) if owner is not None else None
        except Error as error:
            row["error"] = fault(error, partial=True)
        yield row
    if problems:
        yield {"unread": len(problems), "error": fault(problems[0])}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    yield "KIND       INODE NAMESPACE        PROCESSES     PID      OWNER COMMAND"
    for row in rows:
        if "kind" not in row:
            yield f"(of {row['unread']} tasks they are not known) {mark(row)}"
            continue
        owner = "" if row.get("owner") is None else row["owner"]
        line = f"{row['kind']:<6} {row.get('inode', '?'):>10} {row['namespace']:016x} {row['processes']:>9} {row['pid']:>7} {owner:>10} {row['comm']}"
        yield f"{line} {mark(row)}".rstrip()


COMMAND = Command(
    name="namespaces",
    summary="the namespaces that tasks are in, and who is in them",
    topic="tasks",
    arguments="[PID|TASK|COMM]…",
    description="By kind, the first one of each kind first. The number is that of /proc/PID/ns, the owner the number of the user namespace that owns it, or of\n"
    "the parent of a user namespace. With arguments only those that these processes are in. Namespaces that only files keep are not found.",
    fields={
        "kind": "time, cgroup, pid, user, uts, ipc, net, mnt", "inode": "its number", "namespace": "struct uts_namespace…", "processes": "how many are in it",
        "pid": "the lowest", "comm": "its name", "pids": "all of them", "owner": "number of a user namespace; null: none",
        "unread": "tasks that could not be read, in a row of their own",
    },
    examples=(("namespaces", "all"), ("namespaces 1", "those of init")),
    rows=rows,
    text=text,
)  # fmt: skip
