# SPDX-License-Identifier: GPL-2.0-or-later
"""``ascii``: the characters of a number; without one, the table."""

from __future__ import annotations

from pykd.core.errors import CommandError
from pykd.core.rows import Row
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_NAMES = "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split()


def _character(code: int) -> str:
    return _NAMES[code] if code < 32 else "DEL" if code == 127 else "SP" if code == 32 else chr(code)


def rows(session: Session, options: Any) -> Iterator[Row]:
    for word in options.arguments:
        try:
            number = int(word, 16)
        except ValueError:
            raise CommandError(f'invalid input: "{word}"') from None
        if number < 0 or number >> 64:
            raise CommandError(f'invalid input: "{word}"')
        data = number.to_bytes(8, session.dump.byteorder)
        yield {"value": f"{number:016x}", "text": "".join(chr(c) if 32 <= c < 127 else f"<{c:02x}>" if c > 127 else f"<{_character(c)}>" for c in data)}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if not options.arguments:
        yield "      " + "".join(f"{high:<5}" for high in range(8))
        for low in range(16):
            yield f"  {low:x}   " + "".join(f"{_character(high * 16 + low):<5}" for high in range(8)).rstrip()
    for row in rows:
        yield f"{row['value']}: {row['text']}"


COMMAND = Command(
    name="ascii",
    summary="hexadecimal numbers as text",
    topic="tools",
    arguments="[VALUE]…",
    fields={"value": "16 digits", "text": "its bytes, the least significant first"},
    examples=(("ascii 62696c2f7273752f", "/usr/lib"),),
    rows=rows,
    text=text,
)
