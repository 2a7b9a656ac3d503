# SPDX-License-Identifier: GPL-2.0-or-later
"""IDRs: small numbers to pointers; :mod:`pykd.kernel.lists.xarray` under PyKdump's names."""

from __future__ import annotations

import pykd
from pykd.kernel.lists import xarray

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd import Struct

__all__ = ["idr_for_each"]


def idr_for_each(idr: Struct) -> Iterator[tuple[int, int]]:
    """Each (id, pointer) of a ``struct idr``, in order of the ids.

    :raises FaultError: a node of the tree cannot be read.
    """
    return xarray.idr_for_each(pykd.current(), idr)
