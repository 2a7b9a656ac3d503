# SPDX-License-Identifier: GPL-2.0-or-later
"""What routing remembers of single destinations.

The route cache of old went in v3.6. In its place each nexthop has exceptions (a path MTU or a redirect that was learnt for one destination)
and the routes that it made for packets in and, of each CPU, out.
"""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.core.walk import caught
from pykd.kernel import cpus
from pykd.kernel.lists.linked import chain_for_each
from pykd.kernel.net.addresses import ip_text
from pykd.kernel.timekeeping import hz, jiffies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

FNHE_BUCKETS = 1 << 11
"""FNHE_HASH_SIZE"""
MAX_CHAIN = 1 << 16
"""FNHE_RECLAIM_DEPTH is 5"""


class Cached(NamedTuple):
    """:ivar kind: ``exception``, ``input``, ``output``
    :ivar found: ``struct fib_nh_exception``, else ``struct rtable``
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
        heads = memoryview(dump.read(table, 8 * FNHE_BUCKETS)).cast("Q").tolist()
    except Error as error:
        yield error
        return
    for first in filter(None, heads):
        for one in caught(chain_for_each(dump, first, "struct fib_nh_exception", "fnhe_next", limit=MAX_CHAIN)):
            yield one if isinstance(one, Error) else Cached("exception", one, -1)


def _outputs(dump: Dump, pointer: int) -> Iterator[Cached]:
    for cpu in cpus.possible(dump) if pointer else ():
        if route := dump.read_unsigned(cpus.address_on(pointer, cpu, dump)):
            yield Cached("output", dump.object("struct rtable", route), cpu)


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
