# SPDX-License-Identifier: GPL-2.0-or-later
"""Networking: addresses as text, and the network namespace that helpers look at."""

from __future__ import annotations

import re  # noqa: F401  handed on
import socket
import struct
from socket import htonl, ntohl, ntohs  # noqa: F401  handed on

from pykdump.API import *

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_NAMESPACES = 1_000_000

_net: StructResult | None = None
_all = False


def ntodots(address: int, printzeroes: bool = True) -> str:
    """Dotted text of an IPv4 address as it lies in memory; 0.0.0.0 is ``*`` without *printzeroes*."""
    if not address and not printzeroes:
        return "*"
    return ".".join(map(str, struct.pack("<I", address & 0xFFFFFFFF)))


def _ipv6_bytes(address: StructResult | Sequence[int]) -> bytes:
    if isinstance(address, StructResult):
        return bytes(readmem(int(address), 16))
    return struct.pack("<4I", *address)


def ntodots6(address: StructResult | Sequence[int]) -> str:
    """Text of a ``struct in6_addr``, or of its 4 words as they lie in memory."""
    return socket.inet_ntop(socket.AF_INET6, _ipv6_bytes(address))


def ipv6_addr_v4mapped(address: StructResult | Sequence[int]) -> bool:
    """Is it an IPv4 address in IPv6's form, ``::ffff:1.2.3.4``?"""
    return _ipv6_bytes(address)[:12] == bytes(10) + b"\xff\xff"


def get_net_namespace_list() -> list[StructResult]:
    """Every ``struct net``."""
    return readSUListFromHead(sym2addr("net_namespace_list"), "list", "struct net", maxel=_MAX_NAMESPACES)


def get_ns_net() -> StructResult:
    """The ``struct net`` that helpers look at: what :func:`set_ns_net` chose, else that of ``--usens``, else the first."""
    return _net or get_nsproxy().net_ns


def net_all() -> bool:
    """Were all network namespaces chosen?"""
    return _all


def set_ns_net(address: int | str | None = None) -> bool:
    """Choose a ``struct net`` by its address, ``"all"`` of them, or with None the usual one.

    :return: False if there is none at the address.
    """
    global _net, _all
    _all = address == "all"
    _net = None
    if address is None or _all:
        return True
    _net = next((net for net in get_net_namespace_list() if int(net) == int(address)), None)  # type: ignore[arg-type]
    return _net is not None
