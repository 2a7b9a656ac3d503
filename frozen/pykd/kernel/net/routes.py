# SPDX-License-Identifier: GPL-2.0-or-later
"""IPv4 routes: tables, what is in their tries, policy rules."""

from __future__ import annotations

from _pykd import Error, LimitError
from pykd.core.members import offset_of
from pykd.core.record import NamedTuple
from pykd.core.walk import caught
from pykd.kernel.lists.linked import hash_for_each_entry, hlist_for_each_entry, list_for_each_entry
from pykd.kernel.net.addresses import ip_text
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

KEY_BITS = 32
MAX_NODES = 1 << 22
"""Of a trie"""
MAX_BITS = 24
"""A node of a trie has 1 << bits children; no table has more."""
MAX_NEXTHOPS = 512

TABLES = {253: "default", 254: "main", 255: "local"}
"""RT_TABLE_*"""
TYPES = (
    "unspec", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit", "throw", "nat", "xresolve",
)  # fmt: skip
"""RTN_* of include/uapi/linux/rtnetlink.h"""
RTN_BROADCAST, RTN_MULTICAST, RTN_UNREACHABLE, RTN_PROHIBIT = 3, 5, 7, 8
SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
PROTOCOLS = {0: "unspec", 1: "redirect", 2: "kernel", 3: "boot", 4: "static", 9: "ra", 11: "zebra", 12: "bird", 16: "dhcp", 17: "mrouted", 186: "bgp", 188: "ospf"}
"""RTPROT_*: who made the route"""
METRICS = (
    "", "lock", "mtu", "window", "rtt", "rttvar", "ssthresh", "cwnd", "advmss", "reordering", "hoplimit", "initcwnd", "features", "rto_min",
    "initrwnd", "quickack", "congctl", "fastopen_no_cookie",
)  # fmt: skip
"""RTAX_* by number; the kernel keeps them from number 1 on"""
RTAX_WINDOW, RTAX_RTT, RTAX_ADVMSS = 3, 4, 8
RTF_UP, RTF_GATEWAY, RTF_HOST, RTF_REJECT = 1, 2, 4, 0x200
_RTF = {
    0: "UP", 1: "GATEWAY", 2: "HOST", 3: "REINSTATE", 4: "DYNAMIC", 5: "MODIFIED", 6: "MTU", 7: "WINDOW", 8: "IRTT", 9: "REJECT", 16: "DEFAULT",
    17: "ALLONLINK", 18: "ADDRCONF", 19: "PREFIX_RT", 20: "ANYCAST", 21: "NONEXTHOP", 22: "EXPIRES", 23: "ROUTEINFO", 24: "CACHE", 25: "FLOW",
    26: "POLICY", 30: "PCPU", 31: "LOCAL",
}  # fmt: skip
"""RTF_* by bit, ``include/uapi/linux/route.h`` and ``ipv6_route.h``"""
"""As /proc/net/route has them"""
ACTIONS = {1: "table", 2: "goto", 3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
"""FR_ACT_* of policy rules"""
AF_INET, AF_INET6 = 2, 10


class Nexthop(NamedTuple):
    """Where a route leads.

    :ivar common: ``struct fib_nh_common``; before f1741730dd18 ("net: Add fib_nh_common and update fib_nh and fib6_nh", in v5.2) ``struct fib_nh``.
    :ivar device: ``struct net_device``, or false.
    :ivar gateway: address as it lies in memory: 4 bytes, 16 of IPv6; empty: the destination is on the link.
    """

    common: Any
    device: Any
    gateway: bytes
    weight: int


class Route(NamedTuple):
    """A route of IPv4.

    :ivar alias: ``struct fib_alias``
    :ivar info: its ``struct fib_info``, or false.
    :ivar key: the destination, a number whose highest byte comes first in ``10.1.2.3``.
    :ivar type: see :data:`TYPES`
    """

    alias: Any
    info: Any
    key: int
    length: int
    type: int

    @property
    def mask(self) -> int:
        """As :attr:`key`"""
        return ~((1 << KEY_BITS - self.length) - 1) & 0xFFFFFFFF

    @property
    def priority(self) -> int:
        """The metric of ``route -n``. :raises FaultError:"""
        return int(self.info.fib_priority) if self.info else 0

    @property
    def metrics(self) -> dict[str, int]:
        """What is set of :data:`METRICS`. :raises FaultError:"""
        return metrics_of(self.info.fib_metrics) if self.info else {}

    def nexthops(self, dump: Dump) -> list[Nexthop]:
        """:raises FaultError:"""
        return info_nexthops(dump, self.info, "fib_nh") if self.info else []

    def flags(self, gateway: bool) -> int:
        """RTF_* as /proc/net/route has them, and ``H`` of one host."""
        found = RTF_REJECT if self.type in (RTN_UNREACHABLE, RTN_PROHIBIT) else 0
        return found | RTF_UP | (RTF_GATEWAY if gateway else 0) | (RTF_HOST if self.length == KEY_BITS else 0)


def metrics_of(pointer: Any) -> dict[str, int]:
    """What is set of a ``struct dst_metrics`` (an array before v4.14). :raises FaultError:"""
    if not pointer:
        return {}
    values = pointer.metrics if hasattr(pointer, "hasField") and pointer.hasField("metrics") else [pointer[i] for i in range(len(METRICS) - 1)]
    return {name: int(value) for name, value in zip(METRICS[1:], values, strict=False) if value}


def nexthop_of(dump: Dump, nexthop: Any) -> Nexthop:
    """Of a ``struct fib_nh`` or ``fib6_nh``. :raises FaultError:"""
    if not nexthop.hasField("nh_common"):
        gateway = dump.read(int(nexthop) + nexthop.fieldOffset("nh_gw"), 4)
        return Nexthop(nexthop, nexthop.nh_dev, gateway if any(gateway) else b"", 1)
    common = nexthop.nh_common
    # nhc_has_gw was there while all gateways were of the route's own family
    family = common.nhc_gw_family if common.hasField("nhc_gw_family") else common.nhc_has_gw and common.nhc_family
    size = {AF_INET: 4, AF_INET6: 16}.get(int(family), 0)
    return Nexthop(common, common.nhc_dev, dump.read(int(common) + common.fieldOffset("nhc_gw"), size) if size else b"", int(common.nhc_weight))


def info_nexthops(dump: Dump, info: Any, member: str) -> list[Nexthop]:
    """Of a ``struct fib_info`` (*member* ``fib_nh``) or ``fib6_info`` (``fib6_nh``): its own, or those of the ``struct nexthop`` that it names
    (since v5.3).

    :raises FaultError:
    """
    if info.hasField("nh") and info.nh:
        return list(_named(dump, info.nh, member))
    count = int(info.fib_nhs) if info.hasField("fib_nhs") else 1
    first = int(info) + info.fieldOffset(member)
    size = dump.type(f"struct {member}").size
    return [nexthop_of(dump, dump.object(f"struct {member}", first + i * size)) for i in range(min(count, MAX_NEXTHOPS))]


def _named(dump: Dump, nexthop: Any, member: str) -> Iterator[Nexthop]:
    """Those of a ``struct nexthop``, which may be a group."""
    if not nexthop.is_group:
        info = nexthop.nh_info
        yield nexthop_of(dump, dump.object(f"struct {member}", int(info) + info.fieldOffset(member)))
        return
    group = nexthop.nh_grp
    entry = dump.type("struct nh_grp_entry").size
    first = int(group) + group.fieldOffset("nh_entries")
    for i in range(min(group.num_nh, MAX_NEXTHOPS)):
        one: Any = dump.object("struct nh_grp_entry", first + i * entry)
        if not one.nh.is_group:  # groups of groups are not allowed
            yield from (found._replace(weight=int(one.weight)) for found in _named(dump, one.nh, member))


def for_each_fib_table(dump: Dump, net: Any) -> Iterator[Any]:
    """Each ``struct fib_table`` of a ``struct net``, and the errors met on the way."""
    # FIB_TABLE_HASHSZ depends on CONFIG_IP_MULTIPLE_TABLES, which rules need.
    count = 256 if net.ipv4.hasField("rules_ops") else 2
    yield from hash_for_each_entry(dump, int(net.ipv4.fib_table_hash), count, "struct fib_table", "tb_hlist")


def table_name(number: int) -> str:
    """``main``, ``local``, ``17``"""
    return TABLES.get(number, str(number))


def for_each_leaf(dump: Dump, table: Any) -> Iterator[Any]:
    """Each leaf of the trie of a ``struct fib_table`` in ascending order of its key, a ``struct key_vector``, and the errors met on the way."""
    trie: Any = dump.object("struct trie", int(table.tb_data))
    vector: Any = dump.struct_class("struct key_vector")
    children = offset_of(vector, "tnode")
    # 88bae7149add ("fib_trie: Add key vector to root"): the root's only child is the trie
    stack = [dump.read_unsigned(int(trie) + children)]
    seen: set[int] = set()
    while stack:
        address = stack.pop()
        if not address:
            continue
        if address in seen or len(seen) > MAX_NODES:
            yield LimitError(f"the trie at {int(trie):#x} is damaged")
            return
        seen.add(address)
        node = vector(address)
        try:
            bits = node.bits
            if not bits:
                yield node
                continue
            if bits > MAX_BITS:
                raise LimitError(f"a node of the trie at {int(trie):#x} has 1 << {bits} children")
            found = dump.read(address + children, 8 << bits)
        except Error as error:
            yield error
            continue
        stack.extend(reversed(words_of(dump, found).tolist()))


def for_each_route(dump: Dump, table: Any) -> Iterator[Route | Error]:
    """Each :class:`Route` of a ``struct fib_table`` in ascending order of the destination, and the errors met on the way."""
    own = table.tb_id
    for leaf in for_each_leaf(dump, table):
        if isinstance(leaf, Error):
            yield leaf
            continue
        head = int(leaf) + leaf.fieldOffset("leaf")
        for alias in caught(hlist_for_each_entry(dump, head, "struct fib_alias", "fa_list")):
            try:
                # 0ddcf43d5d4a ("ipv4: FIB Local/MAIN table collapse") (in v4.1): one trie may hold two tables
                if isinstance(alias, Error):
                    yield alias
                elif alias.tb_id == own:
                    yield Route(alias, alias.fa_info, int(leaf.key), KEY_BITS - min(int(alias.fa_slen), KEY_BITS), int(alias.fa_type))
            except Error as error:
                yield error


def for_each_rule(dump: Dump, operations: Any) -> Iterator[Any]:
    """Each ``struct fib_rule`` of a ``struct fib_rules_ops`` (``net.ipv4.rules_ops``), by priority.

    That of IPv4 begins a ``struct fib4_rule``, that of IPv6 a ``fib6_rule``. :raises FaultError, LimitError: the list cannot be followed.
    """
    if operations:
        yield from list_for_each_entry(dump, int(operations) + operations.fieldOffset("rules_list"), "struct fib_rule", "list")


def flag_names(bits: int) -> list[str]:
    """Names of RTF_*."""
    return [_RTF.get(bit, f"bit {bit}") for bit in range(bits.bit_length()) if bits >> bit & 1]


def route_row(dump: Dump, route: Route) -> dict[str, Any]:
    """Of a :class:`Route`: destination, prefix, type, table …, nexthops with device and gateway, metric, metrics. :raises FaultError:"""
    hops = route.nexthops(dump)
    info = route.info
    bits = route.flags(bool(hops and hops[0].gateway))
    row: dict[str, Any] = {
        "alias": int(route.alias), "info": int(info), "destination": ip_text(route.key.to_bytes(4, "big")), "prefix": route.length,
        "mask": ip_text(route.mask.to_bytes(4, "big")), "type": TYPES[route.type] if route.type < len(TYPES) else str(route.type),
        "table": table_name(int(route.alias.tb_id)), "metric": route.priority, "metrics": route.metrics, "nexthops": hop_rows(hops),
        "flags": flag_names(bits), "flag_bits": bits,
    }  # fmt: skip
    if info:
        scope, protocol = int(info.fib_scope), int(info.fib_protocol)
        row |= {"scope": SCOPES.get(scope, str(scope)), "protocol": PROTOCOLS.get(protocol, str(protocol))}
        row["source"] = ip_text(dump.read(int(info) + info.fieldOffset("fib_prefsrc"), 4)) if info.fib_prefsrc else None
    return row


def hop_rows(hops: list[Nexthop]) -> list[dict[str, Any]]:
    """nexthop (address of its struct), device, gateway, weight of each. :raises FaultError:"""
    return [
        {
            "nexthop": int(hop.common), "device": str(hop.device.name) if hop.device else None,
            "gateway": ip_text(hop.gateway) if hop.gateway else None, "weight": hop.weight,
        }
        for hop in hops
    ]  # fmt: skip


def rule_row(dump: Dump, rule: Any) -> dict[str, Any]:
    """Of a ``struct fib_rule`` of IPv4: priority, source, destination, table, action, input and output device, mark. :raises FaultError:"""
    own: Any = dump.object("struct fib4_rule", int(rule))
    row: dict[str, Any] = {"rule": int(rule), "priority": int(rule.pref), "table": int(rule.table), "action": int(rule.action)}
    row["action_name"] = ACTIONS.get(row["action"], str(row["action"]))
    for key in ("src", "dst"):
        for member in (key, f"{key}mask"):
            row[member] = ip_text(dump.read(int(own) + own.fieldOffset(member), 4))
        row[f"{key}_len"] = int(getattr(own, f"{key}_len"))
    for way in ("i", "o"):
        row |= {f"{way}ifindex": int(getattr(rule, f"{way}ifindex")), f"{way}ifname": str(getattr(rule, f"{way}ifname"))}
    return row | {"mark": int(rule.mark), "mark_mask": int(rule.mark_mask)}
