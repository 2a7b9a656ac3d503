# SPDX-License-Identifier: GPL-2.0-or-later
"""Block devices by name: number, size in sectors, counts of requests."""

import pykd
from pykd.kernel.block import disks

READ, WRITE = 0, 1


def counts(dump: pykd.Dump, statistics: int) -> list[int]:
    """Reads, merged, sectors, and the same of writes, of a per-CPU ``struct disk_stats``."""
    found = [0] * 6
    for cpu in dump.cpus():
        if not cpu.percpu:
            continue
        stats = dump.object("struct disk_stats", statistics + cpu.percpu)
        for i, group in enumerate((READ, WRITE)):
            found[3 * i] += int(stats.ios[group])
            found[3 * i + 1] += int(stats.merges[group])
            found[3 * i + 2] += int(stats.sectors[group])
    return found


def ask(dump: pykd.Dump) -> dict:
    """Whole disks: the bench has no partitions."""
    found = {}
    for disk in disks.for_each_disk(dump):
        part = disk.part0
        found[str(disk.disk_name)] = {
            "major": int(disk.major), "minor": int(disk.first_minor), "sectors": disks.sectors(part), "read_only": int(disks.is_read_only(part)),
            "counts": counts(dump, disks.disk_stats(part)),
        }
    return found
