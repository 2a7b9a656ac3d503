/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file What the instructions of arm64 do to the stack and to return addresses. */
#ifndef KD_ARCH_AARCH64_CODE_H
#define KD_ARCH_AARCH64_CODE_H

#include "code/instruction_set.h"

/** Whether a function's frame record is made and not given up when its code comes to pc. A heuristic, by the
 *  instructions from its start on. True where they cannot be read. */
bool kd_aarch64_has_record(const struct kd_code_sources *sources, kd_vaddr start, kd_vaddr pc);

/* Of kd_instruction_set. */
bool kd_aarch64_ends_in_call(const uint8_t *bytes);
bool kd_aarch64_is_call_of(const struct kd_code_sources *sources, kd_vaddr return_address, kd_vaddr start);
kd_vaddr kd_aarch64_code_address(struct kd_memory *memory, uint64_t word);

#endif
