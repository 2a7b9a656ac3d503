/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/images/qemu.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dump/images/qemu_board.h"
#include "dump/images/qemu_cpu.h"
#include "dump/images/stream.h"

/*
 * A migration stream (QEMU docs/devel/migration, migration/savevm.c, ram.c), numbers big-endian: "QEVM", the version 3,
 * then sections. The first is the configuration, with the machine's name. Memory is a section that begins, goes on as
 * often as the guest changes pages, and ends; then comes a section for each device, which has a length only in the
 * description of all sections, JSON, at the very end.
 *
 * Of memory there are words whose upper bits are the offset in a block, and the lower ones flags; the name of the block
 * follows unless the page before was of the same one, then the page. What comes later counts.
 */
enum {
	SECTION_END_OF_FILE = 0,
	SECTION_START = 1,
	SECTION_PART = 2,
	SECTION_END = 3,
	SECTION_CONFIGURATION = 7,
	SECTION_COMMAND = 8,
};
enum {
	RAM_FILLED = 0x02,
	RAM_SIZES = 0x04,
	RAM_PAGE = 0x08,
	RAM_END = 0x10,
	RAM_SAME_BLOCK = 0x20,
	RAM_XBZRLE = 0x40,
	RAM_COMPRESSED = 0x100,
	RAM_FLUSH = 0x200,
};
#define PAGE_BITS 12
#define PAGE_LEN (1u << PAGE_BITS)
#define HEADER_LEN 8 /* before a page of the same block */
#define RAM_VERSION 4
#define BLOCKS_MAX 4096
#define PACKED_LEN_MAX (2 * PAGE_LEN)
#define SKIPPED_LEN_MAX (64u << 20)

struct reader {
	struct kd_image *image;
	struct kd_stream stream;
	uint16_t file;
	char machine[KD_QEMU_NAME_LEN];
	struct kd_qemu_block *blocks;
	size_t block_nr;
	struct kd_qemu_board board;
	const struct kd_qemu_block *block; /* of the last page */
	uint32_t ram_section;
	bool ram_known, ram_ended;
	bool damaged; /* or cut: nothing of the rest is known */
};

static struct kd_error *refuse(struct reader *reader, const char *why, const char *advice)
{
	const char *path = reader->stream.file->path;
	return kd_error_create_file(KD_ERROR_UNSUPPORTED, path,
				    "%s is a QEMU migration stream %s, which pykd does not read; %s", path, why,
				    advice);
}

static uint32_t take_u32(struct reader *reader)
{
	return kd_stream_u32(&reader->stream, KD_BIG);
}

static uint64_t take_u64(struct reader *reader)
{
	return kd_stream_u64(&reader->stream, KD_BIG);
}

/** A text with its length before it. */
static void take_name(struct reader *reader, char name[KD_QEMU_NAME_LEN])
{
	const size_t len = kd_stream_u8(&reader->stream);
	const uint8_t *bytes = kd_stream_take(&reader->stream, len);
	if (bytes)
		memcpy(name, bytes, len);
	name[bytes ? len : 0] = 0;
}

static struct kd_error *read_configuration(struct reader *reader)
{
	char name[KD_QEMU_NAME_LEN];
	const uint32_t len = take_u32(reader);
	const uint8_t *bytes = len < sizeof(reader->machine) ? kd_stream_take(&reader->stream, len) : NULL;
	if (!bytes) {
		reader->damaged = true;
		return NULL;
	}
	memcpy(reader->machine, bytes, len);
	for (const uint8_t *next; (next = kd_stream_take(&reader->stream, 1)) && *next == KD_QEMU_SUBSECTION;) {
		take_name(reader, name);
		take_u32(reader); /* its version */
		if (!strcmp(name, "configuration/target-page-bits")) {
			if (take_u32(reader) != PAGE_BITS)
				return refuse(reader, "with pages that are not of 4 KiB", "use dump-guest-memory");
		} else if (!strcmp(name, "configuration/uuid")) {
			kd_stream_skip(&reader->stream, 16);
		} else if (!strcmp(name, "configuration/capabilities")) {
			for (uint32_t nr = take_u32(reader); nr && !reader->stream.ended; nr--) {
				take_name(reader, name);
				if (!strcmp(name, "mapped-ram"))
					return refuse(reader, "with mapped-ram", "migrate without that capability");
			}
		} else {
			reader->damaged = true;
			return NULL;
		}
	}
	/* The byte belongs to the next section. */
	if (!reader->stream.ended)
		reader->stream.position--;
	return NULL;
}

static struct kd_error *read_sizes(struct reader *reader, uint64_t total)
{
	reader->damaged = reader->blocks != NULL;
	if (reader->damaged)
		return NULL;
	reader->blocks = calloc(BLOCKS_MAX, sizeof(*reader->blocks));
	if (!reader->blocks)
		return &kd_error_nomem;
	while (total && !reader->stream.ended && reader->block_nr < BLOCKS_MAX) {
		struct kd_qemu_block *block = &reader->blocks[reader->block_nr++];
		take_name(reader, block->name);
		block->len = take_u64(reader);
		if (block->len > total || block->len % PAGE_LEN) {
			reader->damaged = true;
			return NULL;
		}
		total -= block->len;
	}
	reader->damaged |= reader->stream.ended || total;
	if (reader->damaged || kd_qemu_find_memory(reader->machine, reader->blocks, reader->block_nr, &reader->board))
		return NULL;
	return refuse(reader, *reader->machine ? "of a machine of another kind" : "that does not name its machine",
		      "dump again with dump-guest-memory");
}

static void find_block(struct reader *reader)
{
	char name[KD_QEMU_NAME_LEN];
	take_name(reader, name);
	reader->block = NULL;
	for (size_t i = 0; i < reader->block_nr; i++)
		if (!strcmp(reader->blocks[i].name, name))
			reader->block = &reader->blocks[i];
}

static struct kd_error *add_page(struct reader *reader, uint64_t offset, struct kd_extent page)
{
	if (!reader->block->mapped || offset >= reader->block->len)
		return NULL;
	page.start = page.base = kd_qemu_address(&reader->board, reader->block, offset);
	page.end = page.start + PAGE_LEN;
	page.file = reader->file;
	return kd_extents_add(&reader->image->extents, page);
}

/** A page that follows its word. */
static struct kd_error *read_page(struct reader *reader, uint64_t offset, uint64_t flags)
{
	struct kd_stream *stream = &reader->stream;
	if (!(flags & RAM_SAME_BLOCK))
		find_block(reader);
	if (!reader->block || stream->ended) {
		reader->damaged = true;
		return NULL;
	}
	struct kd_extent page = { .encoding = KD_EXTENT_STRIDED, .len = PAGE_LEN + HEADER_LEN };
	uint32_t len = PAGE_LEN;
	if (flags & RAM_FILLED) {
		page = (struct kd_extent){ .encoding = KD_EXTENT_FILLED, .offset = kd_stream_u8(stream) };
		return stream->ended ? NULL : add_page(reader, offset, page);
	}
	if (flags & RAM_COMPRESSED) {
		len = take_u32(reader);
		page.encoding = KD_EXTENT_ZLIB;
		page.len = len;
		if (len > PACKED_LEN_MAX) {
			reader->damaged = true;
			return NULL;
		}
	}
	page.offset = stream->position;
	kd_stream_skip(stream, len);
	return add_page(reader, offset, page);
}

static struct kd_error *read_ram(struct reader *reader)
{
	struct kd_error *err = NULL;
	while (!err && !reader->damaged) {
		const uint64_t word = take_u64(reader), flags = word & (PAGE_LEN - 1), offset = word - flags;
		if (reader->stream.ended)
			return NULL;
		if (flags & RAM_XBZRLE)
			return refuse(reader, "with XBZRLE", "migrate without that capability");
		if (flags & RAM_SIZES)
			err = read_sizes(reader, offset);
		else if (flags & (RAM_FILLED | RAM_PAGE | RAM_COMPRESSED))
			err = read_page(reader, offset, flags);
		else if (flags & RAM_END)
			return NULL;
		else if (flags != RAM_FLUSH)
			reader->damaged = true;
	}
	return err;
}

/** What nothing says the length of ends with a footer, which has the number of the section. */
static void skip_section(struct reader *reader, uint32_t number)
{
	const uint64_t end = reader->stream.position + SKIPPED_LEN_MAX;
	while (!reader->stream.ended && reader->stream.position < end) {
		if (kd_stream_u8(&reader->stream) != KD_QEMU_FOOTER)
			continue;
		const uint64_t position = reader->stream.position;
		if (take_u32(reader) == number) {
			reader->stream.position = position - 1;
			return;
		}
		reader->stream.position = position;
	}
	reader->damaged = true;
}

static struct kd_error *read_section(struct reader *reader, uint8_t type)
{
	const uint32_t number = take_u32(reader);
	if (type == SECTION_START) {
		char name[KD_QEMU_NAME_LEN];
		take_name(reader, name);
		take_u32(reader); /* which of several */
		const uint32_t version = take_u32(reader);
		if (!strcmp(name, "ram")) {
			reader->ram_section = number;
			reader->ram_known = true;
			if (version != RAM_VERSION)
				return refuse(reader, "of an old version", "use a newer QEMU");
		}
	}
	if (!reader->ram_known || number != reader->ram_section) {
		skip_section(reader, number);
		return NULL;
	}
	reader->ram_ended |= type == SECTION_END;
	return read_ram(reader);
}

static struct kd_error *read_sections(struct reader *reader)
{
	struct kd_error *err = NULL;
	while (!err && !reader->damaged && !reader->stream.ended) {
		const uint8_t type = kd_stream_u8(&reader->stream);
		if (reader->stream.ended)
			break;
		switch (type) {
		case SECTION_CONFIGURATION:
			err = read_configuration(reader);
			break;
		case SECTION_COMMAND:
			/* Which one, and its length, of two bytes each. */
			kd_stream_skip(&reader->stream, take_u32(reader) & 0xffff);
			break;
		case SECTION_START:
		case SECTION_PART:
		case SECTION_END:
			err = read_section(reader, type);
			break;
		case KD_QEMU_FOOTER:
			take_u32(reader);
			break;
		case KD_QEMU_SECTION_FULL:
		case SECTION_END_OF_FILE:
			/* Devices: memory has been read. */
			reader->stream.position--;
			return NULL;
		default:
			reader->damaged = true;
		}
	}
	return err;
}

static struct kd_error *read_stream(struct kd_image *image, const struct kd_file *file, uint64_t start)
{
	struct reader reader = { .image = image, .stream = { .file = file, .position = start } };
	const uint8_t *head = kd_stream_take(&reader.stream, 8);
	if (!head || memcmp(head, "QEVM\0\0\0\3", 8) != 0)
		return kd_error_create_file(KD_ERROR_FORMAT, file->path,
					    "%s is damaged: it has no QEMU migration stream", file->path);
	struct kd_error *err = kd_extents_add_file(&image->extents, file, &reader.file) ?: read_sections(&reader);
	if (!err && !image->extents.list.nr)
		err = kd_error_create_file(KD_ERROR_FORMAT, file->path,
					   "%s is cut off or damaged before the first page of memory", file->path);
	image->incomplete = !reader.ram_ended || reader.damaged || reader.stream.ended;
	image->in_any_order = true;
	image->machine = reader.board.machine ? kd_machine_named(reader.board.machine) : NULL;
	if (!err && !image->incomplete)
		err = kd_qemu_read_cpus(image, file, reader.stream.position);
	free(reader.blocks);
	if (err) {
		kd_error_destroy(reader.stream.err);
		return err;
	}
	return reader.stream.err;
}

struct kd_error *kd_qemu_read(struct kd_image *image, const struct kd_file *file)
{
	image->format = "QEMU migration stream";
	return read_stream(image, file, 0);
}

/* libvirt's header (src/qemu/qemu_saveimage.h), then the domain's XML, then QEMU's stream. */
struct libvirt_header {
	char magic[16];
	uint32_t version, xml_len, was_running, format, cookie;
	uint32_t unused[14];
};

struct kd_error *kd_libvirt_read(struct kd_image *image, const struct kd_file *file)
{
	static const char *const programs[] = { NULL, "gunzip", "bunzip2", "unxz", "lzop -d", "unzstd" };
	struct libvirt_header header;
	struct kd_error *err = kd_file_read_header(file, 0, &header, sizeof(header));
	if (err)
		return err;
	const uint32_t format = kd_order_32(KD_LITTLE, header.format);
	const uint64_t start = sizeof(header) + (uint64_t)kd_order_32(KD_LITTLE, header.xml_len);
	image->format = "libvirt save file";
	if (!format)
		return read_stream(image, file, start);
	if (format < KD_ARRAY_NR(programs))
		return kd_error_create_file(
			KD_ERROR_UNSUPPORTED, file->path,
			"%s is a compressed libvirt save file; decompress it first: tail -c +%" PRIu64
			" %s | %s > STREAM",
			file->path, start + 1, file->path, programs[format]);
	return kd_error_create_file(
		KD_ERROR_UNSUPPORTED, file->path,
		"%s is a libvirt save file of format %u, which pykd does not read; dump again with: "
		"virsh dump --memory-only --format=kdump-zlib DOMAIN FILE",
		file->path, format);
}
