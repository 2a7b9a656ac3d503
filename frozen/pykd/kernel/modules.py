# SPDX-License-Identifier: GPL-2.0-or-later
"""Modules: their taints, what is allocated for them, and what unloaded ones left behind. :meth:`_pykd.Dump.modules` lists them."""

from __future__ import annotations

from bisect import bisect

from _pykd import Error, FaultError, MemberError, NotFoundError
from pykd.core.near import near, sentence
from pykd.core.walk import caught
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.kernel.mm.vmalloc import for_each_vmap_area

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump, Module

TAINTS = "PFSRMBUDAWCIOELKXTNJ"
"""Letters of the bits of ``taints``, from bit 0 (kernel/panic.c, taint_flags); bit 0 unset is G for the kernel."""


def for_each_module(dump: Dump) -> Iterator[Any]:
    """Each ``struct module``, the last one loaded first. :raises FaultError, LimitError: the list cannot be followed to its end."""
    yield from list_for_each_entry(dump, dump.symbol("modules", "").address, "struct module", "list", what="the list of modules")


def find_module(dump: Dump, name: str) -> Any:
    """The ``struct module`` of that name. :raises NotFoundError: it is not loaded."""
    names = []
    for module in for_each_module(dump):
        if (known := str(module.name)) == name:
            return module
        names.append(known)
    raise NotFoundError(f"module {name} is not loaded" + sentence(near(name, names, 1)))


def taint_letters(taints: int) -> str:
    """The letters of the bits that are set."""
    return "".join(letter for bit, letter in enumerate(TAINTS) if taints >> bit & 1)


def tainted_mask(dump: Dump) -> int:
    """What taints the kernel: ``unsigned long tainted_mask``, a bit for each letter of :data:`TAINTS`. :raises FaultError:"""
    return dump.read_unsigned(dump.symbol("tainted_mask", "").address)


def taints_of(dump: Dump, module: Module) -> int:
    """``module.taints``, a bit for each letter of :data:`TAINTS`. :raises FaultError:"""
    found: Any = dump.object("struct module", module.address)
    return int(found.taints) if found.hasField("taints") else 0


def memory_error(dump: Dump) -> MemberError | None:
    """Why it is not known where modules are and how large; None where it is."""
    # ac3b43283923 ("module: replace module_layout with module_memory") (in v6.4), 7523e4dc5057 ("module: use a structure to encapsulate layout.") (in v4.5)
    layout = dump.type("struct module")
    try:
        if not any(layout.member(name) for name in ("mem", "core_layout", "module_core")):
            layout.offset_of("mem")
    except MemberError as error:
        return error
    return None


class AllocatedRanges:
    """Where vmalloc() memory is allocated, as far as the kernel's trees can be read."""

    missing: int
    """How many parts of the trees the dump lacks."""

    def __init__(self, dump: Dump) -> None:
        self.missing = 0
        self._page = dump.page_size
        self._ranges: list[tuple[int, int]] = []
        for area in caught(for_each_vmap_area(dump)):
            try:
                if isinstance(area, Error):
                    self.missing += 1
                else:
                    self._ranges.append((area.va_start, area.va_end))
            except FaultError:
                self.missing += 1
        self._ranges.sort()

    def around(self, address: int) -> tuple[int, int] | None:
        """(start, end) of the allocation that holds *address*, its guard page included; None if none is known."""
        place = bisect(self._ranges, (address, 1 << 64)) - 1
        if place >= 0:
            start, end = self._ranges[place]
            if start <= address < end:
                return start, end
        return None

    def of_module(self, module: Module) -> tuple[int, int, int]:
        """(start, end) of the allocation that holds the ``struct module``, and the size of all that the module takes."""
        page = self._page
        pages = [(start & -page, start + size + page - 1 & -page) for start, size in module.memory.values() if size]
        own = next(((start, end) for start, end in pages if start <= module.address < end), None)
        own = self.around(module.address) or own or (module.address & -page, (module.address & -page) + page)
        total = 0
        for first, last in {self._allocation(start, end) for start, end in pages} or {own}:
            total += last - first
        return *own, total

    def _allocation(self, start: int, end: int) -> tuple[int, int]:
        """Of a module's memory: vmalloc()'s with a guard page, or a part of the large one that modules share for text.

        2e45474ab14f ("execmem: add support for cache of large ROX pages") (in v6.13)
        """
        found = self.around(start)
        return found if found and found[1] - end <= self._page else (start, end)


def find_unloaded(dump: Dump, start: int, end: int) -> Iterator[tuple[int, str, int]]:
    """(address, name, size) of what looks like the ``struct module`` of unloaded modules in [start, end).

    A heuristic. vmalloc() leaves the page tables of freed memory for a while, and a dump may still have the pages. A
    struct module gives itself away: a name of the letters that names have at its offset, and the base address of its text
    or data, which lies in the same area and on a page boundary.
    """
    module = dump.type("struct module")
    name = module.member("name")
    # ac3b43283923 ("module: replace module_layout with module_memory") (in v6.4)
    base = module.member("mem[0].base") or module.member("core_layout.base")
    size = module.member("mem[0].size") or module.member("core_layout.size")
    if name is None or base is None or size is None:
        return
    for first, last, *_ in dump.ranges(start, end):
        for address in range(first, min(last, end) - module.size, 64):  # the struct is aligned to a cache line
            try:
                where = dump.read_unsigned(address + base.offset)
                if where & (dump.page_size - 1) or not start <= where < end:
                    continue
                text = dump.read_string(address + name.offset, name.type.size).decode("ascii")
                if text and text.replace("_", "a").replace("-", "a").isalnum():
                    yield address, text, dump.read_unsigned(address + size.offset, 4)
            except (FaultError, UnicodeDecodeError):
                continue
