/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A symbol by its number. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sym/private.h"

static struct kd_error *copy_error(const struct kd_error *error)
{
	if (error->code == KD_ERROR_FAULT)
		return kd_error_create_fault_why(error->fault, error->address, error->physical, "%s", error->message);
	return kd_error_create(error->code, "%s", error->message);
}

struct kd_error *kd_kallsyms_symbol_address(struct kd_kallsyms *kallsyms, uint32_t n, kd_vaddr *ret)
{
	if (kallsyms->linked) {
		*ret = kallsyms->linked[n].address;
		return NULL;
	}
	size_t len = kallsyms->entry_len;
	struct kd_error *err = kd_lazy_need(&kallsyms->offsets, n * len, len);
	if (err)
		return err;
	const uint8_t *bytes = kallsyms->offsets.bytes + n * len;
	const enum kd_order order = kd_memory_order(kallsyms->memory);
	int64_t entry =
		len == sizeof(uint32_t) ? (int32_t)kd_load_u32(order, bytes) : (int64_t)kd_load_u64(order, bytes);
	*ret = kd_kallsyms_entry_address(&kallsyms->tables, n, entry);
	return NULL;
}

struct kd_error *kd_kallsyms_symbol_entry(struct kd_kallsyms *kallsyms, uint32_t n, struct kd_kallsyms_entry *ret)
{
	if (!kallsyms->starts_known && !kallsyms->indexed) {
		struct kd_error *err = kd_kallsyms_build_index(kallsyms);
		if (err)
			return err;
	}
	uint32_t at = n / KD_KALLSYMS_BLOCK_NR * KD_KALLSYMS_BLOCK_NR,
		 offset = kallsyms->starts[n / KD_KALLSYMS_BLOCK_NR];
	if (offset == UINT32_MAX)
		return copy_error(kallsyms->index_gap);
	if (kallsyms->near.n >= at && kallsyms->near.n <= n) {
		at = kallsyms->near.n;
		offset = kallsyms->near.offset;
	}
	struct kd_kallsyms_entry entry;
	for (;; at++, offset = entry.next) {
		struct kd_error *err = kd_kallsyms_read_header(kallsyms, offset, &entry);
		if (err)
			return err;
		if (at == n)
			break;
	}
	struct kd_error *err = kd_kallsyms_read_codes(kallsyms, &entry);
	if (err)
		return err;
	kallsyms->near.n = n;
	kallsyms->near.offset = offset;
	*ret = entry;
	return NULL;
}

struct kd_error *kd_kallsyms_symbol_type(struct kd_kallsyms *kallsyms, uint32_t n, char *ret)
{
	if (kallsyms->linked) {
		*ret = kallsyms->linked[n].type;
		return NULL;
	}
	struct kd_kallsyms_entry entry;
	struct kd_error *err = kd_kallsyms_symbol_entry(kallsyms, n, &entry);
	if (!err)
		*ret = kd_kallsyms_tokens_type(&kallsyms->tokens, entry.codes);
	return err;
}

struct kd_error *kd_kallsyms_symbol_name(struct kd_kallsyms *kallsyms, uint32_t n, char ret[KD_KALLSYMS_NAME_MAX + 1])
{
	if (kallsyms->linked) {
		memcpy(ret, kallsyms->linked[n].name, strlen(kallsyms->linked[n].name) + 1);
		return NULL;
	}
	struct kd_kallsyms_entry entry;
	struct kd_error *err = kd_kallsyms_symbol_entry(kallsyms, n, &entry);
	if (err)
		return err;
	if (kd_kallsyms_tokens_decode(&kallsyms->tokens, entry.codes, entry.len, ret) < 0)
		return kd_error_create(KD_ERROR_FORMAT, "kallsyms name %" PRIu32 " is too long", n);
	return NULL;
}

/** Distance to the next symbol at another address; 0 if there is none that could be its neighbour. */
static uint64_t symbol_size(struct kd_kallsyms *kallsyms, uint32_t n, kd_vaddr address)
{
	/* Thousands of symbols may share an address (9,778 in Debian's 5.10): all but one of them are answered here. */
	if (kallsyms->sized.known && kallsyms->sized.address == address)
		return kallsyms->sized.size;
	uint64_t size = 0;
	for (uint32_t i = n + 1; i < kallsyms->tables.nr; i++) {
		kd_vaddr next;
		KD_DROP_ERROR struct kd_error *err = kd_kallsyms_symbol_address(kallsyms, i, &next);
		if (err || next < address)
			break;
		if (next > address) {
			/* not from the per-CPU offsets to the image */
			if (kd_memory_is_kernel(kallsyms->memory, address) ||
			    !kd_memory_is_kernel(kallsyms->memory, next))
				size = next - address;
			break;
		}
	}
	kallsyms->sized.address = address;
	kallsyms->sized.size = size;
	kallsyms->sized.known = true;
	return size;
}

struct kd_error *kd_kallsyms_get(struct kd_kallsyms *kallsyms, uint32_t n, struct kd_symbol *ret)
{
	if (n >= kallsyms->tables.nr)
		return kd_error_create(KD_ERROR_VALUE, "no kernel symbol number %" PRIu32 " of %" PRIu32, n,
				       kallsyms->tables.nr);
	if (kallsyms->linked) {
		*ret = kallsyms->linked[n];
		return NULL;
	}
	kd_vaddr address;
	struct kd_error *err = kd_kallsyms_symbol_address(kallsyms, n, &address);
	if (err)
		return err;
	struct kd_kallsyms_entry entry;
	err = kd_kallsyms_symbol_entry(kallsyms, n, &entry);
	if (err)
		return err;
	if (!kallsyms->decoded[n]) {
		char name[KD_KALLSYMS_NAME_MAX + 1];
		if (kd_kallsyms_tokens_decode(&kallsyms->tokens, entry.codes, entry.len, name) < 0)
			return kd_error_create(KD_ERROR_FORMAT, "kallsyms name %" PRIu32 " is too long", n);
		kallsyms->decoded[n] = strdup(name);
		if (!kallsyms->decoded[n])
			return &kd_error_nomem;
	}
	*ret = (struct kd_symbol){
		.address = address,
		.size = symbol_size(kallsyms, n, address),
		.name = kallsyms->decoded[n],
		.type = kd_kallsyms_tokens_type(&kallsyms->tokens, entry.codes),
	};
	return NULL;
}

struct kd_error *kd_kallsyms_peek(struct kd_kallsyms *kallsyms, uint32_t n, char name[KD_KALLSYMS_NAME_MAX + 1],
				  struct kd_symbol *ret)
{
	if (n >= kallsyms->tables.nr)
		return kd_error_create(KD_ERROR_VALUE, "no kernel symbol number %" PRIu32 " of %" PRIu32, n,
				       kallsyms->tables.nr);
	if (kallsyms->linked) {
		*ret = kallsyms->linked[n];
		ret->size = 0;
		ret->name = name;
		return kd_kallsyms_symbol_name(kallsyms, n, name);
	}
	kd_vaddr address;
	struct kd_kallsyms_entry entry;
	struct kd_error *err = kd_kallsyms_symbol_address(kallsyms, n, &address);
	if (!err)
		err = kd_kallsyms_symbol_entry(kallsyms, n, &entry);
	if (err)
		return err;
	if (kd_kallsyms_tokens_decode(&kallsyms->tokens, entry.codes, entry.len, name) < 0)
		return kd_error_create(KD_ERROR_FORMAT, "kallsyms name %" PRIu32 " is too long", n);
	char type = kd_kallsyms_tokens_type(&kallsyms->tokens, entry.codes);
	*ret = (struct kd_symbol){ .address = address, .name = name, .type = type };
	return NULL;
}
