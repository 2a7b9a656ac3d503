/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages come back as they were written, whatever the container; a missing one says why. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86_64/registers.h"
#include "dump/dump.h"
#include "make_dump.h"

enum { PRESENT_NR = 300, EXCLUDED = 400, ABSENT = 500, LAST = 1000 };

static void fill(uint8_t *page, kd_pfn pfn)
{
	for (size_t i = 0; i < MAKE_PAGE; i++)
		page[i] = (uint8_t)(pfn * 7 + i * 13 + i / 256);
}

static void make(struct make_machine *machine)
{
	*machine = (struct make_machine){ .vmcoreinfo = "OSRELEASE=6.0.0-test\nPAGESIZE=4096\n", .cpu_nr = 3 };
	for (kd_pfn pfn = 0; pfn < PRESENT_NR; pfn++)
		fill(make_page(machine, pfn), pfn);
	fill(make_page(machine, LAST), LAST);
	machine->absent[ABSENT] = true;
	for (kd_pfn pfn = LAST + 1; pfn < MAKE_PAGES; pfn++)
		machine->absent[pfn] = true;
}

static struct kd_dump *open_paths(const char *const *paths, size_t nr, size_t cache_pages)
{
	struct kd_dump *dump;
	struct kd_dump_options options = { .cache_pages = cache_pages };
	struct kd_error *err = kd_dump_open(paths, nr, &options, &dump);
	if (err) {
		fprintf(stderr, "%s\n", err->message);
		abort();
	}
	return dump;
}

static void expect_fault(struct kd_dump *dump, kd_pfn pfn, enum kd_fault fault)
{
	const uint8_t *page;
	struct kd_error *err = kd_dump_page(dump, pfn, &page);
	if (!err || err->code != KD_ERROR_FAULT || err->fault != fault) {
		fprintf(stderr, "page %u: expected %s, got %s\n", (unsigned int)pfn, kd_fault_name(fault),
			err ? err->message : "data");
		abort();
	}
	assert(err->physical && err->address == pfn * MAKE_PAGE);
	kd_error_destroy(err);
	assert(kd_dump_page_status(dump, pfn) == fault);
}

static void expect_page(struct kd_dump *dump, kd_pfn pfn)
{
	uint8_t expected[MAKE_PAGE];
	const uint8_t *page;
	fill(expected, pfn);
	struct kd_error *err = kd_dump_page(dump, pfn, &page);
	assert(!err && !memcmp(page, expected, MAKE_PAGE));
	assert(kd_dump_page_status(dump, pfn) == KD_FAULT_NONE);
}

static void check_whole(struct kd_dump *dump)
{
	assert(kd_dump_completeness(dump) == KD_COMPLETE);
	assert(kd_dump_page_size(dump) == MAKE_PAGE);
	assert(!strcmp(kd_dump_arch(dump), "x86_64"));
	assert(!strcmp(kd_vmcoreinfo_get(kd_dump_vmcoreinfo(dump), "OSRELEASE"), "6.0.0-test"));
	/* Twice, and in both directions: through the cache and past its bound. */
	for (kd_pfn pfn = 0; pfn < PRESENT_NR; pfn++)
		expect_page(dump, pfn);
	for (kd_pfn pfn = PRESENT_NR; pfn-- > 0;)
		expect_page(dump, pfn);
	expect_page(dump, LAST);
	expect_fault(dump, EXCLUDED, KD_FAULT_EXCLUDED);
	expect_fault(dump, ABSENT, KD_FAULT_ABSENT);
	expect_fault(dump, LAST + 1, KD_FAULT_ABSENT);
	expect_fault(dump, 1ull << 40, KD_FAULT_ABSENT);

	uint8_t bytes[2 * MAKE_PAGE], expected[2 * MAKE_PAGE];
	fill(expected, 7);
	fill(expected + MAKE_PAGE, 8);
	struct kd_error *err = kd_dump_read(dump, 7 * MAKE_PAGE + 100, bytes, MAKE_PAGE);
	assert(!err && !memcmp(bytes, expected + 100, MAKE_PAGE));
	err = kd_dump_read(dump, PRESENT_NR * MAKE_PAGE - 8, bytes, 16);
	assert(err && err->address == PRESENT_NR * MAKE_PAGE);
	kd_error_destroy(err);

	const struct kd_notes *notes = kd_dump_notes(dump);
	assert(notes->nr == 3);
	for (size_t i = 0; i < 3; i++) {
		assert(notes->cpus[i].has_regs && notes->cpus[i].regs.word[KD_X86_RIP] == 0x1000 + i);
		assert(notes->cpus[i].pid == (int32_t)(100 + i) && !notes->cpus[i].has_controls);
	}
}

static void check_file(const char *name, struct make_bytes bytes, const char *format)
{
	const char *path = make_file(name, bytes.data, bytes.len);
	/* The smallest cache there is, and one that holds everything. */
	for (size_t pages = 1; pages < 10000; pages += 5000) {
		struct kd_dump *dump = open_paths(&path, 1, pages);
		assert(!strcmp(kd_dump_format(dump), format));
		assert(!strcmp(kd_dump_path(dump), path));
		check_whole(dump);
		kd_dump_close(dump);
	}
}

static void test_containers(const struct make_machine *machine)
{
	struct make_bytes raw = make_kdump(machine, 0, 0, MAKE_PAGES);
	struct make_bytes zlib = make_kdump(machine, MAKE_ZLIB, 0, MAKE_PAGES);
	struct make_bytes silent = make_kdump(machine, MAKE_NO_MACHINE, 0, MAKE_PAGES);
	struct make_bytes elf = make_elf(machine);
	struct make_bytes flat = make_flattened(zlib, 5000);
	check_file("raw", raw, "kdump-compressed, uncompressed");
	check_file("zlib", zlib, "kdump-compressed, zlib");
	check_file("elf", elf, "ELF64 dump");
	check_file("flat", flat, "kdump-compressed, zlib, flattened");

	/* Silent about the machine, as QEMU's: the note tells. */
	const char *path = make_file("silent", silent.data, silent.len);
	struct kd_dump *dump = open_paths(&path, 1, 0);
	assert(!strcmp(kd_dump_arch(dump), "unknown"));
	kd_dump_close(dump);
	struct kd_dump_options options = { .vmcoreinfo = "NUMBER(pgtable_l5_enabled)=0\n" };
	options.vmcoreinfo_len = strlen(options.vmcoreinfo);
	assert(!kd_dump_open(&path, 1, &options, &dump));
	assert(!strcmp(kd_dump_arch(dump), "x86_64"));
	char *arch = kd_dump_attribute(dump, "arch.name");
	assert(arch && !strcmp(arch, "x86_64"));
	free(arch);
	assert(!kd_dump_attribute(dump, "no.such.key"));
	kd_dump_close(dump);

	free(raw.data);
	free(zlib.data);
	free(silent.data);
	free(elf.data);
	free(flat.data);
}

/** QEMU writes the largest pages that an arm64 can have; VMCOREINFO, which is a note here, has the kernel's. */
static void test_large(const struct make_machine *machine)
{
	struct make_bytes large = make_kdump(machine, MAKE_LARGE, 0, MAKE_PAGES);
	const char *path = make_file("large", large.data, large.len);
	struct kd_dump *dump = open_paths(&path, 1, 0);
	assert(kd_dump_page_size(dump) == MAKE_PAGE);
	for (kd_pfn pfn = 0; pfn < PRESENT_NR; pfn++)
		expect_page(dump, pfn);
	expect_page(dump, LAST);
	expect_fault(dump, EXCLUDED, KD_FAULT_EXCLUDED);
	expect_fault(dump, MAKE_PAGES - 1, KD_FAULT_ABSENT);
	expect_fault(dump, MAKE_PAGES, KD_FAULT_ABSENT);
	kd_dump_close(dump);
	free(large.data);
}

static void test_split(const struct make_machine *machine)
{
	static const kd_pfn borders[] = { 0, 100, 350, MAKE_PAGES };
	static const char *const names[] = { "part0", "part1", "part2" };
	const char *paths[3];
	for (size_t i = 0; i < 3; i++) {
		struct make_bytes part = make_kdump(machine, 0, borders[i], borders[i + 1]);
		paths[i] = make_file(names[i], part.data, part.len);
		free(part.data);
	}
	struct kd_dump *dump = open_paths(paths, 3, 0);
	check_whole(dump);
	kd_dump_close(dump);
	const char *shuffled[] = { paths[2], paths[0], paths[1] };
	dump = open_paths(shuffled, 3, 0);
	check_whole(dump);
	kd_dump_close(dump);

	/* makedumpfile makes as many parts as it was told to, though one may have held all. */
	struct make_bytes nothing = make_kdump(machine, 0, MAKE_PAGES, MAKE_PAGES);
	struct make_bytes all = make_kdump(machine, 0, 0, MAKE_PAGES);
	all.data[MAKE_PAGE + 12] = 1; /* split */
	const char *empty[] = { make_file("part3", nothing.data, nothing.len), make_file("part4", all.data, all.len) };
	dump = open_paths(empty, 2, 0);
	check_whole(dump);
	kd_dump_close(dump);
	free(nothing.data);
	free(all.data);

	/* A part that was not given is not the same as a page that was left out. */
	const char *gap[] = { paths[0], paths[2] };
	dump = open_paths(gap, 2, 0);
	assert(kd_dump_completeness(dump) == KD_TRUNCATED);
	expect_page(dump, 99);
	expect_page(dump, LAST);
	expect_fault(dump, 100, KD_FAULT_TRUNCATED);
	expect_fault(dump, EXCLUDED, KD_FAULT_EXCLUDED);
	kd_dump_close(dump);

	/* Each part may be the one that is cut. */
	for (size_t i = 0; i < 3; i++) {
		struct make_bytes part = make_kdump(machine, 0, borders[i], borders[i + 1]);
		make_file(names[i], part.data, part.len - MAKE_PAGE / 2);
		dump = open_paths(paths, 3, 0);
		assert(kd_dump_completeness(dump) == KD_TRUNCATED);
		kd_dump_close(dump);
		make_file(names[i], part.data, part.len);
		free(part.data);
	}
	dump = open_paths(paths, 3, 0);
	assert(kd_dump_completeness(dump) == KD_COMPLETE);
	kd_dump_close(dump);
}

/** All pages before the cut are there, all after it say so, and none is wrong. */
static void check_cut(const char *path)
{
	struct kd_dump *dump = open_paths(&path, 1, 0);
	assert(kd_dump_completeness(dump) == KD_TRUNCATED);
	size_t good = 0;
	while (good < PRESENT_NR && kd_dump_page_status(dump, good) == KD_FAULT_NONE)
		expect_page(dump, good++);
	assert(good > 0 && good < PRESENT_NR);
	for (kd_pfn pfn = good; pfn < PRESENT_NR; pfn++)
		expect_fault(dump, pfn, KD_FAULT_TRUNCATED);
	expect_fault(dump, LAST, KD_FAULT_TRUNCATED);
	expect_fault(dump, EXCLUDED, KD_FAULT_EXCLUDED);
	expect_fault(dump, ABSENT, KD_FAULT_ABSENT);
	kd_dump_close(dump);
}

static void test_truncated(const struct make_machine *machine)
{
	struct make_bytes kdump = make_kdump(machine, 0, 0, MAKE_PAGES);
	struct make_bytes zlib = make_kdump(machine, MAKE_ZLIB, 0, MAKE_PAGES);
	struct make_bytes elf = make_elf(machine);
	/* In the middle of a page, at the border of one, and in all remainders of the file's last page. */
	for (size_t cut = 1; cut < 12; cut++) {
		size_t len = kdump.len / 2 + cut * 997;
		check_cut(make_file("cut", kdump.data, len));
		check_cut(make_file("cut", zlib.data, len));
		check_cut(make_file("cut", elf.data, len));
	}
	struct make_bytes marked = make_kdump(machine, MAKE_INCOMPLETE, 0, MAKE_PAGES);
	const char *path = make_file("marked", marked.data, marked.len);
	struct kd_dump *dump = open_paths(&path, 1, 0);
	assert(kd_dump_completeness(dump) == KD_TRUNCATED);
	expect_page(dump, LAST);
	kd_dump_close(dump);

	/* Flattened and in order, so that what is cut off is the end. */
	struct make_bytes flat = make_flattened(zlib, zlib.len);
	path = make_file("cut", flat.data, flat.len / 2);
	check_cut(path);
	free(flat.data);
	free(marked.data);
	free(kdump.data);
	free(zlib.data);
	free(elf.data);
}

/** The capture kernel was killed: room for the last descriptors is there, and zeros are in it. */
static void test_never_written(const struct make_machine *machine)
{
	struct make_bytes kdump = make_kdump(machine, 0, 0, MAKE_PAGES);
	size_t nr = 0, last = 0;
	for (size_t i = 0; i < MAKE_PAGES; i++) {
		nr += machine->pages[i] != NULL;
		last = machine->pages[i] ? i : last;
	}
	uint32_t sub_blocks, bitmap_blocks;
	memcpy(&sub_blocks, kdump.data + 432, sizeof(sub_blocks));
	memcpy(&bitmap_blocks, kdump.data + 436, sizeof(bitmap_blocks));
	size_t first = (1 + sub_blocks + bitmap_blocks) * MAKE_PAGE;
	memset(kdump.data + first + 24 * (nr / 2), 0, 24 * (nr - nr / 2));
	const char *path = make_file("killed", kdump.data, kdump.len);
	struct kd_dump *dump;
	assert(!kd_dump_open(&path, 1, NULL, &dump));
	assert(kd_dump_completeness(dump) == KD_TRUNCATED);
	const uint8_t *page;
	struct kd_error *err = kd_dump_page(dump, last, &page);
	assert(err && err->code == KD_ERROR_FAULT && err->fault == KD_FAULT_TRUNCATED);
	kd_error_destroy(err);
	assert(kd_dump_page_status(dump, last) == KD_FAULT_TRUNCATED);
	kd_dump_close(dump);
	free(kdump.data);
}

static void test_corrupt(const struct make_machine *machine)
{
	struct make_bytes zlib = make_kdump(machine, MAKE_ZLIB, 0, MAKE_PAGES);
	/* The last page's data end the file. */
	memset(zlib.data + zlib.len - MAKE_PACKED + 50, 0xee, 100);
	const char *path = make_file("corrupt", zlib.data, zlib.len);
	struct kd_dump *dump = open_paths(&path, 1, 0);
	const uint8_t *page;
	struct kd_error *err = kd_dump_page(dump, LAST, &page);
	assert(err && err->code == KD_ERROR_FAULT && err->fault == KD_FAULT_CORRUPT &&
	       err->address == LAST * MAKE_PAGE);
	kd_error_destroy(err);
	expect_page(dump, 0);
	kd_dump_close(dump);
	free(zlib.data);
}

int main(void)
{
	static struct make_machine machine;
	make(&machine);
	test_containers(&machine);
	test_large(&machine);
	test_split(&machine);
	test_truncated(&machine);
	test_never_written(&machine);
	test_corrupt(&machine);
	make_machine_deinit(&machine);
	make_clean();
	puts("ok dump_pages");
	return 0;
}
