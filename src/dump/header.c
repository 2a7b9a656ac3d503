/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/header.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/cursor.h"

/* Notes of 8192 CPUs with vector state are about 30 MB. */
#define NOTES_LEN_MAX (64u << 20)
#define PROGRAM_HEADERS_MAX (1u << 20)
/* The kernel's note is at most a page. */
#define VMCOREINFO_LEN_MAX (64u << 10)
#define VMCOREINFO_KEY_LEN_MAX 1024
#define CPUS_MAX 16384

/*
 * kdump-compressed, 64-bit: block 0 is the header below, block 1 the sub header, then sub_header_blocks - 1 blocks of
 * notes, then two bitmaps of equal size (memory that exists, pages that are in the file) and one descriptor for each
 * bit set in the second. A file written on a 32-bit machine has other offsets and is left to libkdumpfile.
 */
struct kdump_header {
	char signature[8];
	int32_t version;
	char sysname[65], nodename[65], release[65], version_text[65], machine[65], domainname[65];
	char padding[6];
	int64_t time_s, time_us;
	uint32_t status;
	int32_t block_size;
	int32_t sub_header_blocks;
	uint32_t bitmap_blocks;
	uint32_t max_mapnr;
	uint32_t total_ram_blocks, device_blocks, written_blocks, current_cpu;
	int32_t nr_cpus;
} __attribute__((packed));
_Static_assert(offsetof(struct kdump_header, status) == 424, "kdump header layout");

struct kdump_sub_header {
	uint64_t phys_base;
	int32_t dump_level;
	int32_t split;
	uint64_t start_pfn, end_pfn;			 /* since version 2 */
	uint64_t vmcoreinfo_offset, vmcoreinfo_len;	 /* since version 3 */
	uint64_t note_offset, note_len;			 /* since version 4 */
	uint64_t eraseinfo_offset, eraseinfo_len;	 /* since version 5 */
	uint64_t start_pfn_64, end_pfn_64, max_mapnr_64; /* since version 6 */
};

struct kdump_page_descriptor {
	uint64_t offset;
	uint32_t len;
	uint32_t flags;
	uint64_t page_flags;
};

enum {
	STATUS_ZLIB = 0x1,
	STATUS_LZO = 0x2,
	STATUS_SNAPPY = 0x4,
	STATUS_INCOMPLETE = 0x8, /* makedumpfile ran out of space */
	STATUS_ZSTD = 0x20,
};

static const char *compression_name(uint32_t status)
{
	return status & STATUS_ZLIB	? "zlib"
	       : status & STATUS_LZO	? "lzo"
	       : status & STATUS_SNAPPY ? "snappy"
	       : status & STATUS_ZSTD	? "zstd"
					: "uncompressed";
}

static struct kd_error *damaged(const struct kd_file *file, const char *what, uint64_t value)
{
	return kd_error_create_file(KD_ERROR_FORMAT, file->path, "%s has a damaged header: %s is %#" PRIx64, file->path,
				    what, value);
}

static struct kd_error *truncated(const struct kd_file *file, const char *what, uint64_t end)
{
	return kd_error_create_file(KD_ERROR_FORMAT, file->path,
				    "%s is truncated: its %s end at byte %" PRIu64 ", the file at %" PRIu64
				    "; copy the dump again",
				    file->path, what, end, file->size);
}

static struct kd_error *foreign(const struct kd_file *file)
{
	return kd_error_create_file(
		KD_ERROR_UNSUPPORTED, file->path,
		"%s was made on a 32-bit or a big-endian machine; pykd reads dumps of 64-bit, little-endian ones",
		file->path);
}

/** A stream that was cut has no end mark, which is 16 bytes of ones in both makedumpfile's and QEMU's files. */
static struct kd_error *flattened_is_cut(const struct kd_file *file, bool *ret)
{
	uint64_t mark[2];
	size_t got;
	*ret = false;
	if (file->size == UINT64_MAX)
		return NULL;
	*ret = true;
	if (file->size < sizeof(mark))
		return NULL;
	struct kd_error *err = kd_file_read(file, file->size - sizeof(mark), mark, sizeof(mark), &got);
	if (err)
		return err;
	*ret = got < sizeof(mark) || mark[0] != UINT64_MAX || mark[1] != UINT64_MAX;
	return NULL;
}

/** A hash (FNV-1a) of what the header says of the kernel that crashed and its memory; phys_base is of one boot. */
static uint64_t origin(const struct kdump_header *main, const struct kdump_sub_header *sub)
{
	const struct {
		const void *data;
		size_t len;
	} fields[] = {
		{ main->sysname, offsetof(struct kdump_header, padding) - offsetof(struct kdump_header, sysname) },
		{ &main->max_mapnr, sizeof(main->max_mapnr) },
		{ &sub->phys_base, sizeof(sub->phys_base) },
	};
	uint64_t hash = 0xcbf29ce484222325;
	for (size_t i = 0; i < KD_ARRAY_NR(fields); i++) {
		const uint8_t *bytes = fields[i].data;
		for (size_t j = 0; j < fields[i].len; j++)
			hash = (hash ^ bytes[j]) * 0x100000001b3;
	}
	return hash;
}

static struct kd_error *append_notes(struct kd_header *header, const struct kd_file *file, uint64_t offset,
				     uint64_t len)
{
	if (!len)
		return NULL;
	if (len > NOTES_LEN_MAX - header->notes_len)
		return damaged(file, "the length of the notes", len);
	uint8_t *notes = realloc(header->notes, header->notes_len + len);
	if (!notes)
		return &kd_error_nomem;
	header->notes = notes;
	struct kd_error *err = kd_file_read_header(file, offset, notes + header->notes_len, len);
	if (err)
		return err;
	header->notes_len += len;
	return NULL;
}

static struct kd_error *read_kdump(struct kd_header *header, const struct kd_file *file)
{
	struct kdump_header main;
	struct kd_error *err = kd_file_read_header(file, 0, &main, sizeof(main));
	if (err)
		return err;
	if (memcmp(main.signature, "KDUMP   ", 8) && memcmp(main.signature, "DISKDUMP", 8))
		return kd_error_create_file(KD_ERROR_FORMAT, file->path, "%s is flattened, but holds no kdump header",
					    file->path);
	if (file->flattened) {
		err = flattened_is_cut(file, &header->incomplete);
		if (err)
			return err;
	}
	char name[sizeof(main.machine) + 1] = {};
	memcpy(name, main.machine, sizeof(main.machine));
	const struct kd_machine *machine = kd_machine_named(name);
	header->machine = machine ? machine->name : NULL;
	uint64_t block = (uint32_t)main.block_size;
	if (block < KD_PAGE_LEN_MIN || block > KD_PAGE_LEN_MAX || block & (block - 1)) {
		/* Other machines have the field elsewhere or in the other byte order. */
		return header->machine ? damaged(file, "the block size", block) : foreign(file);
	}
	header->compression = compression_name(main.status);
	header->incomplete |= !!(main.status & STATUS_INCOMPLETE);
	if (main.sub_header_blocks < 0 || main.sub_header_blocks > 65536)
		return damaged(file, "the number of sub header blocks", (uint32_t)main.sub_header_blocks);
	if (main.version < 0 || main.version > 1000)
		return damaged(file, "the version", (uint32_t)main.version);

	uint64_t bitmaps = (1 + (uint64_t)main.sub_header_blocks) * block;
	uint64_t bitmaps_len = main.bitmap_blocks * block;
	/* Of a flattened file it is known only that the stream must hold them. */
	if (bitmaps_len > file->size || (!file->flattened && bitmaps + bitmaps_len > file->size))
		return truncated(file, "page bitmaps", bitmaps + bitmaps_len);
	header->descriptor_offset = bitmaps + bitmaps_len;

	struct kdump_sub_header sub = {};
	if (main.version >= 1) {
		err = kd_file_read_header(file, block, &sub, sizeof(sub));
		if (err)
			return err;
	}
	header->origin = origin(&main, &sub);
	/* As old as it gets: one bitmap only where two would cover more than twice the memory. */
	uint64_t max_pfn = main.version >= 6 ? sub.max_mapnr_64 : main.max_mapnr;
	bool two = max_pfn <= bitmaps_len * 8 / 2;
	header->bitmap_offset = bitmaps + (two ? bitmaps_len / 2 : 0);
	header->bitmap_len = two ? bitmaps_len / 2 : bitmaps_len;
	if (main.version >= 2 && sub.split) {
		header->split = true;
		header->split_start = main.version >= 6 ? sub.start_pfn_64 : sub.start_pfn;
		header->split_end = main.version >= 6 ? sub.end_pfn_64 : sub.end_pfn;
		if (header->split_start > header->split_end)
			return damaged(file, "the first page of this part", header->split_start);
	}
	if (main.version == 3 && sub.vmcoreinfo_len > VMCOREINFO_LEN_MAX)
		return damaged(file, "the length of VMCOREINFO", sub.vmcoreinfo_len);
	return main.version >= 4 ? append_notes(header, file, sub.note_offset, sub.note_len) : NULL;
}

/** The most that any note of a kind has. */
struct note_facts {
	size_t vmcoreinfo_len, key_len; /* of VMCOREINFO: bytes, and those of its longest key */
	size_t cpu_nr;			/* notes with registers */
	bool process;			/* an auxiliary vector: a process's core, a kernel's has none */
};

static size_t longest_key(const uint8_t *text, size_t len)
{
	size_t longest = 0;
	for (size_t line_len; len; text += line_len, len -= line_len) {
		const uint8_t *newline = memchr(text, '\n', len);
		line_len = newline ? (size_t)(newline - text) + 1 : len;
		const uint8_t *equals = memchr(text, '=', line_len);
		longest = kd_max(longest, equals ? (size_t)(equals - text) : line_len);
	}
	return longest;
}

static struct note_facts look_at_notes(const struct kd_header *header)
{
	struct note_facts facts = {};
	struct kd_cursor cursor = kd_cursor_init(header->notes, header->notes_len);
	while (kd_cursor_left(&cursor) >= sizeof(Elf64_Nhdr)) {
		uint32_t name_len = kd_cursor_u32(&cursor), len = kd_cursor_u32(&cursor);
		uint32_t type = kd_cursor_u32(&cursor);
		const uint8_t *name = kd_cursor_take(&cursor, ((uint64_t)name_len + 3) & ~3ull);
		facts.process |= type == NT_AUXV && name_len == 5;
		facts.cpu_nr += type == NT_PRSTATUS && name_len == 5;
		bool vmcoreinfo = name && name_len >= 10 && !memcmp(name, "VMCOREINFO", 10);
		if (vmcoreinfo)
			facts.vmcoreinfo_len = kd_max(facts.vmcoreinfo_len, len);
		const uint8_t *data = kd_cursor_take(&cursor, len);
		if (vmcoreinfo && data && len <= VMCOREINFO_LEN_MAX)
			facts.key_len = kd_max(facts.key_len, longest_key(data, len));
		kd_cursor_skip(&cursor, -len & 3);
	}
	return facts;
}

/* libkdumpfile keeps a key of VMCOREINFO on the stack, nests as many attributes as it has dots, and takes time by the
 * square of the number of CPUs. */
static struct kd_error *check_notes(const struct kd_file *file, const struct note_facts *facts)
{
	if (facts->vmcoreinfo_len > VMCOREINFO_LEN_MAX)
		return kd_error_create_file(KD_ERROR_FORMAT, file->path,
					    "%s has a damaged VMCOREINFO note: it is longer than %u bytes", file->path,
					    VMCOREINFO_LEN_MAX);
	if (facts->key_len > VMCOREINFO_KEY_LEN_MAX)
		return kd_error_create_file(KD_ERROR_FORMAT, file->path,
					    "%s has a damaged VMCOREINFO note: a key of it has %zu bytes", file->path,
					    facts->key_len);
	if (facts->cpu_nr > CPUS_MAX)
		return damaged(file, "the number of CPUs with registers", facts->cpu_nr);
	return NULL;
}

static struct kd_error *read_elf(struct kd_header *header, const struct kd_file *file)
{
	Elf64_Ehdr main;
	struct kd_error *err = kd_file_read_header(file, 0, &main, sizeof(main));
	if (err)
		return err;
	if (main.e_ident[EI_CLASS] != ELFCLASS64 || main.e_ident[EI_DATA] != ELFDATA2LSB)
		return foreign(file);
	for (const struct kd_machine *const *machine = kd_machines; *machine; machine++)
		if (main.e_machine == (*machine)->elf_machine)
			header->machine = (*machine)->name;
	uint64_t nr = main.e_phnum;
	if (nr == PN_XNUM) {
		Elf64_Shdr first;
		err = kd_file_read_header(file, main.e_shoff, &first, sizeof(first));
		if (err)
			return err;
		nr = first.sh_info;
	}
	if (!nr || nr > PROGRAM_HEADERS_MAX)
		return damaged(file, "the number of program headers", nr);
	if (main.e_phentsize != sizeof(Elf64_Phdr))
		return damaged(file, "the length of a program header", main.e_phentsize);
	KD_FREE Elf64_Phdr *segments = malloc(nr * sizeof(*segments));
	if (!segments)
		return &kd_error_nomem;
	err = kd_file_read_header(file, main.e_phoff, segments, nr * sizeof(*segments));
	if (err)
		return err;
	bool physical = false;
	for (uint64_t i = 0; i < nr; i++) {
		const Elf64_Phdr *segment = &segments[i];
		if (segment->p_type != PT_LOAD && segment->p_type != PT_NOTE)
			continue;
		uint64_t end = segment->p_offset + segment->p_filesz;
		if (end < segment->p_offset || end > INT64_MAX)
			return damaged(file, "the end of a segment", end);
		if (segment->p_type == PT_NOTE) {
			err = append_notes(header, file, segment->p_offset, segment->p_filesz);
			if (err)
				return err;
		} else {
			physical |= segment->p_paddr != 0;
			header->incomplete |= end > file->size;
		}
	}
	if (!physical && look_at_notes(header).process)
		return kd_error_create_file(KD_ERROR_UNSUPPORTED, file->path,
					    "%s is the core dump of a process, not of a kernel; use gdb", file->path);
	return NULL;
}

struct kd_error *kd_header_init(struct kd_header *header, const struct kd_file *file, enum kd_container container)
{
	struct kd_header read = {};
	struct kd_error *err = container == KD_CONTAINER_KDUMP ? read_kdump(&read, file)
			       : container == KD_CONTAINER_ELF ? read_elf(&read, file)
							       : NULL;
	if (!err) {
		const struct note_facts facts = look_at_notes(&read);
		err = check_notes(file, &facts);
	}
	if (err) {
		kd_header_deinit(&read);
		return err;
	}
	*header = read;
	return NULL;
}

void kd_header_deinit(struct kd_header *header)
{
	free(header->notes);
	*header = (struct kd_header){};
}

/** How many pages the file describes: all in its bitmap, or those of a part of a split set. */
static struct kd_error *count_pages(const struct kd_header *header, const struct kd_file *file, uint64_t *ret)
{
	uint64_t words[4096];
	const uint64_t bits = 8 * sizeof(words[0]);
	kd_pfn first = header->split ? header->split_start : 0;
	kd_pfn end = header->split ? header->split_end : UINT64_MAX;
	uint64_t nr = 0;
	for (uint64_t done = 0; done < header->bitmap_len; done += sizeof(words)) {
		size_t len = kd_min(sizeof(words), header->bitmap_len - done), got;
		memset(words, 0, sizeof(words));
		struct kd_error *err = kd_file_read(file, header->bitmap_offset + done, words, len, &got);
		if (err)
			return err;
		for (size_t i = 0; i < KD_ARRAY_NR(words); i++) {
			kd_pfn pfn = 8 * done + i * bits;
			uint64_t word = words[i];
			if (pfn < first)
				word &= first - pfn < bits ? UINT64_MAX << (first - pfn) : 0;
			if (end - kd_min(pfn, end) < bits)
				word &= (UINT64_C(1) << (end - kd_min(pfn, end))) - 1;
			nr += (unsigned int)__builtin_popcountll(word);
		}
	}
	*ret = nr;
	return NULL;
}

struct kd_error *kd_header_ends_early(const struct kd_header *header, const struct kd_file *file, bool *ret)
{
	*ret = false;
	if (!header->descriptor_offset || file->flattened || file->size == UINT64_MAX)
		return NULL;
	uint64_t nr;
	struct kd_error *err = count_pages(header, file, &nr);
	if (err)
		return err;
	struct kdump_page_descriptor last[64];
	/* The last page may be all zeros and share the data of an earlier one; one of 64 is not. */
	uint64_t tail = kd_min(nr, KD_ARRAY_NR(last));
	size_t len = tail * sizeof(last[0]), got;
	err = kd_file_read(file, header->descriptor_offset + (nr - tail) * sizeof(last[0]), last, len, &got);
	if (err)
		return err;
	*ret = got < len;
	/* Data begin behind the descriptors. What points elsewhere (to 0, mostly) was never written: a capture kernel
	 * that is killed leaves its last descriptors at zero and marks nothing. */
	const uint64_t data_offset = header->descriptor_offset + nr * sizeof(last[0]);
	for (uint64_t i = 0; i < tail && !*ret; i++)
		*ret = last[i].offset < data_offset || !last[i].len || last[i].offset > file->size ||
		       last[i].len > file->size - last[i].offset;
	return NULL;
}
