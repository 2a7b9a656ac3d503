# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses of the network as text."""

from __future__ import annotations

from _pykd import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump

_MAPPED = bytes(10) + b"\xff\xff"
"""An IPv4 address as one of IPv6 begins so"""


def ip_text(data: bytes) -> str:
    """An IPv4 address of its 4 bytes, or IPv6 of 16, in their order in memory; the latter in the form of RFC 5952.

    Not by inet_ntop(): that of musl shortens a single zero, and of two equal runs not always the first.
    """
    if len(data) == 4:
        return ".".join(map(str, data))
    if data[:12] == _MAPPED:
        return f"::ffff:{ip_text(data[12:])}"
    groups = [int.from_bytes(data[i : i + 2], "big") for i in range(0, 16, 2)]
    start, length = 0, 1  # one zero alone is written
    for i in range(8):
        run = next((j for j, group in enumerate(groups[i:]) if group), 8 - i)
        if run > length:
            start, length = i, run
    if length == 1:
        return ":".join(f"{group:x}" for group in groups)
    return ":".join(f"{group:x}" for group in groups[:start]) + "::" + ":".join(f"{group:x}" for group in groups[start + length :])


def _from_net(number: int, size: int, dump: Dump | None) -> int:
    order = (dump or current()).byteorder
    return int.from_bytes((number & (1 << 8 * size) - 1).to_bytes(size, order), "big")


def ntohs(port: int, dump: Dump | None = None) -> int:
    """A number that the kernel keeps in the network's order (``__be16``), read as one of the dump's, as what it says; and back."""
    return _from_net(int(port), 2, dump)


def ntohl(number: int, dump: Dump | None = None) -> int:
    """The same of a ``__be32``."""
    return _from_net(int(number), 4, dump)
