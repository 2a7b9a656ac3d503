# SPDX-License-Identifier: GPL-2.0-or-later
"""``files``: open files of tasks."""

from __future__ import annotations

from _pykd import Error
from pykd.core.memo import per_dump
from pykd.core.rows import Row, fault, mark
from pykd.kernel.fs.files import dentries_of, file_kind, file_row, for_each_file_of
from pykd.kernel.fs.paths import d_path, dentry_path
from pykd.kernel.lists.xarray import xa_entries
from pykd.kernel.mm.contents import tree_of
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values.address import address as to_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.kernel.task.table import Thread

_KEPT = 1024


def _of_dentry(dump: Any, address: int) -> Row:
    dentry: Any = dump.object("struct dentry", address)
    inode = dentry.d_inode
    return {
        "dentry": address, "inode": int(inode), "superblock": int(dentry.d_sb),
        "type": file_kind(inode.i_mode) if inode else "N/A", "path": dentry_path(dump, address),
    }  # fmt: skip


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    if options.d:
        yield _of_dentry(dump, to_address(dump, options.d))
        return
    if options.n:
        inode: Any = dump.object("struct inode", to_address(dump, options.n))
        yield from (_of_dentry(dump, int(dentry)) for dentry in dentries_of(dump, inode))
        return
    if options.p:
        address = to_address(dump, options.p)
        mapping: Any = dump.object("struct inode", address).i_mapping
        problems: list[str] = []
        pages = [{"index": index, "page": page} for index, page in xa_entries(dump, tree_of(mapping), problems.append)]
        row: Row = {"inode": address, "nrpages": mapping.nrpages, "pages": pages}
        if problems:
            row["error"] = fault(problems[0])
        yield row
        return
    known = _known(dump)
    for thread in context.chosen(session, options.arguments):
        row = known.of(thread)
        if options.R:
            row["files"] = [file for file in row["files"] if _refers(file, options.R)]
            if not row["files"]:
                continue
        yield row


class _Known:
    """What many tasks have in common: threads of a process their table of files and their place, processes the files that they inherited.

    Each is looked at once, unless :data:`_KEPT` others were in between.
    """

    def __init__(self, dump: Dump) -> None:
        from functools import lru_cache  # here, since it brings in much

        self.dump = dump
        self.place = lru_cache(_KEPT)(lambda fs: (d_path(dump, fs.root), d_path(dump, fs.pwd)))
        self.file = lru_cache(_KEPT)(lambda number, file: file_row(dump, number, file))
        self.table = lru_cache(_KEPT)(self._table)

    def _table(self, files: int) -> tuple[list[Row], Error | None]:
        """Rows of the open files of the ``struct files_struct`` at *files*, and why there are no more."""
        found: list[Row] = []
        try:
            for number, file in for_each_file_of(self.dump, files):
                found.append(self.file(number, file))
        except Error as error:
            return found, error
        return found, None

    def of(self, thread: Thread) -> Row:
        row = context.identity(thread)
        row["files"] = []
        task: Any = self.dump.object("struct task_struct", thread.address)
        try:
            if fs := task.fs:
                row["root"], row["cwd"] = self.place(fs)
        except Error as error:
            row["error"] = fault(error)
        try:
            row["files"], why = self.table(int(task.files))
            if why:
                row["error"] = fault(why)
        except Error as error:
            row["error"] = fault(error)
        return row


_known = per_dump(_Known)


def _refers(file: Row, wanted: str) -> bool:
    values = {f"{file.get(key, 0):x}" for key in ("file", "dentry", "inode")} | {str(file["fd"])}
    return wanted.removeprefix("0x") in values or wanted in file.get("path", "")


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.d or options.n:
        yield "     DENTRY           INODE           SUPERBLK     TYPE PATH"
        for row in rows:
            yield f"{row['dentry']:016x} {row['inode']:016x} {row['superblock']:016x} {row['type']:<4} {row['path']}"
        return
    if options.p:
        for row in rows:
            yield "     INODE        NRPAGES"
            yield f"{row['inode']:016x}  {row['nrpages']}"
            yield ""
            yield "      PAGE            INDEX"
            yield from (f"{page['page']:016x}  {page['index']}" for page in row["pages"])
            if "error" in row:
                yield mark(row)
        return
    seen: dict[int, tuple[list[Row], str]] = {}
    yield from context.separated(("\n".join(_task(row, options, seen)),) for row in rows)


def _task(row: Row, options: Any, seen: dict[int, tuple[list[Row], str]]) -> Iterator[str]:
    """
    :param seen: the lines of files by the list that they were made of: tasks that share their table share that list, too.
    """
    yield context.header(row)
    if "cwd" in row:
        yield f"ROOT: {row['root']}    CWD: {row['cwd']}"
    files = row["files"]
    if not files:
        yield "No open files" if "error" not in row else mark(row)
        return
    if id(files) not in seen:
        if len(seen) == _KEPT:
            seen.clear()
        seen[id(files)] = files, "\n".join(_lines(files, options))
    yield seen[id(files)][1]
    if "error" in row:
        yield mark(row)


def _lines(files: list[Row], options: Any) -> Iterator[str]:
    if options.c:
        yield " FD      INODE          I_MAPPING     NRPAGES TYPE PATH"
    else:
        yield " FD       FILE            DENTRY           INODE       TYPE PATH"
    for file in files:
        keys = ("inode", "mapping") if options.c else ("file", "dentry", "inode")
        cells = [f"{file['fd']:>3}", *(f"{file[key]:016x}" if key in file else "?" * 16 for key in keys)]
        if options.c:
            cells.append(f"{file.get('pages', '?'):>7}")
        cells += [file.get("type", "????"), file.get("path", "")]
        yield " ".join(cells) + (f" {mark(file)}" if "error" in file else "")


COMMAND = Command(
    name="files",
    summary="open files",
    topic="files",
    options=(
        Option("-d", "DENTRY", help="what a dentry is"),
        Option("-n", "INODE", help="the dentries of an inode"),
        Option("-p", "INODE", help="pages of an inode in the page cache"),
        Option("-c", help="how many pages of each file are in the page cache"),
        Option("-R", "REFERENCE", help="only files with this number, address or part of the path"),
    ),
    arguments="[PID|TASK|COMM]…",
    fields={
        "files": "fd, file, dentry, inode, type, path, mapping, pages", "root": "path", "cwd": "path", "pid": "", "task": "", "cpu": "",
        "comm": "",
    },
    rows=rows,
    text=text,
)
