# SPDX-License-Identifier: GPL-2.0-or-later
"""Constants of C as they are written: ``0x10UL``, ``1.5e3f``, ``'\\x41'``, ``"text\\n"``."""

from __future__ import annotations

import re

from pykd.core.errors import CommandError

FLOAT = re.compile(r"(?:0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][-+]?\d+|(?:\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)[fFlL]?(?![\w.])")
INTEGER = re.compile(r"(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)([uUlL]*)(?![\w.])")
CHARACTER = re.compile(r"'(?:\\.[0-9a-fA-F]*|[^\\'])'")
STRING = re.compile(r'"(?:\\.|[^\\"])*"')
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]+|[0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {"n": 10, "t": 9, "r": 13, "a": 7, "b": 8, "f": 12, "v": 11, "e": 27}
_SUFFIXES = {
    "": (False, 0), "u": (True, 0), "l": (False, 1), "ul": (True, 1), "lu": (True, 1), "ll": (False, 2), "ull": (True, 2), "llu": (True, 2),
}  # fmt: skip
"""By suffix: unsigned, how many times long"""
_LONGS = (("int", "unsigned int", 32), ("long", "unsigned long", 64), ("long long", "unsigned long long", 64))


class ConstantError(CommandError):
    """It is no constant of C, or none of a type that it has."""


def integer(digits: str, suffix: str) -> tuple[int, str]:
    """(value, name of the type): the first type of C's list for such a constant that holds it. :raises ConstantError:"""
    if suffix.casefold() not in _SUFFIXES or "lL" in suffix or "Ll" in suffix:
        raise ConstantError(f"invalid number \"{digits}{suffix}\"")
    decimal = digits[0] != "0" or digits == "0"
    try:
        value = int(digits, 8) if not decimal and digits.isdigit() else int(digits, 0)
    except ValueError:
        raise ConstantError(f'invalid number "{digits}{suffix}"') from None
    unsigned, longs = _SUFFIXES[suffix.casefold()]
    for plain, without_sign, bits in _LONGS[longs:]:
        if not unsigned and value < 1 << (bits - 1):
            return value, plain
        if (unsigned or not decimal or bits == 64) and value < 1 << bits:
            return value, without_sign
    raise ConstantError("numeric constant too large")


def real(text: str) -> tuple[float, str]:
    """(value, name of the type)"""
    hexadecimal = text[:2].lower() == "0x"  # in which an f is a digit, up to the exponent that there must be
    digits = text.rstrip("fFlL")
    kind = "float" if text[-1] in "fF" else "double"
    return (float.fromhex(digits) if hexadecimal else float(digits)), kind


def _code(escape: str) -> int:
    """Of what follows a backslash."""
    if escape[0] == "x" and len(escape) > 1:
        return int(escape[1:], 16)
    if escape[0] in "01234567":
        return int(escape, 8)
    return _LETTERS.get(escape, ord(escape[0]))


def character(text: str) -> int:
    """The value of a ``char``, which is signed, in quotes. :raises ConstantError:"""
    body = text[1:-1]
    match = _ESCAPE.fullmatch(body)
    code = _code(match[1]) if match else ord(body) if len(body) == 1 else 256
    if code > 255:
        raise ConstantError(f"{text} is no character of one byte")
    return code - 256 if code > 127 else code


def string(text: str) -> bytes:
    """The bytes of a text in quotes, with the NUL at its end. :raises ConstantError:"""
    found = bytearray()
    at = 0
    body = text[1:-1]
    for match in _ESCAPE.finditer(body):
        found += body[at : match.start()].encode("utf-8", "surrogateescape")
        code = _code(match[1])
        if code > 255 and len(match[1]) > 1:
            raise ConstantError(f"{match[0]} is no character of one byte")
        found += bytes((code,)) if code < 256 else match[1].encode("utf-8", "surrogateescape")
        at = match.end()
    return bytes(found + body[at:].encode("utf-8", "surrogateescape") + b"\0")
