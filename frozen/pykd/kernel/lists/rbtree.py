# SPDX-License-Identifier: GPL-2.0-or-later
"""Red-black trees, ``include/linux/rbtree_types.h``."""

from __future__ import annotations

from _pykd import Error, FaultError, LimitError
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from _pykd import Dump

LIMIT = 1 << 22
"""A tree with more nodes is damaged."""
_MAX_DEPTH = 128
"""Twice the logarithm of all the nodes that memory can hold."""


def nodes(
    dump: Dump, root: int, problem: Callable[[FaultError], None] | None = None, *, order: str = "in", is_node: bool = False
) -> Iterator[tuple[int, str]]:
    """Nodes of the ``struct rb_root`` (or ``rb_root_cached``) at *root*.

    :param problem: told of nodes that cannot be read, which are left out with what is below them; without it they raise.
    :param is_node: *root* is the topmost ``struct rb_node`` itself.
    :param order: ``in``: sorted; ``pre``: a node before those below it.
    :return: (address of the ``rb_node``, the way to it: ``l`` and ``r`` for each step)
    :raises FaultError: the root cannot be read, or a node and *problem* is None.
    :raises LimitError: when the tree has a cycle or is too large.
    """
    seen: set[int] = set()

    def children(node: int, way: str) -> tuple[int, int]:
        if node in seen or len(way) > _MAX_DEPTH or len(seen) > LIMIT:
            raise LimitError(f"the tree at {root:#x} is damaged: node {node:#x} at depth {len(way)} is in it twice or too deep")
        seen.add(node)
        try:
            _, right, left = words_of(dump, dump.read(node, 24))
        except FaultError as error:
            if problem is None:
                raise
            problem(error)
            return -1, -1
        return left, right

    node, way = root if is_node else dump.read_unsigned(root), ""
    waiting: list[tuple[int, int, str]] = []
    while node or waiting:
        if not node:
            found, right, its_way = waiting.pop()
            if order == "in":
                yield found, its_way
            node, way = right, its_way + "r"
            continue
        left, right = children(node, way)
        if left < 0:
            node = 0
            continue
        if order == "pre":
            yield node, way
        waiting.append((node, right, way))
        node, way = left, way + "l"


def _links(dump: Dump, node: int) -> tuple[int, int, int]:
    """(parent, right child, left child); the lowest bits of the parent's word are the colour."""
    parent, right, left = words_of(dump, dump.read(node, 24))
    return parent & ~3, right, left


def _down_left(dump: Dump, node: int) -> int:
    for _ in range(_MAX_DEPTH):
        left = _links(dump, node)[2]
        if not left:
            return node
        node = left
    raise LimitError(f"the red-black tree is deeper than {_MAX_DEPTH} at {node:#x}")


def rb_first(dump: Dump, root: int) -> int:
    """Address of the leftmost ``struct rb_node`` of the ``struct rb_root`` (or ``rb_root_cached``) at *root*; 0 if it is empty.

    :raises FaultError:
    :raises LimitError: the tree has a cycle.
    """
    node = dump.read_unsigned(root)
    return _down_left(dump, node) if node else 0


def rb_next(dump: Dump, node: int) -> int:
    """The ``struct rb_node`` after the one at *node*, in order; 0 after the last, and of a node that is in no tree.

    :raises FaultError:
    :raises LimitError: the tree has a cycle.
    """
    parent, right, _ = _links(dump, node)
    if parent == node:
        return 0
    if right:
        return _down_left(dump, right)
    for _ in range(_MAX_DEPTH):
        if not parent or _links(dump, parent)[1] != node:
            return parent
        node, parent = parent, _links(dump, parent)[0]
    raise LimitError(f"the parents of red-black node {node:#x} do not end")


def rbtree_for_each_entry(dump: Dump, root: int, kind: str, member: str) -> Iterator[Any]:
    """The structs of type *kind* whose ``struct rb_node`` *member* is in the ``struct rb_root`` at *root*, in order, and the errors of nodes that
    cannot be read, which are left out with what is below them.

    :raises LimitError: the tree has a cycle or is too large. :raises NotFoundError, MemberError: the kernel has no such type or member.
    """
    cls: Any = dump.struct_class(kind)
    offset = cls.PYT_type.offset_of(member)
    lost: list[Error] = []
    for node, _ in nodes(dump, root, lost.append):
        yield cls(node - offset)
    yield from lost
