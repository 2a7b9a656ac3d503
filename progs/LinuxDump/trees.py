# SPDX-License-Identifier: GPL-2.0-or-later
"""Red-black trees and radix trees. For XArrays see :mod:`LinuxDump.xarray`."""

from __future__ import annotations

import pykd
from pykd import FaultError
from pykd.kernel.lists import rbtree
from pykd.kernel.lists.xarray import slots_of_node, xa_entries, xa_load
from pykdump.highlevel import structSetAttr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

__all__ = ["for_all_rbtree", "radix_tree_lookup_element", "rb_first", "rb_next", "walk_page_tree"]

structSetAttr("struct rb_node", "rb_parent_color", ["__rb_parent_color"])  # since v3.7


def _node(address: int) -> Any:
    return pykd.current().object("struct rb_node", address)


def rb_first(root: Any) -> Any:
    """The leftmost node of a ``struct rb_root`` (or ``rb_root_cached``), None if it is empty.

    :raises LimitError: the tree has a cycle.
    """
    found = rbtree.rb_first(pykd.current(), int(root))
    return _node(found) if found else None


def rb_parent(node: Any) -> Any:
    """The parent of a node; false for the root."""
    return _node(node.__rb_parent_color & ~3)


def rb_next(node: Any) -> Any:
    """The node after this one in order; None after the last, and of a node that is in no tree.

    :raises LimitError: the tree has a cycle.
    """
    found = rbtree.rb_next(pykd.current(), int(node))
    return _node(found) if found else None


def for_all_rbtree(
    root: Any, sname: str | None = None, smember: str | None = None, problem: Callable[[str], None] | None = None
) -> Iterator[Any]:
    """Nodes of a red-black tree in order; with a type and a member, the structs that the nodes are members of.

    :param problem: told of nodes that cannot be read, which are left out with what is below them; without it they raise.
    :raises LimitError: the tree has a cycle.
    """
    dump = pykd.current()
    cls: Any = dump.struct_class(sname or "struct rb_node")
    back = cls.PYT_type.offset_of(smember) if sname and smember else 0

    def told(error: FaultError) -> None:
        if problem is None:
            raise error
        problem(f"a part of the tree at {int(root):#x} is missing: {error}")

    try:
        for node, _ in rbtree.nodes(dump, int(root), told):
            yield cls(node - back)
    except FaultError as error:
        told(error)


def radix_tree_lookup_element(root: Any, index: int) -> tuple[int | None, int | None]:
    """(address of the node, entry) at *index* of a radix tree or XArray, (None, None) if there is none."""
    node, entry = xa_load(pykd.current(), int(root), index)
    return (node or entry, entry) if entry else (None, None)


def walk_page_tree(tree: Any) -> Iterator[int]:
    """Addresses of the ``struct page`` (or folio) in a page cache's tree, ``address_space.i_pages``."""
    for _, entry in xa_entries(pykd.current(), int(tree)):
        yield entry


RADIX_TREE_INDIRECT_PTR = 1
RADIX_TREE_HEIGHT_MASK = None
"""Of a node's path; nodes have shifts in its place since v4.6."""


def radix_tree_maxindex(height: int) -> int:
    """The last index that a tree of so many levels has room for."""
    bits = height * (slots_of_node(pykd.current()).bit_length() - 1)
    return (1 << min(bits, 64)) - 1


def __getattr__(name: str) -> int:
    if name not in {"RADIX_TREE_MAP_SIZE", "RADIX_TREE_MAP_MASK", "RADIX_TREE_MAP_SHIFT", "RADIX_TREE_MAX_PATH"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    size = slots_of_node(pykd.current())
    shift = size.bit_length() - 1
    return {"SIZE": size, "MASK": size - 1, "SHIFT": shift, "PATH": -(-64 // shift)}[name.rpartition("_")[2]]



def radix_tree_is_indirect_ptr(pointer: int) -> int:
    """Does a slot hold a node? 1 or 0; of an XArray the mark is another bit."""
    return int(pointer) & (3 if pykd.current().find_type("struct", "xa_node") else 1) and 1


def indirect_to_ptr(pointer: int) -> int:
    return int(pointer) & ~3


def ffs(number: int) -> int:
    """Position of the lowest bit set, from 1; 0 if there is none."""
    return (number & -number).bit_length()
