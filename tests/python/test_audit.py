# SPDX-License-Identifier: GPL-2.0-or-later
"""The command audit, on kernels made for it and on the dumps at hand, of which none audits."""

import unittest

from altered import Altered
from dumps import SAMPLE, made, opened, vmcores, with_texts
from pykd.session.session import Session

TEXT = """
uts release=6.1.0-test
types
    struct list_head { struct list_head *next, *prev; };
    struct sk_buff_head { struct list_head list; unsigned int qlen; };
    struct upid { int nr; void *ns; };
    struct pid { unsigned int level; struct upid numbers[1]; };
    struct auditd_connection { struct pid *pid; unsigned int portid; };
    struct audit_watch { char *path; };
    struct audit_tree { char pathname[16]; };
    struct audit_field { unsigned int type; union { unsigned int val; struct { char *lsm_str; void *lsm_rule; }; }; unsigned int op; };
    struct audit_krule { unsigned int pflags, flags, listnr, action, mask[64]; unsigned int field_count; char *filterkey; struct audit_field *fields;
                         struct audit_watch *watch; struct audit_tree *tree; struct audit_watch *exe; struct list_head list; };
    struct task_struct { unsigned int __state; int pid; char comm[16]; struct list_head tasks; };
text
    audit_log_start  c3
data
    unsigned int audit_enabled = 2, audit_failure = 2, audit_rate_limit = 100, audit_backlog_limit = 8192, audit_lost = 3;
    struct sk_buff_head audit_queue = { { &audit_queue, &audit_queue }, 5 };
    struct auditd_connection *auditd_conn = &connection;
    struct auditd_connection connection = { &daemon, 7 };
    struct pid daemon = { 0, { { 712, 0 } } };
    struct list_head audit_rules_list[] = { { &audit_rules_list[0], &audit_rules_list[0] }, { &audit_rules_list[1], &audit_rules_list[1] },
        { &audit_rules_list[2], &audit_rules_list[2] }, { &audit_rules_list[3], &audit_rules_list[3] }, { &watched.list, &never.list },
        { &audit_rules_list[5], &audit_rules_list[5] }, { &bad.list, &bad.list } };
    struct audit_krule watched = { .listnr = 4, .action = 2, .mask = { ALL }, .field_count = 2, .filterkey = $"passwd", .fields = watch_fields, .watch = &path,
                                   .list = { &opened.list, &audit_rules_list[4] } };
    struct audit_field watch_fields[] = { { 105, { 11 }, 0 }, { 106, { 10 }, 0 } };
    struct audit_watch path = { $"/etc/passwd" };
    struct audit_krule opened = { .listnr = 4, .action = 2, .mask = { [0] = 5, [8] = 2 }, .field_count = 4, .fields = open_fields, .list = { &never.list, &watched.list } };
    struct audit_field open_fields[] = { { 11, { 0xc000003e }, 0 }, { 9, { 1000 }, 7 }, { 9, { 0xffffffff }, 1 }, { 999, { 1 }, 4 } };
    struct audit_krule never = { .listnr = 4, .action = 0, .field_count = 1, .fields = tree_fields, .tree = &tree, .list = { &audit_rules_list[4], &opened.list } };
    struct audit_field tree_fields[] = { { 107, { 4 }, 0 } };
    struct audit_tree tree = { "/var/spool" };
    struct audit_krule bad = { .listnr = 6, .action = 2, .field_count = 3, .fields = 0xffff888100000000, .list = { &audit_rules_list[6], &audit_rules_list[6] } };
"""


class Made(unittest.TestCase):
    def setUp(self):
        path, _ = made(self, with_texts(TEXT.replace("ALL", ", ".join(["0xffffffff"] * 64))))
        self.session = Session(opened(path))

    def test_status(self):
        row, *_ = self.session.rows("audit")
        self.assertEqual(
            {"enabled": 2, "failure": "panic", "pid": 712, "rate_limit": 100, "backlog_limit": 8192, "lost": 3, "backlog": 5}, row
        )

    def test_rules(self):
        """As auditctl lists them: a watch, system calls by number, what is left out; and one that is damaged does not end it."""
        text = self.session.capture("audit")[0].splitlines()
        self.assertEqual(
            [
                "-a always,exit -F path=/etc/passwd -F perm=wa -F key=passwd",
                "-a always,exit -S 0,2,257 -F arch=b64 -F auid>=1000 -F auid!=unset -F field999<1",
                "-a never,exit -F dir=/var/spool",
            ],
            text[2:5],
        )
        rows = list(self.session.rows("audit"))
        self.assertEqual([False, False, False, False, True], ["error" in row for row in rows])


class Real(unittest.TestCase):
    def test_off(self):
        for path in vmcores():
            rows = list(Session(opened(path)).rows("audit"))
            with self.subTest(path):
                self.assertEqual([(0, "printk", None)], [(row["enabled"], row["failure"], row["pid"]) for row in rows])

    def test_a_circle(self):
        altered = Altered(SAMPLE)
        heads = altered.dump.symbol("audit_rules_list").address
        altered.word(heads, heads + 0x10, heads + 0x10)
        altered.word(heads + 0x10, heads + 0x10)
        rows = list(Session(altered.open(self)).rows("audit"))
        self.assertTrue(any("error" in row for row in rows))


if __name__ == "__main__":
    unittest.main()
