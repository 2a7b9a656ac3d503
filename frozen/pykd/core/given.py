# SPDX-License-Identifier: GPL-2.0-or-later
"""Files that somebody has named: they may be devices, or dumps, so that no more is read of one than what it could be."""

from __future__ import annotations

import errno
import os

LONGEST = 1 << 24
"""Bytes of a program, of declarations, of the text of a note"""


def whole(path: str) -> bytes:
    """What is in a file. :raises OSError: it cannot be read, or is longer than :data:`LONGEST`."""
    with open(path, "rb") as file:
        found = file.read(LONGEST + 1)
    if len(found) > LONGEST:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
    return found
