# SPDX-License-Identifier: GPL-2.0-or-later
"""``whatis``: the type of a name."""

from __future__ import annotations

from _pykd import Dump, Error, Type
from pykd.commands.data.struct_ import no_member
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values import cdefine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    if options.r or options.m:
        yield from sorted(_search(session, options), key=lambda row: (row["size"], row["type"]))
        return
    if not options.arguments:
        raise UsageError("a name is missing")
    name = " ".join(options.arguments)
    definition = list(describe(session, name, bool(options.o)))
    yield {"name": name} | _facts(session, name.strip("() ")) | {"definition": definition}


def _search(session: Session, options: Any) -> Iterator[Row]:
    """Structures of a size or range of sizes, or with a member of a given type."""
    low, high = 0, (1 << 64) - 1
    if options.r:
        first, _, last = options.r.partition("-")
        try:
            low, high = int(first, 0), int(last or first, 0)
        except ValueError:
            raise CommandError(f"not a valid number: {options.r}") from None
    for kind in ("struct", "union"):
        found = session.dump.types(kind, size_min=low, size_max=high, using=options.m)
        for size, name in {(type.size, type.name) for type in found}:
            yield {"size": size, "type": name, "kind": kind}


def _facts(session: Session, name: str) -> Row:
    from pykd.values import cdata

    dump = session.dump
    if name.isidentifier() and (address := dump.address_of(name, default=0)):
        try:
            type = _sized(dump, name)
        except Error:
            return {"kind": "variable", "address": address, "type": None}
        return {"kind": "function" if type.kind == "function" else "variable", "address": address, "type": str(type), "size": type.strip().size}
    try:
        type = dump.type(name)
    except Error:
        type = next((found for kind in ("struct", "union", "enum") if (found := dump.find_type(kind, name))), None)  # type: ignore[arg-type]
    if type is None:
        from pykd.values.expression import evaluate

        try:
            value = evaluate(dump, name)
        except CommandError:
            return {}  # STRUCT.MEMBER: the definition says all there is
        return {"kind": "enumerator" if value.type.kind == "enum" else "expression", "type": str(value.type), "value": value.number}
    row: Row = {"kind": type.kind, "type": str(type), "size": type.strip().size}
    if type.kind == "typedef" and type.target is not None:
        row["type"] = str(type.target)
    if type.strip().kind in ("struct", "union"):
        row["members"] = cdata.definition(type)
    elif type.strip().kind == "enum":
        row["enumerators"] = dict(type.strip().enumerators())
    return row


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.r or options.m:
        found = list(rows)
        width = max([4, *(len(str(row["size"])) for row in found)])
        yield f"{'SIZE':>{width}}  TYPE"
        yield from (f"{row['size']:>{width}}  {row['type']}" for row in found)
        return
    for row in rows:
        yield from row["definition"]


def describe(session: Session, name: str, offsets: bool = False) -> Iterator[str]:
    """What *name* is: a type's definition, a variable's or function's declaration. :raises CommandError:"""
    dump = session.dump
    name = name.removeprefix("(").removesuffix(")").strip() if name.startswith("(") else name
    words = name.split()
    kinds = ("struct", "union", "enum")
    bare = words[-1] if words else ""
    if words[0] not in kinds and len(words) == 1 and dump.address_of(name, default=0):
        try:
            yield _sized(dump, name).declare(name) + ";"
        except Error:
            yield f"{name}: <data variable, no debug info>"
        return
    type_name, dot, path = bare.partition(".")
    for kind in [words[0]] if words[0] in kinds else kinds:
        found = dump.find_type(kind, type_name)  # type: ignore[arg-type]
        if found is not None and dot:
            try:
                yield from cdefine.members(found, [path])
            except KeyError:
                raise no_member(found, path) from None
            return
        if found is not None:
            yield from cdefine.lines(found, offsets=offsets)
            if kind != "enum":
                yield f"SIZE: {found.size}"
            return
    if (typedef := dump.find_type("typedef", name)) is not None:
        yield from _typedef(typedef, offsets)
        return
    try:
        type = dump.type(name)
    except Error:
        yield from _of_expression(session, name)
        return
    yield str(type)
    yield f"SIZE: {type.strip().size}"


def _meant(session: Session, name: str, error: CommandError) -> list[str]:
    from pykd.values import known

    found = known.types(session.dump, name) if name.replace(" ", "").isidentifier() else []
    return found or (error.meant() if error.meant is not None else [])


def _of_expression(session: Session, name: str) -> Iterator[str]:
    from pykd.values.expression import ExpressionError, evaluate

    try:
        value = evaluate(session.dump, name)
    except ExpressionError as error:
        why = error
        raise CommandError(f"cannot resolve: {name} ({error})", meant=lambda: _meant(session, name, why)) from error
    if name.isidentifier() and value.type.kind == "enum":
        yield f"enum {value.type.name} = {value.number}" if value.type.name else f"enum = {value.number}"
    else:
        yield str(value.type)


def _sized(dump: Dump, name: str) -> Type:
    """A variable's type; an array without a length has that of its symbol."""
    type = dump.symbol_type(name)
    stripped = type.strip()
    if stripped.kind == "array" and stripped.length is None:
        from pykd.values.expression import variable

        return variable(dump, name).type
    return type


def _typedef(typedef: Type, offsets: bool) -> Iterator[str]:
    target = typedef.target
    if target is not None and target.kind in ("struct", "union", "enum"):
        yield from cdefine.lines(target, offsets=offsets, name=typedef.name)
    elif target is not None:
        # crash looks through the typedefs of numbers
        under = typedef.strip()
        yield f"typedef {(under if under.kind == 'int' else target).declare(typedef.name or '')};"
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
    fields={
        "name": "what was asked for", "kind": "of type, or: variable, function, enumerator, expression", "type": "C type; -r, -m: tag", "size": "bytes",
        "address": "of a variable", "members": "as `struct` has them", "enumerators": "value by name", "value": "of an enumerator",
        "definition": "lines of text",
    },
    examples=(("whatis jiffies", "a variable's declaration"), ("whatis -m nsproxy", "who refers to it")),
    rows=rows,
    text=text,
)
