/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of modules, and which memory is whose. */
#include "module/module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/private.h"

struct kd_error *kd_modules_create(struct kd_memory *memory, struct kd_kallsyms *kallsyms, struct kd_types *types,
				   struct kd_modules **ret)
{
	struct kd_modules *modules = calloc(1, sizeof(*modules));
	if (!modules)
		return &kd_error_nomem;
	modules->memory = memory;
	modules->kallsyms = kallsyms;
	modules->types = types;
	*ret = modules;
	return NULL;
}

static void drop_list(struct kd_modules *modules)
{
	for (size_t i = 0; i < modules->list.nr; i++) {
		free(modules->list.data[i].name);
		free(modules->list.data[i].symbols);
		free(modules->list.data[i].symbol_names);
	}
	kd_module_vector_deinit(&modules->list);
	kd_module_place_vector_deinit(&modules->places);
	kd_error_destroy(kd_move_ptr(modules->why));
}

void kd_modules_destroy(struct kd_modules *modules)
{
	if (!modules)
		return;
	drop_list(modules);
	kd_modules_drop_ksyms(modules);
	kd_module_name_vector_deinit(&modules->names);
	free(modules->buckets);
	free(modules);
}

/* Reads a member of the struct at base; false where the kernel has no such member or it cannot be read. */
static bool read_member(struct kd_modules *modules, const char *type, kd_vaddr base, const char *path, uint64_t len,
			uint64_t *ret)
{
	uint64_t offset;
	*ret = 0;
	if (!kd_module_offset(modules, type, path, &offset))
		return false;
	uint8_t bytes[sizeof(*ret)] = {};
	KD_DROP_ERROR struct kd_error *err = kd_memory_read(modules->memory, base + offset, bytes, len);
	*ret = err ? 0 : kd_load_padded(kd_memory_order(modules->memory), bytes, len);
	return !err;
}

static bool read_range(struct kd_modules *modules, kd_vaddr module, const char *base_path, const char *size_path,
		       struct kd_module_range *ret)
{
	uint64_t size;
	if (!read_member(modules, "module", module, base_path, sizeof(uint64_t), &ret->start) ||
	    !read_member(modules, "module", module, size_path, sizeof(uint32_t), &size))
		return false;
	ret->size = ret->start ? size : 0;
	return true;
}

static void read_memory(struct kd_modules *modules, struct kd_module *module)
{
	/* Linux 6.4, ac3b43283923 ("module: replace module_layout with module_memory") */
	for (int i = 0; i < KD_MODULE_MEMORY_NR; i++) {
		char base[32], size[32];
		snprintf(base, sizeof(base), "mem[%d].base", i);
		snprintf(size, sizeof(size), "mem[%d].size", i);
		if (!read_range(modules, module->address, base, size, &module->memory[i]))
			break;
	}
	/* Until then, and before Linux 4.5 (7523e4dc5057) without the structs */
	if (!module->memory[KD_MODULE_TEXT].size && !read_range(modules, module->address, "core_layout.base",
								"core_layout.size", &module->memory[KD_MODULE_TEXT]))
		read_range(modules, module->address, "module_core", "core_size", &module->memory[KD_MODULE_TEXT]);
	if (!module->memory[KD_MODULE_INIT_TEXT].size &&
	    !read_range(modules, module->address, "init_layout.base", "init_layout.size",
			&module->memory[KD_MODULE_INIT_TEXT]))
		read_range(modules, module->address, "module_init", "init_size", &module->memory[KD_MODULE_INIT_TEXT]);
	for (int i = KD_MODULE_TEXT; i < KD_MODULE_INIT_TEXT; i++)
		module->size += module->memory[i].size;
}

static struct kd_error *read_module(struct kd_modules *modules, kd_vaddr address, struct kd_module *ret)
{
	uint64_t name_offset;
	if (!kd_module_offset(modules, "module", "name", &name_offset))
		return kd_error_create(KD_ERROR_LOOKUP, "struct module has no name");
	*ret = (struct kd_module){ .address = address };
	size_t len;
	struct kd_error *err = kd_memory_read_string(modules->memory, address + name_offset, 64, &ret->name, &len);
	if (err)
		return err;
	read_memory(modules, ret);
	read_member(modules, "module", address, "percpu", sizeof(uint64_t), &ret->percpu);
	read_member(modules, "module", address, "percpu_size", sizeof(uint32_t), &ret->percpu_size);
	return NULL;
}

/*
 * The kernel keeps the parsed BTF of each module on a list of its own (Linux 5.11, 36e68442d1af), relocated to
 * vmlinux's type numbers where it had a distilled base (6.11). struct module.btf_data only points to what was loaded,
 * which is freed with the init sections of some kernels.
 */
static void find_btf(struct kd_modules *modules)
{
	KD_CLEANUP(kd_address_vector_deinit) struct kd_address_vector entries = {};
	kd_vaddr head;
	uint64_t link;
	KD_DROP_ERROR struct kd_error *why = NULL;
	KD_DROP_ERROR struct kd_error *err = kd_kallsyms_address(modules->kallsyms, "btf_modules", &head);
	if (err || !kd_module_offset(modules, "btf_module", "list", &link))
		return;
	err = kd_module_walk_list(modules, head, &entries, &why);
	for (size_t i = 0; !err && i < entries.nr; i++) {
		kd_vaddr entry = entries.data[i] - link;
		uint64_t owner, btf, data, size;
		if (!read_member(modules, "btf_module", entry, "module", 8, &owner) ||
		    !read_member(modules, "btf_module", entry, "btf", 8, &btf) ||
		    !read_member(modules, "btf", btf, "data", 8, &data) ||
		    !read_member(modules, "btf", btf, "data_size", 4, &size))
			continue;
		for (size_t m = 0; m < modules->list.nr; m++) {
			if (modules->list.data[m].address != owner)
				continue;
			modules->list.data[m].btf_start = data;
			modules->list.data[m].btf_end = data + size;
			modules->list.data[m].btf = btf;
		}
	}
}

static int compare_places(const void *a, const void *b)
{
	const struct kd_module_place *left = a, *right = b;
	return (left->start > right->start) - (left->start < right->start);
}

static struct kd_error *sort_places(struct kd_modules *modules)
{
	for (size_t m = 0; m < modules->list.nr; m++)
		for (int i = 0; i < KD_MODULE_MEMORY_NR; i++) {
			const struct kd_module_range *range = &modules->list.data[m].memory[i];
			if (range->size &&
			    !kd_module_place_vector_append(
				    &modules->places,
				    (struct kd_module_place){ range->start, range->start + range->size, m }))
				return &kd_error_nomem;
		}
	if (modules->places.nr)
		qsort(modules->places.data, modules->places.nr, sizeof(*modules->places.data), compare_places);
	return NULL;
}

static struct kd_error *make_list(struct kd_modules *modules)
{
	uint64_t link;
	if (!modules->types) {
		modules->why = kd_error_create(KD_ERROR_LOOKUP, "without types no modules are found");
		return NULL;
	}
	const bool typed = kd_module_offset(modules, "module", "list", &link);
	kd_vaddr head;
	struct kd_error *err = kd_kallsyms_address(modules->kallsyms, "modules", &head);
	if (kd_error_catch(&err, KD_ERROR_LOOKUP)) {
		if (typed) /* a kernel without modules does not know of it */
			modules->why = kd_error_create(KD_ERROR_LOOKUP, "no symbol modules");
		return NULL;
	}
	if (!err && !typed) {
		modules->why = kd_error_create(KD_ERROR_LOOKUP, "no type of struct module.list");
		return NULL;
	}
	KD_CLEANUP(kd_address_vector_deinit) struct kd_address_vector entries = {};
	if (!err)
		err = kd_module_walk_list(modules, head, &entries, &modules->why);
	for (size_t i = 0; !err && i < entries.nr; i++) {
		struct kd_module module;
		struct kd_error *bad = read_module(modules, entries.data[i] - link, &module);
		if (!bad && !kd_module_vector_append(&modules->list, module)) {
			free(module.name);
			err = &kd_error_nomem;
		}
		if (bad && bad->code == KD_ERROR_NOMEM)
			err = bad;
		else if (bad && !modules->why)
			modules->why = bad;
		else
			kd_error_destroy(bad);
	}
	return err ? err : sort_places(modules);
}

struct kd_error *kd_modules_list(struct kd_modules *modules, struct kd_module **ret, size_t *ret_nr,
				 struct kd_error **why)
{
	if (modules->list_state == KD_MODULE_UNREAD) {
		modules->list_state = KD_MODULE_BUSY;
		struct kd_error *err = make_list(modules);
		if (err) {
			/* Whoever asks again gets the error again, not a list that is empty or half. */
			drop_list(modules);
			modules->list_state = KD_MODULE_UNREAD;
			return err;
		}
		find_btf(modules);
		modules->list_state = KD_MODULE_READ;
	}
	if (modules->list_state == KD_MODULE_BUSY) {
		*ret_nr = 0;
		*ret = NULL;
		if (why)
			*why = NULL;
		return NULL;
	}
	*ret = modules->list.data;
	*ret_nr = modules->list.nr;
	if (why)
		*why = modules->why ? kd_error_create(modules->why->code, "%s", modules->why->message) : NULL;
	return NULL;
}

struct kd_error *kd_modules_at(struct kd_modules *modules, kd_vaddr address, struct kd_module **ret)
{
	struct kd_module *list;
	size_t nr;
	*ret = NULL;
	struct kd_error *err = kd_modules_list(modules, &list, &nr, NULL);
	if (err)
		return err;
	size_t low = 0, high = modules->places.nr; /* the first place that starts above address is in [low, high] */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (modules->places.data[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low && address < modules->places.data[low - 1].end)
		*ret = &list[modules->places.data[low - 1].module];
	return NULL;
}

struct kd_error *kd_modules_add_btf(void *context)
{
	struct kd_modules *modules = context;
	struct kd_module *list;
	size_t nr;
	struct kd_error *err = kd_modules_list(modules, &list, &nr, NULL);
	for (; !err && modules->btf_nr < nr; modules->btf_nr += !err) {
		struct kd_module *module = &list[modules->btf_nr];
		if (!module->btf_start)
			continue;
		err = kd_types_add_btf(modules->types, module->name, module->btf_start, module->btf_end, 0, 0,
				       module->btf);
		if (err && err->code != KD_ERROR_NOMEM) { /* damaged: this module has no types */
			kd_error_destroy(err);
			err = NULL;
			module->btf_start = module->btf_end = 0;
		}
	}
	return err;
}
