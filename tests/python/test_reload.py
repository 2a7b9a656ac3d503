# SPDX-License-Identifier: GPL-2.0-or-later
"""``--reload``: what is loaded again, in which order, and what is said of it."""

import unittest

from test_runtime import Folder

SET = "epython pyctl --set debugReload={}"


class Reload(Folder):
    def setUp(self):
        super().setUp()
        self.write("lib/__init__.py", "")
        self.write("lib/one.py", "V = 1")
        self.write("lib/two.py", "import lib.one\nV = 1")
        self.write("prog.py", "from pykdump.API import *\nimport lib.two\nprint(lib.one.V, lib.two.V)")
        self.write("edit.py", "import sys\nopen(sys.argv[1], 'w').write(sys.argv[2])")

    def session(self, *commands, **rest):
        """The output of commands that matters, line by line."""
        lines = self.run_all(*commands, **rest).splitlines()
        return [line for line in lines if line and not line.startswith("Set: ")]

    def test_messages(self):
        files = {name: f"{self.folder}/lib/{name}.py" for name in ("__init__", "one", "two")}
        self.assertEqual(
            self.session("epython prog", SET.format(2), "epython prog --reload"),
            [
                "1 1",
                f"lib {files['__init__']}",
                "--reloading lib",
                f"lib.one {files['one']}",
                "--reloading lib.one",
                f"lib.two {files['two']}",
                "--reloading lib.two",
                "1 1",
            ],
        )
        self.assertEqual(
            self.session("epython prog", SET.format(1), "epython prog --reload"),
            ["1 1", "--reloading lib", "--reloading lib.one", "--reloading lib.two", "1 1"],
        )
        self.assertEqual(self.session("epython prog", "epython prog --reload"), ["1 1", "1 1"])

    def test_changes_are_seen_only_with_the_option(self):
        edit = "epython edit lib/one.py 'V = 2'"
        self.assertEqual(self.session("epython prog", edit, "epython prog", "epython prog --reload"), ["1 1", "1 1", "2 1"])

    def test_what_is_the_same_is_not_compiled_again(self):
        self.write("code.py", "import lib.one\nprint(id(lib.one.f.__code__))")
        self.write("lib/one.py", "def f(): pass")
        first, again = self.session("epython code", "epython code", options=["--reload"])
        self.assertEqual(first, again)
        first, changed = self.session("epython code", "epython edit lib/one.py 'def f(): 1'", "epython code", options=["--reload"])
        self.assertNotEqual(first, changed)

    def test_option_of_the_session(self):
        edit = "epython edit lib/one.py 'V = 2'"
        self.assertEqual(self.session("epython prog", edit, "epython prog", options=["--reload"]), ["1 1", "2 1"])
        # Also of programs without the API.
        self.write("plain.py", "import lib.one\nprint(lib.one.V)")
        self.assertEqual(
            self.session("epython plain", "epython edit lib/one.py 'V = 3'", "epython plain", options=["--reload"]), ["2", "3"]
        )

    def test_syntax_error_leaves_the_old_module(self):
        broken = (
            ("V = 2\nV = (", "SyntaxError"),
            ("V = 2\n1/0", "ZeroDivisionError"),
            ("V = 2\nimport sys; sys.exit(3)", "SystemExit: 3"),
        )
        for text, error in broken:
            with self.subTest(error):
                self.write("lib/one.py", "V = 1")
                self.write("new.py", f"open('lib/one.py', 'w').write({text!r})")
                result = self.start("epython prog", "epython new", SET.format(1), "epython prog --reload")
                self.assertIn(f"--cannot reload lib.one, the old one stays: {error}", result.stderr)
                self.assertNotIn("Traceback", result.stderr)
                lines = result.stdout.splitlines()
                self.assertEqual([line for line in lines if line.startswith(("--rel", "1 1"))][1:], [
                    "--reloading lib",
                    "--reloading lib.two",
                    "1 1",
                ])

    def test_module_of_the_programs_folder(self):
        self.write("away/helper.py", "V = 1")
        away = self.write("away/use.py", "from pykdump.API import *\nimport helper\nprint(helper.V)")
        edit = "epython edit away/helper.py 'V = 2'"
        self.assertEqual(
            self.session(f"epython {away}", edit, SET.format(1), f"epython {away} --reload"), ["1", "--reloading helper", "2"]
        )

    def test_frozen_and_framework_stay(self):
        self.write("ids.py", "import sys\nprint([id(sys.modules[n]) for n in ('pykdump.API', 'LinuxDump.Tasks', 'pykd')])")
        first, second = self.session(
            "taskinfo --summ > /dev/null", "epython ids", SET.format(2), "taskinfo --reload > out", "epython ids"
        )
        self.assertEqual(first, second)
        with open(f"{self.folder}/out") as file:
            self.assertNotIn("reloading", file.read())


if __name__ == "__main__":
    unittest.main()
