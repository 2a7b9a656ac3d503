# SPDX-License-Identifier: GPL-2.0-or-later
"""Arrays of md that are suspended, broken or degraded, or whose superblock is not written."""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.core.walk import caught
from pykd.kernel.block import md
from pykd.report.finding import EXACT, NO_ANSWER, NOTE, SERIOUS, STOPS, Finding, Found
from pykd.report.wording import chain, members, number, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

LEAST, LONG = 5.0, 30.0
"""Seconds of waiting: from which on it is told, and from which on it explains a hang"""


def rule(facts: Facts) -> Iterator[Found]:
    for array in caught(md.for_each_mddev(facts.dump)):
        try:
            if isinstance(array, Error):
                raise array
            yield from _of(facts, array)
        except NotFoundError:
            return  # no md, or no types of it
        except Error as error:
            facts.note(error)


def _of(facts: Facts, array: Any) -> Iterator[Found]:
    dump = facts.dump
    disk = array.gendisk
    if not disk or not array.pers:
        return
    name, state = str(disk.disk_name), md.state(dump, array)
    waiting = _waiting(facts, array)
    seconds = max((facts.seconds(task) for task in waiting), default=0.0)
    who = members([f"{facts.who(task)}, {facts.seconds(task):.1f} s: {chain(facts.graph.waits[task].functions, 4)}" for task in waiting])
    evidence = (f"mddev {int(array):#x}: {array.clevel!s}, {state}, {md.sync_action(dump, array)}", *who)
    also = f", and {threads(len(waiting))} for it" if waiting else ""
    if held := _suspended(array):
        severity = STOPS if waiting and seconds >= LONG else SERIOUS if seconds >= LEAST else NOTE
        yield Found(f"The array {name} is suspended ({held}){also}, up to {seconds:.0f} s", severity, EXACT, evidence, "mdadm", len(waiting), seconds)
    elif waiting and seconds >= LEAST and state == "write-pending":
        text = f"The superblocks of the array {name} are to be written first, which has not ended{also}, up to {seconds:.0f} s"
        yield Found(text, SERIOUS, EXACT, evidence, "mdadm", len(waiting), seconds)
    lost = int(array.degraded)
    if state == "broken" or lost > 0:
        bad = [f"{str(member.kobj.name).removeprefix('dev-')}: {', '.join(words)}" for member, words in _members(facts, array) if "faulty" in words]
        what = "broken: it fails its I/O" if state == "broken" else f"degraded: {number(lost, 'member')} of {int(array.raid_disks)} missing or faulty"
        yield Found(f"The array {name} is {what}", SERIOUS, EXACT, (*evidence[:1], *members(bad)), "mdadm")


def _suspended(array: Any) -> str:
    """Which of its I/O an array lets nobody begin, in words; "" if it lets all."""
    value = array.suspended
    # An atomic_t for some releases, a plain number before and since.
    if int(value.counter) if hasattr(value, "counter") else int(value):
        return "all of it"
    low, high = int(array.suspend_lo), int(array.suspend_hi)
    return f"writes to sectors {low} to {high - 1}" if low < high else ""


def _waiting(facts: Facts, array: Any) -> list[int]:
    """task_structs of those who wait in a queue of the array itself, the longest first."""
    start, end = int(array), int(array) + len(array)
    return sorted((task for task, wait in facts.graph.waits.items() if wait.thing and start <= wait.thing.address < end), key=lambda task: -facts.seconds(task))


def _members(facts: Facts, array: Any) -> Iterator[tuple[Any, list[str]]]:
    for member in caught(md.for_each_rdev(facts.dump, array)):
        if isinstance(member, Error):
            facts.note(member)
        else:
            yield member, md.rdev_state(facts.dump, member)


FINDING = Finding(
    key="H9",
    title="RAID array",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="mdadm reshapes or stops it at this moment; an array made with a member missing on purpose",
    advice="look for the mdadm that suspended it and at what that waits for (suspend_lo and suspend_hi of /sys/block/NAME/md); replace faulty members",
    excluded="no RAID array is suspended, broken or degraded",
    concerns=lambda facts: any(True for _ in md.for_each_mddev(facts.dump)),
)
