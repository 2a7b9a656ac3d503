/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses to numbers. */
#include <string.h>

#include "base/cleanup.h"
#include "sym/private.h"

#define ALIAS_MAX 64 /* symbols at one address among which kd_kallsyms_at() chooses */

struct kd_error *kd_kallsyms_last_at_or_below(struct kd_kallsyms *kallsyms, kd_vaddr address, uint32_t *ret)
{
	uint32_t low = 0, high = kallsyms->tables.nr; /* the answer + 1 lies in [low, high] */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		kd_vaddr value;
		struct kd_error *err = kd_kallsyms_symbol_address(kallsyms, middle, &value);
		if (err)
			return err;
		if (value <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return kd_error_create(KD_ERROR_LOOKUP, "no kernel symbol at %#" PRIx64, address);
	*ret = low - 1;
	return NULL;
}

/** Where the kernel image ends: as the kernel itself tells its addresses from others', else its last symbol. */
static struct kd_error *image_end(struct kd_kallsyms *kallsyms, kd_vaddr *ret)
{
	/* _end is only there with CONFIG_KALLSYMS_ALL. */
	static const char *const names[] = { "_end", "_einittext", "_etext" };
	for (size_t i = 0; !kallsyms->image_end_done && i < KD_ARRAY_NR(names); i++) {
		struct kd_error *err = kd_kallsyms_address(kallsyms, names[i], &kallsyms->image_end);
		kallsyms->image_end_done = !err;
		if (err && err->code == KD_ERROR_NOMEM)
			return err;
		kd_error_destroy(err);
	}
	if (!kallsyms->image_end_done) {
		struct kd_error *err =
			kd_kallsyms_symbol_address(kallsyms, kallsyms->tables.nr - 1, &kallsyms->image_end);
		if (err)
			return err;
		kallsyms->image_end_done = true;
	}
	*ret = kallsyms->image_end;
	return NULL;
}

static char symbol_type(struct kd_kallsyms *kallsyms, uint32_t n)
{
	char type = 0;
	KD_DROP_ERROR struct kd_error *err = kd_kallsyms_symbol_type(kallsyms, n, &type);
	return err ? 0 : type;
}

static bool ends_in(const char *name, const char *end)
{
	const size_t len = strlen(name), end_len = strlen(end);
	return len >= end_len && !strcmp(name + len - end_len, end);
}

/** The linker script marks where sections of code begin and end (__sched_text_start): no function is called so. */
static bool is_mark(struct kd_kallsyms *kallsyms, uint32_t n)
{
	char name[KD_KALLSYMS_NAME_MAX + 1];
	KD_DROP_ERROR struct kd_error *err = kd_kallsyms_symbol_name(kallsyms, n, name);
	return !err && (ends_in(name, "_text_start") || ends_in(name, "_text_end"));
}

struct kd_error *kd_kallsyms_at(struct kd_kallsyms *kallsyms, kd_vaddr address, uint32_t *ret)
{
	kd_vaddr end = 0, start = 0;
	uint32_t last = 0;
	struct kd_error *err = kd_kallsyms_last_at_or_below(kallsyms, address, &last);
	if (!err)
		err = kd_kallsyms_symbol_address(kallsyms, last, &start);
	if (!err)
		err = image_end(kallsyms, &end);
	if (err)
		return err;
	/* What are offsets in per-CPU memory, is no address of the kernel, nor is an absolute symbol. */
	if (address >= end || !kd_memory_is_kernel(kallsyms->memory, start))
		return kd_error_create(KD_ERROR_LOOKUP, "no kernel symbol at %#" PRIx64, address);

	/* The first of its aliases; of the next few, rather one that is global. */
	uint32_t first = 0;
	err = kd_kallsyms_last_at_or_below(kallsyms, start - 1, &first);
	if (!err)
		first++;
	else if (!kd_error_catch(&err, KD_ERROR_LOOKUP))
		return err;
	uint32_t best = first;
	for (uint32_t n = first; first < last && n <= last && n - first < ALIAS_MAX; n++) {
		char type = symbol_type(kallsyms, n);
		if (type >= 'A' && type <= 'Z' && type != 'W' && type != 'V') {
			best = n;
			break;
		}
	}
	for (uint32_t n = first; first < last && is_mark(kallsyms, best) && n <= last && n - first < ALIAS_MAX; n++)
		if (!is_mark(kallsyms, n))
			best = n;
	*ret = best;
	return NULL;
}
