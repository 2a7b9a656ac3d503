# SPDX-License-Identifier: GPL-2.0-or-later
"""Old names on new kernels.

Programs written for older kernels name members that were renamed, moved, or replaced. Where the value still exists under another
path, or can be worked out faithfully (:mod:`pykd.compat.values`), the old name goes on to work: such members are added to the class of
a struct when that is made, and only where the compiler's struct does not have them. Names whose meaning is gone (``mm_struct.mm_rb``)
stay gone.
"""

from __future__ import annotations

from pykd.compat import values
from pykd.compat.parts import Count, Parts
from pykd.compat.values import Adjusted, Elsewhere, State, Unlisted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from _pykd import Dump, Struct, StructType
    from pykd.compat.values import Source

NAMES: dict[str, tuple[tuple[str, Source, str], ...]] = {
    "struct task_struct": (
        ("state", Adjusted("__state", values.state), '2f064a59a11f ("sched: Change task_struct::state") (in v5.14)'),
        ("thread_group", "thread_node", '8e1f385104ac ("kill task_struct->thread_group") (in v6.7); see moved.LIST_HEADS'),
        ("cpu", "thread_info.cpu", 'bcf9033e5449 ("sched: move CPU field back into thread_info if THREAD_INFO_IN_TASK=y") (in v5.16)'),
        ("cpus_allowed", "cpus_mask", '3bd3706251ee ("sched/core: Provide a pointer to the valid CPU mask") (in v5.3)'),
        ("real_start_time", "start_boottime", 'cf25e24db61c ("time: Rename tsk->real_start_time to ->start_boottime") (in v5.5)'),
        ("pids", values.pids, '2c4704756cab ("pids: Move the pgrp and session pid pointers from task_struct to signal_struct") (in v4.19)'),
    ),
    "struct thread_info": (
        # Where THREAD_INFO_IN_TASK is set, a thread_info is the start of its task_struct.
        ("cpu", values.seen_as("struct task_struct", "cpu"), 'c65eacbe290b ("sched/core: Allow putting thread_info into task_struct") (in v4.9)'),
        ("task", values.seen_as("struct task_struct", ""), 'c65eacbe290b, and 15f4eae70d36 ("x86: Move thread_info into task_struct") (in v4.9)'),
        ("restart_block", Elsewhere("threads", "restart_block"), "since v4.0: of task_struct"),
    ),
    "struct sched_class": (
        ("next", Elsewhere("threads", "next_class", "enqueue_task"), 'a87e749e8fa1 ("sched: Remove struct sched_class::next field") (in v5.9)'),
    ),
    "struct thread_struct": (
        ("sp0", Elsewhere("threads", "stack_top", "sp"), 'd375cf153059 ("x86/entry/64: Remove thread_struct::sp0") (in v4.15)'),
    ),
    "struct workqueue_struct": (
        ("cpu_wq", Elsewhere("threads", "cpu_workqueues", "pwqs"), '112202d9098a ("workqueue: rename cpu_workqueue to pool_workqueue") (in v3.9)'),
    ),
    "struct mm_struct": (
        ("mmap", values.mmap, '763ecb035029 ("mm: remove the vma linked list") (in v6.1)'),
        ("mmap_sem", "mmap_lock", 'da1c55f1b272 ("mmap locking API: rename mmap_sem to mmap_lock") (in v5.8)'),
    ),
    "struct vm_area_struct": (
        ("vm_next", lambda area: values.area_beside(area, 1), '763ecb035029 ("mm: remove the vma linked list") (in v6.1)'),
        ("vm_prev", lambda area: values.area_beside(area, -1), '763ecb035029 ("mm: remove the vma linked list") (in v6.1)'),
    ),
    "struct module": (
        ("core_layout", values.layout_of(values.CORE_MEMORY), 'ac3b43283923 ("module: replace module_layout with module_memory") (in v6.4)'),
        ("init_layout", values.layout_of(values.INIT_MEMORY), 'ac3b43283923 ("module: replace module_layout with module_memory") (in v6.4)'),
        ("module_core", values.of_layout("core_layout", "base"), '7523e4dc5057 ("module: use a structure to encapsulate layout.") (in v4.5)'),
        ("core_size", values.of_layout("core_layout", "size"), '7523e4dc5057 ("module: use a structure to encapsulate layout.") (in v4.5)'),
        ("core_text_size", values.of_layout("core_layout", "text_size"), '7523e4dc5057 (in v4.5)'),
        ("module_init", values.of_layout("init_layout", "base"), '7523e4dc5057 (in v4.5)'),
        ("init_size", values.of_layout("init_layout", "size"), '7523e4dc5057 (in v4.5)'),
        ("symtab", "kallsyms.symtab", '8244062ef1e5 ("modules: fix longstanding /proc/kallsyms vs module insertion race.") (in v4.5)'),
        ("num_symtab", "kallsyms.num_symtab", '8244062ef1e5 (in v4.5)'),
        ("strtab", "kallsyms.strtab", '8244062ef1e5 (in v4.5)'),
    ),
    "struct dentry": (
        # A walk that follows pointers at offset 0 to NULL or the head sees the same children.
        ("d_subdirs", "d_children", 'da549bdd15c2 ("dentry: switch the lists of children to hlist") (in v6.8)'),
        ("d_child", "d_sib", 'da549bdd15c2 ("dentry: switch the lists of children to hlist") (in v6.8)'),
        ("d_iname", "d_shortname.string", '"dcache: back inline names with a struct-wrapped array of unsigned long" (in v6.15)'),
        ("d_count", "d_lockref.count", "since v3.12: in a lockref"),
        ("d_lock", "d_lockref.lock", "since v3.12: in a lockref"),
        ("d_u", Adjusted("d_alias", lambda dentry: dentry), "a union without a name between v6.12 and v7.2"),
        ("d_alias", "d_u.d_alias", '946e51f2bf37 ("move d_rcu from overlapping d_child to overlapping d_alias") (in v3.19)'),
    ),
    "struct hlist_head": (
        ("next", Unlisted("first"), 'da549bdd15c2: what was the list_head d_subdirs (in v6.8)'),
    ),
    "struct inode": (
        ("i_flock", Elsewhere("files", "first_lock", "i_flctx"), "since v4.0: lists of a file_lock_context, one for each kind of lock"),
        ("i_bdev", Elsewhere("block", "device_of_inode"), '4e7b5671c6a8 ("block: remove i_bdev") (in v5.11)'),
        ("i_mutex", "i_rwsem", '"parallel lookups: actual switch to rwsem" (in v4.7)'),
        ("i_ctime", "__i_ctime", '13bc24457850 ("fs: rename i_ctime field to __i_ctime") (in v6.6)'),
        ("i_atime", "__i_atime", '12cd44023651 ("fs: rename inode i_atime and i_mtime fields") (in v6.7)'),
        ("i_mtime", "__i_mtime", '12cd44023651 ("fs: rename inode i_atime and i_mtime fields") (in v6.7)'),
        ("i_ctime", values.split_time("i_ctime"), '3aa63a569c64 ("fs: switch timespec64 fields in inode to discrete integers") (in v6.11)'),
        ("i_atime", values.split_time("i_atime"), '3aa63a569c64 ("fs: switch timespec64 fields in inode to discrete integers") (in v6.11)'),
        ("i_mtime", values.split_time("i_mtime"), '3aa63a569c64 ("fs: switch timespec64 fields in inode to discrete integers") (in v6.11)'),
    ),
    "struct file": (
        ("f_dentry", "f_path.dentry", '78d28e651f97 ("kill f_dentry macro") (in v3.19)'),
        ("f_vfsmnt", "f_path.mnt", '"kill f_vfsmnt macro" (in v3.9)'),
        ("f_count", values.file_count, '90ee6ed776c0 ("fs: port files to file_ref") (in v6.13)'),
    ),
    "struct file_lock": (
        *(
            (f"fl_{name}", f"c.flc_{name}", 'a69ce85ec9af ("filelock: split common fields into struct file_lock_core") (in v6.9)')
            for name in (
                "blocked_member", "blocked_requests", "blocker", "file", "flags", "link", "link_cpu", "list", "owner", "pid", "type", "wait",
            )
        ),
        ("fl_next", Elsewhere("files", "next_lock", "fl_file"), "since v4.0: see inode.i_flock"),
        # The head of a list that goes on by the member of the same name; both have names of their own since v5.0.
        ("fl_block", Adjusted("fl_blocked_member", lambda lock: lock.fl_blocked_requests), "since v5.0"),
    ),
    "struct wait_queue_head": (
        ("task_list", "head", '2055da97389a ("sched/wait: Disambiguate wq_entry->task_list and wq_head->task_list naming") (in v4.13)'),
    ),
    "struct wait_queue_entry": (
        ("task_list", "entry", '2055da97389a ("sched/wait: Disambiguate wq_entry->task_list and wq_head->task_list naming") (in v4.13)'),
    ),
    "struct kernfs_node": (
        ("parent", "__parent", '633488947ef6 ("kernfs: Use RCU to access kernfs_node::parent.") (in v6.15)'),
    ),
    "struct request": (
        ("rq_disk", "q.disk", 'f3fa33acca9f ("block: remove the ->rq_disk field in struct request") (in v5.17)'),
    ),
    "struct request_queue": (
        ("queue_hw_ctx", values.hw_queues, '4e5cc99e1e48 ("blk-mq: manage hctx map via xarray") (in v5.18)'),
        ("backing_dev_info", "disk.bdi", 'edb0872f44ec ("block: move the bdi from the request_queue to the gendisk") (in v5.15)'),
        ("kobj", "disk.queue_kobj", '2bd85221a625 ("block: untangle request_queue refcounting from sysfs") (in v6.2)'),
    ),
    "struct block_device": (
        # Any member will do for a link that only leads to the struct: see bdev_hashtable in standins.py.
        ("bd_hash", "bd_device", '0d02129e76ed ("block: merge struct block_device and struct hd_struct") (in v5.11)'),
        ("__dev", "bd_device", '0d02129e76ed ("block: merge struct block_device and struct hd_struct") (in v5.11)'),
        # gendisk.part0 was a struct hd_struct.
        ("nr_sects", "bd_nr_sectors", '0d02129e76ed ("block: merge struct block_device and struct hd_struct") (in v5.11)'),
        ("start_sect", "bd_start_sect", '0d02129e76ed ("block: merge struct block_device and struct hd_struct") (in v5.11)'),
        ("bd_inode", values.bd_inode, '203c1ce0bb06 ("RIP ->bd_inode") (in v6.10)'),
        ("bd_partno", lambda bdev: bdev.Eval("__bd_flags.counter") & 0xFF, '1116b9fa15c0 ("bdev: infrastructure for flags") (in v6.10)'),
    ),
    "struct bio": (
        ("bi_disk", "bi_bdev.bd_disk", '309dca309fc3 ("block: store a block_device pointer in struct bio") (in v5.12)'),
        ("bi_rw", "bi_opf", '1eff9d322a44 ("block: rename bio bi_rw to bi_opf") (in v4.8)'),
        ("bi_sector", "bi_iter.bi_sector", '4f024f3797c4 ("block: Abstract out bvec iterator") (in v3.14)'),
        ("bi_size", "bi_iter.bi_size", '4f024f3797c4 ("block: Abstract out bvec iterator") (in v3.14)'),
        ("bi_idx", "bi_iter.bi_idx", '4f024f3797c4 ("block: Abstract out bvec iterator") (in v3.14)'),
        ("bi_cnt", "__bi_cnt", 'dac56212e812 ("bio: skip atomic inc/dec of ->bi_cnt for most use cases") (in v4.2)'),
    ),
    "struct scsi_cmnd": (
        ("request", values.scsi_request, '"scsi: core: Remove the request member from struct scsi_cmnd" (in v5.16)'),
    ),
    "struct scsi_device": (
        ("device_busy", values.device_busy, '020b0f0a3192 ("scsi: core: Replace sdev->device_busy with sbitmap") (in v5.12)'),
    ),
    "struct zone": (
        ("watermark", "_watermark", '"mm: move zone watermark accesses behind an accessor" (in v5.0)'),
    ),
    "struct pglist_data": (
        ("lruvec", "__lruvec", '867e5e1de14b ("mm: clean up and clarify lruvec lookup procedure") (in v5.5)'),
    ),
    "struct rq": (
        ("lock", "__lock", '5cb9eaa3d274 ("sched: Wrap rq::lock access") (in v5.14)'),
    ),
    "struct cfs_rq": (
        ("nr_running", "nr_queued", '736c55a02c47 ("sched/fair: Rename cfs_rq.nr_running into nr_queued") (in v6.14)'),
        ("h_nr_running", "h_nr_queued", '7b8a702d9438 ("sched/fair: Rename h_nr_running into h_nr_queued") (in v6.14)'),
        ("rb_leftmost", "tasks_timeline.rb_leftmost", "since v4.14: in an rb_root_cached"),
    ),
    "struct pool_workqueue": (
        ("worklist", Elsewhere("threads", "works", "pool"), "since v3.6: of a worker_pool"),
        ("delayed_works", "inactive_works", 'f97a4a1a3f87 ("workqueue: Rename \\"delayed\\" (delayed by active management) to \\"inactive\\"") (in v5.15)'),
        ("max_active", "wq.max_active", 'a045a272d887 ("workqueue: Move pwq->max_active to wq->max_active") (in v6.8)'),
    ),
    "struct xarray": (
        ("rnode", "xa_head", 'f8d5d0cc145c ("xarray: Add definition of struct xarray") (in v4.20)'),
        ("gfp_mask", "xa_flags", 'f8d5d0cc145c ("xarray: Add definition of struct xarray") (in v4.20)'),
    ),
    "struct address_space": (
        ("page_tree", "i_pages", 'b93b016313b3 ("page cache: use xa_lock") (in v4.17)'),
    ),
    "struct page": (
        ("_count", "_refcount", '0139aa7b7fa1 ("mm: rename _count, field of the struct page, to _refcount") (in v4.6)'),
        ("slab_cache", values.seen_as("struct slab", "slab_cache"), 'd122019bf061 ("mm: Split slab into its own type") (in v5.17)'),
        ("freelist", values.seen_as("struct slab", "freelist"), 'd122019bf061 ("mm: Split slab into its own type") (in v5.17)'),
        ("inuse", values.seen_as("struct slab", "inuse"), 'd122019bf061 ("mm: Split slab into its own type") (in v5.17)'),
        ("objects", values.seen_as("struct slab", "objects"), 'd122019bf061 ("mm: Split slab into its own type") (in v5.17)'),
        ("frozen", values.seen_as("struct slab", "frozen"), 'd122019bf061 ("mm: Split slab into its own type") (in v5.17)'),
        ("index", "__folio_index", '"mm: rename page->index to page->__folio_index" (in v6.16)'),
    ),
    "struct kmem_cache": (
        ("objsize", "object_size", '3b0efdfa1e71 ("mm, sl[aou]b: Extract common fields from struct kmem_cache") (in v3.6)'),
    ),
    "struct tp_module": (
        ("num_tracepoints", "mod.num_tracepoints", "of its module since v3.15"),
        ("tracepoints_ptrs", "mod.tracepoints_ptrs", "of its module since v3.15"),
    ),
    "struct bus_type": (
        ("p", values.subsystem("bus_type"), '"driver core: remove private pointer from struct bus_type" (in v6.4)'),
    ),
    "struct class": (
        ("p", values.subsystem("class"), '"driver core: class: remove subsystem private pointer from struct class" (in v6.4)'),
    ),
    "struct mutex": (
        ("count", Elsewhere("locks", "mutex_count", "owner"), '3ca0ff571b09 ("locking/mutex: Rework mutex::owner") (in v4.10)'),
        ("wait_list", Adjusted("first_waiter", Elsewhere("locks", "waiters")), "a ring without a head between v6.12 and v7.2"),
        *values.of_rt("rtmutex", "CONFIG_PREEMPT_RT since v5.15"),
        *values.of_rt("lock", "CONFIG_PREEMPT_RT of the rt patches, v5.10"),
    ),
    "struct rw_semaphore": (
        ("wait_list", Adjusted("first_waiter", Elsewhere("locks", "waiters")), "a ring without a head between v6.12 and v7.2"),
        *values.of_rt("rwbase.rtmutex", "CONFIG_PREEMPT_RT since v5.15"),
        ("count", Adjusted("rwbase.readers", Elsewhere("locks", "rt_count")), "CONFIG_PREEMPT_RT since v5.15"),
        *values.of_rt("rtmutex", "CONFIG_PREEMPT_RT of the rt patches, v5.10"),
        ("count", Adjusted("readers", Elsewhere("locks", "rt_count")), "CONFIG_PREEMPT_RT of the rt patches, v5.10"),
    ),
    "struct rt_mutex_waiter": (
        ("list", "tree.entry", "CONFIG_PREEMPT_RT: see moved.OLD_TYPES"),
        ("list", "tree_entry", "CONFIG_PREEMPT_RT: before v6.3"),
    ),
    "struct semaphore": (
        ("wait_list", Adjusted("first_waiter", Elsewhere("locks", "waiters")), "a ring without a head between v6.12 and v7.2"),
    ),
    "struct group_info": (
        ("small_block", values.small_block, '81243eacfa40 ("cred: simpler, 1D supplementary groups") (in v4.9)'),
    ),
    "struct user_struct": (
        ("processes", values.charged_with("NPROC"), '"Reimplement RLIMIT_NPROC on top of ucounts" (in v5.14)'),
        ("sigpending", values.charged_with("SIGPENDING"), '"Reimplement RLIMIT_SIGPENDING on top of ucounts" (in v5.14)'),
    ),
    "struct hash_cell": (
        # dm_mod. The variable that heads the lists is in standins.py.
        ("name_list", "name_node", "since v5.13 in a tree, not in a list"),
    ),
    "struct nsproxy": (
        ("pid_ns", "pid_ns_for_children", "since v3.11"),
    ),
    "struct inet_hashinfo": (
        (
            "listening_hash",
            Elsewhere("net", "listening_hash", "lhash2"),
            'cae3873c5b3a ("net: inet: Retire port only listening_hash") (in v5.19)',
        ),
    ),
    "struct inet_listen_hashbucket": (
        ("head", "nulls_head", 'cae3873c5b3a ("net: inet: Retire port only listening_hash") (in v5.19)'),
    ),
    "struct udp_sock": (
        ("corkflag", Elsewhere("net", "is_corked", "udp_flags"), '"udp: move udp->... to udp->udp_flags" (in v6.7)'),
    ),
    "struct Scsi_Host": (
        ("work_q_name", Elsewhere("block", "work_queue_name", "work_q"), "since v6.11: the work queue keeps its name"),
        ("host_busy", Elsewhere("block", "host_busy", "tag_set"), "since v5.5: counted by tags"),
    ),
    "struct nvme_ns": tuple(
        (name, f"head.{name}", "since v6.9: of the namespace, whatever the path to it") for name in ("lba_shift", "ms", "pi_type", "features")
    ),
    "struct sb_writers": (
        ("wait_unfrozen", Elsewhere("mounts", "waiters_for_thaw", "rw_sem"), "since v6.6: writers wait for the first of rw_sem"),
    ),
    "struct mount": (
        ("mnt_instance", "mnt_next_for_sb", "since v6.18: a chain in place of a list_head; see super_block.s_mounts"),
    ),
    "struct sbitmap_word": (
        ("depth", Elsewhere("block", "word_depth", "cleared"), '"lib/sbitmap: kill \'depth\' from sbitmap_word" (in v5.18)'),
    ),
    "struct nfs_server": (
        ("wpages", values.pages_of_writes, "gone in v7.2: the pages that wsize takes"),
    ),
    "struct nfsd_net": (
        ("nfsd_serv", "nfsd_info.serv", "since v6.10"),
    ),
    "struct netns_nf": (
        (
            "hooks",
            Elsewhere("net", "netfilter_hooks", "hooks_ipv4"),
            '960632ece694 ("netfilter: convert hook list to an array") (in v4.14)',
        ),
    ),
    "struct netns_nftables": (
        ("tables", Elsewhere("net", "nft_tables", "gencursor"), '0854db2aaef3 ("netfilter: nf_tables: use net_generic infra for transaction data") (in v5.13)'),
    ),
    "struct unix_address": (
        ("hash", Elsewhere("net", "address_hash", "name"), '"af_unix: Save hash in sk_hash." (in v5.17)'),
    ),
    "struct neigh_hash_table": (
        (
            "hash_buckets",
            Elsewhere("net", "neighbour_buckets", "hash_heads"),
            '"neighbour: Remove bare neighbour::next pointer" (in v6.13)',
        ),
    ),
    "struct neighbour": (
        ("next", Elsewhere("net", "next_neighbour", "hash"), '"neighbour: Remove bare neighbour::next pointer" (in v6.13)'),
    ),
    **dict.fromkeys(
        (
            "struct pid_namespace",
            "struct uts_namespace",
            "struct ipc_namespace",
            "struct mnt_namespace",
            "struct user_namespace",
            "struct net",
        ),
        (("proc_inum", "ns.inum", '435d5f4bb2cc ("common object embedded into various struct ....ns") (in v3.19)'),),
    ),
}  # fmt: skip
"""By struct: old name; where its value is now, a path or a function of the object; the commit that changed it. Of several lines for one
name the first that this kernel has counts."""


def _add(cls: StructType) -> None:
    for name, source, _ in NAMES[cls.PYT_symbol]:
        if cls.has_member(name) or name in cls.__dict__:
            continue
        if isinstance(source, str):
            cls.add_member(name, source)
        elif isinstance(source, Unlisted):
            setattr(cls, name, source)
        elif isinstance(source, Adjusted):
            if cls.add_member(name, source.path):
                setattr(cls, name, property(source.value))
        elif _can(cls, source):
            setattr(cls, name, property(source))


_NEEDS: dict[str, tuple[str, ...]] = {
    "pids": ("pid_links",),
    "mmap": ("mm_mt",),
    "layout": ("mem",),
    "file_count": ("f_ref",),
    "hw_queues": ("hctx_table",),
    "device_busy": ("budget_map",),
    "small_block": ("gid",),
    "charged": ("uid",),
    "private": ("name",),
}
"""Members without which a function has nothing to work on: before they were there the old name, or nothing, was."""


def _can(cls: StructType, source: Callable[[Struct], Any]) -> bool:
    needs = source.needs if isinstance(source, Elsewhere) else _NEEDS.get(source.__name__, ())
    return all(cls.has_member(name) for name in needs)


def _add_page(cls: StructType) -> None:
    _add_known(cls)
    flags = cls.PYT_type.member("flags")
    if flags is not None and flags.type.strip().kind == "struct":
        cls.flags = property(values.flags_word)  # type: ignore[attr-defined]


def _add_inode(cls: StructType) -> None:
    _add_known(cls)
    # A number, and a struct with the member __state between v6.12 and v7.2.
    state = cls.PYT_type.member("i_state")
    if state is not None and state.type.strip().kind == "struct":
        size = state.type.size
        cls.i_state = property(lambda inode: State(values.dump_of(inode).read_unsigned(int(inode) + inode.fieldOffset("i_state"), size)))  # type: ignore[attr-defined]


def _add_owner(function: str) -> Callable[[StructType], None]:
    """For a lock whose owner was a pointer and is a number with flags in it now."""

    def add(cls: StructType) -> None:
        _add(cls)
        owner = cls.PYT_type.member("owner")
        if owner is not None and owner.type.strip().kind == "struct":
            cls.owner = property(Elsewhere("locks", function))  # type: ignore[attr-defined]

    return add


def _add_bitmap(cls: StructType) -> None:
    # The words have to be told of their bitmap where they no longer have a depth of their own.
    if _dump_type(cls, "struct sbitmap_word").member("depth") is None:
        cls.map = property(Elsewhere("block", "sbitmap_map"))  # type: ignore[attr-defined]


def _add_disk(cls: StructType) -> None:
    _add_known(cls)
    # A pointer to a disk_part_tbl, and an xarray since v5.11.
    table = cls.PYT_type.member("part_tbl")
    if table is not None and table.type.strip().kind == "struct":
        cls.part_tbl = property(Elsewhere("block", "partition_table"))  # type: ignore[attr-defined]


def _add_mounts(cls: StructType) -> None:
    # A list_head, and a pointer to the first of a chain of mounts since v6.18.
    _add_known(cls)
    if cls.PYT_type.member("s_mounts") is not None and _dump_type(cls, "struct mount").member("mnt_next_for_sb") is not None:
        cls.s_mounts = property(Elsewhere("mounts", "mounts"))  # type: ignore[attr-defined]


def _add_items(cls: StructType) -> None:
    # A number, and an atomic_long_t since v6.13.
    number = cls.PYT_type.member("nr_items")
    if number is not None and number.type.strip().kind == "struct":
        cls.nr_items = property(lambda node: Count(values.dump_of(node).read_signed(int(node) + node.fieldOffset("nr_items"))))  # type: ignore[attr-defined]


def _add_request(cls: StructType) -> None:
    # 0a467d0fdfd ("block: switch to atomic_t for request references") (in v5.16): a refcount_t before.
    _add_known(cls)
    ref = cls.PYT_type.member("ref")
    if ref is not None and ref.type.strip().kind == "struct" and ref.type.strip().member("refs") is None:

        def references(request: Struct) -> Parts:
            count = values.dump_of(request).read_unsigned(int(request) + request.fieldOffset("ref"), 4)
            return Parts(counter=count, refs=Parts(counter=count))

        cls.ref = property(references)  # type: ignore[attr-defined]


def _add_known(cls: StructType) -> None:
    if cls.PYT_symbol in NAMES:
        _add(cls)


def _dump_type(cls: StructType, name: str) -> Any:
    return cls.PYT_dump.type(name).strip()


def old_names(dump: Dump) -> None:
    """Let the structs of a dump have their old names too."""
    dump.pseudo_members.update(dict.fromkeys(NAMES, _add))
    # 53fbef56e07d ("mm: introduce memdesc_flags_t") (in v6.18): a typedef of a struct with one member in place of a number.
    dump.pseudo_members.update({"struct page": _add_page, "struct folio": _add_page, "struct sbitmap": _add_bitmap, "struct gendisk": _add_disk, "struct request": _add_request})
    dump.pseudo_members.update({"struct inode": _add_inode, "struct super_block": _add_mounts, "struct list_lru_node": _add_items})
    dump.pseudo_members.update({"struct mutex": _add_owner("mutex_owner"), "struct rw_semaphore": _add_owner("rwsem_owner")})
