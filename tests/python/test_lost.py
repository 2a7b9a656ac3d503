# SPDX-License-Identifier: GPL-2.0-or-later
"""What lies on pages that the dump lacks is lost, and that is another answer than "this kernel has none"."""

import collections
import os
import re
import subprocess
import tempfile
import unittest

import dumps
import fuzz_lost
import pykd
import sweep_lost
import taken
from dumps import PYKD, SAMPLE
from pykd.core import host
from pykd.core.output import buffer, contents, output_to
from pykd.kernel.task import table
from pykd.session.session import Session


class Damaged(unittest.TestCase):
    def setUp(self):
        with open(SAMPLE, "rb") as file:
            self.source = file.read()
        self.whole = dumps.opened(SAMPLE)

    def opened(self, data):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "vmcore")
        with open(path, "wb") as file:
            file.write(data)
        dump = dumps.opened(path)
        self.addCleanup(host.set_current, host.current())
        return dump

    def without_types(self, *shares):
        """The sample without the pages of its types that begin after these shares of them: the first two thirds are types, the rest names."""
        start, end = self.whole.address_of("__start_BTF"), self.whole.address_of("__stop_BTF")
        return self.opened(dumps.without(self.source, *(self.whole.translate(int(start + share * (end - start))) // dumps.PAGE for share in shares)))


class Types(Damaged):
    def lost(self, damaged):
        """Structs that the sample has and the other dump does not find."""
        there = {str(kind) for kind in damaged.types("struct")}
        return [name for name in dict.fromkeys(str(kind) for kind in self.whole.types("struct")) if name not in there and "{" not in name][:50]

    def test_records(self):
        damaged = self.without_types(0.2, 0.3, 0.35)
        lost = self.lost(damaged)
        self.assertGreater(len(lost), 10)
        for name in lost:
            for ask in (damaged.type, lambda name: damaged.find_type("struct", name.removeprefix("struct "))):
                with self.subTest(name), self.assertRaisesRegex(pykd.FaultError, r"\d+ of \d+ types are lost: ") as raised:
                    ask(name)
                self.assertEqual("excluded", raised.exception.reason)

    def test_names(self):
        """A name that cannot be read may be any that is not among the others; to a question whether there is such a type, none is likely."""
        damaged = self.without_types(0.8, 0.9)
        lost = self.lost(damaged)
        self.assertGreater(len(lost), 10)
        for name in [*lost, "struct never_there"]:
            with self.subTest(name), self.assertRaisesRegex(pykd.NotFoundError, r"\d+ of \d+ types are lost: ") as raised:
                damaged.type(name)
            self.assertEqual("excluded", raised.exception.reason)
            self.assertIsNone(damaged.find_type("struct", name.removeprefix("struct ")))

    def test_never_there(self):
        """All names can be read, and this one is not among them: no type that is lost has it."""
        damaged = self.without_types(0.2, 0.3, 0.35)
        self.assertTrue(self.lost(damaged))
        with self.assertRaisesRegex(pykd.NotFoundError, "^no type struct never_there$") as raised:
            damaged.type("struct never_there")
        self.assertFalse(hasattr(raised.exception, "reason"))

    def test_members(self):
        """Each member of the sample's structs is where it was, or it is said that it may be lost."""
        damaged = self.without_types(*(share / 40 for share in range(1, 40)))
        sound = lost = 0
        names = collections.Counter(str(kind) for kind in self.whole.types("struct"))
        for kind in [kind for kind in damaged.types("struct") if names[str(kind)] == 1][::7]:
            name = str(kind)
            if "{" in name or (known := self.whole.find_type("struct", name.removeprefix("struct "))) is None or known.size != kind.size:
                continue
            for member in known.members():
                if member.name is None:
                    continue
                try:
                    self.assertEqual(member.offset, kind.offset_of(member.name))
                    sound += 1
                except (pykd.FaultError, pykd.MemberError) as error:
                    self.assertEqual("excluded", getattr(error, "reason", error))
                    lost += 1
        self.assertGreater(sound, 10 * lost)
        self.assertGreater(lost, 100)


class Rows(Damaged):
    """What is left says what the whole dump says: a member whose name is lost is not the first one, sizes that cannot be read are marked."""

    COMMANDS = ("kmem -s", "kmem -v", "vm", "ps", "ps -Y", "mod", "mount", "irq", "timer")

    def test_are_right(self):
        whole, wrong = fuzz_lost.documents(SAMPLE, self.COMMANDS)
        self.assertIsNone(wrong)
        self.assertEqual([], list(fuzz_lost.compared(SAMPLE, 1, 2, self.COMMANDS, whole)))

    def test_wrong_ones_are_seen(self):
        whole = {"rows": [{"a": 1, "b": [{"c": 2}, {"c": 3}]}, {"a": 4, "b": []}]}
        lost = {"reason": "excluded", "message": ""}
        for row, right in (
            ({"a": 1}, True), ({"a": 4, "b": [{"c": 2}]}, False), ({"a": 1, "b": [{"c": 3}]}, True), ({"a": lost}, True), ({"a": 0}, False), ({"a": 0, "error": lost}, True),
            ({"a": 2, "error": lost}, False), ({"error": lost}, True), ({"d": 1}, False), ({"a": "?", "unavailable": ["a"], "lost": lost}, True),
            ({"a": None, "a_at_most": 1}, True), ({"a": None, "a_at_most": 0}, False), ({"a": None, "d_at_most": 1}, False),
        ):  # fmt: skip
            self.assertEqual(right, not list(fuzz_lost.wrong_rows(whole, {"rows": [row]})), row)


class Numbers(Damaged):
    """No number stands for what could not be read in full."""

    def test_free_objects(self):
        whole = {row["cache"]: row["allocated"] for row in Session(self.whole).rows("kmem -s")}
        dump = self.opened(dumps.without_some(self.source, 1, 3))
        lost = [row for row in Session(dump).rows("kmem -s") if "total" in row and row["allocated"] is None]
        self.assertGreater(len(lost), 5)
        shown = subprocess.run([PYKD, "--isolated", dump.path, "-c", "kmem -s"], capture_output=True, text=True, check=False).stdout
        for row in lost:
            self.assertIn("error", row)
            self.assertGreaterEqual(row["allocated_at_most"], whole[row["cache"]])
            self.assertRegex(shown, rf"{row['cache']:016x} .* <={row['allocated_at_most']} ")

    def test_keys_of_tasks(self):
        dump = self.opened(dumps.without_some(self.source, 5, 2))
        for line in ("ps", "ps -g"):
            rows = [row for row in Session(dump).rows(line) if "unavailable" in row]
            self.assertTrue(rows)
            for row in rows:
                self.assertLessEqual(set(row["unavailable"]), set(row))
                self.assertLessEqual({row[key] for key in row["unavailable"]}, {None, "?", "??"})
        for line in ("ps", "ps -s", "ps -Y", "ps -l", "ps -c", "ps -r"):
            done = subprocess.run([PYKD, "--isolated", dump.path, "-c", line], capture_output=True, text=True, check=False)
            self.assertGreater(len(done.stdout.splitlines()), 50, line)
            self.assertNotIn("internal error", done.stdout + done.stderr)


class Tasks(Damaged):
    """1 % of all pages is missing, whichever."""

    def answer(self, dump, line):
        """The rows, and the text with its footnotes."""
        done = subprocess.run([PYKD, "--isolated", dump.path, "-c", line], capture_output=True, text=True, check=False)
        return list(Session(dump).rows(line)), done.stdout + done.stderr

    def test_counted(self):
        for seed in (2, 3, 8, 12):  # 3 lacks the symbol of the run queues, 8 and 12 types that these need
            with self.subTest(seed):
                dump = self.opened(dumps.without_some(self.source, 1, seed))
                rows, text = self.answer(dump, "ps")
                self.assertGreater(sum("task" in row for row in rows), 150)
                self.assertIn("(excluded)", text)

    def test_run_queues(self):
        """What a run queue is is lost: what ran is known otherwise, and its own part is all that it costs."""
        dump = self.opened(dumps.without_some(self.source, 1, 8))
        with self.assertRaises(pykd.FaultError):
            dump.type("struct rq")
        rows, text = self.answer(dump, "runq")
        self.assertEqual([["cpu", "current", "error", "root_group", "runqueue"]] * 2, [sorted(row) for row in rows])
        self.assertRegex(text, r"\(excluded\): 2 values are missing, such as no type struct rq; \d+ of \d+ types are lost: ")
        running = {row["task"] for row in Session(self.whole).rows("ps") if row["active"]}
        self.assertEqual(running, {row["current"]["task"] for row in rows})
        self.assertEqual(running, {row["task"] for row in Session(dump).rows("ps -A") if "task" in row})
        session = Session(dump)
        for command in ("ps -m", "ps -l", "ps -t", "foreach task -R pid", "taskinfo --summ"):
            with self.subTest(command):
                self.assertGreater(len(session.capture(command)[0].splitlines()), 20)

    def test_all_columns(self):
        """Whatever is lost, the rest is read: as if each member of a task were the one."""

        class Lacking:
            def __init__(self, dump, member):
                self.dump, self.member = dump, member

            def __getattr__(self, name):
                return getattr(self.dump, name)

            def read_plain(self, addresses, type, members):
                if self.member in members:
                    raise pykd.MemberError(self.member)
                return self.dump.read_plain(addresses, type, members)

        columns = {"pid": "pid", "start": "start_time", "flags": "flags", "mm": "mm", "stack_pointer": "thread.sp"}
        whole = table.threads(self.whole)
        for key, member in columns.items():
            found = table.at(Lacking(self.whole, member), [thread.address for thread in whole])
            for ours, theirs in zip(found, whole, strict=True):
                self.assertEqual(0, getattr(ours, key))
                others = [name for name in (*columns, "comm", "state", "cpu") if name != key]
                self.assertEqual([getattr(ours, name) for name in others], [getattr(theirs, name) for name in others])


class OneType(Damaged):
    """A struct is not to be found, as if its name were lost: what needs it is, and nothing else."""

    def without(self, name):
        damaged = taken.copy(self, self.whole, taken.Types(self.whole).renamed(name))
        self.assertIsNone(damaged.find_type("struct", name))
        return damaged

    def test_others_answer(self):
        for name, lines in (
            ("signal_struct", ("ps", "foreach bt", "runq -d", "workqueues -a")),
            ("rq", ("runq", "runq -d", "ps -A", "bt -a")),
            ("file", ("sockets -tl", "ps")),
            ("xarray", ("blocked", "ps", "locks -a")),
            ("device", ("log", "log -T")),
            ("cred", ("ps", "sockets")),
        ):
            damaged = self.without(name)
            for line in lines:
                with self.subTest(struct=name, line=line):
                    expected = sum(_answers(row) for row in Session(self.whole).rows(line))
                    self.assertGreater(expected, 0)
                    self.assertEqual(expected, sum(_answers(row) for row in Session(damaged).rows(line)))

    def test_one_list_of_two(self):
        for name, kind in (("char_device_struct", "block"), ("blk_major_name", "character")):
            expected = [row for row in Session(self.whole).rows("dev") if row["kind"] == kind]
            self.assertGreater(len(expected), 1)
            found = list(Session(self.without(name)).rows("dev"))
            self.assertEqual(expected, [row for row in found if row["kind"] == kind])
            self.assertTrue(all("error" in row for row in found if row["kind"] != kind))


class Names(Damaged):
    def test_no_utf8(self):
        """Bytes of names in BTF that are no text are shown, and cost what has the name and nothing else (C9)."""
        types = taken.Types(self.whole)
        names = ("task_struct", "thread_pid", "PIDTYPE_TGID", "copy_page_range", "dst_vma")
        damaged = taken.copy(self, self.whole, *(types.renamed(name, b"\xff") for name in names))
        for name in names:
            with self.assertRaises(pykd.Error):
                damaged.type(f"struct {name}")
        struct, member, enumerator, function, _ = ("\\xff" + name[1:] for name in names)
        (found,) = [kind for kind in damaged.types("struct") if str(kind) == f"struct {struct}"]
        self.assertIn(member, [one.name for one in found.members()])
        self.assertIn(enumerator, dict(damaged.type("enum pid_type").enumerators()))
        session = Session(damaged)
        for line in ("ps", "whatis struct mm_struct", "whatis pid_type", "whatis copy_page_range", f"whatis {function}", "taskinfo", "struct -o list_head", "report"):
            with self.subTest(line):
                output = buffer()
                with output_to(output, output):
                    session.run(line)
                self.assertNotRegex(contents(output), "internal error|Traceback|Unicode")


class OneThing(Damaged):
    """A member of a struct, or a symbol, is not to be found, and all else is: what needs it says so, and what does not answers as ever."""

    APART = (
        {"modules": "mod", "runqueues": "runq", "slab_caches": "kmem -s", "super_blocks": "fs", "irq_desc_tree": "irq", "prb": "log", "workqueues": "workqueues",
         "init_uts_ns": "sys", "chrdevs": "dev", "block_class": "dev -d", "timer_bases": "timer", "hrtimer_bases": "timer -r",
         "prog_idr": "bpf", "swap_info": "swap", "init_ipc_ns": "ipcs", "tcp_hashinfo": "sockets -tl", "task_struct.files": "files", "task_struct.mm": "vm",
         "task_struct.signal": "sig", "vm_zone_stat": "kmem -i"},
        {"module.name": "mod", "rq.cfs": "runq", "kmem_cache.name": "kmem -s", "super_block.s_type": "fs", "irq_desc.action": "irq",
         "printk_ringbuffer.desc_ring": "log", "workqueue_struct.pwqs": "workqueues -q", "timekeeper.xtime_sec": "sys", "vmap_area_root": "kmem -v",
         "major_names": "dev", "gendisk.part0": "dev -d", "timer_base.vectors": "timer", "hrtimer_cpu_base.clock_base": "timer -r", "task_struct.fs": "files",
         "mm_struct.mmap": "vm", "task_struct.pending": "sig", "ipc_ids.ipcs_idr": "ipcs", "zone.free_area": "kmem -f", "mount.mnt_devname": "mount",
         "net_device.name": "net", "task_struct.comm": "ps"},
        {"module.list": "mod", "rq.curr": "runq", "kmem_cache.list": "kmem -s", "super_block.s_list": "fs", "irq_desc.irq_data": "irq -s", "file.f_path": "files",
         "vm_area_struct.vm_start": "vm", "task_struct.sighand": "sig", "mount.mnt_parent": "mount", "init_net": "net", "task_struct.tasks": "ps",
         "workqueue_struct.list": "workqueues -q"},
        {"super_blocks": "cache", "vmap_area_root": "memory"},
    )  # fmt: skip
    """Each dump lacks these, and each of its commands is one that needs one of them."""
    REASON = r"\(\w+\): \d+ values? |no symbol|no type|no member|has no|does not have a field|lost|cannot|unknown"

    def test_said(self):
        symbols, types = taken.Symbols(self.whole), taken.Types(self.whole)
        for things in self.APART:
            damaged = taken.copy(self, self.whole, *(types.without(*thing.split(".")) if "." in thing else symbols.without(thing) for thing in things))
            self.addCleanup(host.set_current, host.current())
            session = Session(damaged)
            for thing, line in things.items():
                with self.subTest(lacking=thing, line=line):
                    output = buffer()
                    with output_to(output, output):
                        session.run(line)
                    text = contents(output)
                    self.assertTrue(re.search(self.REASON, text), text[-500:])
                    self.assertNotRegex(text, "internal error|Traceback")


    def test_found_in_another_way(self):
        """Without its symbol init_task is found by its name as a task, and what is reached from there."""
        whole = dumps.opened(dumps.busy())
        symbols = taken.Symbols(whole)
        damaged = taken.copy(self, whole, *(symbols.without(name) for name in ("init_task", "super_blocks", "modules", "init_pid_ns")))
        self.addCleanup(host.set_current, host.current())
        for line in ("ps", "mount", "mod", "fs"):
            with self.subTest(line):
                found, wanted = (Session(dump).rows(line) for dump in (damaged, whole))
                self.assertEqual(list(found), list(wanted))
        with self.assertRaisesRegex(pykd.NotFoundError, "no symbol jiffies_65.*names of functions only"):
            damaged.symbol("jiffies_65")


class Silent(Damaged):
    """What is lost is neither taken for nothing nor for excluded."""

    def without(self, name):
        """*name* of a symbol, or of a struct and its member"""
        kind, _, member = name.partition(".")
        change = taken.Types(self.whole).without(kind, member) if member else taken.Symbols(self.whole).without(name)
        damaged = taken.copy(self, self.whole, change)
        self.addCleanup(host.set_current, host.current())
        host.set_current(None)
        self.addCleanup(pykd.set_current, pykd.current())
        pykd.set_current(damaged)
        return Session(damaged)

    def said(self, session, line):
        output = buffer()
        with output_to(output, output):
            session.run(line)
        text = contents(output)
        self.assertNotRegex(text, "internal error|Traceback", line)
        return text

    def test_idle_tasks_by_another_way(self):
        whole, session = Session(self.whole), self.without("runqueues")
        pids = [[(row["pid"], row["task"]) for row in one.rows("ps")] for one in (whole, session)]
        self.assertEqual(*pids)
        self.assertRegex(self.said(session, "sys"), rf"TASKS: {len(pids[0])}\n")

    def test_idle_tasks_are_lost(self):
        whole, session = Session(self.whole), self.without("__per_cpu_offset")
        (lost,) = [row["error"]["message"] for row in session.rows("ps") if "task" not in row]
        self.assertRegex(lost, "the idle tasks? of .* not known: .*__per_cpu_offset")
        for line in ("foreach bt", "foreach files", "ps -m", "report"):
            self.assertIn(lost, " ".join(self.said(session, line).split()), line)
        self.assertRegex(self.said(session, "sys"), r"TASKS: \d+ \(incomplete: ps says why\)\n")
        self.assertNotIn("incomplete", self.said(whole, "sys"))
        self.assertRegex(self.said(session, "crashinfo"), "CFS runqueue on CPU #0 is corrupted or not in the dump")

    def test_ages(self):
        """By when the last thread began to run."""
        expected = [row["seconds"] for row in Session(self.whole).rows("blocked") if "seconds" in row]
        found = [row["seconds"] for row in self.without("runqueues").rows("blocked") if "seconds" in row]
        self.assertEqual(len(expected), len(found))
        for ours, theirs in zip(found, expected, strict=True):
            self.assertLessEqual(ours, theirs)
            self.assertGreater(ours, theirs - 0.5)

    def test_states(self):
        session = self.without("task_struct.state")
        self.assertRegex(self.said(session, "blocked"), r"^blocked: the state of \d+ threads is not known: .* does not have a field <\w+>\n$")
        for line in ("locks", "locks -g", "fs"):
            self.assertRegex(self.said(session, line), rf"(?m)^{line.split()[0]}: the state of \d+ threads is not known: ")
        excluded = self.said(session, "report --brief").partition("checks could not be made")[0]
        for check in ("hung threads", "deadlock"):
            self.assertIn(check, " ".join(self.said(Session(self.whole), "report --brief").split()))
            self.assertNotIn(check, " ".join(excluded.split()))

    def test_the_log(self):
        self.assertRegex(self.said(self.without("prb"), "tslog"), "^tslog: no type struct log\n")

    def test_the_unified_hierarchy_by_its_number(self):
        rows = [list(one.rows("cgroups")) for one in (Session(self.whole), self.without("cgrp_dfl_root"))]
        self.assertEqual(*rows)


    def test_tasks_by_another_way(self):
        """PIDs by struct pid, processes by their leaders, CPUs by run queues."""
        whole = Session(self.whole)
        for name in ("pid", "tgid", "cpu"):
            session = self.without(f"task_struct.{name}")
            for line in ("ps", "bt -a", "blocked"):
                with self.subTest(lacking=name, line=line):
                    self.assertEqual(list(whole.rows(line)), list(session.rows(line)))

    def test_who_asked_for_a_crash(self):
        for name, parents in (("pid", ("PID 1 (init)", "PID 0 (swapper/0)")), ("real_parent", ("?",))):
            text = " ".join(self.said(self.without(f"task_struct.{name}"), "report").split())
            self.assertIn(", child of ".join(("asked for by PID 254 (guest)", *parents)) + " - ", text)

    def test_names_of_tasks(self):
        text = self.said(self.without("task_struct.comm"), "bt -a")
        self.assertRegex(text, r'COMMAND: "\?"  \(unknown\)\n')
        self.assertRegex(text, r"\(unknown\): 2 values are missing, such as .* <comm>")

    def test_memory(self):
        """What has none is no answer where it is lost what memory something has."""
        for name, title in (
            ("task_struct.mm", "Largest processes"), ("mm_struct.rss_stat", "Largest processes"), ("kmem_cache.node", "Largest slab caches"),
            ("kmem_cache.name", "Largest slab caches"),
        ):  # fmt: skip
            with self.subTest(lacking=name):
                self.assertIn(f"\n{title}\n(unknown)\n", self.said(self.without(name), "memory"))
        sizes = [[row["bytes"] for row in one.rows("memory") if row["kind"] == "process"] for one in (Session(self.whole), self.without("mm_struct.total_vm"))]
        self.assertEqual(*sizes)

    def test_file_systems(self):
        """None is taken for the kernel's own, and none for mounted nowhere, where it is lost how mounts lie."""
        expected = {row["superblock"] for row in Session(self.whole).rows("fs")}
        for name in ("dentry.d_name", "dentry.d_parent", "mount.mnt", "mount.mnt_parent", "mount.mnt_devname"):
            with self.subTest(lacking=name):
                session = self.without(name)
                found = {row["superblock"]: row for row in session.rows("fs")}
                self.assertLessEqual(expected, found.keys())
                self.assertEqual(set(), {block for block in expected if "error" not in found[block]})
                self.assertIn("(unknown)", self.said(session, "memory"))

    def test_modules(self):
        rows = list(self.without("module.core_layout").rows("mod"))
        self.assertEqual(len(list(Session(self.whole).rows("mod"))), len(rows))
        self.assertEqual({(None, None)}, {(row["base"], row["size"]) for row in rows})
        self.assertTrue(all(row["error"]["partial"] for row in rows))


class Swept(unittest.TestCase):
    """A few of what tools/sweep_lost.py looks at."""

    THINGS = ("task_struct.comm", "task_struct.exit_state", "task_struct.sibling", "mm_struct.total_vm", "mount.mnt", "kmem_cache.node", "module.core_layout")
    COMMANDS = ("ps", "bt -a", "memory", "fs", "cache", "mod", "kmem -s", "blocked", "report", "crashinfo", "taskinfo", "taskinfo --hang", "hanginfo", "pstree")

    def test_nothing_is_silent(self):
        with tempfile.TemporaryDirectory() as folder:
            sweep = sweep_lost.Sweep(SAMPLE, folder, self.COMMANDS)
            self.assertLess(set(self.THINGS), set(sweep.things()))
            self.assertEqual([], [failure for thing in self.THINGS for failure in sweep.failures(thing)])

    def test_what_is_silent(self):
        whole = "TASKS: 157\nPID: 1 init\n"
        for found, silent in (
            (whole, None), ("TASKS: 157\nPID: 1 init\nps: no member comm\n", None), ("TASKS: 157\nPID: 1 ?\n", None),
            ("TASKS: 157\n", ([], ["PID: 1 init"])), ("TASKS: 0\nPID: 1 init\n", (["TASKS: 0"], ["TASKS: 157"])),
        ):  # fmt: skip
            self.assertEqual(silent, sweep_lost.silent(whole, found))


def _answers(row):
    return "error" not in row or row["error"].get("partial", False)


if __name__ == "__main__":
    unittest.main()
