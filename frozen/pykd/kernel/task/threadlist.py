# SPDX-License-Identifier: GPL-2.0-or-later
"""All threads of a dump: from the kernel's lists, and from whatever else points at threads where those are damaged.

The lists are ``init_task.tasks`` (the leaders of thread groups) and ``signal_struct.thread_head`` (the threads of one; since
0c740d0afc3b (in v3.14), alone since 8e1f385104ac ("kill task_struct->thread_group") (in v6.7)).

Damage need not be the kernel's: makedumpfile that does not know a kernel's page flags excludes pages of slabs too.
"""

from __future__ import annotations

from _pykd import Error, FaultError
from pykd.kernel import cpus
from pykd.kernel.lists.xarray import xa_entries
from pykd.kernel.task import members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Literal

    from _pykd import Dump

MAX_THREADS = 1_000_000
"""No list of threads is followed further than this."""

_TASK = "struct task_struct"
_PREV = 8
"""Offset of list_head.prev."""


class ThreadList:
    """Every thread that could be found."""

    groups: dict[int, list[int]]
    """Address of each group leader (``struct task_struct *``) in the order of the task list, ``init_task`` first, and the
    addresses of the other threads of its group, oldest first. Where the dump lacks the leader, the oldest thread that it has
    stands for it."""
    unreadable: list[int]
    """Addresses of threads that something points at, but that the dump does not have; they are in no group."""
    expected: int | None
    """How many threads the kernel counted, the idle ones left out; None if that cannot be read."""
    problems: list[str]
    """One sentence for each kind of damage."""

    def __init__(self, dump: Dump) -> None:
        self.dump = dump
        self.problems = []
        self.unreadable = []
        self._leader_of: dict[int, int] = {}
        self._task = dump.type(_TASK)
        self._tasks = self._task.offset_of("tasks")
        self.expected = self._nr_threads()
        members.keep(dump)
        leaders, intact = self._leaders()
        intact &= self._add_threads(leaders)
        if not intact or (self.expected is not None and self._found() < self.expected):
            self._complete()

    def all(self) -> list[int]:
        """Addresses of all threads, each leader followed by its threads."""
        return [address for leader, threads in self.groups.items() for address in (leader, *threads)]

    def others_of(self, address: int) -> list[int]:
        """Addresses of the other threads of a thread's group; none of a thread that is in no list."""
        if address in self.groups:
            return self.groups[address]
        if not self._leader_of:
            self._leader_of = {thread: leader for leader, threads in self.groups.items() for thread in threads}
        leader = self._leader_of.get(address)
        if leader is None:
            return []
        return [leader, *(thread for thread in self.groups[leader] if thread != address)]

    def _found(self) -> int:
        """Without init_task, as the kernel counts."""
        return sum(len(threads) + 1 for threads in self.groups.values()) - 1

    # -- the lists

    def _leaders(self) -> tuple[list[int], bool]:
        """The task list as far as it is sound: forwards, and what is missing then backwards from its end."""
        start = self.dump.symbol("init_task", "").address
        nodes, why = self.dump.follow(start + self._tasks, limit=MAX_THREADS)
        leaders = self._up_to_first_bad([node - self._tasks for node in nodes])
        if why is None and len(leaders) == len(nodes):
            return leaders, True
        leaders = leaders or [start]
        self.problems.append(f"the task list is broken after {self._describe(leaders[-1])}: {_reason(why)}")
        nodes, _ = self.dump.follow(start + self._tasks, _PREV, limit=MAX_THREADS)
        tail = self._up_to_first_bad([node - self._tasks for node in nodes])
        return list(dict.fromkeys([*leaders, *reversed(tail)])), False

    def _up_to_first_bad(self, addresses: list[int]) -> list[int]:
        """Up to the first that is no group leader: a leader says so itself, which garbage hardly does."""
        for position, leader in enumerate(self._column(addresses, "group_leader")):
            if isinstance(leader, FaultError) or leader != addresses[position]:
                return addresses[:position]
        return addresses

    def _add_threads(self, leaders: list[int]) -> bool:
        """Make groups of the leaders and their threads; whether all thread lists are sound."""
        self.groups = {leader: [] for leader in leaders}
        node = self._task.offset_of("thread_node")
        head_in_signal: int | None = None
        try:
            head_in_signal = self.dump.type("struct signal_struct").offset_of("thread_head")
        except Error:
            pass  # a list without a head that is known ends where it began
        broken: list[tuple[int, Literal["limit", "cycle"] | FaultError | None]] = []
        rows = self.dump.read_plain(leaders, self._task, ("signal", "thread_node.next", "thread_node.prev"))
        for leader, signal, following, previous in zip(leaders, *rows, strict=True):
            if isinstance(signal, FaultError) or isinstance(following, FaultError) or isinstance(previous, FaultError):
                broken.append((leader, next(value for value in (signal, following, previous) if isinstance(value, FaultError))))
                continue
            # The head is never read: it is not needed, and signal_structs are missing more often than task_structs.
            head = None if head_in_signal is None else signal + head_in_signal
            if following == previous and head in (None, following):
                continue  # most processes have one thread
            if head is None:
                # Whatever it is, the head is not led by the leader.
                nodes, why = self.dump.follow(leader + node, limit=MAX_THREADS)
                self.groups[leader] = self._led_by([place - node for place in nodes[1:]], leader)
                if why is not None or len(self.groups[leader]) < len(nodes) - 2:
                    broken.append((leader, why))
                continue
            nodes, why = self.dump.follow(leader + node, stop=head, limit=MAX_THREADS)
            if previous != head:
                older, why_not = self.dump.follow(leader + node, _PREV, stop=head, limit=MAX_THREADS)
                nodes = [*reversed(older[1:]), *nodes]
                why = why or why_not
            threads = [address for address in dict.fromkeys(place - node for place in nodes) if address != leader]
            self.groups[leader] = sound = self._led_by(threads, leader)
            if why is not None or len(sound) < len(threads):
                broken.append((leader, why))
        if broken:
            leader, why = broken[0]
            lists = "the thread list" if len(broken) == 1 else f"the thread lists of {len(broken)} processes, first that"
            self.problems.append(f"{lists} of {self._describe(leader)}, cannot be followed: {_reason(why)}")
        return not broken

    def _led_by(self, addresses: list[int], leader: int) -> list[int]:
        return [address for address, its in zip(addresses, self._column(addresses, "group_leader"), strict=True) if its == leader]

    def _column(self, addresses: list[int], member: str) -> list[Any]:
        found: list[Any] = self.dump.read_plain(addresses, self._task, (member,))[0]
        return found

    def _nr_threads(self) -> int | None:
        address = self.dump.address_of("nr_threads", "", default=0)
        try:
            return self.dump.read_signed(address, 4) if address else None
        except FaultError:
            return None

    # -- what else points at threads

    def _complete(self) -> None:
        """Find the threads that are missing from the lists, and say how many there are now."""
        listed = self._found()
        known = set(self.all())
        self._unreadable: set[int] = set()
        fresh = list(known) + self._sound(self._others(), known)
        while fresh:
            known.update(fresh)
            fresh = self._sound(self._neighbours(fresh), known)
        self._group(known)
        found = self._found()
        of = "" if self.expected is None else f" of {self.expected}"
        more = "no more" if found == listed else f"{found - listed} more"
        self.problems.append(
            f"found {found}{of} threads: {listed} by the task list, {more} by the table of PIDs, the run queues, parents and"
            " cgroups"
        )
        self.unreadable = sorted(self._unreadable)
        if self.unreadable:
            count = f"{len(self.unreadable)} more thread{'s are' if len(self.unreadable) > 1 else ' is'}"
            self.problems.append(f"{count} known by address, but the dump lacks the page")

    def _group(self, addresses: set[int]) -> None:
        """Put threads into groups, all in order of their PIDs: the order of the lists is lost."""
        known = list(addresses)
        rows = zip(known, *self.dump.read_plain(known, self._task, ("pid", "group_leader")), strict=True)
        # What cannot be read stands for itself.
        sound = sorted(
            (0 if isinstance(pid, Error) else pid, address, address if isinstance(leader, Error) else leader)
            for address, pid, leader in rows
        )
        stand_in: dict[int, int] = {}
        self.groups = {}
        for _, address, leader in sound:
            if address == leader or leader not in addresses:
                first = stand_in.setdefault(leader, address)
                self.groups.setdefault(first, [])
        for _, address, leader in sound:
            # A damaged leader that names another one leads all the same.
            first = stand_in.setdefault(leader, address)
            others = self.groups.setdefault(first, [])
            if address != first:
                others.append(address)

    def _sound(self, candidates: Iterable[int], known: set[int]) -> list[int]:
        """Those candidates that are threads and not known yet: they have a PID, and a leader that leads itself or is missing."""
        addresses = [address for address in dict.fromkeys(candidates) if address not in known and address & 7 == 0]
        rows = self.dump.read_plain(addresses, self._task, ("pid", "group_leader"))
        leaders = []
        threads = []
        for address, pid, leader in zip(addresses, *rows, strict=True):
            if not isinstance(pid, FaultError) and not isinstance(leader, FaultError) and 0 < pid <= 1 << 22:
                threads.append(address)
                leaders.append(leader)
        return [
            address
            for address, leader, its in zip(threads, leaders, self._column(leaders, "group_leader"), strict=True)
            if (self._note_missing(leader) if isinstance(its, FaultError) else its == leader)
        ]

    def _note_missing(self, address: int) -> bool:
        """Remember a thread that cannot be read because the dump lacks its page; False if it never was one."""
        (leader,) = self._column([address], "group_leader")
        missing = isinstance(leader, FaultError) and leader.reason in ("excluded", "absent", "truncated", "corrupt")
        if missing:
            self._unreadable.add(address)
        return missing

    def _neighbours(self, addresses: list[int]) -> Iterator[int]:
        """What the threads at these addresses point at as other threads. Lists end in heads, so not all of it is one."""
        links = ("tasks", "sibling", "thread_node", "cg_list")
        places = [(f"{link}.{way}", self._task.offset_of(link)) for link in links for way in ("next", "prev")]
        sibling = self._task.offset_of("sibling")
        places += [("children.next", sibling), ("children.prev", sibling)]
        places += [(pointer, 0) for pointer in ("group_leader", "real_parent", "parent")]
        offsets = [offset for _, offset in places]
        for row in zip(*self.dump.read_plain(addresses, self._task, [name for name, _ in places]), strict=True):
            for pointer, offset in zip(row, offsets, strict=True):
                if pointer and not isinstance(pointer, FaultError):
                    yield pointer - offset

    def _others(self) -> Iterator[int]:
        yield from self._from_pids()
        yield from self._from_run_queues()

    def _from_pids(self) -> Iterator[int]:
        """Every thread has a ``struct pid`` in ``init_pid_ns.idr``."""
        dump = self.dump
        lost: list[str] = []
        try:
            tree = dump.symbol("init_pid_ns", "").address + dump.type("struct pid_namespace").offset_of("idr.idr_rt")
            first = dump.type("struct pid").offset_of("tasks[0].first")
            link = self._task.offset_of("pid_links[0]")
            for _, pid in xa_entries(dump, tree, lost.append):
                try:
                    node = dump.read_unsigned(pid + first)
                except FaultError as err:
                    lost.append(str(err))
                    continue
                if node:
                    address = node - link
                    if not self._note_missing(address):
                        yield address
        except (Error, AttributeError) as err:  # AttributeError: a member that this kernel does not have
            lost.append(str(err))
        if lost:
            self.problems.append(f"parts of the table of PIDs ({len(lost)}) cannot be read, first: {lost[0]}")

    def _from_run_queues(self) -> Iterator[int]:
        try:
            yield from cpus.active_tasks(self.dump).values()
        except Error as err:
            self.problems.append(f"the run queues cannot be read: {err}")

    def _describe(self, address: int) -> str:
        (pid,), (comm,) = self.dump.read_plain([address], self._task, ("pid", "comm"))
        if isinstance(pid, FaultError) or isinstance(comm, FaultError):
            return f"the task at {address:#x}"
        return f"PID {pid} ({comm})"


def _reason(why: str | FaultError | None) -> str:
    if why is None:
        return "it goes on to something that is no task"
    if isinstance(why, FaultError):
        return str(why)
    return {"cycle": "it runs in a circle", "limit": f"it has more than {MAX_THREADS} entries"}[why]
