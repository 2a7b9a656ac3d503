# SPDX-License-Identifier: GPL-2.0-or-later
"""``help -m``: what crash keeps about the machine, by its names; programs read the addresses of the kernel's areas here."""

from __future__ import annotations

from _pykd import Dump
from pykd.commands.session import _help_fields
from pykd.commands.session._help_fields import Value
from pykd.core.rows import Row
from pykd.kernel import cpus, irqs, machine, sysinfo, timekeeping
from pykd.kernel.mm import sections
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

WIDE = 25
NARROW = 19


def rows(session: Session) -> Iterator[Row]:
    dump = session.dump
    return _help_fields.rows((NARROW, _machine(session)), (WIDE, _areas(dump)))


def _machine(session: Session) -> tuple[tuple[str, Value], ...]:
    dump = session.dump
    page, layout = dump.page_size, dump.layout
    return (
        ("kvbase", lambda: f"{machine.of(dump).virtual_base(dump):x}"),
        ("identity_map_base", lambda: f"{machine.of(dump).virtual_base(dump):x}"),
        ("pagesize", lambda: str(page)),
        ("pageshift", lambda: str(page.bit_length() - 1)),
        ("pagemask", lambda: f"{(1 << 64) - page:x}"),
        ("pageoffset", lambda: f"{page - 1:x}"),
        ("stacksize", lambda: str(_stack_size(session))),
        ("hz", lambda: str(timekeeping.hz(dump))),
        ("mhz", lambda: str(sysinfo.processor_mhz(dump))),
        ("memsize", lambda: _memory_size(dump)),
        ("bits", lambda: "64"),
        ("nr_irqs", lambda: str(irqs.count(dump))),
        ("ptrs_per_pgd", lambda: str(layout["pgd_entries"])),
        ("section_size_bits", lambda: str(sections.bits(dump))),
        ("sections_per_root", lambda: str(page // dump.type("struct mem_section").size)),
    )


def _stack_size(session: Session) -> int:
    start, end = session.dump.stack_of_task(session.task)
    return end - start


def _memory_size(dump: Dump) -> str:
    size = sysinfo.memory_size(dump)
    return f"{size} ({size:#x})"


def _areas(dump: Dump) -> tuple[tuple[str, Value], ...]:
    layout, of = dump.layout, machine.of(dump)

    def own(name: str) -> Value:
        return lambda: dict(of.own_areas(dump))[name]

    return (
        ("userspace_top", lambda: f"{of.user_top(dump):016x}"),
        ("page_offset", lambda: f"{of.virtual_base(dump):x}"),
        ("vmalloc_start_addr", lambda: f"{of.vmalloc(dump)[0]:x}"),
        ("vmalloc_end", lambda: f"{of.vmalloc(dump)[1] - 1:x}"),
        ("modules_vaddr", lambda: f"{of.modules(dump)[0]:x}"),
        ("modules_end", lambda: f"{of.modules(dump)[1]:x}"),
        ("vmemmap_vaddr", lambda: f"{of.vmemmap(dump)[0]:x} "),
        ("vmemmap_end", lambda: f"{of.vmemmap(dump)[1] - 1:x} "),
        *((name, own(name)) for name, _ in of.own_areas(dump)),
        ("pgdir_shift", lambda: str(layout["pgdir_shift"])),
        (f"current[{len(cpus.possible(dump))}]", lambda: _current(dump)),
    )


def _current(dump: Dump) -> str:
    active = cpus.active_tasks(dump)
    return "\n   " + " ".join(f"{active.get(cpu, 0):016x}" for cpu in cpus.possible(dump)) + " "


def text(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        value: Any = row.get("value", f"(error: {row.get('error')})")
        if value.startswith("\n"):
            yield f"{row['field']:>{WIDE}}:"
            yield value[1:]
        else:
            yield f"{row['field']:>{row['width']}}: {value}"
