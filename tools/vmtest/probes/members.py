# SPDX-License-Identifier: GPL-2.0-or-later
"""What several probes need: members that have changed their names, sets of CPUs, states of threads."""

import pykd
from pykd.kernel.task import state as taskstate


def first(holder, *names: str):
    """The first of these members that ``holder`` has."""
    for name in names:
        if holder.hasField(name):
            return getattr(holder, name)
    raise AttributeError(f"none of {', '.join(names)}")


def cpu_list(dump, mask) -> str:
    """A ``cpumask_t`` as the kernel's %*pbl writes it: bits from nr_cpu_ids on mean nothing."""
    number = sum(int(word) << 64 * i for i, word in enumerate(mask.bits)) & (1 << int(dump.variable("nr_cpu_ids"))) - 1
    return ranges(bit for bit in range(number.bit_length()) if number >> bit & 1)


def ranges(numbers) -> str:
    """Numbers in order as 0-2,5."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def entries(dump, head, kind: str, member: str) -> list:
    """The structs of type ``kind`` on the ``struct list_head`` or ``hlist_head`` ``head`` that links them by ``member``."""
    offset = dump.type(kind).member(member).offset
    if head.hasField("first"):
        first_node = int(head.first)
        nodes = dump.follow(first_node, limit=1_000_000)[0] if first_node else []
        # A list of nulls ends with an odd number.
        nodes = [node for node in nodes if not node & 1]
    else:
        nodes = dump.follow(int(head), limit=1_000_000)[0][1:]
    return [dump.object(kind, node - offset) for node in nodes]


def letter(dump: pykd.Dump, state: int, exit_state: int) -> str:
    """What fs/proc/array.c prints, by the lowest bits that decide; the exit state beats the state."""
    bits = taskstate.state_bits(taskstate.state_array(dump))
    for bit, name in ((0x10, "X"), (0x20, "Z")):
        if exit_state & bit:
            return name
    if state & bits.get("TASK_NOLOAD", 0x400) and state & 2:
        return "I"
    for bit, name in ((4, "T"), (8, "t"), (0x40, "P"), (2, "D"), (1, "S")):
        if state & bit:
            return name
    return "R"
