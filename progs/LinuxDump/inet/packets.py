# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets as text: the part of PyKdump's ``proto`` that decodes ``struct sk_buff``."""

from __future__ import annotations

import pykd
from pykd.kernel.net import skbuffs
from pykd.kernel.net.addresses import ip_text
from pykd.kernel.net.sockets import AF_INET, AF_INET6, TCP_ESTABLISHED, TCP_STATES, Socket
from pykdump.highlevel import readSU

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.core.rows import Row

ETH_P_IP = 0x0800
_FLAGS = (
    "Congestion Window Reduced (CWR)", "ECN-Echo", "Urgent", "Acknowledgment", "Push", "Reset", "Syn", "Fin",
)  # fmt: skip
_SHORT = ("CWR", "ECN", "URG", "ACK", "PSH", "RST", "SYN", "FIN")
"""From bit 7"""
WIDTH = 27
"""Characters of an address with its port"""
SOCK_RAW = 3


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


def _ends(row: Row) -> str:
    pairs = ((row["source"], row["source_port"]), (row["destination"], row["destination_port"]))
    return "".join(f"{address}:{port or '*'}".ljust(WIDTH) for address, port in pairs)


def packet_line(row: Row) -> str:
    """One line of what :func:`pykd.kernel.net.skbuffs.packet` tells."""
    if "protocol" not in row:
        return f"protocol=0x{row['ethertype']:04x}"
    name = skbuffs.PROTOCOLS.get(row["protocol"], "")
    if "source_port" not in row:
        return f"proto={row['protocol']}"
    return f"{name:<5}{_ends(row)}"


def IP_oneliner(nh: int, h: int) -> str:
    """Protocol and ends of the packet with the IP header at *nh* and the one of TCP or UDP at *h*."""
    dump = pykd.current()
    row = skbuffs.ip_header(dump, int(nh))
    return packet_line(row | skbuffs.transport_header(dump, int(h), row["protocol"]))


def ip_lines(row: Row, address: int) -> Iterator[str]:
    """An IP header, as :func:`pykd.kernel.net.skbuffs.ip_header` has it, in full."""
    if row["version"] == 6:
        yield f"IPv6 <struct ipv6hdr {address:#x}>"
        yield f"  tos={row['tos']} flow={row['flow']} hlim={row['ttl']} proto={row['protocol']} saddr={row['source']} daddr={row['destination']}"
        return
    yield f"IPv4 <struct iphdr {address:#x}>"
    yield (
        f"  tos={row['tos']} id={row['id']} fl={row['flags']} frag={row['offset']} ttl={row['ttl']} proto={row['protocol']} "
        f"saddr={row['source']} daddr={row['destination']}"
    )


def decode_IP_header(addr: int, v: int = 0) -> Any:
    """Print the IP header at *addr*. :return: the ``struct iphdr`` (``ipv6hdr``)"""
    row = skbuffs.ip_header(pykd.current(), int(addr))
    for line in ip_lines(row, int(addr)):
        print(line)
    return readSU("struct ipv6hdr" if row["version"] == 6 else "struct iphdr", int(addr))


def decode_TCP_flags(flags: int) -> str:
    """The eight flags of a TCP header, one a line."""
    names = ",".join(name for bit, name in zip(range(7, -1, -1), _SHORT, strict=True) if flags >> bit & 1)
    lines = ["", f"    Flags: 0x{flags:02x} ({names})"]
    for place, name in enumerate(_FLAGS):
        is_set = flags >> 7 - place & 1
        dots = "".join(str(is_set) if i == place else "." for i in range(8))
        lines.append(f"        {dots[:4]} {dots[4:]} = {name}: {'Set' if is_set else 'Not set'}")
    return "\n".join([*lines, ""])


def decode_TCP_header(addr: int, v: int = 0) -> str:
    """The TCP header at *addr* as text; with *v* its flags too."""
    row = skbuffs.transport_header(pykd.current(), int(addr), skbuffs.IPPROTO_TCP)
    text = f"TCP: sport={row['source_port']} dport={row['destination_port']}"
    return f"{text}\n{decode_TCP_flags(row['flags'])}" if v else text


def skb_lines(skb: Any, v: int = 0) -> Iterator[str]:
    """A ``struct sk_buff`` decoded: one line, with *v* its headers. :raises FaultError, LimitError:"""
    dump = pykd.current()
    row = skbuffs.packet(dump, skb)
    if "protocol" not in row:
        yield f"Cannot decode protocol={row['ethertype']}"
        return
    if v == 0:
        yield packet_line(row)
        return
    if v > 1:
        yield f" ===== Decoding {skb} ===="
    network = skb_network_header(skb)
    yield from ip_lines(row, network)
    shared = skb_shinfo(skb)
    yield f"  {shared}, nr_frags={shared.nr_frags}"
    if row["protocol"] == skbuffs.IPPROTO_TCP:
        yield decode_TCP_header(skbuffs.header_at(skb, "transport") or network + row["header"], v)


def decode_skbuf(addr: int, v: int = 0) -> Any:
    """Print what is known of the ``struct sk_buff`` at *addr*, which is returned."""
    skb = readSU("struct sk_buff", int(addr))
    for line in skb_lines(skb, v):
        print(line)
    return skb


def queue_lines(first: Any, v: int = 0) -> Iterator[str]:
    """Packets from a ``struct sk_buff`` on, or of a ``struct sk_buff_head``: whose, and of which device. :raises FaultError, LimitError:"""
    dump = pykd.current()
    packets = walk_skb(first) if first.isNamed("struct sk_buff_head") else skbuffs.for_each_linked(dump, int(first))
    for skb in packets:
        if v > 0:
            yield f"{skb} {skb.sk}"
        if skb.sk:
            yield from _owner_lines(dump, skb)
        yield f"\t\tdev={skb.dev.name if skb.dev else '0x0'} input_dev=0x0 real_dev=0x0 "


def _owner_lines(dump: pykd.Dump, skb: Any) -> Iterator[str]:
    owner = Socket(dump, "", int(skb.sk))
    family = owner.family
    if family not in (AF_INET, AF_INET6):
        yield f"\tFamily: {family} {skb}"
        return
    ends = [(ip_text(address), port) for address, port in (owner.local, owner.remote)]
    protocol = int(owner.sock.sk_protocol) if owner.is_full else skbuffs.IPPROTO_TCP
    name = "raw" if owner.type == SOCK_RAW else skbuffs.PROTOCOLS.get(protocol, str(protocol))
    yield f"\t {socket_line(name + '6' * (family == AF_INET6), ends[0], ends[1], state_text(name, int(owner.common.skc_state)))}"


def end_text(address: str, port: int, printstar: bool = True) -> str:
    """``127.0.0.1:80``, padded; a port of 0 is ``*``."""
    return f"{address}:{'*' if printstar and not port else port}".ljust(WIDTH)


def state_text(protocol: str, state: int) -> str:
    """What PyKdump prints of ``skc_state``: of UDP and raw only whether it is connected."""
    if protocol.startswith("tcp"):
        return f" {TCP_STATES[state] if state < len(TCP_STATES) else state}"
    return "ESTABLISHED" if state == TCP_ESTABLISHED and protocol.startswith(("udp", "raw")) else f"st={state}"


def socket_line(protocol: str, local: tuple[str, int], remote: tuple[str, int], state: str) -> str:
    """What PyKdump prints of an internet socket, its ends as (address, port)."""
    return f"{protocol:<5} {end_text(*local)}{end_text(*remote)}{state}"


def print_skbuff_head(skb: Any, v: int = 0) -> None:
    """Print the packets from a ``struct sk_buff`` on, or of a ``struct sk_buff_head``."""
    for line in queue_lines(skb, v):
        print(line)


__all__ = [
    "ETH_P_IP", "IP_oneliner", "decode_IP_header", "decode_TCP_flags", "decode_TCP_header", "decode_skbuf", "end_text", "ip_lines",
    "packet_line", "print_skbuff_head", "queue_lines", "skb_lines", "skb_network_header", "skb_shinfo", "skb_transport_header",
    "socket_line", "state_text", "walk_skb",
]  # fmt: skip
