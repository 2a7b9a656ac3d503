/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/section.h"

#include <stdlib.h>
#include <string.h>

/* The largest BTF seen is 6 MB; far beyond that the range is not one, but damage. */
#define SECTION_LEN_MAX ((uint64_t)256 << 20)

struct kd_error *kd_section_init(struct kd_section *section, struct kd_memory *memory, kd_vaddr start, kd_vaddr end)
{
	if (end <= start || end - start > SECTION_LEN_MAX)
		return kd_error_create(KD_ERROR_FORMAT, "BTF at 0x%llx has an impossible size of %lld bytes",
				       (unsigned long long)start, (long long)(end - start));
	*section = (struct kd_section){
		.memory = memory,
		.start = start,
		.len = end - start,
		.order = kd_memory_order(memory),
	};
	section->data = calloc(1, section->len);
	section->present = calloc(1, section->len / KD_PAGE_LEN_MIN + 2);
	if (section->data && section->present)
		return NULL;
	kd_section_deinit(section);
	return &kd_error_nomem;
}

struct kd_error *kd_section_init_bytes(struct kd_section *section, const void *bytes, size_t len, enum kd_order order)
{
	*section = (struct kd_section){ .len = len, .order = order, .data = malloc(len ? len : 1) };
	if (!section->data)
		return &kd_error_nomem;
	memcpy(section->data, bytes, len);
	return NULL;
}

void kd_section_deinit(struct kd_section *section)
{
	free(section->data);
	free(section->present);
	*section = (struct kd_section){};
}

struct kd_error *kd_section_load(struct kd_section *section, size_t offset, size_t len)
{
	if (offset > section->len || len > section->len - offset)
		return kd_error_create(KD_ERROR_FORMAT, "BTF at 0x%llx refers to bytes %zu..%zu, but has only %zu",
				       (unsigned long long)section->start, offset, offset + len, section->len);

	size_t bias = section->start % KD_PAGE_LEN_MIN;
	size_t first = (bias + offset) / KD_PAGE_LEN_MIN, last = (bias + offset + len - 1) / KD_PAGE_LEN_MIN;
	for (size_t page = first; page <= last; page++) {
		if (section->present[page])
			continue;
		size_t start = page ? page * KD_PAGE_LEN_MIN - bias : 0;
		size_t end = kd_min((page + 1) * KD_PAGE_LEN_MIN - bias, section->len);
		struct kd_error *err =
			kd_memory_read(section->memory, section->start + start, section->data + start, end - start);
		if (err)
			return err;
		section->present[page] = 1;
	}
	return NULL;
}
