# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets and the ends of connections as lines."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import Row, fault, mark
from pykd.kernel.net import skbuffs
from pykd.kernel.net.addresses import ip_text
from pykd.kernel.net.sockets import AF_INET, AF_INET6, TCP_ESTABLISHED, TCP_STATES, Socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from _pykd import Dump

WIDTH = 27
"""Characters of an address with its port"""
SOCK_RAW = 3
_FLAGS = ("Congestion Window Reduced (CWR)", "ECN-Echo", "Urgent", "Acknowledgment", "Push", "Reset", "Syn", "Fin")
_SHORT = ("CWR", "ECN", "URG", "ACK", "PSH", "RST", "SYN", "FIN")
"""From bit 7"""


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


def packet_row(dump: Dump, skb: Any, *, owner: bool = True) -> Row:
    """Of a ``struct sk_buff``: what :func:`pykd.kernel.net.skbuffs.packet` tells, where its headers are, shared (address), fragments; device, sock and
    the line of its *owner*."""
    row: Row = {"kind": "packet", "skb": int(skb)}
    try:
        row["device"] = str(skb.dev.name) if skb.dev else None
        row["sock"] = int(skb.sk)
        if owner and row["sock"]:
            row["owner"] = owner_text(dump, row["sock"], int(skb))
        row |= skbuffs.packet(dump, skb)
        if "protocol" in row:
            row["network"] = skbuffs.header_at(skb, "network")
            row["transport"] = skbuffs.header_at(skb, "transport") or row["network"] + row["header"]
        shared = skbuffs.shared_info(dump, skb)
        row |= {"shared": int(shared), "fragments": int(shared.nr_frags)}
    except Error as error:
        row["error"] = fault(error, partial=True)
    return row


def owner_text(dump: Dump, sock: int, skb: int) -> str:
    """The line of the socket that a packet belongs to. :raises FaultError:"""
    owner = Socket(dump, "", sock)
    family = owner.family
    if family not in (AF_INET, AF_INET6):
        return f"\tFamily: {family} <struct sk_buff {skb:#x}>"
    ends = [(ip_text(address), port) for address, port in (owner.local, owner.remote)]
    protocol = int(owner.sock.sk_protocol) if owner.is_full else skbuffs.IPPROTO_TCP
    name = "raw" if owner.type == SOCK_RAW else skbuffs.PROTOCOLS.get(protocol, str(protocol))
    return f"\t {socket_line(name + '6' * (family == AF_INET6), ends[0], ends[1], state_text(name, int(owner.common.skc_state)))}"


def packet_line(row: Row) -> str:
    """Protocol and ends of a packet."""
    if "protocol" not in row:
        return f"Cannot decode protocol={row['ethertype']}" if "ethertype" in row else mark(row)
    if "source_port" not in row:
        return f"proto={row['protocol']}"
    ends = ((row["source"], row["source_port"]), (row["destination"], row["destination_port"]))
    return f"{skbuffs.PROTOCOLS.get(row['protocol'], ''):<5}" + "".join(end_text(*end) for end in ends)


def ip_lines(row: Row, address: int) -> Iterator[str]:
    """An IP header at *address*, as :func:`pykd.kernel.net.skbuffs.ip_header` has it, in full."""
    if row["version"] == 6:
        yield f"IPv6 <struct ipv6hdr {address:#x}>"
        yield f"  tos={row['tos']} flow={row['flow']} hlim={row['ttl']} proto={row['protocol']} saddr={row['source']} daddr={row['destination']}"
        return
    yield f"IPv4 <struct iphdr {address:#x}>"
    yield (
        f"  tos={row['tos']} id={row['id']} fl={row['ip_flag_bits']} frag={row['offset']} ttl={row['ttl']} proto={row['protocol']} "
        f"saddr={row['source']} daddr={row['destination']}"
    )


def flags_text(flags: int) -> str:
    """The eight flags of a TCP header, one a line."""
    names = ",".join(name for bit, name in zip(range(7, -1, -1), _SHORT, strict=True) if flags >> bit & 1)
    lines = ["", f"    Flags: 0x{flags:02x} ({names})"]
    for place, name in enumerate(_FLAGS):
        is_set = flags >> 7 - place & 1
        dots = "".join(str(is_set) if i == place else "." for i in range(8))
        lines.append(f"        {dots[:4]} {dots[4:]} = {name}: {'Set' if is_set else 'Not set'}")
    return "\n".join([*lines, ""])


def tcp_text(row: Row, v: int = 0) -> str:
    """A TCP header; with *v* its flags too."""
    text = f"TCP: sport={row['source_port']} dport={row['destination_port']}"
    return f"{text}\n{flags_text(row['flag_bits'])}" if v else text


def packet_lines(row: Row, v: int = 0) -> Iterator[str]:
    """A :func:`packet_row`: one line, with *v* its headers."""
    if v == 0 or "protocol" not in row:
        yield packet_line(row)
        return
    if v > 1:
        yield f" ===== Decoding <struct sk_buff {row['skb']:#x}> ===="
    yield from ip_lines(row, row["network"])
    if "shared" in row:
        yield f"  <struct skb_shared_info {row['shared']:#x}>, nr_frags={row['fragments']}"
    if "flag_bits" in row and row["protocol"] == skbuffs.IPPROTO_TCP and "window" in row:
        yield tcp_text(row, v)


def queue_lines(rows: Iterable[Row], v: int = 0) -> Iterator[str]:
    """Packets of a queue: whose they are, and of which device."""
    for row in rows:
        if "device" not in row:
            yield f"\t\t{mark(row)}"
            continue
        if v > 0:
            yield f"<struct sk_buff {row['skb']:#x}> <struct sock {row.get('sock', 0):#x}>"
        if row.get("owner"):
            yield row["owner"]
        yield f"\t\tdev={row['device'] or '0x0'} input_dev=0x0 real_dev=0x0 "
