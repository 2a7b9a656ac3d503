# SPDX-License-Identifier: GPL-2.0-or-later
"""Who a task is: ``struct cred``."""

from __future__ import annotations

from pykd.core.members import has_member
from pykd.core.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_GROUPS = 65536
"""NGROUPS_MAX"""


class Ids(NamedTuple):
    """``kuid_t`` and ``kgid_t``, as the initial user namespace has them."""

    uid: int
    gid: int


class Charges(NamedTuple):
    """What counts against the limits of a user."""

    processes: int
    sigpending: int


def ids(cred: Any) -> dict[str, Ids]:
    """Of a ``struct cred`` the pairs by what they are used for: real (""), saved ("s"), effective ("e"), for files ("fs"). :raises FaultError:"""
    return {use: Ids(*(int(getattr(cred, use + kind).val) for kind in Ids._fields)) for use in ("", "s", "e", "fs")}


def groups(cred: Any) -> list[int]:
    """The supplementary groups of a ``struct cred``, at most :data:`MAX_GROUPS`. :raises FaultError:"""
    info = cred.group_info
    return [int(info.gid[number].val) for number in range(min(info.ngroups, MAX_GROUPS))]


def charges(cred: Any) -> Charges:
    """Processes and pending signals of the user of a ``struct cred``, in its user namespace.

    21d1c5e386bc ("Reimplement RLIMIT_NPROC on top of ucounts") and d64696905554 (in v5.14): ``struct ucounts``, which since v5.18 has an array of
    its own for them; before, ``struct user_struct``.

    :raises FaultError:
    """
    user = cred.user
    if has_member(user, "processes"):
        return Charges(int(user.processes.counter), int(user.sigpending.counter))
    return Charges(charge(cred.ucounts, "NPROC"), charge(cred.ucounts, "SIGPENDING"))


def charge(ucounts: Any, kind: str) -> int:
    """What a ``struct ucounts`` has counted against the limit ``UCOUNT_RLIMIT_`` *kind*, since v5.14. :raises FaultError:"""
    counts = ucounts.rlimit if has_member(ucounts, "rlimit") else ucounts.ucount
    return int(counts[type(ucounts).PYT_dump.enumerator(f"UCOUNT_RLIMIT_{kind}")].counter)
