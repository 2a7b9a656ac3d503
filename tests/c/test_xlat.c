/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual memory of a made-up x86-64 kernel: by note or by CR3, 4 and 5 levels, huge pages, and every kind of hole. */
#include <assert.h>
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "make_dump.h"
#include "xlat/memory.h"

/*
 * Physical memory, by page: the kernel image fills 2 MiB from page 512 on, its tables among them; the direct map maps
 * the first 2 MiB by small pages and the rest by large ones; four pages of vmalloc memory; one user page.
 */
enum {
	IMAGE = 512,
	PGD = 528,
	PUD_IMAGE,
	PMD_IMAGE,
	PUD_DIRECT,
	PMD_DIRECT,
	PTE_DIRECT,
	PUD_VMALLOC,
	PMD_VMALLOC,
	PTE_VMALLOC,
	P4D_UPPER,
	USER_PGD, /* even: it may be half of an isolated pair */
	USER_HALF,
	USER_PUD,
	USER_PMD,
	USER_PTE,
	USER_P4D,
	DATA = 600,
	EXCLUDED = 601,
	ABSENT = 602,
	OUTSIDE = 100000,
};

#define START_KERNEL_MAP 0xffffffff80000000u
#define STEXT 0xffffffff92000000u /* KASLR moved it by 0x11000000 from where it was linked */
#define PHYS_BASE (IMAGE * 4096ull - (STEXT - START_KERNEL_MAP))
#define DIRECT_4 0xffff8a4340000000u
#define DIRECT_5 0xff11d38040000000u
#define VMALLOC_4 0xffffc90000000000u
#define VMALLOC_5 0xffa0000000000000u
#define USER 0x7f0000400000u

#define PRESENT 0x3ull
#define LARGE 0x83ull
#define NO_EXECUTE (1ull << 63)

static struct make_machine machine;

static void set(kd_pfn table, unsigned int index, uint64_t value)
{
	memcpy(make_page(&machine, table) + index * 8, &value, 8);
}

static uint64_t to(kd_pfn pfn)
{
	return pfn * MAKE_PAGE | PRESENT;
}

static unsigned int slot(kd_vaddr address, unsigned int shift)
{
	return address >> shift & 511;
}

static void map(int levels, kd_vaddr address, kd_pfn pud)
{
	if (levels == 5) {
		set(PGD, slot(address, 48), to(P4D_UPPER));
		set(P4D_UPPER, slot(address, 39), to(pud));
	} else {
		set(PGD, slot(address, 39), to(pud));
	}
}

static void make(int levels)
{
	kd_vaddr direct = levels == 5 ? DIRECT_5 : DIRECT_4, vmalloc = levels == 5 ? VMALLOC_5 : VMALLOC_4;
	machine = (struct make_machine){ .cpu_nr = 1 };
	for (kd_pfn pfn = 0; pfn < 700; pfn++)
		memset(make_page(&machine, pfn), 0, MAKE_PAGE);
	/* With 5 levels image, direct map and vmalloc lie in different entries of the top table. */
	if (levels == 5) {
		set(PGD, slot(START_KERNEL_MAP, 48), to(USER_P4D + 1));
		set(USER_P4D + 1, slot(START_KERNEL_MAP, 39), to(PUD_IMAGE));
		set(PGD, slot(direct, 48), to(USER_P4D + 2));
		set(USER_P4D + 2, slot(direct, 39), to(PUD_DIRECT));
	} else {
		map(4, START_KERNEL_MAP, PUD_IMAGE);
		map(4, direct, PUD_DIRECT);
	}
	map(levels, vmalloc, PUD_VMALLOC);
	set(PUD_IMAGE, slot(STEXT, 30), to(PMD_IMAGE));
	set(PMD_IMAGE, slot(STEXT, 21), IMAGE * 4096ull | LARGE);
	set(PUD_DIRECT, slot(direct, 30), to(PMD_DIRECT));
	set(PMD_DIRECT, 0, to(PTE_DIRECT));
	for (unsigned int i = 0; i < 512; i++)
		set(PTE_DIRECT, i, to(i) | NO_EXECUTE);
	for (unsigned int i = 1; i < 4; i++)
		set(PMD_DIRECT, i, i << 21 | LARGE | NO_EXECUTE);
	set(PUD_VMALLOC, 0, to(PMD_VMALLOC));
	set(PMD_VMALLOC, 0, to(PTE_VMALLOC));
	set(PTE_VMALLOC, 0, to(DATA) | NO_EXECUTE);
	set(PTE_VMALLOC, 1, to(EXCLUDED) | NO_EXECUTE);
	set(PTE_VMALLOC, 3, to(OUTSIDE));
	set(PTE_VMALLOC, 4, to(ABSENT));
	/* A 1 GiB page further up. */
	set(PUD_VMALLOC, 1, 0 | LARGE);

	if (levels == 5) {
		set(USER_PGD, slot(USER, 48), to(USER_P4D));
		set(USER_P4D, slot(USER, 39), to(USER_PUD));
	} else {
		set(USER_PGD, slot(USER, 39), to(USER_PUD));
	}
	set(USER_PUD, slot(USER, 30), to(USER_PMD));
	set(USER_PMD, slot(USER, 21), to(USER_PTE));
	set(USER_PTE, 0, to(DATA));
	/* PROT_NONE: not present, bit 8, address inverted. */
	set(USER_PTE, 1, (~(DATA * 4096ull) & 0x000ffffffffff000ull) | 0x100);
	set(USER_PTE, 2, 0x2ull << 58); /* a swap entry */
	/* What every process shares with the kernel. */
	memcpy(make_page(&machine, USER_PGD) + 2048, make_page(&machine, PGD) + 2048, 2048);

	for (unsigned int i = 0; i < MAKE_PAGE; i++)
		make_page(&machine, DATA)[i] = (uint8_t)(i * 31 + i / 256);
	free(machine.pages[EXCLUDED]);
	free(machine.pages[ABSENT]);
	machine.pages[EXCLUDED] = machine.pages[ABSENT] = NULL;
	machine.absent[ABSENT] = true;
}

static char note[1024];

static void make_note(int levels)
{
	snprintf(note, sizeof(note),
		 "OSRELEASE=6.0.0-test\nPAGESIZE=4096\nSYMBOL(_stext)=%" PRIx64 "\nSYMBOL(swapper_pg_dir)=%" PRIx64
		 "\nNUMBER(phys_base)=%" PRId64 "\nNUMBER(pgtable_l5_enabled)=%d\nKERNELOFFSET=11000000\n"
		 "NUMBER(KERNEL_IMAGE_SIZE)=1073741824\n",
		 (uint64_t)STEXT, (uint64_t)(STEXT + (PGD - IMAGE) * 4096), (int64_t)PHYS_BASE, levels == 5);
	machine.vmcoreinfo = note;
}

static struct kd_dump *dump;

static struct kd_memory *open_bytes(struct make_bytes bytes)
{
	const char *path = make_file("vmcore", bytes.data, bytes.len);
	free(bytes.data);
	struct kd_memory *memory;
	struct kd_error *err = kd_dump_open(&path, 1, NULL, &dump);
	if (!err)
		err = kd_memory_create(dump, &memory);
	if (err) {
		fprintf(stderr, "%s\n", err->message);
		abort();
	}
	return memory;
}

static struct kd_memory *open_machine(void)
{
	return open_bytes(make_kdump(&machine, 0, 0, MAKE_PAGES));
}

static void close_machine(struct kd_memory *memory)
{
	kd_memory_destroy(memory);
	kd_dump_close(dump);
}

static void expect_fault(struct kd_error *err, enum kd_fault fault, kd_vaddr address)
{
	if (!err || err->code != KD_ERROR_FAULT || err->fault != fault || err->address != address || err->physical) {
		fprintf(stderr, "expected %s at %#" PRIx64 ", got %s\n", kd_fault_name(fault), address,
			err ? err->message : "success");
		abort();
	}
	kd_error_destroy(err);
}

struct ranges {
	kd_vaddr start[64], end[64];
	unsigned int flags[64];
	size_t nr;
};

static struct kd_error *add_range(void *context, kd_vaddr start, kd_vaddr end, unsigned int flags)
{
	struct ranges *ranges = context;
	assert(ranges->nr < 64 && start < end);
	assert(!ranges->nr || start >= ranges->end[ranges->nr - 1]);
	ranges->start[ranges->nr] = start;
	ranges->end[ranges->nr] = end;
	ranges->flags[ranges->nr++] = flags;
	return NULL;
}

static void check(struct kd_memory *memory, int levels)
{
	kd_vaddr direct = levels == 5 ? DIRECT_5 : DIRECT_4, vmalloc = levels == 5 ? VMALLOC_5 : VMALLOC_4;
	const struct kd_layout *layout = kd_memory_layout(memory);
	assert(layout->level_nr == (unsigned int)levels);
	assert(layout->kaslr_offset == 0x11000000);
	assert(layout->phys_base == (int64_t)PHYS_BASE);
	assert(layout->page_offset == direct && layout->page_offset_end == direct + MAKE_PAGES * 4096ull);
	assert(layout->image_start == START_KERNEL_MAP);

	/* The same byte by every way. */
	const uint8_t *data = make_page(&machine, DATA), *view;
	size_t len;
	uint64_t expected, value;
	memcpy(&expected, data + 24, 8);
	const kd_vaddr ways[] = { direct + DATA * 4096ull, vmalloc, STEXT + (DATA - IMAGE) * 4096ull,
				  vmalloc + (1ull << 30) + DATA * 4096ull };
	for (size_t i = 0; i < KD_ARRAY_NR(ways); i++) {
		assert(!kd_memory_read_u64(memory, ways[i] + 24, &value) && value == expected);
		/* Again, from what was remembered. */
		assert(!kd_memory_read_u64(memory, ways[i] + 24, &value) && value == expected);
		assert(!kd_memory_view(memory, ways[i] + 4095, &view, &len) && len == 1 && *view == data[4095]);
		kd_paddr physical;
		assert(!kd_memory_translate(memory, 0, ways[i] + 5, &physical) && physical == DATA * 4096 + 5);
		struct kd_walk_step steps[KD_WALK_MAX];
		size_t nr;
		assert(!kd_memory_walk(memory, 0, ways[i] + 5, steps, &nr, &physical));
		assert(physical == DATA * 4096 + 5 && !strcmp(steps[0].level, "PGD") && steps[nr - 1].page_size);
		static const size_t depths[] = { 3, 4, 3, 2 }; /* 2 MiB, 4 KiB, 2 MiB, 1 GiB */
		assert(nr == depths[i] + (levels == 5));
	}
	kd_vaddr back;
	assert(!kd_memory_direct(memory, DATA * 4096, &back) && back == ways[0]);
	struct kd_error *err = kd_memory_direct(memory, OUTSIDE * 4096ull, &back);
	assert(err && err->code == KD_ERROR_VALUE);
	kd_error_destroy(err);

	/* Every kind of hole, told of the virtual address of the first byte that is missing. */
	uint8_t buffer[3 * MAKE_PAGE];
	expect_fault(kd_memory_read(memory, vmalloc + 4000, buffer, 200), KD_FAULT_EXCLUDED, vmalloc + 4096);
	expect_fault(kd_memory_read(memory, vmalloc + 4097, buffer, 1), KD_FAULT_EXCLUDED, vmalloc + 4097);
	expect_fault(kd_memory_read(memory, vmalloc + 2 * 4096, buffer, 1), KD_FAULT_UNTRANSLATABLE,
		     vmalloc + 2 * 4096);
	expect_fault(kd_memory_read(memory, vmalloc + 3 * 4096, buffer, 1), KD_FAULT_ABSENT, vmalloc + 3 * 4096);
	expect_fault(kd_memory_read(memory, vmalloc + 4 * 4096, buffer, 1), KD_FAULT_ABSENT, vmalloc + 4 * 4096);
	expect_fault(kd_memory_read(memory, direct + EXCLUDED * 4096ull, buffer, 1), KD_FAULT_EXCLUDED,
		     direct + EXCLUDED * 4096ull);
	expect_fault(kd_memory_read(memory, 0, buffer, 1), KD_FAULT_UNTRANSLATABLE, 0);
	expect_fault(kd_memory_read(memory, 0x1234567812345678, buffer, 1), KD_FAULT_UNTRANSLATABLE,
		     0x1234567812345678);
	expect_fault(kd_memory_read(memory, UINT64_MAX, buffer, 2), KD_FAULT_UNTRANSLATABLE, UINT64_MAX);

	struct kd_error *why;
	assert(!kd_memory_read_upto(memory, vmalloc + 100, buffer, sizeof(buffer), &len, &why));
	assert(len == 3996 && !memcmp(buffer, data + 100, len));
	expect_fault(why, KD_FAULT_EXCLUDED, vmalloc + 4096);

	/* Strings end at a NUL, at the limit, or where memory ends. */
	char *text;
	size_t text_len;
	assert(!kd_memory_read_string(memory, vmalloc + 4090, 100, &text, &text_len));
	assert(text_len == 6 && !memcmp(text, data + 4090, 6) && !text[6]);
	free(text);
	assert(!kd_memory_read_string(memory, vmalloc + 1, 3, &text, &text_len) && text_len == 3);
	free(text);
	expect_fault(kd_memory_read_string(memory, vmalloc + 4096, 3, &text, &text_len), KD_FAULT_EXCLUDED,
		     vmalloc + 4096);

	/* A process's memory, its top table given with the low bits that CR3 may have. */
	kd_paddr pgd = USER_PGD * 4096 + 5;
	assert(!kd_memory_read_space(memory, pgd, USER + 24, &value, 8, &len) && len == 8 && value == expected);
	assert(!kd_memory_read_space(memory, pgd, USER + 4096 + 24, &value, 8, &len) && len == 8 && value == expected);
	expect_fault(kd_memory_read_space(memory, pgd, USER + 2 * 4096, &value, 8, &len), KD_FAULT_UNTRANSLATABLE,
		     USER + 2 * 4096);
	if (layout->pgd == PGD * 4096)
		expect_fault(kd_memory_read(memory, USER, &value, 8), KD_FAULT_UNTRANSLATABLE, USER);

	struct ranges ranges = {};
	assert(!kd_memory_ranges(memory, vmalloc, vmalloc + (1u << 30), add_range, &ranges));
	assert(ranges.nr == 2);
	assert(ranges.start[0] == vmalloc && ranges.end[0] == vmalloc + 2 * 4096 &&
	       ranges.flags[0] == KD_RANGE_WRITABLE);
	assert(ranges.start[1] == vmalloc + 3 * 4096 && ranges.end[1] == vmalloc + 5 * 4096 &&
	       ranges.flags[1] == (KD_RANGE_WRITABLE | KD_RANGE_EXECUTABLE));
	ranges.nr = 0;
	assert(!kd_memory_ranges(memory, STEXT + 4096, STEXT + (8 << 20), add_range, &ranges));
	assert(ranges.nr == 1 && ranges.start[0] == STEXT + 4096 && ranges.end[0] == STEXT + (2 << 20));
}

/* One segment claims to be at the very end of what 64 bits can address: the dump opens, and reads by its tables. */
static void test_memory_end(int levels)
{
	make(levels);
	make_note(levels);
	for (kd_pfn pfn = 700; pfn < MAKE_PAGES - 1; pfn++)
		machine.absent[pfn] = true;
	make_page(&machine, MAKE_PAGES - 1);
	struct make_bytes elf = make_elf(&machine);
	Elf64_Ehdr header;
	memcpy(&header, elf.data, sizeof(header));
	const uint64_t end = 0xfffffffffff00000;
	memcpy(elf.data + header.e_phoff + (header.e_phnum - 1) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_paddr),
	       &end, sizeof(end));
	struct kd_memory *memory = open_bytes(elf);
	uint64_t value, expected;
	memcpy(&expected, make_page(&machine, DATA) + 24, 8);
	assert(!kd_memory_layout(memory)->page_offset_end);
	assert(!kd_memory_read_u64(memory, (levels == 5 ? DIRECT_5 : DIRECT_4) + DATA * 4096ull + 24, &value));
	assert(value == expected);
	assert(!kd_memory_read_u64(memory, (levels == 5 ? VMALLOC_5 : VMALLOC_4) + 24, &value) && value == expected);
	close_machine(memory);
	make_machine_deinit(&machine);
}

int main(void)
{
	for (int levels = 4; levels <= 5; levels++) {
		make(levels);
		make_note(levels);
		struct kd_memory *memory = open_machine();
		check(memory, levels);
		close_machine(memory);

		/* No note: by the registers, in kernel mode, and in user mode with an isolated table. */
		machine.vmcoreinfo = NULL;
		machine.cr4 = levels == 5 ? 1 << 12 : 0;
		const uint64_t cr3s[] = { PGD * 4096, USER_PGD * 4096 + 3, USER_HALF * 4096 + 0x803 };
		for (size_t i = 0; i < KD_ARRAY_NR(cr3s); i++) {
			machine.cr3 = cr3s[i];
			memory = open_machine();
			check(memory, levels);
			close_machine(memory);
		}

		/* No note, but its text in memory, behind a stale one of another boot. */
		machine.cr3 = 0;
		make_note(levels);
		strcat(note, "SYMBOL(init_uts_ns)=ffffffff92140000\n");
		strcpy((char *)make_page(&machine, IMAGE + 0x140) + 20, "6.0.0-test");
		strcpy((char *)make_page(&machine, 30), "OSRELEASE=6.0.0-stale\nPAGESIZE=4096\n");
		strcat((char *)make_page(&machine, 30), strchr(strchr(note, '\n') + 1, '\n') + 1);
		strcpy((char *)make_page(&machine, 40), note);
		machine.vmcoreinfo = NULL;
		memory = open_machine();
		check(memory, levels);
		assert(!strcmp(kd_vmcoreinfo_get(kd_dump_vmcoreinfo(dump), "OSRELEASE"), "6.0.0-test"));
		close_machine(memory);

		/* The same for a note of another boot, alone or before the right one. */
		char stale[sizeof(note)], right[sizeof(note)];
		strcpy(stale, (char *)make_page(&machine, 30));
		snprintf(right, sizeof(right), "%s", note);
		const char *const notes[][2] = {
			{ NULL, stale }, { stale, right }, { right, stale }, { stale, stale }
		};
		for (size_t i = 0; i < KD_ARRAY_NR(notes); i++) {
			machine.first_vmcoreinfo = notes[i][0];
			machine.vmcoreinfo = notes[i][1];
			memory = open_machine();
			check(memory, levels);
			const struct kd_vmcoreinfo *info = kd_dump_vmcoreinfo(dump);
			assert(!strcmp(kd_vmcoreinfo_get(info, "OSRELEASE"), "6.0.0-test") && !info->doubtful);
			close_machine(memory);
		}
		/* Nowhere the right one: what there is, and that it is not right. */
		memset(make_page(&machine, 40), 0, MAKE_PAGE);
		memory = open_machine();
		assert(kd_dump_vmcoreinfo(dump)->doubtful);
		close_machine(memory);
		machine.first_vmcoreinfo = NULL;

		/* Tables that point at themselves: the walk has an end, and so has the sweep. */
		make_note(levels);
		for (unsigned int i = 0; i < 512; i++) {
			set(PUD_VMALLOC, i, to(PUD_VMALLOC));
			set(PTE_DIRECT, i, to(DATA));
		}
		memory = open_machine();
		kd_vaddr vmalloc = levels == 5 ? VMALLOC_5 : VMALLOC_4;
		struct ranges ranges = {};
		struct kd_error *err = kd_memory_ranges(memory, vmalloc, vmalloc + (1ull << 39), add_range, &ranges);
		assert(err && err->code == KD_ERROR_LIMIT);
		kd_error_destroy(err);
		/* A direct map that does not hold what it should is none, and does no harm. */
		assert(!kd_memory_layout(memory)->page_offset_end);
		uint64_t value;
		assert(!kd_memory_read_u64(memory, STEXT, &value));
		close_machine(memory);
		make_machine_deinit(&machine);
		test_memory_end(levels);
	}
	make_clean();
	puts("ok xlat");
	return 0;
}
