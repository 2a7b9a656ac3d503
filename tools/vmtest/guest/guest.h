/*
 * The static program that runs inside the guest: it loads modules, makes the
 * workload, writes the ground truth, crashes the kernel and saves the core.
 *
 * Every part is an applet: argv[0] is its name, the result its exit status.
 */
#ifndef VMTEST_GUEST_H
#define VMTEST_GUEST_H

#include <stddef.h>

struct applet {
	const char *name;
	int (*run)(int argc, char **argv);
};

/* Report to the console, with errno's text when it is set; never fatal. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Fork a child that runs @body(@arg) and then sleeps for ever, named @comm
 * unless that is NULL. Returns its pid, or -1.
 */
int child(const char *comm, void (*body)(void *arg), void *arg);

/* Write @text to the file @path; 0, or -1 after a complaint. */
int put(const char *path, const char *text);

/* The parts of the workload; each starts children that stay. */
void workload_states(void);
void workload_locks(void);
void workload_sockets(void);
void workload_ipc(void);
void workload_timers(void);
void workload_bpf(void);
void workload_sctp(void);
void workload_user(void);
void workload_threads(int nr);

/* The body of a child: connections whose peer is silent (peer.c). */
void silent_peer(void *arg);

int modules_main(int argc, char **argv);
int truth_main(int argc, char **argv);
int crash_main(int argc, char **argv);
int arm_main(int argc, char **argv);
int save_main(int argc, char **argv);
int freeze_main(int argc, char **argv);
int listener_main(int argc, char **argv);
int hold_main(int argc, char **argv);
int unanswered_main(int argc, char **argv);

#endif
