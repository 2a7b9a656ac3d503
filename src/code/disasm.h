/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * DISASSEMBLY of the machine's code, spelled as GNU binutils and gdb spell it.
 */
#ifndef KD_CODE_DISASM_H
#define KD_CODE_DISASM_H

#include "base/error.h"
#include "base/machine.h"
#include "base/types.h"
#include "code/insn.h"

struct kd_disasm;

/** Errors: KD_ERROR_UNSUPPORTED when the machine's instructions are not known. */
struct kd_error *kd_disasm_create(const struct kd_machine *machine, enum kd_syntax syntax,
				  struct kd_disasm **ret) KD_RETURNS_ERROR;
/** NULL is legal. */
void kd_disasm_destroy(struct kd_disasm *disasm);
void kd_disasm_set_syntax(struct kd_disasm *disasm, enum kd_syntax syntax);

/**
 * Decode the instruction at the start of bytes. Bytes that are no instruction give one of length 1 and mnemonic
 * "(bad)"; an instruction cut off by the end of bytes too. @param len at least 1.
 */
void kd_disasm_one(struct kd_disasm *disasm, kd_vaddr address, const uint8_t *bytes, size_t len, struct kd_insn *ret);

/** All instructions in bytes, at most max_nr, appended to ret. */
struct kd_error *kd_disasm_all(struct kd_disasm *disasm, kd_vaddr address, const uint8_t *bytes, size_t len,
			       size_t max_nr, struct kd_insn_vector *ret) KD_RETURNS_ERROR;

#endif
