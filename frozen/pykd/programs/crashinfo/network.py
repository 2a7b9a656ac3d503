# SPDX-License-Identifier: GPL-2.0-or-later
"""Networking in a few lines: how many sockets in which state, what is unusual about them, when interfaces sent last."""

from __future__ import annotations

from pykd.core.rows import mark
from pykd.kernel.net.namespaces import init_net
from pykd.kernel.net.show import summary as counts
from pykd.programs.crashinfo.notes import warning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _pykd import Dump
    from pykd.core.rows import Row

MANY_RETRANSMITS = 3
_TITLES = {"tcp": "TCP Connection Info", "udp": "UDP Connection Info", "unix": "Unix Connection Info", "raw": "Raw sockets info"}
_COUNTS = {
    "queued": "listen_not_empty", "full": "listen_full", "rcv_closed": "receive_closed", "snd_closed": "send_closed", "retransmitting": "retransmitting",
    "nodelay": "nodelay", "user_data": "user_data", "rcv_full": "receive_full", "snd_full": "send_full", "most_retransmits": "most_retransmits",
}  # fmt: skip
"""By their names in :mod:`pykd.kernel.net.show.summary` those in rows."""
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
        found = counts.protocol_row(dump, protocol)
        row: Row = {"kind": "sockets", "protocol": protocol, **{key: found[key] for key in ("states", "error") if key in found}}
        yield row | {name: found[key] for key, name in _COUNTS.items() if found.get(key)}
        if found.get("rcv_full") or found.get("snd_full"):
            yield warning(f"UDP buffer fill >={counts.FULL}%  rcv={found['rcv_full']} snd={found['snd_full']}")
        if found.get("most_retransmits", 0) > MANY_RETRANSMITS:
            yield warning(f"TCP segments were sent {found['most_retransmits']} times without an answer", late=True)


def interfaces(dump: Dump) -> Iterator[Row]:
    """When each interface sent last, in seconds before the crash."""
    found = counts.interfaces_row(dump, init_net(dump))
    for one in found["interfaces"]:
        yield {"kind": "interface", "name": one["name"], "sent": None if one["idle_ms"] is None else one["idle_ms"] / 1000}
    if "error" in found:
        yield {"kind": "interface", "error": found["error"]}


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
