# SPDX-License-Identifier: GPL-2.0-or-later
"""``gdb``: the commands of gdb that read a dump, on pykd's own types and symbols."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.commands.data import p
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row
from pykd.session.command import Command
from pykd.session.session import Session
from pykd.values import cdefine, disassembly
from pykd.values.address import address as to_address
from pykd.values.cformat import Formatter
from pykd.values.expression import evaluate
from pykd.values.gdbformat import Format, examine, printf, split_arguments, unescape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

FLAVORS = ("att", "intel")
PROHIBITED = frozenset(
    "advance append attach awatch b backtrace br break c call catch cd clear commands compile condition continue core-file d define delete"
    " detach directory disable down download dprintf edit enable exec-file fg file finish focus forward-search frame generate-core-file"
    " handle hbreak ignore inferior interrupt jump kill layout list load make n next nexti ni nosharedlibrary python r record return"
    " reverse-step run rwatch s sharedlibrary shell si signal source start starti step stepi stop symbol-file target tbreak thbreak thread"
    " tui u undisplay until up watch".split()
)
"""Commands of gdb that run, change or stop a program, or load files: there is nothing here that they could be applied to."""
_LONG = frozenset(name for name in PROHIBITED if len(name) > 2)
"""Of these what a line may begin with without ``gdb``, to be told so"""


def knows(word: str) -> bool:
    """Whether a line that begins with *word* is for gdb: ``x/4gx``, ``ptype``, and what is refused."""
    name = word.partition("/")[0]
    return name in _COMMANDS or name in _LONG


def _formatter(session: Session, format: Format | None = None) -> Formatter:
    letter = format.letter if format else ""
    return Formatter(session.dump, session.settings["radix"], "" if letter in ("s", "f") else letter)


def _print(session: Session, format: Format | None, text: str) -> Iterator[Row]:
    found = p.history(session)
    if not text and not found:
        raise CommandError("access to an empty value history")
    value = evaluate(session.dump, text or "$", found)
    shown = value.text(_formatter(session, format))
    yield {"line": f"${p.remember(session, value)} = {shown}"}


def _output(session: Session, format: Format | None, text: str) -> Iterator[Row]:
    yield {"line": evaluate(session.dump, text, p.history(session)).text(_formatter(session, format))}


def _printf(session: Session, format: Format | None, text: str) -> Iterator[Row]:
    first, *rest = split_arguments(text)
    if len(first) < 2 or first[0] != '"' or first[-1] != '"':
        raise CommandError("Bad format string")
    values = [evaluate(session.dump, one, p.history(session)) for one in rest]
    yield {"line": printf(session.dump, first[1:-1], values).removesuffix("\n")}


def _echo(session: Session, format: Format | None, text: str) -> Iterator[Row]:
    yield {"line": unescape(text).removesuffix("\n")}


def _ptype(session: Session, format: Format | None, text: str) -> Iterator[Row]:
    type = _type(session, text).strip()
    if type.kind in ("struct", "union"):
        *lines, last = cdefine.lines(type)
        for number, line in enumerate([*lines, last.rstrip(";")]):
            yield {"line": f"type = {line}" if not number else line}
    elif type.kind == "enum":
        yield {"line": f"type = {cdefine.enum_line(type)}"}
    else:
        yield {"line": f"type = {type}"}


def _whatis(session: Session, format: Format | None, text: str) -> Iterator[Row]:
    yield {"line": f"type = {_type(session, text)}"}


def _type(session: Session, text: str) -> Any:
    if not text:
        raise UsageError("a type or an expression is missing")
    try:
        return session.dump.type(text)
    except Error:
        return evaluate(session.dump, text, p.history(session)).type


def _x(session: Session, format: Format | None, text: str) -> Iterator[Row]:
    last = session.state.setdefault("gdb x", Format("xw"))
    format = format or Format("")
    format.letter = format.letter or last.letter
    format.size = format.size or (last.size if format.letter not in "sai" else 0)
    if not text:
        raise UsageError("an address is missing")
    session.state["gdb x"] = format
    address = _address(session, text)
    if format.letter != "i":
        yield from ({"line": line} for line in examine(session.dump, _formatter(session), address, format))
        return
    syntax = session.settings.get("disassembly-flavor", "att")
    if format.count:
        yield from disassembly.rows(session.dump, session.dump.disassemble(address, count=format.count, syntax=syntax))


def _address(session: Session, text: str) -> int:
    """Of an expression, in which numbers are C's; as crash's commands read them where it is none."""
    try:
        return evaluate(session.dump, text.removeprefix("*") if text[1:2].isdigit() else text, p.history(session)).integer() & (1 << 64) - 1
    except CommandError:
        return to_address(session.dump, text)


def _info(session: Session, format: Format | None, text: str) -> Iterator[Row]:
    what, _, rest = text.partition(" ")
    rest = rest.strip()
    if what == "symbol":
        address = _address(session, rest)
        symbol = session.dump.symbol_at(address)
        yield {"line": _in_section(session.dump, symbol, address) if symbol else f"No symbol matches {rest}."}
    elif what == "address":
        symbol = next(iter(session.dump.symbols(rest)), None)
        if symbol is None:
            raise CommandError(f'No symbol "{rest}" in current context.')
        kind = f"a function at address {symbol.address:#x}" if symbol.type in "tTwW" else f"static storage at address {symbol.address:#x}"
        yield {"line": f'Symbol "{rest}" is {kind}.'}
    elif what == "line":
        address = _address(session, rest.removeprefix("*"))
        where = _formatter(session).pointer(address)
        yield {"line": f"No line number information available for address {where}"}
    elif what == "registers":
        yield from _registers(session, rest.split())
    else:
        raise CommandError(f"info {what}: this takes debuginfo or a running program; `info symbol`, `address`, `line` and `registers` work")


def _in_section(dump: Dump, symbol: Any, address: int) -> str:
    offset = address - symbol.address
    if symbol.module:
        section = f" of {symbol.module}"
        name = ".text" if symbol.type in "tT" else ".data"
    else:
        section, name = "", {"t": ".text", "r": ".rodata", "b": ".bss"}.get(symbol.type.lower(), ".data")
    return f"{symbol.name}{f' + {offset}' if offset else ''} in section {name}{section}"


def _registers(session: Session, names: list[str]) -> Iterator[Row]:
    """Of the CPU that the context's task was on, from the dump's notes."""
    from pykd.session import context

    thread = context.chosen(session, [])[0]
    notes = session.dump.notes()
    if not thread.active or thread.cpu >= len(notes) or notes[thread.cpu] is None:
        raise CommandError("the registers of a task that was not running are on its stack: `bt -r`")
    found = {name.lower(): value for name, value in (notes[thread.cpu] or {}).items()}
    formatter = _formatter(session)
    for name in names or found:
        if name.lstrip("$") not in found:
            raise CommandError(f"Invalid register `{name}'")
        value = found[name.lstrip("$")]
        shown = formatter.pointer(value) if name.lstrip("$") in ("rip", "pc") else f"{value:#x}"
        yield {"line": f"{name.lstrip('$'):<14} {value:<#18x} {shown}"}


def _show(session: Session, format: Format | None, text: str) -> Iterator[Row]:
    if text == "disassembly-flavor":
        flavor = session.settings.get("disassembly-flavor", "att")
        yield {"line": f'The disassembly flavor is "{flavor}".'}
    elif text == "output-radix":
        radix = session.settings["radix"]
        yield {"line": f"Default output radix for printing of values is {radix}."}
    elif text == "version":
        from pykd.core.version import pykd_version

        yield {"line": f"pykd {pykd_version()}; there is no gdb in it"}
    else:
        raise CommandError(f"show {text}: not known")


def _set(session: Session, format: Format | None, text: str) -> Iterator[Row]:
    words = text.split()
    if len(words) != 2 or words[0] not in ("disassembly-flavor", "output-radix"):
        raise CommandError(f"set {text}: not known")
    if words[0] == "disassembly-flavor":
        if words[1] not in FLAVORS:
            raise UsageError(f"{words[1]}: not one of {', '.join(FLAVORS)}")
        session.settings["disassembly-flavor"] = words[1]
        return
    try:
        radix = int(words[1], 0)
    except ValueError:
        radix = 0
    if radix not in (10, 16):
        raise UsageError(f"{words[1]}: an output radix is 10 or 16")
    session.settings["radix"] = radix
    yield {"line": f"Output radix now set to decimal {radix}, hex {radix:x}, octal {radix:o}."}


_COMMANDS: dict[str, Callable[[Session, Format | None, str], Iterator[Row]]] = {
    "p": _print, "print": _print, "inspect": _print, "output": _output, "printf": _printf, "echo": _echo, "ptype": _ptype, "whatis": _whatis,
    "x": _x, "info": _info, "show": _show, "set": _set,
}  # fmt: skip


def rows(session: Session, options: Any) -> Iterator[Row]:
    if not options.arguments:
        raise UsageError("a command of gdb is missing")
    first, _, rest = options.arguments[0].partition(" ")
    name, slash, letters = first.partition("/")
    if name in PROHIBITED:
        raise CommandError(f"prohibited gdb command: {name}")
    command = _COMMANDS.get(name)
    if command is None:
        raise CommandError(f"{name}: there is no gdb in pykd; of its commands {', '.join(sorted(_COMMANDS))} work")
    yield from command(session, Format(letters) if slash else None, rest.strip())


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        yield row["line"] if "line" in row else disassembly.line(row, indent="   ")


COMMAND = Command(
    may_be_empty=True,
    name="gdb",
    summary="commands of gdb that read a dump",
    topic="session",
    arguments="COMMAND…",
    description="""\
p, print, inspect, output (with /x /d /u /o /t /c /a /z /s), printf, echo, ptype, whatis, x/NUF, info symbol, info address, info line,
info registers, show and set of disassembly-flavor and output-radix. They use the types and symbols of the dump; lines of source and local
variables are not among these. What needs a running program is refused. The word gdb may be left out where no command of pykd has the name.""",
    fields={"line": "of text", "address": "of an instruction", "text": "the instruction"},
    examples=(("gdb x/5i schedule", "five instructions"), ("gdb ptype struct list_head", ""), ('gdb printf "%s %d\\n", init_task.comm, init_task.pid', "")),
    intermixed=False,
    raw=True,
    rows=rows,
    text=text,
    begins=knows,
)
