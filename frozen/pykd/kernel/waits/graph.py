# SPDX-License-Identifier: GPL-2.0-or-later
"""The graph of who waits for whom.

Its nodes are threads and things. A thread in uninterruptible sleep points to the thing it waits for, a thing to the threads that hold it,
and so on to what waits for nothing: a thread that runs, a thing that no thread holds, or a circle, which is a deadlock.
"""

from __future__ import annotations

from collections import deque
from functools import cached_property
from itertools import islice

from _pykd import Error
from pykd.core.memo import per_dump
from pykd.core.record import NamedTuple
from pykd.core.walk import caught
from pykd.kernel import locks, timekeeping, workqueues
from pykd.kernel.task import table as tasktable
from pykd.kernel.task.ages import seconds_since
from pykd.kernel.task.threads import listed
from pykd.kernel.waits.known import known_locks
from pykd.kernel.waits.things import EXACT, GUESS, Finder, Thing, Wait, interesting, who

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from _pykd import Dump
    from pykd.kernel.task.table import Thread

MAX_NODES = 10000
"""Threads whose stacks are looked at"""
OWNED = ("mutex", "rwsem", "rt_mutex")
"""Kinds of locks that record their owner"""
LEAST = 0.5
"""Seconds between the end of a thread and the beginning of another, at least, that the two clocks tell apart"""


class Root(NamedTuple):
    """What a part of the graph comes down to."""

    kind: str
    """``cycle``: a deadlock; ``thing``: what no known thread holds; ``task``: a thread that holds it and waits for nothing that is known."""
    tasks: tuple[int, ...]
    """task_structs of the circle, in the order of waiting; of the thread."""
    thing: Thing | None
    """What these wait for, or hold and is waited for."""
    victims: tuple[int, ...]
    """task_structs of all who wait for it, themselves or through others; those of the circle too."""
    proof: str
    """The weakest of the edges between the victims that wait for it directly, and it."""


class Graph:
    """See the module's docstring. What could not be read is counted, not raised."""

    def __init__(self, dump: Dump) -> None:
        self.dump = dump
        self.threads: dict[int, Thread] = {}
        self.waits: dict[int, Wait] = {}
        """By address of the task_struct: of all in uninterruptible sleep, and of those that hold what others wait for."""
        self.cut = 0
        """Threads that were not looked at, since there are more than :data:`MAX_NODES`."""
        self._finder = Finder(dump)
        self._roots: list[Root] | None = None
        try:
            idle = workqueues.idle_workers(dump)
        except Error:
            idle = set()
        table = tasktable.threads(dump)
        self.threads = {thread.address: thread for thread in table}
        self.blocked = sorted(
            (thread.address for thread in table if interesting(thread) and thread.address not in idle),
            key=lambda task: -self.seconds(task),
        )
        """task_structs of all in uninterruptible sleep but of idle workers, the longest first."""
        self._add_known()
        self._follow(self.blocked)
        self._join_own_servers()
        # Those whom the list of a lock has wait too, whatever their state.
        for thing in self.things:
            self._follow(task for task in thing.waiters if task not in self.waits)
        self._part_from_the_dead()

    @cached_property
    def unsure(self) -> Error | None:
        """Why it is not known of some threads whether they wait, or for what; None if it is of all."""
        unknown = [thread for thread in self.threads.values() if thread.state == "??"]
        if unknown:
            return Error(f"the state of {self._whose([thread.address for thread in unknown])} is not known: {unknown[0].error}")
        dark = [task for task in self.blocked if task in self.waits and _is_dark(self.waits[task])]
        if dark:
            return Error(f"it is not known what {self._whose(dark)} in uninterruptible sleep {'wait' if len(dark) > 1 else 'waits'} for: no stack tells")
        if lost := listed(self.dump).unreadable:
            return Error(f"{len(lost)} {'thread is' if len(lost) == 1 else 'threads are'} not in the dump, and may wait or be waited for")
        return None

    def _whose(self, tasks: list[int]) -> str:
        return f"{len(tasks)} threads" if len(tasks) > 1 else f"PID {self.threads[tasks[0]].pid}"

    @property
    def things(self) -> list[Thing]:
        """All that somebody waits for, and the locks of the whole kernel that somebody holds."""
        return list(self._finder.things.values())

    def seconds(self, task: int) -> float:
        """Since a thread last ran."""
        thread = self.threads.get(task)
        return seconds_since(self.dump, thread.last_run) if thread else 0.0

    def _follow(self, tasks: Iterable[int]) -> None:
        todo = deque(tasks)
        if len(todo) > MAX_NODES:
            self.cut = len(todo) - MAX_NODES
            todo = deque(islice(todo, MAX_NODES))
        while todo:
            task = todo.popleft()
            if task in self.waits or len(self.waits) >= MAX_NODES or not self._sleeps(task):
                continue
            wait = self.waits[task] = self._finder.wait_of(task)
            if wait.thing is not None:
                todo.extend(holder for holder in wait.thing.holders if holder not in self.waits)

    def _sleeps(self, task: int) -> bool:
        thread = self.threads.get(task)
        return thread is not None and not thread.active and not thread.exit_state and thread.state not in ("RU", "??")

    def _join_own_servers(self) -> None:
        """Whoever waits for an NFS server that is this machine waits for its nfsd threads: most likely for those that wait themselves."""
        stuck = [task for task, wait in self.waits.items() if wait.thing is not None and self.threads[task].comm == "nfsd" and not self.threads[task].mm]
        if not stuck:
            return
        from pykd.kernel.waits import servers  # with the rooms of the network, which few dumps need for this

        for wait in list(self.waits.values()):
            thing = wait.thing
            if wait.purpose is None or wait.purpose.key != "rpc" or thing is None or thing.holders or wait.task in stuck:
                continue
            call = servers.rpc_call(self.dump, thing)
            if call is not None and servers.is_own(self.dump, servers.server_of(call)):
                thing.holders, thing.proof, thing.held = list(stuck), GUESS, ", ".join(who(self.dump, task) for task in stuck)

    def _part_from_the_dead(self) -> None:
        """Who holds a lock held it before the first of those that sleep for it last fell asleep: each release wakes that one. An owner who began
        after all of them is another thread in the memory of one that has ended."""
        try:
            now = timekeeping.ktime(self.dump)
        except Error:
            return
        for thing in self.things:
            holder = self.threads.get(thing.holders[0]) if thing.kind in OWNED and thing.proof == EXACT and len(thing.holders) == 1 else None
            waiting = min(map(self.seconds, thing.waiters), default=0.0)
            # Nobody can have waited for longer than the system is up: then the clocks say nothing about each other.
            if holder is not None and holder.start and (now - holder.start) / 1e9 < waiting - LEAST and waiting < now / 1e9:
                thing.ended, thing.holders = holder.address, []

    def _add_known(self) -> None:
        """The locks that everybody needs, with those who wait there."""
        for found in caught(known_locks(self.dump)):
            if isinstance(found, Error):
                break
            thing = self._finder.thing(*found)
            try:
                thing.add(tuple(locks.waiters_of(self.dump, *found)))
            except Error:
                continue

    # -- what it comes down to

    def holders(self, task: int) -> list[int]:
        """task_structs of those whom a thread waits for."""
        wait = self.waits.get(task)
        return list(wait.thing.holders) if wait and wait.thing else []

    def cycles(self) -> list[tuple[int, ...]]:
        """Groups of threads that wait for each other, each in the order of waiting. Only edges whose proof is no guess count."""
        sure = {task: [one for one in self.holders(task) if one in self.waits] for task, wait in self.waits.items() if _is_sure(wait)}
        found: list[tuple[int, ...]] = []
        done: set[int] = set()
        for start in sure:
            path: list[int] = []
            places: dict[int, int] = {}
            task: int | None = start
            # Each thread waits for one thing, and hardly any thing has more than one holder that is proven: a walk along the first finds the circles.
            while task is not None and task not in done and task not in places:
                places[task] = len(path)
                path.append(task)
                task = next(iter(sure.get(task, ())), None)
            if task is not None and task in places:
                found.append(tuple(path[places[task] :]))
            done.update(path)
        return found

    def roots(self) -> list[Root]:
        """What everything comes down to: that with the most victims, and the oldest, first."""
        if self._roots is None:
            self._roots = self._find_roots()
        return self._roots

    def _find_roots(self) -> list[Root]:
        cycles = self.cycles()
        in_cycle = {task for cycle in cycles for task in cycle}
        below: dict[int, set[int]] = {}
        """Who waits for a thread directly"""
        for task in self.waits:
            for holder in self.holders(task):
                below.setdefault(holder, set()).add(task)
        found = [Root("cycle", cycle, self._thing(cycle[0]), self._victims(cycle, below), EXACT) for cycle in cycles]
        by_thing: dict[tuple[str, int], list[int]] = {}
        by_task: dict[int, list[int]] = {}
        for task, wait in self.waits.items():
            if task in in_cycle or wait.thing is None:
                continue
            if not wait.thing.holders:
                by_thing.setdefault(wait.thing.key, []).append(task)
            for holder in wait.thing.holders:
                if holder not in self.waits or self.waits[holder].thing is None:
                    by_task.setdefault(holder, []).append(task)
        for tasks in by_thing.values():
            proof = EXACT if all(self.waits[task].proof == EXACT for task in tasks) else self._weakest(tasks)
            found.append(Root("thing", (), self._thing(tasks[0]), self._victims(tasks, below), proof))
        for holder, tasks in by_task.items():
            found.append(Root("task", (holder,), self._thing(tasks[0]), self._victims(tasks, below), self._weakest(tasks)))
        return sorted(found, key=lambda root: -self.weight(root))

    def weight(self, root: Root) -> float:
        """Seconds that all its victims have waited together."""
        return sum(self.seconds(task) for task in root.victims) + len(root.victims) * 1e-6

    def _thing(self, task: int) -> Thing | None:
        return self.waits[task].thing

    def _weakest(self, tasks: Iterable[int]) -> str:
        order = (GUESS, "found", EXACT)
        proofs = [proof for task in tasks if (thing := self._thing(task)) for proof in (self.waits[task].proof, *((thing.proof,) if thing.holders else ()))]
        return min(proofs, key=order.index, default=GUESS)

    @staticmethod
    def _victims(tasks: Iterable[int], below: dict[int, set[int]]) -> tuple[int, ...]:
        seen = dict.fromkeys(tasks)
        todo = list(seen)
        while todo:
            for task in sorted(below.get(todo.pop(), ())):
                if task not in seen:
                    seen[task] = None
                    todo.append(task)
        return tuple(seen)


def _is_dark(wait: Wait) -> bool:
    """Whether nothing is known of a wait, or a lock that is not known which."""
    return not wait.functions if wait.thing is None else wait.thing.kind in locks.KINDS and not wait.thing.address


def _is_sure(wait: Wait) -> bool:
    return wait.thing is not None and GUESS not in (wait.proof, wait.thing.proof)


@per_dump
def graph(dump: Dump) -> Graph:
    """The graph of a dump. :raises Error: its threads cannot be found."""
    return Graph(dump)
