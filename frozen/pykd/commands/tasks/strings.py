# SPDX-License-Identifier: GPL-2.0-or-later
"""``strings``: texts in the memory of a process."""

from __future__ import annotations

import re

from _pykd import Error
from pykd.commands.tasks import _processes
from pykd.core.errors import UsageError
from pykd.core.rows import Row, fault, mark
from pykd.kernel.mm.areas import area_name, area_ranges, is_of_device
from pykd.kernel.mm.userspace import UserSpace
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

LEAST = 4
PRINTABLE = b"\t" + bytes(range(0x20, 0x7F))
MAX_TEXT = 4096
"""Characters of one text; a longer one is shown in parts"""


def _number(text: str | None, usual: int) -> int:
    try:
        number = usual if text is None else int(text, 0)
    except ValueError:
        number = 0
    if not 0 < number <= MAX_TEXT:
        raise UsageError(f"no number of characters from 1 to {MAX_TEXT}: {text}")
    return number


def pattern_of(least: int) -> re.Pattern[bytes]:
    """Matches the texts of so many characters at least."""
    return re.compile(rb"[\t\x20-\x7e]{%d,%d}" % (least, MAX_TEXT))


def rows(session: Session, options: Any) -> Iterator[Row]:
    least = _number(options.n, LEAST)
    pattern = pattern_of(least)
    for row, space in _processes.spaces(session, options.arguments):
        yield row
        if space is None:
            continue
        lost: dict[str, int] = {}
        try:
            for start, end, area in area_ranges(session.dump, space.mm):
                yield from of_area(space, start, end, area, pattern, bool(options.a), lost)
        except Error as error:
            yield {"error": fault(error)}
        for reason, size in lost.items():
            yield {"missing": size, "reason": reason}


def of_area(space: UserSpace, start: int, end: int, area: Any, pattern: re.Pattern[bytes], every: bool, lost: dict[str, int]) -> Iterator[Row]:
    """Rows of the texts in [start, end) of a ``struct vm_area_struct``.

    :param every: of a file that was only read, too.
    :param lost: what could not be looked at is added here, bytes by reason.
    """
    try:
        if is_of_device(int(area.vm_flags)) or (area.vm_file and not every and not area.anon_vma):
            return
        name = area_name(space.dump, area)
    except Error:
        area, name = None, ""
    tail, at = b"", 0
    for piece in space.pieces(area, start, end):
        if piece.lost:
            lost[piece.lost] = lost.get(piece.lost, 0) + piece.size
        if piece.data is None or piece.start != at:
            yield from _texts(tail, at - len(tail), pattern, name)
            tail = b""
        if piece.data is not None:
            data = tail + piece.data
            tail = _unfinished(data)
            yield from _texts(data[: len(data) - len(tail)], piece.start - (len(data) - len(piece.data)), pattern, name)
        at = piece.start + piece.size
    yield from _texts(tail, at - len(tail), pattern, name)


def _unfinished(data: bytes) -> bytes:
    """What at the end of a piece may go on in the next."""
    return data[len(data) - (len(data) - len(data.rstrip(PRINTABLE))) % MAX_TEXT :]


def _texts(data: bytes, address: int, pattern: re.Pattern[bytes], name: str) -> Iterator[Row]:
    for found in pattern.finditer(data):
        yield {"address": address + found.start(), "string": found[0].decode("ascii"), "area": name}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        if "pid" in row:
            yield context.header(row) + (f" {mark(row)}" if "error" in row else "")
        elif "error" in row:
            yield f"the rest is not known {mark(row)}"
        elif "missing" in row:
            yield f"not looked at: {row['missing'] // 1024} kB, {row['reason']}"
        else:
            yield f"{row['address']:>16x}  {row['string']}"


COMMAND = Command(
    name="strings",
    summary="texts in the memory of a process",
    topic="tasks",
    options=(
        Option("-n", "NUMBER", help="of that many characters at least; 4, if not given"),
        Option("-a", help="in unchanged mappings of files too"),
    ),
    arguments="[PID|TASK|COMM]…",
    description="Printable ASCII, as strings(1) finds it, in what of the memory of the process there is: pages of its own, and of files that it has changed.",
    fields={
        "pid": "a row that names the process comes first", "task": "", "cpu": "", "comm": "", "address": "of the first character", "string": "",
        "area": "as maps names it", "missing": "bytes that were not there, a row for each reason", "reason": "why: excluded, uncached, swapped…",
    },
    examples=(("strings -n 8 1", "of init"),),
    may_be_empty=True,
    rows=rows,
    text=text,
)  # fmt: skip
