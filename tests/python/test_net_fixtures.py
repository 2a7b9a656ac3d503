# SPDX-License-Identifier: GPL-2.0-or-later
"""What the dumps at hand lack: SCTP, vsock, nftables, iptables, tracked connections, bonds and VLANs, queues with packets; of dumps made from text."""

import textwrap
import unittest
from types import SimpleNamespace

import dumps
import pykd
from pykd.core.walk import caught
from pykd.kernel.net import conntrack, netfilter, nftables, nftexpressions, qdiscs, routecache, sctp, skbuffs, sockets, stacked, tcp, xtables
from pykd.kernel.net.show import allsockets
from pykd.kernel.net.show import netfilter as shown
from pykd.kernel.net.show import packets as shown_packets
from pykd.session import program

COMMON = """
cpu pid=1
cpu pid=2
types
    typedef struct { int counter; } atomic_t;
    typedef struct refcount_struct { atomic_t refs; } refcount_t;
    struct list_head { struct list_head *next, *prev; };
    struct hlist_node { struct hlist_node *next, **pprev; };
    struct hlist_head { struct hlist_node *first; };
    struct sock_common { unsigned short skc_family; unsigned char skc_state; int skc_bound_dev_if; struct { struct net *net; } skc_net; };
    struct sock { struct sock_common __sk_common; };
    struct net_generic { struct { unsigned int len; } s; void *ptr[4]; };
    struct cpumask { unsigned long bits[1]; };
data
    struct cpumask __cpu_possible_mask = { { 3 } };
    unsigned int nr_cpu_ids = 2;
types
"""
LITTLE = "unsigned long jiffies_64 = 100000;"


class Fixture(unittest.TestCase):
    def opened(self, *texts):
        """Of a text that goes on with the types of :data:`COMMON`; of several the first are types alone."""
        types = "".join(textwrap.indent(textwrap.dedent(text), "    ") for text in texts[:-1])
        path, self.names = dumps.made(self, COMMON + types + textwrap.dedent(texts[-1]))
        return pykd.Dump(path)


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


class Nftables(Fixture):
    TEXT = """
            struct netns_nftables { unsigned char gencursor; };
            struct net { struct net_generic *gen; struct netns_nftables nft; };
            struct nftables_pernet { struct list_head tables; unsigned char gencursor; };
            struct nft_table { struct list_head list, chains; unsigned long handle; unsigned short family : 6, flags : 8, genmask : 2; char *name; };
            struct nft_chain {
                struct list_head rules, list; struct nft_table *table; unsigned long handle; unsigned char flags : 5, bound : 1, genmask : 2; char *name;
            };
            struct nf_hook_ops { unsigned int hooknum; int priority; };
            struct nft_chain_type { char *name; };
            struct nft_base_chain { struct nf_hook_ops ops; struct nft_chain_type *type; unsigned char policy; struct nft_chain chain; };
            struct nft_rule { struct list_head list; unsigned long handle : 42, genmask : 2, dlen : 12, udata : 1; unsigned char data[]; };
            struct nft_expr_type { char *name; };
            struct nft_expr_ops { unsigned int size; struct nft_expr_type *type; };
            struct nft_expr { struct nft_expr_ops *ops; unsigned char data[]; };
            struct nft_counter { long bytes, packets; };
            struct nft_counter_percpu_priv { struct nft_counter *counter; };
            struct nft_verdict { unsigned int code; struct nft_chain *chain; };
            struct nft_data { struct nft_verdict verdict; };
            struct nft_immediate_expr { struct nft_data data; unsigned char dreg, dlen; };
            struct rule_of_two { struct nft_rule rule; struct nft_expr counted; struct nft_counter_percpu_priv counter; struct nft_expr then; struct nft_immediate_expr verdict; };
        data
            unsigned int nf_tables_net_id = 2;
            struct net init_net = { &generic, { 0 } };
            struct net_generic generic = { { 4 }, { 0, 0, &own, 0 } };
            struct nftables_pernet own = { { &filter.list, &filter.list }, 1 };
        percpu
            struct nft_counter counter = { 100, 2 }, { 23, 1 };
        heap
            char text[6][8] = { "filter", "input", "counter", "imm", "old", "other" };
            char immediate[16] = "immediate";
            struct nft_chain_type type = { &text[0] };
            struct nft_table filter = { { &own.tables, &own.tables }, { &input.chain.list, &other.list }, 5, 1, 0, 0, &text[0] };
            struct nft_base_chain input = {
                { 1, -10 }, &type, 0, { { &first.rule.list, &gone.list }, { &other.list, &filter.chains }, &filter, 8, 1, 0, 0, &text[1] }
            };
            struct nft_chain other = { { &other.rules, &other.rules }, { &filter.chains, &input.chain.list }, &filter, 9, 0, 0, 0, &text[5] };
            struct nft_expr_type counter_type = { &text[2] }, immediate_type = { &immediate };
            struct nft_expr_ops counter_ops = { 16, &counter_type }, immediate_ops = { SIZE, &immediate_type };
            struct rule_of_two first = {
                { { &gone.list, &input.chain.rules }, 12, 0, 48, 0 }, { &counter_ops }, { &counter }, { &immediate_ops }, { { { 0xfffffffd, &other } }, 0, 16 }
            };
            struct nft_rule gone = { { &input.chain.rules, &first.rule.list }, 13, 2, 0, 0 };
    """

    def rows(self, size):
        dump = self.opened(self.TEXT.replace("SIZE", str(size)))
        net = dump.object("struct net", self.names["init_net"])
        return [nftables.table_row(dump, *found) for found in nftables.for_each_table(dump, net)]

    def test_ruleset(self):
        (table,) = self.rows(32)
        self.assertEqual(("filter", "inet"), (table["name"], table["family"]))
        base, plain = table["chains"]
        self.assertEqual(("input", "LOCAL_IN", -10, "drop", "filter"), tuple(base[key] for key in ("name", "hook", "priority", "policy", "type")))
        self.assertEqual(("other", []), (plain["name"], plain["rules"]))
        self.assertNotIn("hook", plain)
        (rule,) = base["rules"]
        self.assertEqual(12, rule["handle"])
        counter, verdict = rule["expressions"]
        self.assertEqual("counter", counter["name"])
        self.assertEqual((3, 123), (counter["packets"], counter["bytes"]))
        self.assertEqual(("jump", "other"), (verdict["verdict"], verdict["chain"]))
        text = "\n".join(shown.more_lines([{"kind": "nftables", **table}]))
        self.assertIn("type filter hook input priority -10; policy drop;", text)
        self.assertIn("jump other", text)

    def test_expressions_that_do_not_fit(self):
        (table,) = self.rows(33)
        (rule,) = table["chains"][0]["rules"]
        self.assertEqual(["counter"], [one["name"] for one in rule["expressions"]])
        self.assertIn("33 bytes", rule["error"]["message"])


class NftExpressions(Fixture):
    """What single expressions do; the words are those of libnftnl, as the bench compares them with ``nft --debug=netlink``."""

    TEXT = """
            struct nft_expr_type { char *name; };
            struct nft_expr_ops { unsigned int size; struct nft_expr_type *type; };
            struct nft_expr { struct nft_expr_ops *ops; unsigned char data[]; };
            struct nft_set { char *name; unsigned short flags; };
            struct nft_meta { unsigned char key, len, dreg, sreg; };
            struct nft_payload { unsigned char base, offset, len, dreg; };
            struct nft_cmp_expr { unsigned int data[4]; unsigned char sreg, len, op; };
            struct nft_cmp_fast_expr { unsigned int data, mask; unsigned char sreg, len, inv; };
            struct nft_bitwise { unsigned char sreg, dreg, op, len; unsigned int mask[4], xor[4], data[4]; };
            struct nft_lookup { struct nft_set *set; unsigned char sreg, dreg, dreg_set, invert; };
            struct nft_byteorder { unsigned char sreg, dreg, op, size; };
            struct byteorder { struct nft_expr expr; struct nft_byteorder own; };
            struct meta { struct nft_expr expr; struct nft_meta own; };
            struct payload { struct nft_expr expr; struct nft_payload own; };
            struct cmp { struct nft_expr expr; struct nft_cmp_expr own; };
            struct fast { struct nft_expr expr; struct nft_cmp_fast_expr own; };
            struct bitwise { struct nft_expr expr; struct nft_bitwise own; };
            struct lookup { struct nft_expr expr; struct nft_lookup own; };
        data
            char names[6][8] = { "meta", "payload", "cmp", "bitwise", "lookup", "other" };
            char order[16] = "byteorder";
            struct nft_expr_type byteorder_type = { &order };
            struct nft_expr_ops nft_byteorder_ops = { 0, &byteorder_type };
            struct nft_expr_type meta_type = { &names[0] }, payload_type = { &names[1] }, cmp_type = { &names[2] };
            struct nft_expr_type bitwise_type = { &names[3] }, lookup_type = { &names[4] }, other_type = { &names[5] };
            struct nft_expr_ops nft_meta_get_ops = { 0, &meta_type }, nft_meta_set_ops = { 0, &meta_type }, nft_payload_ops = { 0, &payload_type };
            struct nft_expr_ops nft_cmp_ops = { 0, &cmp_type }, nft_cmp_fast_ops = { 0, &cmp_type }, nft_bitwise_ops = { 0, &bitwise_type };
            struct nft_expr_ops nft_lookup_ops = { 0, &lookup_type }, nft_other_ops = { 0, &other_type };
        heap
            char ports[8] = "ports";
            struct nft_set set = { &ports, 0 };
            struct meta load = { { &nft_meta_get_ops }, { 16, 1, 4, 0 } }, store = { { &nft_meta_set_ops }, { 3, 4, 0, 9 } };
            struct payload port = { { &nft_payload_ops }, { 2, 2, 2, 4 } };
            struct cmp name = { { &nft_cmp_ops }, { { 0x6d6d7564, 0x3079, 0, 0 }, 4, 6, 1 } };
            struct fast byte = { { &nft_cmp_fast_ops }, { 6, 255, 4, 8, 0 } };
            struct bitwise masked = { { &nft_bitwise_ops }, { 4, 4, 0, 1, { 0x12, 0, 0, 0 }, { 0, 0, 0, 0 }, { 0, 0, 0, 0 } } };
            struct bitwise shifted = { { &nft_bitwise_ops }, { 4, 8, 1, 4, { 0, 0, 0, 0 }, { 0, 0, 0, 0 }, { 3, 0, 0, 0 } } };
            struct lookup found = { { &nft_lookup_ops }, { &set, 4, 0, 0, 1 } };
            struct byteorder swapped = { { &nft_byteorder_ops }, { 4, 8, 1, 4 } };
            struct meta unknown = { { &nft_other_ops }, { 0, 0, 0, 0 } };
    """

    def test_words(self):
        dump = self.opened(self.TEXT)
        for name, words in {
            "load": "meta load l4proto => reg 1",
            "store": "meta set mark with reg 13",
            "port": "payload load 2b @ transport header + 2 => reg 1",
            "name": "cmp neq reg 1 0x6d6d7564 0x00003079",
            "byte": "cmp eq reg 1 0x00000006",
            "masked": "bitwise reg 1 = ( reg 1 & 0x00000012 ) ^ 0x00000000",
            "shifted": "bitwise reg 2 = ( reg 1 << 0x00000003 )",
            "found": "lookup reg 1 set ports 0x1",
            "swapped": "byteorder reg 2 = hton(reg 1, 4, 4)",
            "unknown": None,
        }.items():
            self.assertEqual(words, nftexpressions.text(dump, dump.object("struct nft_expr", self.names[name])), name)


class Iptables(Fixture):
    TEXT = """
            struct netns_xt { struct list_head tables[4]; };
            struct net { struct netns_xt xt; unsigned long behind[4]; };
            struct xt_counters { unsigned long pcnt, bcnt; };
            struct in_addr { unsigned int s_addr; };
            struct ipt_ip { struct in_addr src, dst, smsk, dmsk; char iniface[16], outiface[16]; unsigned short proto; };
            struct ipt_entry {
                struct ipt_ip ip; unsigned int nfcache; unsigned short target_offset, next_offset; unsigned int comefrom; struct xt_counters counters;
                unsigned char elems[];
            };
            struct xt_match { char name[29]; };
            struct xt_target { char name[29]; };
            struct match_kernel { unsigned short match_size; struct xt_match *match; };
            struct target_kernel { unsigned short target_size; struct xt_target *target; };
            struct xt_entry_match { union { struct match_kernel kernel; unsigned short match_size; } u; };
            struct xt_entry_target { union { struct target_kernel kernel; unsigned short target_size; } u; };
            struct xt_standard_target { struct xt_entry_target target; int verdict; };
            struct xt_table_info { unsigned int size, number; unsigned char entries[]; };
            struct xt_table { struct list_head list; unsigned int valid_hooks; struct xt_table_info *private; unsigned char af; char name[32]; };
            struct rule { struct ipt_entry entry; struct xt_entry_match match; struct xt_standard_target target; };
            struct both { struct xt_table_info info; struct rule rules[2]; };
        data
            struct net init_net = { { {
                { &init_net.xt.tables[0], &init_net.xt.tables[0] }, { &init_net.xt.tables[1], &init_net.xt.tables[1] }, { &filter.list, &filter.list },
                { &init_net.xt.tables[3], &init_net.xt.tables[3] }
            } }, { 0x736c756d6f64, 1, 1, 1 } };
        percpu
            struct xt_counters first = { 5, 500 }, { 2, 200 };
            struct xt_counters second = { 1, 60 }, { 0, 0 };
        heap
            struct xt_table filter = { { &init_net.xt.tables[2], &init_net.xt.tables[2] }, 2, &both, 2, "filter" };
            struct both both = { { sizeof (struct rule) * 2, 2 }, {
                {
                    { { { 0x0000000a }, { 0 }, { 0x000000ff }, { 0 }, "eth0", "", 6 }, 0, sizeof (struct ipt_entry) + 16, STEP, 0, { &first, 0 } },
                    { { .kernel = { 16, &tcp } } }, { { { .kernel = { 24, &standard } } }, -1 }
                },
                {
                    { { { 0 }, { 0 }, { 0 }, { 0 }, "", "", 0 }, 0, sizeof (struct ipt_entry) + 16, sizeof (struct rule), 0, { &second, 0 } },
                    { { .kernel = { 16, &tcp } } }, { { { .kernel = { 24, &reject } } }, 0 }
                }
            } };
            struct xt_match tcp = { "tcp" };
            struct xt_target standard = { "" }, reject = { "REJECT" };
    """

    def row(self, step):
        dump = self.opened(self.TEXT.replace("STEP", step))
        net = dump.object("struct net", self.names["init_net"])
        found = list(xtables.for_each_xtable(dump, net))
        self.assertEqual(["filter"], [str(one.name) for one in found])
        return xtables.table_row(dump, found[0])

    def test_rules(self):
        row = self.row("sizeof (struct rule)")
        self.assertNotIn("error", row)
        self.assertEqual((["LOCAL_IN"], 2), (row["hooks"], row["count"]))
        first, second = row["rules"]
        self.assertEqual(("10.0.0.0/8", "0.0.0.0/0", "tcp", "eth0", "*", ["tcp"], "DROP", 7, 700),
                         tuple(first[key] for key in ("source", "destination", "protocol", "in", "out", "matches", "verdict", "packets", "bytes")))  # fmt: skip
        self.assertEqual(("REJECT", "all"), (second["target"], second["protocol"]))

    def test_lists_that_cannot_be_followed(self):
        """They have a line too, as all that is told under error."""
        dump = self.opened(self.TEXT.replace("STEP", "0").replace("{ &filter.list, &filter.list }", "{ 0x10, 0x10 }"))
        rows = list(shown.table_rows(dump, dump.object("struct net", self.names["init_net"])))
        self.assertIn("untranslatable", [row["error"]["reason"] for row in rows])
        self.assertIn("\t(untranslatable)", list(shown.more_lines(rows)))

    def test_a_rule_of_no_size(self):
        row = self.row("0")
        self.assertEqual([], row["rules"])
        self.assertIn("has 0 bytes", row["error"]["message"])


class Conntrack(Fixture):
    def test_connection(self):
        dump = self.opened(f"""
                struct hlist_nulls_node {{ struct hlist_nulls_node *next, **pprev; }};
                union nf_inet_addr {{ unsigned int all[4]; }};
                struct icmp {{ unsigned char type, code; }};
                union port {{ unsigned short all; struct icmp icmp; }};
                struct nf_conntrack_man {{ union nf_inet_addr u3; union port u; unsigned short l3num; }};
                struct nf_conntrack_dst {{ union nf_inet_addr u3; union port u; unsigned char protonum, dir; }};
                struct nf_conntrack_tuple {{ struct nf_conntrack_man src; struct nf_conntrack_dst dst; }};
                struct nf_conntrack_tuple_hash {{ struct hlist_nulls_node hnnode; struct nf_conntrack_tuple tuple; }};
                struct tcp {{ unsigned char state; }};
                union nf_conntrack_proto {{ struct tcp tcp; }};
                struct possible {{ struct net *net; }};
                struct net {{ int number; }};
                struct nf_conn {{
                    unsigned int timeout; struct nf_conntrack_tuple_hash tuplehash[2]; unsigned long status; struct possible ct_net; unsigned int mark;
                    union nf_conntrack_proto proto;
                }};
            data
                {LITTLE}
                void *nf_conntrack_hash = &table;
                unsigned int nf_conntrack_htable_size = 2;
                struct hlist_head table[2] = {{ {{ &one.tuplehash[1].hnnode }}, {{ &one.tuplehash[0].hnnode }} }};
            heap
                struct net net = {{ 1 }};
                struct nf_conn one = {{
                    100500, {{
                        {{ {{ 3, &table[1] }}, {{ {{ {{ {{ 0x0100000a }} }}, {{ 0x5000 }}, 2 }}, {{ {{ {{ 0x0200000a }} }}, {{ 0x1600 }}, 6, 0 }} }} }},
                        {{ {{ 1, &table[0] }}, {{ {{ {{ {{ 0x0200000a }} }}, {{ 0x1600 }}, 2 }}, {{ {{ {{ 0x0100000a }} }}, {{ 0x5000 }}, 6, 1 }} }} }}
                    }}, 0xe, {{ &net }}, 42, {{ {{ 3 }} }}
                }};
        """)
        (found,) = conntrack.for_each_connection(dump)
        row = conntrack.connection_row(dump, found)
        self.assertNotIn("error", row)
        self.assertEqual({"source": "10.0.0.1", "source_port": 80, "destination": "10.0.0.2", "destination_port": 22}, row["original"])
        self.assertEqual(("tcp", "ESTABLISHED", ["SEEN_REPLY", "ASSURED", "CONFIRMED"], 2000, 42), tuple(row[key] for key in ("protocol", "state", "status", "expires_ms", "mark")))
        self.assertIn("src=10.0.0.1 dst=10.0.0.2 sport=80 dport=22", "\n".join(shown.more_lines([{"kind": "conntrack", **row}])))


class Hooks(Fixture):
    def test_order_and_devices(self):
        dump = self.opened("""
                struct nf_hook_entry { void *hook, *priv; };
                struct nf_hook_entries { unsigned short num_hook_entries; struct nf_hook_entry hooks[]; };
                struct two { unsigned short num_hook_entries; struct nf_hook_entry hooks[2]; struct nf_hook_ops *ops[2]; };
                struct nf_hook_ops { int priority; };
                struct netns_nf { struct nf_hook_entries *hooks_ipv4[5]; };
                struct net_device { struct list_head dev_list; struct nf_hook_entries *nf_hooks_ingress; char name[16]; };
                struct net { struct list_head dev_base_head; struct netns_nf nf; };
            text
                first_hook c3
                second_hook c3
            data
                struct net init_net = { { &eth0.dev_list, &eth0.dev_list }, { { 0, 0, 0, &found, 0 } } };
            heap
                struct nf_hook_ops before = { -300 }, after = { 0 };
                struct two found = { 2, { { &first_hook, 0 }, { &second_hook, 0 } }, { &before, &after } };
                struct two ingress = { 1, { { &second_hook, 0 }, { &after, 0 } }, { 0, 0 } };
                struct net_device eth0 = { { &init_net.dev_base_head, &init_net.dev_base_head }, &ingress, "eth0" };
        """)
        rows = [netfilter.hook_row(dump, hook) for hook in netfilter.for_each_hook(dump, dump.object("struct net", self.names["init_net"]))]
        self.assertEqual(
            [("ipv4", "LOCAL_OUT", -300, "first_hook", None), ("ipv4", "LOCAL_OUT", 0, "second_hook", None), ("netdev", "INGRESS", 0, "second_hook", "eth0")],
            [(row["family"], row["hook"], row["priority"], row["function"], row["device"]) for row in rows],
        )


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
                    0x45, 0, 0, 60, 0, 7, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0xa0, 0x02, 1, 0
                };
        """)
        (skb,) = skbuffs.for_each_skb(dump, self.names["queue"])
        row = shown_packets.packet_row(dump, skb)
        self.assertNotIn("error", row)
        keys = ("source", "source_port", "destination", "destination_port", "ttl", "flag_names", "device")
        self.assertEqual(("10.0.0.1", 40000, "10.0.0.2", 80, 64, ["SYN"], "lo"), tuple(row[key] for key in keys))
        self.assertEqual("tcp  10.0.0.1:40000             10.0.0.2:80                ", shown_packets.packet_line(row))
        self.assertIn("(SYN)", "\n".join(shown_packets.packet_lines(row, 2)))

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
