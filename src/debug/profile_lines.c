/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source lines out of a profile; lines_write.c shows the tables. */
#include <string.h>

#include "base/cursor.h"
#include "debug/lines.h"
#include "debug/profile.h"

enum { ENTRY_LEN = 16, DEPTH_MAX = 63, ROW_NR_MAX = 1 << 16, NAME_LEN_MAX = 4096 };

struct frame {
	uint64_t function, file;
	int64_t line;
};

struct rows {
	struct kd_cursor cursor;
	kd_vaddr address;
	struct frame frames[DEPTH_MAX];
	size_t nr;
};

static struct kd_error *index_entry(struct kd_profile *profile, size_t n, uint64_t ret[2])
{
	const uint8_t *bytes;
	struct kd_error *err = kd_profile_bytes(profile, "line_index", n * ENTRY_LEN, ENTRY_LEN, &bytes);
	for (int i = 0; !err && i < 2; i++)
		ret[i] = kd_load_u64(KD_LITTLE, bytes + 8 * i);
	return err;
}

/** The chunk that has the address; false in *ret_found: it lies before all. */
static struct kd_error *find_chunk(struct kd_profile *profile, kd_vaddr address, struct rows *ret, bool *ret_found)
{
	size_t nr = kd_profile_len(profile, "line_index") / ENTRY_LEN, len = kd_profile_len(profile, "line_rows");
	size_t low = 0, high = nr;
	uint64_t entry[2] = {}, next[2] = { 0, len };
	struct kd_error *err = NULL;
	while (!err && low < high) {
		size_t middle = low + (high - low) / 2;
		err = index_entry(profile, middle, entry);
		if (entry[0] <= address)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_found = low;
	if (err || !low)
		return err;
	const uint8_t *bytes;
	err = index_entry(profile, low - 1, entry);
	if (!err && low < nr)
		err = index_entry(profile, low, next);
	if (!err && (entry[1] > next[1] || next[1] > len))
		err = kd_profile_damaged(profile, "its lines lie outside of their table");
	if (!err)
		err = kd_profile_bytes(profile, "line_rows", entry[1], next[1] - entry[1], &bytes);
	if (!err)
		*ret = (struct rows){ .cursor = kd_cursor_init(bytes, next[1] - entry[1], KD_LITTLE),
				      .address = entry[0] };
	return err;
}

/** The next row; false: there is none, or it is damaged. */
static bool next_row(struct rows *rows)
{
	struct kd_cursor *cursor = &rows->cursor;
	if (!kd_cursor_left(cursor))
		return false;
	rows->address += kd_cursor_leb128(cursor);
	uint64_t head = kd_cursor_leb128(cursor);
	size_t kept = head >> 6, nr = kept + (head & 63);
	if (kept > rows->nr || nr > DEPTH_MAX)
		return false;
	for (size_t depth = kept; depth < nr; depth++) {
		struct frame *frame = &rows->frames[depth];
		if (depth >= rows->nr)
			*frame = (struct frame){};
		uint64_t function = kd_cursor_leb128(cursor), file = kd_cursor_leb128(cursor),
			 lines = kd_cursor_leb128(cursor);
		frame->function = function ? function - 1 : frame->function;
		frame->file = file ? file - 1 : frame->file;
		frame->line = (uint64_t)frame->line + (lines >> 1 ^ -(lines & 1));
	}
	rows->nr = nr;
	return !cursor->overrun;
}

static struct kd_error *string(struct kd_profile *profile, uint64_t id, const char **ret)
{
	const uint8_t *bytes;
	size_t len = kd_profile_len(profile, "line_strings");
	*ret = NULL;
	if (!id)
		return NULL;
	if (id >= len)
		return kd_profile_damaged(profile, "the name of a line lies outside of its names");
	len = kd_min(len - id, NAME_LEN_MAX);
	struct kd_error *err = kd_profile_bytes(profile, "line_strings", id, len, &bytes);
	if (!err && !memchr(bytes, 0, len))
		err = kd_profile_damaged(profile, "the name of a line has no end");
	if (!err)
		*ret = (const char *)bytes;
	return err;
}

struct kd_error *kd_profile_source(struct kd_profile *profile, kd_vaddr address, struct kd_source_vector *ret)
{
	struct rows rows, found = {};
	struct kd_source_vector frames = {};
	bool any;
	*ret = frames;
	struct kd_error *err = find_chunk(profile, address, &rows, &any);
	if (err || !any)
		return err;
	for (size_t nr = 0; nr < ROW_NR_MAX && next_row(&rows) && rows.address <= address; nr++)
		found = rows;
	for (size_t i = found.nr; !err && i-- > 0;) {
		const struct frame *at = &found.frames[i];
		struct kd_source_frame frame = { .line = at->line, .inlined = i > 0 };
		err = string(profile, at->function, &frame.function);
		if (!err)
			err = string(profile, at->file, &frame.file);
		if (!err && !kd_source_vector_append(&frames, frame))
			err = &kd_error_nomem;
	}
	if (err) {
		kd_source_vector_deinit(&frames);
		return err;
	}
	*ret = frames;
	return NULL;
}
