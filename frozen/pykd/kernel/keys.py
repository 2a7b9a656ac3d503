# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys that the kernel holds for processes, for file systems and for itself: ``struct key``."""

from __future__ import annotations

from pykd.kernel.lists.rbtree import rbtree_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

_DEAD, _REVOKED, _IN_QUOTA, _USER_CONSTRUCT, _INVALIDATED = 0, 1, 2, 3, 5
"""Bits of ``key.flags``, ``include/linux/key.h``"""


def for_each_key(dump: Dump) -> Iterator[Any]:
    """Each ``struct key``, by serial number. :raises FaultError: the rest cannot be read. :raises NotFoundError: the kernel has no keys."""
    return rbtree_for_each_entry(dump, dump.symbol("key_serial_tree", "").address, "struct key", "serial_node")


def letters(key: Any) -> str:
    """What /proc/keys calls the flags of a ``struct key``: instantiated, revoked, dead, in quota, under construction, negative, invalidated.
    :raises FaultError:

    363b02dab09b ("KEYS: Fix race between updating and finding a negative key") (in v4.14): ``state``.
    """
    flags, state = int(key.flags), int(key.state)
    found = (
        ("I", state > 0), ("R", flags >> _REVOKED & 1), ("D", flags >> _DEAD & 1), ("Q", flags >> _IN_QUOTA & 1), ("U", flags >> _USER_CONSTRUCT & 1),
        ("N", state < 0), ("i", flags >> _INVALIDATED & 1),
    )  # fmt: skip
    return "".join(letter if is_set else "-" for letter, is_set in found)


def expiry(key: Any) -> int | None:
    """When a ``struct key`` expires, in seconds since 1970; None: never. :raises FaultError:

    39299bdd2546 ("keys, dns: Allow key types (eg. DNS) to be reclaimed immediately on expiry") (in v6.7): never is the largest number; before, 0.
    """
    when = int(key.expiry)
    return None if when in (0, (1 << 63) - 1) else when


def contents(key: Any, kind: str) -> int | None:
    """Of a keyring the number of its keys, of others the bytes of their payload as they count for the quota; None: that says nothing of this type.
    :raises FaultError:"""
    if int(key.state) <= 0:
        return None
    if kind == "keyring":
        return int(key.keys.nr_leaves_on_tree)
    return int(key.datalen) if kind in ("user", "logon", "big_key", "encrypted", "trusted") else None
