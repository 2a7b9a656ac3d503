/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/found.h"

#include <string.h>

#include "base/cleanup.h"

#define LIST_LEN_MAX 100000
#define TYPES_MAX 1000
#define CACHES_MAX 64
#define RCU_LEVELS_MAX 8

struct search {
	struct kd_found *found;
	struct kd_memory *memory;
	struct kd_kallsyms *kallsyms;
	struct kd_types *types;
};

void kd_found_deinit(struct kd_found *found)
{
	kd_exports_deinit(&found->exports);
}

static struct kd_error *offset_of(struct search *search, const char *type, const char *path, uint64_t *ret)
{
	const struct kd_type *of;
	struct kd_member member;
	struct kd_error *err =
		kd_types_find(search->types, KD_STRUCT, type, &of) ?: kd_type_find_member(of, path, &member);
	if (!err)
		*ret = member.bit_offset / 8;
	return err;
}

/** A pointer, or a word as long, in the struct at base. */
static struct kd_error *read_member(struct search *search, const char *type, const char *path, kd_vaddr base,
				    kd_vaddr *ret)
{
	uint64_t offset;
	return offset_of(search, type, path, &offset) ?: kd_memory_read_u64(search->memory, base + offset, ret);
}

static bool in_image(const struct search *search, kd_vaddr address)
{
	return address - search->found->text < KD_IMAGE_LEN_MAX;
}

/** It is the first CPU's idle task, leads itself, and the task before and after it know it. */
static struct kd_error *check_init_task(void *context, kd_vaddr address, bool *ret)
{
	struct search *search = context;
	uint64_t comm, tasks, pid;
	kd_vaddr task, leader, next, back;
	uint32_t number;
	struct kd_error *err = offset_of(search, "task_struct", "comm", &comm);
	if (err)
		return err;
	task = address - comm;
	err = offset_of(search, "task_struct", "tasks", &tasks)
		      ?: offset_of(search, "task_struct", "pid", &pid)
		      ?: kd_memory_read_u32(search->memory, task + pid, &number)
		      ?: read_member(search, "task_struct", "group_leader", task, &leader)
		      ?: kd_memory_read_u64(search->memory, task + tasks, &next)
		      ?: kd_memory_read_u64(search->memory, next + 8, &back);
	*ret = !err && !number && leader == task && back == task + tasks;
	if (*ret)
		search->found->init_task = task;
	return err;
}

/** By its comm, "swapper/0" or, of one CPU only, "swapper". */
static struct kd_error *find_init_task(struct search *search)
{
	const struct kd_memory_mark mark = { "swapper", 7, 8 };
	const kd_vaddr text = search->found->text;
	bool is_there;
	struct kd_error *err = kd_memory_find(search->memory, text, text + KD_IMAGE_LEN_MAX, &mark, check_init_task,
					      search, &is_there);
	if (err || is_there)
		return err;
	return kd_error_create(KD_ERROR_LOOKUP, "no init_task in the kernel's data");
}

/** The head of the list that a struct is on by that member: of all its links the one in the kernel's image. */
static struct kd_error *find_head(struct search *search, kd_vaddr base, const char *type, const char *path,
				  kd_vaddr *ret)
{
	uint64_t offset = 0;
	struct kd_error *err = offset_of(search, type, path, &offset);
	kd_vaddr link = base + offset;
	for (size_t n = 0; !err && n < LIST_LEN_MAX; n++) {
		err = kd_memory_read_u64(search->memory, link, &link);
		if (!err && in_image(search, link)) {
			*ret = link;
			return NULL;
		}
	}
	return err ?: kd_error_create(KD_ERROR_LOOKUP, "a list without a head in the kernel's data");
}

static struct kd_error *find(struct search *search, const char *name, kd_vaddr *ret);

/** From the superblock of init_task's root. */
static struct kd_error *find_super_blocks(struct search *search, kd_vaddr *ret)
{
	kd_vaddr fs, mnt, block;
	return find(search, "init_fs", &fs)
		       ?: read_member(search, "fs_struct", "root.mnt", fs, &mnt)
		       ?: read_member(search, "vfsmount", "mnt_sb", mnt, &block)
		       ?: find_head(search, block, "super_block", "s_list", ret);
}

/** What take finds first of a mounted file system; it finds 0 of those that have none. */
static struct kd_error *first_of_mounted(struct search *search,
					 struct kd_error *(*take)(struct search *search, kd_vaddr block, kd_vaddr *ret),
					 kd_vaddr *ret)
{
	kd_vaddr head, block;
	uint64_t link;
	*ret = 0;
	struct kd_error *err = find_super_blocks(search, &head) ?: offset_of(search, "super_block", "s_list", &link)
			       ?: kd_memory_read_u64(search->memory, head, &block);
	for (size_t n = 0; !err && !*ret && block != head && n < LIST_LEN_MAX; n++)
		err = take(search, block - link, ret) ?: kd_memory_read_u64(search->memory, block, &block);
	return err ?: *ret ? NULL : kd_error_create(KD_ERROR_LOOKUP, "no such file system");
}

/** The module of its type, or of those that were registered after it. */
static struct kd_error *take_owner(struct search *search, kd_vaddr block, kd_vaddr *ret)
{
	kd_vaddr type;
	struct kd_error *err = read_member(search, "super_block", "s_type", block, &type);
	for (size_t n = 0; !err && type && !*ret && n < TYPES_MAX; n++)
		err = read_member(search, "file_system_type", "owner", type, ret)
			      ?: read_member(search, "file_system_type", "next", type, &type);
	return err;
}

/** From a mounted file system that is a module, or that was registered before one. */
static struct kd_error *find_modules(struct search *search, kd_vaddr *ret)
{
	kd_vaddr owner;
	return first_of_mounted(search, take_owner, &owner) ?: find_head(search, owner, "module", "list", ret);
}

static struct kd_error *take_disk(struct search *search, kd_vaddr block, kd_vaddr *ret)
{
	return read_member(search, "super_block", "s_bdev", block, ret);
}

/** From the disk of a mounted file system. */
static struct kd_error *find_block_class(struct search *search, kd_vaddr *ret)
{
	kd_vaddr disk;
	return first_of_mounted(search, take_disk, &disk)
		       ?: read_member(search, "block_device", "bd_device.class", disk, ret);
}

/** From a cache that kmalloc() uses. */
static struct kd_error *find_slab_caches(struct search *search, kd_vaddr *ret)
{
	kd_vaddr caches, cache = 0;
	struct kd_error *err = find(search, "kmalloc_caches", &caches);
	for (size_t n = 0; !err && !cache && n < CACHES_MAX; n++)
		err = kd_memory_read_u64(search->memory, caches + n * 8, &cache);
	return err ?: find_head(search, cache, "kmem_cache", "list", ret);
}

/** From the root that is always there. */
static struct kd_error *find_cgroup_roots(struct search *search, kd_vaddr *ret)
{
	kd_vaddr root;
	return find(search, "cgrp_dfl_root", &root) ?: find_head(search, root, "cgroup_root", "root_list", ret);
}

/** The root of the tree of which each CPU has a leaf. */
static struct kd_error *find_rcu_state(struct search *search, kd_vaddr *ret)
{
	kd_vaddr data, offsets, offset, node, parent;
	uint64_t first;
	struct kd_error *err = find(search, "rcu_data", &data) ?: find(search, "__per_cpu_offset", &offsets)
			       ?: kd_memory_read_u64(search->memory, offsets, &offset)
			       ?: read_member(search, "rcu_data", "mynode", data + offset, &parent)
			       ?: offset_of(search, "rcu_state", "node", &first);
	for (size_t n = 0; !err && n < RCU_LEVELS_MAX; n++) {
		node = parent;
		err = read_member(search, "rcu_node", "parent", node, &parent);
		if (!err && !parent) {
			*ret = node - first;
			return NULL;
		}
	}
	return err ?: kd_error_create(KD_ERROR_LOOKUP, "a tree of RCU without a root");
}

/** From the group that tasks are in at first. */
static struct kd_error *find_task_groups(struct search *search, kd_vaddr *ret)
{
	kd_vaddr task, group;
	return find(search, "init_task", &task) ?: read_member(search, "task_struct", "sched_task_group", task, &group)
		       ?: find_head(search, group, "task_group", "list", ret);
}

/** From one that is exported. */
static struct kd_error *find_workqueues(struct search *search, kd_vaddr *ret)
{
	kd_vaddr variable, queue;
	return find(search, "system_wq", &variable) ?: kd_memory_read_u64(search->memory, variable, &queue)
		       ?: find_head(search, queue, "workqueue_struct", "list", ret);
}

/** Those that are reached in a way of their own. */
static const struct {
	const char *name;
	struct kd_error *(*find)(struct search *search, kd_vaddr *ret);
} ways[] = {
	{ "super_blocks", find_super_blocks }, { "modules", find_modules },	  { "slab_caches", find_slab_caches },
	{ "cgroup_roots", find_cgroup_roots }, { "rcu_state", find_rcu_state },	  { "block_class", find_block_class },
	{ "task_groups", find_task_groups },   { "workqueues", find_workqueues },
};

/** What another variable points to. */
static const struct {
	const char *name, *from, *type, *member;
} reached[] = {
	{ "init_nsproxy", "init_task", "task_struct", "nsproxy" },
	{ "init_cred", "init_task", "task_struct", "cred" },
	{ "init_signals", "init_task", "task_struct", "signal" },
	{ "init_sighand", "init_task", "task_struct", "sighand" },
	{ "init_files", "init_task", "task_struct", "files" },
	{ "init_fs", "init_task", "task_struct", "fs" },
	{ "init_css_set", "init_task", "task_struct", "cgroups" },
	{ "init_uts_ns", "init_nsproxy", "nsproxy", "uts_ns" },
	{ "init_ipc_ns", "init_nsproxy", "nsproxy", "ipc_ns" },
	{ "init_pid_ns", "init_nsproxy", "nsproxy", "pid_ns_for_children" },
	{ "init_net", "init_nsproxy", "nsproxy", "net_ns" },
	{ "init_time_ns", "init_nsproxy", "nsproxy", "time_ns" },
	{ "init_cgroup_ns", "init_nsproxy", "nsproxy", "cgroup_ns" },
	{ "init_user_ns", "init_cred", "cred", "user_ns" },
	{ "tcp_hashinfo", "init_net", "net", "ipv4.tcp_death_row.hashinfo" },
};

static struct kd_error *find(struct search *search, const char *name, kd_vaddr *ret)
{
	if (kd_vmcoreinfo_symbol(kd_dump_vmcoreinfo(kd_memory_dump(search->memory)), name, ret))
		return NULL;
	const kd_vaddr text = search->found->text;
	struct kd_error *err = kd_exports_find(&search->found->exports, search->memory, search->kallsyms, search->types,
					       text, text + KD_IMAGE_LEN_MAX, name, ret);
	if (!err || err->code == KD_ERROR_NOMEM)
		return err;
	kd_error_destroy(err);
	if (!strcmp(name, "init_task")) {
		if (!search->found->searched) {
			search->found->searched = true;
			err = find_init_task(search);
			if (err)
				return err;
		}
		*ret = search->found->init_task;
		return *ret ? NULL : kd_error_create(KD_ERROR_LOOKUP, "no init_task in the kernel's data");
	}
	for (size_t i = 0; i < KD_ARRAY_NR(ways); i++) {
		if (!strcmp(name, ways[i].name))
			return ways[i].find(search, ret);
	}
	for (size_t i = 0; i < KD_ARRAY_NR(reached); i++) {
		kd_vaddr base;
		if (strcmp(name, reached[i].name))
			continue;
		err = find(search, reached[i].from, &base)
			      ?: read_member(search, reached[i].type, reached[i].member, base, ret);
		/* Of a task that has left its first one, it is another. */
		if (!err && !in_image(search, *ret))
			err = kd_error_create(KD_ERROR_LOOKUP, "%s is not in the kernel's data", name);
		return err;
	}
	return kd_error_create(KD_ERROR_LOOKUP, "no way to find %s", name);
}

struct kd_error *kd_found_variable(struct kd_found *found, struct kd_memory *memory, struct kd_kallsyms *kallsyms,
				   struct kd_types *types, const char *name, kd_vaddr *ret)
{
	struct search search = { found, memory, kallsyms, types };
	struct kd_error *err = found->text ? NULL : kd_kallsyms_address(kallsyms, "_stext", &found->text);
	err = err ?: find(&search, name, ret);
	/* What is damaged or missing on the way is a reason not to know it. */
	if (err && err->code != KD_ERROR_NOMEM && err->code != KD_ERROR_LOOKUP) {
		kd_error_destroy(err);
		err = kd_error_create(KD_ERROR_LOOKUP, "%s cannot be found", name);
	}
	return err;
}
