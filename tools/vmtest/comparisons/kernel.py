# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel itself: time, load, interrupts, timers, command line, sysctls, resources, and commands that list the same things."""

from __future__ import annotations

import re
from collections.abc import Iterator

from comparisons.registry import LATE_MODULES, PASSING, comparison, unequal, unequal_sets
from truth import Truth

# Between truth and crash, in seconds: a hung task or a soft lockup takes its time, and emulated CPUs are slow.
MOMENT = 300
# How far behind the clock the count of ticks may be, in seconds.
LAG = 2
# What ps calls the states of /proc/PID/stat.
STATES = {"R": "RU", "S": "IN", "D": "UN", "T": "ST", "t": "TR", "Z": "ZO", "X": "DE", "I": "ID", "P": "PA"}
# Sysctls that count, that taking the truth or dying sets, or whose file is made up by a function.
MOVING = re.compile(r"ns_last_pid|random|panic|sysrq|hung_task|watchdog|softlockup|nmi|cad_pid|dentry-state|inode-(nr|state)|file-nr|aio-nr|"
                    r"tainted|ftrace_enabled|kernel\.printk$|drop_caches|compact_memory|stat_refresh|core_pattern|hostname")


@comparison()
def time(truth: Truth, found: dict) -> Iterator[str]:
    """Time of day and since boot: a moment later than the truth."""
    up = float(truth.text("proc/uptime").split()[0])
    boot = next(int(words[1]) for words in truth.table("proc/stat", 0) if words[0] == "btime")
    # Time since boot is counted in ticks, and clocks run on while a CPU of a busy host takes none.
    if not -LAG <= found["uptime"] - up <= MOMENT:
        yield f"up {found['uptime']:.2f} s, was {up}"
    if not -2 <= found["now"] - boot - up <= MOMENT:
        yield f"the time is {found['now']:.0f}, was {boot + up:.0f}"


@comparison("time")
def counters(truth: Truth, found: dict) -> Iterator[str]:
    """Context switches, forks, CPU times, interrupts by kind: none that was counted may be lost."""
    was = {words[0]: words[1:] for words in truth.table("proc/stat", 0)}
    # The bench's own processes are the only ones since.
    for name, key in (("switches", "ctxt"), ("forks", "processes")):
        if not int(was[key][0]) <= found[name] <= int(was[key][0]) * 2 + 100000:
            yield f"{key} is {found[name]}, was {was[key][0]}"
    for cpu, ticks in found["cpus"].items():
        for kind, position in (("user", 0), ("nice", 1), ("system", 2), ("irq", 5), ("softirq", 6)):
            # A tick is 10 ms in /proc; the kernel scales what it shows.
            if f"cpu{cpu}" in was and ticks[kind] // 10_000_000 + 2 < int(was[f"cpu{cpu}"][position]):
                yield f"CPU {cpu}: {kind} {ticks[kind] // 10_000_000}, was {was[f'cpu{cpu}'][position]}"
    for name, *counts in truth.table("proc/softirqs"):
        have = found["softirqs"].get(name.rstrip(":"))
        if have is None or any(now < then for now, then in zip(have, map(int, counts), strict=False)):
            yield f"softirq {name} {have}, was {counts}"


# How a guest dies: what the panic message says, what is on the stack of the task that pykd takes for the one that died.
DEATHS = {
    "sysrq": (r"sysrq triggered crash|SysRq : Trigger a crash", "sysrq_handle_crash"),
    "null": (r"NULL pointer dereference|Fatal exception", "vmtest_null"),
    "bug": (r"kernel BUG at|Fatal exception", "vmtest_"),
    "hang": (r"hung_task: blocked tasks", "watchdog"),
    "spin": (r"softlockup: hung tasks", "vmtest_"),
    "nmi": (r"NMI: Not continuing|unrecovered NMI|nmi", "nmi"),
    "oom": (r"panic_on_oom is enabled|Out of memory", "out_of_memory"),
}


@comparison("$ sys", "$ bt")
def death(truth: Truth, found: list, trace: list) -> Iterator[str]:
    """The panic message, and the task and the functions that it came from."""
    kind = re.search(r"vmtest\.crash=(\w+)", truth.text("proc/cmdline"))
    said = next((row.get("value", "") for row in found if row["field"] == "PANIC"), "")
    if not kind or kind[1] not in DEATHS:
        if said.strip('" '):
            yield f"panic {said}, but the guest was alive"
        return
    message, function = DEATHS[kind[1]]
    if not re.search(message, said):
        yield f"panic {said}, not one of {kind[1]}"
    frames = trace[0]["frames"]
    # The function of an exception is with the registers that a frame saved.
    if function not in str(frames):
        yield f"{function} is not on the stack of {trace[0]['command']}: {' '.join(frame['function'] or '?' for frame in frames)}"


@comparison("$ sys")
def system(truth: Truth, found: list) -> Iterator[str]:
    """The command ``sys``: names, number of CPUs, load."""
    have = {row["field"]: row.get("value", "") for row in found}
    kernel = "proc/sys/kernel"
    wanted = {"NODENAME": truth.text(f"{kernel}/hostname").strip(), "RELEASE": truth.text(f"{kernel}/osrelease").strip(),
              "VERSION": truth.text(f"{kernel}/version").strip(),
              "online": sum(1 for words in truth.table("proc/stat", 0) if re.fullmatch(r"cpu\d+", words[0]))}
    present, offline = re.fullmatch(r"(\d+)(?: \[OFFLINE: (\d+)\])?", have.get("CPUS", "0")).groups()
    yield from unequal("sys", {**have, "online": int(present) - int(offline or 0)}, {name: value for name, value in wanted.items() if value})
    load = truth.text("proc/loadavg").split()
    if abs(float(have["LOAD AVERAGE"].split(",")[0]) - float(load[0])) > 8:
        yield f"sys: load {have['LOAD AVERAGE']}, was {' '.join(load[:3])}"


@comparison("time")
def texts(truth: Truth, found: dict) -> Iterator[str]:
    """Command line and banner."""
    yield from unequal("kernel", found, {"cmdline": truth.text("proc/cmdline").strip(), "version": truth.text("proc/version").strip()})


@comparison()
def sysctls(truth: Truth, found: dict) -> Iterator[str]:
    """Every sysctl of kernel, vm, fs and net.core whose value is data."""
    for path in sorted((truth.root / "proc/sys").rglob("*")):
        name = ".".join(path.relative_to(truth.root / "proc/sys").parts)
        have = found.get(name)
        if not path.is_file() or MOVING.search(name):
            continue
        was = path.read_text(errors="surrogateescape").strip()
        if have is None:
            yield f"sysctl {name} is missing"
        elif was and "(?)" not in have and have.strip() != was and have.split() != was.split():
            yield f"sysctl {name} is {have!r}, was {was!r}"


@comparison("$ irq -s")
def interrupts(truth: Truth, found: list) -> Iterator[str]:
    """Device interrupts: counts that only grow, handlers."""
    have = {str(row["irq"]): row for row in found}
    lines = truth.lines("proc/interrupts")
    cpus = [word.removeprefix("CPU") for word in lines[0].split()]
    for line in lines[1:]:
        number, *words = line.split()
        number = number.rstrip(":")
        if not number.isdigit():
            continue
        row = have.get(number)
        if row is None:
            yield f"interrupt {number} is missing"
            continue
        for cpu, count in zip(cpus, words, strict=False):
            if row["counts"].get(cpu, 0) < int(count):
                yield f"interrupt {number}: {row['counts'].get(cpu)} on CPU {cpu}, was {count}"
        names = [action["name"] for action in row["actions"]]
        if not line.rstrip().endswith(", ".join(names)):
            yield f"interrupt {number}: handlers {names}, was {line}"


@comparison("$ timer -r")
def hrtimers(truth: Truth, found: list) -> Iterator[str]:
    """High-resolution timers that expire long after the crash: CPU's base, times, function."""
    text = truth.text("proc/timer_list")
    now = int(re.search(r"^now at (\d+)", text, re.M)[1])
    wanted = set()
    for match in re.finditer(r"^ #\d+: <.*?>, (\S+?), S:.*\n # expires at (\d+)-(\d+) nsecs", text, re.M):
        function, soft, hard = match[1], int(match[2]), int(match[3])
        if hard - now > MOMENT * 10**9 and function in truth.places and hard < 1 << 63:
            wanted.add((truth.places[function], soft, hard))
    have = {(timer["function"], timer["soft"], timer["expires"]) for row in found for timer in row.get("timers", []) if "function" in timer}
    for function, soft, hard in sorted(wanted - have):
        yield f"timer of {function:x} at {soft}-{hard} is missing"


@comparison("$ dev -i")
def ioports(truth: Truth, found: list) -> Iterator[str]:
    """Regions of I/O ports."""
    wanted = set()
    for line in truth.lines("proc/ioports"):
        bounds, _, name = line.strip().partition(" : ")
        start, _, end = bounds.partition("-")
        wanted.add((int(start, 16), int(end, 16), name))
    have = {(row["start"], row["end"], row["name"]) for row in found if row["root"] == "ioport_resource" and "error" not in row}
    yield from unequal_sets("region", {one for one in have if one[2] != "PCI IO"}, wanted)


@comparison("$ dev -p")
def pci(truth: Truth, found: list) -> Iterator[str]:
    """PCI devices: address, vendor, device."""
    wanted = {(int(words[0], 16), int(words[1], 16)) for words in truth.table("proc/bus/pci/devices", 0)}
    have = set()
    for bus in found:
        for device in bus.get("devices", []):
            _, number, slot = device["name"].split(":")
            where = int(number, 16) << 8 | int(slot.split(".")[0], 16) << 3 | int(slot.split(".")[1])
            have.add((where, device["vendor"] << 16 | device["id"]))
    if wanted:
        yield from unequal_sets("PCI device", have, wanted)


@comparison("$ ps")
def ps(truth: Truth, found: list) -> Iterator[str]:
    """The command ``ps``: pid, parent, CPU, state, name."""
    have = {row["pid"]: row for row in found if row["pid"]}
    for tid, thread in truth.threads.items():
        name, fields = thread.stat
        row = have.get(tid)
        if row is None:
            if not PASSING.match(name):
                yield f"ps: thread {tid} ({name}) is missing"
            continue
        wanted: dict[str, object] = {"ppid": int(fields[1])}
        if thread.last_ran is not None and thread.unmoved(row.get("last_run", -1)) and row["state"] != "RU":
            wanted |= {"cpu": int(fields[36]), "state": STATES[fields[0]]}
        yield from unequal(f"ps: thread {tid} ({name})", row, wanted)


@comparison("$ mod")
def mod(truth: Truth, found: list) -> Iterator[str]:
    """The command ``mod``: names and sizes."""
    wanted = {(words[0], int(words[1])) for words in truth.table("proc/modules", 0)}
    yield from unequal_sets("mod: module", {(row["name"], row["size"]) for row in found if row["name"] not in LATE_MODULES}, wanted)


@comparison("$ log -m")
def log(truth: Truth, found: list) -> Iterator[str]:
    """The command ``log``: level, time and text of what syslog(2) gave."""
    lines = set()
    for row in found:
        stamp = f"<{row['facility'] << 3 | row['level']}>[{row['time'] // 10**9:5d}.{row['time'] % 10**9 // 1000:06d}] "
        lines |= {stamp + line for line in row["text"].split("\n")}
    missing = [line for line in truth.lines("dmesg") if line not in lines]
    for line in missing[:3]:
        yield f"log: {line!r} is missing ({len(missing)} such)"


@comparison(once=True)
def commands(truth: Truth, found: dict) -> Iterator[str]:
    """Every command of a triage, as text: runs to its end, complains of nothing and says something."""
    for command, complaint in found.items():
        yield f"{command}: {complaint}"


# Who waits in vmtest_load for which lock, and who holds it. Of a rwsem that is read the owner is one of the readers.
WAITERS = {
    r"vmt_mutex/[12]": ["mutex", "vmtest_mutex", "vmt_mutex/0"],
    r"vmt_written/1|vmt_written_r/\d": ["rwsem", "vmtest_written", "vmt_written/0"],
    r"vmt_read_w/\d": ["rwsem", "vmtest_read", "vmt_read/1"],
    r"vmt_sem/[12]": ["semaphore", "vmtest_semaphore", ""],
}


@comparison()
def kernel_locks(truth: Truth, found: dict) -> Iterator[str]:
    """Which lock each thread of vmtest_load waits for, and who holds it."""
    # A real-time kernel makes other locks of these.
    if "PREEMPT_RT" in truth.text("proc/version"):
        return
    for thread in truth.threads.values():
        name = thread.stat[0]
        if not name.startswith("vmt_"):
            continue
        wanted = next((lock for pattern, lock in WAITERS.items() if re.fullmatch(pattern, name)), None)
        if found.get(name) != wanted:
            yield f"{name} waits for {found.get(name)}, not for {wanted}"
