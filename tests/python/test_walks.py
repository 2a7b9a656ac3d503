# SPDX-License-Identifier: GPL-2.0-or-later
"""Walks of pykd.kernel through structures that do not end, are cut off, or have numbers that cannot be."""

import textwrap
import unittest

import dumps
import pykd
from pykd.core.walk import caught
from pykd.kernel import pci, resources, sched
from pykd.kernel.mm import hugetlb, slablists
from pykd.kernel.task import signals

LISTS = """
types
    struct list_head { struct list_head *next, *prev; };
    struct rb_node { unsigned long __rb_parent_color; struct rb_node *rb_right, *rb_left; };
    struct rb_root_cached { struct rb_node *rb_node, *rb_leftmost; };
"""


class Walks(unittest.TestCase):
    def opened(self, text):
        path, self.names = dumps.made(self, LISTS + textwrap.dedent(text))
        return pykd.Dump(path)

    def test_signals(self):
        dump = self.opened("""
                struct siginfo { int si_signo; };
                struct sigqueue { struct list_head list; struct siginfo info; };
                struct sigset { unsigned long sig[1]; };
                struct sigpending { struct list_head list; struct sigset signal; };
            data
                struct sigpending pending = { { &first.list, &first.list }, { 0x4200 } };
            heap
                struct sigqueue first = { { 0xffff888001000000 }, { 10 } };
        """)
        pending = dump.object("struct sigpending", self.names["pending"])
        self.assertEqual(["SIGUSR1", "SIGTERM"], signals.names_in(signals.mask_of(pending.signal)))
        first, *_, last = caught(signals.queued(dump, pending))
        self.assertEqual(self.names["first"], int(first))
        self.assertIsInstance(last, pykd.FaultError)

    def test_huge_page_of_no_size(self):
        dump = self.opened("""
                struct hstate { unsigned int order; unsigned long nr_huge_pages, free_huge_pages; };
            data
                int hugetlb_max_hstate = 2;
                struct hstate hstates[2] = { { 9, 3, 1 }, { 0xffffffff, 1, 1 } };
        """)
        good, bad = hugetlb.for_each_hstate(dump)
        self.assertEqual(2 << 20, hugetlb.huge_page_size(dump, good))
        with self.assertRaisesRegex(pykd.Error, "order 4294967295"):
            hugetlb.huge_page_size(dump, bad)

    def test_sheaves_of_each_node(self):
        """Each node has a barn of its own, also where it is beside the node (since v7.1)."""
        dump = self.opened("""
                struct slab_sheaf { struct list_head barn_list; unsigned int size; };
                struct node_barn { struct list_head sheaves_full; };
                struct kmem_cache_node { struct list_head partial; };
                struct page { unsigned long flags; };
                struct slab { struct list_head slab_list; };
                struct per_node { struct node_barn *barn; struct kmem_cache_node *node; };
                struct kmem_cache { struct per_node per_node[3]; };
            data
                unsigned int nr_node_ids = 3;
                struct kmem_cache cache = { { { &barns[0], &nodes[0] }, { 0, 0 }, { &barns[1], &nodes[1] } } };
                struct kmem_cache_node nodes[2] = { { { &nodes[0], &nodes[0] } }, { { &nodes[1], &nodes[1] } } };
                struct node_barn barns[2] = { { { &first, &first } }, { { &second, &second } } };
            heap
                struct slab_sheaf first = { { &barns[0], &barns[0] }, 5 };
                struct slab_sheaf second = { { &barns[1], &barns[1] }, 7 };
        """)
        found = list(slablists.nodes(dump, dump.object("struct kmem_cache", self.names["cache"])))
        self.assertEqual([(0, [5]), (2, [7])], [(one.number, [sheaf.size for sheaf in slablists.barn_sheaves(dump, one.barn)]) for one in found])
        self.assertEqual([[], []], [list(slablists.slabs_of_node(dump, one.node)) for one in found])

    def test_buses_in_a_circle(self):
        dump = self.opened("""
                struct pci_bus { struct list_head node, children, devices; };
            data
                struct list_head pci_root_buses = { &root.node, &root.node };
            heap
                struct pci_bus root = { { &pci_root_buses, &pci_root_buses }, { &below.node, &below.node } };
                struct pci_bus below = { { &root.children, &root.children }, { &root.node, &root.node } };
        """)
        found = list(caught(pci.for_each_bus(dump)))
        self.assertEqual([(self.names["root"], 0), (self.names["below"], 1)], [(int(bus), depth) for bus, depth in found[:2]])
        self.assertIsInstance(found[2], pykd.LimitError)
        self.assertLess(len(found), 10)

    def test_resources_in_a_circle(self):
        dump = self.opened("""
                struct resource { unsigned long start, end; struct resource *sibling, *child; };
            data
                struct resource iomem_resource = { 0, 9, 0, &within };
            heap
                struct resource within = { 1, 2, &within, 0 };
        """)
        *found, end = caught(resources.for_each_resource(dump, self.names["iomem_resource"]))
        self.assertEqual([self.names["iomem_resource"], self.names["within"]], [int(one.resource) for one in found])
        self.assertIsInstance(end, pykd.LimitError)

    def test_groups_in_a_circle(self):
        """Two entities of a group whose queue is the one that they are in: each level would have twice as many as the one above."""
        dump = self.opened("""
                struct sched_entity { struct rb_node run_node; struct cfs_rq *my_q; };
                struct cfs_rq { struct rb_root_cached tasks_timeline; };
                struct task_struct { struct sched_entity se; };
            data
                struct cfs_rq queue = { { &one.run_node, &one.run_node } };
            heap
                struct sched_entity one = { { 1, &two.run_node, 0 }, &queue };
                struct sched_entity two = { { &one.run_node, 0, 0 }, &queue };
        """)
        found = list(sched.fair(dump, dump.object("struct cfs_rq", self.names["queue"])))
        self.assertEqual([0, 0], [one.depth for one in found if isinstance(one, sched.Queued)])
        self.assertEqual(2, sum(isinstance(one, pykd.LimitError) for one in found))
