# SPDX-License-Identifier: GPL-2.0-or-later
"""First questions about a machine that hangs: who has not run for long, who is in memory reclaim, who waits for whom."""

from __future__ import annotations

import re
from collections import Counter

import pykd
from LinuxDump.BTstack import exec_bt, verifyFastSet
from LinuxDump.Tasks import TaskTable
from pykd.kernel import waitqueues
from pykdump import API
from pykdump.highlevel import pylog, readmem, readSU

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from LinuxDump.Tasks import Task

    FindPids = Callable[[Any], set[int]]

HANG_SECONDS = 120
OLDEST = 10
"""How many of the threads that have not run for longest are looked at."""
RECLAIM = "shrink_all_zones|shrink_zone|shrink_node|shrink_lruvec|balance_dirty_pages"
CROWD = 20
"""More threads than this in reclaim are pressure, whatever their state."""

_TABLE = """     PID          CMD       CPU   Ran ms ago   STATE
    --------   ------------  --  ------------- -----"""


def is_uninterruptible(task: Task) -> bool:
    """In uninterruptible sleep, kernel threads that are idle so (TASK_IDLE) included."""
    return task.state[5:7] in ("UN", "ID")


def is_idle(task: Task) -> bool:
    """In the sleep of kernel threads that have nothing to do (TASK_IDLE)."""
    return task.state[5:7] == "ID"


def _tasks_of(pids: Iterable[int]) -> list[Task]:
    table = TaskTable()
    return [task for pid in pids if (task := table.getByTid(pid))]


def print_pidlist(
    pids: Iterable[int],
    title: str = "",
    verbose: bool = False,
    maxpids: int = 10,
    sortbytime: bool = True,
    statefilter: Iterable[str] | None = None,
) -> None:
    """Print how many threads these are, which ran last and first, and their list: of a long one both ends.

    :param verbose: a table of all instead.
    :param sortbytime: by the time since they ran, else by PID.
    :param statefilter: two-letter states; leave out threads in others.
    """
    found = _tasks_of(sorted(pids))
    if statefilter is not None:
        found = [task for task in found if task.state[5:7] in statefilter]
    if not found:
        return
    by_time = sorted(found, key=lambda task: task.Ran_ago)
    if title:
        print(title)
    young, old = by_time[0], by_time[-1]
    ages = f"Youngest,oldest: {young.pid}, {old.pid}  Ran ms ago: {int(young.Ran_ago)}, {int(old.Ran_ago)}"
    print(f"    ... {len(found)} pids. {ages}")
    order = by_time if sortbytime else found
    if verbose:
        print(_TABLE)
        for task in order:
            print(f"    {task.pid:8d}  {task.comm!s:15s} {task.cpu:1d} {int(task.Ran_ago):10d}      {task.state[5:7]}")
        return
    print("        sorted by ran_ago, youngest first" if sortbytime else "        sorted by pid")
    numbers = [str(task.pid) for task in order]
    if len(numbers) > maxpids:
        half = max(maxpids // 2, 1)
        numbers = [*numbers[:half], "...", *numbers[-half:]]
    print(f"      [{', '.join(numbers)}]")


def check_possible_hang() -> int:
    """How many of the threads in uninterruptible sleep that ran longest ago have not run for two minutes; warns of two."""
    sleeping = [task.Ran_ago for task in TaskTable().allThreads() if task.state[5:7] == "UN"]
    hanging = [age for age in sorted(sleeping)[-OLDEST:] if age > HANG_SECONDS * 1000]
    if len(hanging) > 1:
        pylog.warning(f"Possible hang: {len(hanging)} threads are in uninterruptible sleep for more than {HANG_SECONDS} s")
    return len(hanging)


def check_memory_pressure(findpids: FindPids) -> bool:
    """Whether threads are stuck in memory reclaim or write throttling; warns if so, and prints how many are in which state.

    :param findpids: PIDs by names of functions, such as ``fastSubroutineStacks().find_pids_byfuncname``.
    """
    pids = verifyFastSet(set(findpids(RECLAIM)), re.compile(f"^({RECLAIM})"))
    states = Counter(task.state for task in _tasks_of(pids))
    stuck = sum(number for state, number in states.items() if state[5:7] == "UN")
    if not stuck and len(pids) <= CROWD:
        return False
    threads = f"{len(pids)} threads in reclaim or write throttling"
    pylog.warning(f"Memory pressure: {threads}, {stuck} of them in uninterruptible sleep")
    print(f"  *** {RECLAIM} ***")
    for state, number in states.items():
        print(f"   {number:4d} in {state} state")
    return True


def check_hanging_nfsd(findpids: FindPids) -> bool:
    """Whether threads of the NFS server are in uninterruptible sleep; warns if so."""
    pids = verifyFastSet(set(findpids("nfsd")), re.compile("^nfsd$"))
    hanging = [task for task in _tasks_of(pids) if task.state[5:7] == "UN"]
    if hanging:
        pylog.warning(f"{len(hanging)} threads of nfsd are in uninterruptible sleep")
    return bool(hanging)


def check_saphana() -> int:
    """2: sapstart and hdbindexserver run; 1: sapstart only; 0: neither."""
    names = {str(task.comm) for task in TaskTable().allTasks()}
    if "sapstart" not in names:
        return 0
    return 2 if "hdbindexserver" in names else 1


# ---- arguments

_ARGUMENTS = ("RDI", "RSI", "RDX", "RCX", "R8", "R9")


def _with_registers(pid: int) -> Any:
    from LinuxDump.fregsapi import search_for_registers

    stacks = exec_bt(f"bt {pid}", MEMOIZE=False)
    if not stacks:
        return None
    search_for_registers(stacks[0])
    return stacks[0]


def get_tentative_arg(pid: int, funcname: str, argN: int) -> int | None:
    """What argument number *argN* (0 is the first) of a function on a thread's stack probably was; None if nothing tells."""
    stack = _with_registers(pid)
    for frame in stack.frames if stack else ():
        if frame.func == funcname and 0 <= argN < len(_ARGUMENTS):
            value = getattr(frame, "reg", {}).get(_ARGUMENTS[argN])
            return value[0] if value else None
    return None


def get_interesting_arguments(
    pid: int, re_func: str | re.Pattern[str], re_ctype: str | re.Pattern[str]
) -> Iterator[tuple[str, str, int]]:
    """(function, ``struct x``, address) of arguments that point to structs, where both the function and the type match."""
    stack = _with_registers(pid)
    dump = pykd.current()
    for frame in stack.frames if stack else ():
        if not re.search(re_func, frame.func):
            continue
        try:
            parameters = dump.symbol_type(frame.func).parameters()
        except pykd.Error:
            continue
        for register, (_, type) in zip(_ARGUMENTS, parameters):
            stripped = type.strip()
            value = getattr(frame, "reg", {}).get(register)
            if value and stripped.kind == "pointer" and stripped.target is not None:
                name = str(stripped.target.strip())
                if name.startswith("struct ") and re.search(re_ctype, name):
                    yield frame.func, name, value[0]


# ---- UNIX sockets

def _peer_queues(pids: Iterable[int]) -> dict[int, list[int]]:
    """PIDs by the address of the ``unix_sock`` whose peer_wq they sleep on."""
    dump = pykd.current()
    offset = dump.type("struct unix_sock").offset_of("peer_wq.wait")
    found: dict[int, list[int]] = {}
    for task in _tasks_of(pids):
        queue, _ = waitqueues.queue_of(dump, int(task.ts))
        if queue:
            found.setdefault(queue - offset, []).append(task.pid)
    return found


def print_wait_for_AF_UNIX(v: int = 0) -> None:
    """Print who sleeps because the receiver of a UNIX socket does not read, by receiver.

    :param v: negative: warnings only; 0: receivers that have not run for 5 s; positive: all, and who waits.
    """
    waiting = [stack.pid for stack in exec_bt("foreach bt") if stack.hasfunc("^unix_wait_for_peer$")]
    if not waiting:
        return
    table = TaskTable()
    for sock, pids in _peer_queues(waiting).items():
        socket = readSU("struct unix_sock", sock)
        owner = socket.sk.sk_peer_pid
        tid = owner.numbers[0].nr if owner else 0
        task = table.getByTid(tid)
        name = _socket_path(socket)
        idle = task.Ran_ago / 1000 if task else 0
        who = f"PID {tid} ({task.comm}), ran {idle:.0f} s ago" if task else "an unknown process"
        if name in ("/dev/log", "/run/systemd/journal/dev-log", "/run/systemd/journal/socket") and idle > 5:
            pylog.warning(f"{len(pids)} threads wait for the reader of {name}: {who}")
        if v < 0 or (v == 0 and idle <= 5):
            continue
        print(f"  {len(pids)} threads wait for the reader of socket {sock:#x} {name}: {who}")
        if v > 0:
            print_pidlist(pids)


def _socket_path(socket: Any) -> str:
    address = socket.addr
    if not address:
        return ""
    offset = pykd.current().type("struct unix_address").offset_of("name")
    path = readmem(int(address) + offset, max(0, min(address.len, 110)))[2:].rstrip(b"\0")
    return path.replace(b"\0", b"@", 1).decode("utf-8", "replace") if path[:1] == b"\0" else path.decode("utf-8", "replace")


__all__ = [
    "check_hanging_nfsd", "check_memory_pressure", "check_possible_hang", "check_saphana", "get_interesting_arguments", "get_tentative_arg",
    "is_uninterruptible", "print_pidlist", "print_wait_for_AF_UNIX",
]  # fmt: skip
__all__ += API.hand_on(globals())
