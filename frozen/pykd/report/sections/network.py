# SPDX-License-Identifier: GPL-2.0-or-later
"""Network devices, and sockets by protocol and state."""

from __future__ import annotations

from _pykd import Error
from pykd.core.walk import caught
from pykd.kernel.net.devices import IFF_UP, OPERSTATES, for_each_netdev, netdev_addresses
from pykd.kernel.net.namespaces import for_each_net
from pykd.kernel.net.sockets import TCP_STATES, for_each_socket
from pykd.report.blocks import Block, table
from pykd.report.sections import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

MAX_DEVICES = 200
MAX_SOCKETS = 200_000


def make(facts: Facts) -> Iterator[Block]:
    rows: list[list[Any]] = []
    for number, net in enumerate(caught(for_each_net(facts.dump))):
        if isinstance(net, Error):
            break
        for device in caught(for_each_netdev(facts.dump, net)):
            if len(rows) >= MAX_DEVICES:
                break
            try:
                if isinstance(device, Error):
                    raise device
                addresses = ", ".join(text for text in caught(netdev_addresses(facts.dump, device)) if isinstance(text, str))
                oper = int(device.operstate)
                rows.append([number, str(device.name), "up" if int(device.flags) & IFF_UP else "down", OPERSTATES[oper] if oper < len(OPERSTATES) else oper, addresses])
            except Error:
                rows.append([number, "(unreadable)", "", "", ""])
    yield table(("netns", "device", "admin", "link", "addresses"), rows, "Devices")
    counts: dict[tuple[str, str], int] = {}
    for count, socket in enumerate(caught(for_each_socket(facts.dump))):
        if count >= MAX_SOCKETS:
            break
        try:
            if not isinstance(socket, Error):
                state = int(socket.common.skc_state) if socket.protocol == "tcp" else 0
                key = socket.protocol, TCP_STATES[state] if 0 < state < len(TCP_STATES) else ""
                counts[key] = counts.get(key, 0) + 1
        except Error:
            continue
    yield table(("protocol", "state", "sockets"), [[*key, count] for key, count in sorted(counts.items())], "Sockets")


SECTION = Section("Network", make)
