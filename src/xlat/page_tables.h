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
struct kd_level;
struct kd_memory;

/** What one table entry says. */
struct kd_entry {
	bool present;	    /* it leads somewhere */
	bool leaf;	    /* to a page, else to the next table */
	kd_paddr target;    /* physical address of either */
	unsigned int flags; /* KD_RANGE_*: what this entry allows */
	uint8_t leaf_shift; /* of a leaf: 1 << leaf_shift bytes are mapped in one piece, where that is more than those
			     * of the level; 0: it is not */
};

struct kd_page_tables {
	uint64_t page_sizes; /* the sum of those that there are */
	/** All fields of kd_layout that can be found. Errors: KD_ERROR_FORMAT when there is no way to the tables. */
	struct kd_error *(*find_layout)(struct kd_memory *memory, struct kd_layout *layout);
	/** The top-level table that maps an address. @param pgd what mm->pgd or a register holds; 0: the kernel's own.
	 *  False: it is no address that a table can map, or none of these. */
	bool (*table)(const struct kd_layout *layout, kd_paddr pgd, kd_vaddr address, kd_paddr *ret);
	/** At which level a table is, by its first entry, where address spaces have different numbers of them. NULL:
	 * all begin at the first. Not below layout->level_nr: there is no such table. */
	unsigned int (*depth_of)(const struct kd_layout *layout, uint64_t first_entry);
	bool entries_are_big_endian; /* whatever the byte order of memory is */
	bool kernel_apart; /* any address may be the kernel's: those of processes are other ones, of the same range */
	/** The address that the kernel's tables map, of the bits of it by which they are walked. */
	kd_vaddr (*canonical)(const struct kd_layout *layout, kd_vaddr bits);
	struct kd_entry (*decode)(const struct kd_layout *layout, const struct kd_level *level, uint64_t value);
};

#endif
