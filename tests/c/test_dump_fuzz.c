/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Damaged dumps: bytes of the headers, notes, bitmaps, descriptors and page tables are overwritten, and the file is
 * cut, at random but the same each time. Whatever is opened is read and walked. Nothing may crash, hang or be written
 * out of bounds (the sanitizer build tells). `test_dump_fuzz NR SEED` runs longer.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "make_dump.h"
#include "xlat/memory.h"

static struct kd_error *count_range(void *context, kd_vaddr start, kd_vaddr end, unsigned int flags)
{
	(void)flags;
	assert(start < end);
	return ++*(size_t *)context > 1000 ? kd_error_create(KD_ERROR_LIMIT, "enough") : NULL;
}

static void use(const char *path, size_t *opened)
{
	struct kd_dump *dump;
	struct kd_dump_options options = { .cache_pages = 64 };
	struct kd_error *err = kd_dump_open(&path, 1, &options, &dump);
	if (err) {
		assert(*err->message && !strchr(err->message, '\n'));
		kd_error_destroy(err);
		return;
	}
	++*opened;
	for (kd_pfn pfn = 0; pfn < 2 * MAKE_PAGES; pfn += 1 + chance(40)) {
		const uint8_t *page;
		err = kd_dump_page(dump, pfn, &page);
		assert(!err || err->code == KD_ERROR_FAULT || err->code == KD_ERROR_OS);
		kd_error_destroy(err);
		kd_dump_page_status(dump, pfn);
	}
	struct kd_memory *memory;
	err = kd_memory_create(dump, &memory);
	if (!err) {
		size_t count = 0;
		uint64_t value;
		const struct kd_layout *layout = kd_memory_layout(memory);
		kd_error_destroy(kd_memory_read_u64(memory, layout->image_start + (random_u64() & 0x3fffffff), &value));
		kd_error_destroy(kd_memory_read_u64(memory, layout->page_offset + (random_u64() & 0xffffff), &value));
		kd_error_destroy(kd_memory_read_u64(memory, random_u64(), &value));
		kd_error_destroy(kd_memory_ranges(memory, layout->image_start, layout->image_end, count_range, &count));
		kd_memory_destroy(memory);
	}
	kd_error_destroy(err);
	kd_dump_close(dump);
}

static void mutate(uint8_t *bytes, size_t len)
{
	static const uint64_t nasty[] = { 0,	      1,	  0x7f,	     0xff,	 0xffff,	  0x7fffffff,
					  0x80000000, 0xffffffff, INT64_MAX, UINT64_MAX, UINT64_MAX << 1, 1ull << 40,
					  4095,	      '=' };
	for (uint64_t nr = 1 + chance(6); nr; nr--) {
		/* Headers are more fun than pages. */
		size_t limit = chance(4) ? kd_min(len, 32768) : len;
		size_t at = chance(limit), width = 1ull << chance(4);
		uint64_t value = chance(2) ? nasty[chance(KD_ARRAY_NR(nasty))] : random_u64();
		memcpy(bytes + at, &value, kd_min(width, len - at));
	}
}

int main(int argc, char **argv)
{
	unsigned long runs = argc > 1 ? strtoul(argv[1], NULL, 0) : 400;
	random_state = argc > 2 ? strtoull(argv[2], NULL, 0) | 1 : 1;
	static struct make_machine machine;
	machine = (struct make_machine){
		.cpu_nr = 2,
		.cr3 = 20 * MAKE_PAGE,
		.vmcoreinfo = "OSRELEASE=6.0.0\nPAGESIZE=4096\nSYMBOL(_stext)=ffffffff81000000\n"
			      "SYMBOL(init_top_pgt)=ffffffff81014000\nNUMBER(phys_base)=-16777216\nKERNELOFFSET=0\n",
	};
	for (kd_pfn pfn = 0; pfn < 40; pfn++) {
		uint64_t *entries = (uint64_t *)(void *)make_page(&machine, pfn);
		for (size_t i = 0; i < MAKE_PAGE / 8; i++)
			entries[i] = ((pfn + 1 + i) % 40 * MAKE_PAGE) | (i % 3 ? 3 : 0x83);
	}
	struct make_bytes dumps[4] = {
		make_kdump(&machine, 0, 0, MAKE_PAGES),
		make_kdump(&machine, MAKE_ZLIB, 0, MAKE_PAGES),
		make_elf(&machine),
	};
	dumps[3] = make_flattened(dumps[0], 3000);
	size_t opened = 0;
	for (unsigned long i = 0; i < runs; i++) {
		const struct make_bytes *dump = &dumps[i % KD_ARRAY_NR(dumps)];
		uint8_t *bytes = malloc(dump->len);
		assert(bytes);
		memcpy(bytes, dump->data, dump->len);
		if (i >= KD_ARRAY_NR(dumps))
			mutate(bytes, dump->len);
		size_t len = chance(4) || i < KD_ARRAY_NR(dumps) ? dump->len : chance(dump->len);
		use(make_file("fuzz", bytes, len), &opened);
		free(bytes);
	}
	/* Else the damage is so heavy that nothing behind the headers is tested. */
	assert(opened >= KD_ARRAY_NR(dumps));
	for (size_t i = 0; i < KD_ARRAY_NR(dumps); i++)
		free(dumps[i].data);
	make_machine_deinit(&machine);
	make_clean();
	puts("ok dump_fuzz");
	return 0;
}
