/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A core that is shaped like /proc/kcore: nothing that was read is kept, and what is no memory is not taken for it. */
#include <assert.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump/dump.h"
#include "dump/vmcoreinfo_search.h"
#include "make_dump.h"

enum { FIRST = 1, LOW_END = 100, HIGH = 300, HIGH_END = 400, AREA = 500, AREA_END = 510 };

static struct make_bytes make(void)
{
	struct make_machine machine = { .vmcoreinfo = "OSRELEASE=6.0.0-test\nPAGESIZE=4096\n", .cpu_nr = 1 };
	for (kd_pfn pfn = 0; pfn < MAKE_PAGES; pfn++) {
		bool present = (pfn >= FIRST && pfn < LOW_END) || (pfn >= HIGH && pfn < HIGH_END) ||
			       (pfn >= AREA && pfn < AREA_END);
		machine.absent[pfn] = !present;
		if (present)
			memset(make_page(&machine, pfn), (int)(pfn & 0xff), MAKE_PAGE);
	}
	struct make_bytes core = make_elf(&machine);
	make_machine_deinit(&machine);
	/* The kernel's own areas come first and lie at the physical address -1. */
	Elf64_Ehdr *header = (Elf64_Ehdr *)core.data;
	Elf64_Phdr *segments = (Elf64_Phdr *)(core.data + header->e_phoff);
	assert(header->e_phnum == 4 && segments[3].p_paddr == AREA * MAKE_PAGE);
	Elf64_Phdr area = segments[3];
	area.p_paddr = UINT64_MAX;
	area.p_vaddr = 0xffffc90000000000;
	segments[3] = segments[1];
	segments[1] = area;
	return core;
}

static uint8_t first_byte(struct kd_dump *dump, kd_pfn pfn)
{
	const uint8_t *page;
	struct kd_error *err = kd_dump_page(dump, pfn, &page);
	assert(!err && page[0] == page[MAKE_PAGE - 1]);
	return page[0];
}

static void overwrite(const char *path, const struct make_bytes *core, kd_pfn pfn, int value)
{
	const Elf64_Phdr *segments = (const Elf64_Phdr *)(core->data + sizeof(Elf64_Ehdr));
	uint8_t page[MAKE_PAGE];
	memset(page, value, sizeof(page));
	FILE *file = fopen(path, "r+");
	assert(file);
	for (int i = 1; i < 4; i++) {
		uint64_t offset = pfn * MAKE_PAGE - segments[i].p_paddr;
		if (segments[i].p_paddr != UINT64_MAX && offset < segments[i].p_filesz)
			assert(!fseek(file, (long)(segments[i].p_offset + offset), SEEK_SET) &&
			       fwrite(page, sizeof(page), 1, file) == 1);
	}
	fclose(file);
}

int main(void)
{
	struct make_bytes core = make();
	const char *path = make_file("kcore", core.data, core.len);
	struct kd_dump *dump;
	struct kd_dump_options options = { .live = true };
	assert(!kd_dump_open(&path, 1, &options, &dump));
	assert(kd_dump_is_live(dump));
	assert(!strcmp(kd_dump_format(dump), "live kernel"));
	assert(!strcmp(kd_vmcoreinfo_get(kd_dump_vmcoreinfo(dump), "OSRELEASE"), "6.0.0-test"));
	assert(kd_dump_max_pfn(dump) == HIGH_END);
	/* The registers of a running kernel are not in its notes. */
	assert(kd_dump_notes(dump)->nr == 0);

	/* Changes show, read by read, whatever was looked at in between. */
	const uint8_t *kept;
	assert(!kd_dump_page(dump, HIGH + 1, &kept) && kept[0] == ((HIGH + 1) & 0xff));
	for (int value = 0; value < 40; value++) {
		overwrite(path, &core, HIGH + 1, value);
		assert(first_byte(dump, HIGH + 1) == value);
		if (value % 2)
			assert(first_byte(dump, FIRST) == FIRST);
	}
	assert(!kd_dump_page(dump, FIRST, &kept));
	overwrite(path, &core, FIRST, 77);
	assert(first_byte(dump, FIRST) == 77 && kept[0] == FIRST);

	/* Holes, and the ends. */
	for (kd_pfn pfn = 0; pfn < AREA_END; pfn++) {
		bool present = (pfn >= FIRST && pfn < LOW_END) || (pfn >= HIGH && pfn < HIGH_END);
		assert(kd_dump_page_status(dump, pfn) == (present ? KD_FAULT_NONE : KD_FAULT_ABSENT));
		const uint8_t *page;
		struct kd_error *err = kd_dump_page(dump, pfn, &page);
		assert(present == !err);
		assert(!err || (err->code == KD_ERROR_FAULT && err->fault == KD_FAULT_ABSENT &&
				err->address == pfn * MAKE_PAGE));
		kd_error_destroy(err);
	}
	kd_pfn pfn = 0;
	assert(kd_dump_next_page(dump, &pfn) && pfn == FIRST);
	pfn = LOW_END;
	assert(kd_dump_next_page(dump, &pfn) && pfn == HIGH);
	pfn = HIGH_END;
	assert(!kd_dump_next_page(dump, &pfn));
	uint8_t bytes[2 * MAKE_PAGE];
	assert(kd_dump_peek(dump, 10 * MAKE_PAGE + 5, bytes, MAKE_PAGE) && bytes[0] == 10 &&
	       bytes[MAKE_PAGE - 1] == 11);
	assert(!kd_dump_peek(dump, (LOW_END - 1) * MAKE_PAGE + 5, bytes, MAKE_PAGE));
	kd_dump_close(dump);

	/* It is one file, and no dump. */
	const char *two[] = { path, path };
	struct kd_error *err = kd_dump_open(two, 2, &options, &dump);
	assert(err && err->code == KD_ERROR_VALUE);
	kd_error_destroy(err);
	struct make_machine machine = { .vmcoreinfo = "PAGESIZE=4096\n" };
	make_page(&machine, 1);
	struct make_bytes other = make_kdump(&machine, 0, 0, 0);
	const char *vmcore = make_file("vmcore", other.data, other.len);
	err = kd_dump_open(&vmcore, 1, &options, &dump);
	assert(err && err->code == KD_ERROR_UNSUPPORTED && strstr(err->message, "leave out --live"));
	kd_error_destroy(err);

	free(core.data);
	free(other.data);
	make_machine_deinit(&machine);
	make_clean();
	return 0;
}
