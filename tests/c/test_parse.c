/* SPDX-License-Identifier: GPL-2.0-or-later */
/* C type names and declarations, there and back. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "make_btf.h"
#include "types/types.h"

static struct kd_types *make_types(void)
{
	struct make_btf btf = {};
	make_btf_int(&btf, "unsigned int", 4, 0, 0, 32);    /* 1 */
	make_btf_record(&btf, "list_head", 4, 2, true, 16); /* 2 */
	make_btf_words(&btf, 3, make_btf_string(&btf, "next"), 3, 0);
	make_btf_words(&btf, 3, make_btf_string(&btf, "prev"), 3, 64);
	make_btf_record(&btf, NULL, 2, 0, false, 2);	/* 3 */
	make_btf_record(&btf, "u32", 8, 0, false, 1);	/* 4 */
	make_btf_record(&btf, "sizes", 6, 1, false, 4); /* 5 */
	make_btf_words(&btf, 2, make_btf_string(&btf, "NR"), 6);
	make_btf_record(&btf, "gone", 7, 0, false, 0); /* 6 struct gone; */
	size_t len;
	uint8_t *bytes = make_btf_bytes(&btf, &len);
	struct kd_types *types;
	ok(kd_types_create(NULL, &types));
	ok(kd_types_add_btf_bytes(types, NULL, bytes, len));
	free(bytes);
	return types;
}

static void test_names(struct kd_types *types)
{
	static const struct {
		const char *text, *spelled;
		uint64_t size;
	} cases[] = {
		{ "int", "int", 4 },
		{ "long unsigned int", "unsigned long", 8 },
		{ "int long long unsigned", "unsigned long long", 8 },
		{ "short", "short", 2 },
		{ "signed", "int", 4 },
		{ "unsigned char", "unsigned char", 1 },
		{ "__int128 unsigned", "unsigned __int128", 16 },
		{ "_Bool", "_Bool", 1 },
		{ "long double", "long double", 16 },
		{ "void", "void", 0 },
		{ "void *", "void *", 8 },
		{ "struct list_head", "struct list_head", 16 },
		{ "struct list_head *[3][2]", "struct list_head *[3][2]", 48 },
		{ "u32 [NR]", "u32 [6]", 24 },
		{ "u32 [2 * (NR - 1) + 1]", "u32 [11]", 44 },
		{ "char [1 << 4]", "char [16]", 16 },
		{ "char [0x10 / 4]", "char [4]", 4 },
		{ "u32 []", "u32 []", 0 },
		{ "const char *", "const char *", 8 },
		{ "char const *const *", "const char * const *", 8 },
		{ "volatile const u32", "const volatile u32", 4 },
		{ "int (*)(void)", "int (*)(void)", 8 },
		{ "void (*)(struct list_head *, ...)", "void (*)(struct list_head *, ...)", 8 },
		{ "void (*(*)[3])(int, u32 *[2])", "void (*(*)[3])(int, u32 **)", 8 },
		{ "int (*(*)(int))[4]", "int (*(*)(int))[4]", 8 },
		{ "int (void)", "int (void)", 0 },
		{ "enum sizes", "enum sizes", 4 },
		{ "struct gone *", "struct gone *", 8 },
		{ "struct list_head __rcu * /* comment */", "struct list_head *", 8 },
		{ "vmlinux!struct list_head", "struct list_head", 16 },
	};
	for (size_t i = 0; i < KD_ARRAY_NR(cases); i++) {
		const struct kd_type *type, *again;
		ok(kd_types_parse(types, cases[i].text, &type));
		char *text = kd_type_spell(type);
		if (strcmp(text, cases[i].spelled) || type->size != cases[i].size) {
			fprintf(stderr, "'%s': expected '%s' of %llu, got '%s' of %llu\n", cases[i].text,
				cases[i].spelled, (unsigned long long)cases[i].size, text,
				(unsigned long long)type->size);
			abort();
		}
		/* What we write, we read, and it is the same type. */
		ok(kd_types_parse(types, text, &again));
		assert(again == type);
		free(text);
	}
}

static void test_errors(struct kd_types *types)
{
	static const struct {
		const char *text;
		enum kd_error_code code;
		const char *part;
	} cases[] = {
		{ "", KD_ERROR_SYNTAX, "name is missing" },
		{ "struct", KD_ERROR_SYNTAX, "name is missing" },
		{ "struct nope", KD_ERROR_LOOKUP, "no type struct nope" },
		{ "nope *", KD_ERROR_LOOKUP, "no type nope" },
		{ "union list_head", KD_ERROR_LOOKUP, "no type union list_head" },
		{ "unsigned signed", KD_ERROR_SYNTAX, "no base type" },
		{ "long long long", KD_ERROR_SYNTAX, "no base type" },
		{ "short double", KD_ERROR_SYNTAX, "no base type" },
		{ "int [", KD_ERROR_SYNTAX, "missing" },
		{ "int [2", KD_ERROR_SYNTAX, "']' is missing" },
		{ "int [1 - 2]", KD_ERROR_SYNTAX, "negative" },
		{ "int [1 / 0]", KD_ERROR_SYNTAX, "cannot be computed" },
		{ "int [12x]", KD_ERROR_SYNTAX, "not a number" },
		{ "int [WHAT]", KD_ERROR_LOOKUP, "no enumerator WHAT" },
		{ "long [0x7fffffffffffffff]", KD_ERROR_VALUE, "too large" },
		{ "long [0x7fffffff][0x7fffffff][4]", KD_ERROR_VALUE, "too large" },
		{ "int (*", KD_ERROR_SYNTAX, "not closed" },
		{ "int )", KD_ERROR_SYNTAX, "unexpected" },
		{ "int x", KD_ERROR_SYNTAX, "a type alone" },
		{ "void [3]", KD_ERROR_SYNTAX, "no array of this" },
		{ "int (*)(int)[3]", KD_ERROR_SYNTAX, "unexpected" },
		{ "int ((int))[3]", KD_ERROR_SYNTAX, "cannot return" },
		{ "int [3](int)", KD_ERROR_SYNTAX, "no array of this" },
		{ "struct list_head#0", KD_ERROR_SYNTAX, "from 1" },
		{ "struct list_head#2", KD_ERROR_LOOKUP, "only 1" },
		{ "nomod!struct list_head", KD_ERROR_LOOKUP, "in module nomod" },
	};
	const struct kd_type *type;
	for (size_t i = 0; i < KD_ARRAY_NR(cases); i++)
		fails(kd_types_parse(types, cases[i].text, &type), cases[i].code, cases[i].part);

	/* Depth is bounded, whatever nests. */
	static const char *const openers[] = { "(*", "[", "(int ", "((" };
	for (size_t i = 0; i < KD_ARRAY_NR(openers); i++) {
		char *deep = malloc(100000);
		size_t len = strlen(openers[i]);
		assert(deep);
		strcpy(deep, "int ");
		for (size_t at = 4; at + len < 99999; at += len)
			strcpy(deep + at, openers[i]);
		struct kd_error *err = kd_types_parse(types, deep, &type);
		assert(err);
		kd_error_destroy(err);
		free(deep);
	}
}

static void declared(struct kd_types *types, const char *name, const char *expected)
{
	const struct kd_type *type;
	ok(kd_types_of_symbol(types, name, &type));
	char *text = kd_type_declare(type, name);
	if (strcmp(text, expected)) {
		fprintf(stderr, "expected \"%s\", got \"%s\"\n", expected, text);
		abort();
	}
	free(text);
}

static void test_declarations(struct kd_types *types)
{
	const struct kd_type *type;
	struct kd_member member;
	ok(kd_types_declare(types, "/* a ; b */ struct list_head modules; // c;\n"
				   "extern unsigned long volatile jiffies;\n"
				   "static struct list_head *table[NR] __read_mostly;;\n"
				   "int (*hook)(int, struct list_head *);\n"
				   "void (*hooks[4])(void);\n"
				   "int function(u32 *a);\n"
				   "struct { u32 seq; struct list_head list; unsigned char flag; } core "
				   "__attribute__((aligned(64)));\n"
				   "struct { char a; struct { long b; unsigned __int128 c; } d; } wide;\n"
				   "struct nope changed; struct list_head changed; u32 changed;\n"
				   "[[has: struct list_head.first]] u32 either;\n"
				   "[[has: struct list_head.prev]] struct list_head either;\n"
				   "struct gone never; struct nope *nor_this;\n"
				   "void nothing"));
	declared(types, "modules", "struct list_head modules");
	declared(types, "jiffies", "volatile unsigned long jiffies");
	declared(types, "table", "struct list_head *table[6]");
	declared(types, "hook", "int (*hook)(int, struct list_head *)");
	declared(types, "hooks", "void (*hooks[4])(void)");
	declared(types, "function", "int function(u32 *)");
	declared(types, "changed", "struct list_head changed");
	declared(types, "either", "struct list_head either");
	fails(kd_types_of_symbol(types, "never", &type), KD_ERROR_LOOKUP, "struct gone has no size");
	fails(kd_types_of_symbol(types, "nor_this", &type), KD_ERROR_LOOKUP, "no type struct nope");
	fails(kd_types_of_symbol(types, "nothing", &type), KD_ERROR_LOOKUP, "void has no size");
	fails(kd_types_of_symbol(types, "undeclared", &type), KD_ERROR_LOOKUP, "undeclared");

	/* laid out as the ABI does */
	ok(kd_types_of_symbol(types, "core", &type));
	assert(type->size == 32);
	ok(kd_type_find_member(type, "list.prev", &member));
	assert(member.bit_offset == 16 * 8);
	ok(kd_type_find_member(type, "flag", &member));
	assert(member.bit_offset == 24 * 8);
	ok(kd_types_of_symbol(types, "wide", &type));
	assert(type->size == 48);
	ok(kd_type_find_member(type, "d", &member));
	assert(member.bit_offset == 16 * 8);

	/* the user's replaces ours, and ours stays when the user's text is wrong */
	ok(kd_types_declare(types, "u32 modules"));
	declared(types, "modules", "u32 modules");
	static const char *const wrong[] = { "int modules; int a, b;",
					     "int modules; int c = 3;",
					     "int modules; ;;(",
					     "int modules; struct { int a;",
					     "[[has: x",
					     "3;" };
	for (size_t i = 0; i < KD_ARRAY_NR(wrong); i++)
		fails(kd_types_declare(types, wrong[i]), KD_ERROR_SYNTAX, "");
	declared(types, "modules", "u32 modules");
}

/* Whatever is made of these pieces is a type or an error. */
static void test_rubbish(struct kd_types *types)
{
	static const char *const pieces[] = { "int", " ",	  "*",	       "(",	 ")",	   "[", "]",
					      "3",   ",",	  "const",     "u32",	 "struct", "{", "}",
					      ";",   "list_head", "name",      "...",	 "NR",	   "+", "#1",
					      "!",   "<<",	  "unsigned ", "[[has:", ".",	   "/*" };
	uint64_t state = 1;
	for (int round = 0; round < 50000; round++) {
		char text[256] = "";
		for (int nr = 0; nr < 12; nr++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			strcat(text, pieces[(state >> 33) % KD_ARRAY_NR(pieces)]);
			if (state >> 63)
				strcat(text, " ");
		}
		const struct kd_type *type;
		struct kd_error *err = kd_types_parse(types, text, &type);
		if (!err) {
			char *spelled = kd_type_spell(type);
			assert(spelled && *spelled);
			free(spelled);
		}
		kd_error_destroy(err);
		err = round % 100 ? NULL : kd_types_declare(types, text);
		if (!err && !(round % 100))
			err = kd_types_of_symbol(types, "name", &type);
		kd_error_destroy(err);
	}
}

int main(void)
{
	struct kd_types *types = make_types();
	test_names(types);
	test_errors(types);
	test_declarations(types);
	test_rubbish(types);
	kd_types_destroy(types);
	return 0;
}
