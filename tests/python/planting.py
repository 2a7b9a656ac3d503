# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests of the report plant in copies of dumps."""

import struct
import unittest

from altered import Altered, Tasks, sleeping_users
from dumps import SAMPLE
from pykd.kernel import printk, timekeeping
from pykd.kernel.block.requests import tag_sets
from pykd.kernel.task import threads
from pykd.report.build import document


class Planting(unittest.TestCase):
    """Tests that plant something in a copy of the sample, and look what the report makes of it."""

    def setUp(self):
        self.altered = Altered(SAMPLE)
        self.tasks = Tasks(self.altered)
        self.dump = self.altered.dump

    def report(self):
        return document(self.altered.open(self), names=())

    def age(self, seconds, *tasks):
        """Let threads have run last so many seconds before the end, all others a second, and the system be old enough for that."""
        clock = 10**12
        member = self.dump.type("struct task_struct").offset_of("sched_info.last_arrival")
        rq = self.dump.type("struct rq").offset_of("clock")
        for cpu in self.dump.cpus():
            self.altered.word(self.dump.cpu_variable(cpu.nr, "runqueues") + rq, clock)
        for task in map(int, threads.threads(self.dump)):
            self.altered.word(task + member, clock - (seconds if task in tasks else 1) * 10**9)

    def say(self, number, text):
        """Replace the text of a message of the log, the *number*-th from the end."""
        ring = self.dump.object("struct printk_ringbuffer", self.dump.read_unsigned(self.dump.symbol("prb").address))
        bits = int(ring.desc_ring.count_bits)
        slot = (int(ring.desc_ring.head_id.counter) - number) % (1 << bits)
        descriptor = int(ring.desc_ring.descs) + slot * self.dump.type("struct prb_desc").size
        begin = self.dump.read_unsigned(descriptor + self.dump.type("struct prb_desc").offset_of("text_blk_lpos.begin"))
        data = self.dump.read_unsigned(int(ring.text_data_ring) + self.dump.type("struct prb_data_ring").offset_of("data"))
        info = int(ring.desc_ring.infos) + slot * self.dump.type("struct printk_info").size
        length = self.dump.type("struct printk_info").offset_of("text_len")
        room = self.dump.read_unsigned(info + length, 2)
        encoded = text.encode()[:room]
        self.altered.write(data + begin % (1 << int(ring.text_data_ring.size_bits)) + 8, encoded)
        self.altered.write(info + length, struct.pack("<H", len(encoded)))

    def say_in_place_of(self, start, text):
        """Replace the text of the last message that begins with *start*."""
        records = list(printk.records(self.dump))
        place = max(number for number, record in enumerate(records) if record.text.startswith(start))
        self.say(len(records) - 1 - place, text)

    def set(self, struct_name, address, member, value):
        """Let a member of a struct have that value."""
        found = self.dump.type(f"struct {struct_name}").member(member)
        self.altered.write(address + found.offset, (value & (1 << 8 * found.type.size) - 1).to_bytes(found.type.size, "little"))

    def in_flight(self, disk, seconds, end=0):
        """Let a request of a ``struct gendisk`` be with its driver for so long; its end wakes who waits for *end*. Its address."""
        dump = self.dump
        queue = disk.queue
        tags = next(iter(tag_sets(dump, queue.tag_set)))
        request = dump.read_unsigned(int(tags.static_rqs))
        self.altered.word(int(tags.rqs), request)
        for member, value in (("word", 1), ("cleared", 0)):
            self.set("sbitmap_word", int(tags.bitmap_tags.sb.map), member, value)
        for member, value in (("q", int(queue)), ("state", 1), ("cmd_flags", 1), ("bio", 0), ("end_io_data", end), ("__data_len", 4096)):
            self.set("request", request, member, value)
        self.set("request", request, "start_time_ns", timekeeping.ktime(dump) - seconds * 10**9)
        return request

    def pending_work(self, pool, function):
        """Let one work wait in a ``struct worker_pool``, which calls a function of the kernel. Its address."""
        work = self.tasks.top(sleeping_users(self.dump, 1)[0])
        entry = work + self.dump.type("struct work_struct").offset_of("entry")
        head = int(pool) + pool.fieldOffset("worklist")
        self.altered.word(head, entry, entry)
        self.altered.word(entry, head, head)
        for member, value in (("func", self.dump.symbol(function).address), ("data", 0)):
            self.altered.word(work + self.dump.type("struct work_struct").offset_of(member), value)
        return work

    def no_progress(self, pool, seconds):
        """Let a ``struct worker_pool`` have begun no work for so long."""
        jiffies = timekeeping.jiffies(self.dump)
        self.set("worker_pool", int(pool), "watchdog_ts", jiffies - timekeeping.hz(self.dump) * seconds)
