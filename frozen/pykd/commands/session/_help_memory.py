# SPDX-License-Identifier: GPL-2.0-or-later
"""``help -v``: what crash keeps about memory, by its names; programs read the number of free lists here."""

from __future__ import annotations

from _pykd import Dump
from pykd.commands.session import _help_fields
from pykd.commands.session._help_fields import Value
from pykd.core.rows import Row
from pykd.kernel import machine
from pykd.kernel.mm import commit, pages, sections, vmstat
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

WIDTH = 19


def rows(session: Session) -> Iterator[Row]:
    return _help_fields.rows((WIDTH, _memory(session.dump)))


def _memory(dump: Dump) -> tuple[tuple[str, Value], ...]:
    def first() -> list[Any]:
        return vmstat.zones(next(iter(vmstat.nodes(dump)))[1])

    return (
        ("vmalloc_start", lambda: f"{machine.of(dump).vmalloc(dump)[0]:x}"),
        ("vmemmap_vaddr", lambda: f"{pages.vmemmap(dump):x}"),
        ("totalram_pages", lambda: str(commit.total_pages(dump))),
        ("max_mapnr", lambda: str(dump.max_pfn)),
        ("numnodes", lambda: str(sum(1 for _ in vmstat.nodes(dump)))),
        ("nr_zones", lambda: str(len(first()))),
        ("nr_free_areas", lambda: str(len(first()[0].free_area))),
        ("nr_vm_stat_items", lambda: str(len(vmstat.zone_stats(dump)))),
        ("nr_vm_event_items", lambda: str(len(vmstat.events(dump)))),
        ("sections_per_root", lambda: str(dump.page_size // dump.type("struct mem_section").size)),
        ("section_size_bits", lambda: str(sections.bits(dump))),
    )
