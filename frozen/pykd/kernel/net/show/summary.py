# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets and devices in numbers"""

from __future__ import annotations

import functools
from collections import Counter

from _pykd import Error
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.net import sockets, tcp
from pykd.kernel.net.devices import for_each_netdev, last_transmitted
from pykd.kernel.timekeeping import hz, jiffies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

FULL = 75
"""Percent of a buffer"""
NEVER_HOURS = 10
"""Above this an interface counts as idle"""


def tcp_row(dump: Dump) -> Row:
    """Of all namespaces: states (how many of each), nodelay, user_data; listening with a queue, with a full one; windows of 0 received and
    sent; retransmitting, most_retransmits."""
    states: Counter[int] = Counter()
    counts: Counter[str] = Counter(dict.fromkeys(("nodelay", "user_data", "queued", "full", "rcv_closed", "snd_closed", "retransmitting"), 0))
    row: Row = {"kind": "tcp", "most_retransmits": 0}
    for found in sockets.for_each_socket(dump, None, ["tcp"]):
        try:
            if isinstance(found, Error):
                raise found
            state = int(found.common.skc_state)
            states[state] += 1
            if not found.is_full:
                continue
            counts.update(key for key, is_so in _facts(dump, found, state) if is_so)
            if state != sockets.TCP_LISTEN:
                row["most_retransmits"] = max(row["most_retransmits"], int(tcp.connection(dump, found).inet_conn.icsk_retransmits))
        except Error as error:
            row["error"] = fault(error, partial=True)
    return row | {"states": _named(states), **counts}


def _named(states: Counter[int]) -> dict[str, int]:
    names = sockets.TCP_STATES
    return {names[state] if state < len(names) else str(state): states[state] for state in sorted(states)}


def _facts(dump: Dump, found: sockets.Socket, state: int) -> Iterator[tuple[str, bool]]:
    sock = found.sock
    yield "user_data", bool(sock.sk_user_data)
    if state == sockets.TCP_LISTEN:
        yield "queued", bool(sock.sk_ack_backlog)
        yield "full", bool(sock.sk_ack_backlog) and sock.sk_ack_backlog >= sock.sk_max_ack_backlog
        return
    connection = tcp.connection(dump, found)
    yield "nodelay", connection.nonagle == tcp.NAGLE_OFF
    yield "rcv_closed", not connection.rcv_wnd
    yield "snd_closed", not connection.snd_wnd
    yield "retransmitting", bool(connection.inet_conn.icsk_retransmits)


def udp_row(dump: Dump) -> Row:
    """Of all namespaces: states (how many of each), sockets, established, user_data; those with a buffer that is at least 75 % full."""
    states: Counter[int] = Counter()
    counts: Counter[str] = Counter(dict.fromkeys(("user_data", "rcv_full", "snd_full"), 0))
    row: Row = {"kind": "udp"}
    for found in sockets.for_each_socket(dump, None, ["udp"]):
        try:
            if isinstance(found, Error):
                raise found
            sock, (received, sent) = found.sock, found.queues
            states[int(found.common.skc_state)] += 1
            counts["user_data"] += bool(sock.sk_user_data)
            counts["rcv_full"] += received * 100 >= sock.sk_rcvbuf * FULL
            counts["snd_full"] += sent * 100 >= sock.sk_sndbuf * FULL
        except Error as error:
            row["error"] = fault(error, partial=True)
    return row | {"states": _named(states), "sockets": states.total(), "established": states[sockets.TCP_ESTABLISHED], **counts}


def states_row(dump: Dump, protocol: str) -> Row:
    """How many unix or raw sockets there are in each state, of all namespaces; of a unix socket it is what it would be to TCP, and those count
    that a ``struct socket`` is there for."""
    states: Counter[int] = Counter()
    row: Row = {"kind": protocol}
    for found in sockets.for_each_socket(dump, None, [protocol]):
        try:
            if isinstance(found, Error):
                raise found
            if protocol != "unix" or found.socket:
                states[int(found.common.skc_state)] += 1
        except Error as error:
            row["error"] = fault(error, partial=True)
    return row | {"states": _named(states)}


def interfaces_row(dump: Dump, net: Any) -> Row:
    """How long ago each device of a ``struct net`` sent: name, idle_ms."""
    row: Row = {"kind": "interfaces", "interfaces": []}
    now = jiffies(dump)
    for device in caught(for_each_netdev(dump, net)):
        try:
            if isinstance(device, Error):
                raise device
            passed = now - last_transmitted(device) & 0xFFFFFFFF
            idle = passed * 1000 // hz(dump) if passed < 1 << 31 else None
            row["interfaces"].append({"name": str(device.name), "idle_ms": idle})
        except Error as error:
            row["error"] = fault(error, partial=True)
    return row


def rows(dump: Dump, net: Any) -> Iterator[Row]:
    """All of them; only the devices are those of *net*."""
    yield from map(functools.partial(protocol_row, dump), ("tcp", "udp", "unix", "raw"))
    yield interfaces_row(dump, net)


def protocol_row(dump: Dump, protocol: str) -> Row:
    """That of the sockets of ``tcp``, ``udp``, ``unix`` or ``raw``."""
    return tcp_row(dump) if protocol == "tcp" else udp_row(dump) if protocol == "udp" else states_row(dump, protocol)


# ---- lines


def lines(row: Row, quiet: bool = False) -> Iterator[str]:
    """One of :func:`rows`. *quiet*: what is unusual alone."""
    maker = {"tcp": _tcp_lines, "udp": _udp_lines, "unix": _states_lines, "raw": _states_lines, "interfaces": _interface_lines}[row["kind"]]
    yield from maker(row, quiet)
    if "error" in row:
        yield f"    {mark(row)}"


def _tcp_lines(row: Row, quiet: bool) -> Iterator[str]:
    if not quiet:
        yield from ("TCP Connection Info", "-------------------")
        yield from (f"    {state:>15}  {count:5d}" for state, count in row["states"].items())
        if row["nodelay"]:
            yield f"\t\t\tNAGLE disabled (TCP_NODELAY): {row['nodelay']:5d}"
        if row["user_data"]:
            yield f"\t\t\tuser_data set (NFS etc.):     {row['user_data']:5d}"
    unusual = [
        (text, row[key])
        for text, key in (
            ("Listen Queue Non-Empty:", "queued"), ("Listen Queue Full:", "full"), ("Receive Window Closed:", "rcv_closed"),
            ("Send Window Closed:", "snd_closed"), ("Doing Retransmission:", "retransmitting"),
        )
        if row[key]
    ]  # fmt: skip
    if unusual:
        yield from ("", "  Unusual Situations:")
    for text, count in unusual:
        yield f"    {text:<26} {count:5d}" + ("  (run xportshow --retransonly for details)" if text.startswith("Doing") else "")


def _udp_lines(row: Row, quiet: bool) -> Iterator[str]:
    if quiet:
        return
    yield from ("", "", "UDP Connection Info", "-------------------")
    yield f"  {row['sockets']} UDP sockets, {row['established']} in ESTABLISHED"
    if row["user_data"]:
        yield f"\t\t\tuser_data set (NFS etc.):     {row['user_data']:5d}"
    if row["rcv_full"] or row["snd_full"]:
        yield f"    buffer at least {FULL} % full: received {row['rcv_full']}, sent {row['snd_full']}"


def _states_lines(row: Row, quiet: bool) -> Iterator[str]:
    if quiet:
        return
    yield from ("", "", *(("Unix Connection Info", "------------------------") if row["kind"] == "unix" else ("Raw sockets info", "--------------------")))
    states = row["states"]
    if row["kind"] == "raw":
        # PyKdump shows them as if they listened: those that are not connected get everybody's packets.
        listening = sum(count for state, count in states.items() if state != "ESTABLISHED")
        states = {state: count for state, count in (("ESTABLISHED", states.get("ESTABLISHED", 0)), ("LISTEN", listening)) if count}
        if not states:
            yield "    None"
    yield from (f"    {state:>15}  {count:5d}" for state, count in states.items())


def _interface_lines(row: Row, quiet: bool) -> Iterator[str]:
    if quiet:
        return
    yield from ("", "", "", "Interfaces Info", "---------------")
    yield "  How long ago (in seconds) interfaces transmitted/received?"
    yield "\t  Name        RX          TX"
    yield "\t  ----    ----------    ---------"
    for one in row["interfaces"]:
        idle = one["idle_ms"]
        if idle is None:
            text = "     n/a"
        elif idle > NEVER_HOURS * 3_600_000:
            text = f">{NEVER_HOURS}hours"
        else:
            text = f"{idle / 1000:8.1f}"
        yield f"\t{one['name']:>8}    n/a       {text}"
    yield from ("", "", "")
