/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory by ranges: what is added twice, what is cut, and what cannot be. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "dump/extents.h"
#include "expect.h"
#include "make_dump.h"

/** Ranges at random, one over another: the later one counts, byte by byte. */
static void test_order(void)
{
	enum { LEN = 300, NR = 40, NONE = 256 };
	for (int round = 0; round < 300; round++) {
		struct kd_extents extents = {};
		uint16_t model[LEN];
		for (size_t i = 0; i < LEN; i++)
			model[i] = NONE;
		const size_t nr = 1 + chance(NR);
		for (size_t i = 0; i < nr; i++) {
			const kd_paddr start = chance(LEN), end = start + chance(LEN - start + 1);
			const uint8_t byte = (uint8_t)chance(4);
			ok(kd_extents_add(&extents, (struct kd_extent){ .start = start,
									.end = end,
									.base = start,
									.offset = byte,
									.encoding = KD_EXTENT_FILLED }));
			for (kd_paddr at = start; at < end; at++)
				model[at] = byte;
		}
		ok(kd_extents_finish(&extents));
		for (size_t i = 1; i < extents.list.nr; i++)
			assert(extents.list.data[i - 1].end <= extents.list.data[i].start);
		kd_paddr highest = 0;
		for (kd_paddr at = 0; at < LEN; at++) {
			uint8_t byte;
			struct kd_error *err = kd_extents_read(&extents, at, &byte, 1);
			assert(!err == (model[at] != NONE));
			assert(kd_extents_status(&extents, at, 1) == (err ? KD_FAULT_ABSENT : KD_FAULT_NONE));
			if (err)
				fails(err, KD_ERROR_FAULT, "not in the dump");
			else
				assert(byte == model[at]);
			highest = model[at] != NONE ? at + 1 : highest;
			kd_paddr next, expected = at;
			while (expected < LEN && model[expected] == NONE)
				expected++;
			assert(kd_extents_next(&extents, at, &next) == (expected < LEN));
			assert(expected == LEN || next == expected);
		}
		assert(kd_extents_end(&extents) == highest);
		kd_extents_deinit(&extents);
	}
}

static void test_limits(void)
{
	struct kd_extents extents = {};
	ok(kd_extents_add(&extents, (struct kd_extent){ .start = 5, .end = 5 }));
	assert(!extents.list.nr);
	fails(kd_extents_add(&extents, (struct kd_extent){ .start = 6, .end = 5 }), KD_ERROR_FORMAT, "cannot be");
	fails(kd_extents_add(&extents, (struct kd_extent){ .start = 5, .end = UINT64_MAX }), KD_ERROR_FORMAT,
	      "cannot be");
	ok(kd_extents_finish(&extents));
	kd_paddr next;
	assert(!kd_extents_next(&extents, 0, &next) && !kd_extents_end(&extents));
	kd_extents_deinit(&extents);
}

/** Pages with headers between them are one range, also where a later copy of one of them is elsewhere. */
static void test_strided(void)
{
	enum { PAGES = 5, STRIDE = MAKE_PAGE + 8 };
	static uint8_t bytes[(PAGES + 1) * STRIDE];
	for (size_t i = 0; i <= PAGES; i++)
		memset(bytes + i * STRIDE, (int)i + 1, STRIDE);
	struct kd_file file;
	ok(kd_file_init(&file, make_file("strided", bytes, sizeof(bytes))));
	struct kd_extents extents = {};
	uint16_t nr;
	ok(kd_extents_add_file(&extents, &file, &nr));
	for (size_t i = 0; i <= PAGES; i++) {
		const kd_paddr address = (i == PAGES ? 2 : i) * MAKE_PAGE;
		ok(kd_extents_add(&extents, (struct kd_extent){ .start = address,
								.end = address + MAKE_PAGE,
								.base = address,
								.offset = i * STRIDE,
								.len = STRIDE,
								.file = nr,
								.encoding = KD_EXTENT_STRIDED }));
	}
	assert(extents.list.nr == 2);
	ok(kd_extents_finish(&extents));
	assert(extents.list.nr == 3);
	static uint8_t memory[PAGES * MAKE_PAGE];
	ok(kd_extents_read(&extents, 0, memory, sizeof(memory)));
	for (size_t i = 0; i < sizeof(memory); i++)
		assert(memory[i] == (i / MAKE_PAGE == 2 ? PAGES : i / MAKE_PAGE) + 1);
	ok(kd_extents_read(&extents, MAKE_PAGE - 3, memory, 6));
	assert(!memcmp(memory, "\1\1\1\2\2\2", 6));
	assert(!kd_extents_cut(&extents));
	kd_extents_deinit(&extents);
	kd_file_deinit(&file);
}

int main(void)
{
	test_order();
	test_limits();
	test_strided();
	make_clean();
	puts("ok extents");
	return 0;
}
