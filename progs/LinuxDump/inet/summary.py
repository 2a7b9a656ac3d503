# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets and devices in numbers, as ``xportshow --summary`` and ``crashinfo`` print them."""

from __future__ import annotations

import pykd
from LinuxDump.inet import get_ns_net
from pykd.kernel.net.show.summary import FULL, interfaces_row, lines, states_row, tcp_row, udp_row
from pykdump import API
from pykdump.Generic import DCache
from pykdump.highlevel import pylog
from pykdump.vmcorearch import sys_info

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pykd.core.rows import Row

HZ = sys_info.HZ
MANY_RETRANSMITS = 3


def TCPIP_Summarize(quiet: bool = False) -> None:
    """Print sockets of TCP, UDP, unix and raw in numbers; *quiet*: what is unusual alone."""
    dump = pykd.current()
    connections, datagrams = tcp_row(dump), udp_row(dump)
    for row in (connections, datagrams, *(() if quiet else (states_row(dump, "unix"), states_row(dump, "raw")))):
        for line in lines(row, quiet):
            print(line)
    if not quiet:
        print("\n\n")
    note(connections)
    note(datagrams)


def note(row: Row) -> None:
    """Tell the log and other programs what is bad about one of :func:`rows`."""
    if row["kind"] == "tcp" and row["most_retransmits"] > MANY_RETRANSMITS:
        DCache.tmp.tcp_max_retrans = row["most_retransmits"]
    if row["kind"] == "udp" and (row["rcv_full"] or row["snd_full"]):
        pylog.warning(f"UDP buffer fill >={FULL}%  rcv={row['rcv_full']} snd={row['snd_full']}")


def IF_Summarize(quiet: bool = False) -> None:
    """Print how long ago the devices of the namespace sent."""
    if quiet:
        return
    found = list(lines(interfaces_row(pykd.current(), get_ns_net())))
    for line in found[3:]:
        print(line)


__all__ = ["HZ", "IF_Summarize", "TCPIP_Summarize", "note"]
__all__ += API.hand_on(globals())
