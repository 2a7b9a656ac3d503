# SPDX-License-Identifier: GPL-2.0-or-later
"""The network under the names of older kernels: what programs of then walk leads to the same sockets, addresses and hooks."""
# ruff: noqa: F403, F405 (begins as PyKdump's programs do)

import socket
import struct
import unittest

import dumps
import pykd

dumps.have_one_open()

from pykd.kernel.net import nftables  # noqa: E402
from pykdump.API import *  # noqa: E402

LISTEN = 10


def links(first):
    """A chain up to NULL, or to the odd number that ends one."""
    while first and not first & 1:
        yield first
        first = readPtr(first)


class OldNet(unittest.TestCase):
    def test_listening_sockets(self):
        offset = getStructInfo("struct sock_common")["skc_nulls_node"].offset
        found = set()
        for bucket in readSymbol("tcp_hashinfo").listening_hash:
            for link in links(int(bucket.head.first)):
                sock = readSU("struct sock_common", link - offset)
                self.assertEqual(LISTEN, sock.skc_state)
                found.add((sock.skc_family, socket.ntohs(readSU("struct inet_sock", sock).inet_sport)))
        self.assertTrue(found)
        self.assertNotIn(0, [port for _, port in found])

    def test_unix_sockets(self):
        offset = getStructInfo("struct sock_common")["skc_node"].offset
        self.assertEqual("struct hlist_head", whatis("unix_socket_table").ctype)
        paths = 0
        for bucket in readSymbol("unix_socket_table"):
            for link in links(int(bucket.first)):
                sock = readSU("struct unix_sock", link - offset)
                self.assertEqual(socket.AF_UNIX, sock.sk.__sk_common.skc_family)
                address = sock.addr
                if address:
                    is_path = bool(address.name.sun_path)
                    self.assertEqual(is_path, address.hash == 256)
                    paths += is_path
        if not paths:
            dumps.need_another(self, "no unix socket has a path")

    def test_ipv6_addresses(self):
        self.assertTrue(sym2addr("inet6_addr_lst"))
        found = set()
        for head in readSymbol("inet6_addr_lst"):
            for address in hlist_for_each_entry("struct inet6_ifaddr", head, "addr_lst"):
                found.add(socket.inet_ntop(socket.AF_INET6, struct.pack("4I", *address.addr.in6_u.u6_addr32)))
        self.assertIn("::1", found)

    def test_neighbours(self):
        for table in readSymbol("neigh_tables"):
            if not table:
                continue
            try:
                hashes = table.nht
                buckets = [hashes.hash_buckets[i] for i in range(1 << hashes.hash_shift)]
                found = [each for bucket in buckets if bucket for each in readStructNext(bucket, "next")]
            except pykd.FaultError as error:
                self.skipTest(str(error))
            self.assertLessEqual(len(found), table.entries.counter)
            self.assertEqual({int(table)}, {int(each.tbl) for each in found} or {int(table)})

    def test_packet_handlers(self):
        for handler in readSUListFromHead(Addr(readSymbol("ptype_all")), "list", "struct packet_type"):
            self.assertTrue(addr2sym(handler.func))

    def test_netfilter(self):
        hooks = readSymbol("init_net").nf
        if not hooks.hasField("hooks_ipv4"):
            self.skipTest("before v4.14")
        self.assertEqual((13, 8), (len(hooks.hooks), len(hooks.hooks[0])))
        for number, entries in enumerate(hooks.hooks_ipv4):
            old = readList(Addr(hooks.hooks[2][number]), inchead=False)
            self.assertEqual(entries.num_hook_entries if entries else 0, len(old))
            offset = max(member_offset("struct nf_hook_ops", "list"), 0)
            for link in old:
                operation = readSU("struct nf_hook_ops", link - offset)
                self.assertEqual(number, operation.hooknum)
                self.assertIn(operation.pf, (1, 2))  # of IPv4, or of both
        if nftables.is_there(pykd.current()):
            tables = {int(table) for table in readSUListFromHead(Addr(readSymbol("init_net").nft.tables), "list", "struct nft_table")}
            self.assertLessEqual({int(table) for table, _ in nftables.for_each_table(pykd.current(), readSymbol("init_net"))}, tables)

    def test_corked(self):
        self.assertTrue(readSU("struct udp_sock", 0).hasField("corkflag"))

    def test_bands(self):
        self.assertEqual([1, 2, 2, 2], readSymbol("prio2band")[:4])


class Loops(unittest.TestCase):
    """Arrays of unknown length are walked by zip() and by name."""

    def test_struct(self):
        task = readSU("struct task_struct", pid_to_task(1))
        self.assertEqual([task, task[1], task[2]], [each for _, each in zip(range(3), task)])
        self.assertEqual([task], list(iterN(task, 1)))

    def test_pointer(self):
        files = readSymbol("init_task").files.fdt.open_fds
        self.assertEqual([files[0]], [each for _, each in zip(range(1), files)])

    def test_ends(self):
        steps = 0
        for _ in readSU("struct list_head", 16):
            steps += 1
        self.assertEqual(1 << 20, steps)

    def test_getattr(self):
        task = readSU("struct task_struct", pid_to_task(1))
        self.assertEqual(task.pid, task.__getattr__("pid"))
        self.assertRaises(KeyError, task.__getattr__, "no_such_member")


class Fields(unittest.TestCase):
    def test_heads_are_told_apart(self):
        """Programs ask a table for its "next" to see whether its chains are hlists."""
        heads = readSymbol("inet6_addr_lst")
        self.assertEqual(heads[0].first, heads[0].next)
        self.assertFalse(heads[0].hasField("next"))
        self.assertEqual(-1, member_offset("struct hlist_head", "next"))

    def test_enum_of_a_typedef(self):
        self.assertEqual(3, EnumInfo("socket_state")["SS_CONNECTED"])


class OtherDumps(unittest.TestCase):
    def test_each(self):
        dumps.run_on_others("test_old_net.")


if __name__ == "__main__":
    unittest.main()
