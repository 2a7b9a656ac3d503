/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm64: pages of 4, 16 or 64 KiB, tables as large as a page, so 2 to 5 levels for 36 to 52 bits of address. Bit 55 of
 * an address says whose tables map it: the kernel's (TTBR1) or the process's (TTBR0); the bits from there down to those
 * that the tables look at repeat it, and the byte above may hold a tag.
 *
 * Kernel address space (Documentation/arch/arm64/memory.rst), since Linux kernel commit 14c127c957c1 ("arm64: mm: Flip
 * kernel VA space") (in v5.4): the lower half is the direct map, from PAGE_OFFSET on, the upper one has modules, image,
 * vmalloc and vmemmap. Before, the halves were the other way round.
 *   - direct map: virtual = physical - PHYS_OFFSET + PAGE_OFFSET, modulo 2^64;
 *   - image: virtual = physical + kimage_voffset.
 */
#include "arch/aarch64/page_tables.h"

#include <string.h>

#include "xlat/layout.h"

/* Branches reach 128 MiB: no image is larger. */
#define IMAGE_LEN_MAX (128ull << 20)
/* The image begins on such a boundary, at _text; _stext is behind the header, less than one further on, or just one. */
#define IMAGE_ALIGN (64ull << 10)
/* The first page of a dump is not that of the memory; machines have theirs at such addresses. */
#define MEMORY_ALIGN (1ull << 30)
/* Of all kernels that have ever been configured, the most frequent first. */
static const unsigned int known_va_bits[] = { 48, 39, 52, 47, 42, 36 };

enum {
	ENTRY_VALID = 1 << 0,
	ENTRY_TABLE = 1 << 1, /* at the last level: a page */
	ENTRY_READ_ONLY = 1 << 7,
	ENTRY_NOT_GLOBAL = 1 << 11,
};
#define ENTRY_WRITE (1ull << 51) /* DBM: read-only only until it is written */
#define ENTRY_PXN (1ull << 53)
#define ENTRY_UXN (1ull << 54)
#define ENTRY_PROT_NONE (1ull << 58)
#define TABLE_PXN (1ull << 59)
#define TABLE_READ_ONLY (1ull << 62)

static uint64_t bits(unsigned int high, unsigned int low)
{
	return (2ull << high) - (1ull << low);
}

static unsigned int page_shift(const struct kd_layout *layout)
{
	return layout->levels[layout->level_nr - 1].shift;
}

static unsigned int va_bits(const struct kd_layout *layout)
{
	return layout->levels[0].shift + layout->levels[0].bits;
}

/** False if no tables can be so. */
static bool set_levels(struct kd_layout *layout, unsigned int shift, unsigned int nr_bits)
{
	static const char *const names[] = { "PTE", "PMD", "PUD", "P4D", "PGD" };
	const unsigned int table_bits = shift - 3;
	if (nr_bits <= shift || nr_bits > 52)
		return false;
	const unsigned int nr = (nr_bits - shift + table_bits - 1) / table_bits;
	if (nr < 2 || nr > KD_WALK_MAX)
		return false;
	for (unsigned int i = 0; i < nr; i++)
		layout->levels[nr - 1 - i] = (struct kd_level){
			.name = names[i],
			.shift = shift + i * table_bits,
			.bits = table_bits,
		};
	layout->levels[0].name = "PGD";
	layout->levels[0].bits = nr_bits - layout->levels[0].shift;
	layout->level_nr = nr;
	return true;
}

static bool is_kernel(kd_vaddr address)
{
	return address >> 55 & 1;
}

static bool table(const struct kd_layout *layout, kd_paddr pgd, kd_vaddr address, kd_paddr *ret)
{
	const uint64_t unused = bits(55, va_bits(layout));
	if (is_kernel(address)) {
		*ret = layout->pgd;
		return (address & unused) == unused;
	}
	*ret = pgd & bits(51, 6);
	return pgd && !(address & unused);
}

static kd_vaddr canonical(const struct kd_layout *layout, kd_vaddr address)
{
	return address | ~0ull << va_bits(layout);
}

/* Addresses of more than 48 bits have their highest bits further down, where 64 KiB pages leave room, or, with smaller
 * pages and 52 bits of virtual address (LPA2), where the shareability was. */
static kd_paddr target(const struct kd_layout *layout, unsigned int shift, uint64_t value)
{
	if (page_shift(layout) == 16)
		return (value & bits(47, shift)) | (value >> 12 & 0xf) << 48;
	if (va_bits(layout) > 48)
		return (value & bits(49, shift)) | (value >> 8 & 3) << 50;
	return value & bits(47, shift);
}

/* Without the valid bit a page may still be there for Linux, though nobody may access it: PROT_NONE was bit 58, and
 * since "arm64/mm: Move PTE_PRESENT_INVALID to overlay PTE_NG" (in v6.11) is bit 11,
 * which swap entries of older kernels may have, but not together with those that forbid execution. */
static bool is_present_invalid(uint64_t value)
{
	const uint64_t none = ENTRY_NOT_GLOBAL | ENTRY_PXN | ENTRY_UXN;
	return !(value & ENTRY_VALID) && (value & ENTRY_PROT_NONE || (value & none) == none);
}

static struct kd_entry decode(const struct kd_layout *layout, const struct kd_level *level, uint64_t value)
{
	const bool last = level->shift == page_shift(layout);
	struct kd_entry entry = { .leaf = last || !(value & ENTRY_TABLE) };
	if (entry.leaf && is_present_invalid(value))
		entry.present = true;
	else
		entry.present = value & ENTRY_VALID && (!last || value & ENTRY_TABLE);
	if (!entry.present)
		return entry;
	entry.target = target(layout, entry.leaf ? level->shift : page_shift(layout), value);
	if (entry.leaf)
		entry.flags = (value & ENTRY_READ_ONLY && !(value & ENTRY_WRITE) ? 0 : KD_RANGE_WRITABLE) |
			      (value & ENTRY_PXN ? 0 : KD_RANGE_EXECUTABLE);
	else
		entry.flags = (value & TABLE_READ_ONLY ? 0 : KD_RANGE_WRITABLE) |
			      (value & TABLE_PXN ? 0 : KD_RANGE_EXECUTABLE);
	return entry;
}

/**
 * PHYS_OFFSET may lie far below the memory that there is, even below 0 (KASLR moves it, and so does a kernel for 52
 * bits on hardware with 48): the map begins with the first memory of the dump. Without it everything works by tables.
 */
static void find_direct_map(struct kd_memory *memory, struct kd_layout *layout, unsigned int configured_bits)
{
	struct kd_dump *dump = kd_memory_dump(memory);
	int64_t phys_offset;
	kd_pfn first = 0;
	if (!kd_vmcoreinfo_number(kd_dump_vmcoreinfo(dump), "PHYS_OFFSET", &phys_offset) ||
	    !kd_dump_next_page(dump, &first))
		return;
	const uint64_t page = kd_dump_page_size(dump);
	const kd_paddr end = kd_dump_max_pfn(dump) * page;
	const unsigned int used_bits = kd_min(va_bits(layout), 64u);
	const struct {
		kd_vaddr page_offset, start, end;
	} maps[] = {
		{ ~0ull << configured_bits, ~0ull << used_bits, ~0ull << (used_bits - 1) },
		{ ~0ull << configured_bits, ~0ull << 48, ~0ull << 47 }, /* 64 KiB pages: see find_layout() */
		{ ~0ull << (configured_bits - 1), ~0ull << (used_bits - 1), 0 },
	};
	for (size_t i = 0; i < KD_ARRAY_NR(maps); i++) {
		struct kd_layout found = *layout;
		const uint64_t offset = maps[i].page_offset - (uint64_t)phys_offset; /* virtual - physical */
		found.direct_physical = first * page & -MEMORY_ALIGN;
		/* A file without a bitmap of its pages does not tell the first one. */
		if (found.direct_physical + offset - maps[i].start >= maps[i].end - maps[i].start)
			found.direct_physical = maps[i].start - offset;
		found.page_offset = found.direct_physical + offset;
		if (found.direct_physical >= end || found.page_offset < maps[i].start ||
		    end - found.direct_physical > maps[i].end - found.page_offset)
			continue;
		found.page_offset_end = found.page_offset + (end - found.direct_physical);
		if (!kd_layout_direct_fits(memory, &found))
			continue;
		*layout = found;
		return;
	}
}

static struct kd_error *find_layout(struct kd_memory *memory, struct kd_layout *layout)
{
	struct kd_dump *dump = kd_memory_dump(memory);
	const struct kd_vmcoreinfo *info = kd_dump_vmcoreinfo(dump);
	kd_vaddr pgd, stext = 0;
	int64_t voffset, number;
	if (!kd_vmcoreinfo_symbol(info, "swapper_pg_dir", &pgd) ||
	    !kd_vmcoreinfo_number(info, "kimage_voffset", &voffset))
		return kd_error_create_file(KD_ERROR_FORMAT, kd_dump_path(dump),
					    "the kernel's page tables cannot be found: %s has no VMCOREINFO%s; if you "
					    "have the note's text, give it with --vmcoreinfo FILE",
					    kd_dump_path(dump), info->nr ? " that names them" : "");
	const unsigned int shift = (unsigned int)__builtin_ctz(kd_dump_page_size(dump));
	const unsigned int configured = kd_vmcoreinfo_number(info, "VA_BITS", &number) && number >= 36 && number <= 52
						? (unsigned int)number
						: 48;
	/* What the hardware was told, where the note has it (bbdbc11804ff, Linux 5.10), else what was configured. A
	 * kernel for 52 bits runs with 48 where the hardware has no more. With 64 KiB pages its tables stay what they
	 * were, and the hardware is shown the end of the top one. */
	unsigned int used = configured;
	if (shift != 16 && kd_vmcoreinfo_number(info, "TCR_EL1_T1SZ", &number) && number >= 12 && number <= 28)
		used = 64 - (unsigned int)number;
	struct kd_layout found = { .pgd = pgd - (uint64_t)voffset };
	if (kd_vmcoreinfo_symbol(info, "_stext", &stext)) {
		found.image_start = (stext - 1) & -IMAGE_ALIGN;
		found.image_end = found.image_start + IMAGE_LEN_MAX;
		found.phys_base = (int64_t)(found.image_start - (uint64_t)voffset);
	}
	if (!kd_vmcoreinfo_hex(info, "KERNELOFFSET", &found.kaslr_offset))
		found.kaslr_offset = 0;

	bool verified = false;
	struct kd_layout tried = found;
	for (size_t i = 0; i <= KD_ARRAY_NR(known_va_bits) && !verified; i++) {
		kd_paddr physical;
		verified = set_levels(&tried, shift, i ? known_va_bits[i - 1] : used) &&
			   kd_layout_translates(memory, &tried, stext, &physical) &&
			   physical == stext - (uint64_t)voffset;
	}
	/* The tables may be what is missing from a truncated dump: then the image is read without them. */
	if (!verified && !set_levels(&tried, shift, used) && !set_levels(&tried, shift, 48))
		return kd_error_create_file(KD_ERROR_FORMAT, kd_dump_path(dump),
					    "%s is damaged: no page tables have %u bits with pages of %u bytes",
					    kd_dump_path(dump), used, 1u << shift);
	find_direct_map(memory, &tried, configured);
	*layout = tried;
	return NULL;
}

const struct kd_page_tables kd_aarch64_page_tables = {
	.page_sizes = 4096 | 16384 | 65536,
	.find_layout = find_layout,
	.table = table,
	.canonical = canonical,
	.decode = decode,
};
