# SPDX-License-Identifier: GPL-2.0-or-later
"""Every symbol of kernel and modules, which addresses lead to no symbol there, and which names to none of that name."""

import pykd


def ask(dump: pykd.Dump) -> dict:
    """``lines`` is text: address, kind, name and module a line. There are many, and this is the cheapest way to hand them over."""
    lines, astray, lost = [], [], []
    at, by_name = dump.symbol_at, dump.symbols
    for symbol in [*dump.kernel_symbols(), *(s for m in dump.modules() for s in m.symbols())]:
        address, kind, name, module = symbol.address, symbol.type, symbol.name, symbol.module or ""
        lines.append(f"{address:x} {kind.lower()} {name} {module}")
        if kind in "AaUu":
            continue
        found = at(address)
        if found is None or found.address != address:
            astray.append([name, address, module])
        # A name may be several symbols'.
        if all(other.address != address for other in by_name(name)):
            lost.append(name)
    return {"lines": "\n".join(lines), "astray": astray, "lost": lost}
