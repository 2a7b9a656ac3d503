/* Timers of every clock. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

static void posix_timers(void *arg)
{
	static const clockid_t clocks[] = {
		CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_PROCESS_CPUTIME_ID,
	};
	struct itimerspec when = { .it_value.tv_sec = 3600, .it_interval.tv_sec = 60 };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2 };

	(void)arg;
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		timer_t timer;

		if (timer_create(clocks[i], &event, &timer) ||
		    timer_settime(timer, 0, &when, NULL))
			complain("timer of clock %d", clocks[i]);
	}
}

static void interval_timer(void *arg)
{
	struct itimerval when = { .it_value.tv_sec = 1800 };

	(void)arg;
	setitimer(ITIMER_REAL, &when, NULL);
	alarm(900);
}

static void timer_file(void *arg)
{
	struct itimerspec when = { .it_value.tv_sec = 7200 };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	uint64_t count;

	(void)arg;
	timerfd_settime(fd, 0, &when, NULL);
	read(fd, &count, sizeof(count));
}

static void nanosleeper(void *arg)
{
	struct timespec time = { .tv_sec = 100000 };

	(void)arg;
	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

static void ticker(void *arg)
{
	(void)arg;
	for (;;)
		usleep(10000);
}

static void polling(void *arg)
{
	(void)arg;
	poll(NULL, 0, 5000000);
}

void workload_timers(void)
{
	child("kd-timers", posix_timers, NULL);
	child("kd-itimer", interval_timer, NULL);
	child("kd-timerfd", timer_file, NULL);
	child("kd-nanosleep", nanosleeper, NULL);
	child("kd-ticker", ticker, NULL);
	child("kd-poll", polling, NULL);
}
