/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/lines.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "debug/private.h"

static bool is_of_lines(const char *name)
{
	return !strcmp(name, ".debug_line");
}

static int by_start(const void *a, const void *b)
{
	const struct kd_dwarf_range *left = a, *right = b;
	return (left->start > right->start) - (left->start < right->start);
}

/** What addresses each unit has. Of a unit for the assembler this is all that says so. */
static struct kd_error *find_ranges(struct kd_dwarf *dwarf)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die top, ignored;
	Dwarf_Half version;
	uint8_t type;
	struct kd_dwarf_range_vector *ranges = &dwarf->ranges;
	while (!dwarf_get_units(dwarf->handle, unit, &unit, &version, &type, &top, &ignored)) {
		Dwarf_Addr base, start, end;
		for (ptrdiff_t at = 0; (at = dwarf_ranges(&top, at, &base, &start, &end)) > 0;) {
			struct kd_dwarf_range range = { start, end, dwarf_dieoffset(&top) };
			if (ranges->nr >= KD_DWARF_RANGE_NR_MAX)
				return kd_error_create_file(KD_ERROR_LIMIT, kd_debug_file_path(dwarf->file),
							    "%s has more ranges of code than any kernel",
							    kd_debug_file_path(dwarf->file));
			/* What the linker has thrown away is left at 0. */
			if (start && start < end && !kd_dwarf_range_vector_append(ranges, range))
				return &kd_error_nomem;
		}
	}
	if (ranges->nr)
		qsort(ranges->data, ranges->nr, sizeof(*ranges->data), by_start);
	return NULL;
}

struct kd_error *kd_dwarf_ranges(struct kd_dwarf *dwarf, const struct kd_dwarf_range_vector **ret)
{
	Dwarf *handle;
	struct kd_error *err = kd_dwarf_open(dwarf, &handle);
	if (!err && !dwarf->ranges_known) {
		err = kd_debug_file_load(dwarf->file, is_of_lines);
		if (!err)
			err = find_ranges(dwarf);
		dwarf->ranges_known = !err;
		if (err)
			kd_dwarf_range_vector_deinit(&dwarf->ranges);
	}
	*ret = &dwarf->ranges;
	return err;
}

struct kd_error *kd_dwarf_unit_at(struct kd_dwarf *dwarf, kd_vaddr address, Dwarf_Die *ret, bool *ret_found)
{
	const struct kd_dwarf_range_vector *ranges;
	*ret_found = false;
	struct kd_error *err = kd_dwarf_ranges(dwarf, &ranges);
	if (err)
		return err;
	size_t low = 0, high = ranges->nr; /* the first that begins behind the address lies in [low, high] */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ranges->data[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low && address < ranges->data[low - 1].end)
		*ret_found = dwarf_offdie(dwarf->handle, ranges->data[low - 1].unit, ret);
	return NULL;
}

/** dwarf_getscopes() goes on with where an inlined function is written; we want where it was put. */
size_t kd_dwarf_scopes_at(Dwarf_Die *unit, kd_vaddr address, Dwarf_Die **ret)
{
	KD_FREE Dwarf_Die *lexical = NULL;
	*ret = NULL;
	if (dwarf_getscopes(unit, address, &lexical) <= 0)
		return 0;
	int nr = dwarf_getscopes_die(&lexical[0], ret);
	return nr > 0 ? nr : 0;
}

/** Where a function was inlined: the file by its number in the unit's list. */
static void call_site(Dwarf_Die *unit, Dwarf_Die *inlined, struct kd_source_frame *ret)
{
	uint64_t file, line;
	Dwarf_Files *files;
	size_t nr;
	ret->file = NULL;
	ret->line = 0;
	if (kd_dwarf_number(inlined, DW_AT_call_file, &file) && !dwarf_getsrcfiles(unit, &files, &nr) && file < nr)
		ret->file = dwarf_filesrc(files, file, NULL, NULL);
	if (kd_dwarf_number(inlined, DW_AT_call_line, &line))
		ret->line = line;
}

static bool add_function(Dwarf_Die *die, struct kd_source_frame *frame, struct kd_source_vector *ret)
{
	frame->function = dwarf_diename(die);
	frame->inlined = dwarf_tag(die) == DW_TAG_inlined_subroutine;
	return kd_source_vector_append(ret, *frame);
}

struct kd_error *kd_dwarf_source(struct kd_dwarf *dwarf, kd_vaddr address, struct kd_source_vector *ret)
{
	Dwarf_Die unit;
	bool found;
	struct kd_source_frame frame = {};
	struct kd_source_vector frames = {};
	int number;
	*ret = frames;
	struct kd_error *err = kd_dwarf_unit_at(dwarf, address, &unit, &found);
	if (err || !found)
		return err;
	Dwarf_Line *line = dwarf_getsrc_die(&unit, address);
	if (line) {
		frame.file = dwarf_linesrc(line, NULL, NULL);
		frame.line = dwarf_lineno(line, &number) ? 0 : number;
	}
	KD_FREE Dwarf_Die *scopes = NULL;
	size_t nr = kd_dwarf_scopes_at(&unit, address, &scopes);
	bool ok = true, whole = false;
	for (size_t i = 0; ok && !whole && i < nr; i++) {
		switch (dwarf_tag(&scopes[i])) {
		case DW_TAG_inlined_subroutine:
			ok = add_function(&scopes[i], &frame, &frames);
			call_site(&unit, &scopes[i], &frame);
			break;
		case DW_TAG_subprogram:
			ok = add_function(&scopes[i], &frame, &frames);
			whole = true;
			break;
		}
	}
	/* Code of the assembler is in no function. */
	if (ok && !whole && frame.file) {
		frame.function = NULL;
		frame.inlined = false;
		ok = kd_source_vector_append(&frames, frame);
	}
	if (!ok) {
		kd_source_vector_deinit(&frames);
		return &kd_error_nomem;
	}
	*ret = frames;
	return NULL;
}
