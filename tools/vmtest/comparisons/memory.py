# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory: totals, zones, slabs, vmalloc, System V IPC."""

from __future__ import annotations

import re
from collections.abc import Iterator

from comparisons.registry import comparison, unequal, unequal_sets
from truth import Truth

# What taking the truth, dying and counters kept on CPUs may move, in pages.
DRIFT = 4096

# Events among the counters of nodes.
GROWING = ("NR_DIRTIED", "NR_WRITTEN", "NR_VMSCAN_WRITE", "NR_VMSCAN_IMMEDIATE", "NR_FOLL_PIN_ACQUIRED",
           "NR_FOLL_PIN_RELEASED", "PGPROMOTE_SUCCESS", "PGDEMOTE_KSWAPD", "PGDEMOTE_DIRECT")


def _meminfo(truth: Truth) -> dict[str, int]:
    return {name: int(words.split()[0]) for name, _, words in (line.partition(":") for line in truth.lines("proc/meminfo"))}


def _drift(truth: Truth) -> int:
    """Pages that may have come or gone: also those of the disk that the truth went to, which its last close drops."""
    return DRIFT + _meminfo(truth)["Buffers"] // truth.page_kib


def _took_all(truth: Truth) -> bool:
    """Whether the guest died of taking all memory after the truth: then gauges say nothing."""
    return "vmtest.crash=oom" in truth.text("proc/cmdline")


def _far(have: int, was: int, drift: int) -> bool:
    return abs(have - was) > drift + was // 4


@comparison("$ kmem -i")
def meminfo(truth: Truth, found: list) -> Iterator[str]:
    """Totals: of memory and swap exactly, the rest within what a moment changes."""
    rows = {row["name"]: row for row in found}
    wanted = _meminfo(truth)
    for name, key in (("TOTAL MEM", "MemTotal"), ("TOTAL SWAP", "SwapTotal")):
        if name in rows and rows[name]["pages"] * truth.page_kib != wanted[key]:
            yield f"{name} is {rows[name]['pages'] * truth.page_kib} KiB, was {wanted[key]}"
    if _took_all(truth):
        return
    for name, key in (("FREE", "MemFree"), ("SLAB", "Slab"), ("CACHED", "Cached"), ("COMMITTED", "Committed_AS"),
                      ("SWAP USED", "SwapTotal")):
        was = wanted[key] - (wanted["SwapFree"] if name == "SWAP USED" else 0)
        # What is committed is mostly the memory of the process that wrote the truth.
        have = rows[name].get("exact", rows[name].get("pages")) if name in rows else None
        if have is not None and _far(have, was // truth.page_kib, 8 * DRIFT if name == "COMMITTED" else _drift(truth)):
            yield f"{name} is {have * truth.page_kib} KiB, was {was}"


@comparison("$ kmem -h")
def hugepages(truth: Truth, found: list) -> Iterator[str]:
    """Huge pages of each size: total and free."""
    for row in found:
        base = f"sys/kernel/mm/hugepages/{row['name']}"
        if truth.text(f"{base}/nr_hugepages"):
            yield from unequal(row["name"], row, {"total": int(truth.text(f"{base}/nr_hugepages")), "free": int(truth.text(f"{base}/free_hugepages"))})


@comparison("$ kmem -V")
def vmstat(truth: Truth, found: list) -> Iterator[str]:
    """Counters of /proc/vmstat: gauges within what a moment changes, events that only grow."""
    was = {name: int(value) for name, value in truth.table("proc/vmstat", 0)}
    for section in found:
        gauge = "STAT" in section["section"] and "EVENT" not in section["section"]
        if gauge and _took_all(truth):
            continue
        for name, have in section.get("counters", {}).items():
            key = name.lower()
            if key not in was or key.endswith("_b") or key in ("nr_dirty_threshold", "nr_dirty_background_threshold"):
                continue
            if name in GROWING or not gauge:
                wrong = have < was[key]
            else:
                wrong = _far(have, was[key], _drift(truth))
            if wrong:
                yield f"{section['section']} {name} is {have}, was {was[key]}"


@comparison("$ kmem -z")
def zones(truth: Truth, found: list) -> Iterator[str]:
    """Zones: first page, size, present pages, watermarks."""
    have = {(row["node"], row["name"]): row for row in found if "error" not in row}
    for match in re.finditer(r"^Node (\d+), zone +(\w+)\n(.*?)(?=^Node|\Z)", truth.text("proc/zoneinfo"), re.M | re.S):
        node, name, body = int(match[1]), match[2], match[3]
        numbers = dict(re.findall(r"^ +(min|low|high|spanned|present|start_pfn:) +(\d+)$", body, re.M))
        row = have.get((node, name))
        if row is None or "spanned" not in numbers:
            # A node without memory shows no numbers, a zone without pages no counters.
            continue
        wanted = {"size": int(numbers["spanned"])}
        if wanted["size"]:
            wanted |= {"present": int(numbers["present"]), "start_pfn": int(numbers["start_pfn:"]),
                       "watermarks": [int(numbers[mark]) for mark in ("min", "low", "high")]}
        yield from unequal(f"node {node} zone {name}", row, wanted)


@comparison("$ kmem -s")
def slabs(truth: Truth, found: list) -> Iterator[str]:
    """Slab caches: names, numbers of objects."""
    wanted = {words[0]: (int(words[1]), int(words[2])) for words in truth.table("proc/slabinfo", 2)}
    have = {row["name"]: row for row in found if "name" in row}
    yield from unequal_sets("slab cache", set(have), set(wanted))
    for row in found:
        if "error" in row:
            yield f"slab cache {row.get('name', '')}: {row['error']}"
            continue
        active, total = wanted.get(row["name"], (0, 0))
        # /proc counts every object on a CPU's slabs as used, so that the number used is a bound.
        if row["name"] in wanted and (_far(row["total"], total, 2 * _drift(truth)) or row["allocated"] > row["total"]):
            yield f"slab cache {row['name']}: {row['allocated']} of {row['total']} objects, was {active} of {total}"
    own = have.get("vmtest_node")
    if own and own["allocated"] != 100:
        yield f"slab cache vmtest_node has {own['allocated']} objects, not the 100 of vmtest_load"


@comparison("$ kmem -v")
def vmalloc(truth: Truth, found: list) -> Iterator[str]:
    """Areas of vmalloc: what was there a moment before is there still, but for stacks of threads and the like."""
    wanted = set()
    for line in truth.lines("proc/vmallocinfo"):
        bounds, _, *words = line.split()
        # Stacks and buffers come and go with threads; the lazily freed and vm_map_ram have no vm_struct.
        if not {"vm_map_ram", "unpurged"} & set(words) and not re.search(r"dup_task|alloc_thread_stack|pcpu_|n_tty|bpf_|kexec|seq_|relay", line):
            start, end = bounds.split("-")
            wanted.add((int(start, 16), int(end, 16)))
    # Addresses are hashes where the guest did not ask for them in clear.
    if not any(start >> 60 == 0xF for start, _ in wanted):
        return
    have = {(row["start"], row["end"]) for row in found if "error" not in row}
    lost = wanted - have
    if len(lost) > len(wanted) // 50 + 2:
        yield f"{len(lost)} of {len(wanted)} areas are missing: " + " ".join(f"{a:x}-{b:x}" for a, b in sorted(lost)[:5])


@comparison("$ ipcs -M", "$ ipcs -s", "$ ipcs -q")
def ipc(truth: Truth, segments: list, semaphores: list, queues: list) -> Iterator[str]:
    """System V shared memory, semaphores, message queues."""

    def table(name: str) -> list[dict[str, str]]:
        lines = truth.lines(f"proc/sysvipc/{name}")
        return [dict(zip(lines[0].split(), line.split(), strict=True)) for line in lines[1:]]

    def key(text: str) -> int:
        return int(text) & 0xFFFFFFFF

    page = truth.page_kib * 1024

    wanted = {(key(row["key"]), int(row["shmid"]), int(row["uid"]), int(row["perms"], 8), int(row["size"]), int(row["nattch"]),
               int(row["rss"]) // page, int(row["swap"]) // page) for row in table("shm")}
    yield from unequal_sets("shared memory", {(key(str(row["key"])), row["id"], row["uid"], row["mode"] & 0o777, row["bytes"], row["attached"],
                                               row["resident"], row["swapped"]) for row in segments if "id" in row}, wanted)
    wanted = {(key(row["key"]), int(row["semid"]), int(row["uid"]), int(row["perms"], 8), int(row["nsems"])) for row in table("sem")}
    yield from unequal_sets("semaphores", {(key(str(row["key"])), row["id"], row["uid"], row["mode"] & 0o777, row["semaphores"])
                                           for row in semaphores if "id" in row}, wanted)
    wanted = {(key(row["key"]), int(row["msqid"]), int(row["uid"]), int(row["perms"], 8), int(row["cbytes"]), int(row["qnum"])) for row in table("msg")}
    yield from unequal_sets("queue", {(key(str(row["key"])), row["id"], row["uid"], row["mode"] & 0o777, row["bytes"], row["messages"])
                                      for row in queues if "id" in row}, wanted)
