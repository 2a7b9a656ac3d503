# SPDX-License-Identifier: GPL-2.0-or-later
"""The command workqueues: every worker of the dumps at hand, and a pool in which a work was planted."""

import unittest

from dumps import SAMPLE, opened, vmcores
from planting import Planting
from pykd.kernel.workqueues import for_each_pool
from pykd.session.session import Session


class Real(unittest.TestCase):
    def test_all_workers(self):
        """As many as there are threads called kworker, and none of them has a work."""
        whole = 0
        for path in vmcores():
            session = Session(opened(path))
            rows = list(session.rows("workqueues -a"))
            if any("error" in row for row in rows):
                continue
            whole += 1
            threads = [row for row in session.rows("ps") if row["comm"].startswith("kworker/")]
            with self.subTest(path):
                self.assertEqual(len(threads), sum(row["workers"] for row in rows))
                self.assertEqual(len(threads), sum(row["idle"] + len(row["busy"]) for row in rows))
        self.assertTrue(whole)

    def test_queues(self):
        rows = {row["name"]: row for row in Session(opened(SAMPLE)).rows("workqueues -qa")}
        self.assertEqual((False, 256, [], []), tuple(rows["events"][key] for key in ("unbound", "max_active", "inactive", "flushers")))
        self.assertEqual(["unbound", "mem_reclaim", "ordered"], rows["netns"]["flags"])


class Planted(Planting):
    def test_stuck(self):
        pool = next(pool for pool in for_each_pool(self.dump) if pool.cpu == 0)
        work = self.pending_work(pool, "vmstat_update")
        for seconds, stuck in ((20, False), (40, True)):
            self.no_progress(pool, seconds)
            session = Session(self.altered.open(self))
            with self.subTest(seconds=seconds):
                (row,) = session.rows("workqueues")
                pending = [(one["work"], one["function"]) for one in row["pending"]]
                self.assertEqual((int(pool), 0, [(work, "vmstat_update")], stuck), (row["pool"], row["cpu"], pending, row["stuck"]))
                self.assertAlmostEqual(seconds, row["progress"], delta=1)
                self.assertEqual(stuck, "STUCK" in session.capture("workqueues")[0])


if __name__ == "__main__":
    unittest.main()
