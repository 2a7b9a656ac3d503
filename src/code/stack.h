/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * STACKS: where the stacks of tasks and CPUs lie, and raw scans of one.
 */
#ifndef KD_CODE_STACK_H
#define KD_CODE_STACK_H

#include "base/vector.h"
#include "code/cpu.h"
#include "code/sources.h"
#include "code/text.h"

enum kd_stack_kind {
	KD_STACK_NONE,
	KD_STACK_TASK,
	KD_STACK_IRQ,	  /* also softirqs, which run on the same stack */
	KD_STACK_SOFTIRQ, /* of its own on i386 and older kernels only */
	KD_STACK_ENTRY,	  /* the trampoline stack in the cpu entry area */
	KD_STACK_DF,	  /* double fault */
	KD_STACK_NMI,
	KD_STACK_DB, /* debug */
	KD_STACK_MCE,
	KD_STACK_VC, /* AMD SEV-ES #VC */
	KD_STACK_VC2,
	KD_STACK_OVERFLOW, /* arm64, riscv: what found that the task's stack was full */
	KD_STACK_SDEI,	   /* arm64: events of the firmware */
	KD_STACK_SDEI_CRITICAL,
	KD_STACK_NODAT, /* s390x: of code that runs without address translation */
	KD_STACK_RESTART,
	KD_STACK_EMERGENCY, /* ppc64 */
	KD_STACK_KIND_NR,
};

struct kd_stack {
	enum kd_stack_kind kind;
	int32_t cpu;	     /* -1 for a task's */
	kd_vaddr start, end; /* end is exclusive */
};

static inline bool kd_stack_holds(const struct kd_stack *stack, kd_vaddr address, uint64_t len)
{
	return address >= stack->start && address < stack->end && len <= stack->end - address;
}

/** "task", "IRQ", "NMI" …: as in "<IRQ stack>", "<NMI exception stack>". */
const char *kd_stack_kind_name(enum kd_stack_kind kind);

/** The stacks of one CPU. */
struct kd_cpu_stacks {
	bool loaded;
	size_t nr;
	struct kd_stack list[KD_STACK_KIND_NR];
};

/** For kd_cpu_layout.add_stacks(); one that cannot be is left out. */
void kd_cpu_stacks_add(struct kd_cpu_stacks *stacks, enum kd_stack_kind kind, uint32_t cpu, kd_vaddr start,
		       uint64_t len);

struct kd_stacks;

struct kd_error *kd_stacks_create(const struct kd_code_sources *sources, struct kd_cpus *cpus,
				  struct kd_stacks **ret) KD_RETURNS_ERROR;
/** NULL is legal. */
void kd_stacks_destroy(struct kd_stacks *stacks);

/** A task's kernel stack. Errors: KD_ERROR_FAULT; KD_ERROR_FORMAT when task_struct.stack is NULL (freed) or no address.
 */
struct kd_error *kd_stack_of_task(struct kd_stacks *stacks, kd_vaddr task, struct kd_stack *ret) KD_RETURNS_ERROR;

/** Length of every task's stack (THREAD_SIZE) in bytes: a power of two. */
uint64_t kd_stack_task_len(struct kd_stacks *stacks);
uint64_t kd_stack_task_len_of(const struct kd_code_sources *sources);

/** The IRQ, exception and entry stacks of a CPU, as far as they are known. Valid as long as stacks. Never fails. */
const struct kd_stack *kd_stacks_of_cpu(struct kd_stacks *stacks, uint32_t cpu, size_t *ret_nr);

/** Which stack of a CPU holds an address; NULL if none. */
const struct kd_stack *kd_stack_at(struct kd_stacks *stacks, uint32_t cpu, kd_vaddr address);

/** A word on a stack that is an address of code with a name: `bt -t`. */
struct kd_stack_text {
	kd_vaddr slot; /* where the word is */
	kd_vaddr pc;   /* the word */
};
KD_VECTOR(kd_stack_text_vector, struct kd_stack_text);

/** All code addresses in [start, end), ascending slots, appended to ret. Missing pages are skipped and counted. */
struct kd_error *kd_stack_scan_text(struct kd_stacks *stacks, struct kd_text *text, kd_vaddr start, kd_vaddr end,
				    struct kd_stack_text_vector *ret, size_t *ret_missing) KD_RETURNS_ERROR;

/** A place on a stack that looks like a struct pt_regs: `bt -e`. A heuristic: segment selectors, reserved bits of
 *  RFLAGS, and RIP and RSP of the privilege level that CS says. */
struct kd_stack_regs {
	kd_vaddr address; /* of the struct pt_regs */
	bool user;
	struct kd_regs regs;
};
KD_VECTOR(kd_stack_regs_vector, struct kd_stack_regs);

struct kd_error *kd_stack_scan_regs(struct kd_stacks *stacks, struct kd_text *text, kd_vaddr start, kd_vaddr end,
				    struct kd_stack_regs_vector *ret, size_t *ret_missing) KD_RETURNS_ERROR;

/** Read the struct pt_regs at address. */
struct kd_error *kd_stack_read_regs(struct kd_stacks *stacks, kd_vaddr address, struct kd_regs *ret) KD_RETURNS_ERROR;

#endif
