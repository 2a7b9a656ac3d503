# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands about files, memory, devices, time and networks: against crash where its output is at hand, and on every dump."""

import json
import re
import subprocess
import unittest

from dumps import PYKD, by_crash, vmcores

ORACLE = {
    "mount": "mount", "mount -f": "mount_f", "files 1": "files_1", "foreach files": "foreach_files", "task 1": "task_1", "set": "set",
    "set 1": "set_1", "runq": "runq", "runq -g": "runq_g", "runq -t": "runq_t", "runq -m": "runq_m", "timer": "timer", "timer -r": "timer_r",
    "irq": "irq", "irq -a": "irq_a", "irq -b": "irq_b", "irq -s": "irq_s", "irq -u": "irq_u", "net": "net", "net -a": "net_a", "net -n": "net_n",
    "foreach net -s": "foreach_net_s", "kmem -i": "kmem_i", "kmem -s": "kmem_s", "kmem -s task_struct": "kmem_s_task_struct", "kmem -V": "kmem_V",
    "kmem -z": "kmem_z", "kmem -f": "kmem_f", "kmem -n": "kmem_n", "kmem -g": "kmem_g", "kmem -o": "kmem_o", "kmem -h": "kmem_h",
    "kmem -v": "kmem_v", "vm 1": "vm_1", "vm -p 1": "vm_p_1", "vm -v 1": "vm_v_1", "swap": "swap", "ipcs": "ipcs", "ipcs -s": "ipcs_s",
    "ipcs -m -M": "ipcs_m_M", "dev": "dev", "dev -d": "dev_d", "dev -i": "dev_i", "dev -p": "dev_p", "mach": "mach", "mach -m": "mach_m",
    "mach -c": "mach_c", "fuser /tmp": "fuser_tmp", "bpf": "bpf",
}  # fmt: skip
"""Commands, and the file that has what crash prints"""


def run(dump, *words):
    result = subprocess.run([PYKD, "--isolated", dump, *words], capture_output=True, text=True, errors="replace", check=False, timeout=120)
    return result.stdout, result.stderr


class Oracle(unittest.TestCase):
    maxDiff = None

    def test_equal(self):
        for command, name in ORACLE.items():
            for dump, expected in by_crash(command, name):
                with self.subTest(command, dump=dump):
                    self.assertEqual(expected.rstrip("\n"), "".join(run(dump, "-c", command)).rstrip("\n"))


class EveryDump(unittest.TestCase):
    def test_to_the_end(self):
        """A page that is missing is told in a line; it never ends in a traceback."""
        for dump in vmcores():
            for command in [*ORACLE, "vtop jiffies", "kmem jiffies", "foreach vm", "fuser /", "mount -i"]:
                with self.subTest(dump=dump, command=command):
                    output, errors = run(dump, "-c", command)
                    self.assertNotIn("Traceback", output + errors)
                    self.assertTrue(output or errors)

    def test_json(self):
        for command in ("kmem -i", "net", "timer -r", "dev", "mount", "vm -p", "runq", "mach"):
            with self.subTest(command):
                document = json.loads(run(vmcores()[0], "--json", "-c", command)[0])
                self.assertTrue(document["rows"])

    def test_free_pages_agree_with_their_counter(self):
        for dump in vmcores():
            with self.subTest(dump):
                last = run(dump, "-c", "kmem -f")[0].splitlines()[-1]
                match = re.fullmatch(r"nr_free_pages: (\d+)  \((verified|found (\d+))\)", last)
                self.assertTrue(match, last)
                # CPUs keep small changes to themselves for a while (vm_stat_diff, a signed byte in each zone).
                self.assertLess(abs(int(match[1]) - int(match[3] or match[1])), 128)

    def test_wrong_arguments(self):
        for command in ("vtop", "vtop nosuch", "irq 99999", "irq x", "net -N zz", "set -c 4711", "set radix 7", "kmem", "kmem -s nosuch",
                        "ipcs 4711", "fuser", "fuser nosuch", "bpf -p x", "files nosuch", "task -R nosuch", "kmem -g zz"):  # fmt: skip
            with self.subTest(command):
                output, errors = run(vmcores()[0], "-c", command)
                self.assertRegex(errors, f"^{command.split()[0]}: .")
                self.assertNotIn("Traceback", output + errors)


if __name__ == "__main__":
    unittest.main()
