/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * What the dump's ELF notes say of each CPU: NT_PRSTATUS as the crashing kernel wrote it, and QEMU's CPU state.
 */
#ifndef KD_DUMP_NOTES_H
#define KD_DUMP_NOTES_H

#include "base/error.h"
#include "base/types.h"

/** struct user_regs_struct of x86-64, in the order of NT_PRSTATUS. */
struct kd_regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax;
	uint64_t rip, cs, rflags, rsp, ss, fs_base, gs_base, ds, es, fs, gs;
};

/** One CPU's notes. Which CPU it is, is the note's place, not a number in it: offline CPUs may be missing. */
struct kd_cpu_note {
	bool has_regs;
	struct kd_regs regs;
	int32_t pid; /* pr_pid: the task that ran; 0 for QEMU or idle */
	bool has_cr;
	uint64_t cr3, cr4; /* from QEMU's note: the way to the page tables where there is no vmcoreinfo */
};

struct kd_notes {
	struct kd_cpu_note *cpus;
	size_t nr;
};

/** Parse raw little-endian ELF notes of x86-64, one after another. Notes of other kinds, and what is left after a
 *  damaged one, are ignored. */
struct kd_error *kd_notes_init(struct kd_notes *notes, const void *raw, size_t raw_len) KD_RETURNS_ERROR;
void kd_notes_deinit(struct kd_notes *notes);

#endif
