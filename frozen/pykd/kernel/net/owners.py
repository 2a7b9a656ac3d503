# SPDX-License-Identifier: GPL-2.0-or-later
"""Whose a socket is: the processes that have it open."""

from __future__ import annotations

from _pykd import Error
from pykd.core.memo import per_dump
from pykd.core.record import NamedTuple
from pykd.core.walk import caught
from pykd.kernel.fs.files import for_each_open_file
from pykd.kernel.task.threads import addresses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump


class Owner(NamedTuple):
    """A process that has a socket open as file number *fd*.

    :ivar task: address of the ``struct task_struct`` that leads it; of a thread with files of its own that thread's.
    """

    pid: int
    comm: str
    fd: int
    task: int


@per_dump
def owners(dump: Dump) -> dict[int, list[Owner]]:
    """Address of each ``struct sock`` that a task has open, and who has it. Tasks and files that cannot be read are left out."""
    leaders = _tables(dump)
    held: dict[int, list[Owner]] = {}
    for pid, comm, task in leaders:
        for found in caught(for_each_open_file(dump, task)):
            if not isinstance(found, Error):
                held.setdefault(found[1], []).append(Owner(pid, comm, found[0], task))
    operations = dump.address_of("socket_file_ops", "", default=0)
    files = list(held)
    sockets: dict[int, list[Owner]] = {}
    for file, (f_op, data) in zip(files, dump.read_columns(files, "struct file", ("f_op", "private_data")), strict=True):
        if isinstance(f_op, Error) or isinstance(data, Error) or not operations or int(f_op) != operations or not data:
            continue
        sockets.setdefault(int(data), []).extend(held[file])
    found_socks: dict[int, list[Owner]] = {}
    addresses = list(sockets)
    for address, (sock,) in zip(addresses, dump.read_columns(addresses, "struct socket", ("sk",)), strict=True):
        if not isinstance(sock, Error) and sock:
            found_socks.setdefault(int(sock), []).extend(sockets[address])
    return found_socks


def _tables(dump: Dump) -> list[tuple[int, str, int]]:
    """(PID, name, task_struct) of one task for each table of open files."""
    tasks = addresses(dump)
    seen: set[int] = set()
    answer = []
    columns = dump.read_plain(tasks, "struct task_struct", ("files", "pid", "comm"))
    for task, files, pid, comm in zip(tasks, *columns, strict=True):
        if any(isinstance(value, Error) for value in (files, pid, comm)) or not files or files in seen:
            continue
        seen.add(files)
        answer.append((pid, comm, task))
    return answer
