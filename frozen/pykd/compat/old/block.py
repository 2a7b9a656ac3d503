# SPDX-License-Identifier: GPL-2.0-or-later
"""The block layer as older kernels kept it: values for the table in compat.py that take more than a path."""

from __future__ import annotations

from _pykd import current
from pykd.compat.parts import Parts
from pykd.core.members import offset_of
from pykd.kernel.block import scsi
from pykd.kernel.block.disks import partitions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from _pykd import Dump, Struct


# By the address of its first word: a bitmap whose words were asked for, its shift and depth, all in bits. A word does not know.
_bitmaps: dict[int, tuple[int, int, int]] = {}
_bitmaps_of: Dump | None = None
_MAX_BITMAPS = 4096


def sbitmap_map(bitmap: Struct) -> Struct:
    """``sbitmap.map``, as it is; its words are from now on known to be of this bitmap."""
    global _bitmaps_of
    dump = type(bitmap).PYT_dump
    if _bitmaps_of is not dump or len(_bitmaps) >= _MAX_BITMAPS:
        _bitmaps.clear()
        _bitmaps_of = dump
    first = dump.struct_class("struct sbitmap_word")(dump.read_unsigned(int(bitmap) + bitmap.fieldOffset("map")))
    _bitmaps[int(first)] = int(bitmap.map_nr), int(bitmap.shift), int(bitmap.depth)
    return first


def word_depth(word: Struct) -> int:
    """``sbitmap_word.depth``: how many of its bits are in use; 64 of a word whose bitmap was not read before it."""
    for first, (number, shift, depth) in reversed(_bitmaps.items()):
        index, rest = divmod(int(word) - first, len(word))
        if not rest and 0 <= index < number:
            return max(depth - (index << shift), 0) if index == number - 1 else 1 << shift
    return 64


def work_queue_name(host: Struct) -> str:
    """``Scsi_Host.work_q_name``: empty where the transport has no work queue."""
    return str(host.work_q.name) if host.work_q else ""


def device_of_inode(inode: Struct) -> Struct:
    """``inode.i_bdev``: the device whose pages the inode has; NULL of all others, device nodes of a file system too."""
    dump = type(inode).PYT_dump
    device, both = dump.struct_class("struct block_device"), dump.struct_class("struct bdev_inode")
    if int(inode.i_sb) != int(dump.variable("blockdev_superblock")):
        return device(0)
    outer = int(inode) - offset_of(both, "vfs_inode")
    return device(outer + offset_of(both, "bdev"))


def device_of_knode(link: str) -> Callable[[int], Struct]:
    """The ``struct device`` whose node in a klist, of its private part since, is at an address: 570d0200123f ("driver core: move
    device->knode_class to device_private") (in v5.1), and the others since v2.6.30."""

    def device(address: int) -> Struct:
        private = current().struct_class("struct device_private")
        found: Struct = private(int(address) - private(0).fieldOffset(link)).device
        return found

    return device


knode_class, knode_bus, knode_driver, knode_parent = map(device_of_knode, ("knode_class", "knode_bus", "knode_driver", "knode_parent"))


def disk_of_device(address: int) -> Struct:
    """The ``gendisk`` whose first partition, which is the whole disk, has this ``struct device``."""
    return _disk_of(address, "bd_device")


def disk_of_kobject(address: int) -> Struct:
    """The same from the ``kobj`` of the device."""
    return _disk_of(address, "bd_device.kobj")


def _disk_of(address: int, member: str) -> Struct:
    from _pykd import current

    device = current().struct_class("struct block_device")
    disk: Struct = device(int(address) - device.PYT_type.offset_of(member)).bd_disk
    return disk


def partition_table(disk: Struct) -> Struct:
    """``gendisk.part_tbl``: the ``struct xarray`` that it is, with ``len`` and ``part`` of the ``disk_part_tbl`` that it was."""
    dump = type(disk).PYT_dump
    found = partitions(dump, disk)
    none = dump.struct_class("struct block_device")(0)
    table: Any = dump.struct_class("struct xarray")(int(disk) + disk.fieldOffset("part_tbl"))
    table.len = max(found) + 1 if found else 0
    table.part = [found.get(number, none) for number in range(table.len)]
    return table  # type: ignore[no-any-return]


def host_busy(host: Struct) -> Parts:
    """``Scsi_Host.host_busy``: how many of its commands the driver has."""
    return Parts(counter=scsi.host_busy(type(host).PYT_dump, host))
