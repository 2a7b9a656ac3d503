# SPDX-License-Identifier: GPL-2.0-or-later
"""BPF programs and maps, by what /proc/PID/fdinfo says of their descriptors."""

from __future__ import annotations

import re
from collections.abc import Iterator

from comparisons.registry import comparison, unequal
from truth import Truth


def _descriptors(truth: Truth, key: str) -> Iterator[dict[str, str]]:
    """Fields of each descriptor that has one named *key*."""
    for process in truth.processes.values():
        for part in re.split(r"^FD \d+\n", process.text("fdinfo"), flags=re.M):
            fields = dict(re.findall(r"^(\w+):\s*(\S+)$", part, re.M))
            if key in fields:
                yield fields


@comparison("$ bpf -P")
def bpf_programs(truth: Truth, found: list) -> Iterator[str]:
    """BPF programs: tag, memory, whether they were compiled."""
    have = {row["id"]: (row.get("tag"), row.get("memory"), bool(row.get("code_size"))) for row in found if "id" in row}
    wanted = {
        int(fields["prog_id"]): (fields["prog_tag"], int(fields["memlock"]), fields["prog_jited"] == "1")
        for fields in _descriptors(truth, "prog_id")
    }
    yield from unequal("BPF program", have, wanted)


@comparison("$ bpf -M")
def bpf_maps(truth: Truth, found: list) -> Iterator[str]:
    """BPF maps: sizes of keys and values, entries, flags."""
    have = {
        row["id"]: tuple(row.get(key) for key in ("key_size", "value_size", "max_entries", "flags")) for row in found if "id" in row
    }
    wanted = {
        int(fields["map_id"]): tuple(int(fields[key], 0) for key in ("key_size", "value_size", "max_entries", "map_flags"))
        for fields in _descriptors(truth, "map_id")
    }
    yield from unequal("BPF map", have, wanted)
