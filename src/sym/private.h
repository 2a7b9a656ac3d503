/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * What the files of kallsyms share: kallsyms.c makes it, kallsyms_symbols.c reads a symbol by its number,
 * kallsyms_find.c finds numbers by name, kallsyms_at.c by address. linked.c makes one of a file's symbols.
 */
#ifndef KD_SYM_PRIVATE_H
#define KD_SYM_PRIVATE_H

#include <inttypes.h>

#include "base/hash.h"
#include "sym/kallsyms.h"
#include "sym/kallsyms_tables.h"
#include "sym/kallsyms_tokens.h"
#include "sym/lazy.h"

#define KD_KALLSYMS_BLOCK_NR 256 /* names a marker stands for */

struct kd_kallsyms {
	struct kd_memory *memory;
	struct kd_kallsyms_tables tables;
	struct kd_kallsyms_tokens tokens;
	struct kd_lazy names, offsets, seqs; /* seqs.len == 0: there are none */
	size_t entry_len;		     /* of offsets: 4 or 8 */

	uint32_t *starts; /* offset in names of each block of 256 */
	uint32_t block_nr;
	bool starts_known; /* there were markers; else starts are filled in by the index pass */
	struct {
		uint32_t n, offset;
	} near; /* where entry n begins: going through the symbols in order is common */
	struct {
		kd_vaddr address;
		uint64_t size;
		bool known;
	} sized; /* the last answer of symbol_size() */

	/* Names to numbers for those without seqs: chains of numbers by hash, each in descending order. */
	uint32_t *heads, *next; /* number + 1; 0: end */
	unsigned int head_bits;
	bool indexed;
	struct kd_error *index_gap; /* the first error that made the index incomplete */
	char *loss;		    /* what to say of it where a name was not found; NULL: nothing is lost */

	/* Instead of all these, for a vmlinux or a System.map: see linked.h. */
	struct kd_symbol *linked; /* [nr], by address; NULL: the tables of the dump are used */
	struct kd_index linked_index;
	char *linked_names;

	enum { KD_NAMES_UNKNOWN, KD_NAMES_OF_ALL, KD_NAMES_OF_FUNCTIONS } known_names; /* what was found out of them */
	kd_kallsyms_more_fn more;						       /* NULL: nobody */
	void *more_context;

	char **decoded; /* [nr], NULL until asked for */
	kd_vaddr image_end;
	bool image_end_done;
};

/** A compressed name: `codes` are valid as long as the kallsyms. */
struct kd_kallsyms_entry {
	const uint8_t *codes;
	uint32_t len;  /* > 0 */
	uint32_t next; /* offset of the entry after this */
};

/**
 * An entry is a length and as many codes. Lengths of 128 and more take two bytes, low seven bits first (73bbb94466fd
 * "kallsyms: support "big" kernel symbols", Linux 6.1).
 */
static inline struct kd_error *kd_kallsyms_read_header(struct kd_kallsyms *kallsyms, uint32_t offset,
						       struct kd_kallsyms_entry *ret)
{
	struct kd_lazy *names = &kallsyms->names;
	struct kd_error *err = kd_lazy_need(names, offset, 1);
	if (err)
		return err;
	uint32_t len = names->bytes[offset], header = 1;
	if (len & 0x80) {
		err = kd_lazy_need(names, offset + 1, 1);
		if (err)
			return err;
		len = (len & 0x7f) | (uint32_t)(names->bytes[offset + 1] & 0x7f) << 7;
		header = 2;
	}
	if (!len)
		return kd_error_create(KD_ERROR_FORMAT, "kallsyms name at %#" PRIx64 " has no length",
				       names->start + offset);
	*ret = (struct kd_kallsyms_entry){ names->bytes + offset + header, len, offset + header + len };
	return NULL;
}

static inline struct kd_error *kd_kallsyms_read_codes(struct kd_kallsyms *kallsyms,
						      const struct kd_kallsyms_entry *entry)
{
	return kd_lazy_need(&kallsyms->names, entry->next - entry->len, entry->len);
}

struct kd_error *kd_kallsyms_symbol_address(struct kd_kallsyms *kallsyms, uint32_t n, kd_vaddr *ret) KD_RETURNS_ERROR;
struct kd_error *kd_kallsyms_symbol_entry(struct kd_kallsyms *kallsyms, uint32_t n,
					  struct kd_kallsyms_entry *ret) KD_RETURNS_ERROR;
struct kd_error *kd_kallsyms_symbol_type(struct kd_kallsyms *kallsyms, uint32_t n, char *ret) KD_RETURNS_ERROR;
struct kd_error *kd_kallsyms_symbol_name(struct kd_kallsyms *kallsyms, uint32_t n,
					 char ret[KD_KALLSYMS_NAME_MAX + 1]) KD_RETURNS_ERROR;

/** One pass over all names, which also finds where each block begins. */
struct kd_error *kd_kallsyms_build_index(struct kd_kallsyms *kallsyms) KD_RETURNS_ERROR;
/** The number at place i of those sorted by name. */
struct kd_error *kd_kallsyms_seq_at(struct kd_kallsyms *kallsyms, uint32_t i, uint32_t *ret) KD_RETURNS_ERROR;
/** The last symbol at or below address; KD_ERROR_LOOKUP if none. */
struct kd_error *kd_kallsyms_last_at_or_below(struct kd_kallsyms *kallsyms, kd_vaddr address,
					      uint32_t *ret) KD_RETURNS_ERROR;

#endif
