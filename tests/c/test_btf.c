/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BTF made by hand, record by record: every kind, both encodings of bit fields, and what damage must not do. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "fake_memory.h"
#include "make_btf.h"
#include "types/types.h"
#include "types/uses.h"

static void spelled(const struct kd_type *type, const char *expected)
{
	char *text = kd_type_spell(type);
	if (strcmp(text, expected)) {
		fprintf(stderr, "expected \"%s\", got \"%s\"\n", expected, text);
		abort();
	}
	free(text);
}

static struct kd_types *types_of(struct make_btf *btf)
{
	struct kd_types *types;
	size_t len;
	uint8_t *bytes = make_btf_bytes(btf, &len);
	ok(kd_types_create(NULL, &types));
	ok(kd_types_add_btf_bytes(types, NULL, bytes, len));
	free(bytes);
	return types;
}

static const struct kd_type *find(struct kd_types *types, enum kd_kind kind, const char *name)
{
	const struct kd_type *type;
	ok(kd_types_find(types, kind, name, &type));
	return type;
}

/* ids as they are added: 1 int, 2 unsigned long, 3 struct node, 4 its pointer … */
static struct make_btf basic(void)
{
	struct make_btf btf = {};
	make_btf_int(&btf, "int", 4, 1, 0, 32);		      /* 1 */
	make_btf_int(&btf, "long unsigned int", 8, 0, 0, 64); /* 2 */
	make_btf_record(&btf, "node", 4, 2, true, 24);	      /* 3 struct node */
	make_btf_words(&btf, 3, make_btf_string(&btf, "next"), 4, 0);
	make_btf_words(&btf, 3, 0, 5, 64);	     /* an anonymous union */
	make_btf_record(&btf, NULL, 2, 0, false, 3); /* 4 struct node * */
	make_btf_record(&btf, NULL, 5, 2, true, 16); /* 5 union */
	make_btf_words(&btf, 3, make_btf_string(&btf, "flags"), 1, 3 << 24 | 2);
	make_btf_words(&btf, 3, make_btf_string(&btf, "matrix"), 6, 0);
	make_btf_array(&btf, 7, 2);			 /* 6 int [2][2] */
	make_btf_array(&btf, 1, 2);			 /* 7 int [2] */
	make_btf_record(&btf, "node_t", 8, 0, false, 9); /* 8 typedef const struct node */
	make_btf_record(&btf, NULL, 10, 0, false, 3);	 /* 9 const */
	make_btf_record(&btf, "walk", 12, 1, false, 11); /* 10 function */
	make_btf_record(&btf, NULL, 13, 2, false, 1);	 /* 11 int (struct node *from, ...) */
	make_btf_words(&btf, 2, make_btf_string(&btf, "from"), 4);
	make_btf_words(&btf, 2, 0, 0);
	make_btf_record(&btf, "color", 6, 2, true, 4); /* 12 enum */
	make_btf_words(&btf, 2, make_btf_string(&btf, "NONE"), -1);
	make_btf_words(&btf, 2, make_btf_string(&btf, "RED"), 7);
	make_btf_record(&btf, "wide", 19, 1, false, 8); /* 13 enum64 */
	make_btf_words(&btf, 3, make_btf_string(&btf, "HUGE"), 1, 0x80000000);
	make_btf_record(&btf, "count", 14, 0, false, 2); /* 14 variable */
	make_btf_words(&btf, 1, 1);
	make_btf_record(&btf, "far", 7, 0, true, 0);	     /* 15 union far; */
	make_btf_record(&btf, "user", 18, 0, false, 4);	     /* 16 type tag around 4 */
	make_btf_record(&btf, "user_node", 8, 0, false, 16); /* 17 */
	return btf;
}

static void test_kinds(void)
{
	struct make_btf btf = basic();
	struct kd_types *types = types_of(&btf);
	const struct kd_type *node = find(types, KD_STRUCT, "node");
	const struct kd_member *members;
	struct kd_member member;
	size_t nr;

	assert(node->size == 24);
	ok(kd_type_members(node, &members, &nr));
	assert(nr == 2 && !strcmp(members[0].name, "next") && !members[1].name);
	assert(members[0].type->kind == KD_POINTER && members[0].type->target == node);

	ok(kd_type_find_member(node, "flags", &member));
	assert(member.bit_offset == 66 && member.bit_size == 3);
	ok(kd_type_find_member(node, "matrix[1][1]", &member));
	assert(member.bit_offset == 64 + 96 && !member.bit_size);
	spelled(member.type, "int");
	ok(kd_type_find_member(find(types, KD_TYPEDEF, "node_t"), "next", &member));
	fails(kd_type_find_member(node, "prev", &member), KD_ERROR_LOOKUP, "struct node has no member prev");
	fails(kd_type_find_member(node, "matrix[2]", &member), KD_ERROR_VALUE, "past the end");
	fails(kd_type_find_member(node, "next.next", &member), KD_ERROR_TYPE, "is a pointer");
	fails(kd_type_find_member(node, "", &member), KD_ERROR_SYNTAX, "missing");

	spelled(find(types, KD_TYPEDEF, "node_t")->target, "const struct node");
	spelled(find(types, KD_TYPEDEF, "user_node")->target, "struct node *");
	assert(find(types, KD_FUNCTION, "walk")->flags & KD_TYPE_VARIADIC);
	spelled(find(types, KD_FUNCTION, "walk"), "int (struct node *, ...)");
	assert(find(types, KD_UNION, "far")->flags & KD_TYPE_INCOMPLETE);
	fails(kd_type_members(find(types, KD_UNION, "far"), &members, &nr), KD_ERROR_TYPE, "only declared");
	fails(kd_types_find(types, KD_STRUCT, "far", &node), KD_ERROR_LOOKUP, "no type struct far");

	const struct kd_type *type;
	int64_t value;
	ok(kd_types_enumerator(types, "NONE", &value, &type));
	assert(value == -1 && !strcmp(type->name, "color") && type->flags & KD_TYPE_SIGNED);
	ok(kd_types_enumerator(types, "HUGE", &value, &type));
	assert((uint64_t)value == 0x8000000000000001 && type->size == 8);
	fails(kd_types_enumerator(types, "GREEN", &value, NULL), KD_ERROR_LOOKUP, "no enumerator GREEN");

	ok(kd_types_of_symbol(types, "count", &type));
	spelled(type, "unsigned long");
	ok(kd_types_of_symbol(types, "walk", &type));
	assert(type == find(types, KD_FUNCTION, "walk"));
	fails(kd_types_of_symbol(types, "nowhere", &type), KD_ERROR_LOOKUP, "nowhere");
	kd_types_destroy(types);
}

/* Equal types are one, wherever they come from. */
static void test_interned(void)
{
	struct make_btf btf = basic();
	struct kd_types *types = types_of(&btf);
	const struct kd_type *node = find(types, KD_STRUCT, "node"), *pointer, *parsed;
	const struct kd_member *members;
	size_t nr;
	ok(kd_type_members(node, &members, &nr));
	ok(kd_types_pointer_to(types, node, &pointer));
	ok(kd_types_parse(types, "struct node *", &parsed));
	assert(pointer == members[0].type && pointer == parsed);
	assert(find(types, KD_INT, "unsigned long") == find(types, KD_INT, "long unsigned int"));
	kd_types_destroy(types);
}

/* pahole before 1.24: the place of a bit field is in its INT, and no enum says whether it is signed. */
static void test_old_encodings(void)
{
	struct make_btf btf = {};
	make_btf_int(&btf, "signed char", 1, 0, 0, 8);	 /* 1 signedness is not recorded */
	make_btf_int(&btf, "char", 1, 0, 0, 8);		 /* 2 */
	make_btf_int(&btf, "unsigned int", 4, 0, 3, 5);	 /* 3 bits 3..7 */
	make_btf_record(&btf, "packed", 4, 1, false, 4); /* 4 */
	make_btf_words(&btf, 3, make_btf_string(&btf, "five"), 3, 32);
	make_btf_record(&btf, "sign", 6, 2, false, 4); /* 5 */
	make_btf_words(&btf, 2, make_btf_string(&btf, "MINUS"), -2);
	make_btf_words(&btf, 2, make_btf_string(&btf, "PLUS"), 1);
	make_btf_record(&btf, "bits", 6, 1, false, 4); /* 6 */
	make_btf_words(&btf, 2, make_btf_string(&btf, "TOP"), 0x80000000);
	make_btf_record(&btf, "text", 8, 0, false, 2); /* 7 */
	struct kd_types *types = types_of(&btf);
	struct kd_member member;
	int64_t value;
	ok(kd_type_find_member(find(types, KD_STRUCT, "packed"), "five", &member));
	assert(member.bit_offset == 35 && member.bit_size == 5);
	ok(kd_types_enumerator(types, "MINUS", &value, NULL));
	assert(value == -2);
	ok(kd_types_enumerator(types, "TOP", &value, NULL));
	assert(value == 0x80000000);
	assert(find(types, KD_TYPEDEF, "text")->target->flags & KD_TYPE_SIGNED);
	kd_types_destroy(types);
}

/* Since Linux 6.2 plain char is unsigned, and BTF of that time tells the two signed kinds apart. */
static void test_unsigned_char(void)
{
	struct make_btf btf = {};
	make_btf_int(&btf, "char", 1, 0, 0, 8);
	make_btf_int(&btf, "signed char", 1, 1, 0, 8);
	struct kd_types *types = types_of(&btf);
	const struct kd_type *type;
	ok(kd_types_parse(types, "char", &type));
	assert(type->flags == KD_TYPE_CHAR);
	ok(kd_types_parse(types, "signed char", &type));
	assert(type->flags & KD_TYPE_SIGNED);
	kd_types_destroy(types);
}

/* A complete type is preferred to a declaration before it; several of one name are counted. */
static void test_same_names(void)
{
	struct make_btf btf = {};
	make_btf_int(&btf, "int", 4, 1, 0, 32);	       /* 1 */
	make_btf_record(&btf, "twin", 7, 0, false, 0); /* 2 struct twin; */
	make_btf_record(&btf, "twin", 4, 0, true, 4);  /* 3 */
	make_btf_record(&btf, "twin", 4, 0, true, 8);  /* 4 */
	make_btf_record(&btf, "twin", 5, 0, true, 16); /* 5 a union */
	struct kd_types *types = types_of(&btf);
	const struct kd_type *type;
	size_t nr;
	assert(find(types, KD_STRUCT, "twin")->size == 4);
	ok(kd_types_find_nth(types, KD_STRUCT, "twin", 1, &type, &nr));
	assert(nr == 2 && type->size == 8);
	ok(kd_types_parse(types, "struct twin#2 *", &type));
	assert(type->target->size == 8);
	fails(kd_types_parse(types, "struct twin#3", &type), KD_ERROR_LOOKUP, "only 2");
	ok(kd_types_parse(types, "union twin#1", &type));
	assert(type->size == 16);
	kd_types_destroy(types);
}

/** Damage: a search must not take time by the square of the number of types. */
static void test_very_many_same_names(void)
{
	struct make_btf btf = {};
	for (uint32_t size = 1; size <= 1500; size++)
		make_btf_record(&btf, "many", 4, 0, false, size);
	make_btf_record(&btf, "last", 4, 0, false, 5);
	struct kd_types *types = types_of(&btf);
	const struct kd_type *type;
	size_t nr;
	assert(find(types, KD_STRUCT, "last")->size == 5);
	ok(kd_types_find_nth(types, KD_STRUCT, "many", 7, &type, &nr));
	assert(nr == 1024 && type->size == 8);
	kd_types_destroy(types);
}

static void test_split(void)
{
	struct make_btf base = basic(), module = {};
	struct kd_types *types = types_of(&base);
	size_t len;
	module.string_base = make_btf_string_len(&base);
	make_btf_record(&module, "extra", 4, 1, true, 32); /* 18: one after the base's last */
	make_btf_words(&module, 3, make_btf_string(&module, "nodes"), 19, 0);
	make_btf_array(&module, 4, 4); /* 19 struct node *[4], of the base */
	uint8_t *bytes = make_btf_bytes(&module, &len);
	ok(kd_types_add_btf_bytes(types, "mod", bytes, len));
	fails(kd_types_add_btf_bytes(types, "mod", bytes, len), KD_ERROR_VALUE, "already");

	struct kd_member member;
	const struct kd_type *type;
	ok(kd_type_find_member(find(types, KD_STRUCT, "extra"), "nodes", &member));
	spelled(member.type, "struct node *[4]");
	assert(member.type->target->target == find(types, KD_STRUCT, "node"));
	assert(!strcmp(kd_type_module(find(types, KD_STRUCT, "mod!extra")), "mod"));
	assert(!kd_type_module(find(types, KD_STRUCT, "node")));
	ok(kd_types_parse(types, "mod!struct extra *", &type));
	ok(kd_types_parse(types, "struct mod!extra", &type));
	fails(kd_types_find(types, KD_STRUCT, "mod!node", &type), KD_ERROR_LOOKUP, "in module mod");
	free(bytes);
	kd_types_destroy(types);
}

/* Linux 6.11: the module brings what it needs of its base, and names tie it to the kernel it is in. */
static void test_distilled(void)
{
	struct make_btf base = basic(), distilled = {}, module = {};
	size_t base_len, distilled_len, module_len;
	make_btf_int(&distilled, "int", 4, 1, 0, 32);	      /* 1 */
	make_btf_record(&distilled, "node", 4, 0, false, 24); /* 2 */
	make_btf_record(&distilled, "gone", 4, 0, false, 8);  /* 3 not in this kernel */
	module.string_base = make_btf_string_len(&distilled);
	make_btf_record(&module, "extra", 4, 2, true, 32); /* 4 */
	make_btf_words(&module, 3, make_btf_string(&module, "inner"), 2, 0);
	make_btf_words(&module, 3, make_btf_string(&module, "lost"), 3, 192);
	uint8_t *base_bytes = make_btf_bytes(&base, &base_len);
	uint8_t *distilled_bytes = make_btf_bytes(&distilled, &distilled_len);
	uint8_t *module_bytes = make_btf_bytes(&module, &module_len);

	struct kd_memory *memory = fake_memory_create("");
	fake_memory_add(memory, 0x1000000, base_bytes, base_len, 0);
	fake_memory_add(memory, 0x2000000, distilled_bytes, distilled_len, 0);
	fake_memory_add(memory, 0x3000000, module_bytes, module_len, 0);
	struct kd_types *types;
	ok(kd_types_create(memory, &types));
	ok(kd_types_add_btf(types, NULL, 0x1000000, 0x1000000 + base_len, 0, 0, 0));
	ok(kd_types_add_btf(types, "mod", 0x3000000, 0x3000000 + module_len, 0x2000000, 0x2000000 + distilled_len, 0));

	struct kd_member member;
	ok(kd_type_find_member(find(types, KD_STRUCT, "extra"), "inner", &member));
	assert(member.type == find(types, KD_STRUCT, "node"));
	ok(kd_type_find_member(find(types, KD_STRUCT, "extra"), "lost", &member));
	assert(member.type->flags & KD_TYPE_INCOMPLETE && strstr(member.type->name, "gone"));
	kd_types_destroy(types);
	fake_memory_destroy(memory);
	free(base_bytes);
	free(distilled_bytes);
	free(module_bytes);
}

/* An unknown kind: what comes before it stays; with a layout section, what comes after it too. */
static void test_unknown_kind(void)
{
	for (int layout = 0; layout < 2; layout++) {
		struct make_btf btf = { .with_layout = layout };
		make_btf_int(&btf, "int", 4, 1, 0, 32);
		make_btf_record(&btf, "before", 4, 1, true, 8);
		make_btf_words(&btf, 3, make_btf_string(&btf, "odd"), 3, 0);
		make_btf_record(&btf, "news", 77, 2, false, 0);
		make_btf_words(&btf, 2, 1, 2); /* two elements of four bytes, says the layout */
		make_btf_record(&btf, "after", 4, 0, true, 16);
		btf.layout_kind = 77;
		btf.layout_element_len = 4;
		struct kd_types *types = types_of(&btf);
		const struct kd_type *type;
		struct kd_member member;
		ok(kd_type_find_member(find(types, KD_STRUCT, "before"), "odd", &member));
		assert(member.type->flags & KD_TYPE_INCOMPLETE && strstr(member.type->name, "unknown kind 77"));
		if (layout)
			assert(find(types, KD_STRUCT, "after")->size == 16);
		else /* its name is there, so it may lie behind what could not be walked over */
			fails(kd_types_find(types, KD_STRUCT, "after", &type), KD_ERROR_FORMAT, "after");
		if (!layout)
			fails(kd_types_find(types, KD_STRUCT, "never", &type), KD_ERROR_LOOKUP, "no type struct never");
		kd_types_destroy(types);
	}
}

/* Types made of themselves, alone or in a ring, end; so does a search through a struct nested in itself. */
static void test_circles(void)
{
	struct make_btf btf = {};
	make_btf_record(&btf, "ring", 8, 0, false, 2);	/* 1 typedef -> 2 -> 1 */
	make_btf_record(&btf, "ring2", 8, 0, false, 1); /* 2 */
	make_btf_record(&btf, NULL, 2, 0, false, 3);	/* 3 pointer to itself */
	make_btf_array(&btf, 4, 2);			/* 4 array of itself */
	make_btf_record(&btf, "self", 4, 4, true, 8);	/* 5 */
	make_btf_words(&btf, 3, 0, 5, 0);
	make_btf_words(&btf, 3, 0, 5, 0);
	make_btf_words(&btf, 3, make_btf_string(&btf, "pointer"), 3, 0);
	make_btf_words(&btf, 3, make_btf_string(&btf, "array"), 4, 0);
	make_btf_record(&btf, NULL, 13, 1, false, 0); /* 6 void (…(*)(…)) for ever */
	make_btf_words(&btf, 2, 0, 7);
	make_btf_record(&btf, NULL, 2, 0, false, 6);	    /* 7 */
	make_btf_record(&btf, "endless", 8, 0, false, 7);   /* 8 */
	make_btf_record(&btf, "outside", 8, 0, false, 999); /* 9 */
	struct kd_types *types = types_of(&btf);
	const struct kd_type *self = find(types, KD_STRUCT, "self");
	struct kd_member member;
	fails(kd_type_find_member(self, "nowhere", &member), KD_ERROR_LOOKUP, "no member");
	ok(kd_type_find_member(self, "pointer", &member));
	ok(kd_type_find_member(self, "array", &member));
	assert(strstr(find(types, KD_TYPEDEF, "outside")->target->name, "no type"));
	(void)kd_type_strip(find(types, KD_TYPEDEF, "ring"));
	char *text = kd_type_spell(find(types, KD_TYPEDEF, "endless")->target);
	assert(text && strlen(text) < 1000);
	free(text);
	const struct kd_type *type;
	ok(kd_types_parse(types, "struct { struct self a; }", &type));
	kd_types_destroy(types);
}

/* Who uses a type: by name or as it is spelled, behind pointers and arrays, in anonymous members; not behind a pointer
 * to another struct. */
static void test_uses(void)
{
	struct make_btf btf = basic();
	make_btf_record(&btf, "outer", 4, 1, true, 24); /* 18 has a node */
	make_btf_words(&btf, 3, make_btf_string(&btf, "inside"), 3, 0);
	make_btf_record(&btf, "self", 4, 3, true, 8); /* 19 has itself, twice, and what is looked for */
	make_btf_words(&btf, 3, 0, 19, 0);
	make_btf_words(&btf, 3, 0, 19, 0);
	make_btf_words(&btf, 3, make_btf_string(&btf, "shade"), 12, 0);
	make_btf_record(&btf, "aside", 4, 1, true, 8); /* 20 points to an outer */
	make_btf_words(&btf, 3, make_btf_string(&btf, "other"), 21, 0);
	make_btf_record(&btf, NULL, 2, 0, false, 18); /* 21 */
	struct kd_types *types = types_of(&btf);
	static const struct {
		const char *wanted;
		bool node, outer, self, aside;
	} cases[] = {
		{ "node", true, true, false, false },
		{ "struct node *", true, true, false, false },
		{ "int", true, true, false, false },
		{ "int [2][2]", true, true, false, false },
		{ "color", false, false, true, false },
		{ "outer", false, false, false, true },
		{ "struct outer *", false, false, false, true },
		{ "struct outer", false, false, false, true },
		{ "nobody", false, false, false, false },
	};
	for (size_t i = 0; i < KD_ARRAY_NR(cases); i++) {
		struct kd_type_uses uses;
		bool found;
		kd_type_uses_init(&uses, cases[i].wanted);
		for (int again = 0; again < 2; again++) {
			ok(kd_type_uses_ask(&uses, find(types, KD_STRUCT, "aside"), &found));
			assert(found == cases[i].aside);
			ok(kd_type_uses_ask(&uses, find(types, KD_STRUCT, "self"), &found));
			assert(found == cases[i].self);
			ok(kd_type_uses_ask(&uses, find(types, KD_STRUCT, "outer"), &found));
			assert(found == cases[i].outer);
			ok(kd_type_uses_ask(&uses, find(types, KD_STRUCT, "node"), &found));
			assert(found == cases[i].node);
		}
		kd_type_uses_deinit(&uses);
	}
	kd_types_destroy(types);
}

/* A section in the dump is read only as far as asked, and a missing page costs what lies on it. */
static void test_lazy(void)
{
	struct make_btf btf = {};
	make_btf_int(&btf, "int", 4, 1, 0, 32);
	make_btf_record(&btf, "first", 4, 0, true, 4);
	for (int i = 0; i < 4000; i++) {
		char name[32];
		snprintf(name, sizeof(name), "filler_%d", i);
		make_btf_record(&btf, name, 4, 0, true, 4);
	}
	make_btf_record(&btf, "last", 4, 0, true, 8);
	size_t len;
	uint8_t *bytes = make_btf_bytes(&btf, &len);
	struct kd_memory *memory = fake_memory_create("");
	fake_memory_add(memory, 0x1000000, bytes, len, 0);
	struct kd_types *types;
	const struct kd_type *type;
	ok(kd_types_create(memory, &types));
	ok(kd_types_add_btf(types, NULL, 0x1000000, 0x1000000 + len, 0, 0, 0));
	size_t before = fake_memory_page_reads(memory);
	ok(kd_types_find(types, KD_STRUCT, "first", &type));
	assert(fake_memory_page_reads(memory) - before <= 3);
	fake_memory_break(memory, 0x1000000 + 5 * FAKE_PAGE, KD_FAULT_EXCLUDED);
	fails(kd_types_find(types, KD_STRUCT, "last", &type), KD_ERROR_FAULT,
	      "no type struct last; all but the first 1704 types are lost: ");
	ok(kd_types_find(types, KD_STRUCT, "first", &type));
	kd_types_destroy(types);
	fake_memory_destroy(memory);
	free(bytes);
}

static int name_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted by name, nameless first (Linux 7.0), with and without the kernel's table of addresses. */
static void test_sorted(void)
{
	enum { NR = 3000 };
	static char names[NR][16];
	const char *sorted[NR];
	struct make_btf btf = {};
	for (int i = 0; i < 100; i++)
		make_btf_record(&btf, NULL, 2, 0, false, 0);
	for (int i = 0; i < NR; i++) {
		snprintf(names[i], sizeof(names[i]), "t%u", i * 7919u % 100003u);
		sorted[i] = names[i];
	}
	qsort(sorted, NR, sizeof(*sorted), name_order);
	for (int i = 0; i < NR; i++)
		make_btf_record(&btf, sorted[i], 4, 0, true, i + 1);
	size_t len;
	uint8_t *bytes = make_btf_bytes(&btf, &len);
	static uint64_t table[NR + 101];
	for (int i = 0; i < NR + 100; i++)
		table[i + 1] = 0x1000000 + 24 + 12 * i;
	/* struct btf: data, types, …, the header at 48, then numbers of types, type bytes and bytes */
	uint8_t kernel[128] = {};
	uint64_t table_address = 0x2000000;
	uint32_t numbers[] = { NR + 101, 12 * (NR + 100), len };
	memcpy(kernel + 8, &table_address, 8);
	memcpy(kernel + 48, bytes, 24);
	memcpy(kernel + 72, numbers, sizeof(numbers));

	struct kd_memory *memory = fake_memory_create("");
	fake_memory_add(memory, 0x1000000, bytes, len, 0);
	fake_memory_add(memory, 0x2000000, table, sizeof(table), 0);
	fake_memory_add(memory, 0x3000000, kernel, sizeof(kernel), 0);
	/* without a table, with one, with one that is no table, and with one whose last entry lies */
	for (int round = 0; round < 4; round++) {
		static const kd_vaddr addresses[] = { 0, 0x3000000, 0x1000000, 0x3000000 };
		struct kd_types *types;
		const struct kd_type *type;
		if (round == 3)
			table[NR + 100] = 0x1000000;
		ok(kd_types_create(memory, &types));
		ok(kd_types_add_btf(types, NULL, 0x1000000, 0x1000000 + len, 0, 0, addresses[round]));
		for (int i = NR - 1; i >= 0; i -= 37) {
			ok(kd_types_find(types, KD_STRUCT, sorted[i], &type));
			assert(type->size == (uint64_t)i + 1);
		}
		fails(kd_types_find(types, KD_STRUCT, "t", &type), KD_ERROR_LOOKUP, "no type struct t");
		fails(kd_types_find(types, KD_STRUCT, "u", &type), KD_ERROR_LOOKUP, "no type struct u");
		kd_types_destroy(types);
	}
	fake_memory_destroy(memory);
	free(bytes);
}

static void test_bad_headers(void)
{
	struct make_btf btf = basic();
	size_t len;
	uint8_t *bytes = make_btf_bytes(&btf, &len);
	static const struct {
		uint8_t offset, value;
		enum kd_error_code code;
		const char *part;
	} cases[] = {
		{ 0, 0x00, KD_ERROR_FORMAT, "magic" },	     { 2, 9, KD_ERROR_UNSUPPORTED, "version 9" },
		{ 4, 8, KD_ERROR_FORMAT, "do not fit" },     { 15, 0x7f, KD_ERROR_FORMAT, "do not fit" },
		{ 23, 0xff, KD_ERROR_FORMAT, "do not fit" },
	};
	struct kd_types *types;
	ok(kd_types_create(NULL, &types));
	for (size_t i = 0; i < KD_ARRAY_NR(cases); i++) {
		uint8_t old = bytes[cases[i].offset];
		bytes[cases[i].offset] = cases[i].value;
		fails(kd_types_add_btf_bytes(types, NULL, bytes, len), cases[i].code, cases[i].part);
		bytes[cases[i].offset] = old;
	}
	for (size_t cut = 0; cut < 24; cut++)
		fails(kd_types_add_btf_bytes(types, NULL, bytes, cut), KD_ERROR_FORMAT, "");
	fails(kd_types_add_btf_bytes(types, "mod", bytes, len), KD_ERROR_VALUE, "needs the kernel's own");
	ok(kd_types_add_btf_bytes(types, NULL, bytes, len));
	free(bytes);
	kd_types_destroy(types);
}

int main(void)
{
	test_kinds();
	test_interned();
	test_old_encodings();
	test_unsigned_char();
	test_same_names();
	test_very_many_same_names();
	test_split();
	test_distilled();
	test_unknown_kind();
	test_circles();
	test_uses();
	test_lazy();
	test_sorted();
	test_bad_headers();
	return 0;
}
