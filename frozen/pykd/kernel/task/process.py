# SPDX-License-Identifier: GPL-2.0-or-later
"""What one ``struct task_struct`` says of itself: state, CPU, memory, arguments, relatives."""

from __future__ import annotations

from pykd.kernel.lists.linked import list_for_each_entry
from pykd.kernel.task import members, memory
from pykd.kernel.task.state import state_names
from pykd.kernel.task.table import PF_KTHREAD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump, Frame

MAX_ARGUMENTS = 1 << 20
"""Bytes of arguments or of the environment; more are cut."""
MAX_RELATIVES = 1 << 22


def task_cpu(dump: Dump, task: Any) -> int:
    """Number of the CPU that a ``struct task_struct`` runs on, or ran on last. :raises FaultError:"""
    return int(task.Eval(members.path("cpu", dump)))


def task_state_to_char(dump: Dump, task: Any) -> str:
    """Two letters as ``ps`` has them: ``RU IN UN ID ST TR ZO DE``. :raises FaultError:"""
    return state_names(dump).letters(int(task.Eval(members.path("state", dump))), int(task.exit_state))


def task_state_name(dump: Dump, task: Any) -> str:
    """``TASK_UNINTERRUPTIBLE|TASK_WAKEKILL``. :raises FaultError:"""
    return state_names(dump).name(int(task.Eval(members.path("state", dump))), int(task.exit_state))


def task_rss(dump: Dump, task: Any) -> int:
    """Resident memory of a ``struct task_struct`` in bytes; 0 of a kernel thread. :raises FaultError:"""
    return memory.resident_pages(task.mm, int(task.tgid), dump) * dump.page_size if task.mm else 0


def task_vsize(dump: Dump, task: Any) -> int:
    """What a ``struct task_struct`` has mapped, in bytes: ``mm_struct.total_vm``; 0 of a kernel thread. :raises FaultError:"""
    return int(task.mm.total_vm) * dump.page_size if task.mm else 0


def is_kthread(task: Any) -> bool:
    """Whether a ``struct task_struct`` is a thread of the kernel: PF_KTHREAD. :raises FaultError:"""
    return bool(int(task.flags) & PF_KTHREAD)


def stack_trace(dump: Dump, task: Any) -> list[Frame]:
    """The kernel stack of a ``struct task_struct``, the innermost call first: ``name``, ``pc``, ``sp``, ``registers`` of each, and how it was
    found. See :meth:`_pykd.Dump.unwind`. :raises FaultError: there is no stack."""
    return list(dump.unwind(int(task)).frames)


def access_process_vm(dump: Dump, task: Any, address: int, size: int) -> bytes:
    """*size* bytes of the user memory of a ``struct task_struct``, which most dumps leave out. :raises FaultError:"""
    return dump.read(address, size, pgd=memory.page_table(task.mm, dump))


def _words(dump: Dump, task: Any, start: int, end: int) -> list[str]:
    data = access_process_vm(dump, task, start, min(max(end - start, 0), MAX_ARGUMENTS))
    return [word.decode("utf-8", "backslashreplace") for word in data.rstrip(b"\0").split(b"\0")] if data else []


def cmdline(dump: Dump, task: Any) -> list[str]:
    """The arguments that a process was started with, which are in its user memory; none of a kernel thread. :raises FaultError:"""
    mm = task.mm
    return _words(dump, task, int(mm.arg_start), int(mm.arg_end)) if mm else []


def environ(dump: Dump, task: Any) -> list[str]:
    """``NAME=VALUE`` of its environment, as :func:`cmdline`. :raises FaultError:"""
    mm = task.mm
    return _words(dump, task, int(mm.env_start), int(mm.env_end)) if mm else []


def memory_of(dump: Dump, task: Any) -> Any:
    """``struct mm_struct`` of the process of a ``struct task_struct``: where that has given it up (a leader that has ended) the one of another of its
    threads; NULL of a thread of the kernel, and of a process that has ended. :raises FaultError:"""
    if task.mm or not task.signal or task.active_mm or int(task.flags) & PF_KTHREAD:
        return task.mm
    return next((thread.mm for thread in for_each_thread(dump, task) if thread.mm), task.mm)


def for_each_thread(dump: Dump, task: Any) -> Iterator[Any]:
    """Each ``struct task_struct`` of the process that *task* is a thread of, the leader first. :raises FaultError, LimitError: the list has no end."""
    signal = task.signal
    head = int(signal) + signal.fieldOffset("thread_head")
    yield from list_for_each_entry(dump, head, "struct task_struct", "thread_node", limit=MAX_RELATIVES, what=f"the threads of PID {task.tgid}")


def for_each_child(dump: Dump, task: Any) -> Iterator[Any]:
    """Each ``struct task_struct`` whose parent *task* is. :raises FaultError, LimitError: the list has no end."""
    head = int(task) + task.fieldOffset("children")
    yield from list_for_each_entry(dump, head, "struct task_struct", "sibling", limit=MAX_RELATIVES, what=f"the children of PID {task.pid}")
