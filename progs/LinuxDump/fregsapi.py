# SPDX-License-Identifier: GPL-2.0-or-later
"""Registers at the entry of the routines on a stack, as far as code and stack tell (x86-64).

What is looked at, for a routine that its caller called with the return address at S:

* its prologue: a register that it pushed is on the stack at a place that follows from S (certain); an argument that it moved to a
  register which calls preserve, or stored in its frame, is still there unless something else wrote to the same place;
* its callees: a register that calls preserve and that the routine never touches has the value that the callee found;
* the caller: what it loaded into argument registers just before the call.

``confidence``, as PyKdump counts it, is 0 for what is certain and 9 for what is least so: 1 and 2 for copies that nothing else in the
routine overwrites; 7 for copies that are overwritten further down in the code; 8 for what only the caller tells. Sources that agree make it 0.
"""

from __future__ import annotations

import re

import crash
import pykd
from LinuxDump.BTstack import BTFrame, BTStack
from pykd.core.memo import per_dump
from pykd.core.record import NamedTuple
from pykdump import API
from pykdump.highlevel import exec_crash_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pykd import Dump

REG64 = ("RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RBP", "RSP", *(f"R{number}" for number in range(8, 16)))
REG32 = ("EAX", "EBX", "ECX", "EDX", "ESI", "EDI", "EBP", "ESP", *(f"R{number}D" for number in range(8, 16)))
REG16 = ("AX", "BX", "CX", "DX", "SI", "DI", "BP", "SP", *(f"R{number}W" for number in range(8, 16)))
REG8 = ("AL", "BL", "CL", "DL", "SIL", "DIL", "BPL", "SPL", *(f"R{number}B" for number in range(8, 16)))
"""Names of the general registers by their width, in one order."""
ARGUMENTS = ("RDI", "RSI", "RDX", "RCX", "R8", "R9")
PRESERVED = ("RBX", "RBP", "R12", "R13", "R14", "R15")
CERTAIN, COPIED, STORED, DOUBTFUL, BY_CALLER = 0, 1, 2, 7, 8
_ORDER = (*ARGUMENTS, *PRESERVED)

_NAMES = {f"{width}{letter}x": f"R{letter.upper()}X" for letter in "abcd" for width in ("r", "e", "")}
_NAMES |= {f"{width}{name}": f"R{name.upper()}" for name in ("si", "di", "bp", "sp") for width in ("r", "e", "")}
_NAMES |= {f"r{number}{width}": f"R{number}" for number in range(8, 16) for width in ("", "d", "w", "b")}
_NAMES |= {f"{letter}l": f"R{letter.upper()}X" for letter in "abcd"}
_NAMES |= {f"{name}l": f"R{name.upper()}" for name in ("si", "di", "bp")}
_READ_ONLY = frozenset(("cmp", "test", "push", "bt", "nop"))
Found = dict[str, tuple[int, int]]
"""REG: (value, confidence)"""


class DisasmFlavor:
    """A context in which gdb disassembles in *flavor* and prints numbers in decimal; what was before comes back."""

    def __init__(self, flavor: str = "att") -> None:
        self.flavor = flavor

    def __enter__(self) -> DisasmFlavor:
        shown = gdb("show disassembly-flavor").split('"')
        self._flavor = shown[1] if len(shown) > 1 else "att"
        self._radix = gdb("show output-radix").splitlines()[0].split()[-1].rstrip(".")
        gdb(f"set disassembly-flavor {self.flavor}")
        gdb("set output-radix 10")
        return self

    def __exit__(self, *exc_info: object) -> None:
        gdb(f"set disassembly-flavor {self._flavor}")
        gdb(f"set output-radix {self._radix}")


def gdb(command: str) -> str:
    """What a command of gdb prints, which may be nothing."""
    try:
        return exec_crash_command(f"gdb {command}")
    except crash.error as error:
        if str(error):
            raise
        return ""


class Operand(NamedTuple):
    """What an instruction works on; see ``Instruction.decoded``."""

    kind: str
    register: str
    number: int
    size: int
    index_register: str

    @property
    def general(self) -> str | None:
        """``RDI`` of ``edi``; None if it is no general register."""
        return _NAMES.get(self.register) if self.kind == "register" else None

    @property
    def whole(self) -> bool:
        """A general register with all its bits."""
        return self.kind == "register" and self.register.startswith("r")

    @property
    def place(self) -> tuple[str, int] | None:
        """(``rsp`` or ``rbp``, offset) of a place in the frame."""
        in_frame = self.kind == "memory" and not self.index_register and self.register in ("rsp", "rbp")
        return (self.register, self.number) if in_frame else None


class Code:
    """An instruction, taken apart; of its operands the one that is written comes first."""

    __slots__ = ("address", "flow", "name", "operands", "size", "target", "written")

    def __init__(self, instruction: Any) -> None:
        self.address = instruction.address
        self.size = instruction.size
        self.name = instruction.name
        self.flow = instruction.flow
        self.target = instruction.target
        self.operands = [Operand(*operand) for operand in instruction.decoded]
        self.written = self._writes()

    def _writes(self) -> str | None:
        """The register that it changes beside RSP, as far as that matters here."""
        if not self.operands or self.name in _READ_ONLY or self.flow != "next":
            return None
        return self.operands[0].general


def disasm(addr: int, n: int | None = None) -> list[Code]:
    """*n* instructions from *addr*, or all to the end of the function."""
    return [Code(one) for one in pykd.current().disassemble(int(addr), count=n)]


class _Routine:
    """What a function's code does with registers; of each function once."""

    def __init__(self, start: int) -> None:
        self.codes = disasm(start)
        self.pushed: dict[str, int] = {}
        """Offset from S of registers saved in the prologue."""
        self.copied: dict[str, str] = {}
        """Register that an argument was moved to: the argument."""
        self.stored: dict[int, str] = {}
        """Offset from S of arguments stored in the frame."""
        self.written: dict[str, list[int]] = {}
        """Addresses of the instructions that change a register, restoring it aside."""
        self._touched: set[str] = set()
        self._stores: dict[tuple[str, int], int] = {}
        for code in self.codes:
            if code.name.startswith(("push", "pop")):
                self._touched.update(operand.general for operand in code.operands if operand.general)
            elif code.written:
                self._touched.add(code.written)
                self.written.setdefault(code.written, []).append(code.address)
            if code.operands and code.name.startswith("mov") and (place := code.operands[0].place):
                self._stores[place] = self._stores.get(place, 0) + 1
        self._prologue()

    def leaves_alone(self, name: str) -> bool:
        return name not in self._touched

    def _prologue(self) -> None:
        depth = 0
        frame = None
        changed: set[str] = set()
        for code in self.codes:
            if code.flow != "next":
                break
            operands = code.operands
            if code.name.startswith("push"):
                depth -= 8
                name = operands[0].general if operands else None
                if name and name not in changed:
                    self.pushed.setdefault(name, depth)
                continue
            if code.name == "sub" and operands[0].register == "rsp" and operands[1].kind == "number":
                depth -= operands[1].number
                continue
            if operands and operands[0].kind == "register" and operands[0].register == "rsp":
                break  # aligned, or a stack of its own: places are not known from here on
            if code.name.startswith("mov") and len(operands) == 2:
                target, source = operands
                argument = source.general
                if (target.kind, target.register, source.kind, source.register) == ("register", "rbp", "register", "rsp"):
                    frame = depth
                elif argument in ARGUMENTS and argument not in changed and source.whole:
                    if target.general in PRESERVED:
                        self.copied.setdefault(target.general, argument)
                    elif place := target.place:
                        base = depth if place[0] == "rsp" else frame
                        if base is not None and self._stores[place] == 1:
                            self.stored.setdefault(base + place[1], argument)
            if code.written:
                changed.add(code.written)


@per_dump
def _routines(_dump: Dump) -> dict[int, _Routine | None]:
    """Those looked at so far, by their addresses."""
    return {}


def _routine(address: int) -> _Routine | None:
    """The routine that a return address lies in; None for one whose stack does not begin with a call of it."""
    dump = pykd.current()
    symbol = dump.text_symbol(address, True)
    if symbol is None or ".cold" in symbol.name or symbol.name.startswith(("entry_", "asm_", "ret_from_")):
        return None
    routines = _routines(dump)
    if symbol.address not in routines:
        try:
            routines[symbol.address] = _Routine(symbol.address)
        except pykd.Error:
            routines[symbol.address] = None
    return routines[symbol.address]


def _word(address: int) -> int | None:
    try:
        return pykd.current().read_unsigned(address)
    except pykd.FaultError:
        return None


def _add(found: Found, name: str, value: int | None, confidence: int) -> None:
    """Two sources that agree are certain; of two that differ the better one counts."""
    if value is None:
        return
    known = found.get(name)
    if known is None:
        found[name] = value, confidence
    elif known[0] == value:
        found[name] = value, CERTAIN
    elif confidence < known[1]:
        found[name] = value, confidence


def extract_registers(frame: BTFrame, caller: BTFrame, below: Found) -> Found:
    """Registers when *frame*'s routine was entered.

    :param below: the same of the routine that *frame* called: what it found in preserved registers is what *frame* had in them.
    """
    found: Found = {}
    routine = _routine(frame.addr)
    if caller.frame is None:
        return found
    if routine is not None:
        _from_callee(found, routine, frame, caller.frame, below)
    _from_caller(found, frame, caller)
    return found


def _from_callee(found: Found, routine: _Routine, frame: BTFrame, place: int, below: Found) -> None:
    for name, offset in routine.pushed.items():
        _add(found, name, _word(place + offset), CERTAIN)
    for name in PRESERVED:
        if name not in found and name in below and routine.leaves_alone(name):
            found[name] = below[name]
    for target, argument in routine.copied.items():
        if target in below:
            value, confidence = below[target]
            others = routine.written[target][1:]
            if not others:
                _add(found, argument, value, max(COPIED, confidence))
            elif min(others) > frame.addr:
                _add(found, argument, value, DOUBTFUL)
    for offset, argument in routine.stored.items():
        _add(found, argument, _word(place + offset), STORED)


def _before_call(codes: list[Code], address: int) -> tuple[Code | None, list[Code]]:
    """The call that returns to *address*, and the instructions straight before it, last first."""
    for i, code in enumerate(codes):
        if code.address + code.size == address:
            block = []
            for before in reversed(codes[:i]):
                if before.flow != "next":
                    break
                block.append(before)
            return code, block
    return None, []


def _from_caller(found: Found, frame: BTFrame, caller: BTFrame) -> None:
    """What the caller loads before a call of this routine.

    A call of another routine, which then jumped to this one, tells nothing. Nor does a call through a pointer alone: the routine
    that it called may have done the same. But where it agrees with another source that one is certain.
    """
    dump = pykd.current()
    symbol = dump.text_symbol(caller.addr, True)
    callee = dump.text_symbol(frame.addr, True)
    if symbol is None or callee is None:
        return
    routine = _routine(caller.addr)
    try:
        codes = routine.codes if routine else disasm(symbol.address)
    except pykd.Error:
        return
    call, block = _before_call(codes, caller.addr)
    if call is None or call.flow != "call":
        return
    direct = call.target == callee.address
    thunk = dump.symbol_at(call.target) if call.target else None
    if not direct and thunk is not None and not thunk.name.startswith("__x86_indirect_"):
        return
    written: set[str] = set()
    for code in block:
        name = code.written
        if name in ARGUMENTS and name not in written:
            value = _loaded(code, caller, found, written)
            if value is not None and (direct or found.get(name, (None,))[0] == value):
                _add(found, name, value, BY_CALLER)
        if name:
            written.add(name)


def _loaded(code: Code, caller: BTFrame, found: Found, written: set[str]) -> int | None:
    """The value that an instruction before a call loads; *written* has what later ones change."""
    if len(code.operands) != 2 or caller.frame is None:
        return None
    target, source = code.operands
    if code.name.startswith("mov") and source.kind == "number":
        return source.number & (1 << 8 * target.size) - 1
    if code.name.startswith("xor") and source == target:
        return 0
    if code.name == "lea" and (place := source.place):
        base, offset = place
        if base == "rsp":
            return caller.frame + 8 + offset
        if "RBP" in found and "RBP" not in written:
            return found["RBP"][0] + offset
        return None
    if code.name == "mov":
        name = source.general
        if name in PRESERVED and name not in written and name in found and source.whole:
            return found[name][0]
    return None


def search_for_registers(stack: BTStack, filter: str | re.Pattern[str] = "") -> list[BTFrame] | int:
    """Add to each frame of *stack* what the registers were when its routine was entered.

    ``reg``: {REG: (value, confidence 0 to 9, 0 is certain)}; ``from_func``: ``called from ADDRESS <FUNCTION+OFFSET>``, or how else it was
    entered, empty of the last one; ``sp``: where its return address is; ``lookup_regs``: whether registers could be looked for.

    :param filter: return only frames whose function it is found in.
    :returns: the frames; 1 on other machines than x86-64.
    """
    if pykd.current().arch != "x86_64":
        return 1
    below = _at_switch(stack)
    frames = stack.frames
    for i, frame in enumerate(frames):
        caller = frames[i + 1] if i + 1 < len(frames) else None
        frame.reg = {}
        frame.from_func = ""
        frame.sp = None
        frame.lookup_regs = False
        if caller is not None and caller.level < 0:
            frame.from_func = f"entered by exception at <{caller.func}+{caller.offset}>"
        if caller is None or caller.level < 0 or frame.level < 0 or not frame.sure:
            below = {}
        else:
            frame.from_func = f"called from {caller.addr:#x} <{caller.func}+{caller.offset}>"
            frame.sp = caller.frame
            frame.lookup_regs = True
            frame.reg = below = extract_registers(frame, caller, below)
        frame.reg = {name: frame.reg[name] for name in _ORDER if name in frame.reg}
    return [frame for frame in frames if not filter or re.search(filter, frame.func)]


def _at_switch(stack: BTStack) -> Found:
    """Preserved registers of the innermost frame, where a note or the task switch saved them."""
    try:
        frames = pykd.current().unwind(stack.addr).frames
    except pykd.Error:
        return {}
    if not frames or not stack.frames or frames[0].pc != stack.frames[0].addr:
        return {}
    known = frames[0].registers
    return {name: (known[name.lower()], CERTAIN) for name in PRESERVED if name.lower() in known}


__all__ = ["ARGUMENTS", "CERTAIN", "PRESERVED", "REG8", "REG16", "REG32", "REG64", "Code", "DisasmFlavor", "disasm", "extract_registers", "gdb", "search_for_registers"]
__all__ += API.hand_on(globals())
