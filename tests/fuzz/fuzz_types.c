/* SPDX-License-Identifier: GPL-2.0-or-later */
/* C text: the name of a type, and declarations of globals, as users and frozen/decls write them. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "make_btf.h"
#include "types/types.h"

/** A few types to refer to: int, struct n1 { int m1; struct n1 *m2; }, typedef n2, enum n3. */
static const uint8_t *some_btf(size_t *ret_len)
{
	static uint8_t *bytes;
	static size_t len;
	if (!bytes) {
		struct make_btf btf = {};
		make_btf_int(&btf, "int", 4, 1, 0, 32);
		make_btf_record(&btf, "n1", 4, 2, false, 16);
		make_btf_words(&btf, 3, make_btf_string(&btf, "m1"), 1, 0);
		make_btf_words(&btf, 3, make_btf_string(&btf, "m2"), 3, 64);
		make_btf_record(&btf, NULL, 2, 0, false, 2);
		make_btf_record(&btf, "n2", 8, 0, false, 2);
		make_btf_record(&btf, "n3", 6, 1, false, 4);
		make_btf_words(&btf, 2, make_btf_string(&btf, "NR"), 3);
		bytes = make_btf_bytes(&btf, &len);
	}
	*ret_len = len;
	return bytes;
}

static void look_at(const struct kd_type *type)
{
	static int depth;
	const struct kd_member *members;
	struct kd_member member;
	size_t nr;
	char *text = kd_type_declare(type, "name");
	assert(text);
	free(text);
	kd_error_destroy(kd_type_find_member(type, "m2.m1", &member));
	if (depth > 4 || (type->kind != KD_STRUCT && type->kind != KD_UNION))
		return;
	struct kd_error *err = kd_type_members(type, &members, &nr);
	depth++;
	for (size_t i = 0; !err && i < nr && i < 8; i++)
		look_at(members[i].type);
	depth--;
	kd_error_destroy(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct kd_types *types;
	const struct kd_type *type;
	size_t btf_len;
	const uint8_t *btf = some_btf(&btf_len);
	char *text = malloc(len + 1);
	assert(text);
	if (len)
		memcpy(text, data, len);
	text[len] = 0;
	if (kd_types_create(NULL, &types) || kd_types_add_btf_bytes(types, NULL, btf, btf_len))
		abort();
	struct kd_error *err = kd_types_parse(types, text, &type);
	if (!err) {
		look_at(type);
		/* What it is called is a name of it. */
		char *name = kd_type_declare(type, NULL);
		assert(name);
		struct kd_error *again = kd_types_parse(types, name, &type);
		if (again && (again->code == KD_ERROR_NOMEM || !*again->message))
			abort();
		kd_error_destroy(again);
		free(name);
	}
	kd_error_destroy(err);
	err = kd_types_declare(types, text);
	if (!err) {
		static const char *const names[] = { "a", "b", "modules", "jiffies" };
		for (size_t i = 0; i < KD_ARRAY_NR(names); i++) {
			struct kd_error *of_symbol = kd_types_of_symbol(types, names[i], &type);
			if (!of_symbol)
				look_at(type);
			kd_error_destroy(of_symbol);
		}
	}
	kd_error_destroy(err);
	kd_types_destroy(types);
	free(text);
	return 0;
}
