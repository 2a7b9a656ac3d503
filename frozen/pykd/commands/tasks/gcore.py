# SPDX-License-Identifier: GPL-2.0-or-later
"""``gcore``: a user process as an ELF core, which gdb opens."""

from __future__ import annotations

import os
import stat

from _pykd import Error
from pykd.commands.tasks import _processes
from pykd.core import output, progress
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault, mark
from pykd.kernel import machine
from pykd.kernel.elfcore import selection
from pykd.kernel.elfcore.image import AreaReport, Core
from pykd.kernel.task.process import memory_of
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from pykd.kernel.task.table import Thread

REASONS = {
    "uncached": "of files and not in the page cache", "swapped": "swapped out", "beyond": "behind the end of their file", "special": "of no page of memory",
    "lost": "of files whose pages are not known", "unknown": "not mapped, of an area that is not known",
}  # fmt: skip
"""What is missing for other reasons than those of :attr:`_pykd.FaultError.reason`"""


def _level(options: Any) -> int:
    text = options.f if options.f is not None else options.v
    if text is None:
        return selection.USUAL
    try:
        level = int(text, 0)
    except ValueError:
        level = -1
    if not 0 <= level <= selection.ALL:
        raise UsageError(f"no level from 0 to {selection.ALL}: {text}")
    return level


def rows(session: Session, options: Any) -> Iterator[Row]:
    level = _level(options)
    leaders = [int(thread.leader) for thread in _processes.chosen(session, options.arguments)]
    if options.o and len(leaders) > 1:
        raise UsageError("-o is for one process")
    if not machine.of(session.dump).elf_number:
        raise CommandError(f"cores of {session.dump.arch} are not known")
    for leader in leaders:
        thread = context.thread_at(session, leader)
        if thread is None:
            raise CommandError(f"no thread leads the process of {leader:x}")
        yield _process(session, thread, options, level)


def _process(session: Session, thread: Thread, options: Any, level: int) -> Row:
    dump = session.dump
    row: Row = {"pid": thread.pid, "task": thread.address, "comm": thread.comm}
    task: Any = dump.object("struct task_struct", thread.address)
    try:
        mm = memory_of(dump, task)
        if not mm:
            return row | {"error": fault("it has no user memory: a thread of the kernel, or one that has ended")}
        core = Core(dump, task, mm, level)
    except Error as error:
        return row | {"error": fault(error)}
    path = None if options.n else options.o or f"core.{thread.pid}.{_plain(thread.comm)}"
    row |= {"file": path, "level": level}
    bar, done = progress.begin("gcore", int(mm.total_vm) * dump.page_size), 0

    def step(size: int) -> None:
        nonlocal done
        done += size
        bar.at(done)

    try:
        row["size"] = core.write(None, step) if path is None else _write(core, path, bool(options.w), step)
    finally:
        progress.end(bar)
    row["threads"] = [_thread_row(one) for one in core.threads]
    row["areas"] = [_area_row(report) for report in core.reports]
    row["written"] = sum(report.written for report in core.reports)
    row["missing"] = sum(sum(report.missing.values()) for report in core.reports)
    if core.problem is not None:
        row["error"] = fault(core.problem, partial=True)
    return row


def _plain(name: str) -> str:
    return "".join(letter if (letter.isalnum() and letter.isascii()) or letter in "._-+" else "_" for letter in name)


def _write(core: Core, path: str, over: bool, step: Callable[[int], None]) -> int:
    """Write it to a file, which is new unless *over*; one that cannot be finished is taken away again. :raises CommandError:"""
    try:
        descriptor = output.opened(path, flags=0 if over else os.O_EXCL, mode=0o600)
    except FileExistsError:
        raise CommandError(f"{path}: there is such a file; -w writes over it") from None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    done = False
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise CommandError(f"{path}: is no regular file")
        size = core.write(descriptor, step)
        done = True
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    finally:
        os.close(descriptor)
        if not done and not over:
            os.unlink(path)
    return size


def _thread_row(thread: Any) -> Row:
    task = thread.task
    row: Row = {"task": int(task)}
    try:
        row["pid"] = task.pid
        row["comm"] = str(task.comm)
    except Error as error:
        row["error"] = fault(error)
    row["registers"] = thread.registers
    if thread.registers is None:
        row["error"] = fault(thread.problem or "no registers of user mode", partial=True)
    return row


def _area_row(report: AreaReport) -> Row:
    row: Row = {
        "start": report.start, "end": report.end, "permissions": report.allowed, "name": report.name, "written": report.written,
        "missing": report.missing, "zeroed": report.zeroed,
    }  # fmt: skip
    if report.error is not None:
        row["error"] = fault(report.error)
    return row


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        if "areas" not in row:
            yield f"PID {row['pid']} ({row['comm']}): no core {mark(row)}"
            yield f"  {row['error']['message']}"
            continue
        yield f"{row['file'] or '(not written)'}: PID {row['pid']} ({row['comm']}), {_count(len(row['threads']), 'thread')}, {_size(row['written'])} of memory"
        for thread in row["threads"]:
            if thread["registers"] is None:
                yield f"  thread {thread.get('pid', '?')}: no registers {mark(thread)}"
        for area in row["areas"]:
            if area["missing"] or "error" in area:
                yield _area_line(area)
        if row["missing"]:
            yield f"  missing in all: {_size(row['missing'])} of {_size(row['missing'] + row['written'])}"
        if "error" in row:
            yield f"  not all of it: {row['error']['message']} {mark(row)}"


def _area_line(area: Row) -> str:
    parts = [f"{_size(size)} {REASONS.get(reason, reason)}" for reason, size in area["missing"].items()]
    whole = (area["end"] - area["start"]) // 1024
    line = f"  {area['start']:x}-{area['end']:x} {area['permissions']} {whole} kB, missing {', '.join(parts) or '?'}"
    if area["zeroed"]:
        line += f" ({_size(area['zeroed'])} as zeros)"
    return " ".join(filter(None, (line, area["name"], mark(area))))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _size(size: int) -> str:
    return f"{size // 1024} kB"


COMMAND = Command(
    name="gcore",
    summary="a user process as an ELF core for gdb",
    topic="tasks",
    options=(
        Option("-o", "FILE", help="write it there, not to core.PID.COMM in the current folder"),
        Option("-w", help="write over a file that is there"),
        Option("-n", help="write nothing: only say what there is and what is missing"),
        Option("-v", "LEVEL", help="what goes into it, a sum of the bits above; 127, if not given"),
        Option("-f", "LEVEL", help="the same, as crash's gcore has it"),
    ),
    arguments="[PID|TASK|COMM]…",
    description="The core has all threads with their registers (also those of floating point and vectors), the process's state, arguments,\n"
    "auxiliary vector and mapped files, and its memory: its own pages, what the page cache has of its files, and what is in zram or zswap.\n"
    "What the dump lacks is not there as zeros, but not there: gdb says so, or takes it from the program's file. A line for each mapping says how\n"
    "much is missing and why: excluded by makedumpfile, not in the page cache, swapped out.\n"
    "Bits of LEVEL: 1 anonymous private memory, 2 anonymous shared, 4 private mappings of files, 8 shared ones, 16 first pages of ELF\n"
    "files, 32 private huge pages, 64 shared huge pages, 128 what MADV_DONTDUMP left out.",
    fields={
        "pid": "", "task": "struct task_struct of the leader", "comm": "", "file": "that was written; null: none was", "level": "", "size": "of the file, bytes",
        "threads": "task, pid, comm, registers by name (null: not known)",
        "areas": "start, end, permissions, name, written (bytes), missing (bytes by reason), zeroed (those of them that are zeros in the file)",
        "written": "bytes of memory in the file", "missing": "bytes that should be",
    },
    examples=(("gcore -n 1", "what a core of init would have"), ("gcore -n -v 1 1", "the same, of its own memory alone")),
    rows=rows,
    text=text,
)  # fmt: skip
