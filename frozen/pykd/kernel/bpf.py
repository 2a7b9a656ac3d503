# SPDX-License-Identifier: GPL-2.0-or-later
"""BPF programs and maps: the tables of them, what each is, and the code of programs."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.members import has_member, offset_of
from pykd.core.rows import Row, fault
from pykd.kernel import timekeeping
from pykd.kernel.lists.xarray import xa_entries
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

PROGRAM, MAP = "program", "map"
TABLES = {PROGRAM: "prog_idr", MAP: "map_idr"}
_CODE = "bpf_prog_free_id"
"""A function of kernels that have BPF: where it is, tables that are not to be found are lost."""
MAX_MAPS = 64
"""Maps of one program"""
MAX_FUNCTIONS = 256
"""Functions of one program, as BPF_MAX_SUBPROGS"""
MAX_CODE = 1 << 23
"""Bytes of the instructions of one program; the verifier takes a million"""


def entries(dump: Dump, kind: str) -> Iterator[tuple[int, int | Error]]:
    """(ID, address of the ``struct bpf_prog`` or ``struct bpf_map``) of all of one kind, and the errors met on the way with 0; empty where the
    kernel was built without BPF."""
    if not any(dump.address_of(name, "", default=0) for name in (*TABLES.values(), _CODE)):
        return
    problems: list[str] = []
    try:
        address = dump.symbol(TABLES[kind], "").address
        yield from xa_entries(dump, address + offset_of(dump.struct_class("struct idr"), "idr_rt"), problems.append)
    except Error as error:
        yield 0, error
    if problems:
        yield 0, Error(problems[0])


def _name(dump: Dump, prefix: str, probe: str, value: int) -> str:
    for name, number in dump.enumerator_type(probe).enumerators():
        if number == value:
            return name.removeprefix(prefix)
    return str(value)


def program_row(dump: Dump, number: int, address: int) -> Row:
    """What is known of a ``struct bpf_prog``: kind, id, address, aux (``struct bpf_prog_aux``), type, name, tag, code and code_size (bytes) of
    what was compiled, translated (bytes of BPF code), memory (bytes), gpl, loaded (ns after boot), date (the same in s since 1970), uid (None:
    not known), maps (IDs). ``error`` is what ended it."""
    row: Row = {"kind": PROGRAM, "id": number, "address": address}
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


def map_row(dump: Dump, number: int, address: int) -> Row:
    """What is known of a ``struct bpf_map``: kind, id, address, type, flag_bits, flags (names), name, key_size and value_size (bytes), max_entries, uid (None: not
    known), memory (bytes, about, since v5.11). ``error`` is what ended it."""
    row: Row = {"kind": MAP, "id": number, "address": address}
    try:
        one: Any = dump.object("struct bpf_map", address)
        row |= {"type": _name(dump, "BPF_MAP_TYPE_", "BPF_MAP_TYPE_UNSPEC", int(one.map_type)), "name": str(one.name)}
        row |= {"flag_bits": (flags := int(one.map_flags)), "flags": _map_flags(dump, flags)}
        row |= {"key_size": one.key_size, "value_size": one.value_size, "max_entries": one.max_entries}
        # 80ee81e0403c ("bpf: Eliminate rlimit-based memory accounting infra for bpf maps") (in v5.11) took owner and size away
        memory: Any = one.memory if has_member(one, "memory") else None
        row["uid"] = memory.user.uid.val if memory and memory.user else None
        row["memory"] = memory.pages * dump.page_size if memory else _map_size(dump, row, address)
    except Error as error:
        row["error"] = fault(error)
    return row


def _map_flags(dump: Dump, flags: int) -> list[str]:
    """Names of the bits of ``map_flags``, by the kernel's own enumerators."""
    names = {value: name for name, value in dump.enumerator_type("BPF_F_NO_PREALLOC").enumerators()} if flags else {}
    return [names.get(1 << bit, f"bit {bit}") for bit in range(flags.bit_length()) if flags >> bit & 1]


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


def instructions(dump: Dump, row: Row) -> Iterator[Row]:
    """The program of :func:`program_row` as the verifier has left it: slot, code, text."""
    from pykd.values import ebpf

    maps = {address: f"map[id:{number}]" for number, address in entries(dump, MAP) if not isinstance(address, Error)}
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


def functions(dump: Dump, row: Row) -> Iterator[tuple[str, int, int]]:
    """(name, address, bytes) of what was compiled: the program, and those of its functions that are apart from it."""
    yield row["name"], row["code"], row["code_size"]
    aux: Any = dump.object("struct bpf_prog_aux", row["aux"])
    count = min(aux.func_cnt, MAX_FUNCTIONS) if has_member(aux, "func_cnt") else 0
    for pointer in words_of(dump, dump.read(int(aux.func), 8 * count))[1:] if count > 1 else ():
        program: Any = dump.object("struct bpf_prog", pointer)
        yield str(program.aux.name), int(program.bpf_func), program.jited_len


def compiled(dump: Dump, name: str, address: int, size: int) -> Row:
    """One of :func:`functions`: name, address, size (bytes), instructions (address, code, text, symbol: what it goes to)."""
    lines = []
    for one in dump.disassemble(address, min(size, MAX_CODE)) if size else ():
        target = dump.symbol_at(one.target) if one.target and not address <= one.target < address + size else None
        offset = one.target - target.address if target else 0
        symbol = f"{target.name}+{offset}" if target and offset else target.name if target else None
        lines.append({"address": one.address, "code": one.code.hex(), "text": one.text, "symbol": symbol})
    return {"name": name, "address": address, "size": size, "instructions": lines}
