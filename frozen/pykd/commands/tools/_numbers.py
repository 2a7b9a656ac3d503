# SPDX-License-Identifier: GPL-2.0-or-later
"""What the commands share that make one number of another."""

from __future__ import annotations

from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row
from pykd.session.session import Session
from pykd.values.address import address as to_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any, convert: Callable[[int, int], int]) -> Iterator[Row]:
    """
    :param convert: from a number and the size of a page in bytes to the result.
    """
    if not options.arguments:
        raise UsageError("a value is missing")
    page_size = session.dump.page_size
    for word in options.arguments:
        try:
            number = to_address(session.dump, word)
        except CommandError:
            raise CommandError(f'invalid input: "{word}"') from None
        yield {"value": number, "result": convert(number, page_size)}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        yield f"{row['value']:x}: {row['result']:x}"
