# SPDX-License-Identifier: GPL-2.0-or-later
"""SLUB caches: how much of each is in use."""

from __future__ import annotations

from _pykd import Error, FaultError
from pykd.core.members import offset_of
from pykd.core.rows import fault
from pykd.core.walk import caught, or_error
from pykd.kernel import cpus
from pykd.kernel.mm import slablists

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from _pykd import Dump, Struct

MAX_CACHES = 20000
UNKNOWN = "(unknown)"
"""In place of a name that cannot be read"""


def caches(dump: Dump) -> tuple[list[Struct], Error | None]:
    """``struct kmem_cache`` of all caches, the newest first, and what ended the list early."""
    cache = dump.struct_class("struct kmem_cache")
    links, why = dump.follow(dump.symbol("slab_caches", "").address, limit=MAX_CACHES)
    found = [cache(link - offset_of(cache, "list")) for link in links[1:]]
    if why is None or isinstance(why, Error):
        return found, why
    return found, Error(f"the list of caches does not end properly ({why})")


def for_each_cache(dump: Dump) -> Iterator[Any]:
    """``struct kmem_cache`` of each cache, the newest first. :raises Error: the list cannot be followed to its end."""
    found, why = caches(dump)
    yield from found
    if why is not None:
        raise why


def find_cache(dump: Dump, name: str) -> Struct | None:
    """The ``struct kmem_cache`` of that name; None if there is none, among those that can be read."""
    for cache in caches(dump)[0]:
        try:
            if str(cache.name) == name:
                return cache
        except FaultError:
            continue
    return None


def nameless(dump: Dump) -> str:
    """Why a cache that is asked for by its name may be there, though none has this name; "" if all names can be read."""
    lost = [name for name in (or_error(getattr, cache, "name") for cache in caches(dump)[0]) if isinstance(name, Error)]
    return f"the names of {len(lost)} caches are not known: {lost[0]}" if lost else ""


class Counter:
    """Counts objects of caches as the slabs have it."""

    def __init__(self, dump: Dump) -> None:
        self.dump = dump
        self.slab = slablists.slab_class(dump)
        self.problems: list[Error] = []
        self.free = 0
        """Objects of the cache that is being counted"""

    def count(self, cache: Any) -> dict[str, Any]:
        """name, object_size, total, allocated, slabs, slab_size (bytes); ``error`` where something could not be read. Where that is a list of free
        objects, how many are allocated is not known but for ``allocated_at_most``. :raises FaultError:"""
        self.problems, self.free = [], 0
        order = cache.oo.x >> 16
        found = {
            "cache": int(cache), "name": self._name(cache), "object_size": cache.object_size,
            "slab_size": self.dump.page_size << min(order, 20),
        }  # fmt: skip
        total = slabs = 0
        named = len(self.problems)
        for one in slablists.nodes(self.dump, cache):
            total += one.node.total_objects.counter
            slabs += one.node.nr_slabs.counter
            self._add_slabs(slablists.slabs_of_node(self.dump, one.node))
            if one.barn is not None:
                self._add_sheaves(slablists.barn_sheaves(self.dump, one.barn))
        for cpu in cpus.possible(self.dump):
            try:
                self._on_cpu(cache, cpu)
            except Error as error:
                self.problems.append(error)
        allocated = max(total - self.free, 0)
        found |= {"total": total, "slabs": slabs, "allocated": allocated}
        if len(self.problems) > named:
            found |= {"allocated": None, "allocated_at_most": allocated}
        if self.problems:
            found["error"] = fault(self.problems[0])
        return found

    def _name(self, cache: Any) -> str:
        """:data:`UNKNOWN` where it cannot be read: names of caches are apart from these, and a cache without one can be counted."""
        try:
            return str(cache.name)
        except Error as error:
            self.problems.append(error)
            return UNKNOWN

    def _on_cpu(self, cache: Any, cpu: int) -> None:
        local = slablists.local_slab(self.dump, cache, cpu)
        if local is not None:
            if local.slab:
                self._add_slabs([local.slab])
                self.free += sum(1 for _ in slablists.free_objects(self.dump, cache, int(local.local.freelist)))
            self._add_slabs(slablists.partial_slabs(self.dump, local.local))
        self._add_sheaves(slablists.local_sheaves(self.dump, cache, cpu))

    def _add_slabs(self, slabs: Iterable[int]) -> None:
        """Count what is free in slabs."""
        for slab in caught(slabs):
            try:
                if isinstance(slab, Error):
                    raise slab
                one = self.slab(slab)
                self.free += one.objects - one.inuse
            except Error as error:
                self.problems.append(error)

    def _add_sheaves(self, sheaves: Iterable[Any]) -> None:
        for sheaf in caught(sheaves):
            try:
                if isinstance(sheaf, Error):
                    raise sheaf
                self.free += sheaf.size
            except Error as error:
                self.problems.append(error)
