# SPDX-License-Identifier: GPL-2.0-or-later
"""Maple trees: ranges of indices to pointers (``include/linux/maple_tree.h``, since v6.1)."""

from __future__ import annotations

from .. import FaultError, LimitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    root: int = dump.read_unsigned(tree + _offset(dump, "struct maple_tree", "ma_root"))
    if not _is_node(root):
        # The root itself is the entry of index 0.
        if root >= 4096:
            yield 0, 0, root
        return
    yield from _node_entries(dump, root, 0, _MAX_INDEX, 0, problem)


def _offset(dump: Dump, struct: str, member: str) -> int:
    return dump.struct_class(struct).member_offset(member) or 0


def _is_node(entry: int) -> bool:
    """xa_is_node(): an internal entry that is a pointer."""
    return entry & 3 == 2 and entry > 4096


def _node_entries(
    dump: Dump, encoded: int, first: int, last: int, depth: int, problem: Callable[[str], None] | None
) -> Iterator[tuple[int, int, int]]:
    """An encoded node is the address of a node, which is 256-byte aligned, with its ``enum maple_type`` in bits 3 to 6."""
    if depth > _MAX_HEIGHT:
        raise LimitError(f"the maple tree is deeper than {_MAX_HEIGHT} at {encoded:#x}")
    kind = encoded >> 3 & 0xF
    is_leaf = kind in (dump.enumerator("maple_dense"), dump.enumerator("maple_leaf_64"))
    try:
        pivots, slots = _contents(dump, encoded, kind)
    except FaultError as error:
        if problem is None:
            raise
        problem(f"a node of the tree cannot be read: {error}")
        return
    for i, entry in enumerate(slots):
        end = pivots[i] if i < len(pivots) else last
        if kind == dump.enumerator("maple_dense"):
            end = first
        elif end == 0 and i > 0:
            # A pivot that was not needed: the slot reaches to the node's end.
            end = last
        if is_leaf:
            if entry >= 4096:
                yield first, end, entry
        elif entry >= 4096:
            # Below the root every entry is a node; the mark of xa_is_node() is the root's alone (mte_mk_root()).
            yield from _node_entries(dump, entry, first, end, depth + 1, problem)
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
    return memoryview(data).cast("Q").tolist()
