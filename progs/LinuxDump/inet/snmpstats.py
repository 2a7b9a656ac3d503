# SPDX-License-Identifier: GPL-2.0-or-later
"""Counters of the protocols under PyKdump's names: :mod:`pykd.kernel.net.snmp`."""

from __future__ import annotations

import pykd
from LinuxDump.inet import get_ns_net
from pykd.kernel.net import snmp
from pykd.kernel.net.show.snmp import TABLES, table_lines
from pykdump import API

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

snmp4_tables = ["ip_statistics", "icmp_statistics", "tcp_statistics", "udp_statistics", "net_statistics"]
tabnames = {
    "ip_statistics": "snmp4_ipstats_list", "icmp_statistics": "snmp4_icmp_list", "tcp_statistics": "snmp4_tcp_list",
    "udp_statistics": "snmp4_udp_list", "net_statistics": "snmp4_net_list",
}  # fmt: skip


def getSnmpTable(tname: str) -> list[tuple[str, int]] | None:
    """(name, sum over the CPUs) of each counter of a table of the namespace; None: the kernel has none of them. :raises FaultError:"""
    try:
        return list(snmp.counters(pykd.current(), get_ns_net(), TABLES[tname]).items())
    except pykd.NotFoundError:
        return None


def X__getSnmpEntry(mib2: Any, entry: int) -> int:
    """Sum of the counter of number *entry* at a per-CPU pointer."""
    return snmp.totals(pykd.current(), int(mib2), entry + 1)[entry]


class SnmpTable(dict[str, int]):
    """A table of counters. name, body ((counter, sum) in their order, or None); its text is that of ``xportshow -s``."""

    def __init__(self, tname: str) -> None:
        self.name = tname
        self.body = getSnmpTable(tname)
        super().__init__(self.body or [])

    def __str__(self) -> str:
        print("")
        return "\n".join(table_lines(self.name, self.body)) + "\n"


def __getattr__(name: str) -> Any:
    if name == "ti":
        from pykdump.highlevel import getStructInfo

        return getStructInfo("struct netns_mib")["tcp_statistics"].ti
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["SnmpTable", "X__getSnmpEntry", "getSnmpTable", "snmp4_tables", "tabnames"]
__all__ += API.hand_on(globals())
