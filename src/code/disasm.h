/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * DISASSEMBLY of x86-64 code, spelled as GNU binutils and gdb spell it.
 */
#ifndef KD_CODE_DISASM_H
#define KD_CODE_DISASM_H

#include "base/error.h"
#include "base/types.h"
#include "base/vector.h"

#define KD_INSN_MAX_LEN 15

enum kd_syntax {
	KD_SYNTAX_ATT,
	KD_SYNTAX_INTEL,
};

/** What an instruction does to the flow of control. */
enum kd_insn_flow {
	KD_FLOW_NEXT,
	KD_FLOW_CALL,
	KD_FLOW_JUMP,
	KD_FLOW_BRANCH, /* conditional */
	KD_FLOW_RETURN,
	KD_FLOW_STOP, /* ud2, hlt, int3 and bytes that are no instruction: "(bad)" */
};

struct kd_insn {
	kd_vaddr address;
	uint8_t len;
	uint8_t bytes[KD_INSN_MAX_LEN];
	uint8_t flow;	    /* enum kd_insn_flow */
	bool rip_relative;  /* target is where memory is read or written, not a jump */
	kd_vaddr target;    /* of a direct branch, or the address that a rip-relative operand means; 0: none */
	char mnemonic[112]; /* with its prefixes: "mov", "lock cmpxchg", "rep stos" */
	char operands[128]; /* "%rsp,%rbp", "0x2581(%rip)", "0xffffffff81000000"; a symbol is for the caller to add */
};

struct kd_disasm;

struct kd_error *kd_disasm_create(enum kd_syntax syntax, struct kd_disasm **ret) KD_RETURNS_ERROR;
/** NULL is legal. */
void kd_disasm_destroy(struct kd_disasm *disasm);
void kd_disasm_set_syntax(struct kd_disasm *disasm, enum kd_syntax syntax);

/**
 * Decode the instruction at the start of bytes. Bytes that are no instruction give one of length 1 and mnemonic
 * "(bad)"; an instruction cut off by the end of bytes too. @param len at least 1.
 */
void kd_disasm_one(struct kd_disasm *disasm, kd_vaddr address, const uint8_t *bytes, size_t len, struct kd_insn *ret);

KD_VECTOR(kd_insn_vector, struct kd_insn);

/** All instructions in bytes, at most max_nr, appended to ret. */
struct kd_error *kd_disasm_all(struct kd_disasm *disasm, kd_vaddr address, const uint8_t *bytes, size_t len,
			       size_t max_nr, struct kd_insn_vector *ret) KD_RETURNS_ERROR;

/** `mnemonic operands` in one line as gdb's x/i prints it: the mnemonic padded to 6 columns, `# 0x…` behind a
 *  rip-relative operand; without symbols. @return length, as snprintf(). */
int kd_insn_format(const struct kd_insn *insn, char *buffer, size_t buffer_len);

#endif
