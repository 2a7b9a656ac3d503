/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "make_dump.h"

#include <assert.h>
#include <elf.h>
#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static void append(struct make_bytes *bytes, const void *data, size_t len)
{
	bytes->data = realloc(bytes->data, bytes->len + len);
	assert(bytes->data);
	if (data)
		memcpy(bytes->data + bytes->len, data, len);
	else
		memset(bytes->data + bytes->len, 0, len);
	bytes->len += len;
}

static void put(struct make_bytes *bytes, size_t offset, uint64_t value, size_t len)
{
	assert(offset + len <= bytes->len);
	memcpy(bytes->data + offset, &value, len);
}

static void pad(struct make_bytes *bytes, size_t align)
{
	append(bytes, NULL, -bytes->len & (align - 1));
}

uint8_t *make_page(struct make_machine *machine, kd_pfn pfn)
{
	assert(pfn < MAKE_PAGES);
	if (!machine->pages[pfn])
		machine->pages[pfn] = calloc(1, MAKE_PAGE);
	assert(machine->pages[pfn]);
	return machine->pages[pfn];
}

void make_machine_deinit(struct make_machine *machine)
{
	for (size_t i = 0; i < MAKE_PAGES; i++)
		free(machine->pages[i]);
	*machine = (struct make_machine){};
}

static void add_note(struct make_bytes *notes, const char *name, uint32_t type, const void *data, uint32_t len)
{
	Elf64_Nhdr header = { .n_namesz = (uint32_t)strlen(name) + 1, .n_descsz = len, .n_type = type };
	append(notes, &header, sizeof(header));
	append(notes, name, header.n_namesz);
	pad(notes, 4);
	append(notes, data, len);
	pad(notes, 4);
}

static struct make_bytes make_notes(const struct make_machine *machine)
{
	struct make_bytes notes = {};
	if (machine->first_vmcoreinfo)
		add_note(&notes, "VMCOREINFO", 0, machine->first_vmcoreinfo,
			 (uint32_t)strlen(machine->first_vmcoreinfo));
	for (unsigned int i = 0; i < machine->cpu_nr; i++) {
		struct make_bytes status = {};
		append(&status, NULL, 336);
		put(&status, 32, 100 + i, 4);
		put(&status, 112 + 16 * 8, 0x1000 + i, 8);
		add_note(&notes, "CORE", NT_PRSTATUS, status.data, (uint32_t)status.len);
		free(status.data);
	}
	for (unsigned int i = 0; i < machine->cpu_nr && machine->cr3; i++) {
		struct make_bytes state = {};
		append(&state, NULL, 440);
		put(&state, 0, 1, 4);
		put(&state, 4, 440, 4);
		put(&state, 416, machine->cr3, 8);
		put(&state, 424, machine->cr4, 8);
		add_note(&notes, "QEMU", 0, state.data, (uint32_t)state.len);
		free(state.data);
	}
	if (machine->vmcoreinfo)
		add_note(&notes, "VMCOREINFO", 0, machine->vmcoreinfo, (uint32_t)strlen(machine->vmcoreinfo));
	return notes;
}

/** A zlib stream in a little less than a page, so that a page lies about where it does in an uncompressed dump. */
static void add_zlib(struct make_bytes *bytes, const uint8_t *page)
{
	uint8_t packed[MAKE_PACKED] = {};
	uLongf len = sizeof(packed);
	assert(compress2(packed, &len, page, MAKE_PAGE, 1) == Z_OK);
	append(bytes, packed, sizeof(packed));
}

struct make_bytes make_kdump(const struct make_machine *machine, unsigned int flags, kd_pfn start, kd_pfn end)
{
	bool split = end < MAKE_PAGES || start;
	struct make_bytes notes = make_notes(machine), dump = {};
	const size_t each = flags & MAKE_LARGE ? 16 : 1, block = each * MAKE_PAGE;
	size_t note_blocks = (notes.len + block - 1) / block;
	append(&dump, NULL, 2 * block);
	append(&dump, notes.data, notes.len);
	pad(&dump, block);
	free(notes.data);

	memcpy(dump.data, "KDUMP   ", 8);
	put(&dump, 8, 6, 4);
	if (!(flags & MAKE_NO_MACHINE)) {
		strcpy((char *)dump.data + 12, "Linux");
		strcpy((char *)dump.data + 12 + 65, "host");
		strcpy((char *)dump.data + 12 + 2 * 65, "6.0.0-test");
		strcpy((char *)dump.data + 12 + 3 * 65, "#1");
		strcpy((char *)dump.data + 12 + 4 * 65, "x86_64");
		strcpy((char *)dump.data + 12 + 5 * 65, "(none)");
	}
	put(&dump, 424, (flags & MAKE_ZLIB ? 1u : 0) | (flags & MAKE_INCOMPLETE ? 8u : 0), 4);
	put(&dump, 428, block, 4);
	put(&dump, 432, 1 + note_blocks, 4);
	put(&dump, 436, 2, 4); /* bitmap blocks */
	put(&dump, 440, MAKE_PAGES / each, 4);
	put(&dump, 460, machine->cpu_nr, 4);
	put(&dump, block + 8, 31, 4);
	put(&dump, block + 12, split, 4);
	put(&dump, block + 16, start, 8);
	put(&dump, block + 24, end, 8);
	put(&dump, block + 48, 2 * block, 8);
	put(&dump, block + 56, notes.len, 8);
	put(&dump, block + 80, start, 8);
	put(&dump, block + 88, end, 8);
	put(&dump, block + 96, MAKE_PAGES / each, 8);

	uint8_t bitmaps[2][16 * MAKE_PAGE] = {};
	size_t nr = 0;
	for (size_t i = 0; i < MAKE_PAGES; i++) {
		size_t at = i / each, bit = at % 8;
		bool here = machine->pages[i] && i >= start && i < end;
		nr += here && !(bitmaps[1][at / 8] >> bit & 1);
		bitmaps[0][at / 8] |= (uint8_t)(!machine->absent[i] << bit);
		bitmaps[1][at / 8] |= (uint8_t)(here << bit);
	}
	for (size_t i = 0; i < 2; i++)
		append(&dump, bitmaps[i], block);
	size_t descriptor = dump.len;
	append(&dump, NULL, nr * 24);
	for (size_t at = start / each; at * each < end && at < MAKE_PAGES / each; at++) {
		if (!(bitmaps[1][at / 8] >> at % 8 & 1))
			continue;
		size_t offset = dump.len;
		for (size_t i = at * each; i < (at + 1) * each; i++) {
			if (flags & MAKE_ZLIB)
				add_zlib(&dump, machine->pages[i]);
			else
				append(&dump, machine->pages[i], MAKE_PAGE);
		}
		put(&dump, descriptor, offset, 8);
		put(&dump, descriptor + 8, dump.len - offset, 4);
		put(&dump, descriptor + 12, flags & MAKE_ZLIB ? 1 : 0, 4);
		descriptor += 24;
	}
	return dump;
}

struct make_bytes make_elf(const struct make_machine *machine)
{
	struct make_bytes notes = make_notes(machine), dump = {};
	/* One segment for each run of pages in the file; excluded pages after them are memory without file. */
	Elf64_Phdr segments[1 + MAKE_PAGES] = { { .p_type = PT_NOTE, .p_filesz = notes.len } };
	uint16_t nr = 1;
	for (size_t i = 0; i < MAKE_PAGES;) {
		if (machine->absent[i]) {
			i++;
			continue;
		}
		Elf64_Phdr *segment = &segments[nr++];
		*segment = (Elf64_Phdr){ .p_type = PT_LOAD, .p_paddr = i * MAKE_PAGE, .p_align = MAKE_PAGE };
		for (; i < MAKE_PAGES && machine->pages[i]; i++)
			segment->p_filesz += MAKE_PAGE;
		segment->p_memsz = segment->p_filesz;
		for (; i < MAKE_PAGES && !machine->pages[i] && !machine->absent[i]; i++)
			segment->p_memsz += MAKE_PAGE;
	}
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(header),
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = nr,
	};
	size_t offset = sizeof(header) + nr * sizeof(segments[0]);
	for (size_t i = 0; i < nr; i++) {
		segments[i].p_offset = offset;
		offset += segments[i].p_filesz;
	}
	append(&dump, &header, sizeof(header));
	append(&dump, segments, nr * sizeof(segments[0]));
	append(&dump, notes.data, notes.len);
	free(notes.data);
	for (size_t i = 0; i < MAKE_PAGES; i++) {
		if (machine->pages[i] && !machine->absent[i])
			append(&dump, machine->pages[i], MAKE_PAGE);
	}
	return dump;
}

static void add_segment(struct make_bytes *bytes, uint64_t offset, const void *data, uint64_t len)
{
	uint64_t header[] = { htobe64(offset), htobe64(len) };
	append(bytes, header, sizeof(header));
	append(bytes, data, len);
}

struct make_bytes make_flattened(struct make_bytes dump, size_t segment_len)
{
	struct make_bytes flat = {};
	append(&flat, "makedumpfile\0\0\0", 16);
	append(&flat, NULL, MAKE_PAGE - 16);
	uint64_t type_and_version = htobe64(1);
	memcpy(flat.data + 16, &type_and_version, 8);
	memcpy(flat.data + 24, &type_and_version, 8);
	/* The tail first, so that the stream is not in order; the last segment is written wrong and then right. */
	size_t last = (dump.len - 1) / segment_len * segment_len;
	for (size_t offset = last;; offset -= segment_len) {
		size_t len = kd_min(segment_len, dump.len - offset);
		if (offset == last && last) {
			uint8_t *wrong = malloc(len);
			assert(wrong);
			memset(wrong, 0x5a, len);
			add_segment(&flat, offset, wrong, len);
			free(wrong);
		}
		/* The header goes out first, as every writer does. */
		if (offset == last && last)
			add_segment(&flat, 0, dump.data, segment_len);
		if (offset)
			add_segment(&flat, offset, dump.data + offset, len);
		else if (!last)
			add_segment(&flat, 0, dump.data, len);
		if (!offset)
			break;
	}
	uint64_t end[] = { UINT64_MAX, UINT64_MAX };
	append(&flat, end, sizeof(end));
	return flat;
}

static char folder[64];
static char paths[64][128];
static size_t path_nr;

const char *make_file(const char *name, const void *data, size_t len)
{
	if (!*folder) {
		strcpy(folder, "/tmp/kd-test-XXXXXX");
		assert(mkdtemp(folder));
	}
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	size_t at = 0;
	while (at < path_nr && strcmp(paths[at], path))
		at++;
	if (at == path_nr) {
		assert(path_nr < KD_ARRAY_NR(paths));
		strcpy(paths[path_nr++], path);
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert(fd >= 0);
	for (size_t done = 0; done < len;) {
		ssize_t part = write(fd, (const char *)data + done, len - done);
		assert(part > 0);
		done += (size_t)part;
	}
	close(fd);
	return paths[at];
}

const char *make_text(const char *name, const char *text)
{
	const char *path = make_file(name, "", 0);
	char command[512];
	int len = snprintf(command, sizeof(command), "%s tools/dumptext - >%s", KD_PYTHON, path);
	assert(len > 0 && (size_t)len < sizeof(command));
	FILE *maker = popen(command, "w");
	assert(maker && fputs(text, maker) >= 0);
	assert(!pclose(maker));
	return path;
}

void make_clean(void)
{
	for (size_t i = 0; i < path_nr; i++)
		unlink(paths[i]);
	if (*folder)
		rmdir(folder);
	path_nr = 0;
	*folder = 0;
}
