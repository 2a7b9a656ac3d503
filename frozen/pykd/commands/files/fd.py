# SPDX-License-Identifier: GPL-2.0-or-later
"""``fd``: open files by kind, and what is in those that have no path to say it."""

from __future__ import annotations

from _pykd import Error, LimitError
from pykd.core.errors import UsageError
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught, or_error
from pykd.kernel.fs.descriptors import closed_on_exec, details, kind_of, open_flag_names
from pykd.kernel.fs.files import file_path, for_each_open_file
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

O_CLOEXEC = 0o2000000
"""Of the descriptor, not of the file; the same on all machines that are read"""

MAX_BAD = 256
"""Files of a process that are none: where they are more, and more than half of all, the table itself is another"""


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    if options.a and options.arguments:
        raise UsageError("-a is all processes")
    leaders = (thread for thread in context.table(session) if thread.pid and thread.pid == thread.tgid)
    for thread in leaders if options.a else context.chosen(session, options.arguments):
        row = context.identity(thread)
        row["fds"] = []
        closed = or_error(closed_on_exec, dump, thread.address)
        closed = frozenset() if isinstance(closed, Error) else closed
        bad = 0
        for found in caught(for_each_open_file(dump, thread.address)):
            if isinstance(found, Error):
                row["error"] = fault(found, partial=True)
                break
            one = _file(session, *found)
            bad += "kind" not in one
            if bad > MAX_BAD and 2 * bad > len(row["fds"]):
                row["error"] = fault(LimitError("most of the table of files is none"), partial=True)
                break
            if "flag_bits" in one:
                one["flag_bits"] |= O_CLOEXEC if one["fd"] in closed else 0
                one["flags"] = open_flag_names(dump, one["flag_bits"])
            if not options.k or one.get("kind") == options.k or one.get("kind", "").startswith(f"{options.k}-"):
                row["fds"].append(one)
        if row["fds"] or not (options.k or options.a):
            yield row


def _file(session: Session, number: int, address: int) -> Row:
    dump = session.dump
    row: Row = {"fd": number, "file": address}
    try:
        file: Any = dump.object("struct file", address)
        row |= {"kind": kind_of(dump, file), "flag_bits": int(file.f_flags), "position": int(file.f_pos), "inode": int(file.f_inode.i_ino)}
        row["path"] = file_path(dump, file)
    except Error as error:
        return row | {"error": fault(error)}
    try:
        found = details(dump, file, row["kind"])
        if "error" in found:
            row["error"] = found.pop("error")
        if found:
            row[row["kind"].replace("-", "_")] = found
    except Error as error:
        row["error"] = fault(error, partial=True)
    return row


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    yield from context.separated(map(_process, rows))


def _process(row: Row) -> Iterator[str]:
    yield context.header(row)
    if not row["fds"]:
        yield mark(row) or "(no open files)"
        return
    yield " FD KIND         FLAGS     POSITION PATH"
    for one in row["fds"]:
        line = f"{one['fd']:>3} {one.get('kind', '?'):<12}"
        if "flag_bits" in one:
            line += f" {one['flag_bits']:<8o} {one['position']:>9} {one.get('path', '')}"
        yield f"{line.rstrip()} {mark(one)}".rstrip()
        if "kind" in one:
            found = one.get(one["kind"].replace("-", "_"))
            if isinstance(found, dict):  # of a plain file `file` is its address
                yield from (f"        {line}" for line in _details(found))
    if "error" in row:
        yield mark(row)


def _details(found: Row) -> Iterator[str]:
    """Lines on what is in a file: its plain values, and a line for each of what it has several of."""
    plain = {key: value for key, value in found.items() if (not isinstance(value, list) or key in _WORDS) and not key.endswith("_bits")}
    if plain:
        yield ", ".join(f"{key.replace('_', ' ')} {_value(key, value)}" for key, value in plain.items())
    for item in found.get("waits_for", ()):
        ready = ", READY" if item.get("ready") else ""
        names = "|".join(item.get("events", ()))
        yield f"fd {item['fd']} {names} data {item.get('data', 0):#x}{ready}: {item.get('kind', '?')} {item.get('path', '')} {mark(item)}".rstrip()
    for item in found.get("watches", ()):
        wd = f"wd {item['wd']} " if "wd" in item else ""
        what = " ".join(str(word) for word in (item.get("of"), item.get("path")) if word)
        yield f"{wd}{'|'.join(item.get('mask', ()))}: {what} {mark(item)}".rstrip()
    for item in found.get("requests", ()):
        yield f"request {item['request']:x} {item.get('operation', '?')} data {item.get('user_data', 0):#x} {item.get('path', '')} {mark(item)}".rstrip()


def _value(key: str, value: object) -> str:
    if isinstance(value, list):
        return "|".join(map(str, value)) or "none"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    return f"{value:x}" if isinstance(value, int) and key in ADDRESSES else str(value)


ADDRESSES = ("sock", "ring", "pid_struct", "event", "mm", "kvm", "tun", "device")
"""What is shown in hexadecimal"""
_WORDS = ("signals", "flags", "features", "settime_flags")
"""Lists that are shown as words"""

COMMAND = Command(
    name="fd",
    summary="open files by kind: what an epoll set waits for, timers, signals, watches, rings, pipes",
    topic="files",
    options=(
        Option("-a", help="of all processes that have any"),
        Option("-k", "KIND", help="only files of this kind: epoll, eventfd, timerfd, signalfd, inotify, fanotify, pidfd, bpf, pipe, perf, io_uring, socket, kvm, tun, vhost…"),
    ),
    arguments="[PID|TASK|COMM]…",
    description="Kinds are told by the file's operations; of each kind the values of /proc/PID/fdinfo are shown, and what that has not: whether an\n"
    "event of an epoll set is ready, what is in a pipe, which requests of io_uring wait. Flags are octal. Paths are as files shows them.",
    fields={
        "pid": "", "task": "", "cpu": "", "comm": "",
        "fds": "fd, file, kind, flags, position, inode, path, and under the name of the kind (with _ for -) what it has: of an epoll set waits_for, of inotify "
        "and fanotify watches, of io_uring requests; times in ns",
    },
    examples=(("fd 1", "of init"), ("fd -a -k epoll", "all epoll sets")),
    may_be_empty=True,
    rows=rows,
    text=text,
)  # fmt: skip
