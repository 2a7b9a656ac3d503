# SPDX-License-Identifier: GPL-2.0-or-later
"""The interactive session on a pseudo-terminal: what a user types, and what the screen shows then."""

import os
import re
import signal
import stat
import tempfile
import threading
import unittest

from dumps import vmcores
from terminal import Terminal

UP, DOWN, LEFT, TAB, CTRL_C, CTRL_D, CTRL_R, CTRL_Z = "\x1b[A", "\x1b[B", "\x1b[D", "\t", "\x03", "\x04", "\x12", "\x1a"


class Session(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dump = vmcores()[0]

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = folder.name

    def terminal(self, *words, environment=None, **options):
        """A session with a home of its own, at its first prompt."""
        one = Terminal(self.dump, *(words or ("-s",)), environment={"HOME": self.home, **(environment or {})}, **options)
        self.addCleanup(one.__exit__)
        one.prompt()
        return one

    def history(self):
        return os.path.join(self.home, ".local", "state", "pykd", "history")


class Banner(Session):
    def test_banner(self):
        text = self.terminal("--no-pager", lines=40).screen.text()
        for field in ("DUMPFILE", "CPUS", "DATE", "UPTIME", "LOAD AVERAGE", "TASKS", "NODENAME", "RELEASE", "PANIC", "PID", "COMMAND",
                      "TASK", "CPU", "STATE", "FOUND"):  # fmt: skip
            self.assertRegex(text, rf"(?m)^ *{field}: ")
        self.assertIn("kallsyms, BTF, ORC", text)

    def test_none_when_asked(self):
        self.assertEqual(self.terminal("-s").screen.text().strip(), "pykd>")


class Ends(Session):
    def test_end_of_input(self):
        one = self.terminal()
        one.send(CTRL_D)
        self.assertEqual(one.end(), 0)

    def test_quit(self):
        for word in ("q", "quit", "exit"):
            one = self.terminal()
            one.send(word + "\r")
            self.assertEqual(one.end(), 0, word)

    def test_interrupt_at_the_prompt(self):
        one = self.terminal()
        one.send("half a line" + CTRL_C)
        one.until(r"half a line\npykd>\Z")
        self.assertIn("hello", one.run("echo hello"))

    def test_interrupt_of_a_program_of_the_host(self):
        one = self.terminal()
        one.send("!echo started; exec sleep 100\r")
        one.until("^started$")
        one.send(CTRL_C)
        one.until(r"\^C\npykd>\Z")

    def test_repeat(self):
        one = self.terminal()
        one.send("repeat echo again\r")
        one.until(r"(again\n){5}")
        one.send(CTRL_C)
        one.until(r"pykd>\Z")
        self.assertIn("hello", one.run("echo hello"))

    def test_stop_and_go_on(self):
        """The terminal is a command's as it was before the line was edited. (No shell waits here, so Ctrl-Z goes on at once.)"""
        one = self.terminal()
        one.send("echo" + CTRL_Z + " hello")
        one.until(r"pykd> echo hello\Z")
        os.kill(one.pid, signal.SIGSTOP)
        os.waitpid(one.pid, os.WUNTRACED)
        os.kill(one.pid, signal.SIGCONT)
        one.send("; py import termios; print('OPOST', bool(termios.tcgetattr(0)[1] & termios.OPOST))\r")
        self.assertRegex(one.until(r"OPOST.*\npykd>\Z"), r"(?m)^hello\nOPOST True$")

    def test_end_by_a_signal(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            one = self.terminal()
            os.kill(one.pid, number)
            while not one.raw.endswith("\x1b[?2004l\x1b[?1l\x1b>"):
                one._read()
            self.assertEqual(one.end(), -number)

    def test_interrupt_of_a_command(self):
        one = self.terminal()
        one.send("py print('started', flush=True); [0 for _ in iter(int, 1)]\r")
        one.until("^started$")
        one.send(CTRL_C)
        self.assertRegex(one.until(r"interrupted\npykd>\Z"), "py: interrupted")
        self.assertIn("hello", one.run("echo hello"))


class Editing(Session):
    def test_history_of_an_earlier_session(self):
        one = self.terminal()
        one.run("echo earlier")
        one.send(CTRL_D)
        one.end()
        with open(self.history()) as file:
            self.assertEqual(file.read(), "echo earlier\n")
        self.assertEqual(stat.S_IMODE(os.stat(self.history()).st_mode), 0o600)
        one = self.terminal()
        one.send(UP)
        one.until("> echo earlier$")

    def test_search(self):
        one = self.terminal()
        for line in ("echo one", "echo two", "ps 1"):
            one.run(line)
        one.send(CTRL_R + "one")
        one.until("search .one.* echo one$")
        one.send("\r")
        self.assertRegex(one.until(r"one\npykd>\Z"), r"> echo one\none\npykd>")

    def test_repetition(self):
        one = self.terminal()
        one.run("echo one")
        one.run("echo two")
        self.assertRegex(one.run("h"), r"(?m)^\[1\] echo one\n\[2\] echo two\n\[3\] h\npykd>")
        self.assertRegex(one.run("!1"), r"> !1\necho one\none\npykd>")
        self.assertRegex(one.run("!! more"), r"> !! more\necho one more\none more\npykd>")
        self.assertRegex(one.run("r echo t"), r"> r echo t\necho two\ntwo\npykd>")
        self.assertRegex(one.run("r"), r"> r\necho two\ntwo\npykd>")
        self.assertIn("r: nosuch: no such line", one.run("r nosuch"))

    def test_no_history_without_a_home(self):
        for home in (None, "/nonexistent", "/dev/null"):
            one = self.terminal(environment={"HOME": home})
            self.assertIn("hello", one.run("echo hello"))
            one.send(UP)
            one.until(r"> echo hello\Z")

    def test_history_beside_the_dump_or_none(self):
        with open(os.path.join(self.home, ".pykdrc"), "w") as file:
            file.write("set history off\n")
        one = self.terminal()
        one.run("echo hello")
        self.assertFalse(os.path.exists(self.history()))
        link = os.path.join(self.home, "vmcore")
        os.symlink(self.dump, link)
        self.dump = link
        with open(os.path.join(self.home, ".pykdrc"), "w") as file:
            file.write("set history dump\n")
        self.terminal().run("echo beside")
        with open(os.path.join(self.home, ".pykd_history")) as file:
            self.assertEqual(file.read(), "echo beside\n")
        self.assertFalse(os.path.exists(self.history()))

    def test_history_that_is_none(self):
        """Of bytes that nobody typed, and what would keep us waiting."""
        os.makedirs(os.path.dirname(self.history()))
        with open(self.history(), "wb") as file:
            file.write(b"\x1b[2Jgone\nset radix\n\0\n\xff\xfe\n")
        one = self.terminal()
        self.assertRegex(one.run("h"), r"\[1\] set radix\n\[2\] ..\n\[3\] h\n")
        os.remove(self.history())
        os.mkfifo(self.history())
        self.assertIn("hello", self.terminal().run("echo hello"))
        os.remove(self.history())
        os.symlink("/dev/zero", self.history())
        self.assertIn("hello", self.terminal().run("echo hello"))

    def test_utf8(self):
        one = self.terminal()
        one.send("echo grüße €x" + LEFT + LEFT + "\x7f\r")
        self.assertIn("\ngrüße€x\n", one.until(r"\ngr.*\npykd>\Z"))

    def test_several_lines(self):
        one = self.terminal()
        one.send("p (1 +\r")
        one.until(r"^    >\Z")
        one.send("2)\r")
        one.until(r"= 3\npykd>\Z")
        one.send("echo a \\\r")
        one.until(r"^    >\Z")
        one.send("b\r")
        one.until(r"\na b\npykd>\Z")
        one.send("py for i in range(2):\r")
        one.until(r"^    >\Z")
        one.send("print('line', i)\r\r")
        one.until(r"\nline 0\nline 1\npykd>\Z")

    def test_paste(self):
        one = self.terminal()
        one.send("\x1b[200~echo one\rpy for i in range(2):\r    print('i', i)\r\recho two\x1b[201~")
        one.until(r"> echo two\Z")
        self.assertNotIn("\none", one.screen.text())
        one.send("\r")
        one.until(r"\none\ni 0\ni 1\ntwo\npykd>\Z")

    def test_long_paste(self):
        one = self.terminal()
        text = "".join(f"\tpy {i}\n" for i in range(5000))
        sender = threading.Thread(target=one.send_all, args=(f"\x1b[200~{text}\x1b[201~\r",))
        sender.start()
        one.until(r"\n4999\npykd>\Z")
        sender.join()

    def test_vi(self):
        one = self.terminal()
        one.run("set vi")
        for keys, line in (
            ("one two three|<|0dw", "two three"),
            ("one two three|<|b|x", "one two hree"),
            ("one two three|<|0cwONE|<", "ONE two three"),
            ("one two three|<|02dwix", "xthree"),
            ("one two|<|0wD|A.", "one ."),
            ("one two|<|ddion", "on"),
            ("one two|<|yyp", "one twoone two"),
            ("one two|<|0rX", "Xne two"),
            ("one two|<|0fw~", "one tWo"),
            ("one two|<|0xxu", "ne two"),
            ("foo->bar|<|0wxx0~", "Foobar"),
            ("set|<|k", "set vi"),
            ("one|<[D|X", "onXe"),
            ("<[200~pasted<[201~", "pasted"),
        ):
            with self.subTest(keys):
                for part in keys.replace("<", "\x1b").split("|"):
                    one.send(part)
                    if part == "\x1b":
                        one.silence()
                one.until(rf"pykd> {re.escape(line)}\Z")
                one.send(CTRL_C)
                one.prompt()
        one.run("set emacs")
        one.send("two\x01one ")
        one.until(r"pykd> one two\Z")

    def test_resize(self):
        one = self.terminal()
        one.resize(40, 10)
        one.send("echo " + "x" * 60)
        one.until(r"> echo x{28}\\\nx{32}\Z")
        one.send("\r")
        one.until(r"\npykd>\Z")

    def test_python_mode(self):
        one = self.terminal()
        one.send("py\r")
        one.until(r"^>>>\Z")
        one.send("x = dump.release if hasattr(dump, 'release') else 41\r")
        one.until(r"^>>>\Z")
        one.send("def f(n):\r")
        one.until(r"^\.\.\.\Z")
        one.send("return n + 1\r\r")
        one.until(r"^>>>\Z")
        one.send("f(41)\r")
        one.until(r"\n42\n>>>\Z")
        one.send("f(None)\r")
        one.until(r"line 1, in <module>\n    f\(None\)(.|\n)*line 2, in f\n    return n \+ 1\n(.|\n)*TypeError: .*\n>>>\Z")
        one.send("isin" + TAB)
        one.until(r"isinstance\(\Z")
        one.send(CTRL_C + CTRL_D)
        one.until(r"\npykd>\Z")
        self.assertIn("\n43\n", one.run("py f(42)"))


class Completion(Session):
    def completed(self, text, expected):
        one = self.terminal()
        one.send(text + TAB)
        one.until(expected)
        return one

    def test_command(self):
        self.completed("forea", r"> foreach\Z")

    def test_option(self):
        one = self.completed("ps --js", r"> ps --json\Z")
        one.send(CTRL_C)
        one.prompt()
        one.send("taskinfo --sum" + TAB)
        one.until(r"> taskinfo --summ")

    def test_struct_and_member(self):
        one = self.completed("struct task_stru", r"> struct task_struct\Z")
        one.send(".thread_in" + TAB)
        one.until(r"> struct task_struct.thread_info\Z")

    def test_member_of_a_variable(self):
        self.completed("p init_task.sched_rese", r"> p init_task.sched_reset_on_fork\Z")
        self.completed("p ((struct task_struct *)init_task.tasks.next)->fs->um", r"->fs->umask\Z")
        self.completed("p init_task.fs->um", r"> p init_task.fs->umask\Z")

    def test_symbol(self):
        one = self.completed("sym linux_pr", r"> sym linux_proc_banner\Z")
        one.send(CTRL_C)
        one.prompt()
        one.send("dis schedule_timeout_" + TAB + TAB)
        one.until("^schedule_timeout_idle +schedule_timeout_")

    def test_task(self):
        self.completed("bt kthrea", r"> bt kthreadd\Z")

    def test_file(self):
        os.mkdir(os.path.join(self.home, "a folder"))
        with open(os.path.join(self.home, "commands.txt"), "w") as file:
            file.write("echo from the file\n")
        one = self.completed(f"< {self.home}/comm", r"commands.txt\Z")
        one.send("\r")
        one.until("^from the file$")

    def test_state_setting_program(self):
        self.completed("foreach U", r"> foreach UN\Z")
        self.completed("set rad", r"> set radix\Z")
        self.completed("set color ne", r"> set color never\Z")
        self.completed("epython taski", r"> epython taskinfo\Z")
        self.completed("sys | tac", r"> sys \| tac\Z")

    def test_setting(self):
        self.completed("set traceback fu", r"> set traceback full\Z")

    def test_nothing_to_complete(self):
        one = self.terminal()
        one.send("nosuchthing" + TAB + TAB + "x\r")
        one.until(r"command not found: nosuchthingx")


class Terminals(Session):
    def test_dumb(self):
        for term in ("dumb", "", None):
            one = self.terminal(environment={"TERM": term})
            text = one.run("ps 1")
            self.assertIn("COMM", text)
            self.assertNotIn("\x1b", one.raw)
            one.send(CTRL_D)
            self.assertEqual(one.end(), 0)

    def test_colours(self):
        one = self.terminal()
        one.run("bt")
        self.assertTrue(one.screen.colours)

    def test_no_colours(self):
        for words, environment in ((("-s", "--color", "never"), {}), (("-s",), {"NO_COLOR": "1"}), (("-s",), {"CLICOLOR": "0"})):
            one = self.terminal(*words, environment=environment)
            one.run("bt")
            one.run("nosuch")
            self.assertFalse(one.screen.colours)

    def test_pipes_and_files_are_plain(self):
        one = self.terminal(lines=40)
        one.run(f"bt > {self.home}/bt")
        with open(os.path.join(self.home, "bt")) as file:
            self.assertNotIn("\x1b", file.read())
        one.run(f"bt | cat > {self.home}/bt2")
        one.run("set color always")
        one.run(f"bt > {self.home}/bt3")
        with open(os.path.join(self.home, "bt2")) as file:
            self.assertNotIn("\x1b", file.read())
        with open(os.path.join(self.home, "bt3")) as file:
            self.assertIn("\x1b", file.read())

    def test_pager_only_for_what_does_not_fit(self):
        one = self.terminal(environment={"PAGER": "sed 's/^/paged: /'"})
        for line, paged in (
            ("ps 1", False),
            ("help commands", True),
            ("help commands | tail -n 3", False),
            ("set scroll off", False),
            ("help commands", False),
        ):
            start = len(one.raw)
            one.run(line)
            self.assertEqual("paged: " in one.raw[start:], paged, line)
        one.run("set scroll on")
        start = len(one.raw)
        one.run("ps")
        rows = [row for row in one.raw[start:].split("\r\n") if re.search("[0-9a-f]{16}", row)]
        self.assertEqual([row for row in rows if not row.startswith("paged: ")], [], "the first screenful goes there too")

    def test_own_pager(self):
        one = self.terminal(environment={"PATH": "/nonexistent", "PAGER": None})
        one.send("help commands\r")
        one.until(r"--More--\Z")
        one.send("/Memory and addresses\r")
        one.until(r"^Memory and addresses(.|\n)*--More--\Z")
        one.send("q")
        one.until(r"\npykd>\Z")

    def test_the_pager_can_do_what_files_can(self):
        program = os.path.join(self.home, "files.py")
        with open(program, "w") as file:
            file.write(
                "import io, sys\n"
                "print('lacks', [name for name in dir(io.TextIOWrapper) if not name.startswith('_') and not hasattr(sys.stdout, name)])\n"
                "sys.stdout.reconfigure(encoding='utf-8')\n"
                "print('one')\n"
                "sys.stdout.buffer.write('tw\N{LATIN SMALL LETTER O WITH ACUTE}\\n'.encode()[:3])\n"
                "sys.stdout.buffer.write('tw\N{LATIN SMALL LETTER O WITH ACUTE}\\n'.encode()[3:])\n"
                "sys.stdout.buffer.flush()\n"
                "print('three', sys.stdout.encoding, sys.stdout.isatty(), sys.stdout.readable(), sys.stdout.closed)\n"
            )
        self.assertIn("lacks []\none\ntw\N{LATIN SMALL LETTER O WITH ACUTE}\nthree utf-8 True", self.terminal(lines=40).run(f"epython {program}"))

    def test_own_pager_searches_and_goes_back(self):
        one = self.terminal(environment={"PATH": "/nonexistent", "PAGER": None})
        one.send("py print(*(f'line {number}' for number in range(200)), sep='\\n')\r")
        one.until(r"^line 0$(.|\n)*--More--\Z")
        one.send("/line 150\r")
        one.until(r"^line 150$(.|\n)*--More--\Z")
        one.send("b")
        one.until(r"^line 1[34]\d$(.|\n)*--More--\Z")
        one.send("g")
        one.until(r"^line 0$(.|\n)*--More--\Z")
        one.send("h")
        one.until(r"/TEXT: search(.|\n)*--More--\Z")
        one.send("/no such\r")
        one.until(r"^no such is not there$(.|\n)*--More--\Z")
        one.send("/line 190\r")
        one.until(r"^line 199$(.|\n)*--End--\Z")  # what was found is on the last page: one may still go back
        one.send("b")
        one.until(r"^line 1[67]\d$(.|\n)*--More--\Z")
        one.send("G")
        one.until(r"^line 199\npykd>\Z")

    def test_history_into_a_pipe(self):
        one = self.terminal()
        one.run("echo one")
        self.assertRegex(one.run("h | wc -l"), r"(?m)^2$")

    def test_background(self):
        """Each theme has colours that can be read on its background, by the colours that xterm gives them."""
        from pykd.core import colour

        xterm = {"31": (205, 0, 0), "32": (0, 205, 0), "33": (205, 205, 0), "34": (0, 0, 238), "35": (205, 0, 205), "36": (0, 205, 205)}

        def light(rgb):
            red, green, blue = ((c / 255 / 12.92) if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb)
            return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05

        for theme, background in (("dark", (0, 0, 0)), ("light", (255, 255, 255))):
            for name, code in colour.THEMES[theme].items():
                number = re.search(r"3\d", code)
                if number:
                    with self.subTest(theme=theme, colour=name):
                        one, other = sorted((light(xterm[number[0]]), light(background)))
                        self.assertGreater(other / one, 3)

    def test_theme(self):
        for theme, colours in (("light", {"\x1b[34m"}), ("dark", {"\x1b[36m"}), ("none", set())):
            one = self.terminal()
            one.run(f"set colour {theme}")
            start = len(one.raw)
            one.run("bt")
            self.assertEqual({code for code in ("\x1b[34m", "\x1b[36m") if code in one.raw[start:]}, colours)

    def test_errors_come_behind_the_output(self):
        one = self.terminal()
        self.assertRegex(one.run("py print('first'); 1/0"), r"first\n(.|\n)*ZeroDivisionError")


class Progress(Session):
    def test_of_one_long_step(self):
        pipe = os.path.join(self.home, "pipe")
        os.mkfifo(pipe)
        one = self.terminal(columns=200)
        one.send(f"py exec('from pykd.core import progress\\nwith progress.waiting(\"thinking\"): open(\"{pipe}\").read()')\r")
        one.until(r"^thinking, 1 s")
        with open(pipe, "w"):
            pass
        self.assertNotRegex(one.prompt(), "(?m)^thinking")


class Traceback(Session):
    PROGRAM = "from pykd import tasks\ndef inner(dump):\n    return tasks.find({})\nimport pykd\ninner(pykd.current())\n"

    def test_short_and_full(self):
        path = os.path.join(self.home, "prog.py")
        with open(path, "w") as file:
            file.write(self.PROGRAM)
        one = self.terminal(lines=60)
        text = one.run(f"epython {path}")
        self.assertRegex(text, r'prog.py", line 5, in <module>\n    inner\(pykd.current\(\)\)')
        self.assertRegex(text, r'prog.py", line 3, in inner')
        full = one.run("set traceback full")
        full = one.run(f"epython {path}")[len(full) :]
        self.assertIn("TypeError", text)
        self.assertIn("TypeError", full)
        self.assertNotIn("inside pykd", full)


