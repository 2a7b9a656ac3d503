# SPDX-License-Identifier: GPL-2.0-or-later
"""What threads of the bench's module wait for: [kind, symbol of the lock, its owner's pid or 0] by name of the thread."""

import pykd
from LinuxDump import KernLocks
from pykd.kernel.task import threads as tasks

# What is on the stack of one who waits.
KINDS = {"mutex_lock": "mutex", "rwsem_down": "rwsem", "__down": "semaphore"}


def ask(dump: pykd.Dump) -> dict:
    """Those that wait for nothing of these kinds have None."""
    found = {}
    for task in tasks.threads(dump):
        name = str(task.comm)
        if not name.startswith("vmt_"):
            continue
        found[name] = None
        stack = " ".join(frame.name or "" for frame in dump.unwind(int(task), scan=False).frames)
        kind = next((kind for function, kind in KINDS.items() if function in stack), None)
        lock = KernLocks.find_lock(int(task), kind) if kind else None
        if lock is None:
            continue
        owner = KernLocks.mutex_owner(lock.address) if kind == "mutex" else KernLocks.rwsem_state(lock.address)[0] if kind == "rwsem" else 0
        symbol = dump.symbol_at(lock.address)
        found[name] = [kind, symbol.name if symbol else "", str(dump.object("struct task_struct", owner).comm) if owner else ""]
    return found
