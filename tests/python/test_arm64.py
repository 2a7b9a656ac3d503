# SPDX-License-Identifier: GPL-2.0-or-later
"""The executable for arm64 hosts (./build.sh --arch aarch64), run by qemu-user: what it answers is what ./pykd answers."""

import os
import re
import shutil
import subprocess
import unittest

from dumps import PYKD, ROOT

ARM64 = os.path.join(ROOT, "pykd-aarch64")
QEMU = shutil.which("qemu-aarch64-static") or shutil.which("qemu-aarch64")
SAMPLE = os.path.join(ROOT, "tests", "sample", "vmcore")

COMMANDS = (
    "sys",
    "sys -i",
    "mach",
    "ps",
    "ps -a 1",
    "bt -a",
    "bt -f 1",
    "foreach bt",
    "foreach UN bt -t",
    "log",
    "log -T",
    "kmem -i",
    "kmem -s",
    "kmem -z",
    "kmem -v",
    "kmem -V",
    "files 1",
    "vm 1",
    "mod",
    "mount",
    "net",
    "dev",
    "irq",
    "timer",
    "runq",
    "ipcs",
    "swap",
    "waitq init_task.signal.wait_chldexit",
    "sym -m ext4",
    "sym init_task",
    "struct task_struct",
    "struct list_head init_task.tasks -x",
    "p init_task.comm",
    "p -x (long)-1",
    "eval 0xffffffff * -3",
    "dis -x schedule",
    "rd -8 linux_banner 64",
    "rd -d jiffies",
    "vtop init_task",
    "search -k -m ffff 1234567 -c",
    "tree -t maple tmp -N 0",
    "sig 1",
    "set",
    "taskinfo --summ",
    "taskinfo --hang",
    "pstree",
    "tslog",
    "hanginfo",
    "modinfo",
    "fregs 1",
)


def answers(command, *words):
    """Output and errors without the times that programs took."""
    done = subprocess.run([*command, *words], capture_output=True, text=True, errors="surrogateescape", check=False, timeout=600)
    text = re.sub(r"(?m)^ \*\* Execution took .*", "", done.stdout)
    return done.returncode, text, done.stderr


class SameAnswers(unittest.TestCase):
    """Each test compares whole outputs of one process with one of the other machine."""

    maxDiff = 3000

    @classmethod
    def setUpClass(cls):
        if not QEMU:
            raise unittest.SkipTest("no arm64 processor, and no qemu-user in its place")
        if not os.path.exists(ARM64):
            raise unittest.SkipTest("no pykd-aarch64: ./build.sh --arch aarch64 makes it")

    def compare(self, *words):
        host = answers([PYKD], *words)
        self.assertEqual(answers([QEMU, ARM64], *words), host)
        return host

    def test_commands(self):
        words = [word for command in COMMANDS for word in ("-c", f"eval {len(command)}", "-c", command)]
        _, text, _ = self.compare(SAMPLE, *words)
        self.assertGreater(len(text.splitlines()), 2000)

    def test_large_pages(self):
        """Hosts may have pages of 64 KiB, and the oldest CPU."""
        words = (SAMPLE, "-c", "sys", "-c", "bt", "-c", "kmem -i")
        host = answers([PYKD], *words)
        self.assertEqual(answers([QEMU, "-p", "65536", "-cpu", "cortex-a53", ARM64], *words), host)

    def test_json(self):
        self.compare(SAMPLE, "--json", "-c", "ps", "-c", "bt -a", "-c", "mount", "-c", "sys")

    def test_versions_and_help(self):
        self.compare("--version")
        self.compare("--help")

    def test_whole(self):
        done = subprocess.run([QEMU, ARM64, "--self-test"], capture_output=True, text=True, check=False, timeout=300)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_refusals(self):
        for path in (os.path.join(ROOT, "build.sh"), "/nonexistent", "/dev/null"):
            with self.subTest(path=path):
                status, _, _ = self.compare(path)
                self.assertEqual(status, 3)

    def test_python(self):
        """What depends on the machine in Python itself: sizes, rounding, hashes; and the frozen files, which do not."""
        self.compare("--run", os.path.join(ROOT, "tests", "python", "machine_facts.py"))
