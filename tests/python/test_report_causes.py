# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules of the report about CPUs, devices and memory: each on a copy of a dump in which its cause was planted, or on facts made for it."""

import types
import unittest
import unittest.mock

from test_storage import MAPPER

from altered import Altered, Tasks, sleeping_users
from dumps import PAGE, SAMPLE, made, opened, vmcores, with_texts
from planting import Planting
from pykd.core.walk import caught
from pykd.kernel import cpus, rcu, timekeeping
from pykd.kernel.block.disks import for_each_disk
from pykd.kernel.block.virtio import device_of_disk, rings
from pykd.kernel.fs.sbnames import sb_device
from pykd.kernel.fs.superblocks import filesystem_type, for_each_super_block
from pykd.kernel.fs.writeback import for_each_bdi
from pykd.kernel.mm import vmstat
from pykd.kernel.net.devices import for_each_netdev
from pykd.kernel.net.namespaces import for_each_net
from pykd.kernel.task import threads
from pykd.kernel.waits import servers, sites, spinning
from pykd.kernel.waits.graph import Graph
from pykd.kernel.waits.names import is_buffer
from pykd.kernel.waits.things import Thing, Wait
from pykd.kernel.workqueues import for_each_pool, for_each_worker
from pykd.report import findings
from pykd.report.build import document
from pykd.report.facts import Facts
from pykd.report.finding import CONSEQUENCE, CPU_STUCK, NO_ANSWER
from pykd.report.findings import d9_spinlock, i3_journal, n_outside
from pykd.report.verdict import first_of_interest


def found_by(name, facts):
    """What the rule of a file finds."""
    return list(findings.find(name).rule(facts))


class Rules(Planting):
    def found(self, key):
        report = self.report()
        self.assertEqual(report["unknown"], [])
        return next((finding for finding in report["findings"] if finding["key"] == key), None)

    def disk(self, name):
        return next(disk for disk in for_each_disk(self.dump) if str(disk.disk_name) == name)

    def test_hard_lockup(self):
        self.say_in_place_of("virtio_blk virtio4", "watchdog: Watchdog detected hard LOCKUP on cpu 0")
        report = self.report()
        self.assertEqual("B2", report["cause"]["key"])
        self.assertIn("CPU 0 had its interrupts off", report["cause"]["text"])

    def test_operation_that_a_disk_does_not_know(self):
        """The kernel does without: no I/O error, and worth a note at most."""
        for text, severity in (("operation not supported error, dev loop0, sector 8 op 0x9:(WRITE_ZEROES)", 3), ("I/O error, dev vdb, sector 8 op 0x0:(READ)", 2)):
            self.say_in_place_of("virtio_blk virtio4", text)
            with self.subTest(text):
                self.assertEqual([severity], [one["severity"] for one in self.report()["findings"] if one["key"] == "H15"])

    def test_interrupt_of_timers(self):
        self.say_in_place_of("virtio_blk virtio4", "hrtimer: interrupt took 18013186 ns")
        self.assertEqual("An interrupt of timers once took 18 ms", self.found("K1")["text"])

    def test_what_there_is_none_of(self):
        """Nothing is said of it, not even that it is in order."""
        titles = {one["title"] for one in self.report()["excluded"]}
        self.assertFalse(titles & {"NVMe controller", "multipath"})
        self.assertIn("CPU that does not answer", titles)

    def test_realtime(self):
        facts = Facts(self.dump)
        cpu, thread = next((cpu, thread) for cpu, thread in facts.running.items() if thread.comm != "guest")
        waiting = next(one for one in facts.threads.values() if one.pid and not one.active and one.mm)
        self.set("task_struct", waiting.address, "__state" if self.dump.type("struct task_struct").member("__state") else "state", 0)
        self.set("task_struct", waiting.address, "cpu", cpu)
        self.age(30, thread.address, waiting.address)
        self.assertIsNone(self.found("B4"))
        self.set("task_struct", thread.address, "prio", 10)
        self.assertIn(f"PID {thread.pid} ", self.found("B4")["text"])

    def test_old_request(self):
        request = self.in_flight(self.disk("vdb"), 1)
        jiffies, hz = timekeeping.jiffies(self.dump), timekeeping.hz(self.dump)
        self.set("request", request, "start_time_ns", 0)
        self.set("request", request, "timeout", 30 * hz)
        for seconds, severity in ((5, None), (20, 2), (100, 1)):
            self.set("request", request, "deadline", jiffies - seconds * hz + 30 * hz)
            with self.subTest(seconds=seconds):
                found = self.found("H1")
                self.assertEqual(severity, found and found["severity"])
        self.assertIn("1 request to vdb has not been answered for up to 100 s", found["text"])

    def test_transmit(self):
        device = next(one for net in for_each_net(self.dump) for one in for_each_netdev(self.dump, net) if str(one.name) == "lo")
        jiffies, hz = timekeeping.jiffies(self.dump), timekeeping.hz(self.dump)
        queue = int(device.Eval("_tx"))
        self.set("net_device", int(device), "watchdog_timeo", 5 * hz)
        self.set("net_device", int(device), "state", 3)
        self.set("netdev_queue", queue, "state", 1)
        for seconds, told in ((3, False), (60, True)):
            self.set("netdev_queue", queue, "trans_start", jiffies - seconds * hz)
            with self.subTest(seconds=seconds):
                found = self.found("J8")
                self.assertEqual(told, found is not None)
        self.assertIn("lo has not sent from its queue 0 for 60 s", found["text"])

    def test_stolen_time(self):
        base = self.dump.symbol("steal_time").address
        for share, told in ((20, False), (5, True)):
            for cpu in cpus.online(self.dump):
                self.set("kvm_steal_time", cpus.address_on(base, cpu, self.dump), "steal", Facts(self.dump).clock // share)
            with self.subTest(share=share):
                self.assertEqual(told, self.found("N1") is not None)

    def test_balloon(self):
        names = vmstat.names(self.dump, "PGPGIN", "NR_VM_EVENT_ITEMS")
        counters = cpus.address_on(self.dump.symbol("vm_event_states").address, 0, self.dump)
        self.altered.word(counters + 8 * names.index("BALLOON_INFLATE"), 60000)
        self.altered.word(counters + 8 * names.index("BALLOON_DEFLATE"), 10000)
        self.assertIn("195.3 MB", self.found("N3")["text"])
        self.altered.word(counters + 8 * names.index("BALLOON_DEFLATE"), 59000)
        self.assertIsNone(self.found("N3"))

    def test_names_of_nothing(self):
        base = self.dump.symbol("nr_dentry_negative").address
        self.altered.word(cpus.address_on(base, 0, self.dump), 3_000_000)
        self.assertIn("3000000 names of files that do not exist", self.found("I11")["text"])

    def test_tick(self):
        jiffies = timekeeping.jiffies(self.dump)
        self.altered.word(self.dump.symbol("jiffies_64").address, jiffies - 9 * timekeeping.hz(self.dump))
        found = next(found for found in found_by("k3_tick", Facts(self.altered.open(self))))
        self.assertRegex(found.text, r"jiffies are \d+ s behind")

    def test_clocks_that_began_apart(self):
        """That the clock of the run queues counts from earlier on than jiffies do is no tick that stood still."""
        altered = Altered(SAMPLE)
        member = altered.dump.type("struct task_struct").offset_of("sched_info.last_arrival")
        clock = altered.dump.type("struct rq").offset_of("clock")
        for address in [altered.dump.cpu_variable(cpu.nr, "runqueues") + clock for cpu in altered.dump.cpus()] + [int(task) + member for task in threads.threads(altered.dump)]:
            altered.word(address, altered.dump.read_unsigned(address) + 30 * 10**9)
        self.assertEqual([], found_by("k3_tick", Facts(altered.open(self))))

    def test_cpu_without_tick(self):
        """A CPU with interrupts on whose clock stood still; with them off it is a hard lockup, idle it is nothing."""
        altered = Altered(SAMPLE)
        rq = altered.dump.cpu_variable(0, "runqueues") + altered.dump.type("struct rq").offset_of("clock")
        now = Facts(altered.dump).clock
        for rflags, behind, idle, told in ((0x246, 11, False, True), (0x46, 11, False, False), (0x246, 2, False, False), (0x246, 11, True, False)):
            altered.word(rq, now - behind * 10**9)
            facts = Facts(altered.open(self))
            frame = types.SimpleNamespace(regs_address=0, registers={"rflags": rflags}, name="kd_on", offset=4, pc=0, symbol=None)
            facts.__dict__["traces"] = {0: types.SimpleNamespace(frames=(frame,))}
            thread = next(one for one in facts.threads.values() if bool(one.pid) != idle)
            facts.__dict__["running"] = {0: thread}
            with self.subTest(hex(rflags), behind=behind, idle=idle):
                self.assertEqual(told, any("has had no tick" in one.text for one in found_by("k3_tick", facts)))

    def test_victim_of_the_oom_killer(self):
        first, second = sleeping_users(self.dump, 2)
        self.tasks.wait_for_mutex(self.dump.address_of("rtnl_mutex"), first, second)
        self.age(30, first, second)
        self.assertIsNone(self.found("G5"))
        signal = self.dump.read_unsigned(second + self.dump.type("struct task_struct").offset_of("signal"))
        self.set("signal_struct", signal, "oom_mm", self.dump.symbol("init_mm").address)
        self.assertIn("was killed for lack of memory and cannot end: it has waited 30 s for mutex", self.found("G5")["text"])

    def test_kswapd_that_gave_up(self):
        _, node = next(iter(vmstat.nodes(self.dump)))
        for failures, told in ((15, False), (16, True)):
            self.set("pglist_data", int(node), "kswapd_failures", failures)
            with self.subTest(failures):
                self.assertEqual(told, self.found("G16") is not None)

    def test_pieces(self):
        for _, node in vmstat.nodes(self.dump):
            for zone in vmstat.zones(node):
                for order, area in enumerate(zone.free_area):
                    self.set("free_area", int(area), "nr_free", 20000 if not order else 0)
        self.assertEqual(3, self.found("G17")["severity"])
        self.say_in_place_of("virtio_blk virtio4", "kd: page allocation failure: order:4, mode:0x40dc0")
        self.assertEqual(2, self.found("G17")["severity"])

    def test_dirty(self):
        names = vmstat.names(self.dump, "NR_INACTIVE_ANON", "NR_VM_NODE_STAT_ITEMS")
        self.altered.word(self.dump.symbol("vm_node_stat").address + 8 * names.index("NR_FILE_DIRTY"), 900)
        domain = self.dump.symbol("global_wb_domain").address
        for limit, told in ((10000, False), (1000, True)):
            self.set("wb_domain", domain, "dirty_limit", limit)
            with self.subTest(limit=limit):
                self.assertEqual(told, self.found("I5") is not None)

    def test_flusher(self):
        pool = next(pool for pool in for_each_pool(self.dump) if pool.cpu == 0)
        worker = next(for_each_worker(self.dump, pool))
        wb = next(for_each_bdi(self.dump)).wb
        hashes = int(pool) + pool.fieldOffset("busy_hash")
        entry = int(worker) + worker.fieldOffset("hentry")
        self.altered.word(hashes, entry)
        self.altered.word(entry, 0, hashes)
        self.set("worker", int(worker), "current_work", int(wb) + wb.fieldOffset("dwork.work"))
        self.set("worker", int(worker), "flags", 0)
        self.tasks.put_to_sleep(int(worker.task))
        for seconds, told in ((2, False), (40, True)):
            self.age(seconds, int(worker.task))
            with self.subTest(seconds=seconds):
                found = self.found("I6")
                self.assertEqual(told, found is not None)
        self.assertIn("has waited for 40 s", found["text"])

    def test_paused(self):
        """All CPUs alike: nothing in the guest did that; of one alone it is a soft lockup."""
        self.say_in_place_of("virtio_blk virtio4", "watchdog: BUG: soft lockup - CPU#0 stuck for 63s! [kd:1]")
        self.assertEqual("B1", self.report()["cause"]["key"])
        self.say_in_place_of("virtio_blk virtio3", "watchdog: BUG: soft lockup - CPU#1 stuck for 63s! [kd:2]")
        report = self.report()
        self.assertIsNone(report["cause"])
        self.assertIn("All CPUs stood still for 63 s", next(one["text"] for one in report["findings"] if one["key"] == "N2"))

    def test_frozen_behind_what_is_lost(self):
        """A superblock whose page is missing costs itself: those behind it are found from the end of the list."""
        blocks = list(map(int, for_each_super_block(self.dump)))
        page = self.dump.translate(blocks[len(blocks) // 2]) // PAGE
        last = next(block for block in reversed(blocks) if self.dump.translate(block) // PAGE != page)
        self.set("sb_writers", last + self.dump.type("struct super_block").offset_of("s_writers"), "frozen", 4)
        self.altered.exclude(page)
        report = self.report()
        self.assertIn("I1", {finding["key"] for finding in report["findings"]})
        self.assertIn("frozen file system", {rule["title"] for rule in report["unknown"]})

    def test_largest_use(self):
        """Where memory ran out the largest use is the cause, and no other."""
        total = Facts(self.dump).total_pages
        names = vmstat.names(self.dump, "NR_INACTIVE_ANON", "NR_VM_NODE_STAT_ITEMS")
        for name, pages in (("NR_SHMEM", total * 6 // 10), ("NR_SLAB_UNRECLAIMABLE_B", total * 3 // 10)):
            self.altered.word(self.dump.symbol("vm_node_stat").address + 8 * names.index(name), pages)
        for _, node in vmstat.nodes(self.dump):
            for zone in vmstat.zones(node):
                self.altered.word(int(zone) + zone.fieldOffset("_watermark"), 1 << 30)
        told = [(one["severity"], one["text"].split()[0]) for one in self.report()["findings"] if one["key"] == "G6"]
        self.assertEqual([(1, "Shared"), (2, "Objects")], told)

    def test_foreign_module(self):
        """It is a note where it is only loaded, and more where threads wait for a lock of it."""
        module = next(module for module in self.dump.modules() if module.name == "virtio_blk")
        self.altered.word(module.address + self.dump.type("struct module").offset_of("taints"), 1 << 12)
        self.assertEqual(3, self.found("O1")["severity"])
        first, second = sleeping_users(self.dump, 2)
        symbol = self.dump.symbol("virtblk_wq", "virtio_blk")
        self.tasks.wait_for_mutex(symbol.address, first, second)
        found = self.found("O1")
        self.assertEqual((2, "The module virtio_blk, which is not the kernel's own, has what threads wait for: virtblk_wq"), (found["severity"], found["text"]))

    def test_nvme(self):
        self.say_in_place_of("virtio_blk virtio4", "nvme nvme0: I/O 24 QID 1 timeout, reset controller")
        self.assertIn("nvme0 did not answer in time", self.found("H6")["text"])


class Made(unittest.TestCase):
    """Facts that no dump at hand has."""

    def facts(self, dump, **more):
        facts = Facts(dump)
        for name, value in more.items():
            facts.__dict__[name] = value
        return facts

    def test_freezer(self):
        altered = Altered(SAMPLE)
        planting = Planting()
        planting.altered, planting.dump = altered, altered.dump
        planting.tasks = Tasks(altered)
        holder, waiter, place = sleeping_users(altered.dump, 3)
        planting.tasks.wait_for_mutex(planting.tasks.top(place) + 64, holder, waiter)
        planting.age(60, holder, waiter)
        for function, told in (("__refrigerator", True), ("schedule_timeout", False)):
            facts = Facts(altered.open(self))
            facts.graph.waits[holder].functions = (function, "get_signal")
            with self.subTest(function):
                found = found_by("e3_freezer", facts)
                self.assertEqual(told, bool(found))
        self.assertEqual([], found_by("e3_freezer", Facts(opened(SAMPLE))))

    def test_server(self):
        dump = opened(SAMPLE)
        facts = Facts(dump)
        graph = facts.graph
        task = next(iter(graph.waits))
        for function, told in (("rpc_wait_bit_killable", True), ("do_nanosleep", False)):
            purpose, _ = sites.purpose([function])
            wait = types.SimpleNamespace(purpose=purpose, thing=None, function=function, functions=(function,))
            made_up = types.SimpleNamespace(unsure=None, waits={task: wait}, seconds=lambda task: 90.0, roots=list)
            with self.subTest(function):
                found = found_by("n_outside", self.facts(dump, _graph=made_up))
                self.assertEqual([1] if told else [], [one.severity for one in found])

    def test_server_whose_call_is_sent_again(self):
        """Then the thread runs, and the call is as old as it is."""
        dump = opened(SAMPLE)
        purpose, _ = sites.purpose(["rpc_wait_bit_killable"])
        task = next(iter(Facts(dump).graph.waits))
        wait = types.SimpleNamespace(purpose=purpose, thing=None, function="rpc_wait_bit_killable", functions=())
        made_up = types.SimpleNamespace(unsure=None, waits={task: wait}, seconds=lambda task: 3.0, roots=list)
        for age, severity in ((4, 3), (6, 2), (90, 1)):
            call = types.SimpleNamespace(tk_start=timekeeping.ktime(dump) - age * 10**9, tk_client=types.SimpleNamespace(cl_xprt=types.SimpleNamespace(servername="nas")))
            with unittest.mock.patch.object(n_outside, "_call", lambda facts, task, call=call: call), self.subTest(age=age):
                (found,) = found_by("n_outside", self.facts(dump, _graph=made_up))
                self.assertEqual((severity, "1 thread waits for the answer of an NFS or RPC server nas"), (found.severity, found.text))

    def test_server_that_is_this_machine(self):
        """Who waits for it waits for its own threads, where these wait: that is a consequence, however long it takes."""
        dump = opened(SAMPLE)
        stuck, task = sleeping_users(dump, 2)
        lock, bit = Thing("mutex", 0, "a lock"), Thing("bit", 8)
        bit.add((task,))
        waits = {stuck: Wait(stuck, lock, "exact", "", None, ()), task: Wait(task, bit, "exact", "", sites.purpose(["rpc_wait_bit_killable"])[0], ())}
        threads = {stuck: types.SimpleNamespace(comm="nfsd", mm=0), task: types.SimpleNamespace(comm="ls", mm=1)}
        for server, own in (("192.0.2.7", False), ("nas", False), ("::1", True), ("127.0.0.1", True)):
            bit.holders = []
            call = types.SimpleNamespace(tk_client=types.SimpleNamespace(cl_xprt=types.SimpleNamespace(servername=server)))
            with self.subTest(server), unittest.mock.patch.object(servers, "rpc_call", lambda dump, thing, call=call: call):
                Graph._join_own_servers(types.SimpleNamespace(waits=waits, threads=threads, dump=dump))
                self.assertEqual([stuck] if own else [], bit.holders)
        made_up = types.SimpleNamespace(unsure=None, waits=waits, seconds=lambda task: 90.0, holders=lambda task: waits[task].thing.holders)
        (found,) = found_by("n_outside", self.facts(dump, _graph=made_up))
        self.assertEqual((3, CONSEQUENCE, "guess"), (found.severity, found.level, found.proof))
        self.assertIn("it is this machine, because of PID", found.text)

    def test_disk_of_a_mount(self):
        """The kernel's name of it, with what the mounter called it where that is another."""
        for disk, source, words in (
            ("vdb", "/dev/vdb", "/dev/vdb"), ("vdb", "/dev/d-vdc", "vdb (mounted as /dev/d-vdc)"), ("", "nas:/home", "nas:/home"), ("vdb", "", "vdb"),
        ):  # fmt: skip
            self.assertEqual(words, sb_device(types.SimpleNamespace(s_bdev=bool(disk), s_id=disk), source))

    def spinning(self, **answers):
        """Facts of the sample, on whose CPUs these functions are."""
        dump = opened(SAMPLE)
        facts = Facts(dump)
        facts.functions_on = lambda cpu: answers.get(f"cpu{cpu}", [])
        facts.seconds = lambda task: 60.0
        return facts

    def test_interrupts_off(self):
        """By registers: a clock that stood still, and interrupts that are off where the CPU is."""
        altered = Altered(SAMPLE)
        rq = altered.dump.cpu_variable(0, "runqueues") + altered.dump.type("struct rq").offset_of("clock")
        now = Facts(altered.dump).clock
        for rflags, behind, told in ((0x46, 11, True), (0x246, 11, False), (0x46, 2, False)):
            altered.word(rq, now - behind * 10**9)
            facts = Facts(altered.open(self))
            frame = types.SimpleNamespace(regs_address=0, registers={"rflags": rflags}, name="kd_off", offset=4, pc=0, symbol=None)
            facts.__dict__["traces"] = {0: types.SimpleNamespace(frames=(frame,))}
            with self.subTest(hex(rflags), behind=behind):
                self.assertEqual(["B2"] if told else [], ["B2" for one in found_by("b2_hard_lockup", facts) if "interrupts off" in one.text])

    def test_stuck_cpu_outranks_its_stall(self):
        """A CPU that has run one thread for long is the cause, and the grace period that waits for it is not."""
        altered = Altered(SAMPLE)
        planting = Planting()
        planting.altered, planting.dump = altered, altered.dump
        planting.set("rcu_state", int(rcu.state(altered.dump)), "gp_seq", 0x401)
        planting.set("rcu_state", int(rcu.state(altered.dump)), "gp_start", timekeeping.jiffies(altered.dump) - 60 * timekeeping.hz(altered.dump))
        planting.set("rcu_node", int(rcu.leaves(altered.dump)[0]), "qsmask", 1)
        facts = Facts(altered.open(self))
        for seconds, level in ((1.0, CPU_STUCK), (50.0, NO_ANSWER)):
            facts.seconds = lambda task, seconds=seconds: seconds
            with self.subTest(seconds=seconds):
                (found,) = found_by("c1_rcu_stall", facts)
                self.assertEqual((level, 1), (found.level, found.severity))

    def test_who_calls_what_checks(self):
        """Where it happened is not the function that only finds a list corrupt."""

        def frame(name, regs_address=0):
            return types.SimpleNamespace(name=name, regs_address=regs_address, pc=0, symbol=None, offset=0)

        panic = [frame("panic"), frame("oops_end")]
        for names, place in (
            (["__list_add_valid_or_report", "kd_add"], "kd_add"), (["usercopy_abort", "__check_heap_object", "__check_object_size", "kd_copy"], "kd_copy"),
            (["kd_use", "kd_main"], "kd_use"), (["refcount_warn_saturate"], "refcount_warn_saturate"),
        ):  # fmt: skip
            frames = [*panic, frame(names[0], regs_address=1), *map(frame, names[1:])]
            with self.subTest(names[0]):
                self.assertEqual(place, first_of_interest(types.SimpleNamespace(frames=frames)).name)

    def test_deaf_cpu(self):
        """A CPU without registers, though the kernel still waited for it."""

        class Deaf:
            def __init__(self, dump):
                self.dump = dump

            def __getattr__(self, name):
                return getattr(self.dump, name)

            def cpus(self):
                return [types.SimpleNamespace(nr=0, registers=None, why_no_registers="no note"), types.SimpleNamespace(nr=1, registers={"rip": 1})]

        altered = Altered(SAMPLE)
        for waited, told in ((0, []), (1, ["CPU 0"])):
            altered.write(altered.dump.symbol("waiting_for_crash_ipi").address, waited.to_bytes(4, "little"))
            dump = altered.open(self)
            with self.subTest(waited=waited):
                self.assertEqual(told, [found.text.split(",")[0] for found in found_by("b3_deaf_cpu", Facts(Deaf(dump)))])
                self.assertEqual([], found_by("b3_deaf_cpu", Facts(dump)))

    def test_spinlock(self):
        facts = self.spinning(cpu0=["native_queued_spin_lock_slowpath", "_raw_spin_lock", "kd_take"], cpu1=["kd_hold", "kd_main"])
        (found,) = found_by("d9_spinlock", facts)
        self.assertIn("1 CPU spins for a spinlock, for up to 60 s; CPU 1, which runs PID", found.text)
        self.assertEqual([], found_by("d9_spinlock", self.spinning(cpu0=["kd_compute"], cpu1=["kd_main"])))

    def test_locks_of_two_kinds(self):
        """CPUs that spin for different locks are told apart."""
        facts = self.spinning(cpu0=["native_queued_spin_lock_slowpath", "kd_take"], cpu1=["queued_read_lock_slowpath", "kd_read"])
        with unittest.mock.patch.object(d9_spinlock, "_locks", lambda facts, cpus: {facts.dump.symbol("rtnl_mutex").address: cpus}):
            one, other = found_by("d9_spinlock", facts)
        self.assertIn("1 CPU spins for a spinlock (rtnl_mutex), for up to 60 s", one.text)
        self.assertIn("1 CPU spins for a read-write lock (to read), for up to 60 s", other.text)

    def test_which_spinlock(self):
        """It is found by its word: held, with somebody pending, or with a tail that is a CPU which spins."""
        altered = Altered(SAMPLE)
        task = sleeping_users(altered.dump, 1)[0]
        top = altered.dump.stack_of_task(task)[1] - 160
        lock, other = top + 128, top + 136
        altered.word(top, 0, other, lock, other)
        function = next(name for name in spinning.SLOWPATHS if altered.dump.address_of(name, default=0))
        frame = types.SimpleNamespace(sp=top, registers={"rbx": other}, symbol=None, name=function, pc=altered.dump.symbol(function).address)
        trace = types.SimpleNamespace(frames=[frame], stack=(top - 4096, top + 160))
        for word, spins, told in ((0x101, [0], True), (0x1 | 2 << 18, [0, 1], True), (0x1 | 2 << 18, [0], False), (0x1, [0], False), (0x100, [0], False), (0x4101, [0], False)):
            altered.word(lock, word)
            altered.word(other, 0)
            with self.subTest(hex(word), spins=spins):
                self.assertEqual(lock if told else 0, spinning.lock_of(altered.open(self), trace, spins))
        altered.word(lock, 1)  # nobody queues: only the argument tells
        self.assertEqual(0, spinning.lock_of(altered.open(self), trace, [0]))
        frame.registers["rdi"] = lock
        self.assertEqual(lock, spinning.lock_of(altered.open(self), trace, [0]))

    def test_interrupts_between_cpus(self):
        altered = Altered(SAMPLE)
        dump = altered.dump
        data = cpus.address_on(dump.symbol("csd_data").address, 0, dump)
        node = dump.type("struct __call_single_node")
        altered.write(data + node.offset_of("u_flags"), (1).to_bytes(4, "little"))
        altered.write(data + node.offset_of("dst"), (1).to_bytes(2, "little"))
        facts = Facts(altered.open(self))
        answers = {0: ["smp_call_function_single", "kd_ask"], 1: ["kd_deaf", "kd_main"]}
        facts.functions_on = lambda cpu: answers[cpu]
        facts.seconds = lambda task: 60.0
        (found,) = found_by("l5_ipi", facts)
        self.assertEqual((1, "exact"), (found.severity, found.proof))
        self.assertRegex(found.text, r"1 CPU has waited for up to 60 s for CPU 1 to answer an interrupt, which runs PID .* in kd_deaf")
        self.assertEqual([], found_by("l5_ipi", Facts(opened(SAMPLE))))

    def test_multipath(self):
        nobody = types.SimpleNamespace(waits={})
        for valid, told in ((1, 0), (0, 1)):
            path, _ = made(self, with_texts(MAPPER.replace("{ &group.list, &group.list }, { 1 }, 3 }", f"{{ &group.list, &group.list }}, {{ {valid} }}, 3 }}")))
            dump = opened(path)
            facts = types.SimpleNamespace(dump=dump, graph=nobody, note=lambda error: self.fail(error))
            with self.subTest(valid=valid):
                found = found_by("h8_multipath", facts)
                self.assertEqual(told, len(found))
        self.assertIn("mpatha has no path that works, and its I/O waits for one", found[0].text)
        self.assertIn("path 8:0: failed 2 times", found[0].evidence)

    def test_readers_of_srcu(self):
        wait = types.SimpleNamespace(purpose=types.SimpleNamespace(key="srcu"), function="__synchronize_srcu")
        for seconds, told in ((5.0, []), (40.0, [(2, "found")])):
            facts = types.SimpleNamespace(graph=types.SimpleNamespace(waits={1: wait}), seconds=lambda task, s=seconds: s, waited=lambda *words: "")
            with self.subTest(seconds=seconds):
                self.assertEqual(told, [(one.severity, one.proof) for one in found_by("c5_srcu", facts)])

    def test_device_that_cannot_be_removed(self):
        dump = opened(SAMPLE)
        task = next(iter(Facts(dump).threads))
        wait = types.SimpleNamespace(purpose=types.SimpleNamespace(key="netdev"), function="netdev_run_todo")
        record = types.SimpleNamespace(text="unregister_netdevice: waiting for dummy0 to become free. Usage count = 2")
        for messages, told in (([record], ["The network device dummy0 cannot be removed, since something still uses it, and 1 thread waits for that"]), ([], [])):
            facts = self.facts(dump, _graph=types.SimpleNamespace(unsure=None, waits={task: wait}), messages=lambda pattern, m=messages: m)
            with self.subTest(told):
                self.assertEqual(told, [one.text for one in found_by("j8_transmit", facts)])

    def test_probes(self):
        dump = opened(SAMPLE)
        for function, told in (("bpf_prog_6deef7357e7b4530_sys_enter", True), ("schedule", False)):
            wait = types.SimpleNamespace(functions=("schedule", function))
            facts = self.facts(dump, _graph=types.SimpleNamespace(unsure=None, waits={next(iter(Facts(dump).threads)): wait}))
            with self.subTest(function):
                self.assertEqual(told, bool(found_by("o4_probes", facts)))


class Others(unittest.TestCase):
    """What the dumps of ../shared have, and the sample has not."""

    def test_rings_of_virtio(self):
        for path in vmcores():
            dump = opened(path)
            if dump.find_type("struct", "vring_virtqueue") is None or timekeeping.ktime(dump) < 12 * 10**9:
                continue
            disks = [disk for disk in caught(for_each_disk(dump)) if not isinstance(disk, Exception) and str(disk.disk_name) == "vdb"]
            for disk in disks:
                ring = next(rings(dump, device_of_disk(dump, disk)))
                self.assertEqual((False, 0, 0), (ring.broken, ring.given, ring.unseen))
                for unseen, key in ((0, "N5"), (3, "H2")):
                    planting = Planting()
                    planting.altered = altered = Altered(path)
                    planting.dump = dump
                    planting.in_flight(disk, 11)
                    kind = dump.type("struct vring_virtqueue")
                    last = dump.read_unsigned(ring.address + kind.offset_of("last_used_idx"), 2)
                    altered.write(ring.address + kind.offset_of("last_used_idx"), ((last - unseen) & 0xFFFF).to_bytes(2, "little"))
                    told = {one["key"] for one in document(altered.open(self), names=())["findings"]}
                    with self.subTest(path, unseen=unseen):
                        self.assertEqual({key}, told & {"N5", "H2"})

    def test_buffers(self):
        """That of an ext4's superblock is one, and what is none is none."""
        for path in vmcores():
            dump = opened(path)
            for block in for_each_super_block(dump):
                if filesystem_type(block) == "ext4" and dump.find_type("struct", "ext4_sb_info") is not None:
                    with self.subTest(path):
                        self.assertTrue(is_buffer(dump, int(dump.object("struct ext4_sb_info", int(block.s_fs_info)).s_sbh)))
            self.assertFalse(is_buffer(dump, dump.symbol("init_task").address))
            self.assertFalse(is_buffer(dump, 8))

    def test_journal(self):
        """A transaction that has been committed for two minutes, and a thread that is inside of it."""
        for path in vmcores():
            dump = opened(path)
            if dump.find_type("struct", "journal_s") is None or dump.find_type("struct", "jbd2_journal_handle") is None:
                continue
            planting = Planting()
            planting.altered = altered = Altered(path)
            planting.dump, planting.tasks = dump, Tasks(altered)
            committer, inside = [int(task) for task in threads.threads(dump) if not task.mm][:2]
            place = dump.stack_of_task(committer)[1] - PAGE
            journal, transaction, handle = place, place + 1536, place + 2560
            planting.set("journal_s", journal, "j_committing_transaction", transaction)
            planting.set("journal_s", journal, "j_task", committer)
            planting.set("transaction_s", transaction, "t_updates", 1)
            planting.set("jbd2_journal_handle", handle, "h_transaction", transaction)
            planting.set("task_struct", inside, "journal_info", handle)
            planting.tasks.put_to_sleep(committer)
            block = int(next(for_each_super_block(dump)))
            for seconds, told in ((10, False), (120, True)):
                planting.set("transaction_s", transaction, "t_start", timekeeping.jiffies(dump) - seconds * timekeeping.hz(dump))
                facts = Facts(altered.open(self))
                with unittest.mock.patch.object(i3_journal, "journals", lambda dump, found=(journal, block): dict([found])), self.subTest(path, seconds=seconds):
                    found = found_by("i3_journal", facts)
                    self.assertEqual([(1, "exact")] if told else [], [(one.severity, one.proof) for one in found])
            self.assertIn(f"it waits for {facts.who(inside)}, which is inside the transaction", found[0].text)


if __name__ == "__main__":
    unittest.main()
