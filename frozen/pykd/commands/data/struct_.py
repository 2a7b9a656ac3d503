# SPDX-License-Identifier: GPL-2.0-or-later
"""``struct``, ``union`` and ``*``: definitions of types, and what lies at an address."""

from __future__ import annotations

from _pykd import Dump, Error, FaultError, Member, Type
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault
from pykd.kernel import cpus as cpus_of
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.context import cpu_list
from pykd.session.session import Session
from pykd.values import cdefine
from pykd.values.cformat import Formatter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

OPTIONS = (
    Option("-o", help="show the offset of each member; with an address, its address"),
    Option("-l", "OFFSET", help="ADDRESS is that many bytes (or that member, STRUCT.MEMBER) into the structure"),
    Option("-r", help="dump the raw memory instead"),
    Option("-f", help="ADDRESS is an offset in the dump's file"),
    Option("-u", help="ADDRESS is in the user space of the current context"),
    Option("-x", help="integers in hexadecimal"),
    Option("-d", help="integers in decimal"),
    Option("-p", help="for a pointer member, show what it points to"),
    Option("-c", "COUNT", help="how many structures of an array"),
)


def find_struct(session: Session, name: str, kinds: Iterable[str] = ("struct", "union")) -> Type:
    """The struct or union of that tag or typedef name, ``MODULE!NAME`` and ``NAME#2`` too. :raises CommandError:"""
    bare, hash, number = name.partition("#")
    index = int(number) - 1 if hash and number.isdigit() else 0
    for kind in kinds:
        if found := session.dump.find_type(kind, bare, index):  # type: ignore[arg-type]
            return found
    typedef = session.dump.find_type("typedef", bare)
    if typedef is not None and typedef.strip().kind in kinds:
        return typedef.strip()
    raise no_type(session.dump, name)


def no_type(dump: Dump, name: str) -> CommandError:
    """The error that says so, as crash does."""

    def meant() -> list[str]:
        from pykd.values import known

        return known.types(dump, name)

    return CommandError(f"invalid data structure reference: {name}", meant=meant)


def no_member(type: Type, path: str) -> CommandError:
    """The same of a member of a type that there is."""

    def meant() -> list[str]:
        from pykd.values import known

        there, inner = "", type
        for word in path.split("."):
            member = inner.member(word)
            if member is None:
                return [f"{type.name}.{there}{name}" for name in known.members(inner, word)]
            there, inner = f"{there}{word}.", member.type
        return []

    return CommandError(f"invalid data structure reference: {type.name}.{path}", meant=meant)


def split_members(word: str) -> tuple[str, list[str]]:
    """``task_struct.pid,comm`` is ``task_struct`` and its members."""
    name, dot, rest = word.partition(".")
    return name, rest.split(",") if dot else []


def radix_of(session: Session, options: Any) -> int:
    return 16 if options.x else 10 if options.d else session.settings["radix"]


def formatter_of(session: Session, options: Any) -> Formatter:
    return Formatter(session.dump, radix_of(session, options))


def rows(session: Session, options: Any) -> Iterator[Row]:
    """One row for the definition, or one for each structure."""
    if not options.arguments:
        raise UsageError("a structure's name is missing")
    name, paths = split_members(options.arguments[0])
    if name in ("struct", "union") and len(options.arguments) > 1:
        del options.arguments[0]
        name, paths = split_members(options.arguments[0])
    type = find_struct(session, name)
    if len(options.arguments) == 1:
        lines = list(_definition(type, paths, options))
        if type.name is None and not paths:
            lines = _as_typedef(lines, name)
        yield {"type": str(type), "size": type.size, "members": _members(type, paths), "lines": lines}
        return
    where, colon, cpus = options.arguments[1].partition(":")
    from pykd.values.address import address as to_address

    base = to_address(session.dump, where)
    if not session.dump.is_kernel(base) and not options.u and not options.f and not colon:
        raise CommandError(f"invalid kernel virtual address: {where}")
    bases: list[tuple[int, int | None]] = [(base, None)]
    if colon:
        bases = [(cpus_of.address_on(base, nr, session.dump), nr) for nr in cpu_list(session, cpus)]
    count = _count(options)
    shift = _shift(type, options.l)
    formatter = Formatter(_memory(session, options), radix_of(session, options))
    for base, cpu in bases:
        steps = range(count) if count >= 0 else range(count + 1, 1)
        for step in steps:
            row = structure(formatter, type, base - shift + step * type.size, paths, options, values=options.values)
            yield row if cpu is None else row | {"cpu": cpu, "asked": base}
            if "error" in row:
                break  # as crash does; what was asked for may go on for ever


def _as_typedef(lines: list[str], name: str) -> list[str]:
    """The definition of a structure without a tag, which only a typedef names."""
    end = max((number for number, line in enumerate(lines) if line.rstrip() == "}"), default=-1)
    if end < 0:
        return lines
    return [f"typedef {lines[0]}", *lines[1:end], f"}} {name.partition('#')[0]};", *lines[end + 1 :]]


def _count(options: Any) -> int:
    text = options.c or (options.arguments[2] if len(options.arguments) > 2 else "1")
    try:
        return int(text, 0)
    except ValueError:
        raise CommandError(f"invalid count: {text}") from None


def _shift(type: Type, text: str | None) -> int:
    """Bytes from the structure to the address given: ``-l 16`` or ``-l STRUCT.MEMBER``."""
    if text is None:
        return 0
    try:
        return int(text, 0)
    except ValueError:
        member = type.member(text.partition(".")[2] or text)
        if member is None:
            raise CommandError(f"invalid offset: {text}") from None
        return member.offset


def _memory(session: Session, options: Any) -> Any:
    """Where the structures lie."""
    if options.f:
        from pykd.session import dumpfile

        return dumpfile.memory(session.dump)
    return context.memory(session, options.u)


def _members(type: Type, paths: list[str]) -> list[Row]:
    from pykd.values import cdata

    if not paths:
        return cdata.definition(type)
    chosen = [(path, member_of(type, path)) for path in paths]
    return [{"name": path, "type": str(member.type), "offset": member.offset, "size": member.type.strip().size} for path, member in chosen]


def structure(formatter: Formatter, type: Type, address: int, paths: Sequence[str] = (), options: Any = None, *, values: bool) -> Row:
    """A structure at an address, or some of its members: ``type``, ``address``, ``value`` as :mod:`pykd.values.cdata` has it, and ``lines``,
    as crash prints it. ``error`` if nothing of it can be read.

    :param options: of these ``-o`` asks for the ``members`` in place of the value, ``-r`` for the ``data``; ``-p`` follows pointers in the lines.
    :param values: whether ``value`` is asked for, as :attr:`Options.values` says.
    """
    dump = formatter.dump
    row: Row = {"type": str(type), "address": address}
    if getattr(options, "o", 0):
        row["members"] = _members(type, list(paths))
    elif getattr(options, "r", None):
        row["data"] = dump.read(address, type.size).hex()
    elif (error := _unreadable(dump, type, address, paths)) is not None:
        row["error"] = fault(error)
    if values and "members" not in row and "data" not in row:
        row["value"] = _value(dump, type, address, paths)
    row["lines"] = list(value_lines(formatter, type, address, paths, options))
    return row


def _value(dump: Dump, type: Type, address: int, paths: Sequence[str]) -> Any:
    from pykd.values import cdata

    return {path: cdata.member(dump, member_of(type, path), address) for path in paths} if paths else cdata.value(dump, type, address)


def _unreadable(dump: Any, type: Type, address: int, paths: Sequence[str]) -> FaultError | None:
    """Why neither the first nor the last byte of a structure, or of all the members asked for, is there."""
    error: FaultError | None = None
    spans = [(member.offset, member.type.strip().size) for path in paths if (member := type.member(path))] or [(0, type.size)]
    for offset, size in spans:
        for at in {offset, offset + max(size - 1, 0)}:
            try:
                dump.read(address + at, 1)
            except FaultError as found:
                error = error or found
            else:
                return None
    return error


def member_of(type: Type, path: str) -> Member:
    """:raises CommandError:"""
    member = type.member(path)
    if member is None:
        raise no_member(type, path)
    return member


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    several = False
    for row in rows:
        whole = "address" in row and "." not in options.arguments[0]
        if several and whole:
            yield ""
        several = True
        if "cpu" in row:
            yield f"[{row['cpu']}]: {row['asked']:x}"
        yield from row["lines"]


def _definition(type: Type, paths: list[str], options: Any) -> Iterator[str]:
    if paths:
        try:
            yield from cdefine.members(type, paths, radix=16 if options.x else 10)
        except KeyError as error:
            raise no_member(type, error.args[0]) from None
    else:
        yield from cdefine.lines(type, offsets=bool(options.o), radix=16 if options.x else 10)
        yield f"SIZE: {hex(type.size) if options.x else type.size}"


def value_lines(formatter: Formatter, type: Type, address: int, paths: Sequence[str], options: Any = None) -> Iterator[str]:
    """A structure at an address, or some of its members, as crash prints them."""
    if getattr(options, "r", None):
        from pykd.values.hexdump import lines as hexdump

        yield from hexdump(formatter.dump, address, type.size)
        return
    if getattr(options, "o", 0):
        yield from _with_addresses(type, address, paths)
        return
    follow = bool(getattr(options, "p", 0))
    if not paths:
        yield f"{type.kind} {type.name} {{" if type.name else f"{type.kind} {{"
        if follow:
            yield from _members_followed(formatter, type, address)
        else:
            yield from formatter.members(type, address, 2)
        yield "}"
        return
    for path in paths:
        member = member_of(type, path)
        if follow and member.type.strip().kind == "pointer" and member.bit_size is None:
            yield from _pointed(formatter, member, path, address + member.offset, ending="")
        else:
            depth, is_last = _place(type, path)
            indent = 2 + 2 * depth
            yield f"{' ' * indent}{path} = {formatter.member(member, address, indent)}{'' if is_last else ','}"


def _place(type: Type, path: str) -> tuple[int, bool]:
    """How deep in anonymous members a member is, and whether it is the last one there.

    crash shows the lines of a member as they are in the whole structure; one that a path leads to, as if it were a member itself.
    """
    members = type.strip().members()
    for number, member in enumerate(members):
        if member.name == path:
            return 0, number + 1 == len(members)
    for member in members:
        if member.name is None and member.type.strip().kind in ("struct", "union") and member.type.strip().member(path) is not None:
            depth, is_last = _place(member.type, path)
            return depth + 1, is_last
    return 0, False


def _members_followed(formatter: Formatter, type: Type, address: int) -> Iterator[str]:
    """All members, and behind each pointer what it points to."""
    members = type.members()
    for number, member in enumerate(members):
        ending = "," if number + 1 < len(members) else ""
        if member.type.strip().kind == "pointer" and member.bit_size is None:
            yield from _pointed(formatter, member, member.name or "", address + member.offset, ending)
        else:
            name = f"{member.name} = " if member.name else ""
            yield f"  {name}{formatter.member(member, address, 2)}{ending}"


def _pointed(formatter: Formatter, member: Member, name: str, address: int, ending: str) -> Iterator[str]:
    """``TYPE *name = POINTER``, and ``-> <SYMBOL> VALUE`` in the next lines."""
    dump = formatter.dump
    type = member.type.strip()
    target = type.target
    try:
        pointer = dump.read_unsigned(address)
    except Error as error:
        yield f"  {member.type.declare(name)} = <{error}>{ending}"
        return
    yield f"  {member.type.declare(name)} = {pointer:#x}"
    if not pointer:
        yield f"  -> NULL{ending}"
        return
    symbol = dump.symbol_at(pointer) if dump.is_kernel(pointer) else None
    place = f"<{symbol.name}> " if symbol is not None and symbol.address == pointer else ""
    if target is None or not target.strip().size:
        yield f"  -> {place.rstrip() or '(unknown target type)'}{ending}"
        return
    yield f"  -> {place}{formatter.value(target, pointer, 5)}{ending}"


def _with_addresses(type: Type, address: int, paths: Sequence[str]) -> Iterator[str]:
    yield f"{type.kind} {type.name} {{"
    for member in [type.member(path) for path in paths] if paths else type.members():
        if member is not None:
            yield f"  [{address + member.offset:x}] {member.type.declare(member.name or '')};"
    yield "}"
    if not paths:
        yield f"SIZE: {type.size}"


COMMAND = Command(
    name="struct",
    summary="structure contents",
    topic="data",
    options=OPTIONS,
    arguments="NAME[.MEMBER[,MEMBER]] [ADDRESS|SYMBOL[:CPUS]] [COUNT]",
    description="""\
Without an address, shows how a struct or union is defined; with one, what lies there. Members may be paths through
embedded structures: `struct task_struct.se.avg.load_avg`. NAME may be a tag, a typedef, MODULE!NAME for a
type of one module, or NAME#2 for the second of several types of one name. An address is hexadecimal, a symbol,
SYMBOL+OFFSET or an (EXPRESSION); `:CPUS` (0,2-3 or a) adds the per-CPU offset.""",
    fields={
        "type": "C type", "address": "of the structure", "cpu": "CPU number, with :CPUS", "value": "member by member", "data": "-r: hexadecimal",
        "size": "bytes", "lines": "the same as crash prints it", "asked": "with :CPUS, the per-CPU address",
        "members": "of the definition: name, type, offset and size in bytes, bit_offset and bit_size of bit fields, members of those without a name",
    },
    examples=(
        ("struct list_head", "the definition"),
        ("struct -o task_struct", "with offsets"),
        ("struct task_struct.pid,comm init_task", "two members"),
    ),
    aliases=("*", "union"),
    rows=rows,
    text=text,
)
