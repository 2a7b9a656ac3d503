/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own BTF where no symbol says where it is. */
#include <inttypes.h>
#include <string.h>

#include "base/order.h"
#include "types/btf.h"
#include "types/types.h"

/* As far as a header goes since Linux 4.18: magic, version, flags, and the places of types and strings. */
#define HEADER_LEN 24
#define TYPES_LEN_MIN 0x10000 /* a tenth of what the smallest kernel has: modules and tests have less */
#define SECTION_LEN_MAX (64u << 20)

/** The length of the section whose header this may be; 0: it is none. */
static uint64_t section_len(enum kd_order order, const uint8_t header[HEADER_LEN])
{
	uint32_t words[5];
	for (size_t i = 0; i < KD_ARRAY_NR(words); i++)
		words[i] = kd_load_u32(order, header + 4 + 4 * i);
	const uint32_t header_len = words[0], types_start = words[1], types_len = words[2], strings_start = words[3],
		       strings_len = words[4];
	if (header_len < HEADER_LEN || header_len > KD_BTF_HEADER_LEN || types_start || types_len < TYPES_LEN_MIN ||
	    types_len > SECTION_LEN_MAX || strings_start < types_len || strings_start > SECTION_LEN_MAX ||
	    strings_len > SECTION_LEN_MAX)
		return 0;
	return (uint64_t)header_len + strings_start + strings_len;
}

struct kd_error *kd_btf_search(struct kd_memory *memory, kd_vaddr start, kd_vaddr end, kd_vaddr *ret_start,
			       kd_vaddr *ret_end)
{
	const enum kd_order order = kd_memory_order(memory);
	const uint64_t page = kd_dump_page_size(kd_memory_dump(memory));
	for (kd_vaddr at = start; at < end; at = (at | (page - 1)) + 1) {
		const uint8_t *view;
		size_t len;
		struct kd_error *err = kd_memory_view(memory, at, &view, &len);
		if (kd_error_catch(&err, KD_ERROR_FAULT))
			continue;
		if (err)
			return err;
		for (size_t i = -at & 3; i + 4 <= len; i += 4) {
			uint8_t header[HEADER_LEN];
			if (memcmp(view + i, order == KD_LITTLE ? "\x9f\xeb\x01" : "\xeb\x9f\x01", 4))
				continue;
			/* It may go on on the next page. */
			err = kd_memory_read(memory, at + i, header, sizeof(header));
			const uint64_t section = err ? 0 : section_len(order, header);
			if (section) {
				*ret_start = at + i;
				*ret_end = at + i + section;
				return NULL;
			}
			if (!kd_error_catch(&err, KD_ERROR_FAULT) && err)
				return err;
			err = kd_memory_view(memory, at, &view, &len);
			if (err)
				return err;
		}
	}
	return kd_error_create(KD_ERROR_LOOKUP, "no BTF in the memory from %#" PRIx64 " to %#" PRIx64, start, end);
}
