# SPDX-License-Identifier: GPL-2.0-or-later
"""IPv6 routes."""

from __future__ import annotations

from _pykd import Error, LimitError
from pykd.core.record import NamedTuple
from pykd.core.walk import caught
from pykd.kernel.lists.linked import chain_for_each, hash_for_each_entry
from pykd.kernel.net.addresses import ip_text
from pykd.kernel.net.routes import PROTOCOLS, TYPES, Nexthop, flag_names, hop_rows, info_nexthops, metrics_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_NODES = 1 << 22
"""Of a tree"""
MAX_ROUTES = 1 << 20
"""To one destination"""
RTN_RTINFO = 4
"""``fib6_node.fn_flags``: it has routes"""
RTF_GATEWAY, RTF_CACHE, RTF_LOCAL = 0x2, 0x01000000, 0x80000000
"""``fib6_info.fib6_flags``, of include/uapi/linux/ipv6_route.h"""


class Route6(NamedTuple):
    """A route of IPv6.

    :ivar info: ``struct fib6_info`` (93531c674315, in v4.17)
    :ivar destination, source: (16 bytes of address, prefix length); the source is ``::/0`` but for source routing.
    """

    info: Any
    destination: tuple[bytes, int]
    source: tuple[bytes, int]

    @property
    def metric(self) -> int:
        return int(self.info.fib6_metric)

    @property
    def flags(self) -> int:
        """RTF_*"""
        return int(self.info.fib6_flags)

    @property
    def metrics(self) -> dict[str, int]:
        return metrics_of(self.info.fib6_metrics)

    def nexthops(self, dump: Dump) -> list[Nexthop]:
        """:raises FaultError:"""
        return info_nexthops(dump, self.info, "fib6_nh")


def for_each_fib6_table(dump: Dump, net: Any) -> Iterator[Any]:
    """Each ``struct fib6_table`` of a ``struct net``, and the errors met on the way; none where IPv6 is not there."""
    if not net.hasField("ipv6") or not net.ipv6.fib_table_hash:
        return
    # FIB6_TABLE_HASHSZ, by CONFIG_IPV6_MULTIPLE_TABLES
    count = 256 if net.ipv6.hasField("fib6_rules_ops") else 1
    yield from hash_for_each_entry(dump, int(net.ipv6.fib_table_hash), count, "struct fib6_table", "tb6_hlist")


def for_each_fib6_node(dump: Dump, root: Any) -> Iterator[Any]:
    """Each ``struct fib6_node`` that has routes, in the order of /proc/net/ipv6_route, and the errors met on the way."""
    seen: set[int] = set()
    # (node, whether those below it are done)
    stack: list[tuple[Any, bool]] = [(root, False)]
    while stack:
        node, is_done = stack.pop()
        if not node:
            continue
        try:
            if is_done:
                if node.fn_flags & RTN_RTINFO:
                    yield node
                continue
            if int(node) in seen or len(seen) > MAX_NODES:
                yield LimitError(f"the tree at {int(root):#x} is damaged")
                return
            seen.add(int(node))
            stack.append((node, True))
            # the last one is taken first: those by source address, the left, the right
            below = ("right", "left", "subtree") if node.hasField("subtree") else ("right", "left")
            stack += [(getattr(node, name), False) for name in below]
        except Error as error:
            yield error


def for_each_route6(dump: Dump, table: Any) -> Iterator[Route6 | Error]:
    """Each :class:`Route6` of a ``struct fib6_table`` in the order of /proc/net/ipv6_route, and the errors met on the way."""
    for node in for_each_fib6_node(dump, table.tb6_root):
        if isinstance(node, Error):
            yield node
            continue
        for info in caught(chain_for_each(dump, int(node.leaf), "struct fib6_info", "fib6_next", limit=MAX_ROUTES)):
            try:
                yield info if isinstance(info, Error) else Route6(info, _prefix(dump, info, "fib6_dst"), _prefix(dump, info, "fib6_src"))
            except Error as error:
                yield error


def _prefix(dump: Dump, info: Any, member: str) -> tuple[bytes, int]:
    key = getattr(info, member)
    return dump.read(int(key) + key.fieldOffset("addr"), 16), int(key.plen)


def route6_row(dump: Dump, route: Route6) -> dict[str, Any]:
    """Of a :class:`Route6`: destination, prefix, source, metric, flags, nexthops, metrics. :raises FaultError:"""
    kind, protocol = int(route.info.fib6_type), int(route.info.fib6_protocol)
    return {
        "info": int(route.info), "destination": ip_text(route.destination[0]), "prefix": route.destination[1],
        "source": ip_text(route.source[0]) if route.source[1] else None, "source_prefix": route.source[1],
        "type": TYPES[kind] if kind < len(TYPES) else str(kind), "protocol": PROTOCOLS.get(protocol, str(protocol)), "metric": route.metric,
        "flags": flag_names(route.flags), "flag_bits": route.flags, "metrics": route.metrics, "nexthops": hop_rows(route.nexthops(dump)),
    }  # fmt: skip
