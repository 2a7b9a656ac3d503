# SPDX-License-Identifier: GPL-2.0-or-later
"""Where SLUB keeps the slabs and the free objects of a cache: with nodes, with CPUs, and in sheaves of both.

Each walk raises :class:`_pykd.FaultError` or :class:`_pykd.LimitError` at its end where its list is cut off or does not end.
"""

from __future__ import annotations

from _pykd import LimitError
from pykd.core.members import offset_of
from pykd.core.record import NamedTuple
from pykd.core.walk import ended
from pykd.kernel import cpus
from pykd.kernel.lists.linked import list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_SLABS = 1 << 22
"""In one list"""
MAX_OBJECTS = 1 << 16
"""In one slab"""
MAX_NODES = 1024


class Node(NamedTuple):
    """What a cache has on one node of memory."""

    number: int
    node: Any
    """``struct kmem_cache_node``: ``nr_slabs``, ``total_objects`` (``atomic_long_t``), ``nr_partial`` (``unsigned long``)"""
    barn: Any
    """``struct node_barn``, None if there is none"""


class Local(NamedTuple):
    """The slabs that one CPU allocates from."""

    local: Any
    """``struct kmem_cache_cpu``"""
    slab: int
    """Address of the one in use, 0 if there is none"""


def slab_class(dump: Dump) -> Any:
    """``struct slab``; d122019bf061 ("mm: Split slab into its own type") (in v5.17): ``struct page``, which had its members, before."""
    # The type is asked, not the class: that has old names for programs, too.
    return dump.struct_class("struct page" if dump.type("struct page").member("slab_cache") else "struct slab")


def nodes(dump: Dump, cache: Any) -> Iterator[Node]:
    """Each node of memory on which a ``struct kmem_cache`` has slabs. :raises FaultError: :raises MemberError: it is not known where it has its nodes.

    Since v7.1 ``per_node`` has what ``node`` had, and the barn beside it, which was a member of the node.
    """
    kind = dump.struct_class("struct kmem_cache_node")
    layout = dump.type("struct kmem_cache")
    limit = dump.read_unsigned(dump.symbol("nr_node_ids", "").address, 4) if dump.address_of("nr_node_ids", default=0) else 1
    for number in range(min(limit, MAX_NODES)):
        place = layout.member(f"node[{number}]") or layout.member(f"per_node[{number}].node")
        if place is None and not number:
            layout.offset_of("node")
        address = dump.read_unsigned(int(cache) + place.offset) if place else 0
        if not address:
            continue
        node: Any = kind(address)
        barn: Any = node.barn if node.hasField("barn") else None
        if beside := layout.member(f"per_node[{number}].barn"):
            address = dump.read_unsigned(int(cache) + beside.offset)
            barn = dump.object("struct node_barn", address) if address else None
        yield Node(number, node, barn or None)


def slabs_of_node(dump: Dump, node: Any, member: str = "partial") -> Iterator[int]:
    """Addresses of the slabs in a list of a ``struct kmem_cache_node``: ``partial``, or ``full``, which only a cache that is being debugged keeps
    (SLAB_STORE_USER)."""
    link = offset_of(slab_class(dump), "slab_list")
    links, why = dump.follow(int(node) + node.fieldOffset(member), limit=MAX_SLABS)
    for one in links[1:]:
        yield one - link
    if why is not None:
        raise ended(why, f"the list of {member} slabs of a node")


def local_slab(dump: Dump, cache: Any, cpu: int) -> Local | None:
    """What a CPU has of a ``struct kmem_cache``; None where it has nothing: ``kmem_cache.cpu_slab`` is gone since v7.0. :raises FaultError:"""
    if not cache.hasField("cpu_slab") or not cache.cpu_slab:
        return None
    local: Any = dump.object("struct kmem_cache_cpu", cpus.address_on(int(cache.cpu_slab), cpu, dump))
    return Local(local, int(local.slab if local.hasField("slab") else local.page))


def partial_slabs(dump: Dump, local: Any) -> Iterator[int]:
    """Addresses of the partial slabs of a ``struct kmem_cache_cpu``, which are there with CONFIG_SLUB_CPU_PARTIAL."""
    first = int(local.partial) if local.hasField("partial") else 0
    if not first:
        return
    found, why = dump.follow(first, offset_of(slab_class(dump), "next"), stop=0, limit=MAX_OBJECTS)
    yield from found
    if why is not None:
        raise ended(why, "the list of partial slabs of a CPU")


def local_sheaves(dump: Dump, cache: Any, cpu: int) -> list[Any]:
    """Each ``struct slab_sheaf`` of free objects that a CPU has of a cache: ``size`` (``unsigned int``) of them in ``objects``. :raises FaultError:

    2d517aa09bbc ("slab: add opt-in caching layer of percpu sheaves") (in v6.18).
    """
    if not cache.hasField("cpu_sheaves") or not cache.cpu_sheaves:
        return []
    local: Any = dump.object("struct slub_percpu_sheaves", cpus.address_on(int(cache.cpu_sheaves), cpu, dump))
    return [sheaf for sheaf in (local.main, local.spare) if sheaf]


def barn_sheaves(dump: Dump, barn: Any) -> Iterator[Any]:
    """Each full ``struct slab_sheaf`` in a ``struct node_barn``."""
    head = int(barn) + barn.fieldOffset("sheaves_full")
    return list_for_each_entry(dump, head, "struct slab_sheaf", "barn_list", limit=MAX_SLABS, what="the list of full sheaves of a node")


def free_objects(dump: Dump, cache: Any, first: int) -> Iterator[int]:
    """Addresses of the free objects of a cache from *first* on, each of which points to the next at ``kmem_cache.offset``. The pointers are
    disguised where CONFIG_SLAB_FREELIST_HARDENED is set: 2482ddec670f ("mm: add SLUB free list pointer obfuscation") (in v4.14)."""
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
