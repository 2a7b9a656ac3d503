# SPDX-License-Identifier: GPL-2.0-or-later
"""Every sysctl as LinuxDump reads it."""

from LinuxDump import sysctl

import pykd


def ask(dump: pykd.Dump) -> dict:
    """By dotted name, as text; what cannot be read is left out."""
    found = {}
    for name, table in sysctl.getCtlTables().items():
        try:
            value = sysctl.getCtlData(table)
        except pykd.Error:
            continue
        found[name] = "\t".join(map(str, value)) if isinstance(value, list) else str(value)
    return found
