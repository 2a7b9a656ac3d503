# SPDX-License-Identifier: GPL-2.0-or-later
"""What an address is of: a name, a stack, an object of a slab cache, an area of vmalloc(), a page."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.mm import pages, slabobjects
from pykd.kernel.mm.vmalloc import for_each_vmap_area

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump


def identify_address(dump: Dump, address: int) -> str:
    """``function or variable init_task+0x10``, ``stack of PID 1 (init)``, ``task_struct of PID 1 (init)+0x8``, ``object of slab cache dentry``,
    ``vmalloc area 0x…-0x…``, ``page with flags …``; "" of what is none of them. What cannot be read is not looked at. Never raises."""
    address = int(address)
    symbol = dump.symbol_at(address) if dump.is_kernel(address) else None
    if symbol is not None:
        offset = address - symbol.address
        return f"function or variable {symbol.name}" + (f"+{offset:#x}" if offset else "")
    return _of_thread(dump, address) or _of_slab(dump, address) or _of_area(dump, address) or _of_page(dump, address)


def _of_thread(dump: Dump, address: int) -> str:
    """By the structs and stacks of all threads, idle ones too."""
    from pykd.kernel.task.threads import idle, threads

    size = dump.type("struct task_struct").size
    for task in (*idle(dump), *threads(dump)):
        try:
            if 0 <= address - int(task) < size:
                return f"task_struct of PID {task.pid} ({task.comm})" + (f"+{address - int(task):#x}" if address != task else "")
            low, high = dump.stack_of_task(int(task))
            if low <= address < high:
                return f"stack of PID {task.pid} ({task.comm})"
        except Error:
            continue
    return ""


def _of_slab(dump: Dump, address: int) -> str:
    try:
        cache: Any = slabobjects.slab_cache_of(dump, address)
        return f"object of slab cache {cache.name}" if cache else ""
    except Error:
        return ""


def _of_area(dump: Dump, address: int) -> str:
    try:
        for area in for_each_vmap_area(dump):
            if not isinstance(area, Error) and area.va_start <= address < area.va_end:
                return f"vmalloc area {area.va_start:#x}-{area.va_end:#x}"
    except Error:
        pass
    return ""


def _of_page(dump: Dump, address: int) -> str:
    try:
        return f"page with flags {', '.join(pages.page_flags(dump, pages.virt_to_page(dump, address))) or '(none)'}"
    except Error:
        return ""
