/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/x86_64/pt_regs.h"

#include <string.h>

#include "arch/x86_64/registers.h"
#include "code/text.h"

static void decode(const uint64_t *words, struct kd_regs *ret)
{
	*ret = (struct kd_regs){};
	memcpy(ret->word, words, KD_X86_PT_REGS_NR * sizeof(*words));
	ret->word[KD_X86_CS] &= KD_X86_SELECTOR;
	ret->word[KD_X86_SS] &= KD_X86_SELECTOR;
}

/* The word of CS is rare enough to look for it alone. */
static bool is_mark(uint64_t word)
{
	word &= KD_X86_SELECTOR;
	return word == 0x10 || word == 0x33 || word == 0x23;
}

static bool is_kernel_address(uint64_t address)
{
	return address >= 0xff00000000000000;
}

/* GDT entries: __KERNEL_CS 0x10, __KERNEL_DS 0x18; __USER_CS 0x33, __USER32_CS 0x23, __USER_DS 0x2b. */
static bool plausible(struct kd_text *text, const struct kd_regs *regs, bool *ret_user)
{
	/* Bit 1 is always set; 3, 5, 15 and from 22 on never. */
	if (!(regs->word[KD_X86_RFLAGS] & 2) || regs->word[KD_X86_RFLAGS] & ~0x3f7fd7ul)
		return false;
	if (regs->word[KD_X86_CS] == 0x10) {
		*ret_user = false;
		return (regs->word[KD_X86_SS] == 0x18 || regs->word[KD_X86_SS] == 0) &&
		       is_kernel_address(regs->word[KD_X86_RSP]) &&
		       kd_text_kind(text, regs->word[KD_X86_RIP], NULL, NULL) != KD_TEXT_NONE;
	}
	*ret_user = true;
	return (regs->word[KD_X86_CS] == 0x33 || regs->word[KD_X86_CS] == 0x23) && regs->word[KD_X86_SS] == 0x2b &&
	       !is_kernel_address(regs->word[KD_X86_RIP]) && !is_kernel_address(regs->word[KD_X86_RSP]);
}

const struct kd_pt_regs kd_x86_64_pt_regs = {
	.word_nr = KD_X86_PT_REGS_NR,
	.known = KD_REG_BIT(KD_X86_PT_REGS_NR) - 1,
	.decode = decode,
	.mark = KD_X86_CS,
	.is_mark = is_mark,
	.plausible = plausible,
};
