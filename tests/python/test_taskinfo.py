# SPDX-License-Identifier: GPL-2.0-or-later
"""taskinfo, pstree, tslog and modinfo against what PyKdump printed of the same dump, and against crash."""

import os
import re
import subprocess
import tempfile
import unittest

import dumps
from dumps import PYKD, SAMPLE, by_crash, by_pykdump
from golden import without_times
from pykd.kernel.task import threads as tasks


def run(dump, command):
    """What a command prints, standard error included, as in a terminal."""
    result = subprocess.run(
        [PYKD, "--isolated", dump, "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60
    )
    return without_times(result.stdout.decode())


class Oracle(unittest.TestCase):
    """Equal but for the time that the tool itself took. Differences are written out here."""

    maxDiff = None

    def check(self, command):
        for dump, expected in by_pykdump(command, command.replace(" --", "___").replace(" -", "__")):
            with self.subTest(command, dump=dump):
                self.assertEqual(expected, run(dump, command))

    def test_taskinfo(self):
        for options in (
            "",
            " -r",
            " --summ",
            " --hang",
            " --hang --maxpids=3",
            " --ns",
            " --mem",
            " --pstree",
            " --taskfilter=UN",
            " --version",
            " -h",
        ):
            self.check(f"taskinfo{options}")

    def test_pstree(self):
        for options in ("", " -p", " -g", " -s", " -h", " -a", " -k", " -t"):
            self.check(f"pstree{options}")

    def test_modinfo(self):
        for options in ("", " -t", " -u", " -h", " -v"):
            self.check(f"modinfo{options}")

    def test_modinfo_details(self):
        """crash knows no symbols of modules' data; the rest is equal."""
        sample = [("virtio_blk", SAMPLE, dumps.kept("modinfo --details=virtio_blk"))]
        original = dumps.theirs("pykdump-5.10", "vmcore-5.10-zlib", "modinfo___details=dm_mod")
        for module, dump, reference in (*sample, *(("dm_mod", *pair) for pair in original)):
            with self.subTest(dump=dump):
                text, data = run(dump, f"modinfo --details={module}").split("\n.bss section")
                self.assertEqual(reference.split("\n.bss section")[0], text)
                self.assertIn(" (D) __this_module\n", data)

    def test_tslog(self):
        self.check("tslog")

    def test_pidinfo(self):
        """The original prints addresses of kuid_t as numbers, and fails at group_info, which has had no small_block since 4.9."""
        for dump, reference in by_pykdump("taskinfo --pidinfo=1", "taskinfo___pidinfo=1"):
            with self.subTest(dump=dump):
                expected = re.sub(r"(\w+)=\d{20}\b", lambda match: f"{match[1]}={0:<5d}", reference.split("Traceback")[0])
                text = run(dump, "taskinfo --pidinfo=1")
                self.assertTrue(text.startswith(expected), text)
                self.assertIn("\t07 (RLIMIT_NOFILE) cur=", text)
                self.assertRegex(text, r"   --- thread_info <struct thread_info 0xffff[0-9a-f]{12}>")


class CrashOracle(unittest.TestCase):
    """Counts by state are those of ``ps -S``."""

    STATES = {
        "TASK_RUNNING": "RU",
        "TASK_INTERRUPTIBLE": "IN",
        "TASK_IDLE": "ID",
        "TASK_UNINTERRUPTIBLE": "UN",
        "TASK_UNINTERRUPTIBLE|TASK_WAKEKILL": "UN",
        "__TASK_STOPPED|TASK_WAKEKILL": "ST",
        "__TASK_TRACED": "TR",
        "__TASK_TRACED|TASK_WAKEKILL": "TR",
        "TASK_DEAD": "ZO",
    }

    def test_states(self):
        for (dump, states), (_, tasks_) in zip(by_crash("ps -S", "ps_S"), by_crash("ps", "ps"), strict=True):
            with self.subTest(dump=dump):
                expected = {line.split(":")[0].strip(): int(line.split(":")[1]) for line in states.splitlines()}
                # crash counts the idle task of every CPU, taskinfo that of the first
                expected["RU"] -= len(re.findall(r"\[swapper/[1-9]\d*\]$", tasks_, re.MULTILINE))
                counts = {}
                for line in run(dump, "taskinfo --summ").splitlines():
                    match = re.fullmatch(r"  (_*[A-Z][A-Z_|]+) +(\d+)", line)
                    if match:
                        state = self.STATES[match[1]]
                        counts[state] = counts.get(state, 0) + int(match[2])
                self.assertEqual(counts, expected)

    def test_each_task(self):
        """The state, CPU and name of each thread."""
        for dump, reference in by_crash("ps", "ps"):
            with self.subTest(dump=dump):
                expected = {}
                for line in reference.splitlines()[1:]:
                    pid, _, cpu, _, state, *_, comm = line.lstrip(">").split(None, 8)
                    if not comm.startswith("[swapper/") or cpu == "0":
                        expected[int(pid)] = (int(cpu), {"ST": "K_", "TR": "K_", "ZO": "DE"}.get(state, state), comm.strip("[]"))
                found = {}
                for line in run(dump, "taskinfo").splitlines():
                    match = re.match(r"[> ] +(\d+) +(\S.*?) +(\d+) +-?\d+  (..) ", line)
                    if match:
                        found[int(match[1])] = (int(match[3]), match[4], match[2])
                self.assertEqual(found, expected)


class MissingPages(unittest.TestCase):
    """A dump that lacks pages of slabs, as a makedumpfile older than the kernel makes it: what is there is shown and the rest is counted."""

    @classmethod
    def setUpClass(cls):
        dump = dumps.opened(SAMPLE)
        lost = [task for task in tasks.threads(dump) if int(task.pid) % 40 == 7]
        with open(SAMPLE, "rb") as file:
            source = file.read()
        for task in lost:
            source = dumps.without(source, dump.translate(int(task)) // 4096)
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.dump = os.path.join(folder, "vmcore")
        with open(cls.dump, "wb") as file:
            file.write(source)

    def test_summary_says_how_many(self):
        text = run(self.dump, "taskinfo --summ")
        found, of = map(int, re.search(r"found (\d+) of (\d+) threads", text).groups())
        unread = int(re.search(r"(\d+) of \d+ threads cannot be read", text)[1])
        self.assertLess(found, of)
        counted = sum(int(n) for n in re.findall(r"^  _*TASK_[A-Z_|]+ +(\d+)$", text, re.MULTILINE))
        self.assertEqual(counted - 1, found - unread)

    def test_programs_end_well(self):
        options = ("", " -r", " --ns", " --mem", " --pstree", " --pidinfo=1")
        for command in (*(f"taskinfo{option}" for option in options), "pstree -pgs", "modinfo -g"):
            with self.subTest(command):
                self.assertNotIn("Traceback", run(self.dump, command))


if __name__ == "__main__":
    if not os.path.exists(PYKD):
        raise SystemExit(f"{PYKD} is not built")
    unittest.main()
