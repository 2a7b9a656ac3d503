# SPDX-License-Identifier: GPL-2.0-or-later
"""``tree``: red-black trees, radix trees, XArrays and maple trees."""

from __future__ import annotations

from _pykd import Error
from pykd.commands.data.list_ import struct_lines, to_offset, with_structs
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault
from pykd.core.walk import caught
from pykd.kernel.lists import mapletree, rbtree
from pykd.kernel.lists.xarray import xa_entries, xa_shift
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values.address import address as to_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


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
    if not session.dump.is_kernel(root):
        raise CommandError(f"invalid start argument: {words[-1]}")
    if kind == "rbtree":
        found = _rbtree(session, options, root)
    else:
        found = _xarray(session, root) if kind == "xarray" else _maple(session, root, bool(options.v))
    return with_structs(session, options, found)


def _rbtree(session: Session, options: Any, root: int) -> Iterator[Row]:
    """Each node before its children, the left one first; with -l each between its children."""
    back = to_offset(session, options.o) if options.o else 0
    problems: list[Error] = []
    walk = rbtree.nodes(session.dump, root, problems.append, order="in" if options.l else "pre", is_node=bool(options.N))
    for found in caught(walk):
        yield from ({"error": fault(problem)} for problem in problems)
        problems.clear()
        if isinstance(found, Error):
            yield {"error": fault(found)}
        else:
            yield {"address": found[0] - back, "position": "/".join(["root", *found[1]])}
    yield from ({"error": fault(problem)} for problem in problems)


def _xarray(session: Session, root: int) -> Iterator[Row]:
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
