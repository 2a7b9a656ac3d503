# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of functions that the compiler cloned: shown without the mark, and found again."""

import unittest

import dumps
import pykd

dumps.have_one_open()

import crash  # noqa: E402
from pykd.values import address, clones  # noqa: E402


class Clones(unittest.TestCase):
    def test_plain(self):
        names = {
            "panic": "panic",
            "intel_pmu_hw_config.part.0": "intel_pmu_hw_config",
            "apply_microcode_early.isra.0.cold": "apply_microcode_early",
            "vfs_statfs.part.0.isra.0": "vfs_statfs.part.0",
            "get_sigframe.constprop.0.isra.0.cold": "get_sigframe.constprop.0",
            "__handle_sysrq.cold": "__handle_sysrq.cold",
            ".isra.0": ".isra.0",
        }
        self.assertEqual(names, {name: clones.plain(name) for name in names})

    def test_found_by_the_name_that_is_shown(self):
        dump = pykd.current()
        found = 0
        for symbol in dump.kernel_symbols():
            if symbol.type not in "tT" or not symbol.name.endswith((".isra.0", ".part.0")):
                continue
            shown = crash.addr2sym(symbol.address)
            if dump.symbols(symbol.name) != [symbol] and len(dump.symbols(symbol.name)) > 1:
                continue
            self.assertNotIn(".isra.", shown)
            self.assertTrue(crash.sym2addr(shown), shown)
            self.assertEqual((shown, 1), crash.addr2sym(symbol.address + 1, 1))
            if not dump.symbols(shown):
                self.assertIn(symbol.address, crash.sym2alladdr(shown))
                self.assertEqual(crash.sym2addr(shown), address.address(dump, shown))
                found += 1
            if found > 50:
                break
        self.assertTrue(found)
        self.assertEqual((0, []), (crash.sym2addr("no_such_symbol"), crash.sym2alladdr("no_such_symbol")))


if __name__ == "__main__":
    unittest.main()
