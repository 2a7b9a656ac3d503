# SPDX-License-Identifier: GPL-2.0-or-later
"""Locks on files, their times and marks, as programs for older kernels look for them."""
# ruff: noqa: F403, F405 (begins as PyKdump's programs do)

import unittest
from unittest import mock

import dumps
import pykd

dumps.have_one_open()

from pykd.compat import moved, standins, values  # noqa: E402
from pykd.compat.old import files as oldfiles  # noqa: E402
from pykd.compat.parts import Parts  # noqa: E402
from pykd.kernel import cpus  # noqa: E402
from pykdump.API import *  # noqa: E402

LOCK = "struct file_lock"


def held(dump):
    """The locks of all CPUs, by the members that this kernel has."""
    lists = dump.struct_class("struct file_lock_list_struct")
    found = []
    for cpu in cpus.possible(dump):
        node = lists(dump.cpu_variable(cpu, "file_lock_list")).hlist.first
        while node:
            found.append(int(node) - member_offset(LOCK, "fl_link"))
            node = node.next
    return found


class Locks(unittest.TestCase):
    def setUp(self):
        self.dump = pykd.current()
        self.locks = readSUListFromHead(readSymbol("file_lock_list"), "fl_link", LOCK)

    def test_one_list_of_all_that_are_held(self):
        self.assertEqual(held(self.dump), self.locks)
        self.assertTrue(is_percpu_symbol(readSymbol("file_lock_list")))

    def test_a_cpus_list_lies_where_the_variable_says(self):
        place, found = int(readSymbol("file_lock_list")), []
        for cpu in cpus.possible(self.dump):
            start = cpus.address_on(self.dump.address_of("__per_cpu_start"), cpu)
            head = readSU("struct hlist_head", start + place)
            found += list(hlist_for_each_entry(LOCK, head, "fl_link"))
        self.assertEqual(self.locks, found)

    def test_locks_of_an_inode(self):
        for lock in self.locks:
            chain = readStructNext(lock.fl_file.f_inode.i_flock, "fl_next")
            self.assertIn(lock, chain)
            self.assertEqual(len(set(chain)), len(chain))
            self.assertEqual({lock.fl_file.f_inode}, {other.fl_file.f_inode for other in chain})

    def test_an_inode_without_locks(self):
        locked = {lock.fl_file.f_inode for lock in self.locks}
        inode = next(task.fs.root.dentry.d_inode for task in pykd.tasks.processes() if task.fs and task.fs.root.dentry.d_inode not in locked)
        self.assertFalse(inode.i_flock)
        self.assertEqual([], readStructNext(inode.i_flock, "fl_next"))

    def test_those_who_wait(self):
        for lock in readSUListFromHead(readSymbol("blocked_list"), "fl_link", LOCK):
            self.assertTrue(lock.fl_blocker)

    def test_members_that_became_two(self):
        self.assertEqual(member_offset(LOCK, "fl_blocked_member"), member_offset(LOCK, "fl_block"))
        for lock in self.locks:
            self.assertEqual(lock.fl_blocked_requests, lock.fl_block)


class Memory:
    """Words by address."""

    def __init__(self, words):
        self.words = words

    def read_unsigned(self, address):
        if address not in self.words:
            raise pykd.FaultError("not there")
        return self.words[address]

    def struct_class(self, _):
        return mock.Mock(member_offset=lambda _: 8)


class Marks(unittest.TestCase):
    """The inode at 0x1000 has a pointer to its connector, at 0x2000, at offset 0x40."""

    def address(self, pointer, words):
        with mock.patch.object(oldfiles, "current", lambda: Memory(words)):
            return pointer - moved.owner_offset("struct inode", "i_fsnotify_marks", 0x40)

    def test_a_pointer_to_the_inode(self):
        self.assertEqual(0x1000, self.address(0x1000, {0x1040: 0x2000, 0x2008: 0x1000}))

    def test_a_pointer_into_it(self):
        self.assertEqual(0x1000, self.address(0x1040, {0x1040: 0x2000, 0x2008: 0x1040, 0x1080: 0x3000}))

    def test_what_cannot_be_read(self):
        self.assertEqual(0x1000, self.address(0x1040, {}))

    def test_container_of(self):
        offset = member_offset("struct inode", "i_fsnotify_marks")
        with mock.patch.object(oldfiles, "current", lambda: Memory({})):
            self.assertEqual(0x1000, container_of(0x1000 + offset, "struct inode", "i_fsnotify_marks"))


class Inodes(unittest.TestCase):
    def setUp(self):
        self.inode = next(task.fs.root.dentry.d_inode for task in pykd.tasks.processes() if task.fs)

    def test_times(self):
        for name in ("i_atime", "i_mtime", "i_ctime"):
            time = readSU("struct timespec", getattr(self.inode, name))
            self.assertEqual(getattr(self.inode, name).tv_sec, time.tv_sec)
            self.assertIn(time.PYT_symbol, ("struct timespec", "struct timespec64"))
            self.assertLess(time.tv_nsec, 1_000_000_000)

    def test_state(self):
        state = self.inode.i_state
        self.assertEqual(int(state), readUInt(Addr(self.inode, "i_state")))

    def test_state_in_a_struct(self):
        self.assertEqual(5, getattr(values.State(5), "__state"))

    def test_dentry_of_a_union(self):
        dentry = next(task.fs.root.dentry for task in pykd.tasks.processes() if task.fs)
        self.assertEqual(member_offset("struct dentry", "d_u"), member_offset("struct dentry", "d_alias"))
        self.assertEqual(Addr(dentry.d_alias), Addr(dentry.d_u.d_alias))


class Disks(unittest.TestCase):
    def test_chains_without_a_disk(self):
        nothing = standins.Nothing()
        self.assertFalse(nothing)
        self.assertEqual([], readStructNext(Deref(nothing), "next"))
        first = Parts(next=Parts(next=nothing))
        self.assertEqual([first, first.next], readStructNext(first, "next"))


class OtherDumps(unittest.TestCase):
    def test_on_every_dump(self):
        dumps.run_on_others("test_old_files")


if __name__ == "__main__":
    unittest.main()
