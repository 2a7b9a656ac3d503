/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * INSTRUCTIONS: one, decoded and spelled.
 */
#ifndef KD_CODE_INSN_H
#define KD_CODE_INSN_H

#include "base/types.h"
#include "base/vector.h"

#define KD_INSN_MAX_LEN 15 /* bytes, of any machine */
#define KD_OPERANDS_MAX 4

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

enum kd_operand_kind {
	KD_OPERAND_OTHER,
	KD_OPERAND_REGISTER,
	KD_OPERAND_NUMBER,
	KD_OPERAND_MEMORY,
};

/** An operand as it was decoded; its text is in kd_insn.operands. Registers have capstone's numbers and names, 0 and
 *  NULL: none. */
struct kd_operand {
	uint8_t kind;	/* enum kd_operand_kind */
	uint8_t size;	/* bytes; 0: of none */
	uint16_t reg;	/* KD_OPERAND_REGISTER, or the base register of KD_OPERAND_MEMORY */
	uint16_t index; /* KD_OPERAND_MEMORY: the index register */
	int64_t number; /* KD_OPERAND_NUMBER, or the displacement of KD_OPERAND_MEMORY */
	const char *reg_name, *index_name;
};

struct kd_insn {
	kd_vaddr address;
	uint8_t len;
	uint8_t bytes[KD_INSN_MAX_LEN];
	uint8_t flow; /* enum kd_insn_flow */
	uint8_t operand_nr;
	bool tabbed;	  /* a tab is between mnemonic and operands, as gdb prints them of this machine */
	bool pc_relative; /* target is where memory is read or written, not a jump */
	kd_vaddr target;  /* of a direct branch, or the address that an operand means by its distance; 0: none */
	uint16_t id;	  /* capstone's, of the machine; 0: not one that capstone knows */
	struct kd_operand operand[KD_OPERANDS_MAX]; /* the target first */
	const char *name;   /* without prefixes and suffixes, the same in every syntax; NULL with id 0 */
	char mnemonic[112]; /* with its prefixes: "mov", "lock cmpxchg", "rep stos" */
	char operands[128]; /* "%rsp,%rbp", "0x2581(%rip)", "0xffffffff81000000"; a symbol is for the caller to add */
};

KD_VECTOR(kd_insn_vector, struct kd_insn);

/** Its operands as GNU tools write those of s390x and POWER: without blanks, numbers in decimal but for the target.
 * @param text capstone's, of an instruction whose target is known. */
void kd_insn_spell_plain(struct kd_insn *insn, const char *text);

/** `mnemonic operands` in one line as gdb's x/i prints it: the mnemonic padded to 6 columns or a tab behind it, `# 0x…`
 *  behind an operand that is pc_relative; without symbols. @return length, as snprintf(). */
int kd_insn_format(const struct kd_insn *insn, char *buffer, size_t buffer_len);

#endif
