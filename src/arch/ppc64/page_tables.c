/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * POWER9 and later translate by a radix tree: tables of 2^13, 2^9, 2^9 and 2^9 (pages of 4 KiB) or 2^5 (64 KiB)
 * entries, which are big-endian whatever memory is. Leaves of 2 MiB and 1 GiB are on the levels above.
 *
 * Kernel address space (arch/powerpc/include/asm/book3s/64): all of memory with the image in it at 0xc000…, vmalloc and
 * modules at 0xc008…, vmemmap at 0xc00c…; each process has a tree of its own from 0 on.
 *
 * Earlier processors, and later ones on request, look a page up in a hash table. What the kernel keeps beside it for
 * vmalloc is not read here: there, memory is known by the direct map alone.
 */
#include "arch/ppc64/page_tables.h"

#include <string.h>

#include "arch/ppc64/notes.h"
#include "xlat/memory.h"

#define IMAGE_LEN_MAX (256ull << 20)
#define TREE_BITS 52

#define ENTRY_PRESENT (1ull << 63)
#define ENTRY_LEAF (1ull << 62)
#define ENTRY_INVALID (1ull << 61) /* there is a page, but the processor is to fault on it (NUMA balancing) */
#define ENTRY_PAGE 0x01fffffffffff000ull
#define ENTRY_TABLE 0x0fffffffffffff00ull
enum {
	ENTRY_EXECUTABLE = 1 << 0,
	ENTRY_WRITABLE = 1 << 1,
};

static const struct kd_level levels_4k[] = {
	{ "PGD", 39, 13 },
	{ "PUD", 30, 9 },
	{ "PMD", 21, 9 },
	{ "PTE", 12, 9 },
};
static const struct kd_level levels_64k[] = {
	{ "PGD", 39, 13 },
	{ "PUD", 30, 9 },
	{ "PMD", 21, 9 },
	{ "PTE", 16, 5 },
};

static bool table(const struct kd_layout *layout, kd_paddr pgd, kd_vaddr address, kd_paddr *ret)
{
	const bool kernel = address >= KD_PPC64_PAGE_OFFSET;
	*ret = kernel ? layout->pgd : pgd & KD_PPC64_PHYSICAL;
	return (kernel || pgd) && !((kernel ? address - KD_PPC64_PAGE_OFFSET : address) >> TREE_BITS);
}

static kd_vaddr canonical(const struct kd_layout *layout, kd_vaddr bits)
{
	(void)layout;
	return KD_PPC64_PAGE_OFFSET | bits;
}

static struct kd_entry decode(const struct kd_layout *layout, const struct kd_level *level, uint64_t value)
{
	const bool leaf = value & ENTRY_LEAF || level == &layout->levels[layout->level_nr - 1];
	struct kd_entry entry = {
		.present = value & ENTRY_PRESENT || (leaf && value & ENTRY_INVALID),
		.leaf = leaf,
		.target = value & ENTRY_TABLE,
		.flags = KD_RANGE_WRITABLE | KD_RANGE_EXECUTABLE,
	};
	if (leaf) {
		entry.target = value & ENTRY_PAGE & -(1ull << level->shift);
		entry.flags = (value & ENTRY_WRITABLE ? KD_RANGE_WRITABLE : 0) |
			      (value & ENTRY_EXECUTABLE ? KD_RANGE_EXECUTABLE : 0);
	}
	return entry;
}

static struct kd_error *find_layout(struct kd_memory *memory, struct kd_layout *layout)
{
	struct kd_dump *dump = kd_memory_dump(memory);
	const struct kd_vmcoreinfo *info = kd_dump_vmcoreinfo(dump);
	const uint32_t page_size = kd_dump_page_size(dump);
	const uint64_t len = kd_dump_max_pfn(dump) * page_size;
	struct kd_layout found = {
		.page_offset = KD_PPC64_PAGE_OFFSET,
		.page_offset_end = KD_PPC64_PAGE_OFFSET + kd_min(len, 1ull << (TREE_BITS - 1)),
		.image_start = KD_PPC64_PAGE_OFFSET,
	};
	kd_vaddr top, stext;
	int64_t radix = 0;
	if (kd_vmcoreinfo_symbol(info, "_stext", &stext) && stext >= KD_PPC64_PAGE_OFFSET)
		found.image_start = stext;
	found.image_end = found.image_start + IMAGE_LEN_MAX;
	found.phys_base = (int64_t)(found.image_start & KD_PPC64_PHYSICAL);
	(void)kd_vmcoreinfo_hex(info, "KERNELOFFSET", &found.kaslr_offset);
	/* The number is there since Linux 4.12; no kernel before has the tree by default. */
	if (kd_vmcoreinfo_number(info, "RADIX_MMU", &radix) && radix &&
	    kd_vmcoreinfo_symbol(info, "swapper_pg_dir", &top)) {
		found.pgd = top & KD_PPC64_PHYSICAL;
		memcpy(found.levels, page_size == 4096 ? levels_4k : levels_64k, sizeof(levels_4k));
		found.level_nr = KD_ARRAY_NR(levels_4k);
	}
	*layout = found;
	return NULL;
}

const struct kd_page_tables kd_ppc64_page_tables = {
	.page_sizes = 4096 | 65536,
	.entries_are_big_endian = true,
	.find_layout = find_layout,
	.table = table,
	.canonical = canonical,
	.decode = decode,
};
