# SPDX-License-Identifier: GPL-2.0-or-later
"""``bpf``: BPF programs and maps."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.kernel import bpf
from pykd.session.command import Command, Option, centered
from pykd.session.session import Session
from pykd.values import date

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def _wanted(word: str | None) -> int | None:
    try:
        return None if word is None else int(word, 0)
    except ValueError:
        raise CommandError(f"an ID is a number: {word}") from None


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    program, one_map = _wanted(options.p), _wanted(options.m)
    if options.s and not (options.p or options.P or options.m or options.M):
        raise CommandError("-s option requires either -p, -P, -m or -M")
    if (options.x or options.d) and not options.s:
        raise CommandError(f"-{'x' if options.x else 'd'} option requires -s")
    both = _both(options)
    options.width = _width(dump)
    for kind, make, wanted, every in (
        (bpf.PROGRAM, bpf.program_row, program, options.P or both),
        (bpf.MAP, bpf.map_row, one_map, options.M or both),
    ):
        found = False
        for number, address in bpf.entries(dump, kind):
            if isinstance(address, Error):
                yield {"kind": kind, "error": fault(address)}
            elif every or number == wanted:
                found = True
                row = make(dump, number, address)
                if kind == bpf.PROGRAM and "translated" in row:
                    _add_code(dump, options, row)
                if options.s:
                    row["structs"] = list(_structs(session, options, row))
                yield row
        if wanted is not None and not found:
            raise CommandError(f"invalid {kind} ID: {wanted}")


def _both(options: Any) -> bool:
    """No option says which: the two lists."""
    return not (options.p or options.P or options.m or options.M)


def _add_code(dump: Dump, options: Any, row: Row) -> None:
    try:
        if options.t or options.T:
            row["instructions"] = list(bpf.instructions(dump, row))
        if options.j:
            row["functions"] = [bpf.compiled(dump, *one) for one in bpf.functions(dump, row)]
    except Error as error:
        row["error"] = fault(error, partial=True)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    programs, maps = (bool(one or every) or _both(options) for one, every in ((options.p, options.P), (options.m, options.M)))
    last = None
    for row in rows:
        is_program = row["kind"] == bpf.PROGRAM
        if not is_program and (last == bpf.PROGRAM or (last is None and programs)):
            yield ""
            last = None
        if last is None:
            yield _title(row["kind"], options.width)
        elif options.P if is_program else options.M:
            yield ""
            yield _title(row["kind"], options.width)
        last = row["kind"]
        yield _line(row, options.width)
        if not _both(options) and "memory" in row:
            yield from _more(row)
        yield from _code(row, options)
        for one in row.get("structs", ()):
            yield ""
            yield from one["lines"]
    if programs and maps and last != bpf.MAP:
        yield ""


def _width(dump: Dump) -> int:
    """Of the column of a map's type: crash takes the longest of these names, but one letter too many."""
    return max(len(name) for name, _ in dump.enumerator_type("BPF_MAP_TYPE_UNSPEC").enumerators()) - len("BPF_PROG_TYPE_")


def _title(kind: str, width: int) -> str:
    if kind == bpf.PROGRAM:
        return f"{centered('ID', 4)} {centered('BPF_PROG', 16)} {centered('BPF_PROG_AUX', 16)} BPF_PROG_TYPE       TAG        USEDbpf.MAP"
    return f"{centered('ID', 4)} {centered('BPF_MAP', 16)} {centered('BPF_MAP_TYPE', width)} MAP_FLAGS"


def _line(row: Row, width: int) -> str:
    line = f"{centered(str(row['id']), 4)} {row['address']:016x}" if "address" in row else ""
    if "tag" in row:
        maps = ",".join(map(str, row.get("maps", ())))
        line += f" {row['aux']:016x} {centered(row['type'], 13)} {row['tag']} {centered(maps, 9)}"
    elif "flag_bits" in row:
        line += f" {centered(row['type'], width)}  {row['flag_bits']:08x}"
    return line.rstrip() + (f" {mark(row)}" if "error" in row else "")


def _more(row: Row) -> Iterator[str]:
    """The lines that -p, -P, -m and -M add."""
    name = f'"{row["name"]}"' if row["name"] else "(unused)"
    if row["kind"] == bpf.MAP:
        yield f"     KEY_SIZE: {row['key_size']}  VALUE_SIZE: {row['value_size']}  MAX_ENTRIES: {row['max_entries']}  MEMLOCK: {row['memory']}"
        yield f"     NAME: {name}  UID: {'(unused)' if row['uid'] is None else row['uid']}"
        return
    yield f"     XLATED: {row['translated']}  JITED: {row['code_size']}  MEMLOCK: {row['memory']}"
    yield f"     LOAD_TIME: {date.text(row['date'], '%a %b %d %H:%M:%S %Y')}"
    yield f"     GPL_COMPATIBLE: {'yes' if row['gpl'] else 'no'}  NAME: {name}  UID: {'(unknown)' if row['uid'] is None else row['uid']}"


def _code(row: Row, options: Any) -> Iterator[str]:
    """What -j and -t show."""
    for function in row.get("functions", ()):
        yield ""
        if function is not row["functions"][0]:
            yield f"   {function['name']}:"
        for one in function["instructions"]:
            yield f"   {one['address']:#x}:\t{one['text']}{' <' + one['symbol'] + '>' if one['symbol'] else ''}"
        if not function["size"]:
            yield "(program not jited)"
    if "instructions" in row:
        yield ""
    for one in row.get("instructions", ()):
        if "error" in one:
            yield mark(one)
            continue
        yield f"{one['slot']:4d}: {one['text']}"
        if options.T:
            yield f"       {one['code']}"


def _structs(session: Session, options: Any, row: Row) -> Iterator[Row]:
    """What -s adds."""
    from pykd.commands.data.struct_ import find_struct, formatter_of, structure

    formatter = formatter_of(session, options)
    both = [("bpf_prog", row.get("address")), ("bpf_prog_aux", row.get("aux"))] if row["kind"] == bpf.PROGRAM else [("bpf_map", row.get("address"))]
    yield from (structure(formatter, find_struct(session, name), address, values=options.values) for name, address in both if address)


COMMAND = Command(
    name="bpf",
    summary="BPF programs and maps",
    topic="kernel",
    options=(
        Option("-p", "ID", help="one program"),
        Option("-P", help="all programs"),
        Option("-m", "ID", help="one map"),
        Option("-M", help="all maps"),
        Option("-t", help="the programs' instructions, as the verifier has left them"),
        Option("-T", help="likewise, with their bytes"),
        Option("-j", help="the compiled programs, disassembled, with their functions"),
        Option("-s", help="their structures too"),
        Option("-x", help="integers in hexadecimal"),
        Option("-d", help="integers in decimal"),
    ),
    fields={
        "kind": "program or map", "id": "", "address": "struct bpf_prog or bpf_map", "aux": "struct bpf_prog_aux", "type": "", "tag": "",
        "maps": "IDs", "name": "", "code": "address", "code_size": "bytes", "translated": "bytes of BPF code", "memory": "bytes", "gpl": "", "uid": "",
        "loaded": "ns after boot", "date": "the same, in seconds since 1970", "flags": "", "key_size": "bytes", "value_size": "bytes", "max_entries": "",
        "instructions": "-t: slot, code, text", "functions": "-j: name, address, size, instructions (address, code, text, symbol)",
        "structs": "-s: type, address, value member by member, lines of text",
    },
    rows=rows,
    text=text,
)
