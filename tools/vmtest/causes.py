# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs of which it is known what went wrong, and whether the report says so first. Adding one is a function in guest/causes and one line in CAUSES."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from variants import BRISK, Variant

PYKD = Path(__file__).resolve().parents[2] / "pykd"
KERNEL = "6.12"
SECONDS = 120
SERIOUS = 2


@dataclass(frozen=True)
class Cause:
    """What goes wrong in a guest. ``keys`` are those of the findings that may be named as the cause (none: nothing may be), ``words`` a regular
    expression that the cause's sentence and its evidence match. Without ``panics`` QEMU dumps the guest while it hangs."""

    name: str
    keys: tuple[str, ...]
    words: str = ""
    panics: bool = False
    also: tuple[str, ...] = ()
    """Of several at once: what the findings that explain a hang must say, each somewhere"""
    parts: tuple[str, ...] = ()
    cpus: int = 2
    cmdline: str = ""

    def variant(self, kernel: str = KERNEL) -> Variant:
        """The run that makes it."""
        name = f"cause-{self.name}" + (f"-{kernel}" if kernel != KERNEL else "")
        return Variant(name, kernel, ("cause", *self.parts), crash="sysrq" if self.panics else "none",
                       files=("zstd",) if self.panics else ("qemu-zlib",), cpus=self.cpus, memory=640 if self.panics else 512,
                       options=() if self.panics else ("-device", "vmcoreinfo"),
                       # A host with much to do gives the guest's timers too little time to be checked at boot.
                       cmdline=f"vmtest.cause={self.name} no_timer_check {BRISK} {self.cmdline}".strip())


CAUSES = (
    Cause("healthy", ()),
    Cause("busy", ()),
    Cause("paging", ()),
    Cause("crashed", (), panics=True),
    Cause("frozen-fs", ("I1",), "ext4 on /dev/vdc at /mnt/data is frozen"),
    Cause("abba", ("D3",), "vmt_abba"),
    Cause("mutex", ("D1",), "vmt_keeper"),
    Cause("rwsem-reader", ("D1", "D5"), "vmt_reader"),
    Cause("spinlock", ("D9", "B1"), "vmt_holder", cpus=4),
    Cause("soft-lockup", ("B1",), "vmt_soft|CPU 1|CPU#1"),
    Cause("hard-lockup", ("B2", "L5"), "vmt_hard|CPU 1|CPU#1"),
    Cause("rcu-reader", ("C1",), "vmt_rcu"),
    Cause("work-jam", ("D1", "F1"), "vmt_keeper"),
    Cause("work-hog", ("F1", "B1"), "hog"),
    Cause("dm-delay", ("H7", "I3", "H1"), "dm-0|stacked|mapper/slow"),
    Cause("hung-fsync", ("I3", "H7"), "dm-0"),
    Cause("dm-suspended", ("H7",), "dm-0 is suspended"),
    Cause("lost-io", ("H1", "H2", "N5"), "vdc"),
    Cause("nfs-gone", ("I7",), "127.0.0.1", parts=("nfs", "network")),
    Cause("accept-queue", ("J1",), "8080"),
    Cause("cgroup-oom", ("G1", "G2"), "small"),
    # Since 6.18 (commit e1fad12dcb66) a thread is stopped only on its way to user space: what holds a lock computes on.
    Cause("throttled", ("D1", "B6"), "quota|slow|vmtest_first.*it runs on CPU"),
    Cause("oom-slab", ("G6",), "slab|kmalloc-1k", panics=True),
    Cause("oom-pages", ("G6",), "no counter accounts", panics=True),
    Cause("oom-shmem", ("G6",), "Shared memory", panics=True),
    Cause("stack-overflow", ("P1", "A3"), "stack", panics=True),
    Cause("list-corruption", ("P",), "list", panics=True),
    Cause("use-after-free", ("A3", "P5"), "freed memory", panics=True, cmdline="slub_debug=P"),
    Cause("null", ("A3",), "NULL", panics=True),
    # Siblings of these: other locks, file systems, devices, other ways to be stopped, two at once, and what only looks bad.
    Cause("many-locks", ("D3",), "vmt_", also=(
        "vmt_abba", "vmt_mixed", "vmt_itself.*waits for a lock that it holds itself", "vmt_flusher", "vmt_sem_keeper", "vmt_rt_keeper", "vmtest_rwsem3.*vmt_write",
        "vmt_pc_reader|vmt_pc_writer",
    )),
    Cause("many-spins", ("D9", "B1"), "vmtest_rwlock|vmt_holder|vmt_spin_self", cpus=4, also=("vmt_holder", "vmt_spin_self")),
    Cause("many-servers", ("I9", "E4", "I7"), "FUSE|fuse|fanotify|page faults", parts=("fuse",), also=("FUSE|fuse", "fanotify", "page faults")),
    Cause("died", ("A3",), "NULL"),
    Cause("timer", ("B1", "K3"), "CPU 1|CPU#1|ring"),
    Cause("oom-vmalloc", ("G6", "G7"), "vmalloc", panics=True),
    Cause("oom-user", ("G6",), "guest", panics=True),
    Cause("refcount", ("P",), "reference count", panics=True),
    Cause("hung-panic", ("D1",), "vmt_keeper", panics=True),
    Cause("soft-panic", ("B1",), "vmt_soft|CPU 1|CPU#1", panics=True),
    Cause("frozen-asked", ("I1",), "/mnt/data is frozen", panics=True),
    Cause("frozen-xfs", ("I1",), "xfs on /dev/vdd at /mnt/xfs is frozen", parts=("disks",)),
    Cause("never", ()),
    Cause("frozen-loop", ("I1",), "/mnt/data is frozen", parts=("loop",)),
    # What the device does not write makes the errors of the file system.
    Cause("fs-error", ("H15", "I2"), "dm-0|/mnt/data"),
    Cause("scsi-silent", ("H5", "H1"), "sda|host", parts=("scsi",)),
    Cause("nvme-lost", ("H1", "H6", "N5"), "nvme", parts=("disks",)),
    Cause("two", ("I1",), "/mnt/data is frozen"),
    Cause("paused", ()),
    Cause("nfs-idle", (), parts=("nfs", "network")),
    # Of other kinds: volumes, limits, cgroups, waits that nobody ends, hardware, crashes elsewhere than in a thread.
    Cause("md-suspended", ("H7", "H9"), "md0", parts=("raid",)),
    Cause("thin-full", ("H7",), "thin|pool", parts=("thin",)),
    Cause("dirty", ("I5", "H7", "I3"), "dm-0|slow"),
    Cause("io-max", ("H10",), "slow"),
    Cause("memory-high", ("G2",), "tight"),
    Cause("frozen-server", ("I9", "E3"), "frozen", parts=("fuse",)),
    Cause("limits", ("I15", "G2", "J3", "J5"), "conntrack|neighbour|pids|zombie", parts=("network", "conntrack"),
          also=("conntrack|connection", "neighbour", "pids", "zombie")),
    Cause("oom-huge", ("G6", "G19"), "[Hh]uge", panics=True),
    Cause("oom-rcu", ("C1", "C4"), "vmt_rcu|RCU", panics=True),
    Cause("init-dies", ("A2", "A3"), "init", panics=True),
    Cause("nmi", ("A2",), "NMI", panics=True),
    Cause("machine-check", ("M1",), "machine check|Machine check", panics=True),
    Cause("double-free", ("P", "P6"), "kmalloc-256|free", panics=True, cmdline="slub_debug=FZ"),
    Cause("work-bug", ("A3",), "BUG|bug", panics=True),
    Cause("irq-null", ("A3",), "NULL", panics=True),
    Cause("left", ("D1",), "vmtest_left|ended|gone"),
    Cause("many-waits", ("D1", "J8"), "vmt_sleeper|dummy0", parts=("network",), also=("vmt_sleeper", "SRCU", "dummy0")),
    Cause("module-init", ("O3", "E1"), "vmtest_stuck"),
    Cause("seqcount", ("D13", "B1"), "vmt_seq|CPU 1|CPU#1"),
    Cause("hotplug", ("B1",), "vmt_soft|CPU 1|CPU#1", cpus=4),
    Cause("page-lock", ("D16",), "/mnt/data/file|vmt_page"),
    Cause("xfs-error", ("I2", "I4"), "xfs", parts=("disks",)),
    Cause("loop-nfs", ("I7",), "127.0.0.1", parts=("nfs", "network", "loop")),
)


@dataclass(frozen=True)
class Verdict:
    """What the report of a run says first."""

    right: bool
    key: str
    text: str


def named(names: list[str]) -> list[Cause]:
    """The causes of these names, all without one; KeyError with the names there are."""
    by_name = {cause.name: cause for cause in CAUSES}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise KeyError(f"no cause {', '.join(unknown)}; there are {', '.join(by_name)}")
    return [by_name[name] for name in names] or list(CAUSES)


def judge(cause: Cause, dump: Path) -> Verdict:
    """Ask for the report of a run's file."""
    answer = dump.with_name("report.json")
    done = subprocess.run([str(PYKD), "report", str(dump), "--brief", "--json", str(answer)], capture_output=True, text=True, timeout=SECONDS, check=False)
    if not answer.exists():
        return Verdict(False, "", f"no report: {done.stderr.strip()[-200:]}")
    report = json.loads(answer.read_text())
    # What is at its limit stops nobody by itself; where that is all it comes first and counts.
    found = report["cause"] or next((one for one in report["findings"] if cause.keys and one["severity"] <= SERIOUS), None)
    if found is None:
        first = next((f"{one['key']} {one['text']}" for one in report["findings"]), "nothing")
        return Verdict(not cause.keys, "", f"no cause named; first: {first}")
    said = "\n".join([found["text"], *found["evidence"]])
    told = [one["text"] for one in report["findings"] if one["severity"] <= SERIOUS]
    missing = [words for words in cause.also if not any(re.search(words, text) for text in told)]
    right = found["key"] in cause.keys and bool(re.search(cause.words, said)) and not missing
    return Verdict(right, found["key"], found["text"] + (f"; not told: {', '.join(missing)}" if missing else ""))
