# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest wrote whole: the devices of its buses, its journal; and the sections of crashinfo."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator

from comparisons.registry import comparison, unequal, unequal_sets
from truth import Truth


@comparison("$ devices")
def buses(truth: Truth, found: list) -> Iterator[str]:
    """Each device of each bus: its driver, and the state of its power."""
    wanted = {}
    for line in truth.lines("sys/bus-devices"):
        bus, name, _, driver, power = line.split("\t")
        wanted[bus, name] = {"driver": driver.rpartition("/")[2] or None, "power": power}
    have = {(row["bus"], row["name"]): row for row in found if row.get("bus")}
    if not wanted:
        return
    yield from unequal_sets("device", set(have), set(wanted))
    for key, was in wanted.items():
        if key in have:
            # Some have no such file; the last output of the bench wakes the disk that it goes to.
            passing = {"active", "suspending", "suspended", "resuming"}
            known = was["power"] != "?" and not (was["power"] in passing and have[key]["power"] in passing)
            one = was if known else {"driver": was["driver"]}
            yield from unequal(f"device {key[1]} of {key[0]}", have[key], one)


@comparison("$ journal", once=True)
def journal(truth: Truth, found: list) -> Iterator[str]:
    """Entries of systemd's journal, as journalctl reads the guest's own copy of the files."""
    files = [path for path in truth.root.glob("run/truth/journal/*") if path.suffix == ".journal"]
    if not files or not shutil.which("journalctl"):
        return
    words = ["journalctl", "--no-pager", "--quiet", "-o", "json", *(f"--file={path}" for path in files)]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    entries = [json.loads(line) for line in text.splitlines()]
    # Of a message that is no text journalctl gives the bytes.
    told = Counter((int(one["__REALTIME_TIMESTAMP"]), int(one["PRIORITY"]), one["SYSLOG_IDENTIFIER"], one["MESSAGE"])
                   for one in entries if isinstance(one.get("MESSAGE"), str) and "PRIORITY" in one and "SYSLOG_IDENTIFIER" in one)
    have = Counter((row["realtime"], row["priority"], row["identifier"], row["text"]) for row in found if "journal" in row.get("file", ""))
    for entry, times in (told - have).items():
        yield f"entry {entry} is missing {times} times"


@comparison("$ crashinfo")
def crashinfo(truth: Truth, found: list) -> Iterator[str]:
    """Its sections about the host, the mounts, and the run queues."""
    system = {row["field"]: row["value"] for row in found if row["kind"] == "system" and "value" in row}
    wanted = {"RELEASE": truth.text("proc/sys/kernel/osrelease").strip(), "NODENAME": truth.text("proc/sys/kernel/hostname").strip()}
    yield from unequal("crashinfo", system, {key: value for key, value in wanted.items() if value})
    told = Counter((words[2], words[1]) for words in map(str.split, truth.lines("proc/mounts")))
    have = Counter((row["type"], row["directory"]) for row in found if row["kind"] == "mount" and row.get("type") != "nullfs")
    yield from unequal_sets("crashinfo: mount", {(*one, number) for one, number in have.items()}, {(*one, number) for one, number in told.items()})
    cpus = sum(line.startswith("processor") for line in truth.lines("proc/cpuinfo"))
    if cpus:
        yield from unequal_sets("crashinfo: run queue of CPU", {row["cpu"] for row in found if row["kind"] == "runqueue"}, set(range(cpus)))


@comparison("$ crashinfo --blkdevs")
def crashinfo_disks(truth: Truth, found: list) -> Iterator[str]:
    """Drivers of block devices by their numbers, and the disks of each."""
    numbers, is_block = {}, False
    for line in truth.lines("proc/devices"):
        if line.endswith("devices:"):
            is_block = line.startswith("Block")
        elif line and is_block:
            numbers[int(line.split()[0])] = line.split()[1]
    drivers = {row["major"]: row for row in found if row["kind"] == "driver" and "error" not in row}
    yield from unequal_sets("driver", {(major, row["name"]) for major, row in drivers.items()}, {(major, numbers.get(major)) for major in drivers})
    told = {words[3] for words in truth.table("proc/partitions") if len(words) == 4}
    disks = [disk for row in drivers.values() for disk in row.get("disks", ())]
    have = {disk["name"] for disk in disks} | {part["name"] for disk in disks for part in disk.get("partitions", ()) if "name" in part}
    for name in sorted(told - have):
        yield f"disk {name} is missing"


@comparison("$ crashinfo --pci")
def crashinfo_pci(truth: Truth, found: list) -> Iterator[str]:
    """PCI devices with vendor and device; resources of memory and of I/O ports."""
    told = {(int(words[0], 16), int(words[1], 16)) for words in truth.table("proc/bus/pci/devices", 0)}
    have = set()
    for row in found:
        if row["kind"] == "pci" and "error" not in row:
            _, number, slot = row["name"].split(":")
            where = int(number, 16) << 8 | int(slot.split(".")[0], 16) << 3 | int(slot.split(".")[1])
            have.add((where, row["vendor"] << 16 | row["id"]))
    if told:
        yield from unequal_sets("PCI device", have, told)
    regions = [row for row in found if row["kind"] == "resource" and "error" not in row]
    for tree, path in (("iomem_resource", "proc/iomem"), ("ioport_resource", "proc/ioports")):
        named = Counter(line.partition(" : ")[2] for line in truth.lines(path))
        mine = Counter(row["name"] for row in regions if row["tree"] == tree)
        # The crash kernel's own area is there or not, and the root has no line.
        for name, times in (named - mine).items():
            yield f"{path}: {name} is missing {times} times"
