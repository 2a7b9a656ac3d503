# SPDX-License-Identifier: GPL-2.0-or-later
"""``mount``: mounted filesystems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Error
from pykd.core.errors import CommandError
from pykd.core.rows import Row
from pykd.kernel.fs.paths import path_of
from pykd.kernel.lists import rbtree
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session

LIMIT = 100000
"""fs.mount-max"""


def mounts(session: Session, task: int) -> Iterator[int | Error]:
    """Addresses of ``struct mount`` in the mount namespace of a task."""
    dump = session.dump
    proxy = dump.object("struct task_struct", task).nsproxy or dump.object("struct task_struct", dump.address_of("init_task")).nsproxy
    namespace = proxy.mnt_ns
    mount: Any = dump.struct_class("struct mount")
    if mount.has_member("mnt_node"):
        # 2eea9ce4310d ("mounts: keep list of mounts in an rbtree") (in v6.8)
        problems: list[Error] = []
        offset = mount.member_offset("mnt_node")
        for node, _ in rbtree.nodes(dump, int(namespace) + namespace.fieldOffset("mounts"), problems.append):
            yield node - offset
        yield from problems
        return
    head = int(namespace) + namespace.fieldOffset("list")
    offset = mount.member_offset("mnt_list")
    links, why = dump.follow(head, limit=LIMIT)
    yield from (link - offset for link in links[1:])
    if why is not None:
        yield why if isinstance(why, Error) else Error(f"the list of mounts does not end properly ({why})")


def _row(session: Session, address: int) -> Row:
    dump = session.dump
    mount: Any = dump.object("struct mount", address)
    row: Row = {"mount": address}
    try:
        block: Any = mount.mnt.mnt_sb
        row["superblock"] = int(block)
        row["type"] = str(block.s_type.name) + (f".{block.s_subtype}" if block.s_subtype else "")
        row["device"] = str(mount.mnt_devname or "none")
        vfsmount = address + mount.fieldOffset("mnt")
        row["directory"] = path_of(dump, mount.mnt.mnt_root, vfsmount)
    except Error as error:
        row["error"] = str(error)
    return row


def _inodes(session: Session, superblock: int) -> list[int]:
    """Inodes of a filesystem that the kernel has in memory."""
    dump = session.dump
    block: Any = dump.object("struct super_block", superblock)
    offset = dump.struct_class("struct inode").member_offset("i_sb_list") or 0
    links, _ = dump.follow(superblock + block.fieldOffset("s_inodes"), limit=1 << 22)
    return [link - offset for link in links[1:]]


def rows(session: Session, options: Any) -> Iterator[Row]:
    if options.f:
        raise CommandError(
            "the super_block.s_files linked list does not exist in this kernel\n"
            "mount: -f option not supported or applicable on this architecture or kernel"
        )
    task = context.chosen(session, [options.n] if options.n else [])[0].address
    wanted = options.arguments
    for address in mounts(session, task):
        if isinstance(address, Error):
            yield {"error": str(address)}
            continue
        row = _row(session, address)
        names = {f"{address:x}", f"{row.get('superblock', 0):x}", row.get("device"), row.get("directory")}
        if wanted and not names & {word.removeprefix("0x") if word.startswith("0x") else word for word in wanted}:
            continue
        if options.i and "superblock" in row:
            row["inodes"] = _inodes(session, row["superblock"])
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
        yield line + (f"(error: {row['error']})" if "error" in row else "")
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
