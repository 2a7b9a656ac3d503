# SPDX-License-Identifier: GPL-2.0-or-later
"""``list``: linked lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import FaultError
from pykd.command import Command, CommandError, Option, Row, UsageError
from pykd.commands.struct_ import find_struct, formatter_of, split_members, value_lines
from pykd.expression import address as to_address
from pykd.session import Session

LIMIT = 1 << 24
"""A list with more elements is damaged."""


def to_offset(session: Session, text: str) -> int:
    """A number of bytes, or ``STRUCT.MEMBER``. :raises CommandError:"""
    name, dot, path = text.partition(".")
    if dot:
        member = find_struct(session, name).member(path)
        if member is None:
            raise CommandError(f"invalid structure member: {text}")
        return member.offset
    try:
        return int(text, 0)
    except ValueError:
        raise CommandError(f"invalid offset: {text}") from None


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
        raise UsageError("one starting address is needed")
    return to_address(session.dump, words[0]), offset


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    start, offset = _start_and_offset(session, options)
    link = 8 if options.r else 0
    stops = {to_address(dump, options.e)} if options.e else set()
    headed = bool(options.h or options.H)
    # With list_heads the links lead to links; without, to the next object itself.
    back = offset if headed else 0
    if options.H:
        head = start + (to_offset(session, options.O) if options.O else 0)
        first, stop = dump.read_unsigned(head + link), head
        if first == head:
            return
    elif options.h:
        first = stop = start + offset
    else:
        first = stop = start
    step = link + (0 if headed else offset)
    if stops:
        addresses, why = dump.follow(first, step, stop=next(iter(stops)) + back, limit=LIMIT)
    else:
        addresses, why = dump.follow(first, step, stop=stop, limit=LIMIT)
    for address in addresses:
        yield {"address": address - back}
        if address - back in stops:
            return
    if why is not None:
        if isinstance(why, FaultError):
            yield {"error": f"the list is cut off after {len(addresses)} elements: {why}"}
        else:
            yield {"error": f"the list does not end properly after {len(addresses)} elements ({why}): it is circular or damaged"}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    formatter = formatter_of(session, options)
    words = options.s or options.S or []
    shown = [split_members(word) for word in words]
    types = [(find_struct(session, name), paths) for name, paths in shown]
    shift = to_offset(session, options.l) if options.l else 0
    empty = True
    for row in rows:
        empty = False
        if "error" in row:
            yield f"list: {row['error']}"
            continue
        yield f"{row['address']:x}"
        for type, paths in types:
            yield from value_lines(session, formatter, type, row["address"] - shift, paths, _NO_FLAGS)
    if empty:
        yield "(empty)"


class _NoFlags:
    r = o = p = 0


_NO_FLAGS = _NoFlags()

COMMAND = Command(
    name="list",
    summary="linked lists",
    topic="data",
    options=(
        Option("-o", "OFFSET", help="of the link in the structure: bytes or STRUCT.MEMBER"),
        Option("-e", "ADDRESS", help="end with this one"),
        Option("-s", "STRUCT[.MEMBER,…]", help="show each element's members", repeat=True),
        Option("-S", "STRUCT[.MEMBER,…]", help="as -s", repeat=True),
        Option("-l", "OFFSET", help="of the link in the structure of -s"),
        Option("-x", help="integers in hexadecimal"),
        Option("-d", help="integers in decimal"),
        Option("-r", help="backwards, by list_head.prev"),
        Option("-B", help="accepted for crash's sake: circles are always noticed"),
        Option("-h", "START", help="START is a structure with an embedded list_head at OFFSET"),
        Option("-O", "OFFSET", help="with -H: of the list_head in the structure at START"),
        Option("-H", "START", help="START is a list_head that is in none of the structures"),
    ),
    arguments="[OFFSET|STRUCT.MEMBER] START",
    description="""\
Follows a list from START and shows the address of each element. Without -h and -H the link at OFFSET is a pointer to
the next structure; with them it is a struct list_head. A list that is cut off or circular says so at its end.""",
    fields={"address": "of the element"},
    examples=(("list task_struct.tasks -s task_struct.pid,comm -h init_task", "all processes"),),
    rows=rows,
    text=text,
)
