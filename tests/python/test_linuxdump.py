# SPDX-License-Identifier: GPL-2.0-or-later
"""Every module of LinuxDump can be imported, on every dump, and has all the names that it hands on."""

import importlib
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


if __name__ == "__main__":
    unittest.main()
