/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * An instruction while it is spelled: what the parts of spell.c share.
 */
#ifndef KD_ARCH_X86_64_SPELLING_H
#define KD_ARCH_X86_64_SPELLING_H

#include <capstone/capstone.h>

#include "base/error.h"
#include "code/insn.h"

/** What stands before the opcode. Capstone drops prefixes without effect; binutils names them. */
struct kd_insn_prefixes {
	uint8_t bytes[KD_INSN_MAX_LEN]; /* legacy prefixes in order */
	uint8_t nr;
	uint8_t rex; /* 0: none */
};

struct kd_insn_prefixes kd_insn_prefixes_of(const uint8_t *bytes, size_t len);

struct kd_spelling_buffer {
	char *text;
	size_t size, used;
};

/** printf() into the buffer; what has no room is left out. */
KD_PRINTF(2, 3)
void kd_spell_put(struct kd_spelling_buffer *buffer, const char *format, ...);

struct kd_spelling {
	csh handle;
	const cs_insn *insn;
	const cs_x86 *x86;
	const struct kd_insn_prefixes *prefixes;
	enum kd_syntax syntax;
};

/** NULL where there are not so many. */
const cs_x86_op *kd_spell_operand(const struct kd_spelling *s, unsigned int n);
/** The first of a type, or NULL. */
const cs_x86_op *kd_spell_find_operand(const struct kd_spelling *s, x86_op_type type);
bool kd_spell_is_branch(const struct kd_spelling *s);
/** The first byte of the opcode. */
uint8_t kd_spell_opcode(const struct kd_spelling *s);

/** String instructions have their registers spelled out, and a suffix where both operands are memory. */
struct kd_string_insn {
	unsigned int id;
	const char *name, *operands;
};

/** In AT&T syntax; NULL if it is none. */
const struct kd_string_insn *kd_spell_string_insn(const struct kd_spelling *s);

#endif
