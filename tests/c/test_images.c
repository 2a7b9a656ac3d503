/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images of memory: their pages are those that went in; what is cut says so, and what is damaged does no harm. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "chance.h"
#include "dump/dump.h"
#include "dump/images/qemu.h"
#include "dump/images/qemu_board.h"
#include "dump/images/vmware.h"
#include "expect.h"
#include "make_dump.h"

enum { LOW = 4, LOW_END = 60, HIGH = 300, HIGH_END = 340, RANGES = 2, SNAPPY_PAGE = 10 };
static const kd_pfn ranges[RANGES][2] = { { LOW, LOW_END }, { HIGH, HIGH_END } };

static bool is_present(kd_pfn pfn)
{
	return (pfn >= LOW && pfn < LOW_END) || (pfn >= HIGH && pfn < HIGH_END);
}

static void fill(kd_pfn pfn, uint8_t page[MAKE_PAGE])
{
	for (size_t i = 0; i < MAKE_PAGE; i++)
		page[i] = (uint8_t)(pfn == SNAPPY_PAGE ? 7 : pfn + i / 64);
	if (pfn == LOW)
		strcpy((char *)page, "OSRELEASE=6.0.0-test\nPAGESIZE=4096\nSYMBOL(_stext)=ffffffff81000000\n");
}

static void put(struct make_bytes *file, const void *data, size_t len)
{
	file->data = realloc(file->data, file->len + len);
	assert(file->data);
	memcpy(file->data + file->len, data, len);
	file->len += len;
}

static void put_header(struct make_bytes *file, const char *magic, uint32_t version, const kd_pfn range[2])
{
	const uint64_t words[3] = { range[0] * MAKE_PAGE, range[1] * MAKE_PAGE - 1, 0 };
	put(file, magic, 4);
	put(file, &version, sizeof(version));
	put(file, words, sizeof(words));
}

static struct make_bytes make_lime(void)
{
	struct make_bytes file = {};
	for (size_t i = 0; i < RANGES; i++) {
		put_header(&file, "EMiL", 1, ranges[i]);
		for (kd_pfn pfn = ranges[i][0]; pfn < ranges[i][1]; pfn++) {
			uint8_t page[MAKE_PAGE];
			fill(pfn, page);
			put(&file, page, sizeof(page));
		}
	}
	return file;
}

static void put_chunk(struct make_bytes *file, const struct kd_crc32c *crc, kd_pfn pfn)
{
	uint8_t page[MAKE_PAGE];
	fill(pfn, page);
	const uint32_t sum = kd_crc32c(crc, page, sizeof(page));
	const uint32_t masked = (sum >> 15 | sum << 17) + 0xa282ead8;
	/* A literal of one byte, then copies of it: 63 of 64 bytes, and one of 63. */
	uint8_t packed[3 + 2 + 3 * 64] = { 0x80, 0x20, 0, 7 };
	for (size_t i = 0; i < 64; i++)
		memcpy(packed + 4 + 3 * i, i == 63 ? "\xfa\1\0" : "\xfe\1\0", 3);
	const bool is_packed = pfn == SNAPPY_PAGE;
	const size_t len = is_packed ? 4 + 3 * 64 : sizeof(page);
	const uint32_t header = (uint32_t)(len + sizeof(masked)) << 8 | !is_packed;
	put(file, &header, sizeof(header));
	put(file, &masked, sizeof(masked));
	put(file, is_packed ? packed : page, len);
}

static struct make_bytes make_avml(void)
{
	struct kd_crc32c crc;
	kd_crc32c_init(&crc);
	assert(kd_crc32c(&crc, "123456789", 9) == 0xe3069283);
	struct make_bytes file = {};
	for (size_t i = 0; i < RANGES; i++) {
		put_header(&file, "AVML", 2, ranges[i]);
		const size_t start = file.len;
		put(&file, "\xff\6\0\0sNaPpY", 10);
		put(&file, "\xfe\2\0\0..", 6); /* padding */
		for (kd_pfn pfn = ranges[i][0]; pfn < ranges[i][1]; pfn++)
			put_chunk(&file, &crc, pfn);
		const uint64_t len = file.len - start;
		put(&file, &len, sizeof(len));
	}
	return file;
}

static void put_big(struct make_bytes *file, uint64_t value, size_t len)
{
	while (len--)
		put(file, &(uint8_t){ (uint8_t)(value >> 8 * len) }, 1);
}

/** A migration stream, with a CPU of which the description has all that it may have. */
static struct make_bytes make_qemu(void)
{
	static const char json[] =
		"{\"configuration\": {}, \"devices\": [{\"name\": \"cpu\", \"instance_id\": 1, \"fields\": ["
		"{\"name\": \"env.regs\", \"array_len\": 16, \"size\": 8}, {\"name\": \"env.eip\", \"size\": 8},"
		"{\"name\": \"a\\\"\", \"struct\": {\"fields\": [{}, [1, -2.5e3, true, null]]}, \"size\": 0}]}]}";
	struct make_bytes file = {};
	put(&file, "QEVM\0\0\0\3\7\0\0\0\2pc\1\0\0\0\2\3ram\0\0\0\0\0\0\0\4", 32);
	put_big(&file, MAKE_PAGES * MAKE_PAGE | 4, 8);
	put(&file, "\6pc.ram", 7);
	put_big(&file, MAKE_PAGES * MAKE_PAGE, 8);
	put_big(&file, 0x10, 8);
	put(&file, "\x7e\0\0\0\2\3\0\0\0\2", 10);
	for (size_t i = 0; i < RANGES; i++)
		for (kd_pfn pfn = ranges[i][0]; pfn < ranges[i][1]; pfn++) {
			const bool first = pfn == LOW, filled = pfn == SNAPPY_PAGE;
			uint8_t page[MAKE_PAGE];
			fill(pfn, page);
			put_big(&file, pfn * MAKE_PAGE | (filled ? 2 : 8) | (first ? 0 : 0x20), 8);
			put(&file, "\6pc.ram", first ? 7 : 0);
			put(&file, page, filled ? 1 : sizeof(page));
		}
	put_big(&file, 0x10, 8);
	put(&file, "\x7e\0\0\0\2\4\0\0\0\5\3cpu\0\0\0\1\0\0\0\14", 22);
	for (uint64_t value = 0; value < 17; value++)
		put_big(&file, value, 8);
	put(&file, "\x7e\0\0\0\5\0\6", 7);
	put_big(&file, sizeof(json) - 1, 4);
	put(&file, json, sizeof(json) - 1);
	return file;
}

static void put_tag(struct make_bytes *file, const char *name, size_t index_nr, uint32_t index, uint64_t value)
{
	const uint16_t tag = (uint16_t)(strlen(name) << 8 | index_nr << 6 | sizeof(value));
	const uint32_t indexes[3] = { index, 3 };
	put(file, &tag, sizeof(tag));
	put(file, name, strlen(name));
	put(file, indexes, index_nr * sizeof(indexes[0]));
	put(file, &value, sizeof(value));
}

/** A suspend file of VMware's with memory inside. */
static struct make_bytes make_vmss(void)
{
	struct make_bytes file = {};
	const uint64_t position = 12 + 80;
	const uint32_t nr = 1;
	char name[64] = "memory";
	put(&file, "\xd2\xbe\xd2\xbe\10\0\0\0", 8);
	put(&file, &nr, sizeof(nr));
	put(&file, name, sizeof(name));
	put(&file, &position, sizeof(position));
	put(&file, &position, sizeof(position));
	put_tag(&file, "rip", 1, 0, 5);
	put_tag(&file, "CR64", 2, 0, 5);
	put_tag(&file, "regionsCount", 0, 0, RANGES);
	for (uint32_t i = 0; i < RANGES; i++) {
		put_tag(&file, "regionPageNum", 1, i, i ? LOW_END - LOW : 0);
		put_tag(&file, "regionPPN", 1, i, ranges[i][0]);
		put_tag(&file, "regionSize", 1, i, ranges[i][1] - ranges[i][0]);
	}
	const uint64_t len = (LOW_END - LOW + HIGH_END - HIGH) * MAKE_PAGE;
	put(&file, "\x3f\6Memory", 8);
	put(&file, &len, sizeof(len));
	put(&file, &len, sizeof(len));
	put(&file, "\3\0...", 5);
	for (size_t i = 0; i < RANGES; i++)
		for (kd_pfn pfn = ranges[i][0]; pfn < ranges[i][1]; pfn++) {
			uint8_t page[MAKE_PAGE];
			fill(pfn, page);
			put(&file, page, sizeof(page));
		}
	put(&file, "\0\0", 2);
	return file;
}

/** The most that is below 4 GiB depends on the machine; what a machine is not known by is refused. */
static void test_boards(void)
{
	static const struct {
		const char *name, *ram;
		uint64_t len;
		kd_paddr at_3_gib;
		const char *machine;
	} boards[] = {
		{ "pc-i440fx-7.2", "pc.ram", 1ull << 32, 1ull << 32, "x86_64" },
		{ "pc-q35-9.0", "/objects/ram-node0", 1ull << 32, 5ull << 30, "x86_64" },
		{ "virt-8.0", "mach-virt.ram", 1ull << 32, 1ull << 32, "aarch64" },
		{ "virt", "riscv_virt_board.ram", 1ull << 32, 5ull << 30, "riscv64" },
		{ "s390-ccw-virtio-9.0", "s390.ram", 1ull << 32, 3ull << 30, "s390x" },
	};
	for (size_t i = 0; i < KD_ARRAY_NR(boards); i++) {
		struct kd_qemu_block blocks[] = { { .len = 1ull << 40 }, { .len = boards[i].len } };
		blocks[0].len = 1ull << 20;
		strcpy(blocks[0].name, "vga.vram");
		strcpy(blocks[1].name, boards[i].ram);
		struct kd_qemu_board board;
		assert(kd_qemu_find_memory(boards[i].name, blocks, 2, &board));
		assert(!blocks[0].mapped && blocks[1].mapped && !strcmp(board.machine, boards[i].machine));
		assert(kd_qemu_address(&board, &blocks[1], 3ull << 30) == boards[i].at_3_gib);
		/* What follows is in a row with it, up to the end. */
		assert(kd_qemu_address(&board, &blocks[1], (4ull << 30) - 1) == boards[i].at_3_gib + (1ull << 30) - 1);
		assert(!kd_qemu_find_memory("sbsa-ref", blocks, 2, &board));
	}
}

static void expect_fault(struct kd_dump *dump, kd_pfn pfn, enum kd_fault fault)
{
	const uint8_t *page;
	struct kd_error *err = kd_dump_page(dump, pfn, &page);
	if (!err || err->code != KD_ERROR_FAULT || err->fault != fault) {
		fprintf(stderr, "page %ju: expected %s, got %s\n", (uintmax_t)pfn, kd_fault_name(fault),
			err ? err->message : "success");
		abort();
	}
	assert(err->physical && err->address >> 12 == pfn);
	kd_error_destroy(err);
	assert(kd_dump_page_status(dump, pfn) == fault || fault == KD_FAULT_CORRUPT);
}

static void expect_page(struct kd_dump *dump, kd_pfn pfn)
{
	uint8_t expected[MAKE_PAGE];
	const uint8_t *page;
	fill(pfn, expected);
	assert(kd_dump_page_status(dump, pfn) == KD_FAULT_NONE);
	ok(kd_dump_page(dump, pfn, &page));
	assert(!memcmp(page, expected, MAKE_PAGE));
}

static void check_whole(const char *const *paths, size_t nr, const char *format)
{
	struct kd_dump *dump;
	ok(kd_dump_open(paths, nr, NULL, &dump));
	assert(!strcmp(kd_dump_format(dump), format));
	assert(!strcmp(kd_vmcoreinfo_get(kd_dump_vmcoreinfo(dump), "OSRELEASE"), "6.0.0-test"));
	for (kd_pfn pfn = 0; pfn < HIGH_END + 10; pfn++) {
		if (is_present(pfn))
			expect_page(dump, pfn);
		else
			expect_fault(dump, pfn, KD_FAULT_ABSENT);
	}
	/* Across the ends of pages and frames, and in any order. */
	for (int i = 0; i < 500; i++) {
		const kd_pfn pfn = LOW + chance(LOW_END - LOW - 1);
		const size_t offset = chance(MAKE_PAGE), len = chance(MAKE_PAGE);
		uint8_t expected[2 * MAKE_PAGE], got[MAKE_PAGE];
		fill(pfn, expected);
		fill(pfn + 1, expected + MAKE_PAGE);
		assert(kd_dump_peek(dump, pfn * MAKE_PAGE + offset, got, len));
		assert(!memcmp(expected + offset, got, len));
	}
	kd_pfn pfn = LOW_END;
	assert(kd_dump_next_page(dump, &pfn) && pfn == HIGH);
	pfn = HIGH_END;
	assert(!kd_dump_next_page(dump, &pfn));
	kd_dump_shut(dump);
	const uint8_t *page;
	fails(kd_dump_page(dump, 200, &page), KD_ERROR_OS, "closed");
	kd_dump_close(dump);
}

/** All pages before the cut are there; those behind it are said to be cut off, as far as anybody knows of them. */
static void check_cut(const char *name, const struct make_bytes *file, size_t len)
{
	const char *path = make_file(name, file->data, len);
	struct kd_dump *dump;
	struct kd_error *err = kd_dump_open(&path, 1, NULL, &dump);
	if (err) {
		assert(len < 32);
		kd_error_destroy(err);
		return;
	}
	/* A cut between two ranges leaves a whole file. */
	if (kd_dump_completeness(dump) == KD_COMPLETE) {
		expect_page(dump, LOW_END - 1);
		assert(kd_dump_max_pfn(dump) == LOW_END);
		kd_dump_close(dump);
		return;
	}
	kd_pfn pfn = LOW;
	while (pfn < LOW_END && kd_dump_page_status(dump, pfn) == KD_FAULT_NONE)
		expect_page(dump, pfn++);
	if (pfn < LOW_END) {
		for (; pfn < LOW_END; pfn++)
			expect_fault(dump, pfn, KD_FAULT_TRUNCATED);
	} else {
		for (pfn = HIGH; pfn < HIGH_END && kd_dump_page_status(dump, pfn) == KD_FAULT_NONE; pfn++)
			expect_page(dump, pfn);
		/* All of them may be there, and what follows them is cut. */
		for (; pfn < HIGH_END; pfn++)
			expect_fault(dump, pfn, KD_FAULT_TRUNCATED);
	}
	expect_fault(dump, 0, KD_FAULT_ABSENT);
	kd_dump_close(dump);
}

static void check_hostile(const char *name, const struct make_bytes *file)
{
	for (int i = 0; i < 200; i++) {
		uint8_t *bytes = malloc(file->len);
		assert(bytes);
		memcpy(bytes, file->data, file->len);
		for (uint64_t nr = 1 + chance(4); nr; nr--) {
			static const uint64_t nasty[] = { 0, UINT64_MAX, INT64_MAX, 1ull << 51, 0xffffff00, 4095 };
			const uint64_t value = chance(2) ? nasty[chance(KD_ARRAY_NR(nasty))] : random_u64();
			const size_t at = chance(chance(2) ? 64 : file->len - sizeof(value));
			memcpy(bytes + at, &value, 1 + chance(sizeof(value)));
		}
		const char *path = make_file(name, bytes, chance(3) ? file->len : chance(file->len));
		free(bytes);
		struct kd_dump *dump;
		struct kd_error *err = kd_dump_open(&path, 1, NULL, &dump);
		if (err) {
			assert(*err->message && !strchr(err->message, '\n'));
			kd_error_destroy(err);
			continue;
		}
		for (kd_pfn pfn = 0; pfn < 2 * HIGH_END; pfn++) {
			const uint8_t *page;
			kd_dump_page_status(dump, pfn);
			err = kd_dump_page(dump, pfn, &page);
			assert(!err || err->code == KD_ERROR_FAULT);
			kd_error_destroy(err);
		}
		kd_dump_close(dump);
	}
}

/** Damage behind memory: the registers, and their description. */
static void check_tails(const struct make_bytes *file)
{
	enum { TAIL = 600 };
	uint8_t *bytes = malloc(file->len);
	assert(bytes && file->len > TAIL);
	for (int i = 0; i < 2000; i++) {
		memcpy(bytes, file->data, file->len);
		for (uint64_t nr = 1 + chance(3); nr; nr--) {
			const char nasty[] = "{}[],:\"\\09\0\x7e\5\377";
			bytes[file->len - 1 - chance(TAIL)] = (uint8_t)nasty[chance(sizeof(nasty))];
		}
		struct kd_file opened;
		struct kd_image image = kd_image_empty();
		ok(kd_file_init(&opened, make_file("tail", bytes, file->len - (i % 4 ? 0 : chance(TAIL)))));
		kd_error_destroy(kd_qemu_read(&image, &opened));
		assert(image.cpu_nr <= KD_IMAGE_CPUS_MAX);
		kd_image_deinit(&image);
		kd_file_deinit(&opened);
	}
	free(bytes);
}

/** Damage in the tags of VMware's. */
static void check_early(const struct make_bytes *file)
{
	uint8_t *bytes = malloc(file->len);
	assert(bytes);
	for (int i = 0; i < 2000; i++) {
		memcpy(bytes, file->data, file->len);
		for (uint64_t nr = 1 + chance(3); nr; nr--) {
			const char nasty[] = "\0\1\x3e\x3f\xff\x7f\x80";
			bytes[chance(500)] = (uint8_t)nasty[chance(sizeof(nasty))];
		}
		if (i % 2)
			memcpy(bytes + 12, "cpu\0\0\0", 6);
		struct kd_file opened;
		struct kd_image image = kd_image_empty();
		ok(kd_file_init(&opened, make_file("early", bytes, i % 4 ? 4096 : 1 + chance(600))));
		kd_error_destroy(kd_vmware_read(&image, &opened));
		kd_image_deinit(&image);
		kd_file_deinit(&opened);
	}
	free(bytes);
}

static void check_format(const char *name, struct make_bytes file, const char *format)
{
	const char *path = make_file(name, file.data, file.len);
	check_whole(&path, 1, format);
	for (size_t i = 0; i < 50; i++)
		check_cut("cut", &file, 1 + i * (file.len - 1) / 50);
	check_cut("cut", &file, file.len - 1);
	check_hostile("hostile", &file);
}

/** A byte of a page that has a checksum. */
static void test_checksums(const struct make_bytes *avml)
{
	uint8_t *bytes = malloc(avml->len);
	assert(bytes);
	memcpy(bytes, avml->data, avml->len);
	bytes[32 + 16 + 8 + 100] ^= 1;
	const char *path = make_file("sum", bytes, avml->len);
	struct kd_dump *dump;
	ok(kd_dump_open(&path, 1, NULL, &dump));
	expect_fault(dump, LOW, KD_FAULT_CORRUPT);
	expect_page(dump, LOW + 1);
	kd_dump_close(dump);
	free(bytes);
}

static void test_raw(void)
{
	char names[RANGES][256], both[600];
	for (size_t i = 0; i < RANGES; i++) {
		struct make_bytes file = {};
		for (kd_pfn pfn = ranges[i][0]; pfn < ranges[i][1]; pfn++) {
			uint8_t page[MAKE_PAGE];
			fill(pfn, page);
			put(&file, page, sizeof(page));
		}
		snprintf(names[i], sizeof(names[i]), "%s@%s%jx", make_file(i ? "high" : "low", file.data, file.len),
			 i ? "0x" : "", (uintmax_t)ranges[i][0] * MAKE_PAGE);
		free(file.data);
	}
	const char *paths[] = { names[1], names[0] };
	check_whole(paths, 2, "raw memory");
	snprintf(both, sizeof(both), "%s,%s", names[0], names[1]);
	paths[0] = both;
	check_whole(paths, 1, "raw memory");

	/* A file of that whole name is that file. */
	const char *named = make_file("low@10000", "text\n", 5);
	struct kd_dump *dump;
	fails(kd_dump_open(&named, 1, NULL, &dump), KD_ERROR_FORMAT, "text file");
	const char *unnamed = make_file("raw", "\1\2\3\4\5", 5);
	fails(kd_dump_open(&unnamed, 1, NULL, &dump), KD_ERROR_FORMAT, "@0x0");
	static const char *const wrong[] = { "/nonexistent@0", "/nonexistent@", "/nonexistent@0x", "/tmp@1g" };
	for (size_t i = 0; i < KD_ARRAY_NR(wrong); i++)
		fails(kd_dump_open(&wrong[i], 1, NULL, &dump), KD_ERROR_OS, "No such file");
	/* Beyond what a machine can have, and together with what is no such memory. */
	char far[300];
	snprintf(far, sizeof(far), "%s@ffffffffffff0000", unnamed);
	paths[0] = far;
	fails(kd_dump_open(paths, 1, NULL, &dump), KD_ERROR_FORMAT, "cannot be");
	paths[0] = names[0];
	struct make_bytes lime = make_lime();
	paths[1] = make_file("lime", lime.data, lime.len);
	fails(kd_dump_open(paths, 2, NULL, &dump), KD_ERROR_VALUE, "one dump at a time");
	free(lime.data);
}

int main(void)
{
	struct make_bytes lime = make_lime(), avml = make_avml(), qemu = make_qemu();
	const char *path = make_file("qemu", qemu.data, qemu.len);
	check_whole(&path, 1, "QEMU migration stream");
	check_hostile("hostile", &qemu);
	check_tails(&qemu);
	test_boards();
	struct make_bytes vmss = make_vmss();
	path = make_file("vmss", vmss.data, vmss.len);
	check_whole(&path, 1, "VMware suspend state");
	check_hostile("hostile", &vmss);
	check_early(&vmss);
	free(vmss.data);
	check_format("lime", lime, "LiME");
	check_format("avml", avml, "AVML");
	test_checksums(&avml);
	test_raw();
	free(lime.data);
	free(avml.data);
	free(qemu.data);
	make_clean();
	puts("ok images");
	return 0;
}
