# SPDX-License-Identifier: GPL-2.0-or-later
"""IDRs: small numbers to pointers."""

from __future__ import annotations

import pykd
from pykd.kernel.lists.xarray import xa_entries
from pykdump.API import *

__all__ = ["idr_for_each"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def idr_for_each(idr: StructResult) -> Iterator[tuple[int, int]]:
    """Each (id, pointer) of a ``struct idr``, in order of the ids.

    :raises FaultError: a node of the tree cannot be read.
    """
    base = idr.idr_base if idr.hasField("idr_base") else 0  # 6ce711f27500 (in v4.16)
    for index, pointer in xa_entries(pykd.current(), int(idr.idr_rt)):
        yield index + base, pointer
