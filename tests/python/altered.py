# SPDX-License-Identifier: GPL-2.0-or-later
"""Copies of real dumps in which some memory is different, for tests of what no dump at hand has."""

import os
import shutil
import struct
import tempfile

import pykd
from dumps import PAGE, opened
from pykd.kernel.task import threads

_HEADER_BLOCKS = 1
_DESCRIPTOR = struct.Struct("<QIIQ")


class Altered:
    """A kdump-compressed file (not a flattened one) in the making.

    >>> altered = Altered(path)
    >>> altered.write(address, b"…")       # virtual
    >>> altered.exclude(pfn)
    >>> dump = altered.open(test)
    """

    def __init__(self, path):
        self.path = path
        self.dump = opened(path)
        self._pages = {}
        self._gone = set()

    def write(self, address, data):
        """Let the memory at a virtual address be *data*; its pages must be in the dump."""
        while data:
            physical = self.dump.translate(address)
            pfn, offset = divmod(physical, PAGE)
            page = self._pages.get(pfn)
            if page is None:
                page = self._pages[pfn] = bytearray(self.dump.read_physical(pfn * PAGE, PAGE))
            size = min(len(data), PAGE - offset)
            page[offset : offset + size] = data[:size]
            address, data = address + size, data[size:]

    def word(self, address, *values):
        """The same of words of 8 bytes."""
        self.write(address, struct.pack(f"<{len(values)}Q", *(value & (1 << 64) - 1 for value in values)))

    def exclude(self, pfn):
        """Leave a page out."""
        self._gone.add(pfn)

    def file(self):
        """The bytes of the file."""
        with open(self.path, "rb") as file:
            source = bytearray(file.read())
        sub_blocks, bitmap_blocks = struct.unpack_from("<II", source, 432)
        bits = (_HEADER_BLOCKS + sub_blocks + bitmap_blocks // 2) * PAGE
        first = (_HEADER_BLOCKS + sub_blocks + bitmap_blocks) * PAGE
        bitmap = bytes(source[bits:first])
        present = [pfn for number, byte in enumerate(bitmap) if byte for pfn in range(8 * number, 8 * number + 8) if byte >> pfn % 8 & 1]
        table = [source[first + 24 * index : first + 24 * index + 24] for index in range(len(present))]
        end = len(source)
        for index, pfn in enumerate(present):
            if pfn in self._pages:
                table[index] = _DESCRIPTOR.pack(end, PAGE, 0, 0)
                source += self._pages[pfn]
                end += PAGE
        kept = b"".join(entry for entry, pfn in zip(table, present, strict=True) if pfn not in self._gone)
        source[first : first + 24 * len(present)] = kept + bytes(24 * len(present) - len(kept))
        for pfn in self._gone:
            source[bits + pfn // 8] &= ~(1 << pfn % 8)
        return bytes(source)

    def save(self, test):
        """The path of the file, which goes away with the test."""
        folder = tempfile.mkdtemp()
        test.addCleanup(shutil.rmtree, folder)
        path = os.path.join(folder, "vmcore")
        with open(path, "wb") as file:
            file.write(self.file())
        return path

    def open(self, test):
        """The dump; what was the current one is so still."""
        before = pykd.current()
        dump = pykd.open(self.save(test))
        pykd.set_current(before)
        test.addCleanup(dump.close)
        return dump


class Tasks:
    """What tests plant in threads of a dump."""

    def __init__(self, altered):
        self.altered = altered
        self.dump = altered.dump
        self.task = self.dump.type("struct task_struct")

    def put_to_sleep(self, task):
        """Let a thread be in uninterruptible sleep."""
        member = self.task.member("__state") or self.task.member("state")
        self.altered.write(task + member.offset, (2).to_bytes(member.type.size, "little"))

    def top(self, task):
        """Where a user thread's registers are kept, which nothing of the kernel needs: 160 bytes to plant things in."""
        return self.dump.stack_of_task(task)[1] - 21 * 8

    def wait_for_mutex(self, mutex, owner, *waiters):
        """Let *waiters* wait for a mutex that *owner* holds, in this order."""
        layout, waiter = self.dump.type("struct mutex"), self.dump.type("struct mutex_waiter")
        link, to_task = waiter.offset_of("list"), waiter.offset_of("task")
        head = mutex + layout.offset_of("wait_list")
        nodes = [self.top(task) for task in waiters]
        ring = [head, *(node + link for node in nodes)]
        for place, following, before in zip(ring, [*ring[1:], head], [ring[-1], *ring[:-1]], strict=True):
            self.altered.word(place, following, before)
        for node, task in zip(nodes, waiters, strict=True):
            self.altered.word(node + to_task, task)
            self.put_to_sleep(task)
        self.altered.word(mutex + layout.offset_of("owner"), owner | 1)


def sleeping_users(dump, count):
    """Addresses of threads that sleep in pause(), each the only one of its process."""
    found = []
    for task in threads.threads(dump):
        trace = dump.unwind(int(task))
        if task.mm and any(frame.name and frame.name.endswith("sys_pause") for frame in trace.frames):
            found.append(int(task))
    return found[:count]
