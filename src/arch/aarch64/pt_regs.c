/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/aarch64/pt_regs.h"

#include <string.h>

#include "arch/aarch64/registers.h"
#include "code/text.h"

static void decode(const uint64_t *words, struct kd_regs *ret)
{
	*ret = (struct kd_regs){};
	memcpy(ret->word, words, KD_ARM64_REGS_NR * sizeof(*words));
	ret->word[KD_ARM64_SYSCALL] &= UINT32_MAX;
}

/* PSTATE as an exception saves it: N, Z, C, V; TCO, DIT, UAO, PAN, SS, IL; SSBS and BTYPE; D, A, I, F; the mode (EL0t,
 * EL1h, EL2h). User mode has neither PAN nor UAO, and interrupts are on in it. */
#define PSTATE_USER 0xf3301c00u
#define PSTATE_KERNEL 0xf3f01fcfu

static bool is_mark(uint64_t word)
{
	const uint64_t mode = word & 0xf;
	return mode ? (mode == 5 || mode == 9) && !(word & ~(uint64_t)PSTATE_KERNEL) : !(word & ~(uint64_t)PSTATE_USER);
}

static bool is_kernel_address(uint64_t address)
{
	return address >= 0xff00000000000000;
}

static bool plausible(struct kd_text *text, const struct kd_regs *regs, bool *ret_user)
{
	const uint64_t pc = regs->word[KD_ARM64_PC], sp = regs->word[KD_ARM64_SP];
	*ret_user = kd_aarch64_registers.is_user(regs);
	if (pc & 3 || sp & 15 || !pc || !sp)
		return false;
	if (*ret_user)
		return !(pc >> 52) && !(sp >> 52) && !(regs->word[KD_ARM64_FP] >> 52) &&
		       !(regs->word[KD_ARM64_LR] >> 52);
	return is_kernel_address(sp) && kd_text_kind(text, pc, NULL, NULL) != KD_TEXT_NONE;
}

const struct kd_pt_regs kd_aarch64_pt_regs = {
	.word_nr = KD_ARM64_REGS_NR,
	.known = KD_REG_BIT(KD_ARM64_REGS_NR) - 1,
	.decode = decode,
	.mark = KD_ARM64_PSTATE,
	.is_mark = is_mark,
	.plausible = plausible,
	.user_on_top = true,
};
