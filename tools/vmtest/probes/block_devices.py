# SPDX-License-Identifier: GPL-2.0-or-later
"""Block devices by name: number, size in sectors, counts of requests."""

from members import first

import pykd
from pykd.kernel import devices

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
    for disk in devices.disks(dump):
        part = disk.part0
        # Until v5.11 (0d02129e76ed) a struct hd_struct inside the disk.
        size = int(part.bd_nr_sectors) if part.hasField("bd_nr_sectors") else int(part.nr_sects)
        statistics = int(first(part, "bd_stats", "dkstats"))
        read_only = int(part.bd_read_only) if part.hasField("bd_read_only") else int(part.policy) if part.hasField("policy") else \
            int(part.__bd_flags.counter) >> 9 & 1
        name = str(disk.disk_name)
        found[name] = {"major": int(disk.major), "minor": int(disk.first_minor), "sectors": size, "read_only": read_only,
                       "counts": counts(dump, statistics)}
    return found
