/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is no dump, or none that pykd reads, is refused by name; damage in headers never does more than that. */
#include <assert.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dump/dump.h"
#include "make_dump.h"

static void expect(const char *path, enum kd_error_code code, const char *part)
{
	struct kd_dump *dump = NULL;
	struct kd_error *err = kd_dump_open(&path, 1, NULL, &dump);
	if (!err || err->code != code || !strstr(err->message, part)) {
		fprintf(stderr, "%s: expected \"%s\" (%d), got \"%s\" (%d)\n", path, part, code,
			err ? err->message : "success", err ? (int)err->code : -1);
		abort();
	}
	assert(strstr(err->message, path) && err->path && !strcmp(err->path, path));
	assert(!strchr(err->message, '\n'));
	kd_error_destroy(err);
}

static void test_magics(void)
{
	static const struct {
		const char *bytes;
		size_t offset, len;
		const char *part;
	} files[] = {
#define FILE_OF(offset, text, part) { text, offset, sizeof(text) - 1, part }
		FILE_OF(0, "LibvirtQemudPart", "virsh dump --memory-only"),
		FILE_OF(0, "\xd0\xbe\xd2\xbe", "vmss2core"),
		FILE_OF(0, "\xee\xeb\x0f\xf0", "Xen HVM domain core"),
		FILE_OF(0, "LinuxGuestRecord", "Xen save file"),
		FILE_OF(0, "PAGEDU64", "Windows crash dump"),
		FILE_OF(0, "\x1f\x8b\x08", "gunzip"),
		FILE_OF(0,
			"\xfd"
			"7zXZ\0",
			"unxz"),
		FILE_OF(0, "\x28\xb5\x2f\xfd", "unzstd"),
		FILE_OF(0, "BZh91AY", "bunzip2"),
		FILE_OF(0, "PK\3\4", "unzip"),
		FILE_OF(257, "ustar", "tar xf"),
		FILE_OF(4086, "S1SUSPEND", "hibernation"),
	};
	for (size_t i = 0; i < KD_ARRAY_NR(files); i++) {
		uint8_t bytes[8192] = { 1 };
		memcpy(bytes + files[i].offset, files[i].bytes, files[i].len);
		expect(make_file("magic", bytes, sizeof(bytes)), KD_ERROR_UNSUPPORTED, files[i].part);
	}
}

static void test_not_a_dump(void)
{
	static const uint8_t zeros[8192];
	static const char text[] = "[    0.000000] Linux version 6.1.0\n";
	expect(make_file("empty", "", 0), KD_ERROR_FORMAT, "is empty");
	expect(make_file("text", text, sizeof(text) - 1), KD_ERROR_FORMAT, "is a text file");
	expect(make_file("zeros", zeros, sizeof(zeros)), KD_ERROR_FORMAT, "zero bytes");
	expect(make_file("noise", "\1\2\3\4\5", 5), KD_ERROR_FORMAT, "no dump format");
	expect("/tmp", KD_ERROR_FORMAT, "is a directory");
	expect("/nonexistent/vmcore", KD_ERROR_OS, "No such file");
	expect("/proc/kcore", access("/proc/kcore", R_OK) ? KD_ERROR_OS : KD_ERROR_UNSUPPORTED,
	       access("/proc/kcore", R_OK) ? "cannot open" : "--live");
	if (geteuid()) {
		const char *path = make_file("secret", text, sizeof(text));
		assert(!chmod(path, 0));
		expect(path, KD_ERROR_OS, "Permission denied");
	}
}

/** Section headers are nothing that a kernel's dump needs: those of a wrong length are none. */
static void test_section_headers(const struct make_bytes *elf)
{
	static const uint16_t lengths[] = { 0, 1, 63 };
	Elf64_Ehdr header;
	memcpy(&header, elf->data, sizeof(header));
	for (size_t i = 0; i < KD_ARRAY_NR(lengths); i++) {
		Elf64_Ehdr bad = header;
		bad.e_shoff = elf->len - 1;
		bad.e_shnum = 1;
		bad.e_shentsize = lengths[i];
		memcpy(elf->data, &bad, sizeof(bad));
		const char *path = make_file("sections", elf->data, elf->len);
		struct kd_dump *dump;
		assert(!kd_dump_open(&path, 1, NULL, &dump));
		kd_dump_close(dump);
	}
	memcpy(elf->data, &header, sizeof(header));
}

/** What libkdumpfile had made of a dump before it found a note that it refuses goes, once. */
static void test_refused_note(void)
{
	struct make_machine machine = { .vmcoreinfo = "OSRELEASE=6.0.0-test\nPAGESIZE=12288\n" };
	make_page(&machine, 1);
	struct make_bytes kdump = make_kdump(&machine, 0, 0, MAKE_PAGES);
	expect(make_file("page-size", kdump.data, kdump.len), KD_ERROR_FORMAT, "PAGESIZE");
	free(kdump.data);
	make_machine_deinit(&machine);
}

static void test_elf(void)
{
	struct make_machine machine = {};
	make_page(&machine, 1);
	struct make_bytes elf = make_elf(&machine);
	test_section_headers(&elf);
	uint8_t type = elf.data[16];
	elf.data[16] = 2;
	expect(make_file("vmlinux", elf.data, elf.len), KD_ERROR_UNSUPPORTED, "vmlinux");
	elf.data[16] = 1;
	expect(make_file("module.ko", elf.data, elf.len), KD_ERROR_UNSUPPORTED, "kernel module");
	elf.data[16] = type;
	expect(make_file("short", elf.data, 40), KD_ERROR_FORMAT, "truncated");
	expect(make_file("short", elf.data, 70), KD_ERROR_FORMAT, "truncated");
	elf.data[4] = 1;
	expect(make_file("i386", elf.data, elf.len), KD_ERROR_UNSUPPORTED, "32-bit");
	elf.data[4] = 2;
	elf.data[54] = 17; /* e_phentsize */
	expect(make_file("bad", elf.data, elf.len), KD_ERROR_FORMAT, "program header");
	free(elf.data);

	static char text[100000];
	memset(text, 'K', sizeof(text) - 1);
	machine.vmcoreinfo = text;
	elf = make_elf(&machine);
	expect(make_file("long", elf.data, elf.len), KD_ERROR_FORMAT, "damaged VMCOREINFO");
	free(elf.data);

	memset(text, '.', 2000);
	strcpy(text + 2000, "=1\n");
	elf = make_elf(&machine);
	expect(make_file("key", elf.data, elf.len), KD_ERROR_FORMAT, "a key of it has 2000 bytes");
	free(elf.data);

	/* Notes without registers, but very many. */
	enum { NR = 20000 };
	static struct {
		Elf64_Ehdr header;
		Elf64_Phdr segment;
		struct {
			Elf64_Nhdr header;
			char name[8];
		} notes[NR];
	} many = {
		.header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			    .e_type = ET_CORE,
			    .e_machine = EM_X86_64,
			    .e_phoff = sizeof(Elf64_Ehdr),
			    .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = 1 },
		.segment = { .p_type = PT_NOTE,
			     .p_offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
			     .p_filesz = sizeof(many.notes) },
	};
	for (size_t i = 0; i < NR; i++) {
		many.notes[i].header = (Elf64_Nhdr){ .n_namesz = 5, .n_type = NT_PRSTATUS };
		strcpy(many.notes[i].name, "CORE");
	}
	expect(make_file("cpus", &many, sizeof(many)), KD_ERROR_FORMAT, "number of CPUs");
	make_machine_deinit(&machine);
}

static void test_parts(void)
{
	/* Of another host's dump. */
	const char *paths[] = { make_text("first", "cpu rip=0x1000\npart 0 2000\n"),
				make_text("second", "uts nodename=other\ncpu rip=0x1000\npart 2000 8192\n") };
	struct kd_dump *opened;
	struct kd_error *err = kd_dump_open(paths, 2, NULL, &opened);
	assert(err && err->code == KD_ERROR_VALUE && strstr(err->message, "not part of the same dump"));
	kd_error_destroy(err);
}

static void test_kdump(void)
{
	struct make_machine machine = { .cpu_nr = 1 };
	make_page(&machine, 1);
	struct make_bytes dump = make_kdump(&machine, 0, 0, MAKE_PAGES);
	expect(make_file("short", dump.data, 300), KD_ERROR_FORMAT, "truncated");
	expect(make_file("short", dump.data, 5000), KD_ERROR_FORMAT, "page bitmaps");
	struct make_bytes flat = make_flattened(dump, 1 << 20);
	expect(make_file("short", flat.data, 4096), KD_ERROR_FORMAT, "truncated");
	expect(make_file("short", flat.data, 4200), KD_ERROR_FORMAT, "truncated");
	free(flat.data);

	const char *whole = make_file("whole", dump.data, dump.len);
	const char *twice[] = { whole, whole };
	struct kd_dump *opened;
	struct kd_error *err = kd_dump_open(twice, 2, NULL, &opened);
	assert(err && err->code == KD_ERROR_VALUE && strstr(err->message, "split set"));
	kd_error_destroy(err);

	/* Numbers that cannot be. */
	static const struct {
		size_t offset;
		uint32_t value;
	} wrong[] = {
		{ 428, 3 },	   { 428, 0x80000000 },	    { 432, 0xffffffff },     { 436, 0xffffffff },
		{ 8, 0xfffffff0 }, { 4096 + 56, 1u << 30 }, { 4096 + 52, 1u << 30 },
	};
	for (size_t i = 0; i < KD_ARRAY_NR(wrong); i++) {
		uint8_t saved[4];
		memcpy(saved, dump.data + wrong[i].offset, 4);
		memcpy(dump.data + wrong[i].offset, &wrong[i].value, 4);
		const char *path = make_file("wrong", dump.data, dump.len);
		err = kd_dump_open(&path, 1, NULL, &opened);
		if (!err || err->code != KD_ERROR_FORMAT) {
			fprintf(stderr, "header field at %zu: %s\n", wrong[i].offset, err ? err->message : "accepted");
			abort();
		}
		kd_error_destroy(err);
		memcpy(dump.data + wrong[i].offset, saved, 4);
	}
	free(dump.data);
	make_machine_deinit(&machine);
}

int main(void)
{
	test_magics();
	test_not_a_dump();
	test_elf();
	test_refused_note();
	test_kdump();
	test_parts();
	make_clean();
	puts("ok dump_refuse");
	return 0;
}
