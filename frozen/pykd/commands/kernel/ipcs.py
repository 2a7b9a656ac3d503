# SPDX-License-Identifier: GPL-2.0-or-later
"""``ipcs``: System V shared memory, semaphores, message queues."""

from __future__ import annotations

from _pykd import Error
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.ipc import KINDS, SHM_DEST, SHM_LOCKED, for_each_ipc, ipc_namespace_of, ipc_row, shm_row
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    thread = context.chosen(session, [options.n] if options.n else [])[0]
    namespace = ipc_namespace_of(dump, thread.address)
    chosen = [kind for kind in KINDS if getattr(options, kind)] or (["m"] if options.M else list(KINDS))
    found = False
    for kind in chosen:
        for one in caught(for_each_ipc(dump, namespace, kind)):
            if isinstance(one, Error):
                yield {"kind": kind, "error": fault(one)}
                continue
            row = ipc_row(dump, kind, one)
            if kind == "m" and options.M:
                row |= shm_row(dump, one)
            if not options.arguments or {f"{row['address']:x}", str(row.get("id"))} & set(options.arguments):
                found = True
                yield row
    if options.arguments and not found:
        raise CommandError(f"invalid id or address: {options.arguments[0]}")


TITLES = {
    "m": "SHMID_KERNEL     KEY      SHMID      UID   PERMS BYTES      NATTCH STATUS",
    "s": "SEM_ARRAY        KEY      SEMID      UID   PERMS NSEMS     ",
    "q": "MSG_QUEUE        KEY      MSQID      UID   PERMS USED-BYTES   MESSAGES    ",
}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    found = list(rows)
    shown = [kind for kind in KINDS if getattr(options, kind)] or (["m"] if options.M else list(KINDS))
    for kind in shown:
        mine = [row for row in found if row["kind"] == kind]
        if options.arguments and not mine:
            continue
        for number, row in enumerate(mine):
            if not number or (options.M and kind == "m"):
                yield from ("", TITLES[kind])[not number :]
            yield _line(row)
            if "inode" in row:
                yield f"PAGES ALLOCATED/RESIDENT/SWAPPED: {row['allocated']}/{row['resident']}/{row['swapped']}"
                yield f"INODE: {row['inode']:x}"
        if not mine:
            yield TITLES[kind]
            yield "(none allocated)"
        yield ""


def _line(row: Row) -> str:
    line = f"{row['address']:016x} " if "address" in row else ""
    if "mode" in row:
        line += f"{row['key']:08x} {row['id']:<10} {row['uid']:<5} {row['mode'] & 0o777:<5o} "
    if "attached" in row:
        status = [name for bit, name in ((SHM_DEST, "dest"), (SHM_LOCKED, "locked")) if row["mode"] & bit]
        line += f"{row['bytes']:<10} {row['attached']:<6} {' '.join(status)} "
    elif "semaphores" in row:
        line += f"{row['semaphores']:<10}"
    elif "messages" in row:
        line += f"{row['bytes']:<12} {row['messages']:<12}"
    return line + (mark(row) if "error" in row else "")


COMMAND = Command(
    name="ipcs",
    summary="System V IPC",
    topic="kernel",
    options=(
        Option("-m", help="shared memory"),
        Option("-s", help="semaphores"),
        Option("-q", help="message queues"),
        Option("-M", help="shared memory with its pages and inode"),
        Option("-n", "PID|TASK", help="of the namespace of that task"),
    ),
    arguments="[ID|ADDRESS]…",
    fields={
        "kind": "m, s or q", "address": "of the structure", "key": "", "id": "", "uid": "", "mode": "", "bytes": "", "attached": "", "semaphores": "",
        "messages": "", "inode": "struct inode", "allocated": "pages", "resident": "pages", "swapped": "pages",
    },
    rows=rows,
    text=text,
)
