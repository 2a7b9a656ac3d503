/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is left of types of which pages are missing, or hold rubbish: those on other pages, by the kernel's table. */
#include <assert.h>

#include "expect.h"
#include "fake_memory.h"
#include "make_btf.h"
#include "types/types.h"

static struct {
	uint8_t *bytes;
	size_t len;
	uint64_t *table;
	uint8_t kernel[128];
} holed;

enum { HOLED_NR = 4000, HOLED_LEN = 24 }; /* structs of one member; the header comes before */

static void make_holed(void)
{
	struct make_btf btf = {};
	make_btf_int(&btf, "int", 4, 1, 0, 32);
	for (int i = 0; i < HOLED_NR; i++) {
		char name[32];
		snprintf(name, sizeof(name), "type_%d", i);
		make_btf_record(&btf, name, 4, 1, true, i + 1);
		snprintf(name, sizeof(name), "member_%d", i);
		make_btf_words(&btf, 3, make_btf_string(&btf, name), 1, 0);
	}
	make_btf_record(&btf, "pages", 6, HOLED_NR, true, 4); /* an enum over several pages */
	for (int i = 0; i < HOLED_NR; i++) {
		char name[32];
		snprintf(name, sizeof(name), "VALUE_%d", i);
		make_btf_words(&btf, 2, make_btf_string(&btf, name), i);
	}
	holed.bytes = make_btf_bytes(&btf, &holed.len);
	holed.table = calloc(HOLED_NR + 3, sizeof(*holed.table));
	holed.table[1] = 0x1000000 + 24;
	for (int i = 0; i <= HOLED_NR; i++)
		holed.table[i + 2] = 0x1000000 + 24 + 16 + HOLED_LEN * i;
	uint64_t address = 0x2000000;
	uint32_t numbers[] = { HOLED_NR + 3, 0, holed.len };
	memcpy(holed.kernel + 8, &address, 8);
	memcpy(holed.kernel + 48, holed.bytes, 24);
	memcpy(holed.kernel + 72, numbers, sizeof(numbers));
}

static struct kd_memory *holed_memory(void)
{
	struct kd_memory *memory = fake_memory_create("");
	fake_memory_add(memory, 0x1000000, holed.bytes, holed.len, 0);
	fake_memory_add(memory, 0x2000000, holed.table, (HOLED_NR + 3) * 8, 0);
	fake_memory_add(memory, 0x3000000, holed.kernel, sizeof(holed.kernel), 0);
	return memory;
}

/** How many of the structs are found; all that are found must be right. */
static int count_found(struct kd_types *types, bool forwards)
{
	int found = 0;
	for (int i = 0; i < HOLED_NR; i++) {
		int n = forwards ? i : HOLED_NR - 1 - i;
		char name[32], member_name[32];
		const struct kd_type *type;
		struct kd_member member;
		snprintf(name, sizeof(name), "type_%d", n);
		snprintf(member_name, sizeof(member_name), "member_%d", n);
		struct kd_error *err = kd_types_find(types, KD_STRUCT, name, &type);
		if (err) {
			/* Of a record that is lost the fault; of a name, that there is no such, and the fault. */
			assert(err->code == KD_ERROR_FAULT || err->code == KD_ERROR_LOOKUP);
			assert(err->fault == KD_FAULT_EXCLUDED && strstr(err->message, " types are lost: "));
			kd_error_destroy(err);
			continue;
		}
		found++;
		assert(type->size == (uint64_t)n + 1);
		/* Its name may be on another page. */
		err = kd_type_find_member(type, member_name, &member);
		assert(!err || (err->fault && (err->code == KD_ERROR_LOOKUP || err->code == KD_ERROR_FAULT)));
		kd_error_destroy(err);
	}
	return found;
}

static int found_without(kd_vaddr page, kd_vaddr other, bool forwards)
{
	struct kd_memory *memory = holed_memory();
	struct kd_types *types;
	fake_memory_break(memory, page, KD_FAULT_EXCLUDED);
	fake_memory_break(memory, other, KD_FAULT_ABSENT);
	ok(kd_types_create(memory, &types));
	ok(kd_types_add_btf(types, NULL, 0x1000000, 0x1000000 + holed.len, 0, 0, 0x3000000));
	int found = count_found(types, forwards);
	kd_types_destroy(types);
	fake_memory_destroy(memory);
	return found;
}

static void test_holes(void)
{
	enum { ON_PAGE = FAKE_PAGE / HOLED_LEN + 2, NAMES_ON_PAGE = FAKE_PAGE / 20 };
	make_holed();
	size_t pages = holed.len / FAKE_PAGE;
	for (size_t page = 0; page <= pages; page += page < 4 ? 1 : 7) {
		/* On the way, from the end, and where the table has a hole as well. */
		assert(found_without(0x1000000 + page * FAKE_PAGE, 0, true) >= HOLED_NR - ON_PAGE - NAMES_ON_PAGE);
		assert(found_without(0x1000000 + page * FAKE_PAGE, 0, false) >= HOLED_NR - ON_PAGE - NAMES_ON_PAGE);
		assert(found_without(0x1000000 + page * FAKE_PAGE, 0x2000000 + FAKE_PAGE, true) >=
		       HOLED_NR - 512 - ON_PAGE - NAMES_ON_PAGE);
		assert(found_without(0x1000000 + page * FAKE_PAGE, 0x2000000, true) >=
		       HOLED_NR - 512 - ON_PAGE - NAMES_ON_PAGE);
		assert(found_without(0x1000000 + page * FAKE_PAGE, 0x2000000 + 7 * FAKE_PAGE, true) >=
		       HOLED_NR - 512 - ON_PAGE - NAMES_ON_PAGE);
	}

	/* Bytes that are there and wrong. */
	for (size_t page = 1; page < 22; page += 5) {
		uint8_t saved[FAKE_PAGE];
		memcpy(saved, holed.bytes + page * FAKE_PAGE, FAKE_PAGE);
		for (int rubbish = 0; rubbish < 3; rubbish++) {
			static const uint8_t bytes[] = { 0, 0xff, 0x04 };
			memset(holed.bytes + page * FAKE_PAGE, bytes[rubbish], FAKE_PAGE);
			struct kd_memory *memory = holed_memory();
			struct kd_types *types;
			ok(kd_types_create(memory, &types));
			ok(kd_types_add_btf(types, NULL, 0x1000000, 0x1000000 + holed.len, 0, 0, 0x3000000));
			const struct kd_type *type;
			ok(kd_types_find(types, KD_STRUCT, "type_3990", &type));
			assert(type->size == 3991);
			ok(kd_types_find(types, KD_STRUCT, "type_7", &type));
			assert(type->size == 8);
			fails(kd_types_find(types, KD_STRUCT, "nobody", &type), KD_ERROR_LOOKUP,
			      "no type struct nobody");
			kd_types_destroy(types);
			fake_memory_destroy(memory);
		}
		memcpy(holed.bytes + page * FAKE_PAGE, saved, FAKE_PAGE);
	}

	/* A table that sends the walk back again and again ends it. */
	for (int i = 2; i < HOLED_NR; i++)
		holed.table[i] = 0x1000000 + 24;
	assert(found_without(0x1000000 + 22 * FAKE_PAGE, 0, true) > 0);
	free(holed.bytes);
	free(holed.table);
}

int main(void)
{
	test_holes();
	return 0;
}
