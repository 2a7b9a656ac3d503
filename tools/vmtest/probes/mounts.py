# SPDX-License-Identifier: GPL-2.0-or-later
"""Mounts of the first process's namespace: type, device, mount point."""

import pykd
from LinuxDump import fs


def ask(dump: pykd.Dump) -> list:
    """As LinuxDump gives them."""
    return [[str(kind), str(device), str(where)] for _, _, kind, device, where in fs.getMount()]
