/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spelling of instructions: what objdump -d and gdb's x/i (binutils 2.40) print for the same bytes. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "arch/x86_64/x86_64.h"
#include "code/disasm.h"

#define ADDRESS 0xffffffff81000000u

static const struct {
	const char *bytes;
	size_t len;
	const char *att, *intel; /* intel NULL: not tested */
	enum kd_insn_flow flow;
} cases[] = {
#define CASE(bytes, ...)                              \
	{                                             \
		bytes, sizeof(bytes) - 1, __VA_ARGS__ \
	}
	CASE("\x48\x89\xe5", "mov    %rsp,%rbp", "mov    rbp,rsp", KD_FLOW_NEXT),
	CASE("\x48\x83\xec\x50", "sub    $0x50,%rsp", "sub    rsp,0x50", KD_FLOW_NEXT),
	CASE("\x48\x83\xe4\xf0", "and    $0xfffffffffffffff0,%rsp", NULL, KD_FLOW_NEXT),
	CASE("\xb9\xff\xff\xff\xff", "mov    $0xffffffff,%ecx", NULL, KD_FLOW_NEXT),
	CASE("\x48\xc7\xc7\x09\xb6\x1d\xb8", "mov    $0xffffffffb81db609,%rdi", NULL, KD_FLOW_NEXT),
	CASE("\xc6\x07\x01", "movb   $0x1,(%rdi)", "mov    BYTE PTR [rdi],0x1", KD_FLOW_NEXT),
	CASE("\x48\x8b\x45\xf8", "mov    -0x8(%rbp),%rax", "mov    rax,QWORD PTR [rbp-0x8]", KD_FLOW_NEXT),
	CASE("\x65\x48\x8b\x04\x25\x28\x00\x00\x00", "mov    %gs:0x28,%rax", "mov    rax,QWORD PTR gs:0x28",
	     KD_FLOW_NEXT),
	CASE("\x44\x8a\x25\xe6\x13\x58\x02", "mov    0x25813e6(%rip),%r12b        # 0xffffffff835813ed", NULL,
	     KD_FLOW_NEXT),
	CASE("\x0f\xb6\xc0", "movzbl %al,%eax", "movzx  eax,al", KD_FLOW_NEXT),
	CASE("\x48\x63\xc7", "movslq %edi,%rax", NULL, KD_FLOW_NEXT),
	CASE("\x48\x98", "cltq", "cdqe", KD_FLOW_NEXT),
	CASE("\xf0\x48\x0f\xb1\x17", "lock cmpxchg %rdx,(%rdi)", NULL, KD_FLOW_NEXT),
	CASE("\xf3\x48\xab", "rep stos %rax,%es:(%rdi)", NULL, KD_FLOW_NEXT),
	CASE("\xf3\xa4", "rep movsb %ds:(%rsi),%es:(%rdi)", NULL, KD_FLOW_NEXT),
	CASE("\xd1\xe8", "shr    %eax", NULL, KD_FLOW_NEXT),
	CASE("\xec", "in     (%dx),%al", NULL, KD_FLOW_NEXT),
	CASE("\x0f\x1f\x44\x00\x00", "nopl   0x0(%rax,%rax,1)", "nop    DWORD PTR [rax+rax*1+0x0]", KD_FLOW_NEXT),
	CASE("\x66\x90", "xchg   %ax,%ax", "xchg   ax,ax", KD_FLOW_NEXT),
	CASE("\x66\x66\x90", "data16 xchg %ax,%ax", NULL, KD_FLOW_NEXT),
	CASE("\x66\x66\x2e\x0f\x1f\x84\x00\x00\x00\x00\x00", "data16 cs nopw 0x0(%rax,%rax,1)", NULL, KD_FLOW_NEXT),
	CASE("\xf3\x0f\x1e\xfa", "endbr64", "endbr64", KD_FLOW_NEXT),
	CASE("\xe8\xfb\x0f\x00\x00", "call   0xffffffff81001000", "call   0xffffffff81001000", KD_FLOW_CALL),
	CASE("\xff\x50\x08", "call   *0x8(%rax)", "call   QWORD PTR [rax+0x8]", KD_FLOW_CALL),
	CASE("\x2e\xe8\xfa\x0f\x00\x00", "cs call 0xffffffff81001000", NULL, KD_FLOW_CALL),
	CASE("\x3e\xff\xe0", "notrack jmp *%rax", NULL, KD_FLOW_JUMP),
	CASE("\x74\xfe", "je     0xffffffff81000000", NULL, KD_FLOW_BRANCH),
	CASE("\xc3", "ret", "ret", KD_FLOW_RETURN),
	CASE("\xf3\xc3", "repz ret", NULL, KD_FLOW_RETURN),
	CASE("\x48\xcf", "iretq", NULL, KD_FLOW_RETURN),
	CASE("\x0f\x0b", "ud2", "ud2", KD_FLOW_STOP),
	CASE("\x0f\xb9\xcc", "ud1    %esp,%ecx", NULL, KD_FLOW_STOP),
	CASE("\x67\x0f\xb9\x40\x12", "ud1    0x12(%eax),%eax", NULL, KD_FLOW_STOP),
	CASE("\x06", "(bad)", "(bad)", KD_FLOW_STOP),
	CASE("\xe8\x00", "(bad)", "(bad)", KD_FLOW_STOP), /* cut off */
#undef CASE
};

static bool check(struct kd_disasm *disasm, size_t n, const char *expected)
{
	struct kd_insn insn;
	char text[256];
	kd_disasm_one(disasm, ADDRESS, (const uint8_t *)cases[n].bytes, cases[n].len, &insn);
	kd_insn_format(&insn, text, sizeof(text));
	if (!strcmp(text, expected) && insn.flow == cases[n].flow)
		return true;
	fprintf(stderr, "case %zu: \"%s\", flow %d; not \"%s\", flow %d\n", n, text, insn.flow, expected,
		cases[n].flow);
	return false;
}

/* mov %rbp,0x8(%rsp); sub $-0x80,%rsp; push %rbp: what it does is known without a look at its text. */
static void check_operands(struct kd_disasm *disasm)
{
	static const uint8_t code[] = { 0x48, 0x89, 0x6c, 0x24, 0x08, 0x48, 0x83, 0xec, 0x80, 0x55, 0x06 };
	struct kd_insn insn;
	kd_disasm_one(disasm, ADDRESS, code, sizeof(code), &insn);
	assert(!strcmp(insn.name, "mov") && insn.operand_nr == 2);
	assert(insn.operand[0].kind == KD_OPERAND_MEMORY && !strcmp(insn.operand[0].reg_name, "rsp"));
	assert(insn.operand[0].number == 8 && !insn.operand[0].index_name && insn.operand[0].size == 8);
	assert(insn.operand[1].kind == KD_OPERAND_REGISTER && !strcmp(insn.operand[1].reg_name, "rbp"));
	kd_disasm_one(disasm, ADDRESS, code + 5, sizeof(code) - 5, &insn);
	assert(!strcmp(insn.name, "sub") && !strcmp(insn.operand[0].reg_name, "rsp"));
	assert(insn.operand[1].kind == KD_OPERAND_NUMBER && insn.operand[1].number == -0x80);
	kd_disasm_one(disasm, ADDRESS, code + 9, sizeof(code) - 9, &insn);
	assert(!strcmp(insn.name, "push") && insn.operand_nr == 1 && !strcmp(insn.operand[0].reg_name, "rbp"));
	kd_disasm_one(disasm, ADDRESS, code + 10, 1, &insn);
	assert(!insn.id && !insn.name && !insn.operand_nr);
}

int main(void)
{
	struct kd_disasm *disasm;
	bool good = true;
	assert(!kd_disasm_create(&kd_x86_64, KD_SYNTAX_ATT, &disasm));
	for (size_t n = 0; n < KD_ARRAY_NR(cases); n++) {
		kd_disasm_set_syntax(disasm, KD_SYNTAX_ATT);
		good &= check(disasm, n, cases[n].att);
		kd_disasm_set_syntax(disasm, KD_SYNTAX_INTEL);
		good &= !cases[n].intel || check(disasm, n, cases[n].intel);
	}
	/* Every byte is in exactly one instruction, whatever the bytes are. */
	uint8_t noise[512];
	uint32_t seed = 1;
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (seed = seed * 1103515245 + 12345) >> 16;
	struct kd_insn_vector insns = {};
	assert(!kd_disasm_all(disasm, ADDRESS, noise, sizeof(noise), sizeof(noise), &insns));
	size_t len = 0;
	for (size_t i = 0; i < insns.nr; i++) {
		assert(insns.data[i].address == ADDRESS + len && insns.data[i].len);
		len += insns.data[i].len;
	}
	assert(len == sizeof(noise));
	kd_insn_vector_deinit(&insns);
	check_operands(disasm);
	kd_disasm_destroy(disasm);
	assert(good);
	puts("ok disasm");
	return 0;
}
