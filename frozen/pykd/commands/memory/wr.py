# SPDX-License-Identifier: GPL-2.0-or-later
"""``wr``: refused, as nothing writes to a dump."""

from __future__ import annotations

from pykd.core.errors import CommandError
from pykd.core.rows import Row
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    raise CommandError("not allowed on a live system: pykd only reads" if session.dump.live else "not allowed on dumpfiles")


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    return iter([row["line"] for row in rows])


COMMAND = Command(
    name="wr",
    summary="write memory (refused: dumps are only read)",
    topic="memory",
    options=(
        Option("-u", help="ADDRESS is of the user space"),
        Option("-k", help="ADDRESS is the kernel's"),
        Option("-p", help="ADDRESS is physical"),
        Option("-f", help="ADDRESS is an offset in the file"),
        Option("-8", help="8 bits"),
        Option("-16", help="16 bits"),
        Option("-32", help="32 bits"),
        Option("-64", help="64 bits"),
    ),
    arguments="[ADDRESS|SYMBOL VALUE]",
    may_be_empty=True,
    rows=rows,
    text=text,
)
