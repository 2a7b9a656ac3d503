# SPDX-License-Identifier: GPL-2.0-or-later
"""``tree``: red-black trees, radix trees, XArrays and maple trees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Error
from pykd.command import Command, CommandError, Option, Row, UsageError
from pykd.commands.list_ import to_offset
from pykd.commands.struct_ import find_struct, formatter_of, split_members, value_lines
from pykd.expression import address as to_address
from pykd.session import Session

MAX_DEPTH = 256
"""A red-black tree of all memory is less than half as deep."""


def _kind(text: str | None) -> str:
    """The kind of tree by the beginning of its name, as crash takes it."""
    text = text or "rbtree"
    for prefix, kind in (("rb", "rbtree"), ("ra", "xarray"), ("x", "xarray"), ("m", "maple")):
        if text.startswith(prefix):
            return kind
    raise CommandError(f"invalid tree type: {text}")


def rows(session: Session, options: Any) -> Iterator[Row]:
    words = list(options.arguments)
    if not words and not options.N:
        raise UsageError("the root of the tree is missing")
    kind = _kind(options.t)
    root = to_address(session.dump, options.N or words[-1])
    if options.r:
        root += to_offset(session, options.r)
    if kind == "rbtree":
        yield from _rbtree(session, options, root)
    elif kind == "xarray":
        yield from _xarray(session, root)
    else:
        yield from _maple(session, root)


def _rbtree(session: Session, options: Any, root: int) -> Iterator[Row]:
    """Each node before its children; the left one first."""
    dump = session.dump
    node = dump.type("struct rb_node")
    left, right = node.member("rb_left"), node.member("rb_right")
    assert left is not None and right is not None
    back = to_offset(session, options.o) if options.o else 0
    top = root if options.N else dump.read_unsigned(root)
    stack = [(top, "root")] if top else []
    seen = set()
    while stack:
        address, position = stack.pop()
        if address in seen or position.count("/") > MAX_DEPTH:
            yield {"error": f"the tree is circular at {address:x}"}
            return
        seen.add(address)
        yield {"address": address - back, "position": position}
        try:
            children = [(dump.read_unsigned(address + member.offset), name) for member, name in ((right, "r"), (left, "l"))]
        except Error as error:
            yield {"error": f"below {address:x}: {error}"}
            continue
        stack += [(child, f"{position}/{name}") for child, name in children if child]


def _xarray(session: Session, root: int) -> Iterator[Row]:
    from pykd.xarray import xa_entries

    problems: list[str] = []
    for index, entry in xa_entries(session.dump, root, problems.append, values=True):
        yield {"address": entry, "index": index, "position": f"root/{index}"}
        while problems:
            yield {"error": problems.pop()}
    yield from ({"error": problem} for problem in problems)


def _maple(session: Session, root: int) -> Iterator[Row]:
    from pykd.kernel import mapletree

    for first, last, entry in mapletree.entries(session.dump, root):
        yield {"address": entry, "index": first, "last": last, "position": f"root/{first:x}"}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    formatter = formatter_of(session, options)
    shown = [split_members(word) for word in (options.s or options.S or [])]
    types = [(find_struct(session, name), paths) for name, paths in shown]
    shift = to_offset(session, options.l) if options.l else 0
    for row in rows:
        if "error" in row:
            yield f"tree: {row['error']}"
            continue
        yield f"{row['address']:x}"
        if options.p:
            if "last" in row:
                yield f"  index: {row['index']:x}-{row['last']:x}  position: {row['position']}"
            elif "index" in row:
                yield f"  index: {row['index']}  position: {row['position']}"
            else:
                yield f"  position: {row['position']}"
        for type, paths in types:
            yield from value_lines(session, formatter, type, row["address"] - shift, paths, None)


COMMAND = Command(
    name="tree",
    summary="red-black, radix, XArray and maple trees",
    topic="data",
    options=(
        Option("-t", "TYPE", help="rbtree (default), radix, xarray or maple"),
        Option("-r", "OFFSET", help="of the root in the structure at ROOT: bytes or STRUCT.MEMBER"),
        Option("-o", "OFFSET", help="of the rb_node in the structure"),
        Option("-s", "STRUCT[.MEMBER,…]", help="show each entry's members", repeat=True),
        Option("-S", "STRUCT[.MEMBER,…]", help="as -s", repeat=True),
        Option("-l", "OFFSET", help="subtract it from the address for -s"),
        Option("-p", help="show each entry's index and its place in the tree"),
        Option("-v", help="accepted for crash's sake"),
        Option("-x", help="integers in hexadecimal"),
        Option("-d", help="integers in decimal"),
        Option("-N", "NODE", help="the top node itself in place of the root"),
    ),
    arguments="ROOT",
    fields={"address": "of the entry", "index": "its key", "last": "end of its range", "position": "path from the root"},
    examples=(("tree -t rbtree -o vmap_area.rb_node vmap_area_root", ""), ("tree -t maple -p MM_MT", "")),
    rows=rows,
    text=text,
)
