# SPDX-License-Identifier: GPL-2.0-or-later
"""The objects of SLUB caches: which slab each is in, and whether it is allocated or free and who holds it."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import fault
from pykd.kernel import cpus
from pykd.kernel.mm import pages
from pykd.kernel.mm.slabs import MAX_OBJECTS, MAX_SLABS, Counter, free_objects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump

MAX_SHEAF = 1 << 12
"""Objects of one sheaf"""


class Objects:
    """Slabs and objects of one cache. What cannot be read is in :attr:`problems`, and its objects then count as allocated."""

    def __init__(self, dump: Dump, cache: Any) -> None:
        self.dump = dump
        self.cache = cache
        self.counter = Counter(dump)
        self.slab: Any = self.counter.slab
        self.problems: list[Error] = []
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
        for number, node in enumerate(self.counter.nodes(cache)):
            try:
                self._barn(number, node)
            except Error as error:
                self.problems.append(error)

    def _cpu(self, cpu: int) -> None:
        cache, dump = self.cache, self.dump
        if cache.hasField("cpu_slab") and cache.cpu_slab:
            local: Any = dump.object("struct kmem_cache_cpu", cpus.address_on(int(cache.cpu_slab), cpu, dump))
            current = int(local.slab if local.hasField("slab") else local.page)
            partial: list[int] = []
            if local.hasField("partial") and local.partial:
                partial, why = dump.follow(int(local.partial), self.slab.member_offset("next"), stop=0, limit=MAX_OBJECTS)
                self._note(why, "partial slabs of a CPU")
            self.cpu_slabs[cpu] = int(local), current, partial
            if current:
                self.frozen[current] = cpu
            for one in free_objects(dump, cache, int(local.freelist)):
                self.holders[one] = f"cpu {cpu} cache"
        # 2d517aa09bbc ("slab: add opt-in caching layer of percpu sheaves") (in v6.18)
        if cache.hasField("cpu_sheaves") and cache.cpu_sheaves:
            local = dump.object("struct slub_percpu_sheaves", cpus.address_on(int(cache.cpu_sheaves), cpu, dump))
            for sheaf in (local.main, local.spare):
                self._sheaf(sheaf, f"cpu {cpu} cache")

    def _barn(self, number: int, node: Any) -> None:
        """Full sheaves of a node; ``per_node`` in place of a member of the node since v7.1."""
        member = self.dump.type("struct kmem_cache").member(f"per_node[{number}].barn")
        barn: Any = node.barn if node.hasField("barn") else 0
        if member is not None:
            address = self.dump.read_unsigned(int(self.cache) + member.offset)
            barn = self.dump.object("struct node_barn", address) if address else 0
        if not barn:
            return
        sheaf: Any = self.dump.struct_class("struct slab_sheaf")
        links, why = self.dump.follow(int(barn) + barn.fieldOffset("sheaves_full"), limit=MAX_SLABS)
        self._note(why, "full sheaves of a node")
        for link in links[1:]:
            self._sheaf(sheaf(link - sheaf.member_offset("barn_list")), f"node {number} barn")

    def _sheaf(self, sheaf: Any, holder: str) -> None:
        if not sheaf:
            return
        size = min(sheaf.size, MAX_SHEAF)
        data = self.dump.read(int(sheaf) + sheaf.fieldOffset("objects"), 8 * size)
        held = memoryview(data).cast("Q").tolist()
        self.sheaves.setdefault(holder, []).extend(held)
        self.holders |= dict.fromkeys(held, holder)

    def _note(self, why: Any, what: str) -> None:
        if why is not None:
            self.problems.append(why if isinstance(why, Error) else Error(f"the list of {what} does not end properly ({why})"))

    def known_slabs(self) -> list[int]:
        """Slabs that are in a list: those of CPUs, and the partial and full ones of nodes, each once."""
        found = [slab for _, current, partial in self.cpu_slabs.values() for slab in ([current] if current else []) + partial]
        for node in self.counter.nodes(self.cache):
            found += [*self.partial(node), *(self.full(node) or ())]
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
        return self._listed(node, "partial")

    def full(self, node: Any) -> list[int] | None:
        """Full slabs, which only a cache that is being debugged keeps in a list (SLAB_STORE_USER); None: they are not tracked."""
        if not node.hasField("full"):
            return None
        return self._listed(node, "full") or None

    def _listed(self, node: Any, member: str) -> list[int]:
        links, why = self.dump.follow(int(node) + node.fieldOffset(member), limit=MAX_SLABS)
        self._note(why, f"{member} slabs of a node")
        return [link - self.counter.link for link in links[1:]]


def node_of(dump: Dump, page: int) -> int:
    """Number of the node of a ``struct page``: the topmost bits of its flags, as many as the nodes that may be need."""
    bits = (int(dump.vmcoreinfo.get("LENGTH(node_data)", "1")) - 1).bit_length()
    return dump.read_unsigned(page) >> (64 - bits) if bits else 0


def cache_of(dump: Dump, slab: int) -> Any:
    """``struct kmem_cache`` of a slab. :raises FaultError:"""
    return dump.struct_class("struct slab" if dump.find_type("struct", "slab") else "struct page")(slab).slab_cache


def slab_of(dump: Dump, address: int) -> int:
    """The ``struct slab`` (``struct page`` before v5.17) of an object in the direct map. :raises FaultError:"""
    page = pages.page_of(dump, dump.translate(address))
    layout = dump.type("struct page")
    member = layout.member("compound_head") or layout.member("compound_info")
    return pages.head_of(page, dump.read_unsigned(page + member.offset)) if member else page
