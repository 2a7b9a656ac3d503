# SPDX-License-Identifier: GPL-2.0-or-later
"""Maple trees: ranges of indices to pointers (``include/linux/maple_tree.h``, since v6.1)."""

from __future__ import annotations

from _pykd import FaultError, LimitError
from pykd.core.members import offset_of
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from _pykd import Dump

_MAX_INDEX = (1 << 64) - 1
_MAX_HEIGHT = 31
"""MAPLE_HEIGHT_MAX"""


def entries(dump: Dump, tree: int, problem: Callable[[str], None] | None = None) -> Iterator[tuple[int, int, int]]:
    """(first index, last index, pointer) of each entry of the ``struct maple_tree`` at *tree*, in order.

    :param problem: told of nodes that cannot be read, which are left out; without it they raise.
    :raises FaultError: where a node cannot be read and *problem* is None.
    :raises LimitError: when the tree is deeper than trees are.
    """
    return ((first, last, entry) for first, last, entry, _ in places(dump, tree, problem))


def places(
    dump: Dump, tree: int, problem: Callable[[str], None] | None = None
) -> Iterator[tuple[int, int, int, tuple[int, ...]]]:
    """The same with the slots that lead to the entry from the root."""
    root: int = dump.read_unsigned(tree + _offset(dump, "struct maple_tree", "ma_root"))
    if not _is_node(root):
        # The root itself is the entry of index 0.
        if root >= 4096:
            yield 0, 0, root, (0,)
        return
    yield from _node_entries(dump, root, 0, _MAX_INDEX, (), problem)


def nodes(dump: Dump, tree: int, problem: Callable[[str], None] | None = None) -> Iterator[dict[str, Any]]:
    """Nodes, each before those below it: address, type, depth, parent, first, end (indices), slots of (first, last, entry)."""
    root: int = dump.read_unsigned(tree + _offset(dump, "struct maple_tree", "ma_root"))
    stack = [(root, 0, _MAX_INDEX, 0)] if _is_node(root) else []
    while stack:
        encoded, first, last, depth = stack.pop()
        kind = encoded >> 3 & 0xF
        if depth > _MAX_HEIGHT:
            raise LimitError(f"the maple tree is deeper than {_MAX_HEIGHT} at {encoded:#x}")
        try:
            slots = list(_slots(dump, encoded, kind, first, last))
            parent = dump.read_unsigned(encoded & ~0xFF)
        except FaultError as error:
            if problem is None:
                raise
            problem(f"a node of the tree cannot be read: {error}")
            continue
        yield {
            "address": encoded & ~0xFF, "type": kind, "depth": depth, "parent": parent, "first": first, "end": last,
            "slots": [slot[:3] for slot in slots],
        }  # fmt: skip
        if kind not in _leaves(dump):
            stack += [(entry, start, end, depth + 1) for start, end, entry, _ in reversed(slots) if entry >= 4096]


def _leaves(dump: Dump) -> tuple[int, int]:
    return dump.enumerator("maple_dense"), dump.enumerator("maple_leaf_64")


def _offset(dump: Dump, struct: str, member: str) -> int:
    return offset_of(dump.struct_class(struct), member)


def _is_node(entry: int) -> bool:
    """xa_is_node(): an internal entry that is a pointer."""
    return entry & 3 == 2 and entry > 4096


def _node_entries(
    dump: Dump, encoded: int, first: int, last: int, path: tuple[int, ...], problem: Callable[[str], None] | None
) -> Iterator[tuple[int, int, int, tuple[int, ...]]]:
    """An encoded node is the address of a node, which is 256-byte aligned, with its ``enum maple_type`` in bits 3 to 6."""
    if len(path) > _MAX_HEIGHT:
        raise LimitError(f"the maple tree is deeper than {_MAX_HEIGHT} at {encoded:#x}")
    kind = encoded >> 3 & 0xF
    is_leaf = kind in _leaves(dump)
    try:
        slots = list(_slots(dump, encoded, kind, first, last))
    except FaultError as error:
        if problem is None:
            raise
        problem(f"a node of the tree cannot be read: {error}")
        return
    for start, end, entry, number in slots:
        if entry < 4096:
            continue
        if is_leaf:
            yield start, end, entry, (*path, number)
        else:
            # Below the root every entry is a node; the mark of xa_is_node() is the root's alone (mte_mk_root()).
            yield from _node_entries(dump, entry, start, end, (*path, number), problem)


def _slots(dump: Dump, encoded: int, kind: int, first: int, last: int) -> Iterator[tuple[int, int, int, int]]:
    """(first index, last index, entry, number) of the slots in use. :raises FaultError:"""
    pivots, slots = _contents(dump, encoded, kind)
    for number, entry in enumerate(slots):
        end = pivots[number] if number < len(pivots) else last
        if kind == dump.enumerator("maple_dense"):
            end = first
        elif end == 0 and number > 0:
            # A pivot that was not needed: the slot reaches to the node's end.
            end = last
        yield first, end, entry, number
        if end >= last:
            return
        first = end + 1


def _contents(dump: Dump, encoded: int, kind: int) -> tuple[list[int], list[int]]:
    """Pivots and slots of a node. :raises FaultError:"""
    if kind == dump.enumerator("maple_dense"):
        return [], _column(dump, encoded, "struct maple_node", "slot")
    layout = "struct maple_arange_64" if kind == dump.enumerator("maple_arange_64") else "struct maple_range_64"
    return _column(dump, encoded, layout, "pivot"), _column(dump, encoded, layout, "slot")


def _column(dump: Dump, encoded: int, layout: str, member: str) -> list[int]:
    found = dump.type(layout).member(member)
    if found is None:
        raise LimitError(f"{layout} has no {member}")
    data = dump.read((encoded & ~0xFF) + found.offset, found.type.size)
    return words_of(dump, data).tolist()
