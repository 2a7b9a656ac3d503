# SPDX-License-Identifier: GPL-2.0-or-later
"""Listening sockets whose queue of new connections is full, and other limits of the network that the log tells of."""

from __future__ import annotations

from _pykd import Error
from pykd.core.walk import caught
from pykd.kernel.net.sockets import TCP_LISTEN, for_each_socket
from pykd.report.finding import EXACT, LIMITS, NOTE, SERIOUS, Finding, Found
from pykd.report.logsigns import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

MAX_SOCKETS = 200_000
SIGNS = (
    (r"nf_conntrack: .*table full, dropping packet", "The table of tracked connections is full ({times})", SERIOUS),
    (r"neighbou?r: (\S+): neighbor table overflow", "The table of neighbours {0} overflowed ({times})", SERIOUS),
    (r"TCP: out of memory", "TCP's memory is used up ({times})", SERIOUS),
    (r"TCP: too many orphaned sockets", "There are too many orphaned TCP sockets ({times})", SERIOUS),
    (r"Possible SYN flooding on port (\S+)", "Perhaps a SYN flood on port {0} ({times})", NOTE),
    (r"NETDEV WATCHDOG: (?:(\S+) \(|CPU: \d+: )", "A network device did not send for too long ({times}) {0}", SERIOUS),
    (r"unregister_netdevice: waiting for (\S+) to become free", "The network device {0} cannot be removed, since something still uses it ({times})", SERIOUS),
    (r"VFS: file-max limit (\d+) reached", "All {0} open files that there may be were in use ({times})", SERIOUS),
    (r"cgroup: fork rejected by pids controller in (\S+)", "The limit of processes of the cgroup {0} was reached ({times})", SERIOUS),
)


def rule(facts: Facts) -> Iterator[Found]:
    for pattern, text, severity in SIGNS:
        yield from told(facts, pattern, text, severity)
    for count, socket in enumerate(caught(for_each_socket(facts.dump, None, ("tcp",)))):
        if count > MAX_SOCKETS:
            return
        try:
            if isinstance(socket, Error):
                raise socket
            if int(socket.common.skc_state) != TCP_LISTEN:
                continue
            waiting, most = int(socket.sock.sk_ack_backlog), int(socket.sock.sk_max_ack_backlog)
            port = socket.local[1]
        except Error as error:
            facts.note(error)
            continue
        # Of a queue of one or none that is by design.
        if waiting > most > 1:
            evidence = (f"socket {int(socket):#x}: sk_ack_backlog {waiting}, sk_max_ack_backlog {most}",)
            yield Found(f"The queue of new connections of port {port} is full: {waiting} wait to be accepted", SERIOUS, EXACT, evidence, "net -s")


FINDING = Finding(
    key="J1",
    title="limits of the network",
    level=LIMITS,
    rule=rule,
    false_alarm="a queue for one connection, by design",
    advice="look at the process that should accept or read (bt, ps -l), or raise the limit that is named",
    excluded="no listening socket's queue is full",
)
