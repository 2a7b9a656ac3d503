# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole report: its parts in their order, and text of all kinds of rows.

A part that cannot be made is a row ``{"kind", "error"}``, and the report goes on.
"""

from __future__ import annotations

import os
from itertools import groupby

from _pykd import Error
from pykd.core.errors import CommandError
from pykd.core.rows import fault, mark
from pykd.kernel import sysinfo
from pykd.kernel.mm import dumplevel
from pykd.kernel.stack.tracer import Tracer
from pykd.programs import stacks
from pykd.programs.crashinfo import files, memory, network, queues, reason, storage, syscalls, tasks
from pykd.programs.crashinfo.notes import warning
from pykd.session import command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row
    from pykd.session.session import Session

LOG_LINES = 40
HIGH_LOAD = 29.0


# ---- rows


def rows(session: Session, *, verbose: int, quiet: bool, fast: bool) -> Iterator[Row]:
    """
    :param quiet: what is wrong, and nothing else.
    :param fast: without what takes long.
    """
    for row in _parts(session, verbose, fast):
        if not quiet or row["kind"] in ("warning", "problem"):
            yield row


def _parts(session: Session, verbose: int, fast: bool) -> Iterator[Row]:
    dump = session.dump
    tracer = Tracer(dump)
    log, crashed = _lines(session), _crashed(session)
    yield from _sized(dump)
    yield from _caught("system", lambda: ({"kind": "system", **row} for row in session.rows("sys")))
    if not dump.live:
        yield from _caught("cpu", lambda: ({"kind": "cpu", **row} for row in session.rows("bt -a")))
        if crashed is not None:
            yield reason.row(crashed, "\n".join(log))
    yield from _caught("load", lambda: _load(dump))
    yield from _caught("chain", lambda: tasks.chains(dump))
    yield from _caught("state", lambda: tasks.summary(dump))
    yield from _caught("recent", lambda: tasks.recent(dump))
    yield from _caught("memory", lambda: memory.usage(session, fast=fast))
    if not fast:
        yield from _caught("free_blocks", lambda: memory.fragmentation(session))
        yield from _caught("bad_slab", lambda: memory.slabs(session))
    yield from _caught("writeback", lambda: memory.writeback(dump, verbose))
    yield from _caught("queue", lambda: storage.outstanding(dump))
    if crashed is not None:
        yield from _caught("oldest", lambda: tasks.oracle(dump, crashed, tracer))
    yield from _caught("disk", lambda: storage.damaged(dump))
    yield from _caught("oldest", lambda: tasks.uninterruptible(dump, tracer, verbose))
    yield from _caught("frozen", lambda: files.frozen(dump, verbose))
    yield from _caught("runqueue", lambda: queues.runqueues(session))
    yield from _caught("sockets", lambda: network.summary(dump))
    yield from _caught("interface", lambda: network.interfaces(dump))
    if not dump.live:
        yield from _caught("damaged_stack", lambda: tasks.damaged_stacks(dump))
    yield from _caught("resident", lambda: memory.processes(dump))
    yield from _caught("warning", lambda: tasks.pcc_cpufreq(dump, tracer))
    yield from _caught("warning", lambda: tasks.hangs(dump, tracer))
    yield from _caught("mount", lambda: ({"kind": "mount", **row} for row in session.rows("mount")))
    yield from ({"kind": "log", "text": line} for line in (log if verbose else log[-LOG_LINES:]))
    if verbose:
        yield from _caught("alike", lambda: tasks.merged(session.rows("foreach bt"), dump, verbose))


def _caught(kind: str, make: Callable[[], Iterable[Row]]) -> Iterator[Row]:
    try:
        yield from make()
    except (Error, CommandError) as error:
        yield {"kind": kind, "error": fault(error)}


def _lines(session: Session) -> list[str]:
    try:
        return session.capture("log")[0].splitlines()
    except (Error, CommandError):
        return []


def _crashed(session: Session) -> Row | None:
    """The stack of the thread that crashed."""
    try:
        return next(iter(session.rows("bt -p")), None)
    except (Error, CommandError):
        return None


def _sized(dump: Dump) -> Iterator[Row]:
    """A dump that is small against the memory it is of lacks much of it."""
    if dump.live or len(dump.paths) > 1:
        return
    try:
        size, memory_size = os.stat(dump.file).st_size, sysinfo.memory_size(dump)
    except (Error, OSError):
        return
    if dumplevel.dump_level(dump) and memory_size > 4 * size:
        yield warning("PARTIAL DUMP with size(vmcore) < 25% size(RAM)")
    elif not dumplevel.dump_level(dump) and memory_size > 10 * size:
        yield warning("DUMP with size(vmcore) < 10% size(RAM)")


def _load(dump: Dump) -> Iterator[Row]:
    text = sysinfo.LOAD_AVERAGE(dump)
    one, five, _ = map(float, text.split(", "))
    if one > HIGH_LOAD or five > HIGH_LOAD:
        yield warning(f"High Load Averages: {text}")


# ---- text


TITLES = {
    "cpu": "Per-cpu Stacks ('bt -a')",
    "reason": "How This Dump Has Been Created",
    "ran": "Tasks Summary",
    "recent": "5 Most Recent Threads",
    "memory": "Memory Usage (kmem -i)",
    "free_blocks": "Memory Fragmentation (kmem -f)",
    "runqueue": "Scheduler Runqueues (per CPU)",
    "sockets": "Network Status Summary",
    "mount": "Mounted FS",
    "log": "Last 40 lines of dmesg buffer",
    "alike": "A Summary Of Threads Stacks",
}
WIDTH = 73


def heading(title: str, *, framed: bool = False) -> Iterator[str]:
    left = (WIDTH - len(title)) // 2
    edge = f" {' ' * left}+{('=' if framed else '-') * (len(title) + 2)}+"
    yield ""
    yield edge
    yield f" {' ' * left}| {title} |" if framed else f">{'-' * left}| {title} |{'-' * left}<"
    yield edge
    yield ""


def text(rows: Iterable[Row], session: Session, *, verbose: int, bare: bool = False) -> Iterator[str]:
    """
    :param bare: without titles above the parts, as where there is only one.
    """
    shown: set[str] = set()
    for kind, group in groupby(rows, key=lambda row: row["kind"]):
        if not bare and kind in TITLES and kind not in shown:
            yield from heading("dmesg buffer" if kind == "log" and verbose else TITLES[kind])
        shown.add(kind)
        whole = []
        for row in group:
            if "error" in row and len(row) == 2:
                yield f"   {kind}: {mark(row)}"
            elif kind in _BY_ROW:
                yield from _BY_ROW[kind](row, verbose)
            else:
                whole.append(row)
        if whole:
            yield from _WHOLE[kind](whole, session, verbose)


def _of_command(name: str) -> Callable[[list[Row], Session, int], Iterator[str]]:
    """Text of a command's rows, with an empty line behind it."""

    def lines(rows: list[Row], session: Session, verbose: int) -> Iterator[str]:
        word, *words = name.split()
        found = command.find(word)
        if found is not None:
            yield from found.text(rows, found.parse(words), session)
        yield ""

    return lines


def _cpus(rows: list[Row], session: Session, verbose: int) -> Iterator[str]:
    for row in rows:
        yield f"      -- CPU#{row['cpu']} -- "
        yield from stacks.lines(row)
        yield ""


def _noted(row: Row, verbose: int) -> Iterator[str]:
    """A warning where it is found; at the end all are told again, by the hook that ends every program."""
    from pykdump.logging import ERROR, WARNING, PyLog

    log = PyLog()
    if row["kind"] == "problem":
        log._add(log._errors, ((row["text"],), {}))
        yield f"{ERROR} {row['text']}"
        return
    log.warning_onexit(row["text"])
    if not row.get("late"):
        yield f"{WARNING} {row['text']}"


_BY_ROW: dict[str, Callable[[Row, int], Iterable[str]]] = {
    "warning": _noted,
    "problem": _noted,
    "reason": lambda row, verbose: reason.text(row),
    "chain": lambda row, verbose: tasks.chain_text(row),
    "free_blocks": lambda row, verbose: memory.free_blocks_text(row),
    "bad_slab": lambda row, verbose: [f"   {row['text']}"],
    "writeback": lambda row, verbose: [f" NR_WRITEBACK/TOTALRAM={row['percent']:5.2f}%, vm_dirty_ratio={row['limit']}%"],
    "runqueue": lambda row, verbose: queues.runqueue_text(row),
    "damaged_stack": lambda row, verbose: [],
    "log": lambda row, verbose: [row["text"]],
    "alike": lambda row, verbose: tasks.merged_text(row, verbose),
    "cpu_works": lambda row, verbose: queues.cpu_works_text(row),
    "lock": lambda row, verbose: queues.lock_text(row),
    "ext4": lambda row, verbose: files.sizes_text(row),
    "sysctl": lambda row, verbose: files.sysctls_text(row, verbose),
    "pci": lambda row, verbose: files.pci_text(row, verbose),
    "element": lambda row, verbose: files.element_text(row),
    "call": lambda row, verbose: syscalls.text(row),
    "stack": lambda row, verbose: ["", *stacks.lines(row)],
    "cpu_done": lambda row, verbose: storage.done_text(row, verbose),
}

_WHOLE: dict[str, Callable[[list[Row], Any, int], Iterable[str]]] = {
    "system": _of_command("sys"),
    "cpu": _cpus,
    "ran": lambda rows, session, verbose: tasks.ran_text(rows),
    "state": lambda rows, session, verbose: tasks.states_text(rows),
    "recent": lambda rows, session, verbose: tasks.recent_text(rows),
    "memory": _of_command("kmem -i"),
    "queue": lambda rows, session, verbose: storage.pending_text(rows, verbose),
    "oldest": lambda rows, session, verbose: tasks.oldest_text(rows),
    "sleeper": lambda rows, session, verbose: tasks.sleepers_text(rows),
    "frozen": lambda rows, session, verbose: files.frozen_text(rows),
    "sockets": lambda rows, session, verbose: network.sockets_text(rows),
    "interface": lambda rows, session, verbose: network.interfaces_text(rows),
    "resident": lambda rows, session, verbose: memory.resident_text(rows),
    "mount": _of_command("mount"),
    "in_use": lambda rows, session, verbose: queues.in_use_text(rows),
    "workqueue": lambda rows, session, verbose: queues.workqueues_text(rows, verbose),
    "flusher": lambda rows, session, verbose: queues.flushers_text(rows),
    "driver": lambda rows, session, verbose: storage.drivers_text(rows, verbose),
    "mapped": lambda rows, session, verbose: storage.mapped_text(rows),
    "file_lock": lambda rows, session, verbose: files.locks_text(rows),
    "entry": lambda rows, session, verbose: files.listing_text(rows, verbose),
    "resource": lambda rows, session, verbose: files.resources_text(rows, verbose),
}
