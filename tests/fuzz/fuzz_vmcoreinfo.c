/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages of memory in which VMCOREINFO is looked for: its text, and behind the first NUL what is where it says. */
#include <string.h>

#include "dump/vmcoreinfo.h"
#include "dump/vmcoreinfo_search.h"
#include "fuzz.h"

static struct {
	const uint8_t *data;
	size_t len;
} memory;

static bool next_page(struct kd_dump *dump, kd_pfn *pfn)
{
	(void)dump;
	return *pfn <= memory.len / 4096;
}

/** The input, over and over: each address has something. */
static bool peek(struct kd_dump *dump, kd_paddr address, void *buffer, size_t len)
{
	(void)dump;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)buffer)[i] = memory.len ? memory.data[(address + i) % memory.len] : 0;
	return !(address >> 52);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	memory.data = data;
	memory.len = len;
	struct kd_searched searched = {
		.page_size = 4096, .page_size_open = len % 2, .next_page = next_page, .peek = peek
	};
	struct kd_vmcoreinfo info, found = {};
	struct kd_error *err = kd_vmcoreinfo_init(&info, (const char *)data, len);
	if (!err) {
		uint64_t value;
		int64_t number;
		kd_vaddr address;
		for (size_t i = 0; i < info.nr; i++) {
			const char *key = info.lines[i].key;
			FUZZ_CHECK(kd_vmcoreinfo_get(&info, key));
			(void)strlen(info.lines[i].value);
			kd_vmcoreinfo_value(&info, key, &value);
			kd_vmcoreinfo_hex(&info, key, &value);
			kd_vmcoreinfo_number(&info, key, &number);
			kd_vmcoreinfo_symbol(&info, key, &address);
		}
		kd_vmcoreinfo_fits(&searched, &info);
		kd_vmcoreinfo_machine(&searched, &info);
		kd_vmcoreinfo_deinit(&info);
	}
	kd_error_destroy(err);
	err = kd_vmcoreinfo_search(&searched, &found);
	kd_vmcoreinfo_deinit(&found);
	kd_error_destroy(err);
	return 0;
}
