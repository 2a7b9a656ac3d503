/* Tasks in every state, in namespaces of their own, with every scheduling policy. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static void sleep_for_ever(void *arg)
{
	(void)arg;
	for (;;)
		pause();
}

static void spin(void *arg)
{
	volatile unsigned long *count = calloc(1, sizeof(*count));

	nice((int)(long)arg);
	for (;;)
		++*count;
}

static void stop(void *arg)
{
	(void)arg;
	raise(SIGSTOP);
}

static void be_traced(void *arg)
{
	(void)arg;
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
}

static void trace(void *arg)
{
	int pid = child("kd-traced", be_traced, NULL);

	(void)arg;
	waitpid(pid, NULL, __WALL);
}

static void leave(void *arg)
{
	(void)arg;
	_exit(3);
}

static void keep_zombies(void *arg)
{
	(void)arg;
	for (int i = 0; i < 3; i++)
		child("kd-zombie", leave, NULL);
}

/* The bench's module makes this zombie a dead one. */
static void keep_dead(void *arg)
{
	(void)arg;
	child("kd-dead", leave, NULL);
}

/* The parent of a vfork sleeps in the kernel until its child is gone. */
static void wait_in_vfork(void *arg)
{
	(void)arg;
	if (!vfork())
		for (;;)
			pause();
}

/*
 * A write to a frozen file system sleeps uninterruptibly: init freezes this
 * one after the workload has started.
 */
static void write_to_frozen(void *arg)
{
	char path[64];

	snprintf(path, sizeof(path), "/mnt/frozen/blocked%ld", (long)arg);
	for (;;) {
		int fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);

		if (fd >= 0 && write(fd, path, sizeof(path)) > 0)
			close(fd);
		usleep(50000);
	}
}

static void read_empty_pipe(void *arg)
{
	int fds[2];
	char byte;

	(void)arg;
	if (!pipe(fds))
		read(fds[0], &byte, 1);
}

static void with_policy(void *arg)
{
	static const int priorities[] = { [SCHED_FIFO] = 40, [SCHED_RR] = 20 };
	int policy = (long)arg;
	struct sched_param param = { 0 };

	if (policy <= SCHED_RR)
		param.sched_priority = priorities[policy];
	if (sched_setscheduler(0, policy, &param))
		complain("scheduling policy %d", policy);
}

static void with_deadline(void *arg)
{
	struct {
		unsigned int size, policy;
		unsigned long flags;
		int nice;
		unsigned int priority;
		unsigned long runtime, deadline, period;
	} attr = {
		.size = sizeof(attr), .policy = SCHED_DEADLINE,
		.runtime = 5000000, .deadline = 50000000, .period = 100000000,
	};

	(void)arg;
	if (syscall(SYS_sched_setattr, 0, &attr, 0))
		complain("SCHED_DEADLINE");
}

static void with_affinity(void *arg)
{
	cpu_set_t set;

	(void)arg;
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void in_namespaces(void *arg)
{
	int flags = (int)(long)arg;

	if (unshare(flags))
		complain("unshare %#x", flags);
	if (flags & CLONE_NEWUTS)
		sethostname("guest-of-guest", 14);
	if (flags & CLONE_NEWNS) {
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
		mount("private", "/mnt", "tmpfs", 0, "size=64k");
	}
	if (flags & CLONE_NEWTIME)
		put("/proc/self/timens_offsets", "monotonic 1000 0\nboottime 2000 0\n");
	/* Only children live in a new pid or time namespace. */
	if (flags & CLONE_NEWTIME)
		child("kd-timens-child", sleep_for_ever, NULL);
	if (flags & CLONE_NEWPID)
		child("kd-pidns-init", sleep_for_ever, NULL);
}

static void pend_signals(void *arg)
{
	sigset_t set;

	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 3);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGHUP, SIG_IGN);
	raise(SIGUSR1);
	kill(getpid(), SIGTERM);
	for (int i = 0; i < 3; i++)
		sigqueue(getpid(), SIGRTMIN + 3, (union sigval){ .sival_int = i });
}

/* A handler on a stack of its own, and a thread with a pending signal that is only its own. */
static void handle(int number)
{
	(void)number;
}

static void wait_for_signal(void *arg)
{
	stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
	struct sigaction action = { .sa_handler = handle, .sa_flags = SA_ONSTACK | SA_RESTART };
	sigset_t set;
	int number;

	(void)arg;
	sigaltstack(&stack, NULL);
	sigaction(SIGUSR2, &action, NULL);
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	syscall(SYS_tgkill, getpid(), getpid(), SIGWINCH);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigwait(&set, &number);
}

static void *thread_body(void *arg)
{
	char name[16];

	snprintf(name, sizeof(name), "kd-pool-%ld", (long)arg);
	prctl(PR_SET_NAME, name);
	sleep_for_ever(NULL);
	return NULL;
}

static void be_pool(void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 32768);
	for (long i = 0; i < (long)arg; i++)
		if ((errno = pthread_create(&thread, &attr, thread_body, (void *)i)))
			return complain("thread %ld", i);
}

static void *other_thread(void *arg)
{
	(void)arg;
	prctl(PR_SET_NAME, "kd-orphan");
	sleep_for_ever(NULL);
	return NULL;
}

/* The leader exits, its thread stays: a zombie that leads living threads. */
static void leave_thread_behind(void *arg)
{
	pthread_t thread;

	(void)arg;
	pthread_create(&thread, NULL, other_thread, NULL);
	syscall(SYS_exit, 0);
}

static void many_files(void *arg)
{
	(void)arg;
	for (int i = 0; i < 200; i++)
		if (open(i % 2 ? "/dev/null" : "/proc/self/status", O_RDONLY) < 0)
			return;
}

static void deleted_file(void *arg)
{
	int fd = open("/tmp/kd-deleted", O_CREAT | O_RDWR, 0600);

	(void)arg;
	if (fd < 0 || write(fd, "gone", 4) != 4)
		complain("deleted file");
	unlink("/tmp/kd-deleted");
	chdir("/tmp");
}

static void as_user(void *arg)
{
	(void)arg;
	if (setgid(1001) || setuid(1000))
		complain("setuid");
}

static void as_daemon(void *arg)
{
	(void)arg;
	setsid();
	put("/proc/self/oom_score_adj", "-500");
}

void workload_threads(int nr)
{
	/* Pools of 500, so that no one process is the whole machine. */
	for (; nr > 0; nr -= 500)
		child("kd-pool", be_pool, (void *)(long)(nr > 500 ? 500 : nr));
}

void workload_states(void)
{
	child("kd-sleeper", sleep_for_ever, NULL);
	child("kd-spinner", spin, (void *)0L);
	child("kd-nice-spin", spin, (void *)19L);
	child("kd-stopped", stop, NULL);
	child("kd-tracer", trace, NULL);
	child("kd-zombies", keep_zombies, NULL);
	child("kd-dead-keeper", keep_dead, NULL);
	child("kd-vfork", wait_in_vfork, NULL);
	child("kd-pipe-reader", read_empty_pipe, NULL);
	for (long i = 0; i < 3; i++)
		child("kd-frozen", write_to_frozen, (void *)i);
	child("kd-fifo", with_policy, (void *)(long)SCHED_FIFO);
	child("kd-rr", with_policy, (void *)(long)SCHED_RR);
	child("kd-batch", with_policy, (void *)(long)SCHED_BATCH);
	child("kd-idle-class", with_policy, (void *)(long)SCHED_IDLE);
	child("kd-deadline", with_deadline, NULL);
	child("kd-cpu0", with_affinity, NULL);
	child("kd-netns", in_namespaces, (void *)(long)CLONE_NEWNET);
	child("kd-mntns", in_namespaces, (void *)(long)CLONE_NEWNS);
	child("kd-utsns", in_namespaces, (void *)(long)(CLONE_NEWUTS | CLONE_NEWIPC));
	child("kd-pidns", in_namespaces, (void *)(long)CLONE_NEWPID);
	child("kd-userns", in_namespaces, (void *)(long)(CLONE_NEWUSER | CLONE_NEWNS));
	child("kd-cgroupns", in_namespaces, (void *)(long)CLONE_NEWCGROUP);
	child("kd-timens", in_namespaces, (void *)(long)CLONE_NEWTIME);
	child("kd-sigwait", wait_for_signal, NULL);
	child("kd-signals", pend_signals, NULL);
	child("kd-pool", be_pool, (void *)40L);
	child("kd-orphans", leave_thread_behind, NULL);
	child("kd-files", many_files, NULL);
	child("kd-deleted", deleted_file, NULL);
	child("kd-user", as_user, NULL);
	child("a name (odd) x", sleep_for_ever, NULL);
	child("kd-daemon", as_daemon, NULL);
}
