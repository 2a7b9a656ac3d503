# SPDX-License-Identifier: GPL-2.0-or-later
"""The shell without a terminal: documents, files of commands, exit statuses, messages."""

import json
import os
import subprocess
import tempfile
import unittest

from dumps import PYKD, vmcores


def reject(name):
    raise ValueError(f"{name} is not JSON")


class Shell(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dump = vmcores()[0]

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def run_pykd(self, *words, input="", **environment):
        return subprocess.run(
            [PYKD, *words],
            input=input,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=120,
            check=False,
            cwd=self.folder,
            env={"PATH": os.environ.get("PATH", ""), "HOME": self.folder, **environment},
        )

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        return path


class Documents(Shell):
    def documents(self, *commands):
        words = [word for command in commands for word in ("-c", command)]
        result = self.run_pykd("--json", self.dump, *words)
        self.assertEqual(result.stderr, "")
        return [json.loads(line, parse_constant=reject) for line in result.stdout.splitlines()], result.returncode

    def test_every_command_answers_with_one(self):
        commands = ["ps", "bt", "sys", "log", "mod", "list_head", "jiffies", "taskinfo --summ", "py 5", "py print(5)", "!echo hi", "echo hi",
                    "help", "help bt", "bt -h", "foreach bt"]  # fmt: skip
        found, status = self.documents(*commands)
        self.assertEqual(len(found), len(commands))
        self.assertEqual(status, 0)
        for command, document in zip(commands, found, strict=True):
            self.assertNotIn("error", document)
            self.assertTrue(document.get("rows") or document.get("text"), command)
            self.assertTrue(document["command"].endswith(command), document["command"])

    def test_errors_are_in_them(self):
        commands = ["nosuch", "ps -Z", "rd 0", "p nosuch_variable", "py 1/0", "(", '"', "< nosuchfile", "ps > /nonexistent/file", "taskinfo -Z",
                    "ls /nonexistent", "run", "struct"]  # fmt: skip
        for command in commands:
            found, status = self.documents(command)
            if command != "p nosuch_variable":
                self.assertIn("error", found[0], command)
                self.assertEqual(status, 1, command)
            self.assertEqual(len(found), 1, command)

    def test_one_command(self):
        result = self.run_pykd(self.dump, "-c", "ps 1 --json", "-c", "ps 1")
        first, *rest = result.stdout.splitlines()
        self.assertEqual(json.loads(first)["rows"][0]["pid"], 1)
        self.assertIn("COMM", rest[0])

    def test_programs_that_run_commands_get_text(self):
        path = self.file("prog.py", "from pykdump.API import *\nprint(exec_crash_command('ps 1'))\n")
        found, _ = self.documents(f"epython {path}")
        self.assertIn("COMM", found[0]["text"])

    def test_strange_values(self):
        from pykd.session import document

        self.assertEqual(json.loads(document.encode({"a": [float("nan"), b"x\xff", 1.5]}), parse_constant=reject), {"a": [None, "x\\xff", 1.5]})
        self.assertEqual(json.loads(document.encode("a\udc80€").encode()), "a\udc80€")


class Input(Shell):
    TEXT = "echo one\n# comment; nosuch\npy for i in range(2):\n    print('i', i)\nnosuch\nps 1 | wc -l\necho last\n"

    def check(self, result):
        self.assertEqual([line.strip() for line in result.stdout.splitlines()], ["one", "i 0", "i 1", "2", "last"])
        self.assertEqual(result.stderr, "pykd: command not found: nosuch; `help` lists the commands\n")
        self.assertEqual(result.returncode, 1)

    def test_file_standard_input_redirection(self):
        path = self.file("commands", self.TEXT)
        self.check(self.run_pykd(self.dump, "-i", path))
        self.check(self.run_pykd(self.dump, "-c", f"< {path}"))
        self.check(self.run_pykd(self.dump, input=self.TEXT))

    def test_order_of_options(self):
        path = self.file("commands", "echo file\n")
        result = self.run_pykd(self.dump, "-c", "echo one", "-i", path, "-c", "echo two")
        self.assertEqual(result.stdout, "one\nfile\ntwo\n")

    def test_quit_ends_all(self):
        for word in ("q", "exit", "quit"):
            result = self.run_pykd(self.dump, input=f"echo one\n{word}\necho two\n")
            self.assertEqual((result.stdout, result.stderr, result.returncode), ("one\n", "", 0))

    def test_file_that_runs_itself(self):
        path = self.file("self", f"< {self.folder}/self\n")
        result = self.run_pykd(self.dump, "-i", path)
        self.assertIn("runs itself", result.stderr)
        self.assertEqual(result.returncode, 1)

    def test_missing_file(self):
        result = self.run_pykd(self.dump, "-i", "/nonexistent/file")
        self.assertEqual(result.stderr, "/nonexistent/file: No such file or directory\n")
        self.assertEqual(result.returncode, 1)

    def test_aliases_and_backslash(self):
        result = self.run_pykd(self.dump, "-c", "alias sys echo mine", "-c", "alias mine echo expanded", "-c", "mine again")
        self.assertIn("expanded again\n", result.stdout)
        result = self.run_pykd(self.dump, "-c", "\\ps 1")
        self.assertIn("COMM", result.stdout)

    def test_aliases_mean_commands(self):
        result = self.run_pykd(
            self.dump, "-c", "alias one nosuch", "-c", "alias ps bt", "-c", "alias old dmesg -T", "-c", "alias newer old", "-c", "alias old \"\"", "-c", "alias old"
        )  # fmt: skip
        self.assertEqual(
            result.stderr,
            "alias: invalid alias attempt on non-existent command: nosuch\nalias: cannot alias existing command name: ps\nalias: alias does not exist: old\n",
        )
        self.assertIn("newer    log -T\n", result.stdout)

    def test_bytes_that_are_no_text(self):
        commands = b"echo \xff\xc3\xa9\r\nset ra\0dix\nset radix"
        path = os.path.join(self.folder, "commands")
        with open(path, "wb") as file:
            file.write(commands)
        for words, text in ((("-i", path), b""), ((), commands)):
            result = subprocess.run([PYKD, self.dump, *words], input=text, capture_output=True, check=False)
            self.assertEqual(result.stdout.splitlines(), [b"\xff\xc3\xa9", b"output radix: 10 (decimal)"])
            self.assertRegex(result.stderr, rb"\Aset: invalid .*\n\Z")
            self.assertEqual(result.returncode, 1)

    def test_repeat_without_anybody_at_the_prompt(self):
        self.assertEqual(self.run_pykd(self.dump, "-c", "repeat -1 echo once").stdout, "once\n")

    def test_shortcuts(self):
        result = self.run_pykd(self.dump, "-c", "list_head", "-c", "init_task.comm", "-c", "(1 + 2)", "-c", "pid_t", "-c", "enum pid_type")
        self.assertEqual((result.stderr, result.returncode), ("", 0))
        for text in ("struct list_head {", '"swapper/0', "= 3", "typedef int pid_t;", "PIDTYPE_PID"):
            self.assertIn(text, result.stdout)

    def test_gdb(self):
        result = self.run_pykd(
            self.dump, "-c", "ptype struct list_head", "-c", "print 1+1", "-c", "x/2xg &init_task", "-c", "x/s linux_banner", "-c",
            "info symbol schedule", "-c", "gdb whatis init_task", "-c", "output/x 255"
        )  # fmt: skip
        self.assertEqual((result.stderr, result.returncode), ("", 0))
        for text in ("type = struct list_head {", "= 2\n", '"Linux version', "\nschedule", "type = struct task_struct\n", "0xff\n"):
            self.assertIn(text, result.stdout)
        result = self.run_pykd(self.dump, "-c", "break schedule")
        self.assertRegex(result.stderr, "break")

    def test_program_by_its_path_in_isolation(self):
        self.file("folder/prog.py", "print('here')")
        for path, found in (("./folder/prog.py", True), ("folder/prog.py", True), ("folder/prog", True), ("prog.py", False)):
            result = self.run_pykd("--isolated", self.dump, path)
            self.assertEqual("here\n" in result.stdout, found, path)

    def test_suggestion(self):
        self.assertIn("did you mean `ps`?", self.run_pykd(self.dump, "-c", "pss").stderr)


class Output(Shell):
    def test_colours(self):
        for words, coloured in ((("-c", "bt"), False), (("--color", "always", "-c", "bt"), True), (("--color=always", "--json", "-c", "bt"), False)):
            self.assertEqual("\x1b" in self.run_pykd(self.dump, *words).stdout, coloured, words)

    def test_colours_do_not_change_the_text(self):
        import re

        commands = [word for command in ("sys", "ps", "bt -a", "log", "kmem -i", "files 1", "mount", "struct list_head") for word in ("-c", command)]
        plain = self.run_pykd(self.dump, *commands).stdout
        painted = self.run_pykd("--color", "always", self.dump, *commands).stdout
        self.assertNotEqual(painted, plain)
        self.assertEqual(re.sub(r"\x1b\[[\d;]*m", "", painted), plain)

    def test_full_disk(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        for words in (("-o", "/dev/full", "-c", "ps"), ("-c", "ps > /dev/full")):
            result = self.run_pykd(self.dump, *words)
            self.assertIn("No space left on device", result.stderr)
            self.assertEqual(result.returncode, 1)

    def test_standard_output_on_a_full_disk(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        for words in ((self.dump, "-c", "set radix"), (self.dump, "-c", "foreach bt"), ("--help",), ("id", self.dump)):
            with open("/dev/full", "w") as full:
                result = subprocess.run([PYKD, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
            self.assertRegex(result.stderr, r"(?m)^(pykd: standard output|foreach): No space left on device$")
            self.assertNotIn("Traceback", result.stderr)
            self.assertEqual(result.returncode, 1)
            with open("/dev/full", "w") as full:
                result = subprocess.run([PYKD, self.dump, "-c", "nosuch", "-c", "echo on"], stdout=subprocess.PIPE, stderr=full, text=True, check=False)
            self.assertEqual((result.stdout, result.returncode), ("on\n", 1))

    def test_closed_standard_files(self):
        """The dump must not take their place."""
        for redirection, command, stdout, stderr, status in (
            (">&-", "set radix", "", "pykd: standard output: Bad file descriptor\n", 1),
            ("2>&-", "nosuch", "", "", 1),
            ("<&-", "!cat", "", "", 0),
            ("<&- >&- 2>&-", "set radix", "", "", 1),
        ):
            result = subprocess.run(["/bin/sh", "-c", f"'{PYKD}' '{self.dump}' -c '{command}' {redirection}"], capture_output=True, text=True, check=False)
            self.assertEqual((result.stdout, result.stderr, result.returncode), (stdout, stderr, status), redirection)

    def test_output_file(self):
        self.assertEqual(self.run_pykd(self.dump, "-o", "out", "-c", "ps 1", "-c", "ps 1 | sed s/init/piped/", "-c", "!echo shell").stdout, "")
        with open(os.path.join(self.folder, "out")) as file:
            text = file.read()
        self.assertRegex(text, r"COMM(?s:.*)piped")
        self.assertTrue(text.endswith("shell\n"))

    def test_append(self):
        self.run_pykd(self.dump, "-c", "py 1 > out", "-c", "py 2 >> out")
        with open(os.path.join(self.folder, "out")) as file:
            self.assertEqual(file.read(), "1\n2\n")

    def test_nobody_reads(self):
        command = f"{PYKD} {self.dump} -c 'foreach bt' -c 'ps' | head -n 1"
        result = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((len(result.stdout.splitlines()), result.stderr), (1, ""))

    def test_no_progress_and_no_pager_without_a_terminal(self):
        result = self.run_pykd(self.dump, "-c", "foreach bt", PAGER="sed s/^/paged/")
        self.assertEqual(result.stderr, "")
        self.assertNotIn("paged", result.stdout)


class Settings(Shell):
    def test_files(self):
        self.file(".pykdrc", "alias where echo home\n")
        self.assertEqual(self.run_pykd(self.dump, "--isolated", "-c", "where").stdout.splitlines()[-1], "home")
        self.file(".config/pykd/pykdrc", "alias where echo config\n")
        self.assertEqual(self.run_pykd(self.dump, "--isolated", "-c", "where").stdout.splitlines()[-1], "config")

    def test_crash(self):
        self.file(".crashrc", "set radix 16\nextend /nonexistent/mpykdump.so\nalias where echo crash\nmod -s nosuch\n")
        result = self.run_pykd(self.dump, "--isolated", "-c", "where", "-c", "set radix")
        self.assertEqual((result.stdout.splitlines()[-2:], result.stderr), (["crash", "output radix: 16 (hex)"], ""))
        self.file(".pykdrc", "\n")
        self.assertIn("10", self.run_pykd(self.dump, "--isolated", "-c", "set radix").stdout)

    def test_choices(self):
        result = self.run_pykd(self.dump, "-c", "set traceback full", "-c", "set traceback", "-c", "set color blue")
        self.assertEqual(result.stdout, "traceback: full\n" * 2)
        self.assertEqual(result.returncode, 1)


class Manual(Shell):
    def test_roff_has_no_warnings(self):
        page = self.run_pykd("--man").stdout
        self.assertTrue(page.isascii())
        self.assertIn(".SS taskinfo\n", page)
        try:
            result = subprocess.run(["groff", "-man", "-ww", "-z"], input=page, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            self.skipTest("no groff")
        self.assertEqual(result.stderr, "")


if __name__ == "__main__":
    unittest.main()
