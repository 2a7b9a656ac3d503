/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * CPUS: which there are, what each ran, and the registers that the dump's notes hold for it.
 */
#ifndef KD_CODE_CPU_H
#define KD_CODE_CPU_H

#include "code/sources.h"
#include "dump/notes.h"

struct kd_cpu {
	uint32_t nr; /* Linux's number of it */
	bool online;
	uint64_t percpu;  /* __per_cpu_offset[nr]; 0 where not known */
	kd_vaddr current; /* struct task_struct that ran on it; 0 where not known */
	/**
	 * The registers at the crash, or NULL: where the dump has no note for this CPU or it cannot be told which one.
	 * A CPU stopped by the crash NMI has those of the moment it was interrupted; the one that crashed those of
	 * __crash_kexec().
	 */
	const struct kd_regs *regs;
	const char *why_no_regs; /* one clause, or NULL */
};

struct kd_cpus;

struct kd_error *kd_cpus_create(const struct kd_code_sources *sources, struct kd_cpus **ret) KD_RETURNS_ERROR;
/** NULL is legal. */
void kd_cpus_destroy(struct kd_cpus *cpus);

/** All possible CPUs, ascending; valid as long as cpus. Empty when the kernel's tables of them cannot be read. Of a
 * running kernel each call looks again at what they run and whether they are online. */
const struct kd_cpu *kd_cpus_list(struct kd_cpus *cpus, size_t *ret_nr);
/** NULL if there is no such CPU. */
const struct kd_cpu *kd_cpus_get(struct kd_cpus *cpus, uint32_t nr);

/** Address of a per-CPU variable (by its symbol) on a CPU; false where either is not known. */
bool kd_cpu_variable(struct kd_cpus *cpus, uint32_t nr, const char *symbol, kd_vaddr *ret);

/** The word of a CPU at a place that its machine knows; false where it is not there, or 0. */
struct kd_cpu_place;
bool kd_cpu_read_place(struct kd_cpus *cpus, uint32_t nr, const struct kd_cpu_place *place, uint64_t *ret);

/** The CPU that a task last ran on; 0 where the kernel does not say, of a task that runs on none. */
struct kd_error *kd_cpu_of_task(struct kd_cpus *cpus, kd_vaddr task, uint32_t *ret) KD_RETURNS_ERROR;

/** Whether a task was on a CPU at the crash: its saved stack pointer then means nothing. */
struct kd_error *kd_cpu_is_running(struct kd_cpus *cpus, kd_vaddr task, bool *ret) KD_RETURNS_ERROR;

#endif
