/*
 * The ground truth: what /proc says just before the crash, as a tar archive
 * written straight to a raw disk, so that taking it changes little.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

static struct {
	int fd;
	size_t used;
	char data[1 << 20] __attribute__((aligned(4096)));
} disk;

static void flush(void)
{
	size_t done = 0;

	while (done < disk.used) {
		ssize_t nr = write(disk.fd, disk.data + done, disk.used - done);

		if (nr <= 0) {
			complain("the truth's disk is full");
			exit(1);
		}
		done += nr;
	}
	disk.used = 0;
}

static void emit(const void *data, size_t len)
{
	while (len) {
		size_t room = sizeof(disk.data) - disk.used;
		size_t nr = len < room ? len : room;

		memcpy(disk.data + disk.used, data, nr);
		disk.used += nr;
		data = (const char *)data + nr;
		len -= nr;
		if (disk.used == sizeof(disk.data))
			flush();
	}
}

/* One tar member with a ustar header; names here are far below 100 bytes. */
static void member(const char *name, const void *data, size_t len)
{
	static const char zeros[512];
	char header[512] = "";
	unsigned int sum = 0;

	if (*name == '/')
		name++;
	snprintf(header, 100, "%s", name);
	snprintf(header + 100, 8, "%07o", 0644);
	snprintf(header + 108, 8, "%07o", 0);
	snprintf(header + 116, 8, "%07o", 0);
	snprintf(header + 124, 12, "%011zo", len);
	snprintf(header + 136, 12, "%011o", 0);
	memset(header + 148, ' ', 8);
	header[156] = '0';
	memcpy(header + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(header); i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum);
	emit(header, sizeof(header));
	emit(data, len);
	emit(zeros, -len & 511);
}

static void file(const char *path)
{
	static char *data;
	static size_t room;
	size_t len = 0;
	ssize_t nr;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	for (;;) {
		if (room - len < 65536) {
			char *more = realloc(data, room + (room / 2) + 262144);

			if (!more)
				break;
			data = more;
			room += room / 2 + 262144;
		}
		nr = read(fd, data + len, room - len);
		if (nr <= 0)
			break;
		len += nr;
	}
	close(fd);
	member(path, data, len);
}

/* A folder of links (fd, ns) becomes one member with "name -> target" lines. */
static void links(const char *path)
{
	char *text = NULL, target[PATH_MAX], name[PATH_MAX];
	struct dirent *entry;
	size_t len = 0;
	FILE *out;
	DIR *dir = opendir(path);

	if (!dir)
		return;
	out = open_memstream(&text, &len);
	while ((entry = readdir(dir))) {
		ssize_t nr;

		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		nr = readlink(name, target, sizeof(target) - 1);
		if (nr < 0)
			continue;
		target[nr] = '\0';
		fprintf(out, "%s -> %s\n", entry->d_name, target);
	}
	closedir(dir);
	fclose(out);
	member(path, text, len);
	free(text);
}

static void walk(const char *path, int depth)
{
	struct dirent *entry;
	DIR *dir = opendir(path);

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		char name[PATH_MAX];
		struct stat st;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (lstat(name, &st))
			continue;
		if (S_ISDIR(st.st_mode) && depth)
			walk(name, depth - 1);
		else if (S_ISREG(st.st_mode))
			file(name);
	}
	closedir(dir);
}

static void each(const char *folder, const char *const *names)
{
	char path[PATH_MAX];

	for (; *names; names++) {
		snprintf(path, sizeof(path), "%s/%s", folder, *names);
		file(path);
	}
}

static void tasks(void)
{
	static const char *const of_process[] = {
		"status", "stat", "cmdline", "maps", "limits", "cgroup", "mountinfo",
		"oom_score_adj", "statm", "io", NULL,
	};
	static const char *const of_thread[] = {
		"stat", "status", "comm", "wchan", "stack", "syscall", "sched", NULL,
	};
	struct dirent *process, *thread;
	DIR *proc = opendir("/proc"), *dir;

	while ((process = readdir(proc))) {
		char path[300], name[600];

		if (!strspn(process->d_name, "0123456789"))
			continue;
		snprintf(path, sizeof(path), "/proc/%s", process->d_name);
		each(path, of_process);
		snprintf(name, sizeof(name), "%s/fd", path);
		links(name);
		snprintf(name, sizeof(name), "%s/ns", path);
		links(name);
		snprintf(name, sizeof(name), "%s/task", path);
		dir = opendir(name);
		if (!dir)
			continue;
		while ((thread = readdir(dir))) {
			if (!strspn(thread->d_name, "0123456789"))
				continue;
			snprintf(name, sizeof(name), "%s/task/%s", path, thread->d_name);
			each(name, of_thread);
		}
		closedir(dir);
	}
	closedir(proc);
}

static void log_buffer(void)
{
	int len = klogctl(10, NULL, 0); /* SYSLOG_ACTION_SIZE_BUFFER */
	char *text = len > 0 ? malloc(len) : NULL;

	len = text ? klogctl(3, text, len) : -1; /* SYSLOG_ACTION_READ_ALL */
	if (len >= 0)
		member("dmesg", text, len);
	free(text);
}

/* truth DISK [FOLDER]: /proc, parts of /sys and what is already in FOLDER. */
int truth_main(int argc, char **argv)
{
	static const char *const of_system[] = {
		"mounts", "self/mountinfo", "modules", "kallsyms", "meminfo", "vmstat",
		"slabinfo", "zoneinfo", "buddyinfo", "pagetypeinfo", "interrupts", "softirqs",
		"timer_list", "locks", "partitions", "diskstats", "swaps", "cmdline", "version",
		"uptime", "loadavg", "stat", "cpuinfo", "iomem", "ioports", "devices",
		"filesystems", "cgroups", "consoles", "crypto", "mdstat", "schedstat", "misc",
		"vmallocinfo", "key-users", "keys", "sysvipc/msg", "sysvipc/sem", "sysvipc/shm",
		"fs/ext4/vdc/options", "fs/nfsd/exports", NULL,
	};
	char eof[1024] = "";

	if (argc < 2 || (disk.fd = open(argv[1], O_WRONLY | O_CLOEXEC)) < 0)
		return complain("no disk for the truth"), 1;
	if (argc > 2)
		walk(argv[2], 1);
	each("/proc", of_system);
	walk("/proc/self/net", 2);
	walk("/proc/sys/kernel", 0);
	walk("/proc/sys/vm", 0);
	walk("/sys/kernel/debug/sched", 0);
	walk("/sys/kernel/debug/bdi", 1);
	walk("/sys/kernel/mm/hugepages", 1);
	walk("/sys/fs/cgroup", 3);
	walk("/sys/kernel/notes", 0);
	file("/sys/kernel/vmcoreinfo");
	file("/sys/kernel/notes");
	links("/sys/class/net");
	links("/sys/class/block");
	links("/sys/class/scsi_host");
	tasks();
	log_buffer();
	emit(eof, sizeof(eof));
	flush();
	if (fsync(disk.fd))
		return complain("the truth's disk"), 1;
	close(disk.fd);
	return 0;
}
