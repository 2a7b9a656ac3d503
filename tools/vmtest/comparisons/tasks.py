# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads and processes: who they are, what they may, where they wait."""

from __future__ import annotations

import re
from collections.abc import Iterator

from comparisons.registry import PASSING, comparison, unequal, unequal_sets
from truth import Process, Truth

# Fields of /proc/PID/stat after the name, by our name and position, that no one but the thread itself changes.
OWN = {"cpu": 36, "min_flt": 7, "maj_flt": 9}
LASTING = {"pgrp": 2, "session": 3, "priority": 15, "nice": 16, "start_ticks": 19, "exit_signal": 35, "rt_priority": 37, "policy": 38}


def _pairs(truth: Truth, found: dict) -> Iterator[tuple[str, Process, dict]]:
    """Threads that were in both, with a label."""
    for tid, thread in truth.threads.items():
        row = found.get(str(tid))
        if row is not None:
            yield f"thread {tid} ({thread.stat[0]})", thread, row


@comparison()
def tasks(truth: Truth, found: dict) -> Iterator[str]:
    """Threads: pid, tid, state, comm, parent, uid, cpu, priorities, flags, faults, CPUs allowed."""
    for tid, thread in truth.threads.items():
        name, _ = thread.stat
        if str(tid) not in found and not PASSING.match(name):
            yield f"thread {tid} ({name}) is missing"
    newest = max(truth.threads)
    for tid, row in found.items():
        # The loops that keep the guest busy fork: a child that has not yet called execve(2).
        forked = int(tid) > newest and row["comm"] == "init"
        if int(tid) not in truth.threads and not forked and not PASSING.match(row["comm"]):
            yield f"thread {tid} ({row['comm']}) was not there"
    for label, thread, row in _pairs(truth, found):
        name, fields = thread.stat
        wanted = {"tgid": int(thread.folder.parts[-3]), "parent": int(fields[1])}
        if not name.startswith("kworker/"):     # /proc adds what the worker does
            # Since v5.17 (d6986ce24fc0) /proc shows the full name of a kernel thread.
            wanted["comm"] = name.encode(errors="surrogateescape")[:15].decode(errors="surrogateescape")
        exited = fields[0] in "ZX"
        for key, position in LASTING.items():
            # A worker renices itself with the pool that it serves.
            if not (name.startswith("kworker/") or exited) or key in ("start_ticks", "policy"):
                wanted[key] = int(fields[position])
        status = thread.status
        if "Cpus_allowed_list" in status and not name.startswith("kworker/"):
            wanted["allowed"] = status["Cpus_allowed_list"]
        if "Seccomp" in status:
            wanted["seccomp"] = int(status["Seccomp"])
        wanted["no_new_privs"] = int(status.get("NoNewPrivs", 0))
        if thread.unmoved(row["ran"]):
            wanted |= {key: int(fields[position]) for key, position in OWN.items()}
            wanted["switches"] = [int(status.get("voluntary_ctxt_switches", 0)), int(status.get("nonvoluntary_ctxt_switches", 0))]
            # A worker may be woken without having run.
            if row["state"] != "R":
                wanted["state"] = fields[0]
        yield from unequal(label, row, wanted)


@comparison("tasks")
def credentials(truth: Truth, found: dict) -> Iterator[str]:
    """User and group ids, groups, capabilities."""
    for label, thread, row in _pairs(truth, found):
        status = thread.status
        wanted: dict[str, object] = {key: [int(n) for n in status[name].split()]
                                     for key, name in (("uids", "Uid"), ("gids", "Gid"), ("groups", "Groups")) if name in status}
        wanted["capabilities"] = [int(status[f"Cap{which}"], 16) for which in ("Inh", "Prm", "Eff", "Bnd", "Amb") if f"Cap{which}" in status]
        yield from unequal(label, row, wanted)


@comparison("tasks")
def signals(truth: Truth, found: dict) -> Iterator[str]:
    """Signals pending, blocked, ignored, caught."""
    for label, thread, row in _pairs(truth, found):
        if thread.stat[1][0] in "ZX" or not thread.unmoved(row["ran"]):
            continue
        status = thread.status
        yield from unequal(label, row["signals"], {key: int(status[key], 16) for key in
                                                   ("SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt") if key in status})


@comparison("tasks")
def namespaces(truth: Truth, found: dict) -> Iterator[str]:
    """The inode number of every namespace of every process."""
    for pid, process in truth.processes.items():
        row = found.get(str(pid))
        links = process.links("ns")
        if row is None or not links:
            continue
        wanted = {name: int(re.sub(r"\D", "", target)) for name, target in links.items()}
        yield from unequal(f"process {pid} ({row['comm']})", row["namespaces"], wanted)


@comparison("tasks")
def limits(truth: Truth, found: dict) -> Iterator[str]:
    """Resource limits."""
    for pid, process in truth.processes.items():
        row = found.get(str(pid))
        lines = process.lines("limits")[1:]
        if row is None or not lines or process.stat[1][0] in "ZX":
            continue
        wanted = [[-1 if word == "unlimited" else int(word) for word in line[26:].split()[:2]] for line in lines]
        yield from unequal(f"process {pid} ({row['comm']})", row, {"limits": wanted, "oom_score_adj": int(process.text("oom_score_adj"))})


@comparison("tasks")
def cgroups(truth: Truth, found: dict) -> Iterator[str]:
    """The group of every process in every hierarchy."""
    for pid, process in truth.processes.items():
        row = found.get(str(pid))
        if row is not None and process.text("cgroup") and process.stat[1][0] not in "ZX":
            label = f"process {pid} ({row['comm']}): cgroup"
            # Controllers are part of the line in version 1 only, and the bench mounts none of them.
            wanted = {tuple(line.split(":", 2)) for line in process.lines("cgroup")}
            yield from unequal_sets(label, {tuple(group) for group in row["cgroups"]}, wanted)


@comparison("stacks")
def stacks(truth: Truth, found: dict) -> Iterator[str]:
    """Kernel stacks of threads that have not run since, against /proc/…/stack, and its top against wchan."""
    place = truth.places
    for label, thread, row in _pairs(truth, found):
        if not thread.unmoved(row["ran"]):
            continue
        wanted = re.findall(r"\] ([^+\s]+)\+", thread.text("stack"))
        # On ppc64 the first is what a slot of the switch's frame happened to hold.
        if wanted[1:2] == ["__switch_to"]:
            del wanted[0]
        frames = [name.split("+")[0] for name in row["frames"]]
        places = [place.get(name, name) for name in frames]
        # /proc leaves the scheduler's own functions out; pykd begins with them.
        rest = iter(places)
        if not all(place.get(name, name) in rest for name in wanted):
            yield f"{label}: stack {' '.join(frames)}, was {' '.join(wanted)}"
        channel = thread.text("wchan") or "0"
        if channel != "0" and place.get(channel, channel) not in places:
            yield f"{label}: waits in {channel}, which is not among {' '.join(frames)}"


@comparison()
def posix_timers(truth: Truth, found: dict) -> Iterator[str]:
    """Timers of timer_create(2)."""
    for pid, process in truth.processes.items():
        if not (process.folder / "timers").exists():
            continue
        wanted = {tuple(map(int, match)) for match in re.findall(
            r"ID: (\d+)\nsignal: (\d+)/.*\nnotify: .*\nClockID: (-?\d+)", process.text("timers"))}
        have = {tuple(timer) for timer in found.get(str(pid), [])}
        yield from unequal_sets(f"process {pid}: timer", have, wanted)


@comparison("images")
def images(truth: Truth, found: dict) -> Iterator[str]:
    """What a process was started from: executable, working and root folder, auxiliary vector; arguments and environment
    where the dump has the process's pages."""
    for pid, process in truth.processes.items():
        row = found.get(str(pid))
        if row is None or process.stat[1][0] in "ZX":
            continue
        label = f"process {pid} ({process.stat[0]})"
        links = process.links("links")
        yield from unequal(label, row, {name: target for name, target in links.items() if name in row})
        for name in ("cmdline", "environ", "auxv"):
            wanted = process.data(name)
            if wanted and row.get(name) is not None and row[name] != wanted.hex():
                yield f"{label}: {name} is {bytes.fromhex(row[name])[:200]!r}, was {wanted[:200]!r}"


@comparison("$ ps")
def sizes(truth: Truth, found: list) -> Iterator[str]:
    """Sizes of processes: virtual exactly, resident as far as counts of other CPUs allow."""
    for row in found:
        process = truth.processes.get(row["pid"])
        if process is None or not process.text("statm") or not process.stat[1]:
            continue
        thread = truth.threads.get(row["pid"])
        if thread is None or not thread.unmoved(row.get("last_run", 0)) or len(list(process.folder.glob("task/*"))) > 1:
            continue
        size, resident = (int(word) * truth.page_kib for word in process.text("statm").split()[:2])
        label = f"process {row['pid']} ({row['comm']})"
        if row["vsz"] != size:
            yield f"{label}: size {row['vsz']} KiB, was {size}"
        # Since v6.2 (f1a7941243c1) a counter may be off by a batch for each CPU, in /proc and not here.
        if abs(row["rss"] - resident) > 4 * 64 * 16:
            yield f"{label}: resident {row['rss']} KiB, was {resident}"
