/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kd_dwarf_source() says of every address, as three tables for a profile, numbers little-endian:
 *
 *     line_strings  names of functions and files, each with a NUL; a string's id is its offset, 0: not told
 *     line_index    for each chunk of rows { u64 address, as linked; u64 offset in line_rows }, by address
 *     line_rows     where another line or another function begins, by address, as numbers in LEB128:
 *
 *         distance from the row before (of the first of a chunk 0);
 *         kept << 6 | new: functions of the row before, from the outermost on, that are the same; and those that are
 * not; of each new one, the outermost first: function, file (1 + id, or 0: that of the row before at this depth), line
 * (less that of the row before at this depth; zigzag)
 *
 * A chunk begins as if the row before it had no functions. None at all is code that no unit has.
 */
#include "debug/lines_write.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "debug/private.h"

enum { ROWS_A_CHUNK = 1024, NONE = UINT32_MAX, DEPTH_MAX = 62, TREE_DEPTH_MAX = 256, ROW_NR_MAX = 1 << 26 };

/** A function, or where one was inlined. */
struct node {
	uint32_t parent; /* NONE: it is called */
	uint32_t function, call_file, call_line;
};
KD_VECTOR(node_vector, struct node);

/** Addresses of code that are a node's, if none of a later one's. */
struct segment {
	kd_vaddr start, end;
	uint32_t node;
};
KD_VECTOR(segment_vector, struct segment);

struct row {
	kd_vaddr address;
	uint32_t node, file, line;
	uint32_t order; /* 0: the end of a unit's code, unless another begins there */
};
KD_VECTOR(row_vector, struct row);
KD_VECTOR(address_vector, kd_vaddr);

struct writer {
	struct kd_dwarf *dwarf;
	struct node_vector nodes;
	struct segment_vector segments; /* of the unit in hand, outer ones first */
	struct address_vector marks;	/* where something changes in it */
	struct row_vector rows;
	struct kd_string_table strings;
	struct kd_byte_vector index, stream;
	Dwarf_Files *files; /* of the unit in hand */
	size_t file_nr;
	bool ok; /* false: memory is exhausted, or no kernel is that large */
};

static void put(struct writer *writer, struct kd_byte_vector *bytes, const void *data, size_t len)
{
	writer->ok = writer->ok && kd_byte_vector_put(bytes, data, len);
}

static void put_number(struct writer *writer, uint64_t number)
{
	do {
		uint8_t byte = (number & 0x7f) | (number > 0x7f ? 0x80 : 0);
		put(writer, &writer->stream, &byte, 1);
		number >>= 7;
	} while (number);
}

static uint32_t string(struct writer *writer, const char *text)
{
	uint32_t offset;
	writer->ok = writer->ok && kd_string_table_add(&writer->strings, text, &offset);
	return writer->ok ? offset : 0;
}

static void add_node(struct writer *writer, Dwarf_Die *die, uint32_t parent, uint32_t *ret)
{
	uint64_t file, line;
	struct node node = { .parent = parent, .function = string(writer, dwarf_diename(die)) };
	if (parent != NONE) {
		if (kd_dwarf_number(die, DW_AT_call_file, &file) && file < writer->file_nr)
			node.call_file = string(writer, dwarf_filesrc(writer->files, file, NULL, NULL));
		if (kd_dwarf_number(die, DW_AT_call_line, &line))
			node.call_line = line;
	}
	*ret = writer->nodes.nr;
	writer->ok = writer->ok && writer->nodes.nr < ROW_NR_MAX && node_vector_append(&writer->nodes, node);
	Dwarf_Addr base, start, end;
	for (ptrdiff_t at = 0; writer->ok && (at = dwarf_ranges(die, at, &base, &start, &end)) > 0;)
		if (start && start < end)
			writer->ok = segment_vector_append(&writer->segments, (struct segment){ start, end, *ret }) &&
				     address_vector_append(&writer->marks, start) &&
				     address_vector_append(&writer->marks, end);
}

/** The functions below a DIE. @param parent the node that it is in; NONE: none. */
static void take_functions(struct writer *writer, Dwarf_Die *die, uint32_t parent, int depth)
{
	Dwarf_Die child;
	if (depth > TREE_DEPTH_MAX)
		return;
	for (int more = dwarf_child(die, &child); writer->ok && !more; more = dwarf_siblingof(&child, &child)) {
		uint32_t node = parent;
		switch (dwarf_tag(&child)) {
		case DW_TAG_subprogram:
			if (!dwarf_hasattr(&child, DW_AT_low_pc) && !dwarf_hasattr(&child, DW_AT_ranges))
				break;
			add_node(writer, &child, NONE, &node);
			take_functions(writer, &child, node, depth + 1);
			break;
		case DW_TAG_inlined_subroutine:
			if (parent == NONE)
				break;
			add_node(writer, &child, parent, &node);
			take_functions(writer, &child, node, depth + 1);
			break;
		case DW_TAG_lexical_block:
		case DW_TAG_namespace:
		case DW_TAG_structure_type:
		case DW_TAG_module:
			take_functions(writer, &child, parent, depth + 1);
			break;
		}
	}
}

static int by_number(const void *a, const void *b)
{
	kd_vaddr left = *(const kd_vaddr *)a, right = *(const kd_vaddr *)b;
	return (left > right) - (left < right);
}

static int by_start(const void *a, const void *b)
{
	const struct segment *left = a, *right = b;
	if (left->start != right->start)
		return left->start > right->start ? 1 : -1;
	return (left->node > right->node) - (left->node < right->node);
}

static int by_address(const void *a, const void *b)
{
	const struct row *left = a, *right = b;
	if (left->address != right->address)
		return left->address > right->address ? 1 : -1;
	return (left->order > right->order) - (left->order < right->order);
}

/** Goes through the code of a unit from mark to mark. */
struct sweep {
	Dwarf_Lines *lines;
	size_t line_nr, line; /* the first line behind the address */
	size_t segment;	      /* the first segment that begins behind it */
	size_t open[TREE_DEPTH_MAX];
	size_t open_nr; /* segments that it lies in */
};

static uint32_t node_at(struct writer *writer, struct sweep *sweep, kd_vaddr address)
{
	const struct segment *segments = writer->segments.data;
	size_t kept = 0;
	uint32_t node = NONE;
	for (; sweep->segment < writer->segments.nr && segments[sweep->segment].start <= address; sweep->segment++)
		if (sweep->open_nr < KD_ARRAY_NR(sweep->open))
			sweep->open[sweep->open_nr++] = sweep->segment;
	for (size_t i = 0; i < sweep->open_nr; i++) {
		const struct segment *segment = &segments[sweep->open[i]];
		if (segment->end <= address)
			continue;
		sweep->open[kept++] = sweep->open[i];
		if (node == NONE || segment->node > node)
			node = segment->node;
	}
	sweep->open_nr = kept;
	return node;
}

/** The line as dwarf_getsrc_die() finds it: the last at or below the address, unless that ends a sequence. */
static void line_at(struct writer *writer, struct sweep *sweep, kd_vaddr address, struct row *row)
{
	for (; sweep->line < sweep->line_nr; sweep->line++) {
		Dwarf_Addr at;
		Dwarf_Line *line = dwarf_onesrcline(sweep->lines, sweep->line);
		if (!line || dwarf_lineaddr(line, &at) || at > address)
			break;
	}
	Dwarf_Line *line = sweep->line ? dwarf_onesrcline(sweep->lines, sweep->line - 1) : NULL;
	bool end = true;
	int number;
	if (!line || dwarf_lineendsequence(line, &end) || end)
		return;
	row->file = string(writer, dwarf_linesrc(line, NULL, NULL));
	row->line = dwarf_lineno(line, &number) ? 0 : number;
}

static void add_row(struct writer *writer, struct row row)
{
	writer->ok = writer->ok && writer->rows.nr < ROW_NR_MAX && row_vector_append(&writer->rows, row);
}

static void take_unit(struct writer *writer, Dwarf_Die *unit, const struct kd_dwarf_range *ranges, size_t range_nr)
{
	struct sweep sweep = {};
	writer->segments.nr = writer->marks.nr = writer->file_nr = 0;
	if (dwarf_getsrcfiles(unit, &writer->files, &writer->file_nr))
		writer->file_nr = 0;
	if (dwarf_getsrclines(unit, &sweep.lines, &sweep.line_nr))
		sweep.line_nr = 0;
	take_functions(writer, unit, NONE, 0);
	for (size_t i = 0; writer->ok && i < sweep.line_nr; i++) {
		Dwarf_Addr at;
		if (!dwarf_lineaddr(dwarf_onesrcline(sweep.lines, i), &at))
			writer->ok = address_vector_append(&writer->marks, at);
	}
	for (size_t i = 0; writer->ok && i < range_nr; i++)
		writer->ok = address_vector_append(&writer->marks, ranges[i].start);
	if (!writer->ok)
		return;
	if (writer->marks.nr)
		qsort(writer->marks.data, writer->marks.nr, sizeof(*writer->marks.data), by_number);
	if (writer->segments.nr)
		qsort(writer->segments.data, writer->segments.nr, sizeof(*writer->segments.data), by_start);
	size_t range = 0;
	for (size_t i = 0; i < writer->marks.nr; i++) {
		kd_vaddr address = writer->marks.data[i];
		if (i && address == writer->marks.data[i - 1])
			continue;
		struct row row = { .address = address, .node = node_at(writer, &sweep, address), .order = 1 };
		line_at(writer, &sweep, address, &row);
		while (range < range_nr && ranges[range].end <= address)
			range++;
		if (range < range_nr && ranges[range].start <= address)
			add_row(writer, row);
	}
	for (size_t i = 0; i < range_nr; i++)
		add_row(writer, (struct row){ .address = ranges[i].end, .node = NONE });
}

/** A function of a row, as it is written. */
struct frame {
	uint32_t function, file, line;
};

static size_t frames_of(const struct writer *writer, const struct row *row, struct frame ret[DEPTH_MAX])
{
	struct frame inner[DEPTH_MAX];
	size_t nr = 0;
	uint32_t file = row->file, line = row->line;
	for (uint32_t node = row->node; node != NONE && nr < DEPTH_MAX; node = writer->nodes.data[node].parent) {
		const struct node *at = &writer->nodes.data[node];
		inner[nr++] = (struct frame){ at->function, file, line };
		file = at->call_file;
		line = at->call_line;
	}
	if (!nr && file)
		inner[nr++] = (struct frame){ 0, file, line };
	for (size_t i = 0; i < nr; i++)
		ret[i] = inner[nr - 1 - i];
	return nr;
}

static void write_rows(struct writer *writer)
{
	struct frame last[DEPTH_MAX] = {}, now[DEPTH_MAX];
	size_t last_nr = 0, written = 0;
	kd_vaddr last_address = 0;
	for (size_t i = 0; writer->ok && i < writer->rows.nr; i++) {
		const struct row *row = &writer->rows.data[i];
		if (i + 1 < writer->rows.nr && row[1].address == row->address)
			continue;
		size_t nr = frames_of(writer, row, now), kept = 0;
		if (written && nr == last_nr && !memcmp(now, last, nr * sizeof(*now)))
			continue;
		if (written++ % ROWS_A_CHUNK == 0) {
			const uint64_t entry[] = { htole64(row->address), htole64(writer->stream.nr) };
			put(writer, &writer->index, entry, sizeof(entry));
			memset(last, 0, sizeof(last));
			last_nr = 0;
			last_address = row->address;
		}
		while (kept < nr && kept < last_nr && !memcmp(&now[kept], &last[kept], sizeof(*now)))
			kept++;
		put_number(writer, row->address - last_address);
		put_number(writer, kept << 6 | (nr - kept));
		for (size_t depth = kept; depth < nr; depth++) {
			const struct frame *frame = &now[depth];
			struct frame before = depth < last_nr ? last[depth] : (struct frame){};
			int64_t lines = (int64_t)frame->line - before.line;
			put_number(writer, frame->function == before.function ? 0 : frame->function + 1ul);
			put_number(writer, frame->file == before.file ? 0 : frame->file + 1ul);
			put_number(writer, (uint64_t)lines << 1 ^ (uint64_t)(lines >> 63));
		}
		memcpy(last, now, sizeof(last));
		last_nr = nr;
		last_address = row->address;
	}
}

/** The ranges of each unit together, by address. */
static int by_unit(const void *a, const void *b)
{
	const struct kd_dwarf_range *left = a, *right = b;
	if (left->unit != right->unit)
		return left->unit > right->unit ? 1 : -1;
	return (left->start > right->start) - (left->start < right->start);
}

static struct kd_error *take_units(struct writer *writer)
{
	const struct kd_dwarf_range_vector *all;
	struct kd_error *err = kd_dwarf_ranges(writer->dwarf, &all);
	if (err)
		return err;
	KD_FREE struct kd_dwarf_range *ranges = malloc(all->nr * sizeof(*ranges) + 1);
	if (!ranges)
		return &kd_error_nomem;
	if (all->nr) {
		memcpy(ranges, all->data, all->nr * sizeof(*ranges));
		qsort(ranges, all->nr, sizeof(*ranges), by_unit);
	}
	for (size_t start = 0, end; writer->ok && start < all->nr; start = end) {
		Dwarf_Die unit;
		for (end = start; end < all->nr && ranges[end].unit == ranges[start].unit;)
			end++;
		if (dwarf_offdie(kd_dwarf_handle(writer->dwarf), ranges[start].unit, &unit))
			take_unit(writer, &unit, ranges + start, end - start);
	}
	return writer->ok ? NULL : &kd_error_nomem;
}

struct kd_error *kd_dwarf_line_tables(struct kd_dwarf *dwarf, struct kd_line_tables *ret)
{
	struct writer writer = { .dwarf = dwarf };
	writer.ok = kd_string_table_init(&writer.strings);
	struct kd_error *err = take_units(&writer);
	if (!err && writer.rows.nr) {
		qsort(writer.rows.data, writer.rows.nr, sizeof(*writer.rows.data), by_address);
		write_rows(&writer);
		err = writer.ok ? NULL : &kd_error_nomem;
	}
	node_vector_deinit(&writer.nodes);
	segment_vector_deinit(&writer.segments);
	address_vector_deinit(&writer.marks);
	row_vector_deinit(&writer.rows);
	kd_index_deinit(&writer.strings.by_hash);
	*ret = (struct kd_line_tables){ { writer.strings.bytes.data, writer.strings.bytes.nr },
					{ writer.index.data, writer.index.nr },
					{ writer.stream.data, writer.stream.nr } };
	if (err)
		kd_line_tables_deinit(ret);
	return err;
}

void kd_line_tables_deinit(struct kd_line_tables *tables)
{
	free(tables->strings.bytes);
	free(tables->index.bytes);
	free(tables->rows.bytes);
	*tables = (struct kd_line_tables){};
}
