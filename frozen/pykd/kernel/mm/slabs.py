# SPDX-License-Identifier: GPL-2.0-or-later
"""SLUB caches: how much of each is in use."""

from __future__ import annotations

from _pykd import Error, FaultError, LimitError
from pykd.core.rows import fault
from pykd.kernel import cpus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump, Struct

MAX_CACHES = 20000
MAX_SLABS = 1 << 22
"""In one list"""
UNKNOWN = "(unknown)"
"""In place of a name that cannot be read"""
MAX_OBJECTS = 1 << 16
"""In one slab"""


def caches(dump: Dump) -> tuple[list[Struct], Error | None]:
    """``struct kmem_cache`` of all caches, the newest first, and what ended the list early."""
    cache = dump.struct_class("struct kmem_cache")
    links, why = dump.follow(dump.symbol("slab_caches", "").address, limit=MAX_CACHES)
    found = [cache(link - (cache.member_offset("list") or 0)) for link in links[1:]]
    if why is None or isinstance(why, Error):
        return found, why
    return found, Error(f"the list of caches does not end properly ({why})")


def find_cache(dump: Dump, name: str) -> Struct | None:
    """The ``struct kmem_cache`` of that name; None if there is none, among those that can be read."""
    for cache in caches(dump)[0]:
        try:
            if str(cache.name) == name:
                return cache
        except FaultError:
            continue
    return None


def free_objects(dump: Dump, cache: Any, first: int) -> Iterator[int]:
    """Addresses of the free objects of a cache from *first* on, each of which points to the next at ``kmem_cache.offset``. The pointers are
    disguised where CONFIG_SLAB_FREELIST_HARDENED is set: 2482ddec670f ("mm: add SLUB free list pointer obfuscation") (in v4.14).

    :raises FaultError: the list is cut off.
    :raises LimitError: it runs in a circle, or is longer than slabs are.
    """
    secret = cache.random if cache.hasField("random") else None
    offset = cache.offset
    seen: set[int] = set()
    while first:
        if first in seen or len(seen) >= MAX_OBJECTS:
            raise LimitError(f"the list of free objects does not end properly at {first:#x}: it runs in a circle or is damaged")
        seen.add(first)
        yield first
        where = first + offset
        first = dump.read_unsigned(where)
        if secret is not None:
            # 1ad53d9fa3f6 ("slub: improve bit diffusion for freelist ptr obfuscation") (in v5.7)
            first ^= secret ^ int.from_bytes(where.to_bytes(8, "big"), "little")


class Counter:
    """Counts objects of caches as the slabs have it; members that kernels lack are simply not counted."""

    def __init__(self, dump: Dump) -> None:
        self.dump = dump
        # d122019bf061 ("mm: Split slab into its own type") (in v5.17)
        self.slab: Any = dump.struct_class("struct slab" if dump.find_type("struct", "slab") else "struct page")
        self.link = self.slab.member_offset("slab_list")
        self.cache: Any = dump.struct_class("struct kmem_cache")
        self.problems: list[Error] = []

    def count(self, cache: Any) -> dict[str, Any]:
        """name, object_size, total, allocated, slabs, slab_size (bytes). :raises FaultError:"""
        self.problems = []
        order = cache.oo.x >> 16
        found = {
            "cache": int(cache), "name": self._name(cache), "object_size": cache.object_size,
            "slab_size": self.dump.page_size << min(order, 20),
        }  # fmt: skip
        total = slabs = free = 0
        for node in self.nodes(cache):
            total += node.total_objects.counter
            slabs += node.nr_slabs.counter
            free += self._partial(node)
            free += self._barn(cache, node)
        for cpu in cpus.possible(self.dump):
            try:
                free += self._on_cpu(cache, cpu)
            except Error as error:
                self.problems.append(error)
        found |= {"total": total, "slabs": slabs, "allocated": max(total - free, 0)}
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

    def nodes(self, cache: Any) -> Iterator[Any]:
        """``struct kmem_cache_node`` of each node that has one; ``per_node`` in place of ``node`` since v7.1."""
        kind = self.dump.struct_class("struct kmem_cache_node")
        layout = self.dump.type("struct kmem_cache")
        member = layout.member("node") or layout.member("per_node[0].node")
        if member is None:
            return
        step = 8 if layout.member("node") else layout.member("per_node").type.target.size  # type: ignore[union-attr]
        limit = self.dump.read_unsigned(self.dump.symbol("nr_node_ids", "").address, 4) if self.dump.address_of("nr_node_ids", default=0) else 1
        for number in range(min(limit, 1024)):
            address = self.dump.read_unsigned(int(cache) + member.offset + step * number)
            if address:
                yield kind(address)

    def _free_in(self, slab: int) -> int:
        one = self.slab(slab)
        return one.objects - one.inuse  # type: ignore[no-any-return]

    def _partial(self, node: Any) -> int:
        """Free objects in the partial slabs of a node."""
        links, why = self.dump.follow(int(node) + node.fieldOffset("partial"), limit=MAX_SLABS)
        if isinstance(why, FaultError):
            self.problems.append(why)
        free = 0
        for link in links[1:]:
            try:
                free += self._free_in(link - self.link)
            except FaultError as error:
                self.problems.append(error)
        return free

    def _on_cpu(self, cache: Any, cpu: int) -> int:
        """Free objects that a CPU holds: of its slab and partial slabs, or in its sheaves.

        2d517aa09bbc ("slab: add opt-in caching layer of percpu sheaves") (in v6.18); since v7.0 ``kmem_cache.cpu_slab`` is gone.
        """
        free = 0
        if cache.hasField("cpu_slab") and cache.cpu_slab:
            local = self.dump.object("struct kmem_cache_cpu", cpus.address_on(int(cache.cpu_slab), cpu, self.dump))
            current = int(local.slab if local.hasField("slab") else local.page)
            if current:
                free += self._free_in(current) + sum(1 for _ in free_objects(self.dump, cache, int(local.freelist)))
            if local.hasField("partial"):
                offset = self.slab.member_offset("next")
                first = int(local.partial)
                for slab in self.dump.follow(first, offset, stop=0, limit=MAX_OBJECTS)[0] if first else ():
                    free += self._free_in(slab)
        if cache.hasField("cpu_sheaves") and cache.cpu_sheaves:
            local = self.dump.object("struct slub_percpu_sheaves", cpus.address_on(int(cache.cpu_sheaves), cpu, self.dump))
            free += sum(sheaf.size for sheaf in (local.main, local.spare) if sheaf)
        return free

    def _barn(self, cache: Any, node: Any) -> int:
        """Free objects in the full sheaves that a node keeps."""
        layout = self.dump.type("struct kmem_cache")
        member = layout.member("per_node[0].barn")
        barn: Any = node.barn if node.hasField("barn") else 0
        if member is not None:
            address = self.dump.read_unsigned(int(cache) + member.offset)
            barn = self.dump.object("struct node_barn", address) if address else 0
        if not barn:
            return 0
        sheaf: Any = self.dump.struct_class("struct slab_sheaf")
        offset = sheaf.member_offset("barn_list")
        links = self.dump.follow(int(barn) + barn.fieldOffset("sheaves_full"), limit=MAX_SLABS)[0][1:]
        return sum(sheaf(link - offset).size for link in links)
