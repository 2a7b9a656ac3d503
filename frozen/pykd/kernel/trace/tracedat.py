# SPDX-License-Identifier: GPL-2.0-or-later
"""ftrace's buffers as a file that trace-cmd and KernelShark open: version 6 of trace.dat, as ``man trace-cmd.dat.v6`` describes it."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.cpus import possible
from pykd.kernel.trace import ringbuffer
from pykd.kernel.trace.events import Event, common_fields, events
from pykd.kernel.trace.show import comms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, Any

    from _pykd import Dump

MAGIC = b"\x17\x08\x44tracing6\0"
OPTION_DONE, OPTION_BUFFER, OPTION_TRACECLOCK = 0, 3, 4
MAX_STRINGS = 1 << 16

_HEADER_EVENT = """\
# compressed entry header
\ttype_len    :    5 bits
\ttime_delta  :   27 bits
\tarray       :   32 bits

\tpadding     : type == 29
\ttime_extend : type == 30
\ttime_stamp : type == 31
\tdata max type_len  == 28
"""


class Writer:
    """Writes one file.

    :ivar lost: pages that could not be read, which are left out
    """

    def __init__(self, dump: Dump, file: IO[bytes]) -> None:
        self.dump, self.lost, self.pages = dump, 0, 0
        self._file = file
        self._order = dump.byteorder

    def _number(self, value: int, size: int) -> bytes:
        return value.to_bytes(size, self._order)

    def _sized(self, text: str | bytes, size: int = 8) -> bytes:
        data = text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text
        return self._number(len(data), size) + data

    def write(self, arrays: list[Any], *, snapshot: bool = False) -> None:
        """All of the buffers of these ``struct trace_array``: the first is the file's own, the others are instances in it. :raises Error, OSError:"""
        buffers = [(ringbuffer.instance_name(array), ringbuffer.buffer_of(self.dump, array, snapshot=snapshot)) for array in arrays]
        sizes = {ringbuffer.subbuffer_size(self.dump, buffer) for _, buffer in buffers}
        if len(sizes) > 1:
            raise Error(f"these buffers have pages of {', '.join(map(str, sorted(sizes)))} bytes; a file has pages of one size")
        size = sizes.pop()
        cpus = max(possible(self.dump)) + 1
        file = self._file
        file.write(MAGIC + bytes([self._order == "big", 8]) + self._number(size, 4))
        file.write(b"header_page\0" + self._sized(self._header_page(size)) + b"header_event\0" + self._sized(_HEADER_EVENT))
        for part in self._formats():
            file.write(part)
        file.write(self._sized("".join(self._symbols()), 4) + self._sized("".join(self._strings()), 4))
        file.write(self._sized("".join(f"{pid} {comm}\n" for pid, comm in sorted(comms(self.dump).items()) if pid)) + self._number(cpus, 4))
        file.write(b"options  \0")
        # where each instance is, is known when it has been written
        places = []
        clock = b"[local] global\n\0"
        file.write(self._number(OPTION_TRACECLOCK, 2) + self._sized(clock, 4))
        for name, _ in buffers[1:]:
            data = name.encode("utf-8", "backslashreplace") + b"\0"
            file.write(self._number(OPTION_BUFFER, 2) + self._number(8 + len(data), 4))
            places.append(file.tell())
            file.write(bytes(8) + data)
        file.write(self._number(OPTION_DONE, 2))
        self._buffer(buffers[0][1], cpus, size)
        for place, (_, buffer) in zip(places, buffers[1:], strict=True):
            at = file.seek(0, 2)
            file.seek(place)
            file.write(self._number(at, 8))
            file.seek(at)
            self._buffer(buffer, cpus, size)

    def _header_page(self, size: int) -> str:
        kind = self.dump.type("struct buffer_data_page")
        data = kind.offset_of("data")
        return (
            f"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
            f"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\tfield: char data;\toffset:{data};\tsize:{size - data};\tsigned:1;\n"
        )

    def _formats(self) -> Iterator[bytes]:
        """The event formats: those of ftrace itself, then by system."""
        common = common_fields(self.dump)
        systems: dict[str, list[Event]] = {}
        for event in events(self.dump).values():
            systems.setdefault(event.system, []).append(event)
        own = systems.pop("ftrace", [])
        yield self._number(len(own), 4) + b"".join(self._sized(event.format(common)) for event in own)
        yield self._number(len(systems), 4)
        for system, found in sorted(systems.items()):
            yield system.encode() + b"\0" + self._number(len(found), 4)
            for event in found:
                yield self._sized(event.format(common))

    def _symbols(self) -> Iterator[str]:
        """As /proc/kallsyms."""
        for symbol in self.dump.kernel_symbols():
            yield f"{symbol.address:016x} {symbol.type} {symbol.name}\n"
        for module in self.dump.modules():
            try:
                for symbol in module.symbols():
                    yield f"{symbol.address:016x} {symbol.type} {symbol.name}\t[{module.name}]\n"
            except Error:
                continue

    def _strings(self) -> Iterator[str]:
        """Formats of trace_printk() and texts that events name by their address, as the file printk_formats."""
        for name in ("trace_bprintk_fmt", "tracepoint_str"):
            start, end = (self.dump.address_of(f"__{edge}___{name}", "", default=0) for edge in ("start", "stop"))
            for place in range(start, min(end, start + 8 * MAX_STRINGS), 8) if 0 < start < end else ():
                try:
                    pointer = self.dump.read_unsigned(place)
                    text = self.dump.read_string(pointer).decode("utf-8", "backslashreplace")
                except Error:
                    continue
                shown = text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
                yield f'0x{pointer:x} : "{shown}"\n'

    def _buffer(self, buffer: Any, cpus: int, size: int) -> None:
        """``flyrecord``: where the pages of each CPU are, and then the pages."""
        file = self._file
        file.write(b"flyrecord\0")
        table = file.tell()
        file.write(bytes(16 * cpus))
        places = [(0, 0)] * cpus
        at = file.seek(0, 1)
        for cpu, per_cpu in ringbuffer.cpu_buffers(self.dump, buffer):
            at += -at % max(size, 4096)
            file.seek(at)
            length = 0
            for page in self._pages(buffer, per_cpu):
                file.write(self._page(page, size))
                length += size
            if cpu < cpus:
                places[cpu] = (at, length)
            at += length
        file.seek(table)
        file.write(b"".join(self._number(start, 8) + self._number(length, 8) for start, length in places))
        file.seek(at)

    def _pages(self, buffer: Any, per_cpu: Any) -> Iterator[ringbuffer.Page]:
        try:
            for page in ringbuffer.pages(self.dump, buffer, per_cpu):
                if page.error is not None:
                    self.lost += 1
                elif (rest := ringbuffer.unread(self.dump, page)).data:
                    self.pages += 1
                    yield rest
        except Error:
            self.lost += 1

    def _page(self, page: ringbuffer.Page, size: int) -> bytes:
        commit = len(page.data) | (1 << 31 if page.lost else 0)
        return (self._number(page.stamp, 8) + self._number(commit, 8) + page.data).ljust(size, b"\0")
