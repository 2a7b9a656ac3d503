/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * PAGE TABLES, as a machine supplies them to memory.c: how they are laid out, and how to find those of the kernel.
 */
#ifndef KD_XLAT_PAGE_TABLES_H
#define KD_XLAT_PAGE_TABLES_H

#include "base/error.h"
#include "base/types.h"

struct kd_layout;
struct kd_memory;

/** What one table entry says. */
struct kd_entry {
	bool present;	    /* it leads somewhere */
	bool leaf;	    /* to a page, else to the next table */
	kd_paddr target;    /* physical address of either */
	unsigned int flags; /* KD_RANGE_*: what this entry allows */
};

/** One level of the tables, the top one first. */
struct kd_level {
	const char *name;
	unsigned int shift; /* an entry covers 1 << shift bytes of virtual memory */
};

#define KD_TABLE_BITS 9 /* of all architectures with 4 KiB pages: 512 entries of 8 bytes */
#define KD_TABLE_NR (1u << KD_TABLE_BITS)

struct kd_page_tables {
	/** All fields of kd_layout that can be found. Errors: KD_ERROR_FORMAT when there is no way to the tables. */
	struct kd_error *(*find_layout)(struct kd_memory *memory, struct kd_layout *layout);
	/** @param[out] nr of levels. */
	const struct kd_level *(*levels)(const struct kd_layout *layout, unsigned int *nr);
	/** Whether it is an address that tables can map at all. */
	bool (*is_canonical)(const struct kd_layout *layout, kd_vaddr address);
	struct kd_entry (*decode)(const struct kd_layout *layout, const struct kd_level *level, uint64_t value);
	/** Physical address of the top-level table out of what a register or mm->pgd holds. */
	kd_paddr (*table)(const struct kd_layout *layout, uint64_t value);
};

#endif
