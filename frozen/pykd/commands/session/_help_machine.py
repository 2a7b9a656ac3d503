# SPDX-License-Identifier: GPL-2.0-or-later
"""``help -m``: what crash keeps about the machine, by its names; programs read the addresses of the kernel's areas here."""

from __future__ import annotations

from _pykd import Dump
from pykd.commands.session import _help_fields
from pykd.commands.session._help_fields import Value
from pykd.core.rows import Row
from pykd.kernel import cpus, irqs, sysinfo, timekeeping
from pykd.kernel.mm import sections
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

TB = 1 << 40
VMALLOC_SIZE = {4: 32 * TB, 5: 12800 * TB}
"""By levels of page tables, Documentation/arch/x86/x86_64/mm.rst"""
VMEMMAP_SIZE = {4: TB, 5: 512 * TB}
WIDE = 25
NARROW = 19


def rows(session: Session) -> Iterator[Row]:
    dump = session.dump
    return _help_fields.rows((NARROW, _machine(session)), (WIDE, _areas(dump) if dump.arch == "x86_64" else ()))


def _machine(session: Session) -> tuple[tuple[str, Value], ...]:
    dump = session.dump
    page, layout = dump.page_size, dump.layout
    return (
        ("kvbase", lambda: f"{layout['page_offset']:x}"),
        ("identity_map_base", lambda: f"{layout['page_offset']:x}"),
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
        ("ptrs_per_pgd", lambda: "512"),
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
    layout = dump.layout
    levels = layout["levels"] or 4

    def base(name: str) -> int:
        return dump.read_unsigned(dump.symbol(name, "").address)

    return (
        ("userspace_top", lambda: f"{1 << (47 if levels == 4 else 56):016x}"),
        ("page_offset", lambda: f"{layout['page_offset']:x}"),
        ("vmalloc_start_addr", lambda: f"{base('vmalloc_base'):x}"),
        ("vmalloc_end", lambda: f"{base('vmalloc_base') + VMALLOC_SIZE[levels] - 1:x}"),
        ("modules_vaddr", lambda: f"{layout['image_end']:x}"),
        ("modules_end", lambda: "ffffffffff000000"),
        ("vmemmap_vaddr", lambda: f"{base('vmemmap_base'):x} "),
        ("vmemmap_end", lambda: f"{base('vmemmap_base') + VMEMMAP_SIZE[levels] - 1:x} "),
        ("phys_base", lambda: f"{layout['phys_base'] & (1 << 64) - 1:x}"),
        ("sme_mask", lambda: f"{layout['encrypted']:x}"),
        ("pgdir_shift", lambda: str(39 if levels == 4 else 48)),
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
