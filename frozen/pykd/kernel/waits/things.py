# SPDX-License-Identifier: GPL-2.0-or-later
"""What threads wait for, and who can end that."""

from __future__ import annotations

from _pykd import Error
from pykd.core.memo import per_dump
from pykd.kernel import locks
from pykd.kernel.fs.sbnames import sb_name
from pykd.kernel.fs.superblocks import how_frozen, sb_frozen
from pykd.kernel.task import table as tasktable
from pykd.kernel.task import threads
from pykd.kernel.task.ages import seconds_since
from pykd.kernel.task.table import PF_KTHREAD
from pykd.kernel.waits import names, scan, sites

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from _pykd import Dump, Frame
    from pykd.kernel.task.table import Thread

EXACT, FOUND, GUESS = "exact", "found", "guess"

_BLOCKER_KINDS = ("mutex", "semaphore", "rwsem", "rwsem")
"""By the low two bits of ``task_struct.blocker`` (since 194a9b9e843b in v6.16; two kinds for readers and writers since 77da18de55ac in v6.17)."""
_MANY_READERS = 1 << 20
"""More are damage, or no rwsem"""


class Thing:
    """What threads wait for: a lock, a completion, a wait queue, or only a purpose of :data:`pykd.kernel.waits.sites.PURPOSES`."""

    __slots__ = ("_listed", "_waiters", "address", "ended", "free", "held", "holders", "kind", "name", "outside", "proof")

    def __init__(self, kind: str, address: int, name: str = "") -> None:
        self.kind = kind
        """A kind of lock, ``completion``, ``queue``, ``bit``, ``folio``, or the key of a purpose."""
        self.address = address
        """0 where there is none, or it is not known."""
        self.name = name
        """What it is, in words; "" if nothing is known."""
        self.holders: list[int] = []
        """Addresses of the task_structs that can end the wait, as far as they are known."""
        self.proof = GUESS
        """That these are the ones."""
        self.held = ""
        """Who or what holds it, in words."""
        self.free = False
        """Nobody holds it: those who wait have missed that, or the dump lacks what would tell."""
        self.ended = 0
        """Address of the task_struct that held it, which is another thread's by now; 0: there is none."""
        self.outside = ""
        """What ends the wait where it is no thread: ``frozen file system``, ``server``…; "" where it is threads."""
        self._waiters: dict[int, None] = {}
        self._listed: tuple[int, ...] = ()

    @property
    def waiters(self) -> list[int]:
        """Addresses of the task_structs that wait, first come first where a list says so."""
        return list(self._waiters)

    def add(self, tasks: tuple[int, ...]) -> None:
        """Let these wait for it too; those of a list of waiters come in its order and before others."""
        if tasks == self._listed:
            return
        if len(tasks) > 1:
            self._listed = tasks
            self._waiters = dict.fromkeys((*tasks, *self._waiters))
        else:
            self._waiters.update(dict.fromkeys(tasks))

    @property
    def key(self) -> tuple[str, int]:
        return self.kind, self.address

    def text(self) -> str:
        """``mutex ffff… (rtnl_mutex)``"""
        if not self.address:
            return self.name or self.kind
        return f"{self.kind} {self.address:x}" + (f" ({self.name})" if self.name else "")


class Wait:
    """A thread that waits."""

    __slots__ = ("function", "functions", "proof", "purpose", "task", "thing")

    def __init__(self, task: int, thing: Thing | None, proof: str, function: str, purpose: sites.Purpose | None, functions: tuple[str, ...]) -> None:
        self.task = task
        """Address of its task_struct"""
        self.thing = thing
        """None: not known."""
        self.proof = proof
        """That it is that thing."""
        self.function = function
        """The function in which it waits."""
        self.purpose = purpose
        self.functions = functions
        """Of its stack, innermost first."""


class Finder:
    """Finds what threads of one dump wait for; things are told once."""

    def __init__(self, dump: Dump) -> None:
        self.dump = dump
        self.things: dict[tuple[str, int], Thing] = {}
        self._lists: scan.Lists = {}
        task = dump.type("struct task_struct")
        self._has_blocker = task.member("blocker") is not None
        self._has_pi = task.member("pi_blocked_on") is not None

    # -- a thread

    def wait_of(self, task: int) -> Wait:
        """What the sleeping thread whose task_struct is at *task* waits for. Never raises; where nothing is known the thing is None."""
        try:
            stack = scan.stack(self.dump, task)
        except Error:
            return Wait(task, None, GUESS, "", None, ())
        functions = list(filter(None, map(function_name, stack.trace.frames)))
        lock, function = sites.lock_kind(functions)
        purpose, site = sites.purpose(functions)
        wait = Wait(task, None, GUESS, function or site, None if lock else purpose, tuple(functions))
        try:
            wait.thing, wait.proof = self._thing(task, stack, lock, wait.purpose)
        except Error:
            pass
        if wait.thing is not None and wait.thing.kind == "bit" and wait.purpose is not None and wait.purpose.key == "bit" and names.is_buffer(self.dump, wait.thing.address):
            wait.purpose, wait.thing.name = sites.BUFFER, sites.BUFFER.text
        if wait.thing is None and wait.purpose is not None and wait.purpose.key not in sites.IDLE:
            wait.thing = self.thing(wait.purpose.key, 0, wait.purpose.text)
        elif wait.thing is None and lock:
            wait.thing = self.thing(lock, 0, f"a {lock} that the stack does not tell")
        if wait.thing is not None:
            wait.thing.add((task,))
        return wait

    def _thing(self, task: int, stack: scan.Stack, lock: str, purpose: sites.Purpose | None) -> tuple[Thing | None, str]:
        named = self._named_by_task(task)
        if named is not None:
            return named
        found = scan.nodes(self.dump, task, stack, self._lists)
        if lock in ("mutex", "rwsem", "semaphore"):
            return self._lock(task, lock, found)
        if lock == "percpu_rwsem" and (address := self._drained(task, stack)):
            return self._readers(address), EXACT
        for node in found:
            if node.kind == "lock" and node.head:
                kind, proof = self._kind_of(node.head)
                if kind:
                    return self._lock(task, kind, [node])[0], proof
            if node.kind == "queue":
                return self._queue(node, stack, purpose)
            if node.kind == "simple" and node.head:
                completion = node.head - self.dump.type("struct completion").offset_of("wait.task_list")
                return self._completion(completion, purpose), EXACT
        return None, GUESS

    def _drained(self, task: int, stack: scan.Stack) -> int:
        """Address of the percpu_rwsem whose readers a writer waits for, of those that are on its stack: it names the writer. 0: none."""
        layout = self.dump.type("struct percpu_rw_semaphore")
        member = layout.member("writer.task")
        if member is None:
            return 0
        for word in dict.fromkeys(stack.words):
            try:
                if word & 7 == 0 and self.dump.is_kernel(word) and self.dump.read_unsigned(word + member.offset) == task:
                    return word
            except Error:
                continue
        return 0

    def _readers(self, address: int) -> Thing:
        """Those who read under a percpu_rwsem, whom it only counts."""
        lock = self.thing("percpu_rwsem", address)
        thing = self.thing("readers", address, f"of {lock.text()}")
        try:
            state = locks.percpu_rwsem_state(self.dump, address)
            thing.held = f"{state.readers} that only their CPUs count"
        except Error as error:
            thing.held = f"unknown: {error}"
        return thing

    def _named_by_task(self, task: int) -> tuple[Thing, str] | None:
        """What ``task_struct`` itself names."""
        one: Any = self.dump.object("struct task_struct", task)
        if self._has_pi and (waiter := int(one.pi_blocked_on)):
            lock = int(self.dump.object("struct rt_mutex_waiter", waiter).lock)
            return self.thing("rt_mutex", lock), EXACT
        if self._has_blocker and (blocker := int(one.blocker)):
            return self.thing(_BLOCKER_KINDS[blocker & 3], blocker & ~3), EXACT
        return None

    def _kind_of(self, head: int) -> tuple[str, str]:
        """Of which kind a lock is whose list of waiters has its head there, and the proof: one that is known already, or one whose words say
        that somebody waits. ("", "") if nothing says so."""
        dump = self.dump
        places = {kind: head - member.offset for kind in ("rwsem", "mutex") if (member := dump.type(locks.KINDS[kind][0]).member("wait_list"))}
        for kind, address in places.items():
            if (kind, address) in self.things:
                return kind, EXACT
        try:
            # The owners of both lie in the same place before the list. The word before that is a rwsem's count, or is no part of a mutex.
            if "rwsem" in places:
                state = locks.rwsem_state(dump, places["rwsem"])
                if state.word & locks.RWSEM_WAITERS and (state.writer or 0 < state.readers < _MANY_READERS) and threads.is_task(state.owner, dump):
                    return "rwsem", FOUND
            if "mutex" in places and dump.read_unsigned(places["mutex"]) & locks.MUTEX_WAITERS and threads.is_task(locks.mutex_owner(dump, places["mutex"]), dump):
                return "mutex", FOUND
        except Error:
            pass
        return "", ""

    def _lock(self, task: int, kind: str, found: list[scan.Node]) -> tuple[Thing | None, str]:
        member = self.dump.type(locks.KINDS[kind][0]).member("wait_list")
        for node in found:
            if node.kind == "lock" and node.head and member is not None:
                thing = self.thing(kind, node.head - member.offset)
                thing.add(node.waiters)
                return thing, EXACT
        lock = locks.find_lock(task, kind, self.dump)
        return (self.thing(kind, lock.address), FOUND) if lock and lock.address else (None, GUESS)

    def _queue(self, node: scan.Node, stack: scan.Stack, purpose: sites.Purpose | None) -> tuple[Thing | None, str]:
        dump, proof = self.dump, EXACT if node.linked and node.head else FOUND
        head = node.head - dump.type("struct wait_queue_head").offset_of("head") if node.head else 0
        if node.function == "percpu_rwsem_wake_function" and head:
            thing = self.thing("percpu_rwsem", head - dump.type("struct percpu_rw_semaphore").offset_of("waiters"))
        elif node.function in ("wake_page_function", "wake_bit_function", "var_wake_function"):
            thing = self._bit(node, purpose)
        elif head:
            thing = self.thing("queue", head, purpose.text if purpose else "")
        else:
            return None, GUESS
        return thing, proof

    def _bit(self, node: scan.Node, purpose: sites.Purpose | None) -> Thing:
        """The page, or the bit or variable elsewhere, that somebody waits for on a queue of a hash table, which says nothing itself."""
        dump = self.dump
        if node.function == "wake_page_function":
            layout = dump.type("struct wait_page_queue")
            wait = node.address - layout.offset_of("wait")
            member = layout.member("folio") or layout.member("page")
            page = dump.read_unsigned(wait + (member.offset if member else 0))
            return self.thing("folio", page, purpose.text if purpose else "a page")
        layout = dump.type("struct wait_bit_queue_entry")
        key = node.address - layout.offset_of("wq_entry") + layout.offset_of("key")
        word = dump.read_unsigned(key + dump.type("struct wait_bit_key").offset_of("flags"))
        return self.thing("bit", word, purpose.text if purpose else names.name_of(dump, word))

    def _completion(self, address: int, purpose: sites.Purpose | None) -> Thing:
        known = self.things.get(("completion", address))
        if known is not None:
            return known
        thing = self.thing("completion", address, purpose.text if purpose else names.name_of(self.dump, address))
        if child := _known(_vfork_children, self.dump).get(address):
            thing.name = "its vfork child to call exec or to end"
            thing.holders, thing.proof, thing.held = [child], EXACT, f"child {who(self.dump, child)}"
        elif purpose and purpose.key == "kthread" and (thread := _known(_kthread_completions, self.dump).get(address)):
            thing.holders, thing.proof, thing.held = [thread], EXACT, who(self.dump, thread)
        elif worker := _known(_flushed, self.dump).get(address):
            thing.holders, thing.proof, thing.held = [worker], EXACT, f"worker {who(self.dump, worker)}"
        elif self.dump.read_unsigned(address, 4):
            thing.free, thing.held = True, "it is completed"
        return thing

    # -- a thing

    def thing(self, kind: str, address: int, name: str = "") -> Thing:
        """What is waited for, with all that is known of who holds it."""
        key = (kind, address)
        thing = self.things.get(key)
        if thing is None:
            thing = self.things[key] = Thing(kind, address, name)
            if kind in locks.KINDS or kind == "rt_mutex":
                self._describe_lock(thing)
            elif kind == "queue":
                self._describe_queue(thing)
        return thing

    def _describe_lock(self, thing: Thing) -> None:
        if not thing.address:
            return
        dump = self.dump
        struct = "struct rt_mutex_base" if thing.kind == "rt_mutex" else locks.KINDS[thing.kind][0]
        layout = dump.find_type("struct", struct.removeprefix("struct "))
        thing.name = names.name_of(dump, thing.address, layout.size if layout else 1)
        try:
            self._hold(thing)
        except Error as error:
            thing.held = f"unknown: {error}"

    def _hold(self, thing: Thing) -> None:
        dump, address = self.dump, thing.address
        if thing.kind == "rt_mutex":
            struct = "struct rt_mutex_base" if dump.find_type("struct", "rt_mutex_base") else "struct rt_mutex"
            owner = locks.rt_mutex_owner(dump, address, struct=struct)
            thing.held, thing.free = who(dump, owner) if owner else "nobody", not owner
            thing.holders, thing.proof = [owner] if owner else [], EXACT
            return
        if thing.kind == "percpu_rwsem":
            self._percpu(thing)
            return
        thing.held = locks.held_by(dump, thing.kind, address)
        if thing.kind == "mutex":
            owner = locks.mutex_owner(dump, address)
            thing.holders, thing.proof, thing.free = [owner] if owner else [], EXACT, not owner
        elif thing.kind == "rwsem":
            state = locks.rwsem_state(dump, address)
            thing.holders = [state.owner] if state.owner and (state.writer or state.readers) else []
            sure = not state.by_reader or self._has_on_stack(state.owner, address) or (state.readers == 1 and self._sleeps_longest(state.owner, address))
            thing.proof = EXACT if not state.by_reader else FOUND if sure else GUESS
            thing.free = not (state.writer or state.readers)
        elif thing.kind == "semaphore":
            holder = locks.semaphore_last_holder(dump, address)
            # It is cleared when that thread lets go, so one that has slept since before the others came has it.
            thing.holders, thing.proof = [holder] if holder else [], FOUND if holder and self._sleeps_longest(holder, address, "semaphore") else GUESS
            thing.free = bool(dump.object("struct semaphore", address).count)

    def _has_on_stack(self, task: int, lock: int) -> bool:
        """Whether the stack of a sleeping thread has the address of a lock, or of the ``struct mm_struct`` that it is in. The owner word of
        a rwsem names the last reader to enter, who may have left; one that has it on its stack has not, most likely."""
        try:
            words = scan.stack(self.dump, task).words
            mm = self.dump.type("struct mm_struct").member("mmap_lock")
        except Error:
            return False
        wanted = {lock} | ({lock - mm.offset} if mm else set())
        return any(word in wanted for word in words)

    def _sleeps_longest(self, task: int, lock: int, kind: str = "rwsem") -> bool:
        """Whether the thread that the only reader of a rwsem should be sleeps uninterruptibly, and has since before anybody came to wait: it
        was the last to enter, and had it left since, it would have run."""
        waiters = [one for one in locks.waiters_of(self.dump, kind, lock) if one != task]
        try:
            reader, *others = tasktable.at(self.dump, [task, *waiters])
        except (Error, ValueError):
            return False
        return reader.state == "UN" and bool(others) and all(seconds_since(self.dump, reader.last_run) > seconds_since(self.dump, one.last_run) for one in others)

    def _percpu(self, thing: Thing) -> None:
        lock: Any = self.dump.object("struct percpu_rw_semaphore", thing.address)
        if draining := int(lock.writer.task):
            thing.holders, thing.proof = [draining], EXACT
        else:
            place = names.place_of(self.dump, thing.address)
            block: Any = self.dump.object("struct super_block", place.owner) if place is not None and place.struct == "struct super_block" else None
            if block and (frozen := sb_frozen(block)):
                thing.held = f"the freeze of {sb_name(self.dump, block)} ({how_frozen(frozen)})"
                thing.outside, thing.proof = "frozen file system", EXACT
                return  # whatever the counters of readers say, which are on pages of their own
        thing.held = locks.held_by(self.dump, thing.kind, thing.address)
        state = locks.percpu_rwsem_state(self.dump, thing.address)
        thing.free = not (state.writer or state.readers or state.draining)

    def _describe_queue(self, thing: Thing) -> None:
        place = names.place_of(self.dump, thing.address)
        named = names.name_of(self.dump, thing.address, self.dump.type("struct wait_queue_head").size)
        thing.name = f"{thing.name}: {named}" if thing.name and named else thing.name or named
        if place is not None and place.struct == "struct journal_s":
            try:
                committer = int(self.dump.object("struct journal_s", place.start).j_task)
            except Error:
                return
            if committer:
                thing.holders, thing.proof, thing.held = [committer], EXACT, f"the journal's thread, {who(self.dump, committer)}"


def function_name(frame: Frame) -> str:
    """The name of a frame's function without what compilers add to parts and clones of it; "" where there is none, or names are lost."""
    try:
        name = frame.name or ""
    except Error:
        return ""
    return name.partition(".")[0] or name


def who(dump: Dump, task: int) -> str:
    """``PID 12 (comm)``"""
    if not threads.is_task(task, dump):
        return f"a task that exists no more, {task:#x}"
    one = tasktable.at(dump, [task])[0]
    return f"PID {one.pid} ({one.comm})" if "pid" not in one.unread else f"the task at {task:#x}"


# -- who completes what


def _known(find: Callable[[Dump], dict[int, int]], dump: Dump) -> dict[int, int]:
    """What one of these finds; nothing where the dump lacks what it needs."""
    try:
        return find(dump)
    except Error:
        return {}


@per_dump
def _vfork_children(dump: Dump) -> dict[int, int]:
    """task_structs by ``vfork_done``: the completion on the stack of the parent that waits."""
    addresses = threads.listed(dump).all()
    dones, flags = dump.read_plain(addresses, "struct task_struct", ("vfork_done", "flags"))
    # That of a thread of the kernel is what kthread_stop() waits for.
    return {
        done: task for task, done, flag in zip(addresses, dones, flags, strict=True)
        if done and not isinstance(done, Error) and not (isinstance(flag, int) and flag & PF_KTHREAD)
    }  # fmt: skip


@per_dump
def _kthread_completions(dump: Dump) -> dict[int, int]:
    """task_structs of kernel threads by their completions ``parked`` and ``exited``.

    ``struct kthread`` is at ``task_struct.worker_private`` since e32cf5dfbe22 (in v5.17), before at ``set_child_tid``.
    """
    kthread = dump.find_type("struct", "kthread")
    if kthread is None:
        return {}
    offsets = [member.offset for name in ("parked", "exited") if (member := kthread.member(name))]
    pointer = "worker_private" if dump.type("struct task_struct").member("worker_private") else "set_child_tid"
    found: dict[int, int] = {}
    addresses = threads.listed(dump).all()
    for task, flags, private in zip(addresses, *dump.read_plain(addresses, "struct task_struct", ("flags", pointer)), strict=True):
        if not isinstance(flags, Error) and not isinstance(private, Error) and flags & PF_KTHREAD and private:
            found |= {private + offset: task for offset in offsets}
    return found


@per_dump
def _flushed(dump: Dump) -> dict[int, int]:
    """task_structs of workers by the completions of those who wait for the work that they run, or for a queue of which they alone run a work.

    ``insert_wq_barrier()`` puts a ``struct wq_barrier`` behind that work, into ``worker.scheduled`` of one that runs it.
    """
    from pykd.core.walk import caught
    from pykd.kernel.lists.linked import list_for_each_entry
    from pykd.kernel.workqueues import MAX_WORKS, flush_completions, for_each_busy_worker, for_each_pool, for_each_workqueue

    barrier = dump.find_type("struct", "wq_barrier")
    function = dump.address_of("wq_barrier_func", "", default=0)
    if barrier is None or not function:
        return {}
    done, work_at = barrier.offset_of("done"), barrier.offset_of("work")
    found: dict[int, int] = {}
    by_queue: dict[int, list[int]] = {}
    for worker in _each(for_each_busy_worker, dump, caught(for_each_pool(dump))):
        try:
            task = int(worker.task)
            if worker.current_pwq:
                by_queue.setdefault(int(worker.current_pwq.wq), []).append(task)
            for work in list_for_each_entry(dump, int(worker.scheduled), "struct work_struct", "entry", limit=MAX_WORKS):
                if int(work.func) == function:
                    found[int(work) - work_at + done] = task
        except Error:
            continue
    for queue in caught(for_each_workqueue(dump)):
        workers = [] if isinstance(queue, Error) else by_queue.get(int(queue), [])
        if len(workers) == 1:
            found.update((one, workers[0]) for one in caught(flush_completions(dump, queue)) if not isinstance(one, Error))
    return found


def _each(walk: Any, dump: Dump, parents: Iterable[Any]) -> Iterable[Any]:
    """The items of a walk of each of *parents*, without what cannot be read."""
    from pykd.core.walk import caught

    for parent in parents:
        if not isinstance(parent, Error):
            yield from (item for item in caught(walk(dump, parent)) if not isinstance(item, Error))


def interesting(thread: Thread) -> bool:
    """Whether a thread is in an uninterruptible sleep that is not TASK_IDLE."""
    return thread.state == "UN"
