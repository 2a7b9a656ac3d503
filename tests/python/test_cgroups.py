# SPDX-License-Identifier: GPL-2.0-or-later
"""The command cgroups: threads of all groups of the dumps at hand, and limits that were planted."""

import unittest

from dumps import SAMPLE, busy, opened, vmcores
from planting import Planting
from pykd.kernel import cgroups
from pykd.kernel.task import table
from pykd.session.session import Session


class Real(unittest.TestCase):
    def test_every_thread_is_in_one(self):
        """But the idle ones, and zombies, which have left theirs."""
        for path in vmcores():
            dump = opened(path)
            rows = list(Session(dump).rows("cgroups"))
            if any("error" in row for row in rows):
                continue
            threads = [thread for thread in table.threads(dump) if thread.pid and not thread.exit_state]
            with self.subTest(path):
                self.assertEqual(len(threads), sum(row["tasks"] for row in rows if row["hierarchy"] == "unified"))
                self.assertEqual("/", rows[0]["path"])
                held = {row["path"]: (row["frozen"], (row.get("cpu") or {}).get("quota")) for row in rows}
                wanted = {"/limited": ("", 50000), "/frozen": ("frozen", None)} if path == busy() else {}
                self.assertEqual(wanted, {name: how for name, how in held.items() if any(how)})

    def test_below(self):
        for path in vmcores():
            session = Session(opened(path))
            if any(row.get("path") == "/app" for row in session.rows("cgroups")):
                with self.subTest(path):
                    self.assertEqual(["/app"], [row["path"] for row in session.rows("cgroups app")])

    def test_pressure(self):
        (row,) = Session(opened(SAMPLE)).rows("cgroups")
        self.assertEqual({"cpu": {"some"}, "memory": {"some", "full"}, "io": {"some", "full"}}, {name: set(kinds) for name, kinds in row["pressure"].items()})


class Planted(Planting):
    def group(self):
        """The first group of threads: ``struct cgroup``, with ``struct mem_cgroup`` and ``struct task_group``."""
        dump = self.dump
        root = next(cgroups.for_each_root(dump))
        group = next(cgroups.for_each_group(dump, root))
        return group, cgroups.controller(dump, group, "memory"), cgroups.controller(dump, group, "cpu")

    def row(self):
        return next(Session(self.altered.open(self)).rows("cgroups"))

    def test_limits(self):
        _, memory, cpu = self.group()
        for member, value in (("usage", 99), ("max", 100), ("high", 1 << 60)):
            self.set("page_counter", int(memory.memory), member, value)
        for member, value in (("quota", 20_000_000), ("period", 100_000_000), ("nr_periods", 50), ("nr_throttled", 40), ("throttled_time", 3_000_000)):
            self.set("cfs_bandwidth", int(cpu.cfs_bandwidth), member, value)
        self.set("cfs_rq", self.dump.read_unsigned(int(cpu.Eval("cfs_rq")) + 8), "throttled", 1)
        row = self.row()
        self.assertEqual((99 * 4096, 100 * 4096, None), tuple(row["memory"][name] for name in ("usage", "max", "high")))
        self.assertEqual((20000, 100000, 50, 40, 3000, [1]), tuple(row["cpu"][name] for name in ("quota", "period", "periods", "throttled", "throttled_time", "throttled_cpus")))
        text = Session(self.altered.open(self)).capture("cgroups")[0]
        self.assertIn("memory 396k of 400k AT ITS LIMIT; cpu 20000 of 100000 us, throttled in 40 of 50 periods; THROTTLED on CPU 1", text)

    def test_frozen(self):
        group, _, _ = self.group()
        self.set("cgroup_freezer_state", int(group.freezer), "freeze", 1)
        self.assertEqual("freezing", self.row()["frozen"])
        self.set("cgroup", int(group), "flags", 1 << 3)
        self.assertEqual("frozen", self.row()["frozen"])

    def test_pressure(self):
        psi = self.dump.symbol("psi_system").address + self.dump.type("struct psi_group").offset_of("avg")
        self.altered.word(psi + 24 * self.dump.enumerator("PSI_MEM_FULL"), 25 << 11, 1 << 10, 0)
        self.assertEqual([25, 0.5, 0], self.row()["pressure"]["memory"]["full"])


if __name__ == "__main__":
    unittest.main()
