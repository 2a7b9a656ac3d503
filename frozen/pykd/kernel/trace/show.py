# SPDX-License-Identifier: GPL-2.0-or-later
"""Records of ftrace as text and as values by name."""

from __future__ import annotations

import re

from _pykd import Dump, Error
from pykd.core.memo import per_dump
from pykd.kernel.task import threads
from pykd.kernel.trace.events import Event, Field, common_fields, events
from pykd.values.printfmt import Data, Format, FormatError, printed
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pykd.kernel.trace.ringbuffer import Record

COMM = 16
MAX_CMDLINES = 1 << 20
MAX_FRAMES = 256
IRQS_OFF, NEED_RESCHED_LAZY, NEED_RESCHED, HARDIRQ, SOFTIRQ, PREEMPT_RESCHED, NMI, BH_OFF = (1 << bit for bit in range(8))
"""``trace_entry.flags`` (enum trace_flag_type); the second was TRACE_FLAG_IRQS_NOSUPPORT, which no machine of today sets"""


@per_dump
def saved_comms(dump: Dump) -> dict[int, str]:
    """Names by PID, as ftrace has kept them. :raises Error:

    44dc5c41b5b1 ("tracing: Fix wasted memory in saved_cmdlines logic") (in v6.9): the names are in the same piece of memory.
    """
    saved: Any = dump.object("struct saved_cmdlines_buffer", dump.read_unsigned(dump.symbol("savedcmd", "").address))
    count = min(int(saved.cmdline_num), MAX_CMDLINES)
    member = type(saved).PYT_type.member("saved_cmdlines")
    names = int(saved) + member.offset if member.type.strip().kind == "array" else dump.read_unsigned(int(saved) + member.offset)
    pids = words_of(dump, dump.read(int(saved.map_cmdline_to_pid), 4 * count), "I")
    data = dump.read(names, COMM * count)
    return {
        pid: data[COMM * number : COMM * number + COMM].partition(b"\0")[0].decode("utf-8", "backslashreplace")
        for number, pid in enumerate(pids) if pid not in (0, 0xFFFFFFFF)
    }  # fmt: skip


@per_dump
def comms(dump: Dump) -> dict[int, str]:
    """The same with those of the tasks that there are, where ftrace has none; that of PID 0 is ``<idle>``."""
    found: dict[int, str] = {}
    try:
        found = {task.pid: str(task.comm) for task in threads.threads(dump)}
        found |= saved_comms(dump)
    except Error:
        pass
    return found | {0: "<idle>"}


def latency(flags: int, preempt: int) -> str:
    """What stands before the time of a record: interrupts, rescheduling, in which interrupt, preemption and migration disabled, as the kernel prints it."""
    irqs = "D" if flags & IRQS_OFF and flags & BH_OFF else "d" if flags & IRQS_OFF else "b" if flags & BH_OFF else "."
    both = flags & NEED_RESCHED and flags & PREEMPT_RESCHED
    need = "N" if both else "n" if flags & NEED_RESCHED else "p" if flags & PREEMPT_RESCHED else "."
    hard, soft = flags & HARDIRQ, flags & SOFTIRQ
    inside = ("Z" if hard else "z") if flags & NMI else "H" if hard and soft else "h" if hard else "s" if soft else "."
    return irqs + need + inside + "".join(f"{part:x}" if part else "." for part in (preempt & 15, preempt >> 4 & 15))


def element(kind: str) -> int:
    """Bytes of an element of an array of that C type, by its name."""
    for word, size in (("64", 8), ("long", 8), ("*", 8), ("size_t", 8), ("32", 4), ("int", 4), ("16", 2), ("short", 2)):
        if word in kind.partition("[")[0]:
            return size
    return 1


class Line:
    """A record and what is known of its kind."""

    def __init__(self, shown: Shown, data: bytes, fields: dict[str, Field]) -> None:
        self._shown, self._data, self._fields = shown, data, fields

    def field(self, name: str) -> Any:
        field = self._fields.get(name)
        if field is None:
            raise FormatError(f"there is no field {name}")
        data = self._data[field.offset : field.offset + field.size] if field.size else self._data[field.offset :]
        order = self._shown.dump.byteorder
        if len(data) < field.size:
            raise FormatError("the record is too short")
        if count := field.elements:
            return Data(data, len(data) // count if 0 < count < field.size else element(field.type), field.signed, order)
        if field.size in (1, 2, 4, 8):
            return int.from_bytes(data, order, signed=field.signed)
        return Data(data, 1, False, order)

    def dynamic(self, name: str) -> Data:
        field = self._fields.get(name)
        if field is None or not field.is_dynamic:
            raise FormatError(f"there is no dynamic field {name}")
        place = int.from_bytes(self._data[field.offset : field.offset + 4], self._shown.dump.byteorder)
        start, size = place & 0xFFFF, place >> 16
        if field.type.startswith("__rel_loc"):
            start += field.offset + field.size
        if start + size > len(self._data):
            raise FormatError("the record is too short")
        return Data(self._data[start : start + size], element(field.type.partition(" ")[2]), field.signed, self._shown.dump.byteorder)

    def symbol(self, address: int, offset: bool) -> str:
        return self._shown.printed(address, offset)

    def string(self, address: int) -> str:
        return self._shown.string(address)

    def constant(self, name: str) -> int:
        try:
            return self._shown.dump.enumerator(name)
        except Error:
            raise FormatError(f"{name} is not known") from None

    def rest(self, name: str) -> bytes:
        """All of the record from a field on."""
        return self._data[self._fields[name].offset :]


class Shown:
    """Makes text of records of a dump."""

    def __init__(self, dump: Dump) -> None:
        """:raises Error: the events are not known."""
        self.dump = dump
        self._events: dict[int, Event] = events(dump)
        self._common = common_fields(dump)
        self._fields: dict[int, dict[str, Field]] = {}
        self._formats: dict[int, Format | None] = {}
        self._symbols: dict[tuple[int, bool], str] = {}

    def event(self, record: Record) -> Event | None:
        """Which kind it is of; None: of one that there is not."""
        return self._events.get(int.from_bytes(record.data[:2], self.dump.byteorder))

    def common(self, record: Record) -> tuple[int, int, int]:
        """(flags, preempt_count, pid)"""
        return record.data[2], record.data[3], int.from_bytes(record.data[4:8], self.dump.byteorder, signed=True)

    def symbol(self, address: int) -> str:
        """Name of the function at an address; the number where there is none."""
        symbol = self.dump.symbol_at(address & (1 << 64) - 1)
        return f"{address & (1 << 64) - 1:#x}" if symbol is None else symbol.name

    def printed(self, address: int, offset: bool) -> str:
        """``vfs_read``, with *offset* ``vfs_read+0x10/0x90``, and the module: as printk has it."""
        address &= (1 << 64) - 1
        if (found := self._symbols.get((address, offset))) is None:
            symbol = self.dump.symbol_at(address)
            found = f"{address:#x}"
            if symbol is not None:
                found = symbol.name + (f"+{address - symbol.address:#x}/{symbol.size:#x}" if offset else "") + (f" [{symbol.module}]" if symbol.module else "")
            self._symbols[address, offset] = found
        return found

    def string(self, address: int) -> str:
        try:
            return self.dump.read_string(address & (1 << 64) - 1, 512).decode("utf-8", "backslashreplace")
        except Error:
            return f"({address & (1 << 64) - 1:#x})"

    def _line(self, record: Record, event: Event) -> Line:
        fields = self._fields.get(event.number)
        if fields is None:
            fields = self._fields[event.number] = {field.name: field for field in (*self._common, *event.fields)}
        return Line(self, record.data, fields)

    def values(self, record: Record, event: Event) -> dict[str, Any]:
        """Its fields by name: numbers, texts, bytes in hexadecimal."""
        line, found = self._line(record, event), {}
        for field in event.fields:
            try:
                value = line.dynamic(field.name) if field.is_dynamic else line.field(field.name)
            except FormatError:
                continue
            if isinstance(value, Data):
                value = value.text() if "char" in field.type and "unsigned" not in field.type else value.data.hex()
            found[field.name] = value
        return found

    def text(self, record: Record, event: Event) -> str:
        """Its body: what the kernel prints behind the event's name; of a format that is not understood all fields."""
        line = self._line(record, event)
        try:
            if event.system == "ftrace" and (own := _OWN.get(event.name)) is not None:
                return own(self, line)
            if event.number not in self._formats:
                self._formats[event.number] = None  # in case it raises
                self._formats[event.number] = Format(event.print_fmt)
            if (format := self._formats[event.number]) is not None:
                return format.text(line)
        except (FormatError, KeyError, ValueError, TypeError, OverflowError, RecursionError):
            pass
        return " ".join(f"{name}={value}" for name, value in self.values(record, event).items())


def _addresses(shown: Shown, data: bytes) -> list[int]:
    return words_of(shown.dump, data[: len(data) // 8 * 8]).tolist()


def _stack(shown: Shown, line: Line) -> str:
    frames = _addresses(shown, line.rest("caller"))[: min(number, MAX_FRAMES) if (number := line.field("size")) > 0 else MAX_FRAMES]
    return "<stack trace>" + "".join(f"\n => {shown.symbol(frame)}" for frame in frames if 0 < frame < (1 << 64) - 1)


def _user_stack(shown: Shown, line: Line) -> str:
    return "<user stack trace>" + "".join(f"\n => <{frame:016x}>" for frame in _addresses(shown, line.rest("caller")) if 0 < frame < (1 << 64) - 1)


def _marker(shown: Shown, line: Line) -> str:
    text = line.rest("buf").partition(b"\0")[0].decode("utf-8", "backslashreplace")
    return f"{shown.symbol(line.field('ip'))}: {text.rstrip(chr(10))}"


def _puts(shown: Shown, line: Line) -> str:
    return f"{shown.symbol(line.field('ip'))}: {shown.string(line.field('str')).rstrip(chr(10))}"


def _binary(shown: Shown, line: Line) -> str:
    """trace_printk(): the format's address and its arguments as vbin_printf() packs them."""
    format, data, at = shown.string(line.field("fmt")), line.rest("buf"), 0
    arguments: list[Any] = []
    for star, length, kind in re.findall(r"%[-+ #0]*(\*|\d+)?(?:\.\d+)?(hh|h|ll|l|z|t)?(p\w?|[diuxXocs])", format):
        for what in ("d", kind) if star == "*" else (kind,):
            if what == "s":
                end = data.find(b"\0", at)
                arguments.append(data[at:end].decode("utf-8", "backslashreplace"))
                at = end + 1
                continue
            is_long = what == kind and length in ("l", "ll", "z", "t")
            size = 8 if what[0] == "p" or is_long else 4
            if (what == kind and length in ("h", "hh")) or what == "c":
                size = 2 if length == "h" else 1
            at += -at % min(size, 4)
            arguments.append(int.from_bytes(data[at : at + size], shown.dump.byteorder, signed=what in "di"))
            at += size
    return f"{shown.symbol(line.field('ip'))}: {printed(format, arguments, line).rstrip(chr(10))}"


def _entry(shown: Shown, line: Line) -> str:
    return f"{'  ' * min(max(line.field('depth'), 0), 50)}{shown.symbol(line.field('func'))}() {{"


def _exit(shown: Shown, line: Line) -> str:
    spent = line.field("rettime") - line.field("calltime")
    return f"{'  ' * min(max(line.field('depth'), 0), 50)}}} /* {shown.symbol(line.field('func'))} {spent / 1000:.3f} us */"


_OWN: dict[str, Callable[[Shown, Line], str]] = {
    "function": lambda shown, line: f"{shown.symbol(line.field('ip'))} <-{shown.symbol(line.field('parent_ip'))}",
    "print": _marker, "bputs": _puts, "bprint": _binary, "kernel_stack": _stack, "user_stack": _user_stack, "funcgraph_entry": _entry, "funcgraph_exit": _exit,
    "raw_data": lambda shown, line: f"# {line.field('id'):x} buf: {line.rest('buf').hex(' ')}",
}  # fmt: skip
