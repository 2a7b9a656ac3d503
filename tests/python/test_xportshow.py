# SPDX-License-Identifier: GPL-2.0-or-later
"""xportshow against what PyKdump printed of the same dump, and against what the guest said where PyKdump printed nothing."""

import json
import os
import re
import subprocess
import unittest

import dumps
from altered import Altered
from dumps import PYKD, SAMPLE, by_pykdump
from golden import without_times
from pykd.kernel.net.devices import for_each_netdev
from pykd.kernel.net.namespaces import init_net


def run(dump, command):
    """What a command prints, standard error included, as in a terminal."""
    result = subprocess.run([PYKD, "--isolated", dump, "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60)
    return without_times(result.stdout.decode())


class Oracle(unittest.TestCase):
    """Equal, but where PyKdump says that it cannot, or prints an address for a number."""

    maxDiff = None

    def check(self, options, change=lambda text: text):
        command = f"xportshow{options}"
        for dump, expected in by_pykdump(command, command.replace(" --", "___").replace(" -", "__")):
            with self.subTest(command, dump=dump):
                self.assertEqual(change(expected), run(dump, command))

    def test_whole_outputs(self):
        for options in ("", " -a", " -av", " -i", " -l", " -r", " -t", " -tv", " -u", " -w", " -x", " --devpack", " --softnet", " --summ", " --port=8080", " -h"):
            self.check(options)

    def test_interfaces_in_full(self):
        """PyKdump prints the addresses of the loopback device's counters."""

        def counted(text):
            numbers = iter([25, 25, 1435, 1435, 0, 0, 0, 0])
            return re.sub(r"184466\d{14}", lambda match: f"{next(numbers):<20}", text)

        def plain(text):
            return re.sub(r" +\n", "\n", text)

        for dump, expected in by_pykdump("xportshow -iv", "xportshow__iv"):
            with self.subTest(dump=dump):
                self.assertEqual(re.sub(r"  +", "  ", plain(counted(expected))), re.sub(r"  +", "  ", plain(run(dump, "xportshow -iv"))))

    def test_counters(self):
        """PyKdump has no table of ICMP."""
        for dump, expected in by_pykdump("xportshow -s", "xportshow__s"):
            with self.subTest(dump=dump):
                shown = run(dump, "xportshow -s")
                self.assertNotIn("not implemented", shown)
                first, last = expected.split("-------------------- icmp_statistics")
                self.assertTrue(shown.startswith(first))
                self.assertTrue(shown.endswith(last[last.index("-------------------- tcp") :] if "not implemented" in last else last))


class Rows(unittest.TestCase):
    def rows(self, options):
        shown = subprocess.run([PYKD, "--isolated", SAMPLE, "-c", f"xportshow {options} --json"], stdout=subprocess.PIPE, check=True, timeout=60).stdout
        return json.loads(next(line for line in shown.decode().splitlines() if line.startswith("{")))["rows"]

    def test_hooks(self):
        found = [(row["family"], row["hook"], row["priority"], row["function"]) for row in self.rows("--netfilter")]
        self.assertEqual([("ipv4", "POST_ROUTING", -225, "apparmor_ipv4_postroute"), ("ipv6", "POST_ROUTING", -225, "apparmor_ipv6_postroute")], found)

    def test_what_routing_remembers(self):
        self.assertEqual([(route, "output", cpu) for route in ("127.0.0.0/8", "::1/128") for cpu in (0, 1)],
                         [(row["route"], row["kind_by"], row["cpu"]) for row in self.rows("--rtcache")])  # fmt: skip

    def test_states(self):
        self.assertEqual({"TIME_WAIT"}, {row["state"] for row in self.rows("--tcpstate TIME_WAIT")})
        self.assertTrue(all(row["retransmits"] for row in self.rows("--retransonly")))
        self.assertEqual({5010}, {row["local"]["port"] for row in self.rows("-l -t --port 5010")})

    def test_who_has_it_open(self):
        (task,) = self.rows("--program kd-tcp")
        listening = {row["sock"]: row["pids"] for row in self.rows("-l -t --pid")}
        for one in task["sockets"]:
            if one["sock"] in listening:
                self.assertIn(task["pid"], listening[one["sock"]])

    def test_namespaces(self):
        one, every = self.rows("-i"), self.rows("-i --netns all")
        self.assertLess(len(one), len(every))
        other = next(row["net"] for row in every if row["net"] != one[0]["net"])
        self.assertEqual([row for row in every if row["net"] == other], self.rows(f"-i --netns {int(other, 16):x}"))

    def test_packets(self):
        queue = next(row for row in self.rows("-tvv") if row.get("write_queue"))
        (packet,) = self.rows(f"--decode skb {int(queue['write_queue'][0]['skb'], 16):x}")
        self.assertGreater(packet["length"], 0)


class Lost(unittest.TestCase):
    def test_what_can_be_read_is_shown(self):
        altered = Altered(SAMPLE)
        (device,) = (one for one in for_each_netdev(altered.dump, init_net(altered.dump)) if one.name == "lo")
        altered.exclude(altered.dump.translate(int(device.ip_ptr.ifa_list)) >> 12)
        for path, name, mtu in ((altered.save(self), "lo", 65536), (os.path.join(dumps.SHARED, "vmcores", "vmcore-6.12-lzo"), "br0", 1500)):
            if os.path.exists(path):
                shown = run(path, "xportshow -i")
                with self.subTest(path):
                    self.assertRegex(shown, rf"(?m)^{name} +\(excluded\)  mtu={mtu} ")
                    self.assertNotIn("Traceback", shown + run(path, "xportshow --everything"))


if __name__ == "__main__":
    unittest.main()
