/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a BTF is lost, and whether a name that was not found may be among that. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "types/btf.h"

static struct kd_error *btf_count_loss(struct kd_btf *btf)
{
	btf->lost_nr = btf->gone_nr = 0;
	for (uint32_t number = 0;; number++) {
		struct kd_btf_record record;
		const char *name;
		bool found = true;
		struct kd_error *err = kd_btf_record_if(btf, number, &record, &found);
		if (!err && !found)
			return NULL;
		bool is_gone = err;
		if (!err)
			err = kd_btf_need_extra(btf, &record, 0, record.extra_len);
		if (!err && record.name)
			err = kd_btf_string(btf, record.name, &name);
		if (err && !kd_btf_is_loss(err))
			return err;
		btf->lost_nr += err != NULL;
		btf->gone_nr += is_gone;
		kd_error_destroy(err);
	}
}

static struct kd_error *btf_know_loss(struct kd_btf *btf)
{
	struct kd_error *err = btf->loss_known ? NULL : btf_count_loss(btf);
	btf->loss_known = !err;
	return err;
}

struct kd_error *kd_btf_loss(struct kd_btf *btf, char **ret)
{
	*ret = NULL;
	if (!btf->why_lost)
		return NULL;
	uint32_t nr;
	struct kd_error *err = kd_btf_nr(btf, &nr) ?: btf_know_loss(btf);
	if (err)
		return err;
	int len = btf->cut ? asprintf(ret, "all but the first %u types are lost: %s", nr, btf->why_lost->message)
			   : asprintf(ret, "%u of %u types are lost: %s", btf->lost_nr, nr, btf->why_lost->message);
	if (len >= 0)
		return NULL;
	*ret = NULL;
	return &kd_error_nomem;
}

/** Is that among the strings of this section? *ret_holes: a part of them cannot be read. */
static struct kd_error *btf_has_string(struct kd_btf *btf, const char *name, size_t name_len, bool *ret,
				       bool *ret_holes)
{
	/* Every string follows the NUL of another: the first is empty. */
	KD_FREE char *wanted = malloc(name_len + 2);
	if (!wanted)
		return &kd_error_nomem;
	wanted[0] = wanted[name_len + 1] = 0;
	memcpy(wanted + 1, name, name_len);

	size_t run = btf->string_offset, end = run + btf->string_len;
	*ret = *ret_holes = false;
	for (size_t position = run; position < end && !*ret;) {
		size_t in_page = KD_PAGE_LEN_MIN - (btf->section.start + position) % KD_PAGE_LEN_MIN;
		size_t next = kd_min(position + in_page, end);
		struct kd_error *err = kd_btf_need(btf, position, next - position);
		if (err && !kd_btf_is_loss(err))
			return err;
		size_t run_end = err ? position : next;
		*ret_holes |= err != NULL;
		if (err || next == end)
			*ret = memmem(btf->section.data + run, run_end - run, wanted, name_len + 2);
		if (err)
			run = next;
		kd_error_destroy(err);
		position = next;
	}
	return NULL;
}

static struct kd_error *btf_chain_has_string(struct kd_btf *btf, const char *name, size_t name_len, bool *ret,
					     bool *ret_holes)
{
	bool holes;
	for (*ret = *ret_holes = false; btf && !*ret; btf = btf->base) {
		struct kd_error *err = btf_has_string(btf, name, name_len, ret, &holes);
		if (err)
			return err;
		*ret_holes |= holes;
	}
	return NULL;
}

struct kd_error *kd_btf_absence(struct kd_btf *btf, const char *name, size_t name_len, bool lacks_records,
				bool lacks_names, enum kd_btf_absence *ret)
{
	*ret = KD_BTF_NONE;
	if (!btf->why_lost || (!lacks_records && !lacks_names))
		return NULL;
	bool found, holes;
	struct kd_error *err = btf_chain_has_string(btf, name, name_len, &found, &holes);
	if (err)
		return err;
	if (found)
		*ret = lacks_records ? KD_BTF_LOST_RECORD : KD_BTF_NONE;
	else if (holes)
		*ret = KD_BTF_LOST_NAME;
	return NULL;
}

struct kd_error *kd_btf_absence_of_type(struct kd_btf *btf, const char *name, enum kd_btf_absence *ret)
{
	*ret = KD_BTF_NONE;
	struct kd_error *err = btf->why_lost ? btf_know_loss(btf) : NULL;
	return err ?: kd_btf_absence(btf, name, strlen(name), btf->gone_nr || btf->cut, true, ret);
}

struct kd_error *kd_btf_absence_error(const struct kd_btf *btf, enum kd_btf_absence absence, const char *message)
{
	const struct kd_error *why = btf->why_lost;
	if (absence == KD_BTF_LOST_NAME)
		return kd_error_create_lookup_why(why, "%s", message);
	if (absence == KD_BTF_NONE)
		return kd_error_create(KD_ERROR_LOOKUP, "%s", message);
	if (why->code == KD_ERROR_FAULT)
		return kd_error_create_fault_why(why->fault, why->address, why->physical, "%s", message);
	return kd_error_create(KD_ERROR_FORMAT, "%s", message);
}
