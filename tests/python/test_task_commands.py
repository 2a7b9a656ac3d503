# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands about tasks, and how every command takes wrong arguments: on the repository's dump."""

import json
import re
import unittest

from test_crash_commands import run

from dumps import opened, vmcores
from pykd.commands.kernel import bpf
from pykd.commands.system import log
from pykd.kernel import cpus, sched
from pykd.session.session import Session

HEADER = re.compile(r'PID: (\d+) +TASK: [0-9a-f]{16}  CPU: (\d+) +COMMAND: "(.*)"')


class Command(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dump = vmcores()[0]

    def output(self, command):
        output, errors = run(self.dump, "-c", command)
        self.assertEqual(errors, "", command)
        return output

    def rows(self, command):
        return json.loads(run(self.dump, "--json", "-c", command)[0])["rows"]

    def refused(self, command, message):
        output, errors = run(self.dump, "-c", command)
        self.assertEqual((output, errors.splitlines()[:1]), ("", [message]), command)


class Ps(Command):
    def test_arguments(self):
        self.assertEqual([row["comm"] for row in self.rows("ps 2 1")], ["kthreadd", "init"])
        task = self.rows("ps 2")[0]["task"]
        self.assertEqual([row["pid"] for row in self.rows(f"ps {task} 0x1")], [2, 1])
        self.assertEqual({row["comm"][:7] for row in self.rows("ps '^kworker/[01]'")}, {"kworker"})
        self.assertEqual(self.rows("ps nosuchname"), [])

    def test_programs_read_where_arguments_lie_that_are_not_there(self):
        text, _, _ = Session(opened(self.dump)).capture_apart("ps -a 1")
        self.assertRegex(text, "ps: cannot access user stack address: 7f[0-9a-f]{10}\n")

    def test_no_such_pid_costs_one_row(self):
        lines = self.output("ps 4194304 1").splitlines()
        self.assertEqual(lines[0], "ps: invalid task or pid value: 4194304")
        self.assertRegex(lines[-1], r"^[> ] +1 +0 .* init$")

    def test_options_that_exclude_each_other(self):
        flags = "ps: -a, -t, -c, -p, -g, -l, -m, -S, -r and -A flags are all mutually-exclusive"
        self.refused("ps -lm", flags)
        self.refused("ps -S 1", "ps: -S option takes no arguments")
        self.refused("ps -S -k", "ps: -S option cannot be used with other options")
        self.refused("ps -C 0", "ps: -C option is only applicable with -l and -m")
        self.refused("ps -lG", "ps: -G not supported with -l option")
        self.refused("ps -y NICE", "ps: NICE: invalid scheduling policy")

    def test_a_thread_group_is_shown_once(self):
        leaders = [line for line in self.output("ps -g").splitlines() if line.startswith("PID: ")]
        self.assertEqual(len(leaders), len({row["tgid"] for row in self.rows("ps")}))

    def test_times_are_in_order_of_start(self):
        starts = [int(text) for text in re.findall(r"START TIME: (\d+)", self.output("ps -t"))]
        self.assertEqual(starts, sorted(starts))
        self.assertEqual(len(starts), len(self.rows("ps")))

    def test_resident_memory_does_not_depend_on_what_is_shown(self):
        every = {row["task"]: row["rss"] for row in self.rows("ps")}
        for row in self.rows("ps -u"):
            self.assertEqual(self.rows(f"ps {int(row['task'], 16):x}")[0]["rss"], every[row["task"]], row["comm"])


class Foreach(Command):
    def test_ps_is_one_table(self):
        self.assertEqual(self.output("foreach user ps"), self.output("ps -u"))
        self.assertEqual(self.output("foreach ps -p"), self.output("ps -p"))

    def test_which_tasks(self):
        pids = {word: {row["pid"] for row in self.rows(f"foreach {word} ps")} for word in ("user", "kernel", "gleader", "active", "'^k.*d$'")}
        self.assertEqual(pids["user"] & pids["kernel"], set())
        self.assertLessEqual(pids["gleader"], pids["user"])
        self.assertIn(2, pids["'^k.*d$'"])
        self.assertEqual({row["pid"] for row in self.rows("foreach ps")}, pids["user"] | pids["kernel"])

    def test_refused(self):
        self.refused("foreach nosuch bt", 'foreach: unknown argument: "nosuch"')
        self.refused("foreach user kernel ps", "foreach: user and kernel are mutually exclusive!")
        self.refused("foreach 'k[' ps", "foreach: invalid regular expression: k[: unterminated character set at position 1")

    def test_commands_that_name_no_task_get_a_header(self):
        lines = self.output("foreach 1 2 set").splitlines()
        self.assertEqual([match[1] for line in lines if (match := HEADER.fullmatch(line))], ["1", "2"])

    def test_what_is_not_found_says_nothing(self):
        self.assertEqual(self.output("foreach kernel files -R /nosuch"), "")


class Others(Command):
    def test_active_task_of_a_cpu(self):
        """`set -a` says what a CPU was running where the dump does not: all commands go by it."""
        dump = opened(self.dump)
        session = Session(dump)

        def output(command):
            text, errors, _ = session.capture_apart(command)
            self.assertEqual(errors, "", command)
            return text

        before = dict(cpus.active_tasks(dump))
        try:
            (init,) = json.loads(output("ps 1 --json"))["rows"]
            context = output("set")
            self.assertFalse(init["active"])
            expected = f'"{init["comm"]}" task {int(init["task"], 16):x} has been marked as the active task on cpu {init["cpu"]}\n'
            self.assertEqual(output("set -a 1"), expected)
            self.assertIn(init["pid"], [row["pid"] for row in json.loads(output("ps -A --json"))["rows"]])
            self.assertIn(f"TASK: {int(init['task'], 16):x}", output(f"bt -c {init['cpu']}"))
            self.assertEqual(output("set"), context)
            self.assertIn("PID: 1\n", output(f"set -c {init['cpu']}"))
        finally:
            cpus.active_tasks(dump).update(before)
        self.refused("set -a", "set: -a needs a task")
        self.refused("set -a 99999", "set: invalid task or pid value: 99999")

    def test_policies(self):
        titles, *lines = self.output("ps -Y").splitlines()
        self.assertEqual(titles.split(), ["PID", "PPID", "CPU", "TASK", "POLICY", "PRIO", "COMM"])
        rows = {row["task"]: row for row in self.rows("ps")}
        self.assertEqual(len(lines), len(rows))
        for line in lines:
            words = line.removeprefix(">").split(None, 6)
            row = rows[f"{int(words[3], 16):#x}"]
            self.assertEqual((sched.POLICIES[words[4]], int(words[5])), (row["policy"], row["prio"]))
        self.refused("ps -Y -t", "ps: -a, -t, -c, -p, -g, -l, -m, -S, -r and -A flags are all mutually-exclusive")

    def test_rust_in_the_log(self):
        text = "at _RNvC6_123foo3bar+0x10/0x20, _RNvNtCs1234_7mycrate3foo3bar; _RX nor __ro_after_init, REST_R"
        self.assertEqual(
            log._RUST.sub(log._in_rust, text), "at 123foo::bar+0x10/0x20, mycrate::foo::bar; _RX nor __ro_after_init, REST_R"
        )
        self.assertEqual(self.output("log -R"), self.output("log"))

    def test_pending_signals(self):
        """What is shown of a signal that waits is its siginfo, not the entry of the queue."""
        queues = [part["queue"] for group in self.rows("foreach sig") for row in group["rows"] for part in (row.get("private"), row.get("shared")) if part]
        waiting = [entry for queue in queues for entry in queue]
        self.assertGreater(len(waiting), 1)
        text = self.output("foreach sig")
        for entry in waiting:
            self.assertIn(f"\n             {entry['number']:>3}  {int(entry['siginfo'], 16):x}\n", text)
            self.assertEqual(self.output(f"rd -32 {int(entry['siginfo'], 16):x}").split()[1], f"{entry['number']:08x}")

    def test_signals_of_a_group(self):
        row = self.rows("sig -g 1")[0]
        self.assertEqual([member["pid"] for member in row["members"]], [1])
        self.assertEqual(len(row["actions"]), 64)
        self.assertEqual(self.output("sig -s 0x101"), "SIGHUP SIGKILL\n")

    def test_runnable(self):
        running = {row["pid"] for row in self.rows("foreach active ps")}
        self.assertLessEqual(running, {entry["pid"] for row in self.rows("runq -d") for entry in row["runnable"]})

    def test_member_of_both_structures(self):
        self.assertEqual(self.output("task -R flags 1").count("  flags = "), 2)

    def test_settings(self):
        self.assertEqual(self.output("set radix 16 hash off; set radix; set hash").splitlines()[2:], ["output radix: 16 (hex)", "hash: off"])
        self.refused("set radix 11", "set: invalid command: set radix 11; it is 10 or 16")
        self.assertEqual(self.output("set hash on print_max 10"), "hash: on\nprint_max: 10\n")

    def test_booleans_in_hexadecimal(self):
        self.assertNotRegex(self.output("task -x 1"), "= (true|false)")

    def test_columns_of_bpf(self):
        program = {"kind": "program", "id": 7, "address": 0xFFFFC90000001000, "aux": 0xFFFF888000002000, "type": "KPROBE", "tag": "0123456789abcdef", "maps": [32]}
        one_map = {"kind": "map", "id": 12, "address": 0xFFFF888000003000, "type": "LPM_TRIE", "flag_bits": 1}
        session, options = Session(opened(self.dump)), bpf.COMMAND.parse([])
        list(bpf.rows(session, options))
        lines = list(bpf.text([program, one_map], options, session))
        self.assertEqual(lines[1], " 7   ffffc90000001000 ffff888000002000    KPROBE     0123456789abcdef    32")
        # the column is as wide as the longest name of a type of maps
        self.assertEqual(lines[-1].split(), ["12", "ffff888000003000", "LPM_TRIE", "00000001"])
        self.assertEqual(lines[-2].index("MAP_FLAGS") + 1, lines[-1].index("00000001"))

    def test_irq_arguments(self):
        self.refused("irq x1", 'irq: x1: "x" is not a digit 0 - 9')
        self.assertEqual([row["irq"] for row in self.rows("irq 3 1")], [3, 1])

    def test_usage_follows_what_is_wrong(self):
        for command in ("ps -Z", "irq -Z", "waitq", "foreach", "mod -s nosuch"):
            with self.subTest(command):
                output, errors = run(self.dump, "-c", command)
                name = command.split()[0]
                self.assertEqual(output, "")
                self.assertRegex(errors, rf'^{name}: .+\nUsage:\n  {name} [\S\s]+\nEnter "help {name}" for details.\n$')


if __name__ == "__main__":
    unittest.main()
