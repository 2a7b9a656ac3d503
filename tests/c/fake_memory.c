/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_memory.h"

#include <stdlib.h>

#define SEGMENT_MAX 64
#define BROKEN_MAX 64

struct kd_dump {
	struct kd_vmcoreinfo vmcoreinfo;
};

struct kd_memory {
	struct kd_dump dump;
	struct kd_layout layout;
	struct segment {
		kd_vaddr start;
		const uint8_t *bytes;
		size_t len;
		unsigned int flags;
	} segments[SEGMENT_MAX];
	size_t segment_nr;
	struct broken {
		kd_vaddr page;
		enum kd_fault fault;
	} broken[BROKEN_MAX];
	size_t broken_nr, page_reads;
};

struct kd_memory *fake_memory_create(const char *vmcoreinfo)
{
	struct kd_memory *memory = calloc(1, sizeof(*memory));
	if (!memory || kd_vmcoreinfo_init(&memory->dump.vmcoreinfo, vmcoreinfo, strlen(vmcoreinfo)))
		abort();
	memory->layout.level_nr = 4;
	memory->layout.image_start = 0xffffffff80000000;
	memory->layout.image_end = 0xffffffffc0000000;
	return memory;
}

void fake_memory_destroy(struct kd_memory *memory)
{
	kd_vmcoreinfo_deinit(&memory->dump.vmcoreinfo);
	free(memory);
}

void fake_memory_add(struct kd_memory *memory, kd_vaddr start, const void *bytes, size_t len, unsigned int flags)
{
	if (memory->segment_nr == SEGMENT_MAX)
		abort();
	/* Kept ascending, as kd_memory_ranges() reports them. */
	size_t at = memory->segment_nr++;
	for (; at && memory->segments[at - 1].start > start; at--)
		memory->segments[at] = memory->segments[at - 1];
	memory->segments[at] = (struct segment){ start, bytes, len, flags };
}

void fake_memory_break(struct kd_memory *memory, kd_vaddr address, enum kd_fault fault)
{
	if (memory->broken_nr == BROKEN_MAX)
		abort();
	memory->broken[memory->broken_nr++] = (struct broken){ address & -(kd_vaddr)FAKE_PAGE, fault };
}

size_t fake_memory_page_reads(const struct kd_memory *memory)
{
	return memory->page_reads;
}

struct kd_dump *kd_memory_dump(struct kd_memory *memory)
{
	return &memory->dump;
}

const struct kd_layout *kd_memory_layout(struct kd_memory *memory)
{
	return &memory->layout;
}

const struct kd_vmcoreinfo *kd_dump_vmcoreinfo(const struct kd_dump *dump)
{
	return &dump->vmcoreinfo;
}

uint32_t kd_dump_page_size(const struct kd_dump *dump __attribute__((unused)))
{
	return FAKE_PAGE;
}

bool kd_dump_is_live(const struct kd_dump *dump __attribute__((unused)))
{
	return false;
}

bool kd_memory_is_kernel(const struct kd_memory *memory __attribute__((unused)), kd_vaddr address)
{
	return address >> 63;
}

enum kd_order kd_memory_order(const struct kd_memory *memory __attribute__((unused)))
{
	return KD_LITTLE;
}

struct kd_error *kd_memory_view(struct kd_memory *memory, kd_vaddr address, const uint8_t **ret, size_t *ret_len)
{
	kd_vaddr page = address & -(kd_vaddr)FAKE_PAGE;
	memory->page_reads++;
	for (size_t i = 0; i < memory->broken_nr; i++)
		if (memory->broken[i].page == page)
			return kd_error_create_fault(memory->broken[i].fault, address, false);
	for (size_t i = 0; i < memory->segment_nr; i++) {
		const struct segment *segment = &memory->segments[i];
		if (address < segment->start || address - segment->start >= segment->len)
			continue;
		*ret = segment->bytes + (address - segment->start);
		*ret_len = kd_min(segment->len - (address - segment->start), FAKE_PAGE - (address - page));
		return NULL;
	}
	return kd_error_create_fault(KD_FAULT_UNTRANSLATABLE, address, false);
}

struct kd_error *kd_memory_read_upto(struct kd_memory *memory, kd_vaddr address, void *buffer, size_t len,
				     size_t *ret_len, struct kd_error **why)
{
	size_t done = 0;
	while (done < len) {
		const uint8_t *view;
		size_t view_len;
		struct kd_error *err = kd_memory_view(memory, address + done, &view, &view_len);
		if (err) {
			if (why)
				*why = err;
			else
				kd_error_destroy(err);
			break;
		}
		view_len = kd_min(view_len, len - done);
		memcpy((uint8_t *)buffer + done, view, view_len);
		done += view_len;
	}
	*ret_len = done;
	return NULL;
}

struct kd_error *kd_memory_read(struct kd_memory *memory, kd_vaddr address, void *buffer, size_t len)
{
	struct kd_error *why = NULL;
	size_t done;
	struct kd_error *err = kd_memory_read_upto(memory, address, buffer, len, &done, &why);
	return err ? err : why;
}

struct kd_error *kd_memory_read_string(struct kd_memory *memory, kd_vaddr address, size_t max_len, char **ret,
				       size_t *ret_len)
{
	char *text = calloc(1, max_len + 1);
	if (!text)
		return &kd_error_nomem;
	struct kd_error *why = NULL;
	size_t done;
	struct kd_error *err = kd_memory_read_upto(memory, address, text, max_len, &done, &why);
	if (err || !done) {
		free(text);
		return err ? err : why;
	}
	kd_error_destroy(why);
	*ret = text;
	*ret_len = strlen(text);
	return NULL;
}

struct kd_error *kd_memory_ranges(struct kd_memory *memory, kd_vaddr start, kd_vaddr end, kd_range_fn callback,
				  void *context)
{
	for (size_t i = 0; i < memory->segment_nr; i++) {
		const struct segment *segment = &memory->segments[i];
		kd_vaddr low = kd_max(segment->start, start), high = kd_min(segment->start + segment->len, end);
		struct kd_error *err = low < high ? callback(context, low, high, segment->flags) : NULL;
		if (err)
			return err;
	}
	return NULL;
}
