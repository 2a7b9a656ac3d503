/* Holders and waiters of every lock that user space can reach. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

static int lock_file(const char *path)
{
	int fd = open(path, O_CREAT | O_RDWR, 0600);

	if (fd < 0 || ftruncate(fd, 4096))
		complain("%s", path);
	return fd;
}

static void flock_taker(void *arg)
{
	(void)arg;
	flock(lock_file("/tmp/kd-flock"), LOCK_EX);
}

static void posix_taker(void *arg)
{
	struct flock range = {
		.l_type = (long)arg ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET,
		.l_start = 100, .l_len = 200,
	};

	fcntl(lock_file("/tmp/kd-posix"), F_SETLKW, &range);
}

static void ofd_taker(void *arg)
{
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	(void)arg;
	fcntl(lock_file("/tmp/kd-ofd"), F_OFD_SETLKW, &range);
}

static void lease_taker(void *arg)
{
	int fd = open("/tmp/kd-lease", O_CREAT | O_RDONLY, 0600);

	(void)arg;
	signal(SIGIO, SIG_IGN);
	if (fd < 0 || fcntl(fd, F_SETLEASE, F_RDLCK))
		complain("lease");
}

/* Opening for writing waits until the lease is given up: init makes that a long time. */
static void lease_breaker(void *arg)
{
	(void)arg;
	open("/tmp/kd-lease", O_WRONLY);
}

static void write_lease_taker(void *arg)
{
	int fd = open("/tmp/kd-write-lease", O_CREAT | O_RDWR, 0600);

	(void)arg;
	if (fd < 0 || fcntl(fd, F_SETLEASE, F_WRLCK))
		complain("write lease");
}

/* Two shared locks of flock(2), and one thread of many locked ranges. */
static void flock_sharer(void *arg)
{
	(void)arg;
	flock(lock_file("/tmp/kd-flock-shared"), LOCK_SH);
}

static void many_ranges(void *arg)
{
	int fd = lock_file("/tmp/kd-ranges");

	(void)arg;
	for (int i = 0; i < 20; i++) {
		struct flock range = {
			.l_type = i % 2 ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET,
			.l_start = i * 10, .l_len = 5,
		};

		fcntl(fd, F_SETLK, &range);
	}
}

struct shared {
	pthread_mutex_t mutex, inheriting;
	pthread_rwlock_t rwlock;
	sem_t semaphore;
	uint32_t futex, bits;
};

static void mutex_taker(void *arg)
{
	pthread_mutex_lock(&((struct shared *)arg)->mutex);
}

static void inheriting_taker(void *arg)
{
	pthread_mutex_lock(&((struct shared *)arg)->inheriting);
}

static void writer(void *arg)
{
	pthread_rwlock_wrlock(&((struct shared *)arg)->rwlock);
}

static void semaphore_waiter(void *arg)
{
	sem_wait(&((struct shared *)arg)->semaphore);
}

static void futex_waiter(void *arg)
{
	syscall(SYS_futex, &((struct shared *)arg)->futex, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void reader(void *arg)
{
	pthread_rwlock_rdlock(&((struct shared *)arg)->rwlock);
}

static void bitset_waiter(void *arg)
{
	struct timespec when = { .tv_sec = 1UL << 40 };

	syscall(SYS_futex, &((struct shared *)arg)->bits, FUTEX_WAIT_BITSET, 0, &when, NULL, 6);
}

static void condition_waiter(void *arg)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

	(void)arg;
	pthread_mutex_lock(&mutex);
	pthread_cond_wait(&condition, &mutex);
}

/*
 * Once init has frozen this file system, the first renamer sleeps with the
 * folder's i_rwsem held and the others wait for that.
 */
static void renamer(void *arg)
{
	char from[64], to[64];

	snprintf(from, sizeof(from), "/mnt/frozen/folder/a%ld", (long)arg);
	snprintf(to, sizeof(to), "/mnt/frozen/folder/b%ld", (long)arg);
	close(open(from, O_CREAT | O_RDWR, 0600));
	for (;;) {
		rename(from, to);
		rename(to, from);
		usleep(20000);
	}
}

void workload_locks(void)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_rwlockattr_t rwlock;
	pthread_mutexattr_t mutex;

	if (shared == MAP_FAILED)
		return complain("shared memory for locks");
	pthread_mutexattr_init(&mutex);
	pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&shared->mutex, &mutex);
	pthread_mutexattr_setprotocol(&mutex, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&shared->inheriting, &mutex);
	pthread_rwlockattr_init(&rwlock);
	pthread_rwlockattr_setpshared(&rwlock, PTHREAD_PROCESS_SHARED);
	pthread_rwlock_init(&shared->rwlock, &rwlock);
	sem_init(&shared->semaphore, 1, 0);

	for (int i = 0; i < 3; i++) {
		child("kd-flock", flock_taker, NULL);
		child("kd-posix", posix_taker, (void *)(long)(i == 2));
		child("kd-ofd", ofd_taker, NULL);
		child("kd-mutex", mutex_taker, shared);
		child("kd-pi-mutex", inheriting_taker, shared);
		child("kd-rwlock", writer, shared);
		child("kd-rename", renamer, (void *)(long)i);
		usleep(20000);
	}
	child("kd-sem-wait", semaphore_waiter, shared);
	child("kd-futex", futex_waiter, shared);
	child("kd-rwlock-r", reader, shared);
	child("kd-bitset", bitset_waiter, shared);
	child("kd-condition", condition_waiter, NULL);
	put("/proc/sys/fs/lease-break-time", "1000000");
	child("kd-lease", lease_taker, NULL);
	child("kd-wlease", write_lease_taker, NULL);
	child("kd-flock-sh", flock_sharer, NULL);
	child("kd-flock-sh", flock_sharer, NULL);
	child("kd-ranges", many_ranges, NULL);
	usleep(50000);
	child("kd-lease-break", lease_breaker, NULL);
}
