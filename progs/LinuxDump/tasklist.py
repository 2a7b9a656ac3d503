# SPDX-License-Identifier: GPL-2.0-or-later
"""All threads of a dump: from the kernel's lists, and from whatever else names threads where those are damaged.

The lists are ``init_task.tasks`` (leaders of thread groups) and ``signal_struct.thread_head`` (the threads of one; since 0c740d0afc3b
(in v3.14), alone since 8e1f385104ac ("kill task_struct->thread_group") (in v6.7)).
"""

from __future__ import annotations

from pykd import Error, FaultError

from LinuxDump.percpu import cpu_address, cpu_numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pykd import Dump

MAX_THREADS = 1_000_000
"""No list of threads is followed further than this."""


class ThreadList:
    """Every thread that could be found."""

    groups: dict[int, list[int]]
    """Address of each group leader (``struct task_struct *``) in the order of the task list, ``init_task`` first, and the addresses of
    the other threads of its group, oldest first."""
    problems: list[str]
    """One sentence for each thing that was wrong."""

    def __init__(self, dump: Dump) -> None:
        self.dump = dump
        self.problems = []
        task = dump.type("struct task_struct")
        self._tasks = task.member("tasks").offset
        self._thread_node = task.member("thread_node").offset
        self._thread_head = dump.type("struct signal_struct").member("thread_head").offset
        leaders, intact = self._leaders()
        self.groups = {leader: [] for leader in leaders}
        for leader, (signal,) in zip(leaders, dump.read_columns(leaders, task, ("signal",)), strict=True):
            if signal and not isinstance(signal, FaultError):
                threads, whole = self._threads(leader, signal)
                self.groups[leader] = threads
                intact &= whole
        expected = self._expected()
        found = sum(len(threads) + 1 for threads in self.groups.values()) - 1  # init_task is not counted
        if intact and (expected is None or found >= expected):
            return
        added = self._add_from_elsewhere()
        of = "" if expected is None else f" of {expected}"
        self.problems.append(f"found {found}{of} threads by the task list and {added} more by the table of PIDs and the run queues")

    def all(self) -> list[int]:
        """Addresses of all threads, each leader followed by its threads."""
        return [address for leader, threads in self.groups.items() for address in (leader, *threads)]

    def _leaders(self) -> tuple[list[int], bool]:
        """The task list as far as it is sound: forwards, and what is missing then backwards from its end."""
        start = self.dump.symbol("init_task", "").address
        forward, why = self._walk(start + self._tasks, 0)
        leaders = self._sound_leaders([node - self._tasks for node in forward])
        if why is None and len(leaders) == len(forward):
            return leaders, True
        last = leaders[-1] if leaders else start
        self.problems.append(f"the task list is broken after {self._describe(last)}: {self._reason(why)}")
        backward, _ = self._walk(start + self._tasks, 8)
        known = set(leaders)
        tail = self._sound_leaders([node - self._tasks for node in backward[1:]])
        leaders += [address for address in reversed(tail) if address not in known]
        return leaders or [start], False

    def _threads(self, leader: int, signal: int) -> tuple[list[int], bool]:
        """The other threads of a group, and whether their list is sound."""
        head = signal + self._thread_head
        nodes, why = self.dump.follow(head, limit=MAX_THREADS)
        threads = [node - self._thread_node for node in nodes[1:]]
        others = [address for address in threads if address != leader]
        sound = self._led_by(others, leader)
        if why is None and len(sound) == len(others):
            return sound, True
        self.problems.append(f"the thread list of {self._describe(leader)} is broken: {self._reason(why)}")
        return sound, False

    def _walk(self, head: int, offset: int) -> tuple[list[int], None | str | FaultError]:
        return self.dump.follow(head, offset, limit=MAX_THREADS)

    def _sound_leaders(self, addresses: list[int]) -> list[int]:
        """Up to the first that is no group leader: a leader says so itself, which garbage hardly does."""
        columns = self.dump.read_columns(addresses, "struct task_struct", ("group_leader",))
        for position, (leader,) in enumerate(columns):
            if isinstance(leader, FaultError) or leader != addresses[position]:
                return addresses[:position]
        return addresses

    def _led_by(self, addresses: list[int], leader: int) -> list[int]:
        if not addresses:
            return addresses
        columns = self.dump.read_columns(addresses, "struct task_struct", ("group_leader",))
        return [address for address, (its,) in zip(addresses, columns, strict=True) if its == leader]

    def _reason(self, why: None | str | FaultError) -> str:
        if why is None:
            return "it goes on to something that is no task"
        return {"cycle": "it runs in a circle", "limit": f"it has more than {MAX_THREADS} entries"}.get(why, str(why))

    def _describe(self, address: int) -> str:
        try:
            pid, comm = self.dump.read_columns([address], "struct task_struct", ("pid", "comm"))[0]
            return f"PID {pid} ({comm})"
        except Error:
            return f"the task at {address:#x}"

    def _expected(self) -> int | None:
        """``nr_threads``: how many threads the kernel counted, the idle ones left out."""
        address = self.dump.address_of("nr_threads")
        try:
            return self.dump.read_signed(address, 4) if address else None
        except FaultError:
            return None

    def _add_from_elsewhere(self) -> int:
        """Put threads that only the PID table or a run queue knows into their groups; how many."""
        known = set(self.all())
        extra = [address for address in (*self._from_pids(), *self._from_run_queues()) if address not in known]
        extra = list(dict.fromkeys(extra))
        columns = self.dump.read_columns(extra, "struct task_struct", ("pid", "group_leader"))
        added = 0
        for address, (pid, leader) in zip(extra, columns, strict=True):
            if isinstance(pid, FaultError) or isinstance(leader, FaultError) or pid <= 0:
                continue  # unreadable, or the idle task of another CPU
            added += 1
            if leader == address:
                self.groups.setdefault(address, [])
            else:
                self.groups.setdefault(int(leader), []).append(address)
        return added

    def _from_pids(self) -> Iterable[int]:
        """Every thread has a ``struct pid`` in ``init_pid_ns.idr``."""
        from LinuxDump.xarray import xa_entries

        dump = self.dump
        namespace = dump.address_of("init_pid_ns")
        try:
            tree = dump.type("struct pid_namespace").member("idr.idr_rt")
            first = dump.type("struct pid").member("tasks[0].first")
            link = dump.type("struct task_struct").member("pid_links[0]")
            if not (namespace and tree and first and link):
                return
            for _, pid in xa_entries(dump, namespace + tree.offset, self.problems.append):
                try:
                    if node := dump.read_unsigned(pid + first.offset):
                        yield node - link.offset
                except FaultError:
                    continue
        except Error as err:
            self.problems.append(f"the table of PIDs cannot be read: {err}")

    def _from_run_queues(self) -> Iterable[int]:
        try:
            queues = [cpu_address(self.dump, "runqueues", cpu) for cpu in cpu_numbers(self.dump)]
            for (current,) in self.dump.read_columns(queues, "struct rq", ("curr",)):
                if current and not isinstance(current, FaultError):
                    yield int(current)
        except Error as err:
            self.problems.append(f"the run queues cannot be read: {err}")
