# SPDX-License-Identifier: GPL-2.0-or-later
"""nftables, iptables, tracked connections, hooks, which the dumps at hand lack; of dumps made from text."""

import unittest

from madenets import LITTLE, Fixture
from pykd.kernel.net import conntrack, netfilter, nftables, nftexpressions, xtables
from pykd.kernel.net.show import netfilter as shown


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


if __name__ == "__main__":
    unittest.main()
