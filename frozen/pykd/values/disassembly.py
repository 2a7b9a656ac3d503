# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions as rows, and as text in the shape of gdb's ``x/i``: ``0xADDR <symbol+offset>:``, a tab, the instruction."""

from __future__ import annotations

from _pykd import Dump, Instruction, Symbol
from pykd.core.rows import Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NOP5 = (bytes.fromhex("0f1f440000"), bytes.fromhex("6666666690"))
_ENDBR64 = bytes.fromhex("f30f1efa")


def place(symbol: Symbol, address: int, radix: int = 10) -> str:
    """``panic+19``"""
    offset = address - symbol.address
    if not offset:
        return symbol.name
    return f"{symbol.name}+{offset:#x}" if radix == 16 else f"{symbol.name}+{offset}"


def rows(dump: Dump, instructions: Iterable[Instruction], radix: int = 10, symbols: bool = True) -> Iterator[Row]:
    """
    :param symbols: False of user space, where addresses of the kernel mean nothing.
    """
    start = end = 0
    symbol: Symbol | None = None
    traced = -1
    for one in instructions:
        address = one.address
        if symbols and not start <= address < end:
            symbol = dump.symbol_at(address)
            if symbol is not None:
                start, end = symbol.address, symbol.address + symbol.size
        text = one.text
        target = dump.symbol_at(one.target) if symbols and one.target else None
        if target is not None:
            text += f" <{place(target, one.target, radix)}>"
        if symbol is not None:
            # A traced function begins with a call of __fentry__ that ftrace has made a nop of, behind endbr64 if there is one.
            if address == start:
                traced = start + 4 if one.code == _ENDBR64 else start
            if address == traced and one.code in _NOP5:
                text += " [FTRACE NOP]"
        yield {
            "address": address,
            "symbol": symbol and symbol.name,
            "offset": symbol and address - symbol.address,
            "code": one.code.hex(),
            "text": text,
            "flow": one.flow,
            "target": one.target or None,
        }


def line(row: Row, radix: int = 10, indent: str = "") -> str:
    name = ""
    if row["symbol"] is not None:
        offset = row["offset"]
        name = f" <{row['symbol']}" + (f"+{offset:#x}>" if offset and radix == 16 else f"+{offset}>" if offset else ">")
    return f"{indent}{row['address']:#x}{name}:\t{row['text']}"
