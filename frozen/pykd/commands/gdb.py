# SPDX-License-Identifier: GPL-2.0-or-later
"""``gdb``: what is meaningful of gdb's commands, done by our own; crash has a whole gdb behind its prompt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pykd import cdefine, disassembly
from pykd.command import Command, CommandError, Row, UsageError
from pykd.expression import address as to_address
from pykd.session import Session

FLAVORS = ("att", "intel")

_EXAMINE = re.compile(r"x(?:/(?P<count>-?\d*)(?P<letters>[a-z]*))?$")
_SIZES = {"b": 1, "h": 2, "w": 4, "g": 8}
_FORMATS = "xduotcasi"
_COLUMNS = {1: 8, 2: 8, 4: 4, 8: 2}
"""Values in a line, by their size."""
_STRING_MAX = 200

REFUSED = frozenset(
    "advance append attach awatch backtrace break call catch clear commands compile condition continue core-file define delete detach "
    "directory disable down download dprintf edit enable exec-file file finish focus forward-search frame generate-core-file handle "
    "hbreak ignore inferior interrupt jump kill layout list load make next nexti nosharedlibrary python record return reverse-step "
    "run rwatch sharedlibrary shell signal source start starti step stepi stop symbol-file target tbreak thbreak thread tui undisplay "
    "until up watch".split()
)
"""Commands of gdb that run, change or stop a program, or load files: there is nothing here that they could be applied to."""


def _examine(session: Session, words: list[str]) -> Iterator[Row]:
    """``x/NFU ADDRESS``: N values of format F and size U."""
    match = _EXAMINE.match(words[0])
    if match is None:
        raise UsageError(f"{words[0]}: the form is x/NFU, such as x/4xg")
    if len(words) < 2:
        raise UsageError("an address is missing")
    letters = match["letters"] or ""
    form, size = _format_of(session, letters)
    count = int(match["count"] or 1)
    if count < 0:
        raise UsageError("memory is not shown backwards")
    # `x/i *func` and `x/i $addr` are habits.
    address = to_address(session.dump, " ".join(words[1:]).lstrip("*$"))
    session.state["gdb x"] = form, size
    if form == "i":
        syntax = session.settings.get("disassembly-flavor", "att")
        if count:
            yield from disassembly.rows(session.dump, session.dump.disassemble(address, count=count, syntax=syntax))
    elif form == "s":
        for _ in range(count):
            data = session.dump.read_string(address, _STRING_MAX + 1)
            yield {"line": f"{_place(session, address)}:\t{_quoted(data)}"}
            address += min(len(data), _STRING_MAX) + (len(data) <= _STRING_MAX)
    else:
        yield from _values(session, address, count, form, size)


def _format_of(session: Session, letters: str) -> tuple[str, int]:
    """Format and size; those of the last time where none are given, as in gdb."""
    form, size = session.state.get("gdb x", ("x", 4))
    given = False
    for letter in letters:
        if letter in _FORMATS:
            form = letter
        elif letter in _SIZES:
            size, given = _SIZES[letter], True
        else:
            raise UsageError(f"x/{letters}: formats are {' '.join(_FORMATS)}, sizes {' '.join(_SIZES)}")
    if not given:
        size = 8 if form == "a" else 1 if form == "c" else size
    return form, size


def _values(session: Session, address: int, count: int, form: str, size: int) -> Iterator[Row]:
    columns = 1 if form == "t" and size == 8 else _COLUMNS[size]
    for start in range(0, count, columns):
        number = min(columns, count - start)
        data = session.dump.read(address, number * size)
        values = [int.from_bytes(data[at : at + size], "little") for at in range(0, len(data), size)]
        shown = "".join(f"\t{_value(session, value, form, size)}" for value in values)
        yield {"line": f"{_place(session, address)}:{shown}", "address": address, "values": values}
        address += number * size


def _value(session: Session, value: int, form: str, size: int) -> str:
    bits = 8 * size
    signed = value - (1 << bits) if value >> (bits - 1) else value
    match form:
        case "x":
            return f"0x{value:0{2 * size}x}"
        case "o":
            return f"0{value:0{-(-bits // 3)}o}"
        case "t":
            return f"{value:0{bits}b}"
        case "u":
            return str(value)
        case "c":
            return f"{signed} {_character(value & 0xFF)}"
        case "a":
            symbol = session.dump.symbol_at(value)
            return f"{value:#x}" + (f" <{disassembly.place(symbol, value)}>" if symbol else "")
    return str(signed)


def _character(code: int) -> str:
    if code in (39, 92):
        return f"'\\{chr(code)}'"
    return f"'{chr(code)}'" if 32 <= code < 127 else f"'\\{code:03o}'"


def _quoted(data: bytes) -> str:
    text = "".join(chr(c) if 32 <= c < 127 and c not in (34, 92) else f"\\{chr(c)}" if c in (34, 92) else f"\\{c:03o}" for c in data)
    return f'"{text}"' + ("..." if len(data) > _STRING_MAX else "")


def _place(session: Session, address: int) -> str:
    symbol = session.dump.symbol_at(address)
    return f"{address:#x}" + (f" <{disassembly.place(symbol, address)}>" if symbol else "")


def _print(session: Session, words: list[str]) -> Iterator[Row]:
    """``print``, with its formats ``/x`` and ``/d``."""
    form = words[0].partition("/")[2]
    if form not in ("", "x", "d", "u"):
        raise UsageError(f"print/{form}: formats are x, d and u")
    if len(words) < 2:
        raise UsageError("an expression is missing")
    from pykd.commands import p

    flags = {"x": ["-x"], "d": ["-d"], "u": ["-d"]}.get(form, [])
    yield from _lines(session, p.COMMAND, [*flags, " ".join(words[1:])])


def _lines(session: Session, command: Command, words: list[str]) -> Iterator[Row]:
    options = command.parse(words)
    for line in command.text(command.rows(session, options), options, session):
        yield {"line": line}


def _type_of(session: Session, words: list[str]) -> Any:
    """The type that ``ptype`` and ``whatis`` are asked for: of that name, or that of an expression."""
    text = " ".join(words[1:])
    if not text:
        raise UsageError("a type or an expression is missing")
    from pykd.expression import ExpressionError, evaluate

    dump = session.dump
    try:
        if not dump.address_of(text):
            return dump.type(text)
    except Exception:  # no type: an expression then
        pass
    try:
        return evaluate(dump, text).type
    except ExpressionError as error:
        raise CommandError(str(error)) from None


def _ptype(session: Session, words: list[str]) -> Iterator[Row]:
    type = _type_of(session, words)
    under = type.strip() if hasattr(type, "strip") else type
    for i, line in enumerate(cdefine.lines(under) if under.kind in ("struct", "union", "enum") else [str(under)]):
        yield {"line": f"type = {line}" if i == 0 else line}


def _whatis(session: Session, words: list[str]) -> Iterator[Row]:
    yield {"line": f"type = {_type_of(session, words)}"}


def _info(session: Session, words: list[str]) -> Iterator[Row]:
    what, rest = (words[1] if len(words) > 1 else ""), " ".join(words[2:])
    if what not in ("symbol", "line", "address"):
        raise CommandError(f"info {what}: only info symbol, info address and info line are known")
    if not rest:
        raise UsageError(f"info {what}: an argument is missing")
    if what == "address":
        symbol = session.dump.symbol(rest)
        yield {"line": f'Symbol "{rest}" is at {symbol.address:#x}.', "address": symbol.address}
        return
    address = to_address(session.dump, rest.lstrip("*"))
    found = session.dump.symbol_at(address)
    if what == "line":
        # A dump has no line numbers.
        yield {"line": f"No line number information available for address {_place(session, address)}"}
    elif found is None:
        yield {"line": f"No symbol matches {rest}."}
    else:
        offset = address - found.address
        module = f" of module {found.module}" if found.module else ""
        yield {"line": found.name + (f" + {offset}" if offset else "") + module, "symbol": found.name, "offset": offset}


def _show(session: Session, words: list[str]) -> Iterator[Row]:
    if words[1:] == ["disassembly-flavor"]:
        flavor = session.settings.get("disassembly-flavor", "att")
        yield {"line": f'The disassembly flavor is "{flavor}".'}
    elif words[1:] == ["output-radix"]:
        radix = session.settings["radix"]
        yield {"line": f"Default output radix for printing of values is {radix}."}
    else:
        raise CommandError(f"show {' '.join(words[1:])}: not known")


def _set(session: Session, words: list[str]) -> Iterator[Row]:
    if len(words) != 3 or words[1] not in ("disassembly-flavor", "output-radix"):
        raise CommandError(f"set {' '.join(words[1:])}: not known")
    if words[1] == "disassembly-flavor":
        if words[2] not in FLAVORS:
            raise UsageError(f"{words[2]}: not one of {', '.join(FLAVORS)}")
        session.settings["disassembly-flavor"] = words[2]
        return
    try:
        radix = int(words[2], 0)
    except ValueError:
        radix = 0
    if radix not in (10, 16):
        raise UsageError(f"{words[2]}: an output radix is 10 or 16")
    session.settings["radix"] = radix
    yield {"line": f"Output radix now set to decimal {radix}, hex {radix:x}, octal {radix:o}."}


_COMMANDS: dict[str, Callable[[Session, list[str]], Iterator[Row]]] = {
    "info": _info,
    "inspect": _print,
    "output": _print,
    "p": _print,
    "print": _print,
    "ptype": _ptype,
    "set": _set,
    "show": _show,
    "whatis": _whatis,
    "x": _examine,
}


def knows(word: str) -> bool:
    """Whether a line that begins with *word* is one of gdb's, if only to be refused."""
    name = word.partition("/")[0]
    return name in _COMMANDS or name in REFUSED


def rows(session: Session, options: Any) -> Iterator[Row]:
    words = " ".join(options.arguments).split()
    if not words:
        raise UsageError("a command of gdb is missing")
    name = words[0].partition("/")[0]
    command = _COMMANDS.get(name)
    if command is None:
        why = "a dump cannot be run or changed" if name in REFUSED else "there is no gdb in pykd"
        raise CommandError(f"{why}; of gdb's commands {', '.join(sorted(_COMMANDS))} work")
    yield from command(session, words)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        yield row["line"] if "line" in row else disassembly.line(row, indent="   ")


COMMAND = Command(
    name="gdb",
    summary="commands of gdb",
    topic="session",
    arguments="COMMAND [ARGUMENTS]",
    description="""\
There is no gdb in pykd: these of its commands are done by pykd itself. A line that begins with one of them needs no `gdb` before it,
unless pykd has a command of that name.

  p, print, inspect, output [/x|/d] EXPRESSION
  ptype, whatis TYPE|EXPRESSION
  x/NFU ADDRESS            N values of format F (x d u o t c a s i) and size U (b h w g)
  info symbol ADDRESS, info address SYMBOL, info line ADDRESS
  show, set disassembly-flavor [att|intel]
  show, set output-radix [10|16]""",
    fields={"line": "of text", "address": "of an instruction or value", "values": "at it", "text": "the instruction"},
    examples=(("gdb x/5i schedule", "five instructions"), ("x/4xg &init_task", "four words"), ("ptype struct list_head", "")),
    intermixed=False,
    raw=True,
    rows=rows,
    text=text,
)
