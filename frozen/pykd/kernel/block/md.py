# SPDX-License-Identifier: GPL-2.0-or-later
"""Arrays of md (md_mod): their state, size and members."""

from __future__ import annotations

from _pykd import NotFoundError
from pykd.kernel.lists.linked import list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_ARRAYS = 1 << 16
MAX_MEMBERS = 1 << 12
"""Of one array"""
MD_NOT_READY, MD_BROKEN = 1 << 10, 1 << 11
"""``mddev.flags`` where the kernel's enum is not in the dump's types (v5.9)"""


def for_each_mddev(dump: Dump) -> Iterator[Any]:
    """Each ``struct mddev``. :raises NotFoundError: md_mod is not loaded, or the dump has no types of it. :raises FaultError, LimitError:"""
    head = dump.symbol("all_mddevs").address
    yield from list_for_each_entry(dump, head, "struct mddev", "all_mddevs", limit=MAX_ARRAYS, what="the list of md arrays")


def for_each_rdev(dump: Dump, array: Any) -> Iterator[Any]:
    """Each ``struct md_rdev``, a device of a ``struct mddev``. :raises FaultError, LimitError:"""
    head = int(array) + array.fieldOffset("disks")
    yield from list_for_each_entry(dump, head, "struct md_rdev", "same_set", limit=MAX_MEMBERS, what="the members of an md array")


def size(array: Any) -> int | None:
    """Bytes of a ``struct mddev``; of one that does not run those it uses of each device, None if it is not known yet. :raises FaultError:"""
    count = int(array.array_sectors) if array.pers else int(array.dev_sectors)
    return count * 512 if array.pers or count else None


def _bit(dump: Dump, name: str, otherwise: int) -> int:
    try:
        return 1 << dump.enumerator(name)
    except NotFoundError:
        return otherwise


def state(dump: Dump, array: Any) -> str:
    """In the words of /sys/block/mdN/md/array_state. :raises FaultError:"""
    if array.pers and not int(array.flags) & _bit(dump, "MD_NOT_READY", MD_NOT_READY):
        if int(array.ro):
            return "readonly" if int(array.ro) == 1 else "read-auto"
        if array.hasField("sb_flags") and int(array.sb_flags) & _bit(dump, "MD_SB_CHANGE_PENDING", 1 << 2):
            return "write-pending"
        if int(array.in_sync):
            # 62f7b1989c02 ("md raid0/linear: Mark array as 'broken' and fail BIOs if a member is gone") (in v5.4)
            return "broken" if int(array.flags) & _bit(dump, "MD_BROKEN", MD_BROKEN) else "clean"
        return "active-idle" if int(array.safemode) else "active"
    if not int(array.raid_disks) and not int(array.dev_sectors):
        return "clear"
    return "inactive"


RDEV_FLAGS = (
    ("Faulty", 0, "faulty"), ("In_sync", 1, "in_sync"), ("WriteMostly", 3, "write_mostly"), ("Blocked", 5, "blocked"), ("Journal", 12, "journal"),
    ("WriteErrorSeen", 6, "write_error"), ("WantReplacement", 9, "want_replacement"), ("Replacement", 10, "replacement"), ("FailFast", 16, "failfast"),
)  # fmt: skip
"""(enumerator of ``enum flag_bits``, its number where the dump has no types of it, word of /sys/block/mdN/md/dev-X/state)"""


def rdev_state(dump: Dump, member: Any) -> list[str]:
    """Words for a ``struct md_rdev``; ``spare`` where it is none of faulty, in_sync, journal. :raises FaultError:"""
    flags = int(member.flags)
    found = [word for name, number, word in RDEV_FLAGS if flags & _bit(dump, name, 1 << number)]
    return found if {"faulty", "in_sync", "journal"} & set(found) else [*found, "spare"]


RECOVERY = ("running", "sync", "recover", "intr", "done", "needed", "requested", "check", "reshape", "frozen")
"""Bits of ``mddev.recovery`` (MD_RECOVERY_*) in their first order; the enum ``recovery_flags`` has the kernel's own"""


def sync_action(dump: Dump, array: Any) -> str:
    """In the words of /sys/block/mdN/md/sync_action. :raises FaultError:"""
    value = int(array.recovery)
    found = {word for bit, word in enumerate(RECOVERY) if value & _bit(dump, f"MD_RECOVERY_{word.upper()}", 1 << bit)}
    if "frozen" in found:
        return "frozen"
    if "running" not in found and not (not int(array.ro) and "needed" in found):
        return "idle"
    if "reshape" in found:
        return "reshape"
    if "recover" in found:
        return "recover"
    if "sync" in found:
        return "resync" if "requested" not in found else "check" if "check" in found else "repair"
    return "recover" if int(array.degraded) else "idle"
