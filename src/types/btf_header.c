/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of a BTF section, or the copy of it that the kernel has; btf.c shows the format. */
#include <string.h>

#include "base/cleanup.h"
#include "base/cursor.h"
#include "types/btf.h"

#define MAGIC 0xeb9f

/*
 * struct btf of kernel/bpf/btf.c begins like this since Linux 4.18, and is not declared in a header, so its layout is
 * not an interface: whatever is taken from it must agree with what the section itself says.
 *
 *   void *data; struct btf_type **types; u32 *resolved_ids; u32 *resolved_sizes; const char *strings; void *nohdr_data;
 *   struct btf_header hdr; u32 nr_types; u32 types_size; u32 data_size; …
 *
 * nr_types counts void since 951bb64621b8 ("bpf: Add in-kernel split BTF support", in v5.11); split BTF has no void.
 */
#define KERNEL_HEADER 48 /* offset of hdr */

/** Is [offset, offset + len), counted from the end of the header, inside the section? */
static bool btf_fits(const struct kd_btf *btf, uint32_t header_len, uint32_t offset, uint32_t len)
{
	return (uint64_t)header_len + offset + len <= btf->section.len;
}

static struct kd_error *btf_read_layout(struct kd_btf *btf, uint32_t offset, uint32_t len)
{
	struct kd_error *err = kd_btf_need(btf, offset, len);
	if (err)
		return err;
	const uint8_t *entry = btf->section.data + offset;
	for (uint32_t kind = 0; kind < kd_min(len / 4, KD_BTF_KINDS); kind++, entry += 4) {
		/* Known kinds may only grow; an entry that says less is not about what we know. */
		if (entry[0] % 4 || entry[1] % 4 || !kind || entry[0] < btf->first_len[kind] ||
		    entry[1] < btf->element_len[kind])
			continue;
		btf->first_len[kind] = entry[0];
		btf->element_len[kind] = entry[1];
		btf->kind_known[kind] = true;
	}
	return NULL;
}

struct kd_error *kd_btf_read_kernel(struct kd_btf *btf, struct kd_btf_kernel *ret)
{
	*ret = (struct kd_btf_kernel){};
	if (!btf->kernel || !btf->section.memory)
		return NULL;
	uint8_t bytes[KERNEL_HEADER + KD_BTF_HEADER_LEN + 12];
	size_t len;
	struct kd_error *err = kd_memory_read_upto(btf->section.memory, btf->kernel, bytes, sizeof(bytes), &len, NULL);
	if (err || len < sizeof(bytes))
		return err;
	for (size_t header_len = 24; header_len <= KD_BTF_HEADER_LEN; header_len += 8) {
		const uint8_t *tail = bytes + KERNEL_HEADER + header_len;
		if (kd_btf_u32(btf, tail + 8) != btf->section.len ||
		    kd_btf_u32(btf, bytes + KERNEL_HEADER + 4) < header_len)
			continue;
		ret->table = kd_load_u64(btf->section.order, bytes + 8);
		memcpy(ret->header, bytes + KERNEL_HEADER, header_len);
		ret->nr = kd_btf_u32(btf, tail);
		ret->found = true;
	}
	return NULL;
}

/** The header's bytes, zeros behind its end: of the section, else the kernel's copy. */
static struct kd_error *btf_header_bytes(struct kd_btf *btf, uint8_t ret[KD_BTF_HEADER_LEN])
{
	memset(ret, 0, KD_BTF_HEADER_LEN);
	size_t len = 24;
	KD_DROP_ERROR struct kd_error *fault = kd_btf_need(btf, 0, len);
	if (!fault && kd_btf_u32(btf, btf->section.data + 4) >= KD_BTF_HEADER_LEN) {
		len = KD_BTF_HEADER_LEN;
		fault = kd_btf_need(btf, 0, len);
	}
	if (!fault)
		memcpy(ret, btf->section.data, len);
	if (!fault || fault->code != KD_ERROR_FAULT)
		return kd_move_ptr(fault);
	struct kd_btf_kernel kernel;
	struct kd_error *err = kd_btf_read_kernel(btf, &kernel);
	if (err)
		return err;
	memcpy(ret, kernel.header, sizeof(kernel.header));
	return kernel.found ? NULL : kd_move_ptr(fault);
}

struct kd_error *kd_btf_read_header(struct kd_btf *btf)
{
	uint8_t header[KD_BTF_HEADER_LEN];
	struct kd_error *err = btf_header_bytes(btf, header);
	if (err)
		return err;
	struct kd_cursor cursor = kd_cursor_init(header, sizeof(header), btf->section.order);
	uint16_t magic = kd_cursor_u16(&cursor);
	if (magic != MAGIC)
		return kd_btf_error(btf, "the header has no magic number");
	uint8_t version = kd_cursor_u8(&cursor);
	if (version != 1)
		return kd_error_create(KD_ERROR_UNSUPPORTED, "BTF of version %u is not supported", version);
	kd_cursor_skip(&cursor, 1);
	uint32_t header_len = kd_cursor_u32(&cursor);
	uint32_t type_offset = kd_cursor_u32(&cursor);
	btf->type_len = kd_cursor_u32(&cursor);
	uint32_t string_offset = kd_cursor_u32(&cursor);
	btf->string_len = kd_cursor_u32(&cursor);
	if (header_len < 24 || !btf_fits(btf, header_len, type_offset, btf->type_len) ||
	    !btf_fits(btf, header_len, string_offset, btf->string_len) || type_offset % 4)
		return kd_btf_error(btf, "the header's sections do not fit into it");
	btf->type_offset = header_len + type_offset;
	btf->string_offset = header_len + string_offset;

	if (header_len < KD_BTF_HEADER_LEN)
		return NULL;
	uint32_t layout_offset = kd_cursor_u32(&cursor), layout_len = kd_cursor_u32(&cursor);
	if (!btf_fits(btf, header_len, layout_offset, layout_len))
		return kd_btf_error(btf, "the layout section does not fit into it");
	err = btf_read_layout(btf, header_len + layout_offset, layout_len);
	/* Without it only kinds that are not known lack their length. */
	return kd_error_catch(&err, KD_ERROR_FAULT) ? NULL : err;
}
