# SPDX-License-Identifier: GPL-2.0-or-later
"""pyctl: the forms of the seed, and the later ones."""

import os
import re
import unittest

from test_runtime import Folder

HELP = """\
usage: pyctl.py [-h] [--set SET [SET ...]] [--ls [LS [LS ...]]]
                [--clear [CLEAR [CLEAR ...]]]

optional arguments:
  -h, --help            show this help message and exit
  --set SET [SET ...]   Set options
  --ls [LS [LS ...]]    List currently set options
  --clear [CLEAR [CLEAR ...]]
                        Clear currently set options

"""

LISTING = """\
 -- Listing registered options --
     <debugDCache=0>   in pykdump.Generic
     <debugMemoize=0>   in pykdump.memocaches
     <debugDeref=0>   in pykdump.lowlevel
     <debugDLKM={}>   in pykdump.dlkmload
     <debugReload=0>   in pykdump.API

"""


class Pyctl(Folder):
    def pyctl(self, *arguments):
        return self.run_all(*(f"epython pyctl {words}" for words in arguments))

    def test_help(self):
        self.assertEqual(self.pyctl("-h"), HELP)
        self.assertEqual(self.pyctl("--help"), HELP)

    def test_listing(self):
        self.assertEqual(self.pyctl("--ls"), LISTING.format(0))
        self.assertEqual(
            self.pyctl("--ls debugDLKM"), " -- Listing registered options --\n     <debugDLKM=0>   in pykdump.dlkmload\n\n"
        )

    def test_set_and_clear(self):
        expected = "Set: ['debugDLKM=2']\n\n" + LISTING.format(2) + "Clear: ['debugDLKM']\n\n" + LISTING.format(0)
        self.assertEqual(self.pyctl("--set debugDLKM=2", "--ls", "--clear debugDLKM", "--ls"), expected)

    def test_footer(self):
        output = self.start("epython pyctl --set debugDLKM=2").stdout
        self.assertRegex(output, r"^Set: \['debugDLKM=2'\]\n\n \*\* Execution took +\d+\.\d\ds \(real\) +\d+\.\d\ds \(CPU\)\n$")

    def test_bad_set(self):
        self.assertIn("Unknown key: <nosuch>, it is set when", self.pyctl("--set nosuch=1"))
        self.assertIn("Bad value: <debugDLKM=x>", self.pyctl("--set debugDLKM=x"))

    def test_set_takes_effect(self):
        self.write("prog.py", "import pykdump.API\nprint(pykdump.API.debugReload)")
        self.assertIn("\n3\n", self.run_all("epython pyctl --set debugReload=3", "epython prog"))

    def test_own_attribute(self):
        self.write("mod.py", "from pykdump.API import *\nregisterModuleAttr('debugMod', default=0, help='mine')\nprint('new')")
        self.write("prog.py", "import mod\nprint(mod.debugMod)")
        output = self.run_all("epython prog", "epython pyctl --set debugMod=7", "epython prog", "epython pyctl debugMod")
        self.assertEqual(
            [line.strip() for line in output.splitlines() if line],
            ["new", "0", "Set: ['debugMod=7']", "7", "debugMod        - mine", "currentvalue=7 default=0"],
        )

    def test_chosen_before_import(self):
        """What --set gave is there when the module runs for the first time, and after --reload; --clear takes it back."""
        helper = os.path.join(self.folder, "chosen_helper.py")
        with open(helper, "w") as file:
            file.write("from pykdump.API import *\nregisterModuleAttr('debugEarly', default=0)\nprint('imported with', debugEarly)\n")
        program = os.path.join(self.folder, "chooser.py")
        with open(program, "w") as file:
            file.write("import chosen_helper\nprint('it is', chosen_helper.debugEarly)\n")
        output = self.run_all(
            "epython pyctl --set debugEarly=2", f"epython {program}", f"epython {program} --reload", "epython pyctl --clear", f"epython {program}"
        )
        shown = re.findall(r"^(imported with|it is) (\d)$", output, re.MULTILINE)
        self.assertEqual(shown, [("imported with", "2"), ("it is", "2"), ("imported with", "2"), ("it is", "2"), ("it is", "0")])

    def test_clear_keeps_numbers(self):
        output = self.run_all("epython pyctl --clear", "epython pyctl --ls")
        self.assertIn("<debugDCache=0>", output)

    def test_later_forms(self):
        self.assertEqual(
            self.pyctl("debugReload=5", "debugReload"),
            "\n  debugReload     - Debug reloading Python modules\n           currentvalue=5 default=0\n\n",
        )
        names = [line.split()[0] for line in self.pyctl("-a").splitlines() if line.startswith("  ") and line[2] != " "]
        self.assertEqual(names, ["_debugDCache", "debugDLKM", "debugDeref", "debugMP_KW", "debugMemoize", "debugReload"])
        self.assertEqual(self.pyctl("--all x"), "Unexpected extra args ['x']\n -- sys.exit(1) --\n\n")
        self.assertEqual(self.pyctl("nosuch"), "  Unknown key: <nosuch>, skipping it\n\n")
        self.assertEqual(self.pyctl("a=b=c"), "  Bad syntax: <a=b=c>\n -- sys.exit(1) --\n\n")

    def test_not_in_help(self):
        self.assertNotIn("pyctl", self.run_all("help"))
        result = self.start("man pyctl")
        self.assertEqual(result.returncode, 1)


if __name__ == "__main__":
    unittest.main()
