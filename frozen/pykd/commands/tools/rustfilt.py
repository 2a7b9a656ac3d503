# SPDX-License-Identifier: GPL-2.0-or-later
"""``rustfilt``: names of Rust's symbols."""

from __future__ import annotations

from pykd.core.errors import UsageError
from pykd.core.rows import Row
from pykd.session.command import Command
from pykd.session.session import Session
from pykd.values import rustname

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    if not options.arguments:
        raise UsageError("a symbol is missing")
    return ({"symbol": word, "name": rustname.demangle(word)} for word in options.arguments)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        if row["name"] is None:
            yield "Not a rust symbol: "
        yield row["name"] or row["symbol"]


COMMAND = Command(
    name="rustfilt",
    summary="names of Rust's symbols as the source has them",
    topic="tools",
    arguments="SYMBOL…",
    fields={"symbol": "as given", "name": "null: it is none of Rust's"},
    examples=(("rustfilt _RNvCs1234_7mycrate3foo", "mycrate::foo"),),
    rows=rows,
    text=text,
)
