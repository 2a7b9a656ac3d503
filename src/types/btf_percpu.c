/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The section of per-CPU variables. */
#include <string.h>

#include "types/private.h"

/** Each variable of a section. */
static struct kd_error *each_variable(struct kd_btf_source *source, const struct kd_btf_record *section,
				      kd_variable_fn callback, void *context)
{
	struct kd_btf *btf = &source->btf;
	uint32_t start_id;
	struct kd_error *err = kd_btf_source_start_id(source, &start_id);
	for (uint32_t i = 0; !err && i < section->element_nr; i++) {
		const uint8_t *element = section->extra + (size_t)i * section->element_len;
		struct kd_btf_record variable;
		const char *name;
		err = kd_btf_record(btf, kd_btf_u32(btf, element) - start_id, &variable)
			      ?: kd_btf_string(btf, variable.name, &name);
		if (!err && variable.kind == KD_BTF_VAR && *name)
			err = callback(context, name, kd_btf_u32(btf, element + 4));
		if (err && err->code != KD_ERROR_NOMEM) { /* one that is lost does not cost the others */
			kd_error_destroy(err);
			err = NULL;
		}
	}
	return err;
}

struct kd_error *kd_types_each_percpu(struct kd_types *types, kd_variable_fn callback, void *context)
{
	struct kd_btf_source *source = types->sources.nr ? types->sources.data[0] : NULL;
	struct kd_error *err = NULL;
	bool is_there = source;
	for (uint32_t number = 0; !err && is_there; number++) {
		struct kd_btf_record record;
		const char *name;
		err = kd_btf_next(&source->btf, &number, &record, &is_there);
		if (err || !is_there || record.kind != KD_BTF_DATASEC)
			continue;
		err = kd_btf_string(&source->btf, record.name, &name);
		if (!err && !strcmp(name, ".data..percpu"))
			return each_variable(source, &record, callback, context);
	}
	return err;
}
