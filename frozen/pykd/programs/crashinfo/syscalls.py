# SPDX-License-Identifier: GPL-2.0-or-later
"""System calls that threads are in, with their arguments."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import fault, mark
from pykd.kernel import syscalls
from pykd.programs import stacks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.core.rows import Row
    from pykd.session.session import Session


def calls(session: Session, wanted: str) -> Iterator[Row]:
    """Of a thread by its PID, of all threads (``all``), or of those in a call of that name (``poll``)."""
    dump = session.dump
    one = wanted.isdecimal()
    for row in session.rows(f"bt {wanted}" if one else "foreach user bt"):
        found = row | {"kind": "call"}
        try:
            call = syscalls.call_of(dump, row["task"])
        except Error as error:
            if one:
                yield found | {"error": fault(error)}
            continue
        if call is not None and (one or wanted == "all" or call.name.removeprefix("sys_").removeprefix("new") == wanted):
            arguments = [{"name": name, "type": str(kind) if kind else None, "value": value} for name, kind, value in call.arguments]
            yield found | {"call": call.name, "number": call.number, "arguments": arguments}
        elif one:
            yield found


def text(row: Row) -> Iterator[str]:
    yield ""
    yield from stacks.lines(row)
    yield "    ....... Decoding Syscall Args ......."
    if "call" in row:
        # of what has no type there may be fewer than registers
        typed = any(argument["type"] for argument in row["arguments"])
        yield f"    {row['call']} ({('\n\t' if typed else ', ').join(map(_argument, row['arguments']))})"
    else:
        yield f"this is not a system_call stack! {mark(row)}".rstrip()


def _argument(argument: dict[str, Any]) -> str:
    kind, value = argument["type"], argument["value"]
    if kind is None:
        return f"{value:#x}"
    if kind.endswith("*"):
        return f"({kind}) {value:#x}"
    for bits in (32, 64):
        # small negative numbers: errors, -1
        if (1 << bits) - 1000 <= value < 1 << bits:
            value -= 1 << bits
            break
    return f"{argument['name']}={value}" if argument["name"] else str(value)
