/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x86-64: 4 or 5 levels of tables with 512 entries of 8 bytes; leaves of 4 KiB, 2 MiB and 1 GiB.
 *
 * Kernel address space (Documentation/arch/x86/x86_64/mm.rst):
 *   - the direct map of all physical memory, at page_offset_base: a multiple of 1 GiB, random since Linux kernel commit
 *     021182e52fe0 ("x86/mm: Enable KASLR for physical mapping memory regions") (in v4.8);
 *   - the kernel image, from __START_KERNEL_map: physical = virtual - __START_KERNEL_map + phys_base.
 */
#include "arch/x86_64/page_tables.h"

#include <stdlib.h>
#include <string.h>

#include "arch/x86_64/notes.h"
#include "xlat/layout.h"

#define START_KERNEL_MAP KD_X86_START_KERNEL_MAP
/* CONFIG_PHYSICAL_START: where the image is linked, relative to __START_KERNEL_map. 16 MiB in every known build. */
#define PHYSICAL_START 0x1000000u
#define IMAGE_LEN_MAX (1ull << 30)
#define DIRECT_MAP_ALIGN (1ull << 30)
/* MAXMEM: the largest direct map that each has room for. */
#define MEMORY_BITS_MAX(levels) ((levels) == 5 ? 52 : 46)

enum {
	ENTRY_PRESENT = 1 << 0,
	ENTRY_WRITABLE = 1 << 1,
	ENTRY_PAGE_SIZE = 1 << 7, /* of a PMD or PUD entry: it maps a page */
	ENTRY_PROT_NONE = 1 << 8, /* where ENTRY_PRESENT is clear: present to Linux, but not accessible */
};
#define ENTRY_NO_EXECUTE (1ull << 63)
#define ENTRY_ADDRESS 0x000ffffffffff000ull

#define CR4_LA57 (1ull << 12)
/* CR3 holds the PCID in its low 12 bits. With page-table isolation the table that is in use in user mode lies in the
 * upper half of an 8 KiB pair. */
#define CR3_TABLE 0x000ffffffffff000ull
#define PTI_USER_HALF 0x1000ull

#define TABLE_BITS 9
#define TABLE_NR (1u << TABLE_BITS)

/** @param nr 4 or 5 */
static void set_levels(struct kd_layout *layout, unsigned int nr)
{
	static const struct kd_level levels[] = {
		{ "PGD", 48, TABLE_BITS }, { "P4D", 39, TABLE_BITS }, { "PUD", 30, TABLE_BITS },
		{ "PMD", 21, TABLE_BITS }, { "PTE", 12, TABLE_BITS },
	};
	memcpy(layout->levels, levels + KD_ARRAY_NR(levels) - nr, nr * sizeof(*levels));
	layout->levels[0].name = "PGD";
	layout->level_nr = nr;
}

/** Bits above those that the tables look at repeat the highest one. */
static kd_vaddr canonical(const struct kd_layout *layout, kd_vaddr bits)
{
	const unsigned int unused = 64 - (layout->levels[0].shift + TABLE_BITS);
	return (kd_vaddr)((int64_t)(bits << unused) >> unused);
}

static struct kd_entry decode(const struct kd_layout *layout, const struct kd_level *level, uint64_t value)
{
	bool leaf = level->shift == 12 || (level->shift <= 30 && value & ENTRY_PAGE_SIZE);
	struct kd_entry entry = { .leaf = leaf };
	if (!(value & ENTRY_PRESENT)) {
		if (!leaf || !(value & ENTRY_PROT_NONE))
			return entry;
		/* Against L1TF, the address of such an entry is inverted: Linux kernel commit 6b28baca9b1f
		 * ("x86/speculation/l1tf: Protect PROT_NONE PTEs against speculation") (in v4.19). */
		value = ~value;
	}
	entry.present = true;
	entry.target = value & ENTRY_ADDRESS & ~layout->encrypted;
	if (leaf)
		entry.target &= ~((1ull << level->shift) - 1);
	entry.flags =
		(value & ENTRY_WRITABLE ? KD_RANGE_WRITABLE : 0) | (value & ENTRY_NO_EXECUTE ? 0 : KD_RANGE_EXECUTABLE);
	return entry;
}

/** A process's tables map the kernel, too. */
static bool table(const struct kd_layout *layout, kd_paddr pgd, kd_vaddr address, kd_paddr *ret)
{
	*ret = pgd ? pgd & CR3_TABLE & ~layout->encrypted : layout->pgd;
	return canonical(layout, address) == address;
}

/** The lowest mapped address below one table entry; false if there is none. */
static bool first_leaf(struct kd_memory *memory, const struct kd_layout *layout, unsigned int depth, kd_paddr table,
		       kd_vaddr base, unsigned int first, kd_vaddr *ret, kd_paddr *ret_physical)
{
	const struct kd_level *level = &layout->levels[depth];
	uint64_t entries[TABLE_NR];
	struct kd_error *err = kd_dump_read(kd_memory_dump(memory), table, entries, sizeof(entries));
	if (err) {
		kd_error_destroy(err);
		return false;
	}
	for (unsigned int i = first; i < TABLE_NR; i++) {
		struct kd_entry entry = decode(layout, level, entries[i]);
		kd_vaddr address = base + ((kd_vaddr)i << level->shift);
		if (!entry.present)
			continue;
		if (entry.leaf) {
			*ret = address;
			*ret_physical = entry.target;
			return true;
		}
		/* An empty table is rare: one look is enough. */
		return depth + 1 < layout->level_nr &&
		       first_leaf(memory, layout, depth + 1, entry.target, address, 0, ret, ret_physical);
	}
	return false;
}

/**
 * Heuristic: the direct map is where the lowest memory (the first MiB is always mapped) appears at a multiple of 1 GiB
 * and where other samples of physical memory are mapped by the same rule. Without it everything still works, by
 * tables.
 */
static bool is_direct_map(struct kd_memory *memory, const struct kd_layout *layout, kd_vaddr start, uint64_t len)
{
	unsigned int hits = 0;
	/* In growing steps: the dump's highest page may be a ROM just below 4 GiB, far above all memory. */
	for (kd_paddr sample = 1u << 20; sample < len; sample += sample / 2 & ~0xfffull) {
		kd_paddr physical;
		if (!kd_layout_translates(memory, layout, start + sample, &physical))
			continue;
		if (physical != sample)
			return false;
		hits++;
	}
	return hits >= 2;
}

static bool find_direct_map(struct kd_memory *memory, struct kd_layout *layout)
{
	const struct kd_level *top = &layout->levels[0];
	const kd_pfn max_pfn = kd_dump_max_pfn(kd_memory_dump(memory));
	/* More memory than Linux could map: the dump's headers are damaged, and do not say where the map ends. */
	if (max_pfn > 1ull << (MEMORY_BITS_MAX(layout->level_nr) - 12))
		return false;
	/* The kernel's half of the top-level table; the last entry holds the image, the one before vmemmap and the
	 * like. */
	kd_vaddr upper = ~0ull << (top->shift + TABLE_BITS);
	for (unsigned int i = TABLE_NR / 2; i < TABLE_NR - 1; i++) {
		kd_vaddr start;
		kd_paddr physical;
		/* Looks at entry i only as far as it is the first present one from there. */
		if (!first_leaf(memory, layout, 0, layout->pgd, upper, i, &start, &physical))
			continue;
		unsigned int at = start >> top->shift & (TABLE_NR - 1);
		i = at;
		start -= physical;
		const uint64_t len = max_pfn * 4096;
		if (physical >= 1u << 20 || start % DIRECT_MAP_ALIGN || len > START_KERNEL_MAP - start ||
		    !is_direct_map(memory, layout, start, len))
			continue;
		layout->page_offset = start;
		layout->page_offset_end = start + len;
		return true;
	}
	return false;
}

struct image {
	bool found;
	kd_vaddr start;
};

static struct kd_error *note_image(void *context, kd_vaddr start, kd_vaddr end, unsigned int flags)
{
	(void)end;
	(void)flags;
	struct image *image = context;
	if (!image->found)
		*image = (struct image){ true, start };
	return NULL;
}

/**
 * What the tables say of the image, for want of a note. Heuristic: the kernel unmaps what lies before _text
 * (cleanup_highmap()), and _text is linked at CONFIG_PHYSICAL_START; so the first mapped address is _text.
 */
static bool find_image(struct kd_memory *memory, struct kd_layout *layout)
{
	struct image image = {};
	kd_paddr physical;
	struct kd_error *err =
		kd_memory_ranges_by(memory, layout, layout->image_start, layout->image_end, note_image, &image);
	kd_error_destroy(err);
	if (err || !image.found || !kd_layout_translates(memory, layout, image.start, &physical))
		return false;
	layout->phys_base = (int64_t)(physical - (image.start - START_KERNEL_MAP));
	layout->kaslr_offset = image.start - START_KERNEL_MAP - PHYSICAL_START;
	return true;
}

/** By the note: true if it names the tables; `verified` if they are there and map the kernel to where it says. */
static bool layout_from_note(struct kd_memory *memory, struct kd_layout *layout, bool *verified)
{
	struct kd_dump *dump = kd_memory_dump(memory);
	const struct kd_vmcoreinfo *info = kd_dump_vmcoreinfo(dump);
	/* One table under several names, newest first. */
	static const char *const tables[] = { "init_top_pgt", "swapper_pg_dir", "init_level4_pgt" };
	kd_vaddr table = 0, stext;
	int64_t number;
	for (size_t i = 0; i < KD_ARRAY_NR(tables) && !table; i++) {
		if (!kd_vmcoreinfo_symbol(info, tables[i], &table))
			table = 0;
	}
	if (table < START_KERNEL_MAP)
		return false;
	if (kd_vmcoreinfo_number(info, "phys_base", &number)) {
		layout->phys_base = number;
	} else {
		/* Linux before 4.10 says only where the variable is; makedumpfile read it and put it in the header. */
		char *text = kd_dump_attribute(dump, "linux.phys_base");
		layout->phys_base = text ? (int64_t)strtoull(text, NULL, 0) : 0;
		free(text);
	}
	set_levels(layout, kd_vmcoreinfo_number(info, "pgtable_l5_enabled", &number) && number ? 5 : 4);
	if (kd_vmcoreinfo_number(info, "sme_mask", &number))
		layout->encrypted = (uint64_t)number;
	if (!kd_vmcoreinfo_hex(info, "KERNELOFFSET", &layout->kaslr_offset))
		layout->kaslr_offset = 0;
	if (kd_vmcoreinfo_number(info, "KERNEL_IMAGE_SIZE", &number) && number > 0 && (uint64_t)number <= IMAGE_LEN_MAX)
		layout->image_end = layout->image_start + (uint64_t)number;
	layout->pgd = table - START_KERNEL_MAP + (uint64_t)layout->phys_base;

	kd_paddr physical;
	*verified = kd_vmcoreinfo_symbol(info, "_stext", &stext) &&
		    kd_layout_translates(memory, layout, stext, &physical) &&
		    physical == stext - START_KERNEL_MAP + (uint64_t)layout->phys_base;
	return true;
}

/** By the registers in QEMU's notes. A table counts if it maps all memory: the user half of an isolated pair, or
 *  something that is no table, does not. */
static bool layout_from_registers(struct kd_memory *memory, struct kd_layout *layout)
{
	const struct kd_notes *notes = kd_dump_notes(kd_memory_dump(memory));
	for (size_t i = 0; i < notes->nr; i++) {
		const struct kd_cpu_note *cpu = &notes->cpus[i];
		if (!cpu->has_controls || !cpu->controls[KD_X86_CR3])
			continue;
		set_levels(layout, cpu->controls[KD_X86_CR4] & CR4_LA57 ? 5 : 4);
		const kd_paddr table = cpu->controls[KD_X86_CR3] & CR3_TABLE;
		const kd_paddr candidates[] = { table, table & ~PTI_USER_HALF };
		for (size_t j = 0; j < KD_ARRAY_NR(candidates); j++) {
			layout->pgd = candidates[j] & ~layout->encrypted;
			if (find_direct_map(memory, layout) && find_image(memory, layout))
				return true;
		}
	}
	return false;
}

static struct kd_error *find_layout(struct kd_memory *memory, struct kd_layout *layout)
{
	struct kd_layout found = {
		.image_start = START_KERNEL_MAP,
		.image_end = START_KERNEL_MAP + IMAGE_LEN_MAX,
	};
	set_levels(&found, 4);
	bool verified = false;
	struct kd_layout by_note = found;
	bool noted = layout_from_note(memory, &by_note, &verified);
	if (noted && verified) {
		find_direct_map(memory, &by_note);
		*layout = by_note;
		return NULL;
	}
	/* A note that another kernel left behind is not believed where the registers know better. */
	if (layout_from_registers(memory, &found)) {
		*layout = found;
		return NULL;
	}
	if (noted) {
		/* The tables may be what is missing from a truncated dump: then the image is read without them. */
		*layout = by_note;
		return NULL;
	}
	const char *path = kd_dump_path(kd_memory_dump(memory));
	bool registers = false;
	const struct kd_notes *notes = kd_dump_notes(kd_memory_dump(memory));
	for (size_t i = 0; i < notes->nr; i++)
		registers |= notes->cpus[i].has_controls;
	return kd_error_create_file(
		KD_ERROR_FORMAT, path,
		"the kernel's page tables cannot be found: %s has no VMCOREINFO%s, and %s; if you have "
		"the note's text, give it with --vmcoreinfo FILE",
		path, kd_dump_vmcoreinfo(kd_memory_dump(memory))->nr ? " that names them" : "",
		registers ? "the tables that its CPUs used are not in it" : "no control registers of a CPU");
}

const struct kd_page_tables kd_x86_64_page_tables = {
	.page_sizes = 4096,
	.find_layout = find_layout,
	.table = table,
	.canonical = canonical,
	.decode = decode,
};
