# SPDX-License-Identifier: GPL-2.0-or-later
"""taskinfo, pstree, tslog and modinfo against what PyKdump printed of the same dump, and against crash."""

import os
import re
import subprocess
import unittest

from dumps import PYKD, shared


def run(dump, command):
    """What a command prints, standard error included, as in a terminal."""
    result = subprocess.run(
        [PYKD, "--isolated", dump, "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60
    )
    return result.stdout.decode()


def without_times(text):
    return re.sub(r"^ \*\* Execution took .*$", " ** Execution took", text, flags=re.MULTILINE)


class Oracle(unittest.TestCase):
    """Equal but for the time that the tool itself took. Differences are written out here."""

    maxDiff = None

    def check(self, command, edit=lambda text: text):
        dump = shared("vmcores", "vmcore-5.10-zlib")
        name = command.replace(" --", "___").replace(" -", "__") + ".txt"
        with open(shared("oracle", "pykdump-5.10", name)) as file:
            expected = file.read()
        self.assertEqual(edit(without_times(expected)), without_times(run(dump, command)))

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
            with self.subTest(options):
                self.check(f"taskinfo{options}")

    def test_pstree(self):
        for options in ("", " -p", " -g", " -s", " -h", " -a", " -k", " -t"):
            with self.subTest(options):
                self.check(f"pstree{options}")

    def test_modinfo(self):
        for options in ("", " -t", " -u", " -h", " -v"):
            with self.subTest(options):
                self.check(f"modinfo{options}")

    def test_modinfo_details(self):
        """crash knows no symbols of modules' data; the rest is equal."""
        dump = shared("vmcores", "vmcore-5.10-zlib")
        with open(shared("oracle", "pykdump-5.10", "modinfo___details=dm_mod.txt")) as file:
            expected = file.read().split("\n.bss section")[0]
        text, data = run(dump, "modinfo --details=dm_mod").split("\n.bss section")
        self.assertEqual(expected, text)
        self.assertIn(" (D) __this_module\n", data)

    def test_tslog(self):
        self.check("tslog")

    def test_pidinfo(self):
        """The original prints addresses of kuid_t as numbers, and fails at group_info, which has had no small_block since 4.9."""
        dump = shared("vmcores", "vmcore-5.10-zlib")
        with open(shared("oracle", "pykdump-5.10", "taskinfo___pidinfo=1.txt")) as file:
            expected = file.read().split("Traceback")[0]
        expected = re.sub(r"(\w+)=\d{20}\b", lambda match: f"{match[1]}={0:<5d}", expected)
        text = run(dump, "taskinfo --pidinfo=1")
        self.assertTrue(text.startswith(expected), text)
        self.assertIn("\t07 (RLIMIT_NOFILE) cur=", text)
        self.assertIn("   --- thread_info <struct thread_info 0xffff88df011d5e80>", text)


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
        dump = shared("vmcores", "vmcore-6.1-zstd")
        with open(shared("oracle", "crash-6.1", "ps_S.txt")) as file:
            expected = {line.split(":")[0].strip(): int(line.split(":")[1]) for line in file}
        with open(shared("oracle", "crash-6.1", "ps.txt")) as file:
            # crash counts the idle task of every CPU, taskinfo that of the first
            expected["RU"] -= sum(1 for line in file if re.search(r"\[swapper/[1-9]\d*\]$", line))
        counts = {}
        for line in run(dump, "taskinfo --summ").splitlines():
            match = re.fullmatch(r"  (_*[A-Z][A-Z_|]+) +(\d+)", line)
            if match:
                state = self.STATES[match[1]]
                counts[state] = counts.get(state, 0) + int(match[2])
        self.assertEqual(counts, expected)

    def test_each_task(self):
        """The state, CPU and name of each thread."""
        dump = shared("vmcores", "vmcore-6.1-zstd")
        with open(shared("oracle", "crash-6.1", "ps.txt")) as file:
            expected = {}
            for line in file.read().splitlines()[1:]:
                pid, _, cpu, _, state, *_, comm = line.lstrip(">").split(None, 8)
                if not comm.startswith("[swapper/") or cpu == "0":
                    expected[int(pid)] = (int(cpu), {"ST": "K_", "TR": "K_", "ZO": "DE"}.get(state, state), comm.strip("[]"))
        found = {}
        for line in run(dump, "taskinfo").splitlines():
            match = re.match(r"[> ] +(\d+) +(\S+) +(\d+) +-?\d+  (..) ", line)
            if match:
                found[int(match[1])] = (int(match[3]), match[4], match[2])
        self.assertEqual(found, expected)


class MissingPages(unittest.TestCase):
    """The dump of 6.12 lacks pages of slabs; what is there is shown and the rest is counted."""

    def setUp(self):
        self.dump = shared("vmcores", "vmcore-6.12-lzo")

    def test_summary_says_how_many(self):
        text = run(self.dump, "taskinfo --summ")
        self.assertRegex(text, r"found \d+ of 175 threads")
        counted = sum(int(n) for n in re.findall(r"^  _*TASK_[A-Z_|]+ +(\d+)$", text, re.MULTILINE))
        self.assertEqual(counted - 1, int(re.search(r"found (\d+) of", text)[1]))

    def test_programs_end_well(self):
        options = ("", " -r", " --ns", " --mem", " --pstree", " --pidinfo=1")
        for command in (*(f"taskinfo{option}" for option in options), "pstree -pgs", "modinfo -g"):
            with self.subTest(command):
                self.assertNotIn("Traceback", run(self.dump, command))


if __name__ == "__main__":
    if not os.path.exists(PYKD):
        raise SystemExit(f"{PYKD} is not built")
    unittest.main()
