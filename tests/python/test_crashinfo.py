# SPDX-License-Identifier: GPL-2.0-or-later
"""crashinfo: against what PyKdump printed of the same dump as far as it came, against other commands, and on dumps that lack pages."""

import json
import re
import subprocess
import unittest

import dumps
import golden
from dumps import PYKD, SAMPLE, by_pykdump, kept, opened, vmcores
from golden import without_times
from pykd.kernel.fs import filelocks
from pykd.kernel.task.census import census
from pykd.programs.crashinfo import reason, tasks
from pykd.session import contract
from pykd.session.session import Session


def run(dump, *commands):
    """What commands print, standard error included, as in a terminal."""
    words = [PYKD, "--isolated", dump]
    for command in commands:
        words += ["-c", command]
    result = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=120)
    return without_times(result.stdout.decode())


def rows(dump, command):
    result = subprocess.run([PYKD, "--isolated", "--json", dump, "-c", command], stdout=subprocess.PIPE, check=True, timeout=120)
    return json.loads(result.stdout)["rows"]


class Oracle(unittest.TestCase):
    """Equal but for the time that the tool itself took."""

    maxDiff = None

    def check(self, options):
        name = f"crashinfo {options}".strip()
        for dump, expected in by_pykdump(name, name.replace(" --", "___").replace(" -", "__")):
            with self.subTest(name, dump=dump):
                # Whether the pipe breaks before or behind the shell's message is a matter of time.
                said = [text.replace("[Errno 32] Broken pipe\n", "") for text in (expected, run(dump, name))]
                self.assertEqual(*said)

    def test_equal(self):
        for options in ("-h", "--blkdevs", "--runq", "--findstacks=sched_clock|percpu_rwsem_wait"):
            self.check(options)

    def test_equal_of_the_large_one(self):
        for name in ("stacksummary", "findstacks=schedule"):
            for dump, expected in dumps.theirs("pykdump-5.10", "vmcore-5.10-zlib", f"crashinfo___{name}"):
                self.assertEqual(expected, run(dump, f"crashinfo --{name}"))

    def test_sysctl(self):
        """The original reads longs as two numbers, texts that have no element size as numbers, and runs in a circle below net.core; it knows
        one of the three handlers that have jiffies."""

        def values(text):
            return {words[0]: words[1].strip() for line in text.splitlines() if len(words := line.split(None, 1)) == 2 and "." in words[0]}

        for dump, expected in dumps.theirs("pykdump-5.10", "vmcore-5.10-zlib", "crashinfo___sysctl"):
            theirs, ours = values(expected), values(run(dump, "crashinfo --sysctl"))
            common = theirs.keys() & ours.keys()
            self.assertGreater(len(common), 250)
            wide = {name for name in common if theirs[name].startswith("[") or (theirs[name].isdecimal() and int(theirs[name]) >= 1 << 31)}
            hz = 250
            differ = {name for name in common - wide if ours[name] != theirs[name] and not (
                theirs[name].isdecimal() and ours[name] in (str(int(theirs[name]) * 1000 // hz), str(int(theirs[name]) * 100 // hz)))}  # fmt: skip
            self.assertEqual(set(), differ)
            self.assertEqual((ours["kernel.printk_ratelimit"], ours["kernel.core_pattern"]), ("5", "core"))
            self.assertEqual(ours["net.ipv4.neigh.default.retrans_time_ms"], "1000")

    def test_report(self):
        """The original gave up behind the use of memory. It does not say where types come from as we do."""
        own = re.compile(r"^ +(KERNEL|DUMPFILE): .*\n", re.MULTILINE)
        for dump, expected in dumps.theirs("pykdump-5.10", "vmcore-5.10-zlib", "crashinfo"):
            expected = own.sub("", expected.split("   print_blkreq is not supported")[0])
            self.assertEqual(expected, own.sub("", run(dump, "crashinfo"))[: len(expected)])


class Golden(unittest.TestCase):
    """What was not there to print in the original: kept of the sample."""

    maxDiff = None

    def test_kept(self):
        for options in ("", "--blkreq -v", "--lws", "--workqueues", "--keventd_wq", "--kblockd_wq", "--filelock", "--pci", "--ls=/tmp", "--ext3", "--umem"):
            command = f"crashinfo {options}".strip()
            with self.subTest(command):
                self.assertEqual(kept(command), golden.printed(command))


class Values(unittest.TestCase):
    def test_no_part_fails_where_all_pages_are(self):
        found = rows(SAMPLE, "crashinfo -v")
        self.assertEqual([], [row for row in found if "error" in row])
        kinds = {row["kind"] for row in found}
        self.assertLessEqual({"system", "cpu", "reason", "ran", "state", "recent", "memory", "runqueue", "sockets", "mount", "log", "alike"}, kinds)

    def test_parts_fail_one_by_one(self):
        """Dumps that lack pages have a report all the same, and no traceback."""
        for dump in vmcores():
            text = run(dump, "crashinfo", "crashinfo -v", "crashinfo -q", "crashinfo --fast")
            self.assertNotIn("Traceback", text)
            self.assertNotIn("internal error", text)
            self.assertEqual(text.count("How This Dump Has Been Created"), 3)

    def test_states_are_those_of_ps(self):
        for path in vmcores():
            dump = opened(path)
            counted = {}
            for row in Session(dump).rows("ps"):
                if row.get("pid") and "error" not in row:
                    counted[row["state"]] = counted.get(row["state"], 0) + 1
            letters = {}
            for one in census(dump).seen:
                if one.pid:
                    letters[one.letters] = letters.get(one.letters, 0) + 1
            self.assertEqual(letters, counted, path)

    def test_stacks_are_sound(self):
        for path in vmcores():
            self.assertEqual([], list(tasks.damaged_stacks(opened(path))), path)

    def test_file_locks(self):
        found = rows(SAMPLE, "crashinfo --filelock")
        locks = [contract.row(row | {"kind": "file_lock"}, contract.shapes()["crashinfo"]) for row in filelocks.lock_rows(opened(SAMPLE))]
        self.assertEqual(json.loads(json.dumps(locks)), found)

    def test_mutex(self):
        """A lock that is waited for, as hanginfo finds it."""
        seen = 0
        for path in vmcores():
            for lock, owner, waiting in re.findall(r"mutex (0x[0-9a-f]+), held by: (.*)\n +\.\.\. (\d+) pids", run(path, "hanginfo")):
                (row,) = rows(path, f"crashinfo --mutex={lock}")
                with self.subTest(path, lock=lock):
                    self.assertEqual((row["held"], len(row["waiters"])), (owner, int(waiting)))
                seen += 1
        if not seen:
            self.skipTest("nobody waits for a mutex in any dump at hand")


class Reasons(unittest.TestCase):
    """Of made-up stacks and logs."""

    def told(self, functions, log=""):
        stack = {"frames": [{"function": name} for name in functions]}
        row = reason.row(stack, log)
        return row["cause"], row["detail"]

    def test_reasons(self):
        self.assertEqual(
            self.told(["machine_kexec", "panic", "sysrq_handle_crash", "vfs_write"]),
            ("Dump has been initiated: with sysrq", "programmatically (via sysrq-trigger)"),
        )
        self.assertEqual(self.told(["crash_kexec", "oops_end", "die", "asm_exc_general_protection"]), ("Dump was triggered by kernel", "General Protection Fault"))
        null = "[    1.0] BUG: kernel NULL pointer dereference, address: 0"
        self.assertEqual(self.told(["oops_end", "page_fault_oops", "exc_page_fault"], null), ("Dump was triggered by kernel", null[10:].strip()))
        self.assertEqual(self.told(["panic", "mce_panic"]), ("Panic", "MCE"))
        self.assertEqual(self.told(["panic", "watchdog_timer_fn"]), ("Panic", "watchdog timer"))
        self.assertEqual(self.told(["panic", "nmi_panic", "default_do_nmi"], "NMI: IOCK error"), ("Panic triggered by NMI", "NMI: IOCK error"))
        self.assertEqual(self.told(["panic", "mount_block_root"]), ("Panic", reason.UNKNOWN))


if __name__ == "__main__":
    unittest.main()
