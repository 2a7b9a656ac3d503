# SPDX-License-Identifier: GPL-2.0-or-later
"""ext2, ext3 and ext4, which the module ext4 serves: what statfs() would say of one."""

from __future__ import annotations

from _pykd import FaultError
from pykd.core.record import NamedTuple
from pykd.kernel import cpus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump

TYPES = ("ext2", "ext3", "ext4")


class StatFs(NamedTuple):
    """Sizes are in blocks of *block* bytes. What the superblock on disk says is None where the dump lacks it, as most do: it is a page of cache."""

    block: int
    blocks: int | None
    """Without what the file system itself takes."""
    free: int
    available: int | None
    """To others than root."""
    files: int
    """Inodes."""
    files_free: int


def _wide(block: Any, low: str, high: str) -> int:
    return int(getattr(block, low)) | (int(getattr(block, high)) << 32)


def statfs(dump: Dump, superblock: Any) -> StatFs:
    """Of a ``struct super_block`` of one of :data:`TYPES`, as ext4_statfs() counts.

    :raises NotFoundError: the dump has no types of ext4 (modules' types since v5.11). :raises FaultError:
    """
    info: Any = dump.object("struct ext4_sb_info", int(superblock.s_fs_info))
    block = info.s_es
    shift = int(info.s_cluster_bits)
    overhead = int(info.s_overhead)
    free = max(cpus.percpu_counter_sum(info.s_freeclusters_counter) - cpus.percpu_counter_sum(info.s_dirtyclusters_counter), 0) << shift
    blocks = available = None
    try:
        blocks = _wide(block, "s_blocks_count_lo", "s_blocks_count_hi") - (overhead << shift)
        reserved = _wide(block, "s_r_blocks_count_lo", "s_r_blocks_count_hi") + (int(info.s_resv_clusters.counter) << shift)
        available = max(free - reserved, 0)
    except FaultError:
        pass
    inodes = int(info.s_groups_count) * int(info.s_inodes_per_group)
    return StatFs(int(superblock.s_blocksize), blocks, free, available, inodes, cpus.percpu_counter_sum(info.s_freeinodes_counter))
