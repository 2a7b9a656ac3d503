# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces."""

from __future__ import annotations

from pykd.kernel.lists.linked import list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_NAMESPACES = 1 << 20


def init_net(dump: Dump) -> Any:
    """The first ``struct net``."""
    return dump.object("struct net", dump.symbol("init_net", "").address)


def for_each_net(dump: Dump) -> Iterator[Any]:
    """Every ``struct net``, the first one first. :raises FaultError, LimitError: the list cannot be followed to its end."""
    head = dump.symbol("net_namespace_list", "").address
    yield from list_for_each_entry(dump, head, "struct net", "list", limit=MAX_NAMESPACES, what="the list of network namespaces")
