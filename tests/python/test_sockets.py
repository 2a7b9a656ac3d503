# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets, against what the guest of the sample dump said in /proc/net; and hash tables of which a part is missing."""

import os
import shutil
import unittest

import dumps
import pykd
from pykd.kernel.lists.linked import hash_for_each_entry
from pykd.kernel.net import sockets
from pykd.kernel.net.namespaces import for_each_net, init_net
from truths import archive


def digits(end):
    data, port = end
    return "".join(f"{int.from_bytes(data[i : i + 4], 'little'):08X}" for i in range(0, len(data), 4)) + f":{port:04X}"


class Sockets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dump = dumps.opened(os.path.join(dumps.ROOT, "tests", "sample", "vmcore"))
        if shutil.which("xz") is None:
            raise unittest.SkipTest("no xz here")
        cls.files = {name: data.decode() for name, data in archive().items() if name.startswith("proc/self/net/")}

    def table(self, name):
        return [line.split() for line in self.files[f"proc/self/net/{name}"].splitlines()[1:]]

    def found(self, protocol):
        return list(sockets.for_each_socket(self.dump, init_net(self.dump), [protocol]))

    def test_internet(self):
        for protocol in ("tcp", "udp", "udplite", "raw"):
            have = {"": set(), "6": set()}
            for one in self.found(protocol):
                received, sent = one.queues
                if protocol == "tcp" and one.state == sockets.TCP_LISTEN:
                    sent = 0
                six = "6" if one.family == sockets.AF_INET6 else ""
                have[six].add((one.state, digits(one.local), digits(one.remote), one.inode, f"{sent:08X}:{received:08X}"))
            for six, rows in have.items():
                said = {(int(words[3], 16), words[1], words[2], int(words[9]), words[4]) for words in self.table(protocol + six)}
                self.assertEqual(said, rows, protocol + six)
            self.assertTrue(have[""], protocol)

    def test_unix(self):
        said = {(int(words[4], 16), int(words[5], 16), int(words[6]), " ".join(words[7:])) for words in self.table("unix")}
        self.assertEqual(said, {(one.type, one.unix_state, one.inode, one.path) for one in self.found("unix")})

    def test_netlink_and_packet(self):
        said = {(int(words[1]), int(words[5]), int(words[4]), int(words[9])) for words in self.table("netlink")}
        self.assertEqual(said, {(one.sock.sk_protocol, *reversed(one.queues), one.inode) for one in self.found("netlink")})
        self.assertEqual({int(words[8]) for words in self.table("packet")}, {one.inode for one in self.found("packet")})

    def test_every_namespace_together_has_what_each_has(self):
        together = {int(one) for one in sockets.for_each_socket(self.dump)}
        apart = [{int(one) for one in sockets.for_each_socket(self.dump, net)} for net in for_each_net(self.dump)]
        self.assertGreater(len(apart), 1)
        self.assertEqual(sum(map(len, apart)), len(together))
        self.assertEqual(set.union(*apart), together)


TABLE = """
uts release=6.1.0-test
types
    struct hlist_node { struct hlist_node *next, **pprev; };
    struct entry { int number; struct hlist_node link; };
    struct head { unsigned long lock; struct hlist_node *first; };
data at 0xffffc90000000000
    struct head start[] = { { 0, &one.link }, { 0, 5 }, { 0, 0 } };
data at 0xffffc90000002000
    struct head end[] = { { 0, &three.link } };
heap
    struct entry one = { 1, { &two.link } }, two = { 2, { 7 } }, three = { 3, { &three.link } };
excluded 0xffffc90000001000 0x1000
"""


class Hashes(unittest.TestCase):
    def test_what_lies_behind_a_hole_is_found(self):
        path, _ = dumps.made(self, TABLE)
        walk = list(hash_for_each_entry(dumps.opened(path), 0xFFFFC90000000008, 513, "struct entry", "link", step=16))
        self.assertEqual([1, 2, 3], [one.number for one in walk if not isinstance(one, pykd.Error)])
        kinds = [type(one) for one in walk if isinstance(one, pykd.Error)]
        self.assertEqual([pykd.FaultError, pykd.LimitError], kinds, "the page that is missing, and the circle behind it")


if __name__ == "__main__":
    unittest.main()
