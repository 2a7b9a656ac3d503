#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Say where the megabytes of the executable go: a table by component.

usage: size.py EXECUTABLE MAP TABLE

MAP is the linker's map, TABLE the freezer's table.json. The sum of the rows is the size of the file: what neither explains
(headers, alignment) has a row of its own.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path

NOT_IN_FILE = (".bss", ".tbss", ".comment", ".debug", ".eh_frame", ".symtab", ".strtab", ".note.GNU-stack")
"""Sections that are stripped, or take no space in the file."""

LIBRARIES = {"libc.a": "musl", "libcrypt.a": "musl", "libm.a": "musl"}
"""Archives whose component has another name than the archive."""

UNICODE = re.compile(r"index\d|packed_name|dawg|phrasebook|decomp|comp_|changes_|nfc_|_PyUnicode_|ExtendedCase|derived_|"
                     r"_PyUnicode_TypeRecords|reindex|charnames|aliases|named_seq")  # fmt: skip


def placed(text: str) -> list[tuple[str, int, str]]:
    """(section, size, file) of everything in the memory map of a linker map."""
    found = []
    section = ""
    for line in text[text.index("Linker script and memory map") :].splitlines():
        # A long name of a section has a line to itself.
        if alone := re.match(r"^ (\.\S+)$", line):
            section = alone[1]
            continue
        if row := re.match(r"^ (\.\S+|COMMON)?\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*)$", line):
            name = row[1] or section
            if int(row[2], 16) and int(row[3], 16) and name:
                found.append((name, int(row[3], 16), row[4]))
        section = ""
    return found


def component(section: str, file: str) -> str:
    name = file.rpartition("/")[2]
    if "/obj/src/" in file:
        return "pykd: C core"
    if name == "python.o":
        symbol = section.partition(".")[2].partition(".")[2]
        if section.startswith(".text"):
            return "CPython: code"
        if UNICODE.match(symbol):
            return "CPython: tables of Unicode"
        if symbol.startswith("_Py_M_"):
            return "CPython: core of the import system"
        return "CPython: constants" if section.startswith((".rodata", ".data.rel.ro")) else "CPython: types and state"
    if ".a(" in name:
        library = name.partition("(")[0]
        return "libgcc" if library.startswith("libgcc") else LIBRARIES.get(library, library.removeprefix("lib").removesuffix(".a"))
    return "start files of the compiler"


def frozen(rows: list[tuple[str, int, int, int, int]]) -> Counter[str]:
    """Bytes by group of what the freezer has made."""
    found: Counter[str] = Counter()
    for path, source, _, code, size in rows:
        top = path.partition("/")[0]
        group = {"pylib": "standard library", "dist-packages": "packages of others"}.get(top, "framework and programs")
        if path.startswith("pykd/licences/"):
            group = "licence texts"
        if code:
            found[f"frozen: {group}, code, {'as it is' if code == size else 'packed'}"] += code
        found[f"frozen: {group}, {'sources' if path.endswith('.py') else 'data'}, packed"] += source
    return found


def table(executable: int, linker_map: str, rows: list[tuple[str, int, int, int, int]]) -> list[tuple[str, int]]:
    """(component, bytes), the largest first; the last row is what is left over."""
    sizes: Counter[str] = Counter()
    for section, size, file in placed(linker_map):
        if section.startswith(NOT_IN_FILE) or section == "COMMON":
            continue
        if file.endswith("/frozen.o"):
            sizes["frozen: tables and dictionaries"] += size
        else:
            sizes[component(section, file)] += size
    pieces = frozen(rows)
    sizes["frozen: tables and dictionaries"] -= pieces.total()
    sizes += pieces
    return [*sizes.most_common(), ("headers and alignment", executable - sizes.total())]


def main(executable: str, linker_map: str, rows: str) -> None:
    size = Path(executable).stat().st_size
    found = table(size, Path(linker_map).read_text(encoding="utf-8", errors="replace"), json.loads(Path(rows).read_bytes()))
    print(f"{'component':<56} {'bytes':>10} {'%':>6}")
    for name, length in [*found, ("the whole file", size)]:
        print(f"{name:<56} {length:>10,} {100 * length / size:>6.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
