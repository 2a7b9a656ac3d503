# SPDX-License-Identifier: GPL-2.0-or-later
"""Small parsers: C ``enum`` and ``#define`` text as Python objects, tables with a header line."""

from __future__ import annotations

from pykd.boot import lazy

from .Generic import Bunch

# CEnum and CDefine do without: programs use them while they are imported, and re is slow to import.
re = lazy.module("re")

FieldInfo = Bunch

_NAME = r"[A-Za-z_]\w*"


def _without_comments(text: str) -> str:
    """*text* with a blank for each C comment."""
    parts: list[str] = []
    while True:
        start, line = text.find("/*"), text.find("//")
        if line >= 0 and (start < 0 or line < start):
            start, end = line, text.find("\n", line)
        elif start >= 0:
            end = text.find("*/", start)
            end += 2 if end >= 0 else 0
        else:
            return "".join([*parts, text])
        parts += [text[:start], " "]
        text = text[end:] if end >= 0 else ""


def _integer(text: str) -> int:
    """A C integer constant: ``0x1f``, ``-12``, ``017``, with or without a suffix."""
    digits = text.rstrip("uUlL")
    sign = -1 if digits.startswith("-") else 1
    digits = digits.lstrip("-")
    if digits[:2] in ("0x", "0X"):
        return sign * int(digits, 16)
    return sign * int(digits, 8 if len(digits) > 1 and digits[0] == "0" else 10)


class CEnum:
    """A C ``enum`` declaration: its names are attributes, ``e[2]`` is the name of 2."""

    def __init__(self, declaration: str) -> None:
        lines = _without_comments(declaration).split("\n")
        head, _, body = "\n".join(line.partition("#")[0] for line in lines).partition("{")
        items, end, _ = body.partition("}")
        if not end or head.split()[:1] != ["enum"] or len(head.split()) > 2:
            raise ValueError(f"not a C enum: {declaration.strip()[:40]!r}")
        self.vals: list[tuple[str, int]] = []
        self.lookup: dict[int, str] = {}
        self.name2i: dict[str, int] = {}
        value = 0
        for item in filter(None, (part.strip() for part in items.split(","))):
            name, _, text = (part.strip() for part in item.partition("="))
            if text:
                value = self.name2i[text] if text in self.name2i else _integer(text)
            self.vals.append((name, value))
            self.lookup[value] = name
            self.name2i[name] = value
            setattr(self, name, value)
            value += 1

    def __getitem__(self, value: int) -> str:
        return self.lookup[value]

    def getByName(self, name: str) -> int:
        return self.name2i[name]

    def getAllNames(self) -> list[str]:
        return sorted(self.name2i)

    def __str__(self) -> str:
        return str(self.vals)

    def __len__(self) -> int:
        return len(self.vals)


class CDefine(dict):  # type: ignore[type-arg]
    """Lines ``#define NAME value``: a dict from name to value, whose names are attributes too.

    A value is an integer constant or an earlier name. Names and values in a dict will do too.
    """

    _by_value: dict[int, str]

    def __init__(self, text: str | dict[str, int]) -> None:
        super().__init__()
        object.__setattr__(self, "_by_value", {})
        if isinstance(text, dict):
            for name, value in text.items():
                self[name] = value
            return
        for line in _without_comments(text).split("#"):
            words = line.split()
            if len(words) < 3 or words[0] != "define":
                continue
            # The one operator that kernel headers are full of: (1 << 4).
            number, _, shift = "".join(words[2:]).strip("()").partition("<<")
            self[words[1]] = (self[number] if number.isidentifier() else _integer(number)) << _integer(shift or "0")

    def __setitem__(self, name: str, value: int) -> None:
        super().__setitem__(name, value)
        object.__setattr__(self, name, value)
        self._by_value[value] = name

    def oldvalue2key(self, value: int) -> str | None:
        """The first name of *value*, looked up in the items as they are now."""
        return next((name for name, known in self.items() if known == value), None)

    def value2key(self, value: int) -> str | None:
        """The last name that was defined as *value*."""
        return self._by_value.get(value)


def parseSUDef(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Parse ``struct foo {int a; char *b[2]; void (*f)(int);};``.

    :returns: ``struct foo`` and (type, member name) in order; a function pointer's type ends with ``(*)()``.
    """
    text = _without_comments(text)
    head = re.match(rf"\s*(struct|union)\s+({_NAME})\s*{{(.*)}}\s*;?\s*$", text, re.DOTALL)
    if not head:
        raise ValueError(f"not a struct definition: {text.strip()[:40]!r}")
    members = []
    for declaration in filter(None, (" ".join(part.split()) for part in head[3].split(";"))):
        function = re.match(rf"(.*?)\(\s*\*\s*({_NAME})\s*\)\s*\(.*\)\s*((?:\[\s*\d+\s*\]\s*)*)$", declaration)
        plain = re.match(rf"(.*?)(\**)\s*({_NAME})\s*((?:\[\s*\d+\s*\]\s*)*)$", declaration)
        if function:
            members.append((f"{function[1].strip()} (*)(){''.join(function[3].split())}", function[2]))
        elif plain and plain[1].strip():
            stars = " " + plain[2] if plain[2] else ""
            members.append((f"{plain[1].strip()}{stars}{''.join(plain[4].split())}", plain[3]))
        else:
            raise ValueError(f"cannot parse member {declaration!r} of {head[1]} {head[2]}")
    return f"{head[1]} {head[2]}", members


def parser_header_tabs(txt: str, anyws: bool = False, skip: int = 0) -> list[dict[str, str | list[str]]]:
    """A table whose first line names its columns: one dict for each later line that is not blank.

    Columns are separated by tabs, or by any white space when *anyws*; *skip* lines before the header are ignored. Fields beyond
    the header's are a list under ``__extra``.
    """
    lines = txt.splitlines()[skip:]
    if not lines:
        return []
    separator = r"\s+" if anyws else r"\t+"
    names = re.split(separator, lines[0])
    rows = []
    for line in lines[1:]:
        if not line.strip():
            continue
        fields = re.split(separator, line)
        row: dict[str, str | list[str]] = dict(zip(names, fields))
        if len(fields) > len(names):
            row["__extra"] = fields[len(names) :]
        rows.append(row)
    return rows
