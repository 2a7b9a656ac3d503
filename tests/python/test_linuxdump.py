# SPDX-License-Identifier: GPL-2.0-or-later
"""Every module of LinuxDump can be imported, on every dump, and has all the names that it hands on."""

import contextlib
import importlib
import io
import os
import unittest

import dumps

dumps.have_one_open()


def modules():
    top = os.path.join(dumps.ROOT, "progs")
    for folder, _, files in os.walk(os.path.join(top, "LinuxDump")):
        for file in sorted(files):
            if file.endswith(".py"):
                name = os.path.relpath(os.path.join(folder, file), top).removesuffix(".py").replace(os.sep, ".")
                yield name.removesuffix(".__init__")


class Names(unittest.TestCase):
    def test_every_module(self):
        found = list(modules())
        self.assertGreater(len(found), 30)
        for name in found:
            with self.subTest(name):
                module = importlib.import_module(name)
                missing = [one for one in getattr(module, "__all__", ()) if not hasattr(module, one)]
                self.assertEqual([], missing)

    def test_on_other_dumps(self):
        dumps.run_on_others("test_linuxdump.Names.test_every_module")


class Sysctls(unittest.TestCase):
    def test_directories(self):
        """Going through directories by links leads to the same tables as going through the sets of the namespaces."""
        from LinuxDump import sysctl
        from pykdump.API import readSymbol

        root = readSymbol("sysctl_table_root").default_set.dir
        tables = {name: int(entry) for name, entry in sysctl.getCtlTables().items()}
        self.assertGreater(len(tables), 500)
        walked = {name: int(entry) for name, entry in sysctl.process_subdir(root).items()}
        self.assertLessEqual(walked.items(), tables.items())
        self.assertGreater(len(walked), 0.9 * len(tables))  # a page that is lost costs the one way more than the other
        first, _ = sysctl.first_entry(root)
        self.assertEqual(int(first), int(sysctl.find_entry(root, first.procname)[0]))
        net = sysctl.find_subdir(root, "net")
        self.assertIn("ipv4", [entry.procname for entry, _ in sysctl.for_all_sysdir_entries(net)])
        there = sysctl.xlate_dir(sysctl.nsproxy.net_ns.sysctls, net)
        self.assertNotEqual(int(net), int(there))
        with self.assertRaises(TypeError):
            sysctl.find_subdir(net, "nosuch")

    def test_on_other_dumps(self):
        dumps.run_on_others("test_linuxdump.Sysctls.test_directories")


FREE_AREAS = """NODE
  0
ZONE  NAME        SIZE    FREE      MEM_MAP       START_PADDR  START_MAPNR
  0   DMA         4095    3840  ffffea0000000040      1000            1
AREA    SIZE  FREE_AREA_STRUCT  BLOCKS  PAGES
  0       4k  ffff88003ffd4640       0      0
ZONE  NAME        SIZE    FREE      MEM_MAP       START_PADDR  START_MAPNR
  1   DMA32     258048     170  ffffea0000040000    1000000         4096
AREA    SIZE  FREE_AREA_STRUCT  BLOCKS  PAGES
  0       4k  ffff88003ffd4d40     100    100
  1       8k  ffff88003ffd4d98      31     62
  3      32k  ffff88003ffd4da8       1      8
ZONE  NAME        SIZE    FREE
  2   Normal         0       0
"""


class FreeAreas(unittest.TestCase):
    def test_parsed(self):
        from LinuxDump import kmem

        zones = kmem.parse_kmemf(FREE_AREAS)
        self.assertEqual(["DMA", "DMA32"], [zone[1] for zone in zones])
        self.assertEqual(zones, kmem.NODE.parse_string(FREE_AREAS).as_list())
        with contextlib.redirect_stdout(io.StringIO()) as shown:
            self.assertEqual((False, True), kmem.check_kmemf(zones))
            kmem.print_Zone(zones[1])
        self.assertIn("  1       8k  0xffff88003ffd4d98       31     62", shown.getvalue().splitlines())


if __name__ == "__main__":
    unittest.main()
