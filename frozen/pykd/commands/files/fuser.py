# SPDX-License-Identifier: GPL-2.0-or-later
"""``fuser``: tasks that use a file."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault, mark
from pykd.kernel.fs.files import file_row, for_each_open_file
from pykd.kernel.fs.paths import d_path
from pykd.kernel.mm.areas import area_row, areas
from pykd.session import context
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


class _File:
    """The file that is looked for: an inode's address, or a path."""

    def __init__(self, word: str) -> None:
        self.path = word
        try:
            self.inode = int(word, 16) if "/" not in word else 0
        except ValueError:
            raise CommandError(f"invalid argument: {word}") from None

    def is_path(self, dump: Dump, path: Any) -> bool:
        """Whether a ``struct path`` leads to it."""
        if not path.dentry:
            return False
        return int(path.dentry.d_inode) == self.inode if self.inode else d_path(dump, path) == self.path

    def is_row(self, row: Row) -> bool:
        return row.get("inode") == self.inode if self.inode else row.get("path") == self.path


def _usage(dump: Dump, thread: Any, wanted: _File) -> Iterator[str | Error]:
    """How a task uses it, and the errors met on the way."""
    task: Any = dump.object("struct task_struct", thread.address)
    try:
        if task.fs:
            yield from (name for name, path in (("root", task.fs.root), ("cwd", task.fs.pwd)) if wanted.is_path(dump, path))
    except Error as error:
        yield error
    try:
        for number, file in for_each_open_file(dump, thread.address):
            row = file_row(dump, number, file)
            if wanted.is_row(row):
                yield "fd"
                break
    except Error as error:
        yield error
    try:
        if thread.mm:
            yield from _mapped(dump, int(thread.mm), wanted)
    except Error as error:
        yield error


def _mapped(dump: Dump, mm: int, wanted: _File) -> Iterator[str]:
    if wanted.inode:
        for address in areas(dump, mm):
            file = dump.object("struct vm_area_struct", address).vm_file
            if file and int(file.f_inode) == wanted.inode:
                yield "mmap"
                return
    elif any(area_row(dump, address).get("file") == wanted.path for address in areas(dump, mm)):
        yield "mmap"


def rows(session: Session, options: Any) -> Iterator[Row]:
    if len(options.arguments) != 1:
        raise UsageError("one path or inode is needed")
    wanted = _File(options.arguments[0])
    problems: list[Error] = []
    for thread in context.table(session):
        usage: list[str] = []
        for found in _usage(session.dump, thread, wanted):
            if isinstance(found, Error):
                problems.append(found)
            else:
                usage.append(found)
        if usage:
            yield context.identity(thread) | {"usage": usage}
    if problems:
        yield {"error": fault(problems[0], f"{len(problems)} places could not be searched: {problems[0]}", partial=True)}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    found = list(rows)
    users = [row for row in found if "usage" in row]
    if users:
        yield " PID         TASK        COMM             USAGE"
    else:
        yield f"No users of {options.arguments[0]} found"
    for row in users:
        comm = f'"{row["comm"]}"'[:15]
        yield f"{row['pid']:>5}  {row['task']:016x}  {comm:<16} {' '.join(row['usage'])}"
    yield from (mark(row) for row in found if "error" in row)


COMMAND = Command(
    name="fuser",
    summary="users of a file",
    topic="files",
    arguments="PATH|INODE",
    fields={"pid": "", "task": "", "cpu": "", "comm": "", "usage": "of root, cwd, fd, mmap"},
    may_be_empty=True,
    rows=rows,
    text=text,
)
