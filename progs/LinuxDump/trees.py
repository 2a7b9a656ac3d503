# SPDX-License-Identifier: GPL-2.0-or-later
"""Red-black trees and radix trees. For XArrays see :mod:`LinuxDump.xarray`."""

from __future__ import annotations

import pykd
from pykd import FaultError, LimitError
from pykd.kernel.lists.xarray import xa_entries, xa_load
from pykdump.API import *

__all__ = ["for_all_rbtree", "radix_tree_lookup_element", "rb_first", "rb_next", "walk_page_tree"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MAX_DEPTH = 128
"""A red-black tree of 2**64 nodes is no deeper."""

structSetAttr("struct rb_node", "rb_parent_color", ["__rb_parent_color"])  # since v3.7


def _down_left(node: StructResult) -> StructResult:
    for _ in range(_MAX_DEPTH):
        left = node.rb_left
        if not left:
            return node
        node = left
    raise LimitError(f"the red-black tree at {int(node):#x} is deeper than {_MAX_DEPTH}")


def rb_first(root: StructResult) -> StructResult | None:
    """The leftmost node of a ``struct rb_root`` (or ``rb_root_cached``), None if it is empty.

    :raises LimitError: the tree has a cycle.
    """
    if root.hasField("rb_root"):
        root = root.rb_root
    node = root.rb_node
    return _down_left(node) if node else None


def rb_parent(node: StructResult) -> StructResult:
    """The parent of a node; false for the root."""
    return readSU("struct rb_node", node.__rb_parent_color & ~3)


def rb_next(node: StructResult) -> StructResult | None:
    """The node after this one in order; None after the last, and of a node that is in no tree.

    :raises LimitError: the tree has a cycle.
    """
    parent = rb_parent(node)
    if parent == node:
        return None
    if node.rb_right:
        return _down_left(node.rb_right)
    for _ in range(_MAX_DEPTH):
        if not parent or node != parent.rb_right:
            return parent or None
        node, parent = parent, rb_parent(parent)
    raise LimitError(f"the parents of red-black node {int(node):#x} do not end")


def for_all_rbtree(
    root: StructResult, sname: str | None = None, smember: str | None = None, problem: Callable[[str], None] | None = None
) -> Iterator[StructResult]:
    """Nodes of a red-black tree in order; with a type and a member, the structs that the nodes are members of.

    :param problem: told of nodes that cannot be read, which are left out with what is below them; without it they raise.
    :raises LimitError: the tree has a cycle.
    """
    if root.hasField("rb_root"):
        root = root.rb_root
    seen: set[int] = set()
    above: list[tuple[StructResult, StructResult]] = []  # (node, its right child): still to be yielded
    try:
        node = root.rb_node
    except FaultError as err:
        if not problem:
            raise
        problem(f"the tree at {int(root):#x} is missing: {err}")
        return
    while node or above:
        if node:
            if int(node) in seen or len(above) > _MAX_DEPTH:
                raise LimitError(f"the red-black tree at {int(root):#x} comes back to node {int(node):#x}")
            seen.add(int(node))
            try:
                left, right = node.rb_left, node.rb_right
            except FaultError as err:
                if not problem:
                    raise
                problem(f"a part of the tree at {int(root):#x} is missing: {err}")
                node = None
                continue
            above.append((node, right))
            node = left
        else:
            node, right = above.pop()
            yield container_of(node, sname, smember) if sname else node
            node = right


def radix_tree_lookup_element(root: StructResult | int, index: int) -> tuple[int | None, int | None]:
    """(address of the node, entry) at *index* of a radix tree or XArray, (None, None) if there is none."""
    node, entry = xa_load(pykd.current(), int(root), index)
    return (node or entry, entry) if entry else (None, None)


def walk_page_tree(tree: StructResult) -> Iterator[int]:
    """Addresses of the ``struct page`` (or folio) in a page cache's tree, ``address_space.i_pages``."""
    for _, entry in xa_entries(pykd.current(), int(tree)):
        yield entry


RADIX_TREE_INDIRECT_PTR = 1


def radix_tree_is_indirect_ptr(pointer: int) -> int:
    """Does a slot hold a node? 1 or 0; of an XArray the mark is another bit."""
    return int(pointer) & (3 if struct_exists("struct xa_node") else 1) and 1


def indirect_to_ptr(pointer: int) -> int:
    return int(pointer) & ~3


def ffs(number: int) -> int:
    """Position of the lowest bit set, from 1; 0 if there is none."""
    return (number & -number).bit_length()
