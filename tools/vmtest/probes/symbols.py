# SPDX-License-Identifier: GPL-2.0-or-later
"""Every symbol of kernel and modules."""

import pykd


def ask(dump: pykd.Dump) -> str:
    """Lines of address, kind, name and module. There are many, and text is the cheapest way to hand them over."""
    symbols = [*dump.kernel_symbols(), *(s for m in dump.modules() for s in m.symbols())]
    return "\n".join(f"{s.address:x} {s.type.lower()} {s.name} {s.module or ''}" for s in symbols)
