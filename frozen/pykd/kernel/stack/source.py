# SPDX-License-Identifier: GPL-2.0-or-later
"""Source lines and inlined functions, where a vmlinux with debug info was given; without one there are none, and that is no error."""

from __future__ import annotations

from _pykd import Dump, NotFoundError
from pykd.core.memo import per_dump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pykd.core.rows import Row


def frames(dump: Dump, address: int) -> list[Row]:
    """The functions that an address of code is in, the innermost first: ``{"function", "file", "line", "inlined"}``; the line of all but the
    first is that of the call. None is what is not told.

    :param address: of a caller the address before the one that it goes on with.
    :raises FormatError: the debug info is damaged.
    """
    known = _known(dump)
    if address not in known:
        try:
            found = dump.source(address)
        except NotFoundError:
            return []
        known[address] = [{"function": function, "file": file, "line": line or None, "inlined": inlined} for function, file, line, inlined in found]
    return known[address]


@per_dump
def _known(dump: Dump) -> dict[int, list[Row]]:
    """What was asked before: the stacks of a system are made of few functions."""
    return {}


def line(dump: Dump, address: int) -> tuple[str, int] | None:
    """File and line of the instruction at *address*, in the function itself and not in what is inlined there."""
    found = frames(dump, address)
    return (found[-1]["file"], found[-1]["line"]) if found and found[-1]["file"] and found[-1]["line"] else None


def lines(found: Iterable[Row], indent: str = "    ") -> Iterator[str]:
    """As crash has them, ``FILE: LINE``, and behind it the function where one was inlined; below it its variables, where there are any."""
    inlined = False
    for frame in found:
        place = f"{frame['file'] or '?'}: {frame['line'] or '?'}"
        if frame["inlined"]:
            yield f"{indent}{place}  [{frame['function']}, inlined]"
        elif frame["file"]:
            yield f"{indent}{place}  [{frame['function']}]" if inlined else f"{indent}{place}"
        inlined = frame["inlined"]
        for variable in frame.get("variables", ()):
            yield f"{indent}    {variable['declaration']} = {'<optimised out>' if variable['text'] is None else variable['text']}"
