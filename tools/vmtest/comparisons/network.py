# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets, interfaces, neighbours, routes."""

from __future__ import annotations

from collections.abc import Iterator

from comparisons.registry import comparison, unequal_sets
from truth import Truth

LISTEN = 10


def _inet(truth: Truth, name: str) -> Iterator[tuple]:
    for words in truth.table(f"proc/self/net/{name}"):
        state = int(words[3], 16)
        queues = tuple(int(n, 16) for n in words[4].split(":"))
        protocol = name.rstrip("6")
        waiting = protocol == "tcp" and words[9] == "0" and state in (3, 4, 5, 6)
        yield name, state, words[1], words[2], int(words[9]), queues if protocol == "tcp" and not waiting else None


@comparison()
def sockets(truth: Truth, found: dict) -> Iterator[str]:
    """TCP in every state, UDP, raw, unix, netlink and packet sockets, against /proc/net/*."""
    have: dict[str, set[tuple]] = {}
    for name, *rest in found["rows"]:
        have.setdefault(name, set()).add((name, *(tuple(x) if isinstance(x, list) else x for x in rest)))
    for name in ("tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6"):
        wanted = set(_inet(truth, name))
        # Queues of an orphan that the kernel tries to send change with time.
        yield from unequal_sets("socket", _settled(have.get(name, set())), _settled(wanted))
    wanted = {("unix", int(words[4], 16), int(words[5], 16), int(words[6]), " ".join(words[7:]))
              for words in truth.table("proc/self/net/unix")}
    yield from unequal_sets("socket", have.get("unix", set()), wanted)
    wanted = {("netlink", int(words[1]), int(words[2]), int(words[3], 16), int(words[9])) for words in truth.table("proc/self/net/netlink")}
    yield from unequal_sets("socket", have.get("netlink", set()), wanted)
    wanted = {("packet", int(words[2]), int(words[3], 16), int(words[4]), int(words[8])) for words in truth.table("proc/self/net/packet")}
    yield from unequal_sets("socket", have.get("packet", set()), wanted)
    for name, reason in found["refused"].items():
        yield f"no {name}: {reason}"


def _settled(rows: set[tuple]) -> set[tuple]:
    return {row if row[4] or row[1] == LISTEN else (*row[:5], None) for row in rows}
