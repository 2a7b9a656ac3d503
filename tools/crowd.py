# SPDX-License-Identifier: GPL-2.0-or-later
"""Make a dump with very many threads of a small one, to see how pykd bears them.

    ./pykd --run tools/crowd.py DUMP OUT [THREADS [OF_A_PROCESS]]

*DUMP* is a kdump-compressed file of an x86-64 kernel, not a flattened one; *OUT* has THREADS more of them (default 100000), in processes of
OF_A_PROCESS (default 100). They are copies of threads that sleep or wait in DUMP, in turn: with PIDs of their own and in the kernel's lists, as
leaders and threads of new processes; stack, memory and files they share with what they are copies of.

New memory lies behind the old, where the page table of the kernel gets entries of 1 GB for it.
"""

import os
import struct
import sys
import zlib

import pykd
from pykd.kernel.task import threads

PAGE = 4096
GIGABYTE = 1 << 30
LARGE = 0x80000000000001E3
"""Bits of an entry of 1 GB: present, writable, accessed, dirty, large, global, not executable"""
DESCRIPTOR = struct.Struct("<QIIQ")
ZLIB = 1
BITMAP_BLOCKS, MAX_PFN, MAX_PFN_64 = 436, 440, PAGE + 96
"""Where ``struct disk_dump_header`` and ``struct kdump_sub_header`` have them"""


class Memory:
    """Pages of the dump that are changed, and new ones."""

    def __init__(self, dump):
        self.dump = dump
        self.changed = {}

    def write(self, address, data, *, physical=False):
        """All on one page."""
        pfn, offset = divmod(address if physical else self.dump.translate(address), PAGE)
        page = self.changed.setdefault(pfn, bytearray(self.dump.read_physical(pfn * PAGE, PAGE)))
        page[offset : offset + len(data)] = data


class Crowd:
    """The new threads, each in *pages* pages from its own on; a leader's ``struct signal_struct`` is behind its ``struct task_struct``."""

    def __init__(self, dump, count, of_a_process):
        self.dump, self.count, self.of_a_process = dump, count, of_a_process
        self.task, self.signal = dump.type("struct task_struct"), dump.type("struct signal_struct")
        self.pages = -(-(self.task.size + self.signal.size) // PAGE)
        self.start = -(-dump.max_pfn * PAGE // GIGABYTE) * GIGABYTE
        """Physical address of the first"""
        self.end = self.start + count * self.pages * PAGE
        self.first = dump.layout["page_offset"] + self.start
        self.templates = self._templates()
        self.first_pid = 1 + max(int(task.pid) for task in map(self._task, threads.listed(dump).all()))

    def _task(self, address):
        return self.dump.object("struct task_struct", address)

    def _templates(self):
        """(bytes of the ``task_struct``, of the ``signal_struct``) of processes that sleep or wait."""
        found = []
        for leader in threads.listed(self.dump).groups:
            task = self._task(leader)
            if task.mm and not task.on_cpu and not task.exit_state and int(task.signal):
                found.append((self.dump.read(leader, self.task.size), self.dump.read(int(task.signal), self.signal.size)))
        return found

    def address(self, number):
        return self.first + number * self.pages * PAGE

    def contents(self):
        """The bytes of each in turn."""
        at = {name: self.task.offset_of(name) for name in ("tasks", "pid", "tgid", "thread_node", "group_leader", "signal")}
        head, count = self.signal.offset_of("thread_head"), self.signal.offset_of("nr_threads")
        init = self.dump.address_of("init_task", "") + at["tasks"]
        last = self.dump.read_unsigned(init + 8)
        for number in range(self.count):
            leader = number - number % self.of_a_process
            following = min(leader + self.of_a_process, self.count)
            task, signal = self.templates[leader // self.of_a_process % len(self.templates)]
            data = bytearray(task)
            signal_address = self.address(leader) + self.task.size
            before = signal_address + head if number == leader else self.address(number - 1) + at["thread_node"]
            behind = signal_address + head if number + 1 == following else self.address(number + 1) + at["thread_node"]
            struct.pack_into("<ii", data, at["pid"], self.first_pid + number, self.first_pid + leader)
            struct.pack_into("<QQ", data, at["thread_node"], behind, before)
            struct.pack_into("<Q", data, at["group_leader"], self.address(leader))
            struct.pack_into("<Q", data, at["signal"], signal_address)
            if number == leader:
                earlier = last if not leader else self.address(leader - self.of_a_process) + at["tasks"]
                later = init if following == self.count else self.address(following) + at["tasks"]
                struct.pack_into("<QQ", data, at["tasks"], later, earlier)
                own = bytearray(signal)
                struct.pack_into("<QQ", own, head, self.address(leader) + at["thread_node"], self.address(following - 1) + at["thread_node"])
                struct.pack_into("<i", own, count, following - leader)
                data += own
            yield bytes(data).ljust(self.pages * PAGE, b"\0")

    def join(self, memory):
        """Put them into the lists and the page table of the old ones."""
        tasks = self.task.offset_of("tasks")
        init = self.dump.address_of("init_task", "") + tasks
        last_leader = self.address((self.count - 1) // self.of_a_process * self.of_a_process) + tasks
        memory.write(self.dump.read_unsigned(init + 8), struct.pack("<Q", self.first + tasks))
        memory.write(init + 8, struct.pack("<Q", last_leader))
        number = self.dump.address_of("nr_threads", "")
        memory.write(number, struct.pack("<i", self.dump.read_signed(number, 4) + self.count))
        for place in range(self.start, self.end, GIGABYTE):
            steps, _ = self.dump.walk(self.dump.layout["page_offset"])
            entry = next(address for level, address, *_ in steps if level == "PUD") + place // GIGABYTE * 8
            memory.write(entry, struct.pack("<Q", place | LARGE), physical=True)


def write(dump, out, crowd):
    """The file *out*: *dump* with the *crowd* in it."""
    memory = Memory(dump)
    crowd.join(memory)
    with open(dump.path, "rb") as file:
        source = file.read()
    sub_blocks, blocks = struct.unpack_from("<II", source, BITMAP_BLOCKS - 4)
    start = (1 + sub_blocks) * PAGE
    half = blocks * PAGE // 2
    bitmap, table = source[start + half : start + 2 * half], start + 2 * half
    present = [pfn for at, byte in enumerate(bitmap) if byte for pfn in range(8 * at, 8 * at + 8) if byte >> pfn % 8 & 1]
    pfns = range(crowd.start // PAGE, crowd.end // PAGE)
    new_half = -(-pfns.stop // (8 * PAGE)) * PAGE
    bits = bytearray(bitmap.ljust(new_half, b"\0")[:new_half])
    for pfn in pfns:
        bits[pfn // 8] |= 1 << pfn % 8
    new_table = start + 2 * new_half
    moved = new_table + DESCRIPTOR.size * (len(present) + len(pfns)) - (table + DESCRIPTOR.size * len(present))
    head = bytearray(source[:start])
    struct.pack_into("<II", head, BITMAP_BLOCKS, 2 * new_half // PAGE, pfns.stop)
    struct.pack_into("<Q", head, MAX_PFN_64, pfns.stop)
    with open(out, "wb") as file:
        file.write(head + bits + bits)
        file.seek(new_table + DESCRIPTOR.size * (len(present) + len(pfns)))
        file.write(source[table + DESCRIPTOR.size * len(present) :])
        known = {}

        def stored(page):
            """The descriptor of a page that is new; equal ones are stored once, the last few of them."""
            if page not in known:
                if len(known) >= 1 << 10:
                    known.clear()
                packed = zlib.compress(page, 1)
                known[page] = DESCRIPTOR.pack(file.tell(), len(packed), ZLIB, 0)
                file.write(packed)
            return known[page]

        descriptors = bytearray()
        for number, pfn in enumerate(present):
            if pfn in memory.changed:
                descriptors += stored(bytes(memory.changed[pfn]))
            else:
                offset, *rest = DESCRIPTOR.unpack_from(source, table + DESCRIPTOR.size * number)
                descriptors += DESCRIPTOR.pack(offset + moved, *rest)
        for data in crowd.contents():
            for at in range(0, len(data), PAGE):
                descriptors += stored(data[at : at + PAGE])
        file.seek(new_table)
        file.write(descriptors)


def main(path, out, count="100000", of_a_process="100"):
    if os.path.exists(out):
        sys.exit(f"{out} is there already")
    dump = pykd.open(path)
    write(dump, out, Crowd(dump, int(count), int(of_a_process)))


if __name__ == "__main__":
    main(*sys.argv[1:])
