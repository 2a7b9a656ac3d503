# SPDX-License-Identifier: GPL-2.0-or-later
"""Stack traces as rows and as text in the shape that crash prints and PyKdump's programs parse.

A row is what ``bt`` answers about one task::

    {"pid": …, "task": …, "cpu": …, "comm": …,
     "frames": [{"level", "address", "function", "offset", "pc", "module", "found", "sure", "stack"}, …],
     "user_registers": {…} | None, "end": "user", "why": …}

A frame that was interrupted (by an exception, an IRQ or an NMI) has ``registers`` too. Where crash shows the address of the call instead
of the one behind it, there is ``call``.
"""

from __future__ import annotations

from _pykd import Dump, Error, Frame, Trace
from pykd.core.rows import Row, fault
from pykd.kernel import machine
from pykd.kernel.mm.slabname import SlabNames
from pykd.kernel.stack import source
from pykd.values.clones import plain
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from pykd.kernel.machine.facts import Machine

PROPER_ENDS = frozenset(("user", "entry", "in user"))


def function_name(name: str | None) -> str:
    """The name of a function as crash prints it: without what the compiler appends to clones of the whole of it."""
    if name is None:
        return "(unknown)"
    return plain(name)


def registers(known: dict[str, int]) -> dict[str, int]:
    """All registers that a block shows."""
    return machine.of_registers(known).known(known)


def register_lines(values: dict[str, int]) -> list[str]:
    """crash's block of registers."""
    return list(machine.of_registers(values).user_lines(values))


def interrupted_lines(values: dict[str, int], where: str, back: str | None = None, first: bool = False) -> list[str]:
    """crash's block of the registers of an interrupted function: see :meth:`Machine.kernel_lines`."""
    return list(machine.of_registers(values).kernel_lines(values, where, back, first))


def frame_row(dump: Dump, of: Machine, level: int | None, frame: Frame, names: dict[int, tuple[str, int | None, str | None]]) -> Row:
    """
    :param of: the machine of the dump.
    :param level: None of a frame that is shown by its registers only.
    :param names: (function, offset, module) of the program counters seen so far; frames of many tasks are alike.
    """
    pc = frame.pc
    known = names.get(pc)
    if known is None:
        offset = frame.offset
        known = names[pc] = (function_name(frame.name), offset, frame.module)
    row: Row = {
        "level": level,
        # an interrupted function has no return address
        "address": frame.sp if frame.regs_address or of.frame_is_record else frame.slot,
        "function": known[0],
        "offset": known[1],
        "pc": pc,
        "module": known[2],
        "found": frame.found,
        "sure": frame.sure,
        "stack": frame.stack,
    }
    if of.call_size and not frame.exact:
        row["call"] = pc - of.call_size
    if frame.regs_address:
        row["registers"] = registers(frame.registers)
        row["registers_address"] = frame.regs_address
        row |= back_of(dump, row["registers"])
    return row


def back_of(dump: Dump, values: dict[str, int]) -> Row:
    """``back``: where an interrupted function returns to (``function+offset``, None: to no code), on machines with a register for that."""
    link = machine.of(dump).link(values)
    if not link:
        return {}
    symbol = dump.text_symbol(link)
    return {"back": symbol and symbol_text(function_name(symbol.name), link - symbol.address)}


def trace_row(dump: Dump, trace: Trace, row: Row, names: dict[int, tuple[str, int | None, str | None]]) -> Row:
    """Add to *row* what the trace says.

    crash counts an interrupted function as a frame only where the interruption switched stacks; else its line would
    repeat the ``[exception RIP: …]`` above it. Such frames have no level here.
    """
    of = machine.of(dump)
    level = 0
    stack = None
    frames = []
    for frame in trace.frames:
        hidden = frame.regs_address and stack == frame.stack
        frames.append(frame_row(dump, of, None if hidden else level, frame, names))
        level += not hidden
        stack = frame.stack
    row["frames"] = frames
    user = trace.user_registers
    row["user_registers"] = registers(user) if user else None
    row["end"] = trace.end
    row["why"] = trace.why
    if trace.guessed:
        row["guessed"] = trace.guessed
    return row


def stack_label(kind: str) -> str:
    """The line at which a trace leaves a stack."""
    return "--- <IRQ stack> ---" if kind == "IRQ" else f"--- <{kind} exception stack> ---"


def symbol_text(function: str, offset: int | None, radix: int = 10) -> str:
    """``panic+317``; the bare name where there is no offset."""
    if not offset:
        return function
    return f"{function}+{offset:#x}" if radix == 16 else f"{function}+{offset}"


def trace_lines(row: Row, *, offsets: bool = False, radix: int = 10, ended: bool = True) -> Iterator[str]:
    """Lines of a trace without its header.

    :param offsets: ``function+offset`` instead of ``function``.
    :param ended: say why an incomplete trace ends.
    """
    stack = None
    for frame in row["frames"]:
        kind = frame["stack"]
        function = frame["function"]
        if "registers" in frame:
            offset = frame["offset"]
            where = f"unknown or invalid address: {frame['pc']:016x}" if offset is None else symbol_text(function, offset, radix)
            yield from interrupted_lines(frame["registers"], where, frame.get("back"), stack is None)
        if stack is not None and kind != stack:
            yield stack_label(stack)
        stack = kind
        level = frame["level"]
        if level is None:
            yield from source.lines(frame.get("source", ()))
            if "words" in frame:
                yield from word_lines(frame["words"])
            continue
        shown = frame.get("call", frame["pc"])
        if offsets:
            function = symbol_text(function, frame["offset"] and frame["offset"] + shown - frame["pc"], radix)
        module = f" [{frame['module']}]" if frame["module"] else ""
        guess = "" if frame["sure"] else " *"
        yield f"{f'#{level}':>3} [{frame['address']:016x}] {function} at {shown:x}{module}{guess}"
        if "source" in frame:
            yield from source.lines(frame["source"])
        if "words" in frame:
            yield from word_lines(frame["words"])
    if row["user_registers"]:
        yield from register_lines(row["user_registers"])
    elif ended and (reason := incomplete(row)):
        yield reason


def incomplete(row: Row) -> str | None:
    """One line that says why a trace is not whole; None if it is."""
    if row["end"] == "no stack":
        return "(no stack)"
    if row["end"] in PROPER_ENDS:
        return None
    return f"    (trace ends: {row['why']})"


def word_lines(words: list[tuple[int, str]], indent: str = "    ", separator: str = ": ") -> Iterator[str]:
    """Words of a stack, two to a line behind the address of the first."""
    for i in range(0, len(words), 2):
        pair = words[i : i + 2]
        yield f"{indent}{pair[0][0]:016x}{separator}" + "".join(f"{text} " for _, text in pair)


def words(dump: Dump, start: int, end: int, show: Callable[[int], str]) -> list[tuple[int, str]]:
    """The words in [start, end), each as (address, text); what the dump lacks reads as ``(unreadable)``."""
    data = dump.read_upto(start, max(end - start, 0) & ~7)
    values = words_of(dump, data[: len(data) & ~7])
    found = [(start + 8 * i, show(value)) for i, value in enumerate(values)]
    if len(found) < (end - start) // 8:
        found.append((start + 8 * len(found), "(unreadable)"))
    return found


def plain_word(value: int) -> str:
    return f"{value:016x}"


class SymbolicWords:
    """Words as ``bt -r`` and ``-F`` show them: ``panic+317`` of addresses in the kernel, ``[kmalloc-64]`` of slab objects."""

    def __init__(self, dump: Dump, radix: int = 10, slabs: SlabNames | None = None, both: bool = False) -> None:
        """
        :param slabs: None: objects are shown as their address.
        :param both: the address of a slab object too: ``[ffff…:kmalloc-64]``.
        """
        self.dump = dump
        self.radix = radix
        self.both = both
        self.slabs = slabs

    def __call__(self, value: int) -> str:
        if not self.dump.is_kernel(value):
            return plain_word(value)
        symbol = self.dump.symbol_at(value)
        if symbol is not None:
            return f"{symbol_text(function_name(symbol.name), value - symbol.address, self.radix):16s}"
        name = self.slabs.cache_of(value) if self.slabs else None
        if name is None:
            return plain_word(value)
        return f"[{value:x}:{name}]" if self.both else f"{f'[{name}]':16s}"


def text_rows(dump: Dump, start: int, end: int, names: dict[int, Any]) -> Iterator[Row]:
    """Every word in [start, end) that is an address of code."""
    for address, pc, _ in dump.stack_text(start, end)[0]:
        known = names.get(pc)
        if known is None:
            symbol = dump.text_symbol(pc)
            if symbol is None:
                continue
            known = names[pc] = (function_name(symbol.name), pc - symbol.address, symbol.module)
        yield {"address": address, "function": known[0], "offset": known[1], "pc": pc, "module": known[2]}


def text_lines(row: Row, *, offsets: bool = False, radix: int = 10) -> Iterator[str]:
    """Lines of ``bt -t`` behind the header."""
    if "start" in row:
        start = row["start"]
        yield f"              START: {start['function']} at {start['pc']:x}"
    for word in row["text"]:
        function = symbol_text(word["function"], word["offset"], radix) if offsets else word["function"]
        module = f" [{word['module']}]" if word["module"] else ""
        yield f"  [{word['address']:016x}] {function} at {word['pc']:x}{module}"
    if row.get("user_registers"):
        yield from register_lines(row["user_registers"])


def error_row(row: Row, error: Error) -> Row:
    """A task whose stack cannot even be looked for."""
    row.update(frames=[], user_registers=None, end="error", why=str(error), error=fault(error))
    return row
