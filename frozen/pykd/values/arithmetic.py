# SPDX-License-Identifier: GPL-2.0-or-later
"""C's rules for numbers: of which type the result of an operator is, and what it wraps to.

The ranks are int, long, long long; what is narrower is promoted to int. Operands of one rank are unsigned if one of them is. Floating point
numbers are ``double`` inside, and rounded to ``float`` where that is the type.
"""

from __future__ import annotations

import math
import struct

from _pykd import Dump, Type
from pykd.core.errors import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    type Number = int | float

_NAMES = {
    (4, True, False): "int", (4, False, False): "unsigned int", (8, True, False): "long", (8, False, False): "unsigned long",
    (8, True, True): "long long", (8, False, True): "unsigned long long",
}  # fmt: skip
COMPARISONS = frozenset(("==", "!=", "<", ">", "<=", ">="))


class ArithmeticFault(CommandError):
    """The operator has no meaning for these numbers."""


def is_bool(type: Type) -> bool:
    """Whether a stripped type is ``_Bool``."""
    return type.kind == "int" and type.name in ("_Bool", "bool")


def promoted(dump: Dump, type: Type) -> Type:
    """The type that an operand of the stripped *type* has in arithmetic; a pointer's is ``unsigned long``."""
    if type.kind == "float":
        return type
    if type.kind not in ("int", "enum"):
        return dump.type("unsigned long")
    if type.size < 4 or is_bool(type):
        return dump.type("int")
    if type.size > 8:
        return type
    return dump.type(_NAMES[(type.size, type.signed, _is_long_long(type))])


def _is_long_long(type: Type) -> bool:
    return type.kind == "int" and type.size == 8 and (type.name or "").count("long") == 2


def common(dump: Dump, left: Type, right: Type) -> Type:
    """The type in which an operator works on operands of these promoted types."""
    floats = [type for type in (left, right) if type.kind == "float"]
    if floats:
        return max(floats, key=lambda type: type.size)
    if left.size > 8 or right.size > 8:
        return max(left, right, key=lambda type: type.size)
    ranks = [(type.size, _is_long_long(type)) for type in (left, right)]
    size, long_long = max(ranks)
    if left.signed == right.signed:
        signed = left.signed
    else:
        unsigned = left if not left.signed else right
        signed = size > unsigned.size
    return dump.type(_NAMES[(size, signed, long_long)])


def converted(number: Number, type: Type) -> Number:
    """*number* as a value of the stripped *type*: an int, enum, pointer or float."""
    if type.kind == "float":
        return rounded(float(number), type)
    if is_bool(type):
        return int(bool(number))
    if isinstance(number, float):
        if not math.isfinite(number):
            return 0
        number = int(number)
    return wrapped(number, type)


def rounded(number: float, type: Type) -> float:
    """To what the type holds."""
    if type.size != 4:
        return number
    try:
        return float(struct.unpack("f", struct.pack("f", number))[0])
    except OverflowError:
        return math.copysign(math.inf, number)


def wrapped(number: int, type: Type) -> int:
    """To the bits of an integer's type."""
    bits = 8 * type.size
    number &= (1 << bits) - 1
    return number - (1 << bits) if type.signed and number >> (bits - 1) else number


def result(operator: str, a: Number, b: Number, type: Type) -> Number:
    """Of a binary operator on operands that were converted to *type*. :raises ArithmeticFault:"""
    if type.kind == "float":
        return rounded(_of_reals(operator, float(a), float(b)), type)
    return wrapped(_of_integers(operator, int(a), int(b), 8 * type.size), type)


def compared(operator: str, a: Any, b: Any) -> int:
    """1 or 0"""
    return int({"==": a == b, "!=": a != b, "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[operator])


def _of_reals(operator: str, a: float, b: float) -> float:
    try:
        if operator == "/":
            return a / b if b else math.nan if not a or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1.0, b)
        if operator in "+-*":
            return a + b if operator == "+" else a - b if operator == "-" else a * b
    except OverflowError:
        return math.inf
    raise ArithmeticFault(f"`{operator}` is for integers")


def _of_integers(operator: str, a: int, b: int, bits: int) -> int:
    if operator in ("/", "%"):
        if not b:
            raise ArithmeticFault("division by zero")
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return quotient if operator == "/" else a - quotient * b
    if operator in ("<<", ">>"):
        if b < 0:
            raise ArithmeticFault("a shift by less than 0 bits")
        if operator == "<<":
            return a << b if b < bits else 0
        return a >> min(b, bits)
    return {"+": a + b, "-": a - b, "*": a * b, "&": a & b, "|": a | b, "^": a ^ b}[operator]
