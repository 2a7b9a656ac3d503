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

static void file_as(const char *path, const char *as)
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
		/* A sysctl refuses a buffer that kmalloc could not give. */
		nr = read(fd, data + len, 65536);
		if (nr <= 0)
			break;
		len += nr;
	}
	close(fd);
	member(as, data, len);
}

static void file(const char *path)
{
	file_as(path, path);
}

/* A folder of links (fd, ns) becomes one member @as with "name -> target" lines. */
static void links_as(const char *path, const char *as)
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
	member(as, text, len);
	free(text);
}

static void links(const char *path)
{
	links_as(path, path);
}

/* exe, cwd and root likewise. */
static void named_links(const char *folder)
{
	static const char *const names[] = { "exe", "cwd", "root" };
	char text[3 * PATH_MAX] = "", path[PATH_MAX], target[PATH_MAX];
	int len = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ssize_t nr;

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		nr = readlink(path, target, sizeof(target) - 1);
		if (nr < 0)
			continue;
		target[nr] = '\0';
		len += snprintf(text + len, sizeof(text) - len, "%s -> %s\n", names[i], target);
	}
	snprintf(path, sizeof(path), "%s/links", folder);
	member(path, text, len);
}

/* What fdinfo says of each file, as one member: "FD" lines with the file's text below. */
static void details(const char *folder)
{
	char *text = NULL, name[PATH_MAX], data[4096];
	struct dirent *entry;
	size_t len = 0;
	FILE *out;
	DIR *dir;

	snprintf(name, sizeof(name), "%s/fdinfo", folder);
	dir = opendir(name);
	if (!dir)
		return;
	out = open_memstream(&text, &len);
	while ((entry = readdir(dir))) {
		ssize_t nr;
		int fd;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/fdinfo/%s", folder, entry->d_name);
		fd = open(name, O_RDONLY | O_CLOEXEC);
		nr = fd < 0 ? 0 : read(fd, data, sizeof(data));
		fprintf(out, "FD %s\n%.*s", entry->d_name, nr > 0 ? (int)nr : 0, data);
		if (fd >= 0)
			close(fd);
	}
	closedir(dir);
	fclose(out);
	snprintf(name, sizeof(name), "%s/fdinfo", folder);
	member(name, text, len);
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
	char path[PATH_MAX + 64];

	for (; *names; names++) {
		snprintf(path, sizeof(path), "%s/%s", folder, *names);
		file(path);
	}
}

static void tasks(void)
{
	static const char *const of_process[] = {
		"status", "stat", "cmdline", "maps", "limits", "cgroup", "mountinfo",
		"oom_score_adj", "statm", "io", "auxv", "environ", "timers",
		"timens_offsets", "setgroups", "uid_map", "gid_map", NULL,
	};
	static const char *const of_thread[] = {
		"sched", "stat", "status", "comm", "wchan", "stack", "syscall", NULL,
	};
	struct dirent *process, *thread;
	DIR *proc = opendir("/proc"), *dir;

	while ((process = readdir(proc))) {
		char path[300], name[700], again[720];

		if (!strspn(process->d_name, "0123456789"))
			continue;
		snprintf(path, sizeof(path), "/proc/%s", process->d_name);
		each(path, of_process);
		snprintf(name, sizeof(name), "%s/fd", path);
		links(name);
		snprintf(name, sizeof(name), "%s/ns", path);
		links(name);
		named_links(path);
		details(path);
		snprintf(name, sizeof(name), "%s/task", path);
		dir = opendir(name);
		if (!dir)
			continue;
		while ((thread = readdir(dir))) {
			if (!strspn(thread->d_name, "0123456789"))
				continue;
			snprintf(name, sizeof(name), "%s/task/%s", path, thread->d_name);
			each(name, of_thread);
			/* The thread may have run while all that was read. */
			snprintf(again, sizeof(again), "%s/sched", name);
			strcat(name, "/sched-after");
			file_as(again, name);
		}
		closedir(dir);
	}
	closedir(proc);
}

/* What of /sys/block a dump can be asked for. */
static void block_devices(void)
{
	static const char *const names[] = {
		"size", "ro", "removable", "stat", "inflight", "queue/scheduler", "queue/nr_requests",
		"queue/logical_block_size", "queue/rotational", "queue/read_ahead_kb",
		"queue/max_sectors_kb", "device/model", "device/vendor", "device/state",
		"device/queue_depth", "dm/name", "dm/uuid", "md/level", "md/array_state",
		"md/raid_disks", "loop/backing_file", NULL,
	};
	struct dirent *entry;
	DIR *dir = opendir("/sys/block");

	while (dir && (entry = readdir(dir))) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "/sys/block/%s", entry->d_name);
		if (entry->d_name[0] != '.')
			each(path, names);
	}
	if (dir)
		closedir(dir);
}

/* A class of /sys is a folder of links: the files of each device, and those of the folders in @inner. */
static void devices_of(const char *class, const char *const *inner)
{
	struct dirent *entry;
	DIR *dir = opendir(class);

	while (dir && (entry = readdir(dir))) {
		char path[PATH_MAX], below[PATH_MAX + 64];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", class, entry->d_name);
		walk(path, 0);
		for (const char *const *name = inner; *name; name++) {
			snprintf(below, sizeof(below), "%s/%s", path, *name);
			walk(below, 1);
		}
	}
	if (dir)
		closedir(dir);
}

/* Disks and their hosts, NFS and RPC: what is in flight and what is held. */
static void data(void)
{
	static const char *const none[] = { NULL }, *const array[] = { "md", "bonding", "bonding_slave", NULL };
	static const char *const of_nfs[] = {
		"fs/nfsfs/servers", "fs/nfsfs/volumes", "fs/nfsd/threads", "fs/nfsd/pool_stats", "fs/nfsd/versions", "fs/nfsd/portlist",
		"fs/nfsd/nfsv4gracetime", "fs/nfsd/nfsv4leasetime", "self/mountstats", "scsi/scsi", "net/bonding/bond0", NULL,
	};

	each("/proc", of_nfs);
	walk("/proc/fs/nfsd/clients", 1);
	walk("/proc/net/rpc", 1);
	walk("/sys/kernel/debug/sunrpc/rpc_clnt", 1);
	walk("/sys/kernel/debug/sunrpc/rpc_xprt", 1);
	walk("/sys/kernel/debug/block", 2);
	devices_of("/sys/class/nvme", none);
	devices_of("/sys/class/nvme-subsystem", none);
	devices_of("/sys/class/scsi_host", none);
	devices_of("/sys/class/fc_host", none);
	devices_of("/sys/class/fc_remote_ports", none);
	devices_of("/sys/bus/scsi/devices", none);
	devices_of("/sys/class/block", array);
	devices_of("/sys/class/net", array);
}

/* Each device of each bus, a line each: bus, name, folder, driver, state of its power. */
static void buses(void)
{
	char *text = NULL, path[PATH_MAX], target[PATH_MAX], driver[PATH_MAX], status[32];
	struct dirent *bus, *device;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	DIR *all = opendir("/sys/bus"), *dir;

	while (all && (bus = readdir(all))) {
		snprintf(path, sizeof(path), "/sys/bus/%s/devices", bus->d_name);
		dir = bus->d_name[0] == '.' ? NULL : opendir(path);
		while (dir && (device = readdir(dir))) {
			ssize_t nr;
			FILE *in;

			if (device->d_name[0] == '.')
				continue;
			snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s", bus->d_name, device->d_name);
			nr = readlink(path, target, sizeof(target) - 1);
			target[nr > 0 ? nr : 0] = '\0';
			strcat(path, "/driver");
			nr = readlink(path, driver, sizeof(driver) - 1);
			driver[nr > 0 ? nr : 0] = '\0';
			strcpy(strrchr(path, '/'), "/power/runtime_status");
			in = fopen(path, "r");
			if (!in || fscanf(in, "%31s", status) != 1)
				strcpy(status, "?");
			if (in)
				fclose(in);
			fprintf(out, "%s\t%s\t%s\t%s\t%s\n", bus->d_name, device->d_name, target, driver, status);
		}
		if (dir)
			closedir(dir);
	}
	if (all)
		closedir(all);
	fclose(out);
	member("/sys/bus-devices", text, len);
	free(text);
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
		"mounts", "self/mountinfo", "modules", "kallsyms", "locks", "partitions",
		"swaps", "cmdline", "version", "cpuinfo", "iomem", "ioports", "devices",
		"filesystems", "cgroups", "consoles", "crypto", "mdstat", "misc", "key-users", "keys", "sysvipc/msg", "sysvipc/sem", "sysvipc/shm",
		"fs/ext4/vdc/options", "fs/nfsd/exports", "dma", "execdomains", "fb",
		"bus/pci/devices", "tty/drivers", "tty/ldiscs", "pressure/cpu", "pressure/io",
		"pressure/memory", NULL,
	};
	/* What taking the truth changes itself comes last. */
	static const char *const that_move[] = {
		"interrupts", "softirqs", "timer_list", "diskstats", "schedstat", "slabinfo",
		"vmallocinfo", "buddyinfo", "pagetypeinfo", "zoneinfo", "vmstat", "meminfo",
		"loadavg", "stat", "uptime", NULL,
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
	walk("/proc/sys/net/core", 0);
	walk("/proc/sys/fs", 0);
	walk("/proc/irq", 1);
	walk("/sys/kernel/debug/sched", 0);
	walk("/sys/kernel/debug/bdi", 1);
	walk("/sys/kernel/mm/hugepages", 1);
	walk("/sys/fs/cgroup", 3);
	walk("/sys/kernel/notes", 0);
	file("/sys/kernel/vmcoreinfo");
	file("/sys/kernel/notes");
	links_as("/sys/class/net", "/sys/class/net.links");
	links("/sys/devices/virtual/bdi");
	block_devices();
	links_as("/sys/class/block", "/sys/class/block.links");
	links_as("/sys/class/scsi_host", "/sys/class/scsi_host.links");
	walk("/sys/firmware/dmi/tables", 0);
	walk("/sys/firmware/acpi/tables", 1);
	walk("/sys/devices/system/clocksource/clocksource0", 0);
	walk("/sys/devices/system/clockevents", 1);
	file("/sys/kernel/debug/clk/clk_summary");
	buses();
	data();
	tasks();
	log_buffer();
	each("/proc", that_move);
	emit(eof, sizeof(eof));
	flush();
	if (fsync(disk.fd))
		return complain("the truth's disk"), 1;
	close(disk.fd);
	return 0;
}
