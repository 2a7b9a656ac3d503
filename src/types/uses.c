/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/uses.h"

#include <string.h>

#include "base/cleanup.h"

/* Structs within structs; more is damage. */
#define DEPTH_MAX 50
/* Steps from a member's type to what it points to. */
#define STEP_MAX 64

void kd_type_uses_init(struct kd_type_uses *uses, const char *wanted)
{
	/* To spell a type takes longer than all else, and a name needs none. */
	*uses = (struct kd_type_uses){ .wanted = wanted, .is_spelled = strpbrk(wanted, " *[](") };
}

void kd_type_uses_deinit(struct kd_type_uses *uses)
{
	kd_type_answer_vector_deinit(&uses->answers);
	kd_index_deinit(&uses->by_type);
}

static struct kd_error *ask(struct kd_type_uses *uses, const struct kd_type *type, unsigned int depth, bool *ret);

static struct kd_error *is_wanted(const struct kd_type_uses *uses, const struct kd_type *type, bool *ret)
{
	if (!uses->is_spelled) {
		*ret = type->name && !strcmp(type->name, uses->wanted);
		return NULL;
	}
	KD_FREE char *text = kd_type_spell(type);
	if (!text)
		return &kd_error_nomem;
	*ret = !strcmp(text, uses->wanted);
	return NULL;
}

static struct kd_error *member_uses(struct kd_type_uses *uses, const struct kd_type *type, unsigned int depth,
				    bool *ret)
{
	bool is_embedded = true;
	for (unsigned int step = 0; step < STEP_MAX; step++) {
		struct kd_error *err = is_wanted(uses, type, ret);
		if (err || *ret)
			return err;
		bool leads_on = type->kind == KD_POINTER || type->kind == KD_ARRAY || type->kind == KD_QUALIFIED ||
				type->kind == KD_TYPEDEF;
		if (!leads_on || !type->target)
			break;
		is_embedded &= type->kind != KD_POINTER;
		type = type->target;
	}
	if (!is_embedded || (type->kind != KD_STRUCT && type->kind != KD_UNION) || depth >= DEPTH_MAX)
		return NULL;
	return ask(uses, type, depth + 1, ret);
}

static struct kd_error *ask(struct kd_type_uses *uses, const struct kd_type *type, unsigned int depth, bool *ret)
{
	uint32_t hash = kd_hash_u64((uintptr_t)type), position = hash, n;
	while ((n = kd_index_next(&uses->by_type, hash, &position)) != KD_INDEX_NONE) {
		if (uses->answers.data[n].type != type)
			continue;
		*ret = uses->answers.data[n].uses;
		return NULL;
	}
	/* The answer is there before it is known: a damaged struct may have itself as a member, even twice. */
	size_t answer = uses->answers.nr;
	if (!kd_type_answer_vector_append(&uses->answers, (struct kd_type_answer){ type, false }) ||
	    !kd_index_add(&uses->by_type, hash, answer))
		return &kd_error_nomem;
	const struct kd_member *members = NULL;
	size_t nr = 0;
	bool found = false;
	struct kd_error *err = kd_type_members(type, &members, &nr);
	if (err && err->code == KD_ERROR_NOMEM)
		return err;
	kd_error_destroy(err);
	for (size_t i = 0; i < nr && !found; i++) {
		err = member_uses(uses, members[i].type, depth, &found);
		if (err)
			return err;
	}
	uses->answers.data[answer].uses = found;
	*ret = found;
	return NULL;
}

struct kd_error *kd_type_uses_ask(struct kd_type_uses *uses, const struct kd_type *type, bool *ret)
{
	return ask(uses, type, 0, ret);
}
