# SPDX-License-Identifier: GPL-2.0-or-later
"""``bpf``: BPF programs and maps."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Dump, Error
from pykd.command import Command, CommandError, Option, Row, centered
from pykd.kernel import timekeeping
from pykd.session import Session
from pykd.xarray import xa_entries

MAX_MAPS = 64
"""Maps of one program"""


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
    row: Row = {"kind": "program", "id": number, "address": address}
    try:
        program: Any = dump.object("struct bpf_prog", address)
        aux = program.aux
        row |= {"aux": int(aux), "type": _name(dump, "BPF_PROG_TYPE_", "BPF_PROG_TYPE_UNSPEC", int(program.type))}
        row["name"] = str(aux.name)
        member = dump.type("struct bpf_prog").member("tag")
        row["tag"] = dump.read(address + member.offset, 8).hex() if member else ""
        row["code"], row["code_size"] = int(program.bpf_func), program.jited_len
        row |= {"translated": program.len * 8, "pages": program.pages, "gpl": bool(program.gpl_compatible), "loaded": aux.load_time}
        row["uid"] = aux.user.uid.val if aux.user else None
        count = min(aux.used_map_cnt, MAX_MAPS)
        maps = memoryview(dump.read(int(aux.used_maps), 8 * count)).cast("Q") if count else ()
        row["maps"] = [dump.object("struct bpf_map", one).id for one in maps]
    except Error as error:
        row["error"] = str(error)
    return row


def _map(dump: Dump, number: int, address: int) -> Row:
    row: Row = {"kind": "map", "id": number, "address": address}
    try:
        one: Any = dump.object("struct bpf_map", address)
        row |= {"type": _name(dump, "BPF_MAP_TYPE_", "BPF_MAP_TYPE_UNSPEC", int(one.map_type)), "flags": one.map_flags, "name": str(one.name)}
        # 80ee81e0403c ("bpf: Eliminate rlimit-based memory accounting infra for bpf maps") (in v5.11) took owner and size away
        memory: Any = one.memory if one.hasField("memory") else None
        row |= {"uid": memory.user.uid.val if memory and memory.user else None, "pages": memory.pages if memory else None}
        row |= {"key_size": one.key_size, "value_size": one.value_size, "max_entries": one.max_entries}
    except Error as error:
        row["error"] = str(error)
    return row


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
    everything = not (options.p or options.P or options.m or options.M)
    for kind, table, make, wanted, every in (
        ("program", "prog_idr", _program, program, options.P or everything),
        ("map", "map_idr", _map, one_map, options.M or everything),
    ):
        found = False
        for number, address in _entries(dump, table):
            if isinstance(address, Error):
                yield {"kind": kind, "error": str(address)}
            elif every or number == wanted:
                found = True
                yield make(dump, number, address)
        if wanted is not None and not found:
            raise CommandError(f"invalid {kind} ID: {wanted}")


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    last = None
    for row in rows:
        if row["kind"] != last:
            if last:
                yield ""
            last = row["kind"]
            yield (
                " ID      BPF_PROG       BPF_PROG_AUX   BPF_PROG_TYPE       TAG        USED_MAPS"
                if last == "program"
                else " ID      BPF_MAP       BPF_MAP_TYPE   MAP_FLAGS"
            )
        yield _line(row)
        if (options.p or options.P or options.m or options.M) and "uid" in row:
            yield from _more(row, session)
        if options.s and "address" in row:
            yield from _structures(row, options, session)
        if options.j and row.get("code_size"):
            yield from (f"{one.address:#x}:\t{one.text}" for one in session.dump.disassemble(row["code"], row["code_size"]))
    if last is None:
        yield ""


def _line(row: Row) -> str:
    line = f"{row['id']:^4} {row['address']:016x}" if "address" in row else ""
    if "tag" in row:
        maps = ",".join(map(str, row.get("maps", ())))
        line += f" {row['aux']:016x} {centered(row['type'], 13)} {row['tag']} {centered(maps, 9)}"
    elif "flags" in row:
        line += f" {centered(row['type'], 15)}  {row['flags']:08x}"
    return line.rstrip() + (f" (error: {row['error']})" if "error" in row else "")


def _more(row: Row, session: Session) -> Iterator[str]:
    """The lines that -p, -P, -m and -M add."""
    memory = "(unknown)" if row["pages"] is None else row["pages"] * session.dump.page_size
    last = f'NAME: "{row["name"]}"  UID: {"(unknown)" if row["uid"] is None else row["uid"]}'
    if row["kind"] == "map":
        yield f"     KEY_SIZE: {row['key_size']}  VALUE_SIZE: {row['value_size']}  MAX_ENTRIES: {row['max_entries']}  MEMLOCK: {memory}"
        yield f"     {last}"
        return
    boot = timekeeping.now(session.dump) - timekeeping.jiffies_since_boot(session.dump) / timekeeping.hz(session.dump)
    yield f"     XLATED: {row['translated']}  JITED: {row['code_size']}  MEMLOCK: {memory}"
    yield f"     LOAD_TIME: {time.strftime('%a %b %e %H:%M:%S %Y', time.localtime(boot + row['loaded'] / 1e9))}"
    yield f"     GPL_COMPATIBLE: {'yes' if row['gpl'] else 'no'}  {last}"


def _structures(row: Row, options: Any, session: Session) -> Iterator[str]:
    from pykd.commands.struct_ import find_struct, formatter_of, value_lines

    formatter = formatter_of(session, options)
    shown = [("bpf_prog", row["address"]), ("bpf_prog_aux", row.get("aux"))] if row["kind"] == "program" else [("bpf_map", row["address"])]
    for name, address in shown:
        if address:
            yield ""
            yield from value_lines(session, formatter, find_struct(session, name), address, [], object())


COMMAND = Command(
    name="bpf",
    summary="BPF programs and maps",
    topic="kernel",
    options=(
        Option("-p", "ID", help="one program"),
        Option("-P", help="all programs"),
        Option("-m", "ID", help="one map"),
        Option("-M", help="all maps"),
        Option("-s", help="their structures too"),
        Option("-j", help="disassemble the compiled programs"),
        Option("-x", help="integers in hexadecimal"),
        Option("-d", help="integers in decimal"),
    ),
    fields={
        "kind": "program or map", "id": "", "address": "struct bpf_prog or bpf_map", "aux": "struct bpf_prog_aux", "type": "", "tag": "",
        "maps": "IDs", "name": "", "code": "address", "code_size": "bytes", "translated": "bytes of BPF code", "pages": "", "gpl": "", "uid": "",
        "loaded": "ns after boot", "flags": "", "key_size": "bytes", "value_size": "bytes", "max_entries": "",
    },
    rows=rows,
    text=text,
    reads=True,
)
