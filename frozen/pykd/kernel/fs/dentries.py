# SPDX-License-Identifier: GPL-2.0-or-later
"""The cache of directory entries: what of a directory the kernel knows, and the way from a path to its dentry."""

from __future__ import annotations

from _pykd import Error, LimitError
from pykd.core.memo import per_dump
from pykd.core.walk import caught
from pykd.kernel.fs import mounts
from pykd.kernel.fs.paths import dentry_name, is_unhashed
from pykd.kernel.lists.linked import hlist_for_each_entry, list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_CHILDREN = 1 << 22


def d_children(dump: Dump, dentry: Any) -> Iterator[Any]:
    """Each ``struct dentry`` that the cache has below a ``struct dentry``, the newest first; those that stand for no file too.

    da549bdd15c2 ("dentry: switch the lists of children to hlist") (in v6.8): a list before.

    :raises FaultError, LimitError: the list cannot be followed to its end.
    """
    kind = dump.type("struct dentry")
    if kind.member("d_children") is not None:
        head = int(dentry) + kind.offset_of("d_children")
        yield from hlist_for_each_entry(dump, head, "struct dentry", "d_sib", limit=MAX_CHILDREN)
        return
    # 946e51f2bf37 ("move d_rcu from overlapping d_child to overlapping d_alias") (in v3.19)
    member = "d_child" if kind.member("d_child") is not None else "d_u.d_child"
    yield from list_for_each_entry(dump, int(dentry) + kind.offset_of("d_subdirs"), "struct dentry", member, limit=MAX_CHILDREN)


def child(dump: Dump, dentry: Any, name: str) -> Any:
    """The ``struct dentry`` of that name below another that open() would find; None if the cache has none. :raises FaultError, LimitError:"""
    for found in d_children(dump, dentry):
        try:
            if not is_unhashed(found) and dentry_name(dump, found) == name:
                return found
        except Error:
            continue
    return None


@per_dump
def _places(dump: Dump) -> list[tuple[list[str], Any]]:
    """(words of its path, ``struct mount``) of each mount in the mount namespace of PID 1 that can be read. :raises FaultError:"""
    found: list[tuple[list[str], Any]] = []
    for mount in caught(mounts.for_each_mount(dump, mounts.mnt_namespace_of(dump))):
        try:
            if not isinstance(mount, Error):
                found.append(([word for word in mounts.mount_path(dump, mount).split("/") if word], mount))
        except Error:
            continue
    return found


def lookup(dump: Dump, path: str) -> tuple[Any, Any]:
    """(``struct dentry``, ``struct mount``) of an absolute path in the mount namespace of PID 1; the dentry is None where the cache lacks a part of
    the path, and both where nothing is mounted that could have it.

    Symbolic links are not followed.

    :raises FaultError, LimitError:
    """
    words = [word for word in path.split("/") if word and word != "."]
    best, depth = None, -1
    for place, mount in _places(dump):
        # of those at one place the last is on top
        if place == words[: len(place)] and len(place) >= depth:
            best, depth = mount, len(place)
    if best is None:
        return None, None
    dentry: Any = best.mnt.mnt_root
    for word in words[depth:]:
        dentry = child(dump, dentry, word)
        if dentry is None:
            break
    return dentry, best


MAX_LINKS = 40
"""Symbolic links on the way to a file (MAXSYMLINKS)"""
S_IFMT, S_IFLNK = 0xF000, 0xA000


def link_target(dump: Dump, inode: Any) -> str:
    """Where the ``struct inode`` of a symbolic link leads to; "" of any other, and of one whose target is not in its inode. :raises FaultError:

    61ba64fc0768 ("don't pass nameidata to ->follow_link()") and 4.2: ``i_link``, of short ones.
    """
    if not inode or int(inode.i_mode) & S_IFMT != S_IFLNK or not (target := int(inode.Eval("i_link"))):
        return ""
    return dump.read_string(target).decode("utf-8", "backslashreplace")


def resolve(dump: Dump, path: str) -> tuple[Any, str]:
    """(``struct dentry``, path) of an absolute path as PID 1 sees it, behind the symbolic links on the way; the dentry is None where the cache lacks a
    part of the path, which then ends with that part.

    :raises FaultError, LimitError:
    """
    words = [word for word in path.split("/") if word and word != "."]
    links = 0
    done: list[str] = []
    dentry, _ = lookup(dump, "/")
    while words:
        word = words.pop(0)
        if word == "..":
            done = done[:-1]
            continue
        done.append(word)
        dentry, _ = lookup(dump, "/" + "/".join(done))
        if dentry is None:
            return None, "/" + "/".join(done)
        if target := link_target(dump, dentry.d_inode):
            links += 1
            if links > MAX_LINKS:
                raise LimitError(f"too many symbolic links on the way to {path}")
            done = [] if target.startswith("/") else done[:-1]
            words = [part for part in target.split("/") if part and part != "."] + words
    if ".." in path.split("/") or dentry is None:
        dentry, _ = lookup(dump, "/" + "/".join(done))
    return dentry, "/" + "/".join(done)
