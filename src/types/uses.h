/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Which structs refer to a type: those with a member that is of the type, or a pointer to it or an array of it, in
 * structs within them too.
 */
#ifndef KD_TYPES_USES_H
#define KD_TYPES_USES_H

#include "base/error.h"
#include "base/hash.h"
#include "base/vector.h"
#include "types/type.h"

struct kd_type_answer {
	const struct kd_type *type;
	bool uses;
};
KD_VECTOR(kd_type_answer_vector, struct kd_type_answer);

struct kd_type_uses {
	const char *wanted; /* borrowed: a tag or typedef name, or C text such as "struct foo *" */
	bool is_spelled;
	struct kd_type_answer_vector answers; /* of the structs that were asked about */
	struct kd_index by_type;
};

void kd_type_uses_init(struct kd_type_uses *uses, const char *wanted);
void kd_type_uses_deinit(struct kd_type_uses *uses);

/** Whether a struct or union does. Members that cannot be read count as none. Errors: KD_ERROR_NOMEM. */
struct kd_error *kd_type_uses_ask(struct kd_type_uses *uses, const struct kd_type *type, bool *ret) KD_RETURNS_ERROR;

#endif
