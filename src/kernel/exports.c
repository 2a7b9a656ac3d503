/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/exports.h"

#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/order.h"

#define EXPORTS_MAX 200000
#define NAME_LEN_MAX 512
#define ENTRY_LEN_MAX 64
#define LOST_MAX 1024 /* entries in a row that cannot be read: those of some pages */

/**
 * `struct kernel_symbol`: relative to its own members where CONFIG_HAVE_ARCH_PREL32_RELOCATIONS (Linux 4.19,
 * 7290d58095712a89f845e1bca05334796dd49ed2), else two pointers.
 */
struct layout {
	bool is_relative;
	uint64_t value, name; /* offsets */
	uint64_t len;
};

struct search {
	struct kd_exports *exports;
	struct kd_memory *memory;
	struct kd_types *types;
	struct layout layout;
};

void kd_exports_deinit(struct kd_exports *exports)
{
	for (size_t i = 0; i < exports->sorted.nr; i++)
		free(exports->sorted.data[i].name);
	kd_export_vector_deinit(&exports->sorted);
}

static struct kd_error *find_layout(struct search *search)
{
	struct layout *layout = &search->layout;
	const struct kd_type *type;
	struct kd_member value, name;
	struct kd_error *err = kd_types_find(search->types, KD_STRUCT, "kernel_symbol", &type);
	if (err)
		return err;
	err = kd_type_find_member(type, "value_offset", &value);
	layout->is_relative = !err;
	if (kd_error_catch(&err, KD_ERROR_LOOKUP))
		err = kd_type_find_member(type, "value", &value);
	err = err ?: kd_type_find_member(type, layout->is_relative ? "name_offset" : "name", &name);
	if (err)
		return err;
	layout->value = value.bit_offset / 8;
	layout->name = name.bit_offset / 8;
	layout->len = type->size;
	const uint64_t word = layout->is_relative ? 4 : 8;
	if (layout->len > ENTRY_LEN_MAX || layout->value + word > layout->len || layout->name + word > layout->len)
		return kd_error_create(KD_ERROR_FORMAT, "struct kernel_symbol makes no sense");
	return NULL;
}

/** What a member, of which these are the bytes, points to. */
static kd_vaddr pointed(const struct search *search, kd_vaddr at, const uint8_t *bytes)
{
	const enum kd_order order = kd_memory_order(search->memory);
	return search->layout.is_relative ? at + (uint64_t)(int64_t)(int32_t)kd_load_u32(order, bytes)
					  : kd_load_u64(order, bytes);
}

/** The name and the address of an entry. @param[out] ret_name malloced; NULL: it is no entry. KD_ERROR_FAULT: it is
 * lost. */
static struct kd_error *read_entry(const struct search *search, kd_vaddr at, char **ret_name, kd_vaddr *ret)
{
	const struct layout *layout = &search->layout;
	uint8_t bytes[ENTRY_LEN_MAX];
	KD_FREE char *name = NULL;
	size_t len;
	*ret_name = NULL;
	struct kd_error *err = kd_memory_read(search->memory, at, bytes, layout->len);
	if (err)
		return err;
	*ret = pointed(search, at + layout->value, bytes + layout->value);
	err = kd_memory_read_string(search->memory, pointed(search, at + layout->name, bytes + layout->name),
				    NAME_LEN_MAX, &name, &len);
	if (err)
		return err;
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)name[i]) && !strchr("_.$", name[i]))
			return NULL;
	}
	if (len && len < NAME_LEN_MAX)
		*ret_name = kd_move_ptr(name);
	return NULL;
}

/** A function that every kernel exports, so that its entry is known when it is met. */
static const char *const anchors[] = { "kfree", "vfree", "schedule", "memcpy" };

struct anchor {
	const char *name;
	kd_vaddr address;
};

/** The entries of a page, of which one may be an anchor's. @param[out] ret its address, or 0 */
static struct kd_error *search_page(const struct search *search, const struct anchor *of, kd_vaddr page, kd_vaddr *ret)
{
	const size_t step = search->layout.is_relative ? 4 : 8;
	for (size_t i = 0;; i += step) {
		const uint8_t *view;
		size_t len, anchor = KD_ARRAY_NR(anchors);
		/* Reading an entry has read something else. */
		struct kd_error *err = kd_memory_view(search->memory, page, &view, &len);
		if (err)
			return err;
		for (; i + step <= len && anchor == KD_ARRAY_NR(anchors); i += step) {
			const kd_vaddr value = pointed(search, page + i, view + i);
			for (anchor = 0; anchor < KD_ARRAY_NR(anchors); anchor++) {
				if (of[anchor].address && of[anchor].address == value)
					break;
			}
		}
		if (anchor == KD_ARRAY_NR(anchors))
			return NULL;
		i -= step;
		const kd_vaddr entry = page + i - search->layout.value;
		KD_FREE char *name = NULL;
		kd_vaddr value;
		err = read_entry(search, entry, &name, &value);
		if (kd_error_catch(&err, KD_ERROR_FAULT))
			continue;
		if (err)
			return err;
		if (name && !strcmp(name, of[anchor].name)) {
			*ret = entry;
			return NULL;
		}
	}
}

static struct kd_error *find_entry(const struct search *search, struct kd_kallsyms *kallsyms, kd_vaddr start,
				   kd_vaddr end, kd_vaddr *ret)
{
	const uint64_t page = kd_dump_page_size(kd_memory_dump(search->memory));
	struct anchor of[KD_ARRAY_NR(anchors)];
	for (size_t i = 0; i < KD_ARRAY_NR(anchors); i++) {
		of[i] = (struct anchor){ anchors[i], 0 };
		struct kd_error *err = kd_kallsyms_address(kallsyms, anchors[i], &of[i].address);
		if (!kd_error_catch(&err, KD_ERROR_LOOKUP) && err)
			return err;
	}
	*ret = 0;
	for (kd_vaddr at = start & ~(page - 1); at < end && !*ret; at += page) {
		struct kd_error *err = search_page(search, of, at, ret);
		if (!kd_error_catch(&err, KD_ERROR_FAULT) && err)
			return err;
	}
	return *ret ? NULL : kd_error_create(KD_ERROR_LOOKUP, "no table of exported symbols in the kernel");
}

static struct kd_error *add(struct kd_exports *exports, char *name, kd_vaddr address)
{
	if (!kd_export_vector_append(&exports->sorted, (struct kd_export){ name, address })) {
		free(name);
		return &kd_error_nomem;
	}
	return NULL;
}

/** The entries from one on, one after another, to the first that is none. */
static struct kd_error *read_table(const struct search *search, kd_vaddr at, uint64_t step)
{
	for (size_t lost = 0; lost < LOST_MAX && search->exports->sorted.nr < EXPORTS_MAX; at += step) {
		char *name;
		kd_vaddr value;
		struct kd_error *err = read_entry(search, at, &name, &value);
		if (kd_error_catch(&err, KD_ERROR_FAULT)) {
			lost++;
			continue;
		}
		if (err || !name)
			return err;
		lost = 0;
		err = add(search->exports, name, value);
		if (err)
			return err;
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct kd_export *)a)->name, ((const struct kd_export *)b)->name);
}

static void sort(struct kd_exports *exports)
{
	if (exports->sorted.nr)
		qsort(exports->sorted.data, exports->sorted.nr, sizeof(*exports->sorted.data), compare);
}

static const struct kd_export *look_up(const struct kd_exports *exports, const char *name)
{
	const struct kd_export key = { (char *)name, 0 };
	return exports->sorted.nr ? bsearch(&key, exports->sorted.data, exports->sorted.nr, sizeof(key), compare)
				  : NULL;
}

/** Where the per-CPU section lies: what is exported of it says so. */
struct percpu {
	struct kd_exports *exports;
	kd_vaddr base;
	size_t agree, differ;
};

static struct kd_error *compare_percpu(void *context, const char *name, uint64_t offset)
{
	struct percpu *percpu = context;
	const struct kd_export *known = look_up(percpu->exports, name);
	if (!known)
		return NULL;
	if (!percpu->agree && !percpu->differ)
		percpu->base = known->address - offset;
	if (known->address - offset == percpu->base)
		percpu->agree++;
	else
		percpu->differ++;
	return NULL;
}

static struct kd_error *add_percpu(void *context, const char *name, uint64_t offset)
{
	struct percpu *percpu = context;
	char *copy = strdup(name);
	return copy ? add(percpu->exports, copy, percpu->base + offset) : &kd_error_nomem;
}

static struct kd_error *find_percpu(const struct search *search)
{
	struct percpu percpu = { .exports = search->exports };
	struct kd_error *err = kd_types_each_percpu(search->types, compare_percpu, &percpu);
	if (err || !percpu.agree || percpu.differ)
		return err;
	return kd_types_each_percpu(search->types, add_percpu, &percpu);
}

struct kd_error *kd_exports_find(struct kd_exports *exports, struct kd_memory *memory, struct kd_kallsyms *kallsyms,
				 struct kd_types *types, kd_vaddr start, kd_vaddr end, const char *name, kd_vaddr *ret)
{
	struct search search = { exports, memory, types, {} };
	if (!exports->searched) {
		kd_vaddr entry;
		exports->searched = true;
		struct kd_error *err = find_layout(&search) ?: find_entry(&search, kallsyms, start, end, &entry)
				       ?: read_table(&search, entry, search.layout.len)
				       ?: read_table(&search, entry - search.layout.len, -search.layout.len);
		sort(exports);
		err = err ?: find_percpu(&search);
		sort(exports);
		if (err)
			return err;
	}
	const struct kd_export *found = look_up(exports, name);
	if (!found)
		return kd_error_create(KD_ERROR_LOOKUP, "%s is not exported", name);
	*ret = found->address;
	return NULL;
}
