/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debug info: this program reads its own, and that of the same source compiled in other ways, and compares it with what
 * the compiler says. */
/* What is looked for. Used below, so that the compiler keeps it. */
enum colour { RED, GREEN = 7, BLUE = 300 };
enum { NAMELESS_ONE = -2, NAMELESS_TWO = 40 };
typedef unsigned short small;
struct inner;
struct outer {
	int first;
	unsigned low : 3, middle : 11;
	signed high : 7;
	unsigned long long wide : 40;
	struct inner *link;
	enum colour colour;
	union {
		small s;
		char text[5];
	};
	int (*call)(struct outer *, const char *, ...);
	long matrix[2][3];
	volatile small *const pointer;
	_Bool flag;
	unsigned char bytes[];
};
struct inner {
	struct outer *back;
	struct inner *next;
};
struct inner global_inner[4];
struct outer *global_outer;
static int local_variable = NAMELESS_TWO;

static inline __attribute__((always_inline)) int inlined(int number)
{
	return number ^ local_variable++; /* INLINED_LINE */
}

int compared(struct outer *outer, unsigned long number, ...);
int compared(struct outer *outer, unsigned long number, ...)
{
	return inlined(outer->first) + (int)number; /* COMPARED_LINE */
}

#ifndef ONLY_DEBUG_INFO /* below: the test itself */

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chance.h"
#include "debug/cfi.h"
#include "debug/expression.h"
#include "debug/lines.h"
#include "debug/variables.h"
#include "expect.h"
#include "fake_memory.h"
#include "make_dump.h"
#include "sym/linked.h"
#include "types/types.h"

#define SYSTEM_MAP                                                         \
	"0000000000001234 A absolute\n0000000000004000 d percpu_thing\n"   \
	"ffffffff81000000 T _text\nffffffff81000000 T _stext\n"            \
	"ffffffff81000100 t twice\nffffffff81000180 t twice\n"             \
	"ffffffff82000000 D init_uts_ns\nffffffff82000400 B __bss_start\n" \
	"ffffffff82001000 B _end\nffffffffc0000000 t of_a_module [module]\n"

static void check_member(const struct kd_type *type, const char *path, size_t bit_offset, size_t bit_size,
			 const char *declared)
{
	struct kd_member member;
	ok(kd_type_find_member(type, path, &member));
	char *text = kd_type_spell(member.type);
	if (member.bit_offset != bit_offset || member.bit_size != bit_size || strcmp(text, declared)) {
		fprintf(stderr, "%s: %s at bit %llu of %u, not %s at %zu of %zu\n", path, text,
			(unsigned long long)member.bit_offset, member.bit_size, declared, bit_offset, bit_size);
		abort();
	}
	free(text);
}

static void check_types(struct kd_types *types)
{
	const struct kd_type *type, *inner;
	ok(kd_types_find(types, KD_STRUCT, "outer", &type));
	assert(type->size == sizeof(struct outer));
	check_member(type, "first", 0, 0, "int");
	check_member(type, "low", 32, 3, "unsigned int");
	check_member(type, "middle", 35, 11, "unsigned int");
	check_member(type, "high", 46, 7, "int");
	check_member(type, "wide", 64, 40, "unsigned long long");
	check_member(type, "link", 8 * offsetof(struct outer, link), 0, "struct inner *");
	check_member(type, "colour", 8 * offsetof(struct outer, colour), 0, "enum colour");
	check_member(type, "s", 8 * offsetof(struct outer, s), 0, "small");
	check_member(type, "text", 8 * offsetof(struct outer, text), 0, "char [5]");
	check_member(type, "call", 8 * offsetof(struct outer, call), 0, "int (*)(struct outer *, const char *, ...)");
	check_member(type, "matrix", 8 * offsetof(struct outer, matrix), 0, "long [2][3]");
	check_member(type, "matrix[1][2]", 8 * offsetof(struct outer, matrix[1][2]), 0, "long");
	check_member(type, "pointer", 8 * offsetof(struct outer, pointer), 0, "volatile small * const");
	check_member(type, "flag", 8 * offsetof(struct outer, flag), 0, "_Bool");
	check_member(type, "bytes", 8 * offsetof(struct outer, bytes), 0, "unsigned char []");

	/* The same thing, by whatever way one comes to it, is the same pointer. */
	struct kd_member link;
	ok(kd_types_find(types, KD_STRUCT, "inner", &inner));
	ok(kd_type_find_member(type, "link", &link));
	assert(link.type->target == inner && !(inner->flags & KD_TYPE_INCOMPLETE));
	ok(kd_type_find_member(inner, "back", &link));
	assert(link.type->target == type);
	fails(kd_types_find(types, KD_STRUCT, "nowhere", &type), KD_ERROR_LOOKUP, "no type struct nowhere");

	int64_t value;
	ok(kd_types_enumerator(types, "BLUE", &value, &type));
	assert(value == BLUE && type->size == sizeof(enum colour) && !strcmp(type->name, "colour"));
	assert(!(type->flags & KD_TYPE_SIGNED));
	ok(kd_types_enumerator(types, "NAMELESS_ONE", &value, &type));
	assert(value == NAMELESS_ONE && type->flags & KD_TYPE_SIGNED);
	fails(kd_types_enumerator(types, "MAUVE", &value, NULL), KD_ERROR_LOOKUP, "no enumerator MAUVE");

	static const char *const symbols[][2] = { { "global_inner", "struct inner [4]" },
						  { "global_outer", "struct outer *" },
						  { "local_variable", "int" },
						  { "compared", "int (struct outer *, unsigned long, ...)" } };
	for (size_t i = 0; i < KD_ARRAY_NR(symbols); i++) {
		ok(kd_types_of_symbol(types, symbols[i][0], &type));
		char *text = kd_type_spell(type);
		assert(!strcmp(text, symbols[i][1]));
		free(text);
	}
	ok(kd_types_parse(types, "struct outer *(*)[BLUE]", &type));
	assert(type->target->length == BLUE);
}

/** The number of the line that has a mark. */
static uint32_t line_of(const char *mark)
{
	FILE *file = fopen(__FILE__, "r");
	char text[256];
	uint32_t line = 1;
	for (; file && fgets(text, sizeof(text), file) && !strstr(text, mark); line++)
		;
	assert(file);
	fclose(file);
	return line;
}

/** Of the code of compared() some is its own, and some is of what was inlined there. */
static void check_lines(struct kd_dwarf *dwarf, const struct kd_debug_symbol *symbol)
{
	bool own = false, inlined_there = false;
	for (kd_vaddr address = symbol->address; address < symbol->address + symbol->size; address++) {
		struct kd_source_vector frames;
		ok(kd_dwarf_source(dwarf, address, &frames));
		assert(frames.nr == 1 || frames.nr == 2);
		const struct kd_source_frame *last = &frames.data[frames.nr - 1];
		assert(!strcmp(last->function, "compared") && !last->inlined && strstr(last->file, "test_debug.c"));
		if (frames.nr == 2) {
			assert(!strcmp(frames.data[0].function, "inlined") && frames.data[0].inlined);
			assert(last->line == line_of("/* COMPARED_LINE */"));
			inlined_there |= frames.data[0].line == line_of("/* INLINED_LINE */");
		} else {
			own |= last->line == line_of("/* COMPARED_LINE */");
		}
		kd_source_vector_deinit(&frames);
	}
	assert(own && inlined_there);
	struct kd_source_vector none;
	ok(kd_dwarf_source(dwarf, 0x123456789000, &none));
	assert(!none.nr);
}

/** @param lines whether it says where functions were inlined: strict DWARF 2 does not. */
static void check_file(const char *path, bool lines)
{
	struct kd_debug_file *file;
	struct kd_dwarf *dwarf;
	struct kd_types *types;
	ok(kd_debug_file_open(path, &file));
	ok(kd_dwarf_create(file, &dwarf));
	ok(kd_types_create(NULL, &types));
	ok(kd_types_add_dwarf(types, dwarf));
	check_types(types);

	/* Its symbols are there, as far as they are names. */
	struct kd_debug_symbol *symbols;
	size_t nr, found = 0;
	ok(kd_debug_file_symbols(file, &symbols, &nr));
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(symbols[i].name, "global_inner") || !strcmp(symbols[i].name, "local_variable") ||
		    !strcmp(symbols[i].name, "compared"))
			found += strchr("BdT", symbols[i].type) && symbols[i].size;
	assert(found == 3);
	for (size_t i = 0; lines && i < nr; i++)
		if (!strcmp(symbols[i].name, "compared"))
			check_lines(dwarf, &symbols[i]);
	free(symbols);

	kd_types_destroy(types);
	kd_dwarf_destroy(dwarf);
	kd_debug_file_close(file);
}

static void compile(const char *options, const char *object)
{
	char command[4096];
	snprintf(command, sizeof(command), "gcc -DONLY_DEBUG_INFO %s -c -o %s %s", options, object, __FILE__);
	assert(!system(command));
}

/** What frames at an address ask of debug info that may be damaged. */
static void ask_function(struct kd_types *types, struct kd_dwarf *dwarf, kd_vaddr address)
{
	struct kd_debug_function function;
	struct kd_call_site site;
	struct kd_cfi_row row;
	bool found;
	const struct kd_expression_frame nothing = { .order = KD_LITTLE };
	kd_error_destroy(kd_cfi_find(dwarf, address, &row, &found));
	kd_error_destroy(kd_dwarf_function(dwarf, address, &function));
	for (size_t i = 0; i < function.variables.nr; i++) {
		Dwarf_Attribute attribute;
		Dwarf_Op *operations;
		size_t nr = 0;
		struct kd_location location;
		const struct kd_type *type;
		kd_error_destroy(kd_types_of_die(types, dwarf, &function.variables.data[i].die, &type));
		kd_error_destroy(kd_debug_variable_location(dwarf, &function.variables.data[i], address, &attribute,
							    &operations, &nr));
		if (nr)
			kd_expression_locate(&nothing, &attribute, operations, nr, &location);
	}
	if (function.found) {
		kd_dwarf_may_enter_itself(dwarf, &function.die);
		kd_error_destroy(kd_dwarf_call_site(dwarf, &function.die, address + 5, &site, &found));
	}
	kd_debug_function_deinit(&function);
}

/** Damaged at many places, cut off, shorter than when it was opened: errors or wrong types, nothing worse. */
static void damage(const char *object)
{
	FILE *in = fopen(object, "rb");
	static uint8_t bytes[1 << 20], changed[1 << 20];
	size_t len = fread(bytes, 1, sizeof(bytes), in);
	fclose(in);
	assert(len > 4096 && len < sizeof(bytes));
	for (int round = 0; round < 300; round++) {
		memcpy(changed, bytes, len);
		const size_t kept = round % 3 ? len : chance(len);
		for (int i = 0; round % 3 && i < 1 + round % 40; i++)
			changed[chance(round % 3 == 1 ? 64 + len / 20 : len)] = (uint8_t)chance(256);
		const char *path = make_file("damaged", changed, kept);
		struct kd_debug_file *file;
		struct kd_dwarf *dwarf = NULL;
		struct kd_types *types;
		struct kd_error *err = kd_debug_file_open(path, &file);
		if (err) {
			kd_error_destroy(err);
			continue;
		}
		if (round % 7 == 0)
			assert(!truncate(path, kept / 2));
		struct kd_debug_symbol *symbols;
		size_t nr;
		kd_vaddr code[8] = {};
		err = kd_debug_file_symbols(file, &symbols, &nr);
		for (size_t i = 0; !err && i < nr; i++)
			code[i % KD_ARRAY_NR(code)] = symbols[i].address + i % 8;
		if (!err)
			free(symbols);
		kd_error_destroy(err);
		err = kd_dwarf_create(file, &dwarf);
		ok(kd_types_create(NULL, &types));
		if (!err)
			err = kd_types_add_dwarf(types, dwarf);
		const struct kd_type *type;
		const struct kd_member *members;
		int64_t value;
		if (!err)
			err = kd_types_find(types, KD_STRUCT, "outer", &type);
		if (!err)
			err = kd_type_members(type, &members, &nr);
		kd_error_destroy(err);
		kd_error_destroy(kd_types_enumerator(types, "BLUE", &value, NULL));
		kd_error_destroy(kd_types_of_symbol(types, "compared", &type));
		for (size_t i = 0; dwarf && i < KD_ARRAY_NR(code); i++) {
			struct kd_source_vector frames;
			kd_error_destroy(kd_dwarf_source(dwarf, code[i], &frames));
			kd_source_vector_deinit(&frames);
			ask_function(types, dwarf, code[i]);
		}
		kd_types_destroy(types);
		kd_dwarf_destroy(dwarf);
		kd_debug_file_close(file);
	}
}

static void check_others(void)
{
	static const char *const ways[] = { "-g -gdwarf-5", "-g -gdwarf-4", "-g -gdwarf-2 -gstrict-dwarf",
					    "-g -gdwarf-5 -gz=zlib", "-g -gdwarf-4 -O2 -ffunction-sections" };
	const char *object = make_file("object", "", 0), *linked = make_file("linked", "", 0);
	for (size_t i = 0; i < KD_ARRAY_NR(ways); i++) {
		compile(ways[i], object);
		char command[256];
		snprintf(command, sizeof(command), "gcc -nostdlib -static -Wl,-e,compared -o %s %s", linked, object);
		assert(!system(command));
		check_file(linked, !strstr(ways[i], "strict"));
		if (i == 1 || i == 3)
			damage(linked);
	}
}

static void check_system_map(void)
{
	char text[] = SYSTEM_MAP;
	struct kd_debug_symbol *symbols;
	size_t nr;
	ok(kd_system_map_read("System.map", text, strlen(text), &symbols, &nr));
	assert(nr == 9);
	struct kd_memory *memory =
		fake_memory_create("SYMBOL(_stext)=ffffffff91000000\nSYMBOL(init_uts_ns)=ffffffff92000000\n");
	struct kd_kallsyms *names;
	ok(kd_kallsyms_create_linked(memory, "System.map", symbols, nr, &names));

	kd_vaddr address;
	uint32_t numbers[4], n;
	size_t found;
	struct kd_symbol symbol;
	ok(kd_kallsyms_address(names, "init_uts_ns", &address));
	assert(address == 0xffffffff92000000);
	ok(kd_kallsyms_address(names, "percpu_thing", &address));
	assert(address == 0x4000);
	ok(kd_kallsyms_address(names, "absolute", &address));
	assert(address == 0x1234);
	ok(kd_kallsyms_find(names, "twice", numbers, 4, &found));
	assert(found == 2 && numbers[0] < numbers[1]);
	ok(kd_kallsyms_get(names, numbers[0], &symbol));
	assert(symbol.address == 0xffffffff91000100 && symbol.size == 0x80 && symbol.type == 't');
	ok(kd_kallsyms_at(names, 0xffffffff910001ff, &n));
	assert(n == numbers[1]);
	fails(kd_kallsyms_address(names, "of_a_module", &address), KD_ERROR_LOOKUP, "no kernel symbol");
	fails(kd_kallsyms_at(names, 0xffffffff92001000, &n), KD_ERROR_LOOKUP, "no kernel symbol");
	kd_kallsyms_destroy(names);
	fake_memory_destroy(memory);

	/* Another kernel's, and no System.map at all. */
	memory = fake_memory_create("SYMBOL(_stext)=ffffffff91000000\nSYMBOL(init_uts_ns)=ffffffff92000040\n");
	fails(kd_kallsyms_create_linked(memory, "System.map", symbols, nr, &names), KD_ERROR_VALUE, "another kernel");
	fake_memory_destroy(memory);
	free(symbols);
	char other[] = "#!/bin/sh\necho nothing\n";
	fails(kd_system_map_read("x", other, strlen(other), &symbols, &nr), KD_ERROR_FORMAT, "not a System.map");
}

int main(void)
{
	struct kd_debug_file *file;
	struct outer outer = { .first = 1 };
	assert(compared(&outer, 2) == (1 ^ NAMELESS_TWO) + 2 && !global_outer && !global_inner[0].next);
	check_file("/proc/self/exe", true);
	check_others();
	check_system_map();
	fails(kd_debug_file_open("/dev/null", &file), KD_ERROR_FORMAT, "not a file with debug info");
	fails(kd_debug_file_open(__FILE__, &file), KD_ERROR_FORMAT, "not an ELF file");
	fails(kd_debug_file_open("/nonexistent", &file), KD_ERROR_OS, "No such file");
	make_clean();
	return 0;
}

#endif
