# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets that a task has open, as rows and lines."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.fs.files import for_each_open_file
from pykd.kernel.net.owners import owners
from pykd.kernel.net.show.sockets import internet_row, line_of, unix_row
from pykd.kernel.net.sockets import AF_INET, AF_INET6, AF_UNIX, FAMILIES, TYPES, Socket, socket_of_inode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

TABLES = {6: "tcp", 17: "udp"}
_RULE = "     +" + "-" * 65


def task_row(dump: Dump, task: Any, details: int = 0) -> Row:
    """Of a ``struct task_struct``: pid, comm, threads, sockets (fd, file, socket, family, type, protocol; inet or unix)."""
    row: Row = {"task": int(task), "sockets": []}
    try:
        row |= {"pid": int(task.pid), "comm": str(task.comm), "threads": int(task.signal.nr_threads) if task.signal else 1}
        for found in caught(for_each_open_file(dump, int(task))):
            if isinstance(found, Error):
                raise found
            if one := _socket(dump, *found, details):
                row["sockets"].append(one)
    except Error as error:
        row["error"] = fault(error)
    return row


def _socket(dump: Dump, number: int, address: int, details: int) -> Row | None:
    row: Row = {"fd": number, "file": address}
    try:
        socket = socket_of_inode(dump, dump.object("struct file", address).f_inode)
        if socket is None:
            return None
        row["socket"] = int(socket)
        found = Socket(dump, "", int(socket.sk))
        family, kind = found.family, int(socket.type)
        row |= {"family": FAMILIES.get(family, str(family)), "type": TYPES.get(kind, str(kind)), "sock": int(found)}
        row["protocol"] = str(found.common.skc_prot.name)
        if family in (AF_INET, AF_INET6):
            found.protocol = TABLES.get(int(found.sock.sk_protocol), "raw" if kind == 3 else "")
            row["inet"] = internet_row(dump, found)
        elif family == AF_UNIX:
            row["unix"] = unix_row(dump, found, 2)
            if peer := row["unix"].get("peer"):
                peer["users"] = [{"pid": owner.pid, "comm": owner.comm} for owner in owners(dump).get(peer["sock"], ())]
    except Error as error:
        row["error"] = fault(error)
    return row


def task_lines(row: Row, details: int = 0) -> Iterator[str]:
    """A :func:`task_row`; of a task without sockets an empty line."""
    yield ""
    if not row["sockets"] and "error" not in row:
        return
    threads = f"  ({row['threads']} threads)" if row.get("threads", 1) > 1 else ""
    yield f"-----PID={row.get('pid', '?')}  COMM={row.get('comm', '')} {threads}"
    yield " fd     file              socket"
    yield " --     ----              ------"
    for one in row["sockets"]:
        line = f"{one['fd']:3d}  0x{one['file']:<16x}  0x{one.get('socket', 0):<16x} "
        if "protocol" not in one:
            yield f"{line} {mark(one)}"
            continue
        family = "PF_FILE" if one["family"] == "UNIX" else f"PF_{one['family']}"
        yield f"{line} {family:<8} {'SOCK_' + one['type']:<12} {one['protocol']:<5}"
        if "inet" in one:
            yield f"      {line_of(one['inet'])}"
        if "unix" in one and details > 1:
            yield from _unix_lines(one["unix"])
    if "error" in row:
        yield mark(row)
    yield ""


def _unix_lines(row: Row) -> Iterator[str]:
    yield from (_RULE, "     |      state          i_ino   Path", _RULE)
    for one, name in ((row, "sock"), (row.get("peer"), "peer")):
        if not one or "state" not in one:
            continue
        yield f"     |{name}  {one['state']:<12}   {one['inode']:<6d}  {one['path']}"
        yield from (f"     |    {user['pid']} {user['comm']}" for user in one.get("users", ()))
        yield _RULE
