# SPDX-License-Identifier: GPL-2.0-or-later
"""``.eh_frame``: how to get from a function to its caller (DWARF 5, section 6.4; Linux Standard Base 5, 10.6).

The tables are of a process, which may have anything there: all is bounded, and what makes no sense is an :class:`_pykd.Error`.
"""

from __future__ import annotations

from bisect import bisect_right

from _pykd import Error
from pykd.core.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    type Read = Callable[[int, int], bytes]

MAX_ENTRY = 1 << 16
"""Bytes of a CIE or an FDE"""
MAX_STEPS = 10_000
MAX_TABLE = 1 << 24
_WORD = (1 << 64) - 1


class Bytes:
    """A cursor over bytes of a process's memory, which lie at *address*."""

    def __init__(self, data: bytes, address: int, order: str) -> None:
        self.data, self.address, self.order, self.at = data, address, order, 0

    def number(self, size: int, signed: bool = False) -> int:
        """:raises Error: at the end"""
        if self.at + size > len(self.data):
            raise Error("an unwind table ends too early")
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], self.order, signed=signed)  # type: ignore[arg-type]

    def leb(self, signed: bool = False) -> int:
        """LEB128, of 64 bits at most."""
        value = shift = 0
        while True:
            byte = self.number(1)
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
            if shift > 63:
                raise Error("a number in an unwind table is too long")
        return value - (1 << shift) if signed and byte & 0x40 else value

    def pointer(self, encoding: int, base: int) -> int:
        """DW_EH_PE_*. :param base: what "data relative" is relative to."""
        here = self.address + self.at
        kind = encoding & 0xF
        if kind in (1, 9):
            value = self.leb(kind == 9)
        elif kind in (0, 2, 3, 4, 10, 11, 12):
            value = self.number({0: 8, 2: 2, 3: 4, 4: 8}[kind & ~8], kind > 8)
        else:
            raise Error(f"an unwind table has pointers of an unknown kind, {encoding:#x}")
        if encoding & 0x70 == 0x10:
            value += here
        elif encoding & 0x70 == 0x30:
            value += base
        return value & _WORD


class Cie(NamedTuple):
    """What FDEs have in common."""

    code_factor: int
    data_factor: int
    return_register: int
    encoding: int
    augmented: bool
    signal: bool
    """Frames of signal handlers: the pc is that of an instruction, not of one behind a call"""
    program: bytes


class Rules(NamedTuple):
    """What restores the caller's registers at a pc."""

    cfa: tuple[int, int] | bytes
    """Where the frame is: (number of a register, offset), or an expression"""
    registers: dict[int, tuple[str, int | bytes]]
    """By number: ("offset", from the CFA), ("value", from the CFA), ("register", number), ("at" or "is", expression), ("undefined", 0)"""
    return_register: int
    signal: bool


def index(read: Read, start: int, size: int, order: str) -> list[tuple[int, int, int]]:
    """(start, end, FDE) of each function in the ``.eh_frame`` at *start*, sorted: for images without an index of their own, as static programs are."""
    found: list[tuple[int, int, int]] = []
    encodings: dict[int, int] = {}
    data = read(start, min(size, MAX_TABLE))
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], order)  # type: ignore[arg-type]
        if not 4 < length <= MAX_ENTRY:
            break  # the end, or 64 bits, which nobody writes
        back = int.from_bytes(data[at + 4 : at + 8], order)  # type: ignore[arg-type]
        if back:
            head = start + at + 4 - back
            try:
                if head not in encodings:
                    encodings[head] = _cie(read, head, order).encoding
                entry = Bytes(data[at + 8 : at + 4 + length], start + at + 8, order)
                first = entry.pointer(encodings[head], 0)
                found.append((first, first + entry.pointer(encodings[head] & 0xF, 0), start + at))
            except Error:
                pass  # the others may be right
        at += 4 + length
    return sorted(found)


def find_in(read: Read, known: list[tuple[int, int, int]], pc: int, order: str) -> Rules | None:
    """The rules of a pc by what :func:`index` found. :raises Error:"""
    place = bisect_right(known, (pc, _WORD, _WORD)) - 1
    if place < 0 or pc >= known[place][1]:
        return None
    return _of_fde(read, known[place][2], pc, order)


def find(read: Read, header: int, size: int, pc: int, order: str) -> Rules | None:
    """The rules of a pc by the ``.eh_frame_hdr`` at *header*; None: no function there has any. :raises Error:"""
    head = Bytes(read(header, min(size, 32)), header, order)
    version, frame, count_encoding, table = (head.number(1) for _ in range(4))
    if version != 1 or table != 0x3B or count_encoding == 0xFF:  # sdata4, data relative: what all linkers make
        raise Error("the unwind table has no index that is known")
    head.pointer(frame, header)
    count = head.pointer(count_encoding, header)
    start = header + head.at
    if not 0 < count <= MAX_TABLE:
        return None

    def entry(number: int) -> tuple[int, int]:
        words = Bytes(read(start + 8 * number, 8), 0, order)
        return header + words.number(4, True), header + words.number(4, True)

    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if entry(middle)[0] <= pc:
            low = middle + 1
        else:
            high = middle
    if not low:
        return None
    return _of_fde(read, entry(low - 1)[1], pc, order)


def _entry(read: Read, address: int, order: str) -> tuple[Bytes, int]:
    """The bytes of an entry behind its length, and where they begin."""
    length = int.from_bytes(read(address, 4).ljust(4, b"\0"), order)  # type: ignore[arg-type]
    if not 4 < length <= MAX_ENTRY:
        raise Error(f"an entry of the unwind table at {address:#x} has {length} bytes")
    data = read(address + 4, length)
    if len(data) < length:
        raise Error(f"the unwind table at {address:#x} cannot be read")
    return Bytes(data, address + 4, order), address + 4


def _of_fde(read: Read, address: int, pc: int, order: str) -> Rules | None:
    fde, start = _entry(read, address, order)
    cie = _cie(read, start - fde.number(4), order)
    first = fde.pointer(cie.encoding, 0)
    length = fde.pointer(cie.encoding & 0xF, 0)
    if not first <= pc < first + length:
        return None
    if cie.augmented:
        skipped = fde.leb()
        fde.at += skipped
    machine = _Program(cie, order)
    machine.run(cie.program, 0, _WORD)
    machine.initial = dict(machine.registers)
    machine.run(fde.data[fde.at :], first, pc)
    if machine.cfa is None:
        raise Error("the unwind table does not say where the frame is")
    return Rules(machine.cfa, machine.registers, cie.return_register, cie.signal)


def _cie(read: Read, address: int, order: str) -> Cie:
    entry, _ = _entry(read, address, order)
    if entry.number(4):
        raise Error("an entry of the unwind table has no head")
    version = entry.number(1)
    end = entry.data.find(b"\0", entry.at)
    letters = entry.data[entry.at : end].decode("latin-1") if end >= 0 else "?"
    entry.at = end + 1
    if version == 4:
        entry.at += 2  # sizes of an address and of a segment
    code, data = entry.leb(), entry.leb(signed=True)
    register = entry.number(1) if version == 1 else entry.leb()
    encoding, augmented = 0, letters.startswith("z")
    if augmented:
        size = entry.leb()
        behind = entry.at + size
        for letter in letters[1:]:
            if letter == "R":
                encoding = entry.number(1)
            elif letter == "P":
                entry.pointer(entry.number(1), 0)
            elif letter == "L":
                entry.number(1)
            elif letter not in "SB":
                break
        entry.at = behind
    elif letters:
        raise Error(f"an unwind table has the augmentation {letters!r}")
    return Cie(code, data, register, encoding, augmented, "S" in letters, entry.data[entry.at :])


class _Program:
    """Runs the instructions of one function as far as a pc."""

    def __init__(self, cie: Cie, order: str) -> None:
        self._cie, self._order = cie, order
        self.cfa: tuple[int, int] | bytes | None = None
        self.registers: dict[int, tuple[str, int | bytes]] = {}
        self.initial: dict[int, tuple[str, int | bytes]] = {}
        self._saved: list[tuple[tuple[int, int] | bytes | None, dict[int, tuple[str, int | bytes]]]] = []

    def run(self, program: bytes, location: int, pc: int) -> None:
        """:raises Error:"""
        code = Bytes(program, 0, self._order)
        for _ in range(MAX_STEPS):
            if code.at >= len(program):
                return
            first = code.number(1)
            high, low = first & 0xC0, first & 0x3F
            if high == 0x40:
                location += low * self._cie.code_factor
            elif high == 0x80:
                self.registers[low] = "offset", code.leb() * self._cie.data_factor
            elif high == 0xC0:
                self._restore(low)
            elif first in (1, 2, 3, 4):
                location = code.number(8) if first == 1 else location + code.number({2: 1, 3: 2, 4: 4}[first]) * self._cie.code_factor
            else:
                self._other(first, code)
            if location > pc:
                return
        raise Error("an unwind table does not end")

    def _restore(self, number: int) -> None:
        if number in self.initial:
            self.registers[number] = self.initial[number]
        else:
            self.registers.pop(number, None)

    def _other(self, code: int, at: Bytes) -> None:
        factor = self._cie.data_factor
        if code in (0, 0x2D, 0x2E):  # nop; a signed return address; the size of arguments
            if code == 0x2E:
                at.leb()
        elif code in (5, 0x11, 0x14, 0x15):  # offset_extended, _sf; val_offset, _sf
            number = at.leb()
            self.registers[number] = "offset" if code in (5, 0x11) else "value", at.leb(code in (0x11, 0x15)) * factor
        elif code == 6:
            self._restore(at.leb())
        elif code == 7:
            self.registers[at.leb()] = "undefined", 0
        elif code == 8:
            self.registers.pop(at.leb(), None)
        elif code == 9:
            number = at.leb()
            self.registers[number] = "register", at.leb()
        elif code == 0xA:
            if len(self._saved) >= 64:
                raise Error("an unwind table remembers too much")
            self._saved.append((self.cfa, dict(self.registers)))
        elif code == 0xB:
            if not self._saved:
                raise Error("an unwind table restores what it did not remember")
            self.cfa, self.registers = self._saved.pop()
        elif code in (0xC, 0x12):
            self.cfa = at.leb(), at.leb(code == 0x12) * (factor if code == 0x12 else 1)
        elif code in (0xD, 0xE, 0x13):
            if not isinstance(self.cfa, tuple):
                raise Error("an unwind table changes a frame that it did not define")
            number, offset = self.cfa
            if code == 0xD:
                self.cfa = at.leb(), offset
            else:
                self.cfa = number, at.leb(code == 0x13) * (factor if code == 0x13 else 1)
        elif code == 0xF:
            self.cfa = self._block(at)
        elif code in (0x10, 0x16):
            number = at.leb()
            self.registers[number] = "at" if code == 0x10 else "is", self._block(at)
        else:
            raise Error(f"an unwind table has the unknown instruction {code:#x}")

    def _block(self, at: Bytes) -> bytes:
        size = at.leb()
        at.at += size
        if at.at > len(at.data):
            raise Error("an unwind table ends too early")
        return at.data[at.at - size : at.at]


def evaluate(expression: bytes, registers: dict[int, int], read: Read, order: str, first: int | None = None) -> int:
    """The value of a DWARF expression: the operations that compilers and C libraries use in unwind tables. :raises Error:

    :param first: what is on its stack before.
    """
    code = Bytes(expression, 0, order)
    stack = [] if first is None else [first]

    def pop() -> int:
        if not stack:
            raise Error("an expression takes from an empty stack")
        return stack.pop()

    def register(number: int) -> int:
        if number not in registers:
            raise Error(f"an expression needs register {number}, which is not known")
        return registers[number]

    for _ in range(MAX_STEPS):
        if code.at >= len(expression):
            return pop() & _WORD
        one = code.number(1)
        if 0x30 <= one <= 0x4F:
            stack.append(one - 0x30)
        elif 0x70 <= one <= 0x8F:
            stack.append(register(one - 0x70) + code.leb(signed=True))
        elif one == 6:
            data = read(pop() & _WORD, 8)
            if len(data) < 8:
                raise Error("an expression needs memory that is not there")
            stack.append(int.from_bytes(data, order))  # type: ignore[arg-type]
        elif 8 <= one <= 0xF:
            stack.append(code.number(1 << (one - 8) // 2, bool(one & 1)))
        elif one in (0x10, 0x11):
            stack.append(code.leb(one == 0x11))
        elif one == 0x12:
            stack.append(value := pop())
            stack.append(value)
        elif one == 0x13:
            pop()
        elif one in (0x1A, 0x1C, 0x1E, 0x21, 0x22, 0x24, 0x25, 0x27, 0x29, 0x2A, 0x2B, 0x2C, 0x2D, 0x2E):
            stack.append(_binary(one, pop(), pop()))
        elif one == 0x23:
            stack.append(pop() + code.leb())
        elif one != 0x96:
            raise Error(f"an expression has the unknown operation {one:#x}")
        if len(stack) > 256:
            raise Error("an expression does not end")
    raise Error("an expression does not end")


def _binary(code: int, right: int, left: int) -> int:
    right, left = right & _WORD, left & _WORD
    signed = [value - (1 << 64) if value >> 63 else value for value in (left, right)]
    compared = {0x29: left == right, 0x2A: signed[0] >= signed[1], 0x2B: signed[0] > signed[1], 0x2C: signed[0] <= signed[1], 0x2D: signed[0] < signed[1], 0x2E: left != right}
    if code in compared:
        return int(compared[code])
    if code in (0x24, 0x25):
        return 0 if right > 63 else (left << right if code == 0x24 else left >> right) & _WORD
    plain = {0x1A: left & right, 0x1C: left - right, 0x1E: left * right, 0x21: left | right, 0x22: left + right, 0x27: left ^ right}
    return plain[code] & _WORD
