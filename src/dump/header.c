/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/header.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "dump/notes.h"

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
 * bit set in the second. Numbers have the byte order of the machine that wrote it. A file written on a 32-bit machine
 * has other offsets.
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
/* Where a 32-bit machine has block_size: two bytes of padding, and a time of 32 bits. */
#define BLOCK_SIZE_32 416

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

static struct kd_error *of_32_bits(const struct kd_file *file)
{
	return kd_error_create_file(KD_ERROR_UNSUPPORTED, file->path,
				    "%s was made on a 32-bit machine; pykd reads dumps of 64-bit ones", file->path);
}

/* ---- kdump-compressed ---- */

static bool is_block_size(uint32_t value)
{
	return value >= KD_PAGE_LEN_MIN && value <= KD_PAGE_LEN_MAX && !(value & (value - 1));
}

/** Whether the header makes sense in one of the byte orders, of which no block size makes sense in both. */
static bool find_order(const uint8_t *block_size, enum kd_order *ret)
{
	for (enum kd_order order = KD_LITTLE; order <= KD_BIG; order++) {
		if (!is_block_size(kd_load_u32(order, block_size)))
			continue;
		*ret = order;
		return true;
	}
	return false;
}

static void order_kdump_header(enum kd_order order, struct kdump_header *header)
{
	header->version = (int32_t)kd_order_32(order, (uint32_t)header->version);
	header->status = kd_order_32(order, header->status);
	header->block_size = (int32_t)kd_order_32(order, (uint32_t)header->block_size);
	header->sub_header_blocks = (int32_t)kd_order_32(order, (uint32_t)header->sub_header_blocks);
	header->bitmap_blocks = kd_order_32(order, header->bitmap_blocks);
	header->max_mapnr = kd_order_32(order, header->max_mapnr);
}

static void order_sub_header(enum kd_order order, struct kdump_sub_header *header)
{
	header->phys_base = kd_order_64(order, header->phys_base);
	header->split = (int32_t)kd_order_32(order, (uint32_t)header->split);
	/* From here on there are words only. */
	const size_t from = offsetof(struct kdump_sub_header, start_pfn);
	kd_order_array(order, (uint8_t *)header + from, sizeof(uint64_t), (sizeof(*header) - from) / sizeof(uint64_t));
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
	header->machine = kd_machine_named(name);
	enum kd_order order_32;
	if (!find_order((const uint8_t *)&main.block_size, &header->order)) {
		if (!header->machine && find_order((const uint8_t *)&main + BLOCK_SIZE_32, &order_32))
			return of_32_bits(file);
		return damaged(file, "the block size", (uint32_t)main.block_size);
	}
	header->order_known = true;
	order_kdump_header(header->order, &main);
	uint64_t block = (uint32_t)main.block_size;
	header->block_size = (uint32_t)block;
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
		order_sub_header(header->order, &sub);
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
	struct kd_cursor cursor = kd_cursor_init(header->notes, header->notes_len, header->order);
	/* One that is cut off counts, too: who knows what libkdumpfile makes of it. */
	for (struct kd_note note; kd_notes_next(&cursor, &note);) {
		facts.process |= note.type == NT_AUXV && note.name_len == 5;
		facts.cpu_nr += note.type == NT_PRSTATUS && note.name_len == 5;
		if (!note.name || note.name_len < 10 || memcmp(note.name, "VMCOREINFO", 10) != 0)
			continue;
		facts.vmcoreinfo_len = kd_max(facts.vmcoreinfo_len, note.len);
		if (note.data && note.len <= VMCOREINFO_LEN_MAX)
			facts.key_len = kd_max(facts.key_len, longest_key(note.data, note.len));
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

/* ---- ELF ---- */

struct elf_header {
	uint16_t machine, segment_len, segment_nr;
	uint64_t segments, sections;
};

static struct kd_error *read_elf_header(const struct kd_file *file, enum kd_order *order, struct elf_header *ret)
{
	uint8_t bytes[sizeof(Elf64_Ehdr)];
	struct kd_error *err = kd_file_read_header(file, 0, bytes, sizeof(bytes));
	if (err)
		return err;
	if (bytes[EI_CLASS] != ELFCLASS64)
		return of_32_bits(file);
	if (bytes[EI_DATA] != ELFDATA2LSB && bytes[EI_DATA] != ELFDATA2MSB)
		return damaged(file, "the byte order", bytes[EI_DATA]);
	*order = bytes[EI_DATA] == ELFDATA2MSB ? KD_BIG : KD_LITTLE;
	*ret = (struct elf_header){
		.machine = kd_load_u16(*order, bytes + offsetof(Elf64_Ehdr, e_machine)),
		.segments = kd_load_u64(*order, bytes + offsetof(Elf64_Ehdr, e_phoff)),
		.sections = kd_load_u64(*order, bytes + offsetof(Elf64_Ehdr, e_shoff)),
		.segment_len = kd_load_u16(*order, bytes + offsetof(Elf64_Ehdr, e_phentsize)),
		.segment_nr = kd_load_u16(*order, bytes + offsetof(Elf64_Ehdr, e_phnum)),
	};
	return NULL;
}

static void order_segment(enum kd_order order, Elf64_Phdr *segment)
{
	segment->p_type = kd_order_32(order, segment->p_type);
	segment->p_offset = kd_order_64(order, segment->p_offset);
	segment->p_paddr = kd_order_64(order, segment->p_paddr);
	segment->p_filesz = kd_order_64(order, segment->p_filesz);
}

/** The machine that has this number, and this byte order; of one that has both orders the file's may be QEMU's choice,
 * and the memory tells. */
static void find_elf_machine(struct kd_header *header, uint16_t number)
{
	size_t nr = 0;
	for (const struct kd_machine *const *machine = kd_machines; *machine; machine++) {
		if ((*machine)->elf_machine != number)
			continue;
		nr++;
		if ((*machine)->order == header->order || !header->machine)
			header->machine = *machine;
	}
	header->machine_doubtful = nr > 1 && header->order == KD_BIG;
}

static struct kd_error *read_elf(struct kd_header *header, const struct kd_file *file)
{
	struct elf_header main;
	struct kd_error *err = read_elf_header(file, &header->order, &main);
	if (err)
		return err;
	header->order_known = true;
	find_elf_machine(header, main.machine);
	uint64_t nr = main.segment_nr;
	if (nr == PN_XNUM) {
		uint8_t first[sizeof(Elf64_Shdr)];
		err = kd_file_read_header(file, main.sections, first, sizeof(first));
		if (err)
			return err;
		nr = kd_load_u32(header->order, first + offsetof(Elf64_Shdr, sh_info));
	}
	if (!nr || nr > PROGRAM_HEADERS_MAX)
		return damaged(file, "the number of program headers", nr);
	if (main.segment_len != sizeof(Elf64_Phdr))
		return damaged(file, "the length of a program header", main.segment_len);
	KD_FREE Elf64_Phdr *segments = malloc(nr * sizeof(*segments));
	if (!segments)
		return &kd_error_nomem;
	err = kd_file_read_header(file, main.segments, segments, nr * sizeof(*segments));
	if (err)
		return err;
	bool physical = false;
	for (uint64_t i = 0; i < nr; i++) {
		Elf64_Phdr *segment = &segments[i];
		order_segment(header->order, segment);
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
			/* Of a large machine it is holes mostly. */
			if (!words[i])
				continue;
			kd_pfn pfn = 8 * done + i * bits;
			uint64_t word = kd_order_64(KD_LITTLE, words[i]); /* bits of bytes, whatever machine */
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
	for (uint64_t i = 0; i < tail && !*ret; i++) {
		const uint64_t offset = kd_order_64(header->order, last[i].offset);
		const uint32_t data_len = kd_order_32(header->order, last[i].len);
		*ret = offset < data_offset || !data_len || offset > file->size || data_len > file->size - offset;
	}
	return NULL;
}
