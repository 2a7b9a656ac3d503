# SPDX-License-Identifier: GPL-2.0-or-later
"""The slab cache that an object belongs to.

The page of an object leads to its ``struct slab`` (since d122019bf061 ("mm: Split slab into its own type") (in v5.17); before
that these members were in struct page), whose ``slab_cache`` is believed only if the kernel's list of caches has it: other users
of a page keep other things in that place.
"""

from __future__ import annotations

from _pykd import Dump, Error, FaultError
from pykd.kernel.mm.pages import head_of, head_offset, vmemmap
from pykd.kernel.mm.slablists import slab_class
from pykd.kernel.mm.slabs import caches


class SlabNames:
    def __init__(self, dump: Dump) -> None:
        self.dump = dump
        self.names: dict[int, str] = {}
        self._pages: dict[int, str | None] = {}
        try:
            self._prepare()
        except (Error, AttributeError):
            self.names = {}  # no caches: then no word is an object of one

    def _prepare(self) -> None:
        dump = self.dump
        for cache in caches(dump)[0]:
            try:
                self.names[int(cache)] = str(cache.name)
            except FaultError:
                continue
        page = dump.type("struct page")
        self._cache_offset = slab_class(dump).PYT_type.offset_of("slab_cache")
        self._head_offset = head_offset(dump)
        self._page_size = page.size
        self._vmemmap = vmemmap(dump)
        layout = dump.layout
        self._start, self._physical = layout["page_offset"], layout["direct_physical"]
        self._end = layout["page_offset_end"] or self._start + (dump.max_pfn + 1) * dump.page_size

    def cache_of(self, address: int) -> str | None:
        """Name of the cache of the object at *address*; None if it is in none."""
        if not self.names or not self._start <= address < self._end:
            return None
        pfn = (address - self._start + self._physical) // self.dump.page_size
        if pfn not in self._pages:
            self._pages[pfn] = self._of_page(pfn)
        return self._pages[pfn]

    def _of_page(self, pfn: int) -> str | None:
        page = self._vmemmap + pfn * self._page_size
        try:
            page = head_of(page, self.dump.read_unsigned(page + self._head_offset))
            return self.names.get(self.dump.read_unsigned(page + self._cache_offset))
        except FaultError:
            return None
