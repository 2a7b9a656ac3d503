/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modules, their symbols, generated code: a made-up kernel, whole and damaged. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "fake_memory.h"
#include "make_btf.h"
#include "make_kallsyms.h"
#include "module/module.h"

#define NR 600
#define DATA 0xffffffff83000000ull /* of the kernel: list heads, then one page a thing */
#define DATA_LEN (32 * FAKE_PAGE)
#define TEXT(i) (0xffffffffc0000000ull + (i)*0x100000)
#define MODULES (DATA + 0x00)
#define BPF (DATA + 0x20)
#define FTRACE (DATA + 0x40)
#define BTF_MODULES (DATA + 0x60)
#define MODULE(i) (DATA + (2 + 3 * (i)) * FAKE_PAGE)
#define TABLES(i) (MODULE(i) + FAKE_PAGE)
#define KSYM(i) (DATA + (20 + (i)) * FAKE_PAGE)

static void refused(struct kd_error *err, enum kd_error_code code)
{
	assert(err && err->code == code);
	kd_error_destroy(err);
}

/* ---- the types ---- */

struct field {
	const char *name;
	uint32_t type, offset; /* bytes */
};

static void put_struct(struct make_btf *btf, const char *name, uint32_t size, const struct field *fields, uint32_t nr)
{
	make_btf_record(btf, name, 4, nr, false, size);
	for (uint32_t i = 0; i < nr; i++)
		make_btf_words(btf, 3, make_btf_string(btf, fields[i].name), fields[i].type, fields[i].offset * 8);
}
#define PUT_STRUCT(btf, name, size, ...) \
	put_struct(btf, name, size, (struct field[]){ __VA_ARGS__ }, KD_ARRAY_NR(((struct field[]){ __VA_ARGS__ })))

/** @param since_6_4 struct module has mem[], else core_layout and init_layout. */
static uint8_t *make_types(bool since_6_4, size_t *ret_len)
{
	enum { ULONG = 1, UINT, CHAR, POINTER, LIST, NAME, LAYOUT, LAYOUTS, KALLSYMS };
	struct make_btf btf = {};
	make_btf_int(&btf, "unsigned long", 8, 0, 0, 64);
	make_btf_int(&btf, "unsigned int", 4, 0, 0, 32);
	make_btf_int(&btf, "char", 1, 0, 0, 8);
	make_btf_record(&btf, NULL, 2, 0, false, 0);
	PUT_STRUCT(&btf, "list_head", 16, { "next", POINTER, 0 }, { "prev", POINTER, 8 });
	make_btf_array(&btf, CHAR, 56);
	PUT_STRUCT(&btf, since_6_4 ? "module_memory" : "module_layout", 16, { "base", POINTER, 0 },
		   { "size", UINT, 8 });
	make_btf_array(&btf, LAYOUT, 7);
	PUT_STRUCT(&btf, "mod_kallsyms", 32, { "symtab", POINTER, 0 }, { "num_symtab", UINT, 8 },
		   { "strtab", POINTER, 16 }, { "typetab", POINTER, 24 });
	if (since_6_4)
		PUT_STRUCT(&btf, "module", 512, { "list", LIST, 8 }, { "name", NAME, 24 }, { "mem", LAYOUTS, 80 },
			   { "percpu", POINTER, 200 }, { "percpu_size", UINT, 208 }, { "kallsyms", POINTER, 216 });
	else
		PUT_STRUCT(&btf, "module", 512, { "list", LIST, 8 }, { "name", NAME, 24 },
			   { "core_layout", LAYOUT, 80 }, { "init_layout", LAYOUT, 144 }, { "percpu", POINTER, 200 },
			   { "percpu_size", UINT, 208 }, { "kallsyms", POINTER, 216 });
	PUT_STRUCT(&btf, "bpf_ksym", 128, { "start", ULONG, 0 }, { "end", ULONG, 8 }, { "name", NAME, 16 },
		   { "lnode", LIST, 80 });
	PUT_STRUCT(&btf, "ftrace_ops", 64, { "trampoline", ULONG, 0 }, { "trampoline_size", ULONG, 8 },
		   { "list", LIST, 16 });
	PUT_STRUCT(&btf, "btf", 32, { "data", POINTER, 0 }, { "data_size", UINT, 24 });
	PUT_STRUCT(&btf, "btf_module", 64, { "list", LIST, 0 }, { "module", POINTER, 16 }, { "btf", POINTER, 24 });
	return make_btf_bytes(&btf, ret_len);
}

/* ---- the kernel's memory ---- */

static uint8_t data[DATA_LEN];

static void put(kd_vaddr address, uint64_t value, size_t len)
{
	assert(address >= DATA && address + len <= DATA + DATA_LEN);
	memcpy(data + (address - DATA), &value, len);
}

static void put_text(kd_vaddr address, const char *text)
{
	memcpy(data + (address - DATA), text, strlen(text) + 1);
}

/** Circular, in this order; each link is where the list_head lies. */
static void put_list(kd_vaddr head, const kd_vaddr *links, size_t nr)
{
	kd_vaddr previous = head;
	for (size_t i = 0; i <= nr; i++) {
		kd_vaddr link = i < nr ? links[i] : head;
		put(previous, link, 8);
		put(link + 8, previous, 8);
		previous = link;
	}
}

/** @param value what the module's symbols are relative to. */
static void put_symbol(int module, int i, const char *name, uint8_t info, char letter, kd_vaddr value, uint64_t size,
		       uint16_t section)
{
	kd_vaddr symbol = TABLES(module) + 24 * i, text = TABLES(module) + 1024 + 32 * i;
	put(symbol, 32 * i, 4);
	put(symbol + 4, info, 1);
	put(symbol + 6, section, 2);
	put(symbol + 8, value, 8);
	put(symbol + 16, size, 8);
	put_text(text, name);
	put(TABLES(module) + 2048 + i, letter, 1);
}

static void put_kernel(bool since_6_4)
{
	static const char *const names[] = { "newest", "middle", "oldest" };
	kd_vaddr links[3];
	memset(data, 0, sizeof(data));
	for (int i = 0; i < 3; i++) {
		links[i] = MODULE(i) + 8;
		put_text(MODULE(i) + 24, names[i]);
		put(MODULE(i) + 80, TEXT(i), 8);
		put(MODULE(i) + 88, 0x3000, 4);
		if (since_6_4) {
			put(MODULE(i) + 96, TEXT(i) + 0x8000, 8); /* data */
			put(MODULE(i) + 104, 0x1000, 4);
		}
		put(MODULE(i) + 200, 0x3b000 + 64 * i, 8);
		put(MODULE(i) + 208, 48, 4);
		put(MODULE(i) + 216, TABLES(i) + 3072, 8);
		put(TABLES(i) + 3072, TABLES(i), 8);
		put(TABLES(i) + 3080, 7, 4);
		put(TABLES(i) + 3088, TABLES(i) + 1024, 8);
		put(TABLES(i) + 3096, TABLES(i) + 2048, 8);
		put_symbol(i, 1, "late", 0x12, 't', TEXT(i) + 0x200, 0x80, 1);
		put_symbol(i, 2, "early", 0x02, 't', TEXT(i) + 0x100, 0, 1);
		put_symbol(i, 3, "undefined", 0x10, 'U', 0, 0, 0);
		put_symbol(i, 4, "", 0x03, 't', TEXT(i), 0, 1);
		put_symbol(i, 5, names[i], 0x11, 'd', TEXT(i) + 0x2800, 0, 2);
		put_symbol(i, 6, "_stext", 0x02, 't', TEXT(i) + 0x10, 0, 1); /* the kernel has one, too */
	}
	put_list(MODULES, links, 3);

	put(KSYM(0), 0xffffffffd0000000, 8);
	put(KSYM(0) + 8, 0xffffffffd0000100, 8);
	put_text(KSYM(0) + 16, "bpf_prog_6deef7357e7b4530");
	put_list(BPF, (kd_vaddr[]){ KSYM(0) + 80 }, 1);
	put(KSYM(1), 0xffffffffd0001000, 8);
	put(KSYM(1) + 8, 0x180, 8);
	put_list(FTRACE, (kd_vaddr[]){ KSYM(1) + 16 }, 1);

	/* The oldest one has BTF. */
	put(KSYM(2) + 16, MODULE(2), 8);
	put(KSYM(2) + 24, KSYM(3), 8);
	put(KSYM(3), KSYM(3) + 64, 8);
	put(KSYM(3) + 24, 100, 4);
	put_list(BTF_MODULES, (kd_vaddr[]){ KSYM(2) }, 1);
}

/* The same for all tests: where the lists begin. */
static struct make_kallsyms names_of_kernel;

static void make_names(void)
{
	static const struct {
		const char *name;
		kd_vaddr address;
	} heads[] = { { "modules", MODULES },
		      { "bpf_kallsyms", BPF },
		      { "ftrace_ops_trampoline_list", FTRACE },
		      { "btf_modules", BTF_MODULES } };
	struct make_symbol *symbols = make_kernel_symbols(NR, true);
	for (size_t i = 0; i < KD_ARRAY_NR(heads); i++) {
		struct make_symbol *symbol = &symbols[NR - 1 - KD_ARRAY_NR(heads) + i];
		strcpy(symbol->name, heads[i].name);
		symbol->address = heads[i].address;
		symbol->type = 'd';
	}
	names_of_kernel = (struct make_kallsyms){
		.order = MAKE_OFFSETS_LAST, .encoding = MAKE_PERCPU, .seqs = true, .symbols = symbols, .nr = NR
	};
	make_kallsyms(&names_of_kernel);
}

struct machine {
	struct kd_memory *memory;
	struct kd_kallsyms *kallsyms;
	struct kd_types *types;
	struct kd_modules *modules;
};

static struct machine machine_make(bool since_6_4)
{
	struct machine machine = {};
	machine.memory = fake_memory_create(names_of_kernel.vmcoreinfo);
	fake_memory_add(machine.memory, MAKE_RODATA, names_of_kernel.bytes, names_of_kernel.len, 0);
	fake_memory_add(machine.memory, DATA, data, sizeof(data), KD_RANGE_WRITABLE);
	ok(kd_kallsyms_create(machine.memory, &machine.kallsyms));
	size_t len;
	uint8_t *btf = make_types(since_6_4, &len);
	ok(kd_types_create(machine.memory, &machine.types));
	ok(kd_types_add_btf_bytes(machine.types, NULL, btf, len));
	free(btf);
	ok(kd_modules_create(machine.memory, machine.kallsyms, machine.types, &machine.modules));
	return machine;
}

static void machine_free(struct machine *machine)
{
	kd_modules_destroy(machine->modules);
	kd_types_destroy(machine->types);
	kd_kallsyms_destroy(machine->kallsyms);
	fake_memory_destroy(machine->memory);
}

/* ---- the tests ---- */

static void test_whole(bool since_6_4)
{
	put_kernel(since_6_4);
	struct machine machine = machine_make(since_6_4);
	struct kd_modules *modules = machine.modules;
	struct kd_module *list, *module;
	struct kd_symbol symbol, *all;
	struct kd_error *why;
	size_t nr;

	ok(kd_modules_list(modules, &list, &nr, &why));
	assert(nr == 3 && !why);
	assert(!strcmp(list[0].name, "newest") && !strcmp(list[2].name, "oldest"));
	assert(list[1].address == MODULE(1) && list[1].memory[KD_MODULE_TEXT].start == TEXT(1));
	assert(list[1].size == (since_6_4 ? 0x4000 : 0x3000));
	assert(list[1].percpu == 0x3b040 && list[1].percpu_size == 48);
	assert(list[2].btf_start == KSYM(3) + 64 && list[2].btf_end == KSYM(3) + 164 && !list[0].btf_start);

	ok(kd_modules_symbols(modules, &list[0]));
	assert(list[0].symbol_nr == 4); /* neither undefined nor without a name */
	static const struct {
		const char *name;
		char type;
		uint64_t offset, size;
	} expected[] = { { "_stext", 't', 0x10, 0xf0 },
			 { "early", 't', 0x100, 0x100 },
			 { "late", 'T', 0x200, 0x80 },
			 { "newest", 'D', 0x2800, 0x800 } };
	for (size_t i = 0; i < KD_ARRAY_NR(expected); i++) {
		assert(!strcmp(list[0].symbols[i].name, expected[i].name));
		assert(list[0].symbols[i].type == expected[i].type && !strcmp(list[0].symbols[i].module, "newest"));
		assert(list[0].symbols[i].address == TEXT(0) + expected[i].offset);
		assert(list[0].symbols[i].size == expected[i].size);
	}

	ok(kd_modules_at(modules, TEXT(1) + 0x2fff, &module));
	assert(module == &list[1]);
	ok(kd_modules_at(modules, TEXT(1) + 0x3000, &module));
	assert(!module);
	ok(kd_symbol_at(modules, TEXT(1) + 0x240, &symbol));
	assert(!strcmp(symbol.name, "late") && !strcmp(symbol.module, "middle") && symbol.address == TEXT(1) + 0x200);
	refused(kd_symbol_at(modules, TEXT(1) + 8, &symbol), KD_ERROR_LOOKUP); /* before its first symbol */
	ok(kd_symbol_at(modules, MAKE_TEXT + 1, &symbol));
	assert(!strcmp(symbol.name, "_stext") && !symbol.module);
	ok(kd_symbol_at(modules, 0xffffffffd00000ff, &symbol));
	assert(!strcmp(symbol.name, "bpf_prog_6deef7357e7b4530") && !strcmp(symbol.module, "bpf"));
	ok(kd_symbol_at(modules, 0xffffffffd000117f, &symbol));
	assert(!strcmp(symbol.name, "ftrace_trampoline") && symbol.size == 0x180);
	refused(kd_symbol_at(modules, 0xffffffffd0000100, &symbol), KD_ERROR_LOOKUP);

	ok(kd_symbol_find(modules, "_stext", NULL, &symbol));
	assert(symbol.address == MAKE_TEXT);
	ok(kd_symbol_find(modules, "_stext", "oldest", &symbol));
	assert(symbol.address == TEXT(2) + 0x10);
	ok(kd_symbol_find(modules, "late", NULL, &symbol));
	assert(symbol.address == TEXT(0) + 0x200); /* the newest first */
	refused(kd_symbol_find(modules, "late", "", &symbol), KD_ERROR_LOOKUP);
	refused(kd_symbol_find(modules, "undefined", NULL, &symbol), KD_ERROR_LOOKUP);
	ok(kd_symbol_find_all(modules, "_stext", &all, &nr));
	assert(nr == 4 && !all[0].module && !strcmp(all[1].module, "newest") && !strcmp(all[3].module, "oldest"));
	free(all);
	machine_free(&machine);
}

/** Names of the modules that are found, joined by commas, and whether a reason for more is given. */
static void check_names(const char *expected, bool expect_why)
{
	struct machine machine = machine_make(true);
	struct kd_module *list;
	struct kd_error *why;
	size_t nr;
	char names[128] = "";
	ok(kd_modules_list(machine.modules, &list, &nr, &why));
	for (size_t i = 0; i < nr; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i ? "," : "", list[i].name);
	if (strcmp(names, expected) || !why == expect_why) {
		fprintf(stderr, "expected %s, got %s (%s)\n", expected, names, why ? why->message : "whole");
		abort();
	}
	kd_error_destroy(why);
	machine_free(&machine);
}

static void test_damaged_lists(void)
{
	put_kernel(true);
	put(MODULE(0) + 8, 0, 8); /* the way on is lost: the other modules are reached from the end */
	check_names("newest,middle,oldest", true);
	put_kernel(true);
	put(MODULE(1) + 8, MODULE(0) + 8, 8); /* a circle without the head */
	check_names("newest,middle,oldest", true);
	put_kernel(true);
	put(MODULE(0) + 8, 0x1234, 8); /* nowhere */
	put(MODULE(2) + 16, 0x5678, 8);
	check_names("newest,oldest", true);
	put_kernel(true);
	put(MODULES, MODULES, 8); /* none */
	put(MODULES + 8, MODULES, 8);
	check_names("", false);
}

/** An error is told to whoever asks again: it never turns into "there are none". */
static void test_errors_last(void)
{
	put_kernel(true);
	struct machine machine = machine_make(true);
	struct kd_module *list;
	struct kd_symbol symbol;
	size_t nr;
	ok(kd_modules_list(machine.modules, &list, &nr, NULL));
	fake_memory_break(machine.memory, TABLES(0), KD_FAULT_EXCLUDED);
	ok(kd_symbol_find(machine.modules, "late", NULL, &symbol));
	assert(!strcmp(symbol.module, "middle"));
	for (int i = 0; i < 2; i++)
		refused(kd_modules_symbols(machine.modules, &list[0]), KD_ERROR_FAULT);
	machine_free(&machine);

	machine = machine_make(true);
	for (size_t at = 0; at < names_of_kernel.len; at += FAKE_PAGE)
		fake_memory_break(machine.memory, MAKE_RODATA + at, KD_FAULT_EXCLUDED);
	for (int i = 0; i < 2; i++) {
		refused(kd_modules_list(machine.modules, &list, &nr, NULL), KD_ERROR_FAULT);
		refused(kd_modules_add_btf(machine.modules), KD_ERROR_FAULT);
	}
	machine_free(&machine);
}

static uint64_t state = 42;

static uint32_t chance(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (state >> 33) % below;
}

/** Any damage is an error or a smaller answer. Run under the sanitizers. */
static void test_fuzz(void)
{
	static const kd_vaddr places[] = { DATA,    MODULE(0), MODULE(1), TABLES(0), TABLES(0) + 3072, TABLES(2) + 3072,
					   KSYM(0), KSYM(1),   KSYM(2),	  KSYM(3) };
	for (int round = 0; round < 1500; round++) {
		put_kernel(true);
		for (uint32_t changes = 1 + chance(6); changes; changes--) {
			kd_vaddr at = places[chance(KD_ARRAY_NR(places))] + 8 * chance(30);
			if (chance(2))
				put(at, chance(2) ? chance(256) : ~0ull >> chance(64), chance(2) ? 1 : 8);
			else
				put(at, places[chance(KD_ARRAY_NR(places))] + 8 * chance(12), 8);
		}
		struct machine machine = machine_make(true);
		struct kd_symbol symbol, *all;
		size_t nr;
		for (int i = 0; i < 3; i++)
			kd_error_destroy(kd_symbol_at(machine.modules, TEXT(i) + chance(0x4000), &symbol));
		kd_error_destroy(kd_symbol_at(machine.modules, 0xffffffffd0000000 + chance(0x2000), &symbol));
		kd_error_destroy(kd_symbol_find(machine.modules, "late", NULL, &symbol));
		struct kd_error *err = kd_symbol_find_all(machine.modules, "_stext", &all, &nr);
		if (!err)
			free(all);
		kd_error_destroy(err);
		kd_error_destroy(kd_modules_add_btf(machine.modules));
		machine_free(&machine);
	}
}

int main(void)
{
	make_names();
	test_whole(true);
	test_whole(false);
	test_damaged_lists();
	test_errors_last();
	test_fuzz();
	free(names_of_kernel.symbols);
	make_kallsyms_free(&names_of_kernel);
	return 0;
}
