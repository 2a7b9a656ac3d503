/* The ways to die. Each needs the panic settings that its comment names. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

static void sysrq(void)
{
	put("/proc/sys/kernel/sysrq", "1");
	put("/proc/sysrq-trigger", "c");
}

/* The bench's own module does what its parameter says while it is inserted. */
static void by_module(const char *how)
{
	char parameters[64];
	int fd = open("/own/vmtest_crash.ko", O_RDONLY | O_CLOEXEC);

	snprintf(parameters, sizeof(parameters), "how=%s", how);
	if (fd < 0 || syscall(SYS_finit_module, fd, parameters, 0))
		complain("vmtest_crash %s", parameters);
}

static void null_dereference(void)
{
	put("/proc/sys/kernel/panic_on_oops", "1");
	by_module("null");
}

static void bug(void)
{
	put("/proc/sys/kernel/panic_on_oops", "1");
	by_module("bug");
}

static void hung_task(void)
{
	put("/proc/sys/kernel/hung_task_timeout_secs", "5");
	put("/proc/sys/kernel/hung_task_panic", "1");
	by_module("hang");
}

static void soft_lockup(void)
{
	put("/proc/sys/kernel/watchdog_thresh", "2");
	put("/proc/sys/kernel/softlockup_panic", "1");
	by_module("spin");
}

/* The host injects the interrupt when it reads this line on the console. */
static void nmi(void)
{
	put("/proc/sys/kernel/unknown_nmi_panic", "1");
	put("/proc/sys/kernel/panic_on_unrecovered_nmi", "1");
	puts("VMTEST-NMI");
	fflush(stdout);
}

static void out_of_memory(void)
{
	put("/proc/sys/vm/panic_on_oom", "2");
	for (;;) {
		size_t len = 4 << 20;
		char *data = mmap(NULL, len, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (data != MAP_FAILED)
			memset(data, 0x5a, len);
	}
}

/* The host dumps the running guest when it reads this line. */
static void none(void)
{
	puts("VMTEST-ALIVE");
	fflush(stdout);
}

/* crash KIND: does not come back, except that the host ends "nmi" and "none". */
int crash_main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} kinds[] = {
		{ "sysrq", sysrq }, { "null", null_dereference }, { "bug", bug },
		{ "hang", hung_task }, { "spin", soft_lockup }, { "nmi", nmi },
		{ "oom", out_of_memory }, { "none", none },
	};

	for (size_t i = 0; argc == 2 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(argv[1], kinds[i].name))
			continue;
		if (kinds[i].run != none) {
			puts("VMTEST-PANIC");
			fflush(stdout);
		}
		kinds[i].run();
		for (;;)
			pause();
	}
	complain("crash of which kind?");
	return 2;
}
