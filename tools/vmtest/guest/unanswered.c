/* Processes that the kernel asks and that never answer: a server of FUSE, a listener of fanotify, a handler of page faults. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

/* Answers that it is there, and nothing else. */
static int fuse(const char *where)
{
	static char request[1 << 17];
	struct {
		struct fuse_out_header header;
		struct fuse_init_out init;
	} answer = { .header.len = sizeof(answer) };
	char options[100];
	int fd = open("/dev/fuse", O_RDWR);

	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
	if (fd < 0 || mount("silent", where, "fuse", 0, options))
		return -1;
	if (read(fd, request, sizeof(request)) < (ssize_t)sizeof(struct fuse_in_header))
		return -1;
	answer.header.unique = ((struct fuse_in_header *)request)->unique;
	answer.init.major = FUSE_KERNEL_VERSION;
	answer.init.minor = FUSE_KERNEL_MINOR_VERSION;
	answer.init.max_readahead = answer.init.max_write = 1 << 16;
	return write(fd, &answer, sizeof(answer)) == sizeof(answer) ? 0 : -1;
}

static int fanotify(const char *where)
{
	int fd = fanotify_init(FAN_CLASS_CONTENT, O_RDONLY);

	return fd < 0 ? fd : fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN_PERM, AT_FDCWD, where);
}

/* A system call of a child reads what nobody fills in: the fault is the kernel's. */
static void fault(void *arg)
{
	int fd = open("/tmp/fault", O_WRONLY | O_CREAT, 0600);

	put("/proc/self/comm", "vmt_fault");
	if (write(fd, arg, 1) < 0)
		complain("write");
}

static int userfault(const char *where)
{
	struct uffdio_api api = { .api = UFFD_API };
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register area = { .range = { (unsigned long)page, 4096 }, .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	(void)where;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &area))
		return -1;
	fault(page);
	return 0;
}

int unanswered_main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*start)(const char *where);
	} kinds[] = { { "fuse", fuse }, { "fanotify", fanotify }, { "userfault", userfault } };

	for (size_t i = 0; argc == 3 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(argv[1], kinds[i].name))
			continue;
		if (kinds[i].start(argv[2]))
			complain("%s", argv[1]);
		for (;;)
			pause();
	}
	complain("unanswered of which kind, and where?");
	return 2;
}
