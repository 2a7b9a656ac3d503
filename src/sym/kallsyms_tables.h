/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Where the tables that scripts/kallsyms.c wrote into the kernel's read-only data lie. Private to sym/.
 *
 * Their order, each aligned to the size of a pointer (to 4 bytes in place-relative kernels):
 *
 *   until 6.3         offsets relative_base num_syms names markers [seqs_of_names] token_table token_index
 *                     num_syms and each marker have 8 bytes until 4.20 (80ffbaa5b1bd "kallsyms: reduce size a little
 *                     on 64-bit"); instead of offsets addresses of 8 bytes, without a base, until 4.5 (2213e9a66bb8)
 *   since 6.4         num_syms names markers token_table token_index offsets relative_base seqs_of_names
 *                     ("scripts/kallsyms: change the output order")
 *   place-relative    the same without relative_base (a081b5789255 "kallsyms: Get rid of kallsyms relative base")
 */
#ifndef KD_SYM_KALLSYMS_TABLES_H
#define KD_SYM_KALLSYMS_TABLES_H

#include "base/error.h"
#include "base/types.h"
#include "xlat/memory.h"

/** Bounds against hostile dumps: the largest kernels have some 250,000 symbols and 4 MB of names. */
#define KD_KALLSYMS_NR_MAX (1u << 22)
#define KD_KALLSYMS_NAMES_LEN_MAX (64u << 20)
#define KD_KALLSYMS_TOKEN_NR 256

/** How the address of symbol i follows from entry i of the offsets. */
enum kd_kallsyms_encoding {
	KD_KALLSYMS_ABSOLUTE,	     /* kallsyms_addresses: 64-bit addresses (without KALLSYMS_BASE_RELATIVE) */
	KD_KALLSYMS_ABSOLUTE_PERCPU, /* >= 0: the value itself (per-CPU); < 0: base - 1 - entry. x86-64 SMP until 6.14
				      */
	KD_KALLSYMS_RELATIVE,	     /* base + entry as unsigned */
	KD_KALLSYMS_PLACE_RELATIVE,  /* address of the entry + entry */
};

struct kd_kallsyms_tables {
	uint32_t nr; /* symbols; > 0 */
	kd_vaddr names, token_table, token_index, offsets;
	kd_vaddr markers; /* 0: not found; then the names must be walked from the start */
	bool wide;	  /* num_syms and markers have 8 bytes, not 4 */
	kd_vaddr seqs;	  /* 0: none, or not found */
	enum kd_kallsyms_encoding encoding;
	kd_vaddr base; /* of KD_KALLSYMS_ABSOLUTE_PERCPU and _RELATIVE */
};

/** Number of blocks of 256 names, each of which has a marker. */
static inline uint32_t kd_kallsyms_block_nr(uint32_t nr)
{
	return (nr + 255) / 256;
}

/** By the addresses in vmcoreinfo (Linux 6.0: 5fd8fea935a1). KD_ERROR_LOOKUP if it has none. */
struct kd_error *kd_kallsyms_tables_noted(struct kd_memory *memory, struct kd_kallsyms_tables *ret) KD_RETURNS_ERROR;

/** By searching the kernel's read-only data. KD_ERROR_LOOKUP if they are not found. */
struct kd_error *kd_kallsyms_tables_search(struct kd_memory *memory, struct kd_kallsyms_tables *ret) KD_RETURNS_ERROR;

/**
 * Fill in markers and seqs. Neither they nor (60443c88f3a8 "kallsyms: Improve the performance of
 * kallsyms_lookup_name()", Linux 6.2 and 6.1 stable) the numbers by name are in vmcoreinfo, but their sizes and
 * neighbours are known: the few places they can be in are tried and what passes the checks is kept. With neither,
 * lookups are slower, not wrong.
 */
void kd_kallsyms_tables_find_neighbours(struct kd_memory *memory, struct kd_kallsyms_tables *tables);

/** Read and check the markers: offsets of the names' blocks, from 0 ascending. @param[out] ret malloced, one a block.
 */
struct kd_error *kd_kallsyms_markers_read(struct kd_memory *memory, kd_vaddr markers, bool wide, uint32_t nr,
					  uint32_t **ret) KD_RETURNS_ERROR;

/** A marker of either width as a number of 32 bits: what has more is no marker, and becomes UINT32_MAX. */
static inline uint32_t kd_kallsyms_marker(enum kd_order order, const uint8_t *bytes, bool wide)
{
	if (!wide)
		return kd_load_u32(order, bytes);
	uint64_t value = kd_load_u64(order, bytes);
	return value > UINT32_MAX ? UINT32_MAX : value;
}

/** Address of entry i, given its value (sign-extended if 32 bits). */
static inline kd_vaddr kd_kallsyms_entry_address(const struct kd_kallsyms_tables *tables, uint32_t i, int64_t entry)
{
	switch (tables->encoding) {
	case KD_KALLSYMS_ABSOLUTE_PERCPU:
		return entry >= 0 ? (kd_vaddr)entry : tables->base - 1 - entry;
	case KD_KALLSYMS_RELATIVE:
		return tables->base + (uint32_t)entry;
	case KD_KALLSYMS_PLACE_RELATIVE:
		return tables->offsets + 4ull * i + entry;
	case KD_KALLSYMS_ABSOLUTE:
		break;
	}
	return entry;
}

#endif
