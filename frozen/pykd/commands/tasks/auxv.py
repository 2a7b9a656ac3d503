# SPDX-License-Identifier: GPL-2.0-or-later
"""``auxv``: what the kernel told processes when it started them."""

from __future__ import annotations

from _pykd import Error
from pykd.commands.tasks import _processes
from pykd.core.rows import Row, fault, mark
from pykd.kernel.mm.userspace import UserSpace
from pykd.kernel.task import auxv as vectors
from pykd.session import context
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

MAX_TEXT = 4096


def rows(session: Session, options: Any) -> Iterator[Row]:
    for row, space in _processes.spaces(session, options.arguments):
        row["auxv"] = []
        if space is not None:
            try:
                row["auxv"] = [_entry(space, kind, value) for kind, value in vectors.auxv(session.dump, space.mm)]
            except Error as error:
                row["error"] = fault(error)
        yield row


def _entry(space: UserSpace, kind: int, value: int) -> Row:
    row: Row = {"type": kind, "name": f"AT_{vectors.NAMES.get(kind, kind)}", "value": value}
    if kind in vectors.TEXTS and value:
        data, why = space.read(value, MAX_TEXT)
        word, end, _ = data.partition(b"\0")
        row["text"] = word.decode("utf-8", "backslashreplace") if end else None
        if not end:
            row["error"] = _processes.lost(why or "without an end") | {"partial": True}
    return row


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    yield from context.separated(map(_process, rows))


def _process(row: Row) -> Iterator[str]:
    yield context.header(row)
    for entry in row["auxv"]:
        value = f"{entry['value']}" if entry["type"] in vectors.NUMBERS else f"{entry['value']:#x}"
        shown = "" if entry.get("text") is None else f'"{entry["text"]}"'
        yield f"{entry['name']:<20} {value} {shown or mark(entry)}".rstrip()
    if "error" in row:
        yield mark(row)
    elif not row["auxv"]:
        yield "(no user memory)"


COMMAND = Command(
    name="auxv",
    summary="auxiliary vectors of processes: entry point, vDSO, capabilities of the CPU",
    topic="tasks",
    arguments="[PID|TASK|COMM]…",
    description="The kernel keeps what it gave a process, so that it is in dumps without user memory too, but for the texts.",
    fields={"pid": "", "task": "", "cpu": "", "comm": "", "auxv": "type, name, value, text (of those that are addresses of texts; null: not known)"},
    examples=(("auxv 1", "of init"),),
    rows=rows,
    text=text,
)
