# SPDX-License-Identifier: GPL-2.0-or-later
"""Functions in which threads wait: by which kind of lock, or for what."""

from __future__ import annotations

import re

from pykd.core.record import NamedTuple

LOCK_SITES = (
    ("mutex", re.compile(r"^(__mutex_lock|__ww_mutex_lock|mutex_lock)")),
    ("rwsem", re.compile(r"^(rwsem_down_|call_rwsem_down_|__?down_(read|write)|down_(read|write))")),
    ("semaphore", re.compile(r"^__down(_common|_timeout|_interruptible|_killable)?$")),
    ("percpu_rwsem", re.compile(r"^(percpu_rwsem_wait|percpu_down_write|__percpu_down_read)$")),
    ("rt_mutex", re.compile(r"^(__?rt_mutex_|rt_mutex_|rtlock_|rt_spin_lock)")),
)
"""(kind as in :data:`pykd.kernel.locks.KINDS`, or rt_mutex; functions that sleep until it is free), innermost frames first."""


class Purpose(NamedTuple):
    """What a thread waits for that is no lock."""

    key: str
    """One word."""
    text: str
    """What it waits for, as a noun."""
    functions: tuple[str, ...]


PURPOSES = (
    Purpose("freezer", "the freezer to let it go on", ("__refrigerator",)),
    Purpose("vfork", "its vfork child to call exec or to end", ("wait_for_vfork_done", "kernel_clone", "_do_fork")),
    Purpose("folio", "a page of a file to be read, written or unlocked", (
        "folio_wait_bit_common", "__folio_lock", "folio_wait_bit", "folio_wait_writeback", "__lock_page", "wait_on_page_bit_common",
        "wait_on_page_bit", "filemap_update_page",
    )),
    Purpose("buffer", "a block of a device to be read or written", ("__wait_on_buffer", "__lock_buffer")),
    Purpose("request", "a request to a block device", ("submit_bio_wait", "bio_await", "blk_execute_rq", "blkdev_issue_flush", "iomap_dio_rw", "__blkdev_direct_IO")),
    Purpose("tag", "a free tag of a block device", ("blk_mq_get_tag",)),
    Purpose("queue", "a block device's queue that is frozen", ("__bio_queue_enter", "blk_queue_enter")),
    Purpose("drain", "the requests of a block device to end, whose queue it freezes", ("blk_mq_freeze_queue_wait", "blk_mq_freeze_queue")),
    Purpose("throttle", "a limit of writes to a block device", ("rq_qos_wait", "wbt_wait", "blk_throtl_bio")),
    Purpose("commit", "a transaction of the journal to be committed", (
        "jbd2_log_wait_commit", "wait_transaction_locked", "jbd2_journal_commit_transaction", "start_this_handle", "add_transaction_credits",
        "jbd2_log_do_checkpoint", "__jbd2_log_wait_for_space",
    )),
    Purpose("xfs", "the log or a buffer of XFS", ("xlog_grant_head_wait", "xfs_buf_lock", "xfs_log_force", "xlog_wait_on_iclog", "xfs_buf_iowait")),
    Purpose("dirty", "dirty pages to be written", ("balance_dirty_pages",)),
    Purpose("writeback", "a worker that writes dirty inodes", ("wb_wait_for_completion", "inode_wait_for_writeback", "__inode_wait_for_writeback")),
    Purpose("rpc", "the answer of an NFS or RPC server", ("rpc_wait_bit_killable", "nfs_wait_bit_killable", "nfs_wait_on_request")),
    Purpose("fuse", "the answer of a FUSE server", ("request_wait_answer", "fuse_wait_answer", "__fuse_request_send")),
    Purpose("autofs", "the automounter", ("autofs_wait", "autofs4_wait")),
    Purpose("userfault", "the process that handles page faults of this one", ("handle_userfault",)),
    Purpose("fanotify", "a listener of fanotify to allow it", ("fanotify_handle_event", "fanotify_get_response")),
    Purpose("audit", "room in the queue of audit messages", ("audit_log_start", "audit_log_wait")),
    Purpose("srcu", "readers of an SRCU", ("__synchronize_srcu", "synchronize_srcu")),
    Purpose("rcu", "an RCU grace period", ("__wait_rcu_gp", "synchronize_rcu", "synchronize_rcu_expedited", "rcu_barrier", "synchronize_rcu_normal")),
    Purpose("work", "a work of a workqueue to end", ("__flush_work", "flush_work", "cancel_work_sync", "__cancel_work_sync", "__cancel_work_timer")),
    Purpose("flush", "the works of a workqueue to end", ("__flush_workqueue", "flush_workqueue", "drain_workqueue")),
    Purpose("kthread", "a kernel thread to start, park or end", ("kthread_stop", "__kthread_create_on_node", "kthread_park", "kthread_create_on_node")),
    Purpose("stopper", "the stopper thread of a CPU", ("stop_one_cpu", "stop_two_cpus", "stop_machine_cpuslocked", "__stop_cpus", "stop_cpus")),
    Purpose("zap", "the processes of its PID namespace to end", ("zap_pid_ns_processes",)),
    Purpose("coredump", "a core dump to be written", ("vfs_coredump", "do_coredump", "coredump_wait", "coredump_task_exit")),
    Purpose("reclaim", "memory to be reclaimed", (
        "throttle_direct_reclaim", "reclaim_throttle", "wait_iff_congested", "congestion_wait", "mem_cgroup_handle_over_high",
        "__mem_cgroup_handle_over_high",
    )),
    Purpose("mempool", "an element of an empty memory pool", ("mempool_alloc", "mempool_alloc_noprof")),
    Purpose("netdev", "a network device to lose its last user", ("netdev_run_todo", "netdev_wait_allrefs", "netdev_wait_allrefs_any")),
    Purpose("fence", "a GPU", ("dma_fence_default_wait", "dma_fence_wait_timeout")),
    Purpose("device mapper", "requests of a device-mapper device to end", ("dm_wait_for_completion", "dm_wait_for_bios_completion")),
    Purpose("md", "a RAID array", ("md_write_start", "raid5_get_active_stripe", "md_handle_request", "wait_barrier")),
    Purpose("inode", "an inode or a name that is being looked up or freed", (
        "d_alloc_parallel", "__wait_on_freeing_inode", "find_inode", "wait_on_inode", "inode_wait_for_lru_isolating",
    )),
    Purpose("flock", "a file lock", ("locks_lock_inode_wait", "fcntl_setlk", "flock_lock_inode_wait", "posix_lock_inode_wait")),
    Purpose("device", "a driver to let a device go", ("device_del", "wait_for_device_probe", "usb_kill_urb", "scsi_execute_cmd", "__scsi_execute")),
    Purpose("bit", "a bit of the kernel's to change", ("out_of_line_wait_on_bit", "out_of_line_wait_on_bit_lock", "__wait_on_bit", "__wait_on_bit_lock")),
    Purpose("futex", "another thread of its process (futex)", ("futex_wait_queue", "futex_wait_queue_me", "futex_do_wait", "futex_wait")),
    Purpose("events", "events", (
        "do_epoll_wait", "ep_poll", "do_sys_poll", "do_poll", "do_select", "poll_schedule_timeout", "do_sigtimedwait", "sigsuspend", "__x64_sys_pause",
        "inotify_read", "signalfd_read", "eventfd_read", "timerfd_read",
    )),
    Purpose("child", "a child", ("do_wait", "kernel_wait4")),
    Purpose("peer", "somebody at the other end", (
        "pipe_read", "pipe_write", "wait_for_partner", "unix_stream_read_generic", "unix_wait_for_peer", "inet_csk_accept", "sk_wait_data", "sk_stream_wait_memory",
        "__skb_wait_for_more_packets", "n_tty_read", "n_tty_write", "do_msgrcv", "do_msgsnd", "do_semtimedop", "__do_semtimedop", "fuse_dev_do_read",
    )),
    Purpose("stopped", "a signal to go on", ("do_signal_stop", "ptrace_stop")),
    Purpose("timer", "time to pass", (
        "do_nanosleep", "msleep", "msleep_interruptible", "usleep_range_state", "usleep_range", "schedule_hrtimeout_range_clock", "schedule_timeout_uninterruptible",
        "schedule_timeout_killable", "schedule_timeout_interruptible", "schedule_timeout_idle", "io_schedule_timeout",
    )),
)  # fmt: skip
"""What threads wait for, by functions on their stacks. Of several the innermost counts, and of names in one function the first purpose."""

IDLE = frozenset(("events", "child", "peer", "timer", "futex", "stopped", "freezer"))
"""Purposes that are a thread's normal life while it holds nothing that others wait for."""

BUFFER = next(purpose for purpose in PURPOSES if purpose.key == "buffer")
_GENERAL = ("bit", "timer")
"""What the functions of other purposes, further out, do"""
_BY_FUNCTION = {function: purpose for purpose in reversed(PURPOSES) for function in purpose.functions}

_SCHEDULING = re.compile(
    r"^(__?schedule|schedule|preempt_schedule|io_schedule|__cond_resched|schedule_timeout|schedule_preempt_disabled|__wait_for_common|wait_for_completion|"
    r"__down_common|bit_wait|do_wait_intr|__switch_to|schedule_rtlock|wait_woken|wait_for_common|rt_mutex_schedule)"
)
"""The frames of the wait itself"""


_ENTRY = frozenset(("do_syscall_64", "entry_SYSCALL_64_after_hwframe", "x64_sys_call", "ret_from_fork", "ret_from_fork_asm", "kthread"))


def lock_kind(functions: list[str]) -> tuple[str, str]:
    """(kind of lock as in :data:`LOCK_SITES`, the function that waits), ("", "") if the innermost function that does not only sleep waits for none.

    :param functions: of a thread's stack, innermost first.
    """
    for function in functions:
        if _SCHEDULING.match(function) and not function.startswith("__down"):
            continue
        return next(((kind, function) for kind, pattern in LOCK_SITES if pattern.match(function)), ("", ""))
    return "", ""


def purpose(functions: list[str]) -> tuple[Purpose | None, str]:
    """What the thread waits for, and the function that says so; (None, the innermost function that does not only sleep) of one that is not known."""
    first = ""
    general: tuple[Purpose, str] | None = None
    for function in functions:
        if found := _BY_FUNCTION.get(function):
            if found.key not in _GENERAL:
                return found, function
            general = general or (found, function)
        if not first and not _SCHEDULING.match(function):
            first = function
    return general or (None, first)


def story(functions: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """The same functions without those that only sleep and those that every system call goes through."""
    first = next((number for number, function in enumerate(functions) if not _SCHEDULING.match(function)), 0)
    return tuple(function for function in functions[first:] if function not in _ENTRY)
