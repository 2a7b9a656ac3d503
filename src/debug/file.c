/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libelf and libdw want the whole file in memory. They get the addresses of it: memory of the file's size that nobody
 * has touched, into which those sections are read that somebody asks for. What was not read is zeros and costs nothing.
 */
#include "debug/file.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dump/file.h"
#include "dump/notes.h"

/* Bounds against hostile files: the largest vmlinux has 1 GB, and 200 MB of .debug_info. */
#define FILE_LEN_MAX (64ull << 30)
#define LOAD_LEN_MAX (4ull << 30)     /* of all sections, decompressed */
#define SECTION_NR_MAX 100000u	      /* with -ffunction-sections a vmlinux.o has as many */
#define COMPRESSION_RATIO_MAX 200ull  /* debug sections shrink to a third, tables of zeros more */
#define COMPRESSION_FREE_LEN 1048576u /* less than this may have any ratio */

struct kd_debug_file {
	char *path;
	int fd;
	uint8_t *bytes; /* the whole file's addresses; what was not read is zeros */
	size_t len;
	Elf *elf;
	enum kd_order order;
	char build_id[2 * KD_DEBUG_BUILD_ID_MAX + 1];
	bool *loaded; /* by section */
	size_t section_nr;
	uint64_t loaded_len;
};

static struct kd_error *damaged(const struct kd_debug_file *file, const char *what)
{
	return kd_error_create_file(KD_ERROR_FORMAT, file->path, "%s: %s", file->path, what);
}

/** Read bytes of the file into their place. */
static struct kd_error *read_range(struct kd_debug_file *file, uint64_t offset, uint64_t len)
{
	if (offset > file->len || len > file->len - offset)
		return damaged(file, "the file ends before its sections do: it is damaged or cut off");
	const struct kd_file whole = { .path = file->path, .fd = file->fd };
	size_t got;
	struct kd_error *err = kd_file_read(&whole, offset, file->bytes + offset, len, &got);
	if (!err && got < len)
		return damaged(file, "the file has become shorter since it was opened");
	return err;
}

static struct kd_error *read_headers(struct kd_debug_file *file)
{
	struct kd_error *err = file->len < sizeof(Elf64_Ehdr) ? damaged(file, "not an ELF file")
							      : read_range(file, 0, sizeof(Elf64_Ehdr));
	if (err)
		return err;
	if (memcmp(file->bytes, ELFMAG, SELFMAG))
		return damaged(file, "not an ELF file");
	if (file->bytes[EI_CLASS] != ELFCLASS64 ||
	    (file->bytes[EI_DATA] != ELFDATA2LSB && file->bytes[EI_DATA] != ELFDATA2MSB))
		return damaged(file, "not an ELF file of 64 bits");
	file->order = file->bytes[EI_DATA] == ELFDATA2LSB ? KD_LITTLE : KD_BIG;

	const uint8_t *header = file->bytes;
	uint64_t offset = kd_load_u64(file->order, header + offsetof(Elf64_Ehdr, e_shoff));
	uint64_t nr = kd_load_u16(file->order, header + offsetof(Elf64_Ehdr, e_shnum));
	if (!offset || kd_load_u16(file->order, header + offsetof(Elf64_Ehdr, e_shentsize)) != sizeof(Elf64_Shdr) ||
	    offset % 8)
		return damaged(file, "an ELF file without a table of sections");
	err = read_range(file, offset, sizeof(Elf64_Shdr));
	/* More than 65,279 sections are counted in the first. */
	if (!err && !nr)
		nr = kd_load_u64(file->order, file->bytes + offset + offsetof(Elf64_Shdr, sh_size));
	if (!err && (!nr || nr > SECTION_NR_MAX))
		err = damaged(file, "an ELF file with an impossible number of sections");
	return err ? err : read_range(file, offset, nr * sizeof(Elf64_Shdr));
}

/** One section's own bytes; those of a compressed one are decompressed by who asks libelf. */
static struct kd_error *load_section(struct kd_debug_file *file, Elf_Scn *section, const GElf_Shdr *header)
{
	size_t number = elf_ndxscn(section);
	if (number >= file->section_nr || file->loaded[number] || header->sh_type == SHT_NOBITS || !header->sh_size)
		return NULL;
	uint64_t len = header->sh_size;
	struct kd_error *err = NULL;
	if (header->sh_flags & SHF_COMPRESSED) {
		GElf_Chdr compressed;
		if (header->sh_size < sizeof(Elf64_Chdr))
			return damaged(file, "a compressed section is cut off");
		err = read_range(file, header->sh_offset, sizeof(Elf64_Chdr));
		if (err)
			return err;
		const uint8_t *bytes = file->bytes + header->sh_offset;
		compressed.ch_size = kd_load_u64(file->order, bytes + offsetof(Elf64_Chdr, ch_size));
		if (compressed.ch_size > COMPRESSION_FREE_LEN &&
		    compressed.ch_size / COMPRESSION_RATIO_MAX > header->sh_size)
			return damaged(file, "a compressed section says that it is impossibly large");
		len += compressed.ch_size;
	}
	if (len > LOAD_LEN_MAX - file->loaded_len)
		return damaged(file, "its sections are larger than any kernel's");
	err = read_range(file, header->sh_offset, header->sh_size);
	if (err)
		return err;
	file->loaded_len += len;
	file->loaded[number] = true;
	return NULL;
}

struct kd_error *kd_debug_file_load(struct kd_debug_file *file, bool (*wanted)(const char *name))
{
	size_t names;
	if (elf_getshdrstrndx(file->elf, &names))
		return damaged(file, "an ELF file without names of sections");
	for (Elf_Scn *section = NULL; (section = elf_nextscn(file->elf, section));) {
		GElf_Shdr header;
		if (!gelf_getshdr(section, &header))
			return damaged(file, "a section's header is damaged");
		const char *name = elf_strptr(file->elf, names, header.sh_name);
		struct kd_error *err = name && wanted(name) ? load_section(file, section, &header) : NULL;
		if (err)
			return err;
	}
	return NULL;
}

Elf *kd_debug_file_elf(struct kd_debug_file *file)
{
	return file->elf;
}

static bool is_note(const char *name)
{
	return !strncmp(name, ".note", strlen(".note"));
}

bool kd_debug_build_id(const struct kd_note *note, char ret[2 * KD_DEBUG_BUILD_ID_MAX + 1])
{
	if (note->type != NT_GNU_BUILD_ID || note->name_len != sizeof("GNU") ||
	    memcmp(note->name, "GNU", sizeof("GNU")) || note->len > KD_DEBUG_BUILD_ID_MAX)
		return false;
	ret[0] = 0;
	for (size_t i = 0; i < note->len; i++)
		snprintf(ret + 2 * i, 3, "%02x", note->data[i]);
	return true;
}

/** The build-id is in a note, in .notes of a kernel or .note.gnu.build-id of a module. */
static struct kd_error *find_build_id(struct kd_debug_file *file)
{
	struct kd_error *err = kd_debug_file_load(file, is_note);
	if (err)
		return err;
	for (Elf_Scn *section = NULL; !file->build_id[0] && (section = elf_nextscn(file->elf, section));) {
		GElf_Shdr header;
		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_NOTE || !file->loaded[elf_ndxscn(section)])
			continue;
		Elf_Data *data = elf_getdata(section, NULL);
		GElf_Nhdr head;
		size_t name, description, offset = 0;
		while (data && (offset = gelf_getnote(data, offset, &head, &name, &description))) {
			const uint8_t *bytes = (const uint8_t *)data->d_buf;
			const struct kd_note note = { .type = head.n_type,
						      .name_len = head.n_namesz,
						      .len = head.n_descsz,
						      .name = bytes + name,
						      .data = bytes + description };
			if (kd_debug_build_id(&note, file->build_id))
				break;
		}
	}
	return NULL;
}

/** The names of sections, without which none is found. */
static struct kd_error *load_names(struct kd_debug_file *file)
{
	size_t names;
	GElf_Shdr header;
	if (elf_getshdrnum(file->elf, &file->section_nr) || elf_getshdrstrndx(file->elf, &names))
		return damaged(file, "an ELF file without names of sections");
	file->loaded = calloc(file->section_nr + 1, sizeof(*file->loaded));
	if (!file->loaded)
		return &kd_error_nomem;
	Elf_Scn *section = elf_getscn(file->elf, names);
	if (!section || !gelf_getshdr(section, &header))
		return damaged(file, "an ELF file without names of sections");
	return load_section(file, section, &header);
}

static struct kd_error *open_file(struct kd_debug_file *file)
{
	struct stat status;
	file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0 || fstat(file->fd, &status))
		return kd_error_create_os(errno, file->path, "%s: %s", file->path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return damaged(file, "not a file with debug info");
	file->len = status.st_size;
	if (!file->len || (uint64_t)status.st_size > FILE_LEN_MAX)
		return damaged(file, file->len ? "larger than any kernel" : "the file is empty");
	void *bytes = mmap(NULL, file->len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (bytes == MAP_FAILED)
		return &kd_error_nomem;
	file->bytes = bytes;
	struct kd_error *err = read_headers(file);
	if (err)
		return err;
	elf_version(EV_CURRENT);
	file->elf = elf_memory((char *)file->bytes, file->len);
	if (!file->elf || elf_kind(file->elf) != ELF_K_ELF)
		return damaged(file, "not an ELF file");
	err = load_names(file);
	return err ? err : find_build_id(file);
}

struct kd_error *kd_debug_file_open(const char *path, struct kd_debug_file **ret)
{
	struct kd_debug_file *file = calloc(1, sizeof(*file));
	if (!file)
		return &kd_error_nomem;
	file->fd = -1;
	file->path = strdup(path);
	struct kd_error *err = file->path ? open_file(file) : &kd_error_nomem;
	if (err) {
		kd_debug_file_close(file);
		return err;
	}
	*ret = file;
	return NULL;
}

void kd_debug_file_close(struct kd_debug_file *file)
{
	if (!file)
		return;
	elf_end(file->elf);
	if (file->bytes)
		munmap(file->bytes, file->len);
	if (file->fd >= 0)
		close(file->fd);
	free(file->loaded);
	free(file->path);
	free(file);
}

const char *kd_debug_file_path(const struct kd_debug_file *file)
{
	return file->path;
}

enum kd_order kd_debug_file_order(const struct kd_debug_file *file)
{
	return file->order;
}

const char *kd_debug_file_build_id(const struct kd_debug_file *file)
{
	return file->build_id;
}

/** The section of that name or, without one, of that type; NULL: none. */
static Elf_Scn *find_section(struct kd_debug_file *file, const char *wanted, GElf_Word type, GElf_Shdr *ret_header)
{
	size_t names;
	if (elf_getshdrstrndx(file->elf, &names))
		return NULL;
	for (Elf_Scn *section = NULL; (section = elf_nextscn(file->elf, section));) {
		if (!gelf_getshdr(section, ret_header))
			continue;
		const char *name = elf_strptr(file->elf, names, ret_header->sh_name);
		if (wanted ? name && !strcmp(name, wanted) : ret_header->sh_type == type)
			return section;
	}
	return NULL;
}

bool kd_debug_file_has(struct kd_debug_file *file, const char *name)
{
	GElf_Shdr header;
	return find_section(file, name, 0, &header) && header.sh_type != SHT_NOBITS && header.sh_size;
}

kd_vaddr kd_debug_file_section_address(struct kd_debug_file *file, const char *name)
{
	GElf_Shdr header;
	return find_section(file, name, 0, &header) ? header.sh_addr : 0;
}

struct kd_error *kd_debug_file_section(struct kd_debug_file *file, const char *name, const uint8_t **ret,
				       size_t *ret_len)
{
	GElf_Shdr header;
	*ret_len = 0;
	Elf_Scn *section = find_section(file, name, 0, &header);
	if (!section || header.sh_type == SHT_NOBITS)
		return NULL;
	struct kd_error *err = load_section(file, section, &header);
	if (err)
		return err;
	if (header.sh_flags & SHF_COMPRESSED && elf_compress(section, 0, 0) < 0)
		return damaged(file, "a compressed section does not decompress");
	Elf_Data *data = elf_rawdata(section, NULL);
	if (!data)
		return damaged(file, elf_errmsg(-1));
	*ret = data->d_buf;
	*ret_len = data->d_size;
	return NULL;
}

/** As nm prints it, as far as kallsyms and System.map tell symbols apart. */
static char symbol_type(struct kd_debug_file *file, const GElf_Sym *symbol)
{
	GElf_Shdr header;
	char type = '?';
	if (symbol->st_shndx == SHN_ABS) {
		type = 'a';
	} else if (GELF_ST_BIND(symbol->st_info) == STB_WEAK) {
		return GELF_ST_TYPE(symbol->st_info) == STT_OBJECT ? 'V' : 'W';
	} else {
		Elf_Scn *section = elf_getscn(file->elf, symbol->st_shndx);
		if (section && gelf_getshdr(section, &header))
			type = header.sh_flags & SHF_EXECINSTR	? 't'
			       : header.sh_type == SHT_NOBITS	? 'b'
			       : !(header.sh_flags & SHF_WRITE) ? 'r'
								: 'd';
	}
	return GELF_ST_BIND(symbol->st_info) == STB_LOCAL || type == '?' ? type : type - ('a' - 'A');
}

/** What scripts/mksysmap and scripts/kallsyms.c leave out: marks of compilers and of the build, not names. */
static bool is_name(const char *name)
{
	static const char *const prefixes[] = { "$", ".L", "L0", "__crc_", "__kstrtab", "__kcrctab", "__ksymtab_" };
	for (size_t i = 0; i < KD_ARRAY_NR(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return false;
	return *name;
}

struct kd_error *kd_debug_file_symbols(struct kd_debug_file *file, struct kd_debug_symbol **ret, size_t *ret_nr)
{
	GElf_Shdr header, strings_header;
	Elf_Scn *section = find_section(file, NULL, SHT_SYMTAB, &header);
	if (!section || header.sh_entsize != sizeof(Elf64_Sym))
		return kd_error_create_file(KD_ERROR_LOOKUP, file->path, "%s has no symbols", file->path);
	Elf_Scn *strings = elf_getscn(file->elf, header.sh_link);
	if (!strings || !gelf_getshdr(strings, &strings_header))
		return damaged(file, "its symbols have no names");
	struct kd_error *err = load_section(file, section, &header);
	if (!err)
		err = load_section(file, strings, &strings_header);
	if (err)
		return err;
	Elf_Data *data = elf_getdata(section, NULL);
	size_t nr = data ? data->d_size / sizeof(Elf64_Sym) : 0, kept = 0;
	KD_FREE struct kd_debug_symbol *symbols = calloc(nr + 1, sizeof(*symbols));
	if (!symbols)
		return &kd_error_nomem;
	for (size_t i = 0; i < nr && i < INT32_MAX; i++) {
		GElf_Sym symbol;
		if (!gelf_getsym(data, i, &symbol) || symbol.st_shndx == SHN_UNDEF ||
		    GELF_ST_TYPE(symbol.st_info) == STT_FILE || GELF_ST_TYPE(symbol.st_info) == STT_SECTION)
			continue;
		const char *name = elf_strptr(file->elf, header.sh_link, symbol.st_name);
		if (!name || !is_name(name))
			continue;
		symbols[kept++] = (struct kd_debug_symbol){ .name = name,
							    .address = symbol.st_value,
							    .size = symbol.st_size,
							    .type = symbol_type(file, &symbol),
							    .fixed = symbol.st_shndx == SHN_ABS };
	}
	if (!kept)
		return kd_error_create_file(KD_ERROR_LOOKUP, file->path, "%s has no symbols", file->path);
	*ret = kd_move_ptr(symbols);
	*ret_nr = kept;
	return NULL;
}

const struct kd_debug_symbol *kd_debug_symbol_named(const struct kd_debug_symbol *symbols, size_t nr, const char *name)
{
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(symbols[i].name, name))
			return &symbols[i];
	return NULL;
}
