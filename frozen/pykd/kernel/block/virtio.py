# SPDX-License-Identifier: GPL-2.0-or-later
"""Rings of virtio devices: what the driver gave to the host, and how far each of them has got."""

from __future__ import annotations

from pykd.core.members import offset_of
from pykd.core.record import NamedTuple
from pykd.kernel.lists.linked import list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_QUEUES = 4096
_INDEX = 0xFFFF


class Ring(NamedTuple):
    """A split ring."""

    name: str
    """``req.0``"""
    address: int
    """Of the ``struct vring_virtqueue``"""
    broken: bool
    given: int
    """Buffers that the host has and has not given back."""
    unseen: int
    """Buffers that the host has given back and the driver has not taken."""


def device_of_disk(dump: Dump, disk: Any) -> Any:
    """The ``struct virtio_device`` of a ``struct gendisk``; None of a disk that is not one of virtio_blk's. :raises FaultError:"""
    part = disk.part0
    device = part.bd_device if part.hasField("bd_device") else part.Eval("__dev")
    parent = device.parent
    bus = dump.address_of("virtio_bus", default=0)
    kind: Any = dump.struct_class("struct virtio_device")
    if not parent or not bus or int(parent.bus) != bus:
        return None
    return kind(int(parent) - offset_of(kind, "dev"))


def rings(dump: Dump, device: Any) -> Iterator[Ring]:
    """Each split ring of a ``struct virtio_device``; packed ones have no indices that tell this.

    :raises NotFoundError: the dump has no types of virtio_ring. :raises FaultError, LimitError:
    """
    kind: Any = dump.struct_class("struct vring_virtqueue")
    head = int(device) + device.fieldOffset("vqs")
    for queue in list_for_each_entry(dump, head, "struct virtqueue", "list", limit=MAX_QUEUES, what="the queues of a virtio device"):
        ring = kind(int(queue) - offset_of(kind, "vq"))
        if ring.packed_ring:
            continue
        used = int(ring.split.vring.used.idx)
        seen = int(ring.last_used_idx)
        given = (int(ring.split.avail_idx_shadow) - used) & _INDEX
        yield Ring(str(queue.name or ""), int(ring), bool(ring.broken), given, (used - seen) & _INDEX)
