/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * TEXT. Which addresses are kernel code, and whose: the kernel image, modules, and what was generated at run time (BPF
 * programs and trampolines, ftrace's trampolines). Names for them, cached.
 */
#ifndef KD_CODE_TEXT_H
#define KD_CODE_TEXT_H

#include "code/sources.h"

enum kd_text_kind {
	KD_TEXT_NONE, /* not code */
	KD_TEXT_KERNEL,
	KD_TEXT_MODULE,
	KD_TEXT_BPF,	/* a BPF program or trampoline: always has a frame pointer */
	KD_TEXT_FTRACE, /* a copy of ftrace_caller or ftrace_regs_caller */
};

/** A module's code and its ORC tables (struct mod_arch_specific). */
struct kd_text_module {
	const struct kd_module *module;
	kd_vaddr orc_ip, orc; /* 0: it has none */
	uint32_t orc_nr;
};

struct kd_text;

struct kd_error *kd_text_create(const struct kd_code_sources *sources, struct kd_text **ret) KD_RETURNS_ERROR;
/** NULL is legal. */
void kd_text_destroy(struct kd_text *text);

/**
 * @param[out] ret_module for KD_TEXT_MODULE, valid as long as text; may be NULL.
 * @param[out] ret_entry for KD_TEXT_FTRACE the place in the kernel's text whose stack layout the trampoline has; may be
 * NULL.
 */
enum kd_text_kind kd_text_kind(struct kd_text *text, kd_vaddr pc, const struct kd_text_module **ret_module,
			       kd_vaddr *ret_entry);

/**
 * The symbol of a program counter. @param is_return pc is a return address: the symbol of the call before it, which
 * differs where a call of a noreturn function ends its caller. KD_ERROR_LOOKUP if none. Strings are valid as long as
 * the modules and kallsyms are.
 */
struct kd_error *kd_text_symbol(struct kd_text *text, kd_vaddr pc, bool is_return,
				struct kd_symbol *ret) KD_RETURNS_ERROR;

/** The address of code that a word of a stack means: see kd_instruction_set.code_address. */
kd_vaddr kd_text_code_address(struct kd_text *text, uint64_t word);

/** Whether the instruction that ends at pc is a call, so that pc may be a return address. False when unreadable. */
bool kd_text_after_call(struct kd_text *text, kd_vaddr pc);

#endif
