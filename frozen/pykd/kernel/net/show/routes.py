# SPDX-License-Identifier: GPL-2.0-or-later
"""Routes of IPv4 and IPv6, policy rules, and what routing remembers, as rows and lines"""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.net import routecache, routes, routes6
from pykd.kernel.net.addresses import ip_text
from pykd.kernel.net.namespaces import for_each_net

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from _pykd import Dump

MAIN = 254
"""RT_TABLE_MAIN"""
TITLE = "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface"


def flags_text(flags: int) -> str:
    """``UGH``"""
    return "".join(letter for letter, bit in zip("UGHRDM", (1, 2, 4, 0x200, 0x10, 0x20), strict=True) if flags & bit)


def table_id_name(number: int) -> str:
    """``RT_TABLE_MAIN``; of one without a name None, as a text."""
    return f"RT_TABLE_{routes.TABLES[number].upper()}" if number in routes.TABLES else str(number)


def route_lines(rows: Iterable[Row], v: int = 0) -> Iterator[str]:
    """Routes as ``route -n`` prints them. Of several nexthops each has a line; *v*: with their structs."""
    yield ""
    yield TITLE
    for row in rows:
        if "destination" not in row:
            yield f"{mark(row)}"
            continue
        for hop in row["nexthops"] or [{"gateway": None, "device": "*", "nexthop": 0}]:
            gateway = hop["gateway"] or "0.0.0.0"
            flags = flags_text(row["flag_bits"] | (routes.RTF_GATEWAY if hop["gateway"] else 0))
            yield f"{row['destination']:<15} {gateway:<15} {row['mask']:<15} {flags:<5} {row['metric']:<6} {0:<6} {0:>3} {hop['device'] or '*':<8}"
            if v and hop["nexthop"]:
                yield f"     <struct fib_nh {hop['nexthop']:#x}>"


def table_rows(dump: Dump, net: Any, every: bool = False) -> Iterator[Row]:
    """table (address of its struct), id, name, and its routes, of each table of a ``struct net`` or of the main one alone."""
    for table in routes.for_each_fib_table(dump, net):
        if isinstance(table, Error):
            yield {"error": fault(table)}
            continue
        row: Row = {"table": int(table), "routes": []}
        try:
            row |= {"id": int(table.tb_id), "name": routes.table_name(table.tb_id)}
            if not every and row["id"] != MAIN:
                continue
            for route in routes.for_each_route(dump, table):
                row["routes"].append({"error": fault(route)} if isinstance(route, Error) else _route_row(dump, route))
        except Error as error:
            row["error"] = fault(error)
        yield row


def _route_row(dump: Dump, route: routes.Route) -> Row:
    try:
        return routes.route_row(dump, route)
    except Error as error:
        return {"alias": int(route.alias), "error": fault(error)}


def table_lines(rows: Iterable[Row], every: bool = False, v: int = 0) -> Iterator[str]:
    """What :func:`table_rows` yields; broadcasts and multicast are left out, as by ``route -n``."""
    for row in rows:
        name = table_id_name(row["id"]) if "id" in row else ""
        if every or "error" in row:
            yield ""
            yield f"==== <struct fib_table {row.get('table', 0):#x}> {name}{mark(row)}"
        if "id" in row:
            yield from route_lines((one for one in row["routes"] if one.get("type") not in ("broadcast", "multicast")), v)


def rule_lines(rows: Iterable[Row]) -> Iterator[str]:
    """What :func:`pykd.kernel.net.routes.rule_row` tells."""
    for row in rows:
        if "rule" not in row:
            yield mark(row)
            continue
        yield f"    -- <struct fib4_rule {row['rule']:#x}> {table_id_name(row['table'])}"
        for key in ("src", "dst"):
            yield f"\t{key} {row[key]} {key}mask {row[f'{key}mask']} {key}_len {row[f'{key}_len']}"
        yield f"\taction {row['action']}iifindex {row['iifindex']} {row['iifname']} oifindex {row['oifindex']} {row['oifname']}"


def rule_rows(dump: Dump, net: Any) -> Iterator[Row]:
    """Policy rules of a ``struct net``."""
    for rule in caught(routes.for_each_rule(dump, net.ipv4.rules_ops)) if net.ipv4.hasField("rules_ops") else ():
        try:
            yield {"error": fault(rule)} if isinstance(rule, Error) else routes.rule_row(dump, rule)
        except Error as error:
            yield {"error": fault(error)}


def cache_rows(dump: Dump, net: Any = None) -> Iterator[Row]:
    """What routing remembers of destinations, of a ``struct net`` or of all: route (``127.0.0.0/8``), and what
    :func:`pykd.kernel.net.routecache.cached_row` tells."""
    seen: set[int] = set()
    for one in caught(for_each_net(dump)) if net is None else [net]:
        if isinstance(one, Error):
            yield {"error": fault(one)}
            continue
        for table in caught(routes.for_each_fib_table(dump, one)):
            try:
                yield from _cached_of(dump, table, seen)
            except Error as error:
                yield {"error": fault(error)}
        for table in caught(routes6.for_each_fib6_table(dump, one)):
            try:
                yield from _cached6_of(dump, table, seen)
            except Error as error:
                yield {"error": fault(error)}


def _cached_of(dump: Dump, table: Any, seen: set[int]) -> Iterator[Row]:
    if isinstance(table, Error):
        raise table
    for route in routes.for_each_route(dump, table):
        if isinstance(route, Error):
            yield {"error": fault(route)}
            continue
        name = f"{ip_text(route.key.to_bytes(4, 'big'))}/{route.length}"
        yield from _cached_with(dump, name, route, seen, routecache.for_each_cached, routecache.cached_row)


def _cached6_of(dump: Dump, table: Any, seen: set[int]) -> Iterator[Row]:
    if isinstance(table, Error):
        raise table
    for route in routes6.for_each_route6(dump, table):
        if isinstance(route, Error):
            yield {"error": fault(route)}
            continue
        name = f"{ip_text(route.destination[0])}/{route.destination[1]}"
        yield from _cached_with(dump, name, route, seen, routecache.for_each_cached6, routecache.cached6_row)


def _cached_with(dump: Dump, name: str, route: Any, seen: set[int], walk: Callable[..., Any], told: Callable[..., Row]) -> Iterator[Row]:
    try:
        for hop in route.nexthops(dump):
            # routes to one nexthop share its struct and what is remembered there
            if int(hop.common) in seen:
                continue
            seen.add(int(hop.common))
            for cached in walk(dump, hop.common):
                yield {"error": fault(cached)} if isinstance(cached, Error) else {"route": name, **told(dump, cached)}
    except Error as error:
        yield {"error": fault(error)}


def cache_lines(rows: Iterable[Row]) -> Iterator[str]:
    """What :func:`cache_rows` yields."""
    yield "route               kind       cpu dev      destination      gateway            pmtu   sec ago  expires s"
    yield "-----               ----       --- ---      -----------      -------            ----   -------  ---------"
    count = 0
    for row in rows:
        if "kind" not in row:
            yield mark(row)
            continue
        count += 1
        ago = row.get("age_ms", row.get("idle_ms"))
        expires = row.get("expires_ms")
        yield (
            f"{row['route']:<19} {row['kind']:<10} {'' if row['cpu'] is None else row['cpu']:>3} {row.get('device') or '':<8} "
            f"{row.get('destination') or '':<16} {row['gateway'] or '':<16} {row.get('pmtu') or '':>6} {'' if ago is None else ago // 1000:>9} "
            f"{'' if expires is None else expires // 1000:>10}"
        ).rstrip()
    yield ""
    yield f"{count} entries"


def table6_rows(dump: Dump, net: Any) -> Iterator[Row]:
    """table (address of its struct), id, name, and its routes, of each table of IPv6."""
    for table in caught(routes6.for_each_fib6_table(dump, net)):
        if isinstance(table, Error):
            yield {"error": fault(table)}
            continue
        row: Row = {"table": int(table), "routes": []}
        try:
            row |= {"id": int(table.tb6_id), "name": routes.table_name(table.tb6_id)}
            for route in routes6.for_each_route6(dump, table):
                row["routes"].append({"error": fault(route)} if isinstance(route, Error) else _route6_row(dump, route))
        except Error as error:
            row["error"] = fault(error)
        yield row


def _route6_row(dump: Dump, route: routes6.Route6) -> Row:
    try:
        return routes6.route6_row(dump, route)
    except Error as error:
        return {"info": int(route.info), "error": fault(error)}


def table6_lines(rows: Iterable[Row]) -> Iterator[str]:
    """What :func:`table6_rows` yields, as ``ip -6 route`` tells it."""
    for row in rows:
        yield ""
        yield f"==== <struct fib6_table {row.get('table', 0):#x}> {table_id_name(row['id']) if 'id' in row else ''}{mark(row)}"
        yield ""
        for route in row.get("routes", ()):
            if "destination" not in route:
                yield mark(route)
                continue
            for hop in route["nexthops"]:
                via = f" via {hop['gateway']}" if hop["gateway"] else ""
                kind = "" if route["type"] == "unicast" else f"{route['type']} "
                yield f"{kind}{route['destination']}/{route['prefix']}{via} dev {hop['device'] or '*'} proto {route['protocol']} metric {route['metric']}"
