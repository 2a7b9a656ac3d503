# SPDX-License-Identifier: GPL-2.0-or-later
"""What of an answer an agent wants: some rows, some fields, a page of them, or how many there are of each kind."""

from __future__ import annotations

import operator
import re

from pykd.session.document import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

LIMIT = 50
"""Rows of an answer, unless told"""
MAX_LIMIT = 1000
MAX_CHARACTERS = 50_000
"""Of the rows of an answer as JSON; more would leave no room in the context of who reads it"""
MAX_ROWS = 2_000_000
"""That are looked at"""
MAX_GROUPS = 1000

PROPERTIES: dict[str, Any] = {
    "fields": {"type": "array", "items": {"type": "string"}, "description": "keep only these, PATH.OF.KEYS each; default: all"},
    "where": {
        "type": "array",
        "items": {"type": "string"},
        "description": "rows for which all of these hold: PATH OP VALUE, with OP one of = != < <= > >= ~ (contains), such as 'comm = bash', 'pid > 100', 'frames.function ~ mutex'",
    },
    "count": {"type": "string", "description": "not the rows: how many there are of each value of this PATH, or 'all' for how many in all"},
    "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "description": f"rows at most; default {LIMIT}"},
    "offset": {"type": "integer", "minimum": 0, "description": "rows to pass over: next_offset of the answer before"},
}
"""Arguments of tools that answer with rows"""
_CONDITION = re.compile(r"\s*([\w.+/-]+)\s*(!=|<=|>=|=|<|>|~)\s*(.*?)\s*$", re.DOTALL)
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


class Condition:
    """``PATH OP VALUE``"""

    def __init__(self, text: str) -> None:
        """:raises ValueError: it is none."""
        match = _CONDITION.match(text)
        if match is None:
            raise ValueError(f"{text!r} is no condition; write PATH OP VALUE, such as 'pid > 100'; OP is = != < <= > >= or ~")
        self._path, self._operator, self._value = match.groups()
        self._number = number(self._value)

    def holds(self, row: Any) -> bool:
        """Whether it holds for any of the values that the path leads to; ``!=`` for all."""
        values = list(at(row, self._path))
        if self._operator == "!=":
            return not any(self._equal(value) for value in values)
        return any(self._holds(value) for value in values)

    def _equal(self, value: Any) -> bool:
        if self._number is not None and (found := number(value)) is not None:
            return found == self._number
        return spelled(value) == self._value

    def _holds(self, value: Any) -> bool:
        if self._operator == "=":
            return self._equal(value)
        if self._operator == "~":
            return self._value.casefold() in spelled(value).casefold()
        found = number(value)
        if found is not None and self._number is not None:
            return _ORDERS[self._operator](found, self._number)
        return isinstance(value, str) and found is None and _ORDERS[self._operator](value, self._value)


def number(value: Any) -> int | float | None:
    """What a value of JSON, or a text, is as a number: ``0x`` begins hexadecimal digits."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return value
    if not isinstance(value, str) or len(value) > 30:
        return None
    try:
        return int(value, 16 if value[:2] == "0x" else 10)
    except ValueError:
        try:
            return float(value)
        except ValueError:
            return None


def spelled(value: Any) -> str:
    """A value as conditions write it."""
    return value if isinstance(value, str) else encode(value)


def at(row: Any, path: str) -> Iterator[Any]:
    """The values that *path* leads to; through a list, those of each element."""
    if isinstance(row, list):
        for one in row:
            yield from at(one, path)
    elif not path:
        yield row
    elif isinstance(row, dict):
        if path in row:
            yield from at(row[path], "")
        else:
            key, _, rest = path.partition(".")
            if key in row and rest:
                yield from at(row[key], rest)


def kept(row: Any, paths: list[str]) -> Any:
    """*row* with what *paths* lead to, and its errors."""
    if isinstance(row, list):
        return [kept(one, paths) for one in row]
    if not isinstance(row, dict):
        return row
    found = {key: value for key, value in row.items() if key in paths or key == "error"}
    for key in dict.fromkeys(path.partition(".")[0] for path in paths if "." in path):
        if key in row and key not in found:
            found[key] = kept(row[key], [path.partition(".")[2] for path in paths if path.partition(".")[0] == key])
    return found


class Selection:
    """The arguments that say it. :raises ValueError: one is wrong."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        self._fields: list[str] = list(arguments.get("fields") or ())
        self._conditions = [Condition(text) for text in arguments.get("where") or ()]
        self._count: str | None = arguments.get("count")
        self._limit: int = arguments.get("limit", LIMIT)
        self._offset: int = arguments.get("offset", 0)

    def of(self, rows: Iterable[Any], seen: Callable[[int], None]) -> dict[str, Any]:
        """``{"rows", "total"}``, with ``next_offset`` if there is more; or ``{"rows": [], "total", "counts"}``.

        :param rows: as JSON has them.
        :param seen: is told how many were looked at.
        """
        chosen: list[Any] = []
        groups: dict[str, int] = {}
        others = matching = characters = 0
        full = False
        for looked, row in enumerate(rows):
            seen(looked)
            if looked >= MAX_ROWS:
                break
            if not all(condition.holds(row) for condition in self._conditions):
                continue
            matching += 1
            if self._count is not None:
                for value in {spelled(value) for value in at(row, self._count)} if self._count != "all" else ():
                    if value in groups or len(groups) < MAX_GROUPS:
                        groups[value] = groups.get(value, 0) + 1
                    else:
                        others += 1
            elif matching > self._offset and not full:
                one = kept(row, self._fields) if self._fields else row
                characters += len(encode(one))
                if len(chosen) >= self._limit or (chosen and characters > MAX_CHARACTERS):
                    full = True
                else:
                    chosen.append(one)
        found: dict[str, Any] = {"rows": chosen, "total": matching}
        if self._count is not None and self._count != "all":
            ordered = sorted(groups.items(), key=lambda item: -item[1])
            found["counts"] = [{"value": value, "count": count} for value, count in ordered] + [{"value": None, "count": others}] * (others > 0)
        if full:
            found["next_offset"] = self._offset + len(chosen)
        return found
