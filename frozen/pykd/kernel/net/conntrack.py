# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections that netfilter tracks."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import Row, fault
from pykd.kernel.lists.linked import hash_for_each_entry
from pykd.kernel.net.addresses import ip_text, ntohs
from pykd.kernel.net.skbuffs import PROTOCOLS
from pykd.kernel.timekeeping import hz, jiffies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

AF_INET, AF_INET6 = 2, 10
STATUS = (
    "EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED", "SRC_NAT", "DST_NAT", "SEQ_ADJUST", "SRC_NAT_DONE", "DST_NAT_DONE", "DYING",
    "FIXED_TIMEOUT", "TEMPLATE", "NAT_CLASH", "HELPER", "OFFLOAD", "HW_OFFLOAD",
)  # fmt: skip
"""IPS_* of ``nf_conn.status`` from bit 0"""
TCP_STATES = ("NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2")
"""``enum tcp_conntrack``"""
IPPROTO_TCP, IPPROTO_ICMP, IPPROTO_ICMPV6 = 6, 1, 58


def for_each_connection(dump: Dump) -> Iterator[Any]:
    """Each ``struct nf_conn`` once, of all namespaces, and the errors met on the way.

    56d52d4892d0 ("netfilter: conntrack: use a single hashtable for all namespaces") (in v4.7). It is in the table by both directions.

    :raises NotFoundError: the module is not there. :raises FaultError:
    """
    table = dump.read_unsigned(dump.symbol("nf_conntrack_hash").address)
    count = dump.read_unsigned(dump.symbol("nf_conntrack_htable_size").address, 4)
    kinds = dump.type("struct nf_conntrack_tuple_hash")
    direction = kinds.offset_of("tuple.dst.dir")
    offset = dump.type("struct nf_conn").offset_of("tuplehash")
    for found in hash_for_each_entry(dump, table, count, "struct nf_conntrack_tuple_hash", "hnnode") if table else ():
        try:
            if isinstance(found, Error):
                yield found
            elif not dump.read_unsigned(int(found) + direction, 1):
                yield dump.object("struct nf_conn", int(found) - offset)
        except Error as error:
            yield error


def _ends(dump: Dump, tuple_: Any) -> Row:
    size = 16 if tuple_.src.l3num == AF_INET6 else 4
    number = int(tuple_.dst.protonum)
    row: Row = {}
    for key, end in (("source", tuple_.src), ("destination", tuple_.dst)):
        row[key] = ip_text(dump.read(int(end) + end.fieldOffset("u3"), size))
        if number not in (IPPROTO_ICMP, IPPROTO_ICMPV6):
            row[f"{key}_port"] = ntohs(int(end.u.all), dump)
    if number in (IPPROTO_ICMP, IPPROTO_ICMPV6):
        row |= {"id": ntohs(int(tuple_.src.u.all), dump), "type": int(tuple_.dst.u.icmp.type), "code": int(tuple_.dst.u.icmp.code)}
    return row


def connection_row(dump: Dump, found: Any) -> Row:
    """Of a ``struct nf_conn``: protocol, original and reply (source, destination and their ports), state of TCP, status, expires_ms, mark, net."""
    row: Row = {"connection": int(found)}
    try:
        original = found.tuplehash[0].tuple
        number = int(original.dst.protonum)
        row |= {"family": int(original.src.l3num), "protocol": PROTOCOLS.get(number, str(number))}
        row |= {"original": _ends(dump, original), "reply": _ends(dump, found.tuplehash[1].tuple)}
        if number == IPPROTO_TCP:
            state = int(found.proto.tcp.state)
            row["state"] = TCP_STATES[state] if state < len(TCP_STATES) else str(state)
        status = int(found.status)
        row["status"] = [name for bit, name in enumerate(STATUS) if status >> bit & 1]
        # f330a7fdbe16 ("netfilter: conntrack: get rid of conntrack timer") (in v4.9): 32 bits of jiffies
        if found.hasField("timeout") and isinstance(found.timeout, int):
            left = (int(found.timeout) - jiffies(dump) + (1 << 31)) % (1 << 32) - (1 << 31)
            row["expires_ms"] = left * 1000 // hz(dump)
        if found.hasField("mark"):
            row["mark"] = int(found.mark)
        row["net"] = int(found.ct_net.net)
    except Error as error:
        row["error"] = fault(error, partial="original" in row)
    return row
