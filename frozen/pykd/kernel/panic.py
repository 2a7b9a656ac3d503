# SPDX-License-Identifier: GPL-2.0-or-later
"""Who crashed."""

from __future__ import annotations

from .. import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump

CPU_VARIABLES = ("panic_cpu", "crashing_cpu")
"""``panic_cpu`` is an ``atomic_t``, set by panic() and by crash_kexec() (since v4.5); ``crashing_cpu`` an int, set by
x86's kdump when it stops the others. -1 in both: not set."""


def panic_cpu(dump: Dump) -> int | None:
    """Number of the CPU that brought the system down; None if the kernel names none, as when a hypervisor wrote the dump."""
    for name in CPU_VARIABLES:
        address = dump.address_of(name, "", default=0)
        try:
            cpu = dump.read_signed(address, 4) if address else -1
        except Error:
            continue
        if cpu >= 0:
            return cpu
    return None


def asking_task(dump: Dump) -> int:
    """Address of the thread of the running kernel that asks; 0 where it cannot be told, as in a namespace of PIDs."""
    import os

    from .. import tasks

    try:
        with open("/proc/self/comm", encoding="utf-8", errors="surrogateescape") as file:
            name = file.read().rstrip("\n")
        task = tasks.find(os.getpid(), dump)
        return int(task) if str(task.comm) == name else 0
    except (Error, OSError):
        return 0


def panic_task(dump: Dump) -> int:
    """Address of the thread whose crash is in the dump: of the CPU that panicked.

    Else of the first CPU that was not idle, else of the first; ``init_task`` where no CPU's task is known. Of a running
    kernel it is the one that asks.
    """
    if dump.live and (task := asking_task(dump)):
        return task
    current = {cpu.nr: cpu.current for cpu in dump.cpus() if cpu.current}
    cpu = panic_cpu(dump)
    if cpu in current:
        return current[cpu]
    for task in current.values():
        try:
            if dump.object("struct task_struct", task).pid:
                return task
        except Error:
            continue
    if current:
        return next(iter(current.values()))
    return dump.symbol("init_task", "").address
