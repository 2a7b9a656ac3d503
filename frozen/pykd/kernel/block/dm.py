# SPDX-License-Identifier: GPL-2.0-or-later
"""Device mapper (dm_mod): mapped devices, their tables and targets. What a target of a kind keeps is in :mod:`pykd.kernel.block.dmtarget`."""

from __future__ import annotations

from _pykd import Error
from pykd.core.members import offset_of
from pykd.core.walk import caught
from pykd.kernel import cpus
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.kernel.lists.rbtree import nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

NAME_BUCKETS = 64
"""Lists of the hash of names, which there was before the tree"""
MAX_DEVICES = 1 << 16
MAX_TARGETS = 1 << 16
"""Of one table"""

FLAGS = ("block I/O for suspend", "suspended", "frozen", "freeing", "deleting", "flush not for suspend", "deferred remove", "suspended internally")
"""Bits of ``mapped_device.flags`` (DMF_*)"""


def has_types(dump: Dump) -> bool:
    """Whether the dump, or a file given with it, knows the types of dm_mod, where that is a module."""
    return dump.find_type("struct", "mapped_device") is not None and dump.find_type("struct", "hash_cell") is not None


def for_each_hash_cell(dump: Dump) -> Iterator[Any]:
    """The ``struct hash_cell`` of each mapped device, which has its name, UUID and ``md``; and the errors met on the way.

    b82096afc8af ("dm ioctl: replace device hash with red-black tree") (in v5.13): lists in ``_name_buckets`` before.

    :raises NotFoundError: dm_mod is not loaded. :raises LimitError:
    """
    cell: Any = dump.struct_class("struct hash_cell")
    root = dump.address_of("name_rb_tree", default=0)
    if root:
        problems: list[Error] = []
        offset = offset_of(cell, "name_node")
        for address, _ in nodes(dump, root, problems.append):
            yield cell(address - offset)
        yield from problems
        return
    buckets = dump.symbol("_name_buckets").address
    for number in range(NAME_BUCKETS):
        yield from caught(list_for_each_entry(dump, buckets + 16 * number, "struct hash_cell", "name_list", limit=MAX_DEVICES))


def mapped_devices(dump: Dump) -> tuple[list[Any], list[Error]]:
    """(cells in the order of their minor numbers, what cannot be read). :raises NotFoundError, LimitError: as :func:`for_each_hash_cell`."""
    found, errors = [], []
    for cell in for_each_hash_cell(dump):
        try:
            if isinstance(cell, Error):
                errors.append(cell)
            elif cell.md.disk:
                found.append((int(cell.md.disk.first_minor), int(cell), cell))
        except Error as error:
            errors.append(error)
    return [cell for *_, cell in sorted(found)], errors


def table_of(dump: Dump, device: Any) -> Any:
    """The live ``struct dm_table`` of a ``struct mapped_device``; None: it has none. :raises FaultError:"""
    address = int(device.map)
    return dump.object("struct dm_table", address) if address else None


def targets(dump: Dump, table: Any) -> Iterator[Any]:
    """Each ``struct dm_target`` of a ``struct dm_table``, in order. :raises FaultError:"""
    kind: Any = dump.struct_class("struct dm_target")
    first = int(table.targets)
    for number in range(min(int(table.num_targets), MAX_TARGETS)):
        yield kind(first + number * kind.PYT_type.size)


def device_of_disk(dump: Dump, disk: Any) -> Any:
    """The ``struct mapped_device`` of a ``struct gendisk`` of device mapper; None of another one. :raises FaultError:"""
    if not str(disk.disk_name).startswith("dm-"):
        return None
    # c4576aed8d85 ("dm: fix request-based dm ...") keeps it in the disk; the queue has it where that is empty
    address = int(disk.private_data) or int(disk.queue.queuedata)
    return dump.object("struct mapped_device", address) if address else None


def bios_in_flight(dump: Dump, disk: Any) -> int | None:
    """How many bios a ``struct gendisk`` of device mapper has not finished: held by a target, or on their way below. None: it is none of device
    mapper's, or its kernel counts them with the disk's statistics.

    9f6dc6337610 ("dm: interlock pending dm_io and dm_wait_for_bios_completion") (in v5.18): a per-CPU count.

    :raises NotFoundError: the dump has no types of dm_mod. :raises FaultError:
    """
    device = device_of_disk(dump, disk)
    if device is None or not device.hasField("pending_io"):
        return None
    counts = int(device.pending_io)
    return max(sum(dump.read_signed(cpus.address_on(counts, cpu, dump)) for cpu in cpus.possible(dump)), 0) if counts else 0


def split_lvm_name(name: str) -> tuple[str, str]:
    """(volume group, logical volume) of the name that LVM gives to a mapped device: one hyphen between them, those within are doubled."""
    parts = [part.replace("\0", "-") for part in name.replace("--", "\0").split("-", 1)]
    return (parts[0], parts[1]) if len(parts) == 2 else ("", "")


def lvm_uuids(uuid: str) -> tuple[str, str]:
    """(UUID of the volume group, of the logical volume) of what LVM gives to a mapped device: ``LVM-``, 32 characters of each, a suffix."""
    plain = uuid.removeprefix("LVM-")
    return plain[:32], plain[32:64]
