/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/sources.h"

#include "base/cleanup.h"

struct kd_error *kd_sources_symbol(const struct kd_code_sources *sources, const char *name, kd_vaddr *ret)
{
	if (!sources->kallsyms)
		return kd_error_create(KD_ERROR_LOOKUP, "no symbol %s: the dump's kallsyms are not known", name);
	return kd_kallsyms_address(sources->kallsyms, name, ret);
}

bool kd_sources_have_symbol(const struct kd_code_sources *sources, const char *name, kd_vaddr *ret)
{
	KD_DROP_ERROR struct kd_error *err = kd_sources_symbol(sources, name, ret);
	return !err;
}

static struct kd_error *find_member(const struct kd_code_sources *sources, const char *type_name, const char *path,
				    struct kd_member *ret)
{
	if (!sources->types)
		return kd_error_create(KD_ERROR_LOOKUP, "no type struct %s: the dump's types are not known", type_name);
	const struct kd_type *type;
	struct kd_error *err = kd_types_find(sources->types, KD_STRUCT, type_name, &type);
	return err ?: kd_type_find_member(type, path, ret);
}

struct kd_error *kd_sources_offset(const struct kd_code_sources *sources, const char *type_name, const char *path,
				   uint64_t *ret)
{
	struct kd_member member;
	struct kd_error *err = find_member(sources, type_name, path, &member);
	if (err)
		return err;
	*ret = member.bit_offset / 8;
	return NULL;
}

bool kd_sources_have_bits(const struct kd_code_sources *sources, const char *type_name, const char *path,
			  uint64_t *ret_offset, uint64_t *ret_bits)
{
	struct kd_member member;
	KD_DROP_ERROR struct kd_error *err = find_member(sources, type_name, path, &member);
	if (err)
		return false;
	*ret_offset = member.bit_offset;
	*ret_bits = member.bit_size ?: kd_type_strip(member.type)->size * 8;
	return true;
}

bool kd_sources_have_member(const struct kd_code_sources *sources, const char *type_name, const char *path,
			    uint64_t *ret, uint64_t *ret_size)
{
	uint64_t offset, bits;
	if (!kd_sources_have_bits(sources, type_name, path, &offset, &bits))
		return false;
	*ret = offset / 8;
	if (ret_size)
		*ret_size = bits / 8;
	return true;
}

uint64_t kd_sources_sizeof(const struct kd_code_sources *sources, const char *type_name, uint64_t fallback)
{
	const struct kd_type *type;
	if (!sources->types)
		return fallback;
	KD_DROP_ERROR struct kd_error *err = kd_types_find(sources->types, KD_STRUCT, type_name, &type);
	return err || !type->size ? fallback : type->size;
}

bool kd_sources_peek_u64(const struct kd_code_sources *sources, kd_vaddr address, uint64_t *ret)
{
	KD_DROP_ERROR struct kd_error *err = kd_memory_read_u64(sources->memory, address, ret);
	return !err;
}

bool kd_sources_peek_u32(const struct kd_code_sources *sources, kd_vaddr address, uint32_t *ret)
{
	KD_DROP_ERROR struct kd_error *err = kd_memory_read_u32(sources->memory, address, ret);
	return !err;
}
