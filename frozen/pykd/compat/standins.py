# SPDX-License-Identifier: GPL-2.0-or-later
"""Variables that are no more, and what there is of their value now.

Programs written for older kernels read them and cannot go on without. A variable that has another name is in :mod:`pykd.compat.moved`.
"""

from __future__ import annotations

from _pykd import Error, NotFoundError, current
from pykd.compat.parts import Elements, Nothing, Parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


def _of_timekeeping(name: str) -> Callable[[], Any]:
    def value() -> Any:
        try:
            core = current().variable("tk_core")
        except NotFoundError:
            core = current().variable("timekeeper_data")[0]
        return getattr(core, name)

    return value


def _block_devices() -> Iterator[Any]:
    """Each ``struct block_device`` of a disk and its partitions that can be read."""
    from pykd.core.walk import caught
    from pykd.kernel.block.disks import for_each_disk, partitions

    dump = current()
    for disk in caught(for_each_disk(dump)):
        if isinstance(disk, Error):
            continue
        try:
            yield from partitions(dump, disk).values()
        except Error:
            continue


def _bdev_hashtable() -> list[Elements]:
    """One chain of all block devices, by their member ``bd_hash``."""
    kind = current().struct_class("struct block_device")
    link = kind.member_offset("bd_hash")
    if link is None:
        return []  # before v5.11 a partition was no block_device
    return [Elements(int(device) + link for device in _block_devices())]


def _blkdevs() -> list[Parts]:
    """By major number: the name of the driver and the operations of its disks."""
    from pykd.core.walk import caught
    from pykd.kernel.block.disks import for_each_disk

    known = [Parts(name=None, bdops=0) for _ in range(256)]
    for disk in caught(for_each_disk(current())):
        if isinstance(disk, Error):
            continue
        try:
            if 0 <= disk.major < len(known):
                known[disk.major] = Parts(name=_driver(disk.major), bdops=disk.fops)
        except Error:
            continue
    return known


def _driver(major: int) -> str | None:
    """As ``/proc/devices`` names it: a chain of ``struct blk_major_name`` by the number modulo 255."""
    entry = current().variable("major_names")[major % 255]
    for _ in range(255):
        if not entry or entry.major == major:
            break
        entry = entry.next
    return entry.name if entry else None


def _bdev_map() -> Parts:
    """As a ``struct kobj_map``: 255 chains of ``struct probe``, one for each whole disk."""
    from pykd.core.walk import caught
    from pykd.kernel.block.disks import for_each_disk

    # Programs keep to the disks that this function finds.
    get = next((symbol.address for symbol in current().symbols("exact_match")), 0)
    chains: list[Parts] = [Nothing()] * 255
    for disk in caught(for_each_disk(current())):
        if isinstance(disk, Error):
            continue
        try:
            major, minor, minors = disk.major, disk.first_minor, disk.minors
        except Error:
            continue
        place = major % len(chains)
        chains[place] = Parts(next=chains[place], dev=major << 20 | minor, range=minors, owner=0, get=get, lock=0, data=int(disk))
    return Parts(probes=chains, lock=0)


def _name_buckets() -> list[Elements]:
    dump = current()
    from pykd.kernel.lists import rbtree

    return [Elements(node for node, _ in rbtree.nodes(dump, dump.symbol("name_rb_tree").address, lambda _: None))]


def _of_net(name: str) -> Callable[[], Any]:
    def value() -> Any:
        from pykd.compat.old import net as oldnet

        return getattr(oldnet, name)(current())

    return value


def _locks(name: str) -> Callable[[], Any]:
    def value() -> Any:
        from pykd.compat.old import files as oldfiles

        return getattr(oldfiles, name)()

    return value


GONE: dict[str, Callable[[], Any]] = {
    # Nobody waits for congestion any more; gone between v5.10 and v6.1.
    "congestion_wqh": list,
    # Tables of block devices from before v2.6.30; programs look for them where all_bdevs is no more (v5.11).
    "bdev_hashtable": _bdev_hashtable,
    "blkdevs": _blkdevs,
    # Disks are looked up as inodes: 22ae8ce8b892 ("block: simplify bdev/disk lookup in blkdev_get") (in v5.11).
    "bdev_map": _bdev_map,
    # dm_mod, before v5.13
    "_name_buckets": _name_buckets,
    # b6e811383062 ("af_unix: Define a per-netns hash table.") (in v6.0)
    "unix_socket_table": _of_net("unix_socket_table"),
    # "net: move ptype_all into net_hotdata" (in v6.9)
    "ptype_all": _of_net("ptype_all"),
    # 21a216a8fc63 ("ipv6/addrconf: allocate a per netns hash table") (in v5.18)
    "inet6_addr_lst": _of_net("inet6_addr_lst"),
    # A part of tk_core since v6.13, of timekeeper_data since 22c62b9a84b8 ("timekeeping: Introduce auxiliary timekeepers") (in v6.17).
    "shadow_timekeeper": _of_timekeeping("shadow_timekeeper"),
    # 3fdb14fd1df7 ("timekeeping: Cache optimize struct timekeeper") (in v3.17): a part of tk_core.
    "timekeeper": _of_timekeeping("timekeeper"),
    # 7863dcc72d0f ("pid: allow pid_max to be set per pid namespace") (in v6.14)
    "pid_max": lambda: current().variable("init_pid_ns").pid_max,
    # 48f74186546c ("locks: turn the blocked_list into a hashtable") (in v3.11)
    "blocked_list": _locks("blocked_list"),
}
"""By name: what finds the value. Called only where the kernel has no such symbol."""

CHANGED: dict[str, Callable[[], Any]] = {
    # A list_head until 7012b02a2b2c ("locks: move file_lock_list to a set of percpu hlist_heads …") (in v3.11)
    "file_lock_list": _locks("file_lock_list"),
}
"""Variables that are there, but of another type: what finds the value that programs know to use."""

SEEN = frozenset(("bdev_map",))
"""Those that are to be taken for symbols: programs ask whether they exist before they read them."""

EMPTY = {"congestion_wqh": ("struct wait_queue_head", 2, "head")}
"""Those that would be empty today: the struct they were an array of, how many, and the member that is the head of a list."""

NUMBERS = {"pid_max": "int"}
"""Those that were numbers: their types."""

TYPES = {
    "unix_socket_table": "struct hlist_head",
    "ptype_all": "struct list_head",
    "inet6_addr_lst": "struct hlist_head",
}
"""Of those whose type programs look at: what they held."""


def address(name: str) -> int:
    """Where the first element of a variable that is no more lies now; 0 if it is nowhere, or not in one piece."""
    if name not in TYPES:
        return 0
    value = GONE[name]()
    parts = value if isinstance(value, list) else [value]
    if not parts or any(int(part) != int(parts[0]) + i * len(part) for i, part in enumerate(parts)):
        return 0
    return int(parts[0])
