# SPDX-License-Identifier: GPL-2.0-or-later
"""What ``xportshow`` and ``sctp`` show: counters, queueing disciplines, bonds and VLANs, neighbours, routes, associations."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator

from comparisons.network import TABLES as ROUTE_TABLES
from comparisons.registry import comparison, unequal, unequal_sets
from truth import Truth

SLACK = 200
PACKET = 1500
"""What may be counted more between the truth and the crash, beside a tenth"""
TABLES = {"Ip": "ip_statistics", "Icmp": "icmp_statistics", "IcmpMsg": "icmpmsg_statistics", "Tcp": "tcp_statistics", "Udp": "udp_statistics", "UdpLite": "udplite_statistics",
          "TcpExt": "net_statistics", "IpExt": "ipext_statistics", "MPTcpExt": "mptcp_statistics"}
# What the kernel works out when it is asked, and gauges.
NOT_COUNTED = {"Forwarding", "DefaultTTL", "RtoAlgorithm", "RtoMin", "RtoMax", "MaxConn", "CurrEstab", "MPCurrEstab", "ReqInErrs"}


def _json(truth: Truth, name: str) -> list:
    text = truth.text(f"run/truth/{name}").strip()
    return json.loads(text) if text.startswith("[") else []


def _counted(what: str, have: dict, was: dict[str, int]) -> Iterator[str]:
    """Nothing that was counted is lost, and not much is added."""
    for key, count in was.items():
        mine = have.get(key)
        if mine is None or not count <= mine <= count + SLACK * (PACKET if "Octets" in key else 1) + count // 10:
            yield f"{what}: {key} is {mine}, was {count}"


def _protocols(truth: Truth) -> Iterator[tuple[str, dict[str, int]]]:
    """(name, counters) of each pair of lines of /proc/net/snmp and /proc/net/netstat."""
    for file in ("snmp", "netstat"):
        lines = truth.lines(f"proc/self/net/{file}")
        for names, values in zip(lines[::2], lines[1::2], strict=True):
            label, *keys = names.split()
            yield label.rstrip(":"), dict(zip(keys, map(int, values.split()[1:]), strict=True))


@comparison("$ xportshow -s -v")
def snmp(truth: Truth, found: list) -> Iterator[str]:
    """Counters of protocols, against /proc/net/snmp, netstat and snmp6."""
    rows = {row["name"]: row["counters"] for row in found if row["kind"] == "counters" and "error" not in row}
    # Of pages of zeros that a dump goes without the answer says so.
    lost = {row["name"] for row in found if row.get("error", {}).get("reason") == "excluded"}
    for label, counters in _protocols(truth):
        if label not in TABLES or TABLES[label] in lost:
            continue
        was = {key: count for key, count in counters.items() if key not in NOT_COUNTED}
        # Of what nobody has used /proc shows zeros, and the kernel has nothing.
        if not rows.get(TABLES[label]) and not any(was.values()):
            continue
        yield from _counted(label, rows.get(TABLES[label], {}), was)
    have: dict[str, int] = {}
    for name, counters in rows.items():
        if "6_statistics" in name:
            have |= counters
    was = {words[0]: int(words[1]) for words in truth.table("proc/self/net/snmp6", 0)}
    skipped = tuple(name.partition("_")[0].capitalize() for name in lost if "6" in name)
    yield from _counted("IPv6", have, {key: count for key, count in was.items() if key not in NOT_COUNTED and not key.startswith(skipped)})


MOVING = re.compile(r"lo$|eth|ens|enp|fc|br|bond|veth|dummy|vxlan|macvlan|ipvlan")


@comparison("$ xportshow -i -v")
def device_counters(truth: Truth, found: list) -> Iterator[str]:
    """Packets and bytes of every interface, bonds and VLANs, against ``ip -s -d link`` and /proc/net/bonding."""
    rows = {row["name"]: row for row in found if row["kind"] == "interface" and "name" in row}
    for link in _json(truth, "ip--s-link"):
        row = rows.get(link.get("ifname"))
        if row is None:
            yield f"interface {link.get('ifname')} is missing"
            continue
        counts = link["stats64"]
        was = {f"{way}_{key}": counts[way][key] for way in ("rx", "tx") for key in ("packets", "bytes", "errors", "dropped")}
        if row.get("is_whole"):
            for key, count in was.items():
                mine = row["statistics"][key]
                if mine < count or (mine != count and not MOVING.match(link["ifname"])):
                    yield f"interface {link['ifname']}: {key} is {mine}, was {count}"
        info = link.get("linkinfo", {})
        data, stacked = info.get("info_data", {}), row["stacked"]
        if info.get("info_kind") == "vlan":
            yield from unequal(f"VLAN {link['ifname']}", stacked, {"kind": "vlan", "vlan": data["id"], "protocol": data["protocol"], "link": link["link"]})
        # Slaves are the module's own business, which has no types in 5.10.
        if info.get("info_kind") == "bond" and "bonding" not in stacked:
            yield from unequal(f"bond {link['ifname']}", stacked, {"kind": "bond"})
        elif info.get("info_kind") == "bond":
            members = sorted(one["ifname"] for one in _json(truth, "ip--s-link") if one.get("master") == link["ifname"])
            yield from unequal(f"bond {link['ifname']}", stacked | {"slaves": sorted(one["name"] for one in stacked.get("slaves", ()))},
                               {"kind": "bond", "mode": data["mode"], "slaves": members})


@comparison("$ xportshow -i -v")
def queueing(truth: Truth, found: list) -> Iterator[str]:
    """Queueing disciplines with what they count and keep, against ``tc -s qdisc``."""
    have = {}
    for row in found:
        if row["kind"] == "interface" and "name" in row:
            have |= {(row["name"], one["name"], one["handle"] if one["handle"] != "0:" else "0:"): one for one in row["qdiscs"] if "name" in one}
    for one in _json(truth, "tc-qdisc"):
        key = (one["dev"], one["kind"], one["handle"])
        mine = have.get(key)
        if mine is None:
            yield f"qdisc {' '.join(key)} is missing"
            continue
        for name in ("packets", "bytes", "drops", "overlimits", "requeues"):
            if mine[name] < one.get(name, 0):
                yield f"qdisc {' '.join(key)}: {name} {mine[name]}, were {one[name]}"
        # What waits behind a long delay still waits, and more may have come.
        if one["kind"] == "netem" and not (one["qlen"] <= mine["qlen"] <= one["qlen"] + SLACK and one["backlog"] <= mine["backlog"]):
            yield f"qdisc {' '.join(key)} holds {mine['qlen']} packets, {mine['backlog']} bytes; were {one['qlen']}, {one['backlog']}"


@comparison("$ xportshow --softnet")
def softnet(truth: Truth, found: list) -> Iterator[str]:
    """Packets that each CPU has dealt with and dropped, against /proc/net/softnet_stat."""
    rows = {row["cpu"]: row for row in found if "cpu" in row}
    for number, words in enumerate(truth.table("proc/self/net/softnet_stat", 0)):
        cpu = int(words[12], 16) if len(words) > 12 else number
        was = dict(zip(("processed", "dropped", "squeezed"), (int(word, 16) for word in words), strict=False))
        yield from _counted(f"CPU {cpu}", rows.get(cpu, {}), was)


@comparison("$ xportshow --arp")
def neighbour_tables(truth: Truth, found: list) -> Iterator[str]:
    """Neighbours of both families that are not timed, and proxies, against ``ip neigh``."""
    have = {(one["address"], one["device"], one["hardware"], one["state"]) for row in found if row["kind"] == "neighbours" for one in row["neighbours"] if "state" in one}
    wanted = {(one["dst"], one["dev"], one.get("lladdr", ""), one["state"][0]) for name in ("ip-neigh", "ip--6-neigh") for one in _json(truth, name)
              if one.get("state", [""])[0] in ("PERMANENT", "NOARP", "STALE")}
    for one in sorted(wanted - have):
        # A neighbour that is asked for goes on to another state.
        if one[3] != "STALE" or not any(one[:3] == mine[:3] for mine in have):
            yield f"neighbour {' '.join(one)} is missing"


@comparison("$ xportshow -r -v")
def policy_routes(truth: Truth, found: list) -> Iterator[str]:
    """Routes with all their next hops, and rules, against ``ip -d route`` and ``ip rule``."""
    have = set()
    for row in found:
        if row["kind"] in ("routes", "routes6"):
            for route in row["routes"]:
                if "nexthops" in route:
                    hops = tuple(sorted((hop["gateway"] or "", hop["device"] or "", hop["weight"]) for hop in route["nexthops"]))
                    have.add((row["id"], route["type"], f"{route['destination']}/{route['prefix']}", route["metric"], hops))
    for route in _json(truth, "ip-route-show-table-all") + _json(truth, "ip--6-route-show-table-all"):
        if "nexthops" not in route or route.get("type") == "multicast":
            continue
        where = route["dst"] if "/" in route["dst"] else f"{route['dst']}/{ipaddress.ip_address(route['dst']).max_prefixlen}"
        hops = tuple(sorted((hop.get("gateway", ""), hop["dev"], hop["weight"]) for hop in route["nexthops"]))
        key = (int(ROUTE_TABLES.get(route.get("table", "main"), route.get("table", 0))), route["type"], where, route.get("metric", 0), hops)
        # Each next hop of IPv6 may be a route of its own.
        single = {(*key[:4], (hop,)) for hop in hops}
        if key not in have and not (":" in where and {one[:4] for one in single} <= {one[:4] for one in have}):
            yield f"route {key} is missing"
    rules = {(rule["priority"], rule["table"], rule["mark"], rule["iifname"]) for row in found if row["kind"] == "rules" for rule in row["rules"] if "priority" in rule}
    for rule in _json(truth, "ip-rule"):
        key = (rule["priority"], int(ROUTE_TABLES.get(rule["table"], rule["table"])), int(rule.get("fwmark", "0"), 0), rule.get("iif", ""))
        if key not in rules:
            yield f"rule {key} is missing"


@comparison("$ xportshow --rtcache")
def route_cache(truth: Truth, found: list) -> Iterator[str]:
    """What routes have learnt of a destination, against ``ip route show cache``."""
    have = {(row["destination"], row.get("gateway"), row.get("pmtu")) for row in found if row["kind"] == "cached route" and row.get("kind_by") == "exception"}
    for one in _json(truth, "ip-route-show-cache"):
        mtu = next((metric["mtu"] for metric in one.get("metrics", ()) if "mtu" in metric), None)
        if mtu and (one["dst"], one.get("gateway"), mtu) not in have:
            yield f"{one['dst']} via {one.get('gateway')} with MTU {mtu} is missing: {sorted(map(str, have))}"


# ST of /proc/net/sctp/assocs; kernels count from CLOSED.
SCTP_STATES = ("CLOSED", "COOKIE_WAIT", "COOKIE_ECHOED", "ESTABLISHED", "SHUTDOWN_PENDING", "SHUTDOWN_SENT", "SHUTDOWN_RECEIVED", "SHUTDOWN_ACK_SENT")


@comparison("$? sctp -v")
def sctp(truth: Truth, found: list) -> Iterator[str]:
    """Associations with state, ports and addresses, and endpoints, against /proc/net/sctp."""
    wanted = set()
    for line in truth.lines("proc/self/net/sctp/assocs")[1:]:
        left, _, right = line.partition("<->")
        words, remote = left.split(), re.findall(r"\*?([0-9a-f.:]+)", right)
        local = _addresses([word.lstrip("*") for word in words[13:]])
        wanted.add((int(words[6]), SCTP_STATES[int(words[4])], int(words[11]), int(words[12]), local, _addresses(remote)))
    rows = [row for row in found if row["kind"] == "association" and "state" in row]
    have = {(row["assoc_id"], row["state"], row["local_port"], row["remote_port"], tuple(sorted(row["local"])), tuple(sorted(row["remote"]))) for row in rows}
    yield from unequal_sets("association", have, wanted)
    ports = sorted(int(words[5]) for words in truth.table("proc/self/net/sctp/eps"))
    mine = sorted(row["local_port"] for row in found if row["kind"] == "endpoint" and "local_port" in row)
    if ports != mine:
        yield f"endpoints on ports {mine}, were {ports}"


def _addresses(words: list[str]) -> tuple[str, ...]:
    """Those at the front; numbers follow."""
    found = []
    for word in words:
        if "." not in word and ":" not in word:
            break
        found.append(str(ipaddress.ip_address(word)))
    return tuple(sorted(found))
