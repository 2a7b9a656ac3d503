# SPDX-License-Identifier: GPL-2.0-or-later
"""Network devices, their addresses, and neighbours."""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.core.near import near, sentence
from pykd.core.record import NamedTuple
from pykd.kernel.lists.linked import chain_for_each, hash_for_each_entry, list_for_each_entry
from pykd.kernel.net.addresses import ip_text
from pykd.kernel.net.namespaces import init_net

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

LIMIT = 100000
"""Devices of a namespace, addresses of a device, neighbours in a bucket"""
MAX_SHIFT = 20
"""Of the number of buckets of a table of neighbours"""
PROXY_BUCKETS = 16
"""PNEIGH_HASHMASK + 1"""
MAX_HARDWARE = 32
"""MAX_ADDR_LEN: bytes of a hardware address"""

IFF_UP, IFF_LOOPBACK, IFF_RUNNING, IFF_PROMISC = 1 << 0, 1 << 3, 1 << 6, 1 << 8
"""``net_device.flags``, of include/uapi/linux/if.h"""
FLAGS = (
    "UP", "BROADCAST", "DEBUG", "LOOPBACK", "POINTOPOINT", "NOTRAILERS", "RUNNING", "NOARP", "PROMISC", "ALLMULTI", "MASTER", "SLAVE",
    "MULTICAST", "PORTSEL", "AUTOMEDIA", "DYNAMIC", "LOWER_UP", "DORMANT", "ECHO",
)  # fmt: skip
"""IFF_* from bit 0"""
HARDWARE_TYPES = {
    0: "NETROM", 1: "ETHER", 2: "EETHER", 3: "AX25", 4: "PRONET", 5: "CHAOS", 6: "IEEE802", 7: "ARCNET", 8: "APPLETLK", 15: "DLCI", 19: "ATM",
    23: "METRICOM", 24: "IEEE1394", 27: "EUI64", 32: "INFINIBAND", 256: "SLIP", 257: "CSLIP", 258: "SLIP6", 259: "CSLIP6", 260: "RSRVD",
    264: "ADAPT", 270: "ROSE", 271: "X25", 272: "HWX25", 280: "CAN", 290: "MCTP", 512: "PPP", 513: "HDLC", 516: "LAPB", 517: "DDCMP",
    518: "RAWHDLC", 519: "RAWIP", 768: "TUNNEL", 769: "TUNNEL6", 770: "FRAD", 771: "SKIP", 772: "LOOPBACK", 773: "LOCALTLK", 774: "FDDI",
    775: "BIF", 776: "SIT", 777: "IPDDP", 778: "IPGRE", 779: "PIMREG", 780: "HIPPI", 781: "ASH", 782: "ECONET", 783: "IRDA", 784: "FCPP",
    785: "FCAL", 786: "FCPL", 787: "FCFABRIC", 800: "IEEE802_TR", 801: "IEEE80211", 802: "IEEE80211_PRISM", 803: "IEEE80211_RADIOTAP",
    804: "IEEE802154", 820: "PHONET", 822: "CAIF", 823: "IP6GRE", 824: "NETLINK", 825: "6LOWPAN", 826: "VSOCKMON", 0xFFFE: "NONE", 0xFFFF: "VOID",
}  # fmt: skip
"""ARPHRD_* of include/uapi/linux/if_arp.h: ``net_device.type``"""

OPERSTATES = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")
"""``net_device.operstate``: IF_OPER_*, as /sys/class/net/DEVICE/operstate has them"""

NUD_STATES = ("INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "NOARP", "PERMANENT")
"""Bits of ``neighbour.nud_state``, from bit 0; none of them is NONE."""


def for_each_netdev(dump: Dump, net: Any = None) -> Iterator[Any]:
    """Each ``struct net_device`` of a ``struct net``, default the first, in the order of their making. :raises FaultError, LimitError: the list has no end."""
    if net is None:
        net = init_net(dump)
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


class Address(NamedTuple):
    """An address of a device: 4 or 16 bytes as they lie in memory, and the length of its network's prefix.

    :ivar mask: of IPv4, as :attr:`address`; it need not be that of a prefix.
    """

    address: bytes
    prefix: int
    label: str
    mask: bytes = b""


def find_netdev(dump: Dump, name: str, net: Any = None) -> Any:
    """The ``struct net_device`` of that name in a ``struct net``, default the first. :raises NotFoundError: there is none."""
    names = []
    for device in for_each_netdev(dump, net):
        if (known := str(device.name)) == name:
            return device
        names.append(known)
    raise NotFoundError(f"there is no interface {name}" + (sentence(near(name, names, 1)) or f"; there are {', '.join(names)}"))


def for_each_address(dump: Dump, device: Any) -> Iterator[Address]:
    """IPv4 addresses of a ``struct net_device``, those that ``ip`` shows behind ``inet``. :raises FaultError, LimitError:"""
    if device.ip_ptr:
        for one in chain_for_each(dump, int(device.ip_ptr.ifa_list), "struct in_ifaddr", "ifa_next", limit=LIMIT):
            start = int(one)
            mask = dump.read(start + one.fieldOffset("ifa_mask"), 4)
            yield Address(dump.read(start + one.fieldOffset("ifa_address"), 4), int(one.ifa_prefixlen), str(one.ifa_label), mask)


def for_each_address6(dump: Dump, device: Any) -> Iterator[Address]:
    """The same of IPv6. :raises FaultError, LimitError:"""
    if device.hasField("ip6_ptr") and device.ip6_ptr and dump.find_type("struct", "inet6_ifaddr"):
        head = int(device.ip6_ptr) + device.ip6_ptr.fieldOffset("addr_list")
        for one in list_for_each_entry(dump, head, "struct inet6_ifaddr", "if_list", limit=LIMIT):
            yield Address(dump.read(int(one) + one.fieldOffset("addr"), 16), int(one.prefix_len), "")


def device_hardware(dump: Dump, device: Any) -> bytes:
    """Hardware address of a ``struct net_device``, as long as those of its type are. :raises FaultError:"""
    return dump.read(int(device.dev_addr), min(device.addr_len, MAX_HARDWARE))


def flag_names(flags: int) -> list[str]:
    """``net_device.flags`` in words: ``["UP", "LOOPBACK"]``"""
    return [name for bit, name in enumerate(FLAGS) if flags >> bit & 1]


def feature_names(dump: Dump, features: int) -> list[str]:
    """``net_device.features`` as ethtool calls them; bits without a name by number.

    A global has the names, of 32 bytes each. :raises FaultError, NotFoundError:
    """
    symbol = dump.symbol("netdev_features_strings", "")
    known = symbol.size // 32 if symbol.size else 64
    return [
        (dump.read_string(symbol.address + 32 * bit, 32).decode("ascii", "backslashreplace") if bit < known else "") or str(bit)
        for bit in range(features.bit_length())
        if features >> bit & 1
    ]


def last_transmitted(device: Any) -> int:
    """Jiffies when the first queue of a ``struct net_device`` last sent. :raises FaultError:"""
    return int(device._tx.trans_start) if device._tx else 0


def for_each_neighbour_table(dump: Dump) -> Iterator[Any]:
    """Each ``struct neigh_table``: of IPv4, IPv6, DECnet where the kernel has it. :raises FaultError, NotFoundError:"""
    symbol = dump.symbol("neigh_tables", "")
    # NEIGH_NR_TABLES
    for i in range(min(symbol.size // 8, 8) if symbol.size else 2):
        if address := dump.read_unsigned(symbol.address + 8 * i):
            yield dump.object("struct neigh_table", address)


def for_each_proxy(dump: Dump, table: Any) -> Iterator[Any]:
    """Each ``struct pneigh_entry`` of a ``struct neigh_table``: an address that is answered for; and the errors met on the way."""
    first = int(table.phash_buckets)
    for i in range(PROXY_BUCKETS if first else 0):
        try:
            head = dump.read_unsigned(first + 8 * i)
        except Error as error:
            yield error
            return
        try:
            yield from chain_for_each(dump, head, "struct pneigh_entry", "next", limit=LIMIT)
        except Error as error:
            yield error


def for_each_neighbour(dump: Dump, table: Any = "arp_tbl") -> Iterator[Any]:
    """Each ``struct neighbour`` of a ``struct neigh_table`` or a table's name (``arp_tbl``, ``nd_tbl``), and the errors met on the way.

    01b833ab44c9 ("neighbour: Convert seq_file functions to use hlist") (in v6.13): buckets are hlists; plain chains before.

    :raises FaultError, NotFoundError: there is no such table.
    """
    hashed: Any = (dump.object("struct neigh_table", dump.symbol(table).address) if isinstance(table, str) else table).nht
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
