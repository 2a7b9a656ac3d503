# SPDX-License-Identifier: GPL-2.0-or-later
"""Definitions of C types as text: what ``struct NAME`` and ``whatis`` print."""

from __future__ import annotations

from collections.abc import Iterator

from _pykd import Member, Type


def _untagged(type: Type) -> Type | None:
    """The struct, union or enum without a tag that must be written out where it is used, behind pointers and arrays."""
    while type.kind in ("pointer", "array", "qualified") and type.target is not None:
        type = type.target
    return type if type.kind in ("struct", "union", "enum") and type.name is None else None


def _member_lines(member: Member, base: int, indent: int, offsets: bool) -> Iterator[str]:
    """Declaration of a member whose struct begins *base* bytes into the outermost one."""
    at = base + member.offset
    mark = f"{f'[{at}]':>8} " if offsets else ""
    blank = " " * len(mark)
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
        yield from _member_lines(part, at, indent + 4, offsets)
    yield f"{blank}{pad}}}{' ' + tail if tail else ''}{bits};"


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


def lines(type: Type, *, offsets: bool = False, name: str | None = None) -> Iterator[str]:
    """The definition of a struct, union or enum, without its final semicolon.

    :param offsets: each member's byte offset in brackets before it.
    :param name: a typedef's, for ``typedef struct {…} name;``.
    """
    head = f"{type.kind} {type.name}" if type.name else type.kind
    if name:
        head = f"typedef {head}"
    if type.kind == "enum":
        values = ", ".join(f"{key} = {value}" if value != i else key for i, (key, value) in enumerate(type.enumerators()))
        yield f"{head} {{{values}}}" + (f" {name};" if name else "")
        return
    yield f"{head} {{"
    for member in type.members():
        # offsets take the place of the first column's indent
        yield from _member_lines(member, 0, 0 if offsets else 4, offsets)
    yield "}" + (f" {name};" if name else "")


def members(type: Type, paths: list[str], *, offsets: bool = True) -> Iterator[str]:
    """``struct NAME {``, the declarations of some members, ``}``. :raises KeyError: of a path that is none."""
    yield f"{type.kind} {type.name} {{" if type.name else f"{type.kind} {{"
    for path in paths:
        member = type.member(path)
        if member is None:
            raise KeyError(path)
        yield from _member_lines(member, 0, 0 if offsets else 4, offsets)
    yield "}"
