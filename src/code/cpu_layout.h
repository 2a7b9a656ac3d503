/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * CPUS, as a machine supplies them: where a CPU says what it runs, which stacks it has, and what it leaves on them when
 * it is interrupted.
 */
#ifndef KD_CODE_CPU_LAYOUT_H
#define KD_CODE_CPU_LAYOUT_H

#include "code/sources.h"
#include "dump/registers.h"

struct kd_cpu_stacks;
struct kd_cpus;
struct kd_text;

/** A per-CPU variable, or a member of one (a dotted path in a struct of that type). */
struct kd_cpu_place {
	const char *symbol, *type, *member; /* type NULL: the variable itself */
};

/** struct pt_regs: what entry code pushes. */
struct kd_pt_regs {
	size_t word_nr; /* its length in words of 8 bytes */
	uint64_t known; /* KD_REG_BIT of the registers that it holds */
	void (*decode)(const uint64_t *words, struct kd_regs *ret);
	/** To look for one on a stack: a word that tells it from most else, and whether registers can be real. */
	size_t mark;
	bool (*is_mark)(uint64_t word);
	bool (*plausible)(struct kd_text *text, const struct kd_regs *regs, bool *ret_user);
	bool user_on_top; /* those of user mode are what a stack begins with, and nowhere else */
};

struct kd_cpu_layout {
	const struct kd_cpu_place *current; /* struct task_struct *: the places there are, the best first */
	size_t current_nr;
	/** Calls kd_cpu_stacks_add() for each stack of a CPU that is not a task's. */
	void (*add_stacks)(const struct kd_code_sources *sources, struct kd_cpus *cpus, uint32_t cpu,
			   struct kd_cpu_stacks *ret);
	const struct kd_pt_regs *pt_regs;
};

#endif
