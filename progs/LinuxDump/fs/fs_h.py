# SPDX-License-Identifier: GPL-2.0-or-later
"""Flags of open files, superblocks and mounts, as include/linux/fs.h and mount.h have them."""

from __future__ import annotations

from pykdump import API
from pykdump.tparser import CDefine

FILE_MODE_FLAGS = CDefine({"FMODE_READ": 1, "FMODE_WRITE": 2})

_MS = (
    "RDONLY NOSUID NODEV NOEXEC SYNCHRONOUS REMOUNT MANDLOCK DIRSYNC NOSYMFOLLOW - NOATIME NODIRATIME BIND MOVE REC SILENT POSIXACL "
    "UNBINDABLE PRIVATE SLAVE SHARED RELATIME KERNMOUNT I_VERSION STRICTATIME LAZYTIME - SNAP_STABLE - BORN ACTIVE NOUSER"
)
"""Bit by bit; - is none."""
MS_FLAGS = CDefine({f"MS_{name}": 1 << bit for bit, name in enumerate(_MS.split()) if name != "-"} | {"MS_VERBOSE": 1 << 15})
MNT_FLAGS = CDefine(
    {
        "MNT_NOSUID": 0x01, "MNT_NODEV": 0x02, "MNT_NOEXEC": 0x04, "MNT_NOATIME": 0x08, "MNT_NODIRATIME": 0x10, "MNT_RELATIME": 0x20,
        "MNT_READONLY": 0x40, "MNT_STRICTATIME": 0x80, "MNT_SHRINKABLE": 0x100, "MNT_WRITE_HOLD": 0x200, "MNT_SHARED": 0x1000,
        "MNT_UNBINDABLE": 0x2000, "MNT_PNODE_MASK": 0x3000,
    }
)  # fmt: skip

__all__ = ["FILE_MODE_FLAGS", "MNT_FLAGS", "MS_FLAGS"]
__all__ += API.hand_on(globals())
