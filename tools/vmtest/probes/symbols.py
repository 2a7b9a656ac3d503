# SPDX-License-Identifier: GPL-2.0-or-later
"""Every symbol of kernel and modules, and which addresses do not lead back to a symbol of that address."""
import json

import pykd

dump = pykd.current()
names, astray = [], []
every = [*dump.kernel_symbols(), *(s for m in dump.modules() for s in m.symbols())]
for symbol in every:
    names.append([symbol.address, symbol.type, symbol.name, symbol.module or ""])
    if symbol.type in "AaUu":
        continue
    found = dump.symbol_at(symbol.address)
    if found is None or found.address != symbol.address:
        astray.append([symbol.name, symbol.address, symbol.module or ""])
print(json.dumps({"names": names, "astray": astray}))
