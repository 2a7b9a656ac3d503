/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "types/private.h"

/* Sizes of the LP64 machines. Whether plain char is signed is the BTF's to say: see btf_types.c. */
static const struct {
	const char *name;
	uint8_t size;
	uint8_t kind;
	uint8_t flags;
} base_types[KD_BASE_NR] = {
	[KD_BASE_VOID] = { NULL, 0, KD_VOID, 0 },
	[KD_BASE_BOOL] = { "_Bool", 1, KD_INT, KD_TYPE_BOOL },
	[KD_BASE_CHAR] = { "char", 1, KD_INT, KD_TYPE_CHAR | KD_TYPE_SIGNED },
	[KD_BASE_SCHAR] = { "signed char", 1, KD_INT, KD_TYPE_CHAR | KD_TYPE_SIGNED },
	[KD_BASE_UCHAR] = { "unsigned char", 1, KD_INT, KD_TYPE_CHAR },
	[KD_BASE_SHORT] = { "short", 2, KD_INT, KD_TYPE_SIGNED },
	[KD_BASE_USHORT] = { "unsigned short", 2, KD_INT, 0 },
	[KD_BASE_INT] = { "int", 4, KD_INT, KD_TYPE_SIGNED },
	[KD_BASE_UINT] = { "unsigned int", 4, KD_INT, 0 },
	[KD_BASE_LONG] = { "long", 8, KD_INT, KD_TYPE_SIGNED },
	[KD_BASE_ULONG] = { "unsigned long", 8, KD_INT, 0 },
	[KD_BASE_LLONG] = { "long long", 8, KD_INT, KD_TYPE_SIGNED },
	[KD_BASE_ULLONG] = { "unsigned long long", 8, KD_INT, 0 },
	[KD_BASE_INT128] = { "__int128", 16, KD_INT, KD_TYPE_SIGNED },
	[KD_BASE_UINT128] = { "unsigned __int128", 16, KD_INT, 0 },
	[KD_BASE_FLOAT] = { "float", 4, KD_FLOAT, 0 },
	[KD_BASE_DOUBLE] = { "double", 8, KD_FLOAT, 0 },
	[KD_BASE_LDOUBLE] = { "long double", 16, KD_FLOAT, 0 },
};

bool kd_base_types_create(struct kd_types *types)
{
	for (int i = 0; i < KD_BASE_NR; i++) {
		struct kd_type_record *record = kd_arena_alloc(&types->arena, sizeof(*record));
		if (!record)
			return false;
		record->type = (struct kd_type){
			.kind = base_types[i].kind,
			.flags = base_types[i].flags,
			.name = base_types[i].name,
			.size = base_types[i].size,
			.source = &types->own,
		};
		types->base[i] = record;
	}
	return true;
}

/* Words of a base type's name. */
enum { SIGNED, UNSIGNED, SHORT, LONG, CHAR, INT, INT128, BOOL, FLOAT, DOUBLE, VOID, WORD_NR };

static const char *const words[] = { "signed", "unsigned", "short",  "long", "char",	   "int",	"__int128",
				     "_Bool",  "float",	   "double", "void", "__signed__", "__int128_t" };

static int base_word(const char *word, size_t len)
{
	for (size_t i = 0; i < KD_ARRAY_NR(words); i++)
		if (strlen(words[i]) == len && !memcmp(words[i], word, len))
			return i == WORD_NR ? SIGNED : i == WORD_NR + 1 ? INT128 : (int)i;
	return -1;
}

/** Count the words; false if one of them is not a word of base types. */
static bool base_words(const char *name, int count[WORD_NR])
{
	bool any = false;
	for (const char *end; *name; name = end) {
		name += strspn(name, " \t\n");
		end = name + strcspn(name, " \t\n");
		if (end == name)
			break;
		int word = base_word(name, end - name);
		if (word < 0 || ++count[word] > (word == LONG ? 2 : 1))
			return false;
		any = true;
	}
	return any;
}

enum kd_base_type kd_base_type_named(const char *name)
{
	int count[WORD_NR] = {};
	if (!base_words(name, count) || (count[SIGNED] && count[UNSIGNED]))
		return KD_BASE_NR;

	int sign = count[SIGNED] + count[UNSIGNED];
	int cores = count[CHAR] + count[INT128] + count[BOOL] + count[FLOAT] + count[DOUBLE] + count[VOID];
	if (cores > 1 || (cores && (count[INT] || count[SHORT])) || (count[SHORT] && count[LONG]))
		return KD_BASE_NR;
	if (cores && count[LONG])
		return count[DOUBLE] && count[LONG] == 1 && !sign ? KD_BASE_LDOUBLE : KD_BASE_NR;

	if (count[BOOL] || count[FLOAT] || count[DOUBLE] || count[VOID]) {
		if (sign)
			return KD_BASE_NR;
		return count[BOOL]     ? KD_BASE_BOOL
		       : count[FLOAT]  ? KD_BASE_FLOAT
		       : count[DOUBLE] ? KD_BASE_DOUBLE
				       : KD_BASE_VOID;
	}
	if (count[CHAR])
		return count[SIGNED] ? KD_BASE_SCHAR : count[UNSIGNED] ? KD_BASE_UCHAR : KD_BASE_CHAR;
	enum kd_base_type type = KD_BASE_INT;
	if (count[INT128])
		type = KD_BASE_INT128;
	else if (count[SHORT])
		type = KD_BASE_SHORT;
	else if (count[LONG])
		type = count[LONG] == 2 ? KD_BASE_LLONG : KD_BASE_LONG;
	/* The unsigned twin of each follows it in the table. */
	return count[UNSIGNED] ? type + 1 : type;
}
