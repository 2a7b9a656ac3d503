# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets, interfaces, neighbours, routes."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator

from comparisons.registry import comparison, unequal, unequal_sets
from truth import Truth

LISTEN = 10
PASSING_STATES, LIFE = (3, 6), 4500


def _inet(truth: Truth, name: str) -> Iterator[tuple]:
    for words in truth.table(f"proc/self/net/{name}"):
        state = int(words[3], 16)
        queues = tuple(int(n, 16) for n in words[4].split(":"))
        protocol = name.rstrip("6")
        waiting = protocol == "tcp" and words[9] == "0" and state in (3, 4, 5, 6)
        # SYN-RECV and TIME-WAIT end by themselves: what had less than that to live, in hundredths of a second, may be gone.
        if protocol == "tcp" and state in PASSING_STATES and int(words[5].split(":")[1], 16) < LIFE:
            continue
        yield name, state, words[1], words[2], int(words[9]), queues if protocol == "tcp" and not waiting else None


@comparison()
def sockets(truth: Truth, found: dict) -> Iterator[str]:
    """TCP in every state, UDP, raw, unix, netlink and packet sockets, against /proc/net/*."""
    have: dict[str, set[tuple]] = {}
    for name, *rest in found["rows"]:
        have.setdefault(name, set()).add((name, *(tuple(x) if isinstance(x, list) else x for x in rest)))
    for name in ("tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6"):
        wanted = set(_inet(truth, name))
        # Queues of an orphan that the kernel tries to send change with time.
        mine = {row for row in have.get(name, set()) if row in wanted or row[1] not in PASSING_STATES}
        yield from unequal_sets("socket", _settled(mine), _settled(wanted))
    wanted = {("unix", int(words[4], 16), int(words[5], 16), int(words[6]), " ".join(words[7:]))
              for words in truth.table("proc/self/net/unix")}
    yield from unequal_sets("socket", have.get("unix", set()), wanted)
    wanted = {("netlink", int(words[1]), int(words[2]), int(words[3], 16), int(words[9])) for words in truth.table("proc/self/net/netlink")}
    yield from unequal_sets("socket", have.get("netlink", set()), wanted)
    wanted = {("packet", int(words[2]), int(words[3], 16), int(words[4]), int(words[8])) for words in truth.table("proc/self/net/packet")}
    yield from unequal_sets("socket", have.get("packet", set()), wanted)
    for name, reason in found["refused"].items():
        yield f"no {name}: {reason}"


def _settled(rows: set[tuple]) -> set[tuple]:
    return {row if row[4] or row[1] == LISTEN else (*row[:5], None) for row in rows}


# Operstates in the kernel's order, flags of if.h that the user sets.
OPERSTATES = ("UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP")
FLAGS = {"UP": 0x1, "BROADCAST": 0x2, "LOOPBACK": 0x8, "POINTOPOINT": 0x10, "NOARP": 0x80,
         "MASTER": 0x400, "SLAVE": 0x800, "MULTICAST": 0x1000}
NEIGHBOUR_STATES = {"INCOMPLETE": 0x01, "REACHABLE": 0x02, "STALE": 0x04, "DELAY": 0x08, "PROBE": 0x10, "FAILED": 0x20, "NOARP": 0x40,
                    "PERMANENT": 0x80}
# The metric of the entry that stands for "unreachable".
NO_ROUTE = 0xFFFFFFFF
TABLES = {"main": 254, "local": 255, "default": 253}
ROUTE_TYPES = ("unspec", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit", "throw")


def _json(truth: Truth, name: str) -> list:
    return json.loads(truth.text(f"run/truth/{name}") or "[]")


@comparison()
def interfaces(truth: Truth, found: dict) -> Iterator[str]:
    """Interfaces with their addresses, masters, kinds and queueing disciplines, against ``ip -d address``."""
    rows = {row["ifname"]: row for row in found["interfaces"]}
    wanted = {link["ifname"]: link for link in _json(truth, "ip-addr") if link}
    if not wanted:
        return
    yield from unequal_sets("interface", set(rows), set(wanted))
    for name, link in wanted.items():
        row = rows.get(name)
        if row is None:
            continue
        have = {**row, "flags": sorted(flag for flag, bit in FLAGS.items() if row["flags"] & bit),
                # The kernel says so of what is not up.
                "operstate": OPERSTATES[row["operstate"]] if row["flags"] & FLAGS["UP"] else "DOWN"}
        was: dict[str, object] = {
            "ifindex": link["ifindex"], "mtu": link["mtu"], "address": link.get("address", ""), "txqlen": link.get("txqlen", 0),
            "flags": sorted(set(link["flags"]) & set(FLAGS)), "operstate": link["operstate"],
            "master": wanted[link["master"]]["ifindex"] if "master" in link else 0,
            "addresses": sorted(f"{a['local']}/{a['prefixlen']}" for a in link["addr_info"]),
        }
        if "linkinfo" in link and "info_kind" in link["linkinfo"]:
            was["kind"] = link["linkinfo"]["info_kind"]
        if link.get("qdisc") not in (None, "noop"):
            was["qdisc"] = link["qdisc"]
        yield from unequal(f"interface {name}", have, was)


@comparison("interfaces")
def neighbours(truth: Truth, found: dict) -> Iterator[str]:
    """Permanent neighbours of both families, and every one in /proc/net/arp."""
    have = {(address, device): (hardware, state) for address, hardware, device, state in found["neighbours"]}
    for row in _json(truth, "ip-neigh"):
        if "PERMANENT" in row.get("state", []):
            was = (row["lladdr"], NEIGHBOUR_STATES["PERMANENT"])
            if have.get((row["dst"], row["dev"])) != was:
                yield f"neighbour {row['dst']} on {row['dev']} is {have.get((row['dst'], row['dev']))}, was {was}"
    for address, _, flags, *_, device in truth.table("proc/self/net/arp"):
        # ATF_PUBL: what the guest answers for, which is another table.
        if not int(flags, 16) & 8 and (address, device) not in have:
            yield f"neighbour {address} on {device} is missing"


@comparison("interfaces")
def routes(truth: Truth, found: dict) -> Iterator[str]:
    """IPv4 routes of every table, IPv6 routes, IPv4 rules."""
    wanted, several = set(), set()
    for route in _json(truth, "ip-route-show-table-all"):
        if ":" in route["dst"] or ":" in route.get("gateway", "") or (route["dst"] == "default" and route.get("pref")) or "multicast" in route["type"]:
            continue
        # Of routes with several next hops policy_routes has all.
        if "nexthops" in route:
            several.add(route["dst"])
            continue
        table = route.get("table", "main")
        where = "0.0.0.0/0" if route["dst"] == "default" else route["dst"] if "/" in route["dst"] else route["dst"] + "/32"
        wanted.add((int(TABLES.get(table, table)), ROUTE_TYPES.index(route["type"]), where, route.get("gateway", ""), route.get("dev", ""),
                    route.get("metric", 0)))
    if wanted:
        yield from unequal_sets("route", {tuple(row) for row in found["ipv4"] if row[2] not in several}, wanted)
    wanted = set()
    for words in truth.table("proc/self/net/ipv6_route", 0):
        # Entries of the cache and of devices that were taken away are in no table.
        wanted.add((f"{_ipv6(words[0])}/{int(words[1], 16)}", _ipv6(words[4]), words[9], int(words[5], 16)))
    yield from unequal_sets("route", {tuple(row) for row in found["ipv6"] if row[2] and row[3] != NO_ROUTE}, {row for row in wanted if row[3] != NO_ROUTE})
    wanted = {(rule["priority"], int(TABLES.get(rule["table"], rule["table"])), f"{rule['src']}/{rule['srclen']}" if "srclen" in rule else rule["src"])
              for rule in _json(truth, "ip-rule") if ":" not in rule["src"]}
    if wanted:
        yield from unequal_sets("rule", {tuple(row) for row in found["rules"]}, wanted)


def _ipv6(digits: str) -> str:
    return str(ipaddress.IPv6Address(bytes.fromhex(digits)))


@comparison("$ net", "$ net -a")
def net_command(truth: Truth, devices: list, neighbours: list) -> Iterator[str]:
    """The command ``net``: interfaces with their addresses, the ARP cache."""
    wanted = {link["ifname"]: sorted(a["local"] for a in link["addr_info"]) for link in _json(truth, "ip-addr") if link}
    if wanted:
        yield from unequal("net", {row["name"]: sorted(row["addresses"]) for row in devices if "name" in row}, wanted)
    have = {(row.get("address"), row.get("hardware"), row.get("device")) for row in neighbours}
    for address, _, flags, hardware, _, device in truth.table("proc/self/net/arp"):
        # Only a complete entry has an address.
        if int(flags, 16) & 2 and (address, hardware, device) not in have:
            yield f"net -a: {address} {hardware} {device} is missing"
