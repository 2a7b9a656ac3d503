# SPDX-License-Identifier: GPL-2.0-or-later
"""The address space of modules: what is allocated there, and what unloaded modules left behind; see :mod:`pykd.kernel.modules`."""

from __future__ import annotations

import pykd
from pykd.kernel import modules
from pykd.kernel.mm import vmalloc
from pykd.kernel.modules import find_unloaded
from pykdump import API

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AllocatedRanges", "find_unloaded", "vmap_roots"]
__all__ += API.hand_on(globals())


def vmap_roots() -> Iterator[pykd.Struct]:
    """Each ``struct rb_root`` of allocated ``struct vmap_area``."""
    dump = pykd.current()
    yield from map(dump.struct_class("struct rb_root"), vmalloc.vmap_roots(dump))


class AllocatedRanges(modules.AllocatedRanges):
    """Of the current dump"""

    def __init__(self) -> None:
        super().__init__(pykd.current())
