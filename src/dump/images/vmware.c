/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/images/vmware.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dump/images/stream.h"

/*
 * A header, then descriptions of groups, little-endian. A group is tags: two bytes with the lengths of what follows, a
 * name, up to three indexes, and a value, or a block of data with its lengths. A tag of zeros ends it. The group
 * "memory" has the regions of memory, in pages, and perhaps a block with memory itself; "cpu" has registers, by CPU.
 */
#define HEADER_LEN 12
#define GROUP_NAME_LEN 64
#define GROUP_LEN (GROUP_NAME_LEN + 2 * 8)
#define GROUPS_MAX 1024
#define TAGS_MAX (1u << 20)
#define TAG_PACKED 62
#define TAG_BLOCK 63
#define REGIONS_MAX 16
#define NAME_LEN 256
#define VALUE_LEN_MAX 61
#define MAGIC_OLD 0xd0 /* the first byte of it: numbers of files have 32 bits */

#define PAGE_LEN 4096ull
#define LOW_LEN (3ull << 30)
#define HIGH (4ull << 30)

struct region {
	uint64_t place, page, nr; /* in the file, of the machine, how many */
};

struct tag {
	char name[NAME_LEN];
	uint32_t index[3];
	bool is_block, is_packed;
	uint64_t value, offset, len; /* of a block: where it is, and how long */
};

struct reader {
	struct kd_image *image;
	struct kd_stream stream;
	struct region regions[REGIONS_MAX];
	size_t region_nr;
	uint64_t memory_offset, memory_len; /* of memory in this file; 0: it has none */
	bool packed;
	bool memory_seen, cpu_seen; /* these groups are read once */
};

static uint64_t take_u64(struct reader *reader)
{
	return kd_stream_u64(&reader->stream, KD_LITTLE);
}

static bool next_tag(struct reader *reader, struct tag *ret)
{
	struct kd_stream *stream = &reader->stream;
	const uint8_t *bytes = kd_stream_take(stream, 2);
	const uint16_t word = bytes ? kd_load_u16(KD_LITTLE, bytes) : 0;
	const size_t name_len = word >> 8, index_nr = word >> 6 & 3, len = word & 0x3f;
	if (!word || !(bytes = kd_stream_take(stream, name_len)))
		return false;
	*ret = (struct tag){ .is_block = len >= TAG_PACKED, .is_packed = len == TAG_PACKED };
	memcpy(ret->name, bytes, name_len);
	for (size_t i = 0; i < index_nr; i++)
		ret->index[i] = kd_stream_u32(stream, KD_LITTLE);
	if (!ret->is_block) {
		bytes = kd_stream_take(stream, len);
		for (size_t i = 0; bytes && i < len && i < sizeof(ret->value); i++)
			ret->value |= (uint64_t)bytes[i] << 8 * i;
		return bytes;
	}
	ret->len = take_u64(reader);
	take_u64(reader); /* its length when it is not compressed */
	bytes = kd_stream_take(stream, sizeof(uint16_t));
	if (!bytes)
		return false;
	kd_stream_skip(stream, kd_load_u16(KD_LITTLE, bytes));
	ret->offset = stream->position;
	kd_stream_skip(stream, ret->len);
	return true;
}

static void take_memory(struct reader *reader, const struct tag *tag)
{
	struct region *region = tag->index[0] < REGIONS_MAX ? &reader->regions[tag->index[0]] : NULL;
	if (!strcmp(tag->name, "regionsCount"))
		reader->region_nr = kd_min(tag->value, REGIONS_MAX);
	else if (region && !strcmp(tag->name, "regionPageNum"))
		region->place = tag->value;
	else if (region && !strcmp(tag->name, "regionPPN"))
		region->page = tag->value;
	else if (region && !strcmp(tag->name, "regionSize"))
		region->nr = tag->value;
	else if (tag->is_block && !strcmp(tag->name, "Memory")) {
		reader->memory_offset = tag->offset;
		reader->memory_len = tag->len;
		reader->packed = tag->is_packed;
	}
}

static void take_cpu(struct reader *reader, const struct tag *tag)
{
	static const char *const names[] = { "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8",
					     "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip" };
	struct kd_image_cpu *cpu = tag->is_block ? NULL : kd_image_cpu(reader->image, tag->index[0]);
	if (!cpu)
		return;
	for (size_t i = 0; i < KD_ARRAY_NR(names); i++)
		if (!strcmp(names[i], tag->name))
			kd_image_set(cpu, names[i], tag->value);
	if (!strcasecmp(tag->name, "eflags"))
		kd_image_set(cpu, "rflags", tag->value);
	if (!strcmp(tag->name, "CR64") && (tag->index[1] == 3 || tag->index[1] == 4))
		kd_image_set(cpu, tag->index[1] == 3 ? "cr3" : "cr4", tag->value);
}

static bool is_register(const char *name)
{
	return name[0] == 'r' || !strcasecmp(name, "eflags") || !strcmp(name, "CR64");
}

static void read_group(struct reader *reader, const char *name, uint64_t position)
{
	const bool is_memory = !strcmp(name, "memory") && !reader->memory_seen;
	const bool is_cpu = !strcmp(name, "cpu") && !reader->cpu_seen;
	struct tag tag;
	reader->memory_seen |= is_memory;
	reader->cpu_seen |= is_cpu;
	reader->stream.position = kd_min(position, INT64_MAX);
	for (unsigned int i = 0; (is_memory || is_cpu) && i < TAGS_MAX && next_tag(reader, &tag); i++) {
		if (is_memory)
			take_memory(reader, &tag);
		else if (is_register(tag.name))
			take_cpu(reader, &tag);
	}
}

static struct kd_error *read_groups(struct reader *reader)
{
	const struct kd_file *file = reader->stream.file;
	const uint32_t magic = kd_stream_u32(&reader->stream, KD_LITTLE);
	kd_stream_u32(&reader->stream, KD_LITTLE);
	const uint32_t nr = kd_stream_u32(&reader->stream, KD_LITTLE);
	if ((magic & 0xff) == MAGIC_OLD)
		return kd_error_create_file(
			KD_ERROR_UNSUPPORTED, file->path,
			"%s is a VMware suspend file of an old version; convert it with VMware's tool: "
			"vmss2core -N FILE.vmss FILE.vmem",
			file->path);
	for (uint32_t i = 0; i < nr && i < GROUPS_MAX; i++) {
		reader->stream.position = HEADER_LEN + (uint64_t)i * GROUP_LEN;
		const uint8_t *bytes = kd_stream_take(&reader->stream, GROUP_LEN);
		if (!bytes)
			return kd_error_create_file(KD_ERROR_FORMAT, file->path,
						    "%s is truncated inside its headers; copy it again", file->path);
		char name[GROUP_NAME_LEN + 1] = {};
		memcpy(name, bytes, GROUP_NAME_LEN);
		read_group(reader, name, kd_load_u64(KD_LITTLE, bytes + GROUP_NAME_LEN));
		reader->image->incomplete |= reader->stream.ended;
		reader->stream.ended = false;
	}
	return reader->stream.err;
}

/** The regions of memory, which begins in a file at an offset. */
static struct kd_error *add_regions(struct reader *reader, const struct kd_file *file, uint64_t offset, uint64_t len)
{
	uint16_t nr;
	struct kd_error *err = kd_extents_add_file(&reader->image->extents, file, &nr);
	if (!reader->region_nr) {
		reader->region_nr = 1;
		reader->regions[0] = (struct region){ .nr = len / PAGE_LEN };
	}
	for (size_t i = 0; !err && i < reader->region_nr; i++) {
		const struct region *region = &reader->regions[i];
		if ((region->page | region->nr | region->place) > KD_EXTENTS_ADDRESS_MAX / PAGE_LEN)
			return kd_error_create_file(KD_ERROR_FORMAT, file->path,
						    "%s is damaged: its memory cannot be where it says", file->path);
		err = kd_extents_add_plain(&reader->image->extents, region->page * PAGE_LEN,
					   (region->page + region->nr) * PAGE_LEN, nr,
					   offset + region->place * PAGE_LEN);
	}
	return err;
}

/** Open the file of the same name with another ending, if there is one. */
static struct kd_error *open_beside(struct kd_image *image, const struct kd_file *file, const char *ending, bool *ret)
{
	const char *dot = strrchr(file->path, '.');
	const int len = dot ? (int)(dot - file->path) : (int)strlen(file->path);
	*ret = false;
	free(image->companion_path);
	if (asprintf(&image->companion_path, "%.*s%s", len, file->path, ending) < 0) {
		image->companion_path = NULL;
		return &kd_error_nomem;
	}
	*ret = !access(image->companion_path, F_OK);
	return *ret ? kd_file_init(&image->companion, image->companion_path) : NULL;
}

struct kd_error *kd_vmware_read(struct kd_image *image, const struct kd_file *file)
{
	struct reader reader = { .image = image, .stream = { .file = file } };
	bool beside = false;
	image->format = "VMware suspend state";
	image->machine = kd_machine_named("x86_64");
	struct kd_error *err = read_groups(&reader);
	if (err)
		return err;
	if (reader.packed)
		return kd_error_create_file(
			KD_ERROR_UNSUPPORTED, file->path,
			"%s has compressed memory, which pykd does not read; convert it with VMware's "
			"tool: vmss2core -N FILE.vmss",
			file->path);
	if (reader.memory_len)
		return add_regions(&reader, file, reader.memory_offset, reader.memory_len);
	err = open_beside(image, file, ".vmem", &beside);
	if (err)
		return err;
	if (!beside)
		return kd_error_create_file(KD_ERROR_FORMAT, file->path,
					    "%s holds no memory; put the .vmem file of the same name beside it",
					    file->path);
	return add_regions(&reader, &image->companion, 0, image->companion.size);
}

struct kd_error *kd_vmem_read(struct kd_image *image, const struct kd_file *file)
{
	bool beside = false;
	struct kd_error *err = open_beside(image, file, ".vmss", &beside);
	if (!err && !beside)
		err = open_beside(image, file, ".vmsn", &beside);
	if (err)
		return err;
	struct reader reader = { .image = image, .stream = { .file = &image->companion } };
	image->format = "VMware memory";
	image->machine = kd_machine_named("x86_64");
	if (beside) {
		err = read_groups(&reader);
	} else if (file->size > LOW_LEN) {
		reader.region_nr = 2;
		reader.regions[0] = (struct region){ .nr = LOW_LEN / PAGE_LEN };
		reader.regions[1] =
			(struct region){ LOW_LEN / PAGE_LEN, HIGH / PAGE_LEN, (file->size - LOW_LEN) / PAGE_LEN };
	}
	return err ?: add_regions(&reader, file, 0, file->size);
}
