# SPDX-License-Identifier: GPL-2.0-or-later
"""Old names on new kernels: what a program of 2016 reads is what the kernel of today says in other words."""
# ruff: noqa: F403, F405 (begins as PyKdump's programs do)

import unittest

import dumps
import pykd

dumps.have_one_open()

from pykd.compat import names as compat  # noqa: E402
from pykd.compat import parts, values  # noqa: E402
from pykd.core.walk import caught  # noqa: E402
from pykd.kernel.block.disks import for_each_disk  # noqa: E402
from pykdump.API import *  # noqa: E402

TASK = "struct task_struct"


class OldNames(unittest.TestCase):
    def setUp(self):
        self.dump = pykd.current()
        self.systemd = readSU(TASK, pid_to_task(1))

    def test_every_name_of_a_known_struct_resolves(self):
        """A struct has each of its old names whose path exists in this kernel."""
        for sname, lines in compat.NAMES.items():
            if not struct_exists(sname):
                continue
            cls = self.dump.struct_class(sname)
            for name, source, _ in lines:
                if isinstance(source, str) and cls.PYT_type.member(name) is None and cls.add_member("TestPath", source):
                    self.assertTrue(cls.has_member(name), f"{sname}.{name}")

    def test_struct_info_has_them(self):
        info = getStructInfo(TASK)
        self.assertIn("real_start_time", info)
        self.assertEqual(member_offset(TASK, "start_boottime"), member_offset(TASK, "real_start_time"))
        self.assertEqual(member_offset(TASK, "start_boottime"), info["real_start_time"].offset)

    def test_state(self):
        name = "__state" if member_offset(TASK, "__state") >= 0 else "state"
        self.assertTrue(self.systemd.hasField("state"))
        self.assertEqual(readUInt(Addr(self.systemd, "state")), getattr(self.systemd, name) & 0xFFFFFFFF)
        for task in pykd.tasks.processes():
            try:
                new, old = getattr(task, name) & 0xFFFFFFFF, task.state
            except pykd.Error:
                continue
            self.assertEqual(new & 0xFFF, old, "what a kernel with task_struct.state did not know is left out")

    def test_state_of_frozen_threads(self):
        """A thread that the freezer stopped, or that waits for a lock of an rt kernel, was uninterruptible."""

        class Thread:
            def __init__(self, state):
                self.__dict__["__state"] = state

        states = {0: 0, 0x2001: 1, 0x2402: 0x402, 0x8000: 2, 0x1000: 2, 0x6102: 0x102, 0x80: 0x80}
        self.assertEqual(states, {state: values.state(Thread(state)) for state in states})

    def test_scheduling_classes(self):
        """From the highest to the lowest, each once."""
        highest = readSymbol("stop_sched_class")
        below = readSUListFromHead(highest, "next", "struct sched_class")
        names = [addr2sym(each) for each in below if addr2sym(each) != "ext_sched_class"]
        self.assertEqual(["dl_sched_class", "rt_sched_class", "fair_sched_class", "idle_sched_class"], names)
        self.assertFalse(below[-1].next)
        self.assertEqual([highest, *below], readStructNext(highest, "next"))

    def test_cpu(self):
        cpus = [int(rq.curr.cpu) for rq in pykd.cpus.run_queues().values() if rq.curr]
        self.assertEqual(list(pykd.cpus.run_queues())[: len(cpus)], cpus)
        info = readSU("struct thread_info", self.systemd)
        self.assertEqual(self.systemd.cpu, info.cpu)
        self.assertEqual(self.systemd, info.task)

    def test_end_of_the_stack(self):
        self.assertEqual(self.dump.stack_of_task(int(self.systemd))[1], self.systemd.thread.sp0)
        for task in pykd.tasks.threads():
            try:
                start, pointer, end = int(task.stack), task.thread.sp, task.thread.sp0
            except pykd.Error:
                continue
            self.assertTrue(start <= pointer <= end, f"{task!r}: {start:#x} {pointer:#x} {end:#x}")

    def test_restart_block(self):
        """By the thread_info at the start of a stack, which is none any more, and by that in the task."""
        for address in (self.systemd.stack, self.systemd):
            info = readSU("struct thread_info", address)
            self.assertEqual(self.systemd.restart_block, info.restart_block)
            self.assertTrue(addr2sym(info.restart_block.fn))
        self.assertRaises(pykd.NotFoundError, getattr, readSU("struct thread_info", 0x1000), "restart_block")

    def test_works_by_cpu(self):
        queues = readSUListFromHead(sym2addr("workqueues"), "list", "struct workqueue_struct")
        entry = member_offset("struct work_struct", "entry")
        ours, theirs = set(), set()
        for queue in queues:
            pools = readSUListFromHead(queue.pwqs, "pwqs_node", "struct pool_workqueue")
            by_cpu = queue.cpu_wq
            self.assertIsInstance(by_cpu, list)
            for cpu, found in enumerate(by_cpu):
                self.assertIn(found.pool.cpu if found else -1, (cpu, -1))
            for pool in pools:
                works = readSUListFromHead(Addr(pool.worklist), "entry", "struct work_struct")
                ours.update(map(int, works))
                for head in (pool.pool.worklist, pool.delayed_works):
                    theirs.update(map(int, readSUListFromHead(head, "entry", "struct work_struct")))
                self.assertEqual(pool.worklist.addresses, [int(work) + entry for work in works])
        self.assertEqual(theirs, ours, "each work that waits came through one of the queues")

    def test_threads_of_a_process(self):
        for leader in pykd.tasks.processes():
            try:
                number = leader.signal.nr_threads
                threads = readSUListFromHead(leader.thread_group, "thread_group", TASK, warn=False)
            except pykd.Error:
                continue
            if number > 1 and len(threads) == number - 1:  # else some are in pages that the dump lacks
                self.assertEqual({leader.tgid}, {thread.tgid for thread in threads})
                self.assertNotIn(leader, threads)
                self.assertEqual(threads, ListHead(leader.thread_group, TASK).thread_group)
                return
        self.skipTest("no process has two threads")

    def test_threads_by_offset(self):
        """Programs add the offset of the link to an address, walk from there, and take it away again."""
        offset = member_offset(TASK, "thread_group")
        self.assertGreater(offset, 0)
        for leader in pykd.tasks.processes():
            try:
                number = leader.signal.nr_threads
                links = readList(Addr(leader) + offset, inchead=False)
                threads = [readSU(TASK, link - offset) for link in links]
                if number > 1 and len(threads) == number - 1:
                    self.assertEqual({leader.tgid}, {thread.tgid for thread in threads})
                    self.assertNotIn(leader, threads)
                    self.assertEqual([int(leader), *threads], [link - offset for link in readList(Addr(leader) + offset)])
                    return
            except pykd.Error:
                continue
        self.skipTest("no process has two threads")

    def test_users(self):
        user = self.systemd.real_cred.user
        self.assertGreater(atomic_t(user.processes), 0)
        try:
            processes = [process for process in pykd.tasks.processes() if process.pid and process.real_cred.user == user]
            threads = sum(int(process.signal.nr_threads) for process in processes)
        except pykd.FaultError as error:
            self.skipTest(str(error))
        # Threads that end are taken off the list before they are taken off the account.
        self.assertAlmostEqual(threads, atomic_t(user.processes), delta=max(8, threads // 10))
        self.assertGreaterEqual(user.sigpending.counter, 0)

    def test_groups(self):
        found = 0
        for task in pykd.tasks.processes():
            try:
                groups = task.real_cred.group_info
                self.assertEqual(groups.ngroups, len(groups.small_block))
                found += 1
            except pykd.Error:
                continue
        self.assertTrue(found)

    def test_areas(self):
        for task in pykd.tasks.processes():
            mm = task.mm
            try:
                if not mm or not mm.map_count:
                    continue
                areas = readStructNext(mm.mmap, "vm_next")
                if len(areas) != mm.map_count:
                    continue  # some are in pages that the dump lacks
                self.assertEqual(sorted(area.vm_start for area in areas), [area.vm_start for area in areas])
                self.assertEqual(mm.total_vm, sum(area.vm_end - area.vm_start for area in areas) // PAGESIZE)
                self.assertEqual(areas[0], areas[1].vm_prev)
                self.assertFalse(areas[-1].vm_next)
                self.assertTrue(mm.hasField("mmap"))
                return
            except pykd.Error:
                continue
        self.skipTest("no process has all its areas in the dump")

    def test_module_layout(self):
        for module in pykd.current().modules():
            try:
                layout = readSU("struct module", module.address).core_layout
            except pykd.Error:
                continue
            self.assertEqual(module.memory["text"][0], layout.base)
            self.assertEqual(module.size, layout.size)
            old = readSU("struct module", module.address)
            self.assertEqual((layout.base, layout.size), (old.module_core, old.core_size))
            self.assertGreaterEqual(layout.size, layout.ro_size)
            self.assertGreaterEqual(layout.ro_size, layout.text_size)

    def test_directories(self):
        root = self.systemd.fs.root.dentry
        children = readSUListFromHead(root.d_subdirs, "d_child", "struct dentry", warn=False)
        self.assertTrue(children)
        parents = []
        for child in children:
            try:
                parents.append(child.d_parent)
            except pykd.FaultError:
                continue
        self.assertEqual({root}, set(parents))

    def test_times(self):
        inode = self.systemd.fs.root.dentry.d_inode
        now = pykd.kernel.timekeeping.now(self.dump) if hasattr(pykd, "kernel") else None
        for name in ("i_ctime", "i_mtime", "i_atime"):
            stamp = getattr(inode, name)
            self.assertGreater(stamp.tv_sec, 1_000_000_000)
            self.assertLess(stamp.tv_nsec, 1_000_000_000)
            self.assertTrue(inode.hasField(name))
            if now:
                self.assertLessEqual(stamp.tv_sec, now + 1)

    def test_pids(self):
        self.assertEqual(1, self.systemd.pids[0].pid.numbers.nr)

    def test_files(self):
        for task in pykd.tasks.processes():
            try:
                file = task.files and task.files.fdt.fd[0]
                if not file:
                    continue
                self.assertEqual(file.f_path.dentry, file.f_dentry)
                self.assertEqual(file.f_path.mnt, file.f_vfsmnt)
                self.assertGreater(file.f_count.counter, 0)
                return
            except pykd.Error:
                continue
        self.skipTest("no file is in the dump")

    def test_page_flags(self):
        page = readSU("struct page", crash.phys_to_page(self.dump.translate(sym2addr("init_task"))))
        word = readULong(Addr(page, "flags"))
        self.assertEqual(word, page.flags)
        self.assertEqual(word >> 1, page.flags >> 1)
        self.assertTrue(page.hasField("flags"))

    def test_waiters(self):
        head = readSU("struct wait_queue_head", sym2addr("kswapd_wait") or sym2addr("kthreadd_done") or sym2addr("init_task"))
        self.assertEqual(head.head, head.task_list)
        self.assertEqual(member_offset("struct wait_queue_entry", "entry"), member_offset("struct wait_queue_entry", "task_list"))

    def test_locks(self):
        names = ("fl_pid", "fl_flags", "fl_type", "fl_file", "fl_wait", "fl_blocker")
        self.assertTrue(all(member_offset("struct file_lock", name) >= 0 for name in names))
        if member_offset("struct file_lock", "c.flc_pid") >= 0:
            self.assertEqual(member_offset("struct file_lock", "c.flc_pid"), member_offset("struct file_lock", "fl_pid"))

    def test_zones(self):
        zone = readSymbol("node_data")[0].node_zones[0]
        self.assertEqual(zone._watermark, zone.watermark)
        self.assertEqual(3, len(zone.watermark[:3]))

    def test_hardware_queues(self):
        for block in readSUListFromHead(sym2addr("super_blocks"), "s_list", "struct super_block"):
            if not block.s_bdev:
                continue
            disk = block.s_bdev.bd_disk
            queue = disk.queue
            if queue.nr_hw_queues:
                contexts = [queue.queue_hw_ctx[i] for i in range(queue.nr_hw_queues)]
                self.assertEqual(list(range(queue.nr_hw_queues)), [context.queue_num for context in contexts])
                self.assertGreater(disk.part0.nr_sects, 0)
                return
        dumps.need_another(self, "no filesystem on a disk is mounted")

    def test_symbols(self):
        self.assertGreater(readSymbol("tk_core").timekeeper.xtime_sec, 1_000_000_000)
        self.assertGreater(readSymbol("nr_irqs"), 0)
        self.assertIn(len(readSymbol("congestion_wqh")), (0, 2))
        self.assertIsInstance(readSymbol("last_unloaded_module"), str)
        self.assertEqual("R (running)", readSymbol("task_state_array")[0])
        self.assertTrue(all(readSymbol("task_state_array")), "no padding after the last of them")

    def test_shadow_of_the_timekeeper(self):
        self.assertAlmostEqual(readSymbol("tk_core").timekeeper.xtime_sec, readSymbol("shadow_timekeeper").xtime_sec, delta=60)

    def test_disks_by_major(self):
        """A chain for each major number, as the kobj_map of before v5.11 had them."""
        self.assertTrue(symbol_exists("bdev_map"))
        if crash.symbol_exists("bdev_map"):
            dumps.need_another(self, "this kernel has them")
            return
        disks = {}
        for probe in readSymbol("bdev_map").probes:
            while probe:
                disk = readSU("struct gendisk", probe.data)
                disks[disk.major, disk.first_minor] = disk
                self.assertEqual(probe.dev, disk.major << 20 | disk.first_minor)
                probe = probe.next
        found = [disk for disk in caught(for_each_disk(self.dump)) if not isinstance(disk, pykd.Error)]
        self.assertLessEqual(set(found), set(disks.values()))

    def test_subsystems(self):
        """Of a bus, as programs that list PCI devices go there, and of a class."""
        bus = readSymbol("pci_bus_type")
        try:
            self.assertEqual(bus, bus.p.bus)
        except pykd.FaultError as error:
            self.skipTest(str(error))
        nodes = readSUListFromHead(bus.p.klist_devices.k_list, "n_node", "struct klist_node")
        found = [container_of(node, "struct device_private", "knode_bus").device for node in nodes]
        self.assertEqual({bus}, {device.bus for device in found})
        block = readSU("struct class", sym2addr("block_class"))
        self.assertEqual(block, getattr(block.p, "class"))

    def test_chains_over_computed_members(self):
        """structSetAttr() follows old names that are worked out, and prefers a chain that is certain."""
        module = pykd.current().modules()[0]
        self.assertTrue(structSetAttr("struct module", "TestSize", ["no_such", "core_layout.size"]))
        self.assertEqual(module.size, readSU("struct module", module.address).TestSize)
        self.assertTrue(structSetAttr("struct task_struct", "TestState", ["no_such.x", "state"]))
        self.assertEqual(self.systemd.state, self.systemd.TestState)
        self.assertTrue(structSetAttr("struct mutex", "TestOwner", ["owner.task", "owner"]))
        self.assertFalse(structSetAttr("struct mutex", "TestNothing", ["no_such", "nothing.at.all"]))

    def test_list_that_became_a_tree(self):
        places = [0xFFFF888000001000, 0xFFFF888000002000]
        self.assertEqual(places, readListByHead(parts.Elements(places)))
        self.assertEqual(places[:1], readList(parts.Elements(places), maxel=1, warn=False))
        self.assertTrue(parts.Elements([]))
        number = int(parts.Elements(places))
        self.assertIs(int, type(number))
        self.assertEqual(places, readListByHead(number))
        self.assertEqual(places, list(ListHead(number, "struct list_head")))
        for _ in range(parts.MAX_NUMBERS):
            int(parts.Elements([]))
        self.assertRaises(pykd.Error, ListHead, number)  # forgotten

    def test_enums(self):
        self.assertEqual(EnumInfo("enum rq_flag_bits"), EnumInfo("enum req_flag_bits"))

    def test_queues(self):
        rq = next(iter(pykd.cpus.run_queues().values()))
        self.assertGreaterEqual(rq.nr_running, rq.cfs.nr_running)
        self.assertEqual(rq.cfs.tasks_timeline.rb_leftmost, rq.cfs.rb_leftmost)
        self.assertTrue(rq.hasField("lock"))


class OtherDumps(unittest.TestCase):
    def test_each(self):
        dumps.run_on_others("test_old_names.")


if __name__ == "__main__":
    unittest.main()
