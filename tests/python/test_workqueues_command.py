# SPDX-License-Identifier: GPL-2.0-or-later
"""The command workqueues: every worker of the dumps at hand, and a pool in which a work was planted."""

import unittest

from altered import sleeping_users
from dumps import SAMPLE, opened, vmcores
from planting import Planting
from pykd.kernel.waits.graph import graph
from pykd.kernel.workqueues import for_each_pool, for_each_pwq, for_each_worker, for_each_workqueue
from pykd.session.session import Session


class Real(unittest.TestCase):
    def test_all_workers(self):
        """As many as there are threads called kworker (but rescuers), and those of softirqs, which are none; and none of them has a work."""
        whole = 0
        for path in vmcores():
            session = Session(opened(path))
            rows = list(session.rows("workqueues -a"))
            if any("error" in row for row in rows):
                continue
            whole += 1
            threads = sum(row["comm"].startswith("kworker/") and not row["comm"].startswith("kworker/R-") for row in session.rows("ps"))
            threads += sum(not worker.task for pool in for_each_pool(session.dump) for worker in for_each_worker(session.dump, pool))
            with self.subTest(path):
                self.assertEqual(threads, sum(row["workers"] for row in rows))
                self.assertEqual(threads, sum(row["idle"] + len(row["busy"]) for row in rows))
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


class Flushed(Planting):
    def test_who_flushes_waits_for_the_worker(self):
        """Of a queue whose only work under way is a worker's."""
        dump = self.dump
        queue = next(queue for queue in for_each_workqueue(dump) if str(queue.name) == "events")
        pool = next(pool for pool in for_each_pool(dump) if pool.cpu == 0)
        worker = next(for_each_worker(dump, pool))
        pwq = next(pwq for pwq in for_each_pwq(dump, queue) if int(pwq.pool) == int(pool))
        heads, entry = int(pool) + pool.fieldOffset("busy_hash"), int(worker) + worker.fieldOffset("hentry")
        self.altered.word(heads, entry)
        self.altered.word(entry, 0, heads)
        self.set("worker", int(worker), "current_pwq", int(pwq))
        self.set("worker", int(worker), "current_work", int(pwq))
        (task,) = sleeping_users(dump, 1)
        flusher = self.tasks.top(task)
        done = flusher + dump.type("struct wq_flusher").offset_of("done")
        waiter = dump.type("struct swait_queue")
        head, node = done + dump.type("struct completion").offset_of("wait.task_list"), flusher + 96
        for place, other in ((head, node + waiter.offset_of("task_list")), (node + waiter.offset_of("task_list"), head)):
            self.altered.word(place, other, other)
        self.altered.word(node + waiter.offset_of("task"), task)
        self.altered.write(done, bytes(4))
        self.set("workqueue_struct", int(queue), "first_flusher", flusher)
        self.tasks.put_to_sleep(task)
        wait = graph(self.altered.open(self)).waits[task]
        self.assertEqual(("completion", done, [int(worker.task)]), (wait.thing.kind, wait.thing.address, wait.thing.holders))
        row = next(row for row in Session(self.altered.open(self)).rows("workqueues -q") if row["name"] == "events")
        self.assertEqual([dump.object("struct task_struct", task).pid], row["flushers"])


if __name__ == "__main__":
    unittest.main()
