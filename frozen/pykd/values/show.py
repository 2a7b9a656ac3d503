# SPDX-License-Identifier: GPL-2.0-or-later
"""Typed objects as people see them: what ``print(task)``, ``f"{task}"`` and the prompt show, as C and bounded.

::

    *(struct list_head *)0xffffffff8c2158d0 = {
        next = 0xffffa088c11ca1c8,
        prev = 0xffffa088d2d8a388
    }    /* 146 entries: 0xffffa088c11ca1c8, 0xffffa088c11c8288, ... */

A line is a member; structs and arrays within it are cut to the line. Bytes that cannot be read are ``<excluded 0xADDR>`` in their place.
``struct TYPE ADDRESS`` shows everything.
"""

from __future__ import annotations

from _pykd import Enum, Error, FlexArray, LimitError, Member, Pointer, Struct, Type
from pykd.values.cformat import Formatter, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

LINE = 110
"""Characters of a member's value; what is longer is cut."""
MEMBERS = 400
"""Lines of a struct."""
ELEMENTS = 100
"""Of a list or another container at the prompt."""
LINKS = 10_000
"""Entries of a list that are counted."""
_NAMED_LINKS = 3
_DEPTH = 3
"""Structs within structs whose members are shown."""
_LARGEST = 1 << 20
"""Bytes of a struct that are looked at before it is said that nothing of it is there."""
_TEXT = 100_000
"""Characters of anything else."""


class _Lines(Formatter):
    """Values in one line each."""

    def _struct(self, type: Type, data: bytes, address: int, indent: int) -> str:
        if not type.complete:
            return "<incomplete type>"
        if indent > 2 * _DEPTH:
            return "{...}"
        return _braced(line.strip().removesuffix(",") for line in self._member_lines(type, data, address, indent + 2))

    def _array(self, type: Type, data: bytes, address: int, indent: int) -> str:
        element = type.target
        if isinstance(data, Unreadable) and element is not None and element.strip().kind not in ("struct", "union", "array"):
            data = self._partly(data, address, type.size)
            if isinstance(data, Unreadable):
                return f"<{data.error.reason} {address:#x}>"
        return _cut(super()._array(type, data, address, indent))


def _braced(parts: Iterator[str]) -> str:
    """``{a = 1, b = 2, ...}``; what is beyond the line is not read."""
    found: list[str] = []
    length = 0
    for part in parts:
        length += len(part) + 2
        if length > LINE:
            found.append("..." if found else _cut(part))
            break
        found.append(part)
    return "{" + ", ".join(found) + "}"


def _cut(text: str) -> str:
    return text if len(text) <= LINE else f"{text[:LINE]}..."


def text(value: Struct | Pointer) -> str:
    """What ``str()`` of a typed object says."""
    if isinstance(value, Struct):
        return "\n".join(_struct_lines(value))
    return _pointer(value)


def _struct_lines(value: Struct) -> Iterator[str]:
    cls = type(value)
    dump, address = cls.PYT_dump, int(value) & (1 << 64) - 1
    if not value:
        yield f"({cls.PYT_symbol} *)0x0"
        return
    try:
        if cls.PYT_size and not dump.readable(address, min(address + min(cls.PYT_size, _LARGEST), (1 << 64) - 1)):
            dump.read(address, 1)
    except Error as error:
        yield f"*({cls.PYT_symbol} *){address:#x}  <{getattr(error, 'reason', error)}>"
        return
    yield f"*({cls.PYT_symbol} *){address:#x} = {{"
    lines = _Lines(dump)
    for number, (member, base) in enumerate(_flat(cls.PYT_type.strip(), int(value))):
        if number == MEMBERS:
            yield "    ..."
            break
        try:
            shown = lines.member(member, base)
        except LimitError as error:
            shown = f"<{error}>"
        yield f"    {member.name} = {shown},"
    yield "}" + _entries(value)


def _flat(type: Type, base: int, depth: int = 0) -> Iterator[tuple[Member, int]]:
    """Members and where the struct that they are of begins; of those without a name, theirs."""
    for member in type.members() if type.complete else ():
        if member.name:
            yield member, base
        elif (inner := member.type.strip()).kind in ("struct", "union") and depth < 16:
            yield from _flat(inner, base + member.offset, depth + 1)


def _entries(value: Struct) -> str:
    """Of a list's head, what is on it."""
    cls = type(value)
    if cls.PYT_symbol != "struct list_head" or not value:
        return ""
    dump = cls.PYT_dump
    try:
        links, end = dump.follow(dump.read_unsigned(value), stop=int(value), limit=LINKS)
    except Error:
        return ""
    if not links or links == [int(value)]:
        return "    /* empty */"
    count = f"{len(links)} entries" if end is None else f"{len(links)} entries and more" if end == "limit" else f"{len(links)} entries, then {end}"
    named = ", ".join(f"{int(link):#x}" for link in links[:_NAMED_LINKS])
    return f"    /* {count}: {named}{', ...' if len(links) > _NAMED_LINKS else ''} */"


def _pointer(value: Pointer) -> str:
    """``(int *)0x… = 5``"""
    cls = type(value)
    shown = repr(value)
    lines = _Lines(cls.PYT_dump)
    target = cls.PYT_type.strip().target
    if target is None or target.strip().kind in ("void", "function") or not target.strip().size:
        return shown + lines.pointer(int(value)).removeprefix(f"{int(value):#x}")
    return f"{shown} = {lines.value(target, int(value))}" if value else shown


def displayed(value: Any) -> str:
    """What the prompt shows of a value."""
    if isinstance(value, (Struct, Pointer)):
        return str(value)
    if isinstance(value, Enum):
        return f"{value}"
    if isinstance(value, FlexArray):
        return f"({type(value).PYT_type}){int(value):#x}"
    kind = type(value)
    if kind in (list, tuple, set, frozenset) and len(value) > ELEMENTS:
        import itertools

        first = kind(itertools.islice(value, ELEMENTS))
        return f"{repr(first)[:-1]}, ...{repr(first)[-1]}  # {ELEMENTS} of {len(value)}"
    shown = repr(value)
    return shown if len(shown) <= _TEXT else f"{shown[:_TEXT]}..."


def names(value: Struct) -> list[str]:
    """What ``dir()`` says: the members of the struct, and what all such objects have."""
    kernel = (member.name for member, _ in _flat(type(value).PYT_type.strip(), 0))
    return sorted({*object.__dir__(value), *(name for name in kernel if name)})


def html(value: Struct | Pointer) -> str:
    """What a notebook shows."""
    import html as escaping

    return f"<pre>{escaping.escape(str(value))}</pre>"


