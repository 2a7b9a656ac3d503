# SPDX-License-Identifier: GPL-2.0-or-later
"""The ring buffers of ftrace (kernel/trace/ring_buffer.c): instances, the pages of each CPU, the records on them."""

from __future__ import annotations

from _pykd import Error, LimitError, NotFoundError
from pykd.core.memo import per_dump
from pykd.core.record import NamedTuple
from pykd.kernel import cpus
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.values.words import unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

PADDING, TIME_EXTEND, TIME_STAMP = 29, 30, 31
"""``type_len`` of what is no record (enum ring_buffer_type)"""
MISSED = 3 << 30
"""Bits of ``buffer_data_page.commit`` that are no size (RB_MISSED_MASK): events were lost before this page"""
STAMP = (1 << 59) - 1
"""What of an absolute time stamp is in the buffer (TS_MSB)"""
MAX_PAGES = 1 << 22
"""Of one CPU; more are damage."""
MAX_ORDER = 8
"""A page of the buffer is 2^order of the machine's."""


class Page(NamedTuple):
    """What was written to one page of a CPU's buffer."""

    address: int
    """``struct buffer_data_page``"""
    stamp: int
    """Time of its beginning, ns of the buffer's clock"""
    lost: bool
    """Whether the kernel says that records before it were lost"""
    data: bytes
    """The records"""
    start: int
    """Bytes of it that were read, and taken, before"""
    error: Error | None
    """Why there is no data"""


class Record(NamedTuple):
    """One record."""

    cpu: int
    time: int
    """ns"""
    data: bytes
    """``struct trace_entry`` and what follows"""


def struct_with(dump: Dump, name: str, member: str) -> Any:
    """The class of that struct of several of its name that has a member: ``struct trace_buffer`` is of drivers too. :raises NotFoundError:"""
    for index in range(16):
        found = dump.find_type("struct", name, index)
        if found is None:
            break
        if found.member(member) is not None:
            return dump.struct_class(found)
    raise NotFoundError(f"there is no struct {name} with a member {member}")


@per_dump
def _buffer_class(dump: Dump) -> Any:
    """``struct trace_buffer`` since 13292494379f ("tracing: Make struct ring_buffer less ambiguous") (in v5.6), ``struct ring_buffer`` before."""
    try:
        return struct_with(dump, "trace_buffer", "buffers")
    except NotFoundError:
        return struct_with(dump, "ring_buffer", "buffers")


def for_each_instance(dump: Dump) -> Iterator[Any]:
    """Each ``struct trace_array``, the global one last as the kernel's list has it. :raises Error: this kernel has no ftrace, or its list is lost."""
    head = dump.symbol("ftrace_trace_arrays", "").address
    yield from list_for_each_entry(dump, head, "struct trace_array", "list", what="the list of trace arrays")


def instance_name(array: Any) -> str:
    """Name of a ``struct trace_array``; "" of the global one. :raises FaultError:"""
    return str(array.name or "")


def buffer_of(dump: Dump, array: Any, *, snapshot: bool = False) -> Any:
    """``struct trace_buffer`` of a ``struct trace_array``, None if it has none.

    1c5eb4481e01 ("tracing: Rename trace_buffer to array_buffer") (in v5.6).

    :param snapshot: that which a snapshot was swapped into.
    :raises FaultError:
    """
    for name in ("max_buffer", "snapshot_buffer") if snapshot else ("array_buffer", "trace_buffer"):
        if array.hasField(name):
            address = int(array.Eval(f"{name}.buffer"))
            return _buffer_class(dump)(address) if address else None
    return None


def cpu_buffers(dump: Dump, buffer: Any) -> Iterator[tuple[int, Any]]:
    """(CPU, ``struct ring_buffer_per_cpu``) of a ``struct trace_buffer``. :raises FaultError:"""
    kind: Any = dump.struct_class("struct ring_buffer_per_cpu")
    table = int(buffer.buffers)
    for cpu in cpus.possible(dump):
        if address := dump.read_unsigned(table + 8 * cpu):
            yield cpu, kind(address)


def counts(per_cpu: Any) -> dict[str, int]:
    """Of a ``struct ring_buffer_per_cpu``: entries that were written, those of them overwritten, dropped (the buffer was full) and read."""
    found = {name: _local(per_cpu, member) for name, member in (("written", "entries"), ("overwritten", "overrun"), ("dropped", "dropped_events"))}
    return found | {"read": int(per_cpu.read)}


def _local(struct: Any, member: str) -> int:
    """A ``local_t``, which is an ``atomic_long_t`` within."""
    return int(type(struct).PYT_dump.read_unsigned(int(struct) + struct.fieldOffset(member)))


def subbuffer_size(dump: Dump, buffer: Any) -> int:
    """Bytes of one of its pages. 139f84002145 ("ring-buffer: Page size per ring buffer") (in v6.8): it may be several of the machine's."""
    order = int(buffer.subbuf_order) if buffer.hasField("subbuf_order") else 0
    if order > MAX_ORDER:
        raise LimitError(f"a page of a ring buffer has 2^{order} pages")
    return dump.page_size << order


def pages(dump: Dump, buffer: Any, per_cpu: Any) -> Iterator[Page]:
    """What a CPU's buffer holds, the oldest first: the page that is being read, then those from the head to the one that was last committed to.

    :raises Error: the ring cannot be followed to its end.
    """
    size = subbuffer_size(dump, buffer)
    kind: Any = dump.struct_class("struct buffer_page")
    reader, commit = int(per_cpu.reader_page), int(per_cpu.commit_page)
    if reader:
        yield _page(dump, kind(reader), size)
    if reader == commit:
        return
    at = head = _head(dump, int(per_cpu.head_page), int(per_cpu.nr_pages))
    for _ in range(min(int(per_cpu.nr_pages), MAX_PAGES) + 1):
        yield _page(dump, kind(at), size)
        if at == commit:
            return
        at = dump.read_unsigned(at) & ~3
        if at == head:
            break
    raise LimitError("the ring of pages does not come to the page that was written last")


def _head(dump: Dump, start: int, count: int) -> int:
    """The page that the ring's oldest records are on: the one whose predecessor's pointer has the flag RB_PAGE_HEAD. A writer that
    is moving it (RB_PAGE_UPDATE) is about to do so."""
    at = start
    for _ in range(min(count, MAX_PAGES) + 1):
        before = dump.read_unsigned(at + 8) & ~3
        if dump.read_unsigned(before) & 3:
            return at
        at = dump.read_unsigned(at) & ~3
        if at == start:
            break
    return start


def _page(dump: Dump, page: Any, size: int) -> Page:
    header: int = dump.type("struct buffer_data_page").offset_of("data")
    address = 0
    try:
        address = int(page.page)
        read = int(page.read)
        stamp = dump.read_unsigned(address)
        commit = dump.read_unsigned(address + 8)
        length = min(commit & ~MISSED & 0xFFFFFFFF, size - header)
        data = dump.read(address + header, length)
    except Error as error:
        return Page(address, 0, False, b"", 0, error)
    return Page(address, stamp, bool(commit & MISSED), data, min(read, length), None)


def parts(dump: Dump, page: Page) -> Iterator[tuple[int, int, int, int, int]]:
    """What is on a page: (offset, end, offset of the record's data, its end, time) of each item; what is no record has no data (0, 0)."""
    big = dump.byteorder == "big"
    at, time, data = 0, page.stamp, page.data
    while at + 4 <= len(data):
        (word,) = unpack(dump, "I", data[at : at + 4])
        kind, delta = (word >> 27, word & (1 << 27) - 1) if big else (word & 31, word >> 5)
        if 1 <= kind <= 28:
            time += delta
            yield at, at + 4 + 4 * kind, at + 4, min(at + 4 + 4 * kind, len(data)), time
            at += 4 + 4 * kind
            continue
        if kind == PADDING and not delta:
            return
        if at + 8 > len(data):
            return
        (more,) = unpack(dump, "I", data[at + 4 : at + 8])
        if kind in (TIME_EXTEND, TIME_STAMP):
            span = more << 27 | delta
            time = time + span if kind == TIME_EXTEND else (time & ~STAMP) | span & STAMP
            yield at, at + 8, 0, 0, time
            at += 8
            continue
        end = at + 4 + more
        if more < 4 or end > len(data):
            return  # damaged, or half written
        if kind == PADDING:
            yield at, end, 0, 0, time
        else:
            time += delta
            yield at, end, at + 8, end, time
        at = end


def records(dump: Dump, cpu: int, page: Page) -> Iterator[Record]:
    """The records of a page that were not read yet."""
    for at, _, start, end, time in parts(dump, page):
        if start and at >= page.start:
            yield Record(cpu, time, page.data[start:end])


def unread(dump: Dump, page: Page) -> Page:
    """A page as it is without what was read of it."""
    if not page.start:
        return page
    stamp = page.stamp
    for at, _, _, _, time in parts(dump, page):
        if at >= page.start:
            break
        stamp = time
    return page._replace(stamp=stamp, data=page.data[page.start :], start=0)
