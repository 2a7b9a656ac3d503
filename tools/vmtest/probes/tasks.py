# SPDX-License-Identifier: GPL-2.0-or-later
"""Every thread as /proc shows it."""
import json

import pykd
from pykd import tasks, taskstate

dump = pykd.current()
# What fs/proc/array.c prints, by the lowest bits that decide; the exit state beats the state.
LETTERS = ((0x10, "X"), (0x20, "Z"))


def letter(state: int, exit_state: int) -> str:
    """One letter as in /proc/PID/stat."""
    bits = taskstate.state_bits(taskstate.state_array(dump))
    for bit, name in LETTERS:
        if exit_state & bit:
            return name
    if state & bits.get("TASK_NOLOAD", 0x400) and state & 2:
        return "I"
    for bit, name in ((4, "T"), (8, "t"), (2, "D"), (1, "S")):
        if state & bit:
            return name
    return "R"


rows = {}
for task in tasks.threads(dump):
    state = int(task.__state if task.hasField("__state") else task.state)
    cpu = int(task.cpu) if task.hasField("cpu") else int(task.thread_info.cpu)
    rows[int(task.pid)] = {
        "tgid": int(task.tgid), "comm": str(task.comm), "state": letter(state, int(task.exit_state)),
        "parent": int(task.real_parent.tgid) if not int(task.exit_state) & 0x20 or int(task.pid) != 1 else 0,
        "uid": int(task.cred.uid.val), "cpu": cpu, "ran": int(task.se.exec_start),
    }
print(json.dumps(rows))
