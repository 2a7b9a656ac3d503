/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spelling of instructions of arm64 and riscv64: what objdump -d and gdb's x/i (binutils 2.40) print for the same
 * bytes, without their comments. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "arch/aarch64/aarch64.h"
#include "arch/riscv64/riscv64.h"
#include "code/disasm.h"
#include "code/instruction_set.h"

#define ARM_ADDRESS 0xffff800008000000u
#define RISCV_ADDRESS 0xffffffff80000000u

struct sample {
	unsigned int offset;
	const char *bytes;
	unsigned int len;
	const char *text;
	enum kd_insn_flow flow;
};

static const struct sample arm_samples[] = {
	{ 0x0, "\x3f\x23\x03\xd5", 4, "paciasp", KD_FLOW_NEXT },
	{ 0x4, "\xfd\x7b\xbe\xa9", 4, "stp\tx29, x30, [sp, #-32]!", KD_FLOW_NEXT },
	{ 0x8, "\xfd\x03\x00\x91", 4, "mov\tx29, sp", KD_FLOW_NEXT },
	{ 0xc, "\xff\x43\x06\xd1", 4, "sub\tsp, sp, #0x190", KD_FLOW_NEXT },
	{ 0x10, "\x20\x08\x40\xf9", 4, "ldr\tx0, [x1, #16]", KD_FLOW_NEXT },
	{ 0x14, "\x20\x84\x40\xf8", 4, "ldr\tx0, [x1], #8", KD_FLOW_NEXT },
	{ 0x18, "\xda\x06\x5e\xb8", 4, "ldr\tw26, [x22], #-32", KD_FLOW_NEXT },
	{ 0x1c, "\x62\x78\x64\xf8", 4, "ldr\tx2, [x3, x4, lsl #3]", KD_FLOW_NEXT },
	{ 0x20, "\x01\x80\x5f\xf8", 4, "ldur\tx1, [x0, #-8]", KD_FLOW_NEXT },
	{ 0x24, "\x63\x08\x40\xb8", 4, "ldtr\tw3, [x3]", KD_FLOW_NEXT },
	{ 0x28, "\x41\xc8\x1f\x38", 4, "sttrb\tw1, [x2, #-4]", KD_FLOW_NEXT },
	{ 0x2c, "\xe1\x8b\x80\xb8", 4, "ldtrsw\tx1, [sp, #8]", KD_FLOW_NEXT },
	{ 0x30, "\xe0\x3f\x01\x32", 4, "mov\tw0, #0x80007fff", KD_FLOW_NEXT },
	{ 0x34, "\x00\x00\x80\x92", 4, "mov\tx0, #0xffffffffffffffff", KD_FLOW_NEXT },
	{ 0x38, "\x81\x46\xa2\xf2", 4, "movk\tx1, #0x1234, lsl #16", KD_FLOW_NEXT },
	{ 0x3c, "\x1f\xcc\x74\xf2", 4, "tst\tx0, #0xfffffffffffff000", KD_FLOW_NEXT },
	{ 0x40, "\x41\x1c\x00\x12", 4, "and\tw1, w2, #0xff", KD_FLOW_NEXT },
	{ 0x44, "\x22\x20\x82\x1a", 4, "csel\tw2, w1, w2, cs", KD_FLOW_NEXT },
	{ 0x48, "\x40\x30\x44\xfa", 4, "ccmp\tx2, x4, #0x0, cc", KD_FLOW_NEXT },
	{ 0x4c, "\x02\x02\x00\x54", 4, "b.cs\t0xffff80000800008c", KD_FLOW_BRANCH },
	{ 0x50, "\x03\xfe\xff\x54", 4, "b.cc\t0xffff800008000010", KD_FLOW_BRANCH },
	{ 0x54, "\x41\x00\x00\x54", 4, "b.ne\t0xffff80000800005c", KD_FLOW_BRANCH },
	{ 0x58, "\x00\x08\x00\xb4", 4, "cbz\tx0, 0xffff800008000158", KD_FLOW_BRANCH },
	{ 0x5c, "\x03\xfe\x2f\x37", 4, "tbnz\tw3, #5, 0xffff80000800001c", KD_FLOW_BRANCH },
	{ 0x60, "\x00\x00\x00\x90", 4, "adrp\tx0, 0xffff800008000000", KD_FLOW_NEXT },
	{ 0x64, "\x00\x04\x00\x94", 4, "bl\t0xffff800008001064", KD_FLOW_CALL },
	{ 0x68, "\x08\x00\x00\x14", 4, "b\t0xffff800008000088", KD_FLOW_JUMP },
	{ 0x6c, "\x00\x01\x3f\xd6", 4, "blr\tx8", KD_FLOW_CALL },
	{ 0x70, "\x00\x02\x1f\xd6", 4, "br\tx16", KD_FLOW_JUMP },
	{ 0x74, "\xc0\x03\x5f\xd6", 4, "ret", KD_FLOW_RETURN },
	{ 0x78, "\xe0\x03\x9f\xd6", 4, "eret", KD_FLOW_RETURN },
	{ 0x7c, "\xbf\x23\x03\xd5", 4, "autiasp", KD_FLOW_NEXT },
	{ 0x80, "\x00\x00\x21\xd4", 4, "brk\t#0x800", KD_FLOW_STOP },
	{ 0x84, "\x01\x00\x00\xd4", 4, "svc\t#0x0", KD_FLOW_NEXT },
	{ 0x88, "\xdf\x22\x03\xd5", 4, "clearbhb", KD_FLOW_NEXT },
	{ 0x8c, "\x02\x41\x38\xd5", 4, "mrs\tx2, sp_el0", KD_FLOW_NEXT },
	{ 0x90, "\xdf\x42\x03\xd5", 4, "msr\tdaifset, #0x2", KD_FLOW_NEXT },
	{ 0x94, "\xbf\x3b\x03\xd5", 4, "dmb\tish", KD_FLOW_NEXT },
	{ 0x98, "\x20\x7c\xe2\x88", 4, "casa\tw2, w0, [x1]", KD_FLOW_NEXT },
	{ 0x9c, "\x20\xfc\x4c\xd3", 4, "lsr\tx0, x1, #12", KD_FLOW_NEXT },
	{ 0xa0, "\x20\x1c\x43\xd3", 4, "ubfx\tx0, x1, #3, #5", KD_FLOW_NEXT },
	{ 0xa4, "\x1f\x20\x03\xd5", 4, "nop", KD_FLOW_NEXT },
	{ 0xa8, "\x00\x00\x00\x00", 4, "udf\t#0", KD_FLOW_STOP },
	{ 0xac, "\x15\xdc\xff\xff", 4, ".inst\t0xffffdc15 ; undefined", KD_FLOW_STOP },
};

static const struct sample riscv_samples[] = {
	{ 0x0, "\x01\x11", 2, "add\tsp,sp,-32", KD_FLOW_NEXT },
	{ 0x2, "\x06\xec", 2, "sd\tra,24(sp)", KD_FLOW_NEXT },
	{ 0x4, "\x42\x64", 2, "ld\ts0,16(sp)", KD_FLOW_NEXT },
	{ 0x6, "\x01\x45", 2, "li\ta0,0", KD_FLOW_NEXT },
	{ 0x8, "\x13\x07\x00\x10", 4, "li\ta4,256", KD_FLOW_NEXT },
	{ 0xc, "\x92\x84", 2, "mv\ts1,tp", KD_FLOW_NEXT },
	{ 0xe, "\x85\x67", 2, "lui\ta5,0x1", KD_FLOW_NEXT },
	{ 0x10, "\x97\xf0\xff\xff", 4, "auipc\tra,0xfffff", KD_FLOW_NEXT },
	{ 0x14, "\xe7\x80\x20\x41", 4, "jalr\t1042(ra)", KD_FLOW_CALL },
	{ 0x18, "\x82\x97", 2, "jalr\ta5", KD_FLOW_CALL },
	{ 0x1a, "\x82\x87", 2, "jr\ta5", KD_FLOW_JUMP },
	{ 0x1c, "\x82\x80", 2, "ret", KD_FLOW_RETURN },
	{ 0x1e, "\x81\x2a", 2, "sext.w\ts5,s5", KD_FLOW_NEXT },
	{ 0x20, "\x93\x77\xf7\x0f", 4, "zext.b\ta5,a4", KD_FLOW_NEXT },
	{ 0x24, "\x82\x17", 2, "sll\ta5,a5,0x20", KD_FLOW_NEXT },
	{ 0x26, "\x1b\x56\x06\x01", 4, "srlw\ta2,a2,0x10", KD_FLOW_NEXT },
	{ 0x2a, "\xe1\x98", 2, "and\ts1,s1,-8", KD_FLOW_NEXT },
	{ 0x2c, "\x6d\x8d", 2, "and\ta0,a0,a1", KD_FLOW_NEXT },
	{ 0x2e, "\x2f\x25\xb6\x00", 4, "amoadd.w\ta0,a1,(a2)", KD_FLOW_NEXT },
	{ 0x32, "\x73\x79\x01\x10", 4, "csrrc\ts2,sstatus,2", KD_FLOW_NEXT },
	{ 0x36, "\x73\x2e\x00\x10", 4, "csrr\tt3,sstatus", KD_FLOW_NEXT },
	{ 0x3a, "\x0f\x00\x30\x03", 4, "fence\trw,rw", KD_FLOW_NEXT },
	{ 0x3e, "\x73\x00\x00\x00", 4, "ecall", KD_FLOW_NEXT },
	{ 0x42, "\x02\x90", 2, "ebreak", KD_FLOW_STOP },
	{ 0x44, "\x73\x00\x20\x10", 4, "sret", KD_FLOW_RETURN },
	{ 0x48, "\x73\x00\x50\x10", 4, "wfi", KD_FLOW_NEXT },
	{ 0x4c, "\x01\x00", 2, "nop", KD_FLOW_NEXT },
	{ 0x4e, "\x93\xb6\x2c\x00", 4, "sltiu\ta3,s9,2", KD_FLOW_NEXT },
	{ 0x52, "\x23\x26\xb4\xfe", 4, "sw\ta1,-20(s0)", KD_FLOW_NEXT },
};

static bool check(struct kd_disasm *disasm, kd_vaddr base, const struct sample *sample)
{
	struct kd_insn insn;
	char text[256];
	kd_disasm_one(disasm, base + sample->offset, (const uint8_t *)sample->bytes, sample->len, &insn);
	kd_insn_format(&insn, text, sizeof(text));
	if (!strcmp(text, sample->text) && insn.len == sample->len && insn.flow == sample->flow)
		return true;
	fprintf(stderr, "'%s' (%u bytes, flow %u), expected '%s'\n", text, insn.len, insn.flow, sample->text);
	return false;
}

/* Every byte is in exactly one instruction, whatever the bytes are, and what ends in a call says so. */
static void check_noise(struct kd_disasm *disasm, const struct kd_machine *machine)
{
	uint8_t noise[4096];
	uint32_t seed = 1;
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (seed = seed * 1103515245 + 12345) >> 16;
	struct kd_insn_vector insns = {};
	assert(!kd_disasm_all(disasm, ARM_ADDRESS, noise, sizeof(noise), sizeof(noise), &insns));
	size_t len = 0;
	for (size_t i = 0; i < insns.nr; i++) {
		const struct kd_insn *insn = &insns.data[i];
		assert(insn->address == ARM_ADDRESS + len && insn->len);
		len += insn->len;
		if (insn->flow == KD_FLOW_CALL && insn->len == 4 && insn->operand_nr && insn->id &&
		    insn->name[0] == 'b')
			assert(machine->instructions->ends_in_call(insn->bytes));
	}
	assert(len == sizeof(noise));
	kd_insn_vector_deinit(&insns);
}

static bool check_machine(const struct kd_machine *machine, kd_vaddr base, const struct sample *samples, size_t nr)
{
	struct kd_disasm *disasm;
	bool good = true;
	assert(!kd_disasm_create(machine, KD_SYNTAX_ATT, &disasm));
	for (size_t i = 0; i < nr; i++)
		good &= check(disasm, base, &samples[i]);
	check_noise(disasm, machine);
	kd_disasm_destroy(disasm);
	return good;
}

int main(void)
{
	bool good = check_machine(&kd_aarch64, ARM_ADDRESS, arm_samples, KD_ARRAY_NR(arm_samples));
	good &= check_machine(&kd_riscv64, RISCV_ADDRESS, riscv_samples, KD_ARRAY_NR(riscv_samples));
	assert(good);
	/* The words before a return address. */
	static const uint8_t bl[] = { 0x00, 0x04, 0x00, 0x94 }, blr[] = { 0x00, 0x01, 0x3f, 0xd6 },
			     mov[] = { 0xfd, 0x03, 0, 0x91 };
	assert(kd_aarch64.instructions->ends_in_call(bl) && kd_aarch64.instructions->ends_in_call(blr) &&
	       !kd_aarch64.instructions->ends_in_call(mov));
	static const uint8_t jalr[] = { 0xe7, 0x80, 0x20, 0x41 }, c_jalr[] = { 0, 0, 0x82, 0x97 },
			     jr[] = { 0, 0, 0x82, 0x87 };
	assert(kd_riscv64.instructions->ends_in_call(jalr) && kd_riscv64.instructions->ends_in_call(c_jalr) &&
	       !kd_riscv64.instructions->ends_in_call(jr));
	return 0;
}
