# SPDX-License-Identifier: GPL-2.0-or-later
"""Stacks as PyKdump's programs print them: from rows of ``bt``."""

from __future__ import annotations

import re

from pykd.kernel.stack import backtrace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.core.rows import Row


def frames(row: Row) -> Iterator[tuple[int, str, int | None, str]]:
    """(level, function, offset, the lines that belong to it) of each frame; -1 is the level of a function that an exception interrupted.

    None of a thread whose stack is lost.
    """
    found: list[tuple[int, str, int | None, list[str]]] = []
    kind = None
    for item in row.get("frames", ()):
        extra: list[str] = []
        if "registers" in item and kind is not None:
            extra = backtrace.register_lines(item["registers"])
            found.append((-1, item["function"], item["offset"], []))
        if kind is not None and item["stack"] != kind:
            extra.append(backtrace.stack_label(kind))
        if extra and found:
            found[-1][3].extend(extra)
        kind = item["stack"]
        if item["level"] is not None:
            found.append((item["level"], item["function"], item["offset"], []))
    if found and row.get("user_registers"):
        found[-1][3].extend(backtrace.register_lines(row["user_registers"]))
    for level, function, offset, data in found:
        yield level, function, offset, "\n".join(data)


def lines(row: Row) -> Iterator[str]:
    """A stack under the line that names its thread."""
    yield f"PID={row['pid']}  CPU={row['cpu']} CMD={row['comm']}"
    if "error" in row:
        yield f"  ({row['error']['reason']})"
        return
    for level, function, offset, data in frames(row):
        place = function if offset is None else f"{function}+{offset:#x}"
        yield f"  #{level:<3d} {place}{f', {len(data)} bytes of data' if data else ''}"


def has(row: Row, pattern: str) -> bool:
    """Whether a regular expression is found in the name of a function on a stack."""
    return any(re.search(pattern, frame["function"]) for frame in row.get("frames", ()))


def signature(row: Row) -> tuple[str, ...]:
    """Its functions, innermost first: equal of stacks that are alike."""
    return tuple(function for _, function, _, _ in frames(row))
