/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * What an architecture supplies to memory.c: how its page tables are laid out, and how to find those of the kernel.
 */
#ifndef KD_XLAT_ARCH_H
#define KD_XLAT_ARCH_H

#include "xlat/memory.h"

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

struct kd_arch {
	const char *name; /* as kd_dump_arch() has it */
	/** All fields of kd_layout that can be found. Errors: KD_ERROR_FORMAT when there is no way to the tables. */
	struct kd_error *(*find_layout)(struct kd_memory *memory, struct kd_layout *layout);
	/** @param[out] nr of levels. */
	const struct kd_level *(*levels)(const struct kd_layout *layout, unsigned int *nr);
	struct kd_entry (*decode)(const struct kd_layout *layout, const struct kd_level *level, uint64_t value);
	/** Physical address of the top-level table out of what a register or mm->pgd holds. */
	kd_paddr (*table)(const struct kd_layout *layout, uint64_t value);
};

extern const struct kd_arch kd_arch_x86_64;

/** For find_layout(): as kd_memory_walk() and kd_memory_ranges(), by a layout that is still being tried. */
struct kd_error *kd_memory_walk_by(struct kd_memory *memory, const struct kd_layout *layout, kd_vaddr address,
				   struct kd_walk_step steps[KD_WALK_MAX], size_t *ret_nr,
				   kd_paddr *ret) KD_RETURNS_ERROR;
struct kd_error *kd_memory_ranges_by(struct kd_memory *memory, const struct kd_layout *layout, kd_vaddr start,
				     kd_vaddr end, kd_range_fn callback, void *context) KD_RETURNS_ERROR;

#endif
