/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/s390x/pt_regs.h"

#include <string.h>

#include "arch/s390x/registers.h"
#include "code/text.h"

#define PSW_64_BITS 0x0000000180000000ull /* EA and BA */
/* Bits that are 0 in any PSW: 0, 2-4, 12 (must be 0 where addresses have 64 bits), 24-30 and 33-63. */
#define PSW_ZEROS 0xb8080000fe000000ull
#define PSW_LOW 0x000000007fffffffull
#define PSW_DAT 0x0400000000000000ull

static void decode(const uint64_t *words, struct kd_regs *ret)
{
	*ret = (struct kd_regs){};
	memcpy(ret->word, words + 1, KD_S390X_REGS_NR * sizeof(*words));
}

static bool is_mark(uint64_t word)
{
	return (word & PSW_64_BITS) == PSW_64_BITS && !(word & PSW_LOW) && !(word >> 32 & PSW_ZEROS >> 32) &&
	       word & PSW_DAT;
}

static bool plausible(struct kd_text *text, const struct kd_regs *regs, bool *ret_user)
{
	const uint64_t pc = regs->word[KD_S390X_PSW_ADDRESS];
	*ret_user = kd_s390x_registers.is_user(regs);
	if (!is_mark(regs->word[KD_S390X_PSW_MASK]) || pc & 1)
		return false;
	return *ret_user || (!(regs->word[KD_S390X_R15] & 7) && kd_text_kind(text, pc, NULL, NULL) != KD_TEXT_NONE);
}

const struct kd_pt_regs kd_s390x_pt_regs = {
	.word_nr = KD_S390X_PT_REGS_WORDS,
	.known = KD_REG_BIT(KD_S390X_REGS_NR) - 1,
	.decode = decode,
	.mark = 1,
	.is_mark = is_mark,
	.plausible = plausible,
	.user_on_top = true,
};
