/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/probe.h"

#include <elf.h>
#include <string.h>

#include "base/order.h"
#include "dump/running.h"

#define MAKE_A_DUMP "take the dump with kdump, or with QEMU's dump-guest-memory"
#define CONVERT_VIRSH "dump again with: virsh dump --memory-only --format=kdump-zlib DOMAIN FILE"
#define CONVERT_XEN "dump again with: xl dump-core (an ELF file), or use kdump inside the guest"

struct magic {
	uint32_t offset;
	uint8_t len;
	const char *bytes;
	const char *name;
	const char *advice; /* NULL: pykd reads it */
	enum kd_container container;
};

#define MAGIC(offset, text) (offset), sizeof(text) - 1, (text)

/* Longer and more certain ones first. */
static const struct magic magics[] = {
	{ MAGIC(0, "KDUMP   "), "kdump-compressed dump", NULL, KD_CONTAINER_KDUMP },
	{ MAGIC(0, "DISKDUMP"), "diskdump dump", NULL, KD_CONTAINER_KDUMP },
	{ MAGIC(0, "makedumpfile\0\0\0\0"), "flattened dump", NULL, KD_CONTAINER_KDUMP },
	{ MAGIC(0, "\177ELF"), "ELF core", NULL, KD_CONTAINER_ELF },
	{ MAGIC(0, "sadump\0\0"), "SADUMP dump", NULL, KD_CONTAINER_OTHER },
	{ MAGIC(4096, "sadump\0\0"), "SADUMP dump on backup media", NULL, KD_CONTAINER_OTHER },
	{ MAGIC(0, "\xed\x23\x8f\x61\x73\x01\x19\xa8"), "LKCD dump", NULL, KD_CONTAINER_OTHER },
	{ MAGIC(0, "\xa8\x19\x01\x73\x61\x8f\x23\xed"), "LKCD dump", NULL, KD_CONTAINER_OTHER },
	{ MAGIC(0, "\xa8\x19\x01\x73\x61\x8f\x23\xfd"), "s390 stand-alone dump", NULL, KD_CONTAINER_OTHER },
	{ MAGIC(0, "EMiL"), "LiME memory image", NULL, KD_CONTAINER_LIME },
	{ MAGIC(0, "AVML"), "AVML memory image", NULL, KD_CONTAINER_AVML },

	{ MAGIC(0, "QEVM"), "QEMU migration stream", NULL, KD_CONTAINER_QEMU },
	{ MAGIC(0, "LibvirtQemudSave"), "libvirt save file", NULL, KD_CONTAINER_LIBVIRT },
	{ MAGIC(0, "LibvirtQemudPart"), "libvirt save file, incomplete", CONVERT_VIRSH, 0 },
	{ MAGIC(0, "QFI\xfb"), "qcow2 disk image", MAKE_A_DUMP, 0 },
	{ MAGIC(0, "\xd0\xbe\xd2\xbe"), "VMware suspend file (vmss)", NULL, KD_CONTAINER_VMWARE },
	{ MAGIC(0, "\xd1\xba\xd1\xba"), "VMware snapshot file (vmsn)", NULL, KD_CONTAINER_VMWARE },
	{ MAGIC(0, "\xd2\xbe\xd2\xbe"), "VMware suspend or snapshot file (vmss, vmsn)", NULL, KD_CONTAINER_VMWARE },
	{ MAGIC(0, "\xd2\xba\xd2\xba"), "VMware snapshot file (vmsn)", NULL, KD_CONTAINER_VMWARE },
	{ MAGIC(0, "\xd3\xbe\xd3\xbe"), "VMware suspend or snapshot file (vmss, vmsn)", NULL, KD_CONTAINER_VMWARE },
	{ MAGIC(0, "\xed\xeb\x0f\xf0"), "Xen domain core", CONVERT_XEN, 0 },
	{ MAGIC(0, "\xee\xeb\x0f\xf0"), "Xen HVM domain core", CONVERT_XEN, 0 },
	{ MAGIC(0, "LinuxGuestRecord"), "Xen save file", CONVERT_XEN, 0 },
	{ MAGIC(0, "\xff\xff\xff\xff\xff\xff\xff\xffXENF"), "Xen save file", CONVERT_XEN, 0 },
	{ MAGIC(0, "\xdd\xcc\x8b\x9a"), "Mission Critical Linux dump", MAKE_A_DUMP, 0 },
	{ MAGIC(0, "PAGEDU64"), "Windows crash dump", "pykd reads dumps of Linux", 0 },
	{ MAGIC(0, "PAGEDUMP"), "Windows crash dump", "pykd reads dumps of Linux", 0 },
	{ MAGIC(0, "MDMP"), "Windows minidump", "pykd reads dumps of Linux", 0 },
	{ MAGIC(4086, "S1SUSPEND"), "swap area with a hibernation image", MAKE_A_DUMP, 0 },
	{ MAGIC(4086, "SWAPSPACE2"), "swap area", MAKE_A_DUMP, 0 },

	{ MAGIC(0, "\x1f\x8b"), "gzip-compressed file", "decompress it first: gunzip FILE", 0 },
	{ MAGIC(0, "\xfd"
		   "7zXZ\0"),
	  "xz-compressed file", "decompress it first: unxz FILE", 0 },
	{ MAGIC(0, "\x28\xb5\x2f\xfd"), "zstd-compressed file", "decompress it first: unzstd FILE", 0 },
	{ MAGIC(0, "BZh"), "bzip2-compressed file", "decompress it first: bunzip2 FILE", 0 },
	{ MAGIC(0, "\x04\x22\x4d\x18"), "lz4-compressed file", "decompress it first: unlz4 FILE", 0 },
	{ MAGIC(0, "\x89LZO\0\r\n\x1a\n"), "lzop-compressed file", "decompress it first: lzop -d FILE", 0 },
	{ MAGIC(0, "7z\xbc\xaf\x27\x1c"), "7-Zip archive", "unpack it first: 7z x FILE", 0 },
	{ MAGIC(0, "PK\3\4"), "zip archive", "unpack it first: unzip FILE", 0 },
	{ MAGIC(257, "ustar"), "tar archive", "unpack it first: tar xf FILE", 0 },
	{ MAGIC(0, "!<arch>\n"), "ar archive", "give the dump file itself", 0 },
};

static const struct magic *find_magic(const uint8_t *head, size_t len)
{
	for (size_t i = 0; i < KD_ARRAY_NR(magics); i++) {
		const struct magic *magic = &magics[i];
		if (magic->offset + magic->len <= len && !memcmp(head + magic->offset, magic->bytes, magic->len))
			return magic;
	}
	return NULL;
}

static bool is_text(const uint8_t *head, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		/* Printable ASCII, UTF-8, and the usual white space. */
		if (head[i] < 0x20 && !memchr("\t\n\r\f\033\b", head[i], 6))
			return false;
	}
	return true;
}

static struct kd_error *check_elf(const struct kd_file *file, const uint8_t *head, size_t len)
{
	const char *path = file->path;
	if (len < sizeof(Elf64_Ehdr))
		return kd_error_create_file(KD_ERROR_FORMAT, path, "%s is truncated: it ends inside its ELF header",
					    path);
	if (head[EI_CLASS] != ELFCLASS64 && head[EI_CLASS] != ELFCLASS32)
		return kd_error_create_file(KD_ERROR_FORMAT, path, "%s has a damaged ELF header: class %u", path,
					    head[EI_CLASS]);
	const enum kd_order order = head[EI_DATA] == ELFDATA2MSB ? KD_BIG : KD_LITTLE;
	uint16_t type = kd_load_u16(order, head + offsetof(Elf64_Ehdr, e_type));
	if (type == ET_CORE)
		return NULL;
	const char *what =
		type == ET_REL ? "an ELF object, perhaps a kernel module" : "an ELF executable, perhaps a vmlinux";
	return kd_error_create_file(KD_ERROR_UNSUPPORTED, path, "%s is %s, not a dump; give the vmcore", path, what);
}

static struct kd_error *refuse_unknown(const struct kd_file *file, const uint8_t *head, size_t len)
{
	const char *path = file->path;
	if (is_text(head, len))
		return kd_error_create_file(KD_ERROR_FORMAT, path, "%s is a text file, not a dump; give the vmcore",
					    path);
	size_t zeros = 0;
	while (zeros < len && !head[zeros])
		zeros++;
	if (zeros == len)
		return kd_error_create_file(KD_ERROR_FORMAT, path,
					    "%s starts with %zu zero bytes, not with a dump's header; was copying it "
					    "interrupted? If it is raw memory, say of which physical address: %s@0x0",
					    path, zeros, path);
	return kd_error_create_file(KD_ERROR_FORMAT, path,
				    "%s is in no dump format that pykd knows; is it the vmcore? If it is raw memory, "
				    "say of which physical address: %s@0x0",
				    path, path);
}

/** Memory may begin with anything: its name tells. */
static bool is_vmem(const char *path)
{
	const char *dot = strrchr(path, '.');
	return dot && !strcmp(dot, ".vmem");
}

struct kd_error *kd_probe(struct kd_file *file, bool live, enum kd_container *ret)
{
	const char *path = file->path;
	bool devmem = !strcmp(path, "/dev/mem") || !strcmp(path, "/dev/crash");
	if (devmem || (!live && kd_running_is_kcore(file)))
		return kd_error_create_file(KD_ERROR_UNSUPPORTED, path,
					    "%s is the running kernel, not a dump; pykd --live opens that", path);

	uint8_t head[4096 + 16];
	size_t len;
	struct kd_error *err = kd_file_read(file, 0, head, sizeof(head), &len);
	if (err)
		return err;
	if (!len)
		return kd_error_create_file(KD_ERROR_FORMAT, path, "%s holds no data", path);
	if (is_vmem(path)) {
		*ret = KD_CONTAINER_VMEM;
		return NULL;
	}
	const struct magic *magic = find_magic(head, len);
	if (!magic)
		return refuse_unknown(file, head, len);
	if (magic->advice)
		return kd_error_create_file(KD_ERROR_UNSUPPORTED, path, "%s is a %s, which pykd does not read; %s",
					    path, magic->name, magic->advice);
	if (live && magic->container != KD_CONTAINER_ELF)
		return kd_error_create_file(KD_ERROR_UNSUPPORTED, path,
					    "%s is a dump, not the running kernel; leave out --live", path);
	if (magic->container == KD_CONTAINER_ELF) {
		err = check_elf(file, head, len);
		if (err)
			return err;
	}
	file->flattened = !strcmp(magic->bytes, "makedumpfile");
	*ret = magic->container;
	return NULL;
}
