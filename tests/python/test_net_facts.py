# SPDX-License-Identifier: GPL-2.0-or-later
"""Routes, counters, devices, timers of TCP: against what the guest of the sample dump said in /proc/net."""

import os
import shutil
import unittest
from unittest import mock

import dumps
import pykd
from altered import Altered
from pykd.kernel.net import devices, devstats, interfaces, multicast, owners, packettypes, routecache, routes, routes6, snmp, sockets, softnet, tcp
from pykd.kernel.net.addresses import ip_text
from pykd.kernel.net.namespaces import init_net
from truths import archive


def address(digits):
    """As /proc/net shows one of IPv4: a number as it lies in memory."""
    return ip_text(int(digits, 16).to_bytes(4, "little"))


class Addresses(unittest.TestCase):
    def test_rfc_5952(self):
        for digits, text in (
            ("00" * 16, "::"),
            ("00" * 15 + "01", "::1"),
            ("20010db8" + "00" * 11 + "01", "2001:db8::1"),
            ("20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"),
            ("20010db8000000000001000000000001", "2001:db8::1:0:0:1"),
            ("00000000000100020000000000030004", "::1:2:0:0:3:4"),
            ("00010002000300040005000600000000", "1:2:3:4:5:6::"),
            ("0" * 20 + "ffff" + "0a010203", "::ffff:10.1.2.3"),
            ("fe80" + "00" * 12 + "ABCD", "fe80::abcd"),
        ):
            self.assertEqual(text, ip_text(bytes.fromhex(digits)))


class Guest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dump = dumps.opened(os.path.join(dumps.ROOT, "tests", "sample", "vmcore"))
        cls.net = init_net(cls.dump)
        if shutil.which("xz") is None:
            raise unittest.SkipTest("no xz here")
        cls.files = {name.removeprefix("proc/self/net/"): data.decode() for name, data in archive().items() if name.startswith("proc/self/net/")}

    def lines(self, name, skipped=0):
        return [line.split() for line in self.files[name].splitlines()[skipped:]]

    def test_routes(self):
        said = set()
        prefix = None
        for words in self.lines("fib_trie"):
            if words[0] == "|--":
                prefix = words[1]
            elif words[0].startswith("/"):
                said.add((prefix, int(words[0][1:]), words[1], words[2].lower()))
        tables = list(routes.for_each_fib_table(self.dump, self.net))
        self.assertEqual(["main", "local"], [routes.table_name(table.tb_id) for table in tables])
        found = [routes.route_row(self.dump, route) for table in tables for route in routes.for_each_route(self.dump, table)]
        self.assertEqual(said, {(one["destination"], one["prefix"], one["scope"], one["type"]) for one in found})
        self.assertEqual({"lo"}, {hop["device"] for one in found for hop in one["nexthops"]})

    def test_routes6(self):
        said = sorted((words[0], int(words[1], 16), int(words[5], 16), int(words[8], 16), words[9]) for words in self.lines("ipv6_route"))
        found = []
        for table in routes6.for_each_fib6_table(self.dump, self.net):
            for route in routes6.for_each_route6(self.dump, table):
                (hop,) = route.nexthops(self.dump)
                found.append((route.destination[0].hex(), route.destination[1], route.metric, route.flags, str(hop.device.name)))
        self.assertEqual(said, sorted(found))

    def test_rules(self):
        found = [routes.rule_row(self.dump, rule) for rule in routes.for_each_rule(self.dump, self.net.ipv4.rules_ops)]
        self.assertEqual([(0, 255), (32766, 254), (32767, 253)], [(one["priority"], one["table"]) for one in found])

    def test_route_cache(self):
        (table,) = [one for one in routes.for_each_fib_table(self.dump, self.net) if one.tb_id == 255]
        rows = [
            routecache.cached_row(self.dump, cached)
            for route in routes.for_each_route(self.dump, table)
            for hop in route.nexthops(self.dump)
            for cached in routecache.for_each_cached(self.dump, hop.common)
        ]
        self.assertTrue(rows)
        self.assertEqual({("output", "lo")}, {(row["kind"], row["device"]) for row in rows})

    def test_counters(self):
        for file, tables in (("snmp", {"Ip:": "ip", "Tcp:": "tcp", "Udp:": "udp", "UdpLite:": "udplite", "Icmp:": "icmp"}), ("netstat", {"TcpExt:": "net", "IpExt:": "ipext"})):
            lines = self.lines(file)
            for names, values in zip(lines[::2], lines[1::2]):
                if names[0] not in tables:
                    continue
                found = snmp.counters(self.dump, self.net, tables[names[0]])
                # Forwarding and DefaultTTL are sysctls, and types of ICMP have a table of their own
                said = {name: int(value) for name, value in zip(names[1:], values[1:]) if name in found}
                self.assertEqual(len(found), len(said))
                self.assertEqual(said, found, names[0])
        six = {words[0]: int(words[1]) for words in self.lines("snmp6")}
        self.assertEqual({name: six[name] for name in six if name.startswith("Ip6")}, snmp.counters(self.dump, self.net, "ip6"))
        # messages by name, and those that were counted by number
        said = {name: six[name] for name in six if name.startswith("Icmp6")}
        self.assertGreater(len(said), 30)
        self.assertEqual(said, snmp.counters(self.dump, self.net, "icmp6"))

    def test_counters_before_a_jump_table(self):
        """What follows a list that nothing ends is no text, and so none of its names."""
        names = list(snmp.names(self.dump, "snmp4_udp_list"))
        altered = Altered(self.dump.path)
        altered.word(self.dump.symbol("snmp4_udp_list").address + len(names) * self.dump.type("struct snmp_mib").size, 0xFF9B14B4FF9B1520)
        self.assertEqual(names, list(snmp.names(altered.open(self), "snmp4_udp_list")))

    def test_messages_that_the_dump_lacks(self):
        """Of a page of zeros, which dumps leave out, only the types are lost."""
        lost = []
        with mock.patch.object(snmp, "_messages", side_effect=pykd.FaultError("excluded")):
            found = snmp.counters(self.dump, self.net, "icmp", lost)
            self.assertRaises(pykd.FaultError, snmp.counters, self.dump, self.net, "icmp6")
        self.assertEqual(1, len(lost))
        self.assertIn("InMsgs", found)
        self.assertNotIn("InEchos", found)

    def test_devices(self):
        (device,) = devices.for_each_netdev(self.dump, self.net)
        words = self.lines("dev", 2)[0]
        found = devstats.statistics(self.dump, device)
        self.assertTrue(found.is_whole)
        self.assertEqual([int(words[i]) for i in (1, 2, 9, 10)], [found.counters[name] for name in ("rx_bytes", "rx_packets", "tx_bytes", "tx_packets")])
        row = interfaces.interface_row(self.dump, device)
        self.assertNotIn("error", row)
        self.assertEqual([{"address": "::1", "prefix": 128}], row["addresses6"])
        self.assertEqual(["noqueue"], [one["name"] for one in row["qdiscs"]])
        self.assertEqual(("unknown", "LOOPBACK", ["UP", "LOOPBACK"]), (row["operstate"], row["type"], row["flags"]))

    def test_groups(self):
        (device,) = devices.for_each_netdev(self.dump, self.net)
        said = [(address(words[0]), int(words[1])) for words in self.lines("igmp", 1) if words[0].isalnum() and len(words[0]) == 8]
        self.assertEqual(said, list(multicast.for_each_group(self.dump, device)))
        six = [(ip_text(bytes.fromhex(words[2])), int(words[3])) for words in self.lines("igmp6")]
        self.assertEqual(six, list(multicast.for_each_group6(self.dump, device)))

    def test_softnet(self):
        said = [tuple(int(word, 16) for word in words[:3]) for words in self.lines("softnet_stat")]
        self.assertEqual(said, [tuple(one[2:]) for one in softnet.for_each_softnet(self.dump)])

    def test_packet_types(self):
        said = sorted((words[0], words[-1]) for words in self.lines("ptype", 1))
        found = [
            ("ALL" if one.bucket < 0 else f"{one.type:04x}", self.dump.symbol_at(one.found.func).name) for one in packettypes.for_each_packet_type(self.dump)
        ]
        self.assertEqual(said, sorted(found))

    def test_timers(self):
        kinds = {0: None, 1: "on", 2: "keepalive", 3: "timewait", 4: "persist"}
        said = {(words[1], words[2]): (kinds[int(words[5][:2])], int(words[6], 16)) for words in self.lines("tcp", 1)}
        for one in sockets.for_each_socket(self.dump, self.net, ["tcp"]):
            if one.family != sockets.AF_INET:
                continue
            ends = tuple(f"{int.from_bytes(data, 'little'):08X}:{port:04X}" for data, port in (one.local, one.remote))
            if not one.is_full:
                self.assertEqual("timewait", said[ends][0])
                self.assertEqual("timewait", tcp.timewait(self.dump, one.sock)[0])
                continue
            timer = tcp.timer(self.dump, one.sock)
            if one.state == sockets.TCP_LISTEN:
                self.assertIsNone(timer)
                continue
            self.assertEqual(said[ends][0], timer and timer[0])
            self.assertEqual(said[ends][1], tcp.info(self.dump, one.sock)["retransmits"])

    def test_accept_queue(self):
        waiting = {}
        for one in sockets.for_each_socket(self.dump, self.net, ["tcp"]):
            if one.is_full and one.state == sockets.TCP_LISTEN:
                waiting[one.local[1]] = (one.queues[0], len(list(tcp.for_each_waiting(self.dump, one.sock))))
        self.assertTrue(any(length for length, _ in waiting.values()))
        for length, found in waiting.values():
            self.assertEqual(length, found)

    def test_owners(self):
        held = owners.owners(self.dump)
        listening = next(one for one in sockets.for_each_socket(self.dump, self.net, ["tcp"]) if one.is_full and one.state == sockets.TCP_LISTEN)
        owner = held[int(listening)][0]
        self.assertEqual("kd-tcp", owner.comm)
        self.assertIn((owner.fd, int(listening.sock.sk_socket.file)), [(fd, file) for fd, file in self.open_files(owner.task)])

    def open_files(self, task):
        from pykd.kernel.fs.files import for_each_open_file

        return for_each_open_file(self.dump, task)


class Lost(unittest.TestCase):
    def interfaces(self, dump):
        return {row["name"]: row for row in (interfaces.interface_row(dump, one) for one in devices.for_each_netdev(dump, init_net(dump)))}

    def test_interfaces_that_are_lost_in_part(self):
        """The page with the address of lo is not in the dump: all else of it is told."""
        altered = Altered(dumps.SAMPLE)
        whole = self.interfaces(altered.dump)["lo"]
        (device,) = (one for one in devices.for_each_netdev(altered.dump, init_net(altered.dump)) if one.name == "lo")
        altered.exclude(altered.dump.translate(int(device.ip_ptr.ifa_list)) >> 12)
        row = self.interfaces(altered.open(self))["lo"]
        self.assertEqual("excluded", row["error"]["reason"])
        self.assertNotIn("addresses", row)
        self.assertGreater(row["statistics"]["tx_packets"], 0)
        self.assertEqual([whole[key] for key in ("mtu", "flags", "statistics")], [row[key] for key in ("mtu", "flags", "statistics")])
        # a bridge of which makedumpfile has lost a part, where that dump is here
        for path in filter(os.path.exists, [os.path.join(dumps.SHARED, "vmcores", "vmcore-6.12-lzo")]):
            row = self.interfaces(pykd.Dump(path))["br0"]
            self.assertEqual(("excluded", 9, "bridge"), (row["error"]["reason"], row["statistics"]["tx_packets"], row["stacked"]["kind"]))


if __name__ == "__main__":
    unittest.main()
