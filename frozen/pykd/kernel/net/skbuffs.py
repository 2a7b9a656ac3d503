# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets (``struct sk_buff``): queues of them, and what their headers say."""

from __future__ import annotations

import struct as packing

from _pykd import LimitError
from pykd.core.members import offset_of
from pykd.core.walk import ended
from pykd.kernel.net.addresses import ip_text, ntohs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row

LIMIT = 1 << 20
"""Packets in a queue"""
ETH_P_IP, ETH_P_IPV6 = 0x0800, 0x86DD
IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP = 6, 17, 1
PROTOCOLS = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 50: "esp", 51: "ah", 58: "icmpv6", 132: "sctp", 136: "udplite"}
IP_FLAGS = ("MF", "DF", "RF")
"""From bit 0 of three"""
TCP_FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
"""From bit 0"""
UNSET = 0xFFFF
"""A header that is not known: its offset is all ones"""


def for_each_skb(dump: Dump, head: int, *, limit: int = LIMIT) -> Iterator[Any]:
    """Each ``struct sk_buff`` of the ``struct sk_buff_head`` at *head*. :raises FaultError, LimitError: the rest of it cannot be read."""
    cls: Any = dump.struct_class("struct sk_buff")
    found, why = dump.follow(head, limit=limit)
    yield from map(cls, found[1:])
    if why is not None:
        raise ended(why, f"the queue at {head:#x}")


def for_each_linked(dump: Dump, first: int, *, limit: int = LIMIT) -> Iterator[Any]:
    """Each ``struct sk_buff`` from *first* on, up to NULL. :raises FaultError, LimitError:"""
    if not first:
        return
    cls: Any = dump.struct_class("struct sk_buff")
    found, why = dump.follow(first, offset_of(cls, "next"), stop=0, limit=limit)
    yield from map(cls, found)
    if why is not None:
        raise ended(why, f"the packets from {first:#x}")


def header_at(skb: Any, layer: str) -> int:
    """Address of the header of a *layer* (``mac``, ``network``, ``transport``); 0: not known. :raises FaultError:"""
    offset = int(getattr(skb, f"{layer}_header"))
    return 0 if offset == UNSET else int(skb.head) + offset


def shared_info(dump: Dump, skb: Any) -> Any:
    """Its ``struct skb_shared_info``. :raises FaultError:"""
    # an offset where NET_SKBUFF_DATA_USES_OFFSET, as on all 64-bit machines
    return dump.object("struct skb_shared_info", int(skb.head) + int(skb.end))


def ip_header(dump: Dump, address: int) -> Row:
    """Of an IPv4 or IPv6 header at *address*: version, source, destination, protocol (a number), ttl, length (bytes), header (bytes), and of IPv4
    tos, id, ip_flags (names), ip_flag_bits (three), offset (8 bytes).

    :raises FaultError: :raises LimitError: it is neither.
    """
    version = dump.read(address, 1)[0] >> 4
    if version == 4:
        first, tos, length, number, offset, ttl, protocol = packing.unpack(">BBHHHBB", dump.read(address, 10))
        return {
            "version": 4, "source": ip_text(dump.read(address + 12, 4)), "destination": ip_text(dump.read(address + 16, 4)),
            "protocol": protocol, "ttl": ttl, "length": length, "header": (first & 15) * 4, "tos": tos, "id": number, "ip_flag_bits": offset >> 13,
            "ip_flags": [name for bit, name in enumerate(IP_FLAGS) if offset >> 13 + bit & 1], "offset": offset & 0x1FFF,
        }  # fmt: skip
    if version == 6:
        flow, length, protocol, ttl = packing.unpack(">IHBB", dump.read(address, 8))
        return {
            "version": 6, "source": ip_text(dump.read(address + 8, 16)), "destination": ip_text(dump.read(address + 24, 16)),
            "protocol": protocol, "ttl": ttl, "length": length + 40, "header": 40, "tos": flow >> 20 & 0xFF, "flow": flow & 0xFFFFF,
        }  # fmt: skip
    raise LimitError(f"no IP header at {address:#x}: version {version}")


def transport_header(dump: Dump, address: int, protocol: int) -> Row:
    """Of a TCP or UDP header at *address*: source_port, destination_port, and of TCP sequence, acknowledged, flags (names), flag_bits, window; else empty.

    :raises FaultError:
    """
    if protocol not in (IPPROTO_TCP, IPPROTO_UDP):
        return {}
    source, destination = packing.unpack(">HH", dump.read(address, 4))
    row: Row = {"source_port": source, "destination_port": destination}
    if protocol == IPPROTO_TCP:
        sequence, acknowledged, _, flags, window = packing.unpack(">IIBBH", dump.read(address + 4, 12))
        row |= {"sequence": sequence, "acknowledged": acknowledged, "flag_bits": flags, "window": window}
        row["flags"] = [name for bit, name in enumerate(TCP_FLAGS) if flags >> bit & 1]
    return row


def packet(dump: Dump, skb: Any) -> Row:
    """Of a ``struct sk_buff``: skb, length and data_len (bytes), protocol of the link, device, and what :func:`ip_header` and
    :func:`transport_header` say.

    :raises FaultError:
    """
    row: Row = {"skb": int(skb), "length": int(skb.len), "data_len": int(skb.data_len), "ethertype": ntohs(skb.protocol, dump)}
    network = header_at(skb, "network")
    if row["ethertype"] in (ETH_P_IP, ETH_P_IPV6) and network > int(skb.head):
        row |= ip_header(dump, network) | {"length": row["length"]}
        transport = header_at(skb, "transport") or network + row["header"]
        row |= transport_header(dump, transport, row["protocol"])
    return row
