# SPDX-License-Identifier: GPL-2.0-or-later
"""Writeback: devices that pages are written back to, how much of each is dirty, and what their flushers have to do."""

from __future__ import annotations

from pykd.kernel import cpus
from pykd.kernel.lists.linked import list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_DEVICES = 1 << 17
MAX_WRITERS = 1 << 17
"""``struct bdi_writeback`` of one device: one a cgroup that writes to it"""
MAX_WORKS = 1 << 16


def for_each_bdi(dump: Dump) -> Iterator[Any]:
    """Each ``struct backing_dev_info``. :raises FaultError, LimitError: the list cannot be followed to its end."""
    head = dump.symbol("bdi_list", "").address
    yield from list_for_each_entry(dump, head, "struct backing_dev_info", "bdi_list", limit=MAX_DEVICES, what="the list of backing devices")


def for_each_wb(dump: Dump, bdi: Any) -> Iterator[Any]:
    """Each ``struct bdi_writeback`` of a ``struct backing_dev_info``: its own, which is in no list until the device is registered, and those of
    cgroups. :raises FaultError, LimitError:"""
    yield bdi.wb
    head = int(bdi) + bdi.fieldOffset("wb_list")
    for wb in list_for_each_entry(dump, head, "struct bdi_writeback", "bdi_node", limit=MAX_WRITERS, what="the list of writers of a backing device"):
        if int(wb) != int(bdi.wb):
            yield wb


def wb_stat(dump: Dump, wb: Any, name: str) -> int:
    """A counter of a ``struct bdi_writeback``, pages: ``RECLAIMABLE`` (dirty), ``WRITEBACK`` (on their way), ``DIRTIED`` and ``WRITTEN``
    (since the start). :raises FaultError:"""
    return max(cpus.percpu_counter_sum(wb.stat[dump.enumerator(f"WB_{name}")]), 0)


def bdi_pages(dump: Dump, bdi: Any) -> tuple[int, int]:
    """(dirty, under writeback) pages of a ``struct backing_dev_info``. :raises FaultError, LimitError:"""
    dirty = written = 0
    for wb in for_each_wb(dump, bdi):
        dirty += wb_stat(dump, wb, "RECLAIMABLE")
        written += wb_stat(dump, wb, "WRITEBACK")
    return dirty, written


def for_each_work(dump: Dump, wb: Any) -> Iterator[Any]:
    """Each ``struct wb_writeback_work`` that waits for the flusher of a ``struct bdi_writeback``, the first to be done first. The one under way
    is not among them. :raises FaultError, LimitError:"""
    head = int(wb) + wb.fieldOffset("work_list")
    yield from list_for_each_entry(dump, head, "struct wb_writeback_work", "list", limit=MAX_WORKS, what="the works of a flusher")


def bandwidth(dump: Dump, wb: Any) -> int:
    """What the kernel thinks a ``struct bdi_writeback`` can write, in bytes a second. :raises FaultError:"""
    return int(wb.avg_write_bandwidth) * dump.page_size
