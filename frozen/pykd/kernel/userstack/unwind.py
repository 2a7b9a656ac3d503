# SPDX-License-Identifier: GPL-2.0-or-later
"""The frames of a thread in user mode, by the unwind tables of its images, else, as a guess, by frame pointers."""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.kernel import machine
from pykd.kernel.userstack import cfi
from pykd.kernel.userstack.image import Image, Images, Symbol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.kernel.mm.userspace import UserSpace

MAX_FRAMES = 512
_WORD = (1 << 64) - 1


class Frame(NamedTuple):
    """One frame, innermost first."""

    pc: int
    sp: int
    """Of the function, as it is at its pc"""
    symbol: Symbol | None
    image: str
    """Name of the mapping that the pc is in; "" where there is none"""
    found: str
    """How: ``registers``, ``eh_frame`` or ``frame pointer``"""
    sure: bool
    """False: this frame, or one on the way to it, is a guess"""


class Walk:
    """The frames of one thread.

    :param registers: those of user mode, by name.
    :ivar why: after the walk in one sentence, why it ended.
    :ivar whole: whether that is where the program began.
    """

    def __init__(self, space: UserSpace, images: Images, registers: dict[int, int]) -> None:
        self._space = space
        self._images = images
        self._machine = machine.of(space.dump)
        self._registers = registers
        self.why = ""
        self.whole = False

    def frames(self) -> Iterator[Frame]:
        """Each frame. Never raises."""
        registers, found, sure, exact = self._registers, "registers", True, True
        of = self._machine
        stack_pointer = of.dwarf_registers.index(of.sp)
        seen: set[tuple[int, int]] = set()
        while len(seen) < MAX_FRAMES:
            pc, sp = registers[PC], registers.get(stack_pointer, 0)
            if (pc, sp) in seen:
                self.why = "the stack runs in a circle"
                return
            seen.add((pc, sp))
            where = pc if exact else pc - 1  # of a caller, the call
            image, name = self._images.at(where)
            symbol = image.symbol_at(where) if image is not None else None
            yield Frame(pc, sp, symbol, name, found, sure)
            if not name and not sure:
                self.why = "the guess leads nowhere"
                return
            try:
                step = self._by_table(image, where, registers)
            except Error as error:
                step, self.why = None, str(error)
            if step is not None:
                registers, exact = step
                found = "eh_frame"
                if not registers.get(PC):
                    self.why, self.whole = "the outermost function", True
                    return
                continue
            guess = self._by_pointer(registers, sp)
            if guess is None:
                self.why = self.why or "no unwind table, and no frame pointer"
                return
            registers, found, sure, exact = guess, "frame pointer", False, False
        self.why = "it is too deep"

    def _by_table(self, image: Image | None, pc: int, registers: dict[int, int]) -> tuple[dict[int, int], bool] | None:
        """(the caller's registers, whether its pc is that of an instruction); None: there is no table for the pc. :raises Error:"""
        order = self._space.dump.byteorder
        rules = image.rules(pc) if image is not None else None
        if rules is None:
            return None
        if isinstance(rules.cfa, bytes):
            cfa = cfi.evaluate(rules.cfa, registers, self._read, order)
        else:
            number, offset = rules.cfa
            if number not in registers:
                raise Error(f"the frame depends on register {number}, which is not known")
            cfa = registers[number] + offset & _WORD
        of = self._machine
        caller = {number: registers[number] for number in of.preserved if number in registers}
        caller[of.dwarf_registers.index(of.sp)] = cfa
        for number, (how, what) in rules.registers.items():
            found = self._restored(how, what, cfa, registers)
            if found is None:
                caller.pop(number, None)
            else:
                caller[number] = found
        number = rules.return_register
        if number in rules.registers and rules.registers[number][0] == "undefined":
            return {PC: 0}, False
        known = caller.get(number) if number in rules.registers else registers.get(number)
        if known is None:
            raise Error("the unwind table does not say where it returns to")
        caller[PC] = of.plain_pc(known)
        return caller, rules.signal

    def _restored(self, how: str, what: int | bytes, cfa: int, registers: dict[int, int]) -> int | None:
        order = self._space.dump.byteorder
        if how == "undefined":
            return None
        if how == "register":
            return registers.get(what)  # type: ignore[arg-type]
        if how == "value":
            return cfa + what & _WORD  # type: ignore[operator]
        if how == "is":
            return cfi.evaluate(what, registers, self._read, order, cfa)  # type: ignore[arg-type]
        address = cfa + what if how == "offset" else cfi.evaluate(what, registers, self._read, order, cfa)  # type: ignore[operator, arg-type]
        data, why = self._space.read(address & _WORD, 8)
        if why:
            raise Error(f"the stack at {address & _WORD:#x} is {why}")
        return int.from_bytes(data, order)

    def _read(self, address: int, size: int) -> bytes:
        return self._space.read(address, size)[0]

    def _by_pointer(self, registers: dict[int, int], sp: int) -> dict[int, int] | None:
        """The caller by the frame pointer, if that looks like one: it points to a larger one and to an address of code."""
        of, order = self._machine, self._space.dump.byteorder
        if of.fp not in of.dwarf_registers or of.user_record is None:
            return None
        number = of.dwarf_registers.index(of.fp)
        pointer = registers.get(number, 0)
        low, high = of.user_record
        if pointer < sp or pointer & 7:
            return None
        saved, back = (self._read(pointer + offset, 8) for offset in (low, high))
        if len(saved) < 8 or len(back) < 8:
            self.why = self.why or f"the stack at {pointer:#x} is not there"
            return None
        pc = of.plain_pc(int.from_bytes(back, order))
        if not self._space.is_code(pc):
            return None
        return {PC: pc, number: int.from_bytes(saved, order), of.dwarf_registers.index(of.sp): pointer + high + 8}


PC = -1
"""Key of the program counter among registers, which is none of DWARF's"""


def walk(space: UserSpace, images: Images, values: dict[str, int]) -> Walk:
    """Of a thread with these registers. :raises Error: user stacks of this machine cannot be walked."""
    of = machine.of(space.dump)
    registers = {number: values[name] for number, name in enumerate(of.dwarf_registers) if name in values}
    if not of.dwarf_registers or of.pc not in values:
        raise Error(f"user stacks of {space.dump.arch} are not known")
    return Walk(space, images, registers | {PC: values[of.pc]})
