# SPDX-License-Identifier: GPL-2.0-or-later
"""I/O that threads wait for though no driver has it: held back by a device-mapper device that is suspended, or by another stacked driver, or lost."""

from __future__ import annotations

from _pykd import Error
from pykd.core.walk import caught
from pykd.kernel.block import dm
from pykd.kernel.block.disks import for_each_disk, stats_in_flight
from pykd.kernel.block.requests import inflight_requests
from pykd.kernel.fs.sbnames import sb_name
from pykd.report.devices import known_as, mapped
from pykd.report.finding import EXACT, FOUND, NO_ANSWER, SERIOUS, STOPS, Finding, Found
from pykd.report.heldback import held_back
from pykd.report.logsigns import told
from pykd.report.pagelocks import locked_pages
from pykd.report.wording import number, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

LEAST, LONG = 5.0, 30.0
"""Seconds of waiting: from which on it is told, and from which on it explains a hang"""
DMF_BLOCK_IO_FOR_SUSPEND, DMF_SUSPENDED = 1 << 0, 1 << 1
"""Bits of ``mapped_device.flags``, drivers/md/dm-core.h"""
IO = ("request", "folio", "buffer", "commit", "xfs")
"""Purposes of threads that wait for I/O itself"""


def waiting_for_io(facts: Facts) -> list[int]:
    """task_structs of threads that wait for I/O itself."""
    locked = {task for tasks in locked_pages(facts).values() for task in tasks}
    return [
        task for task, wait in facts.graph.waits.items()
        if wait.purpose and wait.purpose.key in IO and facts.threads[task].state == "UN" and task not in locked
    ]  # fmt: skip


def rule(facts: Facts) -> Iterator[Found]:
    yield from told(facts, r"thin: (\S+): switching pool to (?!write mode)(.+) mode", "The thin pool {0} has no room, or failed: it is in the mode {1} ({times})", SERIOUS)
    waiting = waiting_for_io(facts)
    seconds = max((facts.seconds(task) for task in waiting), default=0.0)
    suspended = list(_suspended(facts))
    for name, address, flags in suspended:
        evidence = (f"mapped_device {address:#x}: flags {flags:#x}", *_lines(facts, waiting))
        text = f"The device {name} is suspended" + (f", and {threads(len(waiting))} for I/O" if waiting else "")
        yield Found(text, STOPS if waiting and seconds >= LEAST else SERIOUS, EXACT, evidence, "inflight", len(waiting), seconds)
    if suspended or seconds < LEAST or _any_in_flight(facts) or any(held_back(facts)):
        return
    where = ", ".join(sorted({name for task in waiting if (name := device_of(facts, task))}))
    text = f"{threads(len(waiting))} for I/O{f' of {where}' if where else ''}, up to {seconds:.0f} s, and no driver has a request"
    holding = list(_holding(facts))
    text += f": it is held back by {' and '.join(holding)}" if holding else ": it is held back by a stacked driver (dm, md, loop), or lost"
    yield Found(text, STOPS if seconds >= LONG else SERIOUS, FOUND, tuple(_lines(facts, waiting)), "inflight", len(waiting), seconds)


def _holding(facts: Facts) -> Iterator[str]:
    """Disks whose drivers take bios that have some under way by their own count: ``dm-0 (slow: delay), which has 3 bios``."""
    dump = facts.dump
    names = mapped(dump)
    for disk in caught(for_each_disk(dump)):
        try:
            if isinstance(disk, Error) or (disk.queue and disk.queue.tag_set and disk.queue.mq_ops):
                continue
            name = str(disk.disk_name)
            count = sum(stats_in_flight(dump, disk.part0)) or (dm.bios_in_flight(dump, disk) if name in names else 0) or 0
            if count > 0:
                yield f"{known_as(dump, name)}, which has {number(count, 'bio')}"
        except Error as error:
            facts.note(error)


def _lines(facts: Facts, tasks: list[int]) -> list[str]:
    found = []
    for task in tasks[:5]:
        wait = facts.graph.waits[task]
        where = device_of(facts, task)
        found.append(facts.waited(task, wait.function) + (f" for {where}" if where else ""))
    return found


def _suspended(facts: Facts) -> Iterator[tuple[str, int, int]]:
    """(disk, mapped_device, flags) of each device-mapper device that lets no I/O pass."""
    kind = facts.dump.find_type("struct", "mapped_device")
    member = kind.member("flags") if kind else None
    if member is None:
        return
    for disk in caught(for_each_disk(facts.dump)):
        try:
            if isinstance(disk, Error) or not str(disk.disk_name).startswith("dm-"):
                continue
            address = int(disk.private_data)
            flags = facts.dump.read_unsigned(address + member.offset)
            if flags & (DMF_BLOCK_IO_FOR_SUSPEND | DMF_SUSPENDED):
                yield str(disk.disk_name), address, flags
        except Error as error:
            facts.note(error)
            continue


def _any_in_flight(facts: Facts) -> bool:
    for disk in caught(for_each_disk(facts.dump)):
        try:
            if not isinstance(disk, Error) and disk.queue and any(not isinstance(one, Error) for one in caught(inflight_requests(facts.dump, disk.queue))):
                return True
        except Error as error:
            facts.note(error)
            continue
    return False


def device_of(facts: Facts, task: int) -> str:
    """The file system of the page, or the device of the block, that a thread waits for; "" if it is not known."""
    thing = facts.graph.waits[task].thing
    if thing is None or not thing.address:
        return ""
    dump = facts.dump
    try:
        if thing.kind == "folio":
            page: Any = dump.object("struct page", thing.address)
            mapping = int(page.mapping)
            if not mapping or mapping & 3:
                return ""
            block = dump.object("struct address_space", mapping).host.i_sb
            return sb_name(dump, block)
        if thing.kind == "bit" and thing.name.startswith("a block of a device"):
            head: Any = dump.object("struct buffer_head", thing.address)
            return str(head.b_bdev.bd_disk.disk_name)
    except Error:
        pass
    return ""


FINDING = Finding(
    key="H7",
    title="I/O that no driver has",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="an LVM command is in progress for less than a second",
    advice="resume it (dmsetup resume NAME) if a command that suspended it has died; else look at what that command waits for",
    excluded="no device-mapper device is suspended, and no I/O is missing",
)
