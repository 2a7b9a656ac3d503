/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables of arm64 and riscv64 kernels of every shape: sizes of pages, bits of addresses, kernels for more bits
 * than the hardware has, memory and images moved about by KASLR. Made by the rules of the architecture manuals.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/aarch64/aarch64.h"
#include "arch/riscv64/riscv64.h"
#include "xlat/memory.h"

/* ---- a dump of a few pages ---- */

#define PAGES_MAX 256

struct kd_dump {
	uint32_t page_size;
	unsigned int shift;
	const struct kd_machine *machine;
	struct kd_vmcoreinfo vmcoreinfo;
	struct {
		kd_pfn pfn;
		uint8_t *bytes;
	} pages[PAGES_MAX];
	size_t nr;
};

static uint8_t *find_page(struct kd_dump *dump, kd_pfn pfn)
{
	for (size_t i = 0; i < dump->nr; i++)
		if (dump->pages[i].pfn == pfn)
			return dump->pages[i].bytes;
	return NULL;
}

static uint8_t *make_page(struct kd_dump *dump, kd_pfn pfn)
{
	uint8_t *bytes = find_page(dump, pfn);
	if (bytes)
		return bytes;
	assert(dump->nr < PAGES_MAX);
	bytes = calloc(1, dump->page_size);
	assert(bytes);
	dump->pages[dump->nr].pfn = pfn;
	dump->pages[dump->nr++].bytes = bytes;
	return bytes;
}

struct kd_error *kd_dump_page(struct kd_dump *dump, kd_pfn pfn, const uint8_t **ret)
{
	*ret = find_page(dump, pfn);
	return *ret ? NULL : kd_error_create_fault(KD_FAULT_ABSENT, pfn << dump->shift, true);
}

struct kd_error *kd_dump_read(struct kd_dump *dump, kd_paddr address, void *buffer, size_t len)
{
	const uint8_t *page;
	struct kd_error *err = kd_dump_page(dump, address >> dump->shift, &page);
	assert(err || (address & (dump->page_size - 1)) + len <= dump->page_size);
	if (!err)
		memcpy(buffer, page + (address & (dump->page_size - 1)), len);
	return err;
}

kd_pfn kd_dump_max_pfn(const struct kd_dump *dump)
{
	kd_pfn highest = 0;
	for (size_t i = 0; i < dump->nr; i++)
		highest = kd_max(highest, dump->pages[i].pfn);
	return highest + 1;
}

bool kd_dump_next_page(struct kd_dump *dump, kd_pfn *pfn)
{
	kd_pfn next = UINT64_MAX;
	for (size_t i = 0; i < dump->nr; i++)
		if (dump->pages[i].pfn >= *pfn)
			next = kd_min(next, dump->pages[i].pfn);
	*pfn = next;
	return next != UINT64_MAX;
}

uint32_t kd_dump_page_size(const struct kd_dump *dump)
{
	return dump->page_size;
}

const struct kd_machine *kd_dump_machine(const struct kd_dump *dump)
{
	return dump->machine;
}

const struct kd_vmcoreinfo *kd_dump_vmcoreinfo(const struct kd_dump *dump)
{
	return &dump->vmcoreinfo;
}

const char *kd_dump_path(const struct kd_dump *dump __attribute__((unused)))
{
	return "test";
}

const char *kd_dump_arch(const struct kd_dump *dump)
{
	return dump->machine->name;
}

bool kd_dump_is_live(const struct kd_dump *dump __attribute__((unused)))
{
	return false;
}

static struct kd_dump dump;
static kd_pfn next_table;

static void open_dump(const struct kd_machine *machine, unsigned int shift, kd_pfn first_table, const char *note)
{
	for (size_t i = 0; i < dump.nr; i++)
		free(dump.pages[i].bytes);
	kd_vmcoreinfo_deinit(&dump.vmcoreinfo);
	dump = (struct kd_dump){ .page_size = 1u << shift, .shift = shift, .machine = machine };
	assert(!kd_vmcoreinfo_init(&dump.vmcoreinfo, note, strlen(note)));
	next_table = first_table;
}

static uint64_t *entry_at(kd_paddr table, uint64_t index)
{
	const kd_paddr at = table + index * 8;
	return (uint64_t *)(make_page(&dump, at >> dump.shift) + (at & (dump.page_size - 1)));
}

/* ---- how a machine writes an entry ---- */

struct shape {
	unsigned int shift, bits, top_bits; /* of a page; of addresses that tables map; of an index of the top table */
	uint64_t (*table)(kd_paddr address);
	uint64_t (*leaf)(kd_paddr address, bool last);
};

/* Map one page, or a block at a level above the last one. */
static void map(const struct shape *shape, kd_paddr top, kd_vaddr address, uint64_t leaf, unsigned int leaf_level)
{
	const unsigned int table_bits = shape->shift - 3;
	unsigned int level = (shape->bits - shape->shift + table_bits - 1) / table_bits;
	uint64_t mask = (1ull << shape->top_bits) - 1;
	for (kd_paddr table = top; level--; mask = (1ull << table_bits) - 1) {
		uint64_t *entry = entry_at(table, address >> (shape->shift + level * table_bits) & mask);
		if (level == leaf_level) {
			*entry = leaf;
			return;
		}
		if (!*entry) {
			make_page(&dump, next_table);
			*entry = shape->table(next_table++ << dump.shift);
		}
		for (table = next_table << dump.shift;;) {
			/* The address of the next table, as it was made: compare what would have been written. */
			table -= dump.page_size;
			if (shape->table(table) == *entry)
				break;
		}
	}
}

static struct kd_memory *open_memory(void)
{
	struct kd_memory *memory;
	struct kd_error *err = kd_memory_create(&dump, &memory);
	if (err) {
		fprintf(stderr, "%s\n", err->message);
		abort();
	}
	return memory;
}

static void expect(struct kd_memory *memory, kd_paddr pgd, kd_vaddr address, kd_paddr expected, uint64_t size)
{
	struct kd_walk_step steps[KD_WALK_MAX];
	size_t nr;
	kd_paddr physical;
	struct kd_error *err = kd_memory_walk(memory, pgd, address, steps, &nr, &physical);
	if (err || physical != expected || steps[nr - 1].page_size != size) {
		fprintf(stderr, "%#" PRIx64 " is at %#" PRIx64 " of %#" PRIx64 " bytes, expected %#" PRIx64 "\n",
			address, err ? 0 : physical, err ? 0 : steps[nr - 1].page_size, expected);
		abort();
	}
}

static void expect_none(struct kd_memory *memory, kd_paddr pgd, kd_vaddr address)
{
	kd_paddr physical;
	struct kd_error *err = kd_memory_translate(memory, pgd, address, &physical);
	assert(err && err->code == KD_ERROR_FAULT && err->fault == KD_FAULT_UNTRANSLATABLE);
	kd_error_destroy(err);
}

struct range {
	kd_vaddr start, end;
	unsigned int flags, nr;
};

static struct kd_error *note_range(void *context, kd_vaddr start, kd_vaddr end, unsigned int flags)
{
	struct range *range = context;
	*range = (struct range){ start, end, flags, range->nr + 1 };
	return NULL;
}

/* ---- arm64 ---- */

#define ARM_PAGE (3ull | 1ull << 10)
#define ARM_BLOCK (1ull | 1ull << 10)
#define ARM_PXN (1ull << 53)
#define ARM_UXN (1ull << 54)
#define ARM_READ_ONLY (1ull << 7)

static bool high_bits_at_12, high_bits_at_8;

static uint64_t arm_address(kd_paddr address)
{
	if (high_bits_at_12)
		return (address & ((1ull << 48) - 1)) | address >> 48 << 12;
	if (high_bits_at_8)
		return (address & ((1ull << 50) - 1)) | address >> 50 << 8;
	return address;
}

static uint64_t arm_table(kd_paddr address)
{
	return arm_address(address) | 3;
}

static uint64_t arm_leaf(kd_paddr address, bool last)
{
	return arm_address(address) | (last ? ARM_PAGE : ARM_BLOCK);
}

struct arm_case {
	unsigned int shift, configured, hardware, walked; /* bits; walked: by software */
	int64_t randomness;				  /* of PHYS_OFFSET */
};

static void check_arm64(const struct arm_case *one)
{
	const unsigned int shift = one->shift, table_bits = shift - 3;
	const uint64_t page = 1ull << shift;
	const unsigned int levels = (one->walked - shift + table_bits - 1) / table_bits;
	const struct shape shape = { shift, one->walked, one->walked - (shift + (levels - 1) * table_bits), arm_table,
				     arm_leaf };
	high_bits_at_12 = shift == 16 && one->walked == 52;
	high_bits_at_8 = shift != 16 && one->walked == 52;
	const kd_paddr ram = 0x80000000;
	/* The image is in the upper half, 2 MiB beyond where modules may be, and 64 KiB into it is _stext. */
	const kd_vaddr half = ~0ull << (one->hardware - 1), text = half + (3ull << 31) + (2u << 20),
		       stext = text + 0x10000;
	const kd_paddr text_at = ram + (4u << 20);
	const uint64_t voffset = text - text_at;
	const kd_vaddr page_offset = ~0ull << one->configured,
		       linear = (~0ull << one->hardware) + (uint64_t)one->randomness;
	const uint64_t phys_offset = page_offset - linear + ram; /* so that ram is at linear */
	const kd_paddr pgd = text_at + (1u << 20);
	char note[512];
	snprintf(note, sizeof(note),
		 "OSRELEASE=6.12\nSYMBOL(swapper_pg_dir)=%" PRIx64 "\nSYMBOL(_stext)=%" PRIx64
		 "\nNUMBER(VA_BITS)=%u\nNUMBER(kimage_voffset)=0x%" PRIx64 "\nNUMBER(PHYS_OFFSET)=0x%" PRIx64
		 "\nNUMBER(TCR_EL1_T1SZ)=0x%x\nKERNELOFFSET=123000\n",
		 pgd + voffset, stext, one->configured, voffset, phys_offset, 64 - one->hardware);
	open_dump(&kd_aarch64, shift, (pgd >> shift) + 1, note);
	make_page(&dump, ram >> shift);
	make_page(&dump, (ram + (64u << 20)) >> shift);
	for (unsigned int i = 0; i < 4; i++)
		map(&shape, pgd, stext + i * page, arm_leaf(text_at + 0x10000 + i * page, true) | ARM_READ_ONLY, 0);
	for (kd_paddr at = ram; at <= ram + (64u << 20); at += at < ram + 4 * page ? page : 1u << 20)
		if (at % page == 0)
			map(&shape, pgd, linear + (at - ram), arm_leaf(at, true) | ARM_PXN, 0);
	const kd_vaddr vmalloc = half + (3ull << (one->hardware - 3));
	map(&shape, pgd, vmalloc, arm_leaf(ram + 5 * page, true), 0);
	/* Read-only until it is written to (DBM). */
	map(&shape, pgd, vmalloc + page, arm_leaf(ram + 6 * page, true) | ARM_READ_ONLY | 1ull << 51, 0);
	map(&shape, pgd, vmalloc + 2 * page, arm_leaf(ram + 7 * page, true) & ~2ull, 0);
	const uint64_t block = 1ull << (shift + table_bits);
	if (levels > 2)
		map(&shape, pgd, vmalloc + (block << 2), arm_leaf(block * 3, false), 1);
	/* A process. */
	const kd_paddr user = next_table++ << shift;
	make_page(&dump, user >> shift);
	map(&shape, user, 0x400000, arm_leaf(ram + 8 * page, true), 0);
	map(&shape, user, 0x400000 + page, (arm_leaf(ram + 9 * page, true) & ~3ull) | 1ull << 58, 0);
	map(&shape, user, 0x400000 + 2 * page,
	    (arm_leaf(ram + 9 * page, true) & ~3ull) | 1ull << 11 | ARM_PXN | ARM_UXN, 0);
	map(&shape, user, 0x400000 + 3 * page, 0x123ull << 12 | 3 << 6, 0); /* swapped out */
	const kd_paddr far = one->walked == 52 ? (0xaull << 48) + 3 * page : 3 * page;
	map(&shape, user, 0x400000 + 4 * page, arm_leaf(far, true), 0);

	struct kd_memory *memory = open_memory();
	const struct kd_layout *layout = kd_memory_layout(memory);
	assert(layout->level_nr == levels && layout->pgd == pgd && layout->kaslr_offset == 0x123000);
	assert(layout->levels[0].shift + layout->levels[0].bits == one->walked);
	assert(layout->image_start == text && (uint64_t)layout->phys_base == text_at);
	assert(layout->page_offset == linear && layout->direct_physical == ram);
	expect(memory, 0, stext + 5, text_at + 0x10000 + 5, page);
	expect(memory, 0, linear + page + 7, ram + page + 7, page);
	expect(memory, 0, vmalloc + 9, ram + 5 * page + 9, page);
	/* A tag in the top byte means nothing. */
	expect(memory, 0, (vmalloc + 9) & ~(0xfull << 56), ram + 5 * page + 9, page);
	if (levels > 2)
		expect(memory, 0, vmalloc + (block << 2) + 0x1234, block * 3 + 0x1234, block);
	expect(memory, user, 0x400000, ram + 8 * page, page);
	expect(memory, user, 0x5600000000400000, ram + 8 * page, page);
	expect(memory, user, 0x400000 + page, ram + 9 * page, page);
	expect(memory, user, 0x400000 + 2 * page, ram + 9 * page, page);
	expect(memory, user, 0x400000 + 4 * page, far, page);
	expect_none(memory, user, 0x400000 + 3 * page);
	/* Kernel addresses of a process are the kernel's; the kernel has no others. */
	expect(memory, user, vmalloc, ram + 5 * page, page);
	expect_none(memory, 0, 0x400000);
	expect_none(memory, 0, vmalloc + 2 * page);
	expect_none(memory, 0, vmalloc - (1ull << 53));
	kd_paddr physical;
	kd_vaddr virt;
	assert(!kd_memory_translate(memory, 0, linear + 3 * page + 1, &physical) && physical == ram + 3 * page + 1);
	assert(!kd_memory_direct(memory, ram + 3 * page + 1, &virt) && virt == linear + 3 * page + 1);

	struct range range = {};
	assert(!kd_memory_ranges(memory, stext, stext + 16 * page, note_range, &range));
	assert(range.nr == 1 && range.start == stext && range.end == stext + 4 * page &&
	       range.flags == KD_RANGE_EXECUTABLE);
	range = (struct range){};
	assert(!kd_memory_ranges(memory, vmalloc, vmalloc + 16 * page, note_range, &range));
	assert(range.nr == 1 && range.end == vmalloc + 2 * page &&
	       range.flags == (KD_RANGE_EXECUTABLE | KD_RANGE_WRITABLE));
	kd_memory_destroy(memory);
}

static void test_arm64(void)
{
	static const struct arm_case cases[] = {
		{ 12, 39, 39, 39, 0 },	       { 12, 48, 48, 48, 0 },
		{ 12, 52, 52, 52, 0 },	       { 12, 52, 48, 48, 0 },
		{ 12, 48, 48, 48, 7ll << 40 }, { 12, 52, 48, 48, 0x112800000000 },
		{ 14, 36, 36, 36, 0 },	       { 14, 47, 47, 47, 0 },
		{ 14, 48, 48, 48, 0 },	       { 14, 52, 52, 52, 1ll << 42 },
		{ 14, 52, 47, 47, 1ll << 40 }, { 16, 42, 42, 42, 0 },
		{ 16, 48, 48, 48, 5ll << 40 }, { 16, 52, 52, 52, 0 },
		{ 16, 52, 48, 52, 0 },	       { 16, 52, 48, 52, 0x3300000000 },
	};
	for (size_t i = 0; i < KD_ARRAY_NR(cases); i++)
		check_arm64(&cases[i]);
}

/* A kernel whose tables are not in the dump is still read: the image lies in one piece. */
static void test_arm64_truncated(void)
{
	open_dump(&kd_aarch64, 12, 0,
		  "SYMBOL(swapper_pg_dir)=ffff800081000000\nSYMBOL(_stext)=ffff800080010000\nNUMBER(VA_BITS)=48\n"
		  "NUMBER(kimage_voffset)=0xffff800040000000\n");
	make_page(&dump, 0x40010)[5] = 0x5a;
	struct kd_memory *memory = open_memory();
	uint8_t value;
	assert(!kd_memory_read_u8(memory, 0xffff800080010005, &value) && value == 0x5a);
	kd_memory_destroy(memory);

	open_dump(&kd_aarch64, 12, 0, "OSRELEASE=6.12\n");
	struct kd_error *err = kd_memory_create(&dump, &memory);
	assert(err && err->code == KD_ERROR_FORMAT && strstr(err->message, "VMCOREINFO"));
	kd_error_destroy(err);
}

/* ---- riscv64 ---- */

static uint64_t riscv_table(kd_paddr address)
{
	return address >> 12 << 10 | 1;
}

static uint64_t riscv_leaf(kd_paddr address, bool last)
{
	(void)last;
	return address >> 12 << 10 | 0xc7; /* valid, read, write, accessed, dirty */
}

static void check_riscv64(unsigned int bits, bool old)
{
	const struct shape shape = { 12, bits, 9, riscv_table, riscv_leaf };
	const kd_paddr ram = 0x80000000, text_at = ram + (2u << 20), pgd = text_at + (1u << 20);
	const kd_vaddr text = 0xffffffff80000000, stext = text + 0x2000, linear = -(3ull << (bits - 3));
	const uint64_t offset = text - text_at;
	char note[512];
	int len =
		snprintf(note, sizeof(note),
			 "SYMBOL(swapper_pg_dir)=%" PRIx64 "\nSYMBOL(_stext)=%" PRIx64
			 "\nNUMBER(VA_BITS)=%u\nNUMBER(PAGE_OFFSET)=0x%" PRIx64 "\nNUMBER(phys_ram_base)=%" PRIu64 "\n",
			 pgd + offset, stext, bits, linear, ram);
	snprintf(note + len, sizeof(note) - (size_t)len,
		 old ? "NUMBER(KERNEL_LINK_ADDR)=0x%" PRIx64 "\n" : "NUMBER(va_kernel_pa_offset)=0x%" PRIx64 "\n",
		 old ? text : offset);
	open_dump(&kd_riscv64, 12, (pgd >> 12) + 1, note);
	make_page(&dump, ram >> 12);
	make_page(&dump, (ram + (64u << 20)) >> 12);
	for (unsigned int i = 0; i < 4; i++)
		map(&shape, pgd, stext + i * 4096, (riscv_leaf(text_at + 0x2000 + i * 4096, true) & ~4ull) | 8, 0);
	for (unsigned int i = 0; i < 8; i++)
		map(&shape, pgd, linear + i * 4096, riscv_leaf(ram + i * 4096, true), 0);
	map(&shape, pgd, linear + (16u << 20), riscv_leaf(ram + (16u << 20), false), 1);
	const kd_vaddr vmalloc = linear - (1ull << (bits - 4));
	map(&shape, pgd, vmalloc, riscv_leaf(ram + 0x5000, true), 0);
	/* 64 KiB in one piece: each of the 16 entries says so. */
	for (unsigned int i = 16; i < 32; i++)
		map(&shape, pgd, vmalloc + i * 4096, riscv_leaf(ram + (1u << 20) + 0x8000, true) | 1ull << 63, 0);
	map(&shape, pgd, vmalloc + 0x40000, 0x20 | 2 | ram >> 12 << 10, 0); /* PROT_NONE */
	map(&shape, pgd, vmalloc + 0x41000, 0x5ull << 12 | 3 << 7, 0);	    /* swapped out */

	struct kd_memory *memory = open_memory();
	const struct kd_layout *layout = kd_memory_layout(memory);
	assert(layout->level_nr == (bits - 12) / 9 && layout->pgd == pgd);
	assert(layout->page_offset == linear && layout->direct_physical == ram);
	expect(memory, 0, stext + 5, text_at + 0x2005, 4096);
	expect(memory, 0, linear + 0x3007, ram + 0x3007, 4096);
	expect(memory, 0, linear + (17u << 20), ram + (17u << 20), 2u << 20);
	expect(memory, 0, vmalloc + 5, ram + 0x5005, 4096);
	expect(memory, 0, vmalloc + 0x13456, ram + (1u << 20) + 0x3456, 65536);
	expect(memory, 0, vmalloc + 0x40000, ram, 4096);
	expect(memory, pgd, vmalloc + 5, ram + 0x5005, 4096);
	expect_none(memory, 0, vmalloc + 0x41000);
	expect_none(memory, 0, 0x400000);
	expect_none(memory, 0, 1ull << (bits - 1));
	struct range range = {};
	assert(!kd_memory_ranges(memory, stext, stext + 0x10000, note_range, &range));
	assert(range.nr == 1 && range.end == stext + 0x4000 && range.flags == KD_RANGE_EXECUTABLE);
	kd_memory_destroy(memory);
}

static void test_riscv64(void)
{
	static const unsigned int sizes[] = { 39, 48, 57 };
	for (size_t i = 0; i < KD_ARRAY_NR(sizes); i++) {
		check_riscv64(sizes[i], false);
		check_riscv64(sizes[i], true);
	}
}

/* Tables full of anything: nothing loops or reads beyond a table. */
static void test_damaged(void)
{
	srandom(14);
	for (unsigned int round = 0; round < 100; round++) {
		check_arm64(&(struct arm_case){ round % 3 == 2 ? 16 : 12, 48, 48, 48, 0 });
		for (size_t i = 0; i < dump.nr; i++)
			for (unsigned int n = 0; n < 64; n++)
				((uint64_t *)dump.pages[i].bytes)[(unsigned long)random() % (dump.page_size / 8)] ^=
					1ull << random() % 64;
		struct kd_memory *memory;
		struct kd_error *err = kd_memory_create(&dump, &memory);
		if (err) {
			kd_error_destroy(err);
			continue;
		}
		struct range range = {};
		const kd_vaddr image = kd_memory_layout(memory)->image_start;
		kd_error_destroy(kd_memory_ranges(memory, image, image + (128u << 20), note_range, &range));
		for (unsigned int n = 0; n < 100; n++) {
			uint64_t value;
			kd_vaddr address = (uint64_t)random() << 33 ^ (uint64_t)random() << 3;
			kd_error_destroy(kd_memory_read_u64(memory, address, &value));
			kd_error_destroy(kd_memory_read_u64(memory, address | 0xffff000000000000, &value));
		}
		kd_memory_destroy(memory);
	}
}

int main(void)
{
	test_arm64();
	test_arm64_truncated();
	test_riscv64();
	test_damaged();
	open_dump(&kd_aarch64, 12, 0, "");
	kd_vmcoreinfo_deinit(&dump.vmcoreinfo);
	return 0;
}
