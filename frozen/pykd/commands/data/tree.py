# SPDX-License-Identifier: GPL-2.0-or-later
"""``tree``: red-black trees, radix trees, XArrays and maple trees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Error
from pykd.commands.data.list_ import struct_lines, to_offset, with_structs
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values.expression import address as to_address

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
    if not words:
        raise UsageError("a starting address is required")
    kind = _kind(options.t)
    if options.l and kind == "maple":
        raise CommandError("-l option is not applicable to maple trees")
    if options.N and kind != "rbtree":
        raise CommandError("-N option is applicable to red-black trees only")
    try:
        root = to_address(session.dump, words[-1])
    except CommandError:
        raise CommandError(f"invalid start argument: {words[-1]}") from None
    if options.r:
        try:
            root += to_offset(session, options.r)
        except CommandError:
            raise CommandError(f"invalid -r argument: {options.r}") from None
    if not root >> 63:
        raise CommandError(f"invalid start argument: {words[-1]}")
    if kind == "rbtree":
        found = _rbtree(session, options, root)
    else:
        found = _xarray(session, root) if kind == "xarray" else _maple(session, root, bool(options.v))
    return with_structs(session, options, found)


def _rbtree(session: Session, options: Any, root: int) -> Iterator[Row]:
    """Each node before its children, the left one first; with -l each between its children."""
    dump = session.dump
    node = dump.type("struct rb_node")
    left, right = node.offset_of("rb_left"), node.offset_of("rb_right")
    back = to_offset(session, options.o) if options.o else 0
    top = root if options.N else dump.read_unsigned(root)
    # (node, position, whether its left side was visited)
    stack = [(top, "root", False)] if top else []
    seen = set()
    while stack:
        address, position, is_visited = stack.pop()
        if is_visited:
            yield {"address": address - back, "position": position}
            continue
        if address in seen or position.count("/") > MAX_DEPTH:
            yield {"error": fault(f"the tree is circular at {address:x}")}
            return
        seen.add(address)
        if not options.l:
            yield {"address": address - back, "position": position}
        children = {}
        for offset, name in ((left, "l"), (right, "r")):
            try:
                children[name] = dump.read_unsigned(address + offset)
            except Error as error:
                yield {"error": fault(error, f"below {address:x}: {error}")}
                break
        if children.get("r"):
            stack.append((children["r"], f"{position}/r", False))
        if options.l:
            stack.append((address, position, True))
        if children.get("l"):
            stack.append((children["l"], f"{position}/l", False))


def _xarray(session: Session, root: int) -> Iterator[Row]:
    from pykd.kernel.lists.xarray import xa_entries, xa_shift

    problems: list[str] = []
    top, bits = xa_shift(session.dump, root)
    for index, entry in xa_entries(session.dump, root, problems.append, values=True):
        if entry & 3 == 2 and entry <= 4096:
            continue  # the tree's own marks: sibling and retry entries
        slots = [str(index >> shift & ((1 << bits) - 1)) for shift in range(top, -1, -bits)]
        yield {"address": entry, "index": index, "position": "/".join(["root", *(slots if top >= 0 else ["0"])])}
        while problems:
            yield {"error": fault(problems.pop())}
    yield from ({"error": fault(problem)} for problem in problems)


def _maple(session: Session, root: int, verbose: bool) -> Iterator[Row]:
    from pykd.kernel.lists import mapletree

    problems: list[str] = []
    if verbose:
        for node in mapletree.nodes(session.dump, root, problems.append):
            yield {"node": node.pop("address"), **node}
        yield from ({"error": fault(problem)} for problem in problems)
        return
    for number, (first, last, entry, slots) in enumerate(mapletree.places(session.dump, root, problems.append), 1):
        yield {"address": entry, "number": number, "index": first, "last": last, "position": "/".join(["root", *map(str, slots)])}
    yield from ({"error": fault(problem)} for problem in problems)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        if "error" in row:
            yield f"tree: {row['error']['message']}"
            continue
        if "node" in row:
            yield from _node_lines(row)
            continue
        yield f"{row['address']:x}"
        if options.p:
            if "last" in row:
                yield f"  index: {row['number']}  position: {row['position']}  range: {row['index']:x}-{row['last']:x}"
            elif "index" in row:
                yield f"  index: {row['index']}  position: {row['position']}"
            else:
                yield f"  position: {row['position']}"
        yield from struct_lines(row)


def _node_lines(row: Row) -> Iterator[str]:
    """A node of a maple tree: its range and place, and what each part of the range leads to."""
    indent = "  " * row["depth"]
    yield f"{indent}{row['first']:x}-{row['end']:x}: node {row['node']:x} depth {row['depth']} type {row['type']} parent {row['parent']:x}"
    yield from (f"{indent}  {first:x}-{last:x}: {entry:x}" for first, last, entry in row["slots"])


COMMAND = Command(
    name="tree",
    summary="red-black, radix, XArray and maple trees",
    topic="data",
    options=(
        Option("-t", "TYPE", help="rbtree (default), radix, xarray or maple"),
        Option("-r", "OFFSET", help="of the root in the structure at ROOT: bytes or STRUCT.MEMBER"),
        Option("-o", "OFFSET", help="of the rb_node in the structure"),
        Option("-s", "STRUCT[.MEMBER,…]", help="show each entry's members", repeat=True),
        Option("-S", "STRUCT[.MEMBER,…]", help="as -s, numbers and strings in a plain form", repeat=True),
        Option("-l", help="red-black trees: in their order, not from the top"),
        Option("-p", help="show each entry's index and its place in the tree"),
        Option("-v", help="maple trees: their nodes, with all ranges"),
        Option("-x", help="integers in hexadecimal"),
        Option("-d", help="integers in decimal"),
        Option("-N", help="red-black trees: ROOT is the top node itself"),
    ),
    arguments="ROOT",
    fields={
        "address": "of the entry", "index": "its key", "last": "end of its range", "number": "how many before it, from 1",
        "structs": "-s, -S: type, address, value member by member, lines of text", "node": "struct maple_node", "slots": "ranges of a node", "position": "path from the root",
    },
    examples=(("tree -t rbtree -o vmap_area.rb_node vmap_area_root", ""), ("tree -t maple -p MM_MT", "")),
    rows=rows,
    text=text,
    may_be_empty=True,
)
