# SPDX-License-Identifier: GPL-2.0-or-later
"""``cache``: which files are in memory, what of them is not yet on disk, and the files themselves."""

from __future__ import annotations

import heapq
import os

from _pykd import Dump, Error
from pykd.core import output, progress
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught, or_error
from pykd.kernel.fs.dentries import d_children, resolve
from pykd.kernel.fs.files import file_kind, for_each_file
from pykd.kernel.fs.paths import dentry_name, is_unhashed
from pykd.kernel.fs.sbnames import sb_place
from pykd.kernel.fs.superblocks import filesystem_type
from pykd.kernel.mm import contents, pagecache
from pykd.kernel.mm.areas import for_each_vma
from pykd.session import context
from pykd.session.command import Command, Option, count
from pykd.session.session import Session
from pykd.values.address import address as to_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

SHOWN = 20
"""Files, unless -n or -a says otherwise"""
CUT = 1 << 16
"""Bytes of a file in one row"""
REASONS = {
    "uncached": "on disk only", "swapped": "in swap space", "unread": "a page that was not filled", "lost": "the tree of its pages cannot be read",
    "excluded": "page excluded", "absent": "page absent", "truncated": "page beyond the end of the dump", "corrupt": "page damaged",
}  # fmt: skip


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    verb = _verb(options)
    if verb in ("ls", "cat"):
        rest = options.arguments[1:]
        if len(rest) != 1:
            raise UsageError(f"cache {verb} takes one {'directory' if verb == 'ls' else 'file'}")
        yield from _entries(dump, rest[0]) if verb == "ls" else _contents(dump, rest[0], options.o)
        return
    if options.arguments:
        raise UsageError(f"there is no cache {options.arguments[0]}; there are ls and cat")
    if options.o is not None:
        raise UsageError("-o belongs to cache cat")
    if verb == "mounts":
        yield from _mounts(dump)
    elif verb == "processes":
        yield from _processes(session, _shown(options))
    else:
        yield from _files(dump, _shown(options), bool(options.d))


def _verb(options: Any) -> str:
    """Which of its views is asked for."""
    if options.arguments and options.arguments[0] in ("ls", "cat"):
        return str(options.arguments[0])
    return "mounts" if options.m else "processes" if options.p else "files"


def _shown(options: Any) -> int | None:
    """How many files or processes are asked for; None: all."""
    if options.a:
        return None
    wanted = count(options.n, "files")
    return SHOWN if wanted is None else wanted


# -- what is in it


def _files(dump: Dump, shown: int | None, only_dirty: bool) -> Iterator[Row]:
    found: list[tuple[int, int, pagecache.Cached, tuple[int, int] | None]] = []
    for number, one in enumerate(pagecache.for_each_cached(dump)):
        if not only_dirty:
            found.append((one.pages, -number, one, None))
        elif one.marked and not isinstance(counts := or_error(pagecache.unwritten, dump, one), Error) and any(counts):
            found.append((sum(counts), -number, one, counts))
    for _, _, one, known in sorted(found, reverse=True) if shown is None else heapq.nlargest(shown, found):
        yield _file(dump, one, known)


def _file(dump: Dump, one: pagecache.Cached, known: tuple[int, int] | None) -> Row:
    """:param known: what :func:`pykd.kernel.mm.pagecache.unwritten` has said of it; None: it was not asked."""
    row: Row = {"inode": one.inode, "superblock": one.superblock, "cached": one.pages * dump.page_size}
    try:
        inode: Any = dump.object("struct inode", one.inode)
        row["size"] = int(inode.i_size)
        dirty, writeback = known or pagecache.unwritten(dump, one)
        row |= {"dirty": dirty * dump.page_size, "writeback": writeback * dump.page_size}
        row |= {"type": filesystem_type(inode.i_sb), "device": sb_place(dump, inode.i_sb).device}
        row["path"] = pagecache.place_of(dump, inode)
    except Error as error:
        row["error"] = fault(error, partial="size" in row)
    return row


def _mounts(dump: Dump) -> Iterator[Row]:
    every: dict[int, Row] = {}
    for one in pagecache.for_each_cached(dump):
        row = every.setdefault(one.superblock, {"superblock": one.superblock, "files": 0, "cached": 0, "dirty": 0, "writeback": 0})
        row["files"] += 1
        row["cached"] += one.pages * dump.page_size
        try:
            dirty, writeback = pagecache.unwritten(dump, one)
            row["dirty"] += dirty * dump.page_size
            row["writeback"] += writeback * dump.page_size
        except Error as error:
            row["error"] = fault(error, partial=True)
    for row in sorted(every.values(), key=lambda row: -row["cached"]):
        try:
            block: Any = dump.object("struct super_block", row["superblock"])
            place = sb_place(dump, block)
            row |= {"type": filesystem_type(block), "device": place.device, "directory": place.directory}
            if place.error is not None:
                raise place.error
        except Error as error:
            row["error"] = fault(error, partial=True)
        yield row


def _processes(session: Session, shown: int | None) -> Iterator[Row]:
    dump = session.dump
    found = []
    leaders = [thread for thread in context.table(session) if thread.pid == thread.tgid]
    for number, thread in enumerate(progress.over(leaders, "cache", len(leaders))):
        row: Row = {"pid": thread.pid, "comm": thread.comm, "task": thread.address}
        inodes: set[int] = set()
        for inode in caught(_inodes_of(dump, thread)):
            if isinstance(inode, Error):
                row["error"] = fault(inode, partial=True)
            else:
                inodes.add(inode)
        columns = dump.read_columns(sorted(inodes), "struct inode", ("i_mapping.nrpages",))
        sizes = [int(pages) for (pages,) in columns if not isinstance(pages, Error) and pages]
        row |= {"files": len(sizes), "cached": sum(sizes) * dump.page_size}
        found.append((row["cached"], -number, row))
    for size, _, row in sorted(found, reverse=True)[:shown]:
        if size or "error" in row:
            yield row


def _inodes_of(dump: Dump, thread: Any) -> Iterator[int | Error]:
    """Addresses of the inodes that a process has open or mapped."""
    task: Any = dump.object("struct task_struct", thread.address)
    for item in caught(for_each_file(dump, task)):
        yield item if isinstance(item, Error) else from_file(item[1])
    if thread.mm:
        for area in caught(for_each_vma(dump, int(thread.mm))):
            if isinstance(area, Error):
                yield area
            elif area.vm_file:
                yield from_file(area.vm_file)


def from_file(file: Any) -> int | Error:
    """Address of the ``struct inode`` of a ``struct file``."""
    try:
        return int(file.f_inode)
    except Error as error:
        return error


# -- folders


def _found(dump: Dump, word: str) -> Any:
    """The ``struct dentry`` of a path. :raises CommandError: the cache does not have it."""
    dentry, path = resolve(dump, word)
    if dentry is None:
        raise CommandError(f"{path} is not in the cache of directory entries")
    return dentry


def _entries(dump: Dump, word: str) -> Iterator[Row]:
    dentry = _found(dump, word) if word.startswith("/") else dump.object("struct dentry", to_address(dump, word))
    if not dentry.d_inode or int(dentry.d_inode.i_mode) >> 12 != 0o4:
        raise CommandError(f"{word} is no directory")
    for child in caught(d_children(dump, dentry)):
        if isinstance(child, Error):
            yield {"error": fault(child)}
            continue
        row: Row = {"dentry": int(child)}
        try:
            if is_unhashed(child):
                continue  # deleted, or never found by its name
            inode = child.d_inode
            row |= {"name": dentry_name(dump, child), "inode": int(inode)}
            if inode:
                mode = int(inode.i_mode)
                row |= {"number": int(inode.i_ino), "type": file_kind(mode).strip(), "mode": mode & 0o7777, "links": int(inode.i_nlink), "size": int(inode.i_size)}
                row["cached"] = int(inode.i_mapping.nrpages) * dump.page_size
            else:
                row["type"] = "NONE"
        except Error as error:
            row["error"] = fault(error, partial="name" in row)
        yield row


# -- files


def found_inode(dump: Dump, word: str) -> Any:
    """The ``struct inode`` of a path, or at an address. :raises CommandError:"""
    if not word.startswith("/"):
        return dump.object("struct inode", to_address(dump, word))
    inode = _found(dump, word).d_inode
    if not inode:
        raise CommandError(f"{word} does not exist; the cache remembers that")
    return inode


def _contents(dump: Dump, word: str, path: str | None) -> Iterator[Row]:
    inode = found_inode(dump, word)
    pieces = contents.joined(contents.pieces(dump, inode))
    if path is not None:
        yield written(int(inode), int(inode.i_size), pieces, path)
        return
    for piece in pieces:
        if piece.data is None:
            yield {"offset": piece.offset, "size": piece.size, "missing": piece.missing, "where": piece.detail}
            continue
        for at in range(0, piece.size, CUT):
            data = piece.data[at : at + CUT]
            yield {"offset": piece.offset + at, "size": len(data), "data": data.hex(), "missing": ""}


def written(inode: int, size: int, pieces: Iterable[contents.Piece], path: str) -> Row:
    """Write a file: what is missing is a hole of it, and in the row."""
    row: Row = {"inode": inode, "size": size, "file": path, "known": 0, "holes": 0, "parts": []}
    with open(output.opened(path), "wb") as file:
        if not file.seekable():
            raise CommandError(f"{path} is no file that can have holes")
        for piece in pieces:
            if piece.data is not None:
                file.seek(piece.offset)
                row["known"] += file.write(piece.data)
            elif piece.missing:
                row["parts"].append({"offset": piece.offset, "size": piece.size, "missing": piece.missing, "where": piece.detail})
            else:
                row["holes"] += piece.size
        file.flush()
        os.ftruncate(file.fileno(), size)
    return row


# -- text


def _kilobytes(row: Row, key: str) -> str:
    return str(row[key] // 1024) if key in row else "?"


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    views = {"ls": _folder_lines, "cat": _file_lines, "mounts": _mount_lines, "processes": _process_lines, "files": _list_lines}
    return views[_verb(options)](rows)


def _list_lines(rows: Iterable[Row]) -> Iterator[str]:
    yield f"{'INODE':<16} {'CACHED kB':>9} {'SIZE kB':>9} {'DIRTY':>7} {'WRITING':>7} {'TYPE':<9} PATH"
    for row in rows:
        size = str((row["size"] + 1023) // 1024) if "size" in row else "?"
        dirty, writing = _kilobytes(row, "dirty"), _kilobytes(row, "writeback")
        place = row.get("path") or (f"({row['device']})" if "path" in row else "?")
        line = f"{row['inode']:016x} {_kilobytes(row, 'cached'):>9} {size:>9} {dirty:>7} {writing:>7} {row.get('type', ''):<9} {place}"
        yield f"{line} {mark(row)}".rstrip()


def _mount_lines(rows: Iterable[Row]) -> Iterator[str]:
    yield f"{'SUPERBLOCK':<16} {'FILES':>7} {'CACHED kB':>9} {'DIRTY':>7} {'WRITING':>7} {'TYPE':<9} DEVICE, DIRECTORY"
    for row in rows:
        cells = f"{_kilobytes(row, 'cached'):>9} {_kilobytes(row, 'dirty'):>7} {_kilobytes(row, 'writeback'):>7}"
        where = " ".join(filter(None, (row.get("device", ""), row.get("directory", ""))))
        yield f"{row['superblock']:016x} {row['files']:>7} {cells} {row.get('type', ''):<9} {where} {mark(row)}".rstrip()


def _process_lines(rows: Iterable[Row]) -> Iterator[str]:
    yield f"{'PID':>7} {'FILES':>7} {'CACHED kB':>9} COMM"
    for row in rows:
        yield f"{row['pid']:>7} {row['files']:>7} {_kilobytes(row, 'cached'):>9} {row['comm']} {mark(row)}".rstrip()


def _folder_lines(rows: Iterable[Row]) -> Iterator[str]:
    yield f"{'INODE':<16} {'NUMBER':>10} TYPE MODE {'LINKS':>5} {'SIZE':>12} {'CACHED kB':>9} NAME"
    for row in rows:
        if "name" not in row:
            yield mark(row)
        elif "number" not in row:
            yield f"{'':16} {'':>10} {row.get('type', '?'):<4} {'':4} {'':>5} {'':>12} {'':>9} {row['name']} {mark(row)}".rstrip()
        else:
            line = f"{row['inode']:016x} {row['number']:>10} {row['type']:<4} {row['mode']:04o} {row['links']:>5} {row['size']:>12} {_kilobytes(row, 'cached'):>9} {row['name']}"
            yield f"{line} {mark(row)}".rstrip()


def _why(part: Row, places: bool = True) -> str:
    where = f" ({part['where']})" if places and part["where"] else ""
    return f"{part['size']} bytes at {part['offset']}: {REASONS.get(part['missing'], part['missing'])}{where}"


def written_lines(row: Row, *, places: bool) -> Iterator[str]:
    """Lines of a row of :func:`written`.

    :param places: say of what is missing where in swap space it is.
    """
    lost = sum(part["size"] for part in row["parts"])
    yield f"{row['size']} bytes to {row['file']}: {row['known']} from memory, {row['holes']} of holes, {lost} missing"
    yield from (f"  missing, and zeros in the file: {_why(part, places)}" for part in row["parts"])


def _file_lines(rows: Iterable[Row]) -> Iterator[str]:
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    line = ""
    for row in rows:
        if "file" in row:
            yield from written_lines(row, places=True)
            continue
        if "data" in row:
            line += decoder.decode(bytes.fromhex(row["data"]))
        else:
            line += decoder.decode(b"", True) + "\n" * bool(line)
            decoder.reset()
            line += f"(missing: {_why(row)})\n" if row["missing"] else f"(hole: {row['size']} zeros at {row['offset']})\n"
        *lines, line = line.split("\n")
        yield from lines
    if line := line + decoder.decode(b"", True):
        yield line


COMMAND = Command(
    name="cache",
    summary="files in memory: how much of them, what is not yet written, what is in them",
    topic="files",
    options=(
        Option("-n", "COUNT", help=f"so many files or processes; default {SHOWN}"),
        Option("-a", help="all of them"),
        Option("-d", help="only files with pages that are not on disk yet, those with most first"),
        Option("-m", help="by file system"),
        Option("-p", help="by process: what it has open or mapped; what several have counts for each"),
        Option("-o", "FILE", help="of cat: write the file there"),
    ),
    arguments="[ls DIRECTORY|cat FILE]",
    description="`cache ls` shows what the cache of directory entries has of a directory; what it does not have is on disk all the same, but for tmpfs.\n"
    "`cache cat` takes a file out of memory, by its path as PID 1 sees it or the address of its inode. What is not in memory, or whose page the\n"
    "dump does not have (makedumpfile leaves the page cache out from -d 2 on), is said, with its place; in the file of -o it is a hole.\n"
    "Dirty pages of files on no disk (tmpfs, shared memory) do not count: nobody will write them.",
    fields={
        "inode": "struct inode; of ls 0 where it is known that there is none", "superblock": "struct super_block", "cached": "bytes in memory",
        "size": "bytes: of the file; of cat of the piece", "dirty": "bytes to be written", "writeback": "bytes on their way",
        "type": "of the file system; of ls REG, DIR, LNK…, NONE: known not to exist", "device": "", "directory": "first mount point",
        "path": "as PID 1 sees it; of what is mounted nowhere that in its file system; empty: it has no name", "files": "number of", "pid": "", "comm": "",
        "task": "struct task_struct", "dentry": "struct dentry", "name": "", "number": "of the inode", "mode": "permissions", "links": "",
        "offset": "of a piece in the file", "data": "hexadecimal", "missing": "why a piece is not known; empty: it is data, or a hole without",
        "where": "more of that: device and page of swap space", "file": "that was written", "known": "bytes of it from memory",
        "holes": "bytes that were never written: zeros", "parts": "that are missing: offset, size, missing, where",
    },
    examples=(
        ("cache", "the files that have most pages in memory"), ("cache -d", "what was not written to disk yet"), ("cache ls /var/log", "what is known of a directory"),
        ("cache cat /etc/hostname", "a file as text"), ("cache cat /var/log/messages -o messages", "the same to a file"),
    ),
    may_be_empty=True,
    writes=("-o",),
    rows=rows,
    text=text,
)  # fmt: skip
