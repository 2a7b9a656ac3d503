/* SysV and POSIX IPC, pipes, memory of every kind, keys, inotify. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

static void shared_memory(void *arg)
{
	int id = shmget(0x4b440001, 1 << 20, IPC_CREAT | 0640);
	int huge = shmget(0x4b440002, 2 << 20, IPC_CREAT | SHM_HUGETLB | 0600);
	char *data = shmat(id, NULL, 0);

	(void)arg;
	if (id < 0 || data == (char *)-1)
		return complain("shmget");
	memset(data, 1, 65536);
	if (huge >= 0)
		shmat(huge, NULL, 0);
	shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
}

static void semaphores(void *arg)
{
	struct sembuf down = { .sem_num = 1, .sem_op = -2 };
	int id = semget(0x4b440003, 3, IPC_CREAT | 0600);

	(void)arg;
	semctl(id, 0, SETVAL, 5);
	semop(id, &down, 1);
}

static void messages(void *arg)
{
	struct {
		long type;
		char text[100];
	} message = { .type = 7, .text = "kd" };
	int id = msgget(0x4b440004, IPC_CREAT | 0600);

	(void)arg;
	for (int i = 0; i < 3; i++)
		msgsnd(id, &message, sizeof(message.text), IPC_NOWAIT);
	msgrcv(id, &message, sizeof(message.text), 99, 0);
}

static void posix_queue(void *arg)
{
	mqd_t queue = mq_open("/kd-queue", O_CREAT | O_RDWR, 0600, NULL);

	(void)arg;
	if (queue < 0)
		return complain("mq_open");
	mq_send(queue, "kd", 2, 1);
}

static void pipes(void *arg)
{
	static char block[65536];
	int fds[2], other[2];

	(void)arg;
	if (pipe(fds) || pipe(other))
		return complain("pipe");
	fcntl(fds[1], F_SETPIPE_SZ, 16384);
	write(other[1], "unread", 6);
	write(fds[1], block, sizeof(block)); /* sleeps: nobody reads */
}

static void poller(void *arg)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fds[2], outer = epoll_create1(0), inner = epoll_create1(EPOLL_CLOEXEC);

	(void)arg;
	for (int i = 0; i < 5 && !pipe(fds); i++) {
		event.data.fd = fds[0];
		epoll_ctl(inner, EPOLL_CTL_ADD, fds[0], &event);
	}
	event.data.fd = inner;
	epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event);
	epoll_wait(outer, &event, 1, -1);
}

static void event_counter(void *arg)
{
	unsigned long value;

	(void)arg;
	read(eventfd(0, EFD_SEMAPHORE), &value, sizeof(value));
}

static void watcher(void *arg)
{
	int fd = inotify_init1(0);

	(void)arg;
	inotify_add_watch(fd, "/tmp", IN_CREATE | IN_DELETE_SELF);
	inotify_add_watch(fd, "/mnt", IN_MOVED_TO);
	fanotify_init(FAN_CLASS_NOTIF, O_RDONLY);
}

static void memory(void *arg)
{
	size_t len = 8 << 20;
	char *data = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *huge = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	int fd = memfd_create("kd-memfd", 0);

	(void)arg;
	if (data != MAP_FAILED) {
		memset(data, 2, len / 2);
		madvise(data, len, MADV_HUGEPAGE);
		mlock(data, 65536);
	}
	if (huge != MAP_FAILED)
		memset(huge, 3, 2 << 20);
	if (fd >= 0 && !ftruncate(fd, 65536))
		mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static void keys(void *arg)
{
	(void)arg;
	if (syscall(SYS_add_key, "user", "kd-key", "secret", 6, -3) < 0)
		complain("add_key");
}

void workload_ipc(void)
{
	child("kd-shm", shared_memory, NULL);
	child("kd-sem", semaphores, NULL);
	child("kd-msg", messages, NULL);
	child("kd-mqueue", posix_queue, NULL);
	child("kd-pipe-writer", pipes, NULL);
	child("kd-epoll", poller, NULL);
	child("kd-eventfd", event_counter, NULL);
	child("kd-inotify", watcher, NULL);
	child("kd-memory", memory, NULL);
	child("kd-keys", keys, NULL);
}
