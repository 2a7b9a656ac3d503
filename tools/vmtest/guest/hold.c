/* Who keeps files open, locked or waited for: state of NFS on both sides of a mount. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "guest.h"

static void range(int fd, int type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = 100, .l_len = 200 };

	if (fcntl(fd, F_SETLKW, &lock))
		complain("lock");
}

/* hold HOW FILE: open FILE, do to it what HOW says, and keep it. */
int hold_main(int argc, char **argv)
{
	const char *how = argc == 3 ? argv[1] : "";
	int fd = argc == 3 ? open(argv[2], !strcmp(how, "read") ? O_RDONLY : O_RDWR | O_CREAT, 0644) : -1;

	if (fd < 0)
		return complain("hold %s %s", how, argc == 3 ? argv[2] : ""), 1;
	if (!strcmp(how, "write")) {
		if (write(fd, how, 5) != 5)
			complain("write %s", argv[2]);
	} else if (!strcmp(how, "lock")) {
		range(fd, F_WRLCK);
	} else if (!strcmp(how, "share")) {
		range(fd, F_RDLCK);
	} else if (!strcmp(how, "flock")) {
		flock(fd, LOCK_EX);
	}
	for (;;)
		pause();
}
