# SPDX-License-Identifier: GPL-2.0-or-later
"""Workqueues, pools and workers, against what the threads of the workers and the pools say of themselves."""

import unittest

from dumps import opened, vmcores
from pykd import FaultError
from pykd.kernel import workqueues
from pykd.kernel.task import members, threads
from pykd.kernel.task.state import state_names

PF_WQ_WORKER = 0x20
POOL_BH = 1
"""``worker_pool.flags`` (since v6.9): its one worker is a softirq, and no thread"""


class Workers(unittest.TestCase):
    def on_each(self, test):
        """Run a test on each dump that has all pages of the lists."""
        done = 0
        for path in vmcores():
            dump = opened(path)
            with self.subTest(path):
                try:
                    for pool in workqueues.for_each_pool(dump):
                        list(workqueues.for_each_worker(dump, pool))
                    for queue in workqueues.for_each_workqueue(dump):
                        str(queue.name)
                except FaultError as error:
                    self.assertEqual(error.reason, "excluded")
                    continue
                test(dump)
                done += 1
        self.assertGreater(done, 0)

    def test_every_worker_is_found(self):
        def test(dump):
            flagged = {int(task) for task in threads.threads(dump) if task.flags & PF_WQ_WORKER}
            pools = {pool: list(workqueues.for_each_worker(dump, pool)) for pool in workqueues.for_each_pool(dump)}
            threadless = [int(pool) for pool, found in pools.items() if not all(worker.task for worker in found)]
            self.assertEqual(threadless, [int(pool) for pool in pools if threadless and pool.flags & POOL_BH])
            workers = {int(worker.task) for found in pools.values() for worker in found if worker.task}
            rescuers = {int(rescuer.task) for rescuer in workqueues.for_each_rescuer(dump)}
            self.assertGreater(len(workers), 4)
            self.assertEqual(workers | rescuers, flagged)

        self.on_each(test)

    def test_pools_count_their_workers(self):
        def test(dump):
            idle = workqueues.idle_workers(dump)
            for pool in workqueues.for_each_pool(dump):
                workers = list(workqueues.for_each_worker(dump, pool))
                busy = {int(worker) for worker in workqueues.for_each_busy_worker(dump, pool)}
                self.assertEqual(len(workers), pool.nr_workers)
                self.assertEqual(sum(int(worker.task) in idle if worker.task else bool(worker.flags & workqueues.WORKER_IDLE) for worker in workers), pool.nr_idle)
                self.assertFalse({int(worker) for worker in workers if int(worker.task) in idle} & busy)

        self.on_each(test)

    def test_idle_ones_sleep_idle(self):
        def test(dump):
            letters = state_names(dump).letters
            state = members.path("state", dump)
            states = [letters(value) for (value,) in dump.read_columns(list(workqueues.idle_workers(dump)), "struct task_struct", (state,))]
            self.assertGreater(states.count("ID"), 9)
            self.assertLessEqual(set(states), {"ID", "RU"})

        self.on_each(test)

    def test_queues(self):
        def test(dump):
            names = {str(queue.name) for queue in workqueues.for_each_workqueue(dump)}
            self.assertLessEqual({"events", "events_unbound", "mm_percpu_wq"}, names)

        self.on_each(test)


if __name__ == "__main__":
    unittest.main()
