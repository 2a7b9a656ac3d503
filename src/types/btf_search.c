/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own BTF where no symbol says where it is. */
#include <inttypes.h>

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

struct found {
	struct kd_memory *memory;
	kd_vaddr start, end;
};

static struct kd_error *check_header(void *context, kd_vaddr address, bool *ret)
{
	struct found *found = context;
	uint8_t header[HEADER_LEN];
	struct kd_error *err = kd_memory_read(found->memory, address, header, sizeof(header));
	const uint64_t section = err ? 0 : section_len(kd_memory_order(found->memory), header);
	found->start = address;
	found->end = address + section;
	*ret = section;
	return err;
}

struct kd_error *kd_btf_search(struct kd_memory *memory, kd_vaddr start, kd_vaddr end, kd_vaddr *ret_start,
			       kd_vaddr *ret_end)
{
	/* Magic, version and flags; the literal's NUL is one of them. */
	const struct kd_memory_mark mark = { kd_memory_order(memory) == KD_LITTLE ? "\x9f\xeb\x01" : "\xeb\x9f\x01", 4,
					     4 };
	struct found found = { .memory = memory };
	bool is_there;
	struct kd_error *err = kd_memory_find(memory, start, end, &mark, check_header, &found, &is_there);
	if (err)
		return err;
	if (!is_there)
		return kd_error_create(KD_ERROR_LOOKUP, "no BTF in the memory from %#" PRIx64 " to %#" PRIx64, start,
				       end);
	*ret_start = found.start;
	*ret_end = found.end;
	return NULL;
}
