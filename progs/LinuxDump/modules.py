# SPDX-License-Identifier: GPL-2.0-or-later
"""The address space of modules: what is allocated there, and what unloaded modules left behind."""

from __future__ import annotations

from bisect import bisect

import pykd
from LinuxDump.trees import for_all_rbtree
from pykd import FaultError
from pykdump.API import *

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd import Dump, Module

_PAGE = 4096


def vmap_roots() -> Iterator[StructResult]:
    """Each ``struct rb_root`` of allocated ``struct vmap_area``."""
    dump = pykd.current()
    nodes = dump.address_of("vmap_nodes", default=0)
    if nodes:
        # d093602919ad ("mm: vmalloc: remove global vmap_area_root rb-tree") (in v6.9): one tree for each of nr_vmap_nodes
        count = dump.read_unsigned(dump.symbol("nr_vmap_nodes", "").address, 4)
        array = readSU("struct vmap_node", dump.read_unsigned(nodes))
        for number in range(min(count, 1024)):
            yield array[number].busy.root
    else:
        yield readSU("struct rb_root", dump.symbol("vmap_area_root", "").address)


class AllocatedRanges:
    """Where vmalloc() memory is allocated, as far as the kernel's trees can be read."""

    missing: int
    """How many parts of the trees the dump lacks."""

    def __init__(self) -> None:
        lost: list[str] = []
        self._ranges = []
        for root in vmap_roots():
            for area in for_all_rbtree(root, "struct vmap_area", "rb_node", lost.append):
                try:
                    self._ranges.append((area.va_start, area.va_end))
                except FaultError as err:
                    lost.append(str(err))
        self._ranges.sort()
        self.missing = len(lost)

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
        pages = [(start & -_PAGE, start + size + _PAGE - 1 & -_PAGE) for start, size in module.memory.values() if size]
        own = next(((start, end) for start, end in pages if start <= module.address < end), None)
        own = self.around(module.address) or own or (module.address & -_PAGE, (module.address & -_PAGE) + _PAGE)
        total = 0
        for first, last in {self._allocation(start, end) for start, end in pages} or {own}:
            total += last - first
        return *own, total

    def _allocation(self, start: int, end: int) -> tuple[int, int]:
        """Of a module's memory: vmalloc()'s with a guard page, or a part of the large one that modules share for text.

        2e45474ab14f ("execmem: add support for cache of large ROX pages") (in v6.13)
        """
        found = self.around(start)
        return found if found and found[1] - end <= _PAGE else (start, end)


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
    for first, last, *_ in dump.ranges(start, end):
        for address in range(first, min(last, end) - module.size, 64):  # the struct is aligned to a cache line
            try:
                where = dump.read_unsigned(address + base.offset)
                if where & (_PAGE - 1) or not start <= where < end:
                    continue
                text = dump.read_string(address + name.offset, name.type.size).decode("ascii")
                if text and text.replace("_", "a").replace("-", "a").isalnum():
                    yield address, text, dump.read_unsigned(address + size.offset, 4)
            except (FaultError, UnicodeDecodeError):
                continue
