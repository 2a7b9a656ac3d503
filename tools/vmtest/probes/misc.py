# SPDX-License-Identifier: GPL-2.0-or-later
"""[minor, name] of the miscellaneous devices."""

from members import entries

import pykd


def ask(dump: pykd.Dump) -> list:
    """In no order."""
    head = dump.object("struct list_head", dump.symbol("misc_list").address)
    return [[int(device.minor), str(device.name)] for device in entries(dump, head, "struct miscdevice", "list")]
