# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory of vmalloc(): its areas."""

from __future__ import annotations

from _pykd import Error
from pykd.core.members import offset_of
from pykd.core.walk import caught
from pykd.kernel.lists import rbtree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_NODES = 4096


def vmap_roots(dump: Dump) -> list[int]:
    """Address of each ``struct rb_root`` of areas in use. :raises FaultError:

    d093602919ad ("mm: vmalloc: remove global vmap_area_root rb-tree") (in v6.9): one tree for each of ``nr_vmap_nodes``.
    """
    if not dump.address_of("vmap_nodes", default=0):
        return [dump.symbol("vmap_area_root", "").address]
    node = dump.type("struct vmap_node")
    count = min(dump.read_unsigned(dump.symbol("nr_vmap_nodes", "").address, 4), MAX_NODES)
    first = dump.read_unsigned(dump.symbol("vmap_nodes", "").address) + node.offset_of("busy.root")
    return [first + node.size * number for number in range(count)]


def for_each_vmap_area(dump: Dump) -> Iterator[Any]:
    """Each ``struct vmap_area`` in use (of vmalloc(), vmap(), ioremap(), and of modules), those of a tree by address, and the errors of parts
    that cannot be read. :raises FaultError: where the trees are cannot be read."""
    area: Any = dump.struct_class("struct vmap_area")
    back = offset_of(area, "rb_node")
    for root in vmap_roots(dump):
        problems: list[Error] = []
        for found in caught(rbtree.nodes(dump, root, problems.append)):
            yield found if isinstance(found, Error) else area(found[0] - back)
        yield from problems
