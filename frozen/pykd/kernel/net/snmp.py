# SPDX-License-Identifier: GPL-2.0-or-later
"""Counters of the protocols (SNMP MIBs), as /proc/net/snmp, netstat and snmp6 show them."""

from __future__ import annotations

from _pykd import Error, FaultError, NotFoundError
from pykd.kernel import cpus
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_COUNTERS = 1024
"""Of a table"""
_MASK = (1 << 64) - 1

TABLES = {
    "ip": ("ip_statistics", "snmp4_ipstats_list"),
    "ipext": ("ip_statistics", "snmp4_ipextstats_list"),
    "icmp": ("icmp_statistics", "snmp4_icmp_list"),
    "icmpmsg": ("icmpmsg_statistics", ""),
    "tcp": ("tcp_statistics", "snmp4_tcp_list"),
    "udp": ("udp_statistics", "snmp4_udp_list"),
    "udplite": ("udplite_statistics", "snmp4_udp_list"),
    "net": ("net_statistics", "snmp4_net_list"),
    "ip6": ("ipv6_statistics", "snmp6_ipstats_list"),
    "icmp6": ("icmpv6_statistics", "snmp6_icmp6_list"),
    "udp6": ("udp_stats_in6", "snmp6_udp6_list"),
    "udplite6": ("udplite_stats_in6", "snmp6_udplite6_list"),
    "xfrm": ("xfrm_statistics", "xfrm_mib_list"),
    "mptcp": ("mptcp_statistics", "mptcp_snmp_list"),
    "tls": ("tls_statistics", "tls_mib_list"),
}
"""(member of ``struct netns_mib``, the kernel's list of ``struct snmp_mib``) of each table; of messages of ICMP there is none"""

_ICMP = {
    "InMsgs": "INMSGS", "InErrors": "INERRORS", "InCsumErrors": "CSUMERRORS", "OutMsgs": "OUTMSGS", "OutErrors": "OUTERRORS",
    "OutRateLimitGlobal": "RATELIMITGLOBAL", "OutRateLimitHost": "RATELIMITHOST",
}  # fmt: skip
"""ICMP_MIB_* of include/uapi/linux/snmp.h: net/ipv4/proc.c names them without a list"""
_ICMP_TYPES = {
    "DestUnreachs": 3, "TimeExcds": 11, "ParmProbs": 12, "SrcQuenchs": 4, "Redirects": 5, "Echos": 8, "EchoReps": 0, "Timestamps": 13,
    "TimestampReps": 14, "AddrMasks": 17, "AddrMaskReps": 18,
}  # fmt: skip
"""Messages by type; what went out counts from 256 on"""
_ICMP6_TYPES = {
    1: "DestUnreachs", 2: "PktTooBigs", 3: "TimeExcds", 4: "ParmProblems", 128: "Echos", 129: "EchoReplies", 130: "GroupMembQueries",
    131: "GroupMembResponses", 132: "GroupMembReductions", 133: "RouterSolicits", 134: "RouterAdvertisements", 135: "NeighborSolicits",
    136: "NeighborAdvertisements", 137: "Redirects", 143: "MLDv2Reports",
}  # fmt: skip
"""The names of net/ipv6/proc.c; others are shown by number"""
_WAYS = (("In", 0), ("Out", 256))


def names(dump: Dump, listed: str) -> Iterator[tuple[str, int]]:
    """(name, index) of a list of ``struct snmp_mib``, which one without a name ends where it does not end with the symbol.

    The next symbol need not follow at once: on riscv64 the compiler's jump tables do, which are no addresses.

    :raises NotFoundError: the kernel has no such list. :raises FaultError:
    """
    symbol = dump.symbol(listed)
    mib = dump.type("struct snmp_mib")
    count = symbol.size // mib.size if symbol.size else MAX_COUNTERS
    for i in range(min(count, MAX_COUNTERS)):
        one: Any = dump.object("struct snmp_mib", symbol.address + i * mib.size)
        try:
            name = str(one.name) if one.name else ""
        except FaultError as err:
            if err.reason != "untranslatable":
                raise
            name = ""
        if not name:
            return
        yield name, int(one.entry)


def counters(dump: Dump, net: Any, table: str, lost: list[Error] | None = None) -> dict[str, int]:
    """Sums over all CPUs of a table of :data:`TABLES` in a ``struct net``; MaxConn of TCP may be negative.

    :param lost: takes the error where ICMP's messages by type cannot be read, and they are left out: while no message has come they fill a page
        with zeros, which dumps go without.
    :raises NotFoundError: the kernel does not count them. :raises FaultError:
    """
    member, listed = TABLES[table]
    pointer = int(net.mib.Eval(member)) if net.mib.hasField(member) else 0
    if not pointer:
        return {}
    if table == "icmp":
        return _icmp(dump, net, pointer) | _of_types(dump, net, table, lost)
    if table == "icmpmsg":
        return _of_types(dump, net, table, lost)
    found = list(names(dump, listed))
    sums = totals(dump, pointer, max((entry for _, entry in found), default=0) + 1)
    answer = {name: sums[entry] for name, entry in found}
    if table == "icmp6":
        answer |= _of_types(dump, net, table, lost)
    if "MaxConn" in answer:
        answer["MaxConn"] = (answer["MaxConn"] + (1 << 63) & _MASK) - (1 << 63)
    return answer


def _icmp(dump: Dump, net: Any, pointer: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, enumerator in _ICMP.items():
        try:
            found[name] = dump.enumerator(f"ICMP_MIB_{enumerator}")
        except NotFoundError:
            continue  # this kernel does not count them
    sums = totals(dump, pointer, max(found.values(), default=0) + 1)
    return {name: sums[entry] for name, entry in found.items()}


def _of_types(dump: Dump, net: Any, table: str, lost: list[Error] | None) -> dict[str, int]:
    """Messages of ICMP by type, of the tables icmp (those with names), icmpmsg (all that were counted) and icmp6 (both)."""
    try:
        types = _messages(dump, net, "icmpv6msg_statistics" if table == "icmp6" else "icmpmsg_statistics")
    except Error as error:
        if lost is None:
            raise
        lost.append(error)
        return {}
    if table == "icmp":
        return {way + name: types[offset + number] if types else 0 for way, offset in _WAYS for name, number in _ICMP_TYPES.items()}
    if table == "icmpmsg":
        return _by_number(types, "")
    named = {f"Icmp6{way}{name}": types[offset + number] if types else 0 for way, offset in _WAYS for number, name in _ICMP6_TYPES.items()}
    return named | _by_number(types, "Icmp6")


def _messages(dump: Dump, net: Any, member: str) -> list[int]:
    """How many messages of each type came in, then how many went out; [] where nothing counts them. :raises FaultError:"""
    pointer = int(net.mib.Eval(member)) if net.mib.hasField(member) else 0
    return list(words_of(dump, dump.read(pointer, 8 * 512))) if pointer else []


def _by_number(types: list[int], prefix: str) -> dict[str, int]:
    """What was counted, by way and number."""
    return {f"{prefix}{way}Type{i & 255}": count for way, offset in _WAYS for i, count in enumerate(types[offset : offset + 256]) if count}


def totals(dump: Dump, pointer: int, count: int) -> list[int]:
    """*count* sums of an array of 64-bit counters that each CPU has at a per-CPU pointer. :raises FaultError:"""
    sums = [0] * min(count, MAX_COUNTERS)
    for cpu in cpus.possible(dump):
        values = words_of(dump, dump.read(cpus.address_on(pointer, cpu, dump), 8 * len(sums)))
        for i, value in enumerate(values):
            sums[i] = sums[i] + value & _MASK
    return sums


def all_counters(dump: Dump, net: Any) -> Iterator[tuple[str, dict[str, int] | Error]]:
    """(table, its :func:`counters` or the error met) of each table."""
    for table in TABLES:
        try:
            yield table, counters(dump, net, table)
        except Error as error:
            yield table, error
