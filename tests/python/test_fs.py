# SPDX-License-Identifier: GPL-2.0-or-later
"""The command fs: against the guest's /proc/mounts, the frozen file system of the dumps at hand, and states that were planted."""

import unittest

from dumps import SAMPLE, opened, vmcores
from planting import Planting
from pykd.commands.files import fs
from pykd.commands.kernel import cgroups
from pykd.session.session import Session
from truths import truth


class Real(unittest.TestCase):
    def test_what_the_guest_had_mounted(self):
        rows = list(Session(opened(SAMPLE)).rows("fs"))
        found = {(row["device"], row["directory"], row["type"], row["read_only"]) for row in rows}
        said = {(*line.split()[:3], line.split()[3].split(",")[0] == "ro") for line in truth("proc/mounts").splitlines()}
        self.assertEqual(said, found & said)
        self.assertTrue(all(not row["frozen"] and not row["errors"] and not row["waiters"] for row in rows))

    def test_frozen(self):
        for path in vmcores():
            session = Session(opened(path))
            rows = list(session.rows("blocked"))
            blocked = {row["pid"] for row in rows if "percpu_rwsem" in row.get("kind", "")}
            blocked |= {row["pid"] for row in rows if blocked & set(row.get("holders", ()))}  # who waits for one who waits
            frozen = [row for row in session.rows("fs") if row.get("frozen")]
            if blocked:
                with self.subTest(path):
                    self.assertEqual([("complete", blocked)], [(row["frozen"], {one["pid"] for one in row["waiters"]}) for row in frozen])
                    self.assertIn("FROZEN fully", session.capture("fs ext4")[0])


class CutShort(unittest.TestCase):
    """A row has what was read until its error."""

    def text(self, command, *words):
        session = Session(opened(SAMPLE))
        options = command.parse(words)
        row = next(iter(command.rows(session, options)))
        for count in range(len(row)):
            cut = dict(list(row.items())[:count]) | {key: row[key] for key in ("superblock", "waiters", "hierarchy", "cgroup") if key in row}
            with self.subTest(command.name, count=count):
                self.assertIn("(excluded)", "".join(command.text([cut | {"error": {"reason": "excluded", "address": 0x1000, "message": "?"}}], options, session)))

    def test_text(self):
        for command in (fs.COMMAND, cgroups.COMMAND):
            self.text(command)


class Planted(Planting):
    def row(self, place):
        return next(row for row in Session(self.altered.open(self)).rows(f"fs {place}"))

    def test_states(self):
        row = self.row("/tmp")
        self.set("super_block", row["superblock"], "s_flags", 1)
        self.set("super_block", row["superblock"], "s_wb_err", 5 | 1 << 12)
        writers = self.dump.type("struct super_block").offset_of("s_writers")
        self.set("sb_writers", row["superblock"] + writers, "frozen", 1)
        found = self.row("/tmp")
        self.assertEqual((True, "write", ["writeback failed with error 5"]), (found["read_only"], found["frozen"], found["errors"]))
        self.assertEqual((False, "", []), (row["read_only"], row["frozen"], row["errors"]))

    def test_dirty_pages(self):
        row = self.row("/tmp")
        device = self.dump.object("struct super_block", row["superblock"]).s_bdi
        for number, pages in enumerate((7, 3)):
            self.set("percpu_counter", int(device.wb.stat[number]), "count", pages)
        found = self.row("/tmp")
        self.assertEqual((7 * 4096, 3 * 4096), (found["dirty"], found["writeback"]))


if __name__ == "__main__":
    unittest.main()
