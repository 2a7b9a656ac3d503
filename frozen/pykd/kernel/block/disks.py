# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks and their partitions."""

from __future__ import annotations

from _pykd import Error
from pykd.core.members import has_member
from pykd.kernel import cpus
from pykd.kernel.devices import devices, private_of
from pykd.kernel.lists.linked import hash_for_each_entry
from pykd.kernel.lists.xarray import xa_entries

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

SECTOR = 512
"""Bytes of what sizes and statistics of disks count, whatever the disk's own blocks are."""
MAX_PARTITIONS = 1 << 20
MINORBITS = 20
HASH_SIZE = 255
"""BLKDEV_MAJOR_HASH_SIZE"""
MAX_CHAIN = 1000


def dev_numbers(dev: int) -> tuple[int, int]:
    """(major, minor) of a ``dev_t`` of the kernel."""
    return dev >> MINORBITS, dev & (1 << MINORBITS) - 1


def for_each_disk(dump: Dump) -> Iterator[Any]:
    """``struct gendisk`` of every whole disk in the order of the class, and the errors met on the way.

    :raises Error: the class of block devices cannot be found.
    """
    private = private_of(dump, dump.symbol("block_class", "").address, "class")
    if private is None:
        return
    gendisk: Any = dump.struct_class("struct gendisk")
    whole = dump.address_of("disk_type", "", default=0)
    embedded = gendisk.member_offset("part0.__dev")
    # 0d02129e76ed ("block: merge struct block_device and struct hd_struct") (in v5.11)
    in_partition = dump.struct_class("struct block_device").member_offset("bd_device")
    for address in devices(dump, private, "class"):
        if isinstance(address, Error):
            yield address
            continue
        try:
            if whole and int(dump.object("struct device", address).type) != whole:
                continue
            if embedded is not None:
                yield gendisk(address - embedded)
            else:
                yield dump.object("struct block_device", address - (in_partition or 0)).bd_disk
        except Error as error:
            yield error


def for_each_driver(dump: Dump) -> Iterator[Any]:
    """Each ``struct blk_major_name`` that register_blkdev() made, as ``/proc/devices`` has them, and the errors met on the way: ``major``
    (``int``), ``name``."""
    # The pointer to the next one is the first member.
    yield from hash_for_each_entry(dump, dump.symbol("major_names", "").address, HASH_SIZE, "struct blk_major_name", "next", limit=MAX_CHAIN)


def disk_of_queue(dump: Dump) -> dict[int, Any]:
    """By the address of each ``struct request_queue`` the ``struct gendisk`` that it serves; disks that cannot be read are left out.

    :raises Error: the class of block devices cannot be found.
    """
    found = {}
    for disk in for_each_disk(dump):
        try:
            if not isinstance(disk, Error):
                found[int(disk.queue)] = disk
        except Error:
            continue
    return found


def bdev_name(bdev: Any) -> str:
    """Name of a ``struct block_device``: of the disk, with the number of the partition behind it. :raises FaultError:"""
    name = str(bdev.bd_disk.disk_name)
    if has_member(bdev, "bd_partno"):
        # 3a41db531e5b ("block/bdev: merge ->bd_partno into ->__bd_flags") (in v6.10): a byte of its own from v5.11 on
        number = int(bdev.bd_partno)
    elif bdev.hasField("__bd_flags"):
        number = int(bdev.__bd_flags.counter) & 0xFF
    else:
        number = int(bdev.bd_part.partno)
    if not number:
        return name
    return f"{name}p{number}" if name[-1:].isdigit() else f"{name}{number}"


def partitions(dump: Dump, disk: Any) -> dict[int, Any]:
    """The partitions of a ``struct gendisk`` by number, 0 the whole disk: ``struct block_device``; ``struct hd_struct`` before v5.11.

    a33df75c6328 ("block: use an xarray for disk->part_tbl") (in v5.12): ``struct disk_part_tbl`` before.

    :raises FaultError:
    """
    layout = type(disk).PYT_type.member("part_tbl")
    if layout is not None and layout.type.strip().kind == "struct":
        kind: Any = dump.struct_class("struct block_device")
        entries = xa_entries(dump, int(disk) + disk.fieldOffset("part_tbl"))
        return {number: kind(entry) for number, entry in entries if number < MAX_PARTITIONS}
    table = disk.part_tbl
    if not table:
        return {}
    return {number: one for number in range(min(table.len, MAX_PARTITIONS)) if (one := table.part[number])}


def sectors(part: Any) -> int:
    """Size of a partition (``gendisk.part0`` is the whole disk) in units of :data:`SECTOR`. :raises FaultError:"""
    return int(part.bd_nr_sectors) if part.hasField("bd_nr_sectors") else int(part.nr_sects)


def is_read_only(part: Any) -> bool:
    """:raises FaultError:"""
    if part.hasField("bd_read_only"):
        return bool(part.bd_read_only)
    # 01e198f01d55 ("bdev: move ->bd_read_only to ->__bd_flags") (in v6.10): BD_READ_ONLY; policy before v5.11
    return bool(part.policy) if part.hasField("policy") else bool(int(part.__bd_flags.counter) >> 9 & 1)


def disk_stats(part: Any) -> int:
    """The per-CPU pointer to the ``struct disk_stats`` of a partition. :raises FaultError:"""
    return int(part.bd_stats if part.hasField("bd_stats") else part.dkstats)


def stats_in_flight(dump: Dump, part: Any) -> tuple[int, int]:
    """(reads, writes) that a partition's statistics count as under way: of disks whose driver takes bios, or before blk-mq.

    :raises FaultError:
    """
    stats, member = disk_stats(part), dump.type("struct disk_stats").member("in_flight")
    offset = member.offset if member else 0
    sums = [0, 0]
    for cpu in cpus.possible(dump):
        for way in (0, 1):
            sums[way] += dump.read_signed(cpus.address_on(stats, cpu, dump) + offset + 8 * way)
    return sums[0], sums[1]
