# SPDX-License-Identifier: GPL-2.0-or-later
"""What people call a superblock: ``ext4 on /dev/vdb at /mnt``."""

from __future__ import annotations

from _pykd import Error
from pykd.core.walk import caught
from pykd.kernel.fs.mounts import mount_path
from pykd.kernel.fs.superblocks import filesystem_type, sb_mounts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump


_NO_NAMESPACE = (1 << 64) - 4095
"""``mount.mnt_ns`` from here on is an error: MNT_NS_INTERNAL, of mounts that are the kernel's own."""


def sb_place(dump: Dump, block: Any) -> tuple[str, str]:
    """(device, directory) of the first mount of a ``struct super_block`` that is in a namespace and of which these can be read; "" in place of what cannot."""
    device = str(block.s_id) if block.s_bdev else ""
    for mount in caught(sb_mounts(dump, block)):
        if isinstance(mount, Error):
            break
        try:
            device = str(mount.mnt_devname or device)
            if 0 < int(mount.mnt_ns) < _NO_NAMESPACE:
                return device, mount_path(dump, mount)
        except Error:
            continue
    return device, ""


def sb_name(dump: Dump, block: Any) -> str:
    """Type, device and first mount point of a ``struct super_block``, as far as they can be read. Never raises."""
    try:
        kind = filesystem_type(block)
    except Error:
        kind = "file system"
    try:
        device, directory = sb_place(dump, block)
    except Error:
        device = directory = ""
    on = f" on {device}" if device and device not in (kind, "none") else ""
    return f"{kind}{on}{f' at {directory}' if directory else ''}"
