# SPDX-License-Identifier: GPL-2.0-or-later
"""What a framework of other people's gets to see of old names: types as crash describes them, and memory by offsets."""

import re
import sys
import unittest
from unittest import mock

import dumps
import pykd

dumps.have_one_open()

import crash  # noqa: E402
from pykd.compat import moved, names, oldmembers  # noqa: E402
from pykd.kernel.block.disks import for_each_disk  # noqa: E402
from pykd.kernel.task import process, threads  # noqa: E402


def members(struct):
    """By name, the last of that name counts: as a framework puts them into a dictionary."""
    return {member["fname"]: member for member in crash.gdb_typeinfo(struct)["body"]}


def read(address, member):
    """A number or a pointer, as PyKdump's readers do it."""
    place = address + member["bitoffset"] // 8
    if "stars" in member:
        return crash.readPtr(place)
    return crash.readInt(place, member["typelength"], not member["uint"])


def walked(head, most):
    """The links of a list behind its head, as every framework walks it."""
    found, at = [], crash.readPtr(head)
    while at != head and len(found) <= most:
        found.append(at)
        at = crash.readPtr(at)
    return found


class BeneathAnyFramework(unittest.TestCase):
    def test_crash_uses_nothing_of_pykdump(self):
        with open(f"{dumps.ROOT}/frozen/crash.py", encoding="utf-8") as file:
            self.assertIsNone(re.search(r"^\s*(from|import) (pykdump|LinuxDump)", file.read(), re.MULTILINE))

    def test_renamed_members_are_described(self):
        """Each old name whose value lies in the struct has the offset and the type of what it is called now."""
        seen = 0
        for struct, lines in names.NAMES.items():
            try:
                ctype = pykd.current().type(struct).strip()
                described = members(struct)
            except (pykd.Error, KeyError):
                continue
            for name, source, _ in lines:
                if isinstance(source, str) and ctype.member(name) is None and name not in oldmembers.COMPUTED.get(struct, {}):
                    new = ctype.member(source)
                    if new is None or any(other == name and ctype.member(path) for other, path, _ in lines[: lines.index((name, source, _))] if isinstance(path, str)):
                        continue
                    self.assertEqual((new.bit_offset, new.type.size), (described[name]["bitoffset"], crash.member_size(struct, name)), f"{struct}.{name}")
                    seen += 1
        self.assertGreater(seen, 20)

    @staticmethod
    def readable(task):
        """A task and its first area, if the dump has both."""
        try:
            return (task, task.mm.mmap) if task.mm and task.mm.mmap.vm_next else None
        except pykd.Error:
            return None

    def test_what_is_worked_out_is_read_by_offset_too(self):
        dump = pykd.current()
        task, area = next(filter(None, map(self.readable, threads.processes())))
        for obj, name in ((task.mm, "mmap"), (area, "vm_next"), (task, "state")):
            described = members(type(obj).PYT_symbol)
            # An anonymous member's are described with that.
            if name in described or isinstance(vars(type(obj)).get(name), property):
                self.assertEqual(int(getattr(obj, name)), read(int(obj), described[name]), name)
        thread = int(task) + task.fieldOffset("thread")
        self.assertEqual(dump.stack_of_task(int(task))[1], read(thread, members("struct thread_struct")["sp0"]))

    def test_parts_and_tables(self):
        module = pykd.current().struct_class("struct module")(pykd.current().modules()[0].address)
        layout = members("struct module")["core_layout"]
        base = int(module) + layout["bitoffset"] // 8
        if "body" in layout:
            inside = {member["fname"]: member for member in layout["body"]}
            for name in ("base", "size", "text_size", "ro_size"):
                self.assertEqual(int(getattr(module.core_layout, name)), read(base, inside[name]), name)
        groups = next(task for task in threads.processes() if task.cred).cred.group_info
        block = members("struct group_info")["small_block"]
        numbers = crash.mem2long(crash.readmem(int(groups) + block["bitoffset"] // 8, 4 * 32), array=32)
        self.assertEqual(groups.small_block, numbers[: groups.ngroups])

    def test_what_lay_inside_and_lies_outside(self):
        """A node's address less its offset is the device, though the node is in a struct of its own (v5.1)."""
        private = pykd.current().struct_class("struct device_private")
        try:
            disk = next(iter(for_each_disk(pykd.current())))
            self.assertTrue(disk.part0.hasField("__dev"))
        except pykd.FaultError as fault:
            self.skipTest(str(fault))
        device = getattr(disk.part0, "__dev")
        node = int(device.p) + private(0).fieldOffset("knode_class")
        self.assertEqual(int(device), node - members("struct device")["knode_class"]["bitoffset"] // 8)

    def test_rings_without_a_head(self):
        """The threads of a process from the place of the old link, though the list has a head in signal_struct now."""
        described = members("struct task_struct")["thread_group"]
        place = described["bitoffset"] // 8
        seen = 0
        for leader in threads.processes():
            try:
                group = {int(thread) for thread in process.for_each_thread(pykd.current(), leader)}
                ring = walked(int(leader) + place, 2 * len(group))
            except (pykd.Error, crash.error):
                continue
            self.assertEqual(sorted(group - {int(leader)}), sorted(at - place for at in ring))
            seen += len(ring)
        if not seen:
            dumps.need_another(self, "no process has two threads")

    def test_waiters_of_a_ring_end_at_the_head(self):
        """Those who wait are a ring that the lock points into: the walk begins at a head, and comes back to it."""
        names = [one["fname"] for one in crash.gdb_typeinfo("struct semaphore")["body"]]
        self.assertIn("wait_list", names)
        tasks = pykd.current().variable("init_task").tasks
        links = [int(one) for one in pykd.current().follow(int(tasks), limit=100)[0]]

        class Lock:
            wait_list = mock.Mock(addresses=links)

        dump = mock.Mock(struct_class=lambda struct: lambda address: Lock)
        head = oldmembers._numbers["struct semaphore", "wait_list", "next"] << oldmembers._SHIFT | 0x1000
        self.addCleanup(oldmembers._next_links.clear)
        with mock.patch.object(oldmembers, "current", lambda: dump):
            self.assertEqual(links, walked(head, 2 * len(links)))
            Lock.wait_list.addresses = []
            self.assertEqual([], walked(head, 1))

    def test_variables_that_are_no_more(self):
        """What stands for them can be read as memory, and asked for its type."""
        if pykd.current().address_of("congestion_wqh", "", 0):
            dumps.need_another(self, "this kernel has it")
            return
        described, address = crash.gdb_whatis("congestion_wqh"), crash.sym2addr("congestion_wqh")
        self.assertEqual(("struct wait_queue_head", [2]), (described["basetype"], described["dims"]))
        head = address + crash.struct_size("wait_queue_head") + crash.member_offset("wait_queue_head", "head")
        self.assertEqual(head, crash.readPtr(head), "an empty list")

    def test_tables_end(self):
        """A loop over a pointer ends where the table does, by IndexError."""
        start = oldmembers._area(bytes(range(1, 17)))
        self.assertEqual(0x0807060504030201, crash.readPtr(start))
        self.assertEqual(b"\x0f\x10\0\0", crash.readmem(start + 14, 4))
        with self.assertRaises(IndexError):
            crash.readPtr(start + 16)

    def test_no_address_is_taken_for_one_of_ours(self):
        for address in (0x10, 0x7FFF_FFFF_F000, 0xFFFF_8000_0000_0000, (1 << 64) - 8, -8):
            self.assertFalse(oldmembers.is_made(address), hex(address))
        for address in (1 << 80, 0xBADA << 48):
            with self.assertRaises(crash.error):
                crash.readmem(address + (1 << 40), 8)


class Symbols(unittest.TestCase):
    def test_no_type_without_a_symbol(self):
        """A declaration says nothing of a kernel that has no such variable."""
        with self.assertRaises(crash.error):
            crash.gdb_whatis("keventd_wq")

    def test_array_of_unknown_length(self):
        self.assertGreater(crash.gdb_whatis("neigh_tables")["dims"][0], 1)

    def test_name_of_a_type(self):
        self.assertEqual(crash.TYPE_CODE_ENUM, crash.gdb_whatis("socket_state")["codetype"])

    def test_renamed_symbols_exist(self):
        for old, new in moved.OLD_SYMBOLS.items():
            if pykd.current().address_of(new, "", 0) and not pykd.current().address_of(old, "", 0):
                self.assertEqual((1, crash.sym2addr(new)), (crash.symbol_exists(old), crash.sym2addr(old)))
                self.assertEqual([crash.sym2addr(new)], crash.sym2alladdr(old)[:1])

    def test_renamed_types(self):
        for old, new in moved.OLD_TYPES.items():
            if crash.struct_size(new) > 0:
                self.assertGreater(crash.struct_size(old), 0, old)
                self.assertIn("body", crash.gdb_typeinfo(old), old)


class CurrentDump(unittest.TestCase):
    def test_follows_set_current(self):
        """Objects and crash's functions mean the same dump (C11)."""
        before = pykd.current()
        self.addCleanup(pykd.set_current, before)
        other = pykd.Dump(before.path)
        address = before.symbol("linux_banner").address
        pykd.set_current(other)
        crash.set_readmem_task(0)
        self.assertEqual(other.read(address, 16), crash.readmem(address, 16))
        task = int(next(task for task in threads.processes(other) if task.mm))
        crash.set_readmem_task(task)
        self.assertNotEqual(0, other.pgd)
        self.assertEqual(0, before.pgd)
        pykd.set_current(before)
        crash.set_readmem_task(0)
        self.assertNotEqual(0, other.pgd, "the other dump's readers are its own")
        pykd.set_current(other)
        crash.set_readmem_task(0)
        self.assertEqual(0, other.pgd)


class OtherDumps(unittest.TestCase):
    def test_each(self):
        dumps.run_on_others("test_old_members.")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
