# SPDX-License-Identifier: GPL-2.0-or-later
"""Members of a structure that a user names, ``host.host_no,cmnd[0]``, as rows hold them."""

from __future__ import annotations

import re

from _pykd import Error, Pointer, Struct
from pykd.core.rows import Address, Row, fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_STEP = re.compile(r"\.?([A-Za-z_]\w*)|\[(\w+)\]")
MAX_STEPS = 32


def lookup(value: Any, path: str) -> Any:
    """What the *path* ``a.b[3].c`` leads to from a Struct. :raises ValueError: it is no path. :raises Error: there is none, or it cannot be read."""
    position = steps = 0
    while position < len(path):
        step = _STEP.match(path, position)
        steps += 1
        if step is None or steps > MAX_STEPS:
            raise ValueError(f"{path} is no path to a member")
        if step[1]:
            if not isinstance(value, Struct):
                raise ValueError(f"{path}: there is no {step[1]} in a number")
            value = getattr(value, step[1])
        else:
            value = value[int(step[2], 0)]
        position = step.end()
    return value


def rows_of(value: Any, paths: str, relative: int = 0) -> list[Row]:
    """A row ``{"name", "value"}`` for each of the comma-separated *paths*: a number, a text, or the address of a structure or of what a pointer
    points to, then with ``"pointer": True``.

    :param relative: what to take from each number.
    """
    return list(_rows(value, paths, relative))


def _rows(value: Any, paths: str, relative: int) -> Iterator[Row]:
    for path in filter(None, paths.split(",")):
        try:
            found = lookup(value, path)
            if isinstance(found, (Struct, Pointer)):
                yield {"name": path, "value": Address(int(found) - relative), "pointer": True}
            elif isinstance(found, int) and type(found) in (int, bool):
                yield {"name": path, "value": int(found) - relative}
            else:
                yield {"name": path, "value": str(found)}
        except (Error, ValueError, TypeError, IndexError) as error:
            yield {"name": path, "error": fault(error, partial=True)}


def text(fields: list[Row], *, hexadecimal: bool = False, blanks: str = " ") -> str:
    """The fields of a row one after the other in a line."""
    parts = []
    for field in fields:
        if "error" in field:
            shown = f'"ERROR {field["error"]["message"]}"'
        else:
            value = field["value"]
            number = isinstance(value, int) and (hexadecimal or field.get("pointer"))
            shown = f"{value:<#10x}" if number else f"{value:<10}"
        parts.append(f"{blanks}{field['name']}: {shown}")
    return "".join(parts)
