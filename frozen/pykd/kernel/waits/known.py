# SPDX-License-Identifier: GPL-2.0-or-later
"""Locks of the whole kernel, which are looked at whether or not somebody is found to wait for them."""

from __future__ import annotations

from _pykd import Error
from pykd.core.walk import caught
from pykd.kernel import locks
from pykd.kernel.fs.superblocks import for_each_super_block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pykd import Dump

MUTEXES = (
    "rtnl_mutex", "cgroup_mutex", "cpuset_mutex", "slab_mutex", "module_mutex", "text_mutex", "jump_label_mutex", "shrinker_mutex", "tty_mutex",
    "oom_lock", "system_transition_mutex", "loop_ctl_mutex", "stop_cpus_mutex", "event_mutex", "tracepoints_mutex", "pcpu_alloc_mutex",
    "wq_pool_mutex", "kprobe_mutex", "cpu_add_remove_lock", "device_hotplug_lock", "bpf_verifier_lock", "klp_mutex", "net_mutex",
)  # fmt: skip
RWSEMS = (
    "pernet_ops_rwsem", "net_rwsem", "shrinker_rwsem", "namespace_sem", "crypto_alg_sem", "pci_bus_sem", "uts_sem", "key_types_sem", "umhelper_sem",
    "bus_type_sem", "minors_rwsem", "dev_addr_sem",
)  # fmt: skip
PERCPU_RWSEMS = ("cpu_hotplug_lock", "mem_hotplug_lock", "cgroup_threadgroup_rwsem", "dup_mmap_sem")
"""Names of variables of these types; kernels lack some of them."""


def known_locks(dump: Dump) -> Iterator[tuple[str, int]]:
    """(kind as in :data:`pykd.kernel.locks.KINDS`, address) of those that somebody holds or waits for, ``super_block.s_umount`` too.
    Those that cannot be read are left out."""
    for kind, every in (("mutex", MUTEXES), ("rwsem", RWSEMS), ("percpu_rwsem", PERCPU_RWSEMS)):
        for name in every:
            address = dump.address_of(name, "", default=0)
            if address and is_busy(dump, kind, address):
                yield kind, address
    for block in caught(for_each_super_block(dump)):
        if not isinstance(block, Error):
            address = int(block) + block.fieldOffset("s_umount")
            if is_busy(dump, "rwsem", address):
                yield "rwsem", address


def is_busy(dump: Dump, kind: str, address: int) -> bool:
    """Whether somebody holds it, or waits for it."""
    try:
        if kind == "mutex":
            held = bool(locks.mutex_owner(dump, address))
        elif kind == "rwsem":
            state = locks.rwsem_state(dump, address)
            held = bool(state.writer or state.readers)
        else:
            percpu = locks.percpu_rwsem_state(dump, address)
            held = bool(percpu.writer or percpu.draining)
        return held or bool(locks.waiters_of(dump, kind, address))
    except Error:
        return False
