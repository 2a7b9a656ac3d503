# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets under PyKdump's names: the part of ``proto`` that decodes ``struct sk_buff``."""

from __future__ import annotations

import pykd
from pykd.kernel.net import skbuffs
from pykd.kernel.net.show.packets import flags_text as decode_TCP_flags
from pykd.kernel.net.show.packets import ip_lines, packet_line, packet_lines, packet_row, queue_lines, tcp_text
from pykdump.highlevel import readSU

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = [
    "ETH_P_IP", "IP_oneliner", "decode_IP_header", "decode_TCP_flags", "decode_TCP_header", "decode_skbuf", "print_skbuff_head",
    "skb_network_header", "skb_shinfo", "skb_transport_header", "walk_skb",
]  # fmt: skip

ETH_P_IP = skbuffs.ETH_P_IP


def walk_skb(skb_h: Any) -> Iterator[Any]:
    """Each ``struct sk_buff`` of a ``struct sk_buff_head``. :raises FaultError, LimitError:"""
    return skbuffs.for_each_skb(pykd.current(), int(skb_h))


def skb_shinfo(skb: Any) -> Any:
    """Its ``struct skb_shared_info``"""
    return skbuffs.shared_info(pykd.current(), skb)


def skb_network_header(skb: Any) -> int:
    """Address of the header of layer 3"""
    return int(skb.head) + int(skb.network_header)


def skb_transport_header(skb: Any) -> int:
    """Address of the header of layer 4"""
    return int(skb.head) + int(skb.transport_header)


def IP_oneliner(nh: int, h: int) -> str:
    """Protocol and ends of the packet with the IP header at *nh* and the one of TCP or UDP at *h*."""
    dump = pykd.current()
    row = skbuffs.ip_header(dump, int(nh))
    return packet_line(row | skbuffs.transport_header(dump, int(h), row["protocol"]))


def decode_IP_header(addr: int, v: int = 0) -> Any:
    """Print the IP header at *addr*. :return: the ``struct iphdr`` (``ipv6hdr``)"""
    row = skbuffs.ip_header(pykd.current(), int(addr))
    for line in ip_lines(row, int(addr)):
        print(line)
    return readSU("struct ipv6hdr" if row["version"] == 6 else "struct iphdr", int(addr))


def decode_TCP_header(addr: int, v: int = 0) -> str:
    """The TCP header at *addr* as text; with *v* its flags too."""
    return tcp_text(skbuffs.transport_header(pykd.current(), int(addr), skbuffs.IPPROTO_TCP), v)


def decode_skbuf(addr: int, v: int = 0) -> Any:
    """Print what is known of the ``struct sk_buff`` at *addr*, which is returned."""
    skb = readSU("struct sk_buff", int(addr))
    for line in packet_lines(packet_row(pykd.current(), skb), v):
        print(line)
    return skb


def print_skbuff_head(skb: Any, v: int = 0) -> None:
    """Print the packets from a ``struct sk_buff`` on, or of a ``struct sk_buff_head``."""
    dump = pykd.current()
    packets = walk_skb(skb) if skb.isNamed("struct sk_buff_head") else skbuffs.for_each_linked(dump, int(skb))
    for line in queue_lines((packet_row(dump, one) for one in packets), v):
        print(line)
