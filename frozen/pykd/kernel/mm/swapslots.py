# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages that were swapped out and are in memory all the same: in the swap cache, in zswap, on a zram device, or known to be zeros."""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.core.memo import per_dump
from pykd.core.walk import caught
from pykd.kernel.lists.rbtree import rbtree_for_each_entry
from pykd.kernel.lists.xarray import xa_load
from pykd.kernel.mm import zsmalloc
from pykd.kernel.mm.contents import page_flags
from pykd.kernel.mm.pages import head_of, head_offset, physical_of
from pykd.kernel.mm.swap import for_each_swap, swap_place
from pykd.values.compression import page as decompressed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

_SPACE = 14
"""SWAP_ADDRESS_SPACE_SHIFT: pages of a device that share an address space, and a tree of zswap"""


class Elsewhere(Error):
    """The page is on a device that is not in memory."""


@per_dump
def _devices(dump: Dump) -> dict[int, Any]:
    """``struct swap_info_struct`` by number."""
    found: dict[int, Any] = {}
    for info in caught(for_each_swap(dump)):
        try:
            if not isinstance(info, Error):
                found[int(info.type)] = info
        except Error:
            continue
    return found


def is_device(dump: Dump, number: int) -> bool:
    """Whether there is a swap device of that number: higher ones in page tables are marks of other kinds."""
    return number in _devices(dump)


def read(dump: Dump, number: int, offset: int) -> bytes:
    """A page by the number of its device and its place there. :raises Elsewhere: it is not in memory. :raises Error: it is damaged, or not in the dump."""
    info = _devices(dump).get(number)
    if info is None:
        raise Elsewhere(f"there is no swap device {number}")
    physical = _cached(dump, info, number, offset)
    if physical is not None:
        return dump.read_physical(physical, dump.page_size)
    if _is_zeros(dump, info, offset):
        return bytes(dump.page_size)
    try:
        found = _in_zswap(dump, number, offset)
        if found is None:
            found = _on_zram(dump, info, offset)
    except (ValueError, TypeError, IndexError) as error:
        raise Error(f"page {offset} of swap device {number}: {error}") from None
    if found is None:
        raise Elsewhere("it is on a disk")
    return found


def _is_zeros(dump: Dump, info: Any, offset: int) -> bool:
    """0ca0c24e3211 ("mm: store zero pages to be swapped out in a bitmap") (in v6.12)"""
    if not info.hasField("zeromap") or not info.zeromap:
        return False
    word = dump.read_unsigned(int(info.zeromap) + offset // 64 * 8)
    return bool(word >> offset % 64 & 1)


# -- the swap cache


def _cached(dump: Dump, info: Any, number: int, offset: int) -> int | None:
    """Its physical address in the swap cache; None: it is not there."""
    for entry in _entries(dump, info, number, offset):
        try:
            if not entry or entry & 3:
                continue  # the shadow of a page that was dropped
            head = head_of(entry, dump.read_unsigned(entry + head_offset(dump)))
            page: Any = dump.object("struct page", head)
            _, first = swap_place(int(page.private))
            if page_flags(dump, head) & 1 << dump.enumerator("PG_swapcache") and 0 <= offset - first < 1 << 20:
                return physical_of(dump, head + (offset - first) * dump.type("struct page").size)
        except Error:
            continue
    return None


def _entries(dump: Dump, info: Any, number: int, offset: int) -> list[int]:
    """What the swap cache may have for a page.

    4b3ef9daa4fc ("mm/swap: split swap cache into 64MB trunks") (in v4.11); 7aad25b4b446 ("mm: use folio_alloc_mpol…", in v6.11): the index is that within
    the trunk; 8578e0c00dcf ("mm, swap: use the swap table for the swap cache and switch API") (in v6.18): a table in each cluster.
    """
    spaces = dump.address_of("swapper_spaces", "", default=0)
    cluster = dump.find_type("struct", "swap_cluster_info")
    if cluster is not None and cluster.member("table") is not None:
        try:
            size = dump.type("struct swap_cluster_info").size
            per_cluster = 512 if dump.page_size == 4096 else 256
            table = dump.read_unsigned(int(info.cluster_info) + offset // per_cluster * size + cluster.offset_of("table"))
            return [dump.read_unsigned(table + 8 * (offset % per_cluster))] if table else []
        except Error:
            return []
    if not spaces:
        return []
    start = dump.read_unsigned(spaces + 8 * number)
    if not start:
        return []
    layout = dump.type("struct address_space")
    tree = start + (offset >> _SPACE) * layout.size + layout.offset_of("i_pages")
    return [xa_load(dump, tree, index)[1] for index in dict.fromkeys((offset, offset & (1 << _SPACE) - 1))]


# -- zswap


def _in_zswap(dump: Dump, number: int, offset: int) -> bytes | None:
    """A page that zswap has; None: it has it not."""
    trees = dump.address_of("zswap_trees", "", default=0)
    tree = dump.read_unsigned(trees + 8 * number) if trees else 0
    if not tree:
        return None
    entry = _zswap_entry(dump, tree, offset)
    if entry is None:
        return None
    length = int(entry.length)
    if not length:  # a page of one word
        return int(entry.value).to_bytes(8, dump.byteorder) * (dump.page_size // 8)
    pool = entry.pool
    name = str(pool.tfm_name)
    data = _zswap_data(dump, pool, int(entry.handle), length)
    return data if length == dump.page_size else decompressed(name, data, dump.page_size)


def _zswap_entry(dump: Dump, tree: int, offset: int) -> Any:
    """``struct zswap_entry``; 796c2c23e14e ("zswap: replace RB tree with xarray") (in v6.10)."""
    layout = dump.type("struct zswap_entry")
    kind: Any = dump.struct_class("struct zswap_entry")
    if layout.member("rbnode") is None:
        _, found = xa_load(dump, tree + (offset >> _SPACE) * dump.type("struct xarray").size, offset)
        return kind(found) if found and not found & 3 else None
    known = _zswap_trees(dump)
    if tree not in known:
        known[tree] = dict(_zswap_entries(dump, tree))
    return kind(known[tree][offset]) if offset in known[tree] else None


@per_dump
def _zswap_trees(dump: Dump) -> dict[int, dict[int, int]]:
    """What is in each tree, by the place on the swap device: a process asks for one page after the other."""
    del dump
    return {}


def _zswap_entries(dump: Dump, tree: int) -> Iterator[tuple[int, int]]:
    """(place, address of ``struct zswap_entry``), as far as the red-black tree of a device can be read."""
    old = dump.find_type("struct", "zswap_tree")
    has_offset = dump.type("struct zswap_entry").member("offset") is not None
    for entry in caught(rbtree_for_each_entry(dump, tree + (old.offset_of("rbroot") if old is not None else 0), "struct zswap_entry", "rbnode")):
        if not isinstance(entry, Error):
            yield int(entry.offset) if has_offset else swap_place(int(entry.swpentry.val))[1], int(entry)


def _zswap_data(dump: Dump, pool: Any, handle: int, length: int) -> bytes:
    if pool.hasField("zs_pool"):
        return zsmalloc.read(dump, pool.zs_pool, handle, length)
    kind = str(pool.zpool.driver.type)
    if kind == "zsmalloc":
        return zsmalloc.read(dump, dump.object("struct zs_pool", int(pool.zpool.pool)), handle, length)
    if kind == "zbud":
        return dump.read(handle, length)
    raise NotFoundError(f"zswap keeps it in {kind}, which is not read")


# -- zram


def _on_zram(dump: Dump, info: Any, offset: int) -> bytes | None:
    """A page of a swap device that is a zram; None: it is none, or has written it to its backing device."""
    disk = info.bdev.bd_disk if info.bdev else None
    if not disk or not int(disk.fops) or int(disk.fops) != _zram_operations(dump):
        return None
    zram: Any = dump.object("struct zram", int(disk.private_data))
    slot = zram.table[offset]
    flags, names = int(slot.flags), _zram_flags(dump)
    shift = min(names.values())
    size = flags & (1 << shift) - 1

    def has(name: str) -> bool:
        return name in names and bool(flags >> names[name] & 1)

    value = int(slot.handle)
    if has("ZRAM_WB"):
        return None
    if has("ZRAM_SAME") or not value:
        return value.to_bytes(8, dump.byteorder) * (dump.page_size // 8)
    data = zsmalloc.read(dump, zram.mem_pool, value, size or dump.page_size)
    if len(data) == dump.page_size:
        return data
    return decompressed(_algorithm(zram, flags, names), data, dump.page_size)


@per_dump
def _zram_operations(dump: Dump) -> int:
    """Address of the ``struct block_device_operations`` of zram's disks; 0: there are none."""
    return dump.address_of("zram_devops", default=0)


@per_dump
def _zram_flags(dump: Dump) -> dict[str, int]:
    return {name: bit for name, bit in dump.enumerator_type("ZRAM_SAME").enumerators() if name.startswith("ZRAM_") or name == "__NR_ZRAM_PAGEFLAGS"}


def _algorithm(zram: Any, flags: int, names: dict[str, int]) -> str:
    """7ac07a26dea7 ("zram: preparation for multi-zcomp support") (in v6.2): up to four, by their priority."""
    if not zram.hasField("comp_algs"):
        return str(zram.compressor)
    bit = names.get("ZRAM_COMP_PRIORITY_BIT1")
    return str(zram.comp_algs[flags >> bit & 3 if bit is not None else 0])
