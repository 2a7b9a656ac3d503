/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * riscv64: 3, 4 or 5 levels of tables with 512 entries of 8 bytes (Sv39, Sv48, Sv57), as the hardware has them; leaves
 * of 4 KiB, 2 MiB, 1 GiB and more, and 64 KiB of 16 entries that say so (Svnapot). A process's tables map the kernel,
 * too.
 *
 * Kernel address space (Documentation/arch/riscv/vm-layout.rst):
 *   - direct map: virtual = physical - phys_ram_base + PAGE_OFFSET;
 *   - image: virtual = physical + va_kernel_pa_offset.
 */
#include "arch/riscv64/page_tables.h"

#include <string.h>

#include "xlat/layout.h"

#define TABLE_BITS 9
/* Between the image and the end of the address space are 2 GiB. */
#define IMAGE_LEN_MAX (256ull << 20)

enum {
	ENTRY_VALID = 1 << 0,
	ENTRY_READ = 1 << 1,
	ENTRY_WRITE = 1 << 2,
	ENTRY_EXECUTE = 1 << 3,
	ENTRY_GLOBAL = 1 << 5, /* where it is not valid: PROT_NONE */
};
#define ENTRY_LEAF (ENTRY_READ | ENTRY_WRITE | ENTRY_EXECUTE)
#define ENTRY_NAPOT (1ull << 63)
#define NAPOT_SHIFT 16

static const unsigned int known_va_bits[] = { 39, 48, 57 };

static bool set_levels(struct kd_layout *layout, unsigned int bits)
{
	static const struct kd_level levels[] = {
		{ "PGD", 48, TABLE_BITS }, { "P4D", 39, TABLE_BITS }, { "PUD", 30, TABLE_BITS },
		{ "PMD", 21, TABLE_BITS }, { "PTE", 12, TABLE_BITS },
	};
	if (bits != 39 && bits != 48 && bits != 57)
		return false;
	const unsigned int nr = (bits - 12) / TABLE_BITS;
	memcpy(layout->levels, levels + KD_ARRAY_NR(levels) - nr, nr * sizeof(*levels));
	layout->levels[0].name = "PGD";
	layout->level_nr = nr;
	return true;
}

static kd_vaddr canonical(const struct kd_layout *layout, kd_vaddr bits)
{
	const unsigned int unused = 64 - (layout->levels[0].shift + TABLE_BITS);
	return (kd_vaddr)((int64_t)(bits << unused) >> unused);
}

static bool table(const struct kd_layout *layout, kd_paddr pgd, kd_vaddr address, kd_paddr *ret)
{
	*ret = pgd ? pgd & -4096ull : layout->pgd;
	return canonical(layout, address) == address;
}

static struct kd_entry decode(const struct kd_layout *layout, const struct kd_level *level, uint64_t value)
{
	(void)layout;
	const bool last = level->shift == 12;
	struct kd_entry entry = { .leaf = last || value & ENTRY_LEAF };
	entry.present = value & ENTRY_VALID ? !last || value & ENTRY_LEAF : last && value & ENTRY_GLOBAL;
	if (!entry.present)
		return entry;
	entry.target = (value >> 10 & ((1ull << 44) - 1)) << 12;
	if (last && value & ENTRY_NAPOT && (entry.target & 0xffff) == 0x8000)
		entry.leaf_shift = NAPOT_SHIFT;
	if (entry.leaf)
		entry.target &= -(1ull << (entry.leaf_shift ?: level->shift));
	entry.flags = entry.leaf ? (value & ENTRY_WRITE ? KD_RANGE_WRITABLE : 0) |
					   (value & ENTRY_EXECUTE ? KD_RANGE_EXECUTABLE : 0)
				 : KD_RANGE_WRITABLE | KD_RANGE_EXECUTABLE;
	return entry;
}

static void find_direct_map(struct kd_memory *memory, struct kd_layout *layout)
{
	struct kd_dump *dump = kd_memory_dump(memory);
	const struct kd_vmcoreinfo *info = kd_dump_vmcoreinfo(dump);
	int64_t page_offset, phys_ram_base;
	const kd_paddr end = kd_dump_max_pfn(dump) * kd_dump_page_size(dump);
	if (!kd_vmcoreinfo_number(info, "PAGE_OFFSET", &page_offset) ||
	    !kd_vmcoreinfo_number(info, "phys_ram_base", &phys_ram_base) || (uint64_t)phys_ram_base >= end ||
	    end - (uint64_t)phys_ram_base > -(uint64_t)page_offset)
		return;
	struct kd_layout found = *layout;
	found.direct_physical = (uint64_t)phys_ram_base;
	found.page_offset = (uint64_t)page_offset;
	found.page_offset_end = found.page_offset + (end - found.direct_physical);
	if (kd_layout_direct_fits(memory, &found))
		*layout = found;
}

/** Where the image lies: virtual minus physical addresses. Older kernels say where they are linked and where memory
 *  begins, which is where they are, or 2 MiB before, behind the firmware. */
static unsigned int image_offsets(const struct kd_vmcoreinfo *info, uint64_t ret[3])
{
	int64_t number, link, ram;
	unsigned int nr = 0;
	if (kd_vmcoreinfo_number(info, "va_kernel_pa_offset", &number))
		ret[nr++] = (uint64_t)number;
	if (kd_vmcoreinfo_number(info, "KERNEL_LINK_ADDR", &link) &&
	    kd_vmcoreinfo_number(info, "phys_ram_base", &ram)) {
		ret[nr++] = (uint64_t)(link - ram);
		ret[nr++] = (uint64_t)(link - ram) - (2u << 20);
	}
	return nr;
}

static struct kd_error *find_layout(struct kd_memory *memory, struct kd_layout *layout)
{
	struct kd_dump *dump = kd_memory_dump(memory);
	const struct kd_vmcoreinfo *info = kd_dump_vmcoreinfo(dump);
	kd_vaddr pgd, stext = 0;
	uint64_t offsets[3];
	const unsigned int offset_nr = image_offsets(info, offsets);
	if (!kd_vmcoreinfo_symbol(info, "swapper_pg_dir", &pgd) || !offset_nr)
		return kd_error_create_file(KD_ERROR_FORMAT, kd_dump_path(dump),
					    "the kernel's page tables cannot be found: %s has no VMCOREINFO%s; if you "
					    "have the note's text, give it with --vmcoreinfo FILE",
					    kd_dump_path(dump), info->nr ? " that names them" : "");
	int64_t number;
	struct kd_layout found = {};
	const unsigned int told = kd_vmcoreinfo_number(info, "VA_BITS", &number) ? (unsigned int)number : 0;
	if (kd_vmcoreinfo_symbol(info, "_stext", &stext)) {
		found.image_start = stext & -(2ull << 20);
		found.image_end = found.image_start + IMAGE_LEN_MAX;
	}
	if (!kd_vmcoreinfo_hex(info, "KERNELOFFSET", &found.kaslr_offset))
		found.kaslr_offset = 0;
	bool verified = false;
	struct kd_layout tried = found;
	for (unsigned int i = 0; i < offset_nr * (1 + KD_ARRAY_NR(known_va_bits)) && !verified; i++) {
		const unsigned int bits = i / offset_nr ? known_va_bits[i / offset_nr - 1] : told;
		const uint64_t offset = offsets[i % offset_nr];
		kd_paddr physical;
		tried = found;
		tried.pgd = pgd - offset;
		tried.phys_base = (int64_t)(tried.image_start - offset);
		verified = set_levels(&tried, bits) && kd_layout_translates(memory, &tried, stext, &physical) &&
			   physical == stext - offset;
	}
	/* The tables may be what is missing from a truncated dump: then the image is read without them. */
	if (!verified) {
		tried = found;
		tried.pgd = pgd - offsets[0];
		tried.phys_base = (int64_t)(tried.image_start - offsets[0]);
		if (!set_levels(&tried, told))
			set_levels(&tried, 48);
	}
	find_direct_map(memory, &tried);
	*layout = tried;
	return NULL;
}

const struct kd_page_tables kd_riscv64_page_tables = {
	.page_sizes = 4096,
	.find_layout = find_layout,
	.table = table,
	.canonical = canonical,
	.decode = decode,
};
