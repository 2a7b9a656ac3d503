# SPDX-License-Identifier: GPL-2.0-or-later
"""``bpf``: BPF programs and maps."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.kernel import timekeeping
from pykd.kernel.lists.xarray import xa_entries
from pykd.session.command import Command, Option, centered
from pykd.session.session import Session
from pykd.values import date
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

MAX_MAPS = 64
"""Maps of one program"""
MAX_FUNCTIONS = 256
"""Functions of one program, as BPF_MAX_SUBPROGS"""
MAX_CODE = 1 << 23
"""Bytes of the instructions of one program; the verifier takes a million"""
_PROGRAMS, _MAPS = "program", "map"


def _entries(dump: Dump, name: str) -> Iterator[tuple[int, int | Error]]:
    """(ID, address) of what an IDR holds; empty where the kernel was built without BPF."""
    address = dump.address_of(name, "", default=0)
    if not address:
        return
    problems: list[str] = []
    try:
        yield from xa_entries(dump, address + (dump.struct_class("struct idr").member_offset("idr_rt") or 0), problems.append)
    except Error as error:
        yield 0, error
    if problems:
        yield 0, Error(problems[0])


def _name(dump: Dump, prefix: str, probe: str, value: int) -> str:
    for name, number in dump.enumerator_type(probe).enumerators():
        if number == value:
            return name.removeprefix(prefix)
    return str(value)


def _program(dump: Dump, number: int, address: int) -> Row:
    row: Row = {"kind": _PROGRAMS, "id": number, "address": address}
    try:
        program: Any = dump.object("struct bpf_prog", address)
        aux = program.aux
        row |= {"aux": int(aux), "type": _name(dump, "BPF_PROG_TYPE_", "BPF_PROG_TYPE_UNSPEC", int(program.type))}
        row["name"] = str(aux.name)
        # Linux 7.x has the whole hash in a union with it
        member = dump.type("struct bpf_prog").member("tag")
        row["tag"] = dump.read(address + member.offset, 8).hex() if member else ""
        row["code"], row["code_size"] = int(program.bpf_func), program.jited_len
        row |= {"translated": program.len * 8, "memory": program.pages * dump.page_size, "gpl": bool(program.gpl_compatible), "loaded": aux.load_time}
        row["date"] = timekeeping.now(dump) - timekeeping.jiffies_since_boot(dump) / timekeeping.hz(dump) + row["loaded"] / 1e9
        row["uid"] = aux.user.uid.val if aux.user else None
        count = min(aux.used_map_cnt, MAX_MAPS)
        maps = words_of(dump, dump.read(int(aux.used_maps), 8 * count)) if count else ()
        row["maps"] = [dump.object("struct bpf_map", one).id for one in maps]
    except Error as error:
        row["error"] = fault(error)
    return row


def _map(dump: Dump, number: int, address: int) -> Row:
    row: Row = {"kind": _MAPS, "id": number, "address": address}
    try:
        one: Any = dump.object("struct bpf_map", address)
        row |= {"type": _name(dump, "BPF_MAP_TYPE_", "BPF_MAP_TYPE_UNSPEC", int(one.map_type)), "flags": one.map_flags, "name": str(one.name)}
        row |= {"key_size": one.key_size, "value_size": one.value_size, "max_entries": one.max_entries}
        # 80ee81e0403c ("bpf: Eliminate rlimit-based memory accounting infra for bpf maps") (in v5.11) took owner and size away
        memory: Any = one.memory if one.hasField("memory") else None
        row["uid"] = memory.user.uid.val if memory and memory.user else None
        row["memory"] = memory.pages * dump.page_size if memory else _map_size(dump, row, address)
    except Error as error:
        row["error"] = fault(error)
    return row


_PER_CPU = frozenset(("PERCPU_HASH", "PERCPU_ARRAY", "LRU_PERCPU_HASH", "PERCPU_CGROUP_STORAGE"))
_DESCRIPTORS = frozenset(("PROG_ARRAY", "PERF_EVENT_ARRAY", "CGROUP_ARRAY", "ARRAY_OF_MAPS", "HASH_OF_MAPS"))
"""Types of maps whose values are descriptors of 4 bytes to those who look"""


def _map_size(dump: Dump, row: Row, address: int) -> int:
    """Bytes of a map, about: what its elements take. Of a ring, which has none, its pages and the table of them."""
    kind = row["type"].removesuffix("_DEPRECATED")
    page = dump.page_size
    if kind == "RINGBUF" and dump.find_type("struct", "bpf_ringbuf_map"):
        ring: Any = dump.object("struct bpf_ringbuf_map", address)
        pages = ring.rb.nr_pages
        data = row["max_entries"] // page
        # the data are mapped twice in a row; all pages that hold none precede them
        return int(dump.type("struct bpf_ringbuf_map").size + pages * page + (pages + data) * 8)
    value = row["value_size"]
    if kind in _PER_CPU:
        value = (value + 7 & ~7) * len(dump.cpus())
    elif kind in _DESCRIPTORS:
        value = 4
    size: int = row["max_entries"] * (row["key_size"] + value + 7 & ~7)
    return -(-size // page) * page


def _instructions(dump: Dump, row: Row) -> Iterator[Row]:
    """The program as the verifier has left it."""
    from pykd.values import ebpf

    maps = {address: f"map[id:{number}]" for number, address in _entries(dump, "map_idr") if not isinstance(address, Error)}
    base, names = (dump.address_of(name, "", default=0) for name in ("__bpf_call_base", "func_id_str"))
    last = dump.enumerator("__BPF_FUNC_MAX_ID")

    def function(value: int) -> str:
        if 0 <= value < last and names:
            return dump.read_string(dump.read_unsigned(names + 8 * value)).decode("utf-8", "backslashreplace")
        symbol = dump.symbol_at(base + value) if base else None
        return symbol.name if symbol is not None and symbol.address == base + value else ""

    start = row["address"] + dump.type("struct bpf_prog").offset_of("insnsi")
    wanted = min(row["translated"], MAX_CODE)
    code = dump.read_upto(start, wanted)
    for number, slot, text in ebpf.decode(code, dump.byteorder, lambda value: maps.get(value, f"{value:#x}"), function):
        yield {"slot": number, "code": slot.hex(" "), "text": text}
    if len(code) < row["translated"]:
        yield {"error": fault(f"these are {len(code)} of {row['translated']} bytes")}


def _functions(dump: Dump, row: Row) -> Iterator[tuple[str, int, int]]:
    """(name, address, bytes) of what was compiled: the program, and those of its functions that are apart from it."""
    yield row["name"], row["code"], row["code_size"]
    aux: Any = dump.object("struct bpf_prog_aux", row["aux"])
    count = min(aux.func_cnt, MAX_FUNCTIONS) if aux.hasField("func_cnt") else 0
    for pointer in words_of(dump, dump.read(int(aux.func), 8 * count))[1:] if count > 1 else ():
        program: Any = dump.object("struct bpf_prog", pointer)
        yield str(program.aux.name), int(program.bpf_func), program.jited_len


def _compiled(dump: Dump, name: str, address: int, size: int) -> Row:
    lines = []
    for one in dump.disassemble(address, min(size, MAX_CODE)) if size else ():
        target = dump.symbol_at(one.target) if one.target and not address <= one.target < address + size else None
        offset = one.target - target.address if target else 0
        symbol = f"{target.name}+{offset}" if target and offset else target.name if target else None
        lines.append({"address": one.address, "code": one.code.hex(), "text": one.text, "symbol": symbol})
    return {"name": name, "address": address, "size": size, "instructions": lines}


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
    for kind, table, make, wanted, every in (
        (_PROGRAMS, "prog_idr", _program, program, options.P or both),
        (_MAPS, "map_idr", _map, one_map, options.M or both),
    ):
        found = False
        for number, address in _entries(dump, table):
            if isinstance(address, Error):
                yield {"kind": kind, "error": fault(address)}
            elif every or number == wanted:
                found = True
                row = make(dump, number, address)
                if kind == _PROGRAMS and "translated" in row:
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
            row["instructions"] = list(_instructions(dump, row))
        if options.j:
            row["functions"] = [_compiled(dump, *one) for one in _functions(dump, row)]
    except Error as error:
        row["error"] = fault(error, partial=True)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    programs, maps = (bool(one or every) or _both(options) for one, every in ((options.p, options.P), (options.m, options.M)))
    last = None
    for row in rows:
        is_program = row["kind"] == _PROGRAMS
        if not is_program and (last == _PROGRAMS or (last is None and programs)):
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
    if programs and maps and last != _MAPS:
        yield ""


def _width(dump: Dump) -> int:
    """Of the column of a map's type: crash takes the longest of these names, but one letter too many."""
    return max(len(name) for name, _ in dump.enumerator_type("BPF_MAP_TYPE_UNSPEC").enumerators()) - len("BPF_PROG_TYPE_")


def _title(kind: str, width: int) -> str:
    if kind == _PROGRAMS:
        return f"{centered('ID', 4)} {centered('BPF_PROG', 16)} {centered('BPF_PROG_AUX', 16)} BPF_PROG_TYPE       TAG        USED_MAPS"
    return f"{centered('ID', 4)} {centered('BPF_MAP', 16)} {centered('BPF_MAP_TYPE', width)} MAP_FLAGS"


def _line(row: Row, width: int) -> str:
    line = f"{centered(str(row['id']), 4)} {row['address']:016x}" if "address" in row else ""
    if "tag" in row:
        maps = ",".join(map(str, row.get("maps", ())))
        line += f" {row['aux']:016x} {centered(row['type'], 13)} {row['tag']} {centered(maps, 9)}"
    elif "flags" in row:
        line += f" {centered(row['type'], width)}  {row['flags']:08x}"
    return line.rstrip() + (f" {mark(row)}" if "error" in row else "")


def _more(row: Row) -> Iterator[str]:
    """The lines that -p, -P, -m and -M add."""
    name = f'"{row["name"]}"' if row["name"] else "(unused)"
    if row["kind"] == _MAPS:
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
    both = [("bpf_prog", row.get("address")), ("bpf_prog_aux", row.get("aux"))] if row["kind"] == _PROGRAMS else [("bpf_map", row.get("address"))]
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
