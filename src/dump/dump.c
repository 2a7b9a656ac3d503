/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/dump.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <libkdumpfile/kdumpfile.h>

#include "base/cleanup.h"
#include "dump/header.h"
#include "dump/page_cache.h"
#include "dump/running.h"
#include "dump/vmcoreinfo_search.h"

#define CACHE_LEN (16u << 20)
#define CACHE_PAGES_MIN 16
/* libkdumpfile's own cache is searched one by one, and ours stands in front of it. */
#define LIBRARY_CACHE_PAGES 8
#define PATHS_MAX 1024

struct dump_part {
	char *path;
	struct kd_file file;
	kd_pfn start, end; /* the pages it carries */
};

struct kd_dump {
	kdump_ctx_t *context;
	struct dump_part *parts;
	size_t part_nr;
	struct kd_header header; /* of the first part */
	struct kd_page_cache cache;
	struct kd_vmcoreinfo vmcoreinfo;
	struct kd_notes notes;
	kdump_bmp_t *file_pages, *memory_pages; /* borrowed from context; NULL if the format has none */
	char *format;
	const char *arch;
	const struct kd_machine *machine; /* NULL: not one that is known */
	uint32_t page_size;
	unsigned int page_shift;
	kd_pfn max_pfn;
	bool live, shut;
	struct kd_running running; /* if live */
	bool incomplete;
	char reason[256]; /* of library_error() */
};

/** What libkdumpfile says, on one line; valid until the next call. */
static const char *library_error(struct kd_dump *dump)
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

static struct kd_error *open_error(struct kd_dump *dump, kdump_status status)
{
	const char *path = dump->parts[0].path;
	switch (status) {
	case KDUMP_ERR_SYSTEM:
		/* Sizes come from the file's headers. */
		if (errno == ENOMEM)
			return kd_error_create_file(KD_ERROR_FORMAT, path,
						    "%s asks for more memory than there is: %s; is it damaged?", path,
						    library_error(dump));
		return kd_error_create_os(errno, path, "cannot open %s: %s", path, library_error(dump));
	case KDUMP_ERR_NOTIMPL:
		return kd_error_create_file(KD_ERROR_UNSUPPORTED, path, "%s cannot be read: %s", path,
					    library_error(dump));
	case KDUMP_ERR_EOF:
		return kd_error_create_file(
			KD_ERROR_FORMAT, path, "%s is truncated inside its headers%s: %s; copy the dump again", path,
			dump->parts[0].file.flattened ? ", which a flattened file has at its end" : "",
			library_error(dump));
	default:
		return kd_error_create_file(KD_ERROR_FORMAT, path, "%s is damaged: %s", path, library_error(dump));
	}
}

static struct kd_error *open_parts(struct kd_dump *dump, const char *const *paths, size_t path_nr, bool live)
{
	dump->parts = calloc(path_nr, sizeof(*dump->parts));
	if (!dump->parts)
		return &kd_error_nomem;
	for (size_t i = 0; i < path_nr; i++) {
		struct dump_part *part = &dump->parts[i];
		part->file.fd = -1;
		part->path = strdup(paths[i]);
		dump->part_nr = i + 1;
		if (!part->path)
			return &kd_error_nomem;
		struct kd_error *err = kd_file_init(&part->file, part->path);
		if (err)
			return err;
		enum kd_container container;
		err = kd_probe(&part->file, live, &container);
		if (err)
			return err;
		struct kd_header header;
		err = kd_header_init(&header, &part->file, container);
		if (err)
			return err;
		part->start = header.split ? header.split_start : 0;
		part->end = header.split ? header.split_end : UINT64_MAX;
		bool whole = !header.split, foreign = i && header.origin != dump->header.origin;
		if (i == 0) {
			dump->header = header;
		} else {
			bool cut = false;
			err = kd_header_ends_early(&header, &part->file, &cut);
			dump->header.incomplete |= header.incomplete || cut;
			kd_header_deinit(&header);
			if (err)
				return err;
		}
		if (path_nr > 1 && whole && container == KD_CONTAINER_KDUMP)
			return kd_error_create_file(KD_ERROR_VALUE, paths[i],
						    "%s is not part of a split set; open one dump at a time", paths[i]);
		if (foreign)
			return kd_error_create_file(KD_ERROR_VALUE, paths[i], "%s is not part of the same dump as %s",
						    paths[i], paths[0]);
	}
	return NULL;
}

/** The part of a split set that would carry a page; NULL if it was not given. */
static const struct dump_part *find_part(const struct kd_dump *dump, kd_pfn pfn)
{
	for (size_t i = 0; i < dump->part_nr; i++) {
		if (pfn >= dump->parts[i].start && pfn < dump->parts[i].end)
			return &dump->parts[i];
	}
	return NULL;
}

static bool all_parts_given(const struct kd_dump *dump)
{
	const struct dump_part *part;
	for (kd_pfn pfn = 0; pfn < dump->max_pfn; pfn = part->end) {
		part = find_part(dump, pfn);
		if (!part)
			return false;
	}
	return true;
}

static struct kd_error *hand_over(struct kd_dump *dump)
{
	KD_FREE int *fds = malloc(dump->part_nr * sizeof(*fds));
	if (!fds)
		return &kd_error_nomem;
	/* libkdumpfile orders parts by their ends and takes the first, which must not be one that carries no page. */
	unsigned int fd_nr = 0;
	for (size_t i = 0; i < dump->part_nr; i++) {
		if (dump->parts[i].start < dump->parts[i].end)
			fds[fd_nr++] = dump->parts[i].file.fd;
	}
	if (!fd_nr)
		fds[fd_nr++] = dump->parts[0].file.fd;
	dump->context = kdump_new();
	if (!dump->context)
		return &kd_error_nomem;
	kdump_status status = kdump_set_number_attr(dump->context, "cache.size", LIBRARY_CACHE_PAGES);
	/* A mapped file that somebody truncates is SIGBUS, one that is read an error. */
	if (status == KDUMP_OK)
		status = kdump_set_number_attr(dump->context, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_NEVER);
	if (status == KDUMP_OK)
		status = kdump_open_fdset(dump->context, fd_nr, fds);
	return status == KDUMP_OK ? NULL : open_error(dump, status);
}

static kdump_bmp_t *bitmap_attribute(struct kd_dump *dump, const char *key)
{
	kdump_attr_t attribute = { .type = KDUMP_BITMAP };
	return kdump_get_typed_attr(dump->context, key, &attribute) == KDUMP_OK ? attribute.val.bitmap : NULL;
}

static struct kd_error *read_geometry(struct kd_dump *dump)
{
	const char *path = dump->parts[0].path;
	kdump_num_t page_size = 0, max_pfn = 0;
	kdump_get_number_attr(dump->context, "arch.page_size", &page_size);
	kdump_get_number_attr(dump->context, "max_pfn", &max_pfn);
	if (page_size < KD_PAGE_LEN_MIN || page_size > KD_PAGE_LEN_MAX || page_size & (page_size - 1))
		return kd_error_create_file(KD_ERROR_FORMAT, path, "%s is damaged: its page size is %" PRIu64, path,
					    (uint64_t)page_size);
	dump->page_size = (uint32_t)page_size;
	dump->page_shift = (unsigned int)__builtin_ctz(dump->page_size);
	if (dump->live) {
		/* libkdumpfile takes the address -1 of what is no memory for the highest one. */
		struct kd_error *err = kd_running_init(&dump->running, &dump->parts[0].file);
		if (err)
			return err;
		max_pfn = kd_running_end(&dump->running) >> dump->page_shift;
	}
	dump->max_pfn = kd_min(max_pfn, UINT64_MAX >> dump->page_shift);
	if (dump->live)
		return NULL;
	dump->file_pages = bitmap_attribute(dump, "file.pagemap");
	dump->memory_pages = bitmap_attribute(dump, "memory.pagemap");
	return NULL;
}

static struct kd_error *find_completeness(struct kd_dump *dump)
{
	bool cut = false;
	struct kd_error *err = kd_header_ends_early(&dump->header, &dump->parts[0].file, &cut);
	if (err)
		return err;
	dump->incomplete = cut || dump->header.incomplete || !all_parts_given(dump);
	return NULL;
}

static struct kd_searched searched(struct kd_dump *dump)
{
	return (struct kd_searched){ dump, dump->page_size, kd_dump_next_page, kd_dump_peek };
}

/** Take a text unless there is one that fits as well. */
static struct kd_error *consider_vmcoreinfo(struct kd_dump *dump, const char *text, size_t len,
					    enum kd_vmcoreinfo_fit *best)
{
	const struct kd_searched memory = searched(dump);
	struct kd_vmcoreinfo info;
	struct kd_error *err = kd_vmcoreinfo_init(&info, text, len);
	if (err)
		return err;
	enum kd_vmcoreinfo_fit fit = kd_vmcoreinfo_fits(&memory, &info);
	info.doubtful = fit == KD_VMCOREINFO_FOREIGN;
	/* One of zeros is as good as none. */
	if (info.nr && (!dump->vmcoreinfo.nr || fit > *best)) {
		*best = fit;
		kd_vmcoreinfo_deinit(&dump->vmcoreinfo);
		dump->vmcoreinfo = info;
	} else {
		kd_vmcoreinfo_deinit(&info);
	}
	return NULL;
}

/** Of several notes (a kernel that was booted by kexec may leave its own), the one that describes this memory. */
static struct kd_error *read_vmcoreinfo_notes(struct kd_dump *dump, enum kd_vmcoreinfo_fit *best)
{
	const char *text;
	size_t position = 0, len;
	struct kd_error *err = NULL;
	while (!err && kd_notes_next_vmcoreinfo(dump->header.notes, dump->header.notes_len, &position, &text, &len))
		err = consider_vmcoreinfo(dump, text, len, best);
	kdump_attr_t attribute = { .type = KDUMP_BLOB };
	/* Older files have it elsewhere. */
	if (err || dump->vmcoreinfo.nr ||
	    kdump_get_typed_attr(dump->context, "linux.vmcoreinfo.raw", &attribute) != KDUMP_OK ||
	    !kdump_blob_size(attribute.val.blob))
		return err;
	text = kdump_blob_pin(attribute.val.blob);
	err = consider_vmcoreinfo(dump, text, kdump_blob_size(attribute.val.blob), best);
	kdump_blob_unpin(attribute.val.blob);
	return err;
}

static struct kd_error *read_vmcoreinfo(struct kd_dump *dump, const struct kd_dump_options *options)
{
	if (options->vmcoreinfo)
		return kd_vmcoreinfo_init(&dump->vmcoreinfo, options->vmcoreinfo, options->vmcoreinfo_len);
	enum kd_vmcoreinfo_fit best = KD_VMCOREINFO_FOREIGN;
	struct kd_error *err = read_vmcoreinfo_notes(dump, &best);
	if (err || (dump->vmcoreinfo.nr && best > KD_VMCOREINFO_UNREADABLE))
		return err;
	const struct kd_searched memory = searched(dump);
	struct kd_vmcoreinfo found = {};
	err = kd_vmcoreinfo_search(&memory, &found);
	if (err)
		return err;
	/* What is found is kept only if it is better than the note that there is. */
	if (found.nr && (!dump->vmcoreinfo.nr || kd_vmcoreinfo_fits(&memory, &found) > best)) {
		kd_vmcoreinfo_deinit(&dump->vmcoreinfo);
		dump->vmcoreinfo = found;
	} else {
		kd_vmcoreinfo_deinit(&found);
	}
	return NULL;
}

/* The notes of a running kernel have zeros for registers. */
static struct kd_error *read_notes(struct kd_dump *dump, const struct kd_machine *machine)
{
	if (!machine || !machine->notes || dump->live)
		return NULL;
	return kd_notes_init(&dump->notes, machine->notes, dump->header.notes, dump->header.notes_len);
}

/* Which machine, when the headers are silent, as in QEMU's kdump files: what only one kernel writes about itself; else
 * whose notes of the monitor these are. */
static struct kd_error *guess_machine(struct kd_dump *dump, const struct kd_machine **ret)
{
	*ret = NULL;
	for (const struct kd_machine *const *machine = kd_machines; *machine; machine++)
		for (const char *const *key = (*machine)->vmcoreinfo; *key; key++)
			if (kd_vmcoreinfo_get(&dump->vmcoreinfo, *key)) {
				*ret = *machine;
				return NULL;
			}
	for (const struct kd_machine *const *machine = kd_machines; *machine && !*ret; machine++) {
		struct kd_error *err = read_notes(dump, *machine);
		if (err)
			return err;
		for (size_t i = 0; i < dump->notes.nr; i++)
			if (dump->notes.cpus[i].has_controls)
				*ret = *machine;
		kd_notes_deinit(&dump->notes);
	}
	return NULL;
}

static struct kd_error *find_machine(struct kd_dump *dump)
{
	const char *name = NULL;
	if (kdump_get_string_attr(dump->context, "arch.name", &name) != KDUMP_OK)
		name = NULL;
	dump->arch = name ? name : dump->header.machine;
	if (!dump->arch) {
		const struct kd_machine *guess;
		struct kd_error *err = guess_machine(dump, &guess);
		if (err)
			return err;
		dump->arch = guess ? guess->name : NULL;
	}
	if (!dump->arch)
		dump->arch = "unknown";
	else if (!name && kdump_set_string_attr(dump->context, "arch.name", dump->arch) != KDUMP_OK)
		return open_error(dump, KDUMP_ERR_CORRUPT);
	dump->machine = kd_machine_named(dump->arch);
	return read_notes(dump, dump->machine);
}

/** "kdump-compressed, zstd, flattened" */
static struct kd_error *describe(struct kd_dump *dump)
{
	const char *format = NULL;
	if (dump->live)
		format = "live kernel";
	else if (dump->header.compression)
		format = "kdump-compressed";
	else if (kdump_get_string_attr(dump->context, "file.description", &format) != KDUMP_OK)
		format = "dump";
	const char *compression = dump->header.compression ? dump->header.compression : "";
	if (asprintf(&dump->format, "%s%s%s%s%s", format, *compression ? ", " : "", compression,
		     dump->parts[0].file.flattened ? ", flattened" : "", dump->header.split ? ", split" : "") < 0) {
		dump->format = NULL;
		return &kd_error_nomem;
	}
	return NULL;
}

static struct kd_error *open_into(struct kd_dump *dump, const char *const *paths, size_t path_nr,
				  const struct kd_dump_options *options)
{
	dump->live = options->live;
	if (dump->live && path_nr != 1)
		return kd_error_create(KD_ERROR_VALUE, "the running kernel is one file, not %zu", path_nr);
	struct kd_error *err = open_parts(dump, paths, path_nr, options->live);
	if (!err)
		err = hand_over(dump);
	if (!err)
		err = read_geometry(dump);
	if (!err)
		err = find_completeness(dump);
	if (err)
		return err;
	/* A running kernel changes under our eyes: pages are only kept while they are looked at. */
	size_t pages = dump->live	      ? CACHE_PAGES_MIN
		       : options->cache_pages ? options->cache_pages
					      : CACHE_LEN >> dump->page_shift;
	err = kd_page_cache_init(&dump->cache, dump->page_size, kd_max(pages, CACHE_PAGES_MIN));
	if (!err)
		err = read_vmcoreinfo(dump, options);
	if (!err)
		err = find_machine(dump);
	return err ? err : describe(dump);
}

struct kd_error *kd_dump_open(const char *const *paths, size_t path_nr, const struct kd_dump_options *options,
			      struct kd_dump **ret)
{
	static const struct kd_dump_options defaults;
	if (!path_nr || path_nr > PATHS_MAX)
		return kd_error_create(KD_ERROR_VALUE, "%zu dump files given; 1 to %u are possible", path_nr,
				       PATHS_MAX);
	struct kd_dump *dump = calloc(1, sizeof(*dump));
	if (!dump)
		return &kd_error_nomem;
	struct kd_error *err = open_into(dump, paths, path_nr, options ? options : &defaults);
	if (err) {
		kd_dump_close(dump);
		return err;
	}
	*ret = dump;
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
	kd_running_deinit(&dump->running);
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
	return false;
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
	if (dump->shut || kdump_get_attr(dump->context, key, &attribute) != KDUMP_OK)
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
	if (pfn >= dump->max_pfn || (dump->memory_pages && !has_bit(dump->memory_pages, pfn)))
		return KD_FAULT_ABSENT;
	if (!find_part(dump, pfn))
		return KD_FAULT_TRUNCATED;
	return dump->memory_pages ? KD_FAULT_EXCLUDED : KD_FAULT_ABSENT;
}

static struct kd_error *read_error(struct kd_dump *dump, kd_pfn pfn, kdump_status status)
{
	kd_paddr address = pfn << dump->page_shift;
	switch (status) {
	case KDUMP_ERR_NODATA: {
		enum kd_fault why = why_missing(dump, pfn);
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
					  library_error(dump));
	default:
		/* Of a dump that was not finished: its place in the file, or its descriptor, was never written. */
		if (dump->incomplete)
			return kd_error_create_fault_why(KD_FAULT_TRUNCATED, address, true,
							 "cannot read physical address %#" PRIx64
							 ": page was not written when the dump was cut off: %s",
							 address, library_error(dump));
		return kd_error_create_fault_why(KD_FAULT_CORRUPT, address, true,
						 "cannot read physical address %#" PRIx64
						 ": page data in the dump file are corrupt: %s",
						 address, library_error(dump));
	}
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
		return kd_error_create_fault(KD_FAULT_ABSENT, pfn << dump->page_shift, true);
	struct kd_cached_page *page;
	struct kd_error *err = kd_page_cache_reserve(&dump->cache, &page);
	if (err)
		return err;
	if (dump->live) {
		err = kd_running_read(&dump->running, &dump->parts[0].file, pfn << dump->page_shift, page->data,
				      dump->page_size);
		if (err)
			return err;
		kd_page_cache_lend(&dump->cache);
		*ret = page->data;
		return NULL;
	}
	size_t len = dump->page_size;
	kdump_status status = kdump_read(dump->context, KDUMP_MACHPHYSADDR, pfn << dump->page_shift, page->data, &len);
	if (status != KDUMP_OK)
		return read_error(dump, pfn, status);
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
	if (pfn >= dump->max_pfn || dump->shut)
		return KD_FAULT_ABSENT;
	if (dump->live) {
		kd_paddr address = pfn << dump->page_shift, next;
		return kd_running_next(&dump->running, address, &next) && next == address ? KD_FAULT_NONE
											  : KD_FAULT_ABSENT;
	}
	if (dump->file_pages && !has_bit(dump->file_pages, pfn))
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
	kdump_addr_t next = *pfn;
	if (dump->shut)
		return false;
	if (dump->live) {
		kd_paddr address;
		if (!kd_running_next(&dump->running, next << dump->page_shift, &address))
			return false;
		*pfn = address >> dump->page_shift;
		return true;
	}
	if (dump->file_pages && kdump_bmp_find_set(dump->file_pages, &next) != KDUMP_OK)
		return false;
	*pfn = next;
	return next < dump->max_pfn;
}

bool kd_dump_peek(struct kd_dump *dump, kd_paddr address, void *buffer, size_t len)
{
	if (dump->shut)
		return false;
	if (dump->live) {
		KD_DROP_ERROR struct kd_error *err =
			kd_running_read(&dump->running, &dump->parts[0].file, address, buffer, len);
		return !err;
	}
	return kdump_read(dump->context, KDUMP_MACHPHYSADDR, address, buffer, &len) == KDUMP_OK;
}
