# SPDX-License-Identifier: GPL-2.0-or-later
"""Wait queues (``include/linux/wait.h``), and how a sleeping thread's own element of a list is found on its stack.

Members are called ``head`` and ``entry`` since 2055da97389a ("sched/wait: Disambiguate wq_entry->task_list and wq_head->task_list
naming") (in v4.13).
"""

from __future__ import annotations

from _pykd import Error, FaultError
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.kernel.task import threads
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump, Trace

MAX_WAITERS = 1_000_000
"""A longer queue is damaged."""

WQ_FLAG_EXCLUSIVE = 1
"""Bit of ``wait_queue_entry.flags``: of those that have it one is woken at a time."""


def for_each_waiter(dump: Dump, head: int) -> Iterator[Any]:
    """Each ``struct wait_queue_entry`` of the ``struct wait_queue_head`` at *head*, the one that is woken first first.

    :raises FaultError, LimitError: where the queue cannot be followed to its end.
    """
    links = int(head) + dump.type("struct wait_queue_head").offset_of("head")
    if not dump.read_unsigned(links):
        return  # never initialised
    yield from list_for_each_entry(dump, links, "struct wait_queue_entry", "entry", limit=MAX_WAITERS, what=f"the wait queue at {head:#x}")


def waiting_task(dump: Dump, entry: Any) -> int:
    """Address of the ``struct task_struct`` that waits by a ``struct wait_queue_entry``; 0 where it is no task (of epoll, a pipe of the kernel…).

    ``private`` of the entry is the task, or in poll() and select() a ``struct poll_wqueues`` that has it as ``polling_task``.

    :raises FaultError:
    """
    private = int(entry.private)
    if not private or threads.is_task(private, dump):
        return private
    function = dump.symbol_at(int(entry.func))
    if function is not None and function.name == "pollwake":
        poll: Any = dump.object("struct poll_wqueues", private)
        return int(poll.polling_task)
    return 0


def ring(dump: Dump, node: int, to_task: int) -> tuple[list[int], int]:
    """From the link *node* of one waiter around its list: the address of each waiter's ``struct task_struct``, first come first, and the
    address of the list's head, 0 of a ring that has none.

    :param to_task: bytes from a waiter's link to its pointer to the task.
    """
    nodes, _ = dump.follow(node, limit=MAX_WAITERS)
    found: list[int] = []
    head_at = None
    for i, place in enumerate(nodes):
        try:
            address = dump.read_unsigned(place + to_task)
        except FaultError:
            address = 0
        if threads.is_task(address, dump):
            found.append(address)
        else:
            head_at = i if head_at is None else head_at
    if head_at is None:
        return found, 0
    # The walk began in the middle; the oldest waiter follows the head.
    return found[head_at:] + found[:head_at], nodes[head_at]


def stack_words(dump: Dump, task: int) -> tuple[int, memoryview, Trace]:
    """What a thread has on its stack at rest: address of the first word, the words, and its trace. :raises Error: it has no stack"""
    low, high = dump.stack_of_task(task)
    trace = dump.unwind(task)
    if trace.frames and low <= trace.frames[0].sp < high:
        low = trace.frames[0].sp
    data = dump.read_upto(low, high - low)
    return low, words_of(dump, data[: len(data) & ~7]), trace


def elements_on_stack(dump: Dump, task: int, low: int, words: memoryview, link: int, to_task: int) -> Iterator[tuple[int, list[int], int]]:
    """Elements of lists of waiters that the thread *task* has on its stack: (address, tasks and head as of :func:`ring`).

    An element is a struct that names the thread and is linked into a sound list; what is left of an earlier wait is not.

    :param link: offset of the ``struct list_head`` in an element; *to_task*: bytes from there to the pointer to the task.
    """
    for i, word in enumerate(words):
        if word != task:
            continue
        node = low + 8 * i - to_task
        try:
            following = dump.read_unsigned(node)
            if dump.read_unsigned(following + 8) != node:
                continue
        except FaultError:
            continue
        tasks, head = ring(dump, node, to_task)
        if task in tasks:
            yield node - link, tasks, head


def queue_of(dump: Dump, task: int) -> tuple[int, list[int]]:
    """The wait queue that a sleeping thread waits on: address of the ``struct wait_queue_head``, and of the ``struct task_struct`` of each
    thread that waits there, the one that is woken first first. (0, []) where its stack has no element of one."""
    entry = dump.type("struct wait_queue_entry")
    link = entry.offset_of("entry")
    to_task = entry.offset_of("private") - link
    try:
        low, words, _ = stack_words(dump, task)
    except Error:
        return 0, []
    for _, tasks, head in elements_on_stack(dump, task, low, words, link, to_task):
        if head:
            return head - dump.type("struct wait_queue_head").offset_of("head"), tasks
    return 0, []
