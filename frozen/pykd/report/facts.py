# SPDX-License-Identifier: GPL-2.0-or-later
"""What many findings and sections ask about a dump, each told once and only when it is asked for."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import islice

from _pykd import Error
from pykd.core.walk import caught
from pykd.kernel import cpus, machine, printk, timekeeping
from pykd.kernel.fs.superblocks import for_each_super_block
from pykd.kernel.mm import commit, vmstat
from pykd.kernel.task import table as tasktable
from pykd.kernel.task.ages import clock, seconds_since
from pykd.kernel.waits.graph import graph
from pykd.kernel.waits.things import function_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump, Frame, Trace
    from pykd.kernel.printk import Record
    from pykd.kernel.task.table import Thread
    from pykd.kernel.waits.graph import Graph

MAX_STACKS = 2000
"""Threads whose stacks are looked at beside those that wait"""
MAX_RECORDS = 200_000
"""Messages of the log that are looked at, the newest"""


class Facts:
    """Of one dump. What cannot be read raises :class:`_pykd.Error`, for the finding that asked."""

    def __init__(self, dump: Dump) -> None:
        self.dump = dump
        self.skipped: list[Error] = []
        """What rules left out, since it could not be read: who finds nothing then cannot say that there is nothing."""

    def note(self, error: Error) -> None:
        """A rule leaves something out that cannot be read."""
        self.skipped.append(error)

    @cached_property
    def threads(self) -> dict[int, Thread]:
        """By address of the task_struct, the idle ones too."""
        return {thread.address: thread for thread in tasktable.threads(self.dump)}

    @property
    def graph(self) -> Graph:
        """Who waits for whom; of threads whose state is not known that is left out."""
        found = self._graph
        if found.unsure is not None:
            self.note(found.unsure)
        return found

    @cached_property
    def _graph(self) -> Graph:
        found: Graph = graph(self.dump)
        return found

    @property
    def records(self) -> list[Record]:
        """Messages of the log, oldest first. Empty where the log cannot be read: :attr:`log_error`, which whoever asks leaves out then."""
        found = self._records
        if self.log_error is not None:
            self.note(self.log_error)
        return found

    @cached_property
    def _records(self) -> list[Record]:
        try:
            found = list(printk.records(self.dump))[-MAX_RECORDS:]
        except Error as error:
            self.log_error = error
            return []
        if not found:
            self.log_error = Error("the log is empty")
        return found

    log_error: Error | None = None
    stopped: Any = None
    """The :class:`pykd.report.verdict.Verdict`, once it is known."""

    @cached_property
    def running(self) -> dict[int, Thread]:
        """The thread on each CPU."""
        return {cpu: self.threads[task] for cpu, task in cpus.active_tasks(self.dump).items() if task in self.threads}

    @cached_property
    def traces(self) -> dict[int, Trace]:
        """The stack of each CPU, as it was interrupted."""
        found = {}
        for cpu, thread in self.running.items():
            try:
                found[cpu] = self.dump.unwind(thread.address, crash=True)
            except Error:
                continue
        return found

    @cached_property
    def stacks(self) -> dict[int, tuple[str, ...]]:
        """Functions on the stacks of the first :data:`MAX_STACKS` threads, innermost first; those that cannot be read are left out."""
        found = {}
        for task in islice(self.addresses(), MAX_STACKS):
            wait = self._graph.waits.get(task)
            if wait is not None and wait.functions:
                found[task] = wait.functions
                continue
            try:
                functions = tuple(filter(None, map(function_name, self.dump.unwind(task, crash=True).frames)))
            except Error:
                continue
            if functions:
                found[task] = functions
        return found

    def functions_on(self, cpu: int) -> list[str]:
        """Functions on the stacks of a CPU, innermost first, without what the crash itself put there; the idle loop too."""
        trace = self.traces.get(cpu)
        return list(filter(None, map(function_name, trace.frames))) if trace else []

    def interrupts_off(self, cpu: int) -> tuple[bool, Frame | None]:
        """Whether a CPU had its interrupts off, and where; (False, None) where that is not known.

        The NMI of the crash finds them off; an interrupt finds them on, so nothing is said of a CPU that only panics.
        """
        trace = self.traces.get(cpu)
        frame = next((frame for frame in trace.frames if frame.regs_address), None) if trace else None
        if frame is None and trace and trace.frames and cpu != (self.stopped.cpu if self.stopped is not None else -1):
            frame = trace.frames[0]  # its registers are those of the dump's notes
        register, bits, value = machine.of(self.dump).interrupts_off
        if frame is None or not bits or register not in frame.registers:
            return False, None
        return frame.registers[register] & bits == value, frame

    def behind(self, rq: Any) -> float | None:
        """Seconds by which the clock of a ``struct rq`` is behind the newest; None, and noted, where it cannot be read."""
        try:
            return (self.clock - int(rq.clock)) / 1e9
        except Error as error:
            self.note(error)
            return None

    @cached_property
    def jiffies(self) -> int:
        return timekeeping.jiffies(self.dump)

    @cached_property
    def hz(self) -> int:
        found: int = timekeeping.hz(self.dump)
        return found

    @cached_property
    def clock(self) -> int:
        """ns: the newest clock of the run queues."""
        found: int = clock(self.dump)
        return found

    @cached_property
    def zone_stats(self) -> dict[str, int]:
        """Pages."""
        return vmstat.zone_stats(self.dump)

    @cached_property
    def node_stats(self) -> dict[str, int]:
        """Pages, most of them."""
        return vmstat.node_stats(self.dump)

    @cached_property
    def total_pages(self) -> int:
        """Of all that the page allocator was given."""
        return commit.total_pages(self.dump)

    def number(self, name: str, size: int = 4, default: int | None = None) -> int:
        """An unsigned variable of the kernel proper. :raises Error: it is not there, or cannot be read, and there is no *default*."""
        try:
            return self.dump.read_unsigned(self.dump.symbol(name, "").address, size)
        except Error:
            if default is None:
                raise
            return default

    def seconds(self, task: int) -> float:
        """Since a thread last ran."""
        thread = self.threads.get(task)
        return seconds_since(self.dump, thread.last_run) if thread else 0.0

    def who(self, task: int) -> str:
        """``PID 12 (comm)``"""
        thread = self.threads.get(task)
        return f"PID {thread.pid} ({thread.comm})" if thread else f"a task that exists no more ({task:#x})"

    def waited(self, task: int, function: str = "") -> str:
        """``PID 12 (comm) has waited 3.0 s, in io_schedule``; without where if that is not known."""
        return f"{self.who(task)} has waited {self.seconds(task):.1f} s" + (f", in {function}" if function else "")

    def superblocks(self) -> Iterator[Any]:
        """Each ``struct super_block`` that can be read."""
        for block in caught(for_each_super_block(self.dump)):
            if isinstance(block, Error):
                self.note(block)
            else:
                yield block

    def messages(self, pattern: str) -> list[Record]:
        """Messages that match a regular expression."""
        found = re.compile(pattern)
        return [record for record in self.records if found.search(record.text)]

    def addresses(self) -> Iterator[int]:
        """task_structs of all threads but the idle ones."""
        return (address for address, thread in self.threads.items() if thread.pid)


def stamp(record: Any) -> str:
    """A message of the log as a line: ``[   11.078782] Kernel panic…``"""
    seconds, nanoseconds = divmod(record.time, 1_000_000_000)
    return f"[{seconds:5d}.{nanoseconds // 1000:06d}] {record.text.partition(chr(10))[0]}"


def size(pages: int, page_size: int = 4096) -> str:
    """``1.5 GB``: of a number of pages."""
    return bytes_text(pages * page_size)


def bytes_text(number: int) -> str:
    """``639.5 MB``"""
    for unit, name in ((1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB")):
        if abs(number) >= unit:
            return f"{number / unit:.1f} {name}"
    return f"{number} bytes"
