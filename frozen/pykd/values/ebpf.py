# SPDX-License-Identifier: GPL-2.0-or-later
"""BPF instructions as text, in the notation of the kernel's verifier as crash has it.

A slot of 8 bytes, ``struct bpf_insn``: code, registers (4 bits destination, 4 bits source), s16 offset, s32 immediate value. The code's
low three bits are its class; constants of 64 bits take two slots. Numbers as in include/uapi/linux/bpf.h.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

SLOT = 8
_LD, _LDX, _ST, _STX, _ALU, _JMP, _JMP32, _ALU64 = range(8)
_SIZES = ("u32", "u16", "u8", "u64")
_OPERATORS = {0x0: "+=", 0x1: "-=", 0x2: "*=", 0x3: "/=", 0x4: "|=", 0x5: "&=", 0x6: "<<=", 0x7: ">>=", 0x9: "%=", 0xA: "^=", 0xB: "=", 0xC: "s>>="}
_CONDITIONS = {
    0x1: "==", 0x2: ">", 0x3: ">=", 0x4: "&", 0x5: "!=", 0x6: "s>", 0x7: "s>=", 0xA: "<", 0xB: "<=", 0xC: "s<", 0xD: "s<=",
}  # fmt: skip
_NEG, _END, _MOV = 0x8, 0xD, 0xB
_JA, _CALL, _EXIT, _JCOND, _TAIL_CALL = 0x0, 0x8, 0x9, 0xE, 0xF
_SUBPROGRAM, _KERNEL_FUNCTION = 1, 2
"""Source register of a call: what is called"""
_IMM, _ABS, _IND, _MEM, _MEMSX, _ATOMIC = 0x00, 0x20, 0x40, 0x60, 0x80, 0xC0
_PROBE, _PROBE_SX, _PROBE_32, _PROBE_ATOMIC = 0x20, 0x40, 0xA0, 0xE0
"""How the verifier marks loads and stores that may fault; others bear the modes of LD"""
_FETCH = 0x01
_ATOMICS = {0x00: ("+=", "add"), 0x40: ("|=", "or"), 0x50: ("&=", "and"), 0xA0: ("^=", "xor")}
_XCHG, _CMPXCHG, _LOAD_ACQUIRE, _STORE_RELEASE = 0xE1, 0xF1, 0x100, 0x110

type Names = Callable[[int], str]


def decode(code: bytes, byteorder: str, constant: Names, function: Names) -> Iterator[tuple[int, bytes, str]]:
    """The instructions in *code*: number of the slot, bytes, text.

    :param byteorder: of the machine: the kernel keeps instructions in structs.
    :param constant: how a constant of 64 bits is shown.
    :param function: the name of what a call of this immediate value calls.
    """
    at = 0
    while at + SLOT <= len(code):
        slot = code[at : at + SLOT]
        if slot[0] == _LD | _IMM | 0x18 and at + 2 * SLOT <= len(code):
            slot = code[at : at + 2 * SLOT]
        yield at // SLOT, slot, f"({slot[0]:02x}) {_text(slot if byteorder == "little" else _as_little(slot), constant, function)}"
        at += len(slot)


def _as_little(slot: bytes) -> bytes:
    """The same as a little-endian machine has it: the fields of 4 bits in the other order, too."""
    parts = (slot[at : at + SLOT] for at in range(0, len(slot), SLOT))
    return b"".join(bytes((one[0], one[1] >> 4 | one[1] << 4 & 0xF0)) + one[3:1:-1] + one[7:3:-1] for one in parts)


def _text(slot: bytes, constant: Names, function: Names) -> str:
    code, registers, offset, value = struct.unpack_from("<BBhi", slot)
    to, source = registers & 15, registers >> 4
    kind, size, mode = code & 7, _SIZES[code >> 3 & 3], code & 0xE0
    if kind in (_ALU, _ALU64):
        return _arithmetic(code, to, source, offset, value)
    if kind in (_JMP, _JMP32):
        return _jump(code, to, source, offset, value, function)
    place = f"*({size} *)(r{{}} {offset:+d})"
    if kind == _LDX:
        if mode in (_MEMSX, _PROBE_SX):
            return f"r{to} = *(s{size[1:]} *)(r{source} {offset:+d})"
        if mode in (_MEM, _PROBE, _PROBE_32):
            return f"r{to} = {place.format(source)}"
    elif kind == _ST and mode in (_MEM, _PROBE, _PROBE_32):
        return f"{place.format(to)} = {value}"
    elif kind == _ST and mode == _ATOMIC:
        return "nospec"
    elif kind == _STX and mode in (_MEM, _PROBE, _PROBE_32):
        return f"{place.format(to)} = r{source}"
    elif kind == _STX and mode in (_ATOMIC, _PROBE_ATOMIC):
        return _atomic(value, size, place.format(to), to, source, offset)
    elif kind == _LD and len(slot) > SLOT:
        high = struct.unpack_from("<i", slot, SLOT + 4)[0]
        return f"r{to} = {constant((high & 0xFFFFFFFF) << 32 | value & 0xFFFFFFFF)}"
    elif kind == _LD and mode == _ABS:
        return f"r0 = *({size} *)skb[{value}]"
    elif kind == _LD and mode == _IND:
        return f"r0 = *({size} *)skb[r{source} + {value}]"
    return "(unknown)"


def _arithmetic(code: int, to: int, source: int, offset: int, value: int) -> str:
    operation, is_wide, by_register = code >> 4, code & 7 == _ALU64, bool(code & 8)
    cast = "" if is_wide else "(u32) "
    if operation == _END:
        return f"r{to} = {'bswap' if is_wide else 'be' if by_register else 'le'}{value} r{to}"
    if operation == _NEG:
        return f"r{to} = {cast}-r{to}"
    if operation == _MOV and by_register and offset:
        if offset == -1 and is_wide:
            return f"r{to} = &(void __percpu *)(r{source})"
        if offset == 1 and is_wide and value:
            return f"r{to} = addr_space_cast(r{source}, {value >> 16 & 0xFFFF}, {value & 0xFFFF})"
        return f"{cast}r{to} = (s{offset})r{source}"
    operator = _OPERATORS.get(operation)
    if operator is None:
        return "(unknown)"
    if offset == 1 and operator in ("/=", "%="):
        operator = "s" + operator
    return f"{cast}r{to} {operator} {cast}{f'r{source}' if by_register else value}"


def _atomic(value: int, size: str, place: str, to: int, source: int, offset: int) -> str:
    wide = "64" if size == "u64" else ""
    where = f"({size} *)(r{to} {offset:+d})"
    if value & ~_FETCH in _ATOMICS and value not in (_XCHG, _CMPXCHG):
        operator, name = _ATOMICS[value & ~_FETCH]
        return f"r{source} = atomic{wide}_fetch_{name}({where}, r{source})" if value & _FETCH else f"lock {place} {operator} r{source}"
    if value == _XCHG:
        return f"r{source} = atomic{wide}_xchg({where}, r{source})"
    if value == _CMPXCHG:
        return f"r0 = atomic{wide}_cmpxchg({where}, r0, r{source})"
    if value == _LOAD_ACQUIRE:
        return f"r{to} = load_acquire(({size} *)(r{source} {offset:+d}))"
    if value == _STORE_RELEASE:
        return f"store_release({where}, r{source})"
    return "(unknown)"


def _jump(code: int, to: int, source: int, offset: int, value: int, function: Names) -> str:
    operation, is_narrow, by_register = code >> 4, code & 7 == _JMP32, bool(code & 8)
    if operation == _JA:
        return f"gotol pc{value:+d}" if is_narrow else f"goto pc{offset:+d}"
    if operation == _CALL and not is_narrow:
        if by_register:
            return f"callx r{to}"
        if source == _SUBPROGRAM:
            return f"call pc{value:+d}"
        name = "kernel-function" if source == _KERNEL_FUNCTION else function(value)
        return f"call {name}#{value}"
    if operation == _EXIT and not is_narrow:
        return "exit"
    if operation == _JCOND:
        return f"may_goto pc{offset:+d}"
    if operation == _TAIL_CALL:
        return "tail_call"
    condition = _CONDITIONS.get(operation)
    if condition is None:
        return "(unknown)"
    letter = "w" if is_narrow else "r"
    other = f"{letter}{source}" if by_register else f"{value & 0xFFFFFFFF:#x}"
    return f"if {letter}{to} {condition} {other} goto pc{offset:+d}"
