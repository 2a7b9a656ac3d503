/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * What the files of module/ share.
 */
#ifndef KD_MODULE_PRIVATE_H
#define KD_MODULE_PRIVATE_H

#include "base/cleanup.h"
#include "base/vector.h"
#include "module/module.h"

KD_VECTOR(kd_module_vector, struct kd_module);

/** A range of code that was generated at run time, with its name. */
struct kd_ksym {
	kd_vaddr start, end; /* end is exclusive */
	char *name;
	const char *owner; /* "bpf" or "ftrace", as /proc/kallsyms brackets it */
};
KD_VECTOR(kd_ksym_vector, struct kd_ksym);

/** One range of one module, for the search by address. */
struct kd_module_place {
	kd_vaddr start, end;
	uint32_t module; /* number in the list */
};
KD_VECTOR(kd_module_place_vector, struct kd_module_place);

/** One symbol of one module, for the search by name. */
struct kd_module_name {
	uint32_t module, symbol;
	uint32_t next; /* number + 1 of the next of its bucket, 0: none */
};
KD_VECTOR(kd_module_name_vector, struct kd_module_name);

struct kd_modules {
	struct kd_memory *memory;
	struct kd_kallsyms *kallsyms;
	struct kd_types *types;

	enum kd_module_state {
		KD_MODULE_UNREAD,
		KD_MODULE_BUSY, /* being read; whoever asks meanwhile (a search for types does) gets none */
		KD_MODULE_READ,
	} list_state,
		ksym_state;
	struct kd_module_vector list;
	struct kd_error *why;		      /* what ended the walk early, or NULL */
	struct kd_module_place_vector places; /* ascending */

	struct kd_module_name_vector names;
	uint32_t *
		buckets; /* [1 << bucket_bits] number + 1 of the first name; chains, so that equal names cost nothing */
	unsigned int bucket_bits;
	uint64_t symbols_len; /* bytes that all symbols take so far */
	size_t btf_nr;	      /* modules of the list whose BTF was added */

	struct kd_ksym_vector ksyms; /* ascending */
};

/** No list in a kernel is longer; more is a damaged list. */
#define KD_MODULE_LIST_MAX 65536

/** Byte offset of a member (dotted path) of a struct; false if there is none. */
bool kd_module_offset(struct kd_modules *modules, const char *type, const char *path, uint64_t *ret);

KD_VECTOR(kd_address_vector, kd_vaddr);

/**
 * The entries of a list_head, in order. Where a link cannot be read, the rest is reached from the other end.
 * @param[out] ret_why what was in the way, or NULL (caller owns); other errors are returned.
 */
struct kd_error *kd_module_walk_list(struct kd_modules *modules, kd_vaddr head, struct kd_address_vector *ret,
				     struct kd_error **ret_why) KD_RETURNS_ERROR;

/** Fill modules->ksyms; what cannot be read is left out. On error there are none, and the next call tries again. */
struct kd_error *kd_modules_read_ksyms(struct kd_modules *modules) KD_RETURNS_ERROR;
void kd_modules_drop_ksyms(struct kd_modules *modules);

#endif
