# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses of the network as text."""

from __future__ import annotations


def ip_text(data: bytes) -> str:
    """An IPv4 address of its 4 bytes, or IPv6 of 16, in their order in memory."""
    import socket

    return socket.inet_ntop(socket.AF_INET if len(data) == 4 else socket.AF_INET6, data)


def ntohs(port: int) -> int:
    """A port as the kernel keeps it (``__be16``, read as little-endian) as a number."""
    return (port & 0xFF) << 8 | port >> 8 & 0xFF
