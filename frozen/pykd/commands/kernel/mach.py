# SPDX-License-Identifier: GPL-2.0-or-later
"""``mach``: the machine."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.commands.data.struct_ import find_struct, formatter_of, structure
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.kernel import cpus, firmware, machine, sysinfo, timekeeping
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

STACKS = ("IRQ", "DOUBLEFAULT", "NMI", "DEBUG", "MCE", "VC", "OVERFLOW", "SDEI", "SDEI_CRITICAL")


def _stack_size(session: Session) -> int:
    start, end = session.dump.stack_of_task(session.task)
    return end - start


def _address(number: int) -> Row:
    return {"value": f"{number:016x}", "address": number}


def _size(number: int) -> Row:
    return {"value": str(number), "bytes": number}


def _speed(mhz: int) -> Row:
    return {"value": f"{mhz} Mhz", "mhz": mhz} if mhz else {"value": "(unknown)"}


def _machine(session: Session) -> Iterator[Row]:
    dump = session.dump
    layout, of = dump.layout, machine.of(dump)
    fields: tuple[tuple[str, Callable[[], Row]], ...] = (
        ("MACHINE TYPE", lambda: {"value": dump.arch}),
        ("MEMORY SIZE", lambda: {"value": sysinfo.size_text(size := sysinfo.memory_size(dump)), "bytes": size}),
        ("CPUS", lambda: {"value": sysinfo.CPUS(dump)} | sysinfo.NUMBERS["CPUS"](dump)),
        ("PROCESSOR SPEED", lambda: _speed(sysinfo.processor_mhz(dump))),
        ("HZ", lambda: {"value": str(hz := timekeeping.hz(dump)), "hz": hz}),
        ("PAGE SIZE", lambda: _size(dump.page_size)),
        ("KERNEL VIRTUAL BASE", lambda: _address(of.virtual_base(dump))),
        ("KERNEL VMALLOC BASE", lambda: _address(of.vmalloc(dump)[0])),
        ("KERNEL VMEMMAP BASE", lambda: _address(of.vmemmap(dump)[0])),
        ("KERNEL START MAP", lambda: _address(layout["image_start"])),
        ("KERNEL MODULES BASE", lambda: _address(of.modules(dump)[0])),
        ("KERNEL STACK SIZE", lambda: _size(_stack_size(session))),
    )
    for name, value in fields:
        try:
            yield {"name": name} | value()
        except Error as error:
            yield {"name": name, "error": fault(error)}
    yield from _stacks(dump)


def _stacks(dump: Dump) -> Iterator[Row]:
    found: dict[str, dict[int, tuple[int, int]]] = {kind: {} for kind in STACKS}
    for cpu in cpus.possible(dump):
        try:
            for kind, start, end in dump.stacks_of_cpu(cpu):
                if kind in found:
                    found[kind][cpu] = start, end - start
        except Error as error:
            yield {"name": f"CPU {cpu} STACKS", "error": fault(error)}
    for kind, stacks in found.items():
        for cpu, (start, size) in stacks.items():
            yield {"stack": kind, "cpu": cpu, "start": start, "size": size, "mapped": _is_mapped(dump, start)}


def _is_mapped(dump: Dump, address: int) -> bool:
    """The VC stacks have addresses on all machines, but pages only where memory is encrypted."""
    return isinstance(dump.walk(address)[1], int)


def _memory_map(dump: Dump) -> Iterator[Row]:
    for one in firmware.memory_map(dump):
        if isinstance(one, Error):
            yield {"error": fault(one)}
        else:
            yield {"start": one.start, "end": one.end, "type": firmware.E820_TYPES.get(one.type, f"type {one.type}")}


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    if options.o:
        raise CommandError("-o option not supported or applicable on this architecture or kernel")
    if options.m:
        if not machine.of(dump).has_memory_map:
            raise CommandError("-m option not supported or applicable on this architecture or kernel")
        yield from _memory_map(dump)
    elif options.c:
        variable, struct = machine.of(dump).processor
        if not variable:
            raise CommandError("-c option not supported or applicable on this architecture or kernel")
        base = dump.symbol(variable).address
        formatter, type = formatter_of(session, options), find_struct(session, struct)
        yield from ({"cpu": cpu} | structure(formatter, type, cpus.address_on(base, cpu, dump), values=options.values) for cpu in cpus.possible(dump))
    else:
        yield from _machine(session)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.m:
        yield "      PHYSICAL ADDRESS RANGE         TYPE"
        for row in rows:
            yield mark(row) if "error" in row else f"{row['start']:016x} - {row['end']:016x}  {row['type']}"
    elif options.c:
        yield from context.separated([f"CPU {row['cpu']}:", *row["lines"]] for row in rows)
    else:
        yield from _machine_text(rows)


def _machine_text(rows: Iterable[Row]) -> Iterator[str]:
    last = None
    for row in rows:
        if "stack" in row:
            if row["stack"] != last:
                last = row["stack"]
                yield f"{last + ' STACK SIZE':>22}: {row['size']}"
                yield f"{last + ' STACKS':>22}:"
            yield f"{'CPU ' + str(row['cpu']):>22}: {row['start']:x}" + ("" if row["mapped"] else " [unavailable]")
        else:
            yield f"{row['name']:>22}: " + (row["value"] if "value" in row else mark(row))


COMMAND = Command(
    name="mach",
    summary="the machine",
    topic="kernel",
    options=(
        Option("-m", help="the memory map of the firmware"),
        Option("-c", help="what the kernel knows of each CPU: struct cpuinfo_x86, cpuinfo_arm64"),
        Option("-o", help="refused: POWER's firmware"),
        Option("-x", help="integers in hexadecimal"),
        Option("-d", help="integers in decimal"),
    ),
    fields={
        "name": "of a property", "value": "as text; as data it is one of", "bytes": "", "count": "CPUs present", "online": "CPUs", "mhz": "", "hz": "",
        "stack": "kind", "cpu": "", "start": "", "size": "bytes", "mapped": "", "end": "", "type": "",
        "address": "of memory; -c: of struct cpuinfo_x86 or the like", "lines": "-c: of text",
    },
    rows=rows,
    text=text,
)
