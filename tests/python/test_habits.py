# SPDX-License-Identifier: GPL-2.0-or-later
"""What crash's users type from habit."""

import unittest

from test_memory_commands import Commands


class Habits(Commands):
    def test_a_structure_that_only_a_typedef_names(self):
        self.assertEqual(["typedef struct {", "    int counter;", "} atomic_t;", "SIZE: 4"], self.lines("struct atomic_t"))

    def test_star_without_a_blank(self):
        self.assertEqual(self.lines("* list_head modules"), self.lines("*list_head modules"))
        self.assertEqual(self.lines("struct list_head"), self.lines("*list_head"))
        self.refused("*no_such_type", "pykd: command not found: *no_such_type; `help` lists the commands")

    def test_radix_by_its_name(self):
        self.addCleanup(self.session.capture, "set radix 10")
        self.assertEqual(["output radix: 16 (hex)"], self.lines("set hex"))
        self.assertEqual(["output radix: 10 (decimal)"], self.lines("set dec"))

    def test_arrays_are_as_long_as_their_enumerators_say(self):
        for name, length in (("vm_zone_stat", "NR_VM_ZONE_STAT_ITEMS"), ("vm_node_stat", "NR_VM_NODE_STAT_ITEMS")):
            self.assertEqual(self.session.dump.enumerator(length), self.session.dump.symbol_type(name).length)


if __name__ == "__main__":
    unittest.main()
