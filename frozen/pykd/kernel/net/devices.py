# SPDX-License-Identifier: GPL-2.0-or-later
"""Network devices, their addresses, and neighbours."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.lists.linked import chain_for_each, hash_for_each_entry, list_for_each_entry
from pykd.kernel.net.addresses import ip_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

LIMIT = 100000
"""Devices of a namespace, addresses of a device, neighbours in a bucket"""
MAX_SHIFT = 20
"""Of the number of buckets of a table of neighbours"""
MAX_HARDWARE = 32
"""MAX_ADDR_LEN: bytes of a hardware address"""

IFF_UP, IFF_LOOPBACK, IFF_RUNNING, IFF_PROMISC = 1 << 0, 1 << 3, 1 << 6, 1 << 8
"""``net_device.flags``, of include/uapi/linux/if.h"""

OPERSTATES = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")
"""``net_device.operstate``: IF_OPER_*, as /sys/class/net/DEVICE/operstate has them"""

NUD_STATES = ("INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "NOARP", "PERMANENT")
"""Bits of ``neighbour.nud_state``, from bit 0; none of them is NONE."""


def for_each_netdev(dump: Dump, net: Any) -> Iterator[Any]:
    """Each ``struct net_device`` of a ``struct net``, in the order of their making. :raises FaultError, LimitError: the list has no end."""
    head = int(net) + net.fieldOffset("dev_base_head")
    yield from list_for_each_entry(dump, head, "struct net_device", "dev_list", limit=LIMIT, what="the list of interfaces")


def netdev_addresses(dump: Dump, device: Any) -> Iterator[str]:
    """IPv4 and then IPv6 addresses of a ``struct net_device``. :raises FaultError, LimitError: where the rest cannot be read."""
    if device.ip_ptr:
        for address in chain_for_each(dump, int(device.ip_ptr.ifa_list), "struct in_ifaddr", "ifa_next", limit=LIMIT):
            yield ip_text(dump.read(int(address) + address.fieldOffset("ifa_local"), 4))
    if device.hasField("ip6_ptr") and device.ip6_ptr and dump.find_type("struct", "inet6_ifaddr"):
        head = int(device.ip6_ptr) + device.ip6_ptr.fieldOffset("addr_list")
        for address in list_for_each_entry(dump, head, "struct inet6_ifaddr", "if_list", limit=LIMIT):
            yield ip_text(dump.read(int(address) + address.fieldOffset("addr"), 16))


def for_each_neighbour(dump: Dump, table: str = "arp_tbl") -> Iterator[Any]:
    """Each ``struct neighbour`` of a table (``arp_tbl``, ``nd_tbl``), and the errors met on the way.

    01b833ab44c9 ("neighbour: Convert seq_file functions to use hlist") (in v6.13): buckets are hlists; plain chains before.

    :raises FaultError, NotFoundError: there is no such table.
    """
    hashed: Any = dump.object("struct neigh_table", dump.symbol(table).address).nht
    count = 1 << min(hashed.hash_shift, MAX_SHIFT)
    if hashed.hasField("hash_heads"):
        yield from hash_for_each_entry(dump, int(hashed.Eval("hash_heads")), count, "struct neighbour", "hash", limit=LIMIT)
        return
    first = int(hashed.Eval("hash_buckets"))
    for place in range(first, first + 8 * count, 8):
        try:
            head = dump.read_unsigned(place)
        except Error as error:
            yield error
            return
        try:
            yield from chain_for_each(dump, head, "struct neighbour", "next", limit=LIMIT)
        except Error as error:
            yield error


def neighbour_address(dump: Dump, found: Any, size: int = 4) -> str:
    """The address that a ``struct neighbour`` is for.

    :param size: bytes of it: ``neigh_table.key_len``. :raises FaultError:
    """
    return ip_text(dump.read(int(found) + found.fieldOffset("primary_key"), size))


def hardware_address(dump: Dump, found: Any) -> bytes:
    """Of a ``struct neighbour``, as long as those of its device are. :raises FaultError:"""
    return dump.read(int(found) + found.fieldOffset("ha"), min(found.dev.addr_len, MAX_HARDWARE))


def nud_text(state: int) -> str:
    """``nud_state`` in words: ``REACHABLE``, ``FAILED|NOARP``, ``NONE``."""
    return "|".join(name for bit, name in enumerate(NUD_STATES) if state >> bit & 1) or "NONE"
