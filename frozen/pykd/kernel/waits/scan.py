# SPDX-License-Identifier: GPL-2.0-or-later
"""A thread's own elements of lists of waiters, which are on its stack.

No debug information says where on a stack a variable is. But the struct of a waiter names its thread, and is linked into a list whose other
links agree; hardly anything else does. Two ways lead to one: a pointer to the thread beside a link that its neighbours point back to, and a
pointer to the thread before the address of a function that wakes waiters.
"""

from __future__ import annotations

from _pykd import Error, FaultError
from pykd.core.memo import per_dump
from pykd.core.record import NamedTuple
from pykd.kernel.task import threads
from pykd.kernel.waitqueues import MAX_WAITERS
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump, Trace

WAKE_FUNCTIONS = (
    "autoremove_wake_function", "default_wake_function", "woken_wake_function", "wake_bit_function", "wake_page_function", "var_wake_function",
    "percpu_rwsem_wake_function", "rq_qos_wake_function", "child_wait_callback", "receiver_wake_function", "userfaultfd_wake_function",
    "memcg_oom_wake_function", "ep_autoremove_wake_function", "iter_wake_function", "kyber_domain_wake", "blk_mq_dispatch_wake",
)  # fmt: skip
"""Values of ``wait_queue_entry.func`` of entries that threads have on their stacks"""

MAX_STACK = 64 << 10
"""Bytes of a stack that are looked at"""
_SHAPES = (("queue", "struct wait_queue_entry", "entry", "private"), ("simple", "struct swait_queue", "task_list", "task"), ("lock", "struct mutex_waiter", "list", "task"))
"""(kind of :class:`Node`, type, its link, its pointer to the thread). Waiters of mutexes, rwsems and semaphores begin alike."""


class Node(NamedTuple):
    """An element of a list of waiters."""

    kind: str
    """``queue``: struct wait_queue_entry; ``simple``: swait_queue (of completions); ``lock``: mutex_waiter, rwsem_waiter, semaphore_waiter."""
    address: int
    """Of that struct."""
    function: str
    """Name of the function that wakes it (of a ``queue``)."""
    head: int
    """Address of the ``struct list_head`` of the list; 0 of a list that is a ring, or cannot be followed."""
    waiters: tuple[int, ...]
    """Addresses of the task_structs in the list, first come first."""
    linked: bool
    """Its neighbours point back to it: it is in a list, and what waits now."""


class Stack(NamedTuple):
    """What a sleeping thread has on its stack."""

    low: int
    """Address of the first word in use."""
    words: memoryview
    trace: Trace


class _Shape(NamedTuple):
    kind: str
    link: int
    """Bytes from the struct to its link"""
    task: int
    """and to its pointer to the thread"""


@per_dump
def _shapes(dump: Dump) -> list[_Shape]:
    found = []
    for kind, struct, link, task in _SHAPES:
        layout = dump.find_type("struct", struct.removeprefix("struct "))
        links, tasks = (layout.member(link), layout.member(task)) if layout else (None, None)
        if links and tasks:
            found.append(_Shape(kind, links.offset, tasks.offset))
    return found


@per_dump
def _wake_functions(dump: Dump) -> dict[int, str]:
    return {address: name for name in WAKE_FUNCTIONS if (address := dump.address_of(name, "", default=0))}


def stack(dump: Dump, task: int) -> Stack:
    """The stack of a thread at rest, from where it stopped upwards; the whole one where that cannot be told. :raises Error: it has none"""
    low, high = dump.stack_of_task(task)
    trace = dump.unwind(task)
    if trace.frames and low <= trace.frames[0].sp < high:
        low = trace.frames[0].sp
    # What cannot be read in its middle costs what lies below it: the frames in use are at its end.
    parts = dump.readable(low, min(high, low + MAX_STACK))
    if not parts:
        return Stack(high, words_of(dump, b""), trace)
    start, data = parts[-1]
    skip = -start & 7
    data = data[skip : skip + ((len(data) - skip) & ~7)]
    return Stack(start + skip, words_of(dump, data), trace)


Lists = dict[int, tuple[int, tuple[int, ...]]]
"""What is known of lists by each of their links: the head, and who waits"""


def nodes(dump: Dump, task: int, found: Stack, lists: Lists) -> list[Node]:
    """All elements on a thread's stack, the innermost first; what is linked counts before what only has a function.

    What is left of an earlier wait is linked into nothing, as far as its memory was not reused.

    :param lists: remembers lists, each of which many threads may be in.
    """
    shapes, functions = _shapes(dump), _wake_functions(dump)
    linked: list[Node] = []
    others: list[Node] = []
    for i, word in enumerate(found.words):
        if word != task:
            continue
        place = found.low + 8 * i
        for shape in shapes:
            node = _node(dump, task, place, shape, functions, lists)
            if node is not None:
                (linked if node.linked else others).append(node)
    return linked + others


def _node(dump: Dump, task: int, place: int, shape: _Shape, functions: dict[int, str], lists: Lists) -> Node | None:
    address = place - shape.task
    link = address + shape.link
    function = ""
    try:
        if shape.kind == "queue":
            function = functions.get(dump.read_unsigned(place + 8), "")
            if not function:
                return None
        following, before = dump.read_unsigned(link), dump.read_unsigned(link + 8)
        if following == link or not dump.is_kernel(following) or (following | before) & 7:
            return Node(shape.kind, address, function, 0, (task,), False) if function else None
        if dump.read_unsigned(following + 8) != link or dump.read_unsigned(before) != link:
            return Node(shape.kind, address, function, 0, (task,), False) if function else None
    except FaultError:
        return None
    head, waiters = lists[link] if link in lists else _list(dump, link, shape, lists)
    return Node(shape.kind, address, function, head, waiters, True) if task in waiters else None


def _list(dump: Dump, link: int, shape: _Shape, lists: Lists) -> tuple[int, tuple[int, ...]]:
    """Around a list from a link in it: its head (0: none, or not to be told), and the threads, first come first.

    An element that is of no thread (epoll's) has a function where a head has its spinlock.
    """
    places, _ = dump.follow(link, limit=MAX_WAITERS)
    to_task = shape.task - shape.link
    waiters: list[int] = []
    heads: list[int] = []
    turn = 0
    for place in places:
        try:
            address = dump.read_unsigned(place + to_task)
        except FaultError:
            address = 0
        # Before the head of a queue may lie a thread too: that of percpu_rw_semaphore.writer does.
        is_entry = shape.kind != "queue" or _is_code(dump, place - 8)
        if is_entry and threads.is_task(address, dump):
            waiters.append(address)
        elif shape.kind != "queue" or not is_entry:
            heads.append(place)
            turn = len(waiters)
    found = (heads[0], tuple(waiters[turn:] + waiters[:turn])) if len(heads) == 1 else (0, tuple(waiters))
    lists.update(dict.fromkeys(places, found))
    return found


def _is_code(dump: Dump, place: int) -> bool:
    try:
        return dump.text_symbol(dump.read_unsigned(place)) is not None
    except Error:
        return False
