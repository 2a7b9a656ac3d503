# SPDX-License-Identifier: GPL-2.0-or-later
"""Every symbol of kernel and modules, which addresses lead to no symbol there, and which names to none of that name."""

import pykd


def ask(dump: pykd.Dump) -> dict:
    """Names, and what does not lead back."""
    names, astray, lost = [], [], []
    for symbol in [*dump.kernel_symbols(), *(s for m in dump.modules() for s in m.symbols())]:
        names.append([symbol.address, symbol.type, symbol.name, symbol.module or ""])
        if symbol.type in "AaUu":
            continue
        found = dump.symbol_at(symbol.address)
        if found is None or found.address != symbol.address:
            astray.append([symbol.name, symbol.address, symbol.module or ""])
        try:
            back = dump.symbol(symbol.name, symbol.module)
        except pykd.NotFoundError:
            lost.append(symbol.name)
        else:
            # A name may be several symbols'.
            if back.address != symbol.address and all(s.address != symbol.address for s in dump.symbols(symbol.name)):
                lost.append(symbol.name)
    return {"names": names, "astray": astray, "lost": lost}
