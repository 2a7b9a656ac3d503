# SPDX-License-Identifier: GPL-2.0-or-later
"""LinuxDump.inet: every name that PyKdump has there, and what programs read through them."""
# ruff: noqa: F403, F405 (begins as PyKdump's programs do)

import contextlib
import importlib
import io
import unittest
from unittest import mock

import dumps

dumps.have_one_open()

from LinuxDump import inet  # noqa: E402
from LinuxDump.inet import fib_trie40, netdevice, netfilter, ntodots, proto, routing, snmpstats  # noqa: E402
from pykdump.API import *  # noqa: E402

NAMES = {
    "fib_trie40": "IS_LEAF IS_TNODE IS_TRIE KEYLENGTH KEY_MAX debug fib_table_dump get_child_rcu get_fib_entries_v40 get_index leaf_walk"
    " leaf_walk_rcu node_parent_rcu process_one_kv tn_info",
    "neighbour": "NUD print_neighbour_info print_neighbour_table",
    "netdevice": "ARP_HW DEVSTATE DEVSTATE_c HZ IFF_FLAGS NETDEV_ALIGN NETIF_FEATURES bond_get_stats decodeDevState dev_base_list getStats"
    " get_host_IPs get_ifa_list get_inet6_devs get_inet6_ifaddr get_stat64 hwaddr2str lb_get_stats netdev_priv prio2band printBondMaster"
    " printPerCPU printQdisc print_If print_Ifs print_mc_list sn snetmask tg3_get_stats tg3_warning",
    "netfilter": "NF_HOOKS nf pp",
    "proto": "ETH_P_IP INET_Stuff IP_conn_tw IP_oneliner IP_rqs IP_sock PROTONAMES P_FAMILIES P_FAMILIES_c TCP_CA_STATE analyze_tcp_rcv_win"
    " check_inet_sock debug decodeSock decode_IP_header decode_TCP_flags decode_TCP_header decode_skbuf formatIPv4 formatIPv6"
    " format_sockaddr_in get_AF_UNIX get_RAW get_RAW6 get_TCP_ESTABLISHED get_TCP_LISTEN get_TCP_TIMEWAIT get_TCP_TIMEWAIT_2 get_UDP"
    " inet_sk_for_each init_INET_Stuff init_PseudoAttrs inode2socketaddr print_accept_queue print_skbuff_head protoName retrans_since"
    " sk_for_each sk_nulls_for_each skb_network_header skb_shinfo skb_transport_header skc_node_off skc_nulls_node_off sockTypes sock_V1"
    " sock_type_c tcpState tcp_full_space tcp_space tcp_state_c tcp_win_from_space unix_sock walk_skb",
    "routing": "CONFIG_IP_MULTIPLE_TABLES CONFIG_IP_ROUTE_MULTIPATH FN IS_LEAF IS_TNODE KEYLENGTH NODE_TYPE NODE_TYPE_MASK RTAX RTAX_c RTF RTN"
    " RTN_MAX RTN_c RTN_defs RT_TABLE_MAIN T_LEAF T_NODE debug do_fib_print fib_flags_trans flags2str get_fib_entries get_fib_entries_v30"
    " get_fib_tables get_fib_tables_v24 get_fib_tables_v26 inet_make_mask leaf_walk_rcu node_parent_rcu print_fib print_fib_rules"
    " print_fib_rules_old print_rt_hash process_one_leaf tkey_extract_bits tnode_get_child_rcu trie_firstleaf trie_nextleaf walk_fn_zones"
    " walk_fn_zones_v24 walk_fn_zones_v26",
    "snmpstats": "SnmpTable X__getSnmpEntry getSnmpTable snmp4_tables tabnames ti",
    "summary": "HZ IF_Summarize TCPIP_Summarize",
}


def printed(function, *args):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        function(*args)
    return out.getvalue()


class Inet(unittest.TestCase):
    def test_what_a_program_adds_is_no_member(self):
        """netdevice adds ``priv`` to struct net_device; what a driver keeps lies where it did."""
        for device in netdevice.dev_base_list():
            self.assertEqual(int(device.priv), netdevice.netdev_priv(device))

    def test_names(self):
        for module, names in NAMES.items():
            found = importlib.import_module(f"LinuxDump.inet.{module}")
            self.assertEqual([], [name for name in names.split() if not hasattr(found, name)], module)

    def test_namespace_is_chosen_aloud(self):
        """A choice that fails changes nothing, as "all" does not."""
        usual = inet.get_ns_net()
        self.addCleanup(inet.set_ns_net)
        for one in inet.get_net_namespace_list():
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                self.assertTrue(inet.set_ns_net(int(one)))
                self.assertFalse(inet.set_ns_net(8))
                self.assertTrue(inet.set_ns_net("all"))
            self.assertEqual(output.getvalue(), f" *=*=* Using <struct net {int(one):#x} *=*=*\n")
            self.assertEqual((int(inet.get_ns_net()), inet.net_all()), (int(one), True))
            inet.set_ns_net()
            self.assertEqual((int(inet.get_ns_net()), inet.net_all()), (int(usual), False))

    def test_constants(self):
        self.assertEqual(("PF_FILE", "PF_NETLINK"), tuple(proto.P_FAMILIES.value2key(number) for number in (1, 16)))
        self.assertEqual("TCP_LISTEN", proto.tcpState[proto.tcpState.TCP_LISTEN])
        self.assertEqual(("ARPHRD_LOOPBACK", "ARPHRD_HDLC"), tuple(netdevice.ARP_HW.value2key(number) for number in (772, 513)))
        self.assertEqual((24, 0, 32, -1), tuple(netdevice.snetmask(mask) for mask in (0x00FFFFFF, 0, 0xFFFFFFFF, 0x00FF00FF)))
        self.assertEqual((0x00FFFFFF, 0), (routing.inet_make_mask(24), routing.inet_make_mask(0)))
        self.assertEqual((8, 5), (routing.RTAX.RTAX_ADVMSS, routing.RTN.RTN_MULTICAST))
        self.assertEqual(3, netfilter.NF_HOOKS.NF_IP_LOCAL_OUT)

    def test_sockets(self):
        lines = [str(proto.IP_sock(sock, True)) for sock in proto.get_TCP_LISTEN()]
        self.assertIn("tcp   127.0.0.1:5001             0.0.0.0:*                   LISTEN", lines)
        self.assertIn("tcp6  ::1:5002                   :::*                        LISTEN", lines)
        kinds = {kind for _, kind in proto.get_TCP_ESTABLISHED()}
        self.assertEqual({"tcp", "tw"}, kinds)
        for sock, kind in proto.get_TCP_ESTABLISHED():
            if kind == "tcp":
                self.assertEqual(sock.inet_conn.icsk_inet.sk.sk_rcvbuf, proto.IP_sock(sock, True).rcvbuf)
                # members under PyKdump's names
                self.assertEqual((sock.rcv_wnd, sock.inet_conn.icsk_rto), (sock.topt.rcv_wnd, sock.Rto))
            else:
                self.assertTrue(str(proto.IP_conn_tw(sock, True)).endswith("TIME_WAIT"))
        with self.assertRaises(KeyError):
            proto.IP_sock(next(proto.get_UDP()).castTo("struct tcp_sock"))

    def test_queue_of_a_listening_socket(self):
        dumps.as_pykdump(self)
        waiting = [one for sock in proto.get_TCP_LISTEN() if (one := proto.IP_sock(sock, True)).sk_ack_backlog]
        self.assertEqual([5010], [one.sport for one in waiting])
        text = printed(proto.print_accept_queue, waiting[0])
        self.assertRegex(text, r"--- Accept Queue <struct request_sock_queue 0x[0-9a-f]+>\n\t  laddr=127.0.0.1 raddr=127.0.0.1\n$")

    def test_who_waits_for_a_reader(self):
        """Writers sleep on a queue inside of the reader's unix_sock."""
        from LinuxDump import Analysis

        sock = next(iter(proto.get_AF_UNIX()))
        with mock.patch.object(Analysis.waitqueues, "queue_of", lambda dump, task: (int(sock.peer_wq.wait), None)):
            self.assertEqual({int(sock): [1]}, Analysis._peer_queues([1]))

    def test_unix_sockets(self):
        paths = [proto.unix_sock(sock)[2] for sock in proto.get_AF_UNIX()]
        self.assertLess({"/tmp/kd-stream", "@kd-abstract", ""}, set(paths))
        pair = next(sock for sock in proto.get_AF_UNIX() if sock.peer)
        self.assertEqual(int(pair), int(pair.Peer.Peer))

    def test_trie(self):
        (table,) = [one for one in routing.get_fib_tables(True) if one.tb_id == 255]
        entries = list(routing.get_fib_entries(table))
        self.assertEqual([("127.0.0.0", "255.0.0.0", "U"), ("127.0.0.1", "255.255.255.255", "UH")],
                         [(ntodots(e.dest), ntodots(e.mask), routing.flags2str(e.flags)) for e in entries])  # fmt: skip
        root = readSU("struct trie", table.tb_data).kv[0]
        keys = [leaf.key for leaf in fib_trie40.leaf_walk(root)]
        self.assertEqual([0x7F000000, 0x7F000001, 0x7FFFFFFF], keys)
        self.assertEqual(0x7FFFFFFF, fib_trie40.leaf_walk_rcu(root, 0x7F000002)[0].key)

    def test_counters(self):
        self.assertEqual(12, snmpstats.SnmpTable("tcp_statistics")["ActiveOpens"])

    def test_tcp_flags(self):
        self.assertIn("Flags: 0x12 (ACK,SYN)\n", proto.decode_TCP_flags(0x12))
        self.assertIn("        .... ..1. = Syn: Set\n", proto.decode_TCP_flags(0x12))


if __name__ == "__main__":
    unittest.main()
