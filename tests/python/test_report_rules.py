# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules of the report, each on a copy of a dump in which its cause was planted. That the dumps themselves have none is told in test_report.py."""

import unittest

import pykd
from altered import Altered, sleeping_users
from dumps import opened, vmcores
from planting import Planting
from pykd.core.walk import caught
from pykd.kernel.block.disks import for_each_disk
from pykd.kernel.block.scsi import for_each_shost
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.kernel.mm import vmstat
from pykd.kernel.net.sockets import TCP_LISTEN, for_each_socket
from pykd.kernel.task import threads
from pykd.kernel.task.table import PF_KTHREAD
from pykd.kernel.waits.names import journals
from pykd.kernel.workqueues import for_each_pool
from pykd.report.build import document
from pykd.report.facts import Facts
from pykd.report.findings.a2_panic import exit_words
from pykd.report.findings.a3_oops import address_class
from pykd.report.findings.g2_cgroups import groups

PANIC = "Kernel panic - not syncing:"


class Rules(Planting):
    def finding(self, key):
        """(the cause's key, the finding of that key) of the copy."""
        report = self.report()
        self.assertEqual(report["unknown"], [])
        found = next((finding for finding in report["findings"] if finding["key"] == key), None)
        return report["cause"] and report["cause"]["key"], found

    def test_panic_of_init(self):
        self.say_in_place_of("CPU: 1 PID: 254 ", f"{PANIC} Attempted to kill init! exitcode=0x0000000b")
        cause, found = self.finding("A2")
        self.assertEqual(cause, "A2")
        self.assertIn("killed by signal 11 (SIGSEGV)", found["text"])

    def test_panic_of_a_driver(self):
        self.say_in_place_of("CPU: 1 PID: 254 ", f"{PANIC} o2cb fences itself")
        cause, found = self.finding("A2")
        self.assertEqual(cause, "A2")
        self.assertIn("o2cb fences itself", found["text"])
        self.assertIn("sysrq_handle_crash", "".join(found["evidence"]))

    def test_soft_lockup(self):
        self.say_in_place_of("virtio_blk virtio4", "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [kd:127]")
        self.assertEqual(self.finding("B1")[0], "B1")
        self.age(1)  # long after that
        self.say_in_place_of("virtio_blk virtio4", "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [kd:9]")
        cause, found = self.finding("B1")
        self.assertEqual((cause, found["severity"]), (None, 3))
        self.assertIn("went on since", found["text"])

    def test_oops(self):
        self.say_in_place_of("virtio_blk virtio3", "general protection fault, address 0x6b6b6b6b6b6b6b8b: 0000 [#1] SMP")
        cause, found = self.finding("A3")
        self.assertEqual(cause, "A3")
        self.assertIn("freed memory of a slab", found["text"])

    def test_second_oops(self):
        """It is no cause: the first one may be."""
        self.say_in_place_of("virtio_blk virtio3", "general protection fault: 0000 [#2] SMP")
        cause, found = self.finding("A3")
        self.assertEqual((cause, found["proof"]), (None, "guess"))

    def test_rcu_stall(self):
        dump = self.dump
        state = dump.symbol("rcu_state").address
        jiffies = dump.read_unsigned(dump.symbol("jiffies_64").address)
        node = state + dump.type("struct rcu_state").offset_of("node")
        sequence = dump.type("struct rcu_state").offset_of("gp_seq")
        self.altered.word(state + sequence, dump.read_unsigned(state + sequence) & ~3 | 1)
        self.set("rcu_node", node, "qsmask", 1)
        for seconds, cause in ((5, None), (60, "C1")):
            self.altered.word(state + dump.type("struct rcu_state").offset_of("gp_start"), jiffies - 250 * seconds)
            with self.subTest(seconds=seconds):
                self.assertEqual(self.finding("C1")[0], cause)
        self.assertIn("CPU 0 ", self.finding("C1")[1]["text"])

    def memory(self, **pages):
        names = vmstat.names(self.dump, "NR_INACTIVE_ANON", "NR_VM_NODE_STAT_ITEMS")
        for name, count in pages.items():
            self.altered.word(self.dump.symbol("vm_node_stat").address + 8 * names.index(name), count)

    def short(self):
        """Let the zones have nothing free, and need some."""
        for _, node in vmstat.nodes(self.dump):
            for zone in vmstat.zones(node):
                self.altered.word(int(zone) + zone.fieldOffset("_watermark"), 1 << 30)

    def test_hogs(self):
        total = self.dump.read_unsigned(self.dump.symbol("_totalram_pages").address)
        for member, words in (("NR_SLAB_UNRECLAIMABLE_B", "slab"), ("NR_SHMEM", "Shared memory")):
            with self.subTest(member):
                self.setUp()
                self.memory(**{member: total // 2})
                cause, found = self.finding("G6")
                self.assertIsNone(cause)
                self.assertIn(words, found["text"])
                self.short()
                cause, found = self.finding("G6")
                self.assertEqual(cause, "G6")
                self.assertIn("memory ran out", found["text"])

    def test_vmalloc(self):
        total = self.dump.read_unsigned(self.dump.symbol("_totalram_pages").address)
        for share, told in ((0.1, False), (0.2, True)):
            self.altered.word(self.dump.symbol("nr_vmalloc_pages").address, int(total * share))
            self.short()
            with self.subTest(share):
                cause, found = self.finding("G6")
                self.assertEqual((told, "G6" if told else None), (found is not None, cause))
        self.assertRegex(found["text"], r"Memory of vmalloc\(\).* take \d+% of all memory")
        self.assertRegex("\n".join(found["evidence"]), r" has .* in \d+ areas?")

    def test_limit_of_a_cgroup(self):
        self.say_in_place_of("virtio_blk virtio4", "oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/app,task=x")
        self.assertEqual(self.finding("G1")[0], "G1")

    def test_accept_queue(self):
        listening = next(one for one in for_each_socket(self.dump, None, ("tcp",)) if int(one.common.skc_state) == TCP_LISTEN)
        self.set("sock", int(listening), "sk_max_ack_backlog", 5)
        for waiting, told in ((5, False), (6, True)):
            self.set("sock", int(listening), "sk_ack_backlog", waiting)
            with self.subTest(waiting=waiting):
                self.assertEqual(self.finding("J1")[1] is not None, told)

    def test_workqueue(self):
        pool = next(pool for pool in for_each_pool(self.dump) if pool.cpu == 0)
        self.pending_work(pool, "vmstat_update")
        for seconds, cause in ((5, None), (60, "F1")):
            self.no_progress(pool, seconds)
            with self.subTest(seconds=seconds):
                self.assertEqual(self.finding("F1")[0], cause)
        self.assertIn("vmstat_update", "".join(self.finding("F1")[1]["evidence"]))

    def test_reader_that_sleeps(self):
        """The last reader of a rwsem is believed to hold it if it has its address on its stack, or is alone and sleeps since before the others came."""
        first, second = sleeping_users(self.dump, 2)
        lock = self.dump.symbol("net_rwsem").address
        layout, waiter = self.dump.type("struct rw_semaphore"), self.dump.type("struct rwsem_waiter")
        link, node, head = waiter.offset_of("list"), self.tasks.top(second), lock + layout.offset_of("wait_list")
        self.altered.word(head, node + link, node + link)
        self.altered.word(node + link, head, head)
        self.altered.word(node + waiter.offset_of("task"), second)
        self.altered.word(lock + layout.offset_of("owner"), first | 1)
        self.altered.word(lock + layout.offset_of("count"), 0x102)
        self.tasks.put_to_sleep(second)
        self.age(60, first, second)
        self.assertIsNone(self.finding("D1")[0])
        self.altered.word(self.tasks.top(first), lock)
        cause, found = self.finding("D1")
        self.assertEqual((cause, found["proof"]), ("D1", "found"))
        self.altered.word(self.tasks.top(first), 0)
        self.tasks.put_to_sleep(first)
        self.assertEqual("guess", self.finding("D1")[1]["proof"])
        self.age(90, first)
        self.assertEqual("found", self.finding("D1")[1]["proof"])
        self.altered.word(lock + layout.offset_of("count"), 0x202)
        self.assertEqual("guess", self.finding("D1")[1]["proof"])

    def test_limits(self):
        dump = self.dump
        for what, plant in (
            ("open files", lambda: self.set("files_stat_struct", dump.symbol("files_stat").address, "max_files", 20)),
            ("threads", lambda: self.altered.write(dump.symbol("max_threads").address, (100).to_bytes(4, "little"))),
            ("process IDs", lambda: self.set("pid_namespace", dump.symbol("init_pid_ns").address, "pid_allocated", 32768)),
            ("pages of TCP's memory", lambda: self.altered.word(dump.symbol("tcp_memory_allocated").address, 1 << 30)),
            ("neighbours (ARP)", lambda: self.set("neigh_table", dump.symbol("arp_tbl").address, "gc_entries.counter", 2000)),
        ):
            with self.subTest(what):
                self.setUp()
                self.assertIsNone(self.finding("I15")[1])
                plant()
                self.assertIn(f" {what}, of ", self.finding("I15")[1]["text"])

    def test_dying_cgroups(self):
        self.set("cgroup_root", self.dump.symbol("cgrp_dfl_root").address, "cgrp.nr_dying_descendants", 5000)
        self.assertIn("5000 cgroups", self.finding("G2")[1]["text"])

    def test_interrupt(self):
        self.say_in_place_of("virtio_blk virtio4", "irq 19: nobody cared (try booting with the irqpoll option)")
        self.assertIn("interrupt 19", self.finding("K1")[1]["text"])

    def test_module_on_its_way(self):
        module = self.dump.modules()[0]
        self.set("module", module.address, "state", 2)
        self.assertIn(f"{module.name} was being removed", self.finding("O3")[1]["text"])

    def test_vfork_parent(self):
        """The sample has one."""
        _, found = self.finding("E2")
        self.assertRegex(found["text"], r"^PID 131 \(kd-vfork\) waits .* for its vfork child PID 139 ")
        child = int(threads.find(139, self.dump))
        # Of a thread of the kernel that is what kthread_stop() waits for.
        self.set("task_struct", child, "flags", PF_KTHREAD)
        self.assertIsNone(self.finding("E2")[1])
        self.set("task_struct", child, "flags", 0)
        self.assertIsNotNone(self.finding("E2")[1])
        self.set("task_struct", child, "vfork_done", 0)
        self.assertIsNone(self.finding("E2")[1])

    def test_quota_of_cpu_time(self):
        group = next(list_for_each_entry(self.dump, self.dump.symbol("task_groups", "").address, "struct task_group", "list"))
        for member, value in (("quota", 10**7), ("period", 10**8), ("nr_periods", 100), ("nr_throttled", 50)):
            self.set("task_group", int(group), f"cfs_bandwidth.{member}", value)
        self.assertIsNone(self.finding("B6")[1])
        self.set("task_group", int(group), "cfs_bandwidth.nr_throttled", 51)
        _, found = self.finding("B6")
        self.assertIn("ran out of its quota of CPU time in 51% of its periods", found["text"])
        self.assertIn("quota 10.0 ms of each 100.0 ms; throttled in 51 of 100 periods", found["evidence"][0])

    def test_errors_of_disks(self):
        for said, text in (
            ("I/O error, dev vdb, sector 8", "I/O errors of block device vdb"),
            ("nvme0: I/O 7 QID 2 timeout", "Requests to a block device timed out (1 time): nvme0"),
            ("sd 0:0:0:0: rejecting I/O to offline", "A disk or its path went offline: sd 0:0:0:0"),
        ):
            with self.subTest(said):
                self.setUp()
                self.assertIsNone(self.finding("H15")[1])
                self.say_in_place_of("virtio_blk virtio4", said)
                self.assertIn(text, self.finding("H15")[1]["text"])

    def test_threads_that_are_left_out(self):
        self.assertIsNone(self.finding("Q1")[1])
        task = int(sleeping_users(self.dump, 1)[0])
        self.altered.exclude(self.dump.translate(task) // self.dump.page_size)
        report = self.report()
        # It may wait, or be waited for: what is asked of all threads is not known in full.
        self.assertEqual({"not all of it: 1 thread is not in the dump, and may wait or be waited for"}, {one["why"] for one in report["unknown"]})
        found = next(finding for finding in report["findings"] if finding["key"] == "Q1")
        self.assertIn("threads is damaged or incomplete", found["text"])


class Devices(unittest.TestCase):
    """What the sample has not, but the dumps of ../shared."""

    def test_aborted_journal(self):
        for path in vmcores():
            for journal in journals(opened(path)):
                altered = Altered(path)
                altered.write(journal, (2).to_bytes(8, "little"))
                report = document(altered.open(self), names=())
                with self.subTest(path):
                    self.assertIn("I2", {finding["key"] for finding in report["findings"] if finding["severity"] == 1})

    def test_cgroup_at_its_limit(self):
        found = [(path, group) for path in vmcores() for group in groups(Facts(opened(path)))][:1]
        if not found:
            self.skipTest("no dump at hand has a cgroup with memory of its own")
        altered, group = Altered(found[0][0]), found[0][1]
        counter = int(group) + group.fieldOffset("memory")
        for member, value in (("usage", 100), ("max", 101), ("high", 1 << 60)):
            altered.word(counter + group.memory.fieldOffset(member), value)
        told = [one for one in document(altered.open(self), names=())["findings"] if one["key"] == "G2"]
        self.assertEqual([(one["severity"], one["proof"]) for one in told], [(3, "exact")])

    def test_scsi(self):
        for path in vmcores():
            dump = opened(path)
            if dump.find_type("struct", "Scsi_Host") is None or not dump.address_of("shost_class", default=0):
                continue
            for host in caught(for_each_shost(dump)):
                altered = Altered(path)
                altered.write(int(host) + host.fieldOffset("shost_state"), (5).to_bytes(4, "little"))
                found = [finding for finding in document(altered.open(self), names=())["findings"] if finding["key"] == "H5"]
                with self.subTest(path):
                    self.assertEqual(len(found), 1)
                    self.assertIn("in error handling", found[0]["text"])

    def test_suspended(self):
        for path in vmcores():
            dump = opened(path)
            kind = dump.find_type("struct", "mapped_device")
            disks = [disk for disk in caught(for_each_disk(dump)) if not isinstance(disk, pykd.Error) and str(disk.disk_name).startswith("dm-")] if kind else []
            for disk in disks:
                altered = Altered(path)
                altered.word(int(disk.private_data) + kind.offset_of("flags"), 3)
                found = [finding for finding in document(altered.open(self), names=())["findings"] if finding["key"] == "H7"]
                with self.subTest(path):
                    self.assertEqual([(one["severity"], one["proof"]) for one in found], [(2, "exact")])


class Words(unittest.TestCase):
    def test_exit_codes(self):
        for code, words in ((0x0B, "killed by signal 11 (SIGSEGV)"), (0x7F00, "with status 127"), (0x100, "with status 1"), (0x89, "killed by signal 9")):
            self.assertIn(words, exit_words(code))

    def test_addresses(self):
        for address, words in (
            (0, "a NULL pointer"), (0x18, "offset 0x18 of a struct whose pointer is NULL"), (0xDEAD000000000108, "LIST_POISON"), (0x6B6B6B6B6B6B6B6B, "freed memory"),
            (0x2F7665642F656D6F, '"ome/dev/"'), (0x7F0012345678, "user space"), (0xFFFF888012345678, ""),
        ):  # fmt: skip
            with self.subTest(hex(address)):
                self.assertIn(words, address_class(address))
                self.assertEqual(bool(words), bool(address_class(address)))


if __name__ == "__main__":
    unittest.main()
