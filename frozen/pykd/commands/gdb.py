# SPDX-License-Identifier: GPL-2.0-or-later
"""``gdb``: the few commands of gdb that programs give to crash's embedded one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pykd import disassembly
from pykd.command import Command, CommandError, Row, UsageError
from pykd.expression import address as to_address
from pykd.session import Session

FLAVORS = ("att", "intel")
_EXAMINE = re.compile(r"x/(\d*)i$")


def _examine(session: Session, words: list[str]) -> Iterator[Row]:
    """``x/Ni ADDRESS``"""
    match = _EXAMINE.match(words[0])
    if match is None:
        raise UsageError(f"{words[0]}: only x/Ni is known; `rd` shows memory")
    if len(words) < 2:
        raise UsageError("an address is missing")
    count = int(match[1] or 1)
    address = to_address(session.dump, " ".join(words[1:]).lstrip("*"))
    syntax = session.settings.get("disassembly-flavor", "att")
    if count:
        yield from disassembly.rows(session.dump, session.dump.disassemble(address, count=count, syntax=syntax))


def _show(session: Session, words: list[str]) -> Iterator[Row]:
    if words[1:] == ["disassembly-flavor"]:
        flavor = session.settings.get("disassembly-flavor", "att")
        yield {"line": f'The disassembly flavor is "{flavor}".'}
    elif words[1:] == ["output-radix"]:
        radix = session.settings["radix"]
        yield {"line": f"Default output radix for printing of values is {radix}."}
    else:
        raise CommandError(f"show {' '.join(words[1:])}: not known")


def _set(session: Session, words: list[str]) -> Iterator[Row]:
    if len(words) != 3 or words[1] not in ("disassembly-flavor", "output-radix"):
        raise CommandError(f"set {' '.join(words[1:])}: not known")
    if words[1] == "disassembly-flavor":
        if words[2] not in FLAVORS:
            raise UsageError(f"{words[2]}: not one of {', '.join(FLAVORS)}")
        session.settings["disassembly-flavor"] = words[2]
        return
    try:
        radix = int(words[2], 0)
    except ValueError:
        radix = 0
    if radix not in (10, 16):
        raise UsageError(f"{words[2]}: an output radix is 10 or 16")
    session.settings["radix"] = radix
    yield {"line": f"Output radix now set to decimal {radix}, hex {radix:x}, octal {radix:o}."}


_COMMANDS: dict[str, Callable[[Session, list[str]], Iterator[Row]]] = {"show": _show, "set": _set}


def rows(session: Session, options: Any) -> Iterator[Row]:
    words = options.arguments
    if not words:
        raise UsageError("a command of gdb is missing")
    if words[0] == "x" or words[0].startswith("x/"):
        yield from _examine(session, words)
        return
    command = _COMMANDS.get(words[0])
    if command is None:
        raise CommandError(
            f"{words[0]}: there is no gdb in pykd; x/Ni, and set and show of disassembly-flavor and output-radix work"
        )
    yield from command(session, words)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        yield row["line"] if "line" in row else disassembly.line(row, indent="   ")


COMMAND = Command(
    name="gdb",
    summary="commands of gdb that programs use",
    topic="session",
    arguments="x/Ni ADDRESS | show SETTING | set SETTING VALUE",
    fields={"line": "of text", "address": "of an instruction", "text": "the instruction"},
    examples=(("gdb x/5i schedule", "five instructions"), ("gdb show output-radix", "")),
    intermixed=False,
    rows=rows,
    text=text,
)
