# SPDX-License-Identifier: GPL-2.0-or-later
"""Definitions of C types as text: what ``struct NAME`` and ``whatis`` print."""

from __future__ import annotations

from _pykd import LimitError, Member, Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_INDENT = 4 * 64
"""Structs are not nested deeper, but damaged types are, in themselves."""
MAX_LINES = 1 << 16
"""Definitions are not longer, but those of damaged types, whose members bring their members each, are."""


def _untagged(type: Type) -> Type | None:
    """The struct, union or enum without a tag that must be written out where it is used, behind pointers and arrays."""
    while type.kind in ("pointer", "array", "qualified") and type.target is not None:
        type = type.target
    return type if type.kind in ("struct", "union", "enum") and type.name is None else None


class Offsets:
    """How offsets are shown before members: ``   [16] ``.

    :param type: the outermost structure, whose size says how wide they can be.
    """

    def __init__(self, type: Type, radix: int = 10) -> None:
        self.type = type
        self.radix = radix
        self.width = len(self._number(type.size)) + 4
        self.blank = " " * (self.width + 1)

    def _number(self, value: int) -> str:
        return f"{value:#x}" if self.radix == 16 else str(value)

    def within(self, member: Member, offset: int) -> str:
        """The mark of a member of a member with a name: crash shows it only where its name alone says which it is."""
        found = self.type.member(member.name) if member.name else None
        return self.mark(offset) if found is not None and found.offset == offset else self.blank

    def mark(self, offset: int) -> str:
        return f"[{self._number(offset)}]".rjust(self.width) + " "


def _bounded(type: Type, lines: Iterable[str]) -> Iterator[str]:
    """The lines, of which a definition has not too many. :raises LimitError:"""
    for number, line in enumerate(lines):
        if number >= MAX_LINES:
            raise LimitError(f"{type} has too many members to show")
        yield line


def _member_lines(member: Member, base: int, indent: int, offsets: Offsets | None) -> Iterator[str]:
    """Declaration of a member whose struct begins *base* bytes into the outermost one."""
    at = base + member.offset
    mark = offsets.mark(at) if offsets else ""
    blank = " " * len(mark)
    yield from _declaration(member, at, indent, offsets, mark, blank)


def _declaration(member: Member, at: int, indent: int, offsets: Offsets | None, mark: str, blank: str) -> Iterator[str]:
    if indent > MAX_INDENT:
        raise LimitError(f"{member.type} is nested too deep")
    pad = " " * indent
    bits = f" : {member.bit_size}" if member.bit_size is not None else ""
    inner = _untagged(member.type)
    if inner is None:
        yield f"{mark}{pad}{member.type.declare(member.name or '')}{bits};"
        return
    # what stands behind the closing brace: stars, name, brackets
    spelled = member.type.declare(member.name or "")
    tail = spelled.partition("}")[2].strip() if "}" in spelled else _declarator(member, inner)
    if inner.kind == "enum":
        names = ", ".join(name for name, _ in inner.enumerators())
        yield f"{mark}{pad}enum {{{names}}} {tail}{bits};"
        return
    yield f"{blank}{pad}{inner.kind} {{"
    for part in inner.members():
        # of a member with a name its own offset counts, which stands behind its members
        if member.name:
            inner_mark = offsets.within(part, at + part.offset) if offsets else ""
            yield from _declaration(part, at + part.offset, indent + 4, offsets, inner_mark, blank)
        else:
            yield from _member_lines(part, at, indent + 4, offsets)
    yield f"{mark if member.name else blank}{pad}}}{' ' + tail if tail else ''}{bits};"


def _declarator(member: Member, inner: Type) -> str:
    """``*name[3]`` of a member of untagged type."""
    text = member.name or ""
    type = member.type
    while type is not inner and type.target is not None:
        if type.kind == "pointer":
            text = "*" + text
        elif type.kind == "array":
            text = f"({text})" if text.startswith("*") else text
            text += f"[{type.length if type.length is not None else ''}]"
        type = type.target
    return text


def enum_line(type: Type) -> str:
    """``enum NAME {A, B, C = 4}`` as gdb has it."""
    head = f"enum {type.name} " if type.name else "enum "
    expected, parts = 0, []
    for name, value in type.enumerators():
        parts.append(name if value == expected else f"{name} = {value}")
        expected = value + 1
    return f"{head}{{{', '.join(parts)}}}"


def lines(type: Type, *, offsets: bool = False, name: str | None = None, radix: int = 10) -> Iterator[str]:
    """The definition of a struct, union or enum, without its final semicolon.

    :param offsets: each member's byte offset in brackets before it.
    :param name: a typedef's, for ``typedef struct {…} name;``.
    :param radix: 10 or 16, of the offsets.
    """
    head = f"{type.kind} {type.name}" if type.name else type.kind
    if name:
        head = f"typedef {head}"
    yield f"{head} {{"
    if type.kind == "enum":
        yield from (f"  {key} = {value}" for key, value in type.enumerators())
        yield f"}} {name};" if name else "};"
        return
    # offsets take the place of the first column's indent
    indent, marks = (0, Offsets(type, radix)) if offsets else (4, None)
    yield from _bounded(type, (line for member in type.members() for line in _member_lines(member, 0, indent, marks)))
    yield "}" + (f" {name};" if name else "")


def members(type: Type, paths: list[str], *, radix: int = 10) -> Iterator[str]:
    """``struct NAME {``, the declarations of some members with their offsets, ``}``. :raises KeyError: of a path that is none."""
    found = [type.member(path) for path in paths]
    if None in found:
        raise KeyError(paths[found.index(None)])
    yield f"{type.kind} {type.name} {{" if type.name else f"{type.kind} {{"
    for member in found:
        if member is not None:
            yield from _bounded(type, _member_lines(member, 0, 0, Offsets(type, radix)))
    yield "}"
