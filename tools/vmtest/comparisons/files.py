# SPDX-License-Identifier: GPL-2.0-or-later
"""Files, maps, mounts, locks, disks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from comparisons.registry import comparison, unequal, unequal_sets
from truth import Truth

# What the kernel escapes in paths.
ESCAPED = re.compile(r"\\([0-7]{3})")
# Areas that have no file, in maps.
UNBACKED = re.compile(r"\[|anon_inode:|//anon")


def _plain(text: str) -> str:
    return ESCAPED.sub(lambda match: chr(int(match[1], 8)), text)


@comparison()
def mounts(truth: Truth, found: list) -> Iterator[str]:
    """Mounts of the first process's namespace: type, device, mount point."""
    # /proc/mounts asks btrfs for its device; struct mount itself has none.
    # nullfs, since v7.0 below the root, cannot be reached from there.
    wanted = [line.split() for line in truth.lines("proc/mounts")]
    there = [(w[2], w[0] if w[2] != "btrfs" else "", w[1]) for w in wanted]
    have = [(kind, device if kind != "btrfs" else "", where) for kind, device, where in found if kind != "nullfs"]
    for mount in sorted(set(there) | set(have)):
        if there.count(mount) != have.count(mount):
            yield f"mount {' '.join(mount)}: {have.count(mount)} times, was {there.count(mount)}"


@comparison()
def mountinfo(truth: Truth, found: dict) -> Iterator[str]:
    """Mounts of every namespace: id, parent, device number, root, mount point, options, propagation."""
    for pid, process in truth.processes.items():
        if str(pid) not in found["processes"]:
            continue
        have = found["namespaces"][found["processes"][str(pid)]]
        for line in process.lines("mountinfo"):
            left, _, right = line.partition(" - ")
            number, parent, device, root, where, options, *tags = left.split()
            row = have.get(number)
            if row is None:
                yield f"process {pid}: mount {number} {where} is missing"
                continue
            kind = right.split()[0]
            wanted: dict[str, object] = {"parent": int(parent), "type": kind.split(".")[0], "options": options, "tags": sorted(tags)}
            # The number that btrfs, overlay and NFS show is the file system's own answer.
            if kind not in ("btrfs", "overlay", "nfs4"):
                wanted["device"] = device
            if kind not in ("btrfs", "overlay", "nfs4", "nsfs", "cgroup", "cgroup2"):
                wanted["root"] = _plain(root)
            yield from unequal(f"process {pid}: mount {number} {where}", row, wanted)


@comparison()
def descriptors(truth: Truth, found: dict) -> Iterator[str]:
    """Open files of every process: target, position, flags."""
    for pid, process in truth.processes.items():
        have = found.get(str(pid))
        links = process.links("fd")
        # The truth's own process and the busy writers open and close files.
        if have is None or process.stat[0] in ("guest", "dd", "init", "sh", "kd-rename", "kd-frozen"):
            continue
        label = f"process {pid} ({process.stat[0]}): file"
        wanted = {(int(fd), target) for fd, target in links.items()}
        yield from unequal_sets(label, {(int(fd), row[0]) for fd, row in have.items()}, wanted)
        for match in re.finditer(r"^FD (\d+)\npos:\t(\d+)\nflags:\t0?([0-7]+)$", process.text("fdinfo"), re.M):
            row = have.get(match[1])
            if row is not None and row[1:] != [int(match[2]), int(match[3], 8)]:
                yield f"{label} {match[1]} has position and flags {row[1]} {row[2]:o}, was {match[2]} {match[3]}"


@comparison("$ foreach gleader vm")
def maps(truth: Truth, found: list) -> Iterator[str]:
    """Address spaces of every process: bounds, permissions, offset, file."""
    for group in found:
        row = group["rows"][0]
        process = truth.processes.get(row["pid"])
        if process is None or process.stat[0] in ("guest", "dd", "init", "sh", "tail") or not process.text("maps"):
            continue
        label = f"process {row['pid']} ({row['comm']}): area"
        wanted = set()
        for line in process.lines("maps"):
            bounds, mode, offset, _, _, *path = line.split(None, 5)
            name = path[0] if path and not UNBACKED.match(path[0]) else ""
            start, end = (int(n, 16) for n in bounds.split("-"))
            # The kernel's own page is in no list.
            if start < 1 << 63:
                wanted.add((hex(start), hex(end), mode, int(offset, 16) if name else 0,
                            name.removesuffix(" (deleted)").lstrip("/")))
        have = set()
        for area in row["areas"]:
            flags = area["flag_bits"]
            mode = "".join(letter if flags & bit else "-" for bit, letter in ((1, "r"), (2, "w"), (4, "x"))) + ("s" if flags & 0x80 else "p")
            name = area.get("file") or ""
            # As crash does, the command shows a file of a kernel mount without the slash before it.
            name = "" if UNBACKED.match(name) else name.removesuffix(" (deleted)").lstrip("/")
            have.add((hex(area["start"]), hex(area["end"]), mode, area.get("offset", 0) if name else 0, name))
        yield from unequal_sets(label, have, wanted)


@comparison()
def locks(truth: Truth, found: list) -> Iterator[str]:
    """Locks, leases and who waits for them, against /proc/locks."""
    wanted = []
    for line in truth.lines("proc/locks"):
        rest = line.split()[1:]
        waits = rest[0] == "->"
        kind, _, mode, pid, where, start, end = rest[1:] if waits else rest
        # Since v5.17 or so a breaker of a lease has no file to show.
        inode = 0 if "<none>" in where else int(where.rsplit(":", 1)[1])
        # A lease has no owner who counts; its state is what counts.
        wanted.append((waits, kind, mode, int(pid), inode, int(start), -1 if end == "EOF" else int(end)))
    # Linux 5.10 shows who waits for a lock, and not who waits behind these.
    nested = any(re.match(r"\d+:  +->", line) for line in truth.lines("proc/locks"))
    have = [tuple(row) for depth, *row in found if depth < 2 or nested]
    # The order is that of the CPUs' lists.
    yield from unequal_sets("lock", set(have), set(wanted))
    if len(have) != len(wanted):
        yield f"{len(have)} locks, were {len(wanted)}"


@comparison("block_devices")
def partitions(truth: Truth, found: dict) -> Iterator[str]:
    """Block devices: number, size in KiB, name."""
    wanted = {(int(words[0]), int(words[1]), int(words[2]), words[3]) for words in truth.table("proc/partitions", 2)}
    # /proc leaves out disks whose driver asks for it (null_blk until v5.17).
    have = {(row["major"], row["minor"], row["sectors"] // 2, name) for name, row in found.items() if row["sectors"]}
    yield from unequal_sets("partition", have & wanted, wanted)
    links = dict(re.findall(r"^(\S+) -> (.*)$", truth.links("sys/class/block"), re.M))
    if links:
        yield from unequal_sets("disk", set(found), set(links))
    for name, row in found.items():
        base = f"sys/block/{name}"
        if truth.text(f"{base}/size"):
            yield from unequal(f"disk {name}", row, {"sectors": int(truth.text(f"{base}/size")), "read_only": int(truth.text(f"{base}/ro"))})


@comparison("block_devices")
def diskstats(truth: Truth, found: dict) -> Iterator[str]:
    """Requests of disks: none that was counted may be lost."""
    # A mounted file system writes when it likes, and the truth went to vda.
    written = {"vda", *(words[0].removeprefix("/dev/") for words in truth.table("proc/mounts", 0))}
    for words in truth.table("proc/diskstats", 0):
        row = found.get(words[2])
        if row is None:
            yield f"disk {words[2]} is missing"
            continue
        # reads, merged, sectors, ms, writes, merged, sectors, ms, in flight, …
        counts = [int(words[i]) for i in (3, 4, 5, 7, 8, 9)]
        if any(have < was for have, was in zip(row["counts"], counts, strict=True)):
            yield f"disk {words[2]}: {row['counts']}, was {counts}"
        elif words[2] not in written and row["counts"] != counts:
            yield f"disk {words[2]}: {row['counts']}, was {counts} and did nothing since"


@comparison("$ swap")
def swaps(truth: Truth, found: list) -> Iterator[str]:
    """Swap areas: file, kind, size, priority; used with the tolerance of a moment."""
    wanted = {(words[0], words[1], int(words[2]), int(words[4])) for words in truth.table("proc/swaps")}
    yield from unequal_sets("swap", {(row["file"], row["type"].lower(), row["size"], row["priority"]) for row in found}, wanted)


@comparison("$ mount")
def mount_command(truth: Truth, found: list) -> Iterator[str]:
    """The command ``mount``: type and directory as in /proc/mounts."""
    wanted = [(words[2], words[1]) for words in truth.table("proc/mounts", 0)]
    have = [(row["type"], row["directory"]) for row in found if row["type"] != "nullfs"]
    for mount in sorted(set(wanted) | set(have)):
        if wanted.count(mount) != have.count(mount):
            yield f"mount {' '.join(mount)}: {have.count(mount)} times, was {wanted.count(mount)}"


@comparison("kernel_lists")
def filesystems(truth: Truth, found: dict) -> Iterator[str]:
    """Registered file systems, in order."""
    wanted = [line.split("\t") for line in truth.lines("proc/filesystems")]
    if found["filesystems"] != wanted:
        yield f"file systems {found['filesystems']}, were {wanted}"


@comparison()
def misc(truth: Truth, found: list) -> Iterator[str]:
    """Miscellaneous character devices: minor number and name."""
    yield from unequal_sets("misc device", {tuple(row) for row in found}, {(int(minor), name) for minor, name in truth.table("proc/misc", 0)})


@comparison("$ dev")
def devices(truth: Truth, found: list) -> Iterator[str]:
    """Major numbers of character and block devices."""
    kind, wanted = "", set()
    for line in truth.lines("proc/devices"):
        if line.endswith("devices:"):
            kind = line.split()[0].lower()
        elif line:
            number, name = line.split(None, 1)
            wanted.add((kind, int(number), name))
    yield from unequal_sets("device", {(row["kind"], row["major"], row["name"]) for row in found if "error" not in row}, wanted)
