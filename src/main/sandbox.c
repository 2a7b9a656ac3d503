/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "main/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>

#define KD_ARRAY_NR(array) (sizeof(array) / sizeof((array)[0]))

/*
 * What reading, computing and printing take; what is not here is EPERM, so that what needs more gets an error that it
 * can tell and not a signal. No execve, no socket, no ptrace, no change of names, modes or owners.
 */
static const int allowed[] = {
	SYS_read,
	SYS_write,
	SYS_readv,
	SYS_writev,
	SYS_pread64,
	SYS_lseek,
	SYS_close,
	SYS_fstat,
	SYS_newfstatat,
	SYS_statx,
	SYS_getdents64,
	SYS_readlinkat,
	SYS_faccessat,
	SYS_faccessat2,
	SYS_getcwd,
	SYS_fcntl,
	SYS_ftruncate,
	SYS_dup,
	SYS_dup3,
	SYS_pipe2,
	SYS_ppoll,
	SYS_pselect6,
	SYS_mmap,
	SYS_munmap,
	SYS_mprotect,
	SYS_mremap,
	SYS_madvise,
	SYS_brk,
	SYS_membarrier,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_sigaltstack,
	SYS_restart_syscall,
	SYS_setitimer,
	SYS_getitimer,
	SYS_clock_gettime,
	SYS_clock_getres,
	SYS_clock_nanosleep,
	SYS_nanosleep,
	SYS_gettimeofday,
	SYS_times,
	SYS_getpid,
	SYS_getppid,
	SYS_gettid,
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
	SYS_uname,
	SYS_sysinfo,
	SYS_getrusage,
	SYS_getrandom,
	SYS_sched_getaffinity,
	SYS_futex,
	SYS_set_robust_list,
	SYS_set_tid_address,
	SYS_rseq,
	SYS_wait4,
	SYS_waitid,
	SYS_exit,
	SYS_exit_group,
#ifdef __x86_64__
	SYS_stat,
	SYS_lstat,
	SYS_access,
	SYS_readlink,
	SYS_dup2,
	SYS_pipe,
	SYS_poll,
	SYS_select,
	SYS_fork,
	SYS_vfork,
	SYS_arch_prctl,
	SYS_alarm,
	SYS_getrlimit,
#endif
};

/* Calls of which some flags are refused: files are opened for reading alone, children get no namespaces of their own.
 */
static const struct {
	int call, argument;
	uint32_t flags;
} restricted[] = {
#define WRITES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND)
#define NAMESPACES 0x7e020000 /* CLONE_NEW... */
#ifdef __x86_64__
	{ SYS_open, 1, WRITES },
#endif
	{ SYS_openat, 2, WRITES },
	{ SYS_clone, 0, NAMESPACES },
};

/* Calls of which the first argument is a process: this one alone, by its number or as 0 where that means it. */
static const struct {
	int call;
	bool zero;
} own[] = {
	{ SYS_kill, false },
	{ SYS_tkill, false },
	{ SYS_tgkill, false },
	{ SYS_prlimit64, true },
};

/* Requests by which a process types on its terminal what the shell behind it then runs. */
static const uint32_t typing[] = { TIOCSTI, TIOCLINUX };

#ifdef __x86_64__
#define MACHINE AUDIT_ARCH_X86_64
#define OTHER_CALLS 0x40000000 /* those of x32 begin here, with numbers of their own */
#else
#define MACHINE AUDIT_ARCH_AARCH64
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ARGUMENT(n) LOAD(args[n]) /* its lower half: both machines are little-endian */
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define REFUSE RETURN(SECCOMP_RET_ERRNO | EPERM)
#define ALLOW RETURN(SECCOMP_RET_ALLOW)
#define UNLESS_EQUAL(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))

static unsigned int filter_of(struct sock_filter *code)
{
	struct sock_filter *at = code;
#define EMIT(...)                                        \
	do {                                             \
		*at++ = (struct sock_filter)__VA_ARGS__; \
	} while (0)
	EMIT(LOAD(arch));
	EMIT(UNLESS_EQUAL(MACHINE, 1));
	EMIT(BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0));
	EMIT(RETURN(SECCOMP_RET_KILL_PROCESS));
	EMIT(LOAD(nr));
#ifdef OTHER_CALLS
	EMIT(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, OTHER_CALLS, 0, 1));
	EMIT(REFUSE);
#endif
	for (size_t i = 0; i < KD_ARRAY_NR(allowed); i++) {
		EMIT(UNLESS_EQUAL((uint32_t)allowed[i], 1));
		EMIT(ALLOW);
	}
	for (size_t i = 0; i < KD_ARRAY_NR(restricted); i++) {
		EMIT(UNLESS_EQUAL((uint32_t)restricted[i].call, 4));
		EMIT(ARGUMENT(restricted[i].argument));
		EMIT(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, restricted[i].flags, 0, 1));
		EMIT(REFUSE);
		EMIT(ALLOW);
	}
	const uint32_t self = (uint32_t)getpid();
	for (size_t i = 0; i < KD_ARRAY_NR(own); i++) {
		EMIT(UNLESS_EQUAL((uint32_t)own[i].call, 5));
		EMIT(ARGUMENT(0));
		EMIT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, self, 2, 0));
		EMIT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, own[i].zero ? 0 : self, 1, 0));
		EMIT(REFUSE);
		EMIT(ALLOW);
	}
	EMIT(UNLESS_EQUAL(SYS_ioctl, 2 + 2 * KD_ARRAY_NR(typing)));
	EMIT(ARGUMENT(1));
	for (size_t i = 0; i < KD_ARRAY_NR(typing); i++) {
		EMIT(UNLESS_EQUAL(typing[i], 1));
		EMIT(REFUSE);
	}
	EMIT(ALLOW);
	EMIT(REFUSE);
#undef EMIT
	return (unsigned int)(at - code);
}

static bool filter_calls(void)
{
	struct sock_filter code[2 * KD_ARRAY_NR(allowed) + 5 * KD_ARRAY_NR(restricted) + 6 * KD_ARRAY_NR(own) +
				2 * KD_ARRAY_NR(typing) + 16];
	struct sock_fprog program = { .len = (unsigned short)filter_of(code), .filter = code };
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

/* Every right to change the tree of files, and to execute what is in it, as far as this kernel knows them; none is
 * given back. */
static long forbid_changes(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (version < 1)
		return 0;
	struct landlock_ruleset_attr rules = {
		.handled_access_fs =
			LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
			LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
			LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
			LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM,
	};
	int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules.handled_access_fs), 0);
	if (fd < 0)
		return 0;
	long done = syscall(SYS_landlock_restrict_self, fd, 0);
	close(fd);
	return done == 0 ? version : 0;
}

static PyObject *enter(PyObject *self, PyObject *unused)
{
	(void)self;
	(void)unused;
	bool plain = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
	long landlock = plain ? forbid_changes() : 0;
	bool seccomp = plain && filter_calls();
	return Py_BuildValue("{sN sl sN}", "no_new_privs", PyBool_FromLong(plain), "landlock", landlock, "seccomp",
			     PyBool_FromLong(seccomp));
}

static PyMethodDef methods[] = {
	{ "enter", enter, METH_NOARGS,
	  "enter() -> what is in force from now on: no_new_privs, landlock (0, or the version of its interface), "
	  "seccomp." },
	{ NULL },
};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "_pykd_sandbox",
	.m_doc = "Gives up what a process that only reads and answers does not need. There is no way back.",
	.m_methods = methods,
};

PyMODINIT_FUNC PyInit__pykd_sandbox(void)
{
	return PyModuleDef_Init(&definition);
}
