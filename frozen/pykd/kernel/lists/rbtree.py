# SPDX-License-Identifier: GPL-2.0-or-later
"""Red-black trees, ``include/linux/rbtree_types.h``."""

from __future__ import annotations

import struct

from _pykd import FaultError, LimitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _pykd import Dump

LIMIT = 1 << 22
"""A tree with more nodes is damaged."""
_MAX_DEPTH = 128
"""Twice the logarithm of all the nodes that memory can hold."""


def nodes(
    dump: Dump, root: int, problem: Callable[[FaultError], None] | None = None, *, order: str = "in"
) -> Iterator[tuple[int, str]]:
    """Nodes of the ``struct rb_root`` (or ``rb_root_cached``) at *root*.

    :param problem: told of nodes that cannot be read, which are left out with what is below them; without it they raise.
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
            _, right, left = struct.unpack("<QQQ", dump.read(node, 24))
        except FaultError as error:
            if problem is None:
                raise
            problem(error)
            return -1, -1
        return left, right

    node, way = dump.read_unsigned(root), ""
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
