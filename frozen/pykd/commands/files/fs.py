# SPDX-License-Identifier: GPL-2.0-or-later
"""``fs``: file systems and the state that they are in."""

from __future__ import annotations

from _pykd import Dump, Error, NotFoundError
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.fs import ext4
from pykd.kernel.fs.sbnames import sb_place
from pykd.kernel.fs.superblocks import FROZEN, SB_RDONLY, filesystem_type, for_each_super_block, how_frozen, sb_frozen
from pykd.kernel.fs.writeback import bdi_pages
from pykd.kernel.waits.filesystems import waiters_by_superblock
from pykd.kernel.waits.graph import Graph, graph
from pykd.kernel.waits.names import journals
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

JBD2_ABORT = 2
"""Bit of ``journal_s.j_flags``"""
ERRNO = 0xFFF
"""The bits of an ``errseq_t`` that hold the number of an error"""
SHOWN = 10
"""Threads of a file system that are named without -v"""


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    found = graph(dump)
    waiting = waiters_by_superblock(found)
    by_block = {block: journal for journal, block in journals(dump).items()}
    for block in caught(for_each_super_block(dump)):
        if isinstance(block, Error):
            yield {"error": fault(block)}
            continue
        row: Row = {"superblock": int(block)}
        try:
            device, directory, lost = sb_place(dump, block)
            row |= {"type": filesystem_type(block), "device": device, "directory": directory}
            if not options.a and not block.s_bdev and not directory and lost is None and int(block) not in waiting:
                continue  # the kernel's own
            if options.arguments and not {row["type"], device, directory, f"{int(block):x}"} & set(options.arguments):
                continue
            frozen = sb_frozen(block)
            row |= {"read_only": bool(int(block.s_flags) & SB_RDONLY), "frozen": FROZEN[frozen] if frozen < len(FROZEN) else str(frozen)}
            row["errors"] = _errors(dump, block, by_block.get(int(block), 0))
            if block.s_bdi:
                dirty, written = bdi_pages(dump, block.s_bdi)
                row |= {"dirty": dirty * dump.page_size, "writeback": written * dump.page_size}
            row |= _space(dump, block)
            if lost is not None:
                raise lost
        except Error as error:
            row["error"] = fault(error, partial="frozen" in row)
        row["waiters"] = _people(found, waiting.get(int(block), ()))
        yield row
    if found.unsure is not None:
        yield {"error": fault(found.unsure)}


def _people(found: Graph, tasks: Iterable[int]) -> list[Row]:
    return [
        {"pid": found.threads[task].pid, "comm": found.threads[task].comm, "task": task, "seconds": round(found.seconds(task), 3), "function": found.waits[task].function}
        for task in tasks
        if task in found.threads and task in found.waits
    ]


def _errors(dump: Dump, block: Any, journal: int) -> list[str]:
    """What went wrong in a file system, in words."""
    found = []
    if number := int(block.s_wb_err) & ERRNO if block.hasField("s_wb_err") else 0:
        found.append(f"writeback failed with error {number}")
    if journal:
        one: Any = dump.object("struct journal_s", journal)
        if int(one.j_flags) & JBD2_ABORT or int(one.j_errno):
            found.append(f"journal aborted (error {-int(one.j_errno)})")
    if filesystem_type(block) in ext4.TYPES and dump.find_type("struct", "ext4_sb_info") is not None:
        info: Any = dump.object("struct ext4_sb_info", int(block.s_fs_info))
        if info.hasField("s_add_error_count") and (count := int(info.s_add_error_count)):
            where = str(info.s_first_error_func or "") if info.s_first_error_code else ""
            found.append(f"{count} errors" + (f", first in {where}" if where else ""))
    return found


def _space(dump: Dump, block: Any) -> Row:
    """free (bytes), files_free, where the file system is one that is known."""
    if filesystem_type(block) not in ext4.TYPES:
        return {}
    try:
        counted = ext4.statfs(dump, block)
    except NotFoundError:
        return {}
    return {"free": counted.free * counted.block, "files_free": counted.files_free}


def _state(row: Row) -> str:
    words = [] if "read_only" not in row else ["ro" if row["read_only"] else "rw"]
    if row.get("frozen"):
        words.append(f"FROZEN {how_frozen(FROZEN.index(row['frozen'])) if row['frozen'] in FROZEN else row['frozen']}")
    if row.get("errors"):
        words.append("ERRORS")
    return ", ".join(words)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    yield f"{'SUPERBLOCK':<16} {'TYPE':<10} {'STATE':<20} {'DIRTY kB':>9} {'WRITING':>8} {'WAIT':>4}  DEVICE, DIRECTORY"
    for row in rows:
        if "superblock" not in row:
            yield f"fs: {row['error']['message']}"
            continue
        dirty, writing = (row[key] // 1024 if key in row else "" for key in ("dirty", "writeback"))
        waiters = row["waiters"]
        where = " ".join(filter(None, (row.get("device", ""), row.get("directory", ""))))
        line = f"{row['superblock']:016x} {row.get('type', ''):<10} {_state(row):<20} {dirty:>9} {writing:>8} {len(waiters) or '':>4}  {where}"
        yield f"{line.rstrip()} {mark(row)}".rstrip()
        yield from (f"    {error}" for error in row.get("errors", ()))
        limit = len(waiters) if options.v else SHOWN
        for one in waiters[:limit]:
            yield f"    {one['seconds']:>10.2f} s  PID {one['pid']} ({one['comm']}) in {one['function'] or '?'}"
        if len(waiters) > limit:
            yield f"    … and {len(waiters) - limit} more; -v shows all"


COMMAND = Command(
    name="fs",
    summary="file systems: frozen, read-only, with errors, dirty, and who waits for them",
    topic="files",
    options=(
        Option("-a", help="the kernel's own too, which are mounted nowhere"),
        Option("-v", help="all who wait"),
    ),
    arguments="[TYPE|DEVICE|DIRECTORY|SUPERBLOCK]…",
    description="A file system is shown once, at its first mount; `mount` shows mounts. Dirty pages, and those that are being written back, are\n"
    "counted for the device below (the NFS server, the FUSE connection), which other file systems may share.\n"
    "Who waits are those that sleep for a lock, a journal or a page of it, and those that wait for them.",
    fields={
        "superblock": "struct super_block", "type": "", "device": "", "directory": "first mount point", "read_only": "",
        "frozen": "write, pagefault, fs or complete: how far; empty: not",
        "errors": "in words", "dirty": "bytes", "writeback": "bytes on their way to the device", "free": "bytes (ext4)", "files_free": "inodes (ext4)",
        "waiters": "pid, comm, task, seconds since it last ran, function it sleeps in",
    },
    examples=(("fs", "what is mounted, and in what state"), ("fs ext4", "only those of a type")),
    rows=rows,
    text=text,
)  # fmt: skip
