# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory blocks: the pieces in which memory can be taken out of use (``/sys/devices/system/memory``, CONFIG_MEMORY_HOTPLUG)."""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.core.members import offset_of
from pykd.kernel import devices
from pykd.kernel.mm import sections

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

STATES = {1: "ONLINE", 2: "GOING_OFFLINE", 4: "OFFLINE", 8: "GOING_ONLINE", 16: "CANCEL_ONLINE", 32: "CANCEL_OFFLINE"}
"""Of ``memory_block.state`` where that is an ``unsigned long``; in newer kernels (7.x, 6.12.y) it is an enum with other values"""


def state_names(dump: Dump) -> dict[int, str]:
    """Names of the values of ``memory_block.state``, without ``MEM_``."""
    try:
        return {value: name.removeprefix("MEM_") for name, value in dump.enumerator_type("MEM_ONLINE").enumerators()}
    except NotFoundError:
        return STATES


def block_size(dump: Dump) -> int:
    """Bytes of a block: what was chosen at boot, but at least a section. :raises FaultError:"""
    size: int = 1 << sections.bits(dump)
    if address := dump.address_of("memory_block_size_probed", default=0):
        size = max(size, dump.read_unsigned(address))
    return size


def for_each_memory_block(dump: Dump) -> Iterator[Any]:
    """Each ``struct memory_block`` in the order of the list of its subsystem, and the errors of those that cannot be read: ``start_section_nr``
    (``unsigned long``, the first section's number), ``nid``, ``state``.

    :raises NotFoundError: a kernel without them. :raises FaultError: the list cannot be found.
    """
    private = devices.private_of(dump, dump.symbol("memory_subsys", "").address, "bus_type")
    if private is None:
        return
    kind: Any = dump.struct_class("struct memory_block")
    back = offset_of(kind, "dev")
    for device in devices.devices(dump, private, "bus_type"):
        yield device if isinstance(device, Error) else kind(device - back)
