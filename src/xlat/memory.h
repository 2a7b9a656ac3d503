/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * PHYSICAL -> VIRTUAL. Translates virtual addresses by the dumped machine's own page tables (direct map as a fast
 * path) and reads virtual memory. Everything above reads through this.
 */
#ifndef KD_XLAT_MEMORY_H
#define KD_XLAT_MEMORY_H

#include "base/error.h"
#include "base/types.h"
#include "dump/dump.h"

struct kd_memory;

#define KD_WALK_MAX 5

/** One level of page tables. */
struct kd_level {
	const char *name;   /* "PGD", "P4D", "PUD", "PMD", "PTE" */
	unsigned int shift; /* an entry covers 1 << shift bytes of virtual memory */
	unsigned int bits;  /* a table has 1 << bits entries of 8 bytes */
};

/** What is known about the kernel's address space; any may be 0 where unknown. */
struct kd_layout {
	kd_paddr pgd; /* physical address of the top-level page table of the kernel: init_top_pgt, or a register */
	struct kd_level levels[KD_WALK_MAX]; /* the top one first */
	unsigned int level_nr;
	uint64_t kaslr_offset;		 /* KERNELOFFSET: run-time minus link-time address of the kernel image */
	int64_t phys_base;		 /* physical address of image_start, which no page may have */
	kd_vaddr page_offset;		 /* start of the direct map of all physical memory (page_offset_base) */
	kd_vaddr page_offset_end;	 /* exclusive; 0 while the direct map is not known: no fast path */
	kd_paddr direct_physical;	 /* what page_offset maps: 0 where memory begins at 0 */
	kd_vaddr image_start, image_end; /* range of the kernel image mapping (__START_KERNEL_map …) */
	uint64_t encrypted; /* bits of an entry that say so, and are no part of its address; 0: there are none */
};

/** @param dump borrowed; must outlive the memory. Errors: KD_ERROR_FORMAT when no way to the page tables is found. */
struct kd_error *kd_memory_create(struct kd_dump *dump, struct kd_memory **ret) KD_RETURNS_ERROR;
void kd_memory_destroy(struct kd_memory *memory);

struct kd_dump *kd_memory_dump(struct kd_memory *memory);
const struct kd_layout *kd_memory_layout(struct kd_memory *memory);
/** Whether an address can be one of the kernel's: those of processes are all in the lower half, or another address
 * space. */
bool kd_memory_is_kernel(const struct kd_memory *memory, kd_vaddr address);
enum kd_order kd_memory_order(const struct kd_memory *memory);

/** Read kernel virtual memory. Errors: KD_ERROR_FAULT with the virtual address of the first unreadable byte. */
struct kd_error *kd_memory_read(struct kd_memory *memory, kd_vaddr address, void *buffer, size_t len) KD_RETURNS_ERROR;

/** nr numbers of size bytes each, 1, 2, 4 or 8, in the byte order of the dump's machine: into an array of such. */
static inline KD_RETURNS_ERROR struct kd_error *kd_memory_read_array(struct kd_memory *memory, kd_vaddr address,
								     void *ret, size_t size, size_t nr)
{
	struct kd_error *err = kd_memory_read(memory, address, ret, size * nr);
	if (!err)
		kd_order_array(kd_memory_order(memory), ret, size, nr);
	return err;
}

/** As kd_memory_read(), but stops at the first unreadable byte: *ret_len bytes were read; `why` (may be NULL) gets the
 *  fault (caller owns) when that is less than len. Errors are those other than faults. */
struct kd_error *kd_memory_read_upto(struct kd_memory *memory, kd_vaddr address, void *buffer, size_t len,
				     size_t *ret_len, struct kd_error **why) KD_RETURNS_ERROR;

/**
 * A view of memory in the page cache without copying: as many bytes as lie on that page (at least one).
 * @param[out] ret_len bytes from address to the end of the page. Valid until the next read of any kind.
 */
struct kd_error *kd_memory_view(struct kd_memory *memory, kd_vaddr address, const uint8_t **ret,
				size_t *ret_len) KD_RETURNS_ERROR;

/** What to look for: bytes, no more than the multiple of which their address is, so that they lie on one page. */
struct kd_memory_mark {
	const char *bytes;
	size_t len, align;
};

/** Whether what lies there is what is looked for; that of which a part cannot be read is not. */
typedef struct kd_error *(*kd_check_fn)(void *context, kd_vaddr address, bool *ret);

/**
 * Ask check about each place in [start, end) that has the mark, up to the first that is taken. What cannot be read is
 * passed over. @param[out] ret whether one was.
 */
struct kd_error *kd_memory_find(struct kd_memory *memory, kd_vaddr start, kd_vaddr end,
				const struct kd_memory_mark *mark, kd_check_fn check, void *context,
				bool *ret) KD_RETURNS_ERROR;

/** A NUL-terminated string of at most max_len bytes. @param[out] ret malloced and NUL-terminated; if no NUL is met
 *  within max_len, or before an unreadable byte (at least one byte was read), the text so far. */
struct kd_error *kd_memory_read_string(struct kd_memory *memory, kd_vaddr address, size_t max_len, char **ret,
				       size_t *ret_len) KD_RETURNS_ERROR;

#define KD_MEMORY_READER(name, type)                                                                       \
	/** A number in the byte order of the dump's machine. */                                           \
	static inline KD_RETURNS_ERROR struct kd_error *kd_memory_read_##name(struct kd_memory *memory,    \
									      kd_vaddr address, type *ret) \
	{                                                                                                  \
		const uint8_t *view;                                                                       \
		uint8_t bytes[sizeof(type)];                                                               \
		size_t len;                                                                                \
		struct kd_error *err = kd_memory_view(memory, address, &view, &len);                       \
		if (!err && len < sizeof(type)) {                                                          \
			err = kd_memory_read(memory, address, bytes, sizeof(bytes));                       \
			view = bytes;                                                                      \
		}                                                                                          \
		if (!err)                                                                                  \
			*ret = kd_load_##name(kd_memory_order(memory), view);                              \
		return err;                                                                                \
	}
KD_MEMORY_READER(u8, uint8_t)
KD_MEMORY_READER(u16, uint16_t)
KD_MEMORY_READER(u32, uint32_t)
KD_MEMORY_READER(u64, uint64_t)
#undef KD_MEMORY_READER

/** pgd == 0: the kernel's own page tables; else the physical address of a process's top-level table. */
struct kd_error *kd_memory_translate(struct kd_memory *memory, kd_paddr pgd, kd_vaddr address,
				     kd_paddr *ret) KD_RETURNS_ERROR;

/** One step of a page-table walk, for `vtop`. */
struct kd_walk_step {
	const char *level;  /* kd_level.name */
	kd_paddr entry;	    /* physical address of the table entry */
	uint64_t value;	    /* its contents */
	uint64_t page_size; /* bytes mapped if this entry maps a page, else 0 */
};

/** Walk by tables only (no fast path). The steps done are given even when the walk ends in an error. */
struct kd_error *kd_memory_walk(struct kd_memory *memory, kd_paddr pgd, kd_vaddr address,
				struct kd_walk_step steps[KD_WALK_MAX], size_t *ret_nr, kd_paddr *ret) KD_RETURNS_ERROR;

/** Read by another address space's page tables (user memory). */
struct kd_error *kd_memory_read_space(struct kd_memory *memory, kd_paddr pgd, kd_vaddr address, void *buffer,
				      size_t len, size_t *ret_len) KD_RETURNS_ERROR;

/** Direct-map address of a physical address; KD_ERROR_VALUE where the direct map is not known. */
struct kd_error *kd_memory_direct(struct kd_memory *memory, kd_paddr address, kd_vaddr *ret) KD_RETURNS_ERROR;

/**
 * Call back for each mapped range of kernel virtual memory in [start, end), ascending, adjacent ranges with equal flags
 * merged. Used to find read-only data without symbols. flags: bit 0 writable, bit 1 executable.
 */
#define KD_RANGE_WRITABLE 1u
#define KD_RANGE_EXECUTABLE 2u
typedef struct kd_error *(*kd_range_fn)(void *context, kd_vaddr start, kd_vaddr end, unsigned int flags);
struct kd_error *kd_memory_ranges(struct kd_memory *memory, kd_vaddr start, kd_vaddr end, kd_range_fn callback,
				  void *context) KD_RETURNS_ERROR;

/** For kd_page_tables.find_layout(): kd_memory_walk() and kd_memory_ranges() by a layout that is still being tried. */
struct kd_error *kd_memory_walk_by(struct kd_memory *memory, const struct kd_layout *layout, kd_vaddr address,
				   struct kd_walk_step steps[KD_WALK_MAX], size_t *ret_nr,
				   kd_paddr *ret) KD_RETURNS_ERROR;
struct kd_error *kd_memory_ranges_by(struct kd_memory *memory, const struct kd_layout *layout, kd_vaddr start,
				     kd_vaddr end, kd_range_fn callback, void *context) KD_RETURNS_ERROR;

#endif
