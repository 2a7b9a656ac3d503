# SPDX-License-Identifier: GPL-2.0-or-later
"""Tasks: what ``struct task_struct`` and the scheduler say about them."""

from __future__ import annotations

from collections import defaultdict

import pykd
from LinuxDump import percpu
from pykd.core.shown import one_line
from pykd.kernel import timekeeping
from pykd.kernel.task import members, namespaces
from pykd.kernel.task.census import census
from pykd.kernel.task.state import StateNames, state_names
from pykd.kernel.task.table import read
from pykd.kernel.task.threadlist import MAX_THREADS
from pykdump import API
from pykdump.highlevel import LH_isempty, enumerator_value, pylog, readSU, readSymbol, structSetAttr
from pykdump.memocaches import CU_LIVE, CU_PYMOD, memoize_cond
from pykdump.tparser import CDefine
from pykdump.vmcorearch import HZ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from LinuxDump.BTstack import BTStack

debug = 0

_TASK = "struct task_struct"

# The newest layout first in each list.
structSetAttr(_TASK, "_Last_ran", list(members.PLACES["last_run"]))
structSetAttr(_TASK, "Uid", ["real_cred.uid.val", "real_cred.uid"])
structSetAttr(_TASK, "User", ["real_cred.user"])
structSetAttr(_TASK, "Realparent", ["real_parent", "parent"])
structSetAttr("struct rq", "Timestamp", ["clock"])


# ---- states


def _names() -> StateNames:
    return state_names(pykd.current())


def task_state2str(state: int) -> str:
    """Names of the bits of ``__state``, lower bits first: ``TASK_UNINTERRUPTIBLE|TASK_WAKEKILL``."""
    return _names().name(state)


UNKNOWN_STATE = "??"


def warn_of_states(tasks: Iterable[Task]) -> None:
    """Say of how many threads the state is not known: who looks for those in some state passes over them."""
    if unknown := sum(task.state == UNKNOWN_STATE for task in tasks):
        pylog.warning(f"the state of {unknown} threads is not known")


def getTaskState(task: Task | Any) -> int:
    """The bits of ``__state``."""
    ts = task.ts if isinstance(task, Task) else task
    return getattr(ts, members.path("state"))  # type: ignore[no-any-return]


# PyKdump knows no ID, and takes what is in none of these for running.
_SHORT = {"IN": ("IN", "RESET"), "UN": ("UN", "RED"), "ID": ("UN", "RED"), "ST": ("ST", "CYAN"), "TR": ("TR", "CYAN"), "PA": ("PA", "RESET")}


def _short(state: int) -> tuple[str, str]:
    return _SHORT.get(_names().letters(state), ("RU", "GREEN"))


def task_state_str(state: int) -> str:
    """Two letters for how a thread sleeps; RU for the others. See :meth:`pykd.kernel.task.state.StateNames.letters` for all."""
    return _short(state)[0]


def task_state_color(state: int) -> int:
    """A colour of :mod:`LinuxDump.crashcolor` for a state."""
    from LinuxDump import crashcolor

    return getattr(crashcolor, _short(state)[1])  # type: ignore[no-any-return]


# ---- time


def sched_clock2ms(ns: int) -> float:
    """Scheduler clock to milliseconds."""
    return ns / 1_000_000.0


sched_clock2ms_26_tsc = sched_clock2ms


def sched_clock2ms_26_jiffies(ns: int) -> float:
    """Milliseconds since boot by a clock in ns that counts jiffies."""
    return jiffies2ms(ns * HZ // 1_000_000_000)


def sched_clock2ms_24(jiffies: int) -> float:
    """Milliseconds of a clock that counts jiffies."""
    return jiffies * 1000 / HZ


def jiffies2ms(jiffies: int) -> float:
    """Milliseconds since boot by a value of ``jiffies_64``, which starts 5 minutes before it wraps in 32 bits."""
    since_boot = jiffies - ((1 << 32) - 300 * HZ)
    if since_boot < 0:
        since_boot += 1 << 32  # 32 bits of it were given, wrapped
    return since_boot * 1000 / HZ


def jiffie_clock_base() -> float:
    """Milliseconds since boot by ``jiffies_64``."""
    dump = pykd.current()
    return jiffies2ms(timekeeping.jiffies(dump))


def ms2uptime(ms: float) -> str:
    """``2 days, 03:04:05``, or ``03:04:05`` within the first day."""
    minutes, seconds = divmod(int(ms) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    clock = f"{hours:02d}:{minutes:02d}:{seconds:02d}"
    return f"{days} days, {clock}" if days else clock


def get_uptime() -> str:
    return ms2uptime(jiffie_clock_base())


# ---- run queues


def runqueue_addrs() -> list[int]:
    """Address of the ``struct rq`` of each CPU that may exist."""
    dump = pykd.current()
    base = dump.symbol("runqueues").address
    return [pykd.cpus.address_on(base, cpu, dump) for cpu in range(len(pykd.cpus.offsets(dump)))]


@memoize_cond(CU_LIVE)
def getRunQueues() -> list[Any]:
    """The ``struct rq`` of each CPU, with ``Timestamp``: its clock in ns."""
    return [readSU("struct rq", address) for address in runqueue_addrs()]


# ---- tasks


class Task:
    """One thread. What is not here is read from its ``struct task_struct``."""

    def __init__(self, ts: Any, ttable: _TaskTable) -> None:
        self.ts = ts
        self.ttable = ttable

    def _member(self, name: str) -> int:
        """One of :data:`pykd.kernel.task.members.PLACES`."""
        path = members.path(name)
        found: int = self.ts.Eval(path) if "." in path else getattr(self.ts, path)
        return found

    @property
    def pid(self) -> int:
        """As the first namespace has it."""
        return self._member("pid")

    @property
    def tgid(self) -> int:
        """That of its process."""
        return self._member("tgid")

    @property
    def comm(self) -> str:
        """Its name. A process chooses it by itself: what would not stay in its line is spelled out."""
        try:
            comm: str = self.ts.comm
        except pykd.MemberError:
            return "?"
        return comm if comm.isprintable() else one_line(comm)

    @property
    def Last_ran(self) -> float:
        """When it was last put on a CPU: ms by its run queue's clock."""
        return sched_clock2ms(self.ts._Last_ran)

    @property
    def Ran_ago(self) -> float:
        """How long before its run queue's clock that was, in ms."""
        return pykd.cpus.run_queues(pykd.current())[self.cpu].clock // 1_000_000 - self.Last_ran  # type: ignore[no-any-return]

    @property
    def cpu(self) -> int:
        """The CPU it runs, or last ran, on."""
        return self._member("cpu")

    @property
    def Rq(self) -> Any:
        """``struct rq`` of its CPU.

        :raises IndexError: there is no such CPU; the task is damaged.
        """
        return self.ttable.runqueues[self.cpu]

    @property
    def state(self) -> str:
        """``TASK_INTERRUPTIBLE``… ; ``??`` when it cannot be read."""
        try:
            return _names().name(getattr(self.ts, members.path("state")), self.ts.exit_state)
        except pykd.MemberError:
            return UNKNOWN_STATE  # of all threads, see warn_of_states()
        except pykd.Error:
            pylog.error("corrupted task ", self.ts)
            return UNKNOWN_STATE

    @property
    def threads(self) -> list[Task]:
        """The other threads of its group, oldest first; of a thread that does not lead a group too."""
        return self.ttable.tasks_at(self.ttable.threadlist.others_of(int(self.ts)))

    def task_get_pid(self) -> Any:
        """Its ``struct pid``."""
        return namespaces.pid_struct(self.ts)

    def task_ns(self) -> Any:
        """Its ``struct pid_namespace``."""
        return namespaces.pid_namespace(self.ts)

    def __getattr__(self, attr: str) -> Any:
        return getattr(self.ts, attr)

    def __repr__(self) -> str:
        return f"PID={self.pid} <struct task_struct {int(self.ts):#x}> CMD={self.comm}"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return True

    def taskFds(self, short: bool = False) -> list[Any]:
        """Its open files: (fd, address of ``struct file``, dentry, inode); with *short* only the addresses.

        :raises FaultError:
        """
        from LinuxDump.Files import open_files

        found = list(open_files(self.ts))
        if short:
            return [file for _, file in found]
        out = []
        for fd, file in found:
            struct_file = readSU("struct file", file)
            out.append((fd, file, struct_file.f_path.dentry, struct_file.f_inode))
        return out

    def taskChildren(self) -> list[Task]:
        """Its children; those of other threads of its group are theirs. Where their list cannot be followed, they are those who name it as their
        parent."""
        dump = pykd.current()
        try:
            children, sibling = (dump.type(_TASK).offset_of(name) for name in ("children", "sibling"))
            nodes, why = dump.follow(int(self.ts) + children, limit=MAX_THREADS)
        except pykd.Error:
            why = "limit"
        if why is not None:
            return self.ttable.tasks_at(self.ttable.children.get(int(self.ts), ()))
        return self.ttable.tasks_at(node - sibling for node in nodes[1:])

    def hasChildren(self) -> bool:
        return not LH_isempty(self.ts.children)

    def get_task_socks(self) -> list[Any]:
        """The ``struct sock`` of each of its open sockets."""
        from LinuxDump.Files import inode2socketaddr

        addresses = [inode2socketaddr(inode) for *_, inode in self.taskFds()]
        socks = (readSU("struct socket", address).sk for address in addresses if address)
        return [sock for sock in socks if sock]

    def get_task_stack(self) -> BTStack:
        from LinuxDump.BTstack import exec_bt

        return exec_bt(f"bt {int(self.ts):#x}")[0]


class _TaskTable:
    """All threads. Problems of the kernel's lists are logged when it is made."""

    def __init__(self) -> None:
        self.threadlist = pykd.tasks.listed()
        for problem in self.threadlist.problems:
            pylog.warning(problem)
        leaders = list(self.threadlist.groups)
        self.tt = self.tasks_at(leaders)
        self.pids: dict[int, list[Task]] = {}
        self.comms: dict[str, list[Task]] = defaultdict(list)
        columns, _ = read(pykd.current(), leaders, {"pid": members.path("pid"), "comm": "comm"})
        for task, pid, comm in zip(self.tt, *columns, strict=True):
            if not isinstance(pid, pykd.Error):
                self.pids.setdefault(pid, []).append(task)
                self.comms["?" if isinstance(comm, pykd.Error) else comm].append(task)
        self._tids: dict[int, Task] = {}
        self._files: dict[int, list[Task]] | None = None
        self._children: dict[int, list[int]] | None = None
        self._pidnamespaces: dict[Any, list[Task]] | None = None

    def tasks_at(self, addresses: Iterable[int]) -> list[Task]:
        return [Task(readSU(_TASK, address), self) for address in addresses]

    @property
    def runqueues(self) -> list[Any]:
        return getRunQueues()  # type: ignore[no-any-return]

    @property
    def basems(self) -> float:
        """Uptime in ms."""
        return jiffie_clock_base()

    @property
    def tids(self) -> dict[int, Task]:
        """All threads by thread id, in its order; those that cannot be read are left out, with a warning."""
        if not self._tids:
            addresses = self.threadlist.all()
            columns = pykd.current().read_plain(addresses, _TASK, (members.path("pid"),))
            readable = [(pid, a) for a, pid in zip(addresses, *columns, strict=True) if not isinstance(pid, pykd.Error)]
            if len(readable) < len(addresses):
                pylog.warning(f"{len(addresses) - len(readable)} of {len(addresses)} threads cannot be read")
            self._tids = {pid: Task(readSU(_TASK, address), self) for pid, address in sorted(readable)}
        return self._tids

    @property
    def children(self) -> dict[int, list[int]]:
        """Addresses of the children of each thread by what they say of their parents, for where lists of children are damaged."""
        if self._children is None:
            self._children = defaultdict(list)
            leaders = list(self.threadlist.groups)
            columns = pykd.current().read_plain(leaders, _TASK, ("real_parent",))
            for address, parent in zip(leaders, *columns, strict=True):
                if parent != address and not isinstance(parent, pykd.Error):
                    self._children[parent].append(address)
        return self._children

    @property
    def pidnamespaces(self) -> dict[Any, list[Task]]:
        """Group leaders in other PID namespaces than the first, by their ``struct pid_namespace``."""
        if self._pidnamespaces is None:
            self._pidnamespaces = defaultdict(list)
            for task in self.tt:
                try:
                    pid = task.task_get_pid()
                    if pid and pid.level:
                        self._pidnamespaces[task.task_ns()].append(task)
                except pykd.Error:
                    continue
        return self._pidnamespaces

    def allTasks(self) -> list[Task]:
        """Leaders of thread groups in the order of the task list, ``init_task`` first."""
        return self.tt

    def allThreads(self) -> list[Task]:
        """All threads by thread id."""
        return list(self.tids.values())

    def getByPid(self, pid: int) -> Task | None:
        """The leader of a thread group."""
        return self.pids.get(pid, [None])[0]

    def getByTid(self, tid: int) -> Task | None:
        return self.tids.get(tid)

    def getByComm(self, comm: str) -> list[Task]:
        """Group leaders of that name."""
        return self.comms.get(comm, [])

    def getThreadsByComm(self, comm: str) -> Iterator[Task]:
        """Group leaders of that name and their threads."""
        for task in self.getByComm(comm):
            yield task
            yield from task.threads

    def getByFile(self, file: int) -> list[Task]:
        """Group leaders that have a ``struct file`` open."""
        if self._files is None:
            self._files = {}
            for task in self.tt:
                try:
                    for opened in task.taskFds(True):
                        self._files.setdefault(opened, []).append(task)
                except pykd.Error as err:
                    pylog.warning(f"open files of PID={task.pid} cannot be read: {err}")
        return self._files.get(int(file), [])


@memoize_cond(CU_LIVE | CU_PYMOD)
def TaskTable() -> _TaskTable:
    return _TaskTable()


# ---- the summary of all threads


def tasksSummary() -> int:
    """Print how many threads ran recently and how many are in each state, and warn about namespaces.

    :return: the number of threads.
    """
    dump = pykd.current()
    table = pykd.tasks.listed()
    found = census(dump)
    recent = found.recent()
    print("Number of Threads That Ran Recently")
    print("-----------------------------------")
    print(f"   last second   {recent[1]:5d}")
    print(f"   last     5s   {recent[5]:5d}")
    print(f"   last    60s   {recent[60]:5d}")
    print()
    print(" ----- Total Numbers of Threads per State ------")
    for name, count in sorted(found.states().items()):
        print(f"  {name:<40s}  {count:4d}")
    print()
    for problem in table.problems:
        pylog.warning(problem)
    total = len(found.seen) + found.unreadable
    if found.unreadable:
        pylog.warning(f"{found.unreadable} of {total} threads cannot be read, they are not counted")
    if undated := sum(one.ago is None for one in found.seen):
        pylog.warning(f"when {undated} of {total} threads ran last cannot be read")
    in_own, in_pid_namespace = namespaces.count_in_own(dump)
    if in_own or in_pid_namespace:
        pylog.warning(
            f"There are {in_own} threads running in their own namespaces\n\tUse 'taskinfo --ns' to get more details"
        )
    return len(found.seen)


# ---- wait queues, flags, asynchronous I/O


def decode_waitq(wqh: Any) -> list[Any]:
    """Tasks that wait on a ``wait_queue_head_t``, first the one that is woken first."""
    from pykd.kernel import waitqueues

    return [readSU(_TASK, int(entry.private)) for entry in waitqueues.for_each_waiter(pykd.current(), int(wqh))]


# arch/x86/include/asm/thread_info.h until 26baa1f1c4bd ("sched: Add TIF_NEED_RESCHED_LAZY infrastructure") (in v6.13) and
# the generic numbers that came after it moved them.
_TIF = {
    0: "TIF_SYSCALL_TRACE",
    1: "TIF_NOTIFY_RESUME",
    2: "TIF_SIGPENDING",
    3: "TIF_NEED_RESCHED",
    4: "TIF_SINGLESTEP",
    5: "TIF_SSBD",
    6: "TIF_SYSCALL_EMU",
    7: "TIF_SYSCALL_AUDIT",
    8: "TIF_SECCOMP",
    9: "TIF_SPEC_IB",
    10: "TIF_SPEC_FORCE_UPDATE",
    11: "TIF_USER_RETURN_NOTIFY",
    12: "TIF_UPROBE",
    13: "TIF_PATCH_PENDING",
    14: "TIF_NEED_FPU_LOAD",
    15: "TIF_NOCPUID",
    16: "TIF_NOTSC",
    17: "TIF_NOTIFY_SIGNAL",
    18: "TIF_SLD",
    20: "TIF_MEMDIE",
    21: "TIF_POLLING_NRFLAG",
    22: "TIF_IO_BITMAP",
    23: "TIF_SPEC_L1D_FLUSH",
    24: "TIF_FORCED_TF",
    25: "TIF_BLOCKSTEP",
    27: "TIF_LAZY_MMU_UPDATES",
    28: "TIF_SYSCALL_TRACEPOINT",
    29: "TIF_ADDR32",
    30: "TIF_X32",
}


def decode_tflags(flags: int, offset: int = 0) -> None:
    """Print the bits of ``thread_info.flags``, indented by *offset* blanks; without names where the kernel's are not known."""
    # The flags have no type. enumerator preempt_dynamic_lazy came with the change of their numbers, 7c70cb94d29c (in v6.13).
    names = {} if enumerator_value("preempt_dynamic_lazy") is not None else _TIF
    for bit in range(64):
        if flags >> bit & 1:
            print(" " * offset, f"bit {bit}", names.get(bit, ""))


MAX_CONTEXTS = 1 << 16
"""Of asynchronous I/O, of one process"""


def get_ioctx_list(task: Any) -> list[Any]:
    """The ``struct kioctx`` of a task's process."""
    mm = task.mm
    if not mm or not mm.ioctx_table:  # db446a08c23d (in v3.12)
        return []
    table = mm.ioctx_table
    contexts = (table.table[number] for number in range(min(table.nr, MAX_CONTEXTS)))
    return [readSU("struct kioctx", int(context)) for context in contexts if context]


_ELSEWHERE = {
    "get_dentry_name": "fs",
    **dict.fromkeys(("print_namespaces_info", "print_pid_namespaces"), "namespaces"),
    **dict.fromkeys(
        ("get_ipcs_m", "get_task_mem_usage", "get_task_shm_usage", "print_memory_stats", "print_mm_stats", "vma2sysv"),
        "memusage",
    ),
}


def _defines(bits: dict[str, int]) -> str:
    return "".join(f"#define {name} {bit:#06x}\n" for name, bit in bits.items())


_STATES_OF_26 = {
    "TASK_RUNNING": 0, "TASK_INTERRUPTIBLE": 1, "TASK_UNINTERRUPTIBLE": 2, "TASK_STOPPED": 4, "TASK_TRACED": 8, "EXIT_DEAD": 16, "EXIT_ZOMBIE": 32, "TASK_ZOMBIE": 64,
}  # fmt: skip

_COMPUTED: dict[str, Callable[[], Any]] = {
    "TASK_STATE": lambda: CDefine(_names().bits),
    "TASK_STATE_26": lambda: CDefine(_STATES_OF_26 | {"TASK_IDLE": 0x2000}),
    "TASK_STATE_4n": lambda: CDefine(_names().bits),
    "TASK_STATE_c_26": lambda: _defines(_STATES_OF_26),
    "TASK_STATE_c_4n": lambda: _defines(_names().bits),
    "init_task_saddr": lambda: int(readSymbol("init_task").tasks),
    "tsarray": lambda: readSymbol("task_state_array"),
    "init_task": lambda: readSymbol("init_task"),
    "init_nsproxy": lambda: readSU("struct nsproxy", pykd.current().symbol("init_nsproxy", "").address),
    "runqueues_addrs": lambda: percpu.get_cpu_var("runqueues"),
    "rqtype": lambda: "struct rq",
}


def __getattr__(name: str) -> Any:
    """What PyKdump's module imports, or reads from the dump, when it is imported."""
    if name in _COMPUTED:
        value = _COMPUTED[name]()
    elif name in _ELSEWHERE:
        from importlib import import_module

        value = getattr(import_module(f"LinuxDump.{_ELSEWHERE[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


__all__ = ["Task", "TaskTable", "decode_tflags", "decode_waitq", "getRunQueues", "getTaskState", "get_ioctx_list", "get_uptime"]
__all__ += ["jiffie_clock_base", "jiffies2ms", "ms2uptime", "percpu", "runqueue_addrs", "sched_clock2ms", "sched_clock2ms_24"]
__all__ += ["sched_clock2ms_26_jiffies", "sched_clock2ms_26_tsc", "task_state2str", "task_state_color"]
__all__ += ["task_state_str", "tasksSummary", *_COMPUTED, *_ELSEWHERE, *API.hand_on(globals())]
