/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/ppc64/pt_regs.h"

#include <string.h>

#include "arch/ppc64/registers.h"
#include "code/text.h"

#define MSR_SF (1ull << 63) /* 64 bits */
#define MSR_ME (1ull << 12)
#define MSR_RI (1ull << 1)
#define MSR_ZEROS 0x0ffffff000000000ull /* none of these has a meaning */
#define TRAP_MAX 0x4000ull		/* vectors of exceptions, and 0x3000 of scv */

static void decode(const uint64_t *words, struct kd_regs *ret)
{
	*ret = (struct kd_regs){};
	memcpy(ret->word, words, KD_PPC64_REGS_NR * sizeof(*words));
}

static bool is_mark(uint64_t word)
{
	return word & MSR_SF && word & MSR_ME && word & MSR_RI && !(word & MSR_ZEROS);
}

static bool plausible(struct kd_text *text, const struct kd_regs *regs, bool *ret_user)
{
	const uint64_t pc = regs->word[KD_PPC64_NIP];
	*ret_user = kd_ppc64_registers.is_user(regs);
	if (!is_mark(regs->word[KD_PPC64_MSR]) || regs->word[KD_PPC64_TRAP] >= TRAP_MAX || pc & 3)
		return false;
	return *ret_user ? !(pc >> 63) : kd_text_kind(text, pc, NULL, NULL) != KD_TEXT_NONE;
}

const struct kd_pt_regs kd_ppc64_pt_regs = {
	.word_nr = KD_PPC64_REGS_NR,
	.known = KD_REG_BIT(KD_PPC64_REGS_NR) - 1,
	.decode = decode,
	.mark = KD_PPC64_MSR,
	.is_mark = is_mark,
	.plausible = plausible,
	.user_on_top = true,
};
