/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exported symbols of a kernel that has no other names of data, and per-CPU variables from BTF. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "fake_memory.h"
#include "kernel/exports.h"
#include "make_btf.h"
#include "make_kallsyms.h"

#define NR 600
#define DATA 0xffffffff83000000ull
#define TABLE (DATA + FAKE_PAGE)
#define STRINGS (DATA + 3 * FAKE_PAGE)
#define PERCPU (DATA + 0x10000)
#define RUNQUEUES_OFFSET 0x700u

static uint8_t data[4 * FAKE_PAGE];
static struct make_kallsyms names;

static const struct {
	const char *name;
	kd_vaddr address;
} exported[] = {
	{ "avenrun", DATA + 0x10 },	 { "current_cpu", PERCPU + 0x40 },     { "jiffies", DATA + 0x20 },
	{ "kfree", MAKE_TEXT + 0x1230 }, { "vm_event_states", PERCPU + 0x80 },
};

static void put(kd_vaddr address, uint64_t value, size_t len)
{
	memcpy(data + (address - DATA), &value, len);
}

/** Entries from at on: relative, or two pointers. Names end each other, as a linker merges them. */
static void put_table(kd_vaddr at, bool relative)
{
	memset(data, 0, sizeof(data));
	kd_vaddr string = STRINGS;
	for (size_t i = 0; i < KD_ARRAY_NR(exported); i++) {
		memcpy(data + (string - DATA), "devm_", 5);
		memcpy(data + (string - DATA) + 5, exported[i].name, strlen(exported[i].name) + 1);
		if (relative) {
			put(at + 12 * i, exported[i].address - (at + 12 * i), 4);
			put(at + 12 * i + 4, string + 5 - (at + 12 * i + 4), 4);
		} else {
			put(at + 24 * i, exported[i].address, 8);
			put(at + 24 * i + 8, string + 5, 8);
		}
		string += 6 + strlen(exported[i].name);
	}
	/* Something that points to an anchor and is no entry. */
	put(DATA + 0x100, (relative ? -(DATA + 0x100) : 0) + MAKE_TEXT + 0x1230, relative ? 4 : 8);
}

/** @param shift how far one of the exported per-CPU variables lies from where BTF has it */
static struct kd_types *make_types(struct kd_memory *memory, bool relative, uint32_t shift)
{
	struct make_btf btf = {};
	struct kd_types *types;
	size_t len;
	make_btf_int(&btf, "int", 4, 1, 0, 32);
	make_btf_int(&btf, "unsigned long", 8, 0, 0, 64);
	make_btf_record(&btf, "kernel_symbol", 4, 3, false, relative ? 12 : 24);
	const uint32_t word = relative ? 32 : 64, type = relative ? 1 : 2;
	make_btf_words(&btf, 3, make_btf_string(&btf, relative ? "value_offset" : "value"), type, 0);
	make_btf_words(&btf, 3, make_btf_string(&btf, relative ? "name_offset" : "name"), type, word);
	make_btf_words(&btf, 3, make_btf_string(&btf, relative ? "namespace_offset" : "namespace"), type, 2 * word);
	static const char *const variables[] = { "current_cpu", "vm_event_states", "runqueues" };
	for (size_t i = 0; i < KD_ARRAY_NR(variables); i++) {
		make_btf_record(&btf, variables[i], 14, 0, false, 2);
		make_btf_word(&btf, 1);
	}
	make_btf_record(&btf, ".data..percpu", 15, 3, false, 0x1000);
	make_btf_words(&btf, 9, 4, 0x40, 8, 5, 0x80 + shift, 8, 6, RUNQUEUES_OFFSET, 8);
	uint8_t *bytes = make_btf_bytes(&btf, &len);
	ok(kd_types_create(memory, &types));
	ok(kd_types_add_btf_bytes(types, NULL, bytes, len));
	free(bytes);
	return types;
}

struct machine {
	struct kd_memory *memory;
	struct kd_kallsyms *kallsyms;
	struct kd_types *types;
	struct kd_exports exports;
};

static struct machine machine_make(bool relative, uint32_t shift)
{
	struct machine machine = {};
	machine.memory = fake_memory_create(names.vmcoreinfo);
	fake_memory_add(machine.memory, MAKE_RODATA, names.bytes, names.len, 0);
	fake_memory_add(machine.memory, DATA, data, sizeof(data), KD_RANGE_WRITABLE);
	ok(kd_kallsyms_create(machine.memory, &machine.kallsyms));
	machine.types = make_types(machine.memory, relative, shift);
	return machine;
}

static void machine_free(struct machine *machine)
{
	kd_exports_deinit(&machine->exports);
	kd_types_destroy(machine->types);
	kd_kallsyms_destroy(machine->kallsyms);
	fake_memory_destroy(machine->memory);
}

/** 0: it is not there. */
static kd_vaddr find(struct machine *machine, const char *name)
{
	kd_vaddr address;
	struct kd_error *err = kd_exports_find(&machine->exports, machine->memory, machine->kallsyms, machine->types,
					       DATA, DATA + sizeof(data), name, &address);
	if (!err)
		return address;
	assert(err->code == KD_ERROR_LOOKUP);
	kd_error_destroy(err);
	return 0;
}

static void test_all(kd_vaddr at, bool relative)
{
	put_table(at, relative);
	struct machine machine = machine_make(relative, 0);
	for (size_t i = 0; i < KD_ARRAY_NR(exported); i++)
		assert(find(&machine, exported[i].name) == exported[i].address);
	assert(find(&machine, "runqueues") == PERCPU + RUNQUEUES_OFFSET);
	assert(!find(&machine, "tk_core"));
	machine_free(&machine);
}

/** Where what is exported does not agree on where the section is, nothing is known of it. */
static void test_percpu_that_differs(void)
{
	put_table(TABLE, true);
	struct machine machine = machine_make(true, 8);
	assert(find(&machine, "jiffies"));
	assert(!find(&machine, "runqueues"));
	machine_free(&machine);
}

static void test_no_table(void)
{
	memset(data, 0, sizeof(data));
	struct machine machine = machine_make(true, 0);
	assert(!find(&machine, "jiffies"));
	assert(!find(&machine, "jiffies"));
	machine_free(&machine);
}

/** Bytes of the table are replaced one after another: nothing is read beyond, no other entry is another one. */
static void test_damage(void)
{
	for (size_t i = 0; i < 12 * KD_ARRAY_NR(exported); i++) {
		put_table(TABLE, true);
		data[TABLE - DATA + i] ^= 0xff;
		struct machine machine = machine_make(true, 0);
		for (size_t k = 0; k < KD_ARRAY_NR(exported); k++) {
			const kd_vaddr address = find(&machine, exported[k].name);
			assert(!address || address == exported[k].address || k == i / 12);
		}
		machine_free(&machine);
	}
}

int main(void)
{
	struct make_symbol *symbols = make_kernel_symbols(NR, true);
	for (uint32_t i = 0; i + 1 < NR; i++) {
		if (symbols[i].address <= exported[3].address && symbols[i + 1].address > exported[3].address) {
			strcpy(symbols[i].name, "kfree");
			symbols[i].address = exported[3].address;
			break;
		}
	}
	names = (struct make_kallsyms){
		.order = MAKE_OFFSETS_LAST, .encoding = MAKE_PERCPU, .seqs = true, .symbols = symbols, .nr = NR
	};
	make_kallsyms(&names);
	test_all(TABLE, true);
	test_all(TABLE, false);
	test_all(TABLE + FAKE_PAGE - 24, true); /* over the end of a page */
	test_percpu_that_differs();
	test_no_table();
	test_damage();
	make_kallsyms_free(&names);
	return 0;
}
