/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "use_types.h"

#include <assert.h>
#include <stdlib.h>

#include "types/types.h"

static struct kd_error *look_at(void *context, const struct kd_type *type)
{
	const struct kd_member *members;
	const struct kd_enumerator *values;
	struct kd_member member;
	size_t nr = 0;
	(void)context;
	char *text = kd_type_declare(type, "name");
	assert(text);
	free(text);
	if (type->kind == KD_ENUM) {
		kd_error_destroy(kd_type_enumerators(type, &values, &nr));
		return NULL;
	}
	struct kd_error *err = kd_type_members(type, &members, &nr);
	for (size_t i = 0; !err && i < nr; i++) {
		text = kd_type_declare(members[i].type, members[i].name);
		assert(text);
		free(text);
	}
	kd_error_destroy(err);
	kd_error_destroy(kd_type_find_member(type, "m1.m2[1].m3", &member));
	kd_error_destroy(kd_type_find_member(type, "nowhere", &member));
	return NULL;
}

void use_types(const uint8_t *bytes, size_t len)
{
	static const char *const names[] = { "struct n1",
					     "union n2 *",
					     "n3",
					     "char",
					     "struct n4#2",
					     "enum n5",
					     "int (*)(n6, n7)",
					     "mod!struct n8",
					     "struct { struct n9 a; n10 b[3]; }" };
	struct kd_types *types;
	const struct kd_type *type;
	int64_t value;
	if (kd_types_create(NULL, &types))
		abort();
	struct kd_error *err = kd_types_add_btf_bytes(types, NULL, bytes, len);
	if (!err)
		err = kd_types_add_btf_bytes(types, "mod", bytes, len);
	kd_error_destroy(err);
	for (size_t i = 0; i < KD_ARRAY_NR(names); i++) {
		err = kd_types_parse(types, names[i], &type);
		if (!err)
			look_at(NULL, type);
		kd_error_destroy(err);
	}
	kd_error_destroy(kd_types_enumerator(types, "m4", &value, &type));
	kd_error_destroy(kd_types_of_symbol(types, "n5", &type));
	for (int kind = KD_INT; kind <= KD_FUNCTION; kind++)
		kd_error_destroy(kd_types_each(types, kind, look_at, NULL));
	kd_types_destroy(types);
}
