# SPDX-License-Identifier: GPL-2.0-or-later
"""Groups that network devices listen to."""

from __future__ import annotations

from pykd.kernel.lists.linked import chain_for_each, list_for_each_entry
from pykd.kernel.net.addresses import ip_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

LIMIT = 100000
"""Groups of a device"""
MAX_HARDWARE = 32


def for_each_link_group(dump: Dump, device: Any) -> Iterator[bytes]:
    """Hardware addresses of a ``struct net_device``'s list. :raises FaultError, LimitError: where the rest cannot be read."""
    size = min(device.addr_len, MAX_HARDWARE)
    for one in list_for_each_entry(dump, int(device) + device.fieldOffset("mc.list"), "struct netdev_hw_addr", "list", limit=LIMIT):
        yield dump.read(int(one) + one.fieldOffset("addr"), size)


def for_each_group(dump: Dump, device: Any) -> Iterator[tuple[str, int]]:
    """(IPv4 address, users) of each group of a ``struct net_device``. :raises FaultError, LimitError:"""
    if device.ip_ptr:
        for one in chain_for_each(dump, int(device.ip_ptr.mc_list), "struct ip_mc_list", "next_rcu", limit=LIMIT):
            yield ip_text(dump.read(int(one) + one.fieldOffset("multiaddr"), 4)), int(one.users)


def for_each_group6(dump: Dump, device: Any) -> Iterator[tuple[str, int]]:
    """(IPv6 address, users) of each group of a ``struct net_device``. :raises FaultError, LimitError:"""
    if device.hasField("ip6_ptr") and device.ip6_ptr and dump.find_type("struct", "ifmcaddr6"):
        for one in chain_for_each(dump, int(device.ip6_ptr.mc_list), "struct ifmcaddr6", "next", limit=LIMIT):
            yield ip_text(dump.read(int(one) + one.fieldOffset("mca_addr"), 16)), int(one.mca_users)
