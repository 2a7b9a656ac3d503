# SPDX-License-Identifier: GPL-2.0-or-later
"""kernfs nodes: :mod:`pykd.kernel.fs.kernfs` under PyKdump's names."""

from __future__ import annotations

import pykd
from LinuxDump import fs, trees
from pykd.kernel.fs import kernfs
from pykd.kernel.fs.kernfs import KERNFS_DIR, KERNFS_FILE, KERNFS_LINK, KERNFS_TYPE_MASK
from pykdump import API
from pykdump.highlevel import container_of, readSU

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def kernfs_active(kn: Any) -> bool:
    return kernfs.is_active(kn)


def kernfs_node_type(kn: Any) -> int:
    """KERNFS_DIR, KERNFS_FILE or KERNFS_LINK."""
    return kernfs.node_type(kn)


def rb_to_kn(node: Any) -> Any:
    """The ``struct kernfs_node`` around a ``struct rb_node``."""
    return container_of(node, "struct kernfs_node", "rb")


def kndir_iterate(pos: Any) -> Iterator[Any]:
    """Each ``struct kernfs_node`` in a directory. :raises crash.error: the rest cannot be read."""
    for node in kernfs.children(pykd.current(), pos):
        if isinstance(node, pykd.Error):
            raise node
        if kernfs.is_active(node):
            yield readSU("struct kernfs_node", int(node))


def decode_kernfs_node(kn: Any) -> tuple[str, str]:
    """(name, ``/`` of a directory, ``@`` of a link, ``.`` of a file)"""
    kind = kernfs.node_type(kn)
    return kn.name, kernfs.MARKS.get(kind, f"?{kind}")


def kernfs_fullpath(kn: Any) -> str:
    """Names from the root, with ``/`` between them."""
    return kernfs.path(kn) or "Bad kernfs_node"


def walk_kdir(dirkn: Any, indent: int = 0) -> None:
    """Print a directory and all below it."""
    for node in kndir_iterate(dirkn):
        kind = kernfs.node_type(node)
        print(" " * indent, node.name, kind)
        if kind == KERNFS_DIR and indent < 2 * kernfs.MAX_DEPTH:
            walk_kdir(node, indent + 2)
        elif kind == KERNFS_LINK:
            print(" " * indent, "  ->", kernfs_fullpath(node.symlink.target_kn))


__all__ = [
    "KERNFS_DIR", "KERNFS_FILE", "KERNFS_LINK", "KERNFS_TYPE_MASK", "decode_kernfs_node", "kernfs_active", "kernfs_fullpath", "kernfs_node_type",
    "kndir_iterate", "rb_to_kn", "walk_kdir",
]  # fmt: skip
__all__ += API.hand_on(globals())
for _module in (fs, trees):
    globals().update({name: getattr(_module, name) for name in _module.__all__ if name not in globals()})
    __all__ += [name for name in _module.__all__ if name not in __all__]
