/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the kernel in every layout that their tables had; see kallsyms_tables.h. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "fake_memory.h"
#include "make_kallsyms.h"
#include "sym/kallsyms.h"

#define NR 2300

/** Every symbol by number, by name and by address, in both directions. */
static void check_all(struct kd_kallsyms *kallsyms, const struct make_kallsyms *make)
{
	static uint32_t found[NR];
	assert(kd_kallsyms_nr(kallsyms) == make->nr);
	kd_vaddr end = make->symbols[make->nr - 1].address;
	for (uint32_t round = 0; round < make->nr; round++) {
		/* In an order that jumps from block to block. */
		uint32_t i = (uint64_t)round * 1237 % make->nr, n, first = 0;
		const struct make_symbol *expected = &make->symbols[i];
		size_t nr, same = 0;

		ok(kd_kallsyms_find(kallsyms, expected->name, found, NR, &nr));
		for (uint32_t j = 0; j < make->nr; j++)
			if (!strcmp(make->symbols[j].name, expected->name)) {
				assert(same < nr && found[same] == j);
				first = same++ ? first : j;
			}
		assert(same == nr);
		ok(kd_kallsyms_first(kallsyms, expected->name, &n));
		assert(!strcmp(make->symbols[n].name, expected->name));
		assert(n == first);

		struct kd_symbol symbol;
		ok(kd_kallsyms_get(kallsyms, i, &symbol));
		assert(!strcmp(symbol.name, expected->name));
		assert(symbol.type == expected->type && symbol.address == expected->address && !symbol.module);
		struct kd_symbol peeked;
		char name[KD_KALLSYMS_NAME_MAX + 1];
		ok(kd_kallsyms_peek(kallsyms, i, name, &peeked));
		assert(peeked.name == name && !strcmp(name, expected->name));
		assert(peeked.type == symbol.type && peeked.address == symbol.address);
		uint32_t next = i + 1;
		while (next < make->nr && make->symbols[next].address == expected->address)
			next++;
		bool across = next < make->nr && (make->symbols[next].address ^ expected->address) >> 63;
		assert(symbol.size == (next < make->nr && !across ? make->symbols[next].address - symbol.address : 0));

		if (!(expected->address >> 63) || expected->address >= end) {
			fails(kd_kallsyms_at(kallsyms, expected->address, &n), KD_ERROR_LOOKUP, "no kernel symbol at");
			continue;
		}
		ok(kd_kallsyms_at(kallsyms, expected->address + symbol.size - 1, &n));
		assert(make->symbols[n].address == expected->address);
	}
	size_t nr;
	uint32_t n;
	ok(kd_kallsyms_find(kallsyms, "nothing_of_this_name", found, NR, &nr));
	assert(!nr);
	fails(kd_kallsyms_first(kallsyms, "nor.this", &n), KD_ERROR_LOOKUP, "no kernel symbol nor.this");
	fails(kd_kallsyms_at(kallsyms, MAKE_TEXT - 1, &n), KD_ERROR_LOOKUP, "no kernel symbol at");
	ok(kd_kallsyms_at(kallsyms, MAKE_TEXT, &n));
	assert(!strcmp(make->symbols[n].name, "_stext")); /* the global one of three aliases */
	struct kd_symbol symbol;
	fails(kd_kallsyms_get(kallsyms, make->nr, &symbol), KD_ERROR_VALUE, "no kernel symbol number 2300");
}

static const struct layout {
	int order, encoding;
	bool seqs, lto_order, wide;
} layouts[] = {
	{ MAKE_OFFSETS_FIRST, MAKE_PERCPU, false, false },	 /* 5.10 */
	{ MAKE_OFFSETS_FIRST, MAKE_PERCPU, true, false },	 /* 6.1 */
	{ MAKE_OFFSETS_FIRST, MAKE_PERCPU, true, true },	 /* the same built with Clang's LTO */
	{ MAKE_OFFSETS_LAST, MAKE_PERCPU, true, false },	 /* 6.12 */
	{ MAKE_OFFSETS_LAST, MAKE_RELATIVE, true, false },	 /* 6.15 */
	{ MAKE_OFFSETS_LAST, MAKE_PLACE_RELATIVE, true, false }, /* 7.x */
	{ MAKE_OFFSETS_FIRST, MAKE_RELATIVE, false, false },
	{ MAKE_OFFSETS_FIRST, MAKE_ABSOLUTE, false, false },
	{ MAKE_OFFSETS_LAST, MAKE_ABSOLUTE, true, false },
	{ MAKE_OFFSETS_FIRST, MAKE_PERCPU, false, false, true },   /* 4.6 to 4.20 */
	{ MAKE_OFFSETS_FIRST, MAKE_ABSOLUTE, false, false, true }, /* 3.10 */
};

static struct make_kallsyms make_layout(const struct layout *layout)
{
	struct make_kallsyms make = { .order = layout->order,
				      .encoding = layout->encoding,
				      .seqs = layout->seqs,
				      .lto_order = layout->lto_order,
				      .wide = layout->wide,
				      .nr = NR };
	make.symbols = make_kernel_symbols(NR, layout->encoding == MAKE_PERCPU);
	make_kallsyms(&make);
	return make;
}

static void free_layout(struct make_kallsyms *make)
{
	free(make->symbols);
	make_kallsyms_free(make);
}

/** @param noted whether vmcoreinfo gives the addresses, or the tables must be found. */
static void test_layout(const struct layout *layout, bool noted)
{
	struct make_kallsyms make = make_layout(layout);
	struct kd_memory *memory = fake_memory_create(noted ? make.vmcoreinfo : "");
	struct kd_kallsyms *kallsyms;
	fake_memory_add(memory, MAKE_RODATA, make.bytes, make.len, 0);
	ok(kd_kallsyms_create(memory, &kallsyms));
	check_all(kallsyms, &make);
	kd_kallsyms_destroy(kallsyms);
	fake_memory_destroy(memory);
	free_layout(&make);
}

/** The first lookups go by the numbers that are sorted by name, before it pays to read all names. */
static void test_by_seqs(bool lto_order)
{
	enum { MANY = 12000 };
	struct make_kallsyms make = { .order = MAKE_OFFSETS_LAST, .seqs = true, .lto_order = lto_order, .nr = MANY };
	static uint32_t found[MANY];
	make.symbols = make_kernel_symbols(MANY, true);
	make_kallsyms(&make);
	for (uint32_t i = 104; i < MANY; i += lto_order ? 26 : 61) { /* each 13th has a suffix */
		const char *name = make.symbols[i].name;
		char missing[300];
		struct kd_memory *memory = fake_memory_create(make.vmcoreinfo);
		struct kd_kallsyms *kallsyms;
		uint32_t n, first = i;
		size_t nr, same = 0;
		fake_memory_add(memory, MAKE_RODATA, make.bytes, make.len, 0);
		ok(kd_kallsyms_create(memory, &kallsyms));
		snprintf(missing, sizeof(missing), "%s0", name);
		fails(kd_kallsyms_first(kallsyms, missing, &n), KD_ERROR_LOOKUP, missing);
		ok(kd_kallsyms_first(kallsyms, name, &n));
		ok(kd_kallsyms_find(kallsyms, name, found, MANY, &nr));
		for (uint32_t j = 0; j < MANY; j++)
			if (!strcmp(make.symbols[j].name, name)) {
				first = same ? first : j;
				assert(same < nr && found[same] == j);
				same++;
			}
		assert(same == nr && n == first);
		kd_kallsyms_destroy(kallsyms);
		fake_memory_destroy(memory);
	}
	free_layout(&make);
}

/** A page of names is missing: what is on the others is found, and of the rest nobody says that it does not exist. */
static void test_missing_page(const struct layout *layout)
{
	struct make_kallsyms make = make_layout(layout);
	struct kd_memory *memory = fake_memory_create(make.vmcoreinfo);
	struct kd_kallsyms *kallsyms;
	struct kd_symbol symbol;
	uint32_t n, faults = 0;
	fake_memory_add(memory, MAKE_RODATA, make.bytes, make.len, 0);
	fake_memory_break(memory, MAKE_RODATA + make.names + 5 * FAKE_PAGE, KD_FAULT_EXCLUDED);
	ok(kd_kallsyms_create(memory, &kallsyms));
	for (uint32_t i = 0; i < make.nr; i++) {
		struct kd_error *err = kd_kallsyms_get(kallsyms, i, &symbol);
		struct kd_error *by_name = kd_kallsyms_first(kallsyms, make.symbols[i].name, &n);
		if (!err) {
			assert(!strcmp(symbol.name, make.symbols[i].name));
			ok(by_name);
			assert(!strcmp(make.symbols[n].name, symbol.name));
			continue;
		}
		assert(err->code == KD_ERROR_FAULT && err->fault == KD_FAULT_EXCLUDED);
		kd_error_destroy(err);
		faults++;
		if (by_name) /* else another of that name was meant */
			assert(by_name->code == KD_ERROR_LOOKUP);
		kd_error_destroy(by_name);
	}
	/* A page holds some 300 names; of the block that it begins in the middle of, no more than 255 are lost. */
	assert(faults > 100 && faults < 900);
	fails(kd_kallsyms_first(kallsyms, "nothing_of_this_name", &n), KD_ERROR_LOOKUP, "excluded");
	kd_kallsyms_destroy(kallsyms);
	fake_memory_destroy(memory);
	free_layout(&make);
}

/** Numbers that are not in the order of names are noticed and not used. */
static void test_wrong_seqs(void)
{
	struct make_kallsyms make = make_layout(&layouts[3]);
	for (uint32_t i = 0; i < make.nr; i++) {
		uint32_t n = (uint64_t)i * 1237 % make.nr;
		memcpy(make.bytes + make.seqs_at + 3 * i, (uint8_t[]){ n >> 16, n >> 8, n }, 3);
	}
	struct kd_memory *memory = fake_memory_create(make.vmcoreinfo);
	struct kd_kallsyms *kallsyms;
	fake_memory_add(memory, MAKE_RODATA, make.bytes, make.len, 0);
	ok(kd_kallsyms_create(memory, &kallsyms));
	check_all(kallsyms, &make);
	kd_kallsyms_destroy(kallsyms);
	fake_memory_destroy(memory);
	free_layout(&make);
}

/** A few names without a suffix cost a few pages, wherever there are numbers by name. */
static void test_cost(void)
{
	struct make_kallsyms make = { .order = MAKE_OFFSETS_LAST, .encoding = MAKE_PERCPU, .seqs = true, .nr = 60000 };
	make.symbols = make_kernel_symbols(make.nr, true);
	make_kallsyms(&make);
	struct kd_memory *memory = fake_memory_create(make.vmcoreinfo);
	struct kd_kallsyms *kallsyms;
	fake_memory_add(memory, MAKE_RODATA, make.bytes, make.len, 0);
	ok(kd_kallsyms_create(memory, &kallsyms));
	for (uint32_t i = 2999, done = 0; done < 10; i += 2999) {
		kd_vaddr address;
		if (strchr(make.symbols[i].name, '.'))
			continue;
		ok(kd_kallsyms_address(kallsyms, make.symbols[i].name, &address));
		done++;
	}
	assert(fake_memory_page_reads(memory) < make.len / FAKE_PAGE / 2);
	kd_kallsyms_destroy(kallsyms);
	fake_memory_destroy(memory);
	free_layout(&make);
}

/** What does not give _stext its address is not believed, and the reason is told. */
static void test_self_check(void)
{
	struct make_kallsyms make = make_layout(&layouts[1]);
	char *stext = strstr(make.vmcoreinfo, "(_stext)=");
	stext[strlen("(_stext)=") + 12] = '7';
	struct kd_memory *memory = fake_memory_create(make.vmcoreinfo);
	struct kd_kallsyms *kallsyms;
	fake_memory_add(memory, MAKE_RODATA, make.bytes, make.len, 0);
	fails(kd_kallsyms_create(memory, &kallsyms), KD_ERROR_FORMAT, "_stext");
	fake_memory_destroy(memory);

	/* No tables at all. */
	memory = fake_memory_create("");
	fake_memory_add(memory, MAKE_RODATA, make.bytes, make.offsets, 0);
	fails(kd_kallsyms_create(memory, &kallsyms), KD_ERROR_LOOKUP, "no kallsyms tables");
	fake_memory_destroy(memory);
	free_layout(&make);
}

/** Nobody who calls for all symbols waits for ever because they have one address, or one name. */
static void test_equal_symbols(void)
{
	struct make_kallsyms make = { .order = MAKE_OFFSETS_LAST, .encoding = MAKE_RELATIVE, .nr = 60000 };
	make.symbols = make_kernel_symbols(make.nr, false);
	for (uint32_t i = 100; i < make.nr; i++) {
		make.symbols[i].address = make.symbols[100].address;
		strcpy(make.symbols[i].name, "same");
	}
	make_kallsyms(&make);
	struct kd_memory *memory = fake_memory_create(make.vmcoreinfo);
	struct kd_kallsyms *kallsyms;
	struct kd_symbol symbol;
	fake_memory_add(memory, MAKE_RODATA, make.bytes, make.len, 0);
	ok(kd_kallsyms_create(memory, &kallsyms));
	for (uint32_t i = 0; i < make.nr; i++)
		ok(kd_kallsyms_get(kallsyms, i, &symbol));
	uint32_t n;
	size_t nr;
	ok(kd_kallsyms_find(kallsyms, "same", &n, 1, &nr));
	assert(n == 100 && nr == make.nr - 100);
	kd_kallsyms_destroy(kallsyms);
	fake_memory_destroy(memory);
	free_layout(&make);
}

int main(void)
{
	for (size_t i = 0; i < KD_ARRAY_NR(layouts); i++) {
		test_layout(&layouts[i], true);
		test_layout(&layouts[i], false);
	}
	test_by_seqs(false);
	test_by_seqs(true);
	test_missing_page(&layouts[0]);
	test_missing_page(&layouts[3]);
	test_missing_page(&layouts[5]);
	test_wrong_seqs();
	test_cost();
	test_self_check();
	test_equal_symbols();
	return 0;
}
