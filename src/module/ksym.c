/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Code generated at run time: BPF programs, trampolines and dispatchers, and the trampolines of ftrace. */
#include <stdlib.h>
#include <string.h>

#include "module/private.h"

/* A list of structs that each describe one range of code. */
struct ksym_list {
	const char *head, *type, *link, *start, *end, *size, *name, *owner;
};

static const struct ksym_list lists[] = {
	/* Linux 5.7, bfea9a8574f3 ("bpf: Add name to struct bpf_ksym") */
	{ "bpf_kallsyms", "bpf_ksym", "lnode", "start", "end", NULL, "name", "bpf" },
	/* Linux 5.9, fc0ea795f53c ("ftrace: Add symbols for ftrace trampolines") */
	{ "ftrace_ops_trampoline_list", "ftrace_ops", "list", "trampoline", NULL, "trampoline_size", NULL, "ftrace" },
};

/* false if a number that the list needs cannot be had. */
static bool read_number(struct kd_modules *modules, const struct ksym_list *list, kd_vaddr entry, const char *member,
			uint64_t *ret)
{
	uint64_t offset;
	if (!kd_module_offset(modules, list->type, member, &offset))
		return false;
	KD_DROP_ERROR struct kd_error *err = kd_memory_read_u64(modules->memory, entry + offset, ret);
	return !err;
}

static struct kd_error *name_of(struct kd_modules *modules, const struct ksym_list *list, kd_vaddr entry, char **ret)
{
	uint64_t offset;
	size_t len;
	if (list->name && kd_module_offset(modules, list->type, list->name, &offset)) {
		struct kd_error *err = kd_memory_read_string(modules->memory, entry + offset, 512, ret, &len);
		if (!err || err->code == KD_ERROR_NOMEM)
			return err;
		kd_error_destroy(err);
	}
	*ret = strdup("ftrace_trampoline");
	return *ret ? NULL : &kd_error_nomem;
}

static struct kd_error *read_list(struct kd_modules *modules, const struct ksym_list *list)
{
	kd_vaddr head;
	uint64_t link;
	KD_DROP_ERROR struct kd_error *missing = kd_kallsyms_address(modules->kallsyms, list->head, &head);
	if (missing || !kd_module_offset(modules, list->type, list->link, &link))
		return NULL;
	KD_CLEANUP(kd_address_vector_deinit) struct kd_address_vector entries = {};
	KD_DROP_ERROR struct kd_error *why = NULL;
	struct kd_error *err = kd_module_walk_list(modules, head, &entries, &why);
	for (size_t i = 0; !err && i < entries.nr; i++) {
		struct kd_ksym ksym = { .owner = list->owner };
		kd_vaddr entry = entries.data[i] - link;
		if (!read_number(modules, list, entry, list->start, &ksym.start) ||
		    !read_number(modules, list, entry, list->end ? list->end : list->size, &ksym.end))
			continue;
		if (list->size)
			ksym.end += ksym.start;
		if (!ksym.start || ksym.end <= ksym.start)
			continue;
		err = name_of(modules, list, entry, &ksym.name);
		if (!err && !kd_ksym_vector_append(&modules->ksyms, ksym)) {
			free(ksym.name);
			err = &kd_error_nomem;
		}
	}
	return err;
}

static int compare(const void *a, const void *b)
{
	const struct kd_ksym *left = a, *right = b;
	return (left->start > right->start) - (left->start < right->start);
}

void kd_modules_drop_ksyms(struct kd_modules *modules)
{
	for (size_t i = 0; i < modules->ksyms.nr; i++)
		free(modules->ksyms.data[i].name);
	kd_ksym_vector_deinit(&modules->ksyms);
}

struct kd_error *kd_modules_read_ksyms(struct kd_modules *modules)
{
	if (modules->ksym_state != KD_MODULE_UNREAD)
		return NULL;
	modules->ksym_state = KD_MODULE_BUSY;
	for (size_t i = 0; i < KD_ARRAY_NR(lists); i++) {
		struct kd_error *err = read_list(modules, &lists[i]);
		if (err) {
			kd_modules_drop_ksyms(modules);
			modules->ksym_state = KD_MODULE_UNREAD;
			return err;
		}
	}
	if (modules->ksyms.nr)
		qsort(modules->ksyms.data, modules->ksyms.nr, sizeof(*modules->ksyms.data), compare);
	modules->ksym_state = KD_MODULE_READ;
	return NULL;
}
