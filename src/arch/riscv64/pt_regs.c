/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/riscv64/pt_regs.h"

#include <string.h>

#include "arch/riscv64/registers.h"
#include "code/text.h"

static void decode(const uint64_t *words, struct kd_regs *ret)
{
	*ret = (struct kd_regs){};
	memcpy(ret->word, words, KD_RISCV_REGS_NR * sizeof(*words));
}

/* sstatus: UXL says 64 bits (2 at bit 32), and interrupts, which were on before, are off (SIE, bit 1). */
static bool is_mark(uint64_t word)
{
	return (word >> 32 & 3) == 2 && !(word & 2) && !(word >> 34 & 0x1fffffff);
}

/* The number of an exception or, with the highest bit, of an interrupt; -1 of a system call that a signal ended. */
static bool is_cause(uint64_t cause)
{
	return (cause & INT64_MAX) < 64 || cause == UINT64_MAX;
}

static bool plausible(struct kd_text *text, const struct kd_regs *regs, bool *ret_user)
{
	const uint64_t pc = regs->word[KD_RISCV_EPC], sp = regs->word[KD_RISCV_SP];
	*ret_user = kd_riscv64_registers.is_user(regs);
	if (pc & 1 || !pc || !sp || !is_cause(regs->word[KD_RISCV_CAUSE]))
		return false;
	if (*ret_user)
		return !(pc >> 63) && !(sp >> 63);
	return sp >> 63 && kd_text_kind(text, pc, NULL, NULL) != KD_TEXT_NONE;
}

const struct kd_pt_regs kd_riscv64_pt_regs = {
	.word_nr = KD_RISCV_REGS_NR,
	.known = KD_REG_BIT(KD_RISCV_REGS_NR) - 1,
	.decode = decode,
	.mark = KD_RISCV_STATUS,
	.is_mark = is_mark,
	.plausible = plausible,
	.user_on_top = true,
};
