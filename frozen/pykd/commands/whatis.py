# SPDX-License-Identifier: GPL-2.0-or-later
"""``whatis``: the type of a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Error, Type
from pykd import cdefine
from pykd.command import Command, CommandError, Option, Row, UsageError
from pykd.session import Session


def rows(session: Session, options: Any) -> Iterator[Row]:
    if options.r or options.m:
        yield from _search(session, options)
        return
    if not options.arguments:
        raise UsageError("a name is missing")
    yield {"name": " ".join(options.arguments)}


def _search(session: Session, options: Any) -> Iterator[Row]:
    """Structures of a size or range of sizes, or with a member of a given type."""
    low, high = 0, 1 << 64
    if options.r:
        first, _, last = options.r.partition("-")
        try:
            low, high = int(first, 0), int(last or first, 0)
        except ValueError:
            raise CommandError(f"invalid range: {options.r}") from None
    found = []
    for type in session.dump.types("struct") + session.dump.types("union"):
        if not low <= type.size <= high:
            continue
        if options.m and not _has_member(type, options.m):
            continue
        found.append((type.size, type.name or "", type.kind))
    for size, name, kind in sorted(set(found)):
        yield {"size": size, "type": name, "kind": kind}


def _has_member(type: Type, wanted: str) -> bool:
    """Of a type, or pointing to one, whose name is *wanted*; in anonymous members too."""
    for member in type.members():
        inner = member.type
        while inner.kind in ("pointer", "array", "qualified") and inner.target is not None:
            inner = inner.target
        if wanted in (inner.name, str(inner)) or (inner.name is None and inner.kind in ("struct", "union") and _has_member(inner, wanted)):
            return True
    return False


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.r or options.m:
        yield "SIZE  TYPE"
        for row in rows:
            yield f"{row['size']:>4}  {row['type']}"
        return
    for row in rows:
        yield from describe(session, row["name"], bool(options.o))


def describe(session: Session, name: str, offsets: bool = False) -> Iterator[str]:
    """What *name* is: a type's definition, a variable's or function's declaration. :raises CommandError:"""
    dump = session.dump
    words = name.split()
    kinds = ("struct", "union", "enum")
    bare = words[-1]
    if words[0] not in kinds and len(words) == 1 and dump.address_of(name):
        try:
            yield dump.symbol_type(name).declare(name) + ";"
        except Error:
            yield f"{name}: <data variable, no debug info>"
        return
    for kind in [words[0]] if words[0] in kinds else kinds:
        found = dump.find_type(kind, bare)  # type: ignore[arg-type]
        if found is not None:
            yield from cdefine.lines(found, offsets=offsets)
            yield f"SIZE: {found.size}"
            return
    if (typedef := dump.find_type("typedef", name)) is not None:
        yield from _typedef(typedef, offsets)
        return
    try:
        type = dump.type(name)
    except Error:
        from pykd.expression import evaluate

        type = evaluate(dump, name).type
    yield str(type)
    yield f"SIZE: {type.strip().size}"


def _typedef(typedef: Type, offsets: bool) -> Iterator[str]:
    target = typedef.target
    if target is not None and target.kind in ("struct", "union", "enum"):
        yield from cdefine.lines(target, offsets=offsets, name=typedef.name)
    elif target is not None:
        yield f"typedef {target.declare(typedef.name or '')};"
    if typedef.strip().size:
        yield f"SIZE: {typedef.strip().size}"


COMMAND = Command(
    name="whatis",
    summary="definition of a type or variable",
    topic="data",
    options=(
        Option("-o", help="show the offset of each member"),
        Option("-r", "SIZE[-SIZE]", help="list the structures of that size"),
        Option("-m", "TYPE", help="list the structures with a member of, or pointing to, that type"),
    ),
    arguments="NAME",
    fields={"name": "what was asked for", "size": "bytes", "type": "tag", "kind": "struct or union"},
    examples=(("whatis jiffies", "a variable's declaration"), ("whatis -m nsproxy", "who refers to it")),
    rows=rows,
    text=text,
)
