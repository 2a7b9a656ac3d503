# SPDX-License-Identifier: GPL-2.0-or-later
"""Interfaces, neighbours, IPv4 and IPv6 routes and rules of the first network namespace."""

import ipaddress

from members import entries, first

import pykd

HEAD = 8
LIMIT = 100_000


def ipv4(value: int) -> str:
    """Text of an address as it lies in memory."""
    return str(ipaddress.IPv4Address(value.to_bytes(4, pykd.current().byteorder)))


def read_ipv6(dump: pykd.Dump, address: int) -> str:
    """Text of the ``struct in6_addr`` there."""
    return str(ipaddress.IPv6Address(dump.read(address, 16)))


def member(holder, path: str) -> int:
    """Address of an embedded member."""
    return int(holder) + holder.fieldOffset(path)


def interfaces(dump: pykd.Dump, net) -> list[dict]:
    """As ``ip -d address`` shows them."""
    found = []
    for device in entries(dump, net.dev_base_head, "struct net_device", "dev_list"):
        addresses = []
        if int(device.ip_ptr):
            address, seen = device.ip_ptr.ifa_list, set()
            while int(address) and int(address) not in seen:
                seen.add(int(address))
                addresses.append(f"{ipv4(int(address.ifa_local))}/{int(address.ifa_prefixlen)}")
                address = address.ifa_next
        if int(device.ip6_ptr):
            addresses += [f"{read_ipv6(dump, member(a, 'addr'))}/{int(a.prefix_len)}" for a in
                          entries(dump, device.ip6_ptr.addr_list, "struct inet6_ifaddr", "if_list")]
        upper = [int(adjacent.dev.ifindex) for adjacent in
                 entries(dump, device.adj_list.upper, "struct netdev_adjacent", "list") if int(adjacent.master)]
        kind = device.rtnl_link_ops
        found.append({
            "ifindex": int(device.ifindex), "ifname": str(device.name), "mtu": int(device.mtu), "flags": int(device.flags),
            "address": dump.read(int(device.dev_addr), int(device.addr_len)).hex(":"),
            "txqlen": int(device.tx_queue_len), "operstate": int(device.operstate),
            "kind": str(kind.kind) if int(kind) else "", "master": upper[0] if upper else 0, "addresses": sorted(addresses),
            "qdisc": str((first(device, "qdisc")).ops.id) if int(first(device, "qdisc")) else "",
        })
    return found


def neighbours(dump: pykd.Dump) -> list[list]:
    """[address, link-layer address, interface, state] of both families, as far as ``ip neigh`` shows them."""
    found = []
    for table_name, size in (("arp_tbl", 4), ("nd_tbl", 16)):
        try:
            table = dump.object("struct neigh_table", dump.symbol(table_name).address)
        except pykd.NotFoundError:
            continue
        buckets = table.nht
        chained = buckets.hasField("hash_heads")
        start = int(first(buckets, "hash_heads", "hash_buckets"))
        offset = dump.type("struct neighbour").member("hash" if chained else "next").offset
        for number in range(1 << int(buckets.hash_shift)):
            node = dump.read_unsigned(start + 8 * number)
            for _ in range(LIMIT):
                if not node:
                    break
                neighbour = dump.object("struct neighbour", node - offset if chained else node)
                address = str(ipaddress.ip_address(dump.read(member(neighbour, "primary_key"), size)))
                device = neighbour.dev
                found.append([address, dump.read(member(neighbour, "ha"), int(device.addr_len)).hex(":"), str(device.name),
                              int(neighbour.nud_state)])
                node = dump.read_unsigned(int(neighbour) + (0 if chained else offset))
    return found


def tables(dump: pykd.Dump, array: int, kind: str, link: str, count: int) -> list:
    """Routing tables of the hash at ``array``."""
    return [table for i in range(count) for table in entries(dump, dump.object("struct hlist_head", array + HEAD * i), kind, link)]


def ipv4_routes(dump: pykd.Dump, net) -> list[list]:
    """[table, type, destination, gateway, interface, metric]"""
    found = []
    slots = dump.type("struct key_vector").member("tnode").offset
    leaves = dump.type("struct key_vector").member("leaf").offset
    for table in tables(dump, int(net.ipv4.fib_table_hash), "struct fib_table", "tb_hlist", 256):
        number = int(table.tb_id)
        trie = int(table.tb_data)
        todo = [dump.read_unsigned(trie + slots)]
        while todo and len(found) < LIMIT:
            node = todo.pop()
            if not node:
                continue
            vector = dump.object("struct key_vector", node)
            if int(vector.bits):
                todo += [dump.read_unsigned(node + slots + 8 * i) for i in range(1 << int(vector.bits))]
                continue
            for alias in entries(dump, dump.object("struct hlist_head", node + leaves), "struct fib_alias", "fa_list"):
                # A trie may be shared by the tables local and main.
                if int(alias.tb_id) != number:
                    continue
                info = alias.fa_info
                gateway = device = ""
                # An object of its own, by ``nhid`` (since v5.3); that of a group has several.
                own = info.nh if info.hasField("nh") and int(info.nh) else None
                hop = None
                if own is not None:
                    hop = own.nh_info.fib_nhc if not int(own.is_group) else None
                elif int(info.fib_nhs):
                    hop = info.fib_nh[0].nh_common
                if hop is not None:
                    gateway = ipv4(int(hop.nhc_gw.ipv4)) if int(hop.nhc_gw_family) == 2 else ""
                    device = str(hop.nhc_dev.name) if int(hop.nhc_dev) else ""
                where = ipaddress.IPv4Address(int(vector.key))
                found.append([number, int(alias.fa_type), f"{where}/{32 - int(alias.fa_slen)}", gateway, device, int(info.fib_priority)])
    return found


def ipv6_routes(dump: pykd.Dump, net) -> list[list]:
    """[destination, gateway, interface, metric] of every table."""
    found = []
    for table in tables(dump, int(net.ipv6.fib_table_hash), "struct fib6_table", "tb6_hlist", 256):
        todo = [member(table, "tb6_root")]
        while todo and len(found) < LIMIT:
            node = dump.object("struct fib6_node", todo.pop())
            todo += [int(child) for child in (node.left, node.right) if int(child)]
            # Only a node with RTN_RTINFO holds routes of its own.
            route = node.leaf if int(node.fn_flags) & 4 else None
            while route and int(route):
                hop = dump.object("struct fib6_nh", member(route, "fib6_nh")).nh_common
                found.append([f"{read_ipv6(dump, member(route, 'fib6_dst.addr'))}/{int(route.fib6_dst.plen)}",
                              read_ipv6(dump, member(hop, "nhc_gw")) if int(hop.nhc_gw_family) else "::",
                              str(hop.nhc_dev.name) if int(hop.nhc_dev) else "", int(route.fib6_metric)])
                route = route.fib6_next
    return found


def rules(dump: pykd.Dump, net) -> list[list]:
    """[priority, table, source] of IPv4."""
    found = []
    for rule in entries(dump, net.ipv4.rules_ops.rules_list, "struct fib_rule", "list"):
        special = dump.object("struct fib4_rule", int(rule))
        length = int(special.src_len)
        found.append([int(rule.pref), int(rule.table), f"{ipv4(int(special.src))}/{length}" if length else "all"])
    return found


def ask(dump: pykd.Dump) -> dict:
    """All of it."""
    net = dump.object("struct net", dump.symbol("init_net").address)
    return {"interfaces": interfaces(dump, net), "neighbours": neighbours(dump), "ipv4": ipv4_routes(dump, net),
            "ipv6": ipv6_routes(dump, net), "rules": rules(dump, net)}
