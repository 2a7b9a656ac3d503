/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Damaged kallsyms tables are an error or wrong names; they never cost more than that. Run under the sanitizers. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "fake_memory.h"
#include "make_kallsyms.h"
#include "sym/kallsyms.h"

#define NR 1500
#define ROUNDS 4000

static void look_up(struct kd_kallsyms *kallsyms, const struct make_kallsyms *make)
{
	struct kd_symbol symbol;
	uint32_t n, numbers[4];
	size_t nr;
	kd_vaddr address;
	uint32_t symbols = kd_kallsyms_nr(kallsyms);
	for (int i = 0; i < 30; i++) {
		const struct make_symbol *any = &make->symbols[chance(make->nr)];
		struct kd_error *err = kd_kallsyms_get(kallsyms, chance(symbols), &symbol);
		assert(err || strlen(symbol.name) < 1024);
		kd_error_destroy(err);
		char name[KD_KALLSYMS_NAME_MAX + 1];
		kd_error_destroy(kd_kallsyms_peek(kallsyms, chance(symbols), name, &symbol));
		err = kd_kallsyms_find(kallsyms, any->name, numbers, KD_ARRAY_NR(numbers), &nr);
		for (size_t j = 0; !err && j < nr && j < KD_ARRAY_NR(numbers); j++)
			assert(numbers[j] < symbols);
		kd_error_destroy(err);
		kd_error_destroy(kd_kallsyms_address(kallsyms, any->name, &address));
		err = kd_kallsyms_at(kallsyms, any->address + chance(40), &n);
		assert(err || n < symbols);
		kd_error_destroy(err);
	}
}

/** Change some bytes, most often where they matter most. */
static void damage(struct make_kallsyms *make)
{
	const size_t places[] = { make->num_syms,
				  make->names,
				  make->markers,
				  make->token_table,
				  make->token_index,
				  make->offsets,
				  make->relative_base ? make->relative_base : make->offsets,
				  make->seqs_at ? make->seqs_at : make->names };
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };
	for (uint32_t changes = 1 + chance(6); changes; changes--) {
		size_t at = places[chance(KD_ARRAY_NR(places))] + chance(chance(2) ? 8 : 2048);
		if (at < make->len)
			make->bytes[at] = chance(2) ? values[chance(sizeof(values))] : chance(256);
	}
}

int main(void)
{
	/* Every layout once; each round damages a copy. */
	static const int encodings[2][4] = { { MAKE_PERCPU, MAKE_RELATIVE, MAKE_ABSOLUTE, MAKE_PERCPU },
					     { MAKE_PERCPU, MAKE_RELATIVE, MAKE_PLACE_RELATIVE, MAKE_ABSOLUTE } };
	enum { LAYOUT_NR = 16 };
	static struct make_kallsyms layouts[LAYOUT_NR];
	for (int i = 0; i < LAYOUT_NR; i++) {
		struct make_kallsyms make = { .order = i / 8, .seqs = i / 4 % 2, .nr = NR };
		make.encoding = encodings[i / 8][i % 4];
		make.symbols = make_kernel_symbols(NR, make.encoding == MAKE_PERCPU);
		make_kallsyms(&make);
		layouts[i] = make;
	}
	for (int round = 0; round < ROUNDS; round++) {
		struct make_kallsyms make = layouts[chance(LAYOUT_NR)];
		uint8_t *copy = malloc(make.len);
		assert(copy);
		make.bytes = memcpy(copy, make.bytes, make.len);
		damage(&make);
		/* Without _stext nothing but the tables themselves speaks against them. */
		if (chance(2))
			memcpy(make.vmcoreinfo, "NOTHING", 7);
		struct kd_memory *memory = fake_memory_create(chance(4) ? make.vmcoreinfo : "");
		struct kd_kallsyms *kallsyms;
		fake_memory_add(memory, MAKE_RODATA, make.bytes, chance(8) ? make.len : chance(make.len), 0);
		if (!chance(4))
			fake_memory_break(memory, MAKE_RODATA + chance(make.len), KD_FAULT_ABSENT);
		struct kd_error *err = kd_kallsyms_create(memory, &kallsyms);
		if (!err) {
			look_up(kallsyms, &make);
			kd_kallsyms_destroy(kallsyms);
		}
		kd_error_destroy(err);
		fake_memory_destroy(memory);
		free(copy);
	}
	for (int i = 0; i < LAYOUT_NR; i++) {
		free(layouts[i].symbols);
		make_kallsyms_free(&layouts[i]);
	}
	return 0;
}
