# SPDX-License-Identifier: GPL-2.0-or-later
"""``dis``: disassembly of what is in memory: alternatives, static keys and ftrace's sites as the kernel has patched them."""

from __future__ import annotations

from itertools import takewhile

from _pykd import Dump, Instruction
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row
from pykd.kernel import machine
from pykd.kernel.stack import source
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values import disassembly
from pykd.values.address import address as to_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

MAX_FUNCTION = 1 << 20
"""Bytes disassembled at most where a symbol's end is not known."""


def _arguments(session: Session, options: Any) -> tuple[int, int | None]:
    """(address, count)"""
    words = list(options.arguments)
    if options.b and len(words) > 1 and words[0].isdigit():
        words.pop(0)  # bytes to skip behind ud2: kernels keep these in a table now
    if not words:
        raise UsageError("a symbol or an address is missing")
    if len(words) > 2:
        raise UsageError(f"too many arguments: {' '.join(words)}")
    address = _address(session.dump, words[0])
    if len(words) == 1:
        return address, None
    try:
        count = int(words[1], 0)
    except ValueError:
        raise UsageError(f"invalid count: {words[1]}") from None
    if count < 1:
        raise UsageError("the count must be at least 1")
    return address, count


def _address(dump: Dump, word: str) -> int:
    """A symbol comes before a hexadecimal number: ``add`` is a function. Symbols of data do not count where there is text."""
    found = dump.symbols(word)
    text = [symbol for symbol in found if symbol.type in "tTwW"]
    if len(text) > 1:
        places = ", ".join(f"{symbol.address:x}" + (f" [{symbol.module}]" if symbol.module else "") for symbol in text)
        raise CommandError(f"{word}: duplicate text symbols found: {places}; give one of these addresses")
    if text or found:
        return (text or found)[0].address
    return to_address(dump, word)


_AT_ONCE = 1000
"""Instructions"""


def _counted(dump: Dump, address: int, count: int, syntax: Any, pgd: int | None = None) -> Iterator[Instruction]:
    """So many from *address* on, as they are asked for. :raises FaultError: the memory ends before."""
    while count > 0:
        found = dump.disassemble(address, count=min(count, _AT_ONCE), syntax=syntax, pgd=pgd)
        yield from found
        if not found:
            return
        count -= len(found)
        address = found[-1].address + len(found[-1].code)


def _instructions(session: Session, options: Any, address: int, count: int | None) -> Iterable[Instruction]:
    dump = session.dump
    syntax = session.settings.get("disassembly-flavor", "att")
    if options.u:
        return _counted(dump, address, count or 1, syntax, context.user_pgd(session))
    symbol = dump.symbol_at(address)
    if options.r:
        if symbol is None:
            raise CommandError(f"{address:x} is in no function")
        # To the first instruction that does not begin below the address: one that the address lies inside is shown whole.
        size = address - symbol.address + 2 * machine.of(dump).longest_instruction
        found = dump.disassemble(symbol.address, size, syntax=syntax)
        last = next((i for i, one in enumerate(found) if one.address >= address), len(found) - 1)
        return found[max(last + 1 - count, 0) if count else 0 : last + 1]
    if options.f or (count is None and symbol is not None and symbol.address == address):
        if symbol is None:
            raise CommandError(f"{address:x} is in no function")
        if count:
            end = symbol.address + (symbol.size or MAX_FUNCTION)
            return takewhile(lambda one: one.address < end, _counted(dump, address, count, syntax))
        return _without_padding(dump.disassemble(address, syntax=syntax))
    return _counted(dump, address, count or 1, syntax)


def _without_padding(instructions: list[Instruction]) -> list[Instruction]:
    """Without the nops up to the next function: a symbol of kallsyms has no size of its own, only a follower."""
    end = len(instructions)
    while end > 1 and instructions[end - 1].name == "nop":
        end -= 1
    return instructions[:end]


def rows(session: Session, options: Any) -> Iterator[Row]:
    address, count = _arguments(session, options)
    if not options.u and not session.dump.symbol_at(address) and not session.dump.is_kernel(address):
        raise CommandError(f"{address:x}: not a kernel address; -u disassembles user space")
    if options.s:
        yield _place(session.dump, address)
        return
    found = _instructions(session, options, address, count)
    made = disassembly.rows(session.dump, found, _radix(session, options), symbols=not options.u)
    for row in made:
        if options.l and not options.u:
            row["source"] = source.frames(session.dump, row["address"])
        yield row


def _place(dump: Dump, address: int) -> Row:
    found = source.line(dump, address)
    if found is None:
        raise CommandError("-s shows lines of source: there is none for this address, or no vmlinux with debug info was given (--vmlinux)")
    return {"address": address, "file": found[0], "line": found[1]}


def _radix(session: Session, options: Any) -> int:
    return 16 if options.x or (session.settings["radix"] == 16 and not options.d) else 10


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    radix = _radix(session, options)
    shown: list[str] = []
    for row in rows:
        if "file" in row:
            yield f"FILE: {row['file']}"
            yield f"LINE: {row['line']}"
            continue
        place = list(source.lines(row.get("source", ()), ""))
        if place != shown:
            yield from place
            shown = place
        yield disassembly.line(row, radix)


COMMAND = Command(
    name="dis",
    summary="disassembly",
    topic="data",
    options=(
        Option("-r", help="from the start of the function to the address; the last COUNT instructions of it"),
        Option("-f", help="from the address to the end of the function"),
        Option("-l", help="lines of source, by the vmlinux that was given (--vmlinux)"),
        Option("-u", help="of the current task's user space"),
        Option("-x", help="offsets in hexadecimal"),
        Option("-d", help="offsets in decimal"),
        Option("-s", help="file and line of the address, by the same"),
        Option("-b", help="for crash's scripts; no effect"),
    ),
    arguments="SYMBOL|ADDRESS|(EXPRESSION) [COUNT]",
    description=(
        "A symbol means its whole function, an address inside one a single instruction. Shown is what was in memory: code "
        "patched by alternatives, static keys and ftrace as it was when the machine crashed."
    ),
    fields={
        "address": "",
        "symbol": "",
        "offset": "bytes into the symbol",
        "code": "bytes in hexadecimal",
        "text": "",
        "flow": "next call jump branch return stop",
        "target": "of a branch, or what an operand relative to %rip means",
        "source": "with -l: function, file, line, whether it is inlined into the next, the innermost first",
        "file": "with -s",
        "line": "with -s",
    },
    examples=(("dis schedule", "a function"), ("dis -r schedule+90", "up to an address"), ("dis schedule 5", "five instructions")),
    rows=rows,
    text=text,
)
