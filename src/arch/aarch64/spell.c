/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/aarch64/spell.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

struct text {
	char *start;
	size_t size, len;
};

KD_PRINTF(2, 3)
static void put(struct text *text, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(text->start + text->len, text->size - text->len, format, args);
	va_end(args);
	if (len > 0)
		text->len = kd_min(text->len + (size_t)len, text->size - 1);
}

bool kd_aarch64_means_address(const cs_insn *insn)
{
	switch (insn->id) {
	case ARM64_INS_B:
	case ARM64_INS_BL:
	case ARM64_INS_CBZ:
	case ARM64_INS_CBNZ:
	case ARM64_INS_TBZ:
	case ARM64_INS_TBNZ:
	case ARM64_INS_ADR:
	case ARM64_INS_ADRP:
	case ARM64_INS_LDR:
	case ARM64_INS_LDRSW:
	case ARM64_INS_PRFM:
		return true;
	}
	return false;
}

/* Whose numbers binutils print in hexadecimal; those of all others are in decimal. */
static bool is_hexadecimal(const cs_insn *insn)
{
	switch (insn->id) {
	case ARM64_INS_ADD:
	case ARM64_INS_ADDS:
	case ARM64_INS_AND:
	case ARM64_INS_ANDS:
	case ARM64_INS_BRK:
	case ARM64_INS_CCMN:
	case ARM64_INS_CCMP:
	case ARM64_INS_CMN:
	case ARM64_INS_CMP:
	case ARM64_INS_DCPS1:
	case ARM64_INS_EOR:
	case ARM64_INS_EXTR:
	case ARM64_INS_HINT:
	case ARM64_INS_HLT:
	case ARM64_INS_HVC:
	case ARM64_INS_MOV:
	case ARM64_INS_MOVK:
	case ARM64_INS_MOVN:
	case ARM64_INS_MOVZ:
	case ARM64_INS_MSR:
	case ARM64_INS_ORR:
	case ARM64_INS_SMC:
	case ARM64_INS_SUB:
	case ARM64_INS_SUBS:
	case ARM64_INS_SVC:
	case ARM64_INS_TST:
		return insn->id != ARM64_INS_EXTR;
	}
	return false;
}

/* Conditions have two names: LLVM's are those of comparisons, binutils' those of the carry flag. */
static const char *condition(const char *name)
{
	return !strcmp(name, "hs") ? "cs" : !strcmp(name, "lo") ? "cc" : name;
}

static void spell_mnemonic(const cs_insn *insn, struct kd_insn *ret)
{
	const char *dot = strchr(insn->mnemonic, '.');
	if (dot && insn->id == ARM64_INS_B)
		snprintf(ret->mnemonic, sizeof(ret->mnemonic), "b.%s", condition(dot + 1));
	else if (insn->id == ARM64_INS_HINT && !strcmp(insn->op_str, "#0x16"))
		snprintf(ret->mnemonic, sizeof(ret->mnemonic), "clearbhb");
	else
		snprintf(ret->mnemonic, sizeof(ret->mnemonic), "%s", insn->mnemonic);
}

void kd_aarch64_spell(const cs_insn *insn, struct kd_insn *ret)
{
	struct text text = { ret->operands, sizeof(ret->operands), 0 };
	spell_mnemonic(insn, ret);
	if (!strcmp(ret->mnemonic, "clearbhb"))
		return;
	/* Values of registers have no sign; their size is that of the first one. */
	const uint64_t all = insn->op_str[0] == 'w' ? UINT32_MAX : UINT64_MAX;
	const bool address = ret->target != 0, hexadecimal = is_hexadecimal(insn);
	bool in_memory = false, shift = false;
	for (const char *at = insn->op_str; *at;) {
		if (*at == '[')
			in_memory = true; /* to the end: what follows the bracket is added to the address, too */
		if (!strncmp(at, "lsl ", 4) || !strncmp(at, "lsr ", 4) || !strncmp(at, "asr ", 4) ||
		    !strncmp(at, "ror ", 4) || !strncmp(at, "xt", 2) || !strncmp(at, "msl ", 4))
			shift = true;
		if (*at == ',')
			shift = false;
		if ((!strcmp(at, "hs") || !strcmp(at, "lo")) && at > insn->op_str && at[-1] == ' ') {
			put(&text, "%s", condition(at));
			break;
		}
		if (*at != '#') {
			put(&text, "%c", *at++);
			continue;
		}
		char *end;
		const bool negative = at[1] == '-';
		const uint64_t number = strtoull(at + 1 + negative, &end, 0);
		if (end == at + 1 + negative || *end == '.') {
			put(&text, "%c", *at++); /* a fraction */
			continue;
		}
		if (address && !in_memory && !*end)
			put(&text, "0x%" PRIx64, negative ? -number : number);
		else if (hexadecimal && !in_memory && !shift)
			put(&text, "#0x%" PRIx64,
			    (negative ? -number : number) & (number >> 32 && !negative ? UINT64_MAX : all));
		else
			put(&text, "#%" PRId64, (int64_t)(negative ? -number : number));
		at = end;
	}
}
