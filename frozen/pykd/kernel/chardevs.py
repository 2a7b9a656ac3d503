# SPDX-License-Identifier: GPL-2.0-or-later
"""Character devices: who has which numbers."""

from __future__ import annotations

from pykd.kernel.block.disks import MINORBITS, dev_numbers
from pykd.kernel.lists.linked import chain_for_each, hash_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

HASH_SIZE = 255
"""CHRDEV_MAJOR_HASH_SIZE, and chains of a ``struct kobj_map``"""
MAX_CHAIN = 1000


def for_each_chrdev(dump: Dump) -> Iterator[Any]:
    """Each ``struct char_device_struct`` that register_chrdev_region() made, as ``/proc/devices`` has them, and the errors met on the way:
    ``major`` and ``baseminor`` (``unsigned int``), ``minorct`` (``int``, how many minors), ``name``, ``cdev`` (of old drivers)."""
    # The pointer to the next one is the first member.
    yield from hash_for_each_entry(dump, dump.symbol("chrdevs", "").address, HASH_SIZE, "struct char_device_struct", "next", limit=MAX_CHAIN)


def cdev_of(dump: Dump, device: Any) -> int:
    """Address of the ``struct cdev`` that open() of the first minor of a ``struct char_device_struct`` finds; 0 if there is none.

    :raises FaultError, LimitError:
    """
    if known := int(device.cdev):
        return known
    table: Any = dump.object("struct kobj_map", dump.read_unsigned(dump.symbol("cdev_map", "").address))
    major = device.major
    wanted = major << MINORBITS | device.baseminor
    for probe in chain_for_each(dump, int(table.probes[major % HASH_SIZE]), "struct probe", "next", limit=MAX_CHAIN):
        if dev_numbers(probe.dev)[0] == major and probe.dev <= wanted < probe.dev + probe.range:
            return int(probe.data)
    return 0
