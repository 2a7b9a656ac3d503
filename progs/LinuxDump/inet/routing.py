# SPDX-License-Identifier: GPL-2.0-or-later
"""Routes of IPv4 under PyKdump's names: :mod:`pykd.kernel.net.routes`, ``routecache``."""

from __future__ import annotations

import pykd
from LinuxDump.inet import get_ns_net, htonl
from pykd.kernel.net import routes
from pykd.kernel.net.show.routes import TITLE, cache_lines, cache_rows, rule_lines, rule_rows, table_lines, table_rows
from pykd.kernel.net.show.routes import flags_text as flags2str
from pykdump import API
from pykdump.API import API_options
from pykdump.Generic import Bunch
from pykdump.highlevel import pylog
from pykdump.tparser import CDefine, CEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

debug: Any = API_options.debug
KEYLENGTH = routes.KEY_BITS
T_NODE, T_LEAF, NODE_TYPE_MASK = 0, 1, 1
RT_TABLE_MAIN = 254

FN = CDefine("#define FN_S_ZOMBIE 1\n#define FN_S_ACCESSED 2\n")
RTN_c = "enum {" + ", ".join(f"RTN_{name.upper()}" for name in routes.TYPES) + ", __RTN_MAX };"
RTN: Any = CEnum(RTN_c)
RTN_MAX = len(routes.TYPES) - 1
RTN_defs = "".join(
    f"#define RTF_{name} {value:#06x}\n"
    for name, value in {
        "UP": 1, "GATEWAY": 2, "HOST": 4, "REINSTATE": 8, "DYNAMIC": 0x10, "MODIFIED": 0x20, "MTU": 0x40, "MSS": 0x40, "WINDOW": 0x80,
        "IRTT": 0x100, "REJECT": 0x200,
    }.items()
)  # fmt: skip
RTF: Any = CDefine(RTN_defs)
RTAX_c = "enum { RTAX_UNSPEC, " + ", ".join(f"RTAX_{name.upper()}" for name in routes.METRICS[1:13]) + ", __RTAX_MAX };"
RTAX: Any = CEnum(RTAX_c)


def inet_make_mask(logmask: int) -> int:
    """Of a prefix length, as it lies in memory."""
    return htonl(~((1 << 32 - logmask) - 1) & 0xFFFFFFFF) if logmask else 0


def fib_flags_trans(itype: int, mask: int, fi: Any, dead: bool = False) -> int:
    """RTF_* of a route of type *itype* with a ``struct fib_info``."""
    gateway = bool(fi and _gateway(routes.info_nexthops(pykd.current(), fi, "fib_nh")))
    flags = RTF.RTF_REJECT if itype in (routes.RTN_UNREACHABLE, routes.RTN_PROHIBIT) else 0
    return int(flags | RTF.RTF_GATEWAY * gateway | RTF.RTF_HOST * (mask == 0xFFFFFFFF) | RTF.RTF_UP * (not dead))


def _gateway(hops: list[routes.Nexthop]) -> bytes:
    return hops[0].gateway if hops else b""


# ---- tables


def get_fib_tables(All: bool = False) -> list[Any]:
    """Every ``struct fib_table`` of the namespace, or the main one alone, in a list; empty without one."""
    found = []
    for table in routes.for_each_fib_table(pykd.current(), get_ns_net()):
        if isinstance(table, pykd.Error):
            pylog.error(table)
        elif All or table.tb_id == RT_TABLE_MAIN:
            found.append(table)
    return found


get_fib_tables_v26 = get_fib_tables_v24 = get_fib_tables


def entry(dump: pykd.Dump, route: routes.Route) -> Bunch:
    """A :class:`pykd.kernel.net.routes.Route` as PyKdump has one: fa, dest, mask, gw (as they lie in memory), dev, metric, mtu, flags."""
    hops = route.nexthops(dump)
    gateway = _gateway(hops)
    advmss = route.metrics.get("advmss", 0)
    return Bunch(
        fa=route.alias, dest=htonl(route.key), mask=htonl(route.mask), gw=int.from_bytes(gateway[:4], pykd.current().byteorder), metric=route.priority,
        dev=str(hops[0].device.name) if hops and hops[0].device else "*", mtu=advmss + 40 if advmss else 0, flags=route.flags(bool(gateway)),
    )  # fmt: skip


def get_fib_entries(table: Any) -> Iterator[Bunch]:
    """Each route of a ``struct fib_table`` as :func:`entry` makes it, but for broadcasts and multicast."""
    dump = pykd.current()
    for route in routes.for_each_route(dump, table):
        if isinstance(route, pykd.Error):
            pylog.error(route)
        elif route.type not in (routes.RTN_BROADCAST, routes.RTN_MULTICAST):
            yield entry(dump, route)


get_fib_entries_v30 = get_fib_entries


# ---- printing


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def do_fib_print(g: Iterable[Bunch], v: int = 0) -> None:
    """Print entries as :func:`get_fib_entries` yields them."""
    from LinuxDump.inet import ntodots

    print("")
    print(TITLE)
    for e in g:
        print(f"{ntodots(e.dest):<15} {ntodots(e.gw):<15} {ntodots(e.mask):<15} {flags2str(e.flags):<5} {e.metric:<6} {0:<6} {0:>3} {e.dev:<8}")
        if v and e.fa.fa_info:
            print("    ", e.fa.fa_info.fib_nh)


def print_fib(All: bool = False, v: int = 0) -> None:
    """Print the main table of the namespace, or all."""
    _print(table_lines(table_rows(pykd.current(), get_ns_net(), All), All, v))


def print_fib_rules() -> None:
    """Print the policy rules of the namespace."""
    net = get_ns_net()
    print("--", net, net.ipv4.rules_ops)
    _print(rule_lines(rule_rows(pykd.current(), net)))


print_fib_rules_old = print_fib_rules


def print_rt_hash() -> None:
    """Print what routing remembers: kernels since v3.6 have no route cache, but exceptions and ready routes with their nexthops."""
    _print(cache_lines(cache_rows(pykd.current())))


# ---- the tries of old


def _old(name: str) -> Any:
    def gone(*args: Any) -> Any:
        raise TypeError(f"{name}: this kernel has no such table")

    return gone


walk_fn_zones = walk_fn_zones_v24 = walk_fn_zones_v26 = _old("struct fn_zone")
trie_firstleaf = trie_nextleaf = leaf_walk_rcu = process_one_leaf = tnode_get_child_rcu = node_parent_rcu = _old("struct rt_trie_node")


def IS_LEAF(n: Any) -> int:
    """Of the tries of Linux 3.0"""
    return int(n.parent & T_LEAF)


def IS_TNODE(n: Any) -> bool:
    return not IS_LEAF(n)


def NODE_TYPE(node: Any) -> int:
    return int(node.parent & NODE_TYPE_MASK)


def tkey_extract_bits(a: int, off: int, bits: int) -> int:
    """*bits* of a key of 32 bits, from the highest but *off* on."""
    return (a << off & 0xFFFFFFFF) >> KEYLENGTH - bits if off < KEYLENGTH else 0


def __getattr__(name: str) -> Any:
    if name == "CONFIG_IP_MULTIPLE_TABLES":
        return pykd.current().type("struct netns_ipv4").member("rules_ops") is not None
    if name == "CONFIG_IP_ROUTE_MULTIPATH":
        info = pykd.current().find_type("struct", "fib_info")
        return bool(info and info.member("fib_power"))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "FN", "IS_LEAF", "IS_TNODE", "KEYLENGTH", "NODE_TYPE", "NODE_TYPE_MASK", "RTAX", "RTF", "RTN", "RTN_MAX", "RT_TABLE_MAIN", "T_LEAF",
    "T_NODE", "RTAX_c", "RTN_c", "RTN_defs", "debug", "do_fib_print", "fib_flags_trans", "flags2str",
    "get_fib_entries", "get_fib_entries_v30", "get_fib_tables", "get_fib_tables_v24", "get_fib_tables_v26", "inet_make_mask",
    "leaf_walk_rcu", "node_parent_rcu", "print_fib", "print_fib_rules", "print_fib_rules_old", "print_rt_hash", "process_one_leaf",
     "tkey_extract_bits", "tnode_get_child_rcu",
    "trie_firstleaf", "trie_nextleaf", "walk_fn_zones", "walk_fn_zones_v24", "walk_fn_zones_v26",
]  # fmt: skip
__all__ += API.hand_on(globals())
