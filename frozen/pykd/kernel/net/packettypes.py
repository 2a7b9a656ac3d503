# SPDX-License-Identifier: GPL-2.0-or-later
"""Who gets packets of which type: protocols and taps."""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.core.walk import caught
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.kernel.net.addresses import ntohs
from pykd.kernel.net.devices import for_each_netdev
from pykd.kernel.net.namespaces import for_each_net

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

BUCKETS = 16
"""PTYPE_HASH_SIZE"""
LIMIT = 100000
TAPS = ("packet_rcv", "packet_rcv_spkt", "tpacket_rcv", "packet_rcv_fanout")
"""Functions of packet sockets: ``af_packet_priv`` is their ``struct sock`` (of the last a ``struct packet_fanout``)"""


class PacketType(NamedTuple):
    """:ivar found: ``struct packet_type``
    :ivar bucket: where it is in ``ptype_base``; -1: it gets packets of all types.
    """

    found: Any
    bucket: int

    @property
    def type(self) -> int:
        """ETH_P_*"""
        return ntohs(self.found.type)


def for_each_packet_type(dump: Dump) -> Iterator[PacketType | Error]:
    """Those for all types, then those in the table, then those of single devices, and the errors met on the way.

    c353e8983e0d ("net: introduce per netns packet chains") (in v6.16): those without a device belong to a namespace.
    """
    heads: list[tuple[int, int]] = []
    if dump.symbols("ptype_all"):
        heads.append((dump.symbol("ptype_all", "").address, -1))
    elif (hot := dump.find_type("struct", "net_hotdata")) and hot.member("ptype_all"):
        # 0b91fa4bfb1c ("net: move ptype_all into net_hotdata") (in v6.9)
        heads.append((dump.symbol("net_hotdata", "").address + hot.offset_of("ptype_all"), -1))
    devices: list[tuple[int, int]] = []
    by_type: list[tuple[int, int]] = []
    for net in caught(for_each_net(dump)):
        if isinstance(net, Error):
            yield net
            continue
        if net.hasField("ptype_all"):
            heads.append((int(net) + net.fieldOffset("ptype_all"), -1))
            by_type.append((int(net) + net.fieldOffset("ptype_specific"), 0))
        for device in caught(for_each_netdev(dump, net)):
            if isinstance(device, Error):
                yield device
                continue
            for member in ("ptype_all", "ptype_specific"):
                devices.append((int(device) + device.fieldOffset(member), -1))
    base = dump.symbol("ptype_base", "").address
    heads += [(base + 16 * i, i) for i in range(BUCKETS)]
    for head, bucket in heads + by_type + devices:
        for one in caught(list_for_each_entry(dump, head, "struct packet_type", "list", limit=LIMIT)):
            yield one if isinstance(one, Error) else PacketType(one, bucket)
