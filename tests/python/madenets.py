# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks made from text: what their tests have in common."""

import textwrap
import unittest

import dumps
import pykd

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
