# SPDX-License-Identifier: GPL-2.0-or-later
"""Whose code pykd runs of what lies about in ``.``, which is often a folder with somebody's dump. The README has the rule as a table.

What the user names (a program, and with it the modules that it imports) may come from there if it is the user's *own*: it belongs to the
effective user or to root, and so do its folder and all folders above, none of which others can write. A tar that root has unpacked is
root's, so that to own something is not to consent: what runs without being named (``.pykdrc``, PyKdumpInit) comes from there only if the user
*trusts* the folder, by ``set trust DIR`` in the own configuration or by ``--trust-cwd``.
"""

import posix
import sys

_S_IWGRP, _S_IWOTH, _S_ISVTX = 0o020, 0o002, 0o1000

everything = False
"""``--trust-cwd``"""
folders: list[str] = []
"""Real paths of those that are trusted, with all that is below."""
_said: set[str] = set()


def is_trusted(folder: str) -> bool:
    """Whether the user has said that what lies there may run; *folder* is a real path."""
    return everything or any(folder == one or folder.startswith(one.rstrip("/") + "/") for one in folders)


def why_not_own(path: str) -> str | None:
    """Why the file or folder *path* (absolute) is not the user's own, or None. :raises OSError: it is not there"""
    reason = _why_not(path, above=False)
    while reason is None and path != "/":
        path = path.rpartition("/")[0] or "/"
        reason = _why_not(path, above=True)
    return reason


def _why_not(path: str, above: bool) -> str | None:
    """
    :param above: a folder in which others may put something, as all may in /tmp, if they cannot replace what is not theirs.
    """
    status = posix.stat(path)
    if status.st_uid not in (0, posix.geteuid()):
        return f"{path} belongs to user {status.st_uid}"
    writable = status.st_mode & _S_IWOTH or (status.st_mode & _S_IWGRP and status.st_gid != 0)
    return f"{path} can be written by others" if writable and not (above and status.st_mode & _S_ISVTX) else None


def may_run_unnamed(name: str) -> bool:
    """Whether the file *name* of the current folder, which nobody has asked for, may run; says so if not."""
    folder = posix.getcwd()
    if is_trusted(folder):
        return True
    say(f"{folder}/{name} is passed over; `set trust {folder}` in ~/.pykdrc, or --trust-cwd, lets it run")
    return False


def is_users_file(path: str) -> bool:
    """Whether the file *path* of the home folder is the user's to write, which HOME, as sudo may leave it, does not say; says so if not."""
    status = posix.stat(path)
    if status.st_uid in (0, posix.geteuid()) and not status.st_mode & _S_IWOTH:
        return True
    say(f"{path} is passed over: " + ("it can be written by all" if status.st_mode & _S_IWOTH else f"it belongs to user {status.st_uid}"))
    return False


def replaces(path: str, what: str) -> None:
    """Tell that the file *path*, found by way of ``.``, is used in place of something that pykd has itself."""
    say(f"{path} is used in place of pykd's own {what}")


def say(message: str) -> None:
    """One line for the user, once."""
    if message not in _said and sys.stderr is not None:
        _said.add(message)
        print(f"pykd: {message}", file=sys.stderr)
