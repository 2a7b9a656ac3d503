# SPDX-License-Identifier: GPL-2.0-or-later
"""The contract of ``--json``: of which kind each value of an answer is, how it is written, and the JSON schema that says so.

``shapes.txt`` beside this file has a line for each value that the rows of a command or program may have, ``PATH KIND[|KIND]…``, under the
command's name; ``[]`` in a path is an element of a list, ``{}`` the value of any key. The kinds are

============= =======================================================================================================
``address``   hexadecimal digits behind ``0x``, in a string: as a number jq and JavaScript would read it wrong, silently
``bits``      flags or another mask, likewise
``date``      RFC 3339, in UTC, of what rows have in seconds since 1970; null if it is no date
``integer``   a number; from 2**53 on its decimal digits in a string, for the same reason
``number``    a number that may have a fraction
``string``    without blanks at its ends
``verbatim``  a string with the blanks that it has
``boolean``
``any``       a value of a C type, see :mod:`pykd.values.cdata`: an object, list, number, string
============= =======================================================================================================

Any of them is null where the dump does not tell. What is added to an answer, a key or a kind, breaks no reader who passes over what he does
not know: objects are open.

What could not be read is said by ``error`` in any object: see :func:`pykd.core.rows.fault`. ``tools/shapes.py`` adds to the file what it
meets.
"""

from __future__ import annotations

import re
from functools import cache

import _pykd_files as files
from pykd.core.rows import Address, Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pykd.session.command import Command

VERSION = 1
"""Of the contract. It grows by one when a name or kind changes or goes; what is added needs no new one."""
DIALECT = "https://json-schema.org/draft/2020-12/schema"
EXACT = 1 << 53
"""Integers up to here are exact wherever JSON is read."""
_KERNEL = 0xFF00000000000000
"""Where no shape says what a number is, it is an address from here on."""
_NO_DATE = 253402300800
"""The first second of the year 10000."""
_STEP = re.compile(r"\[\]|\{\}|[^.\[{]+(?:\[(?!\])[^.\[{]*)*")


class Shape:
    """What a place in an answer may hold."""

    __slots__ = ("element", "kinds", "members", "others")

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.members: dict[str, Shape] | None = None
        """By key, of an object."""
        self.others: Shape | None = None
        """Of an object's keys that are no names."""
        self.element: Shape | None = None
        """Of a list."""

    def at(self, path: str) -> Shape:
        """The place that *path* leads to from here, made if it is new."""
        place = self
        for step in _STEP.findall(path):
            if step == "[]":
                place.element = place = place.element or Shape()
            elif step == "{}":
                place.others = place = place.others or Shape()
            else:
                if place.members is None:
                    place.members = {}
                place = place.members.setdefault(step, Shape())
        return place


def parse(text: str) -> dict[str, Shape]:
    """The shapes of rows, by command. :raises ValueError: a line is none."""
    found: dict[str, Shape] = {}
    current = Shape()
    for line in text.splitlines():
        if line.startswith("["):
            current = found.setdefault(line[1:-1], Shape())
        elif line and not line.startswith("#"):
            path, kinds = line.split(" ")
            if unknown := set(kinds.split("|")) - set(_KINDS):
                raise ValueError(f"{path}: there is no kind {', '.join(unknown)}")
            current.at(path).kinds.update(kinds.split("|"))
    return found


@cache
def shapes() -> dict[str, Shape]:
    """Those of all commands and programs."""
    return parse(files.read("pykd/session/shapes.txt").decode())


def of(command: str) -> Shape | None:
    """The shape of the rows that a command line answers with; None if it is not known. A program with the name of a command is ``epython NAME``."""
    words = command.split()
    if not words:
        return None
    if words[0] == "epython" and len(words) > 1:
        return shapes().get(f"epython {words[1]}") or shapes().get(words[1])
    if words[0] != "foreach":
        return shapes().get(words[0])
    return _of_each(next((word for word in words[1:] if word in shapes()), ""))


def _of_each(inner: str) -> Shape | None:
    """That of ``foreach``, whose rows are those of another command or have these under ``rows``."""
    own, other = shapes().get("foreach"), shapes().get(inner)
    if own is None or other is None:
        return own
    joined = Shape()
    joined.members = {**(other.members or {}), **(own.members or {})}
    rows = Shape()
    rows.element = other
    joined.members["rows"] = rows
    return joined


# -- values


def written(value: Any, shape: Shape | None) -> Any:
    """A value of a row as JSON has it; *shape* None: of any kind."""
    kind = type(value)
    if kind is dict:
        members = (shape.members if shape is not None else None) or {}
        others = shape.others if shape is not None else None
        return {key: written(one, members.get(key, others)) for key, one in value.items()}
    if kind is list or kind is tuple:
        element = shape.element if shape is not None else None
        return [written(one, element) for one in value]
    if kind is bool or value is None:
        return value
    kinds = shape.kinds if shape is not None else ()
    if isinstance(value, int):
        if kind is Address or (("address" in kinds or "bits" in kinds) and "integer" not in kinds):
            return hexadecimal(value)
        if "date" in kinds:
            return moment(value)
        if -EXACT < value < EXACT:
            return value
        return hexadecimal(value) if shape is None and value >= _KERNEL else str(value)
    if kind is str and "string" in kinds:
        return value.strip()
    return value


def moment(seconds: int) -> str | None:
    """*seconds* since 1970 as RFC 3339 has them; None: it is no date that it can write."""
    from pykd.values import date

    return date.text(seconds, "%Y-%m-%dT%H:%M:%SZ", utc=True) if 0 <= seconds < _NO_DATE else None


def hexadecimal(value: int) -> str:
    """As addresses and masks are written; what C has as a negative number as the 64 bits of it."""
    return f"{value & 0xFFFFFFFFFFFFFFFF if value < 0 else value:#x}"


def row(row: Row, shape: Shape | None) -> Row:
    """A row as JSON has it."""
    found: Row = written(row, shape)
    return found


# -- the schema

_FAULT = {
    "type": "object",
    "description": "what could not be read or told of the object that it is in",
    "required": ["reason", "message"],
    "properties": {
        "reason": {
            "enum": ["excluded", "absent", "truncated", "untranslatable", "corrupt", "unknown", "damaged", "usage", "failed", "interrupted", "internal"],
        },
        "address": {"$ref": "#/$defs/address"},
        "message": {"type": "string"},
        "partial": {"const": True, "description": "what else was asked for is there"},
    },
    "additionalProperties": False,
}
_DUMP = {
    "type": "object",
    "description": "which dump it is; null: not known",
    "required": ["path", "release", "build_id", "crash_time"],
    "properties": {
        "path": {"type": "string"},
        "release": {"type": ["string", "null"]},
        "build_id": {"type": ["string", "null"], "description": "of the kernel"},
        "crash_time": {"anyOf": [{"$ref": "#/$defs/date"}, {"type": "null"}]},
    },
    "additionalProperties": False,
}
_KINDS: dict[str, Any] = {
    "address": {"type": "string", "pattern": "^0x(0|[1-9a-f][0-9a-f]*)$"},
    "bits": {"type": "string", "pattern": "^0x(0|[1-9a-f][0-9a-f]*)$"},
    "date": {"type": "string", "format": "date-time", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"},
    "integer": {
        "anyOf": [{"type": "integer", "minimum": 1 - EXACT, "maximum": EXACT - 1}, {"type": "string", "pattern": "^-?[0-9]{16,}$"}],
        "description": "digits in a string where a double is not exact",
    },
    "string": {"type": "string", "pattern": r"^(\S([\s\S]*\S)?)?$"},
    "verbatim": {"type": "string"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "any": {"type": ["object", "array", "string", "number", "boolean", "null"], "description": "a value of a C type"},
}
_PLAIN = ("boolean", "number", "verbatim")


def _of_kind(kind: str) -> dict[str, Any]:
    return dict(_KINDS[kind]) if kind in _PLAIN else {"$ref": f"#/$defs/{kind}"}


def _schema(shape: Shape) -> dict[str, Any]:
    """The schema of a place."""
    if "any" in shape.kinds:
        return _of_kind("any")
    choices = [_of_kind(kind) for kind in sorted(shape.kinds)]
    if shape.members is not None or shape.others is not None:
        found: dict[str, Any] = {"type": "object", "properties": {key: _schema(one) for key, one in (shape.members or {}).items()}}
        found["properties"]["error"] = {"$ref": "#/$defs/error"}
        if shape.others is not None:
            found["additionalProperties"] = _schema(shape.others)
        choices.append(found)
    if shape.element is not None:
        choices.append({"type": "array", "items": _schema(shape.element)})
    return {"anyOf": [*choices, {"type": "null"}]} if choices else _of_kind("any")


def _row_schema(command: Command, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "properties": {}}
    if (shape := shapes().get(name) or shapes().get(command.name)) is not None and command.name != "foreach":
        found["properties"] = {key: _schema(one) for key, one in (shape.members or {}).items()}
    for key, text in command.fields.items():
        found["properties"].setdefault(key, {})
        if text:
            found["properties"][key]["description"] = text
    found["properties"]["error"] = {"$ref": "#/$defs/error"}
    return found


def schema(command: Command, name: str = "") -> dict[str, Any]:
    """The JSON schema of the document that a command or program answers with.

    :param name: how it is called where that is not its own name.
    """
    name = name or command.name
    return _document(name, command.summary, {"rows": {"type": "array", "items": _row_schema(command, name)}}, "what was printed beside the rows")


def text_schema(name: str, summary: str) -> dict[str, Any]:
    """That of a program without rows, which only prints."""
    return _document(name, summary, {}, "what was printed")


def _document(name: str, summary: str, rows: dict[str, Any], text: str) -> dict[str, Any]:
    """:param rows: the property ``rows``, if there are any: then they are always there, else ``text`` is.
    :param text: what that is."""
    return {
        "$schema": DIALECT,
        "$id": f"pykd:{name}:{VERSION}",
        "title": f"{name}: {summary}",
        "type": "object",
        "required": ["schema", "command", "dump", *(rows or ("text",))],
        "properties": {
            "schema": {"const": VERSION},
            "command": {"type": "string", "description": "the line that was run"},
            "dump": {"$ref": "#/$defs/dump"},
            **rows,
            "text": {"type": "string", "description": text},
            "error": {"$ref": "#/$defs/error"},
        },
        "additionalProperties": False,
        "$defs": {
            "error": _FAULT,
            "dump": _DUMP,
            **{kind: dict(value) for kind, value in _KINDS.items() if kind not in _PLAIN},
        },
    }


def schema_of(name: str) -> dict[str, Any] | None:
    """That of the command or program of that name; None if there is none."""
    from pykd.session import program, runtime

    _, _, alone = name.rpartition("epython ")
    if (command := program.declared(name) if alone == name else program.find(alone)) is not None:
        return schema(command, name)
    entry = runtime.entry(name)
    return text_schema(name, entry.short) if entry is not None else None


def catalogue() -> dict[str, Any]:
    """The schemas of all commands and programs, by name."""
    from pykd.session import command, runtime

    own = {name for name in shapes() if name.startswith("epython ")}
    found = {name: schema_of(name) for name in sorted({*command.names(), *runtime.registered(), *own})}
    return {"schema": VERSION, "commands": {name: one for name, one in found.items() if one is not None}}
