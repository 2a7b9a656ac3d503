# SPDX-License-Identifier: GPL-2.0-or-later
"""Networking: addresses as text, and the network namespace that helpers look at; :mod:`pykd.kernel.net` under PyKdump's names."""

from __future__ import annotations

import re
import socket
import struct

import pykd
from pykd import Struct
from pykd.kernel.net.addresses import ip_text, ntohl, ntohs
from pykd.kernel.net.namespaces import for_each_net
from pykdump import API
from pykdump.API import get_nsproxy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

# The modules and functions too: programs take them from here.
__all__ = [
    "get_net_namespace_list", "get_ns_net", "htonl", "ipv6_addr_v4mapped", "net_all", "ntodots", "ntodots6", "ntohl", "ntohs", "re", "set_ns_net",
    "socket", "struct",
]  # fmt: skip
__all__ += API.hand_on(globals())

_net: Struct | None = None
_all = False


htonl = ntohl
"""To the order of the network and from it is the same step."""


def ntodots(address: int, printzeroes: bool = True) -> str:
    """Dotted text of an IPv4 address as it lies in memory; 0.0.0.0 is ``*`` without *printzeroes*."""
    if not address and not printzeroes:
        return "*"
    return ip_text((address & 0xFFFFFFFF).to_bytes(4, pykd.current().byteorder))


def _ipv6_bytes(address: Struct | Sequence[int]) -> bytes:
    if isinstance(address, Struct):
        return pykd.current().read(int(address), 16)
    return b"".join(word.to_bytes(4, pykd.current().byteorder) for word in address)


def ntodots6(address: Struct | Sequence[int]) -> str:
    """Text of a ``struct in6_addr``, or of its 4 words as they lie in memory."""
    return ip_text(_ipv6_bytes(address))


def ipv6_addr_v4mapped(address: Struct | Sequence[int]) -> bool:
    """Is it an IPv4 address in IPv6's form, ``::ffff:1.2.3.4``?"""
    return _ipv6_bytes(address)[:12] == bytes(10) + b"\xff\xff"


def get_net_namespace_list() -> list[Struct]:
    """Every ``struct net``. :raises FaultError, LimitError: the list cannot be followed to its end."""
    return list(for_each_net(pykd.current()))


def get_ns_net() -> Any:
    """The ``struct net`` that helpers look at: what :func:`set_ns_net` chose, else that of ``--usens``, else the first."""
    return _net or get_nsproxy().net_ns


def net_all() -> bool:
    """Were all network namespaces chosen?"""
    return _all


def set_ns_net(address: int | str | None = None) -> bool:
    """Choose a ``struct net`` by its address, which is printed; with None the usual one; ``"all"`` says that all are meant, and leaves the choice.

    :return: False if there is none at the address; nothing is chosen then.
    """
    global _net, _all
    if address is None:
        _net, _all = None, False
    elif address == "all":
        _all = True
    else:
        found = next((net for net in get_net_namespace_list() if int(net) == int(address)), None)
        if found is None:
            return False
        _net = found
        print(f" *=*=* Using <struct net {int(address):#x} *=*=*")
    return True
