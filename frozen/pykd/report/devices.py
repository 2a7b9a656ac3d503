# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of block devices as people know them."""

from __future__ import annotations

from _pykd import Error
from pykd.core.memo import per_dump
from pykd.core.walk import caught
from pykd.kernel.block import dm
from pykd.kernel.block.disks import for_each_disk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump


@per_dump
def mapped(dump: Dump) -> dict[str, str]:
    """What the mapper calls its disks, and the kinds of their targets, where its types are known: ``{"dm-0": "slow: delay"}``."""
    found = {}
    try:
        for cell in dm.mapped_devices(dump)[0]:
            table = dm.table_of(dump, cell.md)
            kinds = sorted({str(target.type.name) for target in dm.targets(dump, table)}) if table is not None else []
            found[str(cell.md.disk.disk_name)] = f"{cell.name!s}: {', '.join(kinds)}"
    except Error:
        pass
    return found


@per_dump
def _by_number(dump: Dump) -> dict[str, str]:
    found = {}
    try:
        for disk in caught(for_each_disk(dump)):
            if not isinstance(disk, Error):
                found[f"{int(disk.major)}:{int(disk.first_minor)}"] = str(disk.disk_name)
    except Error:
        pass
    return found


def known_as(dump: Dump, name: str) -> str:
    """``dm-0 (slow: delay)``: of a disk's name or numbers, ``253:0``; what is no disk stays as it is."""
    disk = _by_number(dump).get(name, name)
    return f"{disk} ({target})" if (target := mapped(dump).get(disk)) else disk
