# SPDX-License-Identifier: GPL-2.0-or-later
"""What the driver lpfc keeps of a host."""

from __future__ import annotations

import pykd
from pykd import Error
from pykd.kernel.block import hba

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["print_extra"]


def print_extra(shost: Any) -> None:
    """Print what tells most of the adapter of a ``struct Scsi_Host``. :raises NotFoundError: the dump has no types of lpfc."""
    for label, value, form in hba.details(pykd.current(), shost, "lpfc"):
        print(f"      {label}: {f'({value})' if isinstance(value, Error) else format(value, form)}")
