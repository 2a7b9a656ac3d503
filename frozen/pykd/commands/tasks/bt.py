# SPDX-License-Identifier: GPL-2.0-or-later
"""``bt``: kernel stack traces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from _pykd import Error, FaultError
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault, mark
from pykd.kernel import cpus
from pykd.kernel.mm.slabname import SlabNames
from pykd.kernel.stack import backtrace
from pykd.kernel.task import table as tasktable
from pykd.kernel.task.table import Thread
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values.expression import address as to_address

_PT_REGS = 21 * 8
"""Every kernel stack of x86-64 begins with room for a struct pt_regs."""
_STACK_END_MAGIC = 0x57AC6E9D


def _chosen(session: Session, options: Any) -> list[Thread]:
    """The threads that the options and arguments name, in their order."""
    threads = context.table(session)
    if options.a or options.c is not None:
        return _running(session, options)
    words = options.arguments
    if options.p or not words:
        from pykd.kernel.task import threads as tasks

        words = [f"{int(tasks.panic_task(session.dump)) if options.p else session.task:x}"]
    chooser = tasktable.Chooser(threads)
    found: list[Thread] = []
    for word in words:
        named = chooser.choose(word)
        if not named:
            raise CommandError(f"invalid task or pid value: {word}")
        found += named
    if options.g:
        leaders = dict.fromkeys(int(thread.leader) for thread in found)
        groups = [[thread for thread in threads if int(thread.leader) == leader] for leader in leaders]
        found = [thread for group in groups for thread in sorted(group, key=lambda one: one.pid != one.tgid)]
    return found


def _running(session: Session, options: Any) -> list[Thread]:
    """What ran on the CPUs, in their order."""
    if options.n not in (None, "idle"):
        raise UsageError("-n takes the word idle")
    wanted = None if options.c is None else cpus.parse_list(options.c, session.dump)
    by_address = {thread.address: thread for thread in context.table(session)}
    found = []
    active = cpus.active_tasks(session.dump)  # `set -a` may have changed what the run queues say
    for cpu in session.dump.cpus():
        current = active.get(cpu.nr, cpu.current)
        if not cpu.online or not current or (wanted is not None and cpu.nr not in wanted):
            continue
        thread = by_address.get(current)
        if thread is None:
            thread = _unknown(current, cpu.nr)
        if options.n and not thread.pid:
            continue
        found.append(thread)
    return found


def _unknown(address: int, cpu: int) -> Thread:
    """A thread that a run queue names and no list has: its task_struct is not in the dump."""
    thread = Thread(address)
    thread.pid = thread.tgid = thread.flags = thread.mm = 0
    thread.cpu = cpu
    thread.comm = ""
    thread.state = "??"
    return thread


class Tracer:
    """Makes rows of threads as the options of one ``bt`` say."""

    def __init__(self, session: Session, options: Any) -> None:
        self.dump = session.dump
        self.options = options
        self.names: dict[int, Any] = {}
        self.radix = 16 if options.x or (session.settings["radix"] == 16 and not options.d) else 10
        self.show: Callable[[int], str] = backtrace.plain_word
        if options.F:
            self.show = backtrace.SymbolicWords(self.dump, self.radix, SlabNames(self.dump), both=options.F > 1)
        elif options.r:
            self.show = backtrace.SymbolicWords(self.dump, self.radix)
        self.start = self._start_registers()
        self.reference = to_address(self.dump, options.R) if options.R else None

    def row(self, thread: Thread) -> Row:
        """The answer about one thread."""
        options = self.options
        row: Row = {"pid": thread.pid, "task": thread.address, "cpu": thread.cpu, "command": thread.comm}
        try:
            if options.r:
                row["stack"] = backtrace.words(self.dump, *self.dump.stack_of_task(thread.address), self.show)
            elif options.e:
                row["exceptions"] = self._exceptions(*self.dump.stack_of_task(thread.address))
            elif options.t or options.T:
                self._text(thread, row)
            else:
                self._trace(thread, row)
        except Error as error:
            backtrace.error_row(row, error)
        return row

    def _start_registers(self) -> dict[str, int] | None:
        """Of -I and -S. Without -I the trace begins at the first return address from -S upwards."""
        options = self.options
        if options.S is None:
            if options.I is not None:
                raise UsageError("-I needs -S")
            return None
        stack = to_address(self.dump, options.S)
        if options.I is not None:
            return {"rip": to_address(self.dump, options.I), "rsp": stack}
        for address, pc, follows_call in self.dump.stack_text(stack, stack + 4096)[0]:
            if follows_call:
                return {"rip": pc, "rsp": address + 8}
        raise CommandError(f"no return address on the stack from {stack:x} on")

    def _unwind(self, thread: Thread) -> Any:
        if self.start is not None:
            return self.dump.unwind(thread.address, registers=self.start)
        return self.dump.unwind(thread.address, crash=True)

    def _unwind_at_rest(self, thread: Thread) -> Any:
        """A thread of a running kernel, if it did not run while its stack was read; else None: its registers are in a CPU."""

        def switches() -> tuple[Any, ...]:
            return self.dump.read_columns([thread.address], "struct task_struct", ("nvcsw", "nivcsw"))[0]

        for _ in range(3):
            before = switches()
            trace = self._unwind(thread)
            if not trace.running and switches() == before:
                return trace
        return None

    def _trace(self, thread: Thread, row: Row) -> None:
        if self.dump.live and self.start is None:
            trace = self._unwind_at_rest(thread)
            if trace is None:
                row.update(frames=[], user_registers=None, end="active", why="it runs")
                return
        else:
            trace = self._unwind(thread)
        backtrace.trace_row(trace, row, self.names)
        if self.options.f or self.options.F:
            self._add_words(trace, row)

    def _add_words(self, trace: Any, row: Row) -> None:
        """The words of each frame: from behind its address to the next frame's, of the last one to its end."""
        frames = row["frames"]
        tops = {kind: top for kind, _, top in self._stacks(trace)}
        for frame, made, following in zip(frames, trace.frames, [*trace.frames, None][1:], strict=True):
            start = frame["address"] + (0 if made.regs_address else 8)
            called = following is not None and not following.regs_address
            if called and following.stack == made.stack and following.slot >= start - 8:
                end = following.slot + 8
            else:
                end = made.cfa or start
            end = min(end, tops.get(made.stack, end))
            frame["words"] = backtrace.words(self.dump, start, end, self.show)

    def _stacks(self, trace: Any) -> list[tuple[str, int, int]]:
        stacks = [("task", *trace.stack)]
        if trace.cpu >= 0 and trace.running:
            stacks += self.dump.stacks_of_cpu(trace.cpu)
        return stacks

    def _text(self, thread: Thread, row: Row) -> None:
        trace = self._unwind(thread)
        backtrace.trace_row(trace, row, self.names)
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
                low = low if self.options.T else begins.get(kind, low)
                high -= _PT_REGS
            elif kind in begins:
                low = begins[kind]
            else:
                continue
            row["text"] += backtrace.text_rows(self.dump, low, high, self.names)

    def _exceptions(self, start: int, end: int) -> list[Row]:
        found = []
        for address, of_user, known in self.dump.stack_registers(start, end)[0]:
            symbol = None if of_user else self.dump.text_symbol(known["rip"])
            found.append(
                {
                    "address": address,
                    "user": of_user,
                    "function": symbol and backtrace.function_name(symbol.name),
                    "offset": symbol and known["rip"] - symbol.address,
                    "registers": backtrace.registers(known),
                }
            )
        return found

    def refers(self, row: Row) -> bool:
        """Whether the stack has the value of -R, or a return address in the function that begins there."""
        reference = self.reference
        if reference is None:
            return True
        places = row.get("text") or row.get("frames") or ()
        if any(place["pc"] == reference or place["pc"] - (place["offset"] or 0) == reference for place in places):
            return True
        try:
            data = self.dump.read_upto(*_span(self.dump.stack_of_task(row["task"])))
        except Error:
            return False
        return reference in memoryview(data[: len(data) & ~7]).cast("Q")


def _span(bounds: tuple[int, int]) -> tuple[int, int]:
    return bounds[0], bounds[1] - bounds[0]


def rows(session: Session, options: Any) -> Iterator[Row]:
    if options.v:
        yield from _overflows(session)
        return
    tracer = Tracer(session, options)
    if options.E:
        yield from _cpu_exceptions(session, options, tracer)
        return
    for thread in _chosen(session, options):
        row = tracer.row(thread)
        if tracer.refers(row):
            yield row


def rows_of(session: Session, threads: Iterable[Thread], options: Any) -> Iterator[Row]:
    """The rows of threads that somebody else has chosen."""
    tracer = Tracer(session, options)
    return (row for thread in threads if tracer.refers(row := tracer.row(thread)))


def _overflows(session: Session) -> Iterator[Row]:
    """Stacks whose lowest word is not the kernel's mark any more."""
    dump = session.dump
    for thread in context.table(session):
        if not thread.pid and thread.address == dump.address_of("init_task"):
            continue  # its stack has no mark until 0dea7c2e0a4d; on most kernels none at all
        row: Row = {"pid": thread.pid, "task": thread.address, "cpu": thread.cpu, "command": thread.comm}
        try:
            start, _ = dump.stack_of_task(thread.address)
            mark = dump.read_unsigned(start)
        except FaultError as error:
            yield row | {"error": fault(error)}
            continue
        except Error:
            continue  # a zombie has no stack
        if mark != _STACK_END_MAGIC:
            yield row | {"overflow": mark, "lowest": start}


def _cpu_exceptions(session: Session, options: Any, tracer: Tracer) -> Iterator[Row]:
    dump = session.dump
    wanted = cpus.parse_list(options.c, dump) if options.c is not None else cpus.possible(dump)
    for cpu in wanted:
        for kind, start, end in dump.stacks_of_cpu(cpu):
            if kind != "entry":
                yield {"on_cpu": cpu, "kind": kind, "exceptions": tracer._exceptions(start, end)}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    radix = 16 if options.x or (session.settings["radix"] == 16 and not options.d) else 10
    first = True
    for row in rows:
        if not first:
            yield ""
        first = False
        if "on_cpu" in row:
            yield f"CPU {row['on_cpu']} {row['kind']} STACK:"
            yield from _exception_lines(row["exceptions"], radix)
            continue
        yield header(row)
        if "overflow" in row:
            yield f"  possible stack overflow: the lowest word, at {row['lowest']:016x}, is {row['overflow']:016x}"
        elif "error" in row:
            yield f"    no trace {mark(row)}"
        elif "stack" in row:
            yield from backtrace.word_lines(row["stack"], "", ":  ")
        elif "exceptions" in row:
            yield from _exception_lines(row["exceptions"], radix)
        elif "text" in row:
            if row["end"] == "no stack":
                yield "(no stack)"
            else:
                yield from backtrace.text_lines(row, offsets=bool(options.s), radix=radix)
        elif row["end"] == "active":
            yield "(active)"
        else:
            yield from backtrace.trace_lines(row, offsets=bool(options.s), radix=radix)
    if first and options.v:
        yield "No stack overflows detected"


def header(row: Row) -> str:
    """crash's line that begins the answer about a task."""
    return tasktable.header(row["pid"], row["task"], row["cpu"], row["command"])


def _exception_lines(found: list[Row], radix: int) -> Iterator[str]:
    if not found:
        yield "(none found)"
    for one in found:
        yield ""
        yield f"  {'USER' if one['user'] else 'KERNEL'}-MODE EXCEPTION FRAME AT: {one['address']:x}"
        if one["function"]:
            yield f"    [exception RIP: {backtrace.symbol_text(one['function'], one['offset'], radix)}]"
        yield from backtrace.register_lines(one["registers"])


OPTIONS = (
    Option("-a", help="what runs on each CPU"),
    Option("-c", "CPUS", help="what runs on these CPUs: 1,3-5 or a"),
    Option("-n", "idle", help="with -a or -c: without idle CPUs"),
    Option("-g", help="all threads of the process"),
    Option("-p", help="the task that panicked"),
    Option("-f", help="the words of each frame"),
    Option("-F", help="as -f, with names of symbols and slab caches; -FF: and addresses of slab objects"),
    Option("-l", help="lines of source, where the dump has line data; dumps have none"),
    Option("-s", help="offsets behind names"),
    Option("-x", help="offsets in hexadecimal"),
    Option("-d", help="offsets in decimal"),
    Option("-t", help="all words from the first frame upwards that are addresses of code"),
    Option("-T", help="the same of the whole stack"),
    Option("-r", help="all words of the stack"),
    Option("-e", help="what looks like the registers of an exception"),
    Option("-E", help="the same on the IRQ and exception stacks of CPUs"),
    Option("-R", "ADDRESS|SYMBOL", help="only stacks that refer to it"),
    Option("-I", "PC", help="begin at this program counter"),
    Option("-S", "SP", help="begin at this stack pointer"),
    Option("-v", help="all tasks whose stack seems to have overflown"),
    Option("-o", help="for crash's scripts; no effect"),
    Option("-O", help="for crash's scripts; no effect"),
)

COMMAND = Command(
    name="bt",
    summary="stack traces",
    topic="tasks",
    options=OPTIONS,
    arguments="[PID|TASK|COMM]…",
    description=(
        "A frame that had to be guessed, and those behind it, end in an asterisk. A trace that ends before the first function "
        "of its stack ends in a line that says why."
    ),
    fields={
        "pid": "",
        "task": "address of the task_struct",
        "cpu": "",
        "command": "",
        "frames": "innermost first; address: where on the stack the pc is; found: how it was found; sure: false of a guess",
        "user_registers": "with which user mode entered the kernel",
        "end": "user, entry: the trace is whole",
        "why": "the end in one sentence",
    },
    examples=(("bt", "of the current task"), ("bt -a", "of what each CPU ran"), ("bt -f 4711", "with the words of each frame")),
    rows=rows,
    text=text,
)
