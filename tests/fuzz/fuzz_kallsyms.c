/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of names: lines of VMCOREINFO up to a NUL, and the kernel's read-only data behind it, which begin at
 * MAKE_RODATA. */
#include <string.h>

#include "fake_memory.h"
#include "fuzz.h"
#include "make_kallsyms.h"
#include "sym/kallsyms.h"

static void look_up(struct kd_kallsyms *kallsyms)
{
	static const char *const names[] = { "_stext", "schedule", "name_1", "", "T" };
	uint32_t nr = kd_kallsyms_nr(kallsyms), numbers[4], n;
	struct kd_symbol symbol;
	for (uint32_t i = 0; i < 24; i++) {
		const uint32_t number = i < 8 ? i : nr - (i - 7);
		char name[KD_KALLSYMS_NAME_MAX + 1] = "";
		struct kd_error *err = kd_kallsyms_peek(kallsyms, number, name, &symbol);
		if (!err) {
			size_t found;
			FUZZ_CHECK(memchr(name, 0, sizeof(name)));
			struct kd_error *at = kd_kallsyms_at(kallsyms, symbol.address + i, &n);
			FUZZ_CHECK(at || n < nr);
			kd_error_destroy(at);
			struct kd_error *by_name =
				kd_kallsyms_find(kallsyms, name, numbers, KD_ARRAY_NR(numbers), &found);
			for (size_t j = 0; !by_name && j < found && j < KD_ARRAY_NR(numbers); j++)
				FUZZ_CHECK(numbers[j] < nr);
			kd_error_destroy(by_name);
		}
		kd_error_destroy(err);
		err = kd_kallsyms_get(kallsyms, number, &symbol);
		FUZZ_CHECK(err || strlen(symbol.name) <= KD_KALLSYMS_NAME_MAX);
		kd_error_destroy(err);
	}
	for (size_t i = 0; i < KD_ARRAY_NR(names); i++) {
		kd_vaddr address;
		kd_error_destroy(kd_kallsyms_address(kallsyms, names[i], &address));
		kd_error_destroy(kd_kallsyms_at(kallsyms, MAKE_TEXT + i * 8, &n));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *nul = len ? memchr(data, 0, len) : NULL;
	if (!nul)
		return 0;
	const size_t left = len - (size_t)(nul + 1 - data);
	struct kd_memory *memory = fake_memory_create((const char *)data);
	struct kd_kallsyms *kallsyms;
	fake_memory_add(memory, MAKE_RODATA, nul + 1, left, 0);
	struct kd_error *err = kd_kallsyms_create(memory, &kallsyms);
	if (!err) {
		look_up(kallsyms);
		kd_kallsyms_destroy(kallsyms);
	}
	kd_error_destroy(err);
	fake_memory_destroy(memory);
	return 0;
}
