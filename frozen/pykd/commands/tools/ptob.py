# SPDX-License-Identifier: GPL-2.0-or-later
"""``ptob``: page number to bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row
from pykd.session.command import Command
from pykd.session.session import Session
from pykd.values.expression import address as to_address


def rows(session: Session, options: Any) -> Iterator[Row]:
    if not options.arguments:
        raise UsageError("a value is missing")
    page_size = session.dump.page_size
    for word in options.arguments:
        try:
            number = to_address(session.dump, word)
        except CommandError:
            raise CommandError(f'invalid input: "{word}"') from None
        yield {"value": number, "result": number * page_size}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        yield f"{row['value']:x}: {row['result']:x}"


COMMAND = Command(
    name="ptob",
    summary="page number to bytes",
    topic="tools",
    arguments="PAGE…",
    fields={"value": "as given", "result": "address in bytes"},
    rows=rows,
    text=text,
)
