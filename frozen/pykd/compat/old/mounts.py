# SPDX-License-Identifier: GPL-2.0-or-later
"""Mounts as older kernels kept them: values for the table in compat.py that take more than a path."""

from __future__ import annotations

from _pykd import Error
from pykd.compat.parts import Elements
from pykd.core.members import offset_of
from pykd.core.walk import caught
from pykd.kernel.fs.superblocks import sb_mounts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Struct


def mounts(block: Struct) -> Elements:
    """``super_block.s_mounts``: stands for the head of a list of mounts by their ``mnt_instance``."""
    dump = type(block).PYT_dump
    link = offset_of(dump.struct_class("struct mount"), "mnt_next_for_sb")
    return Elements(int(mount) + link for mount in caught(sb_mounts(dump, block)) if not isinstance(mount, Error))


def waiters_for_thaw(writers: Struct) -> Struct:
    """``sb_writers.wait_unfrozen``: who waits to write."""
    queue: Struct = writers.rw_sem[0].waiters
    return queue
