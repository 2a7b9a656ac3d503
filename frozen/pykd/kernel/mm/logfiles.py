# SPDX-License-Identifier: GPL-2.0-or-later
"""Files of logs that are in memory: systemd's journals, and those of syslog daemons."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.walk import caught, or_error
from pykd.kernel.fs.dentries import d_children, resolve
from pykd.kernel.fs.files import dentries_of
from pykd.kernel.fs.paths import dentry_name, is_unhashed
from pykd.kernel.mm import contents, pagecache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

JOURNALS = ("/var/log/journal", "/run/log/journal")
"""Folders of folders of journals, one a machine"""
TEXTS = "/var/log"
ENDS = (".journal", ".journal~")
NAMES = ("messages", "syslog", "kern.log", "auth.log", "secure", "daemon.log", "user.log", "cron", "maillog", "mail.log", "boot.log", "dmesg")
"""Files that syslog daemons write, as distributions set them up"""
MAX_LINE = 1 << 16
"""Bytes of a line of a log; more are lines of their own."""


def _below(dump: Dump, folder: str) -> Iterator[tuple[str, Any]]:
    """(path, ``struct inode``) of what the cache of directory entries has in a folder."""
    try:
        dentry, path = resolve(dump, folder)
    except Error:
        return
    if dentry is None or not dentry.d_inode:
        return
    for child in caught(d_children(dump, dentry)):
        try:
            if not isinstance(child, Error) and not is_unhashed(child) and child.d_inode:
                yield f"{path.rstrip('/')}/{dentry_name(dump, child)}", child.d_inode
        except Error:
            continue


def journals(dump: Dump) -> Iterator[tuple[str, Any]]:
    """(path, ``struct inode``) of each journal at its place, as far as the cache of directory entries has the way to it."""
    for folder in JOURNALS:
        for place, inode in _below(dump, folder):
            if place.endswith(ENDS):
                yield place, inode
            else:
                yield from ((path, file) for path, file in _below(dump, place) if path.endswith(ENDS))


def texts(dump: Dump) -> Iterator[tuple[str, Any]]:
    """(path, ``struct inode``) of the files of :data:`NAMES`."""
    for path, inode in _below(dump, TEXTS):
        if path.rpartition("/")[2] in NAMES:
            yield path, inode


def everywhere(dump: Dump) -> Iterator[tuple[str, Any]]:
    """The same of every journal that has a page in memory: of containers, and where directory entries are lost. Looks at all files."""
    kind: Any = dump.struct_class("struct inode")
    for one in pagecache.for_each_cached(dump):
        inode = kind(one.inode)
        try:
            dentry = next(dentries_of(dump, inode), None)
            if dentry is not None and dentry_name(dump, dentry).endswith(ENDS):
                path = or_error(pagecache.place_of, dump, inode)
                yield "" if isinstance(path, Error) else path, inode
        except Error:
            continue


def lines(dump: Dump, inode: Any) -> Iterator[tuple[int, bytes] | contents.Piece]:
    """(offset, line without its end) of a file of text, and between them what is missing. :raises Error: as :func:`contents.pieces`"""
    start, rest = 0, b""
    for piece in contents.joined(contents.pieces(dump, inode)):
        if piece.data is None:
            if rest:
                yield start, rest
            rest = b""
            if piece.missing:
                yield piece
            continue
        start, data = (start, rest + piece.data) if rest else (piece.offset, piece.data)
        *whole, rest = data.split(b"\n")
        for line in whole:
            for at in range(0, len(line) or 1, MAX_LINE):
                yield start + at, line[at : at + MAX_LINE]
            start += len(line) + 1
        while len(rest) > MAX_LINE:
            yield start, rest[:MAX_LINE]
            start, rest = start + MAX_LINE, rest[MAX_LINE:]
    if rest:
        yield start, rest
