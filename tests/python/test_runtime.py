# SPDX-License-Identifier: GPL-2.0-or-later
"""Running programs: how they are found, what they run in, what ends them."""

import os
import subprocess
import tempfile
import unittest
import zipfile

from dumps import PYKD, vmcores


class Folder(unittest.TestCase):
    """Each test has a folder of its own, in which pykd runs."""

    def setUp(self):
        self.dump = vmcores()[0]
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        return path

    def start(self, *commands, options=(), path=None, home=None):
        environment = dict(os.environ, HOME=home or self.folder + "/nowhere", PYKDUMPPATH=path or "")
        words = [PYKD, *options, self.dump]
        for command in commands:
            words += ["-c", command]
        return subprocess.run(words, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60, check=False)

    def run_all(self, *commands, **rest):
        """Standard output, without the footers."""
        return "".join(
            line for line in self.start(*commands, **rest).stdout.splitlines(keepends=True) if "Execution took" not in line
        )


class Aftermath(Folder):
    """What a program did to the process does not outlive it."""

    def test_signal_handlers_and_timers(self):
        self.write("rude.py", "import signal\nfor n in (2, 14, 15): signal.signal(n, signal.SIG_IGN)\nsignal.alarm(1)\n")
        self.write("look.py", "import signal\nprint([signal.getsignal(n) for n in (2, 14, 15)], signal.alarm(0))\n")
        before, after = self.run_all("epython look", "epython rude", "epython look").splitlines()
        self.assertEqual(before, after)

    def test_closed_output(self):
        self.write("closes.py", "import sys\nprint('first')\nsys.stdout.close()\n")
        self.assertEqual(["first", "1"], self.run_all("epython closes", "eval 1+1 | wc -w | tr -d 8 | wc -l", "epython closes").split()[:2])
        self.write("closes.py", "from pykdump.API import *\nprint('first')\nsys.stdout.close()\n")
        result = self.start("epython closes", "epython closes")
        self.assertEqual((2, 2, ""), (result.stdout.count("first"), result.stdout.count("Execution took"), result.stderr))

    def test_forked_child(self):
        """A child that calls sys.exit, or goes on to the end, is no second session."""
        for end in ("sys.exit(3)", "pass", "1/0"):
            self.write("forks.py", f"import os, sys\nif os.fork() == 0:\n    {end}\nelse:\n    os.wait(); print('parent')\n")
            self.write("after.py", "print('after')\n")
            output = self.run_all("epython forks", "epython after")
            self.assertEqual((1, 1), (output.count("parent"), output.count("after")), end)

    def test_end_of_output_is_end_of_command(self):
        """Who reads a command's output to its end and kills what lingers finds nothing to kill."""
        text = "fd, pid = crash.exec_crash_command_bg2('eval 1')\n    while os.read(fd, 80): pass\n"
        text += "    os.kill(pid, 9); print(os.waitpid(pid, 0)[1])\n"
        self.write("reads.py", f"import os, crash\nfor i in range(20):\n    {text}")
        self.assertEqual(["0"] * 20, self.run_all("epython reads").split())

    def test_exit_status_is_the_programs_business(self):
        self.write("leaves.py", "import sys\nprint('said')\nsys.exit(1)\n")
        self.write("asks.py", "import crash\nprint(repr(crash.exec_crash_command('epython leaves')))\n")
        self.assertEqual("'said\\n -- sys.exit(1) --\\n'\n", self.run_all("epython asks"))

    def test_helpers_of_two_folders(self):
        for name in ("a", "b"):
            self.write(f"{name}/same.py", f"NAME = '{name}'\n")
            self.write(f"{name}/run_{name}.py", "from pykdump.API import *\nimport same\nprint(same.NAME)\n")
        a, b = f"{self.folder}/a/run_a.py", f"{self.folder}/b/run_b.py"
        self.assertEqual(["a", "b", "b", "a"], self.run_all(f"epython {a}", f"epython {b}", f"epython {b} --reload", f"epython {a}").split())

    def test_helper_that_moved_or_went(self):
        path = ":".join(f"{self.folder}/{name}" for name in ("one", "two"))
        self.write("two/mover.py", "NAME = 'two'\n")
        self.write("move.py", "import mover\nprint(mover.NAME)\n")
        self.write("add.py", f"import os\nos.mkdir('{self.folder}/one')\nopen('{self.folder}/one/mover.py', 'w').write('NAME = 1')\n")
        self.write("drop.py", f"import os\nos.remove('{self.folder}/one/mover.py'); os.remove('{self.folder}/two/mover.py')\n")
        result = self.start("epython move", "epython add", "epython move", "epython drop", "epython move", path=path)
        self.assertEqual(["two", "1"], result.stdout.split()[:2])
        self.assertIn("No module named 'mover'", result.stderr)
        self.assertEqual(1, result.stderr.count(f"PYKDUMPPATH: {self.folder}/one is not there"))

    def test_program_in_an_archive(self):
        archive = f"{self.folder}/programs.zip"
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("packed.py", "import beside\nprint(beside.NAME, __file__)\n")
            file.writestr("beside.py", "NAME = 'beside'\n")
        self.assertEqual(f"beside {archive}/packed.py\n", self.run_all("epython packed", path=archive))

    def test_programs_of_pykd_beside_another_framework(self):
        """They have pykd's own; a program of the user's has the user's, before and after."""
        self.write("other/LinuxDump/__init__.py", "WHOSE = 'users'\n")
        self.write("other/LinuxDump/percpu.py", "")
        self.write("other/mine.py", "import LinuxDump\nprint(LinuxDump.WHOSE)\n")
        output = self.run_all("epython mine", "pstree", "epython mine", path=f"{self.folder}/other")
        self.assertEqual(2, output.count("users"), output)
        self.assertIn("swapper/0", output)


class Lookup(Folder):
    def test_messages(self):
        self.assertEqual(self.run_all("epython nosuch"), " Cannot find the program <nosuch>\n")
        self.assertEqual(self.run_all("epython /no/such"), " Cannot open the file </no/such>\n")
        self.assertEqual(
            self.run_all("epython"), " You need to specify a program file or options\nCheck 'epython -h' for details\n"
        )

    def test_order(self):
        self.write("one/prog.py", "print('one')")
        self.write("two/prog.py", "print('two')")
        self.write("two/taskinfo.py", "import sys; print('mine', sys.argv)")
        path = f"{self.folder}/one:{self.folder}/two"
        self.assertEqual(self.run_all("epython prog", "epython prog.py", path=path), "one\none\n")
        self.assertEqual(self.run_all("taskinfo x", path=path), f"mine ['{self.folder}/two/taskinfo.py', 'x']\n")
        self.write("prog.py", "print('here')")
        self.assertEqual(self.run_all("epython prog", path=path), "here\n")
        # With its suffix or without, and NAME itself before NAME.py. A folder of that name is no program.
        self.write("two/other", "print('bare')")
        self.write("two/other.py", "print('suffix')")
        os.mkdir(f"{self.folder}/one/other")
        self.assertEqual(self.run_all("epython other", path=path), "bare\n")

    def test_isolated(self):
        self.write("prog.py", "print('here')")
        self.assertEqual(
            self.run_all("epython prog", options=["--isolated"], path=self.folder), " Cannot find the program <prog>\n"
        )

    @unittest.skipIf(os.geteuid() != 0, "the rule is about root")
    def test_untrusted_folder(self):
        self.write("prog.py", "print('here')")
        os.chmod(self.folder, 0o777)
        result = self.start("epython prog")
        self.assertEqual(result.stdout, " Cannot find the program <prog>\n")
        self.assertIn("can be written by others", result.stderr)
        self.assertEqual(self.run_all("epython prog", options=["--trust-cwd"]), "here\n")

    def test_path(self):
        version, path = self.run_all("epython -p", path="/a:/b").splitlines()
        self.assertTrue(version.startswith("3.13."), version)
        exe = os.path.realpath(PYKD)
        self.assertEqual(path, str([".", f"{exe}/pylib", "/a", "/b", exe, f"{exe}/dist-packages"]))

    def test_options_end_at_the_program(self):
        self.write("prog.py", "import sys; print(sys.argv)")
        self.assertEqual(self.run_all("epython -d 0 prog -d -h --version"), "['./prog.py', '-d', '-h', '--version']\n")

    def test_library_module(self):
        self.assertIn("1 loop, best of 1", self.run_all("epython -m timeit -n 1 -r 1 pass"))


class Namespace(Folder):
    def test_persists(self):
        self.write("first.py", "print(__name__, __file__)\nX = 5")
        self.write("second.py", "print(X, '__file__' in globals())")
        self.assertEqual(self.run_all("epython first; epython second"), "__main__ ./first.py\n5 True\n")

    def test_path_is_reset(self):
        self.write("first.py", "import sys; sys.path[:] = ['/gone']")
        self.write("second.py", "import sys; print(sys.path[0], '/gone' in sys.path)")
        self.assertEqual(self.run_all("epython first", "epython second"), ". False\n")

    def test_nested(self):
        self.write("inner.py", "import sys; X = 'inner'; print(X, sys.argv[1:]); sys.path.append('/gone'); sys.exit(4)")
        self.write(
            "outer.py",
            "import crash, sys\n"
            "X = 'outer'\n"
            "crash.exec_epython_command('inner', 'a b')\n"
            "print(X, sys.argv, __file__, '/gone' in sys.path)",
        )
        self.assertEqual(
            self.run_all("epython outer x"),
            "inner ['a b']\n -- sys.exit(4) --\nouter ['./outer.py', 'x'] ./outer.py False\n",
        )


class Ends(Folder):
    def test_exit(self):
        for value, text, status in (
            ("", "", 0),
            ("0", "", 0),
            ("None", "", 0),
            ("3", " -- sys.exit(3) --\n", 1),
            ("'text'", "", 1),
        ):
            with self.subTest(value):
                self.write("prog.py", f"import sys; sys.exit({value})")
                result = self.start("epython prog")
                self.assertEqual((result.stdout, result.returncode), (text, status))

    def test_exit_that_a_handler_saw(self):
        """PyKdump prints the number only if nothing between it and the program looked at the exception."""
        passed = "try:\n    sys.exit(3)\nexcept KeyError:\n    pass\n"
        optparse = "import optparse\np = optparse.OptionParser()\np.add_option('-t', type='int')\np.parse_args(['{}'])\n"
        argparse = "import argparse\nargparse.ArgumentParser(prog='x').parse_args(['-z'])\n"
        self.write("leaves.py", "import sys\nsys.exit(3)\n")
        quiet = (passed, optparse.format("-z"), optparse.format("-t"), "import leaves\n")
        for text, said in (*((text, False) for text in quiet), (argparse, True)):
            with self.subTest(text):
                self.write("prog.py", "import sys\n" + text)
                result = self.start("epython prog")
                self.assertEqual((said, 1), (" -- sys.exit(" in result.stdout, result.returncode))

    def test_exception(self):
        self.write("bad.py", "def f():\n    1/0\nf()\n")
        self.write("good.py", "print('goes on')")
        result = self.start("epython bad", "epython good")
        self.assertEqual(result.stdout, "goes on\n")
        self.assertEqual(result.returncode, 1)
        lines = result.stderr.splitlines()
        self.assertEqual(lines[:3], ["Traceback (most recent call last):", '  File "./bad.py", line 3, in <module>', "    f()"])
        self.assertEqual(lines[-1], "ZeroDivisionError: division by zero")

    def test_unknown_escapes(self):
        """Programs from before Python 3.12 write ``'\\d'``: no reason to warn their users."""
        self.write("prog.py", "import lib\nprint(len('\\d'), lib.PATTERN)\n")
        self.write("lib.py", "PATTERN = '\\w+'\n")
        done = self.start("epython prog")
        self.assertEqual(("2 \\w+\n", ""), (done.stdout, done.stderr))

    def test_syntax_error(self):
        self.write("bad.py", "def f(:\n")
        result = self.start("epython bad")
        self.assertIn("SyntaxError", result.stderr)
        self.assertEqual(result.returncode, 1)

    def test_interrupt(self):
        self.write("slow.py", "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)\n")
        self.write("good.py", "print('goes on')")
        result = self.start("epython slow", "epython good")
        self.assertEqual(result.stdout, "goes on\n")
        self.assertEqual(result.stderr, "slow.py: interrupted\n")

    def test_reader_has_seen_enough(self):
        self.write("long.py", "for i in range(100_000): print(i)")
        self.write("good.py", "print('goes on')")
        result = self.start("epython long | head -1", "epython good")
        self.assertEqual((result.stdout, result.stderr, result.returncode), ("0\ngoes on\n", "", 0))

    def test_other_pipe_broken(self):
        self.write("pipe.py", "import os\nr, w = os.pipe()\nos.close(r)\nos.write(w, b'x')\n")
        self.write("good.py", "print('goes on')")
        result = self.start("epython pipe", "epython good")
        self.assertEqual(result.stdout, "goes on\n")
        self.assertIn("BrokenPipeError", result.stderr)

    def test_hooks(self):
        self.write("hooks.py", "import sys\nsys.enterepython = lambda: print('in')\nsys.exitepython = lambda: print('out')")
        self.write("bad.py", "print('bad'); 1/0")
        self.write("refuse.py", "import sys\ndef f(): print('no'); sys.exit(0)\nsys.enterepython = f\n")
        self.assertEqual(
            self.run_all("epython hooks", "epython bad", "epython refuse", "epython bad"),
            "out\nin\nbad\nout\nin\nout\nno\n",
        )


class Startup(Folder):
    def test_init_program(self):
        self.write("PyKdumpInit.py", "import crash\nprint(crash.register_epython_prog('mine', 'short', '-x', 'long'))")
        self.write("mine.py", "import sys; print('mine', sys.argv[1:])")
        output = self.run_all("mine 1 2", "help mine", options=["--trust-cwd"])
        self.assertEqual(
            output, "True\nmine ['1', '2']\n\nNAME\n  mine - short\n\nSYNOPSIS\n  mine -x\n\nDESCRIPTION\n  long\n\n"
        )

    def test_init_program_replaces_the_frozen_one(self):
        self.write("PyKdumpInit", "")
        self.assertEqual(self.start("taskinfo", options=["--trust-cwd"]).returncode, 1)

    def test_register(self):
        self.write(
            "prog.py",
            "import crash\n"
            "print(crash.register_epython_prog('sys', '', '', ''))\n"
            "print(crash.register_epython_prog('dmesg', '', '', ''))\n"
            "print('dmesg' in crash.get_epython_cmds(), crash.get_epython_cmds()[0])\n",
        )
        self.assertEqual(
            self.run_all("epython prog"),
            '"sys" is a duplicate of a currently-existing command\nFalse\n'
            'alias "dmesg" deleted: it is the name of a command now\nTrue\nTrue epython\n',
        )

    def test_rc_files(self):
        self.write("home/.pykdrc", "epython home\n")
        self.write(".pykdrc", "# comment\nepython here\n")
        self.write("home.py", "print('home')")
        self.write("here.py", "print('here')")
        self.write("prog.py", "print('prog')")
        home = f"{self.folder}/home"
        self.assertEqual(self.run_all("epython prog", home=home, options=["--trust-cwd"]), "home\nhere\nprog\n")
        self.assertEqual(self.run_all("epython prog", home=self.folder), "here\nprog\n")

    def test_unnamed_files_need_trust(self):
        """That the folder is the user's own does not mean that what lies there may run unasked."""
        self.write(".pykdrc", "py print('rc')\n")
        self.write("PyKdumpInit.py", "print('init')")
        self.write("prog.py", "print('prog')")
        folder = os.path.realpath(self.folder)
        result = self.start("epython prog")
        self.assertRegex(result.stdout, "^prog\n")
        for name in (".pykdrc", "PyKdumpInit.py"):
            self.assertIn(f"pykd: {folder}/{name} is passed over; `set trust {folder}` in ~/.pykdrc, or --trust-cwd, lets it run\n", result.stderr)
        self.write("home/.pykdrc", f"set trust {os.path.dirname(folder)}\n")
        result = self.start("epython prog", home=f"{self.folder}/home")
        self.assertRegex(result.stdout, "(?m)^init\nrc\nprog\n")
        self.assertNotIn("passed over", result.stderr)

    def test_what_is_replaced_is_told(self):
        self.write("taskinfo.py", "import LinuxDump.percpu; print('mine')")
        self.write("LinuxDump/__init__.py", "")
        self.write("LinuxDump/percpu.py", "")
        result = self.start("taskinfo", "taskinfo")
        self.assertRegex(result.stdout, "^mine\n")
        folder = os.path.realpath(self.folder)
        told = result.stderr.splitlines()
        for path, own in (("./taskinfo.py", "taskinfo"), (f"{folder}/LinuxDump/percpu.py", "LinuxDump/percpu.py")):
            self.assertEqual(1, told.count(f"pykd: {path} is used in place of pykd's own {own}"), told)


if __name__ == "__main__":
    unittest.main()
