#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "guest.h"

void complain(const char *format, ...)
{
	int err = errno;
	va_list args;

	va_start(args, format);
	fputs("guest: ", stderr);
	vfprintf(stderr, format, args);
	va_end(args);
	if (err)
		fprintf(stderr, ": %s", strerror(err));
	fputc('\n', stderr);
	errno = 0;
}

int child(const char *comm, void (*body)(void *arg), void *arg)
{
	int pid = fork();

	if (pid < 0)
		complain("fork for %s", comm ? comm : "a child");
	if (pid)
		return pid;
	if (comm)
		prctl(PR_SET_NAME, comm);
	errno = 0;
	body(arg);
	for (;;)
		pause();
}

int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len) {
		complain("cannot write '%s' to %s", text, path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

static int workload_main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*start)(void);
	} parts[] = {
		{ "states", workload_states },
		{ "locks", workload_locks },
		{ "sockets", workload_sockets },
		{ "ipc", workload_ipc },
		{ "timers", workload_timers },
		{ "bpf", workload_bpf },
		{ "sctp", workload_sctp },
		{ "user", workload_user },
	};

	/* Zombies stay zombies as long as their parent does not wait. */
	setvbuf(stderr, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "threads=", 8)) {
			workload_threads(atoi(argv[i] + 8));
			continue;
		}
		for (size_t j = 0; j < sizeof(parts) / sizeof(parts[0]); j++)
			if (!strcmp(argv[i], parts[j].name))
				parts[j].start();
	}
	return 0;
}

static const struct applet applets[] = {
	{ "modules", modules_main },
	{ "workload", workload_main },
	{ "truth", truth_main },
	{ "crash", crash_main },
	{ "arm", arm_main },
	{ "save", save_main },
	{ "freeze", freeze_main },
	{ "listener", listener_main },
	{ "hold", hold_main },
	{ "unanswered", unanswered_main },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(applets) / sizeof(applets[0]); i++)
		if (!strcmp(argv[1], applets[i].name))
			return applets[i].run(argc - 1, argv + 1);
	fputs("usage: guest modules|workload|truth|crash|arm|save|freeze|listener|hold|unanswered ...\n", stderr);
	return 2;
}
