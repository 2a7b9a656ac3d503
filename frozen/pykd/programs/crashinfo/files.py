# SPDX-License-Identifier: GPL-2.0-or-later
"""File systems: frozen ones, sizes of those of the ext family, locks on files, what the cache of directories has."""

from __future__ import annotations

import stat
import textwrap
import time

from _pykd import Error
from pykd.core.errors import CommandError
from pykd.core.members import has_member
from pykd.core.rows import fault, mark
from pykd.core.walk import caught
from pykd.kernel import resources, sysctl, waitqueues
from pykd.kernel.fs import dentries, ext4, filelocks, mounts, superblocks
from pykd.kernel.fs.paths import dentry_name, dentry_path
from pykd.kernel.lists import xarray
from pykd.kernel.pci import for_each_pci_dev
from pykd.kernel.task.namespaces import init_nsproxy
from pykd.programs.crashinfo.notes import warning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row


# ---- frozen file systems


def frozen(dump: Dump, verbose: int) -> Iterator[Row]:
    """Mounted file systems that are frozen, and who waits for their end; without *verbose* that there are some."""
    found = []
    for mount in caught(mounts.for_each_mount(dump, mounts.mnt_namespace_of(dump))):
        try:
            if not isinstance(mount, Error) and superblocks.sb_frozen(block := mount.mnt.mnt_sb):
                row = mounts.mount_row(dump, mount)
                found.append(row | {"kind": "frozen", "level": superblocks.FROZEN[superblocks.sb_frozen(block)], "waiting": _waiting(dump, block)})
        except (Error, IndexError):
            continue  # what the dump lacks is not known to be frozen
    if found and verbose:
        yield warning("There are frozen FS")
        yield from found
    elif found:
        yield warning("There are frozen FS, rerun with '-v' to get a list")


def _waiting(dump: Dump, block: Any) -> list[Row]:
    """Queues of a ``struct super_block`` with the PIDs on them: who waits to write is in those of its per-CPU semaphores (since v4.4)."""
    found = []
    writers = block.s_writers
    heads = [(f"s_writers.rw_sem[{number}]", int(one) + one.fieldOffset("waiters")) for number, one in enumerate(writers.rw_sem)]
    if has_member(writers, "wait_unfrozen"):
        heads.append(("s_writers.wait_unfrozen", int(writers) + writers.fieldOffset("wait_unfrozen")))
    for name, head in heads:
        try:
            tasks = [waitqueues.waiting_task(dump, entry) for entry in waitqueues.for_each_waiter(dump, head)]
            pids = [int(dump.object("struct task_struct", task).pid) for task in tasks if task]
        except Error:
            continue
        if pids:
            found.append({"queue": name, "pids": sorted(pids)})
    return found


def frozen_text(rows: Iterable[Row]) -> Iterator[str]:
    yield "\n --- A list of FS in frozen state ---"
    for row in rows:
        yield f"    --- <struct super_block {row['superblock']:#x}>"
        yield "        " + " ".join(str(row.get(name) or mark(row)) for name in ("type", "device", "directory"))
        for one in row["waiting"]:
            yield f"      PIDs waiting on {one['queue']}"
            yield from textwrap.wrap(str(one["pids"]), width=60, initial_indent="         ", subsequent_indent=16 * " ")


# ---- ext2, ext3, ext4


def sizes(dump: Dump) -> Iterator[Row]:
    """What statfs() would say of each mounted file system of the family."""
    for mount in caught(mounts.for_each_mount(dump, mounts.mnt_namespace_of(dump))):
        try:
            if isinstance(mount, Error) or superblocks.filesystem_type(mount.mnt.mnt_sb) not in ext4.TYPES:
                continue
        except Error:
            continue
        row = mounts.mount_row(dump, mount) | {"kind": "ext4"}
        try:
            row |= ext4.statfs(dump, mount.mnt.mnt_sb)._asdict()
        except Error as error:
            row["error"] = fault(error)
        yield row


def sizes_text(row: Row) -> Iterator[str]:
    yield f"\n{row['mount']:#x} {row.get('superblock', 0):#x} {row.get('type', ''):>8s}   {row.get('directory', '')}"
    if "files" not in row:
        yield f"    {mark(row)}"
        return
    kilobytes = [None if row[key] is None else row[key] * row["block"] // 1024 for key in ("blocks", "free", "available")]
    values = (
        (kilobytes[0], "size of fs in 1KB blocks"), (row["block"], "file system block size"), (kilobytes[1], "free blocks"),
        (kilobytes[2], "free blocks for non-root"), (row["files"], "inodes"), (row["files_free"], "free inodes"),
    )  # fmt: skip
    yield from (f"{'(excluded)' if value is None else value:>10}    {label}" for value, label in values)


# ---- locks


def locks(dump: Dump) -> Iterator[Row]:
    """Locks on files, each followed by those that wait for it."""
    return (row | {"kind": "file_lock"} for row in filelocks.lock_rows(dump))


def locks_text(rows: Iterable[Row]) -> Iterator[str]:
    yield "KIND      TYPE      PID  COMMAND          RANGE             PATH"
    found = False
    for row in rows:
        found = True
        if "flags" not in row:
            yield f"  {mark(row)}"
            continue
        kind = next((word for word in ("ACCESS", "OFDLCK", "LEASE", "DELEG", "FLOCK", "POSIX") if word in row["flags"]), "?")
        area = f"{row.get('start', '')}-{'EOF' if row.get('end') is None else row['end']}"
        arrow = "-> " if "waits_for" in row else ""
        line = f"{arrow + kind:<10}{row['type']:<6} {row.get('pid', 0):6d}  {row.get('comm', ''):<16} {area:<17} {row.get('path', '')}"
        yield f"{line} {mark(row)}".rstrip()
        yield f"        <struct file_lock {row['lock']:#x}> inode={row.get('inode', 0):#x}"
    if not found:
        yield "no locks"


# ---- directories


def listing(dump: Dump, path: str, verbose: int) -> Iterator[Row]:
    """A file, and of a directory what the cache has in it. *path* may be the address of a dentry, in hexadecimal."""
    mount: Any = None
    try:
        dentry: Any = dump.object("struct dentry", int(path, 16))
    except ValueError:
        dentry, mount = dentries.lookup(dump, path)
    if dentry is None:
        raise CommandError(f"Cannot list {path}")
    name = dentry_path(dump, dentry, int(mount) + mount.fieldOffset("mnt")) if mount is not None else dentry_name(dump, dentry)
    first = _entry(dump, dentry, name)
    if not first.get("inode") and "error" not in first:
        raise CommandError("Inode is unavailable")
    yield first
    if stat.S_ISDIR(first.get("mode", 0)):
        inside: list[Row] = []
        for child in caught(dentries.d_children(dump, dentry)):
            if isinstance(child, Error):
                inside.append({"kind": "entry", "name": "", "error": fault(child)})
                continue
            row = _entry(dump, child, None)
            if row.get("inode") or "error" in row or verbose > 1:
                inside.append(row)
        yield from ({"inside": True} | row for row in sorted(inside, key=lambda row: (row["name"].removeprefix(".").upper(), row.get("dentry", 0))))


def _entry(dump: Dump, dentry: Any, name: str | None) -> Row:
    row: Row = {"kind": "entry", "name": name or "", "dentry": int(dentry)}
    try:
        row["name"] = dentry_name(dump, dentry) if name is None else name
        inode = dentry.d_inode
        row["inode"] = int(inode)
        if inode:
            row |= {"mode": int(inode.i_mode), "uid": int(inode.i_uid.val), "gid": int(inode.i_gid.val), "size": int(inode.i_size)}
            # 3aa63a569c64 (in v6.11): seconds alone; 12cd44023651 (in v6.7): __i_mtime
            seconds = next(path for path in ("i_mtime_sec", "__i_mtime.tv_sec", "i_mtime.tv_sec") if has_member(inode, path))
            row["modified"] = int(inode.Eval(seconds))
    except Error as error:
        row["error"] = fault(error)
    return row


def listing_text(rows: Iterable[Row], verbose: int) -> Iterator[str]:
    begun = False
    for row in rows:
        if row.get("inside") and not begun:
            begun = True
            yield "=== Listing Directory Contents"
        if "modified" not in row:
            yield f"  -- <struct dentry {row.get('dentry', 0):#x}> {'' if 'error' in row else ' (stale)'} {row['name']} {mark(row)}".rstrip()
            continue
        if verbose:
            yield f" -- <struct dentry {row['dentry']:#x}> {row['name']}"
            yield f"       <struct inode {row['inode']:#x}>   mode={row['mode']:08o}"
        changed = time.strftime("%Y-%m-%d %H:%M", time.localtime(row["modified"]))
        indent = "      " if verbose else ""
        yield f"{indent} {stat.filemode(row['mode'])} {row['uid']:5d} {row['gid']:5d} {row['size']:10d} {changed} {row['name']}"


# ---- sysctls, resources, trees


def sysctls(dump: Dump) -> Iterator[Row]:
    """Each sysctl with its value."""
    found: list[Row] = []
    for one in sysctl.for_each_sysctl(dump, init_nsproxy(dump)):
        if isinstance(one, Error):
            found.append({"kind": "sysctl", "name": "", "error": fault(one)})
            continue
        name, table = one
        row: Row = {"kind": "sysctl", "name": name, "table": int(table)}
        try:
            row["value"] = sysctl.sysctl_value(dump, table)
            symbol = dump.symbol_at(int(table.proc_handler)) if table.proc_handler else None
            row["handler"] = symbol.name if symbol else ""
        except Error as error:
            row["error"] = fault(error)
        found.append(row)
    last = {row["name"]: row for row in found}
    yield from (last[name] for name in sorted(last))


def sysctls_text(row: Row, verbose: int) -> Iterator[str]:
    if verbose and "table" in row:
        yield f"----- <struct ctl_table {row['table']:#x}> ------ {row.get('handler', '') if verbose > 1 else ''}".rstrip()
    yield f"{row['name']:<20} {row.get('value', '(?)')}"


def pci(dump: Dump) -> Iterator[Row]:
    """PCI devices, and the trees of I/O memory and ports."""
    for device in caught(for_each_pci_dev(dump)):
        row: Row = {"kind": "pci"}
        try:
            if isinstance(device, Error):
                raise device
            row |= {"device": int(device), "name": str(device.dev.kobj.name), "class": int(device.Eval("class")) >> 8}
            row |= {"vendor": int(device.vendor), "id": int(device.Eval("device")), "revision": int(device.revision)}
        except Error as error:
            row["error"] = fault(error)
        yield row
    for root in reversed(resources.ROOTS):
        address = dump.address_of(root, "", default=0)
        for one in caught(resources.for_each_resource(dump, address)) if address else ():
            row = {"kind": "resource", "tree": root}
            try:
                if isinstance(one, Error):
                    raise one
                depth, found, lost = one
                if not depth:
                    continue  # the whole of memory or of ports
                row |= {"depth": depth - 1, "resource": int(found), "start": int(found.start), "end": int(found.end), "name": str(found.name or "")}
                if lost:
                    row["error"] = fault(lost, partial=True)
            except Error as error:
                row["error"] = fault(error)
            yield row


def pci_text(row: Row, verbose: int) -> Iterator[str]:
    if "revision" not in row:
        yield mark(row)
        return
    if verbose:
        yield f"---------- <struct pci_dev {row['device']:#x}> -----------"
    yield f"{row['name'][-7:]} {row['class']:04x}: {row['vendor']:04x}:{row['id']:04x} (rev {row['revision']:02x})"


def resources_text(rows: Iterable[Row], verbose: int) -> Iterator[str]:
    tree = None
    for row in rows:
        if row["tree"] != tree:
            tree = row["tree"]
            yield f"\n{tree:=^70}"
        if "name" not in row:
            yield mark(row)
            continue
        if verbose:
            yield f"\n{f'<struct resource {row["resource"]:#x}>':-^40}"
        digits = 4 if tree == "ioport_resource" else 8
        yield f"{'  ' * row['depth']}{row['start']:0{digits}x}-{row['end']:0{digits}x} : {row['name']}"


def tree_element(dump: Dump, root: str, offset: str) -> Iterator[Row]:
    """What is at an index of a radix tree (or xarray); both numbers in hexadecimal."""
    try:
        place, index = int(root, 16), int(offset, 16)
    except ValueError as error:
        raise CommandError(str(error)) from None
    node, entry = xarray.xa_load(dump, place, index)
    yield {"kind": "element", "node": node, "entry": entry}


def element_text(row: Row) -> Iterator[str]:
    yield f"  node={row['node']:#x}, slot={row['entry']:#x}" if row["entry"] else "   Not found"
