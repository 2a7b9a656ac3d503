# SPDX-License-Identifier: GPL-2.0-or-later
"""The objects of SLUB caches: which slab each is in, and whether it is allocated or free and who holds it."""

from __future__ import annotations

from _pykd import Error, FaultError, NotFoundError
from pykd.core.rows import fault
from pykd.core.walk import caught
from pykd.kernel import cpus
from pykd.kernel.mm import pages, slablists
from pykd.kernel.mm.slablists import MAX_OBJECTS, free_objects, slab_class
from pykd.kernel.mm.slabs import caches
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.kernel.mm.slablists import Node

MAX_SHEAF = 1 << 12
"""Objects of one sheaf"""


class Objects:
    """Slabs and objects of one cache. What cannot be read is in :attr:`problems`, and its objects then count as allocated."""

    def __init__(self, dump: Dump, cache: Any) -> None:
        self.dump = dump
        self.cache = cache
        self.slab = slab_class(dump)
        self.problems: list[Error] = []
        self.nodes: list[Node] = self._sound(slablists.nodes(dump, cache))
        self.holders: dict[int, str] = {}
        """Free objects that are not in the list of their slab: who has them."""
        self.sheaves: dict[str, list[int]] = {}
        """Those of them that are in sheaves, by holder."""
        self.cpu_slabs: dict[int, tuple[int, int, list[int]]] = {}
        """By CPU: (struct kmem_cache_cpu, its slab or 0, its partial slabs)"""
        self.frozen: dict[int, int] = {}
        """Slabs that a CPU allocates from, with the CPU: all that is free in them is that CPU's."""
        for cpu in cpus.possible(dump):
            try:
                self._cpu(cpu)
            except Error as error:
                self.problems.append(error)
        for node in self.nodes:
            if node.barn is not None:
                self._add_sheaves(slablists.barn_sheaves(dump, node.barn), f"node {node.number} barn")

    def _cpu(self, cpu: int) -> None:
        cache, dump, holder = self.cache, self.dump, f"cpu {cpu} cache"
        found = slablists.local_slab(dump, cache, cpu)
        if found is not None:
            local, current = found
            self.cpu_slabs[cpu] = int(local), current, self._sound(slablists.partial_slabs(dump, local))
            if current:
                self.frozen[current] = cpu
            for one in free_objects(dump, cache, int(local.freelist)):
                self.holders[one] = holder
        self._add_sheaves(slablists.local_sheaves(dump, cache, cpu), holder)

    def _add_sheaves(self, sheaves: Iterable[Any], holder: str) -> None:
        for sheaf in self._sound(sheaves):
            try:
                size = min(sheaf.size, MAX_SHEAF)
                data = self.dump.read(int(sheaf) + sheaf.fieldOffset("objects"), 8 * size)
            except Error as error:
                self.problems.append(error)
                continue
            held = words_of(self.dump, data).tolist()
            self.sheaves.setdefault(holder, []).extend(held)
            self.holders |= dict.fromkeys(held, holder)

    def _sound[T](self, walk: Iterable[T]) -> list[T]:
        """What a walk yields without its errors, which are noted."""
        found: list[T] = []
        for one in caught(walk):
            if isinstance(one, Error):
                self.problems.append(one)
            else:
                found.append(one)
        return found

    def known_slabs(self) -> list[int]:
        """Slabs that are in a list: those of CPUs, and the partial and full ones of nodes, each once."""
        found = [slab for _, current, partial in self.cpu_slabs.values() for slab in ([current] if current else []) + partial]
        for node in self.nodes:
            found += [*self.partial(node.node), *(self.full(node.node) or ())]
        return list(dict.fromkeys(found))

    def describe(self, address: int) -> dict[str, Any]:
        """A slab: its memory, node, counts, and ``objects`` of address, free, holder ("" is the slab itself)."""
        row: dict[str, Any] = {"slab": address}
        try:
            one = self.slab(address)
            physical = pages.physical_of(self.dump, address)
            if physical is None:
                raise Error(f"{address:#x} is not in the array of pages")
            total = min(one.objects, MAX_OBJECTS)
            memory = self.dump.direct(physical)
            free: set[int] = set()
            try:
                free.update(free_objects(self.dump, self.cache, int(one.freelist)))
            except Error as error:
                row["error"] = fault(error)
            pad = self.cache.red_left_pad if self.cache.hasField("red_left_pad") else 0
            found = []
            owner = f"cpu {self.frozen[address]} cache" if address in self.frozen else ""
            for number in range(total):
                where = memory + pad + number * self.cache.size
                is_free = where in free or where in self.holders
                found.append({"address": where, "free": is_free, "holder": self.holders.get(where, owner) if is_free else ""})
            # where the list of free objects is cut off, the slab's own count knows better
            unused = total - one.inuse if "error" in row else sum(item["free"] for item in found)
            row |= {"memory": memory, "node": node_of(self.dump, address), "total": total, "allocated": total - unused, "free": unused}
            row["objects"] = found
        except Error as error:
            row["error"] = fault(error)
        return row

    def partial(self, node: Any) -> list[int]:
        """Partial slabs of a ``struct kmem_cache_node``."""
        return self._sound(slablists.slabs_of_node(self.dump, node))

    def full(self, node: Any) -> list[int] | None:
        """Full slabs, which only a cache that is being debugged keeps in a list (SLAB_STORE_USER); None: they are not tracked."""
        if not node.hasField("full"):
            return None
        return self._sound(slablists.slabs_of_node(self.dump, node, "full")) or None


def allocated(dump: Dump, cache: Any) -> Iterator[int | Error]:
    """Address of each object of a ``struct kmem_cache`` that is in use, and the errors of slabs that cannot be read. All pages are looked at,
    since nothing lists the slabs that are full; what is free in a slab that cannot be read to its end counts as in use."""
    objects = Objects(dump, cache)
    yield from objects.problems
    kind, size = slab_class(dump), dump.type("struct page").size
    for first, count, data in pages.chunks(dump):
        if isinstance(data, FaultError):
            yield data
            continue
        start = pages.page_of(dump, first * dump.page_size)
        found = dump.read_columns(range(start, start + count * size, size), kind.PYT_symbol, ("slab_cache",))
        for number, (owner,) in enumerate(found):
            if not isinstance(owner, Error) and int(owner) == int(cache) and _is_slab(dump, start + number * size):
                row = objects.describe(start + number * size)
                if "objects" not in row:
                    yield Error(f"the slab at {start + number * size:#x} cannot be read: {row['error']['message']}")
                yield from (one["address"] for one in row.get("objects", ()) if not one["free"])


def _is_slab(dump: Dump, page: int) -> bool:
    """Whether a page is the first of a slab: PG_slab, a type of page since 46df8e73a4a3 ("mm: free up PG_slab") (in v6.11)."""
    if pages.head_of(page, dump.read_unsigned(page + pages.head_offset(dump))) != page:
        return False
    if "slab" in (name for name, _ in pages.flags(dump)):
        return "slab" in pages.page_flags(dump, page)
    kind: Any = dump.object("struct page", page)
    try:
        return int(kind.page_type) >> 24 & 0xFF == dump.enumerator("PGTY_slab")
    except NotFoundError:
        return True  # of 6.11, where the type is a bit


def node_of(dump: Dump, page: int) -> int:
    """Number of the node of a ``struct page``: the topmost bits of its flags, as many as the nodes that may be need."""
    bits = (int(dump.vmcoreinfo.get("LENGTH(node_data)", "1")) - 1).bit_length()
    return dump.read_unsigned(page) >> (64 - bits) if bits else 0


def cache_of(dump: Dump, slab: int) -> Any:
    """``struct kmem_cache`` of a slab. :raises FaultError:"""
    return slab_class(dump)(slab).slab_cache


def slab_of(dump: Dump, address: int) -> int:
    """The ``struct slab`` (``struct page`` before v5.17) of an object in the direct map. :raises FaultError:"""
    page = pages.page_of(dump, dump.translate(address))
    return pages.head_of(page, dump.read_unsigned(page + pages.head_offset(dump)))


def slab_cache_of(dump: Dump, address: int) -> Any:
    """``struct kmem_cache`` of the object at *address*; None where there is none, as other users of a page keep other things in its place.

    :raises FaultError:
    """
    try:
        cache = cache_of(dump, slab_of(dump, int(address)))
    except FaultError:
        dump.read(int(address), 1)
        return None
    return cache if any(int(one) == int(cache) for one in caches(dump)[0]) else None
