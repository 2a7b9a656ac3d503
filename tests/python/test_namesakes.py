# SPDX-License-Identifier: GPL-2.0-or-later
"""A name that several symbols of the kernel have means the one that can hold what it is declared to be."""

import unittest
from collections import defaultdict

import dumps
import pykd

dumps.have_one_open()

MANY = 30
CACHE_LINE = 64


def namesakes(dump):
    """Per name: the data symbols that have it, where there are several and nothing types them yet."""
    found = defaultdict(list)
    for symbol in dump.kernel_symbols():
        if symbol.type in "dDbB" and symbol.size and "." not in symbol.name:
            found[symbol.name].append(symbol)
    for name, symbols in found.items():
        if len(symbols) == 1 or len(symbols) != len(dump.symbols(name)):
            continue
        try:
            dump.symbol_type(name)
        except pykd.NotFoundError:
            yield name, symbols


class Namesakes(unittest.TestCase):
    def setUp(self):
        self.dump = pykd.current()
        self.init = range(self.dump.address_of("__init_begin"), self.dump.address_of("__init_end"))

    def kept(self, symbols):
        """Those that are not in the memory that is given back after the start."""
        return [symbol for symbol in symbols if symbol.address not in self.init]

    def test_by_place(self):
        """Without a type the first in address order counts that the kernel still has."""
        seen = 0
        for name, symbols in namesakes(self.dump):
            kept = self.kept(symbols)
            seen += bool(kept) and kept[0] is not symbols[0]
            self.assertEqual((kept or symbols)[0].address, self.dump.symbol(name).address, name)
            self.assertEqual((kept or symbols)[0].address, self.dump.address_of(name), name)
        self.assertGreater(seen, 0, "no kernel is without a variable of its start that another one has the name of")

    def test_by_size(self):
        """The first is too small, or much too large, for what is declared: another one is meant."""
        seen = 0
        for name, symbols in namesakes(self.dump):
            kept = self.kept(symbols)
            if len(kept) < 2 or kept[1].size - CACHE_LINE < kept[0].size <= kept[1].size + CACHE_LINE:
                continue
            self.dump.declare(f"char {name}[{kept[1].size}];")
            self.assertEqual(kept[1].address, self.dump.symbol(name).address, name)
            self.assertEqual(kept[1].address, self.dump.address_of(name), name)
            self.assertEqual(kept[1].size, self.dump.symbol_type(name).size, name)
            seen += 1
            if seen == MANY:
                break
        self.assertGreater(seen, 0)


class OtherDumps(unittest.TestCase):
    def test_on_every_dump(self):
        dumps.run_on_others("test_namesakes")


if __name__ == "__main__":
    unittest.main()
