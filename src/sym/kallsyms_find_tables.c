/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where vmcoreinfo does not say where the kallsyms tables are (before Linux 6.0, or there is no vmcoreinfo), they are
 * searched for. This is a heuristic; its guards are the checks here of every table against the others, and that of
 * _stext in kallsyms.c.
 *
 * The token table cannot be mistaken: the ten digits are tokens of their own and stand in order, each with its NUL. It
 * is small, though, and reading all of the kernel's read-only data (8 MB, compressed) to find it takes long. The table
 * of offsets is 100 pages or more and ascends: one page in 64 finds it, and the token table is either right before it
 * (since 6.4) or after the names that follow it. Only when that fails everything is read.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/vector.h"
#include "sym/kallsyms_tables.h"
#include "sym/kallsyms_tokens.h"

#define PAGE KD_PAGE_LEN_MIN
#define SCAN_MAX (256u << 20) /* bytes of one mapped range that are looked at; kernels have 10 to 30 MB */

struct range {
	kd_vaddr start, end;
	unsigned int flags;
};
KD_VECTOR(range_vector, struct range);

static struct kd_error *collect_range(void *context, kd_vaddr start, kd_vaddr end, unsigned int flags)
{
	if (end - start > SCAN_MAX)
		end = start + SCAN_MAX;
	return range_vector_append(context, (struct range){ start, end, flags }) ? NULL : &kd_error_nomem;
}

/** Whether all of it could be read. What cannot be read is not what is searched for. */
static bool read_whole(struct kd_memory *memory, kd_vaddr address, void *buffer, size_t len)
{
	KD_DROP_ERROR struct kd_error *err = kd_memory_read(memory, address, buffer, len);
	return !err;
}

static uint64_t round_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) & -align;
}

static bool read_numbers(struct kd_memory *memory, kd_vaddr address, void *ret, size_t size, size_t nr)
{
	KD_DROP_ERROR struct kd_error *err = kd_memory_read_array(memory, address, ret, size, nr);
	return !err;
}

/* ---- from the token table to the others ---- */

static const char digits[] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009";

/** The first place in [start, end) where the digits stand; false if none. */
static bool find_digits(struct kd_memory *memory, kd_vaddr start, kd_vaddr end, kd_vaddr *ret)
{
	/* A page, and before it the end of the page before it. */
	uint8_t window[sizeof(digits) + PAGE];
	uint8_t *const page = window + sizeof(digits);
	memset(window, 0xff, sizeof(window));
	while (start < end) {
		size_t len = kd_min(PAGE - start % PAGE, end - start);
		if (read_whole(memory, start, page, len)) {
			const uint8_t *hit = memmem(window, sizeof(digits) + len, digits, sizeof(digits));
			if (hit) {
				*ret = start + (hit - page);
				return true;
			}
			memmove(window, page + len - sizeof(digits), sizeof(digits));
		} else {
			memset(window, 0xff, sizeof(digits));
		}
		start += len;
	}
	return false;
}

/** The token table and its index, given where the token "0" stands. */
static bool tokens_around(struct kd_memory *memory, kd_vaddr zero, struct kd_kallsyms_tables *tables)
{
	char text[(KD_KALLSYMS_TOKEN_NR - '0') * 32];
	size_t len, position = 0;
	struct kd_error *why = NULL;
	KD_DROP_ERROR struct kd_error *err = kd_memory_read_upto(memory, zero, text, sizeof(text), &len, &why);
	kd_error_destroy(why);
	if (err)
		return false;
	for (int token = '0'; token < KD_KALLSYMS_TOKEN_NR; token++) {
		const char *nul = memchr(text + position, 0, len - position);
		if (!nul)
			return false;
		position = nul + 1 - text;
	}
	for (uint64_t align = 8; align >= 4; align /= 2) {
		kd_vaddr index = round_up(zero + position, align);
		uint16_t offset;
		if (!read_numbers(memory, index + '0' * sizeof(offset), &offset, sizeof(offset), 1))
			continue;
		struct kd_kallsyms_tokens tokens = {};
		KD_DROP_ERROR struct kd_error *bad = kd_kallsyms_tokens_init(&tokens, memory, zero - offset, index);
		kd_kallsyms_tokens_deinit(&tokens);
		if (!bad) {
			tables->token_table = zero - offset;
			tables->token_index = index;
			return true;
		}
	}
	return false;
}

/** Whether these bytes are 256 names. */
static bool is_block(const uint8_t *bytes, size_t block_len)
{
	size_t offset = 0;
	for (int n = 0; n < 256; n++) {
		if (offset >= block_len || !bytes[offset])
			return false;
		size_t len = bytes[offset++];
		if (len & 0x80) {
			if (offset >= block_len)
				return false;
			len = (len & 0x7f) | (size_t)bytes[offset++] << 7;
		}
		offset += len;
	}
	return offset == block_len;
}

/** Whether the first block that can be read has 256 names between its marker and the next. */
static bool blocks_fit(struct kd_memory *memory, kd_vaddr names, const uint32_t *markers, uint32_t marker_nr)
{
	for (uint32_t i = 0; i + 1 < marker_nr; i++) {
		size_t len = markers[i + 1] - markers[i];
		KD_FREE uint8_t *bytes = malloc(len);
		if (!bytes)
			return false;
		if (read_whole(memory, names + markers[i], bytes, len))
			return is_block(bytes, len);
	}
	return false;
}

/** Markers are known: the names end there and begin after their number, num_syms. @param[out] ret its address. */
static bool names_before(struct kd_memory *memory, kd_vaddr markers, const uint32_t *values, uint32_t value_nr,
			 bool wide, struct kd_kallsyms_tables *tables, kd_vaddr *ret)
{
	uint8_t window[256 * 64]; /* names after the last marker: at most 256, on average 10 to 15 bytes long */
	kd_vaddr high = (markers - values[value_nr - 1]) & -4ull;
	/* What cannot be read may lie before the names, and is no number of symbols. */
	memset(window, 0, sizeof(window));
	for (size_t at = 0, len; at < sizeof(window); at += len) {
		kd_vaddr address = high - sizeof(window) + at;
		len = kd_min(PAGE - address % PAGE, sizeof(window) - at);
		if (!read_whole(memory, address, window + at, len))
			memset(window + at, 0, len);
	}
	for (size_t i = sizeof(window); i >= 8; i -= 4) {
		for (uint64_t align = 8; align >= 4; align /= 2) {
			const enum kd_order order = kd_memory_order(memory);
			const bool padded = align == 8 && !wide;
			uint32_t nr = kd_kallsyms_marker(order, window + i - align, wide && align == 8);
			uint32_t padding = padded ? kd_load_u32(order, window + i - 4) : 0;
			kd_vaddr names = high - sizeof(window) + i;
			if ((wide && align == 4) || padding || names % align || !nr || nr > KD_KALLSYMS_NR_MAX ||
			    kd_kallsyms_block_nr(nr) != value_nr || !blocks_fit(memory, names, values, value_nr))
				continue;
			tables->nr = nr;
			tables->names = names;
			tables->markers = markers;
			tables->wide = wide;
			*ret = names - align;
			return true;
		}
	}
	return false;
}

enum { MARKER_MIN_NR = 4, MARKER_MAX_NR = 2 * PAGE / 4, MARKER_WINDOW = 3 * PAGE };

/** Markers that begin on the first page of the window. They begin with 0 and ascend by the length of 256 names each. */
static bool markers_in(struct kd_memory *memory, kd_vaddr page, const uint8_t *window, size_t len, bool wide,
		       struct kd_kallsyms_tables *tables, kd_vaddr *ret_num_syms)
{
	uint32_t values[MARKER_WINDOW / 4];
	size_t size = wide ? 8 : 4, nr = len / size;
	for (size_t i = 0; i < nr; i++)
		values[i] = kd_kallsyms_marker(kd_memory_order(memory), window + i * size, wide);
	for (size_t first = 0; first < kd_min(nr, PAGE / size); first++) {
		size_t end = first + 1;
		if (values[first])
			continue;
		while (end < nr && end - first < MARKER_MAX_NR && values[end] > values[end - 1] &&
		       values[end] - values[end - 1] >= 512 && values[end] - values[end - 1] < 1u << 16)
			end++;
		if (end - first >= MARKER_MIN_NR &&
		    names_before(memory, page + size * first, values + first, end - first, wide, tables, ret_num_syms))
			return true;
	}
	return false;
}

/** The markers lie before the token table, with up to 3 bytes a symbol in between. */
static bool markers_before(struct kd_memory *memory, struct kd_kallsyms_tables *tables, kd_vaddr *ret_num_syms)
{
	KD_FREE uint8_t *window = malloc(MARKER_WINDOW);
	if (!window)
		return false;
	kd_vaddr page = tables->token_table & -(kd_vaddr)PAGE, stop = page - kd_min(page, 3ull * KD_KALLSYMS_NR_MAX);
	for (; page > stop; page -= PAGE) {
		/* What follows the page may belong to the markers; unreadable, it ends them. */
		size_t len;
		struct kd_error *why = NULL;
		KD_DROP_ERROR struct kd_error *err =
			kd_memory_read_upto(memory, page, window, MARKER_WINDOW, &len, &why);
		kd_error_destroy(why);
		if (err)
			return false;
		len = kd_min(len, tables->token_table - page);
		for (int wide = 0; wide < 2; wide++)
			if (markers_in(memory, page, window, len, wide, tables, ret_num_syms))
				return true;
	}
	return false;
}

/** Whether these are the symbols' addresses: they ascend, lie inside the kernel image and have the tables among them.
 */
static bool offsets_fit(struct kd_memory *memory, const struct kd_kallsyms_tables *tables)
{
	enum { SAMPLE_NR = 16 };
	const struct kd_layout *layout = kd_memory_layout(memory);
	kd_vaddr first = 0, previous = 0;
	for (uint32_t i = 0; i <= SAMPLE_NR; i++) {
		uint32_t n = (uint64_t)(tables->nr - 1) * i / SAMPLE_NR;
		int64_t entry = 0;
		int32_t narrow;
		if (tables->encoding == KD_KALLSYMS_ABSOLUTE) {
			if (!read_numbers(memory, tables->offsets + 8ull * n, &entry, sizeof(entry), 1))
				continue;
		} else {
			if (!read_numbers(memory, tables->offsets + 4ull * n, &narrow, sizeof(narrow), 1))
				continue;
			entry = narrow;
		}
		kd_vaddr address = kd_kallsyms_entry_address(tables, n, entry);
		if (address < previous)
			return false;
		previous = address;
		if (!first && address >= layout->image_start)
			first = address;
	}
	return first && first < tables->token_table && tables->token_table < previous && previous < layout->image_end;
}

static bool offsets_near(struct kd_memory *memory, struct kd_kallsyms_tables *tables, kd_vaddr num_syms)
{
	kd_vaddr after = round_up(tables->token_index + 2 * KD_KALLSYMS_TOKEN_NR, tables->names - num_syms);
	uint64_t len = round_up(4ull * tables->nr, 8);
	struct {
		kd_vaddr offsets, base;
		enum kd_kallsyms_encoding encoding;
	} candidates[] = {
		{ after, round_up(after + 4ull * tables->nr, 8), KD_KALLSYMS_ABSOLUTE_PERCPU },
		{ after, round_up(after + 4ull * tables->nr, 8), KD_KALLSYMS_RELATIVE },
		{ after, 0, KD_KALLSYMS_PLACE_RELATIVE },
		{ after, 0, KD_KALLSYMS_ABSOLUTE },
		{ num_syms - 8 - len, num_syms - 8, KD_KALLSYMS_ABSOLUTE_PERCPU },
		{ num_syms - 8 - len, num_syms - 8, KD_KALLSYMS_RELATIVE },
		{ num_syms - 8ull * tables->nr, 0, KD_KALLSYMS_ABSOLUTE },
	};
	for (size_t i = 0; i < KD_ARRAY_NR(candidates); i++) {
		tables->offsets = candidates[i].offsets;
		tables->encoding = candidates[i].encoding;
		tables->base = 0;
		if (candidates[i].base &&
		    !read_numbers(memory, candidates[i].base, &tables->base, sizeof(tables->base), 1))
			continue;
		if (offsets_fit(memory, tables))
			return true;
	}
	return false;
}

/** Look for the token table in [start, end) and, given it, for all others around it. */
static bool tables_in(struct kd_memory *memory, kd_vaddr start, kd_vaddr end, struct kd_kallsyms_tables *ret)
{
	kd_vaddr zero, num_syms;
	for (; find_digits(memory, start, end, &zero); start = zero + 1) {
		struct kd_kallsyms_tables tables = {};
		if (!tokens_around(memory, zero, &tables) || !markers_before(memory, &tables, &num_syms) ||
		    !offsets_near(memory, &tables, num_syms))
			continue;
		kd_kallsyms_tables_find_neighbours(memory, &tables);
		*ret = tables;
		return true;
	}
	return false;
}

/* ---- by way of the table of offsets ---- */

/** How the entries of a page of kallsyms_offsets run; see enum kd_kallsyms_encoding. */
enum run {
	RUN_NONE,
	RUN_DESCENDING,	   /* absolute per-CPU */
	RUN_ASCENDING,	   /* relative */
	RUN_PLACE_RELATIVE /* only with the place added; .orc_unwind_ip looks the same */
};

static enum run run_at(struct kd_memory *memory, kd_vaddr page)
{
	enum { NR = PAGE / 4, SPAN_MAX = 64 << 20 };
	int32_t entries[NR];
	if (!read_numbers(memory, page, entries, sizeof(*entries), NR))
		return RUN_NONE;
	bool descending = true, ascending = true, place = true;
	unsigned int changes = 0;
	for (size_t i = 1; i < NR; i++) {
		int64_t step = (int64_t)entries[i] - entries[i - 1];
		descending &= step <= 0;
		ascending &= step >= 0;
		place &= step >= -4;
		changes += step != 0;
	}
	int64_t span = (int64_t)entries[NR - 1] - entries[0];
	if (changes < NR / 4 || span > SPAN_MAX || span < -SPAN_MAX)
		return RUN_NONE;
	return descending ? RUN_DESCENDING : ascending ? RUN_ASCENDING : place ? RUN_PLACE_RELATIVE : RUN_NONE;
}

/** The last page of the run that `page` is on, going by step (PAGE or -PAGE), found by doubling and halving. */
static kd_vaddr run_end(struct kd_memory *memory, const struct range *range, kd_vaddr page, enum run run, int64_t step)
{
	/* In a place-relative table some pages have no two symbols at one address, so they merely ascend. */
	bool place = run == RUN_PLACE_RELATIVE;
	int64_t good = 0, bad = 1;
	for (;; bad *= 2) {
		kd_vaddr at = page + bad * step;
		if (at < range->start || at + PAGE > range->end)
			break;
		enum run other = run_at(memory, at);
		if (other != run && !(place && other == RUN_ASCENDING))
			break;
		good = bad;
	}
	while (bad - good > 1) {
		int64_t middle = good + (bad - good) / 2;
		kd_vaddr at = page + middle * step;
		enum run other = RUN_NONE;
		if (at >= range->start && at + PAGE <= range->end)
			other = run_at(memory, at);
		if (other == run || (place && other == RUN_ASCENDING))
			good = middle;
		else
			bad = middle;
	}
	return page + good * step;
}

static bool search_range(struct kd_memory *memory, const struct range *range, unsigned int stride,
			 struct kd_kallsyms_tables *ret)
{
	for (kd_vaddr page = round_up(range->start, PAGE) + stride / 2 * PAGE; page + PAGE <= range->end;
	     page += stride * PAGE) {
		enum run run = run_at(memory, page);
		if (run == RUN_NONE)
			continue;
		kd_vaddr first = run_end(memory, range, page, run, -(int64_t)PAGE);
		kd_vaddr last = run_end(memory, range, page, run, PAGE);
		/* The run begins on the page before its first whole page, the token table up to a page before that. */
		if (tables_in(memory, kd_max(range->start, first - 3 * PAGE), first + PAGE, ret))
			return true;
		/* While it was first, it was never place-relative. */
		if (run != RUN_PLACE_RELATIVE && tables_in(memory, last, range->end, ret))
			return true;
		page = last;
	}
	return false;
}

struct kd_error *kd_kallsyms_tables_search(struct kd_memory *memory, struct kd_kallsyms_tables *ret)
{
	const struct kd_layout *layout = kd_memory_layout(memory);
	struct range_vector ranges = {};
	struct kd_error *err = kd_memory_ranges(memory, layout->image_start, layout->image_end, collect_range, &ranges);
	bool found = false;
	for (unsigned int stride = 64; !err && !found && stride >= 16; stride /= 4)
		for (size_t i = 0; !found && i < ranges.nr; i++)
			found = !ranges.data[i].flags && search_range(memory, &ranges.data[i], stride, ret);
	/* Everything: first what is read-only, then the rest (a kernel with rodata=off, or one that crashed early). */
	for (int rest = 0; !err && !found && rest < 2; rest++)
		for (size_t i = 0; !found && i < ranges.nr; i++)
			found = !ranges.data[i].flags == !rest &&
				tables_in(memory, ranges.data[i].start, ranges.data[i].end, ret);
	range_vector_deinit(&ranges);
	if (!err && !found)
		err = kd_error_create(KD_ERROR_LOOKUP, "no kallsyms tables in the kernel's read-only data");
	return err;
}
