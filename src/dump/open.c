/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "dump/images/formats.h"
#include "dump/paths.h"
#include "dump/probe.h"
#include "dump/running.h"
#include "dump/vmcoreinfo_search.h"

#define CACHE_LEN (16u << 20)
#define CACHE_PAGES_MIN 16
/* libkdumpfile's own cache is searched one by one, and ours stands in front of it. */
#define LIBRARY_CACHE_PAGES 8

static struct kd_error *open_error(struct kd_dump *dump, kdump_status status)
{
	const char *path = dump->parts[0].path;
	switch (status) {
	case KDUMP_ERR_SYSTEM:
		/* Sizes come from the file's headers. */
		if (errno == ENOMEM)
			return kd_error_create_file(KD_ERROR_FORMAT, path,
						    "%s asks for more memory than there is: %s; is it damaged?", path,
						    kd_dump_library_error(dump));
		return kd_error_create_os(errno, path, "cannot open %s: %s", path, kd_dump_library_error(dump));
	case KDUMP_ERR_NOTIMPL:
		return kd_error_create_file(KD_ERROR_UNSUPPORTED, path, "%s cannot be read: %s", path,
					    kd_dump_library_error(dump));
	case KDUMP_ERR_EOF:
		return kd_error_create_file(
			KD_ERROR_FORMAT, path, "%s is truncated inside its headers%s: %s; copy the dump again", path,
			dump->parts[0].file.flattened ? ", which a flattened file has at its end" : "",
			kd_dump_library_error(dump));
	default:
		return kd_error_create_file(KD_ERROR_FORMAT, path, "%s is damaged: %s", path,
					    kd_dump_library_error(dump));
	}
}

static struct kd_error *foreign_part(const char *path)
{
	return kd_error_create_file(KD_ERROR_VALUE, path, "%s is not part of a split set; open one dump at a time",
				    path);
}

static struct kd_error *open_parts(struct kd_dump *dump, struct kd_paths *paths, bool live)
{
	dump->parts = calloc(paths->nr, sizeof(*dump->parts));
	if (!dump->parts)
		return &kd_error_nomem;
	for (size_t i = 0; i < paths->nr; i++) {
		const struct kd_path_name *name = &paths->list[i];
		struct kd_dump_part *part = &dump->parts[i];
		part->file.fd = -1;
		part->path = kd_move_ptr(paths->list[i].path);
		dump->part_nr = i + 1;
		struct kd_error *err = kd_file_init(&part->file, part->path);
		if (err)
			return err;
		enum kd_container container = KD_CONTAINER_RAW;
		if (!name->raw)
			err = kd_probe(&part->file, live, &container);
		if (err)
			return err;
		const bool image = container >= KD_CONTAINER_RAW;
		if (i && (image != (dump->image.format != NULL) || (image && !name->raw)))
			return foreign_part(part->path);
		if (image) {
			err = name->raw ? kd_raw_add(&dump->image, &part->file, name->address)
					: kd_image_read(&dump->image, &part->file, container);
			if (err)
				return err;
			part->end = UINT64_MAX;
			continue;
		}
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
		if (paths->nr > 1 && whole && container == KD_CONTAINER_KDUMP)
			return foreign_part(part->path);
		if (foreign)
			return kd_error_create_file(KD_ERROR_VALUE, part->path, "%s is not part of the same dump as %s",
						    part->path, dump->parts[0].path);
	}
	return NULL;
}

static bool all_parts_given(const struct kd_dump *dump)
{
	const struct kd_dump_part *part;
	for (kd_pfn pfn = 0; pfn < dump->max_pfn; pfn = part->end) {
		part = kd_dump_find_part(dump, pfn);
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

/** Of the kernel's pages. */
static void use_page_size(struct kd_dump *dump, uint64_t page_size)
{
	dump->page_size = (uint32_t)page_size;
	dump->page_shift = (unsigned int)__builtin_ctz(dump->page_size);
}

static bool set_page_size(struct kd_dump *dump, uint64_t page_size)
{
	if (dump->context && kdump_set_number_attr(dump->context, "arch.page_size", page_size) != KDUMP_OK)
		return false;
	use_page_size(dump, page_size);
	dump->file_shift = dump->page_shift;
	return true;
}

/** Pages of the kernel, not of the file. */
static void divide_pages(struct kd_dump *dump, uint64_t page_size)
{
	const kd_paddr end = dump->max_pfn << dump->page_shift;
	use_page_size(dump, page_size);
	dump->max_pfn = end >> dump->page_shift;
}

/*
 * An ELF file says how large pages are by VMCOREINFO and nothing else, which may not be among its notes but in memory.
 * A kdump-compressed one by QEMU has the largest pages that the processor can have, of which the kernel's are parts.
 */
static struct kd_error *settle_page_size(struct kd_dump *dump)
{
	const uint64_t of_file = 1ull << dump->file_shift;
	uint64_t page_size;
	if (!dump->page_size_open)
		return NULL;
	if (!kd_vmcoreinfo_value(&dump->vmcoreinfo, "PAGESIZE", &page_size) || page_size < KD_PAGE_LEN_MIN ||
	    page_size > KD_PAGE_LEN_MAX || page_size & (page_size - 1))
		page_size = of_file;
	divide_pages(dump, page_size);
	if (page_size > of_file && !set_page_size(dump, page_size))
		return open_error(dump, KDUMP_ERR_CORRUPT);
	return NULL;
}

/** Of an image: it is in pieces as small as can be, of which the kernel's pages are a multiple. */
static struct kd_error *read_extents(struct kd_dump *dump)
{
	struct kd_error *err = kd_extents_finish(&dump->image.extents);
	if (err)
		return err;
	if (!dump->image.extents.list.nr)
		return kd_error_create_file(KD_ERROR_FORMAT, dump->parts[0].path, "%s holds no memory",
					    dump->parts[0].path);
	dump->page_size_open = true;
	dump->image.extents.cut = dump->image.incomplete;
	dump->image.extents.cut_from = dump->image.in_any_order ? 0 : kd_extents_end(&dump->image.extents);
	dump->incomplete = kd_extents_cut(&dump->image.extents);
	dump->header.machine = dump->image.machine;
	set_page_size(dump, KD_PAGE_LEN_MIN);
	dump->max_pfn = (kd_extents_end(&dump->image.extents) + KD_PAGE_LEN_MIN - 1) >> dump->page_shift;
	return NULL;
}

static struct kd_error *read_geometry(struct kd_dump *dump)
{
	const char *path = dump->parts[0].path;
	kdump_num_t page_size = 0, max_pfn = 0;
	dump->page_size_open = kdump_get_number_attr(dump->context, "arch.page_size", &page_size) == KDUMP_ERR_NODATA;
	if (dump->page_size_open && set_page_size(dump, KD_PAGE_LEN_MIN))
		page_size = KD_PAGE_LEN_MIN;
	kdump_get_number_attr(dump->context, "max_pfn", &max_pfn);
	if (page_size < KD_PAGE_LEN_MIN || page_size > KD_PAGE_LEN_MAX || page_size & (page_size - 1))
		return kd_error_create_file(KD_ERROR_FORMAT, path, "%s is damaged: its page size is %" PRIu64, path,
					    (uint64_t)page_size);
	/* What was checked before is what is read. */
	kdump_num_t order;
	if (dump->header.order_known && (kdump_get_number_attr(dump->context, "arch.byte_order", &order) != KDUMP_OK ||
					 (order == KDUMP_BIG_ENDIAN) != (dump->header.order == KD_BIG)))
		return kd_error_create_file(KD_ERROR_FORMAT, path, "%s is damaged: its byte order is not clear", path);
	/* By the PAGESIZE of VMCOREINFO, libkdumpfile has forgotten how large the pages of a kdump-compressed file are.
	 */
	if (dump->header.block_size && dump->header.block_size != page_size) {
		if (!set_page_size(dump, dump->header.block_size))
			return open_error(dump, KDUMP_ERR_CORRUPT);
		page_size = dump->header.block_size;
	}
	use_page_size(dump, page_size);
	dump->file_shift = dump->page_shift;
	if (dump->live) {
		/* libkdumpfile takes the address -1 of what is no memory for the highest one. */
		struct kd_error *err = kd_running_init(&dump->image.extents, &dump->parts[0].file);
		if (err)
			return err;
		max_pfn = kd_extents_end(&dump->image.extents) >> dump->page_shift;
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
	return (struct kd_searched){ dump, dump->page_size, dump->page_size_open, kd_dump_next_page, kd_dump_peek };
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
	while (!err && kd_notes_next_vmcoreinfo(dump->header.order, dump->header.notes, dump->header.notes_len,
						&position, &text, &len))
		err = consider_vmcoreinfo(dump, text, len, best);
	kdump_attr_t attribute = { .type = KDUMP_BLOB };
	/* Older files have it elsewhere. */
	if (err || dump->vmcoreinfo.nr || !dump->context ||
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
	return kd_notes_init(&dump->notes, machine->notes, dump->header.order, dump->header.notes,
			     dump->header.notes_len);
}

/** The word of a register, or the place of a control register, by its name; what the machine lacks is left out. */
static void place_register(const struct kd_machine *machine, const struct kd_image_register *one,
			   struct kd_cpu_note *ret)
{
	for (size_t i = 0; machine->registers && i < machine->registers->nr; i++)
		if (!strcmp(machine->registers->list[i].name, one->name)) {
			ret->regs.word[machine->registers->list[i].word] = one->value;
			ret->has_regs = true;
			return;
		}
	for (size_t i = 0; machine->notes && i < KD_CONTROLS_MAX && machine->notes->controls[i]; i++)
		if (!strcmp(machine->notes->controls[i], one->name)) {
			ret->controls[i] = one->value;
			ret->has_controls = true;
			return;
		}
}

/* What an image knows of the CPUs is as if it were in notes. */
static struct kd_error *read_image_cpus(struct kd_dump *dump)
{
	const struct kd_image *image = &dump->image;
	if (!dump->machine || !image->cpu_nr)
		return NULL;
	struct kd_cpu_note *cpus = calloc(image->cpu_nr, sizeof(*cpus));
	if (!cpus)
		return &kd_error_nomem;
	for (size_t i = 0; i < image->cpu_nr; i++)
		for (size_t j = 0; j < image->cpus[i].nr; j++)
			place_register(dump->machine, &image->cpus[i].registers[j], &cpus[i]);
	dump->notes = (struct kd_notes){ cpus, image->cpu_nr };
	return NULL;
}

/* Which machine, when neither the headers nor the kernel's memory tell, as in QEMU's kdump files without pages: what
 * only one kernel writes about itself; else whose notes of the monitor these are. */
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
	if (!dump->context || kdump_get_string_attr(dump->context, "arch.name", &name) != KDUMP_OK)
		name = NULL;
	const struct kd_machine *machine = dump->header.machine;
	if (!machine || dump->header.machine_doubtful) {
		const struct kd_searched memory = searched(dump);
		machine = kd_vmcoreinfo_machine(&memory, &dump->vmcoreinfo) ?: machine;
	}
	if (!machine && name)
		machine = kd_machine_named(name);
	if (!machine && !name) {
		struct kd_error *err = guess_machine(dump, &machine);
		if (err)
			return err;
	}
	dump->machine = machine;
	dump->arch = machine ? machine->name : name ? name : "unknown";
	if (machine && !name && dump->context &&
	    kdump_set_string_attr(dump->context, "arch.name", machine->library_name ?: machine->name) != KDUMP_OK)
		return open_error(dump, KDUMP_ERR_CORRUPT);
	return dump->context ? read_notes(dump, machine) : read_image_cpus(dump);
}

/** "kdump-compressed, zstd, flattened" */
static struct kd_error *describe(struct kd_dump *dump)
{
	const char *format = NULL;
	if (dump->live)
		format = "live kernel";
	else if (dump->image.format)
		format = dump->image.format;
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

/** Where its pages are, and how many: by libkdumpfile. */
static struct kd_error *open_by_library(struct kd_dump *dump)
{
	struct kd_error *err = hand_over(dump) ?: read_geometry(dump) ?: find_completeness(dump);
	if (!err && dump->page_size > KD_PAGE_LEN_MIN && !dump->live) {
		dump->page_size_open = true;
		divide_pages(dump, KD_PAGE_LEN_MIN);
	}
	return err;
}

static struct kd_error *open_into(struct kd_dump *dump, struct kd_paths *paths, const struct kd_dump_options *options)
{
	dump->live = options->live;
	if (dump->live && paths->nr != 1)
		return kd_error_create(KD_ERROR_VALUE, "the running kernel is one file, not %zu", paths->nr);
	struct kd_error *err = open_parts(dump, paths, options->live);
	if (!err)
		err = dump->image.format ? read_extents(dump) : open_by_library(dump);
	if (err)
		return err;
	err = read_vmcoreinfo(dump, options) ?: settle_page_size(dump);
	if (err)
		return err;
	/* A running kernel changes under our eyes: pages are only kept while they are looked at. */
	size_t pages = dump->live	      ? CACHE_PAGES_MIN
		       : options->cache_pages ? options->cache_pages
					      : CACHE_LEN >> dump->page_shift;
	err = kd_page_cache_init(&dump->cache, dump->page_size, kd_max(pages, CACHE_PAGES_MIN));
	if (!err)
		err = find_machine(dump);
	return err ? err : describe(dump);
}

struct kd_error *kd_dump_open(const char *const *paths, size_t path_nr, const struct kd_dump_options *options,
			      struct kd_dump **ret)
{
	static const struct kd_dump_options defaults;
	struct kd_paths names;
	struct kd_error *err = kd_paths_init(&names, paths, path_nr);
	if (err)
		return err;
	struct kd_dump *dump = calloc(1, sizeof(*dump));
	if (!dump) {
		kd_paths_deinit(&names);
		return &kd_error_nomem;
	}
	dump->image = kd_image_empty();
	err = open_into(dump, &names, options ? options : &defaults);
	kd_paths_deinit(&names);
	if (err) {
		kd_dump_close(dump);
		return err;
	}
	*ret = dump;
	return NULL;
}
