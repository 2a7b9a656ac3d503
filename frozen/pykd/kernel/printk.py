# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's message buffer.

Since 896fbe20b4e2 ("printk: use the lockless ringbuffer") (in v5.10) it is ``prb``, a ``struct printk_ringbuffer``: a ring of
descriptors, parallel to it a ring of ``struct printk_info``, and a ring of text. Before that, since 7ff9554bb578 (in v3.5), records
of ``struct printk_log`` lay one after the other in ``log_buf``.
"""

from __future__ import annotations

from _pykd import Error, FaultError, LimitError
from pykd.core.record import NamedTuple
from pykd.kernel import cpus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pykd import Dump, Struct

_ID_MASK = (1 << 62) - 1
"""The upper two bits of ``state_var`` are the state of the descriptor."""
_COMMITTED, _FINALIZED = 1, 2
_MAX_BITS = 24
"""A ring of 16 million descriptors is damage."""
_NO_LPOS = 1
"""Positions with bit 0 set mean: no text."""


class Record:
    """One message.

    ``time`` is in nanoseconds of the local clock, ``caller`` the thread's PID, or a CPU if bit 31 is set, or None where the kernel
    does not say (CONFIG_PRINTK_CALLER is about printing only; before v5.1 there is none). ``dictionary`` has what dev_printk() adds
    for syslogd: ``SUBSYSTEM=pci``, ``DEVICE=+pci:0000:00:01.0``.
    """

    __slots__ = ("caller", "dictionary", "facility", "level", "sequence", "text", "time")

    def __init__(
        self,
        sequence: int,
        time: int,
        level: int,
        facility: int,
        caller: int | None,
        text: str,
        dictionary: tuple[str, ...] = (),
    ) -> None:
        self.sequence = sequence
        self.time = time
        self.level = level
        self.facility = facility
        self.caller = caller
        self.text = text
        self.dictionary = dictionary


def records(dump: Dump) -> Iterator[Record]:
    """The messages that are in the buffer, oldest first. Unreadable and damaged ones are left out.

    :raises Error: when the buffer cannot be found or read at all.
    """
    if dump.address_of("prb", "", default=0):
        return _ring_records(dump)
    return _log_records(dump)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _ring_records(dump: Dump) -> Iterator[Record]:
    ring: Struct = dump.object("struct printk_ringbuffer", dump.read_unsigned(dump.symbol("prb", "").address))
    descriptors = ring.desc_ring
    bits, text_bits = descriptors.count_bits, ring.text_data_ring.size_bits
    if not 0 < bits <= _MAX_BITS or not 0 < text_bits <= 32:
        raise LimitError(f"the message buffer is damaged: 2**{bits} descriptors, 2**{text_bits} bytes of text")
    count, text_size = 1 << bits, 1 << text_bits
    text = dump.read_unsigned(int(ring.text_data_ring) + ring.text_data_ring.fieldOffset("data"))
    desc_class, info_class = dump.struct_class("struct prb_desc"), dump.struct_class("struct printk_info")
    first = descriptors.tail_id.counter & _ID_MASK
    last = descriptors.head_id.counter & _ID_MASK
    number = min((last - first & _ID_MASK) + 1, count)
    slots = [(first + i) % count for i in range(number)]
    descs, infos = int(descriptors.descs), int(descriptors.infos)
    states = dump.read_columns(
        [descs + slot * desc_class.PYT_size for slot in slots],
        "struct prb_desc",
        ("state_var.counter", "text_blk_lpos.begin", "text_blk_lpos.next"),
    )
    places = [infos + slot * info_class.PYT_size for slot in slots]
    members = ("seq", "ts_nsec", "text_len", "facility", "level", "caller_id")
    try:
        heads = dump.read_columns(places, "struct printk_info", (*members, "dev_info.subsystem", "dev_info.device"))
    except Error:  # where the names of devices are is lost
        heads = [(*info, "", "") for info in dump.read_columns(places, "struct printk_info", members)]
    for i, ((state, begin, end), info) in enumerate(zip(states, heads, strict=True)):
        if isinstance(state, FaultError) or any(isinstance(value, FaultError) for value in info):
            continue
        if state & _ID_MASK != first + i & _ID_MASK or state >> 62 & 3 not in (_COMMITTED, _FINALIZED):
            continue
        sequence, time, length, facility, level, caller, subsystem, device = info
        try:
            data = b"" if begin & _NO_LPOS else _block(dump, text, text_size, begin, end, length)
        except FaultError:
            continue
        named = (("SUBSYSTEM", subsystem), ("DEVICE", device))
        dictionary = tuple(f"{name}={value}" for name, value in named if value)
        yield Record(sequence, time, level, facility, caller, _text(data), dictionary)


def _block(dump: Dump, text: int, size: int, begin: int, end: int, length: int) -> bytes:
    """A text block: an unsigned long for the descriptor's ID, then the text. One that would wrap lies at the start of the ring."""
    if begin // size != end // size and end % size:
        begin, available = 0, end % size
    else:
        begin, available = begin % size, (end - begin) % size or size
    return dump.read(text + begin + 8, max(0, min(length, available - 8)))


def _log_records(dump: Dump) -> Iterator[Record]:
    try:
        header = dump.struct_class("struct printk_log")
    except Error:
        header = dump.struct_class("struct log")
    buffer = dump.read_unsigned(dump.symbol("log_buf", "").address)
    size = dump.read_unsigned(dump.symbol("log_buf_len", "").address, 4)
    position = dump.read_unsigned(dump.symbol("log_first_idx", "").address, 4)
    sequence = dump.read_unsigned(dump.symbol("log_first_seq", "").address)
    end = dump.read_unsigned(dump.symbol("log_next_seq", "").address)
    has_caller = header.has_member("caller_id")
    while sequence < end and position + header.PYT_size <= size:
        try:
            record: Struct = header(buffer + position)
            if record.len == 0:
                # What follows did not fit and is at the start of the buffer.
                if position == 0:
                    return
                position = 0
                continue
            data = dump.read(int(record) + header.PYT_size, record.text_len + record.dict_len)
            message, pairs = data[: record.text_len], data[record.text_len :]
            caller = record.caller_id if has_caller else None
            dictionary = tuple(_text(pair) for pair in pairs.split(b"\0") if pair)
            yield Record(sequence, record.ts_nsec, record.level, record.facility, caller, _text(message), dictionary)
            position += record.len
        except FaultError:
            return
        sequence += 1


class SafeBuffer(NamedTuple):
    """One ``struct printk_safe_seq_buf``."""

    name: str
    cpu: int
    address: int
    length: int
    """Bytes of text that are in it"""
    lost: int
    """Messages that found no room"""
    text: str


SAFE_BUFFERS = ("nmi_print_seq", "safe_print_seq")


def safe_buffers(dump: Dump) -> Iterator[SafeBuffer | tuple[str, int, Error]]:
    """What printk() kept in per-CPU buffers of NMI and safe context and did not move to the log; (name, CPU, error) of what cannot be read.

    93d102f094be ("printk: remove safe buffers") (in v5.15): there are none since.
    """
    kind = dump.find_type("struct", "vmlinux!printk_safe_seq_buf")
    buffer = kind.member("buffer") if kind is not None else None
    if kind is None or buffer is None:
        return
    for name in SAFE_BUFFERS:
        symbol = dump.address_of(name, "", default=0)
        for cpu in cpus.possible(dump) if symbol else ():
            try:
                start = cpus.address_on(symbol, cpu, dump)
                length = dump.read_unsigned(start + kind.offset_of("len"), 4)
                lost = dump.read_unsigned(start + kind.offset_of("message_lost"), 4)
                yield SafeBuffer(name, cpu, start, length, lost, _text(dump.read(start + buffer.offset, min(length, buffer.type.size))))
            except Error as error:
                yield name, cpu, error


CALLER_IS_CPU = 1 << 31
"""Bit of :attr:`Record.caller`: the number below it is a CPU's, not a PID."""


def caller_text(caller: int | None) -> str | None:
    """``T1`` a thread, ``C1`` a CPU, as printk() itself writes it."""
    if caller is None:
        return None
    return f"C{caller & ~CALLER_IS_CPU}" if caller & CALLER_IS_CPU else f"T{caller}"
