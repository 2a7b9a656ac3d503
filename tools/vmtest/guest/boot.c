/* Modules in, crash kernel in, core out. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/kexec.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

/* modules LIST: insert the files that LIST names, one "path [parameters]" a line. */
int modules_main(int argc, char **argv)
{
	char line[512];
	FILE *list;

	if (argc != 2 || !(list = fopen(argv[1], "re")))
		return complain("no list of modules"), 1;
	while (fgets(line, sizeof(line), list)) {
		char *parameters;
		int fd;

		line[strcspn(line, "\n")] = '\0';
		parameters = strchr(line, ' ');
		if (parameters)
			*parameters++ = '\0';
		fd = open(line, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || syscall(SYS_finit_module, fd, parameters ? parameters : "", 0))
			complain("module %s", line);
		if (fd >= 0)
			close(fd);
	}
	fclose(list);
	return 0;
}

/* arm KERNEL INITRD CMDLINE: load the kernel that runs after a crash. */
int arm_main(int argc, char **argv)
{
	int kernel, initrd;

	if (argc != 4)
		return complain("arm KERNEL INITRD CMDLINE"), 2;
	kernel = open(argv[1], O_RDONLY | O_CLOEXEC);
	initrd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (kernel < 0 || initrd < 0)
		return complain("cannot open %s and %s", argv[1], argv[2]), 1;
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[3]) + 1, argv[3],
		    KEXEC_FILE_ON_CRASH))
		return complain("kexec_file_load"), 1;
	return 0;
}

#define BLOCK (1 << 20)

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t nr = write(fd, data, len);

		if (nr <= 0)
			return -1;
		data += nr;
		len -= nr;
	}
	return 0;
}

/*
 * save DISK: in the crash kernel, copy /proc/vmcore to a raw disk. The last
 * sector of the disk tells its length, so that a copy cut short has none.
 */
int save_main(int argc, char **argv)
{
	static char block[BLOCK] __attribute__((aligned(4096)));
	uint64_t total = 0;
	char sector[512] = "";
	int core, disk;
	off_t end;

	if (argc != 2)
		return complain("save DISK"), 2;
	core = open("/proc/vmcore", O_RDONLY);
	disk = open(argv[1], O_RDWR);
	if (core < 0 || disk < 0)
		return complain("cannot open /proc/vmcore and %s", argv[1]), 1;
	for (;;) {
		size_t have = 0;
		ssize_t nr = 0;

		while (have < sizeof(block) &&
		       (nr = read(core, block + have, sizeof(block) - have)) > 0)
			have += nr;
		if (nr < 0)
			return complain("/proc/vmcore at %#llx", (unsigned long long)total), 1;
		if (have && write_all(disk, block, (have + 511) & ~511UL))
			return complain("%s at %#llx", argv[1], (unsigned long long)total), 1;
		total += have;
		if (have < sizeof(block))
			break;
	}
	snprintf(sector, sizeof(sector), "VMTEST-CORE %llu\n", (unsigned long long)total);
	end = lseek(disk, 0, SEEK_END);
	if (end < 512 || pwrite(disk, sector, sizeof(sector), end - 512) != sizeof(sector) ||
	    fsync(disk))
		return complain("cannot close %s", argv[1]), 1;
	return 0;
}

/* freeze FOLDER: writers to its file system sleep uninterruptibly from now on. */
int freeze_main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;

	if (fd < 0 || ioctl(fd, FIFREEZE, 0))
		return complain("freeze"), 1;
	return 0;
}
