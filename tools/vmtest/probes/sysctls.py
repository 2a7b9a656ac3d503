# SPDX-License-Identifier: GPL-2.0-or-later
"""Every sysctl as LinuxDump reads it."""

import pykd
from LinuxDump import sysctl


def ask(dump: pykd.Dump) -> dict:
    """By dotted name, as text; what cannot be read is None."""
    found: dict[str, str | None] = {}
    for name, table in sysctl.getCtlTables().items():
        try:
            # These are kept in jiffies and shown in seconds or parts of them.
            if "jiffies" in str(dump.symbol_at(int(table.proc_handler)).name):
                found[name] = "(?)"
                continue
            value = sysctl.getCtlData(table)
        except pykd.Error:
            continue
        found[name] = "\t".join(map(str, value)) if isinstance(value, list) else str(value)
    return found
