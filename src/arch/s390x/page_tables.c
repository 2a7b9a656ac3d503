/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * s390x: up to three levels of region tables and one of segment tables, with 2048 entries each, then page tables with
 * 256; all entries have 8 bytes. Pages have 4 KiB, a segment entry may map 1 MiB, a region-third entry 2 GiB. How many
 * levels an address space has depends on its size; every entry of a region or segment table says of what kind its table
 * is, also one that leads nowhere.
 *
 * Kernel and processes have address spaces of their own. The kernel's: all physical memory at IDENTITYBASE (0 where
 * KASLR does not move it), modules, vmalloc and vmemmap below the image; the image since Linux 6.10 at KERNELOFFSET.
 */
#include "arch/s390x/page_tables.h"

#include <string.h>

#include "arch/s390x/notes.h"
#include "base/cleanup.h"
#include "xlat/memory.h"

#define IMAGE_LEN_MAX (512ull << 20)

enum {
	TYPE_SHIFT = 2, /* of a region or segment entry: 3 region first, 2 region second, 1 region third, 0 segment */
	TYPE_MASK = 3,
	ENTRY_INVALID = 0x20,
	ENTRY_PROTECTED = 0x200,
	ENTRY_NO_EXECUTE = 0x100,
	ENTRY_LARGE = 0x400, /* it maps a page */
	PAGE_INVALID = 0x400,
	/* Linux's own: there is a page, though the processor is to fault on it, to see whether it is used. */
	ENTRY_PRESENT = 0x1,
};
#define TABLE_ADDRESS (~0xfffull)
#define PAGE_TABLE_ADDRESS (~0x7ffull)
#define SEGMENT_SHIFT 20
#define PAGE_SHIFT 12

static const struct kd_level levels[] = {
	{ "RFTE", 53, 11 },	      { "RSTE", 42, 11 },	{ "RTTE", 31, 11 },
	{ "STE", SEGMENT_SHIFT, 11 }, { "PTE", PAGE_SHIFT, 8 },
};

static bool table(const struct kd_layout *layout, kd_paddr pgd, kd_vaddr address, kd_paddr *ret)
{
	(void)address;
	*ret = (pgd ?: layout->pgd) & TABLE_ADDRESS;
	return true;
}

static unsigned int depth_of(const struct kd_layout *layout, uint64_t first_entry)
{
	(void)layout;
	return TYPE_MASK - (first_entry >> TYPE_SHIFT & TYPE_MASK);
}

static kd_vaddr canonical(const struct kd_layout *layout, kd_vaddr bits)
{
	(void)layout;
	return bits;
}

static unsigned int flags_of(uint64_t value)
{
	return (value & ENTRY_PROTECTED ? 0 : KD_RANGE_WRITABLE) | (value & ENTRY_NO_EXECUTE ? 0 : KD_RANGE_EXECUTABLE);
}

static struct kd_entry decode(const struct kd_layout *layout, const struct kd_level *level, uint64_t value)
{
	(void)layout;
	if (level->shift == PAGE_SHIFT)
		return (struct kd_entry){
			.present = !(value & PAGE_INVALID) || value & ENTRY_PRESENT,
			.leaf = true,
			.target = value & TABLE_ADDRESS,
			.flags = flags_of(value),
		};
	const bool leaf = level->shift <= 31 && value & ENTRY_LARGE;
	struct kd_entry entry = {
		.present = !(value & ENTRY_INVALID) || (leaf && value & ENTRY_PRESENT),
		.leaf = leaf,
		.target = value & (level->shift == SEGMENT_SHIFT ? PAGE_TABLE_ADDRESS : TABLE_ADDRESS),
		.flags = leaf ? flags_of(value)
			      : (value & ENTRY_PROTECTED ? 0 : KD_RANGE_WRITABLE) | KD_RANGE_EXECUTABLE,
	};
	if (leaf)
		entry.target = value & -(1ull << level->shift);
	return entry;
}

static bool maps(struct kd_memory *memory, const struct kd_layout *layout, kd_vaddr address, kd_paddr physical)
{
	struct kd_walk_step steps[KD_WALK_MAX];
	size_t nr;
	kd_paddr found;
	KD_DROP_ERROR struct kd_error *err = kd_memory_walk_by(memory, layout, address, steps, &nr, &found);
	return !err && found == physical;
}

/** The identity mapping, of which samples must be what it says. Without it everything still works, by tables. */
static void find_direct_map(struct kd_memory *memory, struct kd_layout *layout, kd_vaddr base)
{
	const uint64_t len = kd_dump_max_pfn(kd_memory_dump(memory)) << PAGE_SHIFT;
	unsigned int hits = 0;
	for (kd_paddr sample = 1u << SEGMENT_SHIFT; sample < len && hits < 4; sample += sample / 2 & TABLE_ADDRESS)
		hits += maps(memory, layout, base + sample, sample);
	if (hits < 2 || base + len < base)
		return;
	layout->page_offset = base;
	layout->page_offset_end = base + len;
}

/** By control registers: a table that maps the memory where it lies. */
static bool layout_from_registers(struct kd_memory *memory, struct kd_layout *layout)
{
	const struct kd_notes *notes = kd_dump_notes(kd_memory_dump(memory));
	for (size_t i = 0; i < notes->nr; i++) {
		if (!notes->cpus[i].has_controls)
			continue;
		layout->pgd = notes->cpus[i].controls[KD_S390X_CR1] & TABLE_ADDRESS;
		find_direct_map(memory, layout, 0);
		if (layout->page_offset_end)
			return true;
	}
	return false;
}

static struct kd_error *find_layout(struct kd_memory *memory, struct kd_layout *layout)
{
	struct kd_dump *dump = kd_memory_dump(memory);
	const struct kd_vmcoreinfo *info = kd_dump_vmcoreinfo(dump);
	struct kd_layout found = { .level_nr = KD_ARRAY_NR(levels) };
	memcpy(found.levels, levels, sizeof(levels));
	kd_vaddr top, stext, identity = 0;
	kd_paddr image;
	if (kd_s390x_image(info, &found.image_start, &image) && kd_vmcoreinfo_symbol(info, "swapper_pg_dir", &top)) {
		found.phys_base = (int64_t)image;
		found.kaslr_offset = found.image_start;
		found.image_end = found.image_start + IMAGE_LEN_MAX;
		found.pgd = top - found.image_start + image;
		(void)kd_vmcoreinfo_hex(info, "IDENTITYBASE", &identity);
		bool verified = kd_vmcoreinfo_symbol(info, "_stext", &stext) &&
				maps(memory, &found, stext, stext - found.image_start + image);
		find_direct_map(memory, &found, identity);
		if (verified || !layout_from_registers(memory, &found))
			found.pgd = top - found.image_start + image;
		*layout = found;
		return NULL;
	}
	if (layout_from_registers(memory, &found)) {
		*layout = found;
		return NULL;
	}
	const char *path = kd_dump_path(dump);
	return kd_error_create_file(
		KD_ERROR_FORMAT, path,
		"the kernel's page tables cannot be found: %s has no VMCOREINFO that names them, and no "
		"control registers that lead to them; if you have the note's text, give it with "
		"--vmcoreinfo FILE",
		path);
}

const struct kd_page_tables kd_s390x_page_tables = {
	.page_sizes = 4096,
	.find_layout = find_layout,
	.table = table,
	.depth_of = depth_of,
	.canonical = canonical,
	.decode = decode,
	.kernel_apart = true,
};
