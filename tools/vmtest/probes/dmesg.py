# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's messages as syslog(2) gives them."""

import pykd
from pykd.kernel import printk


def ask(dump: pykd.Dump) -> list:
    """Its lines."""
    lines = []
    for record in printk.records(dump):
        stamp = f"<{record.facility << 3 | record.level}>[{record.time // 10**9:5d}.{record.time % 10**9 // 1000:06d}] "
        lines += [stamp + line for line in record.text.split("\n")]
    return lines
