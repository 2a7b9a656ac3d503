# SPDX-License-Identifier: GPL-2.0-or-later
"""``bt``: kernel stack traces."""

from __future__ import annotations

from _pykd import Dump, Error, FaultError, Frame
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault, mark
from pykd.kernel import cpus, machine
from pykd.kernel.mm.slabname import SlabNames
from pykd.kernel.stack import backtrace
from pykd.kernel.stack.tracer import STACK_END_MAGIC, Tracer, identity, stack_end_mark
from pykd.kernel.task import table as tasktable
from pykd.kernel.task import threads as tasks
from pykd.kernel.task.table import Thread
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values.address import address as to_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


def _chosen(session: Session, options: Any) -> list[Thread]:
    """The threads that the options and arguments name, in their order."""
    if options.a or options.c is not None:
        return _running(session, options)
    words = options.arguments
    if options.p or not words:
        address = int(tasks.panic_task(session.dump)) if options.p else session.task
        if not options.g and tasks.is_task(address, session.dump):
            return tasktable.at(session.dump, [address])
        words = [f"{address:x}"]
    threads = context.table(session)
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
    found = []
    active = cpus.active_tasks(session.dump)  # `set -a` may have changed what the run queues say
    for cpu in session.dump.cpus():
        current = active.get(cpu.nr, cpu.current)
        if not cpu.online or not current or (wanted is not None and cpu.nr not in wanted):
            continue
        listed = tasks.is_task(current, session.dump)
        thread = tasktable.at(session.dump, [current])[0] if listed else _unknown(current, cpu.nr)
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


class Answers:
    """Makes rows of threads as the options of one ``bt`` say."""

    def __init__(self, session: Session, options: Any) -> None:
        self.options = options
        dump = session.dump
        radix = 16 if options.x or (session.settings["radix"] == 16 and not options.d) else 10
        show: Callable[[int], str] = backtrace.plain_word
        if options.F:
            show = backtrace.SymbolicWords(dump, radix, SlabNames(dump), both=options.F > 1)
        elif options.r:
            show = backtrace.SymbolicWords(dump, radix)
        self.tracer = Tracer(dump, start=_start_registers(dump, options), show=show)
        self.spaces: dict[int, Any] = {}
        self.reference = to_address(dump, options.R) if options.R else None
        self.locals: Callable[[Frame], list[Row]] | None = None
        if options.locals:
            from pykd.kernel.stack import variables

            dump.source(0)  # says so where there is no debug info
            self.locals = lambda frame: variables.frames(dump, frame, radix=radix, values=options.values)

    def rows(self, threads: Iterable[Thread]) -> Iterator[Row]:
        """The answers about those threads that -R leaves."""
        for thread in threads:
            row = self._row(thread)
            if self.reference is None or self.tracer.refers(row, self.reference):
                yield row

    def _row(self, thread: Thread) -> Row:
        options = self.options
        if options.U:
            return self._user(thread)
        if options.r:
            return self.tracer.stack(thread)
        if options.e:
            return self.tracer.exceptions(thread)
        if options.t or options.T:
            return self.tracer.text(thread, whole=bool(options.T))
        return self.tracer.trace(thread, words=bool(options.f or options.F), lines=bool(options.l), locals=self.locals)

    def _user(self, thread: Thread) -> Row:
        """The stack of user mode, under ``user_frames``."""
        from pykd.kernel.userstack.frames import user_stack

        dump, row = self.tracer.dump, identity(thread)
        try:
            return row | user_stack(dump, dump.object("struct task_struct", thread.address), self.spaces)
        except Error as error:
            return row | {"error": fault(error)}


def _start_registers(dump: Dump, options: Any) -> dict[str, int] | None:
    """Of -I and -S. Without -I the trace begins at the first return address from -S upwards."""
    if options.S is None:
        if options.I is not None:
            raise UsageError("-I needs -S")
        return None
    of, stack = machine.of(dump), to_address(dump, options.S)
    if options.I is not None:
        return {of.pc: to_address(dump, options.I), of.sp: stack} | ({of.fp: stack} if of.frame_is_record else {})
    for address, pc, follows_call in dump.stack_text(stack, stack + 4096)[0]:
        if follows_call:
            # the frame pointer is beside the return address
            record = {of.fp: dump.read_unsigned(address - 8)} if of.frame_is_record else {}
            return {of.pc: pc, of.sp: address - of.return_slot} | record
    raise CommandError(f"no return address on the stack from {stack:x} on")


def rows(session: Session, options: Any) -> Iterator[Row]:
    if options.v:
        yield from _overflows(session)
        return
    answers = Answers(session, options)
    if options.E:
        yield from _cpu_exceptions(session, options, answers.tracer)
        return
    yield from answers.rows(_chosen(session, options))


def rows_of(session: Session, threads: Iterable[Thread], options: Any) -> Iterator[Row]:
    """The rows of threads that somebody else has chosen."""
    return Answers(session, options).rows(threads)


def _overflows(session: Session) -> Iterator[Row]:
    """Stacks whose lowest word is not the kernel's mark any more."""
    for thread in context.table(session):
        row = identity(thread)
        try:
            mark = stack_end_mark(session.dump, thread.address)
        except FaultError as error:
            yield row | {"error": fault(error)}
            continue
        if mark and mark[1] != STACK_END_MAGIC:
            yield row | {"overflow": mark[1], "lowest": mark[0]}


def _cpu_exceptions(session: Session, options: Any, tracer: Tracer) -> Iterator[Row]:
    dump = session.dump
    wanted = cpus.parse_list(options.c, dump) if options.c is not None else cpus.possible(dump)
    for cpu in wanted:
        for kind, start, end in dump.stacks_of_cpu(cpu):
            if kind != "entry":
                yield {"on_cpu": cpu, "kind": kind, "exceptions": tracer.exceptions_between(start, end)}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    radix = 16 if options.x or (session.settings["radix"] == 16 and not options.d) else 10
    first = True
    for row in rows:
        if not first:
            yield ""
        first = False
        yield "\n".join(_block(row, bool(options.s), radix))
    if first and options.v:
        yield "No stack overflows detected"


def _block(row: Row, offsets: bool, radix: int) -> Iterator[str]:
    """The lines of one row."""
    if "on_cpu" in row:
        yield f"CPU {row['on_cpu']} {row['kind']}{'' if row['kind'] == 'IRQ' else ' EXCEPTION'} STACK:"
        yield from _exception_lines(row["exceptions"], radix)
        return
    yield header(row)
    if "overflow" in row:
        yield f"  possible stack overflow: the lowest word, at {row['lowest']:016x}, is {row['overflow']:016x}"
    elif "error" in row:
        yield f"    no trace {mark(row)}"
    elif "user_frames" in row:
        yield from _user_lines(row)
    elif "stack" in row:
        yield from backtrace.word_lines(row["stack"], "", ":  ")
    elif "exceptions" in row:
        yield from _exception_lines(row["exceptions"], radix)
    elif "text" in row:
        if row["end"] == "no stack":
            yield "(no stack)"
        else:
            yield from backtrace.text_lines(row, offsets=offsets, radix=radix)
    elif row["end"] == "active":
        yield "(active)"
    else:
        yield from backtrace.trace_lines(row, offsets=offsets, radix=radix)


def header(row: Row) -> str:
    """crash's line that begins the answer about a task."""
    return tasktable.header(row)


def _exception_lines(found: list[Row], radix: int) -> Iterator[str]:
    if not found:
        yield "(none found)"
    for one in found:
        yield ""
        yield f"  {'USER' if one['user'] else 'KERNEL'}-MODE EXCEPTION FRAME AT: {one['address']:x}"
        if one["function"]:
            yield from backtrace.interrupted_lines(one["registers"], backtrace.symbol_text(one["function"], one["offset"], radix), one.get("back"))
        else:
            yield from backtrace.register_lines(one["registers"])


def _user_lines(row: Row) -> Iterator[str]:
    if not row["user_frames"]:
        yield f"    (no user stack: {row['why']})"
        return
    for level, frame in enumerate(row["user_frames"]):
        name = "(unknown)" if frame["function"] is None else backtrace.symbol_text(frame["function"], frame["offset"])
        line = f"{'#' + str(level):>3} [{frame['sp']:016x}] {name} at {frame['pc']:x}"
        yield line + (f" [{frame['image']}]" if frame["image"] else "") + ("" if frame["sure"] else " *")
    if not row["whole"]:
        yield f"    ({row['why']})"


OPTIONS = (
    Option("-a", help="what runs on each CPU"),
    Option("-c", "CPUS", help="what runs on these CPUs: 1,3-5 or a"),
    Option("-n", "idle", help="with -a or -c: without idle CPUs"),
    Option("-g", help="all threads of the process"),
    Option("-p", help="the task that panicked"),
    Option("-f", help="the words of each frame"),
    Option("-F", help="as -f, with names of symbols and slab caches; -FF: and addresses of slab objects"),
    Option("-l", help="lines of source and inlined functions, by the vmlinux that was given (--vmlinux); without one there are none"),
    Option("--locals", help="as -l, with the parameters and local variables of each function and their values; it needs a vmlinux"),
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
    Option("-U", help="stacks of user mode, by the unwind tables of their programs, with names as far as the page cache has them"),
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
        "of its stack ends in a line that says why. Of -U what follows a guess by frame pointers has the asterisk. Of --locals a value is shown where it "
        "is certain, else <optimised out>: what the compiler kept in registers is gone where a called function may have used them."
    ),
    fields={
        "pid": "",
        "task": "address of the task_struct",
        "cpu": "",
        "comm": "",
        "frames": "innermost first; address: where on the stack the pc is; found: how it was found; sure: false of a guess; source: with -l, "
        "function, file, line, whether it is inlined into the next, the innermost first; of each, with --locals, variables: name, parameter, declaration "
        "in C, line of it, address (null: it is in no memory), text and value (null: not known), why it is not",
        "user_registers": "with which user mode entered the kernel",
        "user_frames": "-U, innermost first: pc, sp, function (null: not known), offset, image (the mapping), found, sure",
        "whole": "-U: the last frame is where the program or thread began",
        "end": "user, entry: the trace is whole",
        "why": "the end in one sentence",
    },
    examples=(
        ("bt", "of the current task"),
        ("bt -a", "of what each CPU ran"),
        ("bt -f 4711", "with the words of each frame"),
        ("bt --locals 1", "with variables"),
        ("bt -U 1", "where a process was in user mode"),
    ),
    rows=rows,
    text=text,
)
