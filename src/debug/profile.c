/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file, numbers little-endian:
 *
 *     char magic[8] "PYKDPROF"; u32 version 1; u32 section_nr; u32 order (1 little, 2 big: of the kernel);
 *     u32 header_crc (CRC-32 of all of the header and the table, with this word as 0);
 *     char machine[24], build_id[136], release[72];                                       256 bytes in all
 *     section_nr times { char name[16]; u64 offset, file_len, len; u32 block_len, table_crc; }
 *
 * A section begins with a table of u32, the bytes that each of its blocks has in the file, of which table_crc is the
 * CRC-32; the blocks follow, each a zlib stream (with a checksum of its own) of block_len bytes, the last of the rest.
 */
#include "debug/profile.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/cursor.h"
#include "dump/codecs.h"
#include "dump/file.h"

enum {
	HEADER_LEN = 256,
	CRC_OFFSET = 20,
	ENTRY_LEN = 48,
	SECTION_NR_MAX = 32,
	BLOCK_LEN_MIN = 4096,
	BLOCK_LEN_MAX = 1 << 20,
	LEN_MAX = 256 << 20, /* of a section; those of the largest kernels have some 20 MB */
	NAME_NR_MAX = 1 << 22,
};

struct section {
	char name[17];
	uint64_t offset, file_len;
	size_t len, block_len, block_nr;
	uint32_t table_crc;
	uint64_t *starts; /* [block_nr + 1], where each block is in the file; NULL: not read yet */
	uint8_t *bytes;	  /* [len] */
	bool *present;	  /* [block_nr] */
};

struct kd_profile {
	char *path;
	struct kd_file file;
	enum kd_order order;
	char machine[25], build_id[137];
	struct section sections[SECTION_NR_MAX];
	size_t section_nr;
};

struct kd_error *kd_profile_damaged(const struct kd_profile *profile, const char *what)
{
	return kd_error_create_file(KD_ERROR_FORMAT, profile->path, "%s: a damaged profile: %s", profile->path, what);
}

static struct kd_error *not_a_profile(const struct kd_profile *profile)
{
	return kd_error_create_file(KD_ERROR_FORMAT, profile->path, "%s is not a profile of a kernel", profile->path);
}

static struct kd_error *read_all(const struct kd_profile *profile, uint64_t offset, void *bytes, size_t len)
{
	size_t got;
	struct kd_error *err = kd_file_read(&profile->file, offset, bytes, len, &got);
	if (!err && got < len)
		err = kd_profile_damaged(profile, "the file is cut off");
	return err;
}

/** What a person is told: letters, digits and marks only. */
static bool take_text(struct kd_cursor *cursor, size_t len, char *ret)
{
	const uint8_t *bytes = kd_cursor_take(cursor, len);
	if (!bytes)
		return false;
	for (size_t i = 0; i < len && bytes[i]; i++)
		if (bytes[i] <= ' ' || bytes[i] >= 0x7f)
			return false;
	memcpy(ret, bytes, len);
	ret[len] = 0;
	return true;
}

static struct kd_error *read_section(struct kd_profile *profile, struct kd_cursor *cursor)
{
	struct section *section = &profile->sections[profile->section_nr];
	if (!take_text(cursor, 16, section->name))
		return kd_profile_damaged(profile, "a section has no name");
	section->offset = kd_cursor_u64(cursor);
	section->file_len = kd_cursor_u64(cursor);
	uint64_t len = kd_cursor_u64(cursor);
	section->block_len = kd_cursor_u32(cursor);
	section->table_crc = kd_cursor_u32(cursor);
	if (section->block_len < BLOCK_LEN_MIN || section->block_len > BLOCK_LEN_MAX || len > LEN_MAX ||
	    section->offset > profile->file.size || section->file_len > profile->file.size - section->offset)
		return kd_profile_damaged(profile, "a section lies outside of the file, or has an impossible size");
	section->len = len;
	section->block_nr = (section->len + section->block_len - 1) / section->block_len;
	if (section->block_nr * sizeof(uint32_t) > section->file_len)
		return kd_profile_damaged(profile, "a section has an impossible size");
	profile->section_nr++;
	return NULL;
}

static struct kd_error *read_header(struct kd_profile *profile)
{
	uint8_t header[HEADER_LEN + SECTION_NR_MAX * ENTRY_LEN];
	char release[73];
	size_t got;
	struct kd_error *err = kd_file_read(&profile->file, 0, header, HEADER_LEN, &got);
	if (err)
		return err;
	struct kd_cursor cursor = kd_cursor_init(header, sizeof(header), KD_LITTLE);
	const uint8_t *magic = kd_cursor_take(&cursor, 8);
	if (got < 8 || memcmp(magic, "PYKDPROF", 8))
		return not_a_profile(profile);
	uint32_t version = kd_cursor_u32(&cursor), nr = kd_cursor_u32(&cursor), order = kd_cursor_u32(&cursor),
		 crc = kd_cursor_u32(&cursor);
	if (got < HEADER_LEN)
		return kd_profile_damaged(profile, "the file is cut off");
	if (version != 1)
		return kd_error_create_file(KD_ERROR_UNSUPPORTED, profile->path,
					    "%s is a profile of version %u; this pykd reads version 1", profile->path,
					    version);
	if (nr > SECTION_NR_MAX || order < 1 || order > 2)
		return kd_profile_damaged(profile, "its header makes no sense");
	err = read_all(profile, HEADER_LEN, header + HEADER_LEN, nr * ENTRY_LEN);
	if (err)
		return err;
	memset(header + CRC_OFFSET, 0, sizeof(crc));
	if (crc32(crc32(0, NULL, 0), header, HEADER_LEN + nr * ENTRY_LEN) != crc)
		return kd_profile_damaged(profile, "the checksum of its header is wrong");
	profile->order = order == 2 ? KD_BIG : KD_LITTLE;
	if (!take_text(&cursor, 24, profile->machine) || !take_text(&cursor, 136, profile->build_id) ||
	    !take_text(&cursor, 72, release) || !*profile->build_id)
		return kd_profile_damaged(profile, "it does not say of which kernel it is");
	while (!err && profile->section_nr < nr)
		err = read_section(profile, &cursor);
	return err;
}

struct kd_error *kd_profile_open(const char *path, struct kd_profile **ret)
{
	struct kd_profile *profile = calloc(1, sizeof(*profile));
	if (!profile)
		return &kd_error_nomem;
	profile->file.fd = -1;
	profile->path = strdup(path);
	struct kd_error *err = profile->path ? kd_file_init(&profile->file, profile->path) : &kd_error_nomem;
	if (kd_error_catch(&err, KD_ERROR_FORMAT)) /* a folder, or empty */
		err = not_a_profile(profile);
	else if (!err)
		err = read_header(profile);
	if (err) {
		kd_profile_close(profile);
		return err;
	}
	*ret = profile;
	return NULL;
}

void kd_profile_close(struct kd_profile *profile)
{
	if (!profile)
		return;
	for (size_t i = 0; i < profile->section_nr; i++) {
		free(profile->sections[i].starts);
		free(profile->sections[i].bytes);
		free(profile->sections[i].present);
	}
	if (profile->file.fd >= 0)
		kd_file_deinit(&profile->file);
	free(profile->path);
	free(profile);
}

const char *kd_profile_path(const struct kd_profile *profile)
{
	return profile->path;
}

const char *kd_profile_build_id(const struct kd_profile *profile)
{
	return profile->build_id;
}

const char *kd_profile_machine(const struct kd_profile *profile)
{
	return profile->machine;
}

enum kd_order kd_profile_order(const struct kd_profile *profile)
{
	return profile->order;
}

static struct section *find_section(const struct kd_profile *profile, const char *name)
{
	for (size_t i = 0; i < profile->section_nr; i++)
		if (!strcmp(profile->sections[i].name, name))
			return (struct section *)&profile->sections[i];
	return NULL;
}

size_t kd_profile_len(const struct kd_profile *profile, const char *name)
{
	const struct section *section = find_section(profile, name);
	return section ? section->len : 0;
}

/** Where the blocks are. */
static struct kd_error *read_table(struct kd_profile *profile, struct section *section)
{
	size_t table_len = section->block_nr * sizeof(uint32_t);
	KD_FREE uint8_t *table = malloc(table_len + 1);
	KD_FREE uint64_t *starts = calloc(section->block_nr + 1, sizeof(*starts));
	if (!table || !starts)
		return &kd_error_nomem;
	struct kd_error *err = read_all(profile, section->offset, table, table_len);
	if (err)
		return err;
	if (crc32(crc32(0, NULL, 0), table, table_len) != section->table_crc)
		return kd_profile_damaged(profile, "the checksum of a section's blocks is wrong");
	starts[0] = section->offset + table_len;
	for (size_t i = 0; i < section->block_nr; i++) {
		uint32_t len = kd_load_u32(KD_LITTLE, table + i * sizeof(len));
		starts[i + 1] = starts[i] + len;
		if (starts[i + 1] > section->offset + section->file_len || len > 2 * BLOCK_LEN_MAX)
			return kd_profile_damaged(profile, "a block lies outside of its section");
	}
	/* Virtual size only: of memory the blocks take that are asked for. */
	section->bytes = calloc(1, section->len + 1);
	section->present = calloc(section->block_nr + 1, sizeof(*section->present));
	if (!section->bytes || !section->present) {
		free(kd_move_ptr(section->bytes));
		free(kd_move_ptr(section->present));
		return &kd_error_nomem;
	}
	section->starts = kd_move_ptr(starts);
	return NULL;
}

static struct kd_error *read_block(struct kd_profile *profile, struct section *section, size_t block)
{
	size_t packed_len = section->starts[block + 1] - section->starts[block];
	size_t start = block * section->block_len, len = kd_min(section->block_len, section->len - start);
	KD_FREE uint8_t *packed = malloc(packed_len + 1);
	if (!packed)
		return &kd_error_nomem;
	struct kd_error *err = read_all(profile, section->starts[block], packed, packed_len);
	if (err)
		return err;
	z_stream stream = {
		.next_in = packed, .avail_in = packed_len, .next_out = section->bytes + start, .avail_out = len
	};
	if (kd_codec_inflateInit(&stream, ZLIB_VERSION, sizeof(stream)) != Z_OK ||
	    kd_codec_inflate(&stream, Z_FINISH) != Z_STREAM_END || stream.total_out != len)
		return kd_profile_damaged(profile, "a block does not decompress");
	section->present[block] = true;
	return NULL;
}

struct kd_error *kd_profile_bytes(struct kd_profile *profile, const char *name, size_t offset, size_t len,
				  const uint8_t **ret)
{
	struct section *section = find_section(profile, name);
	if (!section || offset > section->len || len > section->len - offset)
		return kd_profile_damaged(profile, "what it refers to is not in it");
	struct kd_error *err = section->starts ? NULL : read_table(profile, section);
	for (size_t block = offset / section->block_len;
	     !err && len && block <= (offset + len - 1) / section->block_len; block++)
		if (!section->present[block])
			err = read_block(profile, section, block);
	if (!err)
		*ret = section->bytes + offset;
	return err;
}

/** names: u32 nr; nr addresses, each as the distance from the one before; nr types; nr names with a NUL. */
struct kd_error *kd_profile_symbols(struct kd_profile *profile, struct kd_debug_symbol **ret, size_t *ret_nr)
{
	size_t len = kd_profile_len(profile, "names");
	const uint8_t *bytes;
	if (!len)
		return kd_error_create_file(KD_ERROR_LOOKUP, profile->path, "%s has no symbols", profile->path);
	struct kd_error *err = kd_profile_bytes(profile, "names", 0, len, &bytes);
	if (err)
		return err;
	struct kd_cursor cursor = kd_cursor_init(bytes, len, KD_LITTLE);
	size_t nr = kd_cursor_u32(&cursor);
	if (!nr || nr > NAME_NR_MAX || nr > len)
		return kd_profile_damaged(profile, "an impossible number of symbols");
	KD_FREE struct kd_debug_symbol *symbols = calloc(nr, sizeof(*symbols));
	if (!symbols)
		return &kd_error_nomem;
	kd_vaddr address = 0;
	for (size_t i = 0; i < nr; i++)
		symbols[i].address = address += kd_cursor_leb128(&cursor);
	for (size_t i = 0; i < nr; i++) {
		symbols[i].type = kd_cursor_u8(&cursor) & 0x7f;
		symbols[i].fixed = symbols[i].type == 'a' || symbols[i].type == 'A';
	}
	for (size_t i = 0; i < nr; i++) {
		const uint8_t *end = memchr(cursor.position, 0, kd_cursor_left(&cursor));
		if (!end)
			return kd_profile_damaged(profile, "its symbols are cut off");
		symbols[i].name = (const char *)cursor.position;
		cursor.position = end + 1;
	}
	*ret = kd_move_ptr(symbols);
	*ret_nr = nr;
	return NULL;
}
