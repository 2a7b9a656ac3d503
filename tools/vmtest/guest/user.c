/*
 * What a user process can be made of: threads whose registers are known, memory of every kind, descriptors of every
 * kind.
 *
 * A word of the test's memory at address A is A ^ MAGIC, so that every page says by itself whether it is right.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/kvm.h>
#include <linux/memfd.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <linux/vhost.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "guest.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define MAGIC 0x5a5a0123456789abUL

/* -- registers */

#if defined(__x86_64__)
/* Registers that nobody changes behind these lines' back: N in the upper half, their number in the lower. The call
 * never returns. */
#define REGISTERS(n, how)                                                                                          \
	__asm__ volatile(                                                                                          \
		"movq %0, %%rbx\n\tleaq 1(%%rbx), %%r8\n\tleaq 2(%%rbx), %%r9\n\tleaq 3(%%rbx), %%r10\n\t"         \
		"leaq 4(%%rbx), %%r12\n\tleaq 5(%%rbx), %%r13\n\tleaq 6(%%rbx), %%r14\n\tleaq 7(%%rbx), %%r15\n\t" \
		"leaq 8(%%rbx), %%rax\n\tmovq %%rax, %%xmm0\n\tleaq 9(%%rbx), %%rax\n\tmovq %%rax, %%xmm15\n\t"    \
		"fld1\n\tfldpi\n\t" how ::"r"(n)                                                                   \
		: "rax", "rbx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory")
#define SLEEP "1: movl $34, %%eax\n\tsyscall\n\tjmp 1b\n\t" /* pause() */
#define SPIN "1: pause\n\tjmp 1b\n\t"
#else
#define REGISTERS(n, how) ((void)(n), pause())
#endif

__attribute__((noinline)) static void innermost(unsigned long number)
{
	REGISTERS(number << 32, SLEEP);
}

__attribute__((noinline)) static void middle(unsigned long number)
{
	volatile char room[200];

	room[0] = (char)number;
	innermost(number + room[1] * 0);
	room[0]++;
}

static void *outermost(void *arg)
{
	volatile unsigned long number = (unsigned long)arg;
	char name[16];

	snprintf(name, sizeof(name), "u-thread%lu", number);
	pthread_setname_np(pthread_self(), name);
	middle(number);
	return (void *)number;
}

static void threads(void *arg)
{
	pthread_t thread;

	(void)arg;
	for (long i = 2; i <= 4; i++)
		pthread_create(&thread, NULL, outermost, (void *)i);
	middle(1);
}

/* It is on a CPU when the kernel dies. */
static void spinning(void *arg)
{
	(void)arg;
#if defined(__x86_64__)
	REGISTERS(9UL << 32, SPIN);
#endif
}

/* -- memory */

static void fill(void *start, size_t len)
{
	uint64_t *words = start;

	for (size_t i = 0; i < len / 8; i++)
		words[i] = (uintptr_t)&words[i] ^ MAGIC;
}

static void *map(size_t len, int flags, int fd)
{
	void *where = mmap(NULL, len, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (where == MAP_FAILED) {
		complain("mmap %#x", flags);
		return NULL;
	}
	return where;
}

static int swaps;

/* Each mapping is "u-memory KIND ADDRESS LENGTH" in /run/truth/memory. */
static void memory(void *arg)
{
	size_t len = 64 << 10, huge = 2 << 20;
	FILE *out = fopen("/run/truth/memory", "w");
	char *where;
	int fd;

	(void)arg;
#define NOTED(kind, size) fprintf(out, "%s %p %zu\n", kind, (void *)where, (size_t)(size))
	where = map(len, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	fill(where, len);
	NOTED("anonymous", len);
	where = map(len, MAP_SHARED | MAP_ANONYMOUS, -1);
	fill(where, len);
	NOTED("shared", len);
	fd = open("/tmp/u-file", O_CREAT | O_RDWR, 0600);
	ftruncate(fd, len);
	where = map(len, MAP_SHARED, fd);
	fill(where, len);
	NOTED("file", len);
	/* Untouched, but in the page cache; and half of it copied on write. */
	where = map(len, MAP_PRIVATE, fd);
	NOTED("unmapped", len);
	where = map(len, MAP_PRIVATE, fd);
	fill(where, len / 2);
	NOTED("copied", len / 2);
	fd = open("/tmp/u-gone", O_CREAT | O_RDWR, 0600);
	ftruncate(fd, len);
	where = map(len, MAP_SHARED, fd);
	fill(where, len);
	unlink("/tmp/u-gone");
	NOTED("deleted", len);
	where = map(huge, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);
	if (where) {
		fill(where, huge);
		NOTED("hugetlb", huge);
	}
	where = map(2 * huge, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	where = (char *)(((uintptr_t)where + huge - 1) & -huge);
	madvise(where, huge, MADV_HUGEPAGE);
	fill(where, huge);
	NOTED("transparent", huge);
	fd = shmget(IPC_PRIVATE, len, IPC_CREAT | 0600);
	where = shmat(fd, NULL, 0);
	fill(where, len);
	NOTED("sysv", len);
	where = map(len, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	fill(where, len);
	mprotect(where, len, PROT_NONE);
	NOTED("hidden", len);
	where = map(len, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	fill(where, len);
	madvise(where, len, MADV_DONTDUMP);
	NOTED("dontdump", len);
	/* The kernel's one page of zeros. */
	where = map(len, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	for (size_t i = 0; i < len; i += 4096)
		((volatile char *)where)[i];
	NOTED("zero", len);
	if (swaps) {
		where = map(4 * len, MAP_PRIVATE | MAP_ANONYMOUS, -1);
		fill(where, 4 * len);
		if (madvise(where, 4 * len, MADV_PAGEOUT))
			complain("MADV_PAGEOUT");
		NOTED("swapped", 4 * len);
		where = map(len, MAP_SHARED | MAP_ANONYMOUS, -1);
		fill(where, len);
		madvise(where, len, MADV_PAGEOUT);
		NOTED("swappedshared", len);
		/* A page of one word is stored as that word. */
		where = map(len, MAP_PRIVATE | MAP_ANONYMOUS, -1);
		memset(where, 0x77, len);
		madvise(where, len, MADV_PAGEOUT);
		NOTED("same", len);
	}
	fclose(out);
	for (;;)
		pause();
}

/*
 * Two that write by one description to a file system that init freezes: one waits for it and has the lock of the
 * position, the other waits for that lock.
 */
static void share_position(void *arg)
{
	int fd = open("/mnt/frozen/shared", O_CREAT | O_RDWR, 0600);

	(void)arg;
	if (fd < 0)
		return complain("/mnt/frozen/shared");
	fork();
	for (;;) {
		lseek(fd, 0, SEEK_SET);
		write(fd, &fd, sizeof(fd));
		usleep(20000);
	}
}

/* -- descriptors */

static int waited_for(int set, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };

	return epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
}

/* A ring with a request that waits for a pipe. */
static int ring(int fd)
{
	struct io_uring_params params = { 0 };
	int ring = syscall(SYS_io_uring_setup, 8, &params);
	struct io_uring_sqe *entries;
	unsigned int *numbers, *tail;
	char *shared;

	if (ring < 0)
		return complain("io_uring"), -1;
	shared = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	entries = mmap(NULL, 8 * sizeof(*entries), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	if (shared == MAP_FAILED) {
		shared = mmap(NULL, params.sq_off.array + params.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED,
			      ring, IORING_OFF_SQ_RING);
		if (shared == MAP_FAILED)
			return complain("io_uring mmap"), ring;
	}
	numbers = (unsigned int *)(shared + params.sq_off.array);
	tail = (unsigned int *)(shared + params.sq_off.tail);
	memset(entries, 0, 2 * sizeof(*entries));
	entries[0].opcode = IORING_OP_POLL_ADD;
	entries[0].fd = fd;
	entries[0].poll_events = POLLIN;
	entries[0].user_data = 0x1234;
	entries[1].opcode = IORING_OP_READ;
	entries[1].fd = fd;
	entries[1].addr = (uintptr_t)malloc(64);
	entries[1].len = 64;
	entries[1].user_data = 0x5678;
	numbers[0] = 0;
	numbers[1] = 1;
	__atomic_store_n(tail, *tail + 2, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 2, 0, 0, NULL, 0) != 2)
		complain("io_uring_enter");
	return ring;
}

static void machines(void)
{
	struct kvm_userspace_memory_region region = { .guest_phys_addr = 0x1000, .memory_size = 65536 };
	int kvm = open("/dev/kvm", O_RDWR), vm, net = open("/dev/vhost-net", O_RDWR);

	if (net >= 0)
		ioctl(net, VHOST_SET_OWNER);
	if (kvm < 0)
		return complain("/dev/kvm");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		return complain("KVM_CREATE_VM");
	region.userspace_addr = (uintptr_t)mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
	for (long i = 0; i < 2; i++)
		if (ioctl(vm, KVM_CREATE_VCPU, i) < 0)
			complain("KVM_CREATE_VCPU");
}

static void descriptors(void *arg)
{
	struct itimerspec when = { .it_value.tv_sec = 7200, .it_interval.tv_sec = 30 };
	struct perf_event_attr event = { .type = PERF_TYPE_SOFTWARE,
					 .size = sizeof(event),
					 .config = PERF_COUNT_SW_TASK_CLOCK };
	int set = epoll_create1(0), inner = epoll_create1(0), fds[2], watch = inotify_init1(IN_NONBLOCK), fan, timer;
	sigset_t mask;

	(void)arg;
	pipe(fds);
	waited_for(set, fds[0], EPOLLIN | EPOLLET, 0x1111);
	waited_for(set, eventfd(7, EFD_SEMAPHORE), EPOLLIN | EPOLLOUT, 0x2222);
	waited_for(inner, fds[0], EPOLLIN | EPOLLONESHOT, 0x3333);
	waited_for(set, inner, EPOLLIN, 0x4444);
	timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK);
	timerfd_settime(timer, 0, &when, NULL);
	waited_for(set, timer, EPOLLIN, 0x5555);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	waited_for(set, signalfd(-1, &mask, 0), EPOLLIN, 0x6666);
	inotify_add_watch(watch, "/tmp", IN_CREATE | IN_DELETE_SELF);
	inotify_add_watch(watch, "/run", IN_MOVED_TO);
	fan = fanotify_init(FAN_CLASS_NOTIF, O_RDONLY);
	if (fan >= 0)
		fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN | FAN_CLOSE, AT_FDCWD, "/tmp");
	if (syscall(SYS_pidfd_open, 1, 0) < 0)
		complain("pidfd_open");
	if (ring(fds[0]) < 0)
		complain("io_uring");
	if (syscall(SYS_perf_event_open, &event, 0, -1, -1, 0) < 0)
		complain("perf_event_open");
	if (syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK) < 0)
		complain("userfaultfd");
	ftruncate(memfd_create("u-memfd", MFD_ALLOW_SEALING), 8192);
	syscall(SYS_add_key, "user", "u-key", "secret", 6, -3); /* KEY_SPEC_SESSION_KEYRING */
	syscall(SYS_add_key, "keyring", "u-ring", NULL, 0, -4); /* KEY_SPEC_USER_KEYRING */
	machines();
	epoll_wait(set, &(struct epoll_event){ 0 }, 1, -1);
}

void workload_user(void)
{
	char line[256];
	FILE *file = fopen("/proc/swaps", "r");

	while (file && fgets(line, sizeof(line), file))
		swaps += !!strstr(line, "zram");
	if (file)
		fclose(file);
	child("u-threads", threads, NULL);
	child("u-spin", spinning, NULL);
	child("u-memory", memory, NULL);
	child("u-files", descriptors, NULL);
	if (!access("/mnt/frozen", F_OK))
		child("u-position", share_position, NULL);
}
