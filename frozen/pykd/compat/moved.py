# SPDX-License-Identifier: GPL-2.0-or-later
"""What has another name or another place now and is no member's value: heads of lists, what contains a member, variables, types."""

from __future__ import annotations

from pykd.compat.values import Elsewhere
from pykd.core.members import offset_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from _pykd import Dump


def _thread_list_head(node: int, dump: Dump) -> int:
    """The list of a group's threads has a head now, in ``signal_struct``; it was a ring of tasks."""
    task = dump.struct_class("struct task_struct")
    signal = task(node - offset_of(task, "thread_node")).signal
    return int(signal) + signal.fieldOffset("thread_head") if signal else 0


LIST_HEADS: dict[tuple[str, str], Callable[[int, Dump], int]] = {
    ("struct task_struct", "thread_group"): _thread_list_head,
}
"""Lists that had no head and have one now: (struct, old name) to a function from a link to the head, which is no element."""


def list_head(struct: str, member: str, node: int, dump: Dump) -> int:
    """Address of a link that a walk along *member* from *node* must leave out; 0 if there is none."""
    function = LIST_HEADS.get((struct, member))
    if function is None or dump.type(struct).member(member) is not None:
        return 0
    return function(node, dump)


class LinkOffset(int):
    """Offset of a link whose list has a head now. An address plus this knows that, so that a walk from there can leave the head out."""

    head: Callable[[int, Dump], int]

    def __radd__(self, address: int) -> LinkAddress:
        return LinkAddress(int(address) + int(self), self.head)


class LinkAddress(int):
    """Address of such a link."""

    head: Callable[[int, Dump], int]

    def __new__(cls, address: int, head: Callable[[int, Dump], int]) -> LinkAddress:
        self = super().__new__(cls, address)
        self.head = head
        return self


def link_offset(struct: str, member: str, offset: int) -> int:
    """*offset*, as a LinkOffset if *member* is the old name of a link whose list had no head."""
    function = LIST_HEADS.get((struct, member))
    if function is None:
        return offset
    marked = LinkOffset(offset)
    marked.head = function
    return marked


class OwnerOffset(int):
    """Offset of a member to which a pointer led that leads to the whole struct now: taken from that pointer it is 0."""

    owner: Callable[[int, int], int]

    def __rsub__(self, pointer: int) -> int:
        return self.owner(int(pointer), int(self))


OWNERS: dict[tuple[str, str], Elsewhere] = {
    # fsnotify_mark_connector.obj, since v6.10
    ("struct inode", "i_fsnotify_marks"): Elsewhere("files", "marked"),
    ("struct mount", "mnt_fsnotify_marks"): Elsewhere("files", "marked"),
}
"""(Struct, member): what makes of the pointer and the offset the address of the struct."""


def owner_offset(struct: str, member: str, offset: int) -> OwnerOffset:
    marked = OwnerOffset(offset)
    marked.owner = OWNERS[struct, member]
    return marked


OLD_SYMBOLS: dict[str, str] = {
    # 22c62b9a84b8 ("timekeeping: Introduce auxiliary timekeepers") (in v6.17): the first of an array.
    "tk_core": "timekeeper_data",
    # "genirq: Unexport nr_irqs" (in v6.13)
    "nr_irqs": "total_nr_irqs",
    # "net: sched: ... sch_default_prio2band": gone global in v6.7
    "prio2band": "sch_default_prio2band",
    # 6c5a682e6497 ("selinux: clean up selinux_enabled/disabled/enforcing_boot") (in v5.6)
    "selinux_enabled": "selinux_enabled_boot",
}
"""Variables that have another name now; their type is the same."""

CONTAINERS: dict[tuple[str, str], Elsewhere] = {
    # 0d02129e76ed ("block: merge struct block_device and struct hd_struct") (in v5.11): part0 is a pointer.
    ("struct gendisk", "part0.__dev"): Elsewhere("block", "disk_of_device"),
    ("struct gendisk", "part0.__dev.kobj"): Elsewhere("block", "disk_of_kobject"),
    # 570d0200123f ("driver core: move device->knode_class to device_private") (in v5.1)
    **{("struct device", name): Elsewhere("block", name) for name in ("knode_class", "knode_bus", "knode_driver", "knode_parent")},
    # A part of super_block.s_fsnotify_info since v6.10, when fsnotify_mark_connector.obj became the address of the whole.
    ("struct super_block", "s_fsnotify_marks"): Elsewhere("files", "marked_super_block"),
}
"""(Struct, member) that once lay inside the struct: what finds the struct from the address of the member now."""

OLD_TYPES: dict[str, str] = {
    # 2055da97389a, ac6424b981bc ("sched/wait: Rename wait_queue_t => wait_queue_entry_t") (in v4.13)
    "wait_queue_t": "struct wait_queue_entry",
    # 0d02129e76ed ("block: merge struct block_device and struct hd_struct") (in v5.11)
    "struct hd_struct": "struct block_device",
    "struct __wait_queue": "struct wait_queue_entry",
    # With CONFIG_PREEMPT_RT all who wait are those of an rt_mutex.
    "struct mutex_waiter": "struct rt_mutex_waiter",
    "struct rwsem_waiter": "struct rt_mutex_waiter",
    # Since v5.6 a struct for user space only.
    "struct timespec": "struct timespec64",
    "struct __wait_queue_head": "struct wait_queue_head",
    # 2425bcb9240f ("tracing: Rename ftrace_event_{call,class} to trace_event_{call,class}") and others (in v4.2)
    **{f"struct ftrace_event_{name}": f"struct trace_event_{name}" for name in ("call", "class", "file", "functions")},
}
"""Structs that have another name now."""

OLD_ENUMS: dict[str, str] = {
    "enum rq_flag_bits": "enum req_flag_bits",  # since v4.10, when operations became a part of the word
}
"""Enums that have another name now."""
