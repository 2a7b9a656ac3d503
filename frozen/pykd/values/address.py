# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses as people type them behind a command."""

from __future__ import annotations

from _pykd import Dump
from pykd.core.errors import CommandError
from pykd.values import clones

_MASK = (1 << 64) - 1

MAX_ALTERNATIVES = 20


def no_symbol(dump: Dump, name: str) -> CommandError:
    """The error that says so, with symbols whose names have *name* in them."""
    near = []
    for symbol in dump.kernel_symbols():
        if name in symbol.name:
            near.append(symbol.name)
            if len(near) == MAX_ALTERNATIVES:
                break
    if not near:
        from pykd.values import known

        near = known.symbols(dump, name)
    return CommandError("\n  ".join([f"symbol not found: {name}\npossible alternatives:", *(near or ["(none found)"])]))


def address(dump: Dump, text: str) -> int:
    """What crash's commands accept for an address: hexadecimal with or without 0x, a symbol, ``SYMBOL+OFFSET``, ``(EXPRESSION)``.

    :raises CommandError:
    """
    try:
        number = int(text, 16)
    except ValueError:
        pass
    else:
        if number >> 64 > 0:
            raise CommandError(f"invalid input: {text} has more than 64 bits")
        return number & _MASK
    found = clones.address(dump, text)
    if found:
        return found
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    name, plus, offset = text.partition("+")
    if plus and (found := clones.address(dump, name.strip())):
        try:
            return found + int(offset, 0)
        except ValueError:
            pass
    # Few words that name an address come so far, and the parser costs more than many a command.
    from pykd.values.expression import ExpressionError, evaluate

    try:
        return evaluate(dump, text).integer() & _MASK
    except ExpressionError as error:
        if text.isidentifier():
            raise no_symbol(dump, text) from error
        raise CommandError(f"invalid input: {text}") from error
