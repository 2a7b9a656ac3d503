# SPDX-License-Identifier: GPL-2.0-or-later
"""What a line means whose first word is no command: crash's rule about the names of symbols and types."""

from __future__ import annotations

from _pykd import CSyntaxError, Dump, NotFoundError, Type

WIDTHS = {1: "-8", 2: "-16", 4: "-32", 8: "-64"}
"""Options of ``rd`` by the size of an integer."""


def command_line(dump: Dump, text: str) -> str | None:
    """The command that *text* stands for, or None.

    ``SYMBOL``: ``p``. ``TYPE …``: ``struct`` or ``union``; a typedef of one alone, an enum and other types: ``whatis``; a typedef
    of an integer and an address: ``rd`` of that width.
    """
    words = text.split()
    first, rest = words[0], words[1:]
    if first == "enum":
        return f"whatis {text}"
    if not rest and _is_variable(dump, first):
        return f"p {text}"
    # "task_struct.pid,comm ADDRESS" names members, as the command does.
    name = first.partition(".")[0]
    for kind in ("struct", "union"):
        if dump.find_type(kind, name) is not None:
            return f"{kind} {text}"
    return _typedef(dump, text, name, rest)


def _is_variable(dump: Dump, word: str) -> bool:
    """``jiffies``, and ``runqueues:0``."""
    name = word.partition(":")[0]
    return name.isidentifier() and dump.address_of(name) != 0


def _typedef(dump: Dump, text: str, name: str, rest: list[str]) -> str | None:
    if not name.isidentifier():
        return None
    try:
        found: Type = dump.type(name)
    except (NotFoundError, CSyntaxError):
        return None
    under = found.strip()
    if under.kind in ("struct", "union"):
        return f"{under.kind} {text}" if rest or "." in text else f"whatis {text}"
    if under.kind == "int" and rest and under.size in WIDTHS:
        return f"rd {WIDTHS[under.size]} {' '.join(rest)}"
    return f"whatis {name}"
