/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * REPLACED RETURN ADDRESSES. The function graph tracer and kretprobes put the address of a trampoline in place of a
 * return address, and keep the real one in a list of the task's.
 */
#ifndef KD_CODE_TRAMPOLINE_H
#define KD_CODE_TRAMPOLINE_H

#include "code/sources.h"

struct kd_trampolines;

struct kd_error *kd_trampolines_create(const struct kd_code_sources *sources,
				       struct kd_trampolines **ret) KD_RETURNS_ERROR;
/** NULL is legal. */
void kd_trampolines_destroy(struct kd_trampolines *trampolines);

/**
 * @param pc a return address that a task has at slot on its stack.
 * @return true when pc is a trampoline and the real return address was found: ret. False for any other pc.
 */
bool kd_trampoline_resolve(struct kd_trampolines *trampolines, kd_vaddr task, kd_vaddr pc, kd_vaddr slot,
			   kd_vaddr *ret);

#endif
