# SPDX-License-Identifier: GPL-2.0-or-later
"""Which addresses of symbols lead to no symbol there, and which names to none at that address."""

import pykd


def ask(dump: pykd.Dump) -> dict:
    """``astray`` holds (name, address, module), ``lost`` names."""
    astray, lost = [], []
    for symbol in [*dump.kernel_symbols(), *(s for m in dump.modules() for s in m.symbols())]:
        # The kernel finds no names that compilers made for themselves, either; thousands have the same.
        if symbol.type in "AaUu" or symbol.name.startswith((".L", "L0", "$")):
            continue
        found = dump.symbol_at(symbol.address)
        if found is None or found.address != symbol.address:
            astray.append([symbol.name, symbol.address, symbol.module or ""])
        # A name may be several symbols'.
        if dump.symbol(symbol.name).address != symbol.address and all(s.address != symbol.address for s in dump.symbols(symbol.name)):
            lost.append(symbol.name)
    return {"astray": astray, "lost": lost}
