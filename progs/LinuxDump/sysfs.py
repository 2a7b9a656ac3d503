# SPDX-License-Identifier: GPL-2.0-or-later
"""sysfs, which is a kernfs since Linux 3.14."""

from __future__ import annotations

from LinuxDump import fs, kernfs, trees
from LinuxDump.kernfs import decode_kernfs_node, kernfs_fullpath, kndir_iterate
from pykd import Error
from pykd.kernel.fs.kernfs import parent
from pykdump import API

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

decode_sysfs_dirent = decode_kernfs_node
for_all_dirents = kndir_iterate
sysfs_fullpath = kernfs_fullpath
sysfs_parent = parent


def print_sysfs_dirent(sd: Any) -> None:
    """Print what is in a directory."""
    for entry in for_all_dirents(sd):
        print(entry, *decode_sysfs_dirent(entry))


def blockdev_name(sd: Any) -> str:
    """Name of the block device that belongs to the device of a directory: ``sda``; empty if it has none."""
    try:
        for entry in for_all_dirents(sd):
            name, kind = decode_sysfs_dirent(entry)
            if name == "block" and kind == "/":
                inside = [str(decode_sysfs_dirent(one)[0]) for one in for_all_dirents(entry)]
                if len(inside) == 1:
                    return inside[0]
            elif name.startswith("block:") and kind == "@":
                return str(name.split(":")[1])
    except Error:
        return "Bad sysfs_dirent"
    return ""


blockdev_name_kernfs = blockdev_name


def gendev2sd(gendev: Any) -> Any:
    """The ``struct kernfs_node`` of a ``struct device``; None if it is not registered."""
    kobj = gendev.kobj
    return kobj.sd if kobj.ktype else None


# The names that the original gives to its variants for older kernels; those that have BTF need one.
decode_sysfs_dirent_311 = decode_sysfs_dirent_2632 = decode_sysfs_dirent
for_all_dirents_311 = for_all_dirents_30101 = for_all_dirents_3080 = for_all_dirents_2632 = for_all_dirents_2618 = for_all_dirents
sysfs_parent_311 = sysfs_parent_2618 = sysfs_parent
gendev2sd_old = gendev2sd

__all__ = [
    "blockdev_name", "blockdev_name_kernfs", "decode_sysfs_dirent", "for_all_dirents", "gendev2sd", "kernfs", "print_sysfs_dirent",
    "sysfs_fullpath", "sysfs_parent",
]  # fmt: skip
__all__ += API.hand_on(globals())
for _module in (fs, trees):
    globals().update({name: getattr(_module, name) for name in _module.__all__ if name not in globals()})
    __all__ += [name for name in _module.__all__ if name not in __all__]
