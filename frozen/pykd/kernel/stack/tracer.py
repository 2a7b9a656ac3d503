# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows about the stacks of threads: their traces, the words in them, all addresses of code, what looks like saved registers.

The shape of the rows is told in :mod:`pykd.kernel.stack.backtrace`.
"""

from __future__ import annotations

from _pykd import Dump, Error, FaultError, Frame, Trace
from pykd.core.rows import Row
from pykd.kernel import machine
from pykd.kernel.stack import backtrace, source
from pykd.kernel.task.table import Thread
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

STACK_END_MAGIC = 0x57AC6E9D
"""What the kernel puts in the lowest word of every stack but that of ``init_task`` (which has it since 0dea7c2e0a4d)."""


def identity(thread: Thread) -> Row:
    """The keys with which rows about stacks name their thread."""
    return thread.identity()


class Tracer:
    """Makes rows of threads of one dump; frames of many are alike, so it remembers what it has named.

    A thread whose stack cannot even be looked for has a row with ``error`` and no frames. Nothing here raises.
    """

    def __init__(self, dump: Dump, *, start: dict[str, int] | None = None, show: Callable[[int], str] = backtrace.plain_word) -> None:
        """
        :param start: registers (program counter, stack pointer) to begin at in place of the thread's own.
        :param show: how words of stacks are shown.
        """
        self.dump = dump
        self.start = start
        self.show = show
        self.names: dict[int, Any] = {}

    def _row(self, thread: Thread, fill: Callable[[Thread, Row], None]) -> Row:
        row = identity(thread)
        try:
            fill(thread, row)
        except Error as error:
            backtrace.error_row(row, error)
        return row

    def trace(self, thread: Thread, *, words: bool = False, lines: bool = False, locals: Callable[[Frame], list[Row]] | None = None) -> Row:
        """The stack trace of a thread.

        :param words: each frame has the ``words`` from behind its address to the next frame's, too.
        :param lines: each frame has its place in the source under ``source``, as :func:`pykd.kernel.stack.source.frames` says it.
        :param locals: what says it in its stead, with the variables of each function.
        """

        def fill(thread: Thread, row: Row) -> None:
            trace = self._unwind_at_rest(thread) if self.dump.live and self.start is None else self._unwind(thread)
            if trace is None:
                row.update(frames=[], user_registers=None, end="active", why="it runs")
                return
            backtrace.trace_row(self.dump, trace, row, self.names)
            if words:
                self._add_words(trace, row)
            for frame, made in zip(row["frames"], trace.frames, strict=True) if lines or locals else ():
                frame["source"] = locals(made) if locals else source.frames(self.dump, made.pc - (not made.exact))

        return self._row(thread, fill)

    def stack(self, thread: Thread) -> Row:
        """All words of a thread's stack, under ``stack``."""

        def fill(thread: Thread, row: Row) -> None:
            row["stack"] = backtrace.words(self.dump, *self.dump.stack_of_task(thread.address), self.show)

        return self._row(thread, fill)

    def exceptions(self, thread: Thread) -> Row:
        """What looks like the registers of exceptions on a thread's stack, under ``exceptions``: a heuristic."""

        def fill(thread: Thread, row: Row) -> None:
            row["exceptions"] = self.exceptions_between(*self.dump.stack_of_task(thread.address))

        return self._row(thread, fill)

    def text(self, thread: Thread, *, whole: bool = False) -> Row:
        """All words of a thread's stacks that are addresses of code, under ``text``, from the first frame upwards.

        :param whole: of the whole stack of the task.
        """
        return self._row(thread, lambda thread, row: self._text(thread, row, whole))

    def exceptions_between(self, start: int, end: int) -> list[Row]:
        """The same of the memory in [start, end)."""
        found = []
        pc = machine.of(self.dump).pc
        for address, of_user, known in self.dump.stack_registers(start, end)[0]:
            symbol = None if of_user else self.dump.text_symbol(known[pc])
            registers = backtrace.registers(known)
            row: Row = {
                "address": address,
                "user": of_user,
                "function": symbol and backtrace.function_name(symbol.name),
                "offset": symbol and known[pc] - symbol.address,
                "registers": registers,
            }
            found.append(row if of_user else row | backtrace.back_of(self.dump, registers))
        return found

    def refers(self, row: Row, reference: int) -> bool:
        """Whether the stack of a row has that value, or a return address in the function that begins there."""
        places = row.get("text") or row.get("frames") or ()
        if any(place["pc"] == reference or place["pc"] - (place["offset"] or 0) == reference for place in places):
            return True
        try:
            low, high = self.dump.stack_of_task(row["task"])
            data = self.dump.read_upto(low, high - low)
        except Error:
            return False
        return reference in words_of(self.dump, data[: len(data) & ~7])

    def _unwind(self, thread: Thread) -> Trace:
        if self.start is not None:
            return self.dump.unwind(thread.address, registers=self.start)
        return self.dump.unwind(thread.address, crash=True)

    def _unwind_at_rest(self, thread: Thread) -> Trace | None:
        """A thread of a running kernel, if it did not run while its stack was read; else None: its registers are in a CPU."""

        def switches() -> tuple[Any, ...]:
            return self.dump.read_columns([thread.address], "struct task_struct", ("nvcsw", "nivcsw"))[0]

        for _ in range(3):
            before = switches()
            trace = self._unwind(thread)
            if not trace.running and switches() == before:
                return trace
        return None

    def _add_words(self, trace: Trace, row: Row) -> None:
        frames = row["frames"]
        tops = {kind: top for kind, _, top in self._stacks(trace)}
        is_record = machine.of(self.dump).frame_is_record
        for frame, made, following in zip(frames, trace.frames, [*trace.frames, None][1:], strict=True):
            start = frame["address"] + (0 if made.regs_address or is_record else 8)
            if is_record and following is not None and following.stack == made.stack and following.sp > start:
                end = following.sp
            elif following is not None and not following.regs_address and following.stack == made.stack and following.slot >= start - 8:
                end = following.slot + 8
            else:
                end = made.cfa or start
            end = min(end, tops.get(made.stack, end))
            frame["words"] = backtrace.words(self.dump, start, end, self.show)

    def _stacks(self, trace: Trace) -> list[tuple[str, int, int]]:
        stacks = [("task", *trace.stack)]
        if trace.cpu >= 0 and trace.running:
            stacks += self.dump.stacks_of_cpu(trace.cpu)
        return stacks

    def _text(self, thread: Thread, row: Row, whole: bool) -> None:
        trace = self._unwind(thread)
        backtrace.trace_row(self.dump, trace, row, self.names)
        frames = row.pop("frames")
        if row["end"] == "no stack":
            row["text"] = []
            return
        if frames:
            row["start"] = {key: frames[0][key] for key in ("function", "offset", "pc", "module")}
        begins: dict[str, int] = {}
        for frame in frames:
            begins.setdefault(frame["stack"], frame["address"])
        row["text"] = []
        for kind, low, high in sorted(self._stacks(trace), key=lambda stack: stack[0] == "task"):
            if kind == "task":
                low = low if whole else begins.get(kind, low)
                high -= self.dump.type("struct pt_regs").size  # every kernel stack begins with room for it
            elif kind in begins:
                low = begins[kind]
            else:
                continue
            row["text"] += backtrace.text_rows(self.dump, low, high, self.names)


def stack_end_mark(dump: Dump, task: int) -> tuple[int, int] | None:
    """(address of the lowest word of a task's stack, that word), which is :data:`STACK_END_MAGIC` unless the stack has overflown.

    None of a task without a stack, and of ``init_task``.

    :raises FaultError: the word cannot be read.
    """
    if task == dump.address_of("init_task", default=0):
        return None
    try:
        low, _ = dump.stack_of_task(task)
    except FaultError:
        raise
    except Error:
        return None  # a zombie has no stack
    return low, dump.read_unsigned(low)
