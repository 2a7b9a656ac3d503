# SPDX-License-Identifier: GPL-2.0-or-later
"""``pykd profile``: everything about one build of a kernel that a dump may lack, in a file of a few megabytes."""

from __future__ import annotations

import os
import re
import struct
import sys

from _pykd import Dump, Error, debug_info
from pykd.app import firstbytes, profilefile
from pykd.app.profilefile import Kernel
from pykd.app.verbs import taken_apart
from pykd.core.errors import UsageError, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

USAGE = f"""\
usage: pykd profile DUMP|VMLINUX [-o FILE|FOLDER]

Writes what is known of one build of a kernel and may be missing where its dumps are: of a vmlinux its symbols, types of everything, unwind tables (ORC),
source lines and inlined functions; of a dump its symbols, types (BTF) and unwind tables. The file has a few megabytes and is named by its build-id:

    pykd profile vmlinux -o profiles/          where the vmlinux is, once
    pykd --profile profiles/ vmcore            where the dumps are

  -o FILE        the file, or a folder for BUILD-ID{profilefile.SUFFIX}; default: the current folder

--profile takes the file, or a folder where the one with the dump's build-id is looked for; one of another build is refused.

Exit status: 0 written, 1 it could not be written, 2 wrong usage, 3 the file cannot be read or says too little.
"""

_BUILD_ID = 3
"""``NT_GNU_BUILD_ID``"""


class Lacking(Exception):
    """What a profile cannot be without."""


def names(symbols: Iterable[tuple[int, str, str]]) -> bytes:
    """Symbols as a section: their number, then distances of addresses in LEB128, types, names with a NUL each.

    :param symbols: (address as linked, type, name)
    """
    rows = sorted(symbols)
    distances, last = bytearray(), 0
    for address, _, _ in rows:
        distance, last = address - last, address
        while distance > 0x7F:
            distances.append(distance & 0x7F | 0x80)
            distance >>= 7
        distances.append(distance)
    types = "".join(letter for _, letter, _ in rows).encode("ascii", "replace")
    return struct.pack("<I", len(rows)) + bytes(distances) + types + b"".join(name.encode("utf-8", "surrogateescape") + b"\0" for _, _, name in rows)


def sorted_orc(ips: bytes, entries: bytes, start: int, big: bool) -> tuple[bytes, bytes]:
    """ORC tables as the kernel sorts them when it boots (those of before Linux 5.6 are not sorted in the file).

    :param start: the address of *ips*; each is relative to its own.
    """
    count, order = len(ips) // 4, ">" if big else "<"
    size = len(entries) // count if count else 0
    places = [start + 4 * number + ip for number, (ip,) in enumerate(struct.iter_unpack(f"{order}i", ips))]
    if not size or size > 8 or places == sorted(places):
        return ips, entries
    # Of equal addresses the one that ends what came before, which has no stack pointer, comes first.
    numbers = sorted(range(count), key=lambda number: (places[number], entries[number * size + 4] & 0xF != 0))
    moved = struct.pack(f"{order}{count}i", *(places[number] - start - 4 * place for place, number in enumerate(numbers)))
    return moved, b"".join(entries[number * size : (number + 1) * size] for number in numbers)


def of_vmlinux(path: str) -> tuple[Kernel, dict[str, bytes]]:
    """:raises Error, Lacking:"""
    info: dict[str, Any] = debug_info(path)
    if not info["build_id"]:
        raise Lacking(f"{path} has no build-id, so nobody could tell of which kernel a profile of it is")
    if not info["symbols"] and "types" not in info:
        raise Lacking(f"{path} has neither symbols nor debug info")
    sections = {name: info[name] for name in ("types", "line_strings", "line_index", "line_rows") if name in info}
    sections["btf"] = info.get(".BTF", b"")
    sections["names"] = names(info["symbols"])
    start = next((address for address, _, name in info["symbols"] if name == "__start_orc_unwind_ip"), None)
    if start is not None and ".orc_unwind" in info and ".orc_unwind_ip" in info:
        sections["orc_ip"], sections["orc"] = sorted_orc(info[".orc_unwind_ip"], info[".orc_unwind"], start, info["big"])
        sections["orc_header"] = info.get(".orc_header", b"")
    return Kernel(info["machine"] or "", info["big"], info["build_id"], _release(path)), sections


def _release(path: str) -> str:
    """As its banner says: a vmlinux has it in a section that no debugger needs, early in the file."""
    with open(path, "rb") as file:
        before = b""
        while block := file.read(1 << 20):
            if found := re.search(rb"Linux version (\S{1,71}) \(", before + block):
                return found[1].decode("ascii", "replace")
            before = block[-256:]
    return ""


def build_id(dump: Dump) -> str:
    """In hexadecimal: VMCOREINFO's, or that of the notes in the kernel's memory; empty if it cannot be told."""
    note = dump.vmcoreinfo.get("BUILD-ID", "")
    if note:
        return note
    try:
        start, end = dump.address_of("__start_notes"), dump.address_of("__stop_notes")
        notes = dump.read(start, min(end - start, 1 << 16))
    except Error:
        return ""
    order, offset = "<" if dump.byteorder == "little" else ">", 0
    while offset + 12 <= len(notes):
        name_len, length, kind = struct.unpack_from(f"{order}3I", notes, offset)
        begin = offset + 12 + (name_len + 3 & ~3)
        if kind == _BUILD_ID and notes[offset + 12 : offset + 16] == b"GNU\0":
            return notes[begin : begin + length].hex()
        offset = begin + (length + 3 & ~3)
    return ""


def of_dump(dump: Dump) -> tuple[Kernel, dict[str, bytes]]:
    """:raises Error, Lacking:"""
    identity = build_id(dump)
    if not identity:
        raise Lacking(f"the build-id of the kernel of {dump.path} is not known, so nobody could tell of which kernel a profile of it is")
    if dump.names_origin or dump.types_origin:
        raise Lacking(f"names or types of {dump.path} come from {dump.names_origin or dump.types_origin}")
    text, shift = dump.address_of("_text"), dump.layout["kaslr_offset"]
    symbols = list(dump.kernel_symbols())
    if len(symbols) < dump.symbol_nr:
        raise Lacking(f"{dump.symbol_nr - len(symbols)} of the {dump.symbol_nr} symbols of {dump.path} cannot be read")
    sections = {
        "names": names((one.address - (shift if one.address >= text and one.type not in "aA" else 0), one.type, one.name) for one in symbols),
    }
    for name, start, end in (
        ("btf", "__start_BTF", "__stop_BTF"),
        ("orc_ip", "__start_orc_unwind_ip", "__stop_orc_unwind_ip"),
        ("orc", "__start_orc_unwind", "__stop_orc_unwind"),
    ):
        first, last = dump.address_of(start, "", default=0), dump.address_of(end, "", default=0)
        if 0 < first < last:
            sections[name] = dump.read(first, last - first)
    header = dump.address_of("orc_header", "", default=0)
    if header and "orc" in sections:
        sections["orc_header"] = dump.read(header, 20)
    return Kernel(dump.arch, dump.byteorder == "big", identity, dump.vmcoreinfo.get("OSRELEASE", "")), sections


def made(path: str, level: int = 9) -> tuple[Kernel, bytes]:
    """The profile of a dump's kernel or of a vmlinux. :raises Error, Lacking, OSError:"""
    if firstbytes.is_vmlinux(path):
        kernel, sections = of_vmlinux(path)
    else:
        with Dump(path) as dump:
            kernel, sections = of_dump(dump)
    return kernel, profilefile.packed(kernel, sections, level)


def main(words: Sequence[str]) -> int:
    """Write what *words* (behind ``profile``) ask for; the exit status. :raises UsageError:"""
    paths: list[str] = []
    target = "."
    for option, word in taken_apart(words, values=("-o",)):
        if option:
            target = word
        else:
            paths.append(word)
    if len(paths) != 1:
        raise UsageError("one dump or vmlinux is needed" if not paths else f"one file at a time: {paths[1]}")
    try:
        kernel, content = made(paths[0])
    except (Error, Lacking) as error:
        print(f"pykd: {reason_of(error) if isinstance(error, Error) else error}", file=sys.stderr)
        return 3
    except OSError as error:
        print(f"pykd: {error.filename}: {error.strerror}", file=sys.stderr)
        return 3
    if os.path.isdir(target) or target.endswith("/"):
        os.makedirs(target, exist_ok=True)
        target = os.path.join(target, kernel.build_id + profilefile.SUFFIX)
    from pykd.core.output import opened

    with open(opened(target), "wb") as file:
        file.write(content)
    print(f"{target}: {kernel.release or 'a kernel'}, {kernel.machine}, build-id {kernel.build_id}, {len(content) / 1e6:.1f} MB")
    return 0
