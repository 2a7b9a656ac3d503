# SPDX-License-Identifier: GPL-2.0-or-later
"""What the dumps at hand lack: SCTP, vsock, bonds and VLANs, queues with packets; of dumps made from text."""

import textwrap
import unittest
from types import SimpleNamespace

import crash
import dumps
import pykd
from madenets import COMMON, LITTLE, Fixture
from pykd.compat import lookup
from pykd.core.walk import caught
from pykd.kernel.net import qdiscs, routecache, sctp, skbuffs, sockets, softnet, stacked, tcp
from pykd.kernel.net.show import allsockets
from pykd.kernel.net.show import packets as shown_packets
from pykd.session import program


class Sctp(Fixture):
    TEXT = """
            struct in_addr { unsigned int s_addr; };
            struct in6_addr { unsigned char bytes[16]; };
            struct sockaddr { unsigned short sa_family; char sa_data[14]; };
            struct sockaddr_in { unsigned short sin_family, sin_port; struct in_addr sin_addr; };
            struct sockaddr_in6 { unsigned short sin6_family, sin6_port; unsigned int sin6_flowinfo; struct in6_addr sin6_addr; };
            union sctp_addr { struct sockaddr_in v4; struct sockaddr_in6 v6; struct sockaddr sa; };
            struct sctp_sockaddr_entry { struct list_head list; union sctp_addr a; };
            struct sctp_bind_addr { unsigned short port; struct list_head address_list; };
            struct sctp_ep_common { refcount_t refcnt; struct sock *sk; struct sctp_bind_addr bind_addr; };
            struct sctp_endpoint { struct sctp_ep_common base; struct hlist_node node; struct list_head asocs; };
            struct rhash_head { struct rhash_head *next; };
            struct rhlist_head { struct rhash_head rhead; struct rhlist_head *next; };
            struct sctp_transport {
                struct list_head transports; union sctp_addr ipaddr; unsigned long rto; int state; struct rhlist_head node; struct sctp_association *asoc;
            };
            struct sctp_peer { struct list_head transport_addr_list; unsigned short port; struct sctp_transport *primary_path; };
            struct sctp_association {
                struct sctp_ep_common base; struct list_head asocs; int assoc_id; struct sctp_endpoint *ep; struct sctp_peer peer; int state;
            };
            struct sctp_hashbucket { int lock; struct hlist_head chain; };
            struct bucket_table { unsigned int size; struct rhash_head *buckets[2]; };
            struct rhashtable { struct bucket_table *tbl; };
            struct rhltable { struct rhashtable ht; };
            struct sctp_globals { int ep_hashsize; struct sctp_hashbucket *ep_hashtable; struct rhltable transport_hashtable; };
        data
            struct sctp_globals sctp_globals = { 2, &table, { { &paths } } };
            struct sctp_hashbucket table[2] = { { 0, { 0 } }, { 0, { &endpoint.node } } };
        heap
            struct sock sock = { { 2, 1 } };
            struct sctp_endpoint endpoint = {
                .base = { { { 3 } }, &sock, { 5000, { &here.list, &here.list } } }, .node = { 0, &table[1].chain }, .asocs = { &one.asocs, &one.asocs }
            };
            struct sctp_sockaddr_entry here = { { &endpoint.base.bind_addr.address_list, &endpoint.base.bind_addr.address_list }, { .v4 = { 2, 0, { 0x0100000a } } } };
            struct sctp_sockaddr_entry of_one = { { &one.base.bind_addr.address_list, &one.base.bind_addr.address_list }, { .v4 = { 2, 0, { 0x0100000a } } } };
            struct sctp_association one = {
                .base = { { { 2 } }, &sock, { 5000, { &of_one.list, &of_one.list } } }, .asocs = { &endpoint.asocs, &endpoint.asocs }, .assoc_id = 7,
                .ep = &endpoint, .peer = { { &first.transports, &second.transports }, 6000, &second }, .state = STATE
            };
            struct sctp_transport first = { { &second.transports, &one.peer.transport_addr_list }, { .v4 = { 2, 0x7017, { 0x0200000a } } }, 750, 2 };
            struct sctp_transport second = { { &one.peer.transport_addr_list, &first.transports }, { .v6 = { 10, 0, 0, { { 0xfe, 0x80 } } } }, 250, 2 };
            struct bucket_table paths = { 2 };
    """
    CALLING = """
            struct sock caller = { { 2, 7 } };
            struct sctp_endpoint quiet = { .base = { { { 1 } }, &caller, { 0, { &quiet.base.bind_addr.address_list, &quiet.base.bind_addr.address_list } } } };
            struct sctp_association two = {
                .base = { { { 1 } }, &caller, { 40000, { &two.base.bind_addr.address_list, &two.base.bind_addr.address_list } } },
                .ep = &quiet, .peer = { { &third.transports, &third.transports }, 6004, &third }, .state = 1
            };
            struct sctp_transport third = {
                { &two.peer.transport_addr_list, &two.peer.transport_addr_list }, { .v4 = { 2, 0, { 0x0300000a } } }, 3, 3, { { MARKER }, 0 }, &two
            };
    """

    def test_who_calls_is_in_the_table_of_paths_alone(self):
        """Its endpoint listens at no port; the other's paths are of one key."""
        text = self.TEXT.replace("STATE", "3").replace("250, 2 };", "250, 2, { { &third.node.rhead }, &first.node }, &one };").replace("750, 2 };", "750, 2, { { 0 }, 0 }, &one };")
        text = text.replace("paths = { 2 };", "paths = { 2, { 0, &second.node.rhead } };") + self.CALLING.replace("MARKER", "0x81")
        dump = self.opened(text)
        found = [allsockets.association_row(dump, one) for one in sctp.for_each_association(dump)]
        self.assertEqual([("ESTABLISHED", 5000), ("COOKIE_WAIT", 40000)], [(one["state"], one["local_port"]) for one in found])
        self.assertEqual([self.names["sock"], self.names["caller"]], [int(one) for one in sockets._sctp(dump, "sctp", [])])
        rows = list(program.find("sctp").rows(SimpleNamespace(dump=dump), program.find("sctp").parse([])))
        self.assertEqual(["association", "association", "endpoint"], [row["kind"] for row in rows])

    def test_association(self):
        dump = self.opened(self.TEXT.replace("STATE", "3"))
        self.assertTrue(sctp.is_there(dump))
        (endpoint,) = sctp.for_each_endpoint(dump)
        self.assertEqual(["10.0.0.1"], list(sctp.local_addresses(dump, endpoint.base)))
        (found,) = sctp.for_each_association(dump)
        row = allsockets.association_row(dump, found)
        self.assertNotIn("error", row)
        self.assertEqual(("ESTABLISHED", ["10.0.0.1"], ["10.0.0.2", "fe80::"], 5000, 6000), tuple(row[key] for key in ("state", "local", "remote", "local_port", "remote_port")))
        self.assertEqual([(3000, False), (1000, True)], [(one["rto_ms"], one["primary"]) for one in row["transports"]])

    def test_program(self):
        found = program.find("sctp")
        options = found.parse(["-v"])
        rows = list(found.rows(SimpleNamespace(dump=self.opened(self.TEXT.replace("STATE", "3"))), options))
        self.assertEqual(["association", "endpoint"], [row["kind"] for row in rows])
        lines = list(found.text(rows, options, None))
        self.assertIn(f"{self.names['one']:#x} {self.names['sock']:#x} 1 ESTABLISHED 5000 6000 10.0.0.1<->10.0.0.2 fe80::", lines)
        self.assertIn(f"\t ep={self.names['endpoint']:#x}  refcnt=2", lines)
        self.assertIn("\t path fe80:: state=2 rto=1000 ms primary", lines)
        self.assertIn(f" {self.names['endpoint']:#x} {self.names['sock']:#x} 1 5000 10.0.0.1", lines)

    def test_socket(self):
        dump = self.opened(self.TEXT.replace("STATE", "9"))
        (found,) = sockets._sctp(dump, "sctp", [])
        self.assertEqual((self.names["sock"], "sctp"), (int(found), found.protocol))
        (one,) = sctp.for_each_association(dump)
        self.assertEqual("9", allsockets.association_row(dump, one)["state"])


class Softnet(Fixture):
    def test_drops_by_halves_of_the_nodes(self):
        dump = self.opened("""
                struct numa_drop_counters { atomic_t drops0, drops1; };
                struct softnet_data { unsigned int processed, time_squeeze; struct numa_drop_counters drop_counters; };
            percpu
                struct softnet_data softnet_data = { 7, 1, { { 2 }, { 3 } } }, { 9, 0, { { 0 }, { 1 } } };
        """)
        self.assertEqual([(0, 7, 5, 1), (1, 9, 1, 0)], [(one.cpu, one.processed, one.dropped, one.squeezed) for one in softnet.for_each_softnet(dump)])


class Gone(Fixture):
    def test_variables_that_lie_elsewhere(self):
        """A checkout's own framework asks the module crash for types and addresses."""
        before = dumps.have_one_open()
        dump = self.opened("""
                struct pid_namespace { int level; int pid_max; };
                struct net { struct list_head ptype_all; };
            data
                struct pid_namespace init_pid_ns = { 0, 4194304 };
                struct net init_net = { { &init_net.ptype_all, &init_net.ptype_all } };
        """)
        self.addCleanup(pykd.set_current, before)
        dump.declare("struct pid_namespace init_pid_ns; struct net init_net;")
        pykd.set_current(dump)
        self.assertEqual(("int", 4), tuple(lookup.gdb_whatis("pid_max")[key] for key in ("basetype", "typelength")))
        self.assertEqual((4194304).to_bytes(4, "little"), crash.readmem(crash.sym2addr("pid_max"), 4))
        self.assertEqual(("struct list_head", self.names["init_net"]), (lookup.gdb_whatis("ptype_all")["basetype"], crash.sym2addr("ptype_all")))


class Vsock(Fixture):
    def test_each_once(self):
        dump = self.opened("""
                struct sockaddr_vm { unsigned short svm_family, svm_reserved1; unsigned int svm_port, svm_cid; };
                struct vsock_sock { struct sock sk; struct sockaddr_vm local_addr, remote_addr; struct list_head bound_table, connected_table; };
            data
                struct list_head vsock_bind_table[2] = { { &one.bound_table, &one.bound_table }, { &two.bound_table, &two.bound_table } };
                struct list_head vsock_connected_table[1] = { { &one.connected_table, &one.connected_table } };
            heap
                struct vsock_sock one = {
                    { { 40, 1 } }, { 40, 0, 1024, 3 }, { 40, 0, 22, 2 }, { &vsock_bind_table[0], &vsock_bind_table[0] },
                    { &vsock_connected_table[0], &vsock_connected_table[0] }
                };
                struct vsock_sock two = { { { 40, 10 } }, { 40, 0, 9, 0xffffffff }, { 40, 0, 0, 0 }, { &vsock_bind_table[1], &vsock_bind_table[1] }, { 0 } };
        """)
        found = list(sockets._vsock(dump, "vsock", []))
        self.assertEqual([self.names["one"], self.names["two"]], [int(one) for one in found])


class Stacked(Fixture):
    TYPES = """
            struct rtnl_link_ops { char *kind; };
            struct adjacent { struct list_head upper, lower; };
            struct net_device { char name[16]; struct rtnl_link_ops *rtnl_link_ops; struct adjacent adj_list; unsigned char priv[]; };
            struct netdev_adjacent { struct net_device *dev; unsigned char master; void *private; struct list_head list; };
    """

    def test_vlan(self):
        dump = self.opened(self.TYPES, """
                struct vlan_dev_priv { unsigned short vlan_proto, vlan_id; struct net_device *real_dev; };
                struct both { struct net_device device; struct vlan_dev_priv vlan; };
            heap
                char vlan[8] = "vlan";
                struct rtnl_link_ops operations = { &vlan };
                struct net_device eth0 = { "eth0", 0, { { &eth0.adj_list.upper, &eth0.adj_list.upper }, { &eth0.adj_list.lower, &eth0.adj_list.lower } } };
                struct both tagged = {
                    { "eth0.7", &operations, { { &tagged.device.adj_list.upper, &tagged.device.adj_list.upper }, { &below.list, &below.list } } }, { 0x0081, 7, &eth0 }
                };
                struct netdev_adjacent below = { &eth0, 0, 0, { &tagged.device.adj_list.lower, &tagged.device.adj_list.lower } };
        """)
        row = stacked.details(dump, dump.object("struct net_device", self.names["tagged"]))
        self.assertEqual({"kind": "vlan", "lower": ["eth0"], "vlan": 7, "protocol": "802.1Q", "link": "eth0"}, row)

    def test_bond(self):
        dump = self.opened(self.TYPES, """
                struct bond_params { int mode, xmit_policy, miimon, updelay, downdelay; };
                struct slave { struct net_device *dev; unsigned char backup; signed char link; unsigned int link_failure_count, speed; };
                struct bonding { struct net_device *dev; struct slave *curr_active_slave; struct bond_params params; };
                struct both { struct net_device device; struct bonding bond; };
            heap
                char kind[8] = "bond";
                struct rtnl_link_ops operations = { &kind };
                struct net_device eth0 = { "eth0", 0, { { &up.list, &up.list }, { &eth0.adj_list.lower, &eth0.adj_list.lower } } };
                struct both bond = {
                    { "bond0", &operations, { { &bond.device.adj_list.upper, &bond.device.adj_list.upper }, { &below.list, &below.list } } },
                    { &bond, &slave, { 1, 0, 100, 2, 0 } }
                };
                struct slave slave = { &eth0, 0, 2, 5, 1000 };
                struct netdev_adjacent below = { &eth0, 0, &slave, { &bond.device.adj_list.lower, &bond.device.adj_list.lower } };
                struct netdev_adjacent up = { &bond, 1, 0, { &eth0.adj_list.upper, &eth0.adj_list.upper } };
        """)
        row = stacked.details(dump, dump.object("struct net_device", self.names["bond"]))
        self.assertEqual(("active-backup", "eth0", 100, 200), tuple(row[key] for key in ("mode", "active", "miimon_ms", "updelay_ms")))
        self.assertEqual([{"name": "eth0", "link": "down", "state": "active", "speed_mbps": 1000, "failures": 5}], row["slaves"])
        self.assertEqual("bond0", str(stacked.master(dump, dump.object("struct net_device", self.names["eth0"])).name))


class Timers(Fixture):
    """Which timer it is goes by the members that are there."""

    def timer(self, members, values):
        text = COMMON.replace("struct sock { struct sock_common __sk_common; };", "")
        path, names = dumps.made(self, text + textwrap.dedent(f"""
                struct timer_list {{ struct hlist_node entry; unsigned long expires; }};
                struct sock {{ struct sock_common __sk_common; struct timer_list sk_timer, tcp_retransmit_timer; }};
                struct inet_connection_sock {{ struct sock sk; unsigned char icsk_pending; {members} }};
            data
                {LITTLE}
            heap
                struct inet_connection_sock one = {{ {values} }};
        """))  # fmt: skip
        dump = pykd.Dump(path)
        return tcp.timer(dump, dump.object("struct sock", names["one"]))

    def test_retransmission(self):
        old = "unsigned long icsk_timeout; struct timer_list icsk_retransmit_timer;"
        self.assertEqual(("on", 2000), self.timer(old, "{ { 2, 1 } }, 1, 100500"))
        self.assertEqual(("persist", -400), self.timer(old, "{ { 2, 1 } }, 3, 99900"))
        own = "struct timer_list icsk_retransmit_timer;"
        self.assertEqual(("on", 4000), self.timer(own, "{ { 2, 1 } }, 5, { { 0 }, 101000 }"))
        new = "struct timer_list icsk_keepalive_timer;"
        self.assertEqual(("on", 400), self.timer(new, "{ { 2, 1 }, { { 0 }, 0 }, { { 0 }, 100100 } }, 1"))

    def test_keepalive(self):
        self.assertEqual(("keepalive", 4000), self.timer("unsigned long icsk_timeout;", "{ { 2, 1 }, { { 0, &one }, 101000 } }, 0"))
        self.assertIsNone(self.timer("unsigned long icsk_timeout;", "{ { 2, 1 }, { { 0, 0 }, 101000 } }, 0"))
        own = "unsigned long icsk_timeout; struct timer_list icsk_keepalive_timer;"
        self.assertEqual(("keepalive", 8000), self.timer(own, "{ { 2, 1 }, { { 0, &one }, 101000 } }, 0, 0, { { 0, &one }, 102000 }"))


class Packets(Fixture):
    TYPES = """
            struct sk_buff_head { struct sk_buff *next, *prev; unsigned int qlen; };
            struct skb_shared_info { unsigned char flags, meta_len, nr_frags; };
            struct net_device { char name[16]; };
            struct sk_buff {
                struct sk_buff *next, *prev; struct net_device *dev; struct sock *sk; unsigned int len, data_len; unsigned short protocol;
                unsigned short transport_header, network_header, mac_header; unsigned char *head; unsigned int end;
            };
    """

    def test_headers(self):
        dump = self.opened(self.TYPES, """
            heap
                struct sk_buff_head queue = { &one, &one, 1 };
                struct net_device lo = { "lo" };
                struct sk_buff one = { &queue, &queue, &lo, 0, 60, 0, 0x0008, 0xffff, 16, 0xffff, &data, 64 };
                unsigned char data[80] = {
                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                    0x45, 0, 0, 60, 0, 7, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0xa0, 0x12, 1, 0
                };
        """)
        (skb,) = skbuffs.for_each_skb(dump, self.names["queue"])
        row = shown_packets.packet_row(dump, skb)
        self.assertNotIn("error", row)
        keys = ("source", "source_port", "destination", "destination_port", "ttl", "flags", "ip_flags", "device")
        self.assertEqual(("10.0.0.1", 40000, "10.0.0.2", 80, 64, ["SYN", "ACK"], ["DF"], "lo"), tuple(row[key] for key in keys))
        self.assertEqual("tcp  10.0.0.1:40000             10.0.0.2:80                ", shown_packets.packet_line(row))
        text = "\n".join(shown_packets.packet_lines(row, 2))
        self.assertIn(" fl=2 ", text)
        self.assertIn("(ACK,SYN)", text)

    def test_queue_in_a_circle(self):
        dump = self.opened(self.TYPES, """
            heap
                struct sk_buff_head queue = { &one, &one, 1 };
                struct sk_buff one = { &one, &queue };
        """)
        *found, end = caught(skbuffs.for_each_skb(dump, self.names["queue"]))
        self.assertEqual(1, len(found))
        self.assertIsInstance(end, pykd.LimitError)

    def test_bands(self):
        dump = self.opened("""
                struct ptr_ring { int size; void **queue; };
                struct skb_array { struct ptr_ring ring; };
                struct Qdisc_ops { char id[16]; };
                struct Qdisc { struct Qdisc_ops *ops; long privdata[]; };
                struct whole { struct Qdisc qdisc; struct skb_array bands[3]; };
            heap
                struct Qdisc_ops fast = { "pfifo_fast" };
                void *slots[4] = { 0, 1, 2, 0 };
                struct whole one = { { &fast }, { { { 4, &slots } }, { { 0, 0 } }, { { 4, 0 } } } };
        """)
        self.assertEqual([2, 0, 0], [length for _, length in qdiscs.bands(dump, dump.object("struct Qdisc", self.names["one"]))])


class Cache(Fixture):
    def test_exception(self):
        dump = self.opened(f"""
                struct fib_nh_exception {{
                    struct fib_nh_exception *fnhe_next; unsigned int fnhe_daddr, fnhe_pmtu, fnhe_gw; unsigned long fnhe_expires, fnhe_stamp;
                }};
                struct fib_nh_common {{ void *nhc_rth_input; void **nhc_pcpu_rth_output; void *nhc_exceptions; }};
            data
                {LITTLE}
            heap
                struct fib_nh_common nexthop = {{ 0, 0, &table }};
                void *table[2048] = {{ 0, &one }};
                struct fib_nh_exception one = {{ 0, 0x0100000a, 1400, 0, 102500, 97500 }};
        """)
        (found,) = routecache.for_each_cached(dump, dump.object("struct fib_nh_common", self.names["nexthop"]))
        row = routecache.cached_row(dump, found)
        self.assertEqual(("exception", "10.0.0.1", 1400, 10000, 10000, None), tuple(row[key] for key in ("kind", "destination", "pmtu", "expires_ms", "age_ms", "gateway")))

    def test_exception_of_ipv6(self):
        dump = self.opened(f"""
                struct in6_addr {{ unsigned char bytes[16]; }};
                struct rt6key {{ struct in6_addr addr; int plen; }};
                struct net_device {{ char name[16]; }};
                struct dst_entry {{ struct net_device *dev; unsigned long _metrics, expires, lastuse; int __use; }};
                struct rt6_info {{ struct dst_entry dst; struct rt6key rt6i_dst; struct in6_addr rt6i_gateway; unsigned int rt6i_flags; }};
                struct rt6_exception {{ struct hlist_node hlist; struct rt6_info *rt6i; unsigned long stamp; }};
                struct rt6_exception_bucket {{ struct hlist_head chain; int depth; }};
                struct fib6_nh {{ int nh_common; void **rt6i_pcpu; void *rt6i_exception_bucket; }};
            data
                {LITTLE}
            heap
                struct net_device eth0 = {{ "eth0" }};
                struct fib6_nh nexthop = {{ 0, 0, &table + 1 }};
                struct rt6_exception_bucket table[1024] = {{ {{ {{ 0 }} }}, {{ {{ &one.hlist }}, 1 }} }};
                struct rt6_exception one = {{ {{ 0, &table[1] }}, &route, 97500 }};
                unsigned int metrics[4] = {{ 0, 1280 }};
                struct rt6_info route = {{ {{ &eth0, &metrics + 1, 102500, 99750, 4 }}, {{ {{ {{ 0xfe, 0x80 }} }}, 128 }}, {{ {{ 0 }} }}, 0x400000 }};
        """)
        (found,) = routecache.for_each_cached6(dump, dump.object("struct fib6_nh", self.names["nexthop"]))
        row = routecache.cached6_row(dump, found)
        keys = ("kind", "destination", "device", "pmtu", "expires_ms", "age_ms", "idle_ms", "uses", "gateway")
        self.assertEqual(("exception", "fe80::/128", "eth0", 1280, 10000, 10000, 1000, 4, None), tuple(row[key] for key in keys))


if __name__ == "__main__":
    unittest.main()
