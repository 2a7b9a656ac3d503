# SPDX-License-Identifier: GPL-2.0-or-later
"""The notes of a process's core: threads with their registers, and what the kernel knows of the process.

``include/uapi/linux/elf.h`` and ``elfcore.h``; all machines here have 64 bits, so that the layouts are one.
"""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.kernel import machine
from pykd.kernel.machine import facts
from pykd.kernel.mm.areas import mapped_path
from pykd.kernel.task import auxv as vectors
from pykd.kernel.task import signals
from pykd.kernel.task.namespaces import pid_nr
from pykd.kernel.task.process import task_state_to_char
from pykd.values.words import pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from _pykd import Dump

NT_PRSTATUS, NT_PRPSINFO, NT_AUXV = 1, 3, 6
NT_SIGINFO, NT_FILE = 0x53494749, 0x46494C45
SIGINFO_SIZE = 128
"""sizeof(siginfo_t)"""
ARGUMENTS = 80
"""ELF_PRARGSZ"""
_STATES = "RSDTZW"
_LETTERS = {"RU": "R", "IN": "S", "UN": "D", "ID": "D", "ST": "T", "TR": "T", "ZO": "Z", "DE": "Z"}


class ThreadState(NamedTuple):
    """A thread of the process as the core has it."""

    task: Any
    """``struct task_struct``"""
    registers: dict[str, int] | None
    """With which it entered the kernel, or had when its CPU was stopped; None: they could not be had."""
    problem: Error | None = None
    """Of registers that are missing."""


def thread_state(dump: Dump, task: Any) -> ThreadState:
    """Registers of a ``struct task_struct`` in user mode. Never raises."""
    try:
        found = dump.unwind(int(task), scan=False).user_registers
    except Error as error:
        return ThreadState(task, None, error)
    return ThreadState(task, found or None)


def note(dump: Dump, name: str, kind: int, contents: bytes) -> bytes:
    """One note, padded."""
    label = name.encode() + b"\0"
    return pack(dump, "III", len(label), len(contents), kind) + label + bytes(-len(label) % 4) + contents + bytes(-len(contents) % 4)


def of_thread(dump: Dump, thread: ThreadState) -> Iterator[bytes]:
    """Its NT_PRSTATUS and the other notes about it. What cannot be read is zeros or left out."""
    of, task = machine.of(dump), thread.task
    info = _siginfo(dump, task)
    yield note(dump, "CORE", NT_PRSTATUS, _prstatus(dump, thread, info))
    yield note(dump, "CORE", NT_SIGINFO, info)
    try:
        found = list(of.core_notes(dump, task))
    except Error:
        return
    yield from (note(dump, *one) for one in found)


def _prstatus(dump: Dump, thread: ThreadState, info: bytes) -> bytes:
    task = thread.task
    order = dump.byteorder

    def number(value: object, size: int = 8) -> bytes:
        return (int(value) & (1 << 8 * size) - 1).to_bytes(size, order) if isinstance(value, int) else bytes(size)

    pending = _or_zero(lambda: signals.mask_of(task.pending.signal))
    held = _or_zero(lambda: signals.mask_of(task.blocked))
    parts = [info[:4], info[8:12], info[4:8], number(int.from_bytes(info[:4], order), 2), bytes(2), number(pending), number(held)]
    parts += [number(value, 4) for value in _relatives(task)]
    parts += [part for name in ("utime", "stime") for part in _time(_or_zero(lambda name=name: int(getattr(task, name))), number)]
    parts += [part for name in ("cutime", "cstime") for part in _time(_or_zero(lambda name=name: int(getattr(task.signal, name))), number)]
    try:
        general = machine.of(dump).core_general(dump, task, thread.registers or {})
    except Error:
        general = facts.Machine.core_general(machine.of(dump), dump, task, thread.registers or {})
    return b"".join(parts) + general + number(1, 4) + bytes(4)


def _time(nanoseconds: int, number: Any) -> tuple[bytes, bytes]:
    return number(nanoseconds // 1_000_000_000), number(nanoseconds // 1000 % 1_000_000)


def _or_zero(function: Any) -> int:
    try:
        return int(function())
    except Error:
        return 0


def _relatives(task: Any) -> tuple[int, int, int, int]:
    """pid, ppid, pgrp, sid, as the first PID namespace numbers them."""

    def leader_of(kind: int) -> int:
        return pid_nr(task.signal.pids[kind])

    return (
        _or_zero(lambda: task.pid), _or_zero(lambda: task.real_parent.tgid), _or_zero(lambda: leader_of(2)), _or_zero(lambda: leader_of(3)),
    )  # fmt: skip


def _siginfo(dump: Dump, task: Any) -> bytes:
    """The signal that a thread that is traced was stopped by; zeros where there was none."""
    try:
        last = task.last_siginfo
        data = dump.read(int(last), len(last)) if last else b""
    except Error:
        data = b""
    return data[:SIGINFO_SIZE].ljust(SIGINFO_SIZE, b"\0")


def prpsinfo(dump: Dump, task: Any, arguments: bytes) -> bytes:
    """NT_PRPSINFO of a process's leader. :param arguments: as they are in its memory; empty: not known."""
    order = dump.byteorder
    try:
        letters = task_state_to_char(dump, task)
    except Error:
        letters = "??"
    letter = _LETTERS.get(letters, ".")
    nice = _or_zero(lambda: task.static_prio - 120)
    uid, gid = _or_zero(lambda: task.cred.uid.val), _or_zero(lambda: task.cred.gid.val)
    head = bytes((max(_STATES.find(letter), 0), ord(letter), letter == "Z", nice & 0xFF)) + bytes(4)
    head += (_or_zero(lambda: task.flags) & (1 << 64) - 1).to_bytes(8, order)
    numbers = b"".join((value & 0xFFFF_FFFF).to_bytes(4, order) for value in (uid, gid, *_relatives(task)))
    name = _name(task)
    text = arguments[: ARGUMENTS - 1].rstrip(b"\0").replace(b"\0", b" ") or name
    return note(dump, "CORE", NT_PRPSINFO, head + numbers + name[:15].ljust(16, b"\0") + text.ljust(ARGUMENTS, b"\0"))


def _name(task: Any) -> bytes:
    try:
        return bytes(task.comm.ByteArray).partition(b"\0")[0]
    except Error:
        return b""


def auxv(dump: Dump, mm: Any) -> bytes:
    """NT_AUXV. :raises FaultError:"""
    return note(dump, "CORE", NT_AUXV, vectors.saved(dump, mm))


def files(dump: Dump, areas: Iterable[Any]) -> bytes:
    """NT_FILE: (start, end, page in the file) and the path of each mapping of a file. Those that cannot be read are left out."""
    numbers, names = [], []
    for area in areas:
        try:
            if not area.vm_file:
                continue
            name = mapped_path(dump, area.vm_file)
            numbers.append((int(area.vm_start), int(area.vm_end), int(area.vm_pgoff)))
        except Error:
            continue
        names.append(name.encode("utf-8", "surrogateescape") + b"\0")
    words = [len(numbers), dump.page_size, *(value for one in numbers for value in one)]
    return note(dump, "CORE", NT_FILE, b"".join(word.to_bytes(8, dump.byteorder) for word in words) + b"".join(names))
