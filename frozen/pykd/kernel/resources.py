# SPDX-License-Identifier: GPL-2.0-or-later
"""Resources of the machine: I/O ports and physical addresses, and who has them (``/proc/ioports``, ``/proc/iomem``)."""

from __future__ import annotations

from _pykd import Error, LimitError
from pykd.core.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

ROOTS = ("ioport_resource", "iomem_resource")
"""The two topmost ``struct resource``"""
MAX_RESOURCES = 1 << 20


class Resource(NamedTuple):
    """One resource of a tree."""

    depth: int
    """0 of the topmost, 1 of those right within it"""
    resource: Any
    """``struct resource``: ``start`` and ``end`` (``resource_size_t``, *end* is the last one in it), ``name``"""
    lost: Error | None
    """Why it is not known what is within it and behind it; None if it is"""


def for_each_resource(dump: Dump, root: int) -> Iterator[Resource]:
    """Each resource of the tree below the ``struct resource`` at *root*, itself first, each followed by those within it.

    :raises LimitError: the tree runs in a circle; after what was found.
    """
    kind: Any = dump.struct_class("struct resource")
    waiting = [(0, root)]
    seen: set[int] = set()
    while waiting:
        depth, address = waiting.pop()
        if address in seen or len(seen) >= MAX_RESOURCES:
            raise LimitError(f"the tree of resources at {root:#x} runs in a circle at {address:#x}")
        seen.add(address)
        one, lost = kind(address), None
        try:
            following = ((depth, int(one.sibling) if depth else 0), (depth + 1, int(one.child)))
            waiting += [link for link in following if link[1]]
        except Error as error:
            lost = error
        yield Resource(depth, one, lost)
