# SPDX-License-Identifier: GPL-2.0-or-later
"""What a batch of commands and ``pykd id`` give up: tried out, and seen with strace where that is."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import dumps
import fuzz
from dumps import PYKD, SAMPLE
from pykd.app import sandbox
from pykd.session.session import Session

ESCAPES = """
import os, resource, socket, subprocess, sys
import _pykd_sandbox
force = _pykd_sandbox.enter()
if not force["seccomp"]:
    print("none")
    sys.exit()
here = sys.argv[1]
def fork_and_open():
    child = os.fork()
    if child:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 13
        raise PermissionError
    try:
        open(here + "/new", "w")
    except PermissionError:
        os._exit(13)
    os._exit(0)
attempts = dict(
    write=lambda: open(here + "/new", "w"), append=lambda: open(here + "/old", "a"), update=lambda: open(here + "/old", "r+"), device=lambda: open("/dev/null", "w"),
    temporary=lambda: os.open(here, os.O_TMPFILE | os.O_RDWR), mkdir=lambda: os.mkdir(here + "/new"), remove=lambda: os.remove(here + "/old"),
    rename=lambda: os.rename(here + "/old", here + "/new"), link=lambda: os.link(here + "/old", here + "/new"), symlink=lambda: os.symlink("x", here + "/new"),
    chmod=lambda: os.chmod(here + "/old", 0), truncate=lambda: os.truncate(here + "/old", 0), fifo=lambda: os.mkfifo(here + "/new"),
    execute=lambda: os.execv("/bin/true", ["true"]), shell=lambda: subprocess.run("true", shell=True), spawn=lambda: os.posix_spawn("/bin/true", ["true"], {}),
    network=lambda: socket.socket(), local=lambda: socket.socket(socket.AF_UNIX), pair=lambda: socket.socketpair(), child=fork_and_open,
    signal=lambda: os.kill(os.getppid(), 0), group=lambda: os.kill(0, 0), limits=lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CORE), folder=lambda: os.chdir(here),
    namespace=lambda: os.unshare(os.CLONE_NEWUSER), priority=lambda: os.setpriority(os.PRIO_PROCESS, 0, 5),
)
for name, attempt in attempts.items():
    try:
        attempt()
    except PermissionError:
        continue
    except OSError as error:
        print(name, error)
    else:
        print(name, "worked")
os.kill(os.getpid(), 0)
resource.prlimit(os.getpid(), resource.RLIMIT_CORE)
resource.getrlimit(resource.RLIMIT_CORE)
print(open(here + "/old").read())
"""


class Sandbox(unittest.TestCase):
    def test_no_way_out(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "old").write_text("as it was")
        script = folder / "script.py"
        script.write_text(ESCAPES)
        result = subprocess.run([PYKD, "--run", script, folder], capture_output=True, text=True, check=False)
        if result.stdout == "none\n":
            self.skipTest("no seccomp here")
        self.assertEqual(("as it was\n", ""), (result.stdout, result.stderr))
        self.assertEqual({"old", "script.py"}, set(os.listdir(folder)))

    def test_commands_do_not_miss_it(self):
        """They print the same with and without it."""
        words = [word for command in fuzz.COMMANDS for word in ("-c", command)]
        answers = [subprocess.run([PYKD, "--isolated", *option, SAMPLE, *words], capture_output=True, text=True, check=False) for option in ((), ("--no-sandbox",))]
        first, second = (re.sub(r"Execution took.*", "", answer.stdout + answer.stderr) for answer in answers)
        self.assertEqual(second, first)

    def test_who_needs_more_keeps_it(self):
        session = Session(dumps.opened(SAMPLE))
        session.aliases["sh"] = "!sh"
        for text in ("ps", "foreach bt", "taskinfo --summ", "rd init_task 8", "sys; ps\nmount", "p init_task.comm", "struct list_head", "x/4x init_task", "nosuch", "ps '"):
            self.assertTrue(sandbox.is_plain(session, text), text)
        for text in ("ps | head", "ps > f", "ps >> f", "!ls", "sh", "< f", "py 1", "epython x", "rd -r f init_task 8", "taskinfo --ofile=f", "extend x.py", "ps; py 1",
                     "ls", "repeat ps", "alias x !ls", "man ps | cat"):  # fmt: skip
            self.assertFalse(sandbox.is_plain(session, text), text)

    def test_files_that_are_asked_for(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for words in (("-o", "a", "-c", "sym schedule"), ("-c", "sym schedule > b"), ("-c", "sym schedule | cat > c"), ("-c", "taskinfo --ofile=d --summ")):
            self.assertEqual(0, subprocess.run([PYKD, SAMPLE, *words], cwd=folder, check=False).returncode)
        self.assertEqual(["a", "b", "c", "d"], sorted(os.listdir(folder)))
        self.assertTrue(all((folder / name).stat().st_size for name in "abcd"))

    def test_the_list_is_the_documented_one(self):
        """The filter allows what docs/threat-model.md lists, and nothing else."""
        source = Path(dumps.ROOT, "src", "main", "sandbox.c").read_text(encoding="utf-8")
        page = Path(dumps.ROOT, "docs", "threat-model.md").read_text(encoding="utf-8")
        tables = re.findall(r"(?:allowed|restricted|own)\[\] = \{(.*?)^\};", source, re.DOTALL | re.MULTILINE)
        self.assertEqual(3, len(tables))
        listed = " ".join(re.findall(r"```text\n(.*?)```", page, re.DOTALL))
        self.assertEqual({*re.findall(r"SYS_(\w+)", " ".join(tables)), "ioctl"}, set(re.findall(r"\w+", re.sub(r"#.*", "", listed))))

    def test_a_report_too(self):
        if not shutil.which("strace"):
            self.skipTest("no strace here")
        folder = self.enterContext(tempfile.TemporaryDirectory())
        for words, inside in (((), True), (("--no-sandbox",), False), (("--text", f"{folder}/text"), False)):
            result = subprocess.run(["strace", "-f", "-e", "trace=prctl", PYKD, "report", "--brief", *words, SAMPLE], capture_output=True, text=True, errors="replace", check=False)
            self.assertEqual((0, inside), (result.returncode, "PR_SET_SECCOMP" in result.stderr), words)

    def test_what_the_kernel_sees(self):
        if not shutil.which("strace"):
            self.skipTest("no strace here")
        result = subprocess.run(["strace", "-f", PYKD, "--isolated", SAMPLE, "-c", "taskinfo --summ", "-c", "foreach bt", "-c", "log"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace", check=False)  # fmt: skip
        if "PR_SET_SECCOMP" not in result.stderr:
            self.skipTest("strace may not trace here")
        calls = result.stderr.partition("PR_SET_SECCOMP")[2]
        self.assertNotRegex(calls, r"^(socket|connect|execve|ptrace|unlink|rename|mkdir)\(")
        self.assertNotIn("EPERM", calls)
        self.assertNotRegex(calls, r"O_(WRONLY|RDWR|CREAT)")


dumps.have_one_open()

if __name__ == "__main__":
    unittest.main()
