# SPDX-License-Identifier: GPL-2.0-or-later
"""Core dumps of Centrify's adclient that hang, since abrt's helper asks the very same process for user names."""

from __future__ import annotations

import pykd
from LinuxDump.BTstack import exec_bt
from LinuxDump.Tasks import TaskTable
from pykdump import API
from pykdump.highlevel import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from LinuxDump.Tasks import Task

_DAEMON = "/var/centrifydc/daemon"
_TEXT = (
    "adclient (Centrify) dumps core, and abrt-hook-ccpp, which is to write the core, waits for an answer of adclient.\n"
    "    If the system hangs for this: https://access.redhat.com/solutions/1575493"
)

__all__ = ["do_check"]
__all__ += API.hand_on(globals())


def do_check() -> None:
    """Log what is wrong, if it is: adclient dumps core and sleeps uninterruptibly, cores go to a program, which has a socket of adclient's."""
    table = TaskTable()
    threads = list(table.getThreadsByComm("adclient"))
    if not threads:
        return
    dumping = any(stack.hasfunc("do_coredump") for task in threads for stack in exec_bt(f"bt {task.pid}"))
    if not dumping or not any(task.state[5:7] == "UN" for task in threads):
        return
    dump = pykd.current()
    hooks = table.getByComm("abrt-hook-ccpp")
    if hooks and dump.read(dump.symbol("core_pattern", "").address, 1) == b"|" and _has_socket(hooks[0]):
        pylog.info(_TEXT)


def _has_socket(task: Task) -> bool:
    from pykd.kernel.net.sockets import AF_UNIX, Socket

    dump = pykd.current()
    for sock in task.get_task_socks():
        if sock.sk_family == AF_UNIX:
            peer = dump.object("struct unix_sock", int(sock)).peer
            for one in filter(None, (int(sock), int(peer))):
                if Socket(dump, "unix", one).path.startswith(_DAEMON):
                    return True
    return False
