# SPDX-License-Identifier: GPL-2.0-or-later
"""Walks through containers that are damaged, on a kernel made for it: red-black trees, free lists of slabs."""

import unittest

import dumps
import pykd
from pykd.core.walk import caught
from pykd.kernel.lists import rbtree
from pykd.kernel.mm.slablists import free_objects

KERNEL = """
uts release=6.1.0-test
types
    struct rb_node { unsigned long __rb_parent_color; struct rb_node *rb_right; struct rb_node *rb_left; };
    struct rb_root { struct rb_node *rb_node; };
    struct kmem_cache { unsigned int offset; unsigned long random; };
data
    struct rb_root root = { &top }, circle = { &odd };
    struct rb_node top = { 1, &right, &left }, left = { &top + 1, &inner, 0 }, right = { &top, 0, 0 }, inner = { &left, 0, 0 };
    struct rb_node odd = { 1, &odd, 0 };
    struct kmem_cache cache = { 8, 0x1234 };
    unsigned long first[] = { 0, 0 }, plain[] = { 0, &last }, last[] = { 0, 0 }, round[] = { 0, &round };
"""


class Lists(unittest.TestCase):
    def setUp(self):
        path, self.names = dumps.made(self, KERNEL)
        self.dump = dumps.opened(path)

    def test_red_black_tree(self):
        order = [self.names[name] for name in ("left", "inner", "top", "right")]
        self.assertEqual(order, [node for node, _ in rbtree.nodes(self.dump, self.names["root"])])
        self.assertEqual(["", "l", "lr", "r"], [way for _, way in rbtree.nodes(self.dump, self.names["root"], order="pre")])
        self.assertEqual(order[:2], [node for node, _ in rbtree.nodes(self.dump, self.names["left"], is_node=True)])
        steps, node = [], rbtree.rb_first(self.dump, self.names["root"])
        while node and len(steps) < 9:
            steps.append(node)
            node = rbtree.rb_next(self.dump, node)
        self.assertEqual(order, steps)

    def test_red_black_tree_in_a_circle(self):
        *found, end = caught(rbtree.nodes(self.dump, self.names["circle"]))
        self.assertEqual([self.names["odd"]], [node for node, _ in found])
        self.assertIsInstance(end, pykd.LimitError)

    def free(self, cache, first):
        return list(caught(free_objects(self.dump, self.dump.object("struct kmem_cache", self.names[cache]), self.names[first])))

    def test_free_list(self):
        class Plain:
            """As a kernel without CONFIG_SLAB_FREELIST_HARDENED has it"""

            offset = 8

            def hasField(self, name):
                return False

        self.assertEqual([self.names["plain"], self.names["last"]], list(free_objects(self.dump, Plain(), self.names["plain"])))
        *found, end = caught(free_objects(self.dump, Plain(), self.names["round"]))
        self.assertEqual([self.names["round"]], found)
        self.assertIsInstance(end, pykd.LimitError, "a circle is no end")

    def test_disguised_free_list(self):
        """The pointer is xor-ed with the cache's secret and with its own place, its bytes turned around."""
        where = self.names["plain"] + 8
        place = self.names["last"] ^ 0x1234 ^ int.from_bytes(where.to_bytes(8, "big"), "little")
        first, second, end = self.free("cache", "plain")
        self.assertEqual((self.names["plain"], place), (first, second))
        self.assertIsInstance(end, pykd.FaultError)


if __name__ == "__main__":
    unittest.main()
