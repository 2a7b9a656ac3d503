# SPDX-License-Identifier: GPL-2.0-or-later
"""The helpers by the names that kernel people know, each of which is a function of one of the rooms: what :mod:`pykd.kernel` hands out.

The rooms take the dump first. Here it is the one that the first typed object is of, else the current one, or ``dump=``. For all walks one
rule holds: a walk gives what can be read, goes on behind what cannot, and ends. What was left out is told in a line on standard error, or appended
to the list that is given as ``errors=``. Everything else raises.
"""

from __future__ import annotations

import sys

from _pykd import Dump, Error, StructType, current
from pykd.core.walk import caught

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

HELPERS: dict[str, tuple[tuple[str, str, str], ...]] = {
    # topic: (name, ROOM:FUNCTION, an example, whose names are those here and `dump`)
    "Processes and threads": (
        ("for_each_task", "task.threads:threads", "[task.comm for task in for_each_task()][:3]"),
        ("for_each_process", "task.threads:processes", "sum(1 for _ in for_each_process())"),
        ("find_task", "task.threads:find", "find_task(1).comm"),
        ("for_each_thread", "task.process:for_each_thread", "[task.pid for task in for_each_thread(find_task(1))]"),
        ("for_each_child", "task.process:for_each_child", "[task.comm for task in for_each_child(find_task(2))][:3]"),
        ("panic_task", "task.threads:panic_task", "panic_task().comm"),
        ("idle_tasks", "task.threads:idle", "[task.comm for task in idle_tasks()]"),
        ("is_task", "task.threads:is_task", "is_task(find_task(1))"),
        ("task_cpu", "task.process:task_cpu", "task_cpu(find_task(1))"),
        ("task_state_to_char", "task.process:task_state_to_char", "task_state_to_char(find_task(1))"),
        ("task_state_name", "task.process:task_state_name", "task_state_name(find_task(1))"),
        ("task_rss", "task.process:task_rss", "task_rss(find_task(1))"),
        ("cmdline", "task.process:cmdline", "cmdline(find_task(2))"),
        ("environ", "task.process:environ", "environ(find_task(2))"),
        ("process_memory", "task.process:memory_of", "process_memory(find_task(1)).total_vm"),
        ("auxv", "task.auxv:auxv", "dict(auxv(find_task(1).mm))[6]"),
        ("area_name", "mm.areas:area_name", "[area_name(vma) for vma in for_each_vma(find_task(1).mm)][-1]"),
        ("access_process_vm", "task.process:access_process_vm", "or_error(access_process_vm, find_task(1), find_task(1).mm.arg_start, 4)"),
        ("syscall_of", "syscalls:call_of", "syscall_of(find_task(1)).name"),
        ("rlimits", "task.limits:limits", "next(rlimits(find_task(1).signal))"),
        ("pid_numbers", "task.namespaces:pid_numbers", "[number for number, _ in pid_numbers(find_task(1))]"),
        ("pending_signals", "task.signals:queued", "list(pending_signals(find_task(1).pending))"),
    ),
    "CPUs and per-CPU data": (
        ("possible_cpus", "cpus:possible", "possible_cpus()"),
        ("present_cpus", "cpus:present", "present_cpus()"),
        ("online_cpus", "cpus:online", "online_cpus()"),
        ("per_cpu", "cpus:per_cpu", "per_cpu('runqueues', 1).cpu"),
        ("per_cpu_ptr", "cpus:per_cpu_ptr", "per_cpu_ptr(find_cache('kmalloc-64').cpu_slab, 0)"),
        ("cpu_rq", "cpus:cpu_rq", "cpu_rq(0).curr.comm"),
        ("cpu_curr", "cpus:cpu_curr", "cpu_curr(1).comm"),
        ("percpu_counter_sum", "cpus:percpu_counter_sum", "percpu_counter_sum(dump.variable('vm_committed_as')) > 0"),
        ("cpumask", "cpus:in_mask", "cpumask(find_task(1).cpus_ptr)"),
        ("for_each_fair_task", "sched:fair", "len(list(for_each_fair_task(cpu_rq(0).cfs)))"),
        ("softirq_names", "irqs:softirqs", "len(list(softirq_names()))"),
    ),
    "What cannot be read": (
        ("or_error", "core.walk:or_error", "or_error(dump.read, 16, 1)"),
    ),
    "Lists and trees": (
        ("container_of", "lists.linked:container_of", "container_of(find_task(1).tasks, 'struct task_struct', 'tasks').pid"),
        ("list_for_each_entry", "lists.linked:list_for_each_entry",
         "[m.name for m in list_for_each_entry(dump.address_of('modules'), 'struct module', 'list')][:2]"),
        ("hlist_for_each_entry", "lists.linked:hlist_for_each_entry", ""),
        ("hash_for_each_entry", "lists.linked:hash_for_each_entry", "len(list(hash_for_each_entry(dump.address_of('major_names'), 255, 'struct blk_major_name', 'next')))"),
        ("chain_for_each", "lists.linked:chain_for_each", "[one.name for one in chain_for_each(dump.variable('iomem_resource').child, 'struct resource', 'sibling')][:2]"),
        ("rbtree_for_each_entry", "lists.rbtree:rbtree_for_each_entry",
         "len(list(rbtree_for_each_entry(dump.address_of('vmap_area_root'), 'struct vmap_area', 'rb_node')))"),
        ("rb_first", "lists.rbtree:rb_first", "rb_first(dump.address_of('vmap_area_root')) > 0"),
        ("rb_next", "lists.rbtree:rb_next", "rb_next(rb_first(dump.address_of('vmap_area_root'))) > 0"),
        ("xa_for_each", "lists.xarray:xa_entries", "len(list(xa_for_each(dump.address_of('irq_desc_tree'))))"),
        ("xa_load", "lists.xarray:xa_load", "xa_load(dump.address_of('irq_desc_tree'), 1)[1] > 0"),
        ("idr_for_each", "lists.xarray:idr_for_each", "len(list(idr_for_each(find_task(1).nsproxy.pid_ns_for_children.idr)))"),
        ("mt_for_each", "lists.mapletree:entries", ""),
    ),
    "Memory": (
        ("virt_to_phys", "mm.pages:virt_to_phys", "virt_to_phys(find_task(1)) < dump.max_pfn * dump.page_size"),
        ("phys_to_virt", "mm.pages:phys_to_virt", "phys_to_virt(virt_to_phys(find_task(1))) == find_task(1)"),
        ("virt_to_page", "mm.pages:virt_to_page", "virt_to_page(find_task(1)).PYT_symbol"),
        ("page_to_virt", "mm.pages:page_to_virt", "page_to_virt(virt_to_page(find_task(1))) == find_task(1) & ~(dump.page_size - 1)"),
        ("page_to_pfn", "mm.pages:page_to_pfn", "page_to_pfn(virt_to_page(find_task(1))) == virt_to_phys(find_task(1)) // dump.page_size"),
        ("pfn_to_page", "mm.pages:pfn_to_page", "page_to_pfn(pfn_to_page(5))"),
        ("page_flags", "mm.pages:page_flags", "page_flags(virt_to_page(find_task(1)))"),
        ("slab_cache_of", "mm.slabobjects:slab_cache_of", "slab_cache_of(find_task(1)).name"),
        ("for_each_slab_cache", "mm.slabs:for_each_cache", "[cache.name for cache in for_each_slab_cache()][-2:]"),
        ("find_cache", "mm.slabs:find_cache", "find_cache('dentry').object_size"),
        ("for_each_vma", "mm.areas:for_each_vma", "[hex(vma.vm_start) for vma in for_each_vma(find_task(1).mm)][:1]"),
        ("for_each_vmap_area", "mm.vmalloc:for_each_vmap_area", "next(for_each_vmap_area()).PYT_symbol"),
        ("for_each_node", "mm.vmstat:nodes", "[number for number, _ in for_each_node()]"),
        ("for_each_zone", "mm.vmstat:zones", "[zone.name for zone in for_each_zone(next(for_each_node())[1])]"),
        ("vm_zone_stat", "mm.vmstat:zone_stats", "vm_zone_stat()['NR_FREE_PAGES']"),
        ("vm_node_stat", "mm.vmstat:node_stats", "vm_node_stat()['NR_ACTIVE_ANON'] > 0"),
        ("vm_events", "mm.vmstat:events", "vm_events()['PGFAULT'] > 0"),
        ("for_each_swap", "mm.swap:for_each_swap", "list(for_each_swap())"),
        ("for_each_hstate", "mm.hugetlb:for_each_hstate", "[huge_page_size(one) for one in for_each_hstate()]"),
        ("huge_page_size", "mm.hugetlb:huge_page_size", "huge_page_size(next(for_each_hstate()))"),
        ("vm_commit_limit", "mm.commit:commit_limit", "vm_commit_limit(0) > 0"),
        ("vm_committed", "mm.commit:committed", "len(vm_committed())"),
    ),
    "Files and file systems": (
        ("d_path", "fs.paths:d_path", "d_path(find_task(1).fs.pwd)"),
        ("dentry_path", "fs.paths:dentry_path", "dentry_path(find_task(1).fs.pwd.dentry)"),
        ("file_path", "fs.files:file_path", "file_path(next(for_each_file(find_task(1)))[1])"),
        ("for_each_file", "fs.files:for_each_file", "[(fd, file_path(file)) for fd, file in for_each_file(find_task(1))][:2]"),
        ("dentries_of_inode", "fs.files:dentries_of", "len(list(dentries_of_inode(find_task(1).fs.pwd.dentry.d_inode)))"),
        ("d_children", "fs.dentries:d_children", "len(list(d_children(find_task(1).fs.root.dentry))) > 3"),
        ("path_lookup", "fs.dentries:lookup", "path_lookup('/proc')[1].PYT_symbol"),
        ("mounts", "fs.mounts:mounts", "[mount_path(mount) for mount in mounts()][:3]"),
        ("mount_path", "fs.mounts:mount_path", "mount_path(next(mounts()))"),
        ("mount_options", "fs.mounts:mount_options", "mount_options(next(mounts()))"),
        ("mnt_namespaces", "fs.mounts:mnt_namespaces", "len(list(mnt_namespaces())) > 0"),
        ("for_each_super_block", "fs.superblocks:for_each_super_block", "sorted({filesystem_type(sb) for sb in for_each_super_block()})[:3]"),
        ("filesystem_type", "fs.superblocks:filesystem_type", "filesystem_type(next(for_each_super_block()))"),
        ("sb_frozen", "fs.superblocks:sb_frozen", "[filesystem_type(sb) for sb in for_each_super_block() if sb_frozen(sb)]"),
        ("sb_name", "fs.sbnames:sb_name", "sb_name(next(for_each_super_block()))"),
        ("sb_inodes", "fs.superblocks:sb_inodes", "sum(1 for _ in sb_inodes(next(for_each_super_block())))"),
        ("for_each_bdi", "fs.writeback:for_each_bdi", "len(list(for_each_bdi())) > 0"),
        ("for_each_file_lock", "fs.filelocks:for_each_lock", "len(list(for_each_file_lock()))"),
        ("kernfs_path", "fs.kernfs:path", ""),
    ),
    "Disks": (
        ("for_each_disk", "block.disks:for_each_disk", "[disk.disk_name for disk in for_each_disk()]"),
        ("partitions", "block.disks:partitions", "list(partitions(next(for_each_disk())))"),
        ("bdev_name", "block.disks:bdev_name", ""),
        ("disk_sectors", "block.disks:sectors", "disk_sectors(partitions(next(for_each_disk()))[0])"),
        ("disk_of_queue", "block.disks:disk_of_queue", "len(disk_of_queue()) > 0"),
        ("inflight_requests", "block.requests:inflight_requests", "[len(list(inflight_requests(disk.queue))) for disk in for_each_disk()]"),
        ("request_age", "block.requests:request_age", ""),
        ("request_operation", "block.requests:operation", ""),
        ("request_sector", "block.requests:sector", ""),
        ("elevator_name", "block.requests:elevator", "elevator_name(next(for_each_disk()).queue)"),
        ("for_each_mapped_device", "block.dm:for_each_hash_cell", "[cell.name for cell in for_each_mapped_device()]"),
        ("for_each_md", "block.md:for_each_mddev", ""),
        ("for_each_nvme", "block.nvme:for_each_controller", ""),
        ("for_each_scsi_host", "block.scsi:for_each_shost", "[host.host_no for host in for_each_scsi_host()]"),
        ("for_each_scsi_device", "block.scsi:for_each_sdev", ""),
        ("for_each_scsi_command", "block.scsi:for_each_command", ""),
    ),
    "Network": (
        ("for_each_net", "net.namespaces:for_each_net", "len(list(for_each_net()))"),
        ("init_net", "net.namespaces:init_net", "init_net().PYT_symbol"),
        ("for_each_netdev", "net.devices:for_each_netdev", "[dev.name for dev in for_each_netdev()]"),
        ("netdev_addresses", "net.devices:netdev_addresses", "list(netdev_addresses(next(for_each_netdev())))"),
        ("netdev_flags", "net.devices:flag_names", "netdev_flags(next(for_each_netdev()).flags)"),
        ("netdev_statistics", "net.devstats:statistics", "netdev_statistics(next(for_each_netdev())).counters['rx_packets']"),
        ("sockets", "net.sockets:for_each_socket", "[(s.protocol, s.local_text, s.state_name) for s in sockets(protocols=('tcp',))][:1]"),
        ("socket_of_inode", "net.sockets:socket_of_inode", ""),
        ("socket_owners", "net.owners:owners", "len(socket_owners()) > 0"),
        ("tcp_info", "net.tcp:info", "sorted(tcp_info(next(s for s in sockets(protocols=('tcp',)) if s.state_name == 'ESTABLISHED').sock))[:2]"),
        ("for_each_skb", "net.skbuffs:for_each_skb",
         "len(list(for_each_skb(next(s for s in sockets(protocols=('tcp',)) if s.state_name == 'ESTABLISHED').sock.sk_receive_queue)))"),
        ("for_each_neighbour", "net.devices:for_each_neighbour", "len(list(for_each_neighbour()))"),
        ("for_each_route", "net.routes:for_each_route", "len(list(for_each_route(next(for_each_fib_table(init_net())))))"),
        ("for_each_fib_table", "net.routes:for_each_fib_table", "len(list(for_each_fib_table(init_net())))"),
        ("for_each_qdisc", "net.qdiscs:for_each_qdisc", "[qdisc.ops.id for qdisc in for_each_qdisc(next(for_each_netdev()))]"),
        ("for_each_netfilter_hook", "net.netfilter:for_each_hook", "len(list(for_each_netfilter_hook(init_net())))"),
        ("ip_text", "net.addresses:ip_text", "ip_text(bytes((127, 0, 0, 1)))"),
        ("ntohs", "net.addresses:ntohs", "ntohs(0x5000)"),
    ),
    "Locks and waiting": (
        ("mutex_owner", "locks:mutex_owner", "mutex_owner(dump.address_of('cgroup_mutex'))"),
        ("rwsem_state", "locks:rwsem_state", "rwsem_state(find_task(1).mm.mmap_lock)"),
        ("lock_owner", "locks:owner_of", "lock_owner('mutex', dump.address_of('cgroup_mutex'))"),
        ("lock_waiters", "locks:waiters_of", "lock_waiters('mutex', dump.address_of('cgroup_mutex'))"),
        ("spin_is_locked", "locks:spin_is_locked", "spin_is_locked(find_task(1).alloc_lock)"),
        ("for_each_waiter", "waitqueues:for_each_waiter", "len(list(for_each_waiter(find_task(1).signal.wait_chldexit)))"),
        ("waiting_task", "waitqueues:waiting_task", "waiting_task(next(for_each_waiter(find_task(1).signal.wait_chldexit))) == find_task(1)"),
        ("for_each_workqueue", "workqueues:for_each_workqueue", "len(list(for_each_workqueue())) > 0"),
        ("for_each_worker_pool", "workqueues:for_each_pool", "len(list(for_each_worker_pool())) > 0"),
        ("for_each_worker", "workqueues:for_each_worker", "len(list(for_each_worker(next(for_each_worker_pool()))))"),
        ("for_each_pending_work", "workqueues:for_each_pending", "len(list(for_each_pending_work(next(for_each_worker_pool()))))"),
        ("rcu_grace_period", "rcu:grace_period", "rcu_grace_period()[0]"),
    ),
    "Time and interrupts": (
        ("jiffies", "timekeeping:jiffies", "jiffies() > 0"),
        ("HZ", "timekeeping:hz", "HZ()"),
        ("ktime_get", "timekeeping:ktime", "ktime_get() > 0"),
        ("boot_time", "timekeeping:boot_time", "boot_time() > 0"),
        ("for_each_irq_desc", "irqs:descriptors", "[number for number, _ in for_each_irq_desc()][:3]"),
        ("irq_actions", "irqs:actions", "[action.name for action in irq_actions(dict(for_each_irq_desc())[1])]"),
        ("irq_count", "irqs:count_on", "irq_count(dict(for_each_irq_desc())[1], 1)"),
        ("timer_wheels", "timers:wheels", "[wheel.name for wheel in timer_wheels(0)][:1]"),
        ("for_each_timer", "timers:timers_of", "next(for_each_timer(timer_wheels(0)[0].address)).PYT_symbol"),
    ),
    "The kernel itself": (
        ("printk_records", "printk:records", "next(printk_records()).text[:13]"),
        ("kernel_config", "config:configuration", ""),
        ("for_each_sysctl", "sysctl:for_each_sysctl", "len(list(for_each_sysctl())) > 100"),
        ("sysctl_value", "sysctl:sysctl_value", ""),
        ("system_calls", "syscalls:names", "system_calls()[:2]"),
        ("for_each_pci_dev", "pci:for_each_pci_dev", "len(list(for_each_pci_dev()))"),
        ("for_each_resource", "resources:for_each_resource", "len(list(for_each_resource(dump.address_of('iomem_resource')))) > 0"),
        ("for_each_ipc", "ipc:for_each_ipc", "[one.PYT_symbol for one in for_each_ipc(init_ipc_ns(), 'm')][:1]"),
        ("init_ipc_ns", "ipc:init_ipc_ns", "init_ipc_ns().PYT_symbol"),
        ("for_each_device", "devices:for_each_device", "len(list(for_each_device()))"),
        ("for_each_key", "keys:for_each_key", "[key.type.name for key in for_each_key()][:2]"),
        ("kobject_path", "devices:kobject_path", "kobject_path(dump.variable('kernel_kobj'))"),
        ("e820_map", "firmware:memory_map", "len(list(e820_map())) > 0"),
        ("tainted_mask", "modules:tainted_mask", "tainted_mask()"),
    ),
}  # fmt: skip

_PLACES = {name: path for topic in HELPERS.values() for name, path, _ in topic}


def names() -> list[str]:
    """All of them, by topic."""
    return list(_PLACES)


def example(name: str) -> str:
    """A line that shows how a helper is used; empty if there is none."""
    return next((line for topic in HELPERS.values() for known, _, line in topic if known == name), "")


def find(name: str) -> Callable[..., Any] | None:
    """The helper of that name."""
    path = _PLACES.get(name)
    return None if path is None else _public(name, path)


def _public(name: str, path: str) -> Callable[..., Any]:
    room, _, attribute = path.partition(":")
    package = "pykd" if room.startswith("core.") else "pykd.kernel"
    function = getattr(__import__(f"{package}.{room}", fromlist=(attribute,)), attribute)
    parameters = _parameters(function)
    first, by_name = parameters[:1] == ["dump"], "dump" in parameters[1:]

    def helper(*arguments: Any, errors: list[Error] | None = None, dump: Dump | None = None, **named: Any) -> Any:
        if arguments and isinstance(arguments[0], Dump):
            dump, *arguments = arguments  # type: ignore[assignment]
        dump = dump or _dump_of(arguments)
        if by_name:
            named["dump"] = dump
        found = function(dump, *arguments, **named) if first else function(*arguments, **named)
        return _walk(name, found, errors) if hasattr(found, "__next__") else found

    helper.__name__ = helper.__qualname__ = name
    helper.__module__ = "pykd.kernel"
    helper.__doc__ = _document(name, function)
    helper.__wrapped__ = function  # type: ignore[attr-defined]
    return helper


def _parameters(function: Any) -> list[str]:
    code = function.__code__
    return list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


def _document(name: str, function: Any) -> str:
    line = example(name)
    return (function.__doc__ or "").strip() + (f"\n\n>>> {line}" if line else "")


def _dump_of(arguments: tuple[Any, ...]) -> Dump:
    for one in arguments:
        if isinstance(type(one), StructType):
            return type(one).PYT_dump  # type: ignore[no-any-return]
    return current()


def _walk(name: str, found: Iterator[Any], errors: list[Error] | None) -> Iterator[Any]:
    lost: list[Error] = [] if errors is None else errors
    for item in caught(found):
        if isinstance(item, Error):
            lost.append(item)
        else:
            yield item
    if errors is None and lost:
        others = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        print(f"pykd: {name}: left out: {lost[0]}{others}", file=sys.stderr)
