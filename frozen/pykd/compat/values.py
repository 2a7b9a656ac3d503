# SPDX-License-Identifier: GPL-2.0-or-later
"""What old names of members stood for, worked out of what a struct has now: by a path, or a function of the object."""

from __future__ import annotations

from pykd.compat.parts import Parts
from pykd.core.members import offset_of
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from _pykd import Dump, Struct

    type Source = str | Unlisted | Callable[[Struct], Any] | Adjusted


class Adjusted:
    """A member at a path whose value says more now: *value* makes of the object what the old name stood for."""

    def __init__(self, path: str, value: Callable[[Struct], Any]) -> None:
        self.path = path
        self.value = value


class Elsewhere:
    """A function of a module of :mod:`pykd.compat.old`, which is imported when the old name is used. *needs*: members without which it has nothing to
    work on."""

    def __init__(self, module: str, name: str, *needs: str) -> None:
        self.module, self.__name__, self.needs = module, name, needs

    def __call__(self, *args: Any) -> Any:
        from importlib import import_module

        return getattr(import_module(f"pykd.compat.old.{self.module}"), self.__name__)(*args)


class Unlisted:
    """An attribute that can be read, but is no field to hasField(): by that programs tell a struct from what it was before."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __get__(self, obj: Struct | None, cls: type | None = None) -> Any:
        return self if obj is None else obj.Eval(self.path)


class Word(int):
    """A number that became the member *f* of a struct: a number to old programs, with the member to new ones."""

    @property
    def f(self) -> int:
        return int(self)


class State(int):
    """A number that became the member ``__state`` of a struct, like Word."""


setattr(State, "__state", property(int))  # in the class body the name would be mangled


def dump_of(obj: Struct) -> Dump:
    return type(obj).PYT_dump


def seen_as(struct: str, path: str) -> Callable[[Struct], Any]:
    """The object is a *struct* too, which has the value now."""
    return lambda obj: obj.castTo(struct).Eval(path)


class Time(Parts):
    """As the struct that it was: programs ask for its name."""

    PYT_symbol = "struct timespec64"


def split_time(name: str) -> Callable[[Struct], Time]:
    return lambda inode: Time(
        tv_sec=getattr(inode, f"{name}_sec"),
        tv_nsec=getattr(inode, f"{name}_nsec"),
    )


# f5d39b020809 ("freezer,sched: Rewrite core freezer logic") (in v6.1), 5f220be21418 (in v5.15)
_TASK_RTLOCK_WAIT, _TASK_FREEZABLE, _TASK_FREEZABLE_UNSAFE, _TASK_FROZEN = 0x1000, 0x2000, 0x4000, 0x8000


def state(task: Struct) -> int:
    """A thread in the freezer, or waiting for a lock of an rt kernel, was uninterruptible; whether it may be frozen stood elsewhere."""
    state: int = task.__state
    if state & (_TASK_RTLOCK_WAIT | _TASK_FROZEN):
        state |= 2  # TASK_UNINTERRUPTIBLE
    return state & ~(_TASK_RTLOCK_WAIT | _TASK_FREEZABLE | _TASK_FREEZABLE_UNSAFE | _TASK_FROZEN)


def pids(task: Struct) -> list[Parts]:
    links = task.pid_links
    return [Parts(pid=task.signal.pids[i] if i else task.thread_pid, node=link) for i, link in enumerate(links)]


def vmas(mm: Struct) -> list[int]:
    from pykd.kernel.lists import mapletree

    return [entry for _, _, entry in mapletree.entries(dump_of(mm), int(mm) + mm.fieldOffset("mm_mt"))]


# The areas of the address space that was walked last: vm_next is asked of each in turn.
_walked: tuple[Struct | None, dict[int, int], list[int]] = (None, {}, [])


def area_beside(area: Struct, step: int) -> Struct:
    global _walked
    mm = area.vm_mm
    if _walked[0] is None or _walked[0] != mm or dump_of(_walked[0]) is not dump_of(mm) or dump_of(mm).live:
        areas = vmas(mm)
        _walked = mm, {address: i for i, address in enumerate(areas)}, areas
    _, places, areas = _walked
    i = places.get(int(area), -step) + step
    # NULL at both ends, and for an area that is not, or no longer, in the tree.
    return type(area)(areas[i] if int(area) in places and 0 <= i < len(areas) else 0)


def mmap(mm: Struct) -> Struct:
    areas = vmas(mm)
    return dump_of(mm).struct_class("struct vm_area_struct")(areas[0] if areas else 0)


CORE_MEMORY = ("MOD_TEXT", "MOD_DATA", "MOD_RODATA", "MOD_RO_AFTER_INIT")
INIT_MEMORY = ("MOD_INIT_TEXT", "MOD_INIT_DATA", "MOD_INIT_RODATA")


def layout_of(kinds: tuple[str, ...]) -> Callable[[Struct], Parts]:
    def layout(module: Struct) -> Parts:
        dump = dump_of(module)
        memory = module.mem
        parts = [memory[dump.enumerator(kind)] for kind in kinds]
        text, read_only = parts[0].size, parts[2].size
        return Parts(
            base=parts[0].base,
            size=sum(part.size for part in parts),
            text_size=text,
            ro_size=text + read_only,
            ro_after_init_size=text + read_only + (parts[3].size if len(parts) > 3 else 0),
        )

    return layout


def of_layout(layout: str, member: str) -> Callable[[Struct], Any]:
    return lambda module: getattr(getattr(module, layout), member)


def file_count(file: Struct) -> Parts:
    # A file_ref_t counts from 0 for one reference.
    return Parts(counter=file.f_ref.refcnt.counter + 1)


def bd_inode(bdev: Struct) -> Struct:
    both = dump_of(bdev).struct_class("struct bdev_inode")
    outer = both(int(bdev) - offset_of(both, "bdev"))
    inode: Struct = outer.vfs_inode
    return inode


def pages_of_writes(server: Struct) -> int:
    return -(-int(server.wsize) // dump_of(server).page_size)


def scsi_request(command: Struct) -> Struct:
    # blk_mq_rq_from_pdu(): a driver's data follow the request.
    request = dump_of(command).struct_class("struct request")
    return request(int(command) - request.PYT_size)


def hw_queues(queue: Struct) -> list[Struct]:
    from pykd.kernel.lists import xarray

    context = dump_of(queue).struct_class("struct blk_mq_hw_ctx")
    table = int(queue) + queue.fieldOffset("hctx_table")
    return [context(address) for _, address in xarray.xa_entries(dump_of(queue), table)]


def device_busy(device: Struct) -> Parts:
    """Bits of the sbitmap that are set and not yet put back."""
    bitmap = device.budget_map
    words = [bitmap.map[i] for i in range(bitmap.map_nr)] if bitmap.map else []
    return Parts(counter=sum((word.word & ~word.cleared).bit_count() for word in words))


def subsystem(kind: str) -> Callable[[Struct], Struct]:
    def private(holder: Struct) -> Struct:
        from pykd.kernel import devices

        dump = dump_of(holder)
        return devices.private_of(dump, int(holder), kind) or dump.struct_class("struct subsys_private")(0)

    return private


def small_block(info: Struct) -> list[Any]:
    return [info.gid[i] for i in range(min(info.ngroups, 65536))]  # NGROUPS_MAX


def charged_with(kind: str) -> Callable[[Struct], Parts]:
    """What a user is charged with in the initial user namespace, where the users of all others are counted too."""

    def charged(user: Struct) -> Parts:
        from pykd.kernel.task.credentials import charge

        counts = ucounts(dump_of(user), user.uid.val)
        return Parts(counter=0 if counts is None else charge(counts, kind))

    return charged


def ucounts(dump: Dump, uid: int) -> Struct | None:
    cls = dump.struct_class("struct ucounts")
    link = offset_of(cls, "node")
    initial = dump.address_of("init_user_ns", default=0)
    chains = words_of(dump, dump.read(dump.address_of("ucounts_hashtable"), _UCOUNTS_CHAINS * 8))
    for first in chains:
        # Since v6.15 an hlist_nulls: it ends in an odd number.
        nodes, _ = dump.follow(first) if first and not first & 1 else ([], None)
        for node in nodes:
            counts: Any = cls(node - link)
            if not node & 1 and counts.uid.val == uid and counts.ns == initial:
                return counts  # type: ignore[no-any-return]
    return None


_UCOUNTS_CHAINS = 1 << 10  # UCOUNTS_HASHTABLE_BITS


def flags_word(page: Struct) -> int:
    return Word(dump_of(page).read_unsigned(int(page) + page.fieldOffset("flags")))


def of_rt(path: str, why: str) -> tuple[tuple[str, Adjusted, str], ...]:
    """Members of a lock that is made of the ``rt_mutex`` at *path*."""
    return (
        ("wait_list", Adjusted(f"{path}.waiters", Elsewhere("locks", "rt_waiters")), why),
        ("owner", Adjusted(f"{path}.owner", Elsewhere("locks", "rt_owner")), why),
    )
