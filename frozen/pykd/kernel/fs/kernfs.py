# SPDX-License-Identifier: GPL-2.0-or-later
"""kernfs: the tree of nodes behind sysfs, cgroupfs and the like (``include/linux/kernfs.h``)."""

from __future__ import annotations

from pykd.core.members import offset_of
from pykd.kernel.lists import rbtree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_DEPTH = 100
"""Of directories; a longer path is damage."""
KERNFS_TYPE_MASK = 0x000F
KERNFS_DIR, KERNFS_FILE, KERNFS_LINK = 1, 2, 4
"""Of ``kernfs_node.flags``"""
MARKS = {KERNFS_DIR: "/", KERNFS_FILE: ".", KERNFS_LINK: "@"}
"""What a node is, in a letter"""


def node_type(node: Any) -> int:
    """KERNFS_DIR, KERNFS_FILE or KERNFS_LINK of a ``struct kernfs_node``. :raises FaultError:"""
    return int(node.flags) & KERNFS_TYPE_MASK


def is_active(node: Any) -> bool:
    """Whether a ``struct kernfs_node`` is not about to go. :raises FaultError:"""
    return int(node.active.counter) >= 0


def children(dump: Dump, node: Any) -> Iterator[Any]:
    """Each ``struct kernfs_node`` in a directory, in the order of the kernel's tree (by hash), and the errors met on the way.

    :raises FaultError, LimitError: the tree cannot be walked.
    """
    kind: Any = dump.struct_class("struct kernfs_node")
    offset = offset_of(kind, "rb")
    problems: list[Any] = []
    for found, _ in rbtree.nodes(dump, int(node) + node.fieldOffset("dir.children"), problems.append):
        yield kind(found - offset)
    yield from problems


def parent(node: Any) -> Any:
    """The ``struct kernfs_node`` above; false of the root.

    633488947ef6 ("kernfs: Use RCU to access kernfs_node::parent.") (in v6.15): ``__parent``

    :raises FaultError:
    """
    return node.Eval("__parent") if node.hasField("__parent") else node.parent


def path(node: Any) -> str | None:
    """Names from the root of its tree to a ``struct kernfs_node``, with ``/`` between them; None where they run in a circle. :raises FaultError:"""
    names: list[str] = []
    while node:
        if len(names) >= MAX_DEPTH:
            return None
        names.append(str(node.name or ""))
        node = parent(node)
    return "/".join(reversed(names))
