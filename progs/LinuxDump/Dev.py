# SPDX-License-Identifier: GPL-2.0-or-later
"""Block devices, disks, requests, device mapper: :mod:`pykd.kernel.block` under PyKdump's names."""

from __future__ import annotations

import re
import textwrap
from collections import Counter, defaultdict, namedtuple

import crash
import pykd
from LinuxDump.percpu import get_cpu_var, percpu_ptr
from LinuxDump.scsi import req2scsi_info, request_timeinfo, scsi_debuginfo_OK
from LinuxDump.Time import j_delay
from pykd import Error
from pykd.core.walk import caught
from pykd.kernel import timekeeping
from pykd.kernel.block import disks, dm, requests
from pykd.kernel.block.dmtarget import context, legs
from pykd.kernel.block.requests import elevator
from pykd.kernel.lists.linked import hlist_for_each_entry, list_for_each_entry
from pykdump import API
from pykdump.Generic import dbits2str
from pykdump.highlevel import addr2sym, container_of, enumerator_value, pylog, readSU, symbol_exists
from pykdump.vmcorearch import HZ, sys_info

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MINORS = (1 << 20) - 1
_GOOD_NAME = re.compile(r"[-\w:/.!]+")


class listTextWrapper(textwrap.TextWrapper):
    """Breaks lines at commas."""

    wordsep_re = re.compile(r"(,)")


def list_fill(text: str, width: int = 70, **kwargs: Any) -> str:
    """The text in lines of at most *width* characters that end at commas; *kwargs* as for ``textwrap.TextWrapper``."""
    return listTextWrapper(width=width, **kwargs).fill(text)


def stripStructName(sname: Any) -> str:
    """``<gendisk 0x…>`` in place of ``<struct gendisk 0x…>``."""
    return f"<{str(sname)[8:]}"


def decode_devt(dev: int) -> tuple[int, int]:
    """(major, minor) of a ``dev_t``; one that has 16 bits is taken for one of old."""
    return (int(dev) >> 20, int(dev) & MINORS) if int(dev) >> 16 else (int(dev) >> 8, int(dev) & 0xFF)


# -- disks by major number


def _whole() -> Iterator[tuple[int, int, Any]]:
    """(first minor, major, ``struct gendisk``) of each disk; what cannot be read is told."""
    for disk in caught(disks.for_each_disk(pykd.current())):
        try:
            if isinstance(disk, Error):
                raise disk
            yield int(disk.first_minor), int(disk.major), disk
        except Error as error:
            pylog.error(f"a disk cannot be read: {error}")


def _devices(disk: Any) -> dict[int, Any]:
    """By minor number each ``struct block_device`` of a disk. Before v5.11 partitions were none: those that are open."""
    found = {}
    for number, part in disks.partitions(pykd.current(), disk).items():
        if part.isNamed("struct block_device"):
            found[int(part.bd_dev) & MINORS] = readSU("struct block_device", int(part))
        elif number >= 0 and int(disk.major) not in _open():
            return {}
    return found or {minor: bd for minor, bd in _open().get(int(disk.major), ()) if int(bd.bd_disk) == int(disk)}


def _open() -> dict[int, list[tuple[int, Any]]]:
    """By major number (minor, ``struct block_device``) of the list ``all_bdevs``, which there was until v5.11."""
    dump = pykd.current()
    found: dict[int, list[tuple[int, Any]]] = defaultdict(list)
    head = dump.address_of("all_bdevs", "", default=0)
    if head:
        for device in caught(list_for_each_entry(dump, head, "struct block_device", "bd_list")):
            if not isinstance(device, Error):
                found[int(device.bd_dev) >> 20].append((int(device.bd_dev) & MINORS, readSU("struct block_device", int(device))))
    return {major: sorted(devices, key=lambda one: one[0]) for major, devices in found.items()}


def get_blkdev_tables() -> tuple[dict[int, str], dict[int, list[Any]]]:
    """({major: name of the driver}, {major: its ``struct gendisk`` by first minor})."""
    names = {int(one.major): str(one.name) for one in caught(disks.for_each_driver(pykd.current())) if not isinstance(one, Error)}
    found: dict[int, list[Any]] = defaultdict(list)
    for _, major, disk in sorted(_whole(), key=lambda one: one[0]):
        found[major].append(readSU("struct gendisk", int(disk)))
    return names, dict(found)


def get_bd_gd(major: int) -> list[tuple[int | None, Any, Any]]:
    """(minor, ``struct block_device``, ``struct gendisk``) of a major number; of disks that nobody has open only the last, before v5.11."""
    found: list[tuple[int | None, Any, Any]] = []
    for disk in get_blkdev_tables()[1].get(major, ()):
        devices = _devices(disk)
        found += [(minor, device, disk) for minor, device in sorted(devices.items())] or [(None, None, disk)]
    return found


def get_gendisks() -> list[tuple[int, Any]]:
    """(``dev_t``, ``struct gendisk``) of all disks, sorted."""
    _, found = get_blkdev_tables()
    return [(major << 20 | int(disk.first_minor), disk) for major in sorted(found) for disk in found[major]]


class BlkDev:
    """What a driver of block devices has: its major number, name, operations and devices."""

    def __init__(self, major: int, name: str, ops: int, bdevs: list[tuple[int, Any]]) -> None:
        """:param bdevs: (minor, ``struct block_device``)"""
        self.major = major
        self.minors = sorted(minor for minor, _ in bdevs)
        self.name = name
        self.ops = ops
        self.opsname = addr2sym(ops)
        self.bdevs = bdevs

    def __str__(self) -> str:
        return f" {self.major:3d}  {self.name:<11}   {int(self.ops):x}  <{self.opsname}>"

    def shortstr(self) -> str:
        """``driver=sd, bdops=<sd_fops>``"""
        return f"driver={self.name}, bdops=<{self.opsname}>"


def get_blkdevs() -> tuple[dict[int, BlkDev], dict[int, Any]]:
    """({major: :class:`BlkDev`}, {``dev_t``: ``struct block_device``}) of the devices that there are."""
    names, found = get_blkdev_tables()
    by_major, by_device = {}, {}
    for major, ones in sorted(found.items()):
        devices = [(minor, device) for minor, device, _ in get_bd_gd(major) if device is not None and minor is not None]
        by_device.update({int(device.bd_dev): device for _, device in devices})
        if devices:
            by_major[major] = BlkDev(major, names.get(major, "?"), ones[0].fops, devices)
    return by_major, by_device


get_blkdevs_v1 = get_blkdevs_v2 = get_blkdevs


def print_blkdevs(v: int = 0) -> None:
    """Print each major number with its driver, first disk and operations; v>0: disks, partitions, schedulers, requests under way."""
    for major, name in sorted(get_blkdev_tables()[0].items()):
        found = get_bd_gd(major)
        line = f"{major:3}  {name:16}"
        if not v:
            print(f"{line} {found[0][2]} fops={addr2sym(found[0][2].fops)}" if found else f"{line}")
            continue
        print(line)
        seen: set[int] = set()
        for minor, device, disk in found:
            if minor is None:
                print(f"    first_minor={disk.first_minor:<4d}   {disk.disk_name} {disk}")
            else:
                lead = "    " if int(disk.queue) in seen else "  "
                print(f"{lead}{minor:3d} {disks.bdev_name(device):5} {stripStructName(device)} {stripStructName(disk)}")
            if int(disk.queue) not in seen:
                seen.add(int(disk.queue))
                _print_queue(disk.queue, v)


def _print_queue(queue: Any, v: int) -> None:
    name = elevator(queue)
    if name:
        print(f"       I/O Elevator={name}")
    waiting, in_flight, count = check_request_queue(queue)
    if v > 1 or waiting or in_flight or count:
        print(f"        {queue} Len={waiting} in_flight={in_flight} count={count}")


def old_print_blkdevs(v: int = 0) -> None:
    """Print each driver with its operations and minor numbers."""
    for major, found in sorted(get_blkdevs()[0].items()):
        print(f" {major:3d}    {found.name:<14}   {int(found.ops):x}  <{found.opsname}>")
        if v:
            print(textwrap.fill(f"\tMinors:{found.minors}", initial_indent=" ", subsequent_indent=" " * 9))
            print("\t", found.bdevs[0][1])
            print("-" * 70)


def print_disk_stats(gd: Any) -> None:
    """Print the ``struct disk_stats`` of a disk for each CPU."""
    part = gd.part0
    for cpu in range(sys_info.CPUS):
        print("  ", cpu, readSU("struct disk_stats", percpu_ptr(disks.disk_stats(part), cpu)))


def print_gendisk(v: int = 1) -> None:
    """Print each disk with its partitions; v=0: only those that look corrupted."""
    for dev, disk in get_gendisks():
        if v > 1:
            print("#" * 50)
        name = str(disk.disk_name)
        if not _GOOD_NAME.fullmatch(name):
            pylog.error(f"{disk} has no good name")
            continue
        try:
            opened = addr2sym(disk.fops.open) if disk.fops.open else None
        except (Error, crash.error):
            pylog.error(disk, f"corrupted fops, disk_name={name} dev=0x{dev:x}")
            continue
        if v:
            print(f"  {name:>12} dev=0x{dev:x}", disk, opened)
        for number, part in sorted(disks.partitions(pykd.current(), disk).items()):
            try:
                if v and disks.sectors(part):
                    print("\t\t", number, part)
            except Error:
                pylog.error(disk, "corrupted part list", number)


def BDEV_I(inode: int) -> Any:
    """The ``struct bdev_inode`` around an inode."""
    return container_of(inode, "struct bdev_inode", "vfs_inode")


def I_BDEV(inode: int) -> Any:
    """The ``struct block_device`` of an inode."""
    return BDEV_I(inode).bdev


# -- device mapper


def print_dm_devices(verbose: int = 0) -> None:
    """Print names and minor numbers of mapped devices; verbose: their tables."""
    dump = pykd.current()
    if not dm.has_types(dump):
        print("To decode DeviceMapper structures, you need a debuggable dm_mod")
        return
    print(" ========== Devicemapper devices ============")
    cells, errors = dm.mapped_devices(dump)
    for cell in cells:
        if verbose:
            print("-" * 70)
        print(f"{cell.name!s:<40}  minor={cell.md.disk.first_minor}")
        table = dm.table_of(dump, cell.md)
        if verbose and table is not None:
            print("  ", table)
            decode_dm_table(table)
    for error in errors:
        pylog.error(f"a mapped device cannot be read: {error}")


def decode_dm_table(dm_table: Any, verbose: int = 0) -> None:
    """Print the targets of a ``struct dm_table``, and the devices that they use."""
    dump = pykd.current()
    print(f" -- {dm_table.num_targets} targets")
    used: dict[int, Any] = {}
    for number, target in enumerate(dm.targets(dump, dm_table)):
        name, begin, length = str(target.type.name), int(target.begin), int(target.len)
        print(f"  {number}", target, name)
        print(f"       | logical  sectors {begin}->{begin + length - 1}")
        try:
            if name == "linear":
                one = context(dump, target)
                print(f"       | physical sectors {one.start}->{int(one.start) + length - 1}")
                print("       |    device used", one.dev)
            used.update({int(bdev): bdev for bdev in legs(dump, target)})
        except Error as error:
            pylog.error(f"{target}: {error}")
    print(" -- Block Devices Used By This Mapping")
    names = get_blkdev_tables()[0]
    for bdev in used.values():
        major, minor = int(bdev.bd_dev) >> 20, int(bdev.bd_dev) & MINORS
        print("     ", bdev, f"major={major:<3d} minor={minor:<3d}")
        print(f"\t    driver={names.get(major, '?')}, bdops=<{addr2sym(bdev.bd_disk.fops)}>")


# -- requests


def get_requestqueue(bd: Any, gd: Any) -> Any:
    """The ``struct request_queue`` of a disk, or of the disk of a device."""
    return gd.queue if gd else bd.bd_disk.queue


def get_request_queues() -> dict[Any, tuple[Any, Any]]:
    """By ``struct request_queue`` (block_device, gendisk), the first one that uses it."""
    found: dict[Any, tuple[Any, Any]] = {}
    for major in get_blkdev_tables()[1]:
        for _, device, disk in get_bd_gd(major):
            found.setdefault(get_requestqueue(device, disk), (device, disk))
    return found


def _requests(queue: Any) -> list[Any]:
    return [one for one in requests.allocated_requests(pykd.current(), queue) if not isinstance(one, Error)]


def _waits(request: Any) -> bool:
    """Whether its driver does not have it yet."""
    return int(request.state) == requests.MQ_RQ_IDLE


def check_request_queue(rqueue: Any) -> tuple[int, int, int]:
    """(how many wait, how many the driver has, how many there are) of a ``struct request_queue``'s requests."""
    found = _requests(rqueue)
    waiting = sum(map(_waits, found))
    return waiting, len(found) - waiting, len(found)


def get_blkreq_info() -> tuple[int, int, list[tuple[Any, Any, int, int]]]:
    """(requests there are, those that drivers have, [(queue, gendisk, requests, those its driver has)] of queues with any)."""
    total = active = 0
    found = []
    for queue, (_, disk) in get_request_queues().items():
        try:
            _, in_flight, count = check_request_queue(queue)
        except (Error, crash.error):
            pylog.error(f"corrupted structures for {disk}")
            continue
        total += count
        active += in_flight
        if count:
            found.append((queue, disk, count, in_flight))
    return total, active, found


def print_request_queues(v: int = 0) -> int:
    """Print how many requests there are, v>0: by queue; v<0: nothing, if there are none. How many there are."""
    total, active, found = get_blkreq_info()
    if v < 0 and not found:
        return 0
    print(f" -- Request Queues Analysis:     Count={total}, in_flight={active}")
    for queue, disk, count, in_flight in sorted(found, key=lambda one: str(one[1].disk_name)) if v > 0 else ():
        print(f"{disk.disk_name!s:<16s} count={count:<4d} in_flight={in_flight:<4d}")
        if v > 1:
            print(f"  {queue}  {disk}")
            print("-" * 70)
    return total


def print_blk_cpu_done(v: int = 0) -> int:
    """Print how many requests are done and not yet told, on each CPU (``blk_cpu_done``); v<0: nothing, if there are none."""
    if not symbol_exists("blk_cpu_done"):
        return 0
    total, lines = 0, []
    dump = pykd.current()
    kind = dump.find_type("struct", "request")
    link = kind.member("ipi_list") if kind is not None else None
    # f9ab49184af0 ("blk-mq: Use llist_head for blk_cpu_done") (in v5.12): a list_head before
    single = link is not None and "llist" in str(link.type)
    walk = hlist_for_each_entry if single else list_for_each_entry
    for cpu, head in enumerate(get_cpu_var("blk_cpu_done")):
        found = [one for one in caught(walk(dump, head, "struct request", "ipi_list")) if not isinstance(one, Error)]
        total += len(found)
        if found:
            lines.append(f"   CPU={cpu} Len={len(found)}")
            lines += [f"   {one}" for one in found] if v > 1 else []
    if total or v >= 0:
        print(f" -- Requests on blk_cpu_done:    Count={total}")
        for line in lines if v > 0 else ():
            print(line)
    return total


def is_request_WRITE(rq: Any) -> bool:
    """Whether data goes to the device."""
    return requests.is_write(rq)


def is_request_STARTED(rq: Any) -> bool:
    """Whether its driver has it."""
    return not _waits(rq)


def decode_rq_state(rq: Any) -> str:
    """What is asked for, and the flags that it has: ``WRITE|SYNC``."""
    bits = {}
    kind = pykd.current().find_type("enum", "req_flag_bits")
    for name, number in kind.enumerators() if kind is not None else ():
        label = name.lstrip("_").removeprefix("REQ_")
        if label not in ("FAILFAST_DEV", "NR_BITS"):
            bits[label] = 1 << number
    flags = dbits2str(int(rq.cmd_flags), bits)
    return "|".join(filter(None, (requests.operation(rq), flags)))


def blk_rq_deadline(rq: Any) -> int:
    """``request.deadline``, jiffies."""
    return int(rq.deadline)


def is_request_BAD(rq: Any) -> str | None:
    """What is wrong with a ``struct request``; None: nothing."""
    try:
        if not rq.q:
            return "rq.q=0"
        if int(rq.q) % 4:
            return "rq.q unaligned"
        if int(rq.bio) & 3 or int(rq.biotail) & 3:
            return "rq.bio unaligned"
        if rq.bio and rq.bio.bi_opf is None:
            return "cannot dereference rq.bio"
        rq.q.queuedata  # noqa: B018 (whether it can be read)
    except (Error, crash.error):
        return "Corrupted rq"
    return None


def decode_request(rq: Any, v: int = 0, reqscsmap: dict[Any, tuple[Any, Any]] | None = None) -> str:
    """Lines on a ``struct request``: disk, flags, times; the SCSI command, if *reqscsmap* (:func:`.scsi.req2scsi_info`) has it."""
    bad = is_request_BAD(rq)
    if bad:
        return f"   {rq} BAD: {bad}"
    lines = [f"    {rq}"]
    disk = rq.q.disk if rq.q.hasField("disk") else rq.rq_disk
    if disk:
        lines.append(f"\tdisk_name={disk.disk_name} major={disk.major}")
    if v > 1:
        flags = " ".join(f"{name}={int(getattr(rq, name)):#x}" for name in ("cmd_flags", "rq_flags"))
        lines.append(f"        RQ: {flags}")
        if rq.bio:
            lines.append(f"        BIO: bi_opf={int(rq.bio.bi_opf):#x} bi_flags={int(rq.bio.bi_flags):#x}")
        lines.append(decode_rq_state(rq))
    lines.append(f"\t  {request_timeinfo(rq)}")
    if reqscsmap and rq in reqscsmap:
        device, command = reqscsmap[rq]
        lines.append(f"\t  {device.shortStr()}  {command.shortStr()}")
        passed = timekeeping.jiffies(pykd.current()) - int(command.jiffies_at_alloc)
        lines.append(f"\t  (jiffies - cmnd->jiffies_at_alloc)={passed}")
    return "\n".join(lines)


def get_blkreq_fromslab() -> list[tuple[int, Any]]:
    """(jiffies since it was made, ``struct request``) of all that somebody holds, the newest first. Since blk-mq they come not from a slab but
    from the tags of their queues; the name is of old."""
    dump = pykd.current()
    found = []
    for queue in get_request_queues():
        for request in _requests(queue):
            age = requests.request_age(dump, request)
            found.append(((age or 0) * HZ // 1_000_000_000, readSU("struct request", int(request))))
    return sorted(found, key=lambda one: (one[0], int(one[1])))


def print_request_slab(v: int) -> int:
    """Print how many requests there are, how old; v>0: each; v<0: nothing, if there are none. How many there are."""
    found = get_blkreq_fromslab()
    if found or v >= 0:
        started = sum(is_request_STARTED(one) for _, one in found)
        written = sum(is_request_WRITE(one) for _, one in found)
        print(f" -- Requests from SLAB Analysis: Count={len(found)}, STARTED={started} WRITE={written}")
    if found:
        print(f"      -- Since started: newest {found[0][0] / HZ:8.2f}s,  oldest {found[-1][0] / HZ:8.2f}s")
        if v < 0:
            pylog.warning("there are outstanding blk_dev requests")
    if v > 0 and found:
        commands = req2scsi_info() if scsi_debuginfo_OK(False) else {}
        for _, request in found:
            print(decode_request(request, v, commands))
        print("  -- Summary of flags combinations")
        for line in sorted(f"{count:4d} {flags}" for flags, count in Counter(decode_rq_state(one) for _, one in found).items()):
            print(line)
    return len(found)


__all__ = [
    "BDEV_I", "I_BDEV", "BlkDev", "Counter", "blk_rq_deadline", "check_request_queue", "decode_devt", "decode_dm_table", "decode_request",
    "decode_rq_state", "defaultdict", "enumerator_value", "get_bd_gd", "get_blkdev_tables", "get_blkdevs", "get_blkdevs_v1",
    "get_blkdevs_v2", "get_blkreq_fromslab", "get_blkreq_info", "get_cpu_var", "get_gendisks", "get_request_queues", "get_requestqueue",
    "is_request_BAD", "is_request_STARTED", "is_request_WRITE", "j_delay", "listTextWrapper", "list_fill", "namedtuple",
    "old_print_blkdevs", "percpu_ptr", "print_blk_cpu_done", "print_blkdevs", "print_disk_stats", "print_dm_devices", "print_gendisk",
    "print_request_queues", "print_request_slab", "re", "req2scsi_info", "scsi_debuginfo_OK", "stripStructName", "textwrap",
]  # fmt: skip
__all__ += API.hand_on(globals())
