# SPDX-License-Identifier: GPL-2.0-or-later
"""``sym``: symbols by name, by address, or all."""

from __future__ import annotations

from _pykd import Dump, Error, Module, Symbol
from pykd.core.errors import CommandError, UsageError
from pykd.core.memo import per_dump
from pykd.core.rows import Row, fault
from pykd.kernel.stack import source
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values import clones
from pykd.values.address import address as to_address
from pykd.values.address import no_symbol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

PIECE = 1 << 9
"""Symbols whose lines are made at once"""
_SECTIONS = (
    ("text", "MODULE TEXT"),
    ("data", "MODULE DATA"),
    ("rodata", "MODULE RODATA"),
    ("ro_after_init", "MODULE RO_AFTER_INIT"),
    ("init_text", "MODULE INIT_TEXT"),
    ("init_data", "MODULE INIT_DATA"),
    ("init_rodata", "MODULE INIT_RODATA"),
)


def _letter(dump: Dump, symbol: Symbol) -> str:
    """The type of a symbol; kallsyms has A for per-CPU variables, and newer kernels T for data too: where it lies tells."""
    letter = symbol.type
    if symbol.module is not None or letter not in "AaTt":
        return letter
    kind = next((of for start, end, of, letters in _bounds(dump) if letter in letters and start <= symbol.address < end), "")
    return (kind if letter.isupper() else kind.lower()) or letter


@per_dump
def _bounds(dump: Dump) -> list[tuple[int, int, str, str]]:
    """Where symbols of some of kallsyms' letters have another: (start, end, letter, those letters)."""
    places = (("_sdata", "_edata", "D", "Tt"), ("__bss_start", "__bss_stop", "B", "Tt"))
    found = [(dump.address_of(start, default=0), dump.address_of(end, default=0), letter, letters) for start, end, letter, letters in places]
    return [(0, dump.address_of("__per_cpu_end", default=0), "D", "Aa"), *found]


def _row(symbol: Symbol, address: int | None = None, dump: Dump | None = None) -> Row:
    return {
        "address": symbol.address if address is None else address,
        "type": _letter(dump, symbol) if dump is not None else symbol.type,
        "name": clones.plain(symbol.name),
        "offset": 0 if address is None else address - symbol.address,
        "module": symbol.module,
    }


class _Listing:
    """All symbols of the kernel, of all modules, or of one: as rows, or, as these are very many, as text made in bulk."""

    def __init__(self, dump: Dump, modules: list[Module], *, kernel: bool) -> None:
        self.dump = dump
        self.modules = sorted(modules, key=lambda module: min((start for start, _ in module.memory.values()), default=0))
        self.kernel = kernel

    def __iter__(self) -> Iterator[Row]:
        if self.kernel:
            symbols = list(self.dump.kernel_symbols())
            yield from (_row(symbol, dump=self.dump) for symbol in symbols)
            yield from _missing(self.dump, len(symbols))
        for module in self.modules:
            yield from _of_module(module)

    def text(self) -> Iterator[str]:
        """Pieces of many lines each."""
        if self.kernel:
            found, letters = 0, tuple(_bounds(self.dump))
            for first in range(0, self.dump.symbol_nr, PIECE):
                piece, nr = self.dump.symbol_text(first, PIECE, letters, clones.MARKS)
                found += nr
                yield piece
            yield from (f"sym: {row['error']['message']}" for row in _missing(self.dump, found))
        for module in self.modules:
            try:
                nr = module.symbol_nr
            except Error as error:
                yield f"sym: symbols of {module.name}: {error}"
                nr = 0
            for start, size, label in _ranges(module):
                yield f"{start:x} {label} START: {module.name}"
                yield from (module.symbol_text(first, PIECE, start, start + size, clones.MARKS)[0] for first in range(0, nr, PIECE))
                yield f"{start + size:x} {label} END: {module.name}"


def _missing(dump: Dump, found: int) -> Iterator[Row]:
    if found < dump.symbol_nr:
        yield {"error": fault(f"found {found} of {dump.symbol_nr} symbols of the kernel")}


def _ranges(module: Module) -> list[tuple[int, int, str]]:
    """(start, size, what it is called) of a module's memory, in order of address."""
    ranges = [(start, size, label) for key, label in _SECTIONS if (start := module.memory.get(key, (0, 0))[0]) and (size := module.memory[key][1])]
    if set(module.memory) <= {"text", "init_text"}:  # one range for all before Linux 6.4
        ranges = [(start, size, label.replace(" TEXT", "").replace("INIT_TEXT", "INIT")) for start, size, label in ranges]
    return sorted(ranges)


def _of_module(module: Module) -> Iterator[Row]:
    """A module's symbols between rows that say where each of its ranges begins and ends."""
    try:
        symbols = module.symbols()
    except Error as error:
        yield {"error": fault(error, f"symbols of {module.name}: {error}")}
        symbols = []
    for start, size, label in _ranges(module):
        yield {"address": start, "boundary": f"{label} START: {module.name}"}
        for symbol in symbols:
            if start <= symbol.address < start + size:
                yield _row(symbol)
        yield {"address": start + size, "boundary": f"{label} END: {module.name}"}


def rows(session: Session, options: Any) -> Iterable[Row]:
    dump = session.dump
    if options.l or options.M:
        return _Listing(dump, dump.modules(), kernel=bool(options.l))
    if options.m:
        chosen = [module for module in dump.modules() if module.name == options.m]
        if not chosen:
            raise CommandError(f"{options.m}: no such module")
        return _Listing(dump, chosen[:1], kernel=False)
    if options.q:
        return _containing(session, options.q)
    if not options.arguments:
        raise UsageError("a symbol or an address is missing")
    return (row for word in options.arguments for row in _one(session, word, options))


def _containing(session: Session, text: str) -> Iterator[Row]:
    found = False
    for symbol in session.dump.kernel_symbols(text):
        if text in clones.plain(symbol.name):
            found = True
            yield _row(symbol, dump=session.dump)
    for module in session.dump.modules():
        try:
            symbols = module.symbols(text)
        except Error as error:
            yield {"error": fault(error, f"symbols of {module.name}: {error}")}
            continue
        for symbol in symbols:
            if text in clones.plain(symbol.name):
                found = True
                yield _row(symbol)
    if not found:
        yield {"none": True}


def _one(session: Session, word: str, options: Any) -> Iterator[Row]:
    dump = session.dump
    symbols = clones.symbols(dump, word)
    if not symbols:
        try:
            address = to_address(dump, word)
        except CommandError:
            yield {"error": fault(no_symbol(dump, word))}
            return
        symbol = dump.symbol_at(address)
        if symbol is None:
            yield {"error": fault(f"no symbol at {address:x}")}
            return
        found = [_row(symbol, address, dump)]
    else:
        found = [_row(symbol, dump=dump) for symbol in symbols]
    for row in found:
        start = row["address"] - row["offset"]
        if options.p and (before := dump.symbol_at(start - 1)):
            yield _row(before, dump=dump)
        place = source.line(dump, row["address"]) if row["type"] in "tT" else None
        yield row | {"file": place[0], "line": place[1]} if place else row
        if options.n:
            symbol = dump.symbol_at(start)
            after = dump.symbol_at(start + symbol.size) if symbol and symbol.size else None
            if after:
                yield _row(after, dump=dump)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if isinstance(rows, _Listing):
        yield from (piece for piece in rows.text() if piece)
        return
    for row in rows:
        if "error" in row:
            yield from f"sym: {row['error']['message']}".split("\\n")  # as names stay within their line
        elif "none" in row:
            yield "(none found)"
        elif "boundary" in row:
            yield f"{row['address']:x} {row['boundary']}"
        else:
            offset = f"+{row['offset']}" if row["offset"] else ""
            module = f" [{row['module']}]" if row["module"] and not (options.l or options.M or options.m) else ""
            place = f" {row['file']}: {row['line']}" if "file" in row else ""
            yield f"{row['address']:x} ({row['type']}) {row['name']}{offset}{module}{place}"


COMMAND = Command(
    name="sym",
    summary="symbols by name or address",
    topic="data",
    options=(
        Option("-l", help="all, in order of address, modules' last"),
        Option("-M", help="all of modules"),
        Option("-m", "MODULE", help="all of one module"),
        Option("-p", help="the one before too"),
        Option("-n", help="the one behind too"),
        Option("-q", "TEXT", help="all with TEXT in their name"),
    ),
    arguments="SYMBOL|ADDRESS…",
    fields={
        "address": "",
        "type": "letter as nm prints it",
        "name": "",
        "offset": "bytes into the symbol",
        "module": "null: the kernel",
        "file": "of code, where a vmlinux was given",
        "line": "in it",
    },
    examples=(("sym panic", "its address"), ("sym ffffffff81000000", "what lies there")),
    rows=rows,
    text=text,
)
