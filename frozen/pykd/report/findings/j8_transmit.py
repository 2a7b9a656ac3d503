# SPDX-License-Identifier: GPL-2.0-or-later
"""Network devices that do not send, and devices that cannot be removed."""

from __future__ import annotations

import re

from _pykd import Error
from pykd.core.walk import caught
from pykd.kernel.net.devices import IFF_UP, for_each_netdev
from pykd.kernel.net.namespaces import for_each_net
from pykd.report.finding import EXACT, FOUND, LIMITS, LOCKS, SERIOUS, STOPS, Finding, Found
from pykd.report.wording import threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

XOFF = 1 << 0
"""__QUEUE_STATE_DRV_XOFF of ``netdev_queue.state``: the driver stopped it."""
NO_CARRIER = 1 << 2
"""__LINK_STATE_NOCARRIER of ``net_device.state``"""
UNREGISTERED = r"unregister_netdevice: waiting for (\S+) to become free"
MAX_QUEUES = 4096
LONG = 10.0


def rule(facts: Facts) -> Iterator[Found]:
    waiting = [task for task, wait in facts.graph.waits.items() if wait.purpose and wait.purpose.key == "netdev"]
    seconds = max((facts.seconds(task) for task in waiting), default=0.0)
    told = facts.messages(UNREGISTERED)
    if waiting and told:
        evidence = (told[-1].text, *(f"{facts.who(task)} waits in {facts.graph.waits[task].function}" for task in waiting[:3]))
        names = sorted({found[1] for record in told if (found := re.search(UNREGISTERED, record.text))})
        text = f"The network device {', '.join(names)} cannot be removed, since something still uses it, and {threads(len(waiting))} for that"
        yield Found(text, STOPS, EXACT, evidence, "net", len(waiting), max(seconds, LONG), LOCKS)
    for net in caught(for_each_net(facts.dump)):
        if isinstance(net, Error):
            raise net
        for device in caught(for_each_netdev(facts.dump, net)):
            try:
                if isinstance(device, Error):
                    raise device
                if int(device.flags) & IFF_UP and not int(device.state) & NO_CARRIER:
                    yield from _queues(facts, device)
            except Error as error:
                facts.note(error)
                continue


def _queues(facts: Facts, device: Any) -> Iterator[Found]:
    patience = int(device.watchdog_timeo)
    if patience <= 0:
        return  # a device without a queue of its own
    size = facts.dump.type("struct netdev_queue").size
    for number in range(min(int(device.num_tx_queues), MAX_QUEUES)):
        queue: Any = facts.dump.object("struct netdev_queue", int(device.Eval("_tx")) + number * size)
        since = (facts.jiffies - int(queue.trans_start)) & (1 << 64) - 1
        if int(queue.state) & XOFF and queue.trans_start and patience < since < 1 << 40:
            evidence = (f"netdev_queue {int(queue):#x}: stopped, last sent {since / facts.hz:.1f} s before the end (limit {patience / facts.hz:.1f} s)",)
            yield Found(f"The network device {device.name!s} has not sent from its queue {number} for {since / facts.hz:.0f} s", SERIOUS, FOUND, evidence, "net")
            return


FINDING = Finding(
    key="J8",
    title="network device",
    level=LIMITS,
    rule=rule,
    false_alarm="the guest was paused; flow control stops the queue",
    advice="look at the driver's rings and interrupt (irq), and at the firmware; of a virtual card at the host",
    excluded="no network device is stopped, and none waits to be removed",
)
