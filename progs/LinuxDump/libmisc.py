# SPDX-License-Identifier: GPL-2.0-or-later
"""Small helpers that programs share: arguments, flags, enums, units, per-CPU copies."""

from __future__ import annotations

import sys

from pykd.kernel import cpus
from pykdump import API
from pykdump.highlevel import EnumInfo, readSU, readU64, sym2addr
from pykdump.vmcorearch import sys_info

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SPACER = " " * 4
DEFAULT_RLVL = 0

_UNITS = {
    "SI": (1000, ("", "K", "M", "G", "T", "P", "E", "Z", "Y")),
    1000: (1000, (" Bytes", "KB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")),
    1024: (1024, (" Bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")),
}


def obj_is_inttype(obj: object) -> bool:
    return isinstance(obj, int)


def obj_is_floattype(obj: object) -> bool:
    return isinstance(obj, float)


def flags_to_string(flags: int, strings: dict[str, int]) -> str:
    """Names of the bits that are set; *strings* has the number of each bit."""
    return "|".join(name for name, bit in strings.items() if flags & (1 << bit))


def defines_to_string(match_val: int, strings: dict[str, int]) -> str:
    """The name of a value."""
    return next((name for name, value in strings.items() if value == match_val), "UNKNOWN")


def indent_str(lvl: int) -> str:
    return SPACER * lvl


def indent(lvl: int) -> None:
    """Print the indentation of a level, 4 blanks each."""
    print(indent_str(lvl), end="")


def val_to_units_string(val: float, base: int | str, custom_strings: list[str] | None = None) -> str:
    """A number in the largest unit that leaves at least 1: ``1.50 KiB``. Base 1000, 1024, or ``SI`` for bare prefixes."""
    if custom_strings:
        factor, units = int(base), tuple(custom_strings)
    elif base in _UNITS:
        factor, units = _UNITS[base]
    else:
        return str(val)
    if factor < 2:
        return str(val)
    power = 0
    while abs(val) >= factor ** (power + 1) and power + 1 < len(units):
        power += 1
    number = val / factor**power
    return f"{number:.0f} {units[power]}" if number == int(number) else f"{number:.2f} {units[power]}"


def get_enum_info(enum_name: str) -> EnumInfo | None:
    """The enumerators of ``enum NAME``, None if there is no such enum."""
    try:
        return EnumInfo(f"enum {enum_name}")
    except TypeError:
        return None


def _names_by_value(enum_name: str) -> list[str]:
    info = get_enum_info(enum_name)
    return sorted(info, key=info.__getitem__) if info else []


def get_enum_string(val: int, enum_name: str) -> str:
    """The enumerator at place *val* in the order of values, ``UNKNOWN`` if there is none."""
    names = _names_by_value(enum_name)
    return names[val] if 0 <= val < len(names) else "UNKNOWN"


def get_enum_bit_string(val: int, enum_name: str) -> str:
    """The enumerator whose place is the number of the highest bit set in *val*."""
    return get_enum_string(int(val).bit_length() - 1, enum_name)


def print_enum_bit(val: int, enum_name: str) -> str:
    name = get_enum_bit_string(val, enum_name)
    print(name)
    return name


def get_enum_tag_value(tag: str, enum_name: str) -> int | None:
    """Value of an enumerator."""
    info = get_enum_info(enum_name)
    return info.get(tag) if info else None


def arg_value(arg: str) -> int | float:
    """What a user typed as a number: ``0x1f 017 12 1.5 b101 ffff8880…``, or a symbol's name; 0 if nothing fits."""

    def only(text: str, digits: str) -> bool:
        return bool(text) and all(c in digits for c in text)

    try:
        if "." in arg:
            return float(arg)
        if arg[:2].lower() == "0x":
            return int(arg, 16)
        if arg.startswith("0") and only(arg, "01234567"):
            return int(arg, 8)
        if only(arg, "0123456789"):
            return int(arg)
        if arg.startswith("b") and only(arg[1:], "01"):
            return int(arg[1:], 2)
        if only(arg, "0123456789abcdefABCDEF"):
            return int(arg, 16)
        return sym2addr(arg)
    except ValueError:
        return 0


def call_foreach_argv(func: Callable[..., Any]) -> None:
    """Call *func* with the value of each command-line argument that has one."""
    for arg in sys.argv[1:]:
        if address := arg_value(arg):
            func(address, rlvl=DEFAULT_RLVL)


class get_per_cpu:
    """Where each CPU's copies of per-CPU variables are."""

    cpu: dict[int, str]
    """What to add to a per-CPU pointer, as ``0x…``."""
    count: int

    def __init__(self) -> None:
        self.parse_list()

    def parse_list(self) -> None:
        # The programs that use this were written when per-CPU symbols counted from 0, and __per_cpu_start was 0.
        self.cpu = {cpu: f"{offset:#x}" for cpu, offset in enumerate(cpus.offsets()[: sys_info.CPUS])}
        self.count = len(self.cpu)

    def per_cpu_ptr(self, cpu: int, pointer: int) -> int:
        return int(self.cpu[cpu], 16) + int(pointer) & (1 << 64) - 1

    def per_cpu_struct(self, cpu: int, pointer: int, structtype: str) -> Any:
        return readSU(f"struct {structtype}", self.per_cpu_ptr(cpu, pointer))

    def sum_values(self, pointer: int) -> int:
        """Sum of the CPUs' copies of a u64, modulo 2**64 as in the kernel."""
        return sum(readU64(self.per_cpu_ptr(cpu, pointer)) for cpu in self.cpu) & (1 << 64) - 1

    def __repr__(self) -> str:
        return "\n".join(["per-cpu:", *(f"{SPACER}{cpu:3d}: {offset}" for cpu, offset in self.cpu.items())])


__all__ = [
    "DEFAULT_RLVL", "SPACER", "arg_value", "call_foreach_argv", "defines_to_string", "flags_to_string", "get_enum_bit_string", "get_enum_info",
    "get_enum_string", "get_enum_tag_value", "get_per_cpu", "indent", "indent_str", "obj_is_floattype", "obj_is_inttype", "print_enum_bit",
    "val_to_units_string",
]  # fmt: skip
__all__ += API.hand_on(globals())
