# SPDX-License-Identifier: GPL-2.0-or-later
"""``list``: linked lists."""

from __future__ import annotations

from _pykd import FaultError, Type
from pykd.commands.data.struct_ import find_struct, formatter_of, no_member, split_members, structure, value_lines
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values.address import address as to_address
from pykd.values.cformat import Formatter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

LIMIT = 1 << 24
"""A list with more elements is damaged."""


def to_offset(session: Session, text: str) -> int:
    """A number of bytes, or ``STRUCT.MEMBER``. :raises CommandError:"""
    name, dot, path = text.partition(".")
    if dot:
        try:
            kind = find_struct(session, name)
        except CommandError as error:
            raise CommandError(f"invalid argument: {text}", meant=error.meant) from None
        member = kind.member(path)
        if member is None:
            raise CommandError(f"invalid argument: {text}", meant=no_member(kind, path).meant)
        return member.offset
    try:
        return int(text, 0)
    except ValueError:
        raise CommandError(f"invalid argument: {text}") from None


def _start_and_offset(session: Session, options: Any) -> tuple[int, int]:
    words = list(options.arguments)
    if options.H:
        words.append(options.H)
    elif options.h:
        words.append(options.h)
    offset = to_offset(session, options.o) if options.o else 0
    if len(words) == 2:
        offset = to_offset(session, words.pop(0))
    if len(words) != 1:
        raise UsageError("starting address required" if not words else "one starting address is needed")
    return to_address(session.dump, words[0]), offset


def rows(session: Session, options: Any) -> Iterator[Row]:
    """One row for each element."""
    start, offset = _start_and_offset(session, options)
    if options.l and (options.o or len(options.arguments) > 1):
        raise UsageError("-l and -o are mutually exclusive")
    if not session.dump.is_kernel(start):
        raise CommandError(f"invalid kernel virtual address: {start:x}")
    shift = to_offset(session, options.l) if options.l else 0
    return with_structs(session, options, _elements(session, options, start, offset), shift)


def _elements(session: Session, options: Any, start: int, offset: int) -> Iterator[Row]:
    dump = session.dump
    link = 8 if options.r else 0
    end = to_address(dump, options.e) if options.e else None
    # With list_heads the links lead to links; without, to the next object itself.
    headed = bool(options.h or options.H)
    back = offset if headed else 0
    if options.H or options.O:
        head = start + (to_offset(session, options.O) if options.O else 0)
        first, stop = dump.read_unsigned(head + link), head
        if not first:
            raise CommandError("invalid kernel virtual address: 0  type: \"first list entry\"")
        if first == head:
            return
    elif options.h:
        first = stop = start + offset
    else:
        first = stop = start
    step = link + (0 if headed else offset)
    if end is not None and first in (end, end + back):
        return
    addresses, why = dump.follow(first, step, stop=stop if end is None else end + back, limit=LIMIT)
    for address in addresses:
        # the end is not an element, and may be given as a link too
        if end is not None and address in (end, stop) and address != first:
            return
        yield {"address": address - back}
    if why is not None:
        if isinstance(why, FaultError):
            yield {"error": fault(why, f"the list is cut off after {len(addresses)} elements: {why}")}
        else:
            yield {"error": fault(f"the list does not end properly after {len(addresses)} elements ({why}): it is circular or damaged")}


def with_structs(session: Session, options: Any, rows: Iterable[Row], shift: int = 0) -> Iterator[Row]:
    """Rows of addresses, each with the structures of -s and -S that begin *shift* bytes before it."""
    shown = shown_types(session, options)
    formatter = formatter_of(session, options)
    for row in rows:
        if shown and "address" in row:
            begin = row["address"] - shift
            row["structs"] = [_structure(formatter, type, paths, plain, begin, options.values) for type, paths, plain in shown]
        yield row


def _structure(formatter: Formatter, type: Type, paths: list[str], plain: bool, address: int, values: bool) -> Row:
    row = structure(formatter, type, address, paths, values=values)
    if plain:
        row["lines"] = [line for path in paths for line in _plain(formatter, type, path, address)]
    return row


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    empty = True
    for row in rows:
        empty = False
        if "error" in row:
            yield f"list: {row['error']['message']}"
            continue
        yield f"{row['address']:x}"
        yield from struct_lines(row)
    if empty:
        yield "(empty)"


def struct_lines(row: Row) -> Iterator[str]:
    """What -s and -S show behind an element."""
    for one in row.get("structs", ()):
        yield from one["lines"]


def shown_types(session: Session, options: Any) -> list[tuple[Type, list[str], bool]]:
    """Of -s and -S: a type, its members, and whether crash's plain form was asked for."""
    found = []
    for words, plain in ((options.s, False), (options.S, True)):
        for word in words:
            name, paths = split_members(word)
            found.append((find_struct(session, name), paths, plain and bool(paths)))
    return found


def _plain(formatter: Formatter, type: Type, path: str, address: int) -> Iterator[str]:
    """crash reads numbers and strings itself with -S: no comma, enums as numbers, all of a string."""
    member = type.member(path)
    if member is None:
        raise no_member(type, path)
    inner = member.type.strip()
    where = address + member.offset
    try:
        if member.bit_size is None and inner.kind != "array" and inner.size in (1, 2, 4, 8):
            value = formatter.dump.read_signed(where, inner.size) if inner.signed else formatter.dump.read_unsigned(where, inner.size)
            target = inner.target.strip() if inner.target is not None else None
            if inner.kind == "pointer":
                text = f"{value:#x}"
                if target is not None and target.kind == "int" and target.size == 1:
                    text += f'  "{formatter.dump.read_string(value).decode("utf-8", "backslashreplace") if value else ""}"'
            else:
                text = f"{value & (1 << 8 * inner.size) - 1:#x}" if formatter.radix == 16 else str(value)
            yield f"  {path} = {text}"
            return
        if inner.kind == "array" and inner.length and inner.target is not None and inner.target.strip().kind == "int" and inner.target.strip().size == 1:
            yield f'  {path} = "{formatter.dump.read(where, inner.size).partition(b"\0")[0].decode("utf-8", "backslashreplace")}"'
            return
    except FaultError as error:
        yield f"  {path} = <{error.reason} {where:#x}>"
        return
    yield from value_lines(formatter, type, address, [path])


COMMAND = Command(
    name="list",
    summary="linked lists",
    topic="data",
    options=(
        Option("-o", "OFFSET", help="of the link in the structure: bytes or STRUCT.MEMBER"),
        Option("-e", "ADDRESS", help="the list ends before this one"),
        Option("-s", "STRUCT[.MEMBER,…]", help="show each element's members", repeat=True),
        Option("-S", "STRUCT[.MEMBER,…]", help="as -s, numbers and strings in a plain form", repeat=True),
        Option("-l", "OFFSET", help="of the link in the structure of -s"),
        Option("-x", help="integers in hexadecimal"),
        Option("-d", help="integers in decimal"),
        Option("-r", help="backwards, by list_head.prev"),
        Option("-B", help="accepted for crash's sake: circles are always noticed"),
        Option("-h", "START", help="START is a structure with an embedded list_head at OFFSET"),
        Option("-O", "OFFSET", help="of the list_head in the structure at START, which is in no list of its own"),
        Option("-H", "START", help="START is a list_head that is in none of the structures"),
    ),
    arguments="[OFFSET|STRUCT.MEMBER] START",
    description="""\
Follows a list from START and shows the address of each element. Without -h and -H the link at OFFSET is a pointer to
the next structure; with them it is a struct list_head. A list that is cut off or circular says so at its end.""",
    fields={"address": "of the element", "structs": "-s, -S: type, address, value member by member, lines of text"},
    examples=(("list task_struct.tasks -s task_struct.pid,comm -h init_task", "all processes"),),
    rows=rows,
    text=text,
    may_be_empty=True,
)
