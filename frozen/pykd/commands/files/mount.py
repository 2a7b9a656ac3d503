# SPDX-License-Identifier: GPL-2.0-or-later
"""``mount``: mounted filesystems."""

from __future__ import annotations

from _pykd import Error
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.fs.mounts import for_each_mount, mnt_namespace_of, mount_row
from pykd.kernel.fs.superblocks import sb_inodes
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    if options.f:
        raise CommandError(
            "the super_block.s_files linked list does not exist in this kernel\n"
            "mount: -f option not supported or applicable on this architecture or kernel"
        )
    task = context.chosen(session, [options.n] if options.n else [])[0].address
    wanted = options.arguments
    for mount in caught(for_each_mount(session.dump, mnt_namespace_of(session.dump, task))):
        if isinstance(mount, Error):
            yield {"error": fault(mount)}
            continue
        row = mount_row(session.dump, mount)
        names = {f"{int(mount):x}", f"{row.get('superblock', 0):x}", row.get("device"), row.get("directory")}
        if wanted and not names & {word.removeprefix("0x") if word.startswith("0x") else word for word in wanted}:
            continue
        if options.i and "superblock" in row:
            inodes = list(caught(sb_inodes(session.dump, mount.mnt.mnt_sb)))
            row["inodes"] = [int(inode) for inode in inodes if not isinstance(inode, Error)]
            if inodes and isinstance(inodes[-1], Error):
                row["error"] = fault(inodes[-1], partial=True)
        yield row


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    found = list(rows)
    title = "     MOUNT           SUPERBLK     TYPE   DEVNAME   DIRNAME"
    if not options.i and found:
        yield title
    for row in found:
        if options.i:
            yield title
        line = f"{row['mount']:016x} " if "mount" in row else ""
        if "superblock" in row:
            line += f"{row['superblock']:016x} "
        # a long type shortens the blanks after the device, as crash has it
        line += f"{row.get('type', ''):<6} {row.get('device', '')}".ljust(16) + " " if "type" in row else ""
        line += f"{row['directory']:<10}" if "directory" in row else ""
        yield line + (mark(row) if "error" in row else "")
        if options.i:
            yield "OPEN INODES"
            yield from (f"{inode:016x}" for inode in row.get("inodes", ()))
            yield ""


COMMAND = Command(
    name="mount",
    summary="mounted filesystems",
    topic="files",
    options=(
        Option("-n", "PID|TASK", help="of the namespace of that task"),
        Option("-i", help="the inodes of each filesystem too"),
        Option("-f", help="open files; the kernels since 3.13 keep no list of them"),
    ),
    arguments="[MOUNT|SUPERBLOCK|DEVICE|DIRECTORY]…",
    fields={
        "mount": "struct mount", "superblock": "struct super_block", "type": "filesystem", "device": "", "directory": "mount point",
        "inodes": "struct inode",
    },
    rows=rows,
    text=text,
)
