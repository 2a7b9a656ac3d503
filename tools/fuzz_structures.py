# SPDX-License-Identifier: GPL-2.0-or-later
"""Damage the structures of a kernel in a dump by what they are and by what commands read of them, and ask pykd about them.

    ./pykd --run tools/fuzz_structures.py DUMP [--seconds N | --rounds N] [--seed N] [--command CMD]...

Random bits mostly end in pages that nothing looks at, or leave nothing to be walked. Here each round changes a few words that commands do
read, and members of objects that are in lists, trees and tables: links that lead to themselves, back, into other objects, to the user or
nowhere; numbers at their extremes; names that end lines and obey nobody. Every command that reads one of them is asked, in one process, which
begins where the dump has been opened and has an overlay of its memory (tools/overlay.py); the others would answer as without it. What fails
is printed with the seed that shows it again.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import sys
import tempfile
import time

import asking
import fuzz
import overlay
import patched
import pykd
from pykd.kernel.fs import files, mounts
from pykd.kernel.mm import slabs
from pykd.kernel.net import devices, namespaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _pykd import Dump, Type

ANEW = 8
"""One of so many rounds opens the dump anew."""
PER_ROUND = 12
"""Members that are changed"""
HOSTILE = b"\x1b[31m\n\xff\x07\t"
NUMBERS = (0, 1, -1, 1 << 31, (1 << 31) - 1, 1 << 63, (1 << 63) - 1, 0x5A5A5A5A5A5A5A5A)
COMMANDS = (
    *fuzz.COMMANDS, "kmem -p", "bt -l 1", "ps -a", "ps -g", "ps -t", "ps -r", "mount -i", "net -n", "log -T", "timer -r", "dev -D", "irq -a", "sys -i", "mach",
    "vm -p 1", "set 1", "report", "blocked", "locks", "sockets", "inflight", "fs", "workqueues", "rcu", "memory", "cgroups", "crashinfo", "files -p", "bt -T",
    "task -R files", "waitq", "kmem -o", "kmem -h", "mod -S", "sys config", "help -m", "foreach bt -l", "foreach sig", "ps -m", "runq -t", "runq -m", "mount -f",
    "rd -s init_task 32",
)  # fmt: skip

HEAVY = frozenset(("sym -l", "kmem -p", "search -k deadbeef", "foreach sig", "foreach vm", "foreach bt", "fuser /"))
"""What others mostly read as well, and takes longest: asked in one round of forty."""


def objects(dump: Dump) -> list[tuple[int, Type]]:
    """(address, type) of what lists, trees and tables are made of."""
    found: set[tuple[int, str]] = set()

    def add(type: str, *addresses: int) -> None:
        found.update((int(address), type) for address in addresses if address)

    threads = [int(task) for task in pykd.tasks.threads(dump)]
    for address in threads:
        task = dump.object("struct task_struct", address)
        add("struct task_struct", address)
        for member, type in (("signal", "struct signal_struct"), ("files", "struct files_struct"), ("fs", "struct fs_struct"), ("mm", "struct mm_struct"),
                             ("nsproxy", "struct nsproxy"), ("sighand", "struct sighand_struct"), ("cred", "struct cred"), ("thread_pid", "struct pid")):  # fmt: skip
            if task.hasField(member):
                add(type, dump.read_unsigned(address + task.fieldOffset(member)))
        for _, file in files.for_each_open_file(dump, address):
            add("struct file", file)
            add("struct dentry", int(dump.object("struct file", file).f_path.dentry))
    add("struct module", *(module.address for module in dump.modules()))
    add("struct kmem_cache", *(int(cache) for cache in slabs.caches(dump)[0]))
    for mount in mounts.for_each_mount(dump, mounts.mnt_namespace_of(dump)):
        add("struct mount", int(mount))
        add("struct super_block", int(mount.mnt.mnt_sb))
    for net in namespaces.for_each_net(dump):
        add("struct net", int(net))
        add("struct net_device", *(int(device) for device in devices.for_each_netdev(dump, net)))
    for name, type in (("init_uts_ns", "struct uts_namespace"), ("timekeeper_data", "struct timekeeper"), ("contig_page_data", "struct pglist_data")):
        add(type, dump.address_of(name, default=0))
    for name in ("runqueues", "timer_bases", "hrtimer_bases", "softnet_data"):
        if base := dump.address_of(name, default=0):
            type = {"runqueues": "struct rq", "timer_bases": "struct timer_base", "hrtimer_bases": "struct hrtimer_cpu_base"}.get(name, name)
            add(type if " " in type else f"struct {type}", *(pykd.cpus.address_on(base, cpu, dump) for cpu in range(len(pykd.cpus.offsets(dump)))))
    return sorted((address, dump.type(type)) for address, type in found if dump.find_type("struct", type.partition(" ")[2]))


def members(type: Type, offset: int = 0, depth: int = 0) -> Iterator[tuple[int, Type]]:
    """(offset, type) of all that is no structure itself."""
    for member in type.members():
        inner = member.type.strip()
        if inner.kind in ("struct", "union") and depth < 4:
            yield from members(inner, offset + member.offset, depth + 1)
        elif member.bit_size is None and inner.size:
            yield offset + member.offset, inner


def changed(dump: Dump, all_objects: list[tuple[int, Type]], chance: random.Random) -> dict[int, bytes]:
    """By address what this round writes there."""
    changes = {}
    while len(changes) < PER_ROUND:
        address, type = chance.choice(all_objects)
        offset, member = chance.choice(list(members(type)))
        place = address + offset
        if not dump.readable(place, place + 8) or place % 4096 > 4080:
            continue
        if member.kind == "pointer":
            other = chance.choice(all_objects)[0]
            value = chance.choice((place, address, other, other + 8 * chance.randrange(64), place - 8, place + 8, 0, 1, 0xDEAD000000000100, 0x400000, 0xFFFF800000000000 - 8))
            changes[place] = (value & (1 << 64) - 1).to_bytes(8, "little")
        elif member.kind == "array" and member.target is not None and member.target.strip().size == 1:
            changes[place] = HOSTILE[: min(member.size, 8)]
        elif member.size in (1, 2, 4, 8):
            changes[place] = (chance.choice(NUMBERS) & (1 << 8 * member.size) - 1).to_bytes(member.size, "little")
    return changes


def words_of_machine(dump: Dump) -> list[int]:
    """Addresses of words that only the machine has a form for: entries of page tables, and what is on stacks."""
    found: set[int] = set()
    threads = [int(task) for task in pykd.tasks.threads(dump)]
    for address in (*threads, dump.address_of("init_task"), dump.address_of("linux_banner"), *(module.address for module in dump.modules())):
        for _, entry, _, _ in dump.walk(address)[0]:
            try:
                found.add(dump.direct(entry))
            except pykd.Error:
                continue
    for task in threads:
        try:
            trace = dump.unwind(task, crash=True)
        except pykd.Error:
            continue
        for frame in trace.frames:
            found.update(place & ~7 for place in (frame.slot, frame.slot - 8, frame.sp, frame.sp + 8, frame.regs_address) if place)
    return sorted(found)


def changed_words(dump: Dump, places: list[int], chance: random.Random) -> dict[int, bytes]:
    """By address new bytes of some of *places*: what is in another one, addresses of themselves and of others, numbers."""
    changes = {}
    for _ in range(PER_ROUND // 3):
        place = chance.choice(places)
        try:
            there = dump.read_unsigned(chance.choice(places))
        except pykd.Error:
            continue
        value = chance.choice((there, there ^ 1 << chance.randrange(64), place, chance.choice(places), chance.choice(NUMBERS)))
        changes[place] = (value & (1 << 64) - 1).to_bytes(8, "little")
    return changes


def rounds(path: str, count: int, seed: int, commands: tuple[str, ...] = COMMANDS) -> Iterator[str]:
    """Damage copies of the dump at *path*, one for each seed; a line for each failure."""
    dump = pykd.open(path)
    all_objects, places = objects(dump), words_of_machine(dump)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        copy = os.path.join(folder, "vmcore")
        for number in range(seed, seed + count):
            chance = random.Random(number)
            patched.write(dump, copy, changed(dump, all_objects, chance) | changed_words(dump, places, chance))
            if what := asking.answer(copy, commands):
                yield f"seed {number}: {what}"


def altered(word: int, there: int, words: list[int], read: Callable[[int], int], chance: random.Random) -> bytes:
    """New bytes for the *word* in which *there* is now, by what that looks like."""
    data = there.to_bytes(8, "little")
    if chance.randrange(3) and sum(0x20 <= byte < 0x7F for byte in data.rstrip(b"\0")) == len(data.rstrip(b"\0")) > 2:
        return chance.choice((HOSTILE[:8], b"\xff" * 8, data[:7] + b"/", b"\x9b31mx\r\n"))
    other = chance.choice(words)
    near = [word, word - 8, word + 8, word & ~0xFFF, other, other - 8, read(other), there + 8, there - 8, there ^ 1 << chance.randrange(64), there + 1, there - 1]
    if chance.randrange(3) == 0:
        half = chance.randrange(2) * 4
        number = chance.choice((*NUMBERS, 2, 0xFFFF, 0x10000, 1 << 20)) & 0xFFFFFFFF
        return data[:half] + number.to_bytes(4, "little") + data[4 + half :]
    value = chance.choice((*near, *near, *NUMBERS, 0xDEAD000000000100, 0x400000, 0xFFFF800000000000 - 8))
    return (value & (1 << 64) - 1).to_bytes(8, "little")


class Mutator:
    """Rounds with an overlay; which command reads what is found out first.

    Most rounds begin where a process already is that has opened the dump and answered everything once: names, types, modules of Python and
    pages are there, what was found out of the dump is forgotten. The others open it, so that what is kept of its opening is damaged too.
    """

    def __init__(self, path: str, commands: tuple[str, ...]) -> None:
        self.path, self.commands = path, commands
        self.over = overlay.Overlay()
        self.by_command: dict[str, list[int]] = {}
        self.readers: dict[int, set[str]] = {}
        self.asked = 0
        """Command lines that were answered, in all rounds."""
        for command in commands:
            words = self.over.reads(path, command)
            self.by_command[command] = sorted(words)
            for word in words:
                self.readers.setdefault(word, set()).add(command)
        self.dump = pykd.open(path)
        self.objects, self.places = objects(self.dump), words_of_machine(self.dump)
        asking.rehearse(self.dump, commands)
        gc.collect()
        gc.freeze()  # what is shared with children stays shared

    def _read(self, word: int) -> int:
        try:
            return self.dump.read_unsigned(word)
        except pykd.Error:
            return 0

    def changes(self, chance: random.Random) -> dict[int, bytes]:
        """By virtual address what a round writes there."""
        if chance.randrange(8) == 0:
            return changed(self.dump, self.objects, chance) | changed_words(self.dump, self.places, chance)
        words = self.by_command[chance.choice([command for command in self.commands if self.by_command[command]])]
        some = chance.sample(words, min(len(words), 4 * chance.choice((1, 1, 1, 2, 3))))
        if chance.randrange(4):  # what everything reads is in the list of each command
            some.sort(key=lambda word: len(self.readers[word]))
        some = some[: (len(some) + 3) // 4]
        return {word: altered(word, self._read(word), words, self._read, chance) for word in some}

    def round(self, seed: int) -> str | None:
        """What is wrong with the answers about the memory of that round."""
        chance = random.Random(seed)
        patches: dict[int, bytes] = {}
        asked: set[str] = set()
        machine = False
        for address, data in self.changes(chance).items():
            try:
                patches[self.dump.translate(address)] = data
            except pykd.Error:
                continue
            readers = self.readers.get(address & ~7, set())
            asked |= readers
            machine |= not readers and address in self.places
        if machine:  # an entry of a page table, or what is on a stack
            asked |= {command for command in self.commands if command.startswith(("bt", "foreach bt", "vm", "foreach vm", "sys", "ps"))}
        rare = chance.randrange(40) != 0
        asked = {command for command in asked if not (rare and command in HEAVY)}
        self.asked += len(asked)
        self.over.put(patches)
        anew = machine or chance.randrange(ANEW) == 0
        what = asking.answer(self.path, [command for command in self.commands if command in asked], None if anew else lambda: self.dump)
        self.over.put({})  # this process does not see the changes
        return what


def main() -> int:
    """Exit status 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump")
    parser.add_argument("--seconds", type=float, help="for how long; instead of --rounds")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, help="of the first round; the next have the next numbers; without it and with --seconds others each time")
    parser.add_argument("--command", action="append", help="instead of the list of commands")
    arguments = parser.parse_args()
    overlay.begin(sys.argv)
    first = arguments.seed if arguments.seed is not None else time.time_ns() // 1000 if arguments.seconds else 0
    end = time.monotonic() + arguments.seconds if arguments.seconds else None
    mutator = Mutator(arguments.dump, tuple(dict.fromkeys(arguments.command or COMMANDS)))
    count = failures = 0
    while time.monotonic() < end if end else count < arguments.rounds:
        if what := mutator.round(first + count):
            failures += 1
            print(f"seed {first + count}: {what}", flush=True)
        count += 1
    print(f"structures   {count:10} executions, {mutator.asked} command lines, {failures} findings")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
