# SPDX-License-Identifier: GPL-2.0-or-later
"""Resource limits of processes: ``signal_struct.rlim``."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

NAMES = (
    "CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO",
    "RTTIME",
)  # fmt: skip
"""``RLIMIT_…`` by their numbers, include/uapi/asm-generic/resource.h; the last since 78f2c7db6068 (in v2.6.25)."""

INFINITY = (1 << 64) - 1
"""RLIM_INFINITY"""


def limits(signal: Any) -> Iterator[tuple[str, int, int]]:
    """(name as in :data:`NAMES`, ``rlim_cur``, ``rlim_max``) of each limit of a ``struct signal_struct``. :raises FaultError:"""
    for name, limit in zip(NAMES, signal.rlim, strict=False):
        yield name, limit.rlim_cur, limit.rlim_max
