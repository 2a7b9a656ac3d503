# SPDX-License-Identifier: GPL-2.0-or-later
"""The readers of the module ``crash``: memory of the kernel and of processes, lists and hash tables.

Wrong arguments and failures raise :class:`_pykd.ProgramError` (``crash.error``) unless a docstring says otherwise.
"""

from __future__ import annotations

from _pykd import FaultError, ProgramError, RangeError, current
from pykd.boot import lazy
from pykd.compat.lookup import MASK64, as_int
from pykd.core import host
from pykd.core.memo import per_dump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump
    from pykd.compat import oldmembers
    from pykd.kernel.task import threads as tasks
else:
    oldmembers = lazy.module("pykd.compat.oldmembers")  # the main job needs none of it
    tasks = lazy.module("pykd.kernel.task.threads")

KVADDR = 1
UVADDR = 2
PHYSADDR = 4
XENMACHADDR = 8
AMBIGUOUS = -1


def _page_table(task: int) -> int:
    """Physical address of the top-level page table of a task's memory."""
    task_struct = current().object("struct task_struct", task)
    mm = task_struct.mm or task_struct.active_mm
    if not mm:
        raise ProgramError(f"task {task:#x} has no memory of its own")
    from pykd.kernel.task import memory

    return memory.page_table(mm, current())


def _read(addr: int, size: int, mtype: int | None) -> bytes:
    made = oldmembers.read(addr, size) if oldmembers.is_made(addr) and mtype != PHYSADDR else None
    if made is not None:
        return made
    addr &= MASK64
    if mtype == PHYSADDR:
        return current().read_physical(addr, size)
    if mtype == UVADDR:
        return current().read(addr, size, pgd=current().pgd or _page_table(_context_task()))
    if mtype == KVADDR:
        return current().read(addr, size, pgd=0)
    if mtype is None:
        return current().read(addr, size)
    raise RangeError(f"there is no memory of type {mtype}")


def _context_task() -> int:
    session = host.current()
    if session is not None:
        return session.task
    return int(tasks.panic_task())


def readmem(addr: int, size: int, mtype: int | None = None) -> bytes:
    """*size* bytes at *addr*, 1 GB at most. :raises IndexError: ``readPtr NULL pointer`` for address 0."""
    addr, size = as_int(addr), as_int(size)
    if addr == 0:
        raise IndexError("readPtr NULL pointer")
    if size < 0:
        raise ProgramError("invalid parameter type")
    try:
        return _read(addr, size, mtype)
    except (FaultError, RangeError) as fault:
        raise ProgramError(f"readmem error at addr {addr:#x}, reading {size} bytes") from fault


def readPtr(addr: int, mtype: int | None = None) -> int:
    """The pointer at *addr*. :raises IndexError: ``readPtr NULL pointer`` for address 0."""
    addr = as_int(addr)
    if addr == 0:
        raise IndexError("readPtr NULL pointer")
    try:
        if mtype is None:
            following = oldmembers.link(addr)
            if following is not None:
                return following
            if not oldmembers.is_made(addr):
                return current().read_unsigned(addr)
        return int.from_bytes(_read(addr, 8, mtype), current().byteorder)
    except (FaultError, RangeError) as fault:
        raise ProgramError(f"readmem error at addr {addr:#x}") from fault


def readInt(addr: int, size: int, signed: int = 0) -> int:
    """An integer of 1, 2, 4 or 8 bytes."""
    addr, size = as_int(addr), as_int(size)
    try:
        made = oldmembers.read(addr, size) if oldmembers.is_made(addr) and size in (1, 2, 4, 8) else None
        if made is not None:
            return int.from_bytes(made, current().byteorder, signed=bool(signed))
        return current().read_signed(addr, size) if signed else current().read_unsigned(addr, size)
    except FaultError as fault:
        raise ProgramError(f"readmem/py_readInt error at addr {addr:#x}, reading {size} bytes") from fault
    except RangeError:
        raise ProgramError("bad size") from None


class _Readers:
    """Whose memory the readers of a dump mean."""

    task = 0
    """0: the kernel's."""
    task_before = 0
    """The session's task when there was none."""


@per_dump
def _readers(dump: Dump) -> _Readers:
    return _Readers()


def set_readmem_task(task: int) -> None:
    """Let readers mean the memory of *task* from now on, and commands that task; 0: the kernel's, and the task as before."""
    readers = _readers()
    task = as_int(task)
    if task and not tasks.is_task(task):
        raise ProgramError("bad taskaddr")
    if not task and not readers.task:
        return  # as before and after every program: not worth finding out which task is meant
    session = host.current()
    current().pgd = 0
    if task:
        current().pgd = _page_table(task)
    if session is not None:
        if not readers.task:
            readers.task_before = session.task
        session.task = task or readers.task_before
    readers.task = task


def uvtop(task: int, vaddr: int) -> int:
    """Physical address of a user address of a task."""
    task, vaddr = as_int(task), as_int(vaddr)
    try:
        return current().translate(vaddr, pgd=_page_table(task))
    except ProgramError as fault:
        raise ProgramError(f"uvtop error at vaddr {vaddr:#x}") from fault


def phys_to_page(paddr: int) -> int:
    """Address of the ``struct page`` of a physical address."""
    paddr = as_int(paddr)
    try:
        # The memory map is one array in virtual memory; KASLR moves it, and says where in a variable.
        base = current().address_of("vmemmap_base", default=0)
        start = current().read_unsigned(base) if base else 0xFFFFEA0000000000
        address = start + (paddr // current().page_size) * current().type("struct page").size
        current().translate(address)
    except ProgramError as fault:
        raise ProgramError(f"phys_to_page error at physaddr {paddr:#x}") from fault
    return address


def PAGEOFFSET(vaddr: int) -> int:
    return as_int(vaddr) & current().page_size - 1


def getListSize(addr: int, offset: int, maxel: int) -> int:
    """Elements of a list without its head; counting ends at NULL, at the head and at *maxel*."""
    addr, offset, maxel = as_int(addr), as_int(offset), min(as_int(maxel), MASK64 - 1)
    if addr == 0:
        return 0
    addresses, end = current().follow(addr, offset, limit=maxel + 1)
    if isinstance(end, FaultError):
        raise ProgramError(f"readmem error at addr {addresses[-1] + offset:#x}") from end
    return maxel if end == "cycle" else len(addresses) - 1


def getFullBucketsH(start: int, bsize: int, items: int, chain_off: int) -> list[tuple[int, int]]:
    """(index, pointer) of the buckets of a hash table that are not empty: pointers at start + index * bsize + chain_off."""
    start, bsize, items, chain_off = map(as_int, (start, bsize, items, chain_off))
    if bsize <= 0 or items < 0:
        raise ProgramError("invalid parameter type")
    found = []
    chunk = max(1, (1 << 20) // bsize)
    for first in range(0, items, chunk):
        number = min(chunk, items - first)
        size = (number - 1) * bsize + chain_off + 8
        address = start + first * bsize
        try:
            data = current().read(address, size, pgd=0)
        except (FaultError, RangeError) as fault:
            raise ProgramError(f"readmem error at addr {address:#x}, reading {size} bytes") from fault
        for i in range(number):
            offset = i * bsize + chain_off
            pointer = int.from_bytes(data[offset : offset + 8], current().byteorder)
            if pointer:
                found.append((first + i, pointer))
    return found


def getFullBuckets(start: int, bsize: int, items: int, chain_off: int) -> list[int]:
    """Pointers in the buckets of a hash table that are not empty."""
    return [pointer for _, pointer in getFullBucketsH(start, bsize, items, chain_off)]
