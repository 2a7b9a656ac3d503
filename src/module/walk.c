/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel lists, which may be cut or circular in a dump. */
#include "base/hash.h"
#include "module/private.h"

bool kd_module_offset(struct kd_modules *modules, const char *type_name, const char *path, uint64_t *ret)
{
	const struct kd_type *type;
	struct kd_member member;
	if (!modules->types)
		return false;
	KD_DROP_ERROR struct kd_error *err = kd_types_find(modules->types, KD_STRUCT, type_name, &type);
	if (!err)
		err = kd_type_find_member(type, path, &member);
	if (err)
		return false;
	*ret = member.bit_offset / 8;
	return true;
}

static bool seen(const struct kd_address_vector *addresses, const struct kd_index *index, kd_vaddr address)
{
	uint32_t hash = kd_hash_u64(address), position = hash, n;
	while ((n = kd_index_next(index, hash, &position)) != KD_INDEX_NONE)
		if (addresses->data[n] == address)
			return true;
	return false;
}

/* From head along the links at offset until head comes up again, or an entry that is known already. */
static struct kd_error *walk_one_way(struct kd_memory *memory, kd_vaddr head, size_t link_offset,
				     struct kd_address_vector *addresses, struct kd_index *index, bool *ret_whole)
{
	kd_vaddr entry = head;
	*ret_whole = false;
	while (addresses->nr < KD_MODULE_LIST_MAX) {
		struct kd_error *err = kd_memory_read_u64(memory, entry + link_offset, &entry);
		if (err)
			return err;
		*ret_whole = entry == head;
		if (*ret_whole || seen(addresses, index, entry))
			return NULL;
		if (!entry)
			return kd_error_create(KD_ERROR_FORMAT, "the list at %#llx is cut off by a NULL link",
					       (unsigned long long)head);
		if (!kd_index_add(index, kd_hash_u64(entry), addresses->nr) ||
		    !kd_address_vector_append(addresses, entry))
			return &kd_error_nomem;
	}
	return kd_error_create(KD_ERROR_LIMIT, "the list at %#llx has more than %d entries", (unsigned long long)head,
			       KD_MODULE_LIST_MAX);
}

struct kd_error *kd_module_walk_list(struct kd_modules *modules, kd_vaddr head, struct kd_address_vector *ret,
				     struct kd_error **ret_why)
{
	enum { NEXT = 0, PREV = 8 }; /* struct list_head */
	KD_CLEANUP(kd_index_deinit) struct kd_index index = {};
	bool whole;
	*ret_why = walk_one_way(modules->memory, head, NEXT, ret, &index, &whole);
	if (!whole) {
		size_t forward_nr = ret->nr;
		KD_DROP_ERROR struct kd_error *err = walk_one_way(modules->memory, head, PREV, ret, &index, &whole);
		for (size_t i = forward_nr, j = ret->nr; i + 1 < j; i++) {
			kd_vaddr entry = ret->data[--j];
			ret->data[j] = ret->data[i];
			ret->data[i] = entry;
		}
		if (!*ret_why && !whole)
			*ret_why = kd_error_create(KD_ERROR_FORMAT, "the list at %#llx runs in a circle past its head",
						   (unsigned long long)head);
	}
	if (*ret_why && (*ret_why)->code == KD_ERROR_NOMEM)
		return kd_move_ptr(*ret_why);
	return NULL;
}
