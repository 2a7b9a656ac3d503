# SPDX-License-Identifier: GPL-2.0-or-later
"""What open files are that have no path to say it: epoll sets, timers, signals, watches, rings, pipes; as /proc/PID/fdinfo has it.

A kind is told by ``file.f_op``; what it holds, in ``file.private_data``, by a function of its own. Each gives a row and raises a FaultError.
"""

from __future__ import annotations

from _pykd import Error, LimitError, MemberError
from pykd.core.members import has_member
from pykd.core.memo import per_dump
from pykd.core.rows import fault
from pykd.core.walk import caught
from pykd.kernel import machine
from pykd.kernel.fs.files import MAX_FDS, file_path
from pykd.kernel.fs.sbnames import inode_path
from pykd.kernel.lists.linked import hlist_for_each_entry, list_for_each_entry
from pykd.kernel.lists.rbtree import rbtree_for_each_entry
from pykd.kernel.task.namespaces import pid_nr
from pykd.kernel.task.signals import mask_of, names_in
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row

MAX_ITEMS = 1 << 16
"""Of a set, of watches, of requests; more are cut"""
MAX_BUFFERS = 1 << 19
"""Pages of a pipe of the greatest size that F_SETPIPE_SZ gives, 2 GiB"""
EVENTS = {
    1: "EPOLLIN", 2: "EPOLLPRI", 4: "EPOLLOUT", 8: "EPOLLERR", 0x10: "EPOLLHUP", 0x20: "EPOLLNVAL", 0x40: "EPOLLRDNORM", 0x80: "EPOLLRDBAND",
    0x100: "EPOLLWRNORM", 0x200: "EPOLLWRBAND", 0x400: "EPOLLMSG", 0x2000: "EPOLLRDHUP", 1 << 28: "EPOLLEXCLUSIVE", 1 << 29: "EPOLLWAKEUP",
    1 << 30: "EPOLLONESHOT", 1 << 31: "EPOLLET",
}  # fmt: skip
WATCHED = {
    1: "ACCESS", 2: "MODIFY", 4: "ATTRIB", 8: "CLOSE_WRITE", 0x10: "CLOSE_NOWRITE", 0x20: "OPEN", 0x40: "MOVED_FROM", 0x80: "MOVED_TO", 0x100: "CREATE",
    0x200: "DELETE", 0x400: "DELETE_SELF", 0x800: "MOVE_SELF", 0x1000: "OPEN_EXEC", 0x2000: "UNMOUNT", 0x4000: "Q_OVERFLOW", 0x8000: "IGNORED",
    0x10000: "OPEN_PERM", 0x20000: "ACCESS_PERM", 0x40000: "OPEN_EXEC_PERM", 0x4000000: "EXCL_UNLINK", 0x8000000: "EVENT_ON_CHILD",
    0x20000000: "DN_MULTISHOT", 0x40000000: "ONDIR", 0x80000000: "ONESHOT",
}  # fmt: skip
"""Of inotify and fanotify, ``include/linux/fsnotify_backend.h``: IN_ and FAN_ of the same bit"""
CLOCKS = {0: "REALTIME", 1: "MONOTONIC", 7: "BOOTTIME", 8: "REALTIME_ALARM", 9: "BOOTTIME_ALARM"}
TIMER = {1: "ABSTIME", 2: "CANCEL_ON_SET"}
"""TFD_TIMER_*"""
RING = (
    "IOPOLL", "SQPOLL", "SQ_AFF", "CQSIZE", "CLAMP", "ATTACH_WQ", "R_DISABLED", "SUBMIT_ALL", "COOP_TASKRUN", "TASKRUN_FLAG", "SQE128", "CQE32",
    "SINGLE_ISSUER", "DEFER_TASKRUN", "NO_MMAP", "REGISTERED_FD_ONLY", "NO_SQARRAY", "HYBRID_IOPOLL", "CQE_MIXED", "SQE_MIXED",
)  # fmt: skip
"""IORING_SETUP_* from bit 0"""
FAULTS = (
    "PAGEFAULT_FLAG_WP", "EVENT_FORK", "EVENT_REMAP", "EVENT_REMOVE", "MISSING_HUGETLBFS", "MISSING_SHMEM", "EVENT_UNMAP", "SIGBUS", "THREAD_ID",
    "MINOR_HUGETLBFS", "MINOR_SHMEM", "EXACT_ADDRESS", "WP_HUGETLBFS_SHMEM", "WP_UNPOPULATED", "POISON", "WP_ASYNC", "MOVE",
)  # fmt: skip
"""UFFD_FEATURE_* from bit 0"""
TUN = {
    1: "TUN", 2: "TAP", 0x10: "NAPI", 0x20: "NAPI_FRAGS", 0x40: "NO_CARRIER", 0x100: "MULTI_QUEUE", 0x200: "ATTACH_QUEUE", 0x400: "DETACH_QUEUE",
    0x800: "PERSIST", 0x1000: "NO_PI", 0x2000: "ONE_QUEUE", 0x4000: "VNET_HDR", 0x8000: "TUN_EXCL",
}  # fmt: skip
"""IFF_* of ``include/uapi/linux/if_tun.h``"""
OPEN = {
    0o100: "CREAT", 0o200: "EXCL", 0o400: "NOCTTY", 0o1000: "TRUNC", 0o2000: "APPEND", 0o4000: "NONBLOCK", 0o10000: "DSYNC", 0o20000: "ASYNC",
    0o1000000: "NOATIME", 0o2000000: "CLOEXEC", 0o4000000: "SYNC", 0o10000000: "PATH", 0o20000000: "TMPFILE",
}  # fmt: skip
"""O_* that are the same on all machines; the other four are :attr:`pykd.kernel.machine.facts.Machine.open_flags`"""
_MOUNT_FLAGS = {0: "inode", 1: "mount", 2: "filesystem", 3: "namespace"}


def names_of(bits: dict[int, str], value: int) -> list[str]:
    """Names of the bits that are set."""
    return [name for bit, name in bits.items() if value & bit]


def open_flag_names(dump: Dump, flags: int) -> list[str]:
    """Names of ``file.f_flags``: RDONLY, WRONLY or RDWR, then each O_* without its prefix."""
    access = ("RDONLY", "WRONLY", "RDWR", "3")[flags & 3]
    own = dict(zip((0o40000, 0o100000, 0o200000, 0o400000), machine.of(dump).open_flags, strict=True))
    return [access, *names_of(OPEN | own, flags)]


def _eventpoll(dump: Dump, file: Any) -> Row:
    """``struct eventpoll``: waits for, each with fd, events, data, ready, file and its kind."""
    poll = dump.object("struct eventpoll", int(file.private_data))
    row: Row = {"waits_for": []}
    for item in caught(rbtree_for_each_entry(dump, int(poll) + poll.fieldOffset("rbr"), "struct epitem", "rbn")):
        if len(row["waits_for"]) >= MAX_ITEMS:
            row["error"] = fault(LimitError("the set has no end"), partial=True)
            break
        if isinstance(item, Error):
            row["error"] = fault(item, partial=True)
            continue
        one: Row = {"fd": int(item.ffd.fd)}
        try:
            events = int(item.event.events)
            one |= {"event_bits": events, "events": names_of(EVENTS, events), "data": int(item.event.data), "ready": _is_linked(item, "rdllink")}
            target = item.ffd.file
            one |= {"file": int(target), "kind": kind_of(dump, target), "path": file_path(dump, target)}
            one |= {"position": int(target.f_pos), "inode": int(target.f_inode.i_ino)}
        except Error as error:
            one["error"] = fault(error)
        row["waits_for"].append(one)
    return row


def _is_linked(owner: Any, member: str) -> bool:
    """Whether a ``struct list_head`` is in a list: it is empty, or zeros, when it is in none."""
    link = getattr(owner, member)
    return int(link.next) not in (0, int(link))


def _eventfd(dump: Dump, file: Any) -> Row:
    context = dump.object("struct eventfd_ctx", int(file.private_data))
    return {"count": int(context.count), "id": int(context.id), "semaphore": bool(int(context.flags) & 1)}


def _timerfd(dump: Dump, file: Any) -> Row:
    """clock, ticks, interval (ns), armed, expires (ns of that clock; of a timer with an alarm, of the alarm's)."""
    context = dump.object("struct timerfd_ctx", int(file.private_data))
    clock = int(context.clockid)
    row: Row = {"clock": CLOCKS.get(clock, f"{clock}"), "ticks": int(context.ticks), "interval": int(context.tintv), "settime_flags": names_of(TIMER, int(context.settime_flags))}
    if clock in (8, 9):
        node, armed = context.t.alarm.node, bool(int(context.t.alarm.state) & 1)
    else:
        node, armed = context.t.tmr.node, bool(_state(context.t.tmr))
    return row | {"armed": armed, "expires": int(node.expires) if armed else None}


def _state(timer: Any) -> int:
    """HRTIMER_STATE_ENQUEUED; 7.0 has it as a member of its own."""
    return int(timer.state) if has_member(timer, "state") else int(timer.is_queued)


def _signalfd(dump: Dump, file: Any) -> Row:
    """The kernel keeps what does not wake it."""
    mask = ~mask_of(dump.object("struct signalfd_ctx", int(file.private_data)).sigmask) & (1 << 64) - 1
    return {"signal_bits": mask, "signals": names_in(mask)}


def _notify(dump: Dump, file: Any) -> Row:
    """A ``struct fsnotify_group``: its marks and how many events it holds."""
    group = dump.object("struct fsnotify_group", int(file.private_data))
    row: Row = {"queued": int(group.q_len), "watches": []}
    head = int(group) + group.fieldOffset("marks_list")
    for mark in caught(list_for_each_entry(dump, head, "struct fsnotify_mark", "g_list", limit=MAX_ITEMS, what="the list of watches")):
        if isinstance(mark, Error):
            row["error"] = fault(mark, partial=True)
            break
        one: Row = {"mark": int(mark)}
        try:
            mask = int(mark.mask)
            one |= {"mask_bits": mask, "mask": names_of(WATCHED, mask)}
            if dump.find_type("struct", "inotify_inode_mark") and _fops(dump).get(int(file.f_op)) == "inotify":
                one["wd"] = int(dump.object("struct inotify_inode_mark", int(mark)).wd)
            one |= _watched(dump, mark.connector)
        except Error as error:
            one["error"] = fault(error)
        row["watches"].append(one)
    return row


def _watched(dump: Dump, connector: Any) -> Row:
    """What a ``struct fsnotify_mark_connector`` is of.

    b8d06d2a4d5c ("fsnotify: pass object pointer and type to fsnotify mark helpers") (in v6.10): ``obj`` is the object; before, where in it its list of marks is.
    """
    if not connector:
        return {"of": None}
    kind = int(connector.type)
    pointer = int(connector.obj)
    if connector.hasField("prio") or dump.find_type("typedef", "fsnotify_connp_t") is None:
        inode = dump.object("struct inode", pointer)
    else:
        inode = dump.object("struct inode", pointer - (dump.type("struct inode").offset_of("i_fsnotify_marks")))
    row: Row = {"of": _MOUNT_FLAGS.get(kind, f"{kind}")}
    if kind == 0 and pointer:
        row |= {"object": int(inode), "inode": int(inode.i_ino), "device": int(inode.i_sb.s_dev)}
        row["path"], _ = inode_path(dump, inode)
    return row


def _pidfd(dump: Dump, file: Any) -> Row:
    """cb12fd8e0dab ("pidfd: add pidfs") (in v6.9): the inode has the ``struct pid``."""
    address = int(file.private_data)
    if str(file.f_path.dentry.d_sb.s_type.name) == "pidfs":
        address = int(file.f_inode.i_private)
    pid = dump.object("struct pid", address)
    return {"pid": pid_nr(pid), "pid_struct": address}


def _bpf_map(dump: Dump, file: Any) -> Row:
    return {"id": int(dump.object("struct bpf_map", int(file.private_data)).id)}


def _bpf_program(dump: Dump, file: Any) -> Row:
    return {"id": int(dump.object("struct bpf_prog", int(file.private_data)).aux.id)}


def _bpf_link(dump: Dump, file: Any) -> Row:
    link = dump.object("struct bpf_link", int(file.private_data))
    return {"id": int(link.id), "program": int(link.prog.aux.id) if link.prog else None}


def _pipe(dump: Dump, file: Any) -> Row:
    """``struct pipe_inode_info``: 8cefc107ca54 ("pipe: Use head and tail pointers for the ring, not cursor and length") (in v5.5)."""
    pipe = dump.object("struct pipe_inode_info", int(file.private_data))
    head, tail, size = int(pipe.head), int(pipe.tail), int(pipe.ring_size)
    if not 0 < size <= MAX_BUFFERS or size & size - 1 or (used := head - tail & 0xFFFF_FFFF) > size:
        raise LimitError("the ring of the pipe is damaged")
    buffers = pipe.bufs
    held = sum(int(buffers[(tail + number) & size - 1].len) for number in range(used))
    return {"bytes": held, "buffers": used, "room": int(pipe.max_usage), "readers": int(pipe.readers), "writers": int(pipe.writers)}


def _perf(dump: Dump, file: Any) -> Row:
    event = dump.object("struct perf_event", int(file.private_data))
    return {"event": int(event), "type": int(event.attr.type), "config": int(event.attr.config), "cpu": int(event.cpu)}


def _userfaultfd(dump: Dump, file: Any) -> Row:
    context = dump.object("struct userfaultfd_ctx", int(file.private_data))
    features = int(context.features)
    return {"feature_bits": features, "features": [name for bit, name in enumerate(FAULTS) if features >> bit & 1], "mm": int(context.mm), "released": bool(context.released)}


def _io_uring(dump: Dump, file: Any) -> Row:
    """``struct io_ring_ctx``: its rings, and the requests that wait (for a file to become ready, a timeout, or cancellation)."""
    ring = dump.object("struct io_ring_ctx", int(file.private_data))
    flags = int(ring.flags)
    row: Row = {"ring": int(ring), "flag_bits": flags, "flags": [name for bit, name in enumerate(RING) if flags >> bit & 1]}
    row |= {"sq_entries": int(ring.sq_entries), "cq_entries": int(ring.cq_entries)}
    if ring.rings:
        rings = ring.rings
        row |= {"sq_pending": int(rings.sq.tail) - int(ring.cached_sq_head) & 0xFFFF_FFFF, "cq_ready": int(ring.cached_cq_tail) - int(rings.cq.head) & 0xFFFF_FFFF}
    row["requests"] = []
    for request in caught(_requests(dump, ring)):
        if isinstance(request, Error):
            row["error"] = fault(request, partial=True)
            continue
        row["requests"].append(_request(dump, request))
    return row


def _requests(dump: Dump, ring: Any) -> Iterator[Any]:
    """Each ``struct io_kiocb`` in the tables of what can be cancelled.

    e6f89be61410 ("io_uring: introduce a struct for hash table") and 9ca9fb24d5fe (in v6.0): ``cancel_table`` and, until v6.13, ``cancel_table_locked``.
    """
    seen = 0
    tables = []
    if ring.hasField("cancel_hash"):
        tables.append((int(ring.cancel_hash), int(ring.cancel_hash_bits), 8, 0))
    else:
        bucket = dump.type("struct io_hash_bucket")
        for name in ("cancel_table", "cancel_table_locked"):
            if ring.hasField(name):
                table = getattr(ring, name)
                tables.append((int(table.hbs), int(table.hash_bits), bucket.size, bucket.offset_of("list")))
    for start, bits, step, offset in tables:
        if not start or bits > 16:
            continue
        for number in range(1 << bits):
            for request in hlist_for_each_entry(dump, start + number * step + offset, "struct io_kiocb", "hash_node", limit=MAX_ITEMS, what="requests"):
                seen += 1
                if seen > MAX_ITEMS:
                    raise LimitError("the requests have no end")
                yield request


def _request(dump: Dump, request: Any) -> Row:
    row: Row = {"request": int(request)}
    try:
        row["operation"] = _operation(dump, int(request.opcode))
        row["user_data"] = int(request.cqe.user_data) if request.hasField("cqe") else int(request.user_data)
        if target := request.file:
            row |= {"file": int(target), "path": file_path(dump, target)}
    except Error as error:
        row["error"] = fault(error)
    return row


@per_dump
def _operations(dump: Dump) -> dict[int, str]:
    """``IORING_OP_…`` by number, of several the first. :raises NotFoundError:"""
    return {value: name for name, value in reversed(dump.enumerator_type("IORING_OP_NOP").enumerators())}


def _operation(dump: Dump, number: int) -> str:
    try:
        names = _operations(dump)
    except Error:
        names = {}
    return names.get(number, f"{number}").removeprefix("IORING_OP_")


def _socket(dump: Dump, file: Any) -> Row:
    socket = dump.object("struct socket", int(file.private_data))
    if not socket.sk:
        return {"sock": 0}
    common = socket.sk.__getattr__("__sk_common")
    return {"sock": int(socket.sk), "family": int(common.skc_family), "type": int(socket.type), "state": int(common.skc_state)}


def _kvm(dump: Dump, file: Any) -> Row:
    return {"kvm": int(file.private_data)}


def _tun(dump: Dump, file: Any) -> Row:
    """``struct tun_file``: the device whose packets go through it, if it has one yet, and its flags."""
    tun = dump.object("struct tun_file", int(file.private_data)).tun
    if not tun:
        return {"interface": None}
    return {"interface": str(tun.dev.name), "tun": int(tun), "flag_bits": int(tun.flags), "flags": names_of(TUN, int(tun.flags)), "queues": int(tun.numqueues)}


def _vhost(dump: Dump, file: Any) -> Row:
    """A ``struct vhost_dev`` is the first member of what each kind of vhost has; its ``mm`` is that of the guest's process."""
    device = dump.object("struct vhost_dev", int(file.private_data))
    row: Row = {"device": int(device), "queues": int(device.nvqs), "owned": bool(device.mm)}
    if device.hasField("worker") and device.worker and has_member(device.worker, "task"):
        row["worker"] = int(device.worker.task.pid) if device.worker.task else None
    return row


KINDS: dict[str, tuple[tuple[str, ...], Callable[[Dump, Any], Row]]] = {
    "epoll": (("eventpoll_fops",), _eventpoll),
    "eventfd": (("eventfd_fops",), _eventfd),
    "timerfd": (("timerfd_fops",), _timerfd),
    "signalfd": (("signalfd_fops",), _signalfd),
    "inotify": (("inotify_fops",), _notify),
    "fanotify": (("fanotify_fops",), _notify),
    "pidfd": (("pidfd_fops", "pidfs_file_operations"), _pidfd),
    "bpf-map": (("bpf_map_fops",), _bpf_map),
    "bpf-prog": (("bpf_prog_fops",), _bpf_program),
    "bpf-link": (("bpf_link_fops", "bpf_link_fops_poll"), _bpf_link),
    "pipe": (("pipefifo_fops",), _pipe),
    "perf": (("perf_fops",), _perf),
    "userfaultfd": (("userfaultfd_fops",), _userfaultfd),
    "io_uring": (("io_uring_fops",), _io_uring),
    "socket": (("socket_file_ops",), _socket),
    "kvm-vm": (("kvm_vm_fops",), _kvm),
    "kvm-vcpu": (("kvm_vcpu_fops",), _kvm),
    "tun": (("tun_fops",), _tun),
    "vhost": (("vhost_net_fops", "vhost_vsock_fops", "vhost_scsi_fops"), _vhost),
}
"""By name: symbols of the ``struct file_operations``, and what tells of such a file"""


_OF_MODULES = ("kvm-vm", "kvm-vcpu", "tun", "vhost")


@per_dump
def _fops(dump: Dump) -> dict[int, str]:
    """Kinds by the address of their ``struct file_operations``."""
    found: dict[int, str] = {}
    for kind, (symbols, _) in KINDS.items():
        for name in symbols:
            if address := dump.address_of(name, None if kind in _OF_MODULES else "", default=0):
                found[address] = kind
    return found


_BY_MODE = {0o14: "socket", 0o12: "link", 0o10: "file", 0o6: "block", 0o4: "folder", 0o2: "char", 0o1: "pipe"}


def kind_of(dump: Dump, file: Any) -> str:
    """Of a ``struct file`` one of :data:`KINDS`; else ``file``, ``folder``, ``char`` … by its inode, and of other anonymous inodes their name, as
    ``anon:dmabuf``. :raises FaultError:"""
    known = _fops(dump).get(int(file.f_op))
    if known is not None:
        return known
    if str(file.f_path.dentry.d_sb.s_type.name) == "anon_inodefs":
        return f"anon:{file_path(dump, file).strip('[]')}"
    return _BY_MODE.get(int(file.f_inode.i_mode) >> 12, "unknown")


def closed_on_exec(dump: Dump, task: int) -> frozenset[int]:
    """Numbers of the files of the task at *task* that exec() closes. :raises FaultError:"""
    files: Any = dump.object("struct task_struct", task).files
    table = files.fdt if files else None
    if not table:
        return frozenset()
    size = min(int(table.max_fds), MAX_FDS)
    data = dump.read_upto(int(table.close_on_exec), -(-size // 64) * 8)
    words = words_of(dump, data[: len(data) & ~7])
    return frozenset(64 * place + bit for place, word in enumerate(words) if word for bit in range(64) if word >> bit & 1)


def details(dump: Dump, file: Any, kind: str) -> Row:
    """What is known of a ``struct file`` of one of :data:`KINDS`; nothing of others. :raises Error:"""
    known = KINDS.get(kind)
    if known is None or not (file.private_data or kind == "pidfd"):  # whose struct pid its inode may have
        return {}
    try:
        return known[1](dump, file)
    except (TypeError, IndexError) as error:
        raise MemberError(f"{kind}: {error}") from None
