# SPDX-License-Identifier: GPL-2.0-or-later
"""Networking in a few lines: how many sockets in which state, what is unusual about them, when interfaces sent last."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import fault, mark
from pykd.core.walk import caught
from pykd.kernel import timekeeping
from pykd.kernel.net import devices, sockets, tcp
from pykd.kernel.net.namespaces import init_net
from pykd.programs.crashinfo.notes import warning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _pykd import Dump
    from pykd.core.rows import Row
    from pykd.kernel.net.sockets import Socket

FULL = 75
"""Percent of a socket's buffer."""
MANY_RETRANSMITS = 3
_TITLES = {"tcp": "TCP Connection Info", "udp": "UDP Connection Info", "unix": "Unix Connection Info", "raw": "Raw sockets info"}
_UNUSUAL = {
    "listen_not_empty": "Listen Queue Non-Empty:    {:5d}",
    "listen_full": "Listen Queue Full:         {:5d}",
    "receive_closed": "Receive Window Closed:     {:5d}",
    "send_closed": "Send Window Closed:        {:5d}",
    "retransmitting": "Doing Retransmission:      {:5d}  (run xportshow --retrans for details)",
}


def summary(dump: Dump) -> Iterator[Row]:
    """Of all network namespaces."""
    for protocol in _TITLES:
        counts: dict[str, int] = dict.fromkeys((*_UNUSUAL, "nodelay", "user_data", "receive_full", "send_full", "most_retransmits"), 0)
        states: dict[int, int] = {}
        row: Row = {"kind": "sockets", "protocol": protocol}
        for one in caught(sockets.for_each_socket(dump, None, [protocol])):
            try:
                if isinstance(one, Error):
                    raise one
                # of a unix socket what it is to TCP, as /proc/net/unix does not tell
                number = int(one.common.skc_state) if protocol == "unix" else one.state
                states[number] = states.get(number, 0) + 1
                _look(dump, one, protocol, counts)
            except Error as error:
                row.setdefault("error", fault(error))
        names = sockets.TCP_STATES
        row["states"] = {names[number] if number < len(names) else str(number): states[number] for number in sorted(states)}
        yield row | {name: number for name, number in counts.items() if number}
        if counts["receive_full"] or counts["send_full"]:
            yield warning(f"UDP buffer fill >={FULL}%  rcv={counts['receive_full']} snd={counts['send_full']}")
        if counts["most_retransmits"] > MANY_RETRANSMITS:
            yield warning(f"TCP segments were sent {counts['most_retransmits']} times without an answer", late=True)


def _look(dump: Dump, one: Socket, protocol: str, counts: dict[str, int]) -> None:
    if not one.is_full or protocol in ("unix", "raw"):
        return
    sock = one.sock
    counts["user_data"] += bool(int(sock.sk_user_data))
    if protocol == "udp":
        counts["receive_full"] += int(sock.sk_backlog.rmem_alloc.counter) * 100 >= int(sock.sk_rcvbuf) * FULL > 0
        counts["send_full"] += (int(sock.sk_wmem_alloc.refs.counter) - 1) * 100 >= int(sock.sk_sndbuf) * FULL > 0
        return
    if one.state == sockets.TCP_LISTEN:
        waiting, most = one.queues
        counts["listen_not_empty"] += waiting > 0
        counts["listen_full"] += waiting > 0 and waiting >= most
        return
    connection = tcp.connection(dump, one)
    counts["nodelay"] += int(connection.nonagle) == tcp.NAGLE_OFF
    counts["receive_closed"] += int(connection.rcv_wnd) == 0
    counts["send_closed"] += int(connection.snd_wnd) == 0
    retransmits = int(connection.inet_conn.icsk_retransmits)
    counts["retransmitting"] += retransmits > 0
    counts["most_retransmits"] = max(counts["most_retransmits"], retransmits)


def interfaces(dump: Dump) -> Iterator[Row]:
    """When each interface sent last, in seconds before the crash."""
    jiffies = timekeeping.jiffies(dump)
    for device in caught(devices.for_each_netdev(dump, init_net(dump))):
        row: Row = {"kind": "interface"}
        try:
            if isinstance(device, Error):
                raise device
            row["name"] = str(device.name)
            sent = devices.last_transmitted(device)
            # 32 bits of jiffies are enough, and all there is on some paths
            passed = jiffies - sent & 0xFFFFFFFF
            row["sent"] = passed / timekeeping.hz(dump) if sent and passed < 1 << 31 else None
        except Error as error:
            row["error"] = fault(error)
        yield row


def sockets_text(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        protocol = row["protocol"]
        if protocol != "tcp":
            yield "\n"
        title = _TITLES[protocol]
        yield title
        yield "-" * (len(title) + 4 if protocol in ("unix", "raw") else len(title))
        if "error" in row:
            yield f"    {mark(row)}"
        if protocol == "udp":
            total = sum(row["states"].values())
            yield f"  {total} UDP sockets, {row['states'].get('ESTABLISHED', 0)} in ESTABLISHED"
        else:
            yield from (f"    {state:>15s}  {number:5d}" for state, number in row["states"].items())
            if not row["states"]:
                yield "    None"
        if "nodelay" in row:
            yield f"\t\t\tNAGLE disabled (TCP_NODELAY): {row['nodelay']:5d}"
        if "user_data" in row:
            yield f"\t\t\tuser_data set (NFS etc.):     {row['user_data']:5d}"
        unusual = [form.format(row[name]) for name, form in _UNUSUAL.items() if name in row]
        if unusual:
            yield "\n  Unusual Situations:"
            yield from (f"    {line}" for line in unusual)
    yield "\n\n"


def interfaces_text(rows: Iterable[Row]) -> Iterator[str]:
    yield "Interfaces Info"
    yield "---------------"
    yield "  How long ago (in seconds) interfaces transmitted/received?"
    yield "\t  Name        RX          TX"
    yield "\t  ----    ----------    ---------"
    for row in rows:
        sent = mark(row) or ("     n/a" if row["sent"] is None else ">10hours" if row["sent"] > 36000 else f"{row['sent']:8.1f}")
        yield f"\t{row.get('name', '?'):>8s}    n/a       {sent}"
    yield "\n\n"
