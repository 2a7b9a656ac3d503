# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers of NFS that are the machine itself: whoever waits for one waits for its nfsd threads."""

from __future__ import annotations

import ipaddress

from _pykd import Error
from pykd.core.memo import per_dump
from pykd.core.walk import caught
from pykd.kernel.net.devices import for_each_netdev, netdev_addresses
from pykd.kernel.net.namespaces import for_each_net

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump
    from pykd.kernel.waits.things import Thing


def rpc_call(dump: Dump, thing: Thing | None) -> Any:
    """The ``struct rpc_task`` that a thread waits for; None if it is not known. The bit that it waits for is in ``tk_runstate``."""
    kind = dump.find_type("struct", "rpc_task")
    member = kind.member("tk_runstate") if kind else None
    if member is None or thing is None or thing.kind != "bit" or not thing.address:
        return None
    return dump.object("struct rpc_task", thing.address - member.offset)


def server_of(call: Any) -> str:
    """The server of a ``struct rpc_task``, as it was named; "" if it is not known. Never raises."""
    try:
        return str(call.tk_client.cl_xprt.servername or "")
    except Error:
        return ""


@per_dump
def _own_addresses(dump: Dump) -> set[str]:
    """Addresses of all interfaces, as text; what cannot be read is left out."""
    found: set[str] = set()
    for net in caught(for_each_net(dump)):
        for device in caught(for_each_netdev(dump, net)) if not isinstance(net, Error) else ():
            if not isinstance(device, Error):
                found.update(text for text in caught(netdev_addresses(dump, device)) if isinstance(text, str))
    return found


def is_own(dump: Dump, server: str) -> bool:
    """Whether the address of a server is one of the machine: of the loopback device, or of another interface. Never raises."""
    try:
        return server == "localhost" or ipaddress.ip_address(server).is_loopback or server in _own_addresses(dump)
    except (ValueError, Error):
        return False
