/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * REGISTERS of a CPU: numbered words, as the machine's register notes order them, with names for them.
 */
#ifndef KD_DUMP_REGISTERS_H
#define KD_DUMP_REGISTERS_H

#include "base/types.h"

/* Of the machine that has most: ppc64le's notes have 44. */
#define KD_REGS_MAX 48

struct kd_regs {
	uint64_t word[KD_REGS_MAX];
};

#define KD_REG_NONE UINT8_MAX

/** Bit of a register in a mask of those whose value is known. */
#define KD_REG_BIT(word) (1ull << (word))
#define KD_REG_ALL (~0ull)

struct kd_register {
	const char *name;
	uint8_t word;
};

/** What a machine supplies. */
struct kd_register_set {
	const struct kd_register *list; /* in the order in which they are shown */
	size_t nr;
	uint8_t pc, sp, fp;   /* words: program counter, stack pointer, frame pointer */
	uint8_t current;      /* word: the address of the current task, while the kernel runs; 0: in no register */
	const uint8_t *dwarf; /* words by DWARF's numbers; KD_REG_NONE: another register */
	size_t dwarf_nr;
	uint64_t preserved; /* KD_REG_BIT of those that a called function leaves as they are */
	uint8_t cfa_offset; /* bytes from the stack pointer before a call to the canonical frame address */
	bool (*is_user)(const struct kd_regs *regs); /* whether they are of user mode */
};

#endif
