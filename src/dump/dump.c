/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

const char *kd_dump_library_error(struct kd_dump *dump)
{
	const char *text = kdump_get_err(dump->context);
	snprintf(dump->reason, sizeof(dump->reason), "%s", text && *text ? text : "no reason given");
	/* It may quote bytes of a damaged file, and ends some of its texts with a newline. */
	size_t len = strlen(dump->reason);
	while (len && dump->reason[len - 1] == '\n')
		dump->reason[--len] = 0;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)dump->reason[i] < ' ' || dump->reason[i] == 0x7f)
			dump->reason[i] = '?';
	}
	return dump->reason;
}

/** The page of the file in which a page begins. */
static kd_pfn file_pfn(const struct kd_dump *dump, kd_pfn pfn)
{
	return pfn << dump->page_shift >> dump->file_shift;
}

const struct kd_dump_part *kd_dump_find_part(const struct kd_dump *dump, kd_pfn pfn)
{
	pfn = file_pfn(dump, pfn);
	for (size_t i = 0; i < dump->part_nr; i++) {
		if (pfn >= dump->parts[i].start && pfn < dump->parts[i].end)
			return &dump->parts[i];
	}
	return NULL;
}

void kd_dump_close(struct kd_dump *dump)
{
	if (!dump)
		return;
	if (dump->context)
		kdump_free(dump->context);
	for (size_t i = 0; i < dump->part_nr; i++) {
		kd_file_deinit(&dump->parts[i].file);
		free(dump->parts[i].path);
	}
	free(dump->parts);
	kd_header_deinit(&dump->header);
	kd_page_cache_deinit(&dump->cache);
	kd_vmcoreinfo_deinit(&dump->vmcoreinfo);
	kd_notes_deinit(&dump->notes);
	kd_image_deinit(&dump->image);
	free(dump->format);
	free(dump);
}

void kd_dump_shut(struct kd_dump *dump)
{
	dump->shut = true;
	/* Its bitmaps are those of the context. */
	dump->file_pages = dump->memory_pages = NULL;
	if (dump->context)
		kdump_free(dump->context);
	dump->context = NULL;
	for (size_t i = 0; i < dump->part_nr; i++)
		kd_file_deinit(&dump->parts[i].file);
	kd_file_deinit(&dump->image.companion);
	kd_page_cache_clear(&dump->cache);
}

static struct kd_error *shut_error(const struct kd_dump *dump)
{
	return kd_error_create_os(EBADF, kd_dump_path(dump), "%s has been closed", kd_dump_path(dump));
}

const char *kd_dump_path(const struct kd_dump *dump)
{
	return dump->parts[0].path;
}

const char *kd_dump_format(const struct kd_dump *dump)
{
	return dump->format;
}

const char *kd_dump_arch(const struct kd_dump *dump)
{
	return dump->arch;
}

enum kd_order kd_dump_order(const struct kd_dump *dump)
{
	return dump->machine ? dump->machine->order : dump->header.order;
}

const struct kd_machine *kd_dump_machine(const struct kd_dump *dump)
{
	return dump->machine;
}

uint32_t kd_dump_page_size(const struct kd_dump *dump)
{
	return dump->page_size;
}

kd_pfn kd_dump_max_pfn(const struct kd_dump *dump)
{
	return dump->max_pfn;
}

bool kd_dump_is_live(const struct kd_dump *dump)
{
	return dump->live;
}

bool kd_dump_is_file(const struct kd_dump *dump, dev_t device, ino_t inode)
{
	for (size_t i = 0; i < dump->part_nr && !dump->shut; i++)
		if (dump->parts[i].file.device == device && dump->parts[i].file.inode == inode)
			return true;
	const struct kd_file *companion = &dump->image.companion;
	return companion->fd >= 0 && companion->device == device && companion->inode == inode;
}

enum kd_completeness kd_dump_completeness(const struct kd_dump *dump)
{
	return dump->incomplete ? KD_TRUNCATED : KD_COMPLETE;
}

const struct kd_vmcoreinfo *kd_dump_vmcoreinfo(const struct kd_dump *dump)
{
	return &dump->vmcoreinfo;
}

const struct kd_notes *kd_dump_notes(struct kd_dump *dump)
{
	return &dump->notes;
}

char *kd_dump_attribute(struct kd_dump *dump, const char *key)
{
	kdump_attr_t attribute;
	if (!dump->context || kdump_get_attr(dump->context, key, &attribute) != KDUMP_OK)
		return NULL;
	char *text = NULL;
	switch (attribute.type) {
	case KDUMP_STRING:
		return strdup(attribute.val.string);
	case KDUMP_NUMBER:
		return asprintf(&text, "%" PRIu64, (uint64_t)attribute.val.number) < 0 ? NULL : text;
	case KDUMP_ADDRESS:
		return asprintf(&text, "%#" PRIx64, (uint64_t)attribute.val.address) < 0 ? NULL : text;
	default:
		return NULL;
	}
}

static bool has_bit(kdump_bmp_t *bitmap, kd_pfn pfn)
{
	unsigned char bit = 0;
	return kdump_bmp_get_bits(bitmap, pfn, pfn, &bit) == KDUMP_OK && bit & 1;
}

/** Why libkdumpfile has no data for a page: it only says so. */
static enum kd_fault why_missing(struct kd_dump *dump, kd_pfn pfn)
{
	if (pfn >= dump->max_pfn || (dump->memory_pages && !has_bit(dump->memory_pages, file_pfn(dump, pfn))))
		return KD_FAULT_ABSENT;
	if (!kd_dump_find_part(dump, pfn))
		return KD_FAULT_TRUNCATED;
	return dump->memory_pages ? KD_FAULT_EXCLUDED : KD_FAULT_ABSENT;
}

static struct kd_error *read_error(struct kd_dump *dump, kd_paddr address, kdump_status status)
{
	switch (status) {
	case KDUMP_ERR_NODATA: {
		enum kd_fault why = why_missing(dump, address >> dump->page_shift);
		if (why == KD_FAULT_TRUNCATED && dump->header.split)
			return kd_error_create_fault_why(
				why, address, true,
				"cannot read physical address %#" PRIx64
				": page is in a part of the split dump that was not given (--part)",
				address);
		return kd_error_create_fault(why, address, true);
	}
	case KDUMP_ERR_EOF:
		return kd_error_create_fault(KD_FAULT_TRUNCATED, address, true);
	case KDUMP_ERR_SYSTEM:
		if (errno == ENOMEM)
			return &kd_error_nomem;
		return kd_error_create_os(errno, dump->parts[0].path, "cannot read %s: %s", dump->parts[0].path,
					  kd_dump_library_error(dump));
	default:
		/* Of a dump that was not finished: its place in the file, or its descriptor, was never written. */
		if (dump->incomplete)
			return kd_error_create_fault_why(KD_FAULT_TRUNCATED, address, true,
							 "cannot read physical address %#" PRIx64
							 ": page was not written when the dump was cut off: %s",
							 address, kd_dump_library_error(dump));
		return kd_error_create_fault_why(KD_FAULT_CORRUPT, address, true,
						 "cannot read physical address %#" PRIx64
						 ": page data in the dump file are corrupt: %s",
						 address, kd_dump_library_error(dump));
	}
}

static bool by_extents(const struct kd_dump *dump)
{
	return dump->image.extents.list.nr != 0;
}

static struct kd_error *read_memory(struct kd_dump *dump, kd_paddr address, void *buffer, size_t len)
{
	if (by_extents(dump))
		return kd_extents_read(&dump->image.extents, address, buffer, len);
	kdump_status status = kdump_read(dump->context, KDUMP_MACHPHYSADDR, address, buffer, &len);
	return status == KDUMP_OK ? NULL : read_error(dump, address, status);
}

/** Of a page behind the last one that is known. */
static enum kd_fault why_beyond(const struct kd_dump *dump, kd_pfn pfn)
{
	return dump->image.extents.cut && pfn < KD_EXTENTS_ADDRESS_MAX >> dump->page_shift ? KD_FAULT_TRUNCATED
											   : KD_FAULT_ABSENT;
}

struct kd_error *kd_dump_page(struct kd_dump *dump, kd_pfn pfn, const uint8_t **ret)
{
	const uint8_t *data = kd_page_cache_find(&dump->cache, pfn);
	if (__builtin_expect(data != NULL, 1)) {
		*ret = data;
		return NULL;
	}
	if (dump->shut)
		return shut_error(dump);
	if (pfn >= dump->max_pfn)
		return kd_error_create_fault(why_beyond(dump, pfn), pfn << dump->page_shift, true);
	struct kd_cached_page *page;
	struct kd_error *err = kd_page_cache_reserve(&dump->cache, &page);
	if (err)
		return err;
	err = read_memory(dump, pfn << dump->page_shift, page->data, dump->page_size);
	if (err)
		return err;
	if (dump->live)
		kd_page_cache_lend(&dump->cache);
	else
		kd_page_cache_commit(&dump->cache, page, pfn);
	*ret = page->data;
	return NULL;
}

struct kd_error *kd_dump_read(struct kd_dump *dump, kd_paddr address, void *buffer, size_t len)
{
	while (len) {
		const uint8_t *page;
		struct kd_error *err = kd_dump_page(dump, address >> dump->page_shift, &page);
		if (err)
			return err;
		size_t offset = address & (dump->page_size - 1);
		size_t part = kd_min(len, dump->page_size - offset);
		memcpy(buffer, page + offset, part);
		buffer = (char *)buffer + part;
		address += part;
		len -= part;
	}
	return NULL;
}

enum kd_fault kd_dump_page_status(struct kd_dump *dump, kd_pfn pfn)
{
	if (dump->shut)
		return KD_FAULT_ABSENT;
	if (pfn >= dump->max_pfn)
		return why_beyond(dump, pfn);
	if (by_extents(dump))
		return kd_extents_status(&dump->image.extents, pfn << dump->page_shift, dump->page_size);
	if (dump->file_pages && !has_bit(dump->file_pages, file_pfn(dump, pfn)))
		return why_missing(dump, pfn);
	if (dump->file_pages && !dump->incomplete)
		return KD_FAULT_NONE;
	/* Only reading tells whether the file still has it. */
	const uint8_t *page;
	KD_DROP_ERROR struct kd_error *err = kd_dump_page(dump, pfn, &page);
	return err && err->fault != KD_FAULT_CORRUPT ? err->fault : KD_FAULT_NONE;
}

bool kd_dump_next_page(struct kd_dump *dump, kd_pfn *pfn)
{
	kdump_addr_t next = file_pfn(dump, *pfn), first = next;
	if (dump->shut)
		return false;
	if (by_extents(dump)) {
		kd_paddr address;
		if (!kd_extents_next(&dump->image.extents, *pfn << dump->page_shift, &address))
			return false;
		*pfn = address >> dump->page_shift;
		return true;
	}
	if (dump->file_pages && kdump_bmp_find_set(dump->file_pages, &next) != KDUMP_OK)
		return false;
	if (next != first)
		*pfn = kd_max(*pfn, next << dump->file_shift >> dump->page_shift);
	return *pfn < dump->max_pfn;
}

bool kd_dump_peek(struct kd_dump *dump, kd_paddr address, void *buffer, size_t len)
{
	if (dump->shut)
		return false;
	if (by_extents(dump)) {
		KD_DROP_ERROR struct kd_error *err = kd_extents_read(&dump->image.extents, address, buffer, len);
		return !err;
	}
	return kdump_read(dump->context, KDUMP_MACHPHYSADDR, address, buffer, &len) == KDUMP_OK;
}
