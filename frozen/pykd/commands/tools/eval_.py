# SPDX-License-Identifier: GPL-2.0-or-later
"""``eval``: a calculator."""

from __future__ import annotations

import re

from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values.expression import evaluate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_MASK = (1 << 64) - 1
_UNITS = {"k": 10, "m": 20, "g": 30}
_HEX = re.compile(r"\b(?=[0-9a-fA-F]*[a-fA-F])(?=[0-9a-fA-F]*\d|[a-fA-F]{5,})[0-9a-fA-F]+\b")


def rows(session: Session, options: Any) -> Iterator[Row]:
    text = " ".join(options.arguments).replace('"', "")  # quotes only hold the words together
    if not text:
        raise UsageError("an expression is missing")
    plain = re.sub(r"\b(0x[0-9a-f]+|\d+)([kmg])b?\b", lambda match: f"({match[1]} << {_UNITS[match[2].lower()]})", text, flags=re.I)
    # A number in decimal may begin with zeros.
    plain = re.sub(r"(?<![\w.])0+(?=[0-9])", "", plain)
    # Numbers with letters in them are hexadecimal without 0x too, as everywhere in crash.
    plain = re.sub(r"(?<![\w.])" + _HEX.pattern, lambda match: match[0] if _known(session, match[0]) else "0x" + match[0], plain)
    try:
        value = evaluate(session.dump, plain, addresses=True).integer() & _MASK
    except CommandError:
        raise CommandError(f"invalid expression: ({text})") from None
    yield {"value": value}


def _known(session: Session, word: str) -> bool:
    return word.lower().startswith("0x") or bool(session.dump.address_of(word, default=0))


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        value = row["value"]
        signed = value - (1 << 64) if value >> 63 else value
        size = ""
        for unit, shift in (("GB", 30), ("MB", 20), ("KB", 10)):
            if value and not value & ((1 << shift) - 1):
                size = f"({value >> shift}{unit})"
                break
        yield f"hexadecimal: {value:x}  {size}"
        yield f"    decimal: {value}  {f'({signed})' if signed < 0 else ''}"
        yield f"      octal: {value:o}"
        yield f"     binary: {value:064b}"
        if options.b:
            yield from _wrapped([str(bit) for bit in range(63, -1, -1) if value >> bit & 1])


def _wrapped(bits: list[str]) -> Iterator[str]:
    """The numbers in lines of up to 80 columns, under each other."""
    line = "   bits set: "
    for bit in bits:
        if len(line) + len(bit) + 1 > 80:
            yield line
            line = " " * 13
        line += bit + " "
    yield line


COMMAND = Command(
    name="eval",
    summary="calculator",
    topic="tools",
    options=(Option("-b", help="list the bits that are set"), Option("-l", help="accepted for crash's sake")),
    arguments="EXPRESSION",
    description="C operators on integers of 64 bits; a symbol stands for its address; k, m and g behind a number multiply it.",
    fields={"value": "64 bits, unsigned"},
    examples=(("eval 128m", ""), ("eval -b (1 << 32)", "")),
    intermixed=False,
    raw=True,
    rows=rows,
    text=text,
)
