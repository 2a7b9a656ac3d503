# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets, packets and neighbours as older kernels kept them: values for the table in compat.py that take more than a path."""

from __future__ import annotations

from _pykd import Error
from pykd.compat.parts import Elements
from pykd.core.members import offset_of
from pykd.core.walk import caught
from pykd.kernel.net import nftables
from pykd.kernel.net.namespaces import for_each_net
from pykd.kernel.net.sockets import UNIX_BUCKETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump, Struct

# UNIX_HASH_SIZE of net/unix/af_unix.c: of names before v5.17, of names and then of inodes since v6.0. No type has it.
_UNIX_NAMES = UNIX_BUCKETS // 2

# IN6_ADDR_HSIZE of include/net/addrconf.h
_IPV6_ADDRESSES = 256

# NFPROTO_* of include/uapi/linux/netfilter.h: number, and the member that has the hooks; NFPROTO_NUMPROTO, NF_MAX_HOOKS.
_HOOKS = ((2, "hooks_ipv4"), (3, "hooks_arp"), (7, "hooks_bridge"), (10, "hooks_ipv6"), (12, "hooks_decnet"))
_PROTOCOLS = 13
_MAX_HOOKS = 8


def _dump_of(obj: Struct) -> Dump:
    return type(obj).PYT_dump


def listening_hash(hashes: Struct) -> list[Struct]:
    """``inet_hashinfo.listening_hash``: buckets of listening sockets, by port; they are found by address and port now."""
    buckets = hashes.lhash2
    return [buckets[i] for i in range(int(hashes.lhash2_mask) + 1)] if buckets else []


def address_hash(address: Struct) -> int:
    """``unix_address.hash``: 256 for a path in a file system, else below that. (What it was, the type of the socket not added.)"""
    name = _dump_of(address).read(int(address) + address.fieldOffset("name"), max(int(address.len), 0) or 1)
    if name[2:3] != b"\0":
        return _UNIX_NAMES
    total = sum(int.from_bytes(name[i : i + 2], "little") for i in range(0, len(name), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    total = ~total & 0xFFFF
    return (total ^ total >> 8) & (_UNIX_NAMES - 1)


def is_corked(sock: Struct) -> int:
    """``udp_sock.corkflag``"""
    return int(sock.udp_flags) >> _dump_of(sock).enumerator("UDP_FLAGS_CORK") & 1


def netfilter_hooks(netfilter: Struct) -> list[list[Elements]]:
    """``netns_nf.hooks``: by protocol and hook the functions that look at packets; they were lists of ``nf_hook_ops``, by their first member."""
    found = [[Elements([]) for _ in range(_MAX_HOOKS)] for _ in range(_PROTOCOLS)]
    for protocol, member in _HOOKS:
        if netfilter.hasField(member):
            for hook, entries in enumerate(getattr(netfilter, member)):
                found[protocol][hook] = Elements(_hook_operations(entries))
    return found


def _hook_operations(entries: Struct) -> list[int]:
    """The nf_hook_ops of each entry: pointers to them follow the entries."""
    if not entries:
        return []
    dump, number = _dump_of(entries), int(entries.num_hook_entries)
    pointers = int(entries) + entries.fieldOffset("hooks") + number * len(dump.struct_class("struct nf_hook_entry")(0))
    # Where it has one: until 4.14 that is what the list was made of.
    offset = dump.struct_class("struct nf_hook_ops").member_offset("list") or 0
    return [dump.read_unsigned(pointers + 8 * i) + offset for i in range(number)]


def nft_tables(nft: Struct) -> Struct:
    """``netns_nftables.tables``: the head of the list, which lies in the module's own data of the namespace."""
    dump = _dump_of(nft)
    net = dump.struct_class("struct net")
    head, _ = nftables.pernet(dump, net(int(nft) - offset_of(net, "nft")))
    return dump.struct_class("struct list_head")(head)


def neighbour_buckets(table: Struct) -> list[Struct]:
    """``neigh_hash_table.hash_buckets``: the first neighbour of each bucket."""
    heads = table.hash_heads
    return [_neighbour(table, heads[i].first) for i in range(1 << int(table.hash_shift))]


def next_neighbour(neighbour: Struct) -> Struct:
    return _neighbour(neighbour, neighbour.hash.next)


def _neighbour(obj: Struct, link: int) -> Struct:
    neighbour = _dump_of(obj).struct_class("struct neighbour")
    return neighbour(int(link) - offset_of(neighbour, "hash") if link else 0)


def unix_socket_table(dump: Dump) -> list[Struct]:
    """``unix_socket_table``: the buckets of all namespaces one after the other; it was one table for all."""
    found = []
    for net in caught(for_each_net(dump)):
        if isinstance(net, Error):
            break
        buckets = net.unx.table.buckets
        found += [buckets[i] for i in range(UNIX_BUCKETS)] if buckets else []
    return found


def ptype_all(dump: Dump) -> Any:
    """``ptype_all``: the handlers of packets of all protocols; a list of each namespace, of which this is the first one's."""
    if dump.symbols("net_hotdata"):
        hot = dump.variable("net_hotdata")
        if hot.hasField("ptype_all"):
            return hot.ptype_all
    return dump.variable("init_net").ptype_all


def inet6_addr_lst(dump: Dump) -> list[Struct]:
    """``inet6_addr_lst``: IPv6 addresses by their hash; a table of each namespace, of which this is the first one's."""
    table = dump.variable("init_net").ipv6.inet6_addr_lst
    return [table[i] for i in range(_IPV6_ADDRESSES)] if table else []
