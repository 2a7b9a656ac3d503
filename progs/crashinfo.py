# SPDX-License-Identifier: GPL-2.0-or-later
"""The first look at a dump: what crashed, why, and what is unusual."""

from __future__ import annotations

from optparse import OptionParser

from pykd.core.rows import Row
from pykd.session.program import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

__version__ = "1.3.7"

_FLAGS = (
    ("--fast", "fast", "Fast mode - do not run potentially slow tests"),
    ("--sysctl", "sysctl", "Print sysctl info."),
    ("--ext3", "ext3", "Print EXT3 info."),
    ("--blkreq", "blkreq", "Print Block I/O requests"),
    ("--blkdevs", "blkdevs", "Print Block Devices Info"),
    ("--filelock", "filelock", "Print filelock info."),
    ("--stacksummary", "stacksummary", "Print stacks (bt) categorized summary."),
)
_MORE_FLAGS = (
    ("--keventd_wq", "keventd_wq", "Decode keventd_wq"),
    ("--kblockd_wq", "kblockd_wq", "Decode kblockd_workqueue"),
    ("--lws", "lws", "Print Locks Waitqueues and Semaphores"),
    ("--devmapper", "devmapper", "Print DeviceMapper Tables"),
    ("--runq", "runq", "Print Runqueus"),
)
_LOCKS = (
    ("--semaphore", "sema", "Print 'struct semaphore' info"),
    ("--rwsemaphore", "rwsema", "Print 'struct rw_semaphore' info"),
    ("--mutex", "mutex", "Print Mutex info"),
)


def parser() -> OptionParser:
    options = OptionParser(prog="crashinfo")
    options.add_option("-v", dest="verbose", default=0, action="count", help="verbose output")
    options.add_option("-q", dest="quiet", default=0, action="store_true", help="quiet mode - print warnings only")
    for flag, name, help in _FLAGS:
        options.add_option(flag, dest=name, default=0, action="store_true", help=help)
    options.add_option(
        "--findstacks", dest="findstacks", default="", help="Print stacks (bt) containing functions that match the provided pattern"
    )
    options.add_option("--checkstacks", dest="checkstacks", default="", action="store_true", help=" Check stacks of all threads for corruption")
    options.add_option("--decodesyscalls", dest="decodesyscalls", default="", help="Decode Syscalls on the Stack")
    for flag, name, help in _MORE_FLAGS:
        options.add_option(flag, dest=name, default="", action="store_true", help=help)
    for flag, name, help in _LOCKS:
        options.add_option(flag, dest=name, default=0, type="long", help=help)
    options.add_option("--umem", dest="umem", default="", action="store_true", help="Print User-space Memory Usage")
    options.add_option("--ls", dest="ls", default="", help="Emulate 'ls'. You can specify either dentry address or full pathname")
    options.add_option("--workqueues", dest="workqueues", default="", action="store_true", help="Print Workqueues - just for some kernels")
    options.add_option(
        "--radix_tree_element", dest="radix_tree_element", nargs=2, metavar="root offset", help="Find and print a radix tree element"
    )
    options.add_option("--pci", dest="pci", default="", action="store_true", help="Print PCI Info")
    options.add_option("--version", dest="version", default=0, action="store_true", help="Print program version and exit")
    return options


def _one(session: Any, options: Any) -> Iterable[Row] | None:
    """The rows of the one subject that an option asks for; None: the report is."""
    from pykd.programs.crashinfo import files, memory, queues, storage, syscalls, tasks

    dump, verbose = session.dump, options.verbose
    if options.lws:
        return queues.in_use(session)
    if options.radix_tree_element:
        return files.tree_element(dump, *options.radix_tree_element)
    if options.pci:
        return files.pci(dump)
    if options.sysctl:
        return files.sysctls(dump)
    if options.findstacks:
        from pykd.programs import stacks

        pattern = options.findstacks.strip("'\"")
        return ({"kind": "stack", **row} for row in session.rows("foreach bt") if stacks.has(row, pattern))
    if options.checkstacks:
        return (row for row in tasks.damaged_stacks(dump))
    if options.keventd_wq:
        return queues.one_workqueue(dump, "system_percpu_wq", "system_wq")
    if options.kblockd_wq:
        return queues.one_workqueue(dump, "kblockd_workqueue")
    if options.blkreq:
        return storage.pending(dump)
    if options.blkdevs:
        return storage.drivers(session)
    if options.decodesyscalls:
        return syscalls.calls(session, options.decodesyscalls)
    for kind, address in (("semaphore", options.sema), ("rwsem", options.rwsema), ("mutex", options.mutex)):
        if address:
            return queues.lock(dump, kind, address)
    if options.workqueues:
        return queues.all_workqueues(dump, verbose)
    if options.ext3:
        return files.sizes(dump)
    if options.ls:
        return files.listing(dump, options.ls, verbose)
    if options.stacksummary:
        return tasks.merged(session.rows("foreach bt"), dump, verbose)
    if options.devmapper:
        return storage.mapped(dump, verbose)
    if options.runq:
        return queues.runqueues(session)
    if options.umem:
        return memory.processes(dump)
    if options.filelock:
        return files.locks(dump)
    return None


def rows(session: Any, options: Any) -> Iterator[Row]:
    from pykd.programs.crashinfo import report

    if options.version:
        yield {"kind": "version", "version": __version__}
        return
    found = _one(session, options)
    if found is not None:
        yield from found
    else:
        yield from report.rows(session, verbose=options.verbose, quiet=bool(options.quiet), fast=bool(options.fast))


def text(rows: Iterable[Row], options: Any, session: Any) -> Iterator[str]:
    from pykd.programs.crashinfo import report, storage

    if options.version:
        yield from (f"CRASHINFO version {row['version']}" for row in rows)
        return
    if options.blkreq:
        found = list(rows)
        yield from storage.pending_text(found, options.verbose)
        for row in found:
            if row["kind"] == "cpu_done":
                yield from storage.done_text(row, options.verbose)
        yield from storage.ages_text(found, options.verbose)
        return
    one = _is_one(options)
    if not one:
        yield from report.heading(f"*** Crashinfo v{__version__} ***", framed=True)
        yield ""
    if one:
        rows = list(rows)
        if not rows:
            yield from _nothing(options)
    yield from report.text(rows, session, verbose=options.verbose, bare=bool(one and not options.runq))


_SUBJECTS = (
    "lws", "radix_tree_element", "pci", "sysctl", "findstacks", "checkstacks", "keventd_wq", "kblockd_wq", "blkdevs", "decodesyscalls", "sema",
    "rwsema", "mutex", "workqueues", "ext3", "ls", "stacksummary", "devmapper", "runq", "umem", "filelock",
)  # fmt: skip


def _is_one(options: Any) -> bool:
    return any(getattr(options, name) for name in _SUBJECTS)


def _nothing(options: Any) -> Iterator[str]:
    """What a subject without rows says."""
    from pykd.programs.crashinfo import files, queues, storage

    if options.lws:
        yield from queues.in_use_text([])
    elif options.workqueues:
        yield from queues.workqueues_text([], options.verbose)
    elif options.devmapper:
        yield from storage.mapped_text([])
    elif options.filelock:
        yield from files.locks_text([])


COMMAND = Program(
    name="crashinfo",
    summary="first-pass report of a dump",
    topic="system",
    parser=parser,
    description=(
        "Without options the whole report: the system, what the CPUs did, why there is a dump, states of tasks, use of memory, what is unusual\n"
        "(hangs, reclaim, frozen file systems, outstanding requests, damaged stacks), run queues, networking, mounts, the end of the log, and\n"
        "once more all warnings. -v says more of each, -q the warnings only, --fast leaves out what takes long. Other options are one subject each."
    ),
    fields={
        "kind": "of which part the row is: system, cpu, reason, ran, state, recent, memory, runqueue, sockets, mount, log, warning, problem…",
        "text": "of a warning, a problem, a line of the log", "late": "the warning is for the end", "cause": "why there is a dump",
        "detail": "of it", "field": "of `sys`", "value": "of `sys`, or of a sysctl",
        "online": "as of `sys`", "date": "as of `sys`", "seconds": "as of `sys`", "loads": "as of `sys`", "bytes": "as of `sys`", "pid": "", "task": "address of the task_struct",
        "cpu": "", "comm": "", "frames": "as of `bt`", "user_registers": "as of `bt`", "end": "as of `bt`",
        "why": "as of `bt`; what is wrong with a stack", "guessed": "as of `bt`", "within": "seconds", "threads": "how many",
        "state": "their state", "ago": "since a thread ran: ms of recent, s of sleepers", "arguments": "of a process, or a call",
        "processes": "each the child of the one before", "name": "", "pages": "", "size": "bytes", "percent": "",
        "of": "of what it is a part", "exact": "pages, with what CPUs hold back", "group": "begins a group", "zone": "",
        "blocks": "free ones by size in bytes; of a file system", "limit": "percent", "disk": "struct gendisk",
        "queue": "struct request_queue", "requests": "each with operation, age (s), state", "bios": "under way", "mount": "struct mount",
        "superblock": "struct super_block", "type": "", "device": "", "directory": "", "level": "of freezing",
        "waiting": "queues with PIDs", "runqueue": "struct rq", "current": "that runs", "fair": "tasks with run time in ns",
        "real_time": "tasks by priority", "locked": "the lock of the run queue is held", "protocol": "", "states": "sockets by state",
        "user_data": "sockets of the kernel's own users", "nodelay": "sockets", "listen_not_empty": "sockets", "listen_full": "sockets",
        "receive_closed": "sockets", "send_closed": "sockets", "retransmitting": "sockets", "most_retransmits": "of one socket",
        "receive_full": "sockets", "send_full": "sockets", "sent": "seconds before the crash", "stacks": "that are alike",
        "functions": "innermost first", "levels": "of these", "commands": "how many threads of each name", "pids": "",
        "youngest": "pid, ago (ms)", "oldest": "pid, ago (ms)", "address": "", "held": "by whom", "waiters": "task, pid, comm",
        "function": "", "count": "of a semaphore; as of `sys`", "workqueue": "struct workqueue_struct", "flusher": "struct wq_flusher",
        "pwqs": "struct pool_workqueue, with works", "pwq": "the same", "active": "works", "pool": "struct worker_pool", "workers": "",
        "idle": "of these", "running": "works", "pending": "works", "delayed": "works", "major": "", "disks": "of a driver", "minor": "",
        "table": "struct dm_table, ctl_table", "targets": "of a mapping", "lock": "struct file_lock", "flags": "",
        "start": "first byte, or address", "file": "struct file", "inode": "struct inode", "path": "", "waits_for": "struct file_lock",
        "dentry": "struct dentry", "mode": "", "uid": "", "gid": "", "modified": "seconds since 1970",
        "inside": "of a directory that is listed", "handler": "function", "class": "", "vendor": "", "id": "", "revision": "", "tree": "",
        "depth": "", "resource": "struct resource", "node": "of the tree", "entry": "of the tree", "call": "", "number": "of the call",
        "block": "bytes", "free": "blocks", "available": "blocks", "files": "inodes", "files_free": "inodes", "version": "",
    },
    examples=[("crashinfo", "the report"), ("crashinfo -q", "what is wrong, in a few lines"), ("crashinfo --runq", "run queues")],
    rows=rows,
    text=text,
)  # fmt: skip

if __name__ == "__main__":
    COMMAND.main()
