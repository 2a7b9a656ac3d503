# SPDX-License-Identifier: GPL-2.0-or-later
"""What routing remembers of single destinations.

The route cache of old went in v3.6. In its place each nexthop has exceptions (a path MTU or a redirect that was learnt for one destination)
and the routes that it made for packets in and, of each CPU, out. IPv6 has both since v4.15, routes of each CPU for either way.
"""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.core.walk import caught
from pykd.kernel import cpus
from pykd.kernel.lists.linked import chain_for_each, hash_for_each_entry
from pykd.kernel.net.addresses import ip_text
from pykd.kernel.timekeeping import hz, jiffies
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

FNHE_BUCKETS = 1 << 11
"""FNHE_HASH_SIZE"""
MAX_CHAIN = 1 << 16
"""FNHE_RECLAIM_DEPTH is 5"""
BUCKETS6 = 1 << 10
"""FIB6_EXCEPTION_BUCKET_SIZE"""
FLUSHED = 1
"""FIB6_EXCEPTION_BUCKET_FLUSHED, in the pointer to the buckets"""
RTF_EXPIRES = 0x00400000
"""``rt6_info.rt6i_flags``: ``dst.expires`` counts"""
RTAX_MTU = 2
_METRICS = ~3 & (1 << 64) - 1
"""``dst_entry._metrics`` is a pointer but for two bits"""


class Cached(NamedTuple):
    """:ivar kind: ``exception``, ``input``, ``output``
    :ivar found: ``struct fib_nh_exception``, else ``struct rtable``; of IPv6 ``rt6_exception`` and ``rt6_info``
    :ivar cpu: whose it is; -1: everybody's.
    """

    kind: str
    found: Any
    cpu: int


def for_each_cached(dump: Dump, nexthop: Any) -> Iterator[Cached | Error]:
    """What is remembered with a ``struct fib_nh_common``, and the errors met on the way."""
    if not nexthop.hasField("nhc_exceptions"):
        return
    try:
        if nexthop.nhc_rth_input:
            yield Cached("input", nexthop.nhc_rth_input, -1)
        yield from _outputs(dump, int(nexthop.nhc_pcpu_rth_output))
        table = int(nexthop.nhc_exceptions)
        if not table:
            return
        heads = words_of(dump, dump.read(table, 8 * FNHE_BUCKETS)).tolist()
    except Error as error:
        yield error
        return
    for first in filter(None, heads):
        for one in caught(chain_for_each(dump, first, "struct fib_nh_exception", "fnhe_next", limit=MAX_CHAIN)):
            yield one if isinstance(one, Error) else Cached("exception", one, -1)


def for_each_cached6(dump: Dump, nexthop: Any) -> Iterator[Cached | Error]:
    """The same of the ``struct fib6_nh`` that begins with a ``struct fib_nh_common``."""
    own: Any = dump.object("struct fib6_nh", int(nexthop))
    if not own.hasField("rt6i_pcpu"):
        return
    try:
        yield from _outputs(dump, int(own.rt6i_pcpu), "struct rt6_info")
        table = int(own.rt6i_exception_bucket) & ~FLUSHED
    except Error as error:
        yield error
        return
    step = dump.type("struct rt6_exception_bucket").size
    for one in hash_for_each_entry(dump, table, BUCKETS6, "struct rt6_exception", "hlist", step=step) if table else ():
        yield one if isinstance(one, Error) else Cached("exception", one, -1)


def _outputs(dump: Dump, pointer: int, struct: str = "struct rtable") -> Iterator[Cached]:
    for cpu in cpus.possible(dump) if pointer else ():
        if route := dump.read_unsigned(cpus.address_on(pointer, cpu, dump)):
            yield Cached("output", dump.object(struct, route), cpu)


def cached_row(dump: Dump, cached: Cached) -> dict[str, Any]:
    """Of a :class:`Cached`: kind, cpu; of an exception destination, gateway, pmtu (bytes), expires_ms and age_ms (None: it does not); of a route
    device, gateway, idle_ms (since it was last used), uses.

    :raises FaultError:
    """
    found, now = cached.found, jiffies(dump)
    row: dict[str, Any] = {"kind": cached.kind, "cached": int(found), "cpu": cached.cpu if cached.cpu >= 0 else None}
    if cached.kind == "exception":
        row["destination"] = ip_text(dump.read(int(found) + found.fieldOffset("fnhe_daddr"), 4))
        row["gateway"] = ip_text(dump.read(int(found) + found.fieldOffset("fnhe_gw"), 4)) if found.fnhe_gw else None
        row |= {"pmtu": int(found.fnhe_pmtu), "expires_ms": _milliseconds(dump, found.fnhe_expires - now) if found.fnhe_expires else None}
        return row | {"age_ms": _milliseconds(dump, now - found.fnhe_stamp)}
    route = found.dst
    row["device"] = str(route.dev.name) if route.dev else None
    size = {2: 4, 10: 16}.get(int(found.rt_gw_family), 0) if found.hasField("rt_gw_family") else 0
    row["gateway"] = ip_text(dump.read(int(found) + found.fieldOffset("rt_gw4"), size)) if size else None
    # dst.__use: of packets
    return row | {"idle_ms": _milliseconds(dump, now - route.lastuse), "uses": int(getattr(route, "__use"))}


def _milliseconds(dump: Dump, ticks: int) -> int:
    return int(ticks) * 1000 // hz(dump)


def cached6_row(dump: Dump, cached: Cached) -> dict[str, Any]:
    """:func:`cached_row` of IPv6. :raises FaultError:"""
    found, now = cached.found, jiffies(dump)
    row: dict[str, Any] = {"kind": cached.kind, "cached": int(found), "cpu": cached.cpu if cached.cpu >= 0 else None}
    if cached.kind == "exception":
        row["age_ms"] = _milliseconds(dump, now - found.stamp)
        found = found.rt6i
    route = found.dst
    key = found.rt6i_dst
    row |= {"device": str(route.dev.name) if route.dev else None, "idle_ms": _milliseconds(dump, now - route.lastuse), "uses": int(getattr(route, "__use"))}
    row["destination"] = f"{ip_text(dump.read(int(key) + key.fieldOffset('addr'), 16))}/{int(key.plen)}"
    gateway = dump.read(int(found) + found.fieldOffset("rt6i_gateway"), 16)
    row["gateway"] = ip_text(gateway) if any(gateway) else None
    if cached.kind == "exception":
        metrics = int(route._metrics) & _METRICS
        row["pmtu"] = dump.read_unsigned(metrics + 4 * (RTAX_MTU - 1), 4) if metrics else 0
        row["expires_ms"] = _milliseconds(dump, route.expires - now) if found.rt6i_flags & RTF_EXPIRES else None
    return row
