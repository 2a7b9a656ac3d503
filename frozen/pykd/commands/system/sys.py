# SPDX-License-Identifier: GPL-2.0-or-later
"""``sys``: the system that crashed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Dump, Error
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault, mark
from pykd.kernel import syscalls, sysinfo
from pykd.kernel.modules import TAINTS
from pykd.session.command import Command, Option
from pykd.session.session import Session

# enum dmi_field of include/linux/mod_devicetable.h begins so since v2.6; BTF has it where the kernel uses it by name.
_DMI_NONE = "DMI_NONE"


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    if options.panic:
        raise CommandError("cannot panic a dumpfile!")
    if options.c:
        yield from _system_calls(dump, options.arguments)
    elif options.t:
        yield _taint(dump)
    elif options.i:
        yield from _identification(dump)
    elif options.arguments:
        if options.arguments != ["config"]:
            raise UsageError(f"unknown argument {options.arguments[0]}")
        for line in _config(dump).splitlines():
            yield {"line": line}
    else:
        for name in sysinfo.FIELDS:
            value = sysinfo.field(dump, name)
            if value is not None:
                yield {"field": name, "value": value}


def _system_calls(dump: Dump, wanted: list[str]) -> Iterator[Row]:
    found = False
    for number, symbol in enumerate(syscalls.table(dump)):
        if wanted and not any(_matches(word, number, symbol.name) for word in wanted):
            continue
        found = True
        yield {"number": number, "name": symbol.name, "address": symbol.address}
    if wanted and not found:
        raise CommandError(f"no system call {wanted[0]}")


def _matches(word: str, number: int, name: str) -> bool:
    try:
        return int(word, 0) == number
    except ValueError:
        return word in name


def _taint(dump: Dump) -> Row:
    mask = dump.read_unsigned(dump.symbol("tainted_mask", "").address)
    letters = [letter for bit, letter in enumerate(TAINTS) if mask >> bit & 1]
    return {"mask": mask, "letters": "".join(letters)}


def _identification(dump: Dump) -> Iterator[Row]:
    """``dmi_ident``: an array of strings, indexed by enum dmi_field."""
    table = dump.symbol("dmi_ident", "")
    pointers = memoryview(dump.read(table.address, table.size // 8 * 8)).cast("Q")
    names = {number: name for name, number in _dmi_fields(dump)}
    for number, pointer in enumerate(pointers):
        name = names.get(number)
        if name is None or name == _DMI_NONE or not pointer:
            continue
        try:
            yield {"field": name, "value": dump.read_string(pointer).decode("utf-8", "backslashreplace")}
        except Error as error:
            yield {"field": name, "error": fault(error)}


def _dmi_fields(dump: Dump) -> list[tuple[str, int]]:
    found = dump.find_type("enum", "dmi_field")
    if found is None:
        raise CommandError("the types of the kernel do not have enum dmi_field")
    return found.enumerators()


def _config(dump: Dump) -> str:
    """CONFIG_IKCONFIG: a gzip file between the marks ``IKCFG_ST`` and ``IKCFG_ED`` in kernel/configs.c."""
    import zlib

    address = dump.address_of("kernel_config_data", "", default=0)
    if not address:
        raise CommandError("kernel_config_data does not exist in this kernel")
    end = dump.address_of("kernel_config_data_end", "", default=0)
    size = end - address if end > address else dump.symbol("kernel_config_data", "").size
    data = dump.read(address, min(size, 1 << 20))
    if data.startswith(b"IKCFG_ST"):
        data = data[8:]
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, 1 << 24).decode("utf-8", "replace")
    except zlib.error as error:
        raise CommandError(f"kernel_config_data cannot be decompressed: {error}") from None


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.c:
        yield "NUM  SYSTEM CALL"
        for row in rows:
            yield f"{row['number']:3d}  {row['name']}"
    elif options.t:
        for row in rows:
            yield f"TAINTED_MASK: {row['mask']:x}  {row['letters']}"
    elif options.arguments:
        for row in rows:
            yield row["line"]
    else:
        width = 25 if options.i else 12
        for row in rows:
            first, *others = row["value"].split("\n") if "value" in row else [mark(row)]
            yield f"{row['field']:>{width}}: {first}" if first or options.i else f"{row['field']:>{width}}:"
            for other in others:
                yield " " * (width + 2) + other


COMMAND = Command(
    name="sys",
    summary="the system that crashed",
    topic="system",
    options=(
        Option("-c", help="system calls: all, or those of a NUMBER or with NAME in theirs"),
        Option("-t", help="what taints the kernel"),
        Option("-i", help="what the firmware says of the machine (DMI)"),
        Option("-panic", help="refused: a dump is not a running system"),
    ),
    arguments="[config] [NAME|NUMBER]…",
    description="Without options: the dump, the machine, when and why it crashed. `sys config` prints the kernel's configuration,\n"
    "where it has it (CONFIG_IKCONFIG).",
    fields={
        "field": "name of the line, or of the DMI field",
        "value": "text",
        "number": "of the system call (-c)",
        "name": "of its function (-c)",
        "address": "of its function (-c)",
        "mask": "bits of tainted_mask (-t)",
        "letters": "their letters (-t)",
        "line": "of the configuration",
    },
    examples=(("sys", "the system"), ("sys -c read", "system calls with read in their names")),
    rows=rows,
    text=text,
)
