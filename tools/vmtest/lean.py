# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs inside pykd: a JSON list of the page frames that a dump for a repository can do without, of the kernel's own code all but the functions
that are on stacks. Code is the largest part of a small dump, and nothing but its disassembly is asked of the rest."""

import json
import struct
from collections.abc import Iterator

import pykd

LONGEST = 64 << 10
"""Of a function; what is farther from its symbol belongs to none"""


def stacks(dump: pykd.Dump) -> Iterator[tuple[int, int]]:
    """[start, end) of each."""
    for task in pykd.tasks.threads():
        try:
            yield dump.stack_of_task(int(task))
        except pykd.Error:  # a dead one
            continue
    for cpu in dump.cpus():
        yield from ((start, end) for _, start, end in dump.stacks_of_cpu(cpu.nr))


def left_out(dump: pykd.Dump) -> list[int]:
    """In the order of their addresses."""
    start, end = (int(dump.symbol(name).address) for name in ("_stext", "_etext"))
    on_stacks: set[int] = set()
    for first, last in stacks(dump):
        for page in range(first, last, 4096):
            on_stacks.update(word for (word,) in struct.iter_unpack("<Q", dump.read_upto(page, 4096)))
    kept: set[int] = set()
    for address in (word for word in on_stacks if start <= word < end):
        symbol = dump.symbol_at(address)
        if symbol and address - symbol.address < LONGEST:
            kept.update(range(symbol.address & -4096, address + 16, 4096))
    return [dump.translate(page) >> 12 for page in range(start, end, 4096) if page not in kept]


print(json.dumps(left_out(pykd.current())))
